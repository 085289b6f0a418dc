"""Series for the weekly review: six weeks by day and twelve months, each beside the same weekdays a year before."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.metrics.analysis import read_scope
from ecops.metrics.daily import Data
from ecops.metrics.panel import Panel, aliases_of
from ecops.metrics.registry import metric
from ecops.periods import ONE_DAY, Period

Floats = NDArray[np.float64]
SIX_WEEKS = 42
MONTHS = 12
YEAR = 364
PEAK = 1.5
"""Values of the year before that are so many times as high as the highest of this year are named, not drawn."""


@dataclass(frozen=True, slots=True)
class Line:
    """A metric over time beside the year before.

    Attributes:
        metric: key.
        days: first day of each point.
        this_year, year_before: in the metric's unit, NaN where there are no figures or not for every day of a month.
        partial: points that are not complete yet; they are drawn dotted.
        latest: the metric over the last week (by day) or the last month so far (by month); NaN when a day is missing.
        latest_before: the same a year before.
    """

    metric: str
    days: tuple[dt.date, ...]
    this_year: tuple[float, ...]
    year_before: tuple[float, ...]
    partial: tuple[bool, ...]
    latest: float
    latest_before: float

    @property
    def ceiling(self) -> float:
        """The highest value that is drawn: a peak of the year before must not flatten this year."""
        own = [value for value in self.this_year if math.isfinite(value)]
        return PEAK * max(own) if own and max(own) > 0 else math.inf

    @property
    def peak(self) -> tuple[float, dt.date] | None:
        """The highest value of the year before that is not drawn and its point; None when all are."""
        beyond = [(value, day) for value, day in zip(self.year_before, self.days, strict=True) if value > self.ceiling]
        return max(beyond) if beyond else None


@dataclass(frozen=True, slots=True)
class Lines:
    """Six weeks by day and twelve months of some metrics, key -> line."""

    weeks: dict[str, Line]
    months: dict[str, Line]


def lines(data: Data, week: Period, keys: Sequence[str]) -> Lines:
    """The series of the metrics that can be added up over days.

    Args:
        data: tables.
        week: of the review; the series end with it.
        keys: of metrics; those of different people and those without data are left out.
    """
    first = _month(week.end, -(MONTHS - 1))
    scope = read_scope(data, Period(first, week.end), "last_year")
    panel, aliases = scope.panel, aliases_of(scope.basis)
    found = Lines({}, {})
    for key in keys:
        parts = panel.parts(metric(key), aliases)
        if parts is None:
            continue
        known = _known(panel, [aliases.get(name, name) for name in metric(key).measures])
        if not known.any():
            continue
        figures = _Figures(panel, parts[0][0], parts[1][0], known, bool(metric(key).denominator))
        found.weeks[key] = _weeks(figures, key, week)
        found.months[key] = _months(figures, key, week)
    return found


def _known(panel: Panel, measures: Sequence[str]) -> NDArray[np.bool_]:
    """Days with any figure of the measures."""
    known = np.zeros(len(panel.days), dtype=bool)
    for name in measures:
        known |= (np.nan_to_num(panel.measures[name]) != 0).any(0)
    return known


class _Figures:
    """Sums of one metric over any days.

    Args:
        panel: where the days stand.
        top: numerator by day; below: denominator by day.
        known: days with figures.
        ratio: whether the metric is top / below.
    """

    def __init__(self, panel: Panel, top: Floats, below: Floats, known: NDArray[np.bool_], ratio: bool) -> None:
        self.place = {day: number for number, day in enumerate(panel.days)}
        self.top, self.below, self.known, self.ratio = top, below, known, ratio

    def value(self, days: Sequence[dt.date], *, whole: bool) -> float:
        """The metric over days; NaN without figures, and when `whole`, unless every day has figures."""
        places = [self.place[day] for day in days if day in self.place and self.known[self.place[day]]]
        if not places or (whole and len(places) < len(days)):
            return float("nan")
        top = float(self.top[places].sum())
        if not self.ratio:
            return top
        below = float(self.below[places].sum())
        return top / below if below > 0 else float("nan")


def _weeks(figures: _Figures, key: str, week: Period) -> Line:
    start = week.end - (SIX_WEEKS - 1) * ONE_DAY
    days = tuple(start + number * ONE_DAY for number in range(SIX_WEEKS))
    return Line(
        key,
        days,
        tuple(figures.value([day], whole=True) for day in days),
        tuple(figures.value([day - YEAR * ONE_DAY], whole=True) for day in days),
        (False,) * SIX_WEEKS,
        figures.value(days[-7:], whole=True),
        figures.value([day - YEAR * ONE_DAY for day in days[-7:]], whole=True),
    )


def _months(figures: _Figures, key: str, week: Period) -> Line:
    firsts = [_month(week.end, -back) for back in range(MONTHS - 1, -1, -1)]
    values, before, partial = [], [], []
    for first in firsts:
        last = _month(first, 1) - ONE_DAY
        days = [first + number * ONE_DAY for number in range((min(last, week.end) - first).days + 1)]
        values.append(figures.value(days, whole=False))
        before.append(figures.value([day - YEAR * ONE_DAY for day in days], whole=True))
        there = sum(day in figures.place and bool(figures.known[figures.place[day]]) for day in days)
        partial.append(last > week.end or there < len(days))
    latest = math.nan if there < len(days) else values[-1]
    return Line(key, tuple(firsts), tuple(values), tuple(before), tuple(partial), latest, before[-1])


def _month(day: dt.date, move: int) -> dt.date:
    """First day of the month `move` months from the one of `day`."""
    number = day.year * 12 + day.month - 1 + move
    return dt.date(number // 12, number % 12 + 1, 1)
