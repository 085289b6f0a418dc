"""What a page shows when something goes wrong: a sentence that helps, never a traceback."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import streamlit as st

from ecops import EcopsError
from ui.parts.text import _, escape, language

_LOG = logging.getLogger("ecops.ui")


def show(error: EcopsError) -> None:
    """Write one error with its place and its next step."""
    st.error(error.text(language(), escape))


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Say every `EcopsError` of the block on the page instead of raising it."""
    try:
        yield
    except EcopsError as error:
        show(error)


@contextlib.contextmanager
def kept(place: str = "") -> Iterator[None]:
    """Keep an `EcopsError` of a callback for a place of the page, which is written after it; see `told`."""
    try:
        yield
    except EcopsError as error:
        st.session_state[f"_error{place}"] = error


def told(place: str = "") -> None:
    """Show what a callback kept for this place."""
    error = st.session_state.pop(f"_error{place}", None)
    if error is not None:
        show(error)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """The outermost net: what is no `EcopsError` is a defect of ours, logged in full and told in one sentence."""
    try:
        yield
    except EcopsError as error:
        show(error)
    except Exception:  # noqa: BLE001 - logged in full below; a reader can do nothing with a traceback
        _LOG.exception("a page failed")
        st.error(
            _(
                "Something went wrong on our side, and your data is unchanged. Reload the page; "
                "if it happens again, the server's log says what to report."
            )
        )
