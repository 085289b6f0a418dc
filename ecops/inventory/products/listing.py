"""Is the shelf in order: price ladders, missing attributes, and who could become a best seller?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ecops.handbook import parameter
from ecops.inventory.demand.panel import Floats

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTES = ("title", "category", "brand", "model", "gtin", "spec", "list_price")
"""Columns of the product list that describe a product to buyers."""

WIDEST = 3.0
"""From this ratio of the dearest to the cheapest variant on, a ladder counts as too wide; an assumption of ours."""


def price_ladder(table: pd.DataFrame, widest: float = WIDEST) -> pd.DataFrame:
    """Listings with several variants whose cheapest has no stock, or whose prices lie too far apart.

    Args:
        table: sku, item_id (of the listing), price, available.
        widest: see `WIDEST`.

    Returns:
        item_id, variants, cheapest (price), dearest, spread (their ratio), cheapest_available (units), bait (the
        cheapest is out of stock while others are there), wide (the spread exceeds `widest`); only listings with two
        or more priced variants.
    """
    priced = table[(table["price"] > 0) & table["item_id"].notna() & (table["item_id"].astype(str) != "")]
    ordered = priced.sort_values(["price", "sku"], kind="stable")
    groups = ordered.groupby("item_id", sort=True)
    found = groups.agg(
        variants=("sku", "size"),
        cheapest=("price", "first"),
        dearest=("price", "last"),
        cheapest_available=("available", "first"),
        most=("available", "max"),
    ).reset_index()
    found = found[found["variants"] > 1]
    spread = found["dearest"] / found["cheapest"]
    bait = (found["cheapest_available"] <= 0) & (found["most"] > 0)
    return found.assign(spread=spread, bait=bait, wide=spread > widest).drop(columns="most").reset_index(drop=True)


def completeness(products: pd.DataFrame, overrides: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Products of which more than 20 % of the attributes are missing.

    Columns that the export does not have, or has empty for every product, count against nobody.

    Args:
        products: sku, title and any of `ATTRIBUTES`.
        overrides: thresholds of the handbook.

    Returns:
        sku, title, fields (how many were looked at), missing (how many of them are empty), share, lacking (their
        names, joined by ", "), failed; the worst first.
    """
    most = parameter("listing.attribute_missing_max", overrides)
    columns = [name for name in ATTRIBUTES if name in products]
    texts = products[columns].astype(object)
    empty = texts.isna() | (texts.astype(str).apply(lambda column: column.str.strip()) == "")
    used = [name for name in columns if not empty[name].all()]
    empty = empty[used]
    lacking = [", ".join(name for name, gone in zip(used, row, strict=True) if gone) for row in empty.to_numpy()]
    share = empty.mean(axis=1) if used else 0.0
    found = products[["sku", "title"]].assign(
        fields=len(used), missing=empty.sum(axis=1), share=share, lacking=lacking, failed=share > most
    )
    return found.sort_values(["share", "sku"], ascending=[False, True], kind="stable").reset_index(drop=True)


def shrunk(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Rates drawn to the common rate, by as much as their number is small; with 90 % credible intervals.

    A beta prior by the method of moments, over the products with trials (empirical Bayes).

    Returns:
        Mean, 5 % and 95 % points, each of the shape given; the prior's where there is no trial.
    """
    x, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    seen = n > 0
    if not seen.any():
        empty = np.full(x.shape, np.nan)
        return empty, empty, empty
    total, whole = x[seen].sum(), n[seen].sum()
    mean = min(max(total / whole, 1e-6), 1 - 1e-6)
    rate = x[seen] / n[seen]
    between = float((n[seen] * (rate - mean) ** 2).sum() / whole)
    within = float((mean * (1 - mean) * seen.sum()) / whole)
    true = max(between - within, 1e-9)
    size = min(max(mean * (1 - mean) / true - 1, 1.0), 1e5)
    a, b = mean * size + x, (1 - mean) * size + np.maximum(n - x, 0.0)
    return a / (a + b), special.betaincinv(a, b, 0.05), special.betaincinv(a, b, 0.95)


def shortlist(table: pd.DataFrame, most: int = 10) -> pd.DataFrame:
    """Products with the makings of a best seller: their click, cart and pay rates, drawn to the shop's, beat it.

    Args:
        table: product (its code), title, impressions, clicks, visitors, cart_users, pay_buyers over some weeks; a
            column that is missing or empty leaves its rate out.
        most: how many.

    Returns:
        product, title, visitors, click_rate, cart_rate, pay_rate (drawn; NaN without data), score (product of the
        known rates over that of the shop), sure (the lower end of each rate beats the shop's), the best first; only
        products none of whose known rates is below the shop's.
    """
    found = table[["product", "title"]].copy()
    found["visitors"] = table["visitors"].fillna(0.0)
    score, sure, able = np.ones(len(table)), np.ones(len(table), dtype=np.bool_), np.ones(len(table), dtype=np.bool_)
    known = 0
    for name, part, whole in (
        ("click_rate", "clicks", "impressions"),
        ("cart_rate", "cart_users", "visitors"),
        ("pay_rate", "pay_buyers", "visitors"),
    ):
        if (
            part not in table
            or whole not in table
            or not (table[whole].fillna(0) > 0).any()
            or table[part].isna().all()
        ):
            found[name] = np.nan
            continue
        x, n = (table[column].fillna(0.0).to_numpy(dtype=float) for column in (part, whole))
        rate, low, _high = shrunk(np.minimum(x, n), n)
        shop = float(np.minimum(x, n).sum() / n.sum())
        found[name] = rate
        if shop > 0:
            score = score * rate / shop
            sure &= low > shop
            able &= rate >= shop
            known += 1
    found["score"], found["sure"] = score, sure & (known > 0)
    chosen = found[able & (known > 0)]
    order = np.lexsort((chosen["product"].astype(str).to_numpy(), -chosen["score"].to_numpy()))
    return chosen.iloc[order].head(most).reset_index(drop=True)
