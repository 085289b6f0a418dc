"""Which part of the page is looked at; it stands in the address, so that other pages lead to it."""

from __future__ import annotations

import streamlit as st

from ui.parts.text import _
from ui.state import address

ACTOR = "app"
PARTS = ("parameters", "benchmarks", "alerts", "calendar", "access")


def choose() -> str:
    """The switch between the parts."""
    names = {
        "parameters": _("Parameters"),
        "benchmarks": _("Benchmarks"),
        "alerts": _("Alert rules"),
        "calendar": _("Calendar"),
        "access": _("Access and log"),
    }
    address.adopt_one("part", PARTS, PARTS[0])
    st.segmented_control(
        _("Part"), PARTS, format_func=names.__getitem__, key="part", required=True, label_visibility="collapsed"
    )
    chosen = str(st.session_state["part"])
    address.publish("part", [chosen] if chosen != PARTS[0] else [])
    return chosen
