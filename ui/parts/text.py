"""How words reach a page: in the reader's language, and data never read as markdown."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from contextvars import ContextVar

import streamlit as st

from ecops.charts import Look
from ecops.locale import Language, as_language
from ecops.messages import Message, Value, write

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_FOLDED = re.compile(r"\s+")
_ADDRESS = re.compile(r"(?i)((?:https?|ftp):(?=//)|www(?=\.)|@(?=[-\w]))")
_JOINER = "\u2060"
"""Takes no room and parts nothing that people see; behind it a bare address is text and no link."""


_spoken: ContextVar[Language | None] = ContextVar("spoken", default=None)
"""The language of the page that is being written. Every page is written in a thread of its session, which starts
without one; a page asks for its language hundreds of times, and the session's state answers slowly."""


_look: ContextVar[Look | None] = ContextVar("look", default=None)
"""Likewise what a figure needs to know of the reader."""


def language() -> Language:
    """The reader's language; Chinese until she chooses."""
    return _spoken.get() or as_language(st.session_state.get("lang"))


def speak(chosen: str) -> None:
    """From here on the page is written in this language."""
    _spoken.set(as_language(chosen))
    _look.set(None)


def paint() -> None:
    """From here on the page is drawn in the colours that the reader has chosen."""
    _look.set(Look(language(), st.context.theme.type == "dark", red_up()))


def clean(data: str) -> str:
    """Text from a file on one line, without the invisible letters that turn or hide text."""
    if data.isprintable() and "  " not in data:
        return data
    folded = _FOLDED.sub(" ", data)
    return "".join(letter for letter in folded if unicodedata.category(letter) not in {"Cf", "Cc", "Co", "Cs"})


@functools.lru_cache(maxsize=8192)
def escape(data: str) -> str:
    """Data as markdown that shows exactly that text: no picture, no link, no formula, no colour."""
    return _PUNCTUATION.sub(r"\\\1", _ADDRESS.sub(rf"\1{_JOINER}", clean(data)))


def _(sentence: str, **values: Value) -> str:
    """A sentence of the product in the reader's language, for any place that reads markdown."""
    return Message(sentence, **values).text(language(), escape)


def say(value: Value) -> str:
    """Anything that can stand in a sentence (a `Message`, `Money`, a date, data), for places that read markdown."""
    return write(value, language(), escape)


def plain(value: Value) -> str:
    """The same for places that show text as it is: cells of tables, names of files, options of a list."""
    return write(value, language(), clean)


def small(sentence: str) -> str:
    """A sentence written small and grey, as a caption is, for a paragraph of a longer text."""
    return f":gray[:small[{sentence}]]"


def paragraphs(*texts: str) -> str:
    """Several texts as one: every piece that is sent by itself costs its own time, here and in the browser."""
    return "\n\n".join(texts)


def lines(*texts: str) -> str:
    """Several texts as one, each on a line of its own, close together."""
    return "  \n".join(texts)


def joined(words: Iterable[str]) -> str:
    """Names in a row, as the reader's language joins them."""
    return ("、" if language() == "zh" else ", ").join(words)


def look() -> Look:
    """What a figure needs to know of the reader."""
    return _look.get() or Look(language(), st.context.theme.type == "dark", red_up())


def red_up() -> bool:
    """Whether gains are shown in red: the reader's choice, else the habit of her language."""
    chosen = st.session_state.get("colours")
    return chosen == "red" if chosen in {"red", "green"} else language() == "zh"
