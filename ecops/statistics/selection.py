"""Intervals of changes that are told only because they were large enough to be confirmed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ecops.statistics.intervals import Floats, Interval

_REACH = 60.0
"""Standard errors beyond the estimate in which an end of the interval is looked for."""


def after_selection(
    estimate: ArrayLike, error: ArrayLike, df: ArrayLike, least: ArrayLike, *, level: float = 0.95
) -> Interval:
    """Interval of an effect that is only told when its estimate is at least `least` standard errors from 0.

    What is told only when it is large is too large on average, and its usual interval covers too little. The interval
    is therefore that of the estimate given that it was told: the effects for which an estimate as seen is neither too
    small nor too large among the told ones (Zhong and Prentice 2008; Weinstein, Fithian and Benjamini 2013), with t
    instead of normal. It always holds the estimate, and is the usual one far from the threshold.

    Args:
        estimate: effect, for example a log change; any shape.
        error: its standard error, positive.
        df: degrees of freedom of `error`.
        least: smallest |estimate / error| that would have been told; 0 for a change that is told whatever it is.
        level: coverage.

    >>> [end.round(2).item() for end in after_selection(-0.5, 0.1, 1e6, 0.0)]
    [-0.7, -0.3]
    >>> [end.round(2).item() for end in after_selection(-0.3, 0.1, 1e6, 2.8)]
    [-0.45, 0.05]
    """
    effect, spread, freedom, least_seen = (
        np.asarray(array, dtype=np.float64) for array in np.broadcast_arrays(estimate, error, df, least)
    )
    usable = (spread > 0) & (freedom > 0) & np.isfinite(effect) & np.isfinite(spread)
    safe, free = np.where(usable, spread, 1.0), np.where(usable, np.minimum(freedom, 1e6), 1.0)
    seen = np.where(usable, np.abs(effect), 0.0) / safe
    # A cell that stands for another one may not pass by itself; then nothing was selected by its size.
    bar = np.where(least_seen < seen, np.maximum(least_seen, 0.0), 0.0)
    tail = (1 - level) / 2
    low, high = (_end(seen, free, bar, chance) for chance in (1 - tail, tail))
    low, high = np.minimum(low, seen) * safe, np.maximum(high, seen) * safe
    negative = effect < 0
    ends = np.where(negative, -high, low), np.where(negative, -low, high)
    return Interval(*(np.where(usable, end, np.nan) for end in ends))


def _end(seen: Floats, df: Floats, bar: Floats, chance: float) -> Floats:
    """The effect for which an estimate up to `seen`, among those of at least `bar` either way, has this chance."""
    low, high = seen - _REACH, seen + _REACH
    for _ in range(60):
        middle = (low + high) / 2
        below = special.stdtr(df, -bar - middle)
        told = below + special.stdtr(df, middle - bar)
        # Written with the upper tails, which stay exact where the lower ones round to 1.
        share = (below + special.stdtr(df, middle - bar) - special.stdtr(df, middle - seen)) / np.maximum(told, 1e-300)
        low, high = np.where(share > chance, middle, low), np.where(share > chance, high, middle)
    return (low + high) / 2
