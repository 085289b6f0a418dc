"""All that knows Streamlit and is shared by pages. Figures come from `ecops`; nothing here computes one."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

# Until app.py has run once, Streamlit takes a folder called "pages" for its older scheme and runs the page of the first
# deep link bare: no language, no scope, file names in the menu. Said here, because every page imports this package.
if PagesManager.uses_pages_directory is not False:
    PagesManager.uses_pages_directory = False
    if get_script_run_ctx(suppress_warning=True) is not None:
        st.rerun()
