"""Days out of the ordinary: a figure of one day against the same weekdays of the weeks before it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecops import statistics as st
from ecops.growth.views import events
from ecops.messages import Message, Percent
from ecops.metrics.analysis import Scope, read_scope
from ecops.metrics.panel import aliases_of
from ecops.metrics.registry import Metric, metric
from ecops.periods import ONE_DAY, Period
from ecops.statistics.days import LEAST_DAYS, Span, usual_swing
from ecops.words import written

WATCHED = ("visitors", "pay_conversion", "value_per_buyer", "roi")
"""The four figures of the handbooks that are looked at every day (row 6)."""

WEEKS = 6
MOST_DAYS = 31
"""Days of a period that are judged: the last ones."""


@dataclass(frozen=True, slots=True)
class Unusual:
    """A figure of one day that is not like the weekdays before it.

    Attributes:
        day: which.
        metric: what.
        value: of the day, unit of the metric.
        usual: the same over the same weekdays of the six weeks before.
        p_value: that the day is like them, two-sided, corrected for all days and figures looked at together
            (Benjamini and Hochberg 1995).
        events: what the calendar says of the day.
        currency: of money.
    """

    day: dt.date
    metric: Metric
    value: float
    usual: float
    p_value: float
    events: tuple[str, ...]
    currency: str

    @property
    def relative(self) -> float:
        """Of the value against the usual one."""
        return self.value / self.usual - 1

    @property
    def good(self) -> bool:
        """Whether it is out of the ordinary in the good way."""
        return (self.relative > 0) == (self.metric.direction == "up")

    @property
    def sentence(self) -> Message:
        """The day in words."""
        return Message(
            "{day}: {metric} {value}, usual on this weekday {usual} ({change})",
            day=self.day,
            metric=self.metric.label,
            value=written(self.metric.key, self.value, self.currency),
            usual=written(self.metric.key, self.usual, self.currency),
            change=Percent(self.relative, signed=True),
        )


def unusual_days(data: Any, period: Period, keys: Sequence[str] = WATCHED, alpha: float = 0.05) -> tuple[Unusual, ...]:
    """Which figures of which days are out of the ordinary.

    Each day stands against the same weekdays of the six weeks before it, promotions and holidays of the calendar left
    out of them. How far a single day may stray is learned from all days before it: sampling, dispersion and memory
    from day to day (`ecops.statistics.days`). With fewer than four weeks before a day nothing is said of it.

    Args:
        data: as for `ecops.growth.kpis`.
        period: days that are judged, its last 31 at most.
        keys: of metrics.
        alpha: share of the flags that may be false alarms.

    Returns:
        The flagged ones, the latest day first.
    """
    judged = Period(max(period.start, period.end - (MOST_DAYS - 1) * ONE_DAY), period.end)
    scope = read_scope(data, judged, judged)
    flagged = [
        Unusual(day, entry, value, usual, p_value, events(scope.data, Period(day, day)), scope.currency)
        for entry, day, value, usual, p_value in judge(scope, judged, keys, _loud_days(scope, judged))
        if p_value <= alpha
    ]
    return tuple(sorted(flagged, key=lambda one: (-one.day.toordinal(), one.p_value)))


def judge(
    scope: Scope, judged: Period, keys: Sequence[str], loud: np.ndarray
) -> list[tuple[Metric, dt.date, float, float, float]]:
    """Every figure and day that can be judged: metric, day, value, the usual one, corrected p-value.

    Args:
        scope: of the shop, the weeks before the days included.
        judged: the days.
        keys: of metrics.
        loud: shape (days of the panel,), days that are no example for others.
    """
    tried = [
        (entry, day, *found)
        for entry in map(metric, keys)
        for day, found in _judged(scope, entry, judged, loud)
        if math.isfinite(found[2])
    ]
    if not tried:
        return []
    corrected = st.benjamini_hochberg(np.array([p_value for *_, p_value in tried]))
    return [(*one[:4], float(p_value)) for one, p_value in zip(tried, corrected, strict=True)]


def _loud_days(scope: Scope, judged: Period) -> np.ndarray:
    """Days of the panel on which a promotion or a holiday of the calendar moves the shop."""
    from ecops.engine import load_sql

    days = scope.panel.days
    loud = np.zeros(len(days), dtype=bool)
    if scope.data.has("calendar"):
        rows = scope.data.query(
            load_sql("ecops.growth.queries", "events"), {"start": days[0], "end": judged.end}
        ).to_pylist()
        for row in rows:
            if row["kind"] in {"promotion", "holiday"}:
                loud |= np.array([row["starts_on"] <= day <= row["ends_on"] for day in days])
    return loud


def _judged(
    scope: Scope, entry: Metric, judged: Period, loud: np.ndarray
) -> list[tuple[dt.date, tuple[float, float, float]]]:
    """Day, and its value, the usual one, and the chance of such a difference, for each day that can be judged."""
    parts = scope.panel.parts(entry, aliases_of(scope.basis))
    if parts is None or not entry.computed:
        return []
    top, base = (np.nan_to_num(part[0]) for part in parts)
    days = np.array([day.toordinal() for day in scope.panel.days])
    there = (base > 0 if entry.denominator else top > 0) & (days <= judged.end.toordinal())
    found = []
    for place in np.flatnonzero(there & (days >= judged.start.toordinal())):
        past = there & (days < days[place]) & (days >= days[place] - 7 * WEEKS)
        same = past & ((days - days[place]) % 7 == 0)
        calm = same & ~loud
        like = calm if calm.sum() >= 2 else same
        if past.sum() >= LEAST_DAYS and like.any():
            day = scope.panel.days[place]
            found.append((day, _against(entry, top, base, days, int(place), past, like)))
    return found


def _against(
    entry: Metric, top: np.ndarray, base: np.ndarray, days: np.ndarray, place: int, past: np.ndarray, like: np.ndarray
) -> tuple[float, float, float]:
    used = np.flatnonzero(past | (np.arange(len(days)) == place))
    inside = used == place
    span = Span(
        days[used], inside.astype(np.int64), (days[used] - 1) % 7, like[used].astype(float), inside.astype(float)
    )
    value, exposure = top[None, used], base[None, used]
    now = top[place] / base[place]
    usual = top[like].sum() / base[like].sum()
    rate = float(top[used].sum() / base[used].sum())
    variance = {"rate": 1 - min(rate, 1.0), "count": 1.0}.get(entry.unit, 0.0)
    swing = usual_swing(value, exposure, span, variance=variance)
    error, freedom = float(swing.error[0]), float(swing.df[0])
    if not (now > 0 and usual > 0 and error > 0 and freedom > 0):
        return now, usual, math.nan
    return now, usual, float(st.two_sided(math.log(now / usual) / error, freedom))
