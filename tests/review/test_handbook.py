"""Rows of the handbooks about the weekly review: goals with their pace, and a product that is carted and not paid."""

import datetime as dt

import pytest

from ecops.periods import Period
from ecops.review import Target, Targets, collect, stages, weekly

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


@pytest.mark.row(42, 73)
def test_the_goals_of_six_and_twelve_months_say_the_pace_they_need(own_shop):
    assert stages()["growth"].goals["pay_conversion"] == 0.05
    assert stages()["maturity"].goals["repeat_share"] == 0.40
    due = WEEK.end + dt.timedelta(weeks=26)
    Targets(own_shop.state).set("li", Target("pay_conversion", 0.05, due, dt.date(2026, 11, 1), 0.032))
    row = next(row for row in weekly(own_shop).kpis if row.metric.key == "pay_conversion")
    assert row.progress.weeks_left == 26
    assert row.progress.slope == pytest.approx((0.05 - row.value) / 26)
    assert row.progress.state == "behind"


@pytest.mark.row(77)
def test_many_carts_and_few_payments_lead_to_trust_marks_and_another_promotion(shop):
    (product,) = [item for item in collect(shop, WEEK) if item.kind == "product"]
    assert product.subject == {"platform": "taobao", "sku": "NW-E03"}
    told = product.headline.text("en")
    assert "put it into the cart, but only" in told
    assert product.after < product.before
    assert "trust badges on the payment page" in product.action.text.text("en")
    assert "free shipping for three items" in product.action.text.text("en")
