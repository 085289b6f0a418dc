"""Folds whose inside is drawn only once somebody has opened them."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def with_form(label: str, key: str) -> DeltaGenerator | None:
    """A fold that holds a form; None as long as nobody has opened it on this visit of the page.

    It stays drawn while it is closed again, since what was typed into a form and not sent would be lost with it.
    """
    opened = f"{key}_opened"
    if key not in st.session_state:
        st.session_state[opened] = False
    fold = st.expander(label, key=key, on_change="rerun")
    if fold.open:
        st.session_state[opened] = True
    return fold if st.session_state[opened] else None
