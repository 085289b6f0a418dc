"""When did a recovery begin? One change of level in the days since the trouble began, with the days it may have been.

Least squares for one change point; the interval holds every day whose fit is not worse than the best by more than the
95 % limit of the likelihood ratio of a change point, -2 log(1 - sqrt(0.95)) = 7.35 (Yao, 1987; Hansen, 2000), in units
of a day's variance, which is widened for the memory from day to day.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecops.review.decisions.verifying.levels import WEEK, Days

Floats = NDArray[np.float64]

LIMIT = -2 * math.log(1 - math.sqrt(0.95))
SHORTEST = 3
"""Days on each side of a change at least."""

LOOKED_AT = 14
"""Days since the start that are searched; a later turn is another story."""

VAGUE = 14
"""An interval of more days than this says nothing about when."""

Timing = Literal["fits", "earlier", "later", "unclear"]
"""fits: the first day in force lies inside the interval. earlier, later: the whole interval lies on that side of it.
unclear: the interval is too wide to tell, or the level rose little by little: a straight line fits no worse."""


@dataclass(frozen=True, slots=True)
class Onset:
    """When the level changed.

    Attributes:
        day: the most likely first day of the new level.
        low, high: days between which it lies (95 %).
        timing: how that fits the first day in force.
    """

    day: dt.date
    low: dt.date
    high: dt.date
    timing: Timing


def onset(
    days: Days, healthy: tuple[int, int], searched: tuple[int, int], start: int, sign: float = 1.0
) -> Onset | None:
    """The day on which the first place changed its level, held against the places beside it.

    Args:
        days: the figures.
        healthy: first day and the day after the last of the weeks before the trouble, which say what is usual.
        searched: first day and the day after the last of those in which the change is sought.
        start: first day in force.
        sign: 1 when more is better, -1 when less is.

    Returns:
        None when too few days have figures, or the best change is one for the worse.
    """
    ratio = _against_usual(days, healthy)[searched[0] : searched[1]]
    there = np.flatnonzero(np.isfinite(ratio))
    values = ratio[there]
    number = len(values)
    if number < 2 * SHORTEST:
        return None
    cuts = np.arange(SHORTEST, number - SHORTEST + 1)
    running = np.cumsum(values)
    left, right = running[cuts - 1] / cuts, (running[-1] - running[cuts - 1]) / (number - cuts)
    explained = cuts * left**2 + (number - cuts) * right**2
    best = int(np.argmax(explained))
    cut = int(cuts[best])
    if sign * (right[best] - left[best]) <= 0:
        return None
    rest = np.concatenate([values[:cut] - left[best], values[cut:] - right[best]])
    variance = max(float((rest**2).sum()) / (number - 2) * _memory(rest), 1e-18)
    possible = cuts[explained[best] - explained <= LIMIT * variance]
    day, low, high = (searched[0] + int(there[place]) for place in (cut, possible[0], possible[-1]))
    timing: Timing = "fits"
    if high - low > VAGUE or _straight(values) <= float((rest**2).sum()):
        timing = "unclear"
    elif high < start:
        timing = "earlier"
    elif low > start:
        timing = "later"
    return Onset(days.day(day), days.day(low), days.day(high), timing)


def _straight(values: Floats) -> float:
    """Sum of the squared misses about a straight line."""
    time = np.arange(len(values)) - (len(values) - 1) / 2
    rest = values - values.mean()
    return float(rest @ rest - (time @ rest) ** 2 / (time @ time))


def _against_usual(days: Days, healthy: tuple[int, int]) -> Floats:
    """Each day of the first place over what it usually is, moved by what the other places did; NaN where unknown."""
    begin, end = healthy
    weekday = (np.arange(days.length) - begin) % WEEK
    usual = np.zeros_like(days.numerator)
    with np.errstate(divide="ignore", invalid="ignore"):
        for number in range(WEEK):
            mine = np.arange(begin + number, end, WEEK)
            rate = days.numerator[:, mine].sum(axis=1) / days.denominator[:, mine].sum(axis=1)
            usual[:, weekday == number] = rate[:, None]
        expected = usual * days.denominator
        ratio = np.where(days.known & (expected > 0), days.numerator / expected, np.nan)
        there = np.isfinite(ratio[1:])
        mean = np.where(there, ratio[1:], 0.0).sum(axis=0) / there.sum(axis=0)
        beside = np.where(there.any(axis=0), mean, 1.0)
        return np.where(beside > 0, ratio[0] / beside, np.nan)


def _memory(rest: Floats) -> float:
    """How many times the variance of a sum of days is that of days without memory, from their first autocorrelation."""
    total = float((rest**2).sum())
    if total <= 0 or len(rest) < 8:
        return 1.0
    lag = min(max(float((rest[1:] * rest[:-1]).sum()) / total, 0.0), 0.8)
    return (1 + lag) / (1 - lag)
