"""Loads without files of platforms: rows straight to segments, and the naive reference of what a table holds."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid

import pyarrow as pa

from ecops.engine.duck import View, parquet_sql
from ecops.sources.conversion.report import Conversion
from ecops.store.loading import Converted, Loader, Upload

DAY = dt.datetime(2026, 5, 1, 10)


def order_rows(cells):
    """{(order, line): amount} as rows of order_lines."""
    return pa.table(
        {
            "platform": pa.array(["jd"] * len(cells), pa.string()),
            "order_id": pa.array([f"o{order}" for order, _ in cells], pa.string()),
            # A missing line number is the same key as an empty one.
            "line_id": pa.array([str(line) if line else None for _, line in cells], pa.string()),
            "buyer_id": pa.array([f"b{order % 3}" for order, _ in cells], pa.string()),
            "ordered_at": pa.array([DAY + dt.timedelta(days=order) for order, _ in cells], pa.timestamp("us")),
            "paid_at": pa.array([DAY + dt.timedelta(days=order, hours=1) for order, _ in cells], pa.timestamp("us")),
            "quantity": pa.array([1.0] * len(cells)),
            "paid_amount": pa.array([float(amount) for amount in cells.values()], pa.float64()),
        }
    )


def load_rows(workspace, *sheets, table="order_lines", name="rows"):
    """Load Arrow tables, one sheet each, as if a file had been converted to them."""
    with workspace._loading(lambda _: None) as loader:
        return publish(loader, sheets, table, name)


def publish(loader: Loader, sheets, table="order_lines", name="rows"):
    converted = []
    for number, rows in enumerate(sheets):
        out = loader.staging / f"{number}.parquet"
        typed = View(f"{parquet_sql(table, [])} UNION ALL BY NAME SELECT * FROM given")
        loader.engine.copy("SELECT * FROM typed", out, tables={"given": rows.combine_chunks(), "typed": typed})
        conversion = Conversion(table, out, rows.num_rows, rows.num_rows)
        converted.append(Converted(conversion, f"sheet {number}", {"source": "test", "table": table}))
    load = uuid.uuid4().hex[:12]
    upload = Upload(name, hashlib.sha256(load.encode()).hexdigest(), 1)
    return loader.publish_load(load, upload, converted, {}, {}, "tester")


class Reference:
    """A dict for each load; the latest load wins."""

    def __init__(self):
        self.loads = []

    def load(self, *sheets):
        merged = {}
        for sheet in sheets:
            merged.update(sheet)
        self.loads.append([merged, True])

    def undo(self, number):
        self.loads[number][1] = False

    @property
    def table(self):
        rows = {}
        for cells, stands in self.loads:
            if stands:
                rows.update(cells)
        return rows


def table_of(workspace):
    """What the workspace's order_lines hold, as the reference writes it."""
    rows = workspace.query("select order_id, line_id, paid_amount from order_lines").to_pylist()
    found = {(int(row["order_id"][1:]), int(row["line_id"] or 0)): row["paid_amount"] for row in rows}
    assert len(found) == len(rows), "a key is there twice"
    return found


def daily_of(workspace):
    """Gross sales by day from the roll-up."""
    rows = workspace.query(
        "select date, sum(gross_sales) as g, sum(orders) as n from daily_sales group by 1 order by 1"
    ).to_pylist()
    return {row["date"]: (row["g"], row["n"]) for row in rows}


def daily_reference(cells):
    found = {}
    for (order, _), amount in cells.items():
        day = (DAY + dt.timedelta(days=order)).date()
        gross, orders = found.get(day, (0.0, set()))
        found[day] = (gross + max(amount, 0), orders | ({order} if amount > 0 else set()))
    return {day: (gross, len(orders)) for day, (gross, orders) in sorted(found.items())}


def fingerprint(workspace):
    """Every row of the table and of the roll-ups, to compare before and after."""
    tables = ("order_lines", "daily_sales", "daily_buyers", "daily_orders", "daily_items")
    text = {name: sorted(json.dumps(row, default=str) for row in workspace.query(name).to_pylist()) for name in tables}
    return json.dumps(text)
