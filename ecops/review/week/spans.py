"""What the days of a review are called: a week, a month, or days."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from ecops.errors import SpecError
from ecops.messages import Message, Term
from ecops.periods import ONE_DAY, Period


@dataclass(frozen=True, slots=True)
class Span:
    """Names for the days looked at and those beside them.

    Attributes:
        title: of the review.
        now, before, year_before: inside a sentence.
        now_heading, before_heading, year_heading: above a column.
    """

    title: Term
    now: Term
    before: Term
    year_before: Term
    now_heading: Term
    before_heading: Term
    year_heading: Term


_WEEK = Span(
    Term(en="Weekly review", zh="周会"),
    Term(en="this week", zh="本周"),
    Term(en="the week before", zh="上一周"),
    Term(en="the same week a year before", zh="去年同期"),
    Term(en="This week", zh="本周"),
    Term(en="Week before", zh="上周"),
    Term(en="Same week a year before", zh="去年同期"),
)
_MONTH = Span(
    Term(en="Monthly report", zh="月报"),
    Term(en="in the month", zh="本月"),
    Term(en="as many days before", zh="之前同样天数"),
    Term(en="the same days a year before", zh="去年同期"),
    Term(en="The month", zh="本月"),
    Term(en="As many days before", zh="之前同样天数"),
    Term(en="Same days a year before", zh="去年同期"),
)
_DAYS = Span(
    Term(en="Review", zh="复盘"),
    Term(en="in these days", zh="本期"),
    Term(en="as many days before", zh="之前同样天数"),
    Term(en="the same days a year before", zh="去年同期"),
    Term(en="These days", zh="本期"),
    Term(en="As many days before", zh="之前同样天数"),
    Term(en="Same days a year before", zh="去年同期"),
)


def is_month(period: Period) -> bool:
    """Whether a period is a calendar month.

    >>> is_month(Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31)))
    True
    """
    return period.start.day == 1 and period == month_of(period.start)


def month_of(day: dt.date) -> Period:
    """The calendar month that holds a day."""
    return Period(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]))


def last_full_month(last_day: dt.date) -> Period:
    """The last calendar month that ended on or before `last_day`."""
    month = month_of(last_day)
    return month if month.end <= last_day else month_of(month.start - ONE_DAY)


def called(period: Period) -> Span:
    """What the days of a review are called."""
    return _WEEK if period.days == 7 else _MONTH if is_month(period) else _DAYS


def reviewable(period: Period) -> Period:
    """`period`, when a review can be made of it: whole weeks, or a calendar month.

    Raises:
        SpecError: it is neither.
    """
    if period.days % 7 and not is_month(period):
        raise SpecError(
            Message("The review looks at whole weeks or a month, and {period} is neither.", period=period.range),
            Message("Give seven days such as 2026-11-09..2026-11-15, or a month such as 2026-10-01..2026-10-31."),
        )
    return period
