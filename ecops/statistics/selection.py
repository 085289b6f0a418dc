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
    is therefore that of the estimate given that it was told (Zhong and Prentice 2008), with t instead of normal: the
    effects for which an estimate as seen is one of those told most often, 95 % of them all (the shortest acceptance of
    Weinstein, Fithian and Benjamini 2013). It always holds the estimate, and is the usual one far from the threshold.
    Ends at 2.5 and 97.5 % of the told ones would hold it only by being lengthened, and then cover more than they say.

    Args:
        estimate: effect, for example a log change; any shape.
        error: its standard error, positive.
        df: degrees of freedom of `error`.
        least: smallest |estimate / error| that would have been told; 0 for a change that is told whatever it is.
        level: coverage.

    >>> [end.round(2).item() for end in after_selection(-0.5, 0.1, 1e6, 0.0)]
    [-0.7, -0.3]
    >>> [end.round(2).item() for end in after_selection(-0.3, 0.1, 1e6, 2.8)]
    [-0.48, 0.05]
    """
    effect, spread, freedom, least_seen = (
        np.asarray(array, dtype=np.float64) for array in np.broadcast_arrays(estimate, error, df, least)
    )
    usable = (spread > 0) & (freedom > 0) & np.isfinite(effect) & np.isfinite(spread)
    free = np.minimum(freedom, 1e6)
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = np.where(usable, np.abs(effect) / spread, 0.0)
    # A cell that stands for another one may not pass by itself; then nothing was selected by its size.
    bar = np.where(least_seen < seen, np.maximum(least_seen, 0.0), 0.0)
    low, high = (_end(seen, free, bar, level, reach) * spread for reach in (-_REACH, _REACH))
    negative = effect < 0
    ends = np.where(negative, -high, low), np.where(negative, -low, high)
    return Interval(*(np.where(usable, end, np.nan) for end in ends))


def _end(seen: Floats, df: Floats, bar: Floats, level: float, reach: float) -> Floats:
    """The effect on one side of `seen` for which so many of the told estimates lie nearer to it than `seen` does."""
    inside, outside = seen, seen + reach
    for _ in range(60):
        middle = (inside + outside) / 2
        nearer = _nearer(middle, np.abs(seen - middle), df, bar) <= level
        inside, outside = np.where(nearer, middle, inside), np.where(nearer, outside, middle)
    return (inside + outside) / 2


def _nearer(effect: Floats, distance: Floats, df: Floats, bar: Floats) -> Floats:
    """Share of the told estimates, those of at least `bar` either way, that lie at most so far from the effect."""
    up, down = bar - effect, bar + effect
    # By symmetry of t, P(x < t < y) = P(-y < t < -x): tails below stay exact where those above round to 1.
    above, below = (
        special.stdtr(df, -np.maximum(start, -distance)) - special.stdtr(df, -distance) for start in (up, down)
    )
    told = special.stdtr(df, -up) + special.stdtr(df, -down)
    share: Floats = (np.maximum(above, 0.0) + np.maximum(below, 0.0)) / np.maximum(told, 1e-300)
    return share
