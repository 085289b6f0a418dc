"""Who else could deliver, and what is left to sell if one supplier cannot?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ecops.handbook import parameter

if TYPE_CHECKING:
    import pandas as pd


def sources(table: pd.DataFrame, purchases: pd.DataFrame, terms: pd.DataFrame) -> pd.DataFrame:
    """Every supplier of every product: who was ordered from, whom the product list names, and who could deliver.

    Args:
        table: sku, category, supplier (of the product list, "" for none).
        purchases: supplier, sku.
        terms: supplier, backup_for (product codes or categories, separated by commas), emergency_supply; may be empty.

    Returns:
        One row a product and supplier: sku, supplier, ordered (whether it has delivered before), emergency (whether it
        agreed to supply in an emergency).
    """
    import pandas as pd

    parts = [
        purchases.loc[purchases["supplier"].fillna("") != "", ["sku", "supplier"]].assign(ordered=True),
        table.loc[table["supplier"] != "", ["sku", "supplier"]].assign(ordered=False),
    ]
    if len(terms):
        named = terms["backup_for"].fillna("").astype(str).str.replace("[，、；;]", ",", regex=True)
        able = terms[["supplier"]].assign(what=named.str.split(",")).explode("what")
        able = able.assign(what=able["what"].str.strip().str.casefold())
        able = able[able["what"] != ""]
        for name in ("sku", "category"):
            keys = table[["sku"]].assign(what=table[name].astype(str).str.casefold())
            parts.append(keys.merge(able, on="what")[["sku", "supplier"]].assign(ordered=False))
    found = pd.concat(parts, ignore_index=True).groupby(["sku", "supplier"], as_index=False)["ordered"].max()
    agreed = set(terms.loc[terms["emergency_supply"].fillna(False).astype(bool), "supplier"]) if len(terms) else set()
    return found.assign(emergency=found["supplier"].isin(agreed))


def dependence(
    table: pd.DataFrame, known: pd.DataFrame, overrides: Mapping[str, float] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Products with too few suppliers, and what each supplier's failure would leave of the sales.

    Args:
        table: sku, title, rate (units a day), price.
        known: of `sources`.
        overrides: thresholds of the handbook.

    Returns:
        Products that sell and have fewer suppliers than the handbook wants: sku, title, suppliers (names, joined by
        ", "), number, missing (suppliers to find), emergency (whether one of them agreed to supply in an emergency),
        weekly (sales of a week, money), the dearest first. And suppliers: supplier, products (that sell and that it
        delivers), alone (of these without any other), weekly_alone (their sales of a week, money), kept (share of all
        sales that could still be met without it), wanted (whether that is at least the handbook's 90 %).
    """
    import pandas as pd

    least, floor = (parameter(f"supplier.{key}", overrides) for key in ("backup_minimum", "crisis_supply_min"))
    sells = table.loc[table["rate"] > 0, ["sku", "title", "rate", "price"]]
    weekly = pd.Series(7 * sells["rate"].to_numpy() * sells["price"].fillna(0.0).to_numpy(), index=sells["sku"])
    mine = known[known["sku"].isin(weekly.index)]
    groups = mine.sort_values("supplier", kind="stable").groupby("sku")
    number = groups["supplier"].size().reindex(weekly.index).fillna(0).astype(int)
    products = pd.DataFrame(
        {
            "sku": sells["sku"].to_numpy(),
            "title": sells["title"].to_numpy(),
            "suppliers": groups["supplier"].agg(", ".join).reindex(weekly.index).fillna("").to_numpy(),
            "number": number.to_numpy(),
            "missing": np.maximum(int(least) - number.to_numpy(), 0),
            "emergency": groups["emergency"].max().reindex(weekly.index).fillna(False).astype(bool).to_numpy(),
            "weekly": weekly.to_numpy(),
        }
    )
    short = products[(products["number"] > 0) & (products["missing"] > 0)]
    short = short.sort_values(["weekly", "sku"], ascending=[False, True], kind="stable").reset_index(drop=True)
    alone = mine.assign(money=mine["sku"].map(weekly)).assign(alone=mine["sku"].map(number) == 1)
    sums = alone.assign(lost=alone["money"].where(alone["alone"], 0.0)).groupby("supplier")
    failing = sums.agg(products=("sku", "size"), alone=("alone", "sum"), weekly_alone=("lost", "sum")).reset_index()
    # Sums of no rows have no type of their own.
    failing = failing.astype({"alone": int, "weekly_alone": float})
    total = float(weekly.sum())
    kept = 1 - failing["weekly_alone"] / total if total > 0 else np.nan
    failing = failing.assign(kept=kept, wanted=kept >= floor)
    order = ["weekly_alone", "supplier"]
    return short, failing.sort_values(order, ascending=[False, True], kind="stable").reset_index(drop=True)
