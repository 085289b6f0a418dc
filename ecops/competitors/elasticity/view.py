"""What page and commands ask about prices and sales: the elasticities of a shop's own products, and one what-if."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.competitors import source
from ecops.competitors.elasticity.fit import Elasticities, fit_elasticity
from ecops.competitors.elasticity.panel import rival_prices, told_promotions
from ecops.competitors.elasticity.reprice import Guard, Scenario, reprice
from ecops.errors import DataError
from ecops.messages import Message
from ecops.metrics.daily import once, opened
from ecops.periods import Period

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Answers:
    """How sales of our products answer to their prices.

    Attributes:
        fitted: see `fit_elasticity`.
        products: sku, title, cost (NaN where not known), reference (the rivals' median price of the last week; NaN
            without a pair), in the order of `fitted.table`.
        currency: ISO code.
        from_prices: whether prices come from the price history; else they are what was paid on average.
        notes: what was assumed.
    """

    fitted: Elasticities
    products: pd.DataFrame
    currency: str
    from_prices: bool
    notes: tuple[Message, ...]

    @property
    def verdict(self) -> Message:
        """One sentence for the page."""
        known, n = self.fitted.identified, len(self.fitted.table)
        if not known:
            return Message("For none of {n} products can the data tell how sales answer to the price.", n=n)
        return Message("For {known} of {n} products the data can tell how sales answer to the price.", known=known, n=n)


def answers(data: Any, until: dt.date | None = None) -> Answers | None:
    """Elasticities of a workspace; None without prices and units of own products.

    Args:
        data: the tables.
        until: nothing later is looked at.
    """
    ready: Any = opened(data)
    found: Answers | None = once(ready, ("rivals", "elasticity", until), lambda: _answers(ready, until))
    return found


def what_if(
    data: Any, sku: str, until: dt.date | None = None, cost: float = math.nan, guard: Guard | None = None
) -> Scenario:
    """What other prices of a product would bring in a week.

    Args:
        data: the tables.
        sku: of our product.
        until: nothing later is looked at.
        cost: of a unit, where the product list has none.
        guard: what a new price must keep.

    Raises:
        DataError: the product is not known, the data cannot tell, or the cost is missing.
    """
    found = answers(data, until)
    if found is None or sku not in set(found.fitted.table["sku"]):
        raise DataError(
            Message("Nothing is known of prices and sales of {sku}.", sku=sku),
            Message("Load the price history with the units sold each day, or the export of order items."),
        )
    product = found.products[found.products["sku"] == sku].iloc[0]
    known = float(product["cost"]) if math.isnan(cost) else cost
    today = found.fitted.table[found.fitted.table["sku"] == sku].iloc[0].to_dict()
    return reprice(today, known, guard=guard, reference=float(product["reference"]), currency=found.currency)


def _answers(data: Any, until: dt.date | None) -> Answers | None:
    import pandas as pd

    history = source.prices(data, until)
    panel = _own_days(history)
    from_prices = len(panel) > 0
    if not from_prices:
        panel = _sold_days(data, until)
    if panel.empty:
        return None
    rivals = _rivals(data, history, until)
    panel = panel.merge(rivals, on=["sku", "date"], how="left") if len(rivals) else panel
    panel = panel.assign(peak=_peaks(data, panel["date"]))
    fitted = fit_elasticity(panel)
    last = panel["date"].max()
    span = Period((last - pd.Timedelta(days=27)).date(), last.date())
    known = source.own_products(data, span).drop_duplicates("sku").set_index("sku")
    newest = rivals[rivals["date"] > last - pd.Timedelta(days=7)] if len(rivals) else rivals
    reference = newest.groupby("sku")["rival_price"].median() if len(newest) else pd.Series(dtype=np.float64)
    skus = fitted.table["sku"]
    products = pd.DataFrame(
        {
            "sku": skus,
            "title": skus.map(known["title"]).fillna(skus),
            "cost": pd.to_numeric(skus.map(known["cost"])).astype(np.float64),
            "reference": skus.map(reference).astype(np.float64),
        }
    )
    notes = []
    if not from_prices:
        notes.append(
            Message(
                "Prices are what buyers paid on average each week, coupons included; "
                "a price history with units would be surer."
            )
        )
    if not told_promotions(panel):
        notes.append(Message("No promotion is written down, so falls of a price for at most three weeks are left out."))
    return Answers(fitted, products, str(getattr(data, "currency", "")), from_prices, tuple(notes))


def _own_days(history: pd.DataFrame) -> pd.DataFrame:
    """Own days with units."""
    if history.empty:
        return history.assign(promo=0.0)[["sku", "date"]]
    rows = history[history["own"] & history["units"].notna()]
    named = rows["promotion"].fillna("").astype(str).str.strip()
    # A history in which nobody ever wrote a promotion down does not say that there was none.
    promo = (named != "").astype(np.float64) if (named != "").any() else np.nan
    return rows.assign(promo=promo)[["sku", "date", "price", "units", "promo", "in_stock"]]


def _sold_days(data: Any, until: dt.date | None) -> pd.DataFrame:
    import pandas as pd

    if not data.has("daily_items"):
        return pd.DataFrame({"sku": [], "date": []})
    rows = source.ask(data, "sold_days")
    rows["date"] = pd.to_datetime(rows["date"])
    rows = rows if until is None else rows[rows["date"] <= pd.Timestamp(until)]
    return every_day(rows) if len(rows) else rows


def every_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Days of sales with the days between them on which nothing was sold, at the price that was paid last.

    Args:
        rows: sku, date, units, price; a row a product and day with sales.
    """
    import pandas as pd

    last = rows["date"].max()
    first = rows.groupby("sku", sort=True)["date"].min()
    days = ((last - first).dt.days + 1).to_numpy()
    sku = np.repeat(first.index.to_numpy(), days)
    offset = np.arange(days.sum()) - np.repeat(np.cumsum(days) - days, days)
    grid = pd.DataFrame({"sku": sku, "date": np.repeat(first.to_numpy(), days) + pd.to_timedelta(offset, unit="D")})
    full = grid.merge(rows, on=["sku", "date"], how="left")
    return full.assign(units=full["units"].fillna(0.0), price=full.groupby("sku")["price"].ffill())


def _rivals(data: Any, history: pd.DataFrame, until: dt.date | None) -> pd.DataFrame:
    """Rivals' prices of the same products by day, where pairs and a history of theirs are known."""
    import pandas as pd

    from ecops.competitors.matching.answers import remembered
    from ecops.competitors.matching.shelves import match_shelf

    nothing = pd.DataFrame({"sku": [], "date": [], "rival_price": []})
    theirs = history[~history["own"]] if len(history) else history
    shelf = source.shelf(data, until) if len(theirs) else None
    matched = match_shelf(shelf, remembered(getattr(data, "state", None))) if shelf is not None else None
    if matched is None or matched.pairs.empty:
        return nothing
    rows = matched.pairs
    pairs = list(zip(rows["ours"].astype(str), rows["shop"].astype(str), rows["theirs"].astype(str), strict=True))
    return rival_prices(pairs, theirs)


def _peaks(data: Any, days: pd.Series[Any]) -> np.ndarray:
    import pandas as pd

    found = np.zeros(len(days))
    if not data.has("calendar"):
        return found
    spans = source.ask(data, "peaks")
    for start, end in zip(pd.to_datetime(spans["starts_on"]), pd.to_datetime(spans["ends_on"]), strict=True):
        found[((days >= start) & (days <= end)).to_numpy()] = 1.0
    return found
