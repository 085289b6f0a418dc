"""Ratios of two sums, such as order value or cost per new customer, with the randomised user as the unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecops.errors import SpecError
from ecops.experiments.statistics.effects import Effect, welch_effect
from ecops.experiments.statistics.means import linear_weights
from ecops.experiments.statistics.samples import Moments, Sample, moments_of
from ecops.experiments.statistics.skewness import ratio_thirds
from ecops.messages import Message


def ratio_sample(arm: Moments, numerator: str, denominator: str) -> Sample:
    """A ratio of means as a sample of users: its value and the variance of its linearised value (delta method).

    v = (vy - 2 r cxy + r^2 vx) / mean x^2 (Deng, Knoblich, Lu, KDD 2018).
    """
    value, weights = linear_weights(arm, (numerator, denominator))
    used = weights != 0
    used[[arm.index(numerator), arm.index(denominator)]] = True
    variance = float(weights[used] @ arm.covariance[np.ix_(used, used)] @ weights[used])
    return Sample(arm.n, value, max(0.0, variance), arm.having(denominator))


def compare_ratios(
    control: Moments | tuple[Any, Any],
    treatment: Moments | tuple[Any, Any],
    numerator: str = "numerator",
    denominator: str = "denominator",
    alpha: float = 0.05,
    *,
    money: bool = True,
) -> Effect:
    """Difference of two ratios of sums, for example sales / orders, when users were randomised and not orders.

    Args:
        control: joint moments holding both columns, or (numerators, denominators) as two columns with one value a user
            in each, in the same order.
        treatment: the other arm.
        numerator: name of its column in the moments.
        denominator: name of its column in the moments.
        alpha: two-sided error rate of the interval.
        money: whether order values make up the ratio, see `skewness.ratio_thirds`.

    Only users with any denominator count for the degrees of freedom.

    >>> sales, orders = [0.0, 90.0, 0.0, 210.0, 50.0], [0, 1, 0, 2, 1]
    >>> effect = compare_ratios((sales, orders), ([2 * value for value in sales], orders))
    >>> round(effect.control, 1), round(effect.treatment, 1)
    (87.5, 175.0)
    """
    a, b = (_joint(arm, numerator, denominator) for arm in (control, treatment))
    first, second = ratio_sample(a, numerator, denominator), ratio_sample(b, numerator, denominator)
    base = first.error_squared
    return welch_effect(
        (first.n, second.n),
        first.mean,
        second.mean - first.mean,
        (first.variance, second.variance),
        (base, -base),
        alpha,
        (first.active, second.active),
        ratio_thirds([(arm.n, arm.mean, arm.variance, arm.active) for arm in (first, second)], money),
    )


def _joint(arm: Moments | tuple[Any, Any], numerator: str, denominator: str) -> Moments:
    if isinstance(arm, Moments):
        return arm
    tops, bottoms = (np.asarray(column, dtype=np.float64) for column in arm)
    if tops.shape != bottoms.shape:
        raise SpecError(Message("Numerator and denominator need one value for each user, in the same order."))
    return moments_of({numerator: tops, denominator: bottoms})
