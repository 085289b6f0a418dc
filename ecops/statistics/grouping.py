"""Rows that stand for the same thing, found by sorting, and every part of a shop in which a cause can be looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
_MOST = np.iinfo(np.int64).max


def distinct(columns: Sequence[Places]) -> tuple[Places, Places]:
    """The first row of each different combination of whole numbers from 0 on, in order, and which of them each row has.

    >>> distinct([np.array([1, 0, 1]), np.array([2, 5, 2])])
    (array([1, 0]), array([1, 0, 1]))
    """
    code, size = np.zeros_like(columns[0]), 1
    for column in columns:
        count = int(column.max(initial=0)) + 1
        if size > _MOST // count:
            known, code = np.unique(code, return_inverse=True)
            size = len(known)
        code, size = code * count + column, size * count
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return first, place


class Part(NamedTuple):
    """Rows that some dimensions name.

    Attributes:
        subject: dimension -> value; empty for all rows.
        rows: which they are, in order.
        siblings: how many parts the same dimensions make.
        family: number of the combination of dimensions, from 1; 0 for all rows.
    """

    subject: Mapping[str, str]
    rows: Places
    siblings: int
    family: int


def parts(columns: Mapping[str, Sequence[str]], count: int, depth: int, *, unnamed: bool = True) -> Iterator[Part]:
    """All rows, then every combination of values of every set of dimensions; of the same rows the one named shortest.

    Args:
        columns: dimension -> value of each row.
        count: how many rows.
        depth: most dimensions of a part.
        unnamed: whether the value "" makes parts too.
    """
    yield Part({}, np.arange(count, dtype=np.int64), 1, 0)
    seen = {np.arange(count, dtype=np.int64).tobytes()}
    coded = {name: np.unique(np.array(values, dtype=object), return_inverse=True) for name, values in columns.items()}
    sets = (chosen for size in range(1, depth + 1) for chosen in combinations(columns, size))
    for family, chosen in enumerate(sets if count else (), 1):
        first, code = distinct([coded[name][1] for name in chosen])
        members = np.split(np.argsort(code, kind="stable"), np.cumsum(np.bincount(code))[:-1])
        for place, rows in zip(first, members, strict=True):
            values = [str(coded[name][0][coded[name][1][place]]) for name in chosen]
            mark = rows.tobytes()
            if mark not in seen and (unnamed or "" not in values):
                seen.add(mark)
                yield Part(dict(zip(chosen, values, strict=True)), rows, len(first), family)
