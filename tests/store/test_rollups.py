"""Roll-ups against sums written out in plain Python over the same rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecops.store.inputs import open_data
from ecops.store.workspace import Workspace
from tests.store.simple import load_rows

START = dt.datetime(2026, 5, 1)
PLACE = ("channel", "device", "province")

TIMES = st.one_of(st.none(), st.integers(0, 60).map(lambda hours: START + dt.timedelta(hours=hours)))
AMOUNTS = st.sampled_from([None, -20.0, -5.0, 0.0, 0.1, 0.2, 7.0, 30.0])
COMMON = {
    "platform": st.sampled_from(["jd", "pdd"]),
    "shop": st.sampled_from([None, "", "main"]),
    "order_id": st.sampled_from(["1", "2", "3"]),
    "buyer_id": st.sampled_from([None, "x", "y"]),
    "ordered_at": st.integers(0, 60).map(lambda hours: START + dt.timedelta(hours=hours)),
    "paid_at": TIMES,
    "quantity": st.sampled_from([None, -1.0, 1.0, 2.0]),
    "paid_amount": AMOUNTS,
    "refund_amount": st.sampled_from([None, 0.0, 3.0]),
    "discount": st.sampled_from([None, 1.0]),
    "freight": st.sampled_from([None, 2.0]),
    "cost": st.sampled_from([None, 4.0]),
    "channel": st.sampled_from([None, "search"]),
    "device": st.sampled_from([None, "mobile"]),
    "province": st.sampled_from([None, "浙江"]),
}
ITEM = {
    "line_id": st.sampled_from([None, "1", "2"]),
    "sku": st.sampled_from([None, "s1", "s2"]),
    "title": st.sampled_from([None, "t"]),
    "category": st.sampled_from([None, "c"]),
}
LINE = st.fixed_dictionaries({**COMMON, **ITEM})
ORDER = st.fixed_dictionaries(COMMON)
TYPES = {"ordered_at": pa.timestamp("us"), "paid_at": pa.timestamp("us")}
NUMBERS = ("quantity", "paid_amount", "refund_amount", "discount", "freight", "cost")


def arrow(rows, fields):
    kinds = {name: TYPES.get(name, pa.float64() if name in NUMBERS else pa.string()) for name in fields}
    return pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})


def order_key(row):
    return row["platform"], row["shop"] or "", row["order_id"]


def same_order(line, order, orders):
    """Whether a line belongs to an order: by number and shop, or by a number of one order where a shop is not named."""
    if (line["platform"], line["order_id"]) != (order["platform"], order["order_id"]):
        return False
    shops = line["shop"] or "", order["shop"] or ""
    alone = sum((other["platform"], other["order_id"]) == (line["platform"], line["order_id"]) for other in orders) == 1
    return shops[0] == shops[1] or (alone and "" in shops)


def sales_lines(lines, orders):
    """Lines win; orders fill their gaps; orders without lines stand for themselves."""
    found = []
    for line in lines:
        order = next((order for order in orders if same_order(line, order, orders)), {})
        fill = ("buyer_id", "paid_at", *PLACE)
        filled = {name: line[name] if line[name] is not None else order.get(name) for name in fill}
        found.append({**line, **filled, "shop": line["shop"] or order.get("shop")})
    blank = dict.fromkeys(ITEM)
    found += [{**blank, **order} for order in orders if not any(same_order(line, order, orders) for line in lines)]
    for row in found:
        for name in ("shop", "line_id", "sku", "title", "category", *PLACE):
            row[name] = row[name] or ""
    return found


def by_first_line(rows, key):
    """The place of each order: of its first line."""
    first = {}
    for row in rows:
        rank = (row["line_id"], key(row))
        if order_key(row) not in first or rank < first[order_key(row)]:
            first[order_key(row)] = rank
    return {order: place for order, (_, place) in first.items()}


def place(row):
    return (row["channel"], row["device"], row["province"])


def given_back(row):
    """What a line gave back: its own negative amount, or the refund of a sale that is known."""
    amount = row["paid_amount"]
    if amount is None:
        return 0.0
    return -amount if amount < 0 else row["refund_amount"] or 0.0


def daily_sales(rows):
    paid = [row for row in rows if row["paid_at"]]
    found = defaultdict(lambda: [0.0] * 10)

    def key(row):
        return (row["paid_at"].date(), row["paid_at"].hour, row["platform"], row["shop"], *place(row))

    for row in paid:
        amount = row["paid_amount"] or 0.0
        sums = found[key(row)]
        sums[0] += max(amount, 0)
        sums[1] += given_back(row)
        for position, name in enumerate(("discount", "freight", "cost"), 2):
            sums[position] += row[name] or 0
        sums[5] += (max(amount, 0) - given_back(row)) if row["cost"] is not None else 0
        sums[6] += (row["quantity"] or 0) if amount > 0 else 0
        sums[7] += amount if amount > 0 and row["buyer_id"] is not None else 0

    def rank(row):
        return (row["paid_at"].date(), row["paid_at"].hour, *place(row))

    gross = [row for row in paid if (row["paid_amount"] or 0) > 0]
    named = {order_key(row) for row in gross if row["buyer_id"] is not None}
    for order, (day, hour, *where) in by_first_line(gross, rank).items():
        found[(day, hour, order[0], order[1], *where)][8] += 1
        found[(day, hour, order[0], order[1], *where)][9] += order in named
    return dict(found)


def daily_orders(rows):
    placed = [row for row in rows if (row["paid_amount"] or 0) >= 0]
    paid = {order_key(row) for row in placed if row["paid_at"]}
    found = defaultdict(lambda: [0, 0])
    for order, (day, *where) in by_first_line(placed, lambda row: (row["ordered_at"].date(), *place(row))).items():
        found[(day, order[0], order[1], *where)][0] += 1
        found[(day, order[0], order[1], *where)][1] += order in paid
    return dict(found)


def daily_buyers(rows):
    return {
        (row["paid_at"].date(), row["platform"], row["shop"], *place(row), row["buyer_id"])
        for row in rows
        if row["paid_at"] and (row["paid_amount"] or 0) > 0 and row["buyer_id"] is not None
    }


def daily_newcomers(rows):
    first = {}
    for day, *_, buyer in sorted(daily_buyers(rows)):
        first.setdefault(buyer, day)
    return {day: list(first.values()).count(day) for day in first.values()}


def daily_people(rows):
    found = defaultdict(set)
    for day, platform, shop, *where, buyer in daily_buyers(rows):
        for split, value in (("", ""), *zip(PLACE, where, strict=True)):
            found[day, platform, shop, split, value].add(buyer)
    return {key: [len(buyers)] for key, buyers in found.items()}


def daily_items(rows):
    found = defaultdict(lambda: [0.0, 0.0, 0.0, set()])
    for row in rows:
        if row["paid_at"]:
            amount = row["paid_amount"] or 0.0
            sums = found[
                (row["paid_at"].date(), row["platform"], row["shop"], row["sku"], row["title"], row["category"])
            ]
            sums[0] += max(amount, 0)
            sums[1] += given_back(row)
            sums[2] += (row["quantity"] or 0) if amount > 0 else 0
            sums[3] |= {row["order_id"]} if amount > 0 else set()
    return {key: [*sums[:3], len(sums[3])] for key, sums in found.items()}


def keyed(rows, keys):
    return {tuple(row[name] for name in keys): [row[name] for name in row if name not in keys] for row in rows}


KEYS = "select distinct buyer_id, hash(buyer_id) as buyer from sales_lines where buyer_id is not null"


def check(data, lines, orders):
    rows = sales_lines(lines, orders)
    where = ("platform", "shop", *PLACE)
    found = keyed(data.query("select * from daily_sales").to_pylist(), ("date", "hour", *where))
    assert found == {key: pytest.approx(sums) for key, sums in daily_sales(rows).items()}
    assert keyed(data.query("select * from daily_orders").to_pylist(), ("date", *where)) == daily_orders(rows)
    named = {row["buyer"]: row["buyer_id"] for row in data.query(KEYS).to_pylist()}
    buyers = data.query("select * from daily_buyers").to_pylist()
    found = [(row["date"], row["platform"], row["shop"], *place(row), named[row["buyer"]]) for row in buyers]
    assert len(found) == len(set(found))
    assert set(found) == daily_buyers(rows)
    for row in buyers:
        own = {day for day, *_, buyer in found if buyer == named[row["buyer"]]}
        assert row["previous_date"] == max((day for day in own if day < row["date"]), default=None)
    newcomers = data.query("select * from daily_newcomers").to_pylist()
    assert {row["date"]: row["buyers"] for row in newcomers} == daily_newcomers(rows)
    people = data.query("select * from daily_people").to_pylist()
    assert keyed(people, ("date", "platform", "shop", "split", "value")) == daily_people(rows)
    found = keyed(
        data.query("select * from daily_items").to_pylist(), ("date", "platform", "shop", "sku", "title", "category")
    )
    assert found == {key: pytest.approx(sums) for key, sums in daily_items(rows).items()}


def unique(rows, *more):
    """One row a key, as a workspace holds them."""
    return list({(*order_key(row), *(row[name] or "" for name in more)): row for row in rows}.values())


@settings(max_examples=25, deadline=None)
@given(st.lists(LINE, max_size=9), st.lists(ORDER, max_size=4), st.randoms(use_true_random=False))
def test_roll_ups_equal_plain_sums(lines, orders, chance):
    lines, orders = unique(lines, "line_id"), unique(orders)
    frames = {"order_lines": arrow(lines, [*COMMON, *ITEM]), "orders": arrow(orders, COMMON)}
    data = open_data(frames)
    check(data, lines, orders)
    chance.shuffle(lines)
    shuffled = open_data({**frames, "order_lines": arrow(lines, [*COMMON, *ITEM])})
    for name in ("daily_sales", "daily_orders", "daily_items"):
        assert shuffled.query(f"select * from {name}").equals(data.query(f"select * from {name}"))


@settings(max_examples=4, deadline=None)
@given(st.lists(LINE, min_size=3, max_size=9), st.lists(ORDER, min_size=1, max_size=4))
def test_workspaces_write_the_same_roll_ups(tmp_path_factory, lines, orders):
    lines, orders = unique(lines, "line_id"), unique(orders)
    workspace = Workspace.open(tmp_path_factory.mktemp("shop"))
    load_rows(workspace, arrow(lines, [*COMMON, *ITEM]))
    load_rows(workspace, arrow(orders, COMMON), table="orders")
    check(workspace.data(), lines, orders)
    assert {file.table for file in workspace.state.shown()[1] if file.kind == "rollup"} == {
        "daily_sales",
        "daily_buyers",
        "daily_orders",
        "daily_items",
        "daily_newcomers",
        "daily_people",
    }


def test_a_hand_case():
    """Two orders: one of two lines across midnight, one given back; an order export that adds a third."""
    lines = pd.DataFrame(
        {
            "platform": "taobao",
            "order_id": ["A", "A", "B", "B"],
            "line_id": ["1", "2", "1", "2"],
            "buyer_id": ["u", "u", "v", "v"],
            "ordered_at": pd.to_datetime(["2026-05-01 23:50"] * 2 + ["2026-05-02 09:00"] * 2),
            "paid_at": pd.to_datetime(["2026-05-01 23:58", "2026-05-02 00:03", "2026-05-02 09:01", "2026-05-02 09:01"]),
            "quantity": [1, 2, 1, -1],
            "paid_amount": [10.0, 20.0, 50.0, -50.0],
            "refund_amount": [4.0, None, None, None],
        }
    )
    orders = pd.DataFrame(
        {
            "platform": "taobao",
            "order_id": ["A", "C"],
            "ordered_at": pd.to_datetime(["2026-05-01 23:50", "2026-05-03 08:00"]),
            "paid_at": pd.NaT,
            "paid_amount": [999.0, 5.0],
            "province": ["浙江", "上海"],
        }
    )
    data = open_data({"order_lines": lines, "orders": orders})
    days = data.query(
        "select date, sum(gross_sales) as gross, sum(refunds) as refunds, sum(units) as units, sum(orders) as orders "
        "from daily_sales group by date order by date"
    ).to_pylist()
    assert [tuple(day.values()) for day in days] == [
        (dt.date(2026, 5, 1), 10.0, 4.0, 1.0, 1),
        (dt.date(2026, 5, 2), 70.0, 50.0, 3.0, 1),
    ]
    placed = data.query("select date, province, placed_orders, paid_orders from daily_orders order by date").to_pylist()
    assert [tuple(row.values()) for row in placed] == [
        (dt.date(2026, 5, 1), "浙江", 1, 1),
        (dt.date(2026, 5, 2), "", 1, 1),
        (dt.date(2026, 5, 3), "上海", 1, 0),
    ]
    assert data.query("select count(distinct buyer) as n from daily_buyers")["n"].to_pylist() == [2]


def test_an_order_whose_lines_name_no_shop_counts_once():
    """The item report of some platforms names no shop; "7" is a number of two shops and tells neither."""
    at = pd.Timestamp("2026-05-01 10:00")
    common = {"platform": "taobao", "ordered_at": at, "paid_at": at}
    lines = pd.DataFrame(
        {**common, "order_id": ["1", "2", "7"], "line_id": "1", "shop": [None, "b", "a"], "paid_amount": [10.0, 20, 30]}
    )
    orders = pd.DataFrame(
        {**common, "order_id": ["1", "2", "7", "7"], "shop": ["a", None, "a", "b"], "paid_amount": [99.0, 99, 99, 5]}
    )
    data = open_data({"order_lines": lines, "orders": orders})
    found = data.query("select shop, sum(gross_sales) as gross, sum(orders) as n from daily_sales group by shop")
    assert sorted(tuple(row.values()) for row in found.to_pylist()) == [("a", 40.0, 2), ("b", 25.0, 2)]
