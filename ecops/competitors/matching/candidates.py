"""Which pairs of two catalogues are worth a closer look: for each own product the most alike ones of the rivals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.competitors.matching.grams import Sparse
from ecops.errors import SpecError
from ecops.messages import Count, Message

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

LARGEST = 600_000_000
"""Pairs that are compared at most; about half a minute of one core."""
_BLOCK = 12_000_000
"""Similarities that are held in memory at once."""


@dataclass(frozen=True)
class Candidates:
    """Pairs of an own and a rival's product, shape (pairs,) each, sorted by own product and falling similarity.

    Attributes:
        ours, theirs: places in the two catalogues.
        score: cosine of the two names, 0 to 1.
        margin: score less that of the best other pair that either product could make; below 0 where one is better.
        mutual: whether each is the most alike to the other.
    """

    ours: Places
    theirs: Places
    score: Floats
    margin: Floats
    mutual: NDArray[np.bool_]


def candidates(ours: Sparse, theirs: Sparse, keep: int = 3) -> Candidates:
    """The `keep` most alike rivals' products of each own one.

    Args:
        ours: vectors of the own catalogue, see `grams.vectors`.
        theirs: vectors of the rivals' catalogue.
        keep: pairs an own product at most.

    Raises:
        SpecError: more pairs than can be compared in a minute.
    """
    n, m = ours.shape[0], theirs.shape[0]
    if n * m > LARGEST:
        raise SpecError(
            Message("{n} pairs of products are too many to compare at once.", n=Count(n * m)),
            Message("Compare one category or one rival at a time."),
        )
    turned = theirs.T.tocsr()
    column = np.full((2, m), -1.0, np.float32)
    best_row = np.zeros(m, np.int64)
    rows, columns, scores = [], [], []
    first, second = np.zeros(n, np.float32), np.zeros(n, np.float32)
    step = max(1, _BLOCK // max(m, 1))
    for low in range(0, n, step):
        block = (ours[low : low + step] @ turned).toarray()
        size = len(block)
        top = _largest(block, max(keep, 2))
        values = np.take_along_axis(block, top, axis=1)
        first[low : low + size] = values[:, 0]
        second[low : low + size] = values[:, 1] if values.shape[1] > 1 else 0
        rows.append(np.repeat(np.arange(low, low + size), min(keep, top.shape[1])))
        columns.append(top[:, :keep].ravel())
        scores.append(values[:, :keep].ravel())
        _fold(column, best_row, block, low)
    left, right, score = (np.concatenate(parts) for parts in (rows, columns, scores))
    alike = score > 0
    left, right, score = left[alike], right[alike], score[alike]
    row_rival = np.where(score >= first[left], second[left], first[left])
    column_rival = np.where(score >= column[0][right], np.maximum(column[1][right], 0), column[0][right])
    mutual = (score >= first[left]) & (best_row[right] == left) & (score > 0)
    margin = score - np.maximum(row_rival, column_rival)
    return Candidates(left, right, score.astype(np.float64), margin.astype(np.float64), mutual)


def _largest(block: NDArray[np.float32], keep: int) -> Places:
    """Columns of the largest values of each row, falling."""
    keep = min(keep, block.shape[1])
    top = np.argpartition(-block, keep - 1, axis=1)[:, :keep]
    order = np.argsort(-np.take_along_axis(block, top, axis=1), axis=1, kind="stable")
    return np.take_along_axis(top, order, axis=1).astype(np.int64)


def _fold(column: NDArray[np.float32], best_row: Places, block: NDArray[np.float32], low: int) -> None:
    """Keep the two largest values of every column, and the row of the largest."""
    here = block.argmax(axis=0)
    top = np.take_along_axis(block, here[None], axis=0)[0]
    if len(block) > 1:
        np.put_along_axis(block, here[None], -1, axis=0)
        next_best = block.max(axis=0)
    else:
        next_best = np.full(block.shape[1], -1, np.float32)
    better = top > column[0]
    best_row[better] = here[better] + low
    column[1] = np.where(better, np.maximum(column[0], next_best), np.maximum(column[1], top))
    column[0] = np.maximum(column[0], top)
