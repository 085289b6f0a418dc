"""Values of a metric before and after with interval and test, for every segment at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecops import statistics as st
from ecops.statistics.days import LEAST_DAYS, Span, usual_swing

_NEAR = 7
"""Days with history at most so far away have its level."""

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
        number: day number, such as `date.toordinal()`, where days are missing between others; shape (days,).
    """

    before: Places
    after: Places
    history: Places
    weekday: Places

    number: Places | None = None

    @property
    def tell(self) -> bool:
        """Whether the days before the period are enough to know how days differ and remember each other."""
        past = (self.history >= 0).sum() + len(np.setdiff1d(self.before, self.after))
        return bool(past >= self.least)

    @property
    def least(self) -> int:
        """How many days before the period are enough: four weeks, and as many as the period has."""
        return max(LEAST_DAYS, len(self.after))

    @property
    def span(self) -> tuple[Places, Span]:
        """Days from which noise is estimated, as places in the day axis, and as a span."""
        number = np.arange(len(self.history)) if self.number is None else self.number
        level = np.where(self.history >= 0, 0, -1)
        past = number[self.history >= 0]
        near = not past.size or (np.abs(number[self.before][:, None] - past) <= _NEAR).any()
        level[self.before] = 0 if near else 1
        level[self.after] = 2
        used = np.flatnonzero(level >= 0)
        before, after = (
            np.bincount(part, minlength=len(level)).astype(np.float64) for part in (self.before, self.after)
        )
        _, code = np.unique(level[used], return_inverse=True)
        return used, Span(number[used], code, self.weekday[used], before[used], after[used])


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
        return np.where(denominator > 0, numerator / denominator, np.nan)


def compare_sums(values: Floats, days: Days) -> Change:
    """A count or an amount of money that adds up over days, with the swing of its days around level and weekday.

    Args:
        values: shape (segments, days); NaN where a day is missing.
        days: which days are compared.
    """
    before, after = (np.nan_to_num(values)[:, place].sum(1) for place in (days.before, days.after))
    used, span = days.span
    found = usual_swing(np.nan_to_num(values[:, used]), np.isfinite(values[:, used]), span)
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = found.error**2 / (1 / before + 1 / after)
    return _log_change(before, after, found.error, np.where(found.df > 0, found.df, np.nan), before, after, phi)


def compare_rates(numerator: Floats, denominator: Floats, days: Days) -> Change:
    """A rate of people: pooled z (t) or Fisher test, Newcombe interval, with the swing of the days.

    Args:
        numerator: shape (segments, days).
        denominator: same shape.
        days: which days are compared.
    """
    x0, n0, x1, n1 = (
        array[:, place].sum(1) for place in (days.before, days.after) for array in (numerator, denominator)
    )
    used, span = days.span
    rate = np.nan_to_num(ratio(numerator[:, used].sum(1), denominator[:, used].sum(1)))
    found = usual_swing(
        numerator[:, used],
        denominator[:, used],
        span,
        variance=1 - np.clip(rate, 0.0, 1.0),
        weekdays=len(used) >= LEAST_DAYS,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        # In parts of what independent people would make: on both sides, at the rate of all days.
        phi = found.error**2 / ((1 - rate) / rate * (1 / n0 + 1 / n1))
    phi = np.where(np.isfinite(phi), np.maximum(phi, 1.0), 1.0)
    freedom = np.where(found.df > 0, found.df, np.inf)
    p_value = st.two_proportions((x0, n0), (x1, n1), dispersion=phi, df=freedom)
    low, high = st.newcombe((x0, n0), (x1, n1), dispersion=phi, df=freedom)
    before, after = ratio(x0, n0), ratio(x1, n1)
    error = st.rate_log_error((x0, n0), (x1, n1), phi)
    relative = st.relative_change(before, after, error, df=freedom)
    return Change(before, after, low, high, relative.low, relative.high, p_value, n0, n1, phi, freedom)


def compare_ratios(numerator: Floats, denominator: Floats, days: Days) -> Change:
    """Money a buyer and other quotients: t test on the logarithm, with the swing of the linearised daily values.

    Args:
        numerator: shape (segments, days).
        denominator: same shape.
        days: which days are compared.
    """
    sides = [(numerator[:, place].sum(1), denominator[:, place].sum(1)) for place in (days.before, days.after)]
    (before, base_before), (after, base_after) = ((ratio(x, n), n) for x, n in sides)
    used, span = days.span
    weekdays = len(used) >= LEAST_DAYS
    found = usual_swing(numerator[:, used], denominator[:, used], span, variance=0.0, weekdays=weekdays)
    df = np.where(found.df > 0, found.df, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        p_value = st.two_sided(np.log(after / before) / found.error, df)
    p_value = np.where((before > 0) & (after > 0), p_value, np.nan)
    relative = st.relative_change(before, after, found.error, df=df)
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
    relative = st.relative_change(before, after, error, df=df)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A side without anything has no logarithm; its difference can still be tested.
        log = np.where(np.minimum(before, after) == 0, 1.0, np.log(after / before))
        p_value = np.where(np.minimum(before, after) >= 0, st.two_sided(log / error, df), np.nan)
    return Change(
        before, after, before * relative.low, before * relative.high, relative.low, relative.high, p_value,
        base_before, base_after, phi, df,
    )  # fmt: skip
