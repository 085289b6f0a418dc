"""What data is there, how does more come in, and how is a load taken back?"""

import streamlit as st

from ui.data import completeness, datapage, upload
from ui.parts import errors
from ui.parts.text import _
from ui.state import workspaces

st.title(_("What data do we have?"))
errors.told()
if workspaces.is_sample():
    datapage.sample_notice()
else:
    upload.box()
datapage.tables()
completeness.panel()
datapage.receipts()
if not workspaces.is_sample():
    datapage.settings()
