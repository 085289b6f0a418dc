"""Do members come back more than others, once both bought alike before?

Who joins is a good customer already: the raw gap mixes that with what the programme does. So members are compared with
others of the same history (orders, recency and money before the span), and even this is no experiment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import OrderBook, day_number, sums
from ecops.customers.retention.repeat import Share, share
from ecops.errors import DataError, unknown_name
from ecops.messages import Message
from ecops.statistics.intervals import critical_value, newcombe

By = Literal["level", "community"]
"""level: has a member level. community: is in the shop's community."""

_ORDERS = (2, 3, 5, 10)
_RECENCY = (30, 90, 180, 365)

WARNING = Message(
    "Who joins is often a better customer already; the matched gap allows for what they bought before, not for why "
    "they joined."
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Members against others.

    Attributes:
        by: see `By`. days: span in which orders count.
        members, others: share of each who ordered in the span, of those with an order before it.
        raw, raw_low, raw_high: difference of the shares with its 95 % interval (Newcombe).
        matched, low, high: difference among customers with equal histories, weighted by the members (normal interval);
            NaN when no history has both.
        covered: share of the members whose history others have too.
        warning: what the comparison cannot say.
    """

    by: str
    days: int
    members: Share
    others: Share
    raw: float
    raw_low: float
    raw_high: float
    matched: float
    low: float
    high: float
    covered: float
    warning: Message = WARNING


def customer_list(data: Any) -> Any:
    """The rows of the customer list, as an Arrow table; see `customer_list.sql`.

    Raises:
        DataError: there is none.
    """
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    ready = opened(data)
    if not ready.has("customers"):
        raise DataError(
            Message("There is no customer list."), Message("Load a list with the member level or the community.")
        )
    return ready.query(load_sql("ecops.customers.queries", "customer_list"))


def places(book: OrderBook, ids: Any) -> NDArray[np.int64]:
    """(n,) index into the book of each id, -1 for those who never bought."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.index_in(ids.combine_chunks().cast(pa.string()), value_set=book.customers.cast(pa.string()))
    return np.asarray(found.fill_null(-1).to_numpy(), dtype=np.int64)


def members(book: OrderBook, data: Any, by: By = "level", days: int = 90) -> Compared:
    """Compare members with others of the same history.

    Args:
        book: of `order_book`.
        data: with the customer list.
        by: see `By`.
        days: orders of the last so many days are the outcome; histories end before them.

    Raises:
        DataError: no list, or one of the groups is empty.
        SpecError: no such kind of member.
    """
    if by not in get_args(By):
        raise unknown_name(Message("The kind of member"), by, get_args(By))
    rows = customer_list(data)
    flag = np.array([bool(value) for value in rows[by].to_pylist()])
    at = places(book, rows["customer_id"])
    joined = np.zeros(len(book.customers), dtype=bool)
    joined[at[flag & (at >= 0)]] = True
    cut = day_number(book.last_day) + 1 - days
    known = book.first < cut
    bought = np.zeros(len(book.customers), dtype=bool)
    bought[book.customer[book.day >= cut]] = True
    inside, outside = joined & known, ~joined & known
    if not inside.any() or not outside.any():
        raise DataError(
            Message("There must be members and others who bought before the last {n} days.", n=days),
            Message("Load older orders, or a list that says who is a member."),
        )
    counts = [(int(bought[group].sum()), int(group.sum())) for group in (outside, inside)]
    ends = newcombe(counts[0], counts[1])
    matched, half, covered = _matched(_strata(book, cut), bought, inside, outside)
    shares = [share(*pair) for pair in counts]
    return Compared(
        by,
        days,
        shares[1],
        shares[0],
        shares[1].value - shares[0].value,
        float(ends.low),
        float(ends.high),
        matched,
        matched - half,
        matched + half,
        covered,
    )


def _strata(book: OrderBook, cut: int) -> NDArray[np.int64]:
    """(customers,) a number for each history before the cut: orders, recency and quintile of money."""
    many = len(book.customers)
    before = book.day < cut
    orders = np.bincount(book.customer[before], minlength=many)
    money = sums(book.customer[before], book.amount[before], many)
    last = np.zeros(many, dtype=np.int64)
    last[book.customer[before]] = book.day[before]  # rows are sorted by day, so the last one stays
    known = orders > 0
    steps = np.quantile(money[known], [0.2, 0.4, 0.6, 0.8]) if known.any() else np.zeros(4)
    return np.asarray(
        np.digitize(orders, _ORDERS) * 100 + np.digitize(cut - last, _RECENCY) * 10 + np.digitize(money, steps)
    )


def _matched(
    strata: NDArray[np.int64],
    bought: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
) -> tuple[float, float, float]:
    """Difference within histories that both have, weighted by members; half its interval; share of members covered."""
    size = int(strata.max()) + 1
    n1, n0 = (np.bincount(strata[group], minlength=size).astype(np.float64) for group in (inside, outside))
    x1, x0 = (np.bincount(strata[group & bought], minlength=size).astype(np.float64) for group in (inside, outside))
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        return math.nan, math.nan, 0.0
    n1, n0, x1, x0, everybody = n1[both], n0[both], x1[both], x0[both], n1.sum()
    weight = n1 / n1.sum()
    # Half a success and half a failure more keep the error of small histories above 0.
    p1, p0 = (x1 + 0.5) / (n1 + 1), (x0 + 0.5) / (n0 + 1)
    error = np.sqrt((weight**2 * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)).sum())
    gap = float((weight * (x1 / n1 - x0 / n0)).sum())
    return gap, float(critical_value()) * float(error), float(n1.sum() / everybody)
