"""Spans of days and what they are compared with.

>>> week = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
>>> week.compared("previous")
Period(start=datetime.date(2026, 11, 2), end=datetime.date(2026, 11, 8))
>>> week.compared("last_year").start.strftime("%a %Y-%m-%d")
'Mon 2025-11-10'
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args

from ecops.errors import SpecError, unknown_name
from ecops.messages import DateRange, Message

Compare = Literal["previous", "last_week", "last_year"]
"""previous (环比): the span of equal length just before. last_week (上周同期): 7 days, or whole weeks, earlier.
last_year (去年同期): 364 days earlier, so that weekdays stand against the same weekdays."""

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from `start` to `end`, both included, in the shop's own time zone."""

    start: dt.date
    end: dt.date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise SpecError(
                Message("The period ends ({end}) before it starts ({start}).", start=self.start, end=self.end),
                Message("Swap the two dates."),
            )

    @property
    def days(self) -> int:
        """Number of days, at least 1."""
        return (self.end - self.start).days + 1

    def shifted(self, days: int) -> Period:
        """The same span `days` later (earlier when negative)."""
        return Period(self.start + days * ONE_DAY, self.end + days * ONE_DAY)

    def compared(self, how: Compare) -> Period:
        """The span this one is compared with, see `Compare`."""
        if how not in get_args(Compare):
            raise unknown_name(Message("The comparison"), how, get_args(Compare))
        if how == "last_year":
            return self.shifted(-364)
        if how == "last_week":
            return self.shifted(-7 * -(-self.days // 7))
        return self.shifted(-self.days)

    @property
    def range(self) -> DateRange:
        """The span as a value for a `Message`."""
        return DateRange(self.start, self.end)


_YEARS = range(1900, 2201)
"""Of periods: what lies beyond is a slip, and there would be no days before or after it to look at."""


def parse_period(text: str) -> Period:
    """A period from "2026-11-09..2026-11-15" or from one date.

    >>> parse_period("2026-11-09..2026-11-15").days
    7
    """
    start, _, end = text.partition("..")
    try:
        days = [dt.date.fromisoformat(part.strip()) for part in (start, end or start)]
    except ValueError:
        days = []
    if not days or any(day.year not in _YEARS for day in days):
        raise SpecError(Message("{text} is not a period.", text=text), Message("Write it as 2026-11-09..2026-11-15."))
    return Period(*days)


def last_full_week(last_day: dt.date) -> Period:
    """The last Monday to Sunday that ended on or before `last_day`."""
    sunday = last_day - ((last_day.weekday() + 1) % 7) * ONE_DAY
    return Period(sunday - 6 * ONE_DAY, sunday)
