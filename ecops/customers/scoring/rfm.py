"""Recency, frequency and money of every customer on one day."""

from __future__ import annotations

import datetime as dt
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import Codes, Floats, OrderBook, day_number, sums
from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

Frequency = Literal["orders", "days"]
"""orders: number of orders. days: days on which she ordered; split shipments of one day count once."""

Monetary = Literal["sum", "mean"]
"""sum: net money of the window. mean: the same per order."""


@dataclass(frozen=True, eq=False)
class Rfm:
    """The three figures of every customer with an order in the window.

    Attributes:
        customer: (n,) index into `OrderBook.customers`, rising.
        days_since_last: (n,) whole calendar days from the last order to the snapshot, at least 1.
        frequency: (n,) orders or days with orders in the window.
        money: (n,) net money in the window, see `Monetary`; may be 0 or less where more came back than was bought.
        snapshot: the day from which recency is counted.
        window_days: length of the window before the snapshot; None for all there is.
        currency: ISO code.
    """

    customer: Codes
    days_since_last: NDArray[np.int32]
    frequency: NDArray[np.int64]
    money: Floats
    snapshot: dt.date
    window_days: int | None
    currency: str

    def __len__(self) -> int:
        return len(self.customer)

    def frame(self, book: OrderBook) -> pd.DataFrame:
        """One row a customer: customer, days_since_last, frequency, money."""
        import pandas as pd

        return pd.DataFrame(
            {
                "customer": book.names(self.customer),
                "days_since_last": self.days_since_last,
                "frequency": self.frequency,
                "money": self.money,
            }
        )


def rfm(
    book: OrderBook,
    snapshot: dt.date | None = None,
    *,
    window_days: int | None = None,
    frequency: Frequency = "orders",
    monetary: Monetary = "sum",
) -> Rfm:
    """Recency, frequency and money on a day, from orders before it.

    Args:
        book: of `order_book`.
        snapshot: the day; the one after the last day of data when None.
        window_days: only orders of so many days before the snapshot; all when None.
        frequency: see `Frequency`.
        monetary: see `Monetary`.

    Raises:
        DataError: nobody bought in the window.
        SpecError: an option that does not exist, or a window of no days.
    """
    for kind, chosen, known in (
        (Message("The frequency"), frequency, get_args(Frequency)),
        (Message("The money"), monetary, get_args(Monetary)),
    ):
        if chosen not in known:
            raise unknown_name(kind, chosen, known)
    if window_days is not None and window_days < 1:
        raise SpecError(Message("The window has at least one day."), Message("Give 365, or leave it out for all."))
    asked = snapshot or book.snapshot, window_days, frequency, monetary
    with _keeping:
        tables = _kept.setdefault(book, {})
        if asked in tables:
            tables[asked] = tables.pop(asked)
            return tables[asked]
    found = _counted(book, *asked)
    with _keeping:
        tables[asked] = found
        while len(tables) > _MOST_KEPT:
            del tables[next(iter(tables))]
    return found


_kept: weakref.WeakKeyDictionary[OrderBook, dict[Any, Rfm]] = weakref.WeakKeyDictionary()
_keeping = threading.Lock()
_MOST_KEPT = 4
"""Tables that each book remembers, since a reader who changes the scheme or the cut-offs asks for the same ones."""


def _counted(book: OrderBook, day: dt.date, window_days: int | None, frequency: Frequency, monetary: Monetary) -> Rfm:
    end = day_number(day)
    start = end - window_days if window_days is not None else np.iinfo(np.int32).min
    inside = (book.day < end) & (book.day >= start)
    whole = bool(inside.all())
    days = book.day if whole else book.day[inside]
    who = book.customer if whole else book.customer[inside]
    if not len(days):
        raise DataError(
            Message("Nobody bought in the days before {day}.", day=day),
            Message("Choose a later day or a longer window."),
        )
    many = len(book.customers)
    orders = np.bincount(who, minlength=many)
    money = sums(who, book.amount if whole else book.amount[inside], many)
    back = book.credits
    late = (back.day < end) & (back.day >= start)
    money -= sums(back.customer[late], back.amount[late], many)
    customer = np.flatnonzero(orders)
    last = days[np.cumsum(orders[customer]) - 1]  # sorted by customer and day: each customer's last row
    count = orders[customer]
    if frequency == "days":
        fresh = np.ones(len(days), dtype=bool)
        fresh[1:] = (np.diff(days) != 0) | (np.diff(who) != 0)
        count = np.bincount(who[fresh], minlength=many)[customer]
    total = money[customer]
    return Rfm(
        customer=customer,
        days_since_last=(end - last).astype(np.int32),
        frequency=count.astype(np.int64),
        money=total / orders[customer] if monetary == "mean" else total,
        snapshot=day,
        window_days=window_days,
        currency=book.currency,
    )
