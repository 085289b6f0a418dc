"""How much room text takes, so that nothing is written beyond its page.

The widths are those of DejaVu Sans, the widest of the typefaces that replace ours where it is missing: what fits here
fits in Segoe UI, Noto Sans and Microsoft YaHei too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LINE = 1.3
"""Height of a line in sizes of its type; slides set it exactly, so that every program agrees."""

_WIDTHS = {
    sign: wide
    for wide, signs in {
        0.3: "IJijl",
        0.35: " ,./:;\\|'\u00b7",
        0.4: "()-[]ft",
        0.45: "!r",
        0.5: '"*_`\u2013',
        0.55: "?csz\u201c\u201d",
        0.6: "FLkvxy\u2022",
        0.65: "$0123456789EPSTYabdeghnopqu{}\u00a5\u00a3",
        0.7: "ABCKRVXZ",
        0.75: "NU",
        0.8: "&DGHOQ\u25b2\u25bc",
        0.85: "#+<=>^w~\u2192",
        0.9: "M",
    }.items()
    for sign in signs
}
"""Widths in sizes of the type; a sign that is not named here is as wide as it is high."""

_BOLD, _BETWEEN = 1.15, 0.25
_POINTS = 72
_OPENING, _CLOSING = "（「『《〈【〔“‘", "，。、；：！？）」』》〉】〕”’％…—·"
_WORD = r"(?:[^\s\u2e80-\uffff/-]|[/-](?=\d))*[/-]+(?!\d)|[^\s\u2e80-\uffff]+"
_TOKEN = re.compile(rf"\s+|[{_OPENING}]*(?:[\u2e80-\uffff]|{_WORD})[{_CLOSING}]*")
"""What stays on one line: a word up to its hyphen, a Chinese sign, with the brackets and stops that belong to it."""

_STEP = 0.05
_NARROWEST, _WIDEST = 0.4, 1.6
"""Inches that a column has at least, and that one word can claim."""

_HALF = 0.6
_SHORT = 8
"""Text up to this many signs is not broken over lines."""

_SLACK = 0.98
"""Share of the room that is used: programs move a sign or two for their rules of punctuation."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Inches that `text` needs on one line at `size` points."""
    total = sum(_WIDTHS.get(sign, 1.0) for sign in text) + _BETWEEN * sum(map(_apart, text, text[1:]))
    return total * size * (_BOLD if bold else 1.0) / _POINTS


def _apart(one: str, following: str) -> bool:
    """Whether programs put a little space between two signs: one of Chinese, the other not."""
    return (one >= "\u2e80") != (following >= "\u2e80")


def wrapped(text: str, inches: float, size: float, *, bold: bool = False) -> list[str]:
    """`text` in lines no wider than `inches`; a word that is wider is broken."""
    starts = breaks(text, inches, size, bold=bold)
    return [text[start:end].rstrip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def breaks(text: str, inches: float, size: float, *, bold: bool = False) -> list[int]:
    """Where in `text` each line begins."""
    room = inches * _SLACK
    starts, at, used = [0], 0, 0.0
    for token in _TOKEN.findall(text):
        whole = width(token, size, bold=bold)
        # A word that is too wide begins a line of its own and is broken at any sign.
        pieces = [token] if whole <= room else list(token)
        for place, piece in enumerate(pieces):
            needed = whole if len(pieces) == 1 else width(piece, size, bold=bold)
            if used and at and _apart(text[at - 1], piece[0]):
                needed += _BETWEEN * size / _POINTS
            if used and not token.isspace() and (used + needed > room or (place == 0 and len(pieces) > 1)):
                starts.append(at)
                used = 0.0
            used += needed
            at += len(piece)
    return starts


def height(lines: int, size: float) -> float:
    """Inches that so many lines of `size` points need."""
    return lines * size * LINE / _POINTS


def fitting(text: str, inches: float, tall: float, sizes: Sequence[float], *, bold: bool = False) -> float:
    """The largest of `sizes` (largest first) at which `text` fits a box; the smallest when none does."""
    for size in sizes:
        if height(len(wrapped(text, inches, size, bold=bold)), size) <= tall:
            return size
    return sizes[-1]


def columns(rows: Sequence[Sequence[str]], total: float, size: float, *, margin: float = 0.2) -> list[float]:
    """Widths of the columns of a table, in inches, that add up to `total`.

    Every column first gets what its longest word needs; the rest goes, bit by bit, to the column whose cells make the
    rows tall.

    Args:
        rows: texts of the cells, heading first, all rows equally long.
        total: inches there are.
        size: of the type, in points.
        margin: left and right of the text of a cell, together.
    """
    wide = [[margin + width(text, size, bold=place == 0) / _SLACK for text in row] for place, row in enumerate(rows)]
    most = [max(column) for column in zip(*wide, strict=True)]
    given = [_longest_word(column, size) + margin for column in zip(*rows, strict=True)]
    given = [one * min(1.0, total / sum(given)) for one in given]
    while (left := total - sum(given)) > _STEP and any(one < wish for one, wish in zip(given, most, strict=True)):
        tall = [0.0] * len(given)
        for row in wide:
            needed = [text / have for text, have in zip(row, given, strict=True)]
            tall[needed.index(max(needed))] += max(needed)
        place = tall.index(max(tall))
        if given[place] >= most[place]:
            break
        given[place] += min(_STEP, left)
    spare = (total - sum(given)) / len(given)
    return [one + spare for one in given]


def _longest_word(column: Sequence[str], size: float) -> float:
    """Inches of the longest word of a column; a few letters at least, and no more than a line can be broken at."""
    words = [width(token, size, bold=place == 0) for place, text in enumerate(column) for token in _TOKEN.findall(text)]
    # Short cells of Chinese stand on one line: their signs are no words.
    short = [width(text, size, bold=place == 0) for place, text in enumerate(column) if len(text) <= _SHORT]
    # A heading takes two lines at most.
    heading = width(column[0], size, bold=True) * _HALF
    return min(max([*words, *short, heading, _NARROWEST]) / _SLACK, _WIDEST)
