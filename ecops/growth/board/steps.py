"""Figures by day, week, month or quarter, and whether they lead somewhere over three months."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ecops import metrics
from ecops.finding import Advice
from ecops.handbook import advice
from ecops.messages import Message, Percent
from ecops.metrics.analysis import PEOPLE, Scope, read_scope
from ecops.metrics.panel import Coverage, aliases_of, days_of
from ecops.metrics.registry import Metric, metric
from ecops.periods import ONE_DAY, Period

if TYPE_CHECKING:
    import pandas as pd

Step = Literal["day", "week", "month", "quarter"]
CORE = ("gmv", "visitors", "page_views", "pay_conversion", "value_per_buyer", "refund_rate", "roi")
MANY: dict[Step, int] = {"day": 28, "week": 13, "month": 13, "quarter": 6}
"""Steps that are shown: four weeks, a quarter, a year and the month that it is held against, a year and a half."""

TREND_WEEKS = 12
ADVICE = {"visitors": "traffic_low", "pay_conversion": "conversion_low", "value_per_buyer": "value_low"}
TRENDS = tuple(ADVICE)


def first_day(day: dt.date, step: Step) -> dt.date:
    """The day on which the step that holds `day` begins; weeks begin on Monday.

    >>> first_day(dt.date(2026, 11, 18), "quarter")
    datetime.date(2026, 10, 1)
    """
    if step == "day":
        return day
    if step == "week":
        return day - day.weekday() * ONE_DAY
    month = day.month if step == "month" else 3 * ((day.month - 1) // 3) + 1
    return day.replace(month=month, day=1)


def spans(end: dt.date, step: Step, count: int) -> tuple[Period, ...]:
    """The last steps up to a day in their order; the last one ends on that day, finished or not.

    >>> [str(span.start) for span in spans(dt.date(2026, 3, 8), "month", 3)]
    ['2026-01-01', '2026-02-01', '2026-03-01']
    """
    found: list[Period] = []
    last = end
    for _ in range(count):
        start = first_day(last, step)
        found.append(Period(start, last))
        last = start - ONE_DAY
    return tuple(reversed(found))


def by_step(data: Any, end: dt.date, step: Step = "week", keys: tuple[str, ...] = CORE) -> pd.DataFrame:
    """Figures of the last steps up to a day.

    A ratio is the sum of its numerators over the sum of its denominators in the step. Figures of different people are
    left out: they do not add up over days.

    Args:
        data: as for `ecops.growth.kpis`.
        end: last day.
        step: how days are taken together.
        keys: of metrics.

    Returns:
        One row a step, the oldest first, those before the first day of any figure left out: `start`, `end`, `days`
        (with figures), `whole` (whether the step is over and every day of it has figures), then one column a
        metric that can be computed, in its unit; NaN where it has no base.

    Raises:
        SpecError: no such metric.
    """
    import pandas as pd

    steps = spans(end, step, MANY[step])
    whole = Period(steps[0].start, end)
    scope = read_scope(data, whole, whole)
    place = {day: number for number, day in enumerate(scope.panel.days)}
    days = [day for span in steps for day in days_of(span)]
    group = np.repeat(np.arange(len(steps)), [span.days for span in steps])
    at = np.array([place[day] for day in days])

    def added(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, np.nan_to_num(values[0, at]), minlength=len(steps))

    columns: dict[str, Any] = {"start": [span.start for span in steps], "end": [span.end for span in steps]}
    known = _known_days(scope)[at]
    columns["days"] = np.bincount(group, known, minlength=len(steps)).astype(np.int64)
    full = [span.end + ONE_DAY == first_day(span.end + ONE_DAY, step) for span in steps]
    columns["whole"] = [
        bool(over and count == span.days) for over, count, span in zip(full, columns["days"], steps, strict=True)
    ]
    for key in keys:
        parts = _parts(scope, metric(key))
        if parts is not None:
            top, base = (added(part) for part in parts)
            there = base > 0 if metric(key).denominator else columns["days"] > 0
            with np.errstate(invalid="ignore", divide="ignore"):
                columns[key] = np.where(there, top / base if metric(key).denominator else top, np.nan)
    table = pd.DataFrame(columns)
    return table[np.maximum.accumulate(table["days"].to_numpy() > 0)].reset_index(drop=True)


def _parts(scope: Scope, entry: Metric) -> tuple[np.ndarray, np.ndarray] | None:
    aliases = aliases_of(scope.basis)
    if not entry.computed or {aliases.get(name, name) for name in entry.measures} & PEOPLE:
        return None
    return scope.panel.parts(entry, aliases)


def _known_days(scope: Scope) -> np.ndarray:
    """Days of the panel with figures; one on which nothing was sold is such a day where others tell it from a gap."""
    known = set(scope.coverage.period_days)
    return np.array([day in known for day in scope.panel.days], dtype=bool)


@dataclass(frozen=True, slots=True)
class Trend:
    """Where a figure leads over twelve weeks.

    Attributes:
        metric: which.
        weekly: relative change a week; NaN when it is not known.
        low, high: its 95 % interval.
        p_value: that it leads nowhere, two-sided, corrected for the figures asked for together (Holm 1979).
        confirmed: whether it does lead somewhere beyond chance.
    """

    metric: Metric
    weekly: float
    low: float
    high: float
    p_value: float
    confirmed: bool

    @property
    def advice(self) -> Advice | None:
        """What the handbooks advise where it falls for sure (row 14); None otherwise."""
        rule = ADVICE.get(self.metric.key)
        return advice(rule) if rule and self.confirmed and self.weekly < 0 else None

    @property
    def sentence(self) -> Message:
        """The trend in words."""
        values = {
            "metric": self.metric.label,
            "change": Percent(abs(self.weekly), 1),
            "low": Percent(self.low, 1, signed=True),
            "high": Percent(self.high, 1, signed=True),
            "n": TREND_WEEKS,
        }
        if not self.confirmed:
            return Message("{metric}: no trend over {n} weeks beyond chance", metric=self.metric.label, n=TREND_WEEKS)
        if self.weekly < 0:
            return Message("{metric} fell by {change} a week over {n} weeks (95%: {low} to {high})", **values)
        return Message("{metric} rose by {change} a week over {n} weeks (95%: {low} to {high})", **values)


def trends(data: Any, end: dt.date, keys: tuple[str, ...] = TRENDS) -> tuple[Trend, ...]:
    """Whether figures lead somewhere over the last twelve weeks: the later six against the earlier six.

    The two halves lie six weeks apart, so the change between them is six times that of a week. Their test knows how
    much the shop's days differ and remember each other (`ecops.statistics.days`).

    Args:
        data: as for `ecops.growth.kpis`.
        end: last day.
        keys: of metrics.

    Returns:
        One trend a metric that is known on these days.
    """
    half = TREND_WEEKS // 2
    period = Period(end - (7 * half - 1) * ONE_DAY, end)
    found = metrics.kpis(data, period, "previous")
    told = [found[key] for key in keys if _comparable(found[key], found.coverage)]
    order = sorted(told, key=lambda kpi: kpi.p_value)
    least, corrected = 0.0, {}
    for place, kpi in enumerate(order):
        least = max(least, min(1.0, kpi.p_value * (len(order) - place)))
        corrected[kpi.metric.key] = least

    def weekly(change: float, before: float) -> float:
        ratio = 1 + change / before
        return ratio ** (1 / half) - 1 if ratio > 0 else -1.0

    return tuple(
        Trend(
            kpi.metric,
            weekly(kpi.change, kpi.previous),
            weekly(kpi.low, kpi.previous),
            weekly(kpi.high, kpi.previous),
            corrected[kpi.metric.key],
            corrected[kpi.metric.key] <= 0.05,
        )
        for kpi in told
    )


def _comparable(kpi: metrics.Kpi, covered: Coverage) -> bool:
    """Half of the days at least, and an interval."""
    enough = len(covered.period_days) >= 7 * TREND_WEEKS // 4
    return enough and kpi.previous > 0 and all(map(math.isfinite, (kpi.low, kpi.high, kpi.p_value)))
