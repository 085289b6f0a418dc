"""What page, deck and commands ask about rivals; each answer is worked out once for each version of the data."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.competitors import source
from ecops.competitors.pricing.episodes import promotions
from ecops.competitors.pricing.index import Index, price_index
from ecops.competitors.pricing.place import Position, position
from ecops.competitors.source import Shelf, Spans
from ecops.competitors.standing.choose import PeerSet, peers
from ecops.competitors.standing.gaps import Gaps, Own, compare_kpis
from ecops.competitors.standing.money import FACTORS, MoneyGap, money_gap
from ecops.errors import DataError, SpecError
from ecops.messages import Message
from ecops.metrics.daily import once, opened
from ecops.periods import ONE_DAY, Period

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.9
"""Of the verdict on a key figure; the money of a finding has the house's 95 %."""

SALES_DAYS = 28
"""Days before the last one whose sales say how much a product weighs."""

_COLUMNS = [
    "sku", "title", "own_price", "shop", "rival_sku", "rival_title", "rival_price", "prob", "weight", "own_currency",
    "rival_currency", "date",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Our shop beside its peers.

    Attributes:
        spans: the table of peers.
        peer_set: who they are.
        own: our figures.
        gaps: figure by figure, with 90 % intervals.
        firm: the same with the 95 % intervals of findings.
        whole: what all three factors of GMV at the peers' median would bring together; None when one is not known.
        currency: ISO code.
        notes: what must be known.
    """

    spans: Spans
    peer_set: PeerSet
    own: Mapping[str, Own]
    gaps: Gaps
    firm: Gaps
    whole: MoneyGap | None
    currency: str
    notes: tuple[Message, ...]


def standing(data: Any, until: dt.date | None = None, tier: str = "", platform: str = "") -> Standing | None:
    """Our key figures beside those of the peers of a platform; None without a table of peers.

    Args:
        data: the tables.
        until: nothing later is looked at.
        tier: compare with this tier alone; every shop of the table when "".
        platform: see `source.peer_spans`.

    Raises:
        SpecError: no such tier.
    """
    ready: Any = opened(data)
    found: Standing | None = once(
        ready, ("rivals", "standing", until, tier, platform), lambda: _standing(ready, until, tier, platform)
    )
    return found


def _standing(data: Any, until: dt.date | None, tier: str, platform: str) -> Standing | None:
    spans = source.peer_spans(data, platform, until)
    if spans is None:
        return None
    own, notes = source.own_figures(data, spans.platform, spans.newest, CONFIDENCE)
    firm_own, _same = source.own_figures(data, spans.platform, spans.newest, 0.95)
    rows = spans.of(spans.newest.start)
    sales = own["visitors"].value * own["conversion_rate"].value * own["order_value"].value if _has(own) else math.nan
    chosen = peers({"sales": sales}, rows, tier=tier, before=spans.before)
    if tier:
        rows = rows[rows["tier"] == tier]
    gaps = compare_kpis(own, rows, confidence=CONFIDENCE)
    firm = compare_kpis(firm_own, rows, confidence=0.95)
    return Standing(
        spans, chosen, own, gaps, firm, _whole(own, gaps), str(getattr(data, "currency", "")),
        (*notes, *gaps.notes, *chosen.notes),
    )  # fmt: skip


def _has(own: Mapping[str, Own]) -> bool:
    return all(name in own for name in FACTORS)


def _whole(own: Mapping[str, Own], gaps: Gaps) -> MoneyGap | None:
    """All factors in which we are behind, lifted to the median together."""
    if not _has(own):
        return None
    rows = gaps.table[gaps.table["kpi"].isin(FACTORS) & (gaps.table["gap_abs"] < 0)]
    if rows.empty:
        return None
    target = {str(name): float(value) for name, value in zip(rows["kpi"], rows["median"], strict=True)}
    return money_gap({name: own[name].value for name in FACTORS}, target, "shapley")


@dataclass(frozen=True, slots=True)
class Prices:
    """Our prices beside those of rivals.

    Attributes:
        shelf: the listings.
        pairs: matched products: sku, title, own_price, shop, rival_sku, rival_title, rival_price, prob, weight (our
            sales of 28 days), currencies, date.
        indexes: kind -> price index of the pairs.
        by_shop: shop -> median price index.
        places: one row a product of ours with a pair, most sales first: sku, title, price, reference (median of the
            rivals' prices), rivals (how many), cost, sales, verdict, gap, low, high, floor, margin, step, target.
        positions: sku -> position.
        episodes: promotions in the history of prices.
        changes: what rivals did in the last four weeks, newest first: date, shop, sku, title, change ("price_cut",
            "price_rise", "out_of_stock"), before, after, own_sku, own_price.
        currency: ISO code.
    """

    shelf: Shelf | None
    pairs: pd.DataFrame
    indexes: Mapping[str, Index]
    by_shop: Mapping[str, Index]
    places: pd.DataFrame
    positions: Mapping[str, Position]
    episodes: pd.DataFrame
    changes: pd.DataFrame
    currency: str


def prices(data: Any, until: dt.date | None = None) -> Prices | None:
    """Our prices beside those of rivals; None without listings and without a history of prices."""
    ready: Any = opened(data)
    found: Prices | None = once(ready, ("rivals", "prices", until), lambda: _prices(ready, until))
    return found


def _prices(data: Any, until: dt.date | None) -> Prices | None:
    shelf, history = source.shelf(data, until), source.prices(data, until)
    if shelf is None and history.empty:
        return None
    last = until or _last(shelf, history)
    products = source.own_products(data, Period(last - (SALES_DAYS - 1) * ONE_DAY, last))
    pairs = _pairs(shelf, products)
    total = float(products["sales"].sum())
    held = float(products.loc[products["sku"].isin(pairs["sku"]), "sales"].sum()) / total if total > 0 else math.nan
    counted = pairs.assign(weight=pairs["weight"].where(total > 0, 1.0)) if len(pairs) else pairs
    indexes = {kind: _index(counted, kind, held) for kind in ("median", "geo", "basket", "mean")} if len(pairs) else {}
    shops = {str(shop): _index(rows, "median", held) for shop, rows in counted.groupby("shop")} if len(pairs) else {}
    places, positions = _places(pairs, products, str(getattr(data, "currency", "")))
    episodes = promotions(history) if len(history) else promotions(history.assign(price=0.0))
    return Prices(
        shelf, pairs, indexes, shops, places, positions, episodes, _changes(history, pairs, last),
        str(getattr(data, "currency", "")),
    )  # fmt: skip


def _last(shelf: Shelf | None, history: pd.DataFrame) -> dt.date:
    days = [frame["date"].max() for frame in (shelf.rows if shelf is not None else history, history) if len(frame)]
    known = [day.date() for day in days if day == day]  # noqa: PLR0124 - NaT is the day that is not itself
    return max(known) if known else dt.date.max - dt.timedelta(days=1)


def _index(pairs: pd.DataFrame, kind: Any, coverage: float) -> Index:
    try:
        return price_index(pairs, kind, coverage=coverage)
    except DataError as error:
        return Index(kind, math.nan, math.nan, math.nan, 0, len(pairs), 0, {}, coverage, (error.what,))


def _pairs(shelf: Shelf | None, products: pd.DataFrame) -> pd.DataFrame:
    """Products of ours and of rivals that are the same, by their barcode."""
    import pandas as pd

    if shelf is None or not shelf.rows["own"].any() or shelf.rows["own"].all():
        return pd.DataFrame({name: [] for name in _COLUMNS})
    rows = shelf.rows
    ours, theirs = rows[rows["own"]].drop_duplicates("sku"), rows[~rows["own"]]
    found = _matched(ours, theirs)
    sales = products.set_index("sku")["sales"]
    return pd.DataFrame(
        {
            "sku": found["sku"],
            "title": found["title"],
            "own_price": found["price"],
            "shop": found["shop_rival"],
            "rival_sku": found["sku_rival"],
            "rival_title": found["title_rival"],
            "rival_price": found["price_rival"],
            "prob": found["prob"],
            "weight": found["sku"].map(sales).fillna(0.0).to_numpy(dtype=np.float64),
            "own_currency": found["currency"],
            "rival_currency": found["currency_rival"],
            "date": found["date_rival"],
        }
    )


def _matched(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    coded = ours[ours["gtin"] != ""].merge(theirs[theirs["gtin"] != ""], on="gtin", suffixes=("", "_rival"))
    return coded.assign(prob=1.0)


def _places(pairs: pd.DataFrame, products: pd.DataFrame, currency: str) -> tuple[pd.DataFrame, dict[str, Position]]:
    """Each of our products against the median of the rivals' prices."""
    import pandas as pd

    names = ["sku", "title", "price", "reference", "rivals", "cost", "sales", "verdict", "gap", "low", "high", "floor",
             "margin", "step", "target"]  # fmt: skip
    same = pairs[(pairs["own_currency"] == pairs["rival_currency"]) | (pairs["own_currency"] == "")]
    if same.empty:
        return pd.DataFrame({name: [] for name in names}), {}
    group = same.groupby("sku", sort=False).agg(
        title=("title", "first"), price=("own_price", "first"), reference=("rival_price", "median"),
        rivals=("shop", "nunique"), sales=("weight", "first"),
    )  # fmt: skip
    cost = products.drop_duplicates("sku").set_index("sku")["cost"]
    group["cost"] = group.index.map(cost).to_numpy(dtype=np.float64, na_value=np.nan)
    found = {
        str(row.Index): position(float(row.price), float(row.reference), cost=float(row.cost), currency=currency)
        for row in group.itertuples()
    }
    table = group.reset_index()
    for name in ("verdict", "gap", "low", "high", "floor", "margin", "step", "target"):
        table[name] = [getattr(found[str(sku)], name) for sku in table["sku"]]
    return table.sort_values(["sales", "sku"], ascending=[False, True], ignore_index=True)[names], found


_LATELY = 28
_MOVED = 0.05


def _changes(history: pd.DataFrame, pairs: pd.DataFrame, last: dt.date) -> pd.DataFrame:
    """Steps of rivals' prices of 5 % and more that still hold, and products that cannot be bought, in four weeks."""
    import pandas as pd

    names = ["date", "shop", "sku", "title", "change", "before", "after", "own_sku", "own_price"]
    rows = history[~history["own"]] if len(history) else history
    if rows.empty:
        return pd.DataFrame({name: [] for name in names})
    rows = rows.sort_values(["shop", "sku", "date"], kind="stable")
    key = rows.groupby(["shop", "sku"])
    rows = rows.assign(
        before=key["price"].shift(), newest=key["price"].transform("last"), end=key["date"].transform("max")
    )
    start = pd.Timestamp(last) - pd.Timedelta(days=_LATELY - 1)
    step = rows["price"] / rows["before"] - 1
    holds = (rows["newest"] / rows["price"] - 1).abs() < _MOVED
    moved = rows[(step.abs() >= _MOVED) & holds & (rows["date"] >= start)]
    moved = moved.drop_duplicates(["shop", "sku"], keep="last").assign(
        change=lambda frame: np.where(frame["price"] < frame["before"], "price_cut", "price_rise"),
        after=lambda frame: frame["price"],
    )
    empty = rows[(rows["date"] == rows["end"]) & (rows["date"] >= start) & (rows["in_stock"] == 0)]
    empty = empty.assign(change="out_of_stock", before=np.nan, after=empty["price"])
    found = pd.concat([moved, empty], ignore_index=True)
    known = pairs.drop_duplicates(["shop", "rival_sku"]).set_index(["shop", "rival_sku"])
    ours = [known.loc[key] if key in known.index else None for key in zip(found["shop"], found["sku"], strict=True)]
    found["own_sku"] = [row["sku"] if row is not None else "" for row in ours]
    found["own_price"] = [row["own_price"] if row is not None else math.nan for row in ours]
    found["title"] = [
        row["rival_title"] if row is not None else title or "" for row, title in zip(ours, found["title"], strict=True)
    ]
    return found.sort_values(["date", "shop", "sku"], ascending=[False, True, True], ignore_index=True)[names]


def tiers(data: Any, platform: str = "") -> tuple[str, ...]:
    """The tiers that a table of peers names, for a list to choose from."""
    spans = source.peer_spans(opened(data), platform)
    return tuple(sorted({name for name in spans.rows["tier"] if name})) if spans is not None else ()


def checked_tier(data: Any, tier: str) -> str:
    """`tier` if the table names it.

    Raises:
        SpecError: it does not.
    """
    if tier and tier not in tiers(data):
        raise SpecError(Message("No peer is of the tier {tier}.", tier=tier), Message("Choose one of the table."))
    return tier
