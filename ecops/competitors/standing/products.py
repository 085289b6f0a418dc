"""One product of ours, a new one first, beside the peers: click rate, conversion, carts, value of an order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.competitors import source
from ecops.competitors.standing.gaps import Gaps, Own, compare_kpis
from ecops.metrics.daily import once, opened
from ecops.periods import Period

if TYPE_CHECKING:
    import pandas as pd

FIGURES = ("click_rate", "conversion_rate", "cart_rate", "order_value")
NEW_DAYS = 180
"""A product is new for half a year."""

_LEAST_VISITORS = 100


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """Our products by themselves in the span of the peers.

    Attributes:
        products: one row a product with at least 100 visitors: sku, title, listed_on, is_new, visitors, pay_buyers,
            conversion, value (of a buyer); new ones first, then by visitors.
        own: sku -> its figures.
        peers: the rows of the table of peers of that span.
        period: the span.
        confidence: of every interval.
    """

    products: pd.DataFrame
    own: dict[str, dict[str, Own]]
    peers: pd.DataFrame
    period: Period
    confidence: float

    def gaps(self, sku: str) -> Gaps:
        """One product's figures beside the peers', see `compare_kpis`. Peers' figures are of whole shops."""
        return compare_kpis(self.own[sku], self.peers, figures=FIGURES, confidence=self.confidence)


def product_figures(
    data: Any, platform: str, span: Period, peers: pd.DataFrame, confidence: float = 0.9
) -> ProductFigures | None:
    """The figures of our products in a span; None where no report tells products apart."""
    ready: Any = opened(data)
    made = once(ready, ("rivals", "products", platform, span), lambda: _read(ready, platform, span, confidence))
    if made is None:
        return None
    products, own = made
    return ProductFigures(products, own, peers, span, confidence)


def _read(
    data: Any, platform: str, span: Period, confidence: float
) -> tuple[pd.DataFrame, dict[str, dict[str, Own]]] | None:
    if not (data.has("traffic_daily") and data.has("products")):
        return None
    days = source.ask(data, "item_days", platform=platform, start=span.start, end=span.end)
    launched = source.ask(data, "own_launches").drop_duplicates("sku").set_index("sku")
    total = days.groupby("sku")[["visitors", "pay_buyers", "pay_amount"]].sum()
    total = total[total["visitors"] >= _LEAST_VISITORS]
    if total.empty:
        return None
    own = {str(sku): _figures(rows, confidence) for sku, rows in days.groupby("sku") if sku in total.index}
    known = launched.reindex(total.index)
    table = total.reset_index().assign(
        title=known["title"].fillna("").to_numpy(), listed_on=known["listed_on"].to_numpy()
    )
    table["conversion"] = table["pay_buyers"] / table["visitors"]
    table["value"] = table["pay_amount"] / table["pay_buyers"].where(table["pay_buyers"] > 0)
    table["is_new"] = [_is_new(day, span.end) for day in table["listed_on"]]
    order = ["is_new", "visitors", "sku"]
    return table.sort_values(order, ascending=[False, False, True], ignore_index=True), own


def _is_new(day: Any, end: dt.date) -> bool:
    if day is None or day != day:  # noqa: PLR0124 - NaT is the day that is not itself
        return False
    day = day.date() if hasattr(day, "date") else day
    return bool(end - dt.timedelta(days=NEW_DAYS) < day <= end)


def _figures(rows: pd.DataFrame, confidence: float) -> dict[str, Own]:
    column = {
        name: rows[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("impressions", "clicks", "visitors", "cart_users", "pay_buyers", "pay_amount")
    }
    pairs = {
        "click_rate": ("clicks", "impressions", True),
        "conversion_rate": ("pay_buyers", "visitors", True),
        "cart_rate": ("cart_users", "visitors", True),
        "order_value": ("pay_amount", "pay_buyers", False),
    }
    found = {
        name: source.ratio(column[upper], column[lower], counts, confidence)
        for name, (upper, lower, counts) in pairs.items()
    }
    return {name: own for name, own in found.items() if np.isfinite(own.value)}
