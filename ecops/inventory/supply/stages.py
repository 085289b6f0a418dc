"""Where does the time of an order go: until it is declared, at customs, from there to the shelf?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from ecops.inventory.supply.deliveries import dated

if TYPE_CHECKING:
    import pandas as pd


def stages(purchases: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """The stages of lead time of every supplier whose goods pass customs.

    Args:
        purchases: see `ecops.inventory.supply.deliveries.suppliers`, with declared_on and cleared_on.
        today: last day of the data.

    Returns:
        supplier, orders (that passed all stages), before, clearance, after (mean days until declared, at customs, from
        there to receipt; they add up to lead_days), clearance_sd, clearance_longest (days), share (of the variance of
        lead time that comes with clearance: its covariance with the whole; NaN under five orders), waiting (orders at
        customs now), waiting_days (of the oldest of them), the longest clearance first. Orders whose days run backwards
        count nowhere.
    """
    import pandas as pd

    rows = dated(purchases).drop_duplicates(["po_id", "supplier", "declared_on", "cleared_on", "received_on"])
    rows = rows[rows["declared_on"].notna()]
    whole = rows[rows["cleared_on"].notna() & rows["received_on"].notna()]
    parts = whole[["supplier"]].assign(
        before=(whole["declared_on"] - whole["ordered_on"]).dt.days,
        clearance=(whole["cleared_on"] - whole["declared_on"]).dt.days,
        after=(whole["received_on"] - whole["cleared_on"]).dt.days,
        lead_days=(whole["received_on"] - whole["ordered_on"]).dt.days,
    )
    parts = parts[(parts[["before", "clearance", "after"]] >= 0).all(axis=1)]
    groups = parts.groupby("supplier", sort=True)
    found = groups[["before", "clearance", "after", "lead_days"]].mean()
    found = found.assign(
        orders=groups.size(), clearance_sd=groups["clearance"].std(), clearance_longest=groups["clearance"].max(),
        share=pd.Series({name: _share(rows) for name, rows in groups}, dtype=float),
    )  # fmt: skip
    waits = rows[rows["cleared_on"].isna() & rows["received_on"].isna() & (rows["status"] != "cancelled")]
    days = (pd.Timestamp(today) - waits["declared_on"]).dt.days
    waiting = waits.assign(days=days).groupby("supplier")["days"].agg(["size", "max"])
    found = found.reindex(sorted({*found.index, *waiting.index}))
    found = found.assign(
        orders=found["orders"].fillna(0).astype(int),
        waiting=waiting["size"].reindex(found.index).fillna(0).astype(int),
        waiting_days=waiting["max"].reindex(found.index),
    )
    found.index.name = "supplier"
    return found.reset_index().sort_values(
        ["clearance", "supplier"], ascending=[False, True], kind="stable", ignore_index=True
    )


def _share(rows: pd.DataFrame) -> float:
    whole = float(np.var(rows["lead_days"]))
    if len(rows) < 5 or whole == 0:
        return float("nan")
    return float(np.cov(rows["clearance"], rows["lead_days"], bias=True)[0, 1] / whole)
