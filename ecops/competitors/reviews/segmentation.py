"""Text of reviews and titles into words: Chinese by a dictionary, other scripts by spaces.

Chinese is cut by rjieba (the dictionary and the algorithm of jieba, compiled). Where its wheel is missing, runs of
Chinese letters become overlapping pairs of letters, which classify reviews as well (see docs/methods) and read worse.
"""

from __future__ import annotations

import functools
import html
import importlib
import re
import unicodedata
from collections.abc import Callable, Sequence

_TAG = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)|</?[a-z!][^<>]*>", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"(?:https?://|www\.|t\.cn/)[!-~]*", re.IGNORECASE)
_LETTER = r"(?:(?![\u3400-\u9fff\uf900-\ufaff])[^\W_])"
_RUN = re.compile(rf"[\u3400-\u9fff\uf900-\ufaff]+|{_LETTER}+(?:[-'.]{_LETTER}+)*")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
LONGEST = 5_000
"""Letters of a review that are read."""


def plain(text: object, *, lower: bool = True) -> str:
    """Text without markup, full-width forms folded, in lower case unless it is to be read; "" for what is no text.

    >>> plain("<p>很好<script>alert(1)</script>！</p>")
    '很好 !'
    """
    if not isinstance(text, str):
        return ""
    text = text[:LONGEST]
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "://" in text or "www." in text or "t.cn/" in text:
        text = _ADDRESS.sub(" ", text)
    folded = unicodedata.normalize("NFKC", text).removeprefix("\ufeff").strip()
    return folded.lower() if lower else folded


@functools.cache
def cutter() -> Callable[[str], Sequence[str]]:
    """What cuts a run of Chinese: rjieba, or pairs of letters where it is not installed."""
    try:
        module = importlib.import_module("rjieba")
    except ImportError:
        return pairs_of_letters
    cut: Callable[[str], Sequence[str]] = module.cut
    return cut


def pairs_of_letters(run: str) -> list[str]:
    """Overlapping pairs of letters of a run; a single letter is itself."""
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def segment(text: str) -> list[str]:
    """The words of a text, in order and in lower case; punctuation and markup are no words.

    >>> segment("Battery life is <b>great</b>")
    ['battery', 'life', 'is', 'great']
    """
    return words_of(plain(text))


def words_of(clean: str) -> list[str]:
    """The words of a text that `plain` has cleaned."""
    if not _HAN.search(clean):
        return _RUN.findall(clean)
    cut = cutter()
    words: list[str] = []
    for run in _RUN.findall(clean):
        words.extend(cut(run) if _HAN.match(run) else (run,))
    return words
