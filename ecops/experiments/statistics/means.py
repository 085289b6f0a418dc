"""Means over users: Welch's test, and the same with noise removed that the users' past explains (CUPED)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ecops.errors import DataError, SpecError
from ecops.experiments.statistics.effects import Effect, welch_effect
from ecops.experiments.statistics.samples import LOST_DIGITS, Array, Moments, Sampled, as_sample
from ecops.experiments.statistics.skewness import mean_thirds, ratio_thirds
from ecops.messages import Count, Message

Quantity = str | tuple[str, str]
"""A column, or a ratio (numerator column, denominator column)."""


def compare_means(control: Sampled, treatment: Sampled, alpha: float = 0.05) -> Effect:
    """Difference of two means without assuming equal variances (Welch 1947).

    Args:
        control: an arm as rows or as (users, sum, sum of squares), see `Sampled`.
        treatment: the other arm.
        alpha: two-sided error rate of the interval.

    Raises:
        DataError: fewer than two users, blanks, or no spread at all.

    >>> effect = compare_means((1000, 500.0, 1250.0), (1000, 620.0, 1500.0))
    >>> effect.verdict, round(effect.lift.value, 2)
    ('better', 0.24)
    """
    a, b = as_sample(control), as_sample(treatment)
    base = a.error_squared
    thirds = mean_thirds([(arm.n, arm.mean, arm.variance, arm.active) for arm in (a, b)])
    variances, active = (a.variance, b.variance), (a.active, b.active)
    return welch_effect((a.n, b.n), a.mean, b.mean - a.mean, variances, (base, -base), alpha, active, thirds)


def linear_weights(arm: Moments, quantity: Quantity) -> tuple[float, Array]:
    """A quantity's value in an arm and its gradient by the arm's column means.

    For a ratio y / x the gradient is (1 / mean x, -r / mean x): to first order the ratio moves like the mean of
    (y - r x) / mean x over users (delta method; Deng, Knoblich, Lu, KDD 2018).
    """
    weights = np.zeros(len(arm.names))
    if isinstance(quantity, str):
        at = arm.index(quantity)
        weights[at] = 1.0
        return float(arm.mean[at]), weights
    top, bottom = arm.index(quantity[0]), arm.index(quantity[1])
    below = float(arm.mean[bottom])
    if below == 0:
        raise DataError(
            Message("The denominator {name} is 0 for every user of an arm.", name=quantity[1]),
            Message("Wait for more data, or choose another metric."),
        )
    value = float(arm.mean[top]) / below
    weights[top] += 1 / below
    weights[bottom] -= value / below
    return value, weights


def cuped(
    control: Moments,
    treatment: Moments,
    metric: Quantity,
    covariates: Sequence[Quantity],
    alpha: float = 0.05,
    theta: Sequence[float] | None = None,
    *,
    money: bool = True,
) -> Effect:
    """Difference of a mean or a ratio after taking off what covariates from before the test explain.

    Y' = Y - theta (X - mean X) with theta = Cov(X)^-1 Cov(X, Y) pooled within the two arms (Deng, Xu, Kohavi, Walker,
    WSDM 2013; for several covariates the same as regression adjustment). Covariates must not be able to react to the
    treatment. The per cent interval keeps the plain control mean as its base and takes the covariance of the adjusted
    difference with it into account. That theta was found in the same data is paid for as in the analysis of covariance:
    the variance is multiplied by (N - 2) / (N - 2 - k) and by 1 + d' S^-1 d / (1 / n_a + 1 / n_b) with k covariates,
    their sums of squares S within the arms and their differences d between them.

    Args:
        control: joint moments with every needed column.
        treatment: the same for the treatment.
        metric: a column or a ratio of two.
        covariates: columns or ratios from before the test.
        alpha: two-sided error rate of the interval.
        theta: fixed weights of the covariates, when they come from older data; else estimated.
        money: whether a ratio is made of order values, see `skewness.ratio_thirds`.
    """
    (base, wa), (other, wb) = linear_weights(control, metric), linear_weights(treatment, metric)
    past_a = [linear_weights(control, covariate) for covariate in covariates]
    past_b = [linear_weights(treatment, covariate) for covariate in covariates]
    blocks = [
        _block(arm, own, [gradient for _, gradient in past])
        for arm, own, past in ((control, wa, past_a), (treatment, wb, past_b))
    ]
    weights = _theta(blocks, (control.n, treatment.n)) if theta is None else np.asarray(theta, dtype=np.float64)
    if len(weights) != len(covariates):
        raise SpecError(Message("Give one weight for each covariate."))
    apart = np.array([b[0] - a[0] for a, b in zip(past_a, past_b, strict=True)])
    price = 1.0 if theta is not None else _price(blocks, (control.n, treatment.n), apart)
    turned = np.append(1.0, -weights)
    variances = tuple(max(0.0, float(turned @ block @ turned)) for block in blocks)
    raw = tuple(float(block[0, 0]) for block in blocks)
    if sum(raw) > 0 and sum(variances) <= LOST_DIGITS * sum(raw):
        raise DataError(
            Message("The figure from before the test equals the figure of the test, so it cannot adjust it."),
            Message("Use what users did before they came into the test, or no such figure."),
        )
    having = [arm.having(metric if isinstance(metric, str) else metric[1]) for arm in (control, treatment)]
    shapes = [
        (arm.n, mean, spread, own)
        for arm, mean, spread, own in zip((control, treatment), (base, other), raw, having, strict=True)
    ]
    thirds = mean_thirds(shapes) if isinstance(metric, str) else ratio_thirds(shapes, money)
    plain = raw[0] / control.n + raw[1] / treatment.n
    effect = welch_effect(
        (control.n, treatment.n),
        base,
        other - base - float(weights @ apart),
        (variances[0] * price, variances[1] * price),
        (raw[0] / control.n, -float(turned @ blocks[0][:, 0]) / control.n),
        alpha,
        (having[0] - len(covariates) / 2, having[1] - len(covariates) / 2),
        thirds,
    )
    return replace(effect, removed=1 - effect.error**2 / plain)


def _block(arm: Moments, own: Array, past: list[Array]) -> Array:
    # Covariance of the metric (first) and the covariates; pairs that no weight touches may be NaN.
    stacked = np.vstack([own, *past])
    used = np.any(stacked != 0, axis=0)
    small: Array = stacked[:, used] @ arm.covariance[np.ix_(used, used)] @ stacked[:, used].T
    if not np.isfinite(small).all():
        raise DataError(Message("The totals do not hold the cross products that the adjustment needs."))
    return small


def _theta(blocks: list[Array], users: tuple[float, float]) -> Array:
    pooled = (users[0] - 1) * blocks[0] + (users[1] - 1) * blocks[1]
    # The pseudo-inverse gives weight 0 to a covariate without spread and shares between equal covariates.
    scale = np.sqrt(np.diag(pooled)[1:])
    scale[scale == 0] = 1.0
    inner = pooled[1:, 1:] / np.outer(scale, scale)
    weights: Array = np.linalg.pinv(inner, rcond=1e-10) @ (pooled[1:, 0] / scale) / scale
    return weights


def _price(blocks: list[Array], users: tuple[float, float], apart: Array) -> float:
    """How much the variance grows because the covariates' weights come from the same data."""
    pooled = ((users[0] - 1) * blocks[0] + (users[1] - 1) * blocks[1])[1:, 1:]
    inverse = np.linalg.pinv(pooled, rcond=1e-10)
    used, freedom = int(np.linalg.matrix_rank(pooled)), sum(users) - 2
    if freedom - used < 1:
        raise DataError(
            Message("There are too few users for {n} figures from before the test.", n=Count(len(apart))),
            Message("Use fewer of them, or wait for more users."),
        )
    return freedom / (freedom - used) * (1 + float(apart @ inverse @ apart) / (1 / users[0] + 1 / users[1]))


def pooled_correlation(control: Moments, treatment: Moments, metric: Quantity, covariate: Quantity) -> float:
    """Correlation of a metric with a covariate within arms; NaN when one of the two does not vary."""
    blocks = [
        _block(arm, linear_weights(arm, metric)[1], [linear_weights(arm, covariate)[1]]) for arm in (control, treatment)
    ]
    pooled = (control.n - 1) * blocks[0] + (treatment.n - 1) * blocks[1]
    spread = math.sqrt(pooled[0, 0] * pooled[1, 1])
    return float(pooled[0, 1]) / spread if spread > 0 else math.nan
