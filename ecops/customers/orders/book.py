"""The order book: every order of every customer with what is left of it, packed so that all sums are one pass.

A customer's recency and frequency come from orders that stand; an order that came back whole counts for nothing. What
came back without its order (a cancellation under a number of its own that matches no line) lowers the money only.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.lines import Orders, Tally, by_name, collect
from ecops.errors import DataError, unknown_name
from ecops.messages import Count, Message, Money, Percent

if TYPE_CHECKING:
    import pyarrow as pa

    from ecops.store import Data

Refunds = Literal["match", "net", "ignore"]
"""match: an order that came back whole is dropped, other returns lower the money. net: every return lowers the money
only. ignore: returns do not count at all."""

Days = NDArray[np.int32]
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

CENT = 0.005
"""Money below this is nothing: sums of decimal prices are not exact."""

_EPOCH = dt.date(1970, 1, 1)
_MANY_NAMELESS = 0.05


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of every line, so that nobody wonders where money went.

    Attributes:
        lines: rows of the order tables.
        unpaid_lines: not paid, or without an amount; no sale.
        nameless_lines, nameless_money: paid, but nobody knows by whom (money above zero, before returns).
        dropped_lines, dropped_money: left out by product code (postage, fees).
        future_lines: dated after `until`; left out.
        orders, gross: orders with a buyer, and their money before returns.
        returned_orders: orders dropped because all of their money came back.
        matched: money that came back of an order that is known.
        netted: money that came back without its order, of customers with an earlier order.
        orphan: money that came back of customers without any earlier order: its sale lies before the data. Not
            subtracted.
        net: money of all orders that stand, less `netted`.
    """

    lines: int
    unpaid_lines: int
    nameless_lines: int
    nameless_money: float
    dropped_lines: int
    dropped_money: float
    future_lines: int
    orders: int
    gross: float
    returned_orders: int
    matched: float
    netted: float
    orphan: float
    net: float


@dataclass(frozen=True, slots=True)
class Credits:
    """Money that came back without its order.

    Attributes:
        customer: (credits,) index of the customer, rising.
        day: (credits,) days since 1970.
        amount: (credits,) positive.
    """

    customer: Codes
    day: Days
    amount: Floats


@dataclass(frozen=True, eq=False)
class OrderBook:
    """The orders that stand, sorted by customer, then by day.

    Attributes:
        customers: (customers,) ids as the store holds them, sorted; every one has an order that stands.
        start: (customers + 1,) where each customer's orders begin; the last entry is the number of orders.
        day: (orders,) days since 1970 on which the order was paid.
        amount: (orders,) net money of the order, in `currency`.
        credits: see `Credits`.
        first_day, last_day: days the data covers, whoever bought.
        currency: ISO code, "" when nothing says it.
        ledger: see `Ledger`.
        notes: what a reader must know about the data.
    """

    customers: pa.Array
    start: Codes
    day: Days
    amount: Floats
    credits: Credits
    first_day: dt.date
    last_day: dt.date
    currency: str
    ledger: Ledger
    notes: tuple[Message, ...]

    @property
    def snapshot(self) -> dt.date:
        """The day after the last day of data, from which recency is counted; never today."""
        return self.last_day + dt.timedelta(days=1)

    @functools.cached_property
    def customer(self) -> Codes:
        """(orders,) index of the customer of each order."""
        return np.repeat(np.arange(len(self.customers)), np.diff(self.start))

    @functools.cached_property
    def first(self) -> Days:
        """(customers,) day of each customer's first order, days since 1970."""
        return self.day[self.start[:-1]]

    def names(self, index: Codes) -> list[str]:
        """Ids of the customers at these places."""
        import pyarrow as pa

        return list(self.customers.take(pa.array(index)).to_pylist())


def day_number(day: dt.date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def as_date(number: float) -> dt.date:
    """The date of a number of days since 1970."""
    return _EPOCH + dt.timedelta(days=int(number))


def sums(group: NDArray[np.integer], amount: Floats, groups: int) -> Floats:
    """(groups,) sum of `amount` by `group`, which are numbers from 0."""
    return np.bincount(group, weights=amount, minlength=groups).astype(np.float64, copy=False)


def order_book(
    data: Any, *, refunds: Refunds = "match", drop_codes: Sequence[str] = (), until: dt.date | None = None
) -> OrderBook:
    """The orders of a shop by customer, with returns netted.

    Args:
        data: a workspace, a table or file of order lines, or anything else `ecops.store.inputs.open_data` takes.
        refunds: see `Refunds`.
        drop_codes: product codes that are no goods (postage, bank charges), upper or lower case.
        until: last day that counts; today when None, so that a clock in the future cannot move every recency.

    Raises:
        DataError: nobody can be told apart, or nothing was paid.
        SpecError: no such policy.
    """
    from ecops.metrics.daily import opened

    if refunds not in get_args(Refunds):
        raise unknown_name(Message("The rule for returns"), refunds, get_args(Refunds))
    ready = cast("Data", opened(data))
    last = until or dt.date.today()
    orders, tally = collect(ready, last, drop_codes)
    _usable(tally)
    matched = _put_back(ready, orders, last, drop_codes) if refunds == "match" else np.zeros(len(orders))
    return _packed(orders, matched, refunds, tally, ready.currency)


def _put_back(data: Data, orders: Orders, until: dt.date, drop_codes: Sequence[str]) -> Floats:
    """(orders,) money of cancellations under a number of their own; taken off the `back` of these cancellations."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ecops.engine import load_sql

    matched = np.zeros(len(orders))
    loose = orders.buyer.indices.to_numpy()[(orders.gross == 0) & (orders.back > CENT)]
    if not len(loose):
        return matched
    limits = {
        "after": dt.datetime.combine(until + dt.timedelta(days=1), dt.time()),
        "dropped": [code.casefold() for code in drop_codes],
        "buyers": orders.buyer.dictionary.take(pa.array(np.unique(loose))).to_pylist(),
    }
    # Streamed, since what is asked by names is not worth remembering.
    pieces = list(data.stream(load_sql("ecops.customers.queries", "put_back"), limits))
    if not pieces:
        return matched
    pairs = pa.Table.from_batches(pieces)
    place = pc.index_in(pa.array(orders.number), value_set=pairs["number"].combine_chunks())
    found = np.flatnonzero(place.is_valid().to_numpy(zero_copy_only=False))
    row = place.drop_null().to_numpy()
    matched[found] = pairs["matched"].to_numpy()[row]
    orders.back[found] -= pairs["taken"].to_numpy()[row]
    return matched


_kept: weakref.WeakKeyDictionary[Any, dict[Any, OrderBook]] = weakref.WeakKeyDictionary()
_keeping = threading.Lock()
_MOST_KEPT = 2


def kept_book(data: Any, until: dt.date | None = None) -> OrderBook:
    """`order_book`, remembered for as long as `data` lives, since every part of a page asks for it.

    Raises:
        DataError: see `order_book`.
    """
    from ecops.metrics.daily import opened

    ready = opened(data)
    with _keeping:
        books = _kept.setdefault(ready, {})
        if until not in books:
            book = order_book(ready, until=until)
            while len(books) >= _MOST_KEPT:
                del books[next(iter(books))]
            books[until] = book
        return books[until]


def _usable(tally: Tally) -> None:
    if tally.first > tally.last or not tally.money > 0:
        raise DataError(
            Message("There is no paid order to look at."), Message("Load an order export of the shop first.")
        )
    if tally.nameless_lines >= tally.lines - tally.unpaid_lines:
        raise DataError(
            Message("No order says who bought, so customers cannot be told apart."),
            Message("Export the orders with the buyer's name or id; it is hashed when it is loaded."),
        )


def _packed(orders: Orders, matched: Floats, refunds: Refunds, tally: Tally, currency: str) -> OrderBook:
    """The book of orders that come in no order."""
    names, bounds, day, gross, back, matched = _in_order(orders, matched)
    sale = gross > 0
    given = back + matched if refunds == "match" else np.broadcast_to(0.0, len(gross))
    left = gross - given if refunds == "match" else gross
    stands = sale & (left > CENT)
    # What came back and is no part of an order's own money: of orders that sold nothing, or of all.
    loose = np.flatnonzero((back > CENT) & ((refunds == "net") | ~sale)) if refunds != "ignore" else np.empty(0, int)
    buyer = np.searchsorted(bounds, loose, side="right") - 1
    after = _after_a_sale(loose, bounds[buyer], bounds[buyer + 1], day, sale)
    # A customer with no order that stands is no customer of ours (yet); her credits have nothing to lower.
    standing = np.cumsum(stands, dtype=np.int32)[bounds[1:] - 1]
    counts = np.diff(standing, prepend=0)
    alive = counts > 0
    renumbered = np.cumsum(alive) - 1
    lowering = after & alive[buyer]
    used = loose[lowering]
    ids = names if alive.all() else names.filter(_mask(alive))
    amount = left[stands]
    ledger = Ledger(
        lines=tally.lines,
        unpaid_lines=tally.unpaid_lines,
        nameless_lines=tally.nameless_lines,
        nameless_money=tally.nameless_money,
        dropped_lines=tally.dropped_lines,
        dropped_money=tally.dropped_money,
        future_lines=tally.future_lines,
        orders=int(sale.sum()),
        gross=float(gross.sum()),
        returned_orders=int((sale & ~stands).sum()),
        matched=float(given.sum(where=sale)),
        netted=float(back[loose[after]].sum()),
        orphan=float(back[loose[~after]].sum()),
        net=float(amount.sum() - back[used].sum()),
    )
    return OrderBook(
        customers=ids,
        start=np.concatenate([[0], np.cumsum(counts[alive])]).astype(np.int64),
        day=day[stands],
        amount=amount,
        credits=Credits(renumbered[buyer[lowering]], day[used], back[used]),
        first_day=as_date(tally.first),
        last_day=as_date(tally.last),
        currency=currency,
        ledger=ledger,
        notes=_notes(ledger, currency),
    )


def _in_order(orders: Orders, matched: Floats) -> tuple[pa.Array, Codes, Days, Floats, Floats, Floats]:
    """The rows by buyer and day, then by money, so that the order they came in changes nothing.

    A number a buyer and one sort of whole numbers cost a third of sorting texts. Memory that is new costs as much as
    the work with it, so the keys change in place.

    Returns:
        The buyers by name, where the rows of each begin (and the last ones end), then day, gross, back and `matched`.
    """
    import pyarrow as pa

    names = orders.buyer.dictionary
    places = by_name(names)
    rank = np.empty(len(places), dtype=np.int64)
    rank[places] = np.arange(len(places))
    names = names.take(pa.array(places))
    if not len(orders):
        return names, np.zeros(1, dtype=np.int64), orders.day, orders.gross, orders.back, matched
    first = int(orders.day.min())
    span = int(orders.day.max()) - first + 1
    key = np.add(_gathered(rank * span - first, orders.buyer.indices), orders.day, dtype=np.int64)
    place = _sorted(key)
    twin = np.zeros(len(key) + 1, dtype=bool)
    np.equal(key[1:], key[:-1], out=twin[1:-1])
    equal = np.flatnonzero(twin[1:] | twin[:-1])
    several = place[equal]
    money = orders.gross, orders.back, matched
    place[equal] = several[np.lexsort((*(part[several] for part in reversed(money)), key[equal]))]
    gross, back, matched = (_gathered(part, place) if part.any() else part for part in money)
    bounds = np.searchsorted(key, np.arange(len(names) + 1) * span)
    key %= span
    key += first
    return names, bounds, key.astype(np.int32), gross, back, matched


def _gathered(values: NDArray[Any], place: NDArray[np.integer] | pa.Array) -> NDArray[Any]:
    """The values at these places, by Arrow: numpy takes twice as long for many."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: NDArray[Any] = pc.take(pa.array(values), pa.array(place), boundscheck=False).to_numpy()
    return found


_BLOCK = 1 << 16


def _sorted(key: Codes) -> NDArray[np.integer]:
    """Puts keys (at least 0) in order and says where each came from.

    In one number with its place a key sorts faster.
    """
    bits = len(key).bit_length()
    if bits > 31 or int(key.max()).bit_length() + bits > 62:
        place = np.argsort(key)
        key[:] = key[place]
        return place
    key <<= bits
    for start in range(0, len(key), _BLOCK):
        block = key[start : start + _BLOCK]
        block |= np.arange(start, start + len(block))
    key.sort()
    found = np.empty(len(key), dtype=np.int32)
    np.bitwise_and(key, (1 << bits) - 1, out=found, casting="unsafe")
    key >>= bits
    return found


def _mask(flags: NDArray[np.bool_]) -> pa.Array:
    import pyarrow as pa

    return pa.array(flags)


def _after_a_sale(place: Codes, begin: Codes, end: Codes, day: Days, sale: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(places,) whether the buyer of each of these rows had ordered by its day, even what was returned later.

    Rows are sorted by buyer and day, hers lie from `begin` to `end`: what she bought first is the next sale there.
    """
    sold = np.flatnonzero(sale)
    if not len(sold):
        return np.zeros(len(place), dtype=bool)
    first = sold[np.minimum(np.searchsorted(sold, begin), len(sold) - 1)]
    found: NDArray[np.bool_] = (first >= begin) & (first < end) & (day[first] <= day[place])
    return found


def _notes(ledger: Ledger, currency: str) -> tuple[Message, ...]:
    notes = []
    paid = ledger.lines - ledger.unpaid_lines
    if paid and ledger.nameless_lines > _MANY_NAMELESS * paid:
        notes.append(
            Message(
                "{share} of the paid lines ({money}) do not say who bought; they are in no figure of this page.",
                share=Percent(ledger.nameless_lines / paid),
                money=Money(ledger.nameless_money, currency),
            )
        )
    if ledger.returned_orders:
        notes.append(
            Message(
                "{n} orders came back whole and count for nothing; in all {money} was given back.",
                n=Count(ledger.returned_orders),
                money=Money(ledger.matched + ledger.netted, currency),
            )
        )
    if ledger.orphan > 1.0:
        notes.append(
            Message(
                "{money} was given back for orders before the first day of the data; it is not subtracted.",
                money=Money(ledger.orphan, currency),
            )
        )
    if ledger.future_lines:
        notes.append(Message("{n} lines are dated in the future and left out.", n=Count(ledger.future_lines)))
    return tuple(notes)
