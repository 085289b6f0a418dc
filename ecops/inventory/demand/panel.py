"""What was asked for, product by product and day by day, with the days on which nothing was asked for.

The two mistakes that ruin every figure after this one are made here or nowhere: a day without a sale is a zero, from
the first sale until today (a panel that ends with the last sale, or holds only days with sales, makes slow products
look fast), and goods that came back are not sales that did not happen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ecops.errors import DataError, MappingError, near
from ecops.messages import Count, Message

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_NEEDED = ("date", "sku", "units")
_BULK_DEVIATIONS = 5.0
"""A day is a bulk order from this many median absolute deviations above the median of days with sales."""

_MONTH = 28


@dataclass(frozen=True, slots=True)
class Panel:
    """Demand of a catalogue. Rows are products, columns are days from `start` to `until`.

    Attributes:
        skus: product codes, sorted, length n.
        start: first day of the columns.
        units: units sold, shape (n, days); 0 on days without a sale and before the first sale.
        sales: money of them, shape (n, days), in the currency of the data; 0 where nothing says it.
        returned: units that came back on the day they came back, shape (n, days), positive.
        first: column of the first sale of each product, shape (n,); everything before it is no history.
        demand: units that would have been sold with stock all day, shape (n, days); equals `units` until `uncensor`.
        exposure: share of a day's usual demand that met stock, 0 to 1, shape (n, days); 1 where nothing is known.
        bulk: days with an order far above the usual, shape (n, days); told apart, never cut.
        notes: what was left out.
    """

    skus: tuple[str, ...]
    start: dt.date
    units: Floats
    sales: Floats
    returned: Floats
    first: Ints
    demand: Floats
    exposure: Floats
    bulk: Bools
    notes: tuple[Message, ...] = ()

    @property
    def days(self) -> int:
        """Number of columns."""
        return int(self.units.shape[1])

    @property
    def until(self) -> dt.date:
        """Day of the last column: today, not the day of the last sale."""
        return self.start + dt.timedelta(days=self.days - 1)

    @property
    def age(self) -> Ints:
        """Days of history of each product, from its first sale to `until`, shape (n,)."""
        return self.days - self.first

    @property
    def weekday(self) -> int:
        """Weekday of the first column, 0 for Monday."""
        return self.start.weekday()

    def only(self, rows: Sequence[int] | Ints | Bools) -> Panel:
        """The same days for some of the products, by position or mask."""
        chosen = np.arange(len(self.skus))[np.asarray(rows)]
        return replace(
            self,
            skus=tuple(self.skus[row] for row in chosen),
            units=self.units[chosen],
            sales=self.sales[chosen],
            returned=self.returned[chosen],
            first=self.first[chosen],
            demand=self.demand[chosen],
            exposure=self.exposure[chosen],
            bulk=self.bulk[chosen],
        )

    def before(self, day: dt.date) -> Panel:
        """What was known on the evening before `day`: products that had been sold, columns before it.

        Raises:
            DataError: nothing had been sold by then.
        """
        column = (day - self.start).days
        known = np.flatnonzero(self.first < column)
        if column <= 0 or not len(known):
            raise DataError(Message("Nothing had been sold before {day}.", day=day), Message("Choose a later day."))
        cut = self.only(known)
        return replace(
            cut,
            units=cut.units[:, :column],
            sales=cut.sales[:, :column],
            returned=cut.returned[:, :column],
            demand=cut.demand[:, :column],
            exposure=cut.exposure[:, :column],
            bulk=cut.bulk[:, :column],
        )


def panel(sales: Any, *, until: dt.date | None = None, returns: Any = None) -> Panel:
    """The demand panel of a table of sales.

    Args:
        sales: a pandas, Polars or Arrow table with columns date, sku and units, and sales (money) where there is one.
            Several rows of a product and day are added up. Units below zero are goods that came back.
        until: the last day of the panel, usually today; the last day of the table when None. Later rows are left out.
        returns: a table of the same columns whose units (positive) came back.

    Raises:
        MappingError: a column is missing.
        DataError: no row can be used, or dates or units cannot be read.
    """
    rows = _read(sales)
    notes: list[Message] = []
    last = np.datetime64(until) if until is not None else rows.date.max()
    late = int((rows.date > last).sum())
    if late:
        notes.append(Message("{n} rows after {day} were left out.", n=Count(late), day=last.astype(object)))
        rows = rows.kept(rows.date <= last)
    sold = rows.units > 0
    if not sold.any():
        raise DataError(
            Message("No product was sold up to {day}.", day=last.astype(object)),
            Message("Load orders with products and quantities."),
        )
    start = rows.date[sold].min()
    skus, code = rows.skus, rows.code
    column = (rows.date - start).astype("timedelta64[D]").astype(np.int64)
    width = int((last - start).astype(np.int64)) + 1
    shape = len(skus), width
    inside = sold & (column >= 0)
    units = _added(code[inside], column[inside], rows.units[inside], shape)
    money = _added(code[inside], column[inside], rows.sales[inside], shape)
    back = (rows.units < 0) & (column >= 0)
    returned = _added(code[back], column[back], -rows.units[back], shape)
    if returns is not None:
        returned = returned + _returns(returns, skus, start, shape)
    kept = np.flatnonzero(units.any(axis=1))
    units, money, returned = units[kept], money[kept], returned[kept]
    first = (units > 0).argmax(axis=1).astype(np.int64)
    return Panel(
        skus=tuple(str(sku) for sku in skus[kept]),
        start=start.astype(object),
        units=units,
        sales=money,
        returned=returned,
        first=first,
        demand=units.copy(),
        exposure=np.ones(units.shape),
        bulk=bulk_days(units),
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table of sales; `code` is the place of a row's product among `skus`, which are sorted."""

    skus: NDArray[np.object_]
    code: Ints
    date: NDArray[np.datetime64]
    units: Floats
    sales: Floats

    def kept(self, mask: Bools) -> _Rows:
        return _Rows(self.skus, self.code[mask], self.date[mask], self.units[mask], self.sales[mask])


def _read(table: Any) -> _Rows:
    """Columns of a table of sales as arrays; rows without a product, a day or a number are left out."""
    arrow = _arrow(table)
    for name in _NEEDED:
        if name not in arrow.column_names:
            close = near(name, arrow.column_names)
            raise MappingError(
                Message("The table has no column {column}.", column=name),
                Message("Did you mean {names}?", names=", ".join(close))
                if close
                else Message("Known are: {names}.", names=", ".join(arrow.column_names)),
            )
    try:
        date = pc.cast(arrow["date"].combine_chunks(), pa.date32(), safe=False)
        units = pc.cast(arrow["units"].combine_chunks(), pa.float64())
        money = pc.cast(arrow["sales"].combine_chunks(), pa.float64()) if "sales" in arrow.column_names else None
        sku = pc.cast(arrow["sku"].combine_chunks(), pa.string())
    except (pa.ArrowException, ValueError) as problem:
        raise DataError(
            Message("The sales cannot be read."),
            Message("The date must be a day, the product a text, the units a number."),
        ) from problem
    amounts = np.zeros(len(units)) if money is None else np.nan_to_num(money.to_numpy(zero_copy_only=False))
    skus, code = _coded(sku.fill_null(""))
    rows = _Rows(
        skus,
        code,
        date.to_numpy(zero_copy_only=False).astype("datetime64[D]"),
        np.asarray(units.to_numpy(zero_copy_only=False), dtype=np.float64),
        np.asarray(amounts, dtype=np.float64),
    )
    rows = rows.kept(~np.isnat(rows.date) & (skus != "")[code] & np.isfinite(rows.units))
    if not len(rows.date):
        raise DataError(
            Message("The table has no row with a day, a product and units."),
            Message("Load orders with products and quantities."),
        )
    return rows


def _coded(names: pa.StringArray) -> tuple[NDArray[np.object_], Ints]:
    """Different names in order, and the position of each name among them (a sort of all rows would take seconds)."""
    coded = names.dictionary_encode()
    known = np.asarray(coded.dictionary.to_numpy(zero_copy_only=False), dtype=object)
    order = np.argsort(known, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return known[order], place[coded.indices.to_numpy()]


def _arrow(table: Any) -> pa.Table:
    if isinstance(table, pa.Table):
        return table
    if hasattr(table, "to_arrow"):
        return table.to_arrow()
    if hasattr(table, "columns") and hasattr(table, "dtypes"):
        return pa.Table.from_pandas(table, preserve_index=False)
    raise DataError(
        Message("A table of kind {kind} is not known.", kind=type(table).__name__),
        Message("Give a pandas, Polars or Arrow table."),
    )


def _returns(returns: Any, skus: NDArray[np.object_], start: np.datetime64, shape: tuple[int, int]) -> Floats:
    rows = _read(returns)
    place = np.minimum(np.searchsorted(skus, rows.skus), len(skus) - 1)
    alike = (skus[place] == rows.skus)[rows.code]
    place = place[rows.code]
    column = (rows.date - start).astype("timedelta64[D]").astype(np.int64)
    known = alike & (column >= 0) & (column < shape[1])
    return _added(place[known], column[known], np.abs(rows.units[known]), shape)


def _added(row: Ints, column: Ints, value: Floats, shape: tuple[int, int]) -> Floats:
    """Sums of `value` by row and column."""
    flat = np.bincount(row * shape[1] + column, weights=value, minlength=shape[0] * shape[1])
    # Rounded far below a unit, so that the order of the rows leaves no trace.
    return np.asarray(np.round(flat, 6).reshape(shape), dtype=np.float64)


def bulk_days(units: Floats) -> Bools:
    """Days on which one product sold far more than it does: probably one order, or a campaign.

    A day is marked when its units exceed the median of the product's days with sales by five median absolute
    deviations, and half of what the product sold in the 28 days that end with it. It is shown apart and never cut:
    cutting improves the error of a forecast and makes it too low (inventory notes 4.6).

    Args:
        units: shape (n, days).
    """
    sold = units > 0
    median = medians(units, sold)
    enough = sold.sum(axis=1) >= 5
    usual = np.where(enough, median, np.inf)
    spread = np.where(enough, medians(np.abs(units - median[:, None]), sold), 0.0)
    total = trailing(units, _MONTH)[:, 1:]
    far = units > (usual + _BULK_DEVIATIONS * np.maximum(spread, 1.0))[:, None]
    return np.asarray(far & (units > 0.5 * total), dtype=np.bool_)


def medians(values: Floats, counted: Bools) -> Floats:
    """Median of the values of each row that count, 0 where none does; many times faster than `numpy.nanmedian`."""
    known = np.where(counted, values, np.inf)
    known.sort(axis=1)
    count, row = counted.sum(axis=1), np.arange(len(values))
    middle = (known[row, np.maximum(count - 1, 0) // 2] + known[row, np.minimum(count // 2, known.shape[1] - 1)]) / 2
    return np.where(count > 0, middle, 0.0)


def trailing(values: Floats, window: int) -> Floats:
    """Sums of the `window` columns before each column, shape (n, days + 1); fewer where there are fewer."""
    total = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=total[:, 1:])
    found = total.copy()
    if window < total.shape[1]:
        found[:, window:] -= total[:, : total.shape[1] - window]
    return found
