"""What a manager must not see stays out of the week's figures, and so out of its page, its deck and its targets."""

import datetime as dt

from ecops.periods import Period
from ecops.review import weekly
from tests.growth.shops import simulate_orders

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


def test_margin_is_in_the_week_of_finance_and_not_in_that_of_a_manager(monkeypatch):
    orders = simulate_orders(5, days=60)
    shop = orders.assign(cost=orders.paid_amount / 2)
    monkeypatch.delenv("ECOPS_ROLE", raising=False)
    told = {row.metric.key for row in weekly(shop, week=WEEK, stage="maturity").kpis}
    assert "gross_margin" not in told
    monkeypatch.setenv("ECOPS_ROLE", "finance")
    assert {row.metric.key for row in weekly(shop, week=WEEK, stage="maturity").kpis} - told == {
        "gross_margin",
        "net_profit",
    }
