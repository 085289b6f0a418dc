"""Shops for tests: any canonical tables as something that answers queries, and a simulator of daily traffic."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa

from ecops.store.engine import Engine
from ecops.store.rollups import BASE, NAMES, sql
from ecops.tables import table

ENGINE = Engine()


def canonical(name, frame):
    """`frame` with every column of the canonical table, in its type."""
    entry = table(name)
    full = pd.DataFrame({column.name: frame.get(column.name) for column in entry.columns}, index=frame.index)
    casts = ", ".join(f'cast("{column.name}" as {column.sql_type}) as "{column.name}"' for column in entry.columns)
    raw = pa.Table.from_pandas(full.astype(object).where(full.notna(), None), preserve_index=False)
    return ENGINE.query(f"select {casts} from raw", {}, {"raw": raw})


class Tables:
    """Canonical tables and their roll-ups in memory."""

    def __init__(self, currency="CNY", **frames):
        self.currency = currency
        self.version = "1"
        self.tables = {name: canonical(name, frame) for name, frame in frames.items()}
        if {"order_lines", "orders"} & set(self.tables):
            for name in ("order_lines", "orders"):
                self.tables.setdefault(name, canonical(name, pd.DataFrame({"order_id": pd.Series(dtype=object)})))
            for name in (BASE, *NAMES):
                self.tables[name] = ENGINE.query(sql(name), {}, self.tables)

    def has(self, name):
        return name in self.tables and self.tables[name].num_rows > 0

    def query(self, text, params=None):
        return ENGINE.query(text, params or {}, {name: rows for name, rows in self.tables.items() if name in text})


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
    rows = []
    for platform in platforms:
        whole_day = np.exp(random.normal(0, spread / 2, days)) * week
        for channel in channels:
            for device in devices:
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
                money = np.array([random.lognormal(np.log(value), 0.7, n).sum() for n in pays]).round(2)
                rows.append(
                    pd.DataFrame(
                        {
                            "date": dates, "platform": platform, "shop": "one", "level": "source", "channel": channel,
                            "device": device, "visitors": came, "cart_users": carts, "order_buyers": orders,
                            "pay_buyers": pays, "pay_amount": money,
                        }
                    )
                )  # fmt: skip
    return pd.concat(rows, ignore_index=True)
