"""Rows that stand for the same thing, found by sorting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def distinct(columns: Sequence[Places]) -> tuple[Places, Places]:
    """The first row of each different combination of whole numbers from 0 on, in order, and which of them each row has.

    >>> distinct([np.array([1, 0, 1]), np.array([2, 5, 2])])
    (array([1, 0]), array([1, 0, 1]))
    """
    code, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        count = int(column.max(initial=0)) + 1
        if size * count >= 2**62:
            known, code = np.unique(code, return_inverse=True)
            size = len(known)
        code, size = code * count + column, size * count
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return first, place
