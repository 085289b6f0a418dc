"""Entry of the app: language, which shop, scope, menu. Pages do the rest."""

from pathlib import Path

import streamlit as st

from ui import navigation, visits
from ui.parts import errors
from ui.parts.text import language
from ui.state import scope, settings, workspaces

st.set_page_config(page_title="ecops", page_icon=Path("ui/icon.png"), layout="wide")
st.html(Path("ui/style.css"))
workspaces.tidied()

# The language is asked first, because everything after it is written in it, and stands last in the sidebar.
choices = st.sidebar.container()
with st.sidebar.container():
    settings.language_switch()
    settings.colour_switch()
if language() == "zh":
    st.html(Path("ui/style.zh.css"))

page = navigation.menu()
with errors.guarded():
    with choices:
        scope.controls()
    with visits.told():
        page.run()
