"""Guardrails: not "is it better?" but "is it surely not worse than we can bear?"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy import special

from ecops.errors import SpecError
from ecops.experiments.statistics.effects import Effect, to_t
from ecops.experiments.statistics.skewness import reaches, tail
from ecops.messages import Message, Percent


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A metric held against the worst that is acceptable.

    Attributes:
        margin: largest acceptable relative loss, 0.02 for 2 %.
        bearing: treatment - (1 - margin) * control when more is better, (1 + margin) * control - treatment when less
            is better, in the metric's unit; positive is acceptable. A control below 0 (a loss a user) gives up
            margin * |control| likewise.
        low, high: one-sided limits of `bearing`, each with error rate alpha.
        status: "held": surely not worse than the margin; "broken": surely worse; "open": cannot be said yet.
        p_value: one-sided, of "worse than the margin", for a single look.
    """

    margin: float
    bearing: float
    low: float
    high: float
    status: Literal["held", "broken", "open"]
    p_value: float


def non_inferiority(
    effect: Effect,
    margin: float,
    alpha: float = 0.05,
    *,
    less_is_better: bool = False,
    critical: float | None = None,
) -> Guardrail:
    """Whether a metric lost less than `margin` of the control's mean, exactly, without dividing by a noisy mean.

    Tests L = treatment - (1 - margin) control with SE^2 = Var D + 2 margin Cov(D, control) + margin^2 Var control; for
    independent arms that is vb + (1 - margin)^2 va. Few and large values are allowed for as in the effect itself, with
    the skewness of L.

    Args:
        effect: from `compare_means`, `compare_proportions`, `compare_ratios` or `cuped`.
        margin: largest acceptable relative loss, 0 <= margin < 1.
        alpha: one-sided error rate.
        less_is_better: for costs and refund rates.
        critical: one-sided normal critical value for repeated looks; from `alpha` when None.
    """
    if not 0 <= margin < 1:
        raise SpecError(
            Message("A margin of {margin} is not possible.", margin=Percent(margin)),
            Message("Write the largest acceptable loss as a share, 0.02 for 2%."),
        )
    sign = -1.0 if less_is_better else 1.0
    # The margin is a share of the control's size: a loss a user, too, may grow by it and need not shrink by it.
    shift = math.copysign(margin, effect.control) * sign
    bearing = sign * (effect.difference + shift * effect.control)
    variance = effect.error**2 + 2 * shift * effect.base_covariance + shift**2 * effect.base_variance
    error = math.sqrt(max(0.0, variance))
    reach = to_t(-float(special.ndtri(alpha)) if critical is None else critical, effect.df)
    skew = 0.0
    if error > 0:
        skew = sign * (effect.thirds[1] - (1 - shift) ** 3 * effect.thirds[0]) / error**3
    up, down = reaches(reach, skew)
    low, high = bearing - up * error, bearing + down * error
    status: Literal["held", "broken", "open"] = "held" if low > 0 else "broken" if high < 0 else "open"
    z = bearing / error if error > 0 else math.copysign(math.inf, bearing)
    beyond = tail(z, effect.df, skew) if math.isfinite(z) else 0.0
    return Guardrail(margin, bearing, low, high, status, beyond if z > 0 else 1 - beyond)
