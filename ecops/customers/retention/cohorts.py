"""Cohorts: of those who bought first in a month, how many came back in the months after?

A cell says what it is: observed, partial (its period is not over), future (has not happened; NaN, never 0), or
left-censored (the first cohorts hold old customers whose first order lies before the data).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import Floats, OrderBook, as_date, day_number, sums
from ecops.errors import SpecError, unknown_name
from ecops.messages import Message
from ecops.statistics.intervals import wilson

Period = Literal["month", "rolling"]
"""month: calendar months. rolling: spans of 30 days from each customer's own first order."""

Metric = Literal["customers", "orders", "revenue"]

OBSERVED, PARTIAL, FUTURE, LEFT_CENSORED = range(4)
STATES = ("observed", "partial", "future", "left_censored")
ROLLING_DAYS = 30


@dataclass(frozen=True, eq=False)
class Cohorts:
    """A cohort table.

    Attributes:
        first: (cohorts,) first day of the month in which each cohort bought first.
        size: (cohorts,) customers.
        values: (cohorts, ages) customers who ordered, orders, or net money (in `currency`), at each age in periods;
            0 is the period of the first order. NaN for the future.
        state: (cohorts, ages) index into `STATES`.
        metric, period: what is counted, and how time is cut.
        currency: ISO code.
    """

    first: tuple[dt.date, ...]
    size: NDArray[np.int64]
    values: Floats
    state: NDArray[np.int8]
    metric: Metric
    period: Period
    currency: str

    @property
    def rate(self) -> Floats:
        """(cohorts, ages) `values` for each customer of the cohort: a share, or orders or money a head."""
        found: Floats = self.values / self.size[:, None]
        return found

    @property
    def low(self) -> Floats:
        """Lower ends of the 95 % Wilson interval of `rate`; NaN for orders and money and for the future."""
        return self._interval(0)

    @property
    def high(self) -> Floats:
        """Upper ends; see `low`."""
        return self._interval(1)

    def _interval(self, end: int) -> Floats:
        if self.metric != "customers":
            return np.full(self.values.shape, np.nan)
        known = np.isfinite(self.values)
        ends = wilson(np.where(known, self.values, 0.0), np.broadcast_to(self.size[:, None], self.values.shape))[end]
        found: Floats = np.where(known, ends, np.nan)
        return found

    @property
    def mature(self) -> Floats:
        """(ages,) mean of `rate` over cohorts whose cell is observed, weighted by size; NaN where there is none."""
        seen = self.state == OBSERVED
        people = (self.size[:, None] * seen).sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = np.where(seen, self.values, 0.0).sum(0) / people
        return np.where(people > 0, found, np.nan)


def cohorts(
    book: OrderBook,
    *,
    period: Period = "month",
    metric: Metric = "customers",
    cumulative: bool = False,
    censored: int = 1,
) -> Cohorts:
    """The cohort table of a book.

    Args:
        book: of `order_book`.
        period: see `Period`. Cohorts are calendar months of the first order either way.
        metric: what is counted.
        cumulative: add up over ages; customers then are those who came back at least once since the first period.
        censored: number of first months whose "new" customers may be old ones; 0 where the data reaches back to the
            opening of the shop.

    Raises:
        SpecError: no such period or metric, or a negative number of months.
    """
    for kind, chosen, known in (
        (Message("The period"), period, get_args(Period)),
        (Message("The metric"), metric, get_args(Metric)),
    ):
        if chosen not in known:
            raise unknown_name(kind, chosen, known)
    if censored < 0:
        raise SpecError(Message("The number of left-censored months is not negative."))
    months = _months(book.day)
    opening = _month(day_number(book.first_day))
    cohort = _months(book.first) - opening
    last = day_number(book.last_day)
    many = _month(last) - opening + 1
    if period == "month":
        age = months - np.repeat(cohort + opening, np.diff(book.start))
        ages = many
    else:
        age = (book.day - np.repeat(book.first, np.diff(book.start))) // ROLLING_DAYS
        ages = (last - day_number(book.first_day)) // ROLLING_DAYS + 1
    values = _counted(book, cohort, age, (many, ages), metric, cumulative)
    state = _states(book, cohort, (many, ages), period)
    state[:censored][state[:censored] == OBSERVED] = LEFT_CENSORED
    values[state == FUTURE] = np.nan
    size = np.bincount(cohort, minlength=many)
    there = size > 0
    return Cohorts(
        tuple(_month_day(opening + int(place)) for place in np.flatnonzero(there)),
        size[there],
        values[there],
        state[there],
        metric,
        period,
        book.currency,
    )


def _counted(
    book: OrderBook,
    cohort: NDArray[np.int32],
    age: NDArray[np.int32],
    shape: tuple[int, int],
    metric: Metric,
    cumulative: bool,
) -> Floats:
    many, ages = shape
    cell = np.repeat(cohort, np.diff(book.start)) * ages + age
    if metric == "customers":
        fresh = np.ones(len(age), dtype=bool)
        fresh[1:] = age[1:] != age[:-1]
        fresh[book.start[:-1]] = True
        if cumulative:
            # The first age at which each customer came back.
            back = age > 0
            first = back & np.concatenate([[True], (~back[:-1]) | (np.diff(book.customer) != 0)])
            fresh = first | (age == 0) & fresh
        counted = np.bincount(cell[fresh], minlength=many * ages).astype(np.float64)
    elif metric == "orders":
        counted = np.bincount(cell, minlength=many * ages).astype(np.float64)
    else:
        counted = sums(cell, book.amount, many * ages)
    values = counted.reshape(many, ages)
    if cumulative:
        skip = 1 if metric == "customers" else 0
        values[:, skip:] = np.cumsum(values[:, skip:], axis=1)
    return values


def _states(book: OrderBook, cohort: NDArray[np.int32], shape: tuple[int, int], period: Period) -> NDArray[np.int8]:
    many, ages = shape
    end = day_number(book.last_day) + 1  # the first day nobody knows
    age = np.arange(ages)
    if period == "month":
        opening = _month(day_number(book.first_day))
        begins = np.array([day_number(_month_day(opening + place)) for place in range(many + ages + 1)])
        start = begins[np.arange(many)[:, None] + age]
        done = begins[np.arange(many)[:, None] + age + 1]
    else:
        # A cell is whole once the youngest of the cohort has lived through it, begun once the oldest has entered it.
        oldest = np.full(many, end, dtype=np.int64)
        youngest = np.zeros(many, dtype=np.int64)
        np.minimum.at(oldest, cohort, book.first)
        np.maximum.at(youngest, cohort, book.first)
        start = oldest[:, None] + ROLLING_DAYS * age
        done = youngest[:, None] + ROLLING_DAYS * (age + 1)
    return np.where(start >= end, FUTURE, np.where(done > end, PARTIAL, OBSERVED)).astype(np.int8)


def _months(days: NDArray[np.int32]) -> NDArray[np.int32]:
    """Months since 1970 of days since 1970, by a table: every day of the data once."""
    low, high = int(days.min()), int(days.max())
    table = np.arange(low, high + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
    found: NDArray[np.int32] = table[days - low]
    return found


def _month(day: int) -> int:
    date = as_date(day)
    return (date.year - 1970) * 12 + date.month - 1


def _month_day(month: int) -> dt.date:
    return dt.date(1970 + month // 12, month % 12 + 1, 1)
