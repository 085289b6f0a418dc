"""The market in one answer: who holds it, where it sells, what is new, what is searched for, what was seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.competitors import source
from ecops.competitors.market import demand, shares, words
from ecops.competitors.market.shares import Concentration
from ecops.competitors.pricing.bands import price_bands
from ecops.competitors.pricing.episodes import launches, rhythm
from ecops.competitors.source import Shelf
from ecops.errors import EcopsError
from ecops.metrics.daily import once, opened

if TYPE_CHECKING:
    import pandas as pd


_KEPT_DAYS = 90
"""Search words and notes older than the newest by so many days are left out."""


@dataclass(frozen=True, slots=True)
class Market:
    """What listings, rankings, search words and notes say of the market. Tables without rows are empty.

    Attributes:
        shelf: the listings; None without any.
        bands: the market by price band, see `price_bands`; of listings in the commonest currency.
        by_shop, by_brand: concentration of sales; None where no sales are known.
        measure: what sales stand on: "money", "units" or "" when nothing is known.
        voice: share of voice by shop from ranks.
        structure: hot and slow products of each shop.
        launched: new products, newest first.
        rhythm: how often each shop brings out something, see `rhythm`.
        title_words: words of titles, see `titles`.
        terms: search words, see `search_words`.
        indices: index values as ranks and ratios, see `demand.indices`.
        practices: observed practices as they stand.
        claims: claims with numbers and their support.
        crowds: groups of people as they stand.
        markets: markets to choose between, as they stand.
    """

    shelf: Shelf | None
    bands: pd.DataFrame
    by_shop: Concentration | None
    by_brand: Concentration | None
    measure: str
    voice: pd.DataFrame
    structure: pd.DataFrame
    launched: pd.DataFrame
    rhythm: pd.DataFrame
    title_words: pd.DataFrame
    terms: pd.DataFrame
    indices: pd.DataFrame
    practices: pd.DataFrame
    claims: pd.DataFrame
    crowds: pd.DataFrame
    markets: pd.DataFrame


def market(data: Any, until: dt.date | None = None) -> Market:
    """Everything known of the market up to a day."""
    ready: Any = opened(data)
    found: Market = once(ready, ("rivals", "market", until), lambda: _market(ready, until))
    return found


def _market(data: Any, until: dt.date | None) -> Market:
    shelf = source.shelf(data, until)
    rows = one_currency(shelf.rows) if shelf is not None else None
    measured, measure = _sales(rows)
    practices = _newest(source.ask(data, "practices"), until, by=())
    index_rows = _newest(source.ask(data, "indices"), until, by=("report",))
    names = source.own_names(data)
    launched = launches(shelf.history) if shelf is not None else launches(index_rows.iloc[:0])
    return Market(
        shelf,
        _bands(rows),
        _concentrated(measured, "shop"),
        _concentrated(measured, "brand"),
        measure,
        _voice(rows),
        shares.structure(rows) if rows is not None else shares.structure(index_rows.assign(sales=np.nan)),
        launched,
        rhythm(launched, shelf.rows["date"].max() if shelf is not None else launched["launched"].max()),
        _titles(rows),
        demand.search_words(_newest(source.ask(data, "terms"), until, by=())),
        demand.indices(index_rows, names),
        practices,
        words.claims(practices),
        _newest(source.ask(data, "crowds"), until, by=("subject",)),
        source.ask(data, "markets"),
    )


def one_currency(rows: pd.DataFrame) -> pd.DataFrame:
    """The listings of the commonest currency; those that do not say theirs stay."""
    named = rows.loc[rows["currency"] != "", "currency"]
    if named.nunique() < 2:
        return rows
    return rows[rows["currency"].isin([named.value_counts().sort_index().idxmax(), ""])]


def _sales(rows: pd.DataFrame | None) -> tuple[pd.DataFrame | None, str]:
    """Listings with their sales in money; in units where a price is missing everywhere."""
    if rows is None or not rows["sales"].notna().any():
        return None, ""
    money = rows["sales"] * rows["price"]
    if money.notna().any():
        return rows.assign(value=money), "money"
    return rows.assign(value=rows["sales"]), "units"


def _bands(rows: pd.DataFrame | None) -> pd.DataFrame:
    import pandas as pd

    if rows is None:
        return price_bands(pd.DataFrame({"price": [], "own": []}))
    known = rows if rows["sales"].notna().any() else rows.drop(columns="sales")
    return price_bands(known)


def _concentrated(rows: pd.DataFrame | None, by: str) -> Concentration | None:
    if rows is None:
        return None
    try:
        named = rows[rows[by].fillna("") != ""]
        return shares.concentration(named.groupby(by)["value"].sum())
    except EcopsError:
        return None


def _voice(rows: pd.DataFrame | None) -> pd.DataFrame:
    import pandas as pd

    return shares.share_of_voice(rows if rows is not None else pd.DataFrame({"shop": [], "rank": []}))


def _titles(rows: pd.DataFrame | None) -> pd.DataFrame:
    import pandas as pd

    if rows is None or not rows["own"].any():
        return words.titles([], pd.DataFrame({"title": []}))
    theirs = rows[~rows["own"]]
    names = {word for column in ("shop", "brand") for name in rows[column].dropna() for word in words.title_words(name)}
    return words.titles(rows.loc[rows["own"], "title"], theirs, leave_out=names)


def _newest(rows: pd.DataFrame, until: dt.date | None, by: tuple[str, ...]) -> pd.DataFrame:
    """The rows of the newest day (of each group); rows without a day stay."""
    import pandas as pd

    if rows.empty:
        return rows
    rows = rows.assign(date=pd.to_datetime(rows["date"]))
    if until is not None:
        rows = rows[rows["date"].isna() | (rows["date"] <= pd.Timestamp(until))]
    if not by:
        return rows[rows["date"].isna() | (rows["date"] >= rows["date"].max() - pd.Timedelta(days=90))].reset_index(
            drop=True
        )
    newest = rows.groupby(list(by))["date"].transform("max")
    return rows[rows["date"].isna() | (rows["date"] == newest)].reset_index(drop=True)


def ranked_markets(data: Any, weights: Mapping[str, float] | None = None) -> demand.Potential | None:
    """The markets of the table by potential; None with fewer than two.

    Raises:
        SpecError: see `potential`.
    """
    rows = market(data).markets
    return demand.potential(rows, weights) if len(rows) > 1 else None
