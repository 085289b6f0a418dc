"""What the tables say of us and of others, brought into the shapes that the questions need."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.competitors.pricing.packs import parse_pack, several
from ecops.competitors.pricing.text import parse_prices
from ecops.competitors.standing.gaps import Own
from ecops.engine import load_sql
from ecops.messages import Count, Message
from ecops.periods import ONE_DAY, Period
from ecops.statistics.intervals import critical_value, wilson

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
_QUERIES = "ecops.competitors.queries"
_LEAST_DAYS = 0.8
"""Share of the days of a span that our own reports have to cover."""

_YEAR = 365
_TRIVIAL = 5
_OURS = 0.5


def ask(data: Any, name: str, **values: Any) -> pd.DataFrame:
    """The answer to one of the questions in `queries/`."""
    frame: pd.DataFrame = data.query(load_sql(_QUERIES, name), values).to_pandas()
    return frame


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans of a table of peers.

    Attributes:
        rows: the rows of all spans of one platform.
        platform: whose they are; "" when the table does not say it.
        newest: first and last day of the newest span.
        horizon: "week", "month" or "period": what the newest span is.
    """

    rows: pd.DataFrame
    platform: str
    newest: Period
    horizon: str

    def of(self, start: dt.date) -> pd.DataFrame:
        """The rows of the span that begins on a day."""
        return self.rows[self.rows["period"] == start]

    @property
    def before(self) -> pd.DataFrame:
        """The rows of the span before the newest; empty without one."""
        earlier = self.rows.loc[self.rows["period"] < self.newest.start, "period"]
        return self.of(earlier.max()) if len(earlier) else self.rows.iloc[:0]


def peer_spans(data: Any, platform: str = "", until: dt.date | None = None) -> Spans | None:
    """The peers of a platform; None when there are none with real figures.

    Args:
        data: the tables.
        platform: whose; the one with most rows when "".
        until: spans that begin later are left out.
    """
    if not data.has("peer_kpis"):
        return None
    rows = ask(data, "peers").drop_duplicates(["platform", "period", "shop"], keep="last")
    rows["period"] = [_date(day) for day in rows["period"]]
    rows = rows[~rows["is_index"].astype(bool)]
    if until is not None:
        rows = rows[[day <= until for day in rows["period"]]]
    if rows.empty:
        return None
    chosen = platform or str(rows["platform"].value_counts().sort_index().idxmax())
    rows = rows[rows["platform"] == chosen]
    if rows.empty:
        return None
    starts = sorted(set(rows["period"]))
    newest, horizon = _span(starts)
    return Spans(rows.reset_index(drop=True), chosen, newest, horizon)


def _date(value: Any) -> dt.date:
    found: dt.date = value.date() if hasattr(value, "date") else value
    return found


def _span(starts: list[dt.date]) -> tuple[Period, str]:
    """The newest span: a month where spans begin on the first, else as long as the distance of the last two."""
    last = starts[-1]
    if all(day.day == 1 for day in starts):
        return Period(last, last.replace(day=calendar.monthrange(last.year, last.month)[1])), "month"
    gap = (last - starts[-2]).days if len(starts) > 1 else 7
    return Period(last, last + (gap - 1) * ONE_DAY), "week" if gap == 7 else "period"


def own_figures(data: Any, platform: str, span: Period, confidence: float) -> tuple[dict[str, Own], list[Message]]:
    """Our own key figures on a platform in a span, each with the interval that its days give.

    The days of a shop differ by more than chance, so the interval of a ratio comes from how it differs from day to
    day, and is never narrower than that of its cases.
    """
    days = ask(data, "own_days", platform=platform, start=span.start, end=span.end)
    notes: list[Message] = []
    if len(days) < _LEAST_DAYS * span.days:
        notes.append(
            Message(
                "Your own daily report covers {n} of the {days} days of the peers' span; too few to compare.",
                n=Count(len(days)),
                days=span.days,
            )
        )
        return {}, notes
    column = {name: days[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in days.columns if name != "date"}
    sales = ask(data, "own_sales", platform=platform, start=span.start, end=span.end)
    sold, back = (sales[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("gross_sales", "refunds"))
    pairs: Mapping[str, tuple[Floats, Floats, bool]] = {
        "conversion_rate": (column["pay_buyers"], column["visitors"], True),
        "order_value": (column["pay_amount"], column["pay_buyers"], False),
        "bounce_rate": (column["bounces"], column["bounce_visitors"], True),
        "click_rate": (column["clicks"], column["impressions"], True),
        "cart_rate": (column["cart_users"], column["visitors"], True),
        "refund_rate": (back, sold, False),
    }
    found = {name: ratio(*pair, confidence) for name, pair in pairs.items()}
    found["visitors"] = _sum(column["visitors"], confidence)
    found["repeat_rate"] = _repeat(data, platform, span, confidence)
    return {name: own for name, own in found.items() if math.isfinite(own.value)}, notes


def ratio(upper: Floats, lower: Floats, counts: bool, confidence: float) -> Own:
    """A ratio of sums by day with the interval of its days; never narrower than Wilson's where cases are counted."""
    there = np.isfinite(upper) & np.isfinite(lower)
    upper, lower = upper[there], lower[there]
    total = float(lower.sum())
    if len(lower) < _TRIVIAL or total <= 0:
        return Own(math.nan)
    value = float(upper.sum()) / total
    residual = upper - value * lower
    error = math.sqrt(float((residual**2).sum()) * len(lower) / (len(lower) - 1)) / total
    half = float(critical_value(confidence, len(lower) - 1)) * error
    low, high = value - half, value + half
    if counts and 0 <= value <= 1:
        ends = wilson(float(upper.sum()), total, level=confidence)
        low, high = min(low, float(ends.low)), max(high, float(ends.high))
    return Own(value, max(low, 0.0), high, int(total) if counts else len(lower))


def _sum(values: Floats, confidence: float) -> Own:
    there = values[np.isfinite(values)]
    if len(there) < _TRIVIAL:
        return Own(math.nan)
    half = float(critical_value(confidence, len(there) - 1)) * float(there.std(ddof=1)) * math.sqrt(len(there))
    return Own(float(there.sum()), max(float(there.sum()) - half, 0.0), float(there.sum()) + half, len(there))


def _repeat(data: Any, platform: str, span: Period, confidence: float) -> Own:
    if not data.has("daily_buyers"):
        return Own(math.nan)
    found = ask(data, "own_buyers", platform=platform, start=span.start, end=span.end,
                since=span.start - _YEAR * ONE_DAY).iloc[0]  # fmt: skip
    return Own.of_counts(float(found["returning_buyers"]), float(found["buyers"]), confidence)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What stood on shelves on the newest day of each shop.

    Attributes:
        rows: one row a shop and product: the columns of `listings.sql`, `own` (it is ours), and what its price text
            says: price (of one piece; for a bundle its share), currency, pieces, kind, pack and pack_unit (what a pack
            holds), sales (units of 30 days, NaN when not told).
        history: the same for every day there is, oldest first.
        own_names: our own shops.
        notes: what was left out.
    """

    rows: pd.DataFrame
    history: pd.DataFrame
    own_names: tuple[str, ...]
    notes: tuple[Message, ...]


def shelf(data: Any, until: dt.date | None = None, language: str = "zh") -> Shelf | None:
    """Every listing; None without any.

    Args:
        data: the tables.
        until: what was seen later is left out.
        language: of price texts, see `parse_price`.
    """
    import pandas as pd

    if not data.has("listings"):
        return None
    raw = ask(data, "listings")
    raw["date"] = pd.to_datetime(raw["date"])
    if until is not None:
        raw = raw[raw["date"].isna() | (raw["date"] <= pd.Timestamp(until))]
    if raw.empty:
        return None
    ours = own_names(data)
    skus = set(ask(data, "own_products", start=dt.date.min, end=dt.date.min)["sku"]) if data.has("products") else set()
    prices = parse_prices(raw["price_text"], language)
    packs = _packs(raw, prices["pieces"].to_numpy(dtype=np.float64))
    price = prices["unit_price"].where(prices["amount"].notna(), raw["list_price"].to_numpy())
    rows = raw.reset_index(drop=True).assign(
        price=price.to_numpy(dtype=np.float64),
        currency=prices["currency"].to_numpy(),
        pieces=prices["pieces"].to_numpy(),
        kind=prices["kind"].to_numpy(),
        pack=packs["pack"].to_numpy(),
        pack_unit=packs["pack_unit"].to_numpy(),
        sales=raw["sales_30d"].to_numpy(dtype=np.float64, na_value=np.nan),
    )
    rows["own"] = _ours(rows, ours, skus)
    latest = rows.groupby("shop")["date"].transform("max")
    newest = rows[(rows["date"] == latest) | latest.isna()]
    different = newest.sort_values(["shop", "sku", "rank"], kind="stable").drop_duplicates(["shop", "sku"])
    notes = []
    lacking = int(different["price"].isna().sum())
    if lacking:
        notes.append(Message("{n} listings have no price that can be read.", n=Count(lacking)))
    currencies = sorted(set(different.loc[different["price"].notna(), "currency"]) - {""})
    if len(currencies) > 1:
        notes.append(
            Message(
                "Listings are priced in {currencies}; only those in one currency are compared with each other.",
                currencies=", ".join(currencies),
            )
        )
    return Shelf(different.reset_index(drop=True), rows, ours, tuple(notes))


def _packs(raw: pd.DataFrame, pieces: Floats) -> pd.DataFrame:
    """What the priced thing holds: as its column says, else as many as its title names ("3件装"), else nothing.

    A price text that names as many pieces as the pack has already been shared out among them.
    """
    import pandas as pd

    told = [parse_pack(text) for text in raw["quantity"]]
    silent = all(not unit for _pack, unit in told)
    found = [_titled(title) if silent else pack for pack, title in zip(told, raw["title"], strict=True)]
    table = pd.DataFrame(found, columns=["pack", "pack_unit"])
    shared = (table["pack_unit"] == "piece") & (table["pack"] == pieces) & (pieces > 1)
    times = raw["quantity"].fillna("").astype(str).str.extract(r"[*x×/]\s*(\d+)")[0].astype(float).to_numpy()
    shared |= (table["pack_unit"] != "piece") & (times == pieces) & (pieces > 1)
    return table.assign(pack=table["pack"] / np.where(shared, pieces, 1.0))


def _titled(title: object) -> tuple[float, str]:
    number = several(title)
    return number, "piece" if math.isfinite(number) else ""


def own_names(data: Any) -> tuple[str, ...]:
    """The names of our own shops."""
    return tuple(dict.fromkeys(ask(data, "own_shops")["shop"].astype(str)))


def _ours(rows: pd.DataFrame, names: tuple[str, ...], skus: set[str]) -> NDArray[np.bool_]:
    """Listings of our own shops: by the shop's name, or because most of the shop's codes are those of our products."""
    by_name = rows["shop"].isin(names)
    if skus and not by_name.any():
        share = rows["sku"].isin(skus).groupby(rows["shop"]).transform("mean")
        by_name = share >= _OURS
    result: NDArray[np.bool_] = by_name.to_numpy(dtype=bool)
    return result


def prices(data: Any, until: dt.date | None = None) -> pd.DataFrame:
    """The history of prices by day, shop and product, with `own`; no rows without any."""
    import pandas as pd

    rows = ask(data, "prices")
    rows["date"] = pd.to_datetime(rows["date"])
    if until is not None:
        rows = rows[rows["date"] <= pd.Timestamp(until)]
    names = own_names(data)
    own = (rows["shop"].isin(names) | (rows["shop"] == "")).to_numpy(dtype=bool)
    return rows.assign(own=own, title=rows["title"].fillna("")).reset_index(drop=True)


def own_products(data: Any, span: Period) -> pd.DataFrame:
    """Our products: sku, title, cost, price (NaN when not known), sales (money) and units of a span."""
    if data.has("products"):
        return ask(data, "own_products", start=span.start, end=span.end)
    if not data.has("daily_items"):
        return ask(data, "own_products", start=span.start, end=span.end)
    return ask(data, "sold_products", start=span.start, end=span.end).assign(cost=np.nan, price=np.nan)
