"""How is business and why? The verdict, five figures, what made the change, and what would be if."""

import streamlit as st

from ui import empty, scope
from ui.text import _

st.title(_("How is business, and what changed?"))
chosen = scope.current()
if chosen is None:
    empty.show(empty.Message("There are no orders and no traffic yet."), empty.ORDER_EXPORTS, empty.ORDER_EXAMPLE)
    st.stop()
scope.line(chosen)
