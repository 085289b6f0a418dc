"""From lines to orders, in one pass over what was sold, with a count of what cannot be used.

Exports list the lines of an order one after the other. So neighbours are put together while the lines stream by, which
needs no table of all lines and compares no texts; lines that lie apart find together once, at the end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

    from ecops.store import Data

_EPOCH = dt.date(1970, 1, 1)
_NEVER = np.iinfo(np.int32).max


@dataclass(slots=True)
class Tally:
    """What became of the lines.

    Attributes:
        lines, unpaid_lines, nameless_lines, nameless_money, dropped_lines, dropped_money, future_lines: see `Ledger`.
        money: paid on lines above zero, whoever paid.
        first, last: days since 1970 that the data covers; `first` lies behind `last` where nothing was paid.
    """

    lines: int = 0
    unpaid_lines: int = 0
    nameless_lines: int = 0
    nameless_money: float = 0.0
    dropped_lines: int = 0
    dropped_money: float = 0.0
    future_lines: int = 0
    money: float = 0.0
    first: int = _NEVER
    last: int = -_NEVER


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders with money whose buyer is known, in no order.

    Attributes:
        number: (orders,) tells them apart: 64 bits of shop, number and buyer.
        buyer: (orders,) ids as the store holds them.
        day: (orders,) of the first payment, days since 1970.
        gross: (orders,) money of the lines above zero.
        back: (orders,) what came back under the same number.
    """

    number: NDArray[np.uint64]
    buyer: pa.Array
    day: NDArray[np.int32]
    gross: NDArray[np.float64]
    back: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.number)


def collect(data: Data, until: dt.date, drop_codes: Sequence[str] = ()) -> tuple[Orders, Tally]:
    """All orders of a shop, and what became of its lines.

    Args:
        data: tables that answer queries.
        until: last day that counts.
        drop_codes: product codes that are no goods, upper or lower case.
    """
    from ecops.engine import load_sql

    tally, heap = Tally(), _Heap(data.rows("order_lines") + data.rows("orders"))
    sql, dropped = load_sql("ecops.customers.queries", "lines"), [code.casefold() for code in drop_codes]
    for piece in data.stream(sql, {"dropped": dropped}):
        heap.add(_neighbours(_usable(piece, (until - _EPOCH).days, tally)))
    return _once(heap.orders()), tally


def _usable(piece: pa.RecordBatch, until: int, tally: Tally) -> Orders:
    """The lines of which an order book is made, each as an order of its own; all lines are counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    day = _filled(piece["day"].view(pa.int32()), _NEVER)
    amount = piece["amount"].to_numpy(zero_copy_only=False)  # NaN where nobody knows it
    buyer, refund = piece["buyer_id"], piece["refund"]
    paid, known = day != _NEVER, ~np.isnan(amount)
    sold, late = paid & known, paid & (day > until)
    nameless = sold & (_filled(pc.binary_length(buyer), 0) == 0)
    income = np.maximum(amount, 0.0)
    if not sold.all():
        income[~sold] = 0.0
    tally.lines += len(day)
    tally.unpaid_lines += int(len(day) - np.count_nonzero(sold))
    tally.nameless_lines += int(np.count_nonzero(nameless))
    tally.nameless_money += float(income[nameless].sum())
    tally.future_lines += int(np.count_nonzero(late))
    tally.money += float(income.sum())
    used = sold & ~late & ~nameless & (amount != 0)
    back = income - amount  # for a sale nothing, for a return all of it
    if refund.null_count < len(refund):
        given = _filled(refund, 0.0)
        dropped = np.isnan(given)
        tally.dropped_lines += int(np.count_nonzero(dropped))
        tally.dropped_money += float(amount[dropped & known].sum())
        used &= ~dropped
        back = np.where(amount < 0, back, given)
    inside = sold & ~late
    covered = day if inside.all() else day[inside]
    tally.first = min(tally.first, int(covered.min(initial=_NEVER)))
    tally.last = max(tally.last, int(covered.max(initial=-_NEVER)))
    lines = Orders(piece["number"].to_numpy(), buyer, day, income, back)
    return lines if used.all() else _at(lines, np.flatnonzero(used))


def _filled(column: pa.Array, value: float) -> NDArray[Any]:
    """A column with `value` for what is not known; not copied where all is."""
    found: NDArray[Any] = (column.fill_null(value) if column.null_count else column).to_numpy()
    return found


def _at(orders: Orders, place: NDArray[np.int64]) -> Orders:
    return Orders(
        orders.number[place],
        _taken(orders.buyer, place),
        orders.day[place],
        orders.gross[place],
        orders.back[place],
    )


def _taken(names: pa.Array, place: NDArray[np.int64]) -> pa.Array:
    """The names at these places; half-width places take half the time."""
    import pyarrow as pa

    return names.take(pa.array(place.astype(np.int32)))


def _neighbours(orders: Orders) -> Orders:
    """Rows of one order that stand beside each other as one row."""
    if not len(orders):
        return orders
    first = np.ones(len(orders), dtype=bool)
    np.not_equal(orders.number[1:], orders.number[:-1], out=first[1:])
    begin = np.flatnonzero(first)
    one_day = first[1:] | (orders.day[1:] == orders.day[:-1])
    return Orders(
        orders.number[begin],
        _taken(orders.buyer, begin),
        orders.day[begin] if one_day.all() else np.minimum.reduceat(orders.day, begin),
        np.add.reduceat(orders.gross, begin),
        np.add.reduceat(orders.back, begin) if orders.back.any() else np.zeros(len(begin)),
    )


class _Heap:
    """Orders as they come, written to one place each: arrays that are joined at the end take twice the memory.

    Args:
        room: how many will come at most.
    """

    def __init__(self, room: int) -> None:
        self._many, self._names = 0, list[Any]()
        self._columns: dict[str, NDArray[Any]] = {
            "number": np.empty(room, np.uint64),
            "day": np.empty(room, np.int32),
            "gross": np.empty(room, np.float64),
            "back": np.empty(room, np.float64),
        }

    def add(self, orders: Orders) -> None:
        """Put these behind the others; the first of them may go on with the last order."""
        start = 0
        if self._many and len(orders) and orders.number[0] == self._columns["number"][self._many - 1]:
            last, start = self._many - 1, 1
            self._columns["day"][last] = min(self._columns["day"][last], orders.day[0])
            self._columns["gross"][last] += orders.gross[0]
            self._columns["back"][last] += orders.back[0]
        end = self._many + len(orders) - start
        for name, column in self._columns.items():
            column[self._many : end] = getattr(orders, name)[start:]
        self._names.append(orders.buyer[start:])
        self._many = end

    def orders(self) -> Orders:
        """All of them, each buyer's name once. Nothing can be added afterwards."""
        import pyarrow as pa

        names = pa.chunked_array(self._names, pa.string()).dictionary_encode().combine_chunks()
        self._names.clear()
        return Orders(buyer=names, **{name: column[: self._many] for name, column in self._columns.items()})


def _once(orders: Orders) -> Orders:
    """Orders whose lines lie apart put together."""
    ordered = np.sort(orders.number)
    if (ordered[1:] == ordered[:-1]).any():
        return _neighbours(_at(orders, np.argsort(orders.number, kind="stable")))
    return orders


def by_name(names: pa.StringArray) -> NDArray[np.int64]:
    """Where each name stands once they are sorted by their bytes.

    The first eight bytes as one number sort several times faster than the names, and few names share them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    _, ends, letters = names.buffers()
    bounds = np.frombuffer(ends, np.int32)[names.offset : names.offset + len(names) + 1].astype(np.int64)
    padded = (
        np.concatenate([np.frombuffer(letters, np.uint8), np.zeros(8, np.uint8)]) if letters else np.zeros(8, np.uint8)
    )
    eights = np.ndarray((len(padded) - 7,), ">u8", padded, strides=(1,))
    head = eights[bounds[:-1]].astype(np.uint64)
    foreign = 8 * np.maximum(8 - np.diff(bounds), 0)  # bits behind the end of a name
    head = (head >> foreign.astype(np.uint64)) << foreign.astype(np.uint64)
    place = np.argsort(head)
    head = head[place]
    equal = np.zeros(len(head) + 1, dtype=bool)
    equal[1:-1] = head[1:] == head[:-1]
    several = np.flatnonzero(equal[1:] | equal[:-1])
    if len(several):
        shared = place[several]
        place[several] = shared[pc.sort_indices(names.take(pa.array(shared))).to_numpy()]
    return place
