"""Each alert rule about rivals fires on a shop made for it, and is silent on its twin in which nothing happened."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.metrics.measured import measured
from ecops.periods import Period
from ecops.review.alarms import alerts, default_rules
from ecops.store.inputs import open_data

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
OWN = {"platform": "taobao", "shop": "us"}
NAMES = ["steel flask", "glass jug", "rice bowl", "frying pan", "bamboo board", "cotton quilt", "latex pillow",
         "desk lamp", "garment steamer", "storage box", "wall shelf", "hand warmer"]  # fmt: skip


def opened(**tables):
    days = pd.DataFrame({"date": pd.date_range("2026-09-01", "2026-11-15"), **OWN, "level": "shop", "visitors": 500})
    return open_data({"traffic_daily": tables.pop("traffic", days), **tables})


def listings(factor):
    """Twelve products, ours `factor` times as dear as the rival's, give or take."""
    rows = []
    for place, name in enumerate(NAMES):
        swing = 1 + 0.01 * (place % 5 - 2)
        for shop, price in (("us", 100 * factor * swing), ("r", 100.0)):
            rows.append({"date": "2026-11-15", "platform": "taobao", "shop": shop, "sku": f"{shop}{place}",
                         "title": f"{name} {place + 10}x", "gtin": f"69{place:05d}", "price_text": f"¥{price:.2f}",
                         "sales_30d": 50.0})  # fmt: skip
    return pd.DataFrame(rows)


def prices(cut):
    """A rival's price by day that falls in the last week, or stays; ours is 100."""
    days = pd.date_range("2026-10-01", "2026-11-15")
    fell = (days >= pd.Timestamp("2026-11-11")) & cut
    return pd.DataFrame(
        {"date": days, "platform": "taobao", "shop": "r", "sku": "r0", "price": np.where(fell, 80, 100)}
    )


def reviews(stars_of_rival=4.2, topic_now=0.02, n=400):
    """Our reviews of sixteen weeks, of which some complain of leaking, and a rival's."""
    random = np.random.default_rng(3)
    rows = []
    for shop, mean in (("us", 4.2), ("r", stars_of_rival)):
        for place in range(n):
            day = pd.Timestamp("2026-11-15") - pd.Timedelta(days=int(random.integers(0, 112)))
            new = day > pd.Timestamp("2026-10-18")
            leaks = shop == "us" and random.random() < (topic_now if new else 0.02)
            good = random.random() < (mean - 1) / 4
            text = "杯盖漏水，放包里不放心" if leaks else "做工精细，很喜欢" if good else "发货太慢，等了五天"
            rows.append({**OWN, "shop": shop, "review_id": f"{shop}{place}", "date": day, "sku": "x",
                         "stars": 1 if leaks else 5 if good else 1, "text": text})  # fmt: skip
    return pd.DataFrame(rows)


def ranks(falls):
    """Peers of two months; we convert better than nearly all of them in the first and, where it falls, worse after."""
    days = pd.date_range("2026-09-01", "2026-11-15")
    rate = np.where((days >= pd.Timestamp("2026-10-01")) & falls, 0.010, 0.040)
    own = pd.DataFrame({"date": days, **OWN, "level": "shop", "visitors": 1000, "pay_buyers": 1000 * rate,
                        "pay_amount": 90_000 * rate})  # fmt: skip
    peers = pd.DataFrame(
        [
            {"shop": f"p{place}", "platform": "taobao", "period": month, "visitors": 30_000,
             "conversion_rate": 0.018 + 0.002 * place}
            for month in ("2026-09-01", "2026-10-01")
            for place in range(10)
        ]
    )  # fmt: skip
    return opened(traffic=own, peer_kpis=peers)


SHOPS = {
    "price_index": lambda moved: opened(listings=listings(1.4 if moved else 1.05)),
    "rival_cuts": lambda moved: opened(listings=listings(1.0), price_history=prices(moved)),
    "rating_gap": lambda moved: opened(reviews=reviews(stars_of_rival=4.95 if moved else 4.2)),
    "new_complaints": lambda moved: opened(reviews=reviews(topic_now=0.25 if moved else 0.02)),
    "peer_ranks_lost": ranks,
}


@pytest.mark.row(166, 176, 181)
@pytest.mark.parametrize("metric", SHOPS)
def test_a_rule_fires_on_its_shop_and_not_on_its_twin(metric):
    rules = [rule for rule in default_rules() if rule.metric == metric]
    assert len(rules) == 1
    (alert,) = alerts(SHOPS[metric](True), WEEK, rules)
    assert alert.value > rules[0].threshold
    assert alert.sentence.text("zh")
    assert alerts(SHOPS[metric](False), WEEK, rules) == ()


def test_an_interval_that_reaches_the_limit_alarms_nobody():
    noisy = listings(1.0)
    ours = noisy["shop"] == "us"
    noisy.loc[ours, "price_text"] = [
        f"¥{price}" for price in [90, 95, 100, 110, 118, 121, 122, 123, 124, 125, 150, 180]
    ]
    data = opened(listings=noisy)
    index = measured(data, WEEK, "competitors")["price_index"]
    assert index.value > 120 > index.low
    assert alerts(data, WEEK, [rule for rule in default_rules() if rule.metric == "price_index"]) == ()


def test_old_reviews_tell_nothing_new():
    data = opened(reviews=reviews(topic_now=0.25))
    later = Period(dt.date(2027, 1, 4), dt.date(2027, 1, 10))
    assert "new_complaints" in measured(data, WEEK, "competitors")
    assert "new_complaints" not in measured(data, later, "competitors")
