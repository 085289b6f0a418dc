"""The ledger of refunds: hand cases, a naive walk as reference, and the public UCI file."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ecops.sources.conversion.netting import net_refunds
from ecops.tables import table

UCI = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "uci" / "online_retail.csv"
TYPES = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "TIMESTAMP": pa.timestamp("us")}
SCHEMA = pa.schema([(column.name, TYPES[column.sql_type]) for column in table("order_lines").columns])


def line(order: str, day: int, amount: float, buyer: str | None = "b", **more: Any) -> dict[str, Any]:
    row = dict.fromkeys(SCHEMA.names)
    quantity = more.pop("quantity", 1.0 if amount > 0 else -1.0)
    base = {"platform": "p", "order_id": order, "line_id": "1", "buyer_id": buyer, "sku": "S", "quantity": quantity}
    moment = dt.datetime(2026, 5, 1) + dt.timedelta(days=day)
    return {**row, **base, "ordered_at": moment, "paid_at": moment, "unit_price": abs(amount / quantity),
            "paid_amount": amount, **more}  # fmt: skip


def settle(*rows: dict[str, Any]) -> Any:
    return net_refunds(pa.Table.from_pylist(list(rows), SCHEMA))


def kinds(found: Any) -> dict[str, tuple[str, str | None]]:
    return {row["order_id"]: (row["kind"], row["original_order_id"]) for row in found.refunds.to_pylist()}


def test_refund_of_the_same_order() -> None:
    found = settle(line("1", 0, 30), line("1", 3, -10, line_id="2", sku="other"))
    assert kinds(found) == {"1": ("matched", "1")}
    (order,) = found.orders.to_pylist()
    assert (order["gross"], order["refunded"], order["net"], order["given_back"]) == (30, 10, 20, False)


def test_refund_that_equals_an_earlier_line() -> None:
    found = settle(line("1", 0, 30), line("C2", 3, -30))
    assert kinds(found) == {"C2": ("matched", "1")}
    assert found.orders.to_pylist()[0]["given_back"] is True
    assert found.summary["orders_given_back"] == 1
    assert found.summary["net"] == 0


def test_refund_that_differs_lowers_money_only() -> None:
    found = settle(line("1", 0, 30), line("C2", 3, -20))
    assert kinds(found) == {"C2": ("netted", None)}
    assert found.orders.to_pylist()[0]["given_back"] is False
    assert (found.summary["gross"], found.summary["net"]) == (30, 10)


def test_refund_before_any_sale_is_an_orphan() -> None:
    found = settle(line("C1", 0, -30), line("2", 3, 30), line("C3", 4, -5, buyer="stranger"))
    assert kinds(found) == {"C1": ("orphan", None), "C3": ("orphan", None)}
    assert found.summary["net"] == found.summary["gross"] == 30


def test_each_sale_is_given_back_once() -> None:
    found = settle(line("1", 0, 30), line("2", 1, 30), line("C3", 2, -30), line("C4", 3, -30), line("C5", 4, -30))
    assert kinds(found) == {"C3": ("matched", "1"), "C4": ("matched", "2"), "C5": ("netted", None)}


def test_other_buyers_products_prices_and_quantities_do_not_match() -> None:
    sale = line("1", 0, 30, quantity=2.0)
    for back in (
        line("C", 1, -30, quantity=-2.0, sku="T"),
        line("C", 1, -30, quantity=-3.0),
        line("C", 1, -20, quantity=-2.0),
    ):
        assert kinds(settle(sale, back)) == {"C": ("netted", None)}
    assert kinds(settle(sale, line("C", 1, -30, quantity=-2.0, buyer="x"))) == {"C": ("orphan", None)}


def test_unknown_buyers_are_netted_in_money() -> None:
    assert kinds(settle(line("1", 0, 30, buyer=None), line("C", 1, -30, buyer=None))) == {"C": ("netted", None)}


def test_refund_amount_belongs_to_its_line() -> None:
    found = settle(line("1", 0, 30, refund_amount=30.0), line("2", 0, 50, refund_amount=5.0))
    assert [(row["order_id"], row["net"], row["given_back"]) for row in found.orders.to_pylist()] == [
        ("1", 0, True), ("2", 45, False)
    ]  # fmt: skip


def test_what_nobody_paid_is_no_sale() -> None:
    found = settle(line("1", 0, 30), line("2", 0, 50, paid_at=None), line("C3", 3, -50))
    assert (found.summary["gross"], found.summary["net"]) == (30, -20)
    assert kinds(found) == {"C3": ("netted", None)}
    assert [order["order_id"] for order in found.orders.to_pylist()] == ["1"]


def test_no_refunds_at_all() -> None:
    found = settle(line("1", 0, 30))
    assert found.refunds.num_rows == 0
    assert found.summary["net"] == 30


def naive(rows: list[dict[str, Any]]) -> dict[str, str | None]:
    """Walk the lines in time; each refund takes the oldest equal sale that nobody has taken."""
    open_sales: dict[tuple[Any, ...], list[str]] = {}
    found: dict[str, str | None] = {}
    for row in sorted(rows, key=lambda row: (row["paid_at"], -row["paid_amount"], row["order_id"])):
        key = (row["buyer_id"], row["sku"], row["unit_price"], abs(row["quantity"]))
        if row["paid_amount"] > 0:
            open_sales.setdefault(key, []).append(row["order_id"])
        else:
            found[row["order_id"]] = open_sales[key].pop(0) if open_sales.get(key) else None
    return found


@pytest.mark.parametrize("seed", range(8))
def test_equal_to_a_naive_walk(seed: int) -> None:
    chance = random.Random(seed)
    rows = []
    for number in range(300):
        amount = chance.choice([10.0, 20.0]) * (1 if chance.random() < 0.6 else -1)
        rows.append(line(f"o{number:03d}", chance.randrange(40), amount, chance.choice("abc"), sku=chance.choice("ST")))
    expected = naive(rows)
    shuffled = rows[:]
    chance.shuffle(shuffled)
    found = net_refunds(pa.Table.from_pylist(shuffled, SCHEMA))
    assert {row["order_id"]: row["original_order_id"] for row in found.refunds.to_pylist()} == expected


@pytest.mark.data
@pytest.mark.skipif(not UCI.exists(), reason="the public UCI file is not there")
def test_uci_online_retail(tmp_path: Path) -> None:
    """Figures of the design page on customers, section 2.3."""
    from ecops.engine.duck import Engine
    from ecops.sources.conversion.convert import convert
    from ecops.sources.files.containers import read_grids
    from ecops.sources.limits import Limits
    from ecops.sources.recognition.detect import detect

    work = tmp_path / "work"
    work.mkdir()
    (grid,) = read_grids(UCI, work, Limits(), UCI.name)
    loaded = convert(grid, detect(grid)[0].mapping, tmp_path / "lines.parquet", salt="s", timezone="Europe/London")
    assert (loaded.rows_read, loaded.rows_kept) == (541_909, 541_909)
    assert next(issue.count for issue in loaded.issues if issue.kind == "equal_lines") == 5_268
    assert loaded.ledger["gross"] == pytest.approx(10_666_684.54, abs=0.01)
    engine = Engine((tmp_path,))
    known = "SELECT * FROM order_lines WHERE buyer_id IS NOT NULL"
    lines = engine.query(known, tables={"order_lines": [tmp_path / "lines.parquet"]})
    found = net_refunds(lines)
    counts = "count(*) AS n, count(DISTINCT buyer_id) AS buyers, count(DISTINCT order_id) AS orders"
    clean = f"SELECT {counts} FROM t WHERE paid_amount > 0"
    assert engine.query(clean, tables={"t": lines}).to_pylist() == [{"n": 397_884, "buyers": 4_338, "orders": 18_532}]
    assert found.summary["gross"] == pytest.approx(8_911_407.90, abs=0.01)
    every = sum(found.summary[f"{kind}_amount"] for kind in ("matched", "netted", "orphan"))
    assert found.summary["gross"] - every == pytest.approx(8_300_065.81, abs=0.01)
    of_buyers = "SELECT sum(amount) AS back FROM r WHERE buyer_id IN (SELECT buyer_id FROM o)"
    (back,) = engine.query(of_buyers, tables={"r": found.refunds, "o": found.orders}).to_pylist()
    assert found.summary["gross"] - back["back"] == pytest.approx(8_310_477.05, abs=0.01)
    orders = {row["order_id"]: row for row in found.orders.to_pylist()}
    # Customer 12346 bought 77,183.60 and cancelled it 16 minutes later; 16446 did so with 168,469.60.
    assert orders["541431"]["given_back"] is True
    assert orders["541431"]["net"] == pytest.approx(0)
    assert orders["581483"]["given_back"] is True
