"""Where a metric falls to nothing, or rises from nothing, there is no logarithm.

The side with nothing in it gets the exact Poisson limit of no events, -log(tail), each event as large as makes the days
of the other side vary as they do (quasi-Poisson), and the interval joins it with the limit of the other side
(Bonferroni: half of the error for each), which is never too narrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.review.decisions.verifying.levels import Days
from ecops.statistics import critical_value

Floats = NDArray[np.float64]

HALF_LEVEL = 0.975
"""Level of each of two limits that together hold at 95 %."""

NOTHING_SEEN = -math.log((1 - HALF_LEVEL) / 2)
"""Events that may have been expected where none was seen."""

Interval = tuple[float, float, float]
"""Value, lower and upper limit."""


@dataclass(frozen=True, slots=True)
class Side:
    """The first place in one window.

    Attributes:
        total: sum of the numerator.
        exposure: sum of the denominator.
        variance: of log(total), over days; NaN when nothing happened.
        freedom: its degrees of freedom.
        event: how large one event is, so that events would vary like the days do; at least 1 for counts.
    """

    total: float
    exposure: float
    variance: float
    freedom: float
    event: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of the metric: value and 95 % limits.

    Attributes:
        ratio: after over what it would be.
        gain: after less what it would be, in the metric's own unit.
    """

    ratio: Interval
    gain: Interval


def effect(days: Days, before: tuple[int, int], after: tuple[int, int]) -> Effect:
    """The metric after against what it would be, when one side or both have nothing in them.

    Args:
        days: the figures.
        before: first day and the day after the last of the baseline.
        after: the same of the window.
    """
    first, last = side(days, before), side(days, after)
    if first.total == 0 and last.total == 0:
        return Effect((math.nan, math.nan, math.nan), (math.nan, math.nan, math.nan))
    shift, variance, freedom = _moved(days, before, after)
    seen = first if last.total == 0 else last
    total = seen.variance + variance
    bread = seen.variance**2 / seen.freedom + (variance**2 / freedom if variance else 0.0)
    error = critical_value(HALF_LEVEL, df=total**2 / bread).item() * math.sqrt(total)
    level = math.log(seen.total / seen.exposure)
    if last.total == 0:
        most = NOTHING_SEEN * first.event / last.exposure
        value, low, high = (math.exp(level + shift + move) for move in (0.0, -error, error))
        return Effect((0.0, 0.0, most / low), (-value, -high, most - low))
    most = NOTHING_SEEN * last.event / first.exposure
    least = math.exp(level - shift - error) / most
    now = math.exp(level)
    return Effect((math.inf, least, math.inf), (now, now - now / least, now))


def side(days: Days, window: tuple[int, int]) -> Side:
    """Total, exposure and noise of the first place in a window."""
    there = days.known[0, window[0] : window[1]]
    y, exposure = (part[0, window[0] : window[1]][there] for part in (days.numerator, days.denominator))
    total = float(y.sum())
    if total <= 0:
        return Side(0.0, float(exposure.sum()), math.nan, math.nan, math.nan)
    freedom = max(len(y) - 1, 1)
    misses = y - exposure * total / exposure.sum()
    # Sandwich: the squared misses of the days. Never less than what independent events would show.
    noise = max(float((misses**2).sum()) * len(y) / freedom, counting(y, exposure))
    event = noise / total if np.any(y != np.round(y)) else max(noise / total, 1.0)
    return Side(total, float(exposure.sum()), max(noise / total**2, 1e-18), freedom, event)


def counting(y: Floats, exposure: Floats) -> float:
    """Binomial variance of a sum of counts when they are counts out of counts; 0 for money and for counts of days."""
    total, whole = float(y.sum()), float(exposure.sum())
    if np.any(y != np.round(y)) or total > whole:
        return 0.0
    # Half a miss where there was none: a rate of 100 % is no proof that nothing can be missed.
    return total * max(1 - total / whole, 0.5 / whole)


def _moved(days: Days, before: tuple[int, int], after: tuple[int, int]) -> Interval:
    """What the other places did meanwhile: mean log ratio, variance for one more place, degrees of freedom.

    A place with nothing on one side has no logarithm and drops out, the first one always.
    """
    sums = [
        [part[:, begin:end].sum(axis=1) for part in (days.numerator, days.denominator)]
        for begin, end in (before, after)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = np.log(sums[1][0] / sums[1][1]) - np.log(sums[0][0] / sums[0][1])
    moves = moves[np.isfinite(moves)]
    if len(moves) < 2:
        return float(moves.sum()), 0.0, math.inf
    return float(moves.mean()), float(moves.var(ddof=1)) * (1 + 1 / len(moves)), float(len(moves) - 1)
