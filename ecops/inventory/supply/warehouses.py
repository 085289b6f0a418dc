"""Does the warehouse know what it has, how fast does it pick, and does what leaves weigh what it should?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ecops.handbook import parameter
from ecops.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd


def accuracy(takes: pd.DataFrame, cost: Mapping[str, float]) -> pd.DataFrame:
    """How often what the system says is what people counted.

    Args:
        takes: warehouse, sku, on_hand, counted.
        cost: sku -> cost of a unit.

    Returns:
        warehouse, counts (products counted), right (of them equal), rate with low and high (Wilson), missing and
        surplus (units that the system has too many and too few), value (of both at cost, money; what has no cost counts
        nothing), the least accurate first.
    """
    gap = takes["counted"] - takes["on_hand"]
    worth = gap.abs() * takes["sku"].map(dict(cost)).astype(float).fillna(0.0)
    rows = takes[["warehouse"]].assign(
        counts=1, right=(gap == 0).astype(int), missing=(-gap).clip(lower=0.0), surplus=gap.clip(lower=0.0), value=worth
    )
    return _rated(rows.groupby("warehouse", as_index=False, sort=True).sum(), "right", "counts").sort_values(
        ["rate", "warehouse"], kind="stable", ignore_index=True
    )


def work(told: pd.DataFrame) -> pd.DataFrame:
    """Orders picked an hour, and parcels of a wrong weight.

    Args:
        told: of `queries/warehouse_work.sql`.

    Returns:
        warehouse, picked, hours, an_hour (orders; NaN without hours), weighed, weight_off, rate with low and high
        (share of a wrong weight, Wilson; NaN where none was weighed).
    """
    hours = told["hours"].where(told["hours"] > 0)
    return _rated(told.assign(an_hour=told["picked"] / hours), "weight_off", "weighed")


def _rated(rows: pd.DataFrame, part: str, whole: str) -> pd.DataFrame:
    low, high = wilson(np.minimum(rows[part], rows[whole]).to_numpy(), rows[whole].to_numpy())
    return rows.assign(rate=rows[part] / rows[whole].where(rows[whole] > 0), low=low, high=high)


def sampled(purchases: pd.DataFrame, overrides: Mapping[str, float] | None = None) -> pd.DataFrame:
    """How much of what came in was inspected, where the purchase orders tell.

    Args:
        purchases: supplier, received_on, received_quantity, quantity, inspected_quantity.
        overrides: thresholds of the handbook.

    Returns:
        supplier, receipts, units (received), inspected (units), share, enough (whether it is the handbook's 10 %),
        below (receipts of which less was inspected), the least inspected first.
    """
    least = parameter("inventory.inbound_sample_min", overrides)
    came = purchases[purchases["received_on"].notna() & purchases["inspected_quantity"].notna()]
    units = came["received_quantity"].fillna(came["quantity"])
    looked = np.minimum(came["inspected_quantity"], units)
    rows = came[["supplier"]].assign(
        receipts=1, units=units, inspected=looked, below=(looked < least * units - 1e-9).astype(int)
    )
    found = rows.groupby("supplier", as_index=False, sort=True).sum()
    share = found["inspected"] / found["units"].where(found["units"] > 0)
    found = found.assign(share=share, enough=share >= least)
    return found.sort_values(["share", "supplier"], kind="stable", ignore_index=True)
