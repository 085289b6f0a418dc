"""What was sold without its cost is the same, whether it is read by the short way or by the long one."""

import pandas as pd
import pytest

from ecops.store import rollups
from ecops.store.inputs import open_data

LINES = pd.DataFrame(
    {
        "platform": ["taobao", "taobao", None, "jd", "jd"],
        "shop": ["a", None, "a", "b", "b"],
        "order_id": ["1", "1", "2", "3", "4"],
        "line_id": ["1", "2", "1", "1", "1"],
        "buyer_id": ["x", "x", None, "y", "z"],
        "ordered_at": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]),
        "paid_at": pd.to_datetime(["2026-01-01", "2026-01-01", None, "2026-01-03", "2026-01-04"]),
        "sku": ["p", "q", "p", None, "q"],
        "quantity": [1.0, 2.0, 1.0, 1.0, 1.0],
        "paid_amount": [10.0, 20.0, 30.0, None, 50.0],
        "refund_amount": [None, 5.0, None, 7.0, None],
    }
)
ORDERS = pd.DataFrame(
    {
        "platform": ["taobao", "jd"],
        "shop": ["a", "b"],
        "order_id": ["1", "9"],
        "buyer_id": ["x", "w"],
        "ordered_at": pd.to_datetime(["2026-01-01", "2026-01-09"]),
        "paid_amount": [30.0, 90.0],
    }
)


def both(data):
    columns = [
        part.strip() for part in rollups.sql("sold_lines").partition("select")[2].partition("from")[0].split(",")
    ]
    names = ", ".join(columns)
    short, long = (
        data.query(f"select {names} from {name} order by all").to_pylist() for name in ("sold_lines", "sales_lines")
    )
    return short, long


@pytest.mark.parametrize("tables", ["lines", "orders, too", "an ERP, too"])
def test_both_ways_say_the_same(tables):
    frames = {"order_lines": LINES}
    if tables == "orders, too":
        frames["orders"] = ORDERS
    if tables == "an ERP, too":
        erp = LINES.iloc[[0, 4]].assign(recorded_by="erp", line_id="9", order_id=["1", "5"])
        frames["order_lines"] = pd.concat([LINES, erp], ignore_index=True)
    short, long = both(open_data(frames))
    assert short == long
    assert len(short) == {"lines": 5, "orders, too": 6, "an ERP, too": 6}[tables]


def test_only_the_short_way_leaves_the_joins_out():
    assert open_data(LINES)._only_lines
    assert not open_data({"order_lines": LINES, "orders": ORDERS})._only_lines
    assert not open_data({"orders": ORDERS})._only_lines
