"""How many buy again, how soon, and how many stay away."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import OrderBook, day_number
from ecops.handbook import parameter
from ecops.statistics.intervals import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """A share of customers.

    Attributes:
        value: NaN when `n` is 0.
        low, high: 95 % Wilson interval.
        count, n: customers who did, and customers.
    """

    value: float
    low: float
    high: float
    count: int
    n: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """What happens after a first order.

    Attributes:
        repeat: share of all customers with two orders or more.
        second: share with a second order within the window, of all customers.
        second_mature: the same of those whose window is over.
        window_days: days within which a second order earns the handbook's gift.
        second_days: median days from the first to the second order, of those who have one; NaN without any.
        gap_days: median days between two orders in a row of one customer; NaN without any.
        churn: of the customers with an order in the span before the last `churn_days`, the share with none in them.
        churn_days: length of both spans.
    """

    repeat: Share
    second: Share
    second_mature: Share
    window_days: int
    second_days: float
    gap_days: float
    churn: Share
    churn_days: int


def share(count: int, n: int) -> Share:
    """A share with its interval.

    >>> share(8, 10).low.__round__(4)
    0.4902
    """
    ends = wilson(count, n)
    return Share(count / n if n else math.nan, float(ends.low), float(ends.high), count, n)


def repeat(book: OrderBook, churn_days: int = 90, window_days: int | None = None) -> Repeat:
    """Repeat purchases and churn of a book.

    Args:
        book: of `order_book`.
        churn_days: a customer who ordered in the span of this length before the last one and not in the last one
            counts as gone.
        window_days: of the second order; the handbook's 30 when None.
    """
    window = int(parameter("customer.repurchase_window_days")) if window_days is None else window_days
    orders = np.diff(book.start)
    people = len(orders)
    again = orders >= 2
    gap = np.full(people, np.iinfo(np.int32).max, dtype=np.int64)
    gap[again] = book.day[book.start[:-1][again] + 1] - book.first[again]
    soon = gap <= window
    mature = book.first + window <= day_number(book.last_day)
    between = np.diff(book.day)[np.diff(book.customer) == 0]
    gone, before = churned(book, churn_days)
    return Repeat(
        share(int(again.sum()), people),
        share(int(soon.sum()), people),
        share(int((soon & mature).sum()), int(mature.sum())),
        window,
        float(np.median(gap[again])) if again.any() else math.nan,
        float(np.median(between)) if len(between) else math.nan,
        share(int(gone.sum()), int(before.sum())),
        churn_days,
    )


def churned(book: OrderBook, days: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(customers,) who stayed away in the last `days`, and who ordered in as many days before them."""
    end = day_number(book.last_day) + 1
    now, then = np.zeros((2, len(book.customers)), dtype=bool)
    now[book.customer[book.day >= end - days]] = True
    then[book.customer[(book.day < end - days) & (book.day >= end - 2 * days)]] = True
    return then & ~now, then
