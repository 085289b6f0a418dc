"""What to believe after the test, and what a wrong choice would cost.

The prior says that most changes to a shop move little. It keeps a small, lucky sample from looking like a triumph.
These figures help to choose when the test stays open; they are no protection against stopping at a lucky moment,
which is the business of `sequential`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from ecops.errors import SpecError
from ecops.experiments.statistics.effects import Effect
from ecops.experiments.statistics.samples import Array
from ecops.messages import Message, Number

PRIOR_LIFT = 0.1
"""Standard deviation of the default prior on the relative change: two changes in three move less than 10 %."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Belief about treatment minus control after prior and data.

    Attributes:
        mean, deviation: of the normal posterior, in the metric's unit.
        better: probability that the treatment is better.
        loss_if_shipped: expected loss a user from choosing the treatment, in the metric's unit, >= 0.
        loss_if_kept: expected loss a user from keeping the control, >= 0.
        low, high: central 95 % of the posterior.
    """

    mean: float
    deviation: float
    better: float
    loss_if_shipped: float
    loss_if_kept: float
    low: float
    high: float


def posterior(
    effect: Effect | tuple[float, float],
    prior_deviation: float = PRIOR_LIFT,
    prior_mean: float = 0.0,
    *,
    less_is_better: bool = False,
) -> Posterior:
    """Normal posterior of an effect under a normal prior.

    Args:
        effect: an `Effect`, whose prior is on the relative change (scaled by the control's mean, or by the standard
            error when that mean is not positive); or a tuple (estimate, standard error), whose prior is in the same
            unit.
        prior_deviation: standard deviation of the prior; math.inf for a flat prior.
        prior_mean: mean of the prior.
        less_is_better: for costs and refund rates; then `better` means lower.

    >>> belief = posterior((0.05, 0.02), prior_deviation=math.inf)
    >>> round(belief.better, 4), round(belief.loss_if_shipped, 6)
    (0.9938, 4e-05)
    """
    if not prior_deviation > 0:
        raise SpecError(
            Message("The prior's spread is {spread}; it must be larger than 0.", spread=Number(prior_deviation, 3)),
            Message("Use 0.1 when most changes move less than 10%."),
        )
    if isinstance(effect, Effect):
        estimate, error = effect.difference, effect.error
        scale = effect.control if effect.control > 0 else error / PRIOR_LIFT
    else:
        (estimate, error), scale = effect, 1.0
    if error > 0:
        precision = error**-2 + (scale * prior_deviation) ** -2
        mean = (estimate * error**-2 + prior_mean * scale * (scale * prior_deviation) ** -2) / precision
        deviation = precision**-0.5
    else:
        mean, deviation = estimate, 0.0
    gain = -mean if less_is_better else mean
    shipped, kept = expected_losses(gain, deviation)
    better = float(special.ndtr(gain / deviation)) if deviation > 0 else float(gain > 0)
    reach = float(special.ndtri(0.975)) * deviation
    return Posterior(mean, deviation, better, shipped, kept, mean - reach, mean + reach)


def expected_losses(mean: float, deviation: float) -> tuple[float, float]:
    """Expected loss of choosing the treatment and of keeping the control, for a gain ~ N(mean, deviation^2).

    E max(-G, 0) = s phi(m/s) - m Phi(-m/s) and E max(G, 0) = s phi(m/s) + m Phi(m/s).
    """
    if deviation <= 0:
        return max(-mean, 0.0), max(mean, 0.0)
    z = mean / deviation
    bell = deviation * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return bell - mean * float(special.ndtr(-z)), bell + mean * float(special.ndtr(z))


def posterior_counts(
    control: tuple[float, float], treatment: tuple[float, float], prior: tuple[float, float] = (1.0, 1.0)
) -> Posterior:
    """Posterior of the difference of two conversion rates from Beta priors, exact for small counts.

    Args:
        control: (users, conversions).
        treatment: the same for the treatment.
        prior: parameters of the Beta prior of both rates; (1, 1) knows nothing.

    >>> round(posterior_counts((104, 42), (1009, 500)).better, 3)
    0.962
    """
    shapes = [(prior[0] + x, prior[1] + n - x) for n, x in (control, treatment)]
    (a0, b0), (a1, b1) = shapes
    # Integrals over the control's quantiles: p0 = F0^-1(u), u uniform.
    nodes, weights = special.roots_legendre(400)
    shares, weights = (nodes + 1) / 2, weights / 2
    base: Array = special.betaincinv(a0, b0, shares)
    below: Array = special.betainc(a1, b1, base)
    mean0, mean1 = a0 / (a0 + b0), a1 / (a1 + b1)
    # E[(p0 - p1)+ | p0] = p0 F1(p0) - E[p1; p1 < p0]
    loss_if_shipped = float(weights @ (base * below - mean1 * special.betainc(a1 + 1, b1, base)))
    better = 1 - float(weights @ below)
    mean = mean1 - mean0
    variance = sum(a * b / ((a + b) ** 2 * (a + b + 1)) for a, b in shapes)
    low, high = (_difference_quantile((a0, b0), (a1, b1), share) for share in (0.025, 0.975))
    return Posterior(mean, math.sqrt(variance), better, loss_if_shipped, loss_if_shipped + mean, low, high)


def _difference_quantile(first: tuple[float, float], second: tuple[float, float], share: float) -> float:
    from scipy import optimize

    nodes, weights = special.roots_legendre(400)
    base = special.betaincinv(*first, (nodes + 1) / 2)

    def excess(delta: float) -> float:
        return float(weights / 2 @ special.betainc(*second, np.clip(base + delta, 0.0, 1.0))) - share

    return float(optimize.brentq(excess, -1.0, 1.0, xtol=1e-9))
