"""The difference between two arms with its interval, absolute and in per cent, and never one against the other."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from scipy import special

from ecops.errors import DataError, SpecError
from ecops.experiments.statistics import skewness
from ecops.experiments.statistics.scores import difference_interval, ratio_interval
from ecops.messages import Message, Number

Verdict = Literal["better", "worse", "open"]
"""better: the whole interval lies above 0. worse: below. open: it covers 0."""


@dataclass(frozen=True, slots=True)
class Lift:
    """A relative change against the control's mean.

    Attributes:
        value: 0.12 for +12 %; NaN unless `status` is "ok".
        low, high: interval of the same confidence as the absolute one; NaN unless `status` is "ok".
        status: "ok"; "baseline_not_positive": the control's mean is zero or negative, so that a percentage means
            nothing; "baseline_uncertain": the control's mean cannot be told from zero, so that no finite interval
            exists.
    """

    value: float
    low: float
    high: float
    status: Literal["ok", "baseline_not_positive", "baseline_uncertain"] = "ok"


@dataclass(frozen=True, slots=True)
class Effect:
    """Treatment minus control on one metric.

    Attributes:
        method: "welch" (means and ratios), "score" (proportions, large counts), "exact" (proportions, small counts),
            "daily" (days as the unit).
        n_control, n_treatment: users (days for "daily").
        control: mean of the control, in the metric's unit.
        treatment: `control` + `difference`; with covariates this is the treatment's mean after adjustment.
        difference: treatment - control.
        error: standard error of `difference`.
        df: degrees of freedom of the statistic; inf where the normal law is used.
        statistic: `difference` in units of its standard error under "no difference".
        p_value: two-sided, for a single look at the data; details only, verdicts use the interval.
        critical: how many standard errors the interval reaches to each side, before `skewness` is allowed for.
        low, high: interval of `difference`.
        lift: the same in per cent of the control.
        base_variance: variance of the control's mean.
        base_covariance: covariance of `difference` with the control's mean.
        removed: share of the variance that covariates removed (rho squared); 0 without covariates.
        active: users with any value in control and treatment; NaN when nobody counted them.
        thirds: third central moments of the means of control and treatment, in cubed units; 0 when not known.
    """

    method: Literal["welch", "score", "exact", "daily"]
    n_control: float
    n_treatment: float
    control: float
    treatment: float
    difference: float
    error: float
    df: float
    statistic: float
    p_value: float
    critical: float
    low: float
    high: float
    lift: Lift
    base_variance: float
    base_covariance: float
    removed: float = 0.0
    active: tuple[float, float] = (math.nan, math.nan)
    thirds: tuple[float, float] = (0.0, 0.0)

    @property
    def skewness(self) -> float:
        """Skewness of `difference`; 0 for arms of the same size and spread, which are lopsided alike."""
        return (self.thirds[1] - self.thirds[0]) / self.error**3

    @property
    def lacking(self) -> float:
        """Times as many users with a value as there are in the smaller arm that a test needs; at most 1 is enough."""
        if self.method != "welch" or not min(self.active) >= 0:
            return 0.0
        few = skewness.FEWEST_ACTIVE / max(1.0, min(self.active))
        return max(few, (self.skewness / skewness.SKEWED) ** 2)

    @property
    def verdict(self) -> Verdict:
        """What the interval says."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "open"

    def at(self, normal_critical: float) -> Effect:
        """The same effect with an interval of `normal_critical` standard errors of the normal law.

        For small samples the reach is translated to the t law with the same tail probability; for exact tests the
        interval is stretched so that it leaves out 0 exactly when the exact p-value says so.
        """
        if self.method in {"score", "exact"}:
            return _proportion_at(self, normal_critical)
        critical = to_t(normal_critical, self.df)
        up, down = skewness.reaches(critical, self.skewness)
        low, high = self.difference - up * self.error, self.difference + down * self.error
        below, above = (
            relative_lift(self.difference, self.control, self.error**2, self.base_variance, self.base_covariance, reach)
            for reach in (up, down)
        )
        lift = replace(below, high=above.high) if above.status == "ok" else above
        return replace(self, critical=critical, low=low, high=high, lift=lift)


def normal_critical(alpha: float) -> float:
    """Two-sided critical value of the normal law for one look.

    >>> round(normal_critical(0.05), 4)
    1.96
    """
    if not 0 < alpha < 1:
        raise SpecError(
            Message("alpha is {alpha}; it must lie between 0 and 1.", alpha=Number(alpha, 3)),
            Message("Use 0.05 unless you have a reason."),
        )
    return float(-special.ndtri(alpha / 2))


def to_t(critical: float, df: float) -> float:
    """The t value with the same tail probability as the normal value `critical`."""
    if not math.isfinite(df) or not math.isfinite(critical):
        return critical
    tail = float(special.ndtr(-critical))
    value = -float(special.stdtrit(df, tail)) if tail > 0 else math.inf
    return value if math.isfinite(value) else critical


def two_sided(statistic: float, df: float = math.inf) -> float:
    """Two-sided p-value from the tail itself, so that it never rounds to 0 before the tail does.

    >>> two_sided(27.0) > 0
    True
    """
    tail = special.ndtr(-abs(statistic)) if math.isinf(df) else special.stdtr(df, -abs(statistic))
    return min(1.0, 2 * float(tail))


def relative_lift(
    difference: float,
    control: float,
    difference_variance: float,
    control_variance: float,
    covariance: float,
    critical: float,
) -> Lift:
    """The relative change difference / control with its Fieller interval (Fieller 1954).

    The interval holds every L with (D - L m)^2 <= k^2 (Var D - 2 L Cov(D, m) + L^2 Var m). At L = 0 this is the
    absolute test itself, so the two verdicts always agree. For two independent arms Var D = va + vb and
    Cov(D, m) = -va.

    Args:
        difference: D, treatment - control.
        control: m, the control's mean.
        difference_variance: variance of D.
        control_variance: variance of m.
        covariance: their covariance.
        critical: k, standard errors to each side.

    >>> lift = relative_lift(1.0, 10.0, 0.02, 0.01, -0.01, 1.96)
    >>> round(lift.value, 3), round(lift.low, 4), round(lift.high, 4)
    (0.1, 0.0713, 0.1296)
    """
    if not control > 0:
        return Lift(math.nan, math.nan, math.nan, "baseline_not_positive")
    square = control**2 - critical**2 * control_variance
    if not square > 0:
        return Lift(math.nan, math.nan, math.nan, "baseline_uncertain")
    error = math.sqrt(difference_variance)
    linear = difference * control - critical**2 * covariance
    constant = (difference - critical * error) * (difference + critical * error)
    root = math.sqrt(max(0.0, linear**2 - square * constant))
    # The root of larger size first, the other from the product of both: its sign then is that of `constant`.
    far = linear + math.copysign(root, linear)
    first = far / square
    second = constant / far if far != 0 else 0.0
    return Lift(difference / control, min(first, second), max(first, second))


def welch_effect(
    n: tuple[float, float],
    control: float,
    difference: float,
    variances: tuple[float, float],
    base: tuple[float, float],
    alpha: float,
    active: tuple[float, float] = (math.nan, math.nan),
    thirds: tuple[float, ...] = (0.0, 0.0),
) -> Effect:
    """An effect from two independent means (Welch 1947, df after Satterthwaite), corrected for few and large values.

    Where only some users have a value, what is known of the spread rests on them alone, so they give the degrees of
    freedom. The two-sided p-value and the interval allow for `thirds`, see `skewness.reaches`.

    Args:
        n: users in control and treatment.
        control: mean of the control.
        difference: treatment - control.
        variances: variance over users in control and treatment, of what the difference is made of.
        base: variance of the control's mean, and its covariance with the difference.
        alpha: two-sided error rate of the interval.
        active: users with any value in control and treatment; NaN counts all.
        thirds: third central moment of a user's value in control and treatment.

    Raises:
        DataError: no spread in either arm.
    """
    (na, nb), (va, vb) = n, variances
    fa, fb = (max(1.0, (own if own >= 0 else users) - 1) for own, users in zip(active, n, strict=True))
    ea, eb = va / na, vb / nb
    squared = ea + eb
    if not squared > 0:
        raise DataError(
            Message("All users of both arms have the same value, so nothing can be tested."),
            Message("Check that the right column was chosen."),
        )
    df = squared**2 / (ea**2 / fa + eb**2 / fb)
    thirds = (thirds[0] / na**2, thirds[1] / nb**2)
    error = math.sqrt(squared)
    statistic = difference / error
    effect = Effect(
        method="welch",
        n_control=na,
        n_treatment=nb,
        control=control,
        treatment=control + difference,
        difference=difference,
        error=error,
        df=df,
        statistic=statistic,
        p_value=min(1.0, 2 * skewness.tail(statistic, df, (thirds[1] - thirds[0]) / error**3)),
        critical=math.nan,
        low=math.nan,
        high=math.nan,
        lift=Lift(math.nan, math.nan, math.nan),
        base_variance=base[0],
        base_covariance=base[1],
        active=active,
        thirds=thirds,
    )
    return effect.at(normal_critical(alpha))


def _proportion_at(effect: Effect, normal_reach: float) -> Effect:
    reach = normal_reach * (stretch(effect.statistic, effect.p_value) if effect.method == "exact" else 1.0)
    counts = (effect.n_control, effect.control), (effect.n_treatment, effect.treatment)
    low, high = difference_interval(*counts, reach)
    if effect.control > 0:
        ratio_low, ratio_high = ratio_interval(*counts, reach)
        bounded = math.isfinite(ratio_high)
        lift = (
            Lift(effect.difference / effect.control, ratio_low - 1, ratio_high - 1)
            if bounded
            else Lift(math.nan, math.nan, math.nan, "baseline_uncertain")
        )
    else:
        lift = Lift(math.nan, math.nan, math.nan, "baseline_not_positive")
    return replace(effect, critical=reach, low=low, high=high, lift=lift)


def stretch(statistic: float, p_value: float) -> float:
    """How much wider or narrower an interval must be to agree with an exact p-value.

    An interval of k * stretch standard errors leaves out 0 exactly when the p-value is smaller than that of k. Between
    1/3 and 3.
    """
    by_p = -float(special.ndtri(p_value / 2))
    if by_p <= 0:
        return 1.0 if statistic == 0 else 3.0
    return min(3.0, max(1 / 3, abs(statistic) / by_p))
