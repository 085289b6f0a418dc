"""Goals of customers, categories and products; products reviewed against them; what suits which platform."""

import datetime as dt
import math

import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.periods import Period
from ecops.review import Target, Targets
from ecops.review.branches import figures, platforms, products
from ecops.store.inputs import open_data
from ecops.store.state import State

WEEK = Period(dt.date(2026, 5, 11), dt.date(2026, 5, 17))
DUE = dt.date(2026, 8, 31)


def line(order, buyer, day, sku, amount, **more):
    return {
        "platform": "taobao", "order_id": order, "buyer_id": buyer, "paid_at": pd.Timestamp(day),
        "ordered_at": pd.Timestamp(day), "sku": sku, "title": sku.lower(), "quantity": 1.0, "paid_amount": amount,
        "status": "paid", **more,
    }  # fmt: skip


@pytest.fixture
def shop():
    """Ann bought in April, Ben is new in the week; a cup sells to both, a scarf to Ben, a pan is a month old."""
    lines = [
        line("0", "zoe", "2025-12-01", "CUP", 10.0),
        line("1", "ann", "2026-04-01", "CUP", 50.0),
        line("2", "zoe", "2026-05-05", "CUP", 80.0),
        line("3", "ann", "2026-05-12", "CUP", 60.0, cost=24.0),
        line("4", "ben", "2026-05-13", "CUP", 60.0, cost=24.0),
        line("5", "ben", "2026-05-14", "SCARF", 100.0),
        line("5b", "ben", "2026-05-14", "SCARF", -20.0),
        line("6", "zoe", "2026-05-15", "PAN", 30.0),
    ]
    traffic = [
        ("2026-05-06", "CUP", 100, 1, 80.0, 10),
        ("2026-05-12", "CUP", 200, 2, 120.0, 20),
    ]
    seen = pd.DataFrame(traffic, columns=["date", "sku", "visitors", "pay_buyers", "pay_amount", "cart_users"])
    ads = pd.DataFrame(
        [("2026-05-12", "taobao", "SCARF", 25.0, 75.0)], columns=["date", "platform", "title", "cost", "paid_amount"]
    )
    return open_data(
        {
            "order_lines": pd.DataFrame(lines),
            "products": pd.DataFrame(
                {"sku": ["CUP", "SCARF", "PAN"], "title": ["Cup", "Scarf", "Pan"],
                 "category": ["kitchen", "apparel", "kitchen"]}
            ),
            "traffic_daily": seen.assign(date=pd.to_datetime(seen["date"]), platform="taobao", level="item"),
            "ad_spend_daily": ads.assign(date=pd.to_datetime(ads["date"])),
        }
    )  # fmt: skip


def target(key, value, who, whose):
    return Target(key, value, DUE, WEEK.end, 1.0, who=who, whose=whose)


@pytest.mark.row(2)
def test_the_goal_splits_into_new_and_returning_customers_and_categories(shop):
    by = figures.branch_figures(shop, WEEK)
    # Ben is new: 60 + 100; Ann and Zoe had paid before: 60 + 30.
    assert by["customers", "new"]["gmv"] == 160.0
    assert by["customers", "returning"]["gmv"] == 90.0
    assert by["category", "kitchen"]["gmv"] == 150.0
    assert by["category", "apparel"] == {
        "gmv": 100.0, "units": 1.0, "buyers": 1.0, "orders": 1.0, "refund_rate": 0.2, "value_per_buyer": 100.0,
    }  # fmt: skip
    aims = [
        target("gmv", 200.0, "new", "customers"), target("gmv", 100.0, "returning", "customers"),
        target("gmv", 140.0, "kitchen", "category"),
    ]  # fmt: skip
    told = figures.branches(shop, WEEK, aims)
    assert [(one.target.who, one.value, one.state) for _, one in told] == [
        ("new", 160.0, "on_track"), ("returning", 90.0, "on_track"), ("kitchen", 150.0, "reached"),
    ]  # fmt: skip
    whole = Target("gmv", 400.0, DUE, WEEK.end, 1.0)
    assert figures.covered(told, whole).text("en").startswith("The goals of customers add up to 75% of the shop's goal")
    assert figures.branches(shop, WEEK, [whole]) == ()


@pytest.mark.row(4)
def test_value_of_a_visitor_by_product(shop):
    cup = next(one for one in products.product_reviews(shop, WEEK) if one.sku == "CUP")
    assert cup.figures["uv_value"] == 120.0 / 200
    assert cup.figures["pay_conversion"] == 2 / 200
    assert cup.figures["favourite_cart_rate"] == 20 / 200


@pytest.mark.row(48)
def test_a_best_seller_stands_against_its_goal_with_what_moved_it(shop):
    aims = [target("gmv", 150.0, "CUP", "product"), target("pay_conversion", 0.02, "CUP", "product")]
    cup = next(one for one in products.product_reviews(shop, WEEK, aims) if one.sku == "CUP")
    assert (cup.figures["gmv"], cup.before["gmv"], cup.moved) == (120.0, 80.0, 40.0)
    assert cup.figures["gross_margin"] == pytest.approx(1 - 48 / 120)
    assert cup.new_share == 0.5
    assert [(one.target.metric, one.value, one.state) for one in cup.goals] == [
        ("gmv", 120.0, "on_track"), ("pay_conversion", 0.01, "behind"),
    ]  # fmt: skip
    # Visitors doubled at one conversion, and a buyer brought 60 after 80: log-mean parts of 80 -> 120.
    mean = (120 - 80) / math.log(120 / 80)
    assert cup.drivers["visitors"] == pytest.approx(mean * math.log(2))
    assert cup.drivers["pay_buyers"] == pytest.approx(0)
    assert cup.drivers["pay_amount"] == pytest.approx(mean * math.log(60 / 80))
    assert sum(cup.drivers.values()) == pytest.approx(40.0)
    assert cup.sentence.text("en") == (
        "Cup: 120 of the 150 that were agreed (80%); 40 more than before. Where visitors are counted, visitors brought "
        "most: 68.38."
    )


@pytest.mark.row(47)
def test_a_launch_is_reviewed_against_its_goals(shop):
    aims = [target("roi", 2.0, "SCARF", "product"), target("gmv", 80.0, "SCARF", "product")]
    found = {one.sku: one for one in products.product_reviews(shop, WEEK, aims)}
    assert {sku for sku, one in found.items() if one.new} == {"SCARF", "PAN"}
    scarf = found["SCARF"]
    assert scarf.first_day == dt.date(2026, 5, 14)
    assert [(one.target.metric, one.value, one.state) for one in scarf.goals] == [
        ("roi", 3.0, "reached"), ("gmv", 100.0, "reached"),
    ]  # fmt: skip
    assert math.isnan(scarf.moved)
    assert scarf.sentence.text("en") == "Scarf: 100 of the 80 that were agreed (125%)."


def test_a_young_shop_has_no_new_products(shop):
    young = Period(dt.date(2026, 1, 5), dt.date(2026, 1, 11))
    assert [one for one in products.product_reviews(shop, young) if one.new] == []


@pytest.mark.row(39)
def test_a_person_called_like_a_role_keeps_a_goal_of_her_own(tmp_path):
    kept = Targets(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))
    for whose, value in (("department", 0.05), ("person", 0.06)):
        kept.set("li", Target("pay_conversion", value, DUE, WEEK.end, 0.03, who="design", whose=whose))
    assert [(one.level, one.value) for one in kept.parts()] == [("department", 0.05), ("person", 0.06)]
    kept.remove("li", "pay_conversion", "design", "person")
    assert [one.level for one in kept.parts()] == ["department"]


def test_goals_of_long_names_stand_apart(tmp_path):
    kept = Targets(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))
    names = ["x" * 60 + end for end in ("a", "b")]
    for name in names:
        kept.set("li", Target("gmv", 5.0, DUE, WEEK.end, 1.0, who=name, whose="category"))
    assert [one.who for one in kept.parts()] == names
    kept.remove("li", "gmv", names[0], "category")
    assert [one.who for one in kept.parts()] == names[1:]


@pytest.mark.parametrize("told", ["customers:old", "nothing", "category:", "company:x"])
def test_a_branch_that_is_none_is_said(told):
    with pytest.raises(SpecError, match="branch"):
        figures.part(told)


@pytest.mark.row(282)
def test_which_platform_suits_which_goods(shop):
    told = {one.category: one for one in platforms.platform_fit(shop, WEEK)}
    assert (told["kitchen"].goods, told["apparel"].goods) == ("standard", "taste")
    assert told["apparel"].share == 1.0
    assert told["kitchen"].sentence.text("en") == (
        "kitchen (standard goods): the handbook puts JD first; 0% of its sales come from there."
    )
