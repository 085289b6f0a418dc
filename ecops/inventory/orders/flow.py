"""How fast does stock turn, how often is it missing, how much of it stands still, what must be cleared?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import SpecError
from ecops.handbook import parameter
from ecops.inventory.demand.panel import Floats
from ecops.messages import Message, Number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Turnover:
    """Cost of sales over average inventory.

    Attributes:
        ratio: over the days looked at; NaN without inventory.
        yearly: the same for a year of 365 days.
        days: how long the average stock lasts, 365 / yearly.
        cost_of_sales: money.
        inventory: average stock at cost, money.
        points: days on which stock was counted.
        span: days looked at.
        notes: what makes the figure doubtful.
    """

    ratio: float
    yearly: float
    days: float
    cost_of_sales: float
    inventory: float
    points: int
    span: int
    notes: tuple[Message, ...] = ()


def turnover(cost_of_sales: float, inventory: ArrayLike, span: int = 365, day: ArrayLike | None = None) -> Turnover:
    """Inventory turnover.

    Args:
        cost_of_sales: over the span, money.
        inventory: stock at cost, one value a count.
        span: days of the cost of sales.
        day: when each count was, as days from any origin; counts are then averaged over time (trapezoids), which no
            number of counts on quiet days can bend. Evenly spread when None.

    Raises:
        SpecError: there is no count, or the span is no day.

    >>> found = turnover(1_200_000, [100_000, 140_000])
    >>> found.ratio, found.days
    (10.0, 36.5)
    """
    value = np.asarray(inventory, dtype=np.float64)
    if not len(value) or span < 1:
        raise SpecError(
            Message("A turnover needs a count of stock and a span of days."), Message("Load a stock report.")
        )
    when = np.arange(len(value)) if day is None else np.asarray(day, dtype=np.float64)
    whole = float(when[-1] - when[0])
    average = float(np.trapezoid(value, when) / whole) if len(value) > 1 and whole > 0 else float(value.mean())
    ratio = cost_of_sales / average if average > 0 else float("nan")
    notes = []
    if len(value) <= 2:
        notes.append(
            Message("The turnover rests on {n} counts of stock; a count every day would make it firm.", n=len(value))
        )
    yearly = ratio * 365 / span
    days = 365 / yearly if yearly > 0 else float("nan")
    return Turnover(ratio, yearly, days, cost_of_sales, average, len(value), span, tuple(notes))


@dataclass(frozen=True, slots=True)
class Shares:
    """What of the catalogue is missing and what stands still; each a share, NaN where nothing is known.

    Attributes:
        stock_out: product days without stock over product days of products that are asked for.
        product_days: the latter.
        slow: stock at cost of products without a sale in 90 days, over all stock at cost.
        slow_value: the former, money.
        stock_value: the latter, money.
    """

    stock_out: float
    product_days: float
    slow: float
    slow_value: float
    stock_value: float


def shares(table: pd.DataFrame, exposure: Floats, wanted: np.ndarray, dead_days: float = 90.0) -> Shares:
    """Stock-out and slow-mover rate.

    Args:
        table: on_hand, cost, idle_days.
        exposure: share of each day that met stock, shape (products asked for and others, days).
        wanted: which of its rows are asked for.
        dead_days: days without a sale.
    """
    seen = exposure[wanted]
    value = (table["on_hand"] * table["cost"]).fillna(0.0)
    slow = float(value[table["idle_days"] >= dead_days].sum())
    total = float(value.sum())
    return Shares(
        float((1 - seen).mean()) if seen.size else float("nan"),
        float(seen.size),
        slow / total if total > 0 else float("nan"),
        slow,
        total,
    )


def clearance(
    table: pd.DataFrame,
    overrides: Mapping[str, float] | None = None,
    *,
    discount: float = 0.2,
    elasticity: float = 2.0,
) -> pd.DataFrame:
    """What to clear: over 30 days of sales, or no sale in 90 days. The most money first.

    Args:
        table: sku, title, supplier, on_hand, cost, daily_sales, idle_days, alert, upto (position up to which the plan
            orders, units).
        overrides: thresholds of the handbook.
        discount: a price cut that is tried, share of the price.
        elasticity: how many per cent more are sold for one per cent off the price; an assumption, editable.

    Returns:
        The columns given, and: surplus (units above the allowed days, all of dead stock), tied_up (their cost, money),
        days_to_clear (at the present rate, infinite for dead stock), days_with_discount, planned (whether a long lead
        time or a minimum order wants this stock: then nothing needs to be cleared).

    Raises:
        SpecError: the discount or the elasticity is impossible.
    """
    if not (0 <= discount < 1 and elasticity >= 0):
        raise SpecError(
            Message("A discount of {value} is not possible.", value=Number(discount, 2)),
            Message("Give a share from 0 to less than 1, and an elasticity of at least 0."),
        )
    allowed = parameter("inventory.excess_cover_days", overrides)
    found = table[table["alert"].isin(["excess", "dead", "idle"])].copy()
    dead = found["alert"] == "dead"
    found["surplus"] = np.where(
        dead, found["on_hand"], np.maximum(found["on_hand"] - allowed * found["daily_sales"], 0)
    )
    found["tied_up"] = found["surplus"] * found["cost"]
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(found["daily_sales"] > 0, found["on_hand"] / found["daily_sales"], np.inf)
    found["days_to_clear"] = np.where(dead, np.inf, days)
    found["days_with_discount"] = found["days_to_clear"] * (1 - discount) ** elasticity
    found["planned"] = ~dead & (found["on_hand"] <= found["upto"] + 1e-9)
    order = np.argsort(-found["tied_up"].fillna(0.0).to_numpy(), kind="stable")
    return found.iloc[order].reset_index(drop=True)


def oversold(table: pd.DataFrame) -> pd.DataFrame:
    """Products of which more is promised than is there: sku, title, on_hand, reserved, committed, missing (units)."""
    promised = table["reserved"].fillna(0.0) + table["committed"].fillna(0.0)
    missing = promised - table["on_hand"].clip(lower=0.0)
    chosen = missing > 0
    columns = table.loc[chosen, ["sku", "title", "on_hand", "reserved", "committed"]]
    return columns.assign(missing=missing[chosen]).reset_index(drop=True)
