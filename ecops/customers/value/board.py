"""Figures of customers for the board of the whole shop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ecops.customers.orders.book import kept_book
from ecops.customers.programme.loyalty import survey
from ecops.customers.retention.repeat import Share, repeat
from ecops.customers.value.acquisition import worth_of_months
from ecops.metrics import kpis
from ecops.metrics.measured import Measured
from ecops.periods import Period
from ecops.statistics import critical_value

LTV_MONTHS = 6
LEAST = 30
"""Customers that a mean with an interval needs."""


def measured(data: Any, period: Period) -> Mapping[str, Measured]:
    """Customers so far, repeat purchase, retention, churn, lifetime value and its ratio to cost, net promoter score.

    Lifetime value is the net money of the first six months of a customer who has lived through them.

    Raises:
        EcopsError: there are no orders that name their buyer.
    """
    book = kept_book(data, period.end)
    again = repeat(book)
    found = {
        "repeat_rate": _share(again.repeat),
        "retention_rate": _share(again.second_mature),
        "churn_rate": _share(again.churn),
    }
    found["customer_base"] = Measured(float(len(book.customers)))
    worth = worth_of_months(book, LTV_MONTHS)
    if len(worth) >= LEAST:
        half = float(critical_value()) * float(worth.std(ddof=1)) / math.sqrt(len(worth))
        value = float(worth.mean())
        found["ltv"] = Measured(value, value - half, value + half, len(worth))
        cost = kpis(data, period)["cac"].value
        if cost > 0:
            # What a customer cost has an error of its own, which the reports do not tell: no interval.
            found["ltv_cac"] = Measured(value / cost, n=len(worth))
    if data.has("surveys"):
        asked = survey(data)
        # From -100 to 100, as everybody quotes it and as its reference value stands in the handbook.
        found["nps"] = Measured(100 * asked.nps, 100 * asked.low, 100 * asked.high, asked.n)
    return found


def _share(one: Share) -> Measured:
    return Measured(one.value, one.low, one.high, one.n)
