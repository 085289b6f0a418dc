"""What page, deck and commands ask about rivals; each answer is worked out once for each version of the data."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.competitors import source
from ecops.competitors.matching.answers import newest, remembered
from ecops.competitors.matching.shelves import Matched, match_shelf
from ecops.competitors.pricing.episodes import promotions
from ecops.competitors.pricing.index import Index, Kind, price_index
from ecops.competitors.pricing.place import Position, position
from ecops.competitors.source import Shelf, Spans
from ecops.competitors.standing.choose import PeerSet, peers
from ecops.competitors.standing.gaps import Gaps, Own, compare_kpis
from ecops.competitors.standing.money import FACTORS, MoneyGap, money_gap
from ecops.errors import DataError, SpecError
from ecops.handbook import get
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
    most = int(get("competitor.peers_high", data))
    chosen = peers({"sales": sales}, rows, tier=tier, before=spans.before, most=most)
    if tier:
        rows = rows[rows["tier"] == tier]
    gaps = compare_kpis(own, rows, confidence=CONFIDENCE)
    firm = compare_kpis(firm_own, rows, confidence=0.95)
    return Standing(
        spans, chosen, own, gaps, firm, _whole(own, gaps), str(getattr(data, "currency", "")),
        (*notes, *gaps.notes, *chosen.notes),
    )  # fmt: skip


_QUARTER = 0.25


def lost_ranks(data: Any, until: dt.date | None = None) -> tuple[tuple[str, ...], int] | None:
    """Figures whose percentile among peers fell by a quarter and more from one span to the next, and how many peers.

    The intervals of both percentiles must lie apart; with eight peers a fall from seventh to third can be chance. None
    where a span, a figure or five peers are missing.
    """
    ready: Any = opened(data)
    now = standing(ready, until)
    if now is None or now.spans.before.empty or not len(now.gaps.table):
        return None
    start = now.spans.before["period"].iloc[0]
    own, _notes = source.own_figures(
        ready, now.spans.platform, Period(start, now.spans.newest.start - ONE_DAY), CONFIDENCE
    )
    old = compare_kpis(own, now.spans.before, confidence=CONFIDENCE).table
    if not len(old):
        return None
    both = now.gaps.table.merge(old, on="kpi", suffixes=("", "_old")).dropna(subset=["percentile", "percentile_old"])
    if both.empty:
        return None
    fell = both[
        (both["percentile_old"] - both["percentile"] >= _QUARTER)
        & (both["percentile_high"] < both["percentile_low_old"])
    ]
    return tuple(fell["kpi"]), int(both["n_peers"].max())


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
        matched: every pair with its probability and the queue of those that a person should look at.
        pairs: pairs that count: sku, title, own_price, shop, rival_sku, rival_title, rival_price, prob, weight (our
            sales of 28 days), currencies, date.
        indexes: kind -> price index of the pairs.
        by_shop: shop -> median price index.
        places: one row a product of ours with a pair, most sales first: sku, title, price, reference (median of the
            rivals' prices), rivals (how many), cost, sales, verdict, gap, low, high, floor, margin, step, target.
        positions: sku -> position.
        episodes: promotions in the history of prices, with the title of the product ("" when not known).
        changes: what rivals did in the last four weeks, newest first: date, shop, sku, title, change ("price_cut",
            "price_rise", "out_of_stock"), before, after, own_sku, own_price.
        currency: ISO code.
    """

    shelf: Shelf | None
    matched: Matched | None
    pairs: pd.DataFrame
    indexes: Mapping[str, Index]
    by_shop: Mapping[str, Index]
    places: pd.DataFrame
    positions: Mapping[str, Position]
    episodes: pd.DataFrame
    changes: pd.DataFrame
    currency: str


def prices(data: Any, until: dt.date | None = None) -> Prices | None:
    """Our prices beside those of rivals; None without listings and without a history of prices.

    Args:
        data: the tables.
        until: nothing later is looked at.
    """
    ready: Any = opened(data)
    # Worked out anew when somebody has confirmed a pair.
    answered = newest(getattr(ready, "state", None))
    found: Prices | None = once(ready, ("rivals", "prices", until, answered), lambda: _prices(ready, until))
    return found


def _prices(data: Any, until: dt.date | None) -> Prices | None:
    shelf, history = source.shelf(data, until), source.prices(data, until)
    if shelf is None and history.empty:
        return None
    last = until or _last(shelf, history)
    products = source.own_products(data, Period(last - (SALES_DAYS - 1) * ONE_DAY, last))
    matched = match_shelf(shelf, remembered(getattr(data, "state", None))) if shelf is not None else None
    pairs = _pairs(matched, shelf, products)
    held = matched.coverage if matched is not None else math.nan
    indexes = {kind: _index(pairs, kind, held) for kind in get_args(Kind)} if len(pairs) else {}
    shops = {str(shop): _index(rows, "median", held) for shop, rows in pairs.groupby("shop")} if len(pairs) else {}
    currency = str(getattr(data, "currency", ""))
    places, positions = _places(pairs, products, currency, get("competitor.price_anchor_band", data))
    return Prices(
        shelf, matched, pairs, indexes, shops, places, positions, _titled(promotions(history), history, pairs),
        _changes(history, pairs, last),
        currency,
    )  # fmt: skip


def _titled(episodes: pd.DataFrame, history: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Episodes with the titles of their products, as the history or the shelves tell them."""
    told = history[history["title"] != ""].drop_duplicates(["shop", "sku"], keep="last") if len(history) else history
    names = {(row.shop, row.sku): row.title for row in told.itertuples()}
    names |= {(row.shop, row.rival_sku): row.rival_title for row in pairs.itertuples()}
    ours = {row.sku: row.title for row in pairs.itertuples()}
    keys = zip(episodes["shop"], episodes["sku"], strict=True)
    return episodes.assign(title=[names.get(key) or ours.get(key[1], "") for key in keys])


def _last(shelf: Shelf | None, history: pd.DataFrame) -> dt.date:
    days = [frame["date"].max() for frame in (shelf.rows if shelf is not None else history, history) if len(frame)]
    known = [day.date() for day in days if day == day]  # noqa: PLR0124 - NaT is the day that is not itself
    return max(known) if known else dt.date.max - dt.timedelta(days=1)


def _index(pairs: pd.DataFrame, kind: Any, coverage: float) -> Index:
    try:
        return price_index(pairs, kind, coverage=coverage)
    except DataError as error:
        return Index(kind, math.nan, math.nan, math.nan, 0, len(pairs), 0, {}, coverage, (error.what,))


def _pairs(matched: Matched | None, shelf: Shelf | None, products: pd.DataFrame) -> pd.DataFrame:
    """The pairs that count as one product, priced for the same content where both packs say what they hold."""
    import pandas as pd

    if matched is None or shelf is None or matched.pairs.empty:
        return pd.DataFrame({name: [] for name in _COLUMNS})
    rows = matched.pairs
    packs = shelf.rows.drop_duplicates(["shop", "sku"])
    ours = packs[packs["own"]].drop_duplicates("sku").set_index("sku").reindex(rows["ours"])
    theirs = packs.set_index(["shop", "sku"]).reindex(list(zip(rows["shop"], rows["theirs"], strict=True)))
    rival_price = rows["rival_price"].where(~_packs_unclear(ours, theirs, rows)).to_numpy(dtype=np.float64)
    same_unit = (ours["pack_unit"].to_numpy() == theirs["pack_unit"].to_numpy()) & (ours["pack_unit"].to_numpy() != "")
    times = np.where(same_unit, ours["pack"].to_numpy() / theirs["pack"].to_numpy(), 1.0)
    sold = rows["ours"].map(products.drop_duplicates("sku").set_index("sku")["sales"])
    weight = sold.where(sold > 0, rows["weight"]).to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.DataFrame(
        {
            "sku": rows["ours"].to_numpy(),
            "title": rows["title"].to_numpy(),
            "own_price": rows["own_price"].to_numpy(),
            "shop": rows["shop"].to_numpy(),
            "rival_sku": rows["theirs"].to_numpy(),
            "rival_title": rows["rival_title"].to_numpy(),
            "rival_price": rival_price * times,
            "prob": rows["prob"].to_numpy(),
            # A product without known sales still counts, as little as the least of the others.
            "weight": np.where(np.isfinite(weight), weight, np.nanmin(weight) if np.isfinite(weight).any() else 1.0),
            "own_currency": rows["own_currency"].fillna("").to_numpy(),
            "rival_currency": rows["rival_currency"].fillna("").to_numpy(),
            "date": theirs["date"].to_numpy(),
        }
    )


def _packs_unclear(ours: pd.DataFrame, theirs: pd.DataFrame, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Pairs of which one side names how many it sells, the other nothing, and the prices look like that many to one."""
    own, other = (side["pack"].to_numpy(np.float64) for side in (ours, theirs))
    silent = np.isfinite(own) != np.isfinite(other)
    unit = np.where(np.isfinite(own), ours["pack_unit"], theirs["pack_unit"])
    many = np.where(np.isfinite(own), own, 1 / other)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(rows["own_price"].to_numpy(np.float64) / rows["rival_price"].to_numpy(np.float64))
        near = np.abs(ratio - np.log(many)) < np.abs(ratio)
    return np.asarray(silent & (unit == "piece") & (many != 1) & near, bool)


def _places(
    pairs: pd.DataFrame, products: pd.DataFrame, currency: str, band: float
) -> tuple[pd.DataFrame, dict[str, Position]]:
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
        str(row.Index): position(
            float(row.price), float(row.reference), cost=float(row.cost), band=band, currency=currency
        )
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
