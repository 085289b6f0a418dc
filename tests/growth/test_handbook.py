"""Rows of the handbooks about figures and their advice, on shops small enough to be worked out by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.growth import diagnose
from ecops.metrics import kpis
from ecops.periods import Period
from tests.growth.shops import simulate_orders, simulate_traffic

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
DAYS = [dt.date(2026, 11, 2) + dt.timedelta(days=n) for n in range(14)]
SEARCH = {
    "impressions": 20_000, "clicks": 1_200, "visitors": 1_000, "page_views": 4_000, "bounce_rate": 0.40,
    "dwell_seconds": 90.0, "favourites": 50, "cart_users": 100, "order_buyers": 60, "pay_buyers": 48,
    "pay_amount": 4_800.0,
}  # fmt: skip
PAID = {
    "impressions": 40_000, "clicks": 600, "visitors": 500, "page_views": 800, "bounce_rate": 0.70,
    "dwell_seconds": 20.0, "favourites": 10, "cart_users": 20, "order_buyers": 10, "pay_buyers": 5,
    "pay_amount": 400.0,
}  # fmt: skip


def figures(tables, by=None):
    """Metric -> value of the week, or (metric, segment) -> value when split."""
    result = kpis(tables, WEEK, by=by)
    if by is None:
        return {key: kpi.value for key, kpi in result.kpis.items()}
    return result.table.set_index(["metric", by])["value"].to_dict()


@pytest.fixture(scope="module")
def traffic():
    """Every day alike, from search and from paid promotion."""
    rows = [
        {"date": day, "platform": "taobao", "shop": "s", "level": "source", "channel": channel, **numbers}
        for day in DAYS
        for channel, numbers in (("search", SEARCH), ("paid", PAID))
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def spending():
    rows = [
        {"date": day, "platform": "taobao", "shop": "s", "channel": "paid", "cost": 200.0, "clicks": 600,
         "paid_amount": 500.0, "new_buyers": 4}
        for day in DAYS
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.row(5, 64)
def test_the_figures_of_the_whole_shop(traffic):
    found = figures({"traffic_daily": traffic})
    assert (found["visitors"], found["page_views"]) == (7 * 1_500, 7 * 4_800)
    assert found["pay_conversion"] == pytest.approx(53 / 1_500)
    assert found["value_per_buyer"] == pytest.approx(5_200 / 53)
    assert found["ctr"] == pytest.approx(1_800 / 60_000)
    assert found["cart_rate"] == pytest.approx(120 / 1_500)
    assert found["order_rate"] == pytest.approx(70 / 1_500)
    assert found["payment_rate"] == pytest.approx(53 / 70)
    assert found["favourite_cart_rate"] == pytest.approx(180 / 1_500)


@pytest.mark.row(4, 21, 65, 66)
def test_the_figures_of_a_source(traffic):
    found = figures({"traffic_daily": traffic}, "channel")
    assert found["visitors", "search"] == 7 * 1_000
    assert found["ctr", "search"] == pytest.approx(0.06)
    assert found["ctr", "paid"] == pytest.approx(0.015)
    assert (found["dwell_seconds", "search"], found["dwell_seconds", "paid"]) == pytest.approx((90, 20))
    assert (found["bounce_rate", "search"], found["bounce_rate", "paid"]) == pytest.approx((0.40, 0.70))
    assert (found["page_depth", "search"], found["page_depth", "paid"]) == pytest.approx((4.0, 1.6))
    assert (found["pay_conversion", "search"], found["pay_conversion", "paid"]) == pytest.approx((0.048, 0.01))
    assert (found["uv_value", "search"], found["uv_value", "paid"]) == pytest.approx((4.8, 0.8))
    whole = figures({"traffic_daily": traffic})
    assert whole["dwell_seconds"] == pytest.approx((1_000 * 90 + 500 * 20) / 1_500)
    assert whole["bounce_rate"] == pytest.approx((1_000 * 0.40 + 500 * 0.70) / 1_500)


@pytest.mark.row(6, 8, 19)
def test_what_promotion_returns(traffic, spending):
    found = figures({"traffic_daily": traffic, "ad_spend_daily": spending})
    assert found["ad_cost"] == 1_400
    assert found["roi"] == pytest.approx(2.5)
    assert found["cac"] == pytest.approx(50)


@pytest.mark.row(3, 192)
def test_the_share_of_paid_traffic(traffic, spending):
    assert figures({"traffic_daily": traffic, "ad_spend_daily": spending})["paid_click_share"] == pytest.approx(0.4)


@pytest.mark.row(187, 190)
def test_what_promotion_returns_by_channel(spending):
    other = spending.assign(channel="feed", cost=100.0, paid_amount=100.0, new_buyers=1)
    found = figures({"ad_spend_daily": pd.concat([spending, other])}, "channel")
    assert (found["roi", "paid"], found["roi", "feed"]) == pytest.approx((2.5, 1.0))
    assert found["cac", "paid"] == pytest.approx(50)


def test_what_a_new_buyer_costs_leaves_out_promotion_that_does_not_say_how_many_it_won(spending):
    silent = spending.assign(campaign="two", tool="other", cost=900.0, new_buyers=np.nan)
    found = figures({"ad_spend_daily": pd.concat([spending, silent])})
    assert found["cac"] == pytest.approx(50)
    assert found["ad_cost"] == 7 * (200 + 900)


@pytest.mark.row(7)
def test_what_is_left_after_the_goods():
    lines = pd.DataFrame(
        {"platform": "jd", "order_id": ["1", "2"], "ordered_at": pd.Timestamp("2026-11-10"), "sku": "S",
         "quantity": 1, "paid_amount": [100.0, 60.0], "refund_amount": [0.0, 10.0], "cost": [50.0, 25.0]}
    )  # fmt: skip
    assert figures({"order_lines": lines})["gross_margin"] == pytest.approx((160 - 10 - 75) / 150)


@pytest.mark.row(230)
def test_what_was_given_back_by_product():
    lines = pd.DataFrame(
        {"platform": "jd", "order_id": ["1", "2", "3"], "line_id": "1", "ordered_at": pd.Timestamp("2026-11-10"),
         "sku": ["A", "A", "B"], "title": ["a", "a", "b"], "quantity": 1, "paid_amount": [100.0, 100.0, 50.0],
         "refund_amount": [20.0, 0.0, 50.0]}
    )  # fmt: skip
    found = figures({"order_lines": lines}, "title")
    assert (found["refund_rate", "a"], found["refund_rate", "b"]) == pytest.approx((0.1, 1.0))


def advised(data, metric):
    """The advice under what is confirmed of a metric."""
    return next(item.action for item in diagnose(data, WEEK).confirmed if item.metric == metric)


@pytest.mark.row(11)
def test_advice_where_traffic_is_low():
    shop = simulate_traffic(8)
    counts = ["visitors", "cart_users", "order_buyers", "pay_buyers", "pay_amount"]
    late = shop["date"] >= WEEK.start
    shop[counts] = np.where(late.to_numpy()[:, None], shop[counts] // 2, shop[counts])
    advice = advised({"traffic_daily": shop}, "visitors")
    assert (advice.owner, advice.text.text("zh")) == ("marketing", "优化搜索关键词、蹭热点话题，并放宽付费投放人群。")
    assert "keywords" in advice.text.text("en")
    assert "paid audience" in advice.text.text("en")


@pytest.mark.row(12)
def test_advice_where_conversion_is_low():
    shop = simulate_traffic(8).drop(columns=["cart_users", "order_buyers"])
    late = shop["date"] >= WEEK.start
    paid = shop[["pay_buyers", "pay_amount"]]
    shop[paid.columns] = paid.where(~late, paid * 0.6 // 1)
    advice = advised({"traffic_daily": shop}, "pay_conversion")
    assert advice.owner == "operations"
    assert "detail page" in advice.text.text("en")
    assert "warranty" in advice.text.text("en")


@pytest.mark.row(13)
def test_advice_where_few_come_back():
    orders = simulate_orders(3, daily=400)
    late = (orders["ordered_at"].dt.date >= WEEK.start) & (np.arange(len(orders)) % 3 > 0)
    orders.loc[late, "buyer_id"] = [f"new{n}" for n in range(late.sum())]
    advice = advised(orders, "repeat_share")
    assert "birthday gift" in advice.text.text("en")
    assert "monthly coupon" in advice.text.text("en")


@pytest.mark.row(15)
def test_advice_where_an_order_is_worth_less():
    shop = simulate_traffic(8)
    shop["pay_amount"] = shop["pay_amount"].where(shop["date"] < WEEK.start, shop["pay_amount"] * 0.6)
    advice = advised({"traffic_daily": shop}, "value_per_buyer")
    assert "related products" in advice.text.text("en")
