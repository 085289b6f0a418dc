"""Does the shop reach its goal of repeat purchases, and how do its community and its other customers stand to it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ecops.customers.orders.book import OrderBook, day_number
from ecops.customers.retention.members import customer_list, places
from ecops.customers.retention.repeat import Share, share
from ecops.errors import DataError
from ecops.handbook import parameter

YEAR = 365


@dataclass(frozen=True, slots=True)
class Goal:
    """Repeat purchases within twelve months against the goal.

    Attributes:
        rate: share of the customers of the last twelve months with two orders or more in them.
        goal: what is wanted, a share.
        verdict: "reached" or "missed" when the whole interval lies on one side of the goal, else "open".
        missing: customers more with a second order that would reach the goal; 0 when it is reached.
        community, others: the same rate of those in the community and of all others; None without a customer list that
            says it.
        references: what the handbooks quote for orientation, by name; no facts about this shop.
        days: days that the data cover of the twelve months.
    """

    rate: Share
    goal: float
    verdict: Literal["reached", "missed", "open"]
    missing: int
    community: Share | None
    others: Share | None
    references: Mapping[str, float]
    days: int


def repeat_goal(book: OrderBook, data: Any = None, overrides: Mapping[str, float] | None = None) -> Goal:
    """The goal of a book.

    Args:
        book: of `order_book`.
        data: where a customer list may be; None for none.
        overrides: the shop's own numbers of the handbook.
    """
    end = day_number(book.last_day)
    inside = book.day > end - YEAR
    orders = np.bincount(book.customer[inside], minlength=len(book.customers))
    active, again = orders >= 1, orders >= 2
    rate = share(int(again.sum()), int(active.sum()))
    goal = parameter("customer.repeat_goal", overrides)
    verdict: Literal["reached", "missed", "open"] = "open"
    if rate.n:
        verdict = "reached" if rate.low >= goal else "missed" if rate.high < goal else "open"
    inside_community = _community(book, data)
    community = others = None
    if inside_community is not None and inside_community.any():
        community, others = (
            share(int((again & mask).sum()), int((active & mask).sum()))
            for mask in (inside_community, ~inside_community)
        )
    return Goal(
        rate=rate,
        goal=goal,
        verdict=verdict,
        missing=max(int(np.ceil(goal * rate.n)) - rate.count, 0),
        community=community,
        others=others,
        references={
            name: parameter(f"customer.repeat_reference_{name}", overrides) for name in ("crm", "community", "ordinary")
        },
        days=min((book.last_day - book.first_day).days + 1, YEAR),
    )


def _community(book: OrderBook, data: Any) -> np.ndarray | None:
    """(customers,) whether each is in the community; None where no list says it."""
    if data is None:
        return None
    try:
        rows = customer_list(data)
    except DataError:
        return None
    at = places(book, rows["customer_id"])
    told = np.asarray(rows["community"].to_numpy(zero_copy_only=False), dtype=np.float64) > 0
    found = np.zeros(len(book.customers), dtype=bool)
    found[at[(at >= 0) & told]] = True
    return found
