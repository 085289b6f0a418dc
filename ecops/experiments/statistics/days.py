"""When only totals of each day exist: the days themselves are the sample.

A platform's export knows how much money an arm took in a day, but not how it varied between users. What it does show is
how the difference between the arms varied from day to day, and that is enough for an honest interval. Pairing the arms
by day takes out the weekday and the promotion that hit both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecops.errors import DataError
from ecops.experiments.statistics.effects import Effect, Lift, normal_critical, two_sided
from ecops.experiments.statistics.samples import Array
from ecops.messages import Count, Message

FEWEST_DAYS = 5

_LEAST = 1e-6


def daily(
    control: tuple[Sequence[float] | Any, Sequence[float] | Any],
    treatment: tuple[Sequence[float] | Any, Sequence[float] | Any],
    alpha: float = 0.05,
) -> Effect:
    """Difference of two ratios of daily totals, with days as paired units.

    r = sum y / sum x in each arm; a day's contribution to the difference is
    (y1 - r1 x1) / mean x1 - (y0 - r0 x0) / mean x0, whose spread over the days gives the standard error (delta method
    with the day as cluster). A day of much traffic pulls the ratio towards itself and hides its own spread, so each
    day's square is divided by 1 - its share of the traffic, and the degrees of freedom are those of that estimate: CR2
    with Bell & McCaffrey (2002) as in Imbens & Kolesar (2016), for days whose variance grows with their traffic. Days
    of equal traffic give the plain t with days - 1.

    Args:
        control: totals of each day (numerators, denominators), for example money and visitors.
        treatment: the same days in the same order.
        alpha: two-sided error rate of the interval.

    Raises:
        DataError: fewer than five common days, or days that do not vary at all.

    >>> visitors = [100.0, 120.0, 90.0, 110.0, 100.0]
    >>> effect = daily(([10, 13, 9, 11, 9], visitors), ([14, 16, 12, 16, 12], visitors))
    >>> round(effect.difference, 4), effect.verdict
    (0.0346, 'better')
    """
    (ya, xa), (yb, xb) = (tuple(np.asarray(part, dtype=np.float64) for part in arm) for arm in (control, treatment))
    days = len(ya)
    if not len(xa) == len(yb) == len(xb) == days or days < FEWEST_DAYS:
        raise DataError(
            Message(
                "There are {n} days with totals of both arms; at least {need} are needed.", n=days, need=FEWEST_DAYS
            ),
            Message("Wait for more days, or export each user's values."),
        )
    if not (xa.sum() > 0 and xb.sum() > 0):
        raise DataError(Message("An arm has no visitors in {n} days.", n=Count(days)))
    base, own = _linear(ya, xa)
    other, treated = _linear(yb, xb)
    difference = other - base
    paired = treated - own
    shares = (xa / xa.sum() + xb / xb.sum()) / 2
    variance = float((paired**2 / np.maximum(1 - shares, _LEAST)).sum()) / days**2
    if not variance > 0:
        raise DataError(
            Message("The difference between the arms is the same on every day."),
            Message("Check that both arms are not the same numbers."),
        )
    error, df = math.sqrt(variance), _freedom(shares)
    effect = Effect(
        method="daily",
        n_control=days,
        n_treatment=days,
        control=base,
        treatment=other,
        difference=difference,
        error=error,
        df=df,
        statistic=difference / error,
        p_value=two_sided(difference / error, df),
        critical=math.nan,
        low=math.nan,
        high=math.nan,
        lift=Lift(math.nan, math.nan, math.nan),
        base_variance=float((own**2 / np.maximum(1 - shares, _LEAST)).sum()) / days**2,
        base_covariance=float((paired * own / np.maximum(1 - shares, _LEAST)).sum()) / days**2,
    )
    return effect.at(normal_critical(alpha))


def _freedom(shares: Array) -> float:
    """Degrees of freedom of the variance of `daily`, 2 E^2 / Var, by the days' shares of the traffic."""
    days = len(shares)
    # What is seen of a day is its own deviation without its share of all of them.
    seen = (np.eye(days) - np.outer(shares, np.ones(days))) / np.sqrt(np.maximum(1 - shares, _LEAST))[:, None]
    moved = seen * np.sqrt(shares)
    gram = moved @ moved.T
    return max(1.0, float(np.trace(gram)) ** 2 / float((gram**2).sum()))


def _linear(tops: Array, bottoms: Array) -> tuple[float, Array]:
    ratio = float(tops.sum() / bottoms.sum())
    return ratio, (tops - ratio * bottoms) / bottoms.mean()


def day_effects(control: tuple[Any, Any], treatment: tuple[Any, Any]) -> Array:
    """Contribution of each day to the difference of `daily`, shifted to mean the difference itself."""
    (ya, xa), (yb, xb) = (tuple(np.asarray(part, dtype=np.float64) for part in arm) for arm in (control, treatment))
    base, own = _linear(ya, xa)
    other, treated = _linear(yb, xb)
    effects: Array = other - base + treated - own
    return effects
