"""What a shop's tables say about stock: demand, counts, products, purchases, brought onto the same list of products."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ecops.engine import load_sql
from ecops.errors import DataError
from ecops.inventory.demand.exposure import uncensor
from ecops.inventory.demand.panel import Floats, Panel, panel
from ecops.messages import Count, Message
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY

if TYPE_CHECKING:
    import pandas as pd

_QUERIES = "ecops.inventory.queries"
_HALF_YEAR = 182
_QUARTER = 90
_BALANCE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Shop:
    """Everything stock is judged by, on one day.

    Attributes:
        today: the last day looked at, inclusive.
        panel: demand, corrected for stock-outs where counts tell of them.
        products: one row a product that was sold, counted or listed, sorted by sku: title, category, supplier, price,
            cost (of a unit), moq, pack_size, lead_time_days, review_days, holding_rate, order_cost, listed_on; missing
            values are NaN or "".
        row: where a product stands in `panel`, -1 for one that was never sold, shape (products,).
        counts: counts of stock by day and product, see `queries/counts.sql`.
        stock: last count of each product, summed over warehouses: sku, date, on_hand, available, reserved, on_order.
        purchases: see `queries/purchases.sql`.
        terms: what was agreed with suppliers, see `queries/supplier_terms.sql`.
        committed: units promised to open deposits, by sku.
        currency: ISO code, "" when nothing says it.
        notes: what was assumed or left out.
    """

    today: dt.date
    panel: Panel
    products: pd.DataFrame
    row: np.ndarray
    counts: pd.DataFrame
    stock: pd.DataFrame
    purchases: pd.DataFrame
    terms: pd.DataFrame
    committed: pd.DataFrame
    currency: str
    notes: tuple[Message, ...]

    def aligned(self, values: Floats, missing: float = 0.0) -> Floats:
        """Values of the panel's products, on the list of all products."""
        found = np.full(len(self.row), missing)
        known = self.row >= 0
        found[known] = values[self.row[known]]
        return found


def ask(data: Any, name: str, *, as_days: bool = False, **values: Any) -> pd.DataFrame:
    """The answer to one of the questions in `queries/`; dates as `datetime.date`, or quicker as days of numpy."""
    frame: pd.DataFrame = data.query(load_sql(_QUERIES, name), values).to_pandas(date_as_object=not as_days)
    # Columns of an empty table have no type of their own, and would fit no other.
    texts = [column for column in ("sku", "supplier", "status", "title", "category") if column in frame]
    return frame.astype(dict.fromkeys(texts, "str")) if frame.empty else frame


def last_day(data: Any) -> dt.date:
    """The last day with a sale or a count of stock.

    Raises:
        DataError: there is neither.
    """
    ready = opened(data)
    days = [ask(ready, "unnamed")["last_day"].iloc[0]]
    if ready.has("inventory_snapshots"):
        counted = ready.query("SELECT max(CAST(date AS DATE)) AS day FROM inventory_snapshots").to_pylist()[0]["day"]
        days.append(counted)
    known = [_date(day) for day in days if day is not None and str(day) != "NaT"]
    if not known:
        raise DataError(
            Message("There are no orders and no counts of stock."),
            Message("Load orders with products and quantities, and a stock report."),
        )
    return max(known)


def read(data: Any, today: dt.date | None = None, *, recapture: float = 0.0) -> Shop:
    """Read a shop's tables.

    Args:
        data: a workspace, opened data, or tables by name.
        today: the last day to look at; the last day with a sale or a count when None.
        recapture: see `uncensor`.

    Raises:
        DataError: nothing was sold, or no line of the orders names a product.
    """
    ready: Any = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
    day = today or last_day(ready)
    lines = ready.query(load_sql(_QUERIES, "sales"), {"until": day})
    sales = lines.filter(pc.greater(lines["units"], 0.0))
    told = ask(ready, "unnamed").iloc[0]
    notes: list[Message] = []
    if not len(sales):
        raise DataError(
            Message("No order names a product that was sold."),
            Message("Load the export of order items, which has product codes and quantities."),
        )
    if told["unnamed"] > 0:
        notes.append(
            Message("{n} units sold carry no product code and were left out.", n=Count(float(told["unnamed"])))
        )
    demand = panel(sales, until=day, returns=_returned(lines))
    counts = ask(ready, "counts", as_days=True, until=day)
    stock = _last_counts(ask(ready, "warehouses", as_days=True, until=day), day, notes)
    negative = int((stock["on_hand"] < 0).sum())
    if negative:
        notes.append(
            Message("{n} products have less than nothing in stock; they count as 0 here. Count them.", n=negative)
        )
    demand = _corrected(ready, _without_presales(ready, demand), counts, recapture)
    products = _products(ready, demand, stock, day, notes)
    place = {sku: position for position, sku in enumerate(demand.skus)}
    row = np.array([place.get(sku, -1) for sku in products["sku"]], dtype=np.int64)
    return Shop(
        today=day,
        panel=demand,
        products=products,
        row=row,
        counts=counts,
        stock=stock,
        purchases=ask(ready, "purchases", as_days=True, until=day),
        terms=ask(ready, "supplier_terms"),
        committed=ask(ready, "presales", until=day),
        currency=ready.currency,
        notes=(*demand.notes, *notes),
    )


def _date(value: Any) -> dt.date:
    found: dt.date = value.date() if hasattr(value, "date") else value
    return found


def _returned(lines: pa.Table) -> pa.Table | None:
    back = lines.filter(pc.greater(lines["returned"], 0.0))
    return back.select(["date", "sku", "returned"]).rename_columns(["date", "sku", "units"]) if len(back) else None


def _last_counts(warehouses: pd.DataFrame, day: dt.date, notes: list[Message]) -> pd.DataFrame:
    """Each product's last counts, added over warehouses; says when they are old."""
    columns = ["on_hand", "available", "reserved", "on_order"]
    if warehouses.empty:
        return warehouses[["sku", "date", *columns, "cost"]]
    groups = warehouses.groupby("sku", sort=True)
    found = groups[columns].sum().assign(date=groups["date"].max(), cost=groups["cost"].max()).reset_index()
    if len(found):
        last = _date(found["date"].max())
        if (day - last).days > 7:
            notes.append(Message("The stock was last counted on {day}, {n} days ago.", day=last, n=(day - last).days))
    return found


def _corrected(data: Any, demand: Panel, counts: pd.DataFrame, recapture: float) -> Panel:
    """The panel with stock-outs given back, as far as counts tell of them."""
    if not len(counts):
        return demand
    hours = hours_out(demand, counts)
    if not hours.any():
        return demand
    start = demand.until - _HALF_YEAR * ONE_DAY
    sold = ask(data, "hours", start=start, until=demand.until)
    profile = np.zeros(24)
    profile[sold["hour"].to_numpy(dtype=np.int64)] = np.maximum(sold["units"].to_numpy(), 0.0)
    # Exports with days instead of times put every sale at midnight: then hours say nothing.
    usable = (profile > 0).sum() >= 6
    return uncensor(demand, hours, profile=profile if usable else None, recapture=recapture)


def _without_presales(data: Any, demand: Panel) -> Panel:
    """The panel without balances of presales: they were known before and are no demand of the days they are paid on.

    A campaign's paid balances are taken off the first days from the one on which balances may be paid.
    """
    if not data.has("presale_deposits"):
        return demand
    base = demand.demand.copy()
    place = {sku: position for position, sku in enumerate(demand.skus)}
    for sku, start, paid in ask(data, "balances", until=demand.until).itertuples(index=False):
        first = (_date(start) - demand.start).days
        if sku not in place or first >= demand.days:
            continue
        days = slice(max(first, 0), max(first, 0) + _BALANCE_DAYS)
        sold = base[place[sku], days]
        taken = np.minimum(np.cumsum(sold), paid)
        base[place[sku], days] = sold - np.diff(taken, prepend=0.0)
    return replace(demand, demand=base)


def hours_out(demand: Panel, counts: pd.DataFrame) -> Floats:
    """Hours without stock of each product and day, shape (n, days).

    As counted where the report says; else a whole day between two counts of nothing without a sale, and half a day when
    a day with sales ended with nothing.
    """
    code, names = counts["sku"].factorize()
    place = {sku: position for position, sku in enumerate(demand.skus)}
    row = np.array([place.get(name, -1) for name in names.tolist()], dtype=np.int64)[code]
    known = row >= 0
    rows = row[known]
    days = counts["date"].to_numpy().astype("datetime64[D]")[known]
    column = (days - np.datetime64(demand.start)).astype(np.int64)
    inside = (column >= 0) & (column < demand.days)
    rows, column = rows[inside], column[inside]
    counted = np.full(demand.units.shape, np.nan)
    told = np.full(demand.units.shape, np.nan)
    counted[rows, column] = counts["on_hand"].to_numpy(dtype=np.float64)[known][inside]
    told[rows, column] = counts["hours_out"].to_numpy(dtype=np.float64)[known][inside]
    before, after = _filled(counted), _filled(counted[:, ::-1])[:, ::-1]
    nothing = demand.units <= 0
    empty = (before <= 0) & ((after <= 0) | np.isnan(after))
    hours = np.where(empty & nothing, 24.0, np.where((counted <= 0) & ~nothing, 12.0, 0.0))
    return np.where(np.isnan(told), hours, np.clip(told, 0.0, 24.0))


def _filled(values: Floats) -> Floats:
    """Each row with gaps taken from the last known value before them; NaN before the first."""
    place = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    np.maximum.accumulate(place, axis=1, out=place)
    found: Floats = np.take_along_axis(values, place, axis=1)
    return found


_TOLD_BY_SALES = ("title", "category", "price", "cost")
"""What orders say of a product where the product list does not."""


def _told(column: pd.Series) -> pd.Series:
    """Where a column says anything."""
    return column.notna() & (column.astype(str) != "") if column.dtype.kind not in "fi" else column.notna()


def _products(data: Any, demand: Panel, stock: pd.DataFrame, day: dt.date, notes: list[Message]) -> pd.DataFrame:
    """The list of all products with what is known of each."""
    import pandas as pd

    master = ask(data, "products", until=day)
    skus = sorted({*demand.skus, *stock["sku"].tolist(), *master["sku"].tolist()})
    found = pd.DataFrame({"sku": skus}).merge(master, on="sku", how="left")
    lacking = [name for name in _TOLD_BY_SALES if not _told(found[name]).all()]
    sold = ask(data, "sold_titles", lately=day - _QUARTER * ONE_DAY, start=demand.start, until=day) if lacking else None
    if len(master):
        strange = len(set(demand.skus) - set(master["sku"].tolist()))
        if strange:
            notes.append(Message("{n} products were sold that the product list does not have.", n=strange))
    for other in (sold, stock[["sku", "cost"]] if "cost" in lacking else None):
        if other is None:
            continue
        given = found[["sku"]].merge(other, on="sku", how="left")
        for name in lacking:
            if name in given:
                found[name] = found[name].where(_told(found[name]), given[name].where(_told(given[name])))
    for name in ("title", "category", "supplier"):
        found[name] = found[name].fillna("").astype(str)
    for name in ("price", "cost", "moq", "pack_size", "lead_time_days", "review_days", "holding_rate", "order_cost"):
        found[name] = pd.to_numeric(found[name], errors="coerce").astype(float)
    found["title"] = found["title"].where(found["title"] != "", found["sku"])
    return found.reset_index(drop=True)
