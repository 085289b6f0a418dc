"""Small made-up shops: panels with known demand, and tables of a whole shop."""

import datetime as dt

import numpy as np
import pandas as pd

from ecops.inventory.demand.panel import Panel

START = dt.date(2026, 1, 5)  # a Monday


def made(units, start=START):
    """A panel of given units, each product from its first sale on."""
    units = np.asarray(units, dtype=float)
    return Panel(
        skus=tuple(f"P{row:03d}" for row in range(len(units))),
        start=start,
        units=units,
        sales=units * 10,
        returned=np.zeros_like(units),
        first=(units > 0).argmax(axis=1),
        demand=units.copy(),
        exposure=np.ones_like(units),
        bulk=np.zeros(units.shape, dtype=bool),
    )


def poisson(products=60, days=300, seed=1, mean=3.0):
    random = np.random.default_rng(seed)
    rate = mean * random.gamma(2.0, 0.5, products)[:, None]
    units = random.poisson(rate * np.ones(days)).astype(float)
    units[:, 0] = np.maximum(units[:, 0], 1)
    return made(units)


def lines(frame):
    """Order lines of a frame with sku, ordered_at, quantity."""
    rows = frame.reset_index(drop=True)
    return rows.assign(
        platform="web", order_id=[f"O{place}" for place in range(len(rows))], paid_amount=rows["quantity"] * 20.0
    )


def shop(days=120, stock=(("A", 9), ("B", 400))):
    """A shop of two products, A sells two a day and B one, with one count of stock on the last day."""
    dates = pd.date_range("2026-01-01", periods=days)
    sold = pd.concat(
        [
            pd.DataFrame({"sku": "A", "ordered_at": dates, "quantity": 2}),
            pd.DataFrame({"sku": "B", "ordered_at": dates, "quantity": 1}),
        ]
    )
    counts = pd.DataFrame([(dates[-1], sku, units) for sku, units in stock], columns=["date", "sku", "on_hand"])
    products = pd.DataFrame({"sku": ["A", "B"], "title": ["Apple", "Bread"], "cost": [8.0, 5.0], "price": [20.0, 20.0]})
    return {"order_lines": lines(sold), "inventory_snapshots": counts, "products": products}
