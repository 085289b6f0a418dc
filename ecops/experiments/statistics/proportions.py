"""Shares of users who did something: pooled score test for large counts, exact test for small ones."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy import special

from ecops.errors import DataError
from ecops.experiments.statistics.effects import Effect, Lift, normal_critical, two_sided
from ecops.experiments.statistics.samples import Array, Sampled, as_sample
from ecops.messages import Message

SMALL = 5.0
"""Expected conversions (or non-conversions) in an arm below which the exact test is used."""

GAMMA = 1e-6
"""Confidence given away to narrow down the rate both arms share, see `exact_p`."""

_RATES = 256


def compare_proportions(
    control: Sampled,
    treatment: Sampled,
    alpha: float = 0.05,
    test: Literal["auto", "score", "exact"] = "auto",
) -> Effect:
    """Difference of two conversion rates.

    The p-value is the pooled z test without continuity correction, the intervals are the score intervals that belong to
    it (Mee 1984, Koopman 1984). With fewer than five expected conversions in an arm the p-value is Barnard's
    unconditional exact test (1945) with the same statistic, and the intervals are stretched to agree with it.

    Args:
        control: (users, conversions), or the users' values, each 0 or 1.
        treatment: the other arm.
        alpha: two-sided error rate of the interval.
        test: "auto" chooses by the expected counts.

    >>> effect = compare_proportions((721, 20), (730, 37))
    >>> round(effect.p_value, 4), effect.verdict
    (0.0245, 'better')
    """
    (na, xa), (nb, xb) = _counts(control), _counts(treatment)
    pooled = (xa + xb) / (na + nb)
    if not 0 < pooled < 1:
        what = (
            Message("Nobody in either arm converted, so nothing can be tested.")
            if pooled == 0
            else Message("Every user of both arms converted, so nothing can be tested.")
        )
        raise DataError(what, Message("Check that the file holds all visitors, not only buyers, and the right column."))
    error = math.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
    pa, pb = xa / na, xb / nb
    lopsided = pooled * (1 - pooled) * (1 - 2 * pooled)  # third central moment of a yes/no value
    statistic = (pb - pa) / error
    exact = test == "exact" or (test == "auto" and min(na, nb) * min(pooled, 1 - pooled) < SMALL)
    effect = Effect(
        method="exact" if exact else "score",
        n_control=na,
        n_treatment=nb,
        control=pa,
        treatment=pb,
        difference=pb - pa,
        error=math.sqrt(pa * (1 - pa) / na + pb * (1 - pb) / nb),
        df=math.inf,
        statistic=statistic,
        p_value=exact_p(na, xa, nb, xb) if exact else two_sided(statistic),
        critical=math.nan,
        low=math.nan,
        high=math.nan,
        lift=Lift(math.nan, math.nan, math.nan),
        base_variance=pa * (1 - pa) / na,
        base_covariance=-pa * (1 - pa) / na,
        active=(min(xa, na - xa), min(xb, nb - xb)),
        thirds=(lopsided / na**2, lopsided / nb**2),
    )
    return effect.at(normal_critical(alpha))


def _counts(arm: Sampled) -> tuple[float, float]:
    sample = as_sample(arm)
    conversions = sample.n * sample.mean
    spread = sample.mean * (1 - sample.mean) * sample.n / (sample.n - 1)
    if abs(sample.variance - spread) > 1e-6 * max(spread, 1 / sample.n):
        raise DataError(
            Message("A conversion must be 0 or 1 for each user."),
            Message("Count each user at most once, or compare the values as a mean."),
        )
    return sample.n, round(conversions, 6)


def exact_p(na: float, xa: float, nb: float, xb: float) -> float:
    """Two-sided unconditional exact p-value of two proportions (Barnard 1945), ordered by the pooled z.

    The rate that both arms share is unknown; the p-value is the largest over its 1 - 1e-6 confidence interval, plus
    that 1e-6 (Berger & Boos 1994). Counts that no such rate makes plausible are left out, so that the cost depends on
    the number of conversions and not on the number of users.
    """
    from scipy import stats

    if xa + xb > (na + nb) / 2:  # the rarer outcome needs the smaller table
        xa, xb = na - xa, nb - xb
    total, users = xa + xb, na + nb
    low = float(special.betaincinv(total, users - total + 1, GAMMA / 2)) if total > 0 else 0.0
    high = float(special.betaincinv(total + 1, users - total, 1 - GAMMA / 2))
    counts_a = np.arange(min(na, float(stats.binom.isf(1e-14, na, high)) + 1) + 1)
    counts_b = np.arange(min(nb, float(stats.binom.isf(1e-14, nb, high)) + 1) + 1)
    seen = abs(float(_apart(na, np.array(xa), nb, np.array(xb))))
    extreme = np.abs(_apart(na, counts_a[:, None], nb, counts_b[None, :])) >= seen * (1 - 1e-12)
    rates = np.linspace(low, high, _RATES)
    mass_a = stats.binom.pmf(counts_a[:, None], na, rates)
    mass_b = stats.binom.pmf(counts_b[:, None], nb, rates)
    tail = np.einsum("ar,ab,br->r", mass_a, extreme.astype(np.float64), mass_b, optimize=True)
    return min(1.0, float(tail.max()) + GAMMA)


def _apart(na: float, xa: Array, nb: float, xb: Array) -> Array:
    """The pooled z, but for the numbers of users, which all tables share."""
    pooled = (xa + xb) / (na + nb)
    error = np.sqrt(pooled * (1 - pooled))
    distance = xb / nb - xa / na
    z: Array = np.divide(distance, error, out=np.zeros_like(distance + error), where=error > 0)
    return z
