"""Shops for tests: a simulator of daily traffic and of orders, and a payment failure to plant."""

import datetime as dt
from itertools import product

import numpy as np
import pandas as pd


def simulate_traffic(
    seed,
    *,
    days=56,
    end=dt.date(2026, 11, 15),
    platforms=("taobao", "douyin", "jd"),
    channels=("search", "recommend", "paid", "direct"),
    devices=("mobile", "desktop"),
    visitors=2500,
    spread=0.15,
    rate_spread=0.08,
    week_spread=0.0,
):
    """Daily traffic by source without any real change: weekday pattern, overdispersed days, correlated rates.

    Returns one row a day, platform, channel and device with visitors, carts, orders, payments and money.
    """
    random = np.random.default_rng(seed)
    dates = [end - dt.timedelta(days=days - 1 - i) for i in range(days)]
    weekday = np.array([1.0, 0.98, 0.97, 1.0, 1.06, 1.22, 1.18])
    pattern = weekday[[day.weekday() for day in dates]]
    weeks = days // 7 + 2
    week = np.exp(random.normal(0, week_spread, weeks))[[(day.toordinal() // 7) % weeks for day in dates]]
    cells, figures = list(product(platforms, channels, devices)), []
    for number, (_, _, device) in enumerate(cells):
        if number % (len(channels) * len(devices)) == 0:
            whole_day = np.exp(random.normal(0, spread / 2, days)) * week
        size = visitors * random.uniform(0.3, 1.5) * (1.0 if device == "mobile" else 0.25)
        mean = size * pattern * whole_day * np.exp(random.normal(0, spread, days))
        came = random.poisson(mean)
        rates = {}
        for name, base in (("cart", 0.11), ("order", 0.5), ("pay", 0.82)):
            level = base * random.uniform(0.8, 1.15)
            size_of_beta = 1 / rate_spread**2
            rates[name] = random.beta(level * size_of_beta, (1 - level) * size_of_beta, days)
        carts = random.binomial(came, rates["cart"])
        orders = random.binomial(carts, rates["order"])
        pays = random.binomial(orders, rates["pay"])
        value = 160 * random.uniform(0.8, 1.2)
        spent = random.lognormal(np.log(value), 0.7, pays.sum())
        money = np.bincount(np.repeat(np.arange(days), pays), spent, days).round(2)
        figures.append((came, carts, orders, pays, money))
    names = ("visitors", "cart_users", "order_buyers", "pay_buyers", "pay_amount")
    places = {
        name: np.repeat(np.array([cell[at] for cell in cells], dtype=object), days)
        for at, name in enumerate(("platform", "channel", "device"))
    }
    counts = {name: np.concatenate([cell[at] for cell in figures]) for at, name in enumerate(names)}
    return pd.DataFrame({"date": np.tile(dates, len(cells)), **places, "shop": "one", "level": "source", **counts})


def fail_payment(traffic, chosen, start, left=0.7, seed=0):
    """The same traffic where, from `start` on, only a part of the payments of the chosen rows goes through."""
    broken = traffic.copy()
    rows = chosen & (broken["date"] >= start)
    paid = np.random.default_rng(seed).binomial(broken.loc[rows, "pay_buyers"], left)
    broken.loc[rows, "pay_amount"] *= paid / broken.loc[rows, "pay_buyers"].clip(lower=1)
    broken.loc[rows, "pay_buyers"] = paid
    return broken


def simulate_orders(seed, days=120, end=dt.date(2026, 11, 15), daily=120, buyers=3000):
    """Order lines of one shop on two platforms, without any real change."""
    random = np.random.default_rng(seed)
    dates = [end - dt.timedelta(days=days - 1 - i) for i in range(days)]
    count = random.poisson(daily * np.exp(random.normal(0, 0.1, days)))
    day = np.repeat(np.array(dates, dtype="datetime64[s]"), count)
    size = len(day)
    ordered = day + random.integers(0, 86_400, size).astype("timedelta64[s]")
    paid = np.where(random.random(size) < 0.9, ordered, np.datetime64("NaT"))
    return pd.DataFrame(
        {
            "platform": random.choice(["taobao", "jd"], size), "shop": "one",
            "order_id": [f"o{i}" for i in range(size)], "line_id": "1",
            "buyer_id": [f"b{i}" for i in random.integers(0, buyers, size)],
            "ordered_at": ordered, "paid_at": paid, "sku": "s", "quantity": 1.0,
            "paid_amount": random.lognormal(5, 0.5, size).round(2), "refund_amount": 0.0,
            "device": random.choice(["mobile", "desktop"], size),
        }
    )  # fmt: skip
