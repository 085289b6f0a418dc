"""Which parameters of the handbooks decided what stands above, with a link to where they are changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ecops.handbook import Cited, cited
from ui import navigation
from ui.parts.text import _, joined, say
from ui.state import workspaces


def show(keys: Sequence[str]) -> None:
    """One small line and a link.

    Args:
        keys: of the parameters, each told once.
    """
    wanted = tuple(dict.fromkeys(keys))
    told: tuple[Cited, ...] = workspaces.answer(_cited, wanted)
    if not told:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # Names and values come first: whoever only reads needs no other page.
        st.caption(f"{_('Decided by:')} {joined(say(one.told) for one in told)}", width="content")
        st.page_link(
            navigation.path("settings"),
            label=_("Change this"),
            icon=":material/tune:",
            query_params={"p": ",".join(wanted)},
        )


def _cited(data: Any, keys: tuple[str, ...]) -> tuple[Cited, ...]:
    return cited(keys, data)
