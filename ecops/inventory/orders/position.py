"""What do we really have? Stock that can be sold, less what is promised, plus what will surely come in time.

An order past its promised day is no cover: nobody knows when it comes. Units promised to presale deposits have left,
though they still lie there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ecops.handbook import parameter
from ecops.inventory.demand.panel import Floats
from ecops.inventory.supply.deliveries import dated
from ecops.inventory.supply.waiting import outstanding

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["out", "promised", "alarm", "reorder", "dead", "excess", "idle", "ok"]
"""out: nothing there of what is asked for. promised: all that is there is promised to presale deposits. alarm, reorder:
below 3 and 7 days of sales. dead: 90 days without a sale. excess: above 30 days of sales. idle: stock without a sale in
28 days, not yet dead. ok: none of these."""

LEVELS: tuple[Level, ...] = ("out", "promised", "alarm", "reorder", "dead", "excess", "idle", "ok")


def position(stock: pd.DataFrame, purchases: pd.DataFrame, committed: pd.DataFrame, today: dt.date) -> pd.DataFrame:
    """The net position of every product that is counted, ordered or promised.

    Args:
        stock: sku, on_hand, available, on_order: the last counts.
        purchases: po_id, sku, ordered_on, promised_on, received_on, quantity, received_quantity, status. Without any
            row, the counts' own on_order stands in and counts as on time.
        committed: sku, committed: units of open presale deposits.
        today: last day of the data.

    Returns:
        One row a sku: on_hand, available (less promises; at least 0 on the shelf, below 0 when more is promised than is
        there), committed, on_order (due today or later), overdue (units past their promised day), overdue_days (of the
        oldest such order), next_arrival (day, NaT without), position = available + on_order.
    """
    import pandas as pd

    skus = sorted({*stock["sku"], *purchases["sku"], *committed["sku"]})
    found = pd.DataFrame({"sku": pd.Series(skus, dtype="str")}).merge(
        stock[["sku", "on_hand", "available", "on_order"]], on="sku", how="left"
    )
    for name in ("on_hand", "available", "on_order"):
        found[name] = found[name].fillna(0.0).clip(lower=0.0)
    given = found["sku"].map(committed.set_index("sku")["committed"]) if len(committed) else np.nan
    found["committed"] = pd.Series(given, index=found.index, dtype=float).fillna(0.0)
    found["available"] = found["available"] - found["committed"]
    still = outstanding(dated(purchases))
    still = still[still["missing"] > 0]
    late = still["promised_on"] < pd.Timestamp(today)
    due, late = still[~late], still[late]
    found["overdue"] = 0.0
    found["overdue_days"] = 0.0
    found["next_arrival"] = pd.NaT
    if len(purchases):
        found["on_order"] = found["sku"].map(due.groupby("sku")["missing"].sum()).fillna(0.0)
        found["overdue"] = found["sku"].map(late.groupby("sku")["missing"].sum()).fillna(0.0)
        if len(late):
            oldest = pd.to_datetime(found["sku"].map(late.groupby("sku")["promised_on"].min()))
            found["overdue_days"] = (pd.Timestamp(today) - oldest).dt.days.fillna(0).astype(float)
        if len(due):
            found["next_arrival"] = pd.to_datetime(found["sku"].map(due.groupby("sku")["promised_on"].min()))
    found["position"] = found["available"] + found["on_order"]
    return found


def cover_days(available: Floats, daily: Floats, most: int = 365) -> Floats:
    """Days until the stock is sold, from the forecast of each day.

    Args:
        available: units, shape (n,).
        daily: expected units of each coming day, shape (n, days); the mean of them goes on afterwards.
        most: longer is infinite, as is a product that sells nothing.
    """
    total = np.cumsum(daily, axis=1)
    days = daily.shape[1]
    rate = daily.mean(axis=1)
    units = np.maximum(available, 0.0)
    whole = (total <= units[:, None]).sum(axis=1)
    before = np.where(whole > 0, np.take_along_axis(total, np.maximum(whole - 1, 0)[:, None], 1)[:, 0], 0.0)
    next_day = np.take_along_axis(daily, np.minimum(whole, days - 1)[:, None], 1)[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = whole + np.where(next_day > 0, (units - before) / next_day, 0.0)
        beyond = days + (units - total[:, -1]) / rate
    found = np.where(whole < days, inside, beyond)
    return np.where((rate <= 0) | (found > most), np.inf, found)


def alerts(table: pd.DataFrame, overrides: Mapping[str, float] | None = None) -> pd.Series[Any]:
    """The level of every product under the handbooks' thresholds, see `Level`.

    Args:
        table: available, on_hand (units), daily_sales (units a day, average of the last 28 days), idle_days (since
            the last sale, infinite when never sold).
        overrides: thresholds of the handbook, see `ecops.handbook.parameter`.
    """
    import pandas as pd

    alarm, reorder, excess, dead = (
        parameter(f"inventory.{key}", overrides)
        for key in ("alarm_cover_days", "reorder_cover_days", "excess_cover_days", "dead_stock_days")
    )
    sales, there = table["daily_sales"], table["available"]
    lying, idle = table["on_hand"] > 0, table["idle_days"]
    wanted = sales > 0
    level = np.select(
        [
            lying & (idle >= dead),
            wanted & ~lying,
            lying & (there <= 0),
            wanted & (there < alarm * sales),
            wanted & (there < reorder * sales),
            lying & (idle >= 28),
            lying & wanted & (there > excess * sales),
        ],
        ["dead", "out", "promised", "alarm", "reorder", "idle", "excess"],
        "ok",
    )
    return pd.Series(level, index=table.index, name="alert")
