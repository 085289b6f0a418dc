"""Three to five leading shops on the page, each folded: what it sells, asks, launches, and what its buyers say."""

from __future__ import annotations

import streamlit as st

from ecops.competitors.telling.profiles import PARTS, Profile
from ui.competitors import asked as question
from ui.competitors.asked import Asked
from ui.parts.text import _, say
from ui.state import workspaces


def show(asked: Asked) -> None:
    """A fold a shop, the first one open."""
    found: tuple[Profile, ...] = workspaces.answer(question.profiles, asked.until, asked.tier, asked.answered)
    if not found:
        st.caption(_("Listings with sales, or a table of peers, name the leading shops here."))
    for place, one in enumerate(found):
        with st.expander(say(one.shop), expanded=place == 0, key=f"leading_{place}"):
            for key, lines in one.parts.items():
                st.markdown(f"**{say(PARTS[key])}**\n" + "\n".join(f"- {say(line)}" for line in lines))
