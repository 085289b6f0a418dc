"""What the models know of a customer: repeat days, when the last one was, for how long she has been one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import Codes, Floats, OrderBook, day_number, sums

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class History:
    """The buying history of every customer up to a day.

    Orders of one day count once. Times are in days.

    Attributes:
        customer: (n,) index into `OrderBook.customers`, rising.
        repeats: (n,) days with an order after the first such day.
        last: (n,) days from the first to the last order; 0 without a repeat.
        age: (n,) days from the first order to `end`.
        spend: (n,) mean net money of a repeat day; NaN without a repeat.
        end: last day that is known.
    """

    customer: Codes
    repeats: Counts
    last: Counts
    age: Counts
    spend: Floats
    end: dt.date

    def __len__(self) -> int:
        return len(self.customer)


def history(book: OrderBook, end: dt.date | None = None) -> History:
    """The histories of all who bought up to `end` (the last day of the data when None)."""
    last = end or book.last_day
    known = book.day <= day_number(last)
    day, who, amount = book.day[known], book.customer[known], book.amount[known]
    fresh = np.ones(len(day), dtype=bool)
    fresh[1:] = (np.diff(day) != 0) | (np.diff(who) != 0)
    many = len(book.customers)
    days = np.bincount(who[fresh], minlength=many)
    customer = np.flatnonzero(days)
    repeats = days[customer] - 1
    first = book.first[customer].astype(np.int64)
    orders = np.bincount(who, minlength=many)[customer]
    final = day[np.cumsum(orders) - 1]
    later = day > np.repeat(first, orders)
    money = sums(who[later], amount[later], many)[customer]
    with np.errstate(invalid="ignore", divide="ignore"):
        spend = np.where(repeats > 0, money / repeats, np.nan)
    return History(customer, repeats, final - first, day_number(last) - first, spend, last)


def compressed(past: History) -> tuple[History, Counts, Counts]:
    """One row for all customers with equal histories, without spend.

    Returns:
        The unique rows, the number of customers of each, and the row of each customer.
    """
    key = (past.repeats << 40) | (past.last << 20) | past.age
    unique, inverse, weight = np.unique(key, return_inverse=True, return_counts=True)
    low = (1 << 20) - 1
    rows = History(
        np.arange(len(unique)),
        unique >> 40,
        (unique >> 20) & low,
        unique & low,
        np.full(len(unique), np.nan),
        past.end,
    )
    return rows, weight, inverse
