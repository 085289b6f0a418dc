"""What a customer won through each channel has brought, what she cost, and when she had paid for herself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import OrderBook, as_date, day_number
from ecops.customers.retention.members import customer_list, places
from ecops.customers.value.forecast import MONTH_DAYS
from ecops.errors import DataError, SpecError
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

_LEAST = 30


def ltv_cac(book: OrderBook, data: Any, *, months: int = 6, margin: float = 0.35) -> pd.DataFrame:
    """Lifetime value against cost of acquisition, by the channel of the first order; else that of the customer list.

    Only customers whose first order lies so many months back or more, so that each has lived through the whole span.
    What they cost is what was spent on the channel in the days of their first orders.

    Args:
        book: of `order_book`.
        data: the same data; channels of the orders, and ad spending where there is any.
        months: length of the span.
        margin: gross margin, for the month in which the cost is earned back.

    Returns:
        One row a channel, the most customers first: channel, customers, ltv (net money a customer in the span), low
        and high (95 %), spent (on the channel), cac (of it a customer), ratio (ltv / cac), payback (month by which
        margin times money covers the cost; NaN when it does not). Spent, cac, ratio and payback are NaN where no
        spending of the channel is known.

    Raises:
        DataError: nobody has lived through the span.
        SpecError: months or margin that make no sense.
    """
    import pandas as pd

    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    if not 1 <= months <= 36 or not 0 < margin <= 1:
        raise SpecError(
            Message("The span has 1 to 36 months and the margin is a share."), Message("Six months are usual.")
        )
    ready = opened(data)
    last, old = _lived_through(book, months)
    if not old.any():
        raise DataError(
            Message("No customer has lived through {n} months yet.", n=months),
            Message("Choose a shorter span, or load older orders."),
        )
    after = dt.datetime.combine(book.last_day + dt.timedelta(days=1), dt.time())
    came = ready.query(load_sql("ecops.customers.queries", "first_channel"), {"after": after})
    at = places(book, came["buyer_id"])
    channel = _listed(book, ready)
    name = came["channel"].fill_null("").to_numpy()
    told = (at >= 0) & (name != "")
    channel[at[told]] = name[told]
    costs: dict[str, float] = {}
    if ready.has("ad_spend_daily"):
        days = {"start": book.first_day, "end": as_date(last)}
        spent = ready.query(load_sql("ecops.customers.queries", "channel_costs"), days).to_pydict()
        costs = dict(zip(spent["channel"], spent["cost"], strict=True))
    worth = _by_month(book, months)
    rows = [
        {"channel": name, **_row(worth[old & (channel == name)], costs.get(name), margin)}
        for name in sorted(set(channel[old]))
    ]
    return pd.DataFrame(rows).sort_values(["customers", "channel"], ascending=[False, True], ignore_index=True)


def _listed(book: OrderBook, ready: Any) -> NDArray[np.object_]:
    """The channel that the customer list names for each customer; "" where it names none, or there is no list."""
    found = np.full(len(book.customers), "", dtype=object)
    if ready.has("customers"):
        rows = customer_list(ready)
        at = places(book, rows["customer_id"])
        found[at[at >= 0]] = rows["channel"].fill_null("").to_numpy()[at >= 0]
    return found


def worth_of_months(book: OrderBook, months: int) -> NDArray[np.float64]:
    """Net money of the first months of every customer who has lived through them; shape (those customers,)."""
    found: NDArray[np.float64] = _by_month(book, months)[_lived_through(book, months)[1]].sum(1)
    return found


def _lived_through(book: OrderBook, months: int) -> tuple[int, NDArray[np.bool_]]:
    """The last day of a first order that lies so many months back, and who has one by then."""
    last = day_number(book.last_day) - round(months * MONTH_DAYS)
    return last, book.first <= last


def _by_month(book: OrderBook, months: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(customers, months) net money in each month after the first order."""
    age = ((book.day - np.repeat(book.first, np.diff(book.start))) / MONTH_DAYS).astype(np.int64)
    inside = age < months
    cell = book.customer[inside] * months + age[inside]
    found = np.bincount(cell, weights=book.amount[inside], minlength=len(book.customers) * months)
    return found.reshape(-1, months).astype(np.float64)


def _row(worth: np.ndarray[Any, np.dtype[np.float64]], cost: float | None, margin: float) -> dict[str, float]:
    total = worth.sum(1)
    many = len(total)
    half = 1.96 * total.std(ddof=1) / np.sqrt(many) if many >= _LEAST else np.nan
    cac = cost / many if cost else np.nan
    earned = np.cumsum(worth.mean(0)) * margin
    paid = np.flatnonzero(earned >= cac)  # never where the cost is not known
    return {
        "customers": many,
        "ltv": float(total.mean()),
        "low": float(total.mean() - half),
        "high": float(total.mean() + half),
        "spent": cost if cost else np.nan,
        "cac": cac,
        "ratio": float(total.mean() / cac),
        "payback": float(paid[0] + 1) if len(paid) else np.nan,
    }
