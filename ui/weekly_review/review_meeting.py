"""The review on a projector: one part of the agenda at a time, in large letters, turned with the arrow keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from ui.parts.text import _
from ui.state import address

_STYLE = """<style>
html { font-size: 118%; }
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
[data-testid="stMainBlockContainer"] { padding-top: 2.5rem; padding-bottom: 2rem; }
</style>"""


def on() -> bool:
    """Whether the reader is in the meeting; stands in the address, so that the link can be opened at the projector."""
    address.adopt("meet", False, lambda told: told == ["1"])
    return bool(st.session_state["meet"])


def switch() -> None:
    """The switch between the page and the meeting."""
    st.toggle(
        _("Meeting mode"),
        key="meet",
        persist_state="session",
        help=_("One part at a time, for the projector. Turn with the arrow keys."),
    )
    address.publish("meet", ["1"] if st.session_state["meet"] else [])
    if not st.session_state["meet"]:
        address.publish("part", [])


def show(parts: Mapping[str, Callable[[], None]]) -> None:
    """One part of the agenda, and the way to the next.

    Args:
        parts: ASCII name -> what draws it, in the order of the meeting.
    """
    st.html(_STYLE)
    names = list(parts)
    address.adopt_one("part", names, names[0])
    place = names.index(st.session_state["part"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        turn = {"on_click": _turn, "width": "content"}
        st.button(
            _("Back"), key="meet_back", shortcut="Left", disabled=place == 0, args=(names[max(place - 1, 0)],), **turn
        )
        following = names[min(place + 1, len(names) - 1)]
        st.button(
            _("Next"), key="meet_next", shortcut="Right", disabled=place == len(names) - 1, args=(following,),
            type="primary", **turn,
        )  # fmt: skip
        st.caption(_("{n} of {total}", n=place + 1, total=len(names)), width="content")
        st.space("stretch")
        switch()
    address.publish("part", [names[place]] if place else [])
    parts[names[place]]()


def _turn(part: str) -> None:
    st.session_state["part"] = part
