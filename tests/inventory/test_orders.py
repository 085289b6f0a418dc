"""Positions, purchase lines, budgets, clearance and suppliers by hand and by brute force."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.inventory import (
    alerts,
    allocate_budget,
    calibrate,
    clearance,
    cover_days,
    lead_times,
    position,
    price_ladder,
    quadrant,
    selection,
    shortlist,
    suppliers,
    unit_profit,
)
from ecops.inventory.orders.recommend import Need, recommend, rounded
from ecops.inventory.products.listing import completeness, shrunk
from ecops.inventory.products.profit import price_roles, profits
from ecops.inventory.products.trend import category_trends
from tests.inventory import shops

TODAY = dt.date(2026, 5, 1)
STOCK = pd.DataFrame(
    {"sku": ["A", "B", "C"], "on_hand": [10.0, 5.0, -3.0], "available": [8.0, 5.0, -3.0], "on_order": [0.0, 7.0, 0.0]}
)
NO_ONE = pd.DataFrame({"sku": [], "committed": []})


def purchases(*rows):
    columns = ["po_id", "sku", "supplier", "ordered_on", "promised_on", "received_on", "quantity", "received_quantity",
               "defect_quantity", "status"]  # fmt: skip
    return pd.DataFrame(list(rows), columns=columns)


ORDERS = purchases(
    ("1", "A", "S", "2026-04-01", "2026-05-08", None, 20.0, None, None, "open"),
    ("2", "A", "S", "2026-03-01", "2026-04-20", None, 30.0, None, None, "open"),
    ("3", "A", "S", "2026-03-01", "2026-05-20", "2026-04-20", 40.0, 25.0, 0.0, "partial"),
    ("4", "B", "S", "2026-03-01", "2026-05-20", None, 90.0, None, None, "cancelled"),
)


def test_an_overdue_order_is_no_cover():
    found = position(STOCK, ORDERS, NO_ONE, TODAY).set_index("sku")
    assert found.loc["A", ["available", "on_order", "overdue", "position"]].tolist() == [8, 20 + 15, 30, 43]
    assert found.loc["A", "overdue_days"] == 11
    assert found.loc["B", "on_order"] == 0
    assert found.loc["C", "on_hand"] == 0


def test_promised_units_have_left():
    found = position(STOCK, ORDERS, pd.DataFrame({"sku": ["A"], "committed": [12.0]}), TODAY).set_index("sku")
    assert found.loc["A", "available"] == -4


def test_without_purchase_orders_the_counts_own_word_stands():
    found = position(STOCK, ORDERS.head(0), NO_ONE, TODAY).set_index("sku")
    assert found.loc["B", "position"] == 12


def test_cover_follows_the_forecast_of_each_day():
    daily = np.array([[1.0, 1.0, 10.0, 10.0], [2.0, 2.0, 2.0, 2.0], [0.0] * 4, [1.0] * 4])
    found = cover_days(np.array([7.0, 20.0, 5.0, 0.0]), daily)
    assert found.tolist() == [2.5, 10.0, np.inf, 0.0]


@pytest.mark.row(129, 130, 131, 132)
def test_alerts_of_the_handbook():
    table = pd.DataFrame(
        [
            (0.0, 0.0, 2.0, 3.0, "out"),
            (-4.0, 9.0, 2.0, 0.0, "promised"),
            (5.9, 5.9, 2.0, 0.0, "alarm"),
            (13.9, 13.9, 2.0, 0.0, "reorder"),
            (14.0, 14.0, 2.0, 0.0, "ok"),
            (60.0, 60.0, 2.0, 0.0, "ok"),
            (60.1, 60.1, 2.0, 0.0, "excess"),
            (50.0, 50.0, 0.0, 90.0, "dead"),
            (50.0, 50.0, 0.0, 89.0, "idle"),
            (0.0, 0.0, 0.0, 200.0, "ok"),
        ],
        columns=["available", "on_hand", "daily_sales", "idle_days", "level"],
    )
    assert alerts(table).tolist() == table["level"].tolist()
    assert alerts(table, {"inventory.reorder_cover_days": 8})[4] == "reorder"


def need(panel, held, **rest):
    due, later = calibrate(panel, 8), calibrate(panel, 15)
    n = len(panel.skus)
    nothing = np.full(n, np.nan)
    given = {
        "position": np.full(n, held), "reorder": due.quantile(0.95), "upto": due.quantile(0.95) + 42, "moq": nothing,
        "pack": nothing, "price": np.full(n, 20.0), "cost": np.full(n, 8.0), "lead": np.full(n, 7.0),
        "rate": due.mean / 8, "due": due, "later": later,
    }  # fmt: skip
    return Need(**{**given, **rest})


def lines_of(panel, case):
    titles = tuple(f"title {sku}" for sku in panel.skus)
    return recommend(case, panel.skus, titles, ("S",) * len(titles), TODAY)


def test_lines_say_why():
    panel = shops.poisson(20, 250)
    case = need(panel, 10.0, pack=np.full(20, 6.0))
    found = lines_of(panel, case)
    assert found
    assert all(line.quantity % 6 == 0 and line.quantity >= line.upto - line.position for line in found)
    assert all(line.position <= line.reorder for line in found)
    assert [line.wait for line in found] == sorted([line.wait for line in found], reverse=True)
    line = found[0]
    row = panel.skus.index(line.sku)
    futures = [np.maximum(one.mean[row] + one.spread[row] * one.errors[0], 0) for one in (case.due, case.later)]
    short = [np.maximum(future - 10.0, 0).mean() for future in futures]
    assert line.wait == pytest.approx((short[1] - short[0]) * 12)
    assert line.risk == pytest.approx((futures[0] > 10).mean())
    assert "packs of 6" in line.why_much.text("en")
    assert "8 days" not in line.why_now.text("en")
    assert not lines_of(panel, need(panel, 1e6))


def test_a_minimum_order_is_told():
    panel = shops.poisson(20, 250)
    found = lines_of(panel, need(panel, 10.0, moq=np.full(20, 500.0)))
    assert {line.quantity for line in found} == {500.0}
    assert "minimum" in found[0].why_much.text("en")


def test_packs_are_never_rounded_down():
    assert rounded(np.array([20.0, 20.0, 5.0]), np.array([0, 0, 12.0]), np.array([3.0, np.nan, 10.0])).tolist() == [
        21, 20, 20,
    ]  # fmt: skip


def test_a_budget_buys_what_no_other_choice_of_packs_beats():
    panel = shops.poisson(4, 250, seed=9)
    cost = np.array([8.0, 15.0, 3.0, 18.0])
    case = need(panel, 12.0, cost=cost, pack=np.full(4, 20.0))
    lines, horizon = lines_of(panel, case), calibrate(panel, 22)
    price, pack = np.full(4, 20.0), np.full(4, 20.0)
    whole = sum(line.value for line in lines)

    def profit(quantities):
        total = 0.0
        for line, quantity in zip(lines, quantities, strict=True):
            row = panel.skus.index(line.sku)
            future = np.maximum(horizon.mean[row] + horizon.spread[row] * horizon.errors[0], 0)
            sold = np.maximum(future - 12, 0).mean() - np.maximum(future - 12 - quantity, 0).mean()
            total += (20 - line.cost) * sold
        return total

    for share in (0.2, 0.5, 0.8):
        found = allocate_budget(lines, whole * share, horizon, price, pack)
        assert found.spent <= whole * share + 1e-9
        assert found.gain == pytest.approx(profit(found.quantities))
        choices = itertools.product(*[np.arange(0, line.quantity + 1, 20) for line in lines])
        best = max(
            profit(choice)
            for choice in choices
            if sum(q * line.cost for q, line in zip(choice, lines, strict=True)) <= whole * share
        )
        assert found.gain >= 0.9 * best
        assert found.bound >= best - 1e-6
    assert allocate_budget(lines, 0.0, horizon, price, pack).spent == 0
    with pytest.raises(SpecError):
        allocate_budget(lines, -1.0, horizon, price, pack)


def test_clearance_spares_what_the_lead_time_needs():
    table = pd.DataFrame(
        {
            "sku": ["far", "much", "dead"], "title": ["far", "much", "dead"], "supplier": "S",
            "on_hand": [80.0, 80.0, 40.0], "cost": [10.0, 10.0, 50.0], "daily_sales": [2.0, 1.0, 0.0],
            "idle_days": [0.0, 0.0, 120.0], "alert": ["excess", "excess", "dead"], "upto": [90.0, 30.0, 0.0],
        }
    )  # fmt: skip
    found = clearance(table).set_index("sku")
    assert found.index.tolist() == ["dead", "much", "far"]
    assert found["surplus"].tolist() == [40, 50, 20]
    assert found["tied_up"].tolist() == [2000, 500, 200]
    assert found["planned"].tolist() == [False, False, True]
    assert found.loc["much", "days_to_clear"] == 80
    assert found.loc["much", "days_with_discount"] == pytest.approx(80 * 0.8**2)
    with pytest.raises(SpecError):
        clearance(table, discount=1.0)


@pytest.mark.row(139, 140)
def test_suppliers():
    rows = [
        (str(n), f"P{n % 3}", "slow", "2026-01-01", "2026-01-11", "2026-01-14" if n % 4 == 0 else "2026-01-10",
         100.0, 100.0, 2.0, "received")
        for n in range(40)
    ]  # fmt: skip
    rows += [
        (f"x{n}", "Q", "new", "2026-01-01", "2026-01-11", "2026-01-11", 50.0, None, 0.0, "received") for n in range(6)
    ]
    rows += [("late", "Q", "new", "2026-01-20", "2026-02-01", None, 50.0, None, None, "open")]
    found = suppliers(purchases(*rows), TODAY).set_index("supplier")
    assert found.index.tolist() == ["slow", "new"]
    assert (found.loc["slow", "late"], found.loc["slow", "deliveries"]) == (10, 40)
    assert found.loc["slow", "late_verdict"] == "fail"
    assert found.loc["slow", "defect_rate"] == pytest.approx(0.02)
    assert found.loc["slow", "delay_days"] == 3
    assert found.loc["new", "late_verdict"] == "too_few"
    assert (found.loc["new", "open"], found.loc["new", "overdue"]) == (1, 1)
    times = lead_times(purchases(*rows), ["P0", "Q", "Z"], least=10).set_index("sku")
    assert times.loc["P0", "lead_source"] == "product"
    assert np.isnan(times.loc["Z", "lead_days"])
    mine = [13 if n % 4 == 0 else 9 for n in range(0, 40, 3)]
    assert times.loc["P0", "lead_days"] == pytest.approx(np.mean(mine))
    assert times.loc["P0", "lead_sd"] == pytest.approx(np.std(mine, ddof=1))
    assert times.loc["Q", "lead_source"] == ""


@pytest.mark.row(7, 148, 314)
def test_profit_a_unit_names_what_it_assumed():
    found = unit_profit(100, 60, {"commission": 0.05, "freight": 5, "promotion": 0.1, "return_rate": 0.1})
    assert found.net == pytest.approx(40 - 5 - 5 - 10 - 0.6)
    assert found.assumed == ("return_cost", "duty")
    table = pd.DataFrame({"sku": ["a", "b"], "title": ["a", "b"], "price": [100.0, 50.0], "cost": [60.0, 49.0]})
    rates = {"commission": 0.05, "freight": 5.0, "promotion": 0.1, "return_rate": 0.1}
    whole = profits(table, rates).set_index("sku")
    assert whole.loc["a", "net"] == pytest.approx(found.net)
    assert whole.index.tolist() == ["b", "a"]
    for wrong in ({"tax": 1.0}, {"freight": -1.0}):
        with pytest.raises(SpecError):
            unit_profit(100, 60, wrong)


@pytest.mark.row(146, 147)
def test_the_handbooks_conditions():
    table = pd.DataFrame(
        {
            "sku": list("abcd"), "title": list("abcd"), "gross_margin": [0.4, 0.29, 0.4, 0.4],
            "units": [2000.0, 2000.0, 2000.0, 20.0], "returned": [20.0, 20.0, 200.0, 0.0],
            "roi": [3.0, 3.0, np.inf, 2.0],
        }
    )  # fmt: skip
    found = selection(table).set_index("sku")
    assert found["taken"].tolist() == ["pass", "fail", "fail", "fail"]
    assert found.loc["d", "return_verdict"] == "too_few"
    assert found.loc["c", "roi_verdict"] == "unknown"


@pytest.mark.row(149, 151)
def test_roles_and_quadrants():
    table = pd.DataFrame(
        {
            "category": "x", "price": [10.0, 11.0, 12.0, 30.0, 12.0], "gross_margin": [0.1, 0.5, 0.5, 0.6, 0.2],
            "net_margin": [0.02, 0.3, 0.3, 0.4, 0.1], "rate": [10.0, 9.0, 0.1, 0.2, 3.0],
            "supplier_verdict": ["fail", "pass", "pass", "pass", "pass"],
        }
    )  # fmt: skip
    assert price_roles(table).tolist() == ["traffic", "profit", "profit", "image", ""]
    assert quadrant(table).tolist() == ["hot_at_risk", "", "long_tail", "long_tail", ""]


@pytest.mark.row(154)
def test_a_ladder_whose_cheapest_rung_is_missing():
    table = pd.DataFrame(
        {"sku": list("abcde"), "item_id": ["1", "1", "2", "2", "3"], "price": [10.0, 20.0, 10.0, 50.0, 5.0],
         "available": [0.0, 5.0, 3.0, 3.0, 0.0]}
    )  # fmt: skip
    found = price_ladder(table).set_index("item_id")
    assert found.index.tolist() == ["1", "2"]
    assert found["bait"].tolist() == [True, False]
    assert found["wide"].tolist() == [False, True]


@pytest.mark.row(155)
def test_missing_attributes_count_only_where_the_export_has_them():
    table = pd.DataFrame(
        {"sku": ["a", "b"], "title": ["x", "y"], "category": ["c", ""], "brand": ["d", None], "model": [None, None]}
    )
    found = completeness(table).set_index("sku")
    assert found.loc["b", "fields"] == 3
    assert found.loc["b", "share"] == pytest.approx(2 / 3)
    assert found.loc["b", "lacking"] == "category, brand"
    assert found["failed"].to_dict() == {"b": True, "a": False}


@pytest.mark.row(301)
def test_small_numbers_make_no_best_seller():
    random = np.random.default_rng(0)
    visitors = np.concatenate([np.full(30, 2000.0), [4.0]])
    rate = np.concatenate([np.full(29, 0.05), [0.12, 0.5]])
    table = pd.DataFrame(
        {
            "product": [f"p{n}" for n in range(31)], "title": "t", "visitors": visitors,
            "cart_users": random.binomial(visitors.astype(int), rate),
            "pay_buyers": random.binomial(visitors.astype(int), rate),
        }
    )  # fmt: skip
    found = shortlist(table)
    assert found.loc[0, "product"] == "p29"
    assert found.loc[0, "sure"]
    low = shrunk(table["cart_users"], visitors)[0]
    assert low[30] < 0.3


@pytest.mark.row(156, 157)
def test_categories_grow_beyond_chance_only():
    random = np.random.default_rng(1)
    units = random.poisson(8.0, (6, 250)).astype(float)
    units[0:2, -56:] *= 2
    units[4:6, :-30] = 0
    found = category_trends(shops.made(units), ["up", "up", "flat", "flat", "fresh", "fresh"]).set_index("category")
    assert found["stage"].to_dict() == {"up": "growth", "flat": "saturation", "fresh": "unknown"}
    assert found.loc["up", "low"] > 0.5
