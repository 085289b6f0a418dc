"""Who buys: customers come back at their own pace and at some point leave for good, as repeat models assume."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sample_data.shop import DAYS, date_of, day

PACE_SHAPE, PACE_MEAN = 0.55, 0.0024
"""Orders a day of a new customer: gamma with this shape and mean."""
LEAVE = (1.4, 2.8)
"""After each order a customer leaves with a probability drawn from this beta distribution."""
FOUNDING = {"taobao": 900, "douyin": 350, "jd": 350, "shopify": 250}
"""Customers from before the first day."""

LAPSED_SIZE, LAPSED_PACE = 48, 0.026
LAPSED_FROM, LAPSED_UNTIL = dt.date(2025, 6, 1), dt.date(2026, 6, 14)
LAPSED_PLATFORM = "taobao"


@dataclass(slots=True)
class Book:
    """The customers of one platform: arrays that grow, one entry a customer."""

    pace: list[float] = field(default_factory=list)
    leave: list[float] = field(default_factory=list)
    alive: list[bool] = field(default_factory=list)

    def add(self, random: np.random.Generator, count: int, scale: float = 1.0) -> NDArray[np.int64]:
        """Adds `count` customers and returns their numbers."""
        first = len(self.pace)
        pace = random.gamma(PACE_SHAPE, PACE_MEAN / PACE_SHAPE * scale, count)
        self.pace += np.round(pace, 9).tolist()
        self.leave += np.round(random.beta(*LEAVE, count), 9).tolist()
        self.alive += [True] * count
        return np.arange(first, first + count)


def assign(
    random: np.random.Generator, platform: str, paid: NDArray[np.int64], placed: NDArray[np.int64]
) -> dict[str, object]:
    """Buyer numbers for the orders of one platform.

    Args:
        random: source of randomness.
        platform: whose customers.
        paid: paid orders a day, shape (DAYS,).
        placed: orders a day, paid or not, at least `paid`.

    Returns:
        "paid" and "unpaid": one array of buyer numbers a day, no buyer twice in a day; "lapsed": numbers of the
        planted customers who stop; "size": how many customers there are.
    """
    book = Book()
    book.add(random, FOUNDING[platform], scale=2.0)
    lapsed = np.array([], dtype=np.int64)
    if platform == LAPSED_PLATFORM:
        lapsed = book.add(random, LAPSED_SIZE)
        for number in lapsed:
            book.pace[number], book.leave[number] = 0.0, 0.0
    paid_by_day, unpaid_by_day = [], []
    for index in range(DAYS):
        if len(lapsed) and date_of(index) in (LAPSED_FROM, LAPSED_UNTIL + dt.timedelta(days=1)):
            for number in lapsed:
                book.pace[number] = LAPSED_PACE if date_of(index) == LAPSED_FROM else 0.0
        weights = np.array(book.pace) * np.array(book.alive)
        wanted = int(random.poisson(round(float(weights.sum()), 6)))
        returning = min(wanted, int(0.6 * paid[index]), int((weights > 0).sum()))
        known = random.choice(len(weights), returning, replace=False, p=weights / weights.sum())
        leaving = random.random(returning) < np.array(book.leave)[known]
        for number in known[leaving]:
            book.alive[number] = False
        fresh = book.add(random, int(paid[index]) - returning)
        paid_by_day.append(random.permutation(np.concatenate([known, fresh])))
        # People who order and do not pay: a third are customers, the others never become one.
        missed = int(placed[index] - paid[index])
        others = np.setdiff1d(random.choice(len(weights), missed // 3, replace=False), known)
        strangers = book.add(random, missed - len(others), scale=0.0)
        unpaid_by_day.append(random.permutation(np.concatenate([others, strangers])))
    return {"paid": paid_by_day, "unpaid": unpaid_by_day, "lapsed": lapsed, "size": len(book.pace)}


def lapsed_days() -> tuple[int, int]:
    """Positions of the first and the last day on which the planted customers buy."""
    return day(LAPSED_FROM), day(LAPSED_UNTIL)
