"""One figure with its interval and its change, from what was counted day by day."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.engine import load_sql
from ecops.funnel.causes.daily import LEAST_TO_MEASURE, NEAR, Daily, Spread, spreads
from ecops.messages import Count, Message, Term
from ecops.metrics.registry import Metric, metric
from ecops.periods import ONE_DAY, Compare, Period
from ecops.statistics import critical_value, newcombe, two_proportions, two_sided, wilson
from ecops.statistics.days import Span

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

QUERIES = "ecops.funnel.leaks.queries"
HISTORY_DAYS = 42
"""Days before both spans that tell how much the days differ by themselves."""


@cache
def usual() -> Mapping[str, Mapping[str, Any]]:
    """Windows and words, see `usual.toml`."""
    found: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "usual.toml").read_text("utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric that the steps of a funnel do not show.

    Attributes:
        metric: what it is, with formula and owner.
        value: of the period, in the metric's unit; NaN when it cannot be given, then `reason` says why.
        low, high: 95 % interval of `value`; NaN where none can be given. Days differ by more than chance, so they are
            wider than those of independent cases.
        before: of the days compared with; NaN when there are none.
        change_low, change_high: 95 % interval of value - before; NaN likewise.
        p_value: that nothing changed, two-sided, not corrected for other figures; NaN when it cannot be tested.
        n: cases below the line (denominator).
        on: cases above the line (numerator).
        reason: why there is no value; None when there is.
        note: what a reader must know about it, or None.
    """

    metric: Metric
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    before: float = math.nan
    change_low: float = math.nan
    change_high: float = math.nan
    p_value: float = math.nan
    n: float = 0.0
    on: float = 0.0
    reason: Message | None = None
    note: Message | None = None


def spans(period: Period, compare: Compare) -> tuple[Period, dt.date]:
    """The days compared with, and the first day that tells how days differ."""
    before = period.compared(compare)
    return before, min(before.start, period.start) - HISTORY_DAYS * ONE_DAY


def asked(data: Any, question: str, start: dt.date, end: dt.date, **values: Any) -> pd.DataFrame:
    """The answer to a question of this folder."""
    found: pd.DataFrame = data.query(load_sql(QUERIES, question), {"start": start, "end": end, **values}).to_pandas()
    return found


def lacking(key: str, table: Term) -> Figure:
    """A figure whose table has no rows."""
    return Figure(metric(key), reason=Message("Not loaded: {table}.", table=table))


def too_few(cases: float, entry: Metric) -> Message:
    """Why a figure of so few cases is not shown."""
    return Message(
        "Too little data: {n} cases, {needed} are needed.", n=Count(cases), needed=Count(entry.min_denominator)
    )


def empty(key: str) -> Figure:
    """A figure without a case in the period."""
    return Figure(metric(key), reason=Message("No figures for these days."))


def rate_figure(key: str, rows: pd.DataFrame, period: Period, before: Period, note: Message | None = None) -> Figure:
    """A share of cases from daily counts.

    Args:
        key: of the metric, whose `min_denominator` says from which number on it is shown.
        rows: `date`, `on` and `of`, one row a day or several; days outside both spans tell how much days differ.
        period: the days looked at.
        before: the days compared with.
        note: passed on.
    """
    entry = metric(key)
    days = by_day(rows)
    now, then = _inside(days, period), _inside(days, before)
    on, of = float(now["on"].sum()), float(now["of"].sum())
    if not of > 0:
        return Figure(entry, reason=Message("No figures for these days."), note=note)
    if of < entry.min_denominator:
        return Figure(entry, n=of, on=on, reason=too_few(of, entry), note=note)
    spread = day_spread(days, period, before)
    low, high = wilson(on, of, dispersion=spread.phi, df=spread.df)
    on_then, of_then = float(then["on"].sum()), float(then["of"].sum())
    if not of_then > 0:
        return Figure(entry, on / of, float(low), float(high), n=of, on=on, note=note)
    change = newcombe((on_then, of_then), (on, of), dispersion=spread.phi, df=spread.df)
    p_value = two_proportions((on_then, of_then), (on, of), dispersion=spread.phi, df=spread.df)
    return Figure(
        entry, on / of, float(low), float(high), on_then / of_then, float(change.low), float(change.high),
        float(p_value), of, on, note=note,
    )  # fmt: skip


def ratio_figure(key: str, rows: pd.DataFrame, period: Period, before: Period, note: Message | None = None) -> Figure:
    """A mean a case from daily sums; a day is one draw, so the interval needs only the days (Cochran 1977, 6.4).

    Args:
        key: of the metric.
        rows: `date`, `on` (the sum) and `of` (the cases).
        period: the days looked at.
        before: the days compared with.
        note: passed on.
    """
    entry = metric(key)
    days = by_day(rows)
    value, error, freedom = mean_of_days(_inside(days, period))
    old, old_error, old_freedom = mean_of_days(_inside(days, before))
    of, on = (float(_inside(days, period)[name].sum()) for name in ("of", "on"))
    if not of > 0:
        return Figure(entry, reason=Message("No figures for these days."), note=note)
    if of < entry.min_denominator:
        return Figure(entry, n=of, on=on, reason=too_few(of, entry), note=note)
    half = float(critical_value(df=freedom)) * error if freedom > 0 else math.nan
    both, least = math.hypot(error, old_error), min(freedom, old_freedom)
    wide, p_value = math.nan, math.nan
    if least > 0 and both > 0:
        wide = float(critical_value(df=least)) * both
        p_value = float(two_sided((value - old) / both, least))
    low, high = max(value - half, 0.0), value + half
    return Figure(
        entry, value, low, high, old, value - old - wide, value - old + wide, p_value, of, on, note=note
    )  # fmt: skip


def by_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums of `on` and `of` by day, in the order of the days; days without a case are left out.

    Args:
        rows: `date`, `on` and `of`; a row that lacks one of them is left out.
    """
    days, on, of = (rows[name].to_numpy() for name in ("date", "on", "of"))
    above, below = on.astype(np.float64), of.astype(np.float64)
    known = np.isfinite(above) & np.isfinite(below)
    distinct, place = np.unique(days[known].astype("datetime64[D]"), return_inverse=True)
    sums = (np.bincount(place, side[known], len(distinct)).astype(np.float64) for side in (above, below))
    return used_days(distinct, *sums)


def used_days(days: NDArray[np.datetime64], on: NDArray[np.float64], of: NDArray[np.float64]) -> pd.DataFrame:
    """`date`, `on` and `of` of the days that have a case."""
    import pandas as pd

    used = of > 0
    return pd.DataFrame({"date": days[used].astype(object), "on": on[used], "of": of[used]})


def _inside(days: pd.DataFrame, span: Period) -> pd.DataFrame:
    found: pd.DataFrame = days[(days["date"] >= span.start) & (days["date"] <= span.end)]
    return found


def mean_of_days(days: pd.DataFrame) -> tuple[float, float, float]:
    """Sum over sum, its standard error with a day as one draw, and the degrees of freedom (0 where there is none)."""
    on, of = days["on"].to_numpy(float), days["of"].to_numpy(float)
    total, count = of.sum(), len(days)
    if not total > 0:
        return math.nan, math.nan, 0.0
    value = float(on.sum() / total)
    if count < LEAST_TO_MEASURE:
        return value, math.nan, 0.0
    error = float(np.sqrt(((on - value * of) ** 2).sum() * count / (count - 1)) / total)
    return value, error, float(count - 1)


def day_spread(days: pd.DataFrame, period: Period, before: Period | None) -> Spread:
    """How much the share swings from day to day beyond chance; an assumed figure where there are too few days."""
    from ecops.funnel.causes.diagnosis import usual_dispersion

    number = np.array([day.toordinal() for day in days["date"]], dtype=np.int64)

    def inside(span: Period | None) -> NDArray[np.float64]:
        if span is None:
            return np.zeros(len(number))
        return ((number >= span.start.toordinal()) & (number <= span.end.toordinal())).astype(np.float64)

    now, then = inside(period), inside(before)
    if now.sum() < LEAST_TO_MEASURE or (then.any() and then.sum() < LEAST_TO_MEASURE):
        return Spread(usual_dispersion(), math.inf)
    level = np.where(now > 0, 1, 0)
    past = number[(now == 0) & (then == 0)]
    if then.any() and len(past) and np.abs(number[then > 0][:, None] - past[None, :]).min() > NEAR:
        level = np.where(then > 0, 2, level)
    if not then.any():
        level = np.zeros_like(level)
    _, level = np.unique(level, return_inverse=True)
    on, of = (days[name].to_numpy(float)[:, None] for name in ("on", "of"))
    daily = Daily(np.minimum(on, of), of, Span(number, level, (number - 1) % 7, then, now))
    return spreads([np.array([True])], daily)[0]
