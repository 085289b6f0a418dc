"""Values of a metric before and after with interval and test, for every segment at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecops import statistics as st

OWN_DRIFT = 4.0
"""Square of the drift beyond which one segment's five weekly steps are evidence: the 95 % point without drift."""

Unit = Literal["count", "money", "rate", "ratio", "days"]
"""What kind of number a metric is, which says how its change is tested. rate: people of people, between 0 and 1, tested
as a proportion. ratio: any other quotient."""

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Days:
    """Where the days of a comparison stand in the day axis of the arrays.

    Attributes:
        before: days of the comparison, shape (pairs,).
        after: days of the period, same shape and order.
        history: group of every other day that tells how much days usually differ (weeks before the period), -1 for
            days that do not; shape (days,).
        weekday: 0 is Monday; shape (days,).
    """

    before: Places
    after: Places
    history: Places
    weekday: Places

    @property
    def noise(self) -> tuple[Places, Places]:
        """Days from which day-to-day noise is estimated, and the group of each."""
        group = self.history.copy()
        top = group.max(initial=-1) + 1
        group[self.before] = top
        group[self.after] = top + 1
        used = np.flatnonzero(group >= 0)
        return used, group[used]


@dataclass(frozen=True, slots=True)
class Change:
    """A metric in two periods, every array of shape (segments,).

    Attributes:
        before: value in the comparison; NaN without a base.
        after: value in the period on the same days; NaN without a base.
        low: lower end of the 95 % interval of after - before, unit of the metric; NaN when it cannot be given.
        high: upper end.
        relative_low: lower end of the interval of after / before - 1.
        relative_high: upper end.
        p_value: two-sided; NaN where nothing can be tested.
        base_before: denominator (rates, ratios) or the sum itself.
        base_after: the same for the period.
        phi: dispersion used; NaN for ratios.
        df: degrees of freedom of the test; infinite where no dispersion was estimated.
    """

    before: Floats
    after: Floats
    low: Floats
    high: Floats
    relative_low: Floats
    relative_high: Floats
    p_value: Floats
    base_before: Floats
    base_after: Floats
    phi: Floats
    df: Floats

    @property
    def relative(self) -> Floats:
        """Relative change, after / before - 1; NaN where before is 0 or unknown."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.before != 0, self.after / self.before - 1, np.nan)


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Sum over sum, NaN without a base."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator > 0, numerator / np.where(denominator > 0, denominator, 1.0), np.nan)


def compare_sums(values: Floats, days: Days) -> Change:
    """A count or an amount of money that adds up over days: quasi-Poisson by weekday, widened by week-to-week drift.

    Args:
        values: shape (segments, days).
        days: which days are compared.
    """
    before, after = values[:, days.before].sum(1), values[:, days.after].sum(1)
    used, group = days.noise
    phi, df = st.count_dispersion(values[:, used], group, days.weekday[used])
    error = st.count_log_error(before, after, phi)
    drift = _drift(values, np.ones_like(values), days, error, is_sum=True)
    return _log_change(before, after, error * drift, np.where(df > 0, df, np.nan), before, after, phi * drift**2)


def compare_rates(numerator: Floats, denominator: Floats, days: Days) -> Change:
    """A rate of people: pooled z (t) or Fisher test, Newcombe interval, quasi-binomial dispersion of the days.

    Args:
        numerator: shape (segments, days).
        denominator: same shape.
        days: which days are compared.
    """
    x0, n0, x1, n1 = (
        array[:, place].sum(1) for place in (days.before, days.after) for array in (numerator, denominator)
    )
    used, group = days.noise
    phi, df = st.rate_dispersion(numerator[:, used], denominator[:, used], group)
    drift = _drift(numerator, denominator, days, st.rate_log_error((x0, n0), (x1, n1), phi), is_sum=False)
    phi = phi * drift**2
    freedom = np.where(df > 0, df, np.inf)
    p_value = st.two_proportions((x0, n0), (x1, n1), dispersion=phi, df=freedom)
    low, high = st.newcombe((x0, n0), (x1, n1), dispersion=phi, df=freedom)
    before, after = ratio(x0, n0), ratio(x1, n1)
    error = st.rate_log_error((x0, n0), (x1, n1), phi)
    relative = st.relative_change(before, after, error, df=freedom)
    return Change(before, after, low, high, relative.low, relative.high, p_value, n0, n1, phi, freedom)


def compare_ratios(numerator: Floats, denominator: Floats, days: Days) -> Change:
    """Money a buyer and other quotients: Welch's test on the logarithm, linearised daily values.

    Args:
        numerator: shape (segments, days).
        denominator: same shape.
        days: which days are compared.
    """
    sides = [(numerator[:, place], denominator[:, place]) for place in (days.before, days.after)]
    before, after = (ratio(x.sum(1), n.sum(1)) for x, n in sides)
    (error0, df0), (error1, df1) = (st.mean_log_error(x, n) for x, n in sides)
    positive = (before > 0) & (after > 0)
    shift = np.log(np.where(positive, after, 1.0) / np.where(positive, before, 1.0))
    p_value, error, df = st.welch(shift, error0, error1, df0, df1)
    drift = _drift(numerator, denominator, days, error, is_sum=False)
    with np.errstate(invalid="ignore", divide="ignore"):
        p_value = np.where(positive & np.isfinite(p_value), st.two_sided(shift / (error * drift), df), np.nan)
    base_before, base_after = (n.sum(1) for _, n in sides)
    relative = st.relative_change(before, after, error * drift, df=df)
    return Change(
        before, after, before * relative.low, before * relative.high, relative.low, relative.high, p_value,
        base_before, base_after, np.full(before.shape, np.nan), df,
    )  # fmt: skip


def compare(unit: Unit, numerator: Floats, denominator: Floats, days: Days, *, is_sum: bool) -> Change:
    """The comparison that fits the unit of a metric; see the three functions above."""
    if is_sum:
        return compare_sums(numerator, days)
    if unit == "rate":
        return compare_rates(numerator, denominator, days)
    return compare_ratios(numerator, denominator, days)


def _log_change(
    before: Floats, after: Floats, error: Floats, df: Floats, base_before: Floats, base_after: Floats, phi: Floats
) -> Change:
    positive = (before > 0) & (after > 0)
    relative = st.relative_change(before, after, error, df=df)
    with np.errstate(invalid="ignore", divide="ignore"):
        log = np.log(np.where(positive, after, 1.0) / np.where(positive, before, 1.0))
        p_value = np.where(positive, st.two_sided(log / error, df), np.nan)
        # A side without anything has no logarithm; its difference can still be tested.
        one = (before + after > 0) & ~positive & (before >= 0) & (after >= 0)
        plain = st.two_sided((after - before) / np.sqrt(phi * (before + after)), df)
        p_value = np.where(one, plain, p_value)
    return Change(
        before, after, before * relative.low, before * relative.high, relative.low, relative.high, p_value,
        base_before, base_after, phi, df,
    )  # fmt: skip


def _drift(numerator: Floats, denominator: Floats, days: Days, error: Floats, *, is_sum: bool) -> Floats:
    """How many times more neighbouring weeks differ than their days explain, at least 1.

    Days of one week move together (weather, a campaign), which day-to-day noise does not show. The squared log changes
    between neighbouring weeks of the history estimate it; their median (0.4549 is the median of chi-square with one
    degree of freedom) keeps one promotion week from hiding everything. Five steps tell little about one segment, so the
    median over all segments counts, and a segment's own only where it is beyond `OWN_DRIFT`.

    Args:
        numerator: shape (segments, days).
        denominator: same shape.
        days: which days are compared and which are history.
        error: standard error of the log change as the days explain it, shape (segments,).
        is_sum: whether the metric is the numerator alone.
    """
    weeks = [np.flatnonzero(days.history == number) for number in range(days.history.max(initial=-1) + 1)]
    if days.history.max(initial=-1) >= 0 and days.before.min(initial=0) > np.flatnonzero(days.history >= 0).max():
        weeks.append(days.before)
    weeks = [week for week in weeks if len(week) == 7]
    if len(weeks) < 5 or len(days.after) != 7:
        return np.ones(len(numerator))
    sums = np.stack([numerator[:, week].sum(1) for week in weeks], axis=1)
    if not is_sum:
        sums = ratio(sums, np.stack([denominator[:, week].sum(1) for week in weeks], axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        steps = np.diff(np.log(np.where(sums > 0, sums, np.nan)), axis=1)
        enough = np.isfinite(steps).sum(1) >= 4
        usual = np.where(enough[:, None], steps**2, 0.0)
        median = np.nanmedian(usual, axis=1) / 0.4549
        own = median / error**2
    usable = enough & np.isfinite(own)
    pooled = float(np.median(own[usable])) if usable.sum() >= 5 else 1.0
    times = np.where(usable & (own > OWN_DRIFT), own, max(pooled, 1.0))
    return np.sqrt(np.maximum(times, 1.0))
