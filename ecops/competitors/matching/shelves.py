"""Our shelf against every rival's: all pairs of a workspace, and the queue of those that a person should look at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecops.competitors.matching.pairs import Matches, Rules, match_products
from ecops.messages import Count, Message

if TYPE_CHECKING:
    import pandas as pd

    from ecops.competitors.source import Shelf


@dataclass(frozen=True)
class Matched:
    """All pairs of our shelf and the rivals'.

    Attributes:
        table: one row a pair: shop, the columns of `Matches.table`, own_currency and rival_currency ("" when not told),
            and weight: our sales of the product in 30 days, in money of its own price (NaN where the shelf tells none).
        pairs: the rows that count as one product, at most one a product and rival.
        coverage: share of our sales (of our products, where no sales are told) with a pair at any rival; NaN without
            products.
        answers: what people have said so far, number of pairs.
        notes: what was left out.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    coverage: float
    answers: int
    notes: tuple[Message, ...] = ()

    @property
    def queue(self) -> pd.DataFrame:
        """The pairs to be looked at, dearest first: by our sales of the product, then by how unsure the pair is."""
        asked = self.table[self.table["status"] == "review"]
        doubt = 0.5 - (asked["prob"] - 0.5).abs()
        order = asked.assign(doubt=doubt, money=asked["weight"].fillna(0))
        return order.sort_values(["money", "doubt"], ascending=False, kind="stable").drop(columns=["doubt", "money"])


def match_shelf(
    shelf: Shelf, answers: Mapping[str, Mapping[tuple[str, str], bool]], rules: Rules | None = None
) -> Matched | None:
    """The pairs of a shelf, each rival by itself; None where there is nothing of ours or nothing of theirs."""
    import pandas as pd

    ours = shelf.rows[shelf.rows["own"]].drop_duplicates("sku")
    rivals = shelf.rows[~shelf.rows["own"]]
    if ours.empty or rivals.empty:
        return None
    worth = (ours["sales"] * ours["price"]).to_numpy(np.float64)
    weight = pd.Series(worth, index=ours["sku"].astype(str))
    own_currency = pd.Series(ours["currency"].to_numpy(), index=ours["sku"].astype(str))
    tables, kept, notes = [], [], []
    for shop, rows in rivals.groupby("shop", sort=True):
        products = rows.drop_duplicates("sku")
        one = _one_currency(ours, products)
        found = match_products(ours if one else ours.drop(columns="price"), products, rules, answers.get(str(shop)))
        table = _priced(found, ours, products).assign(
            shop=str(shop),
            weight=weight.reindex(found.table["ours"]).to_numpy(),
            own_currency=own_currency.reindex(found.table["ours"]).to_numpy(),
        )
        kept.append(table.loc[found.pairs.index])
        tables.append(table)
        if not one:
            notes.append(
                Message("{shop} prices in another currency; its pairs are made by name alone.", shop=str(shop))
            )
    table = pd.concat(tables, ignore_index=True)
    pairs = pd.concat(kept, ignore_index=True)
    unknown = int(ours["price"].isna().sum())
    if unknown:
        notes.append(Message("{n} of our products have no price to compare.", n=Count(unknown)))
    number = sum(len(said) for said in answers.values())
    return Matched(table, pairs, _coverage(weight, set(pairs["ours"])), number, tuple(notes))


def _one_currency(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    own, other = (set(side.loc[side["price"].notna(), "currency"]) - {""} for side in (ours, theirs))
    return not own or not other or own == other


def _priced(found: Matches, ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """The table with the prices and currencies as the shelves tell them."""
    own = ours.set_index(ours["sku"].astype(str))
    other = theirs.set_index(theirs["sku"].astype(str))
    table = found.table
    return table.assign(
        own_price=own["price"].reindex(table["ours"]).to_numpy(),
        rival_price=other["price"].reindex(table["theirs"]).to_numpy(),
        rival_currency=other["currency"].reindex(table["theirs"]).to_numpy(),
    )


def _coverage(weight: pd.Series[float], found: set[str]) -> float:
    if not len(weight):
        return math.nan
    has = weight.index.isin(found)
    total = float(weight.sum())
    return float(weight[has].sum()) / total if total > 0 else float(has.mean())
