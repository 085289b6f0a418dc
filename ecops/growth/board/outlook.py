"""What would the next four weeks bring if nothing changed?"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecops import statistics as st
from ecops.growth.views import events
from ecops.messages import DateRange, Message, Money, MoneyRange, Named
from ecops.metrics.analysis import Scope, read_scope
from ecops.metrics.panel import aliases_of, days_of
from ecops.metrics.registry import metric
from ecops.periods import ONE_DAY, Period
from ecops.statistics.changes import Days
from ecops.statistics.days import usual_swing

DAYS = 28


@dataclass(frozen=True, slots=True)
class Outlook:
    """GMV of the next four weeks at the level of the last four.

    Attributes:
        period: the days ahead.
        value: expected GMV, money.
        low, high: its 95 % interval; NaN with less than eight weeks of history, or days too unlike for one.
        events: what the calendar names ahead and behind, which the figure does not know of.
        currency: ISO code.
    """

    period: Period
    value: float
    low: float
    high: float
    events: tuple[Named | str, ...]
    currency: str

    @property
    def sentence(self) -> Message:
        """The outlook in words."""
        values = {"days": DateRange(self.period.start, self.period.end), "value": Money(self.value, self.currency)}
        if not math.isfinite(self.low):
            return Message("{days}: GMV about {value} at today's level; too little history for an interval", **values)
        interval = MoneyRange(self.low, self.high, self.currency)
        return Message("{days}: GMV about {value} at today's level (95%: {interval})", interval=interval, **values)


def outlook(data: Any, end: dt.date) -> Outlook | None:
    """The next four weeks, if they are like the last four.

    Four weeks hold every weekday as often as the next four, so their sum is the expectation. How far the next ones may
    stray from it is how far two such spans beside each other stray by themselves: sampling, dispersion and memory of
    the shop's own days (`ecops.statistics.days`).

    Args:
        data: as for `ecops.growth.kpis`.
        end: last day that is known.

    Returns:
        None when the last four weeks lack figures, or the shop is younger.
    """
    last = Period(end - (DAYS - 1) * ONE_DAY, end)
    scope = read_scope(data, last, "previous")
    found = ahead(scope)
    if found is None:
        return None
    coming = last.shifted(DAYS)
    named = (*events(scope.data, last), *events(scope.data, coming))
    return Outlook(coming, *found, tuple(dict.fromkeys(named)), scope.currency)


def ahead(scope: Scope) -> tuple[float, float, float] | None:
    """Expected GMV and the ends of its interval, from a scope of four weeks against the four before."""
    parts = scope.panel.parts(metric("gmv"), aliases_of(scope.basis))
    if parts is None:
        return None
    values = parts[0]
    now = scope.panel.positions(days_of(scope.period))
    total = float(np.nan_to_num(values[0, now]).sum())
    inside = {day for gap in scope.coverage.gaps for day in gap.days if scope.period.start <= day <= scope.period.end}
    begun = np.flatnonzero(np.nan_to_num(values[0]) != 0)
    if not total > 0 or inside or begun[0] > now[0]:
        return None
    days: Days = scope.days
    if len(days.after) < DAYS or len(days.before) < DAYS:
        return total, math.nan, math.nan
    used, span = days.span
    swing = usual_swing(np.nan_to_num(values[:, used]), np.isfinite(values[:, used]), span)
    error, freedom = float(swing.error[0]), float(swing.df[0])
    if not (error > 0 and freedom > 0):
        return total, math.nan, math.nan
    half = float(st.critical_value(df=freedom)) * error
    with np.errstate(over="ignore"):
        high = total * float(np.exp(half))
    # A single day that brought nearly everything leaves an interval without an end: that is none.
    return (total, total * math.exp(-half), high) if math.isfinite(high) else (total, math.nan, math.nan)
