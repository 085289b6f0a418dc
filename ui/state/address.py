"""Choices in the address: short ASCII keys and values, the same in every language, so that a link can be sent.

Streamlit's own binding writes the label that a widget shows, in the language it shows it; a colleague who reads English
could not open such a link. So the value is kept here: the address is read before a widget is drawn and written after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

_WRITTEN = "_address"


def adopt(key: str, default: Any, read: Callable[[list[str]], Any]) -> None:
    """Prepare the state of the widget `key`: what the address says when it is new there, else what was chosen before.

    Args:
        key: of the widget, and its name in the address.
        default: the value when nothing was chosen.
        read: makes a value of the texts in the address; None when they mean nothing.
    """
    told = st.query_params.get_all(key)
    # A change of page clears the address, a step back restores an older one: only what differs from what we wrote
    # ourselves was put there by the reader.
    if told and told != st.session_state.setdefault(_WRITTEN, {}).get(key):
        value = read(told)
        if value is not None:
            st.session_state[key] = value
    if key not in st.session_state:
        st.session_state[key] = default


def adopt_one(key: str, options: Sequence[str], default: str) -> None:
    """`adopt` for a widget that holds one of `options`."""
    adopt(key, default, lambda told: told[0] if told[0] in options else None)
    if st.session_state[key] not in options:
        st.session_state[key] = default


def adopt_many(key: str, options: Sequence[str]) -> None:
    """`adopt` for a widget that holds any of `options`."""
    adopt(key, [], lambda told: [value for value in told if value in options])
    chosen = [value for value in st.session_state[key] if value in options]
    if chosen != st.session_state[key]:
        st.session_state[key] = chosen


def publish(key: str, texts: Sequence[str]) -> None:
    """Write a choice into the address; an empty one (the default) leaves it."""
    written = st.session_state.setdefault(_WRITTEN, {})
    written[key] = list(texts)
    if texts:
        if st.query_params.get_all(key) != list(texts):
            st.query_params[key] = list(texts)
    elif key in st.query_params:
        del st.query_params[key]
