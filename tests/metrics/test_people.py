"""Figures of people where a platform does not name its buyers: both sides of a ratio cover the same orders."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.growth import diagnose
from ecops.metrics import kpis
from ecops.periods import Period
from tests.growth.shops import simulate_orders

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
PEOPLE = ("buyers", "new_buyers", "repeat_share", "orders_per_buyer")


def line(order, day, buyer, amount, platform="taobao", number="1"):
    when = pd.Timestamp(2026, 11, day, 12)
    return {
        "platform": platform, "shop": "one", "order_id": order, "line_id": number, "buyer_id": buyer,
        "ordered_at": when, "paid_at": when, "sku": "s", "quantity": 1.0, "paid_amount": amount,
    }  # fmt: skip


def naive(frame, period):
    """Orders a buyer, sales a buyer and the share of named orders, by going through the lines one by one."""
    orders, named, buyers, sales = set(), set(), set(), 0.0
    for row in frame.to_dict("records"):
        if pd.isna(row["paid_at"]) or not period.start <= row["paid_at"].date() <= period.end:
            continue
        orders.add((row["platform"], row["order_id"]))
        if isinstance(row["buyer_id"], str):
            named.add((row["platform"], row["order_id"]))
            buyers.add(row["buyer_id"])
            sales += row["paid_amount"]
    return len(named) / len(buyers), sales / len(buyers), len(named) / len(orders)


@pytest.fixture(scope="module")
def by_hand():
    """This week: Taobao 3 orders of 2 people (one in two lines), Douyin 2 orders of nobody; 40, 60, 100 and 50, 150."""
    return pd.DataFrame([
        line("t1", 10, "ann", 15.0), line("t1", 10, "ann", 25.0, number="2"), line("t2", 11, "ann", 60.0),
        line("t3", 12, "bob", 100.0), line("d1", 10, None, 50.0, "douyin"), line("d2", 13, None, 150.0, "douyin"),
        line("t0", 3, "ann", 80.0), line("d0", 4, None, 20.0, "douyin"),
    ])  # fmt: skip


def test_by_hand_orders_a_buyer_leave_out_orders_of_nobody(by_hand):
    result = kpis(by_hand, WEEK, by="platform")
    assert result["orders_per_buyer"].value == 3 / 2
    assert result["value_per_buyer"].value == 200 / 2
    assert (result["buyers"].value, result["orders"].value, result["order_value"].value) == (2, 5, 80)
    note = next(note for note in result.notes if "platforms" in note.params)
    assert note.text("en").endswith("60% of the orders of these days, from Taobao.")
    assert "60%" in note.text("zh")
    assert "淘宝" in note.text("zh")
    table = result.table.set_index(["platform", "metric"])["value"]
    assert table["taobao", "orders_per_buyer"] == 3 / 2
    for key in PEOPLE:
        assert ("douyin", key) not in table.index


def test_factors_multiply_to_gmv_with_and_without_named_buyers(by_hand):
    for frame, factors in (
        (by_hand, ("orders", "order_value")),
        (by_hand[by_hand.platform == "taobao"], ("buyers", "orders_per_buyer", "order_value")),
        (by_hand[by_hand.platform == "douyin"], ("orders", "order_value")),
    ):
        result, why = kpis(frame, WEEK), diagnose(frame, WEEK)
        assert result.factors == factors
        assert np.prod([result[key].value for key in factors]) == pytest.approx(result["gmv"].value)
        assert tuple(why.tree.by_factor) == factors
        assert sum(why.tree.by_factor.values()) == pytest.approx(why.after - why.before)
        traffic = next(block for block in why.blocks if block.name == "traffic")
        assert (traffic.metric, traffic.money) == (factors[0], pytest.approx(why.tree.by_factor[factors[0]]))


@pytest.mark.parametrize("seed", range(3))
def test_a_naive_count_agrees_where_some_orders_name_nobody(seed):
    orders = simulate_orders(seed, days=60, buyers=900)
    random = np.random.default_rng(seed)
    nameless = (orders.platform == "jd") & (random.random(len(orders)) < 0.8)
    orders["buyer_id"] = orders.buyer_id.where(~nameless, None)
    result = kpis(orders, WEEK)
    per_buyer, value, share = naive(orders, WEEK)
    assert result["orders_per_buyer"].value == pytest.approx(per_buyer)
    assert result["value_per_buyer"].value == pytest.approx(value)
    note = next(note for note in result.notes if "platforms" in note.params)
    assert note.params["share"].value == pytest.approx(share)
    assert "JD" in note.text("en")
    assert "Taobao" in note.text("en")


def test_no_word_is_lost_where_every_order_names_its_buyer_or_none_does(by_hand):
    for platform in ("taobao", "douyin"):
        result = kpis(by_hand[by_hand.platform == platform], WEEK)
        assert not [note for note in result.notes if "platforms" in note.params]
    assert np.isnan(result["orders_per_buyer"].value)
