"""All that knows Streamlit and is shared by pages. Figures come from `ecops`; nothing here computes one."""

import os

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

# Our matrices are small: threads that wait for one another cost more than they gain. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Until app.py has run once, Streamlit takes a folder called "pages" for its older scheme and runs the page of the first
# deep link bare: no language, no scope, file names in the menu. Said here, because every page imports this package.
if PagesManager.uses_pages_directory is not False:
    PagesManager.uses_pages_directory = False
    if get_script_run_ctx(suppress_warning=True) is not None:
        st.rerun()
