"""Every measure by day, shop and segment: the one table from which metrics, tests and diagnosis are made."""

from __future__ import annotations

import datetime as dt
import threading
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

import numpy as np

from ecops.engine.answers import Answers
from ecops.errors import unknown_name
from ecops.messages import Message, Term
from ecops.metrics.money import margin
from ecops.metrics.money.rates import rates
from ecops.metrics.rows import Floats, Rows, half_years, join_rows, make_rows, text_column
from ecops.periods import Period
from ecops.statistics.grouping import distinct

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

QUERIES = "ecops.metrics.queries"
HISTORY_DAYS = 42
"""Days before the period that come along for the daily series."""

LOOK_BACK_DAYS = 365
"""How far the search for an earlier purchase goes back, at most; both periods look back equally far."""

PLACES = ("platform", "shop")
"""Columns that every daily figure has."""

_SALES = (
    "gross_sales",
    "refunds",
    "discount",
    "freight",
    "cost",
    "costed_sales",
    "units",
    "orders",
    "buyer_orders",
    "buyer_sales",
)
_SPLITS: Mapping[str, tuple[str, ...]] = {
    "sales": ("platform", "shop", "channel", "device", "province"),
    "items": ("platform", "shop", "sku", "title", "category"),
    "orders": ("platform", "shop", "channel", "device", "province"),
    "traffic": ("platform", "shop", "channel", "device", "segment"),
    "ads": ("platform", "shop", "channel"),
    "buyer_days": ("platform", "shop", "channel", "device", "province"),
}
_KEPT: Mapping[str, tuple[str, ...]] = {
    "sales": ("channel", "device"),
    "orders": ("channel", "device"),
    "traffic": ("channel", "device"),
    "ads": ("channel",),
}
"""Sources whose figures add up over everything, and how fine they are asked for and kept: of these rows all coarser
splits are made."""

SOURCES = ("sales", "orders", "traffic", "ads", "buyer_days")
"""Queries of figures that are split by anything but products, in the order in which they are joined."""

MEASURES: Mapping[str, tuple[str, ...]] = {
    "sales": _SALES,
    "items": ("gross_sales", "refunds", "units", "orders"),
    "orders": ("placed_orders", "paid_orders"),
    "traffic": (
        "impressions",
        "clicks",
        "visitors",
        "page_views",
        "bounces",
        "bounce_visitors",
        "dwell_total",
        "dwell_visitors",
        "favourites",
        "cart_users",
        "order_buyers",
        "pay_buyers",
        "pay_amount",
    ),
    "ads": ("ad_cost", "ad_paid_amount", "ad_clicks", "ad_new_buyers", "selling_cost", "new_buyer_cost"),
    "buyer_days": ("buyers",),
    "margin": margin.MEASURES,
}
COLUMN_MAY_BE_MISSING = ("cost", "costed_sales", "discount")
_TABLES: Mapping[str, tuple[str, ...]] = {
    "sales": ("order_lines", "orders"),
    "items": ("order_lines",),
    "orders": ("order_lines", "orders"),
    "traffic": ("traffic_daily",),
    "ads": ("ad_spend_daily",),
    "buyer_days": ("order_lines", "orders"),
}
DIMENSIONS: Mapping[str, Term] = {
    "platform": Term(en="platform", zh="平台"),
    "shop": Term(en="shop", zh="店铺"),
    "channel": Term(en="channel", zh="渠道"),
    "device": Term(en="device", zh="终端"),
    "province": Term(en="region", zh="地区"),
    "segment": Term(en="segment", zh="人群"),
    "category": Term(en="category", zh="类目"),
    "sku": Term(en="product code", zh="商品编码"),
    "title": Term(en="product", zh="商品"),
}
"""By what figures may be split, and what it is called."""

UNNAMED = Term(en="not given", zh="未填写")
"""A dimension that the data leaves empty."""

NAMES: Mapping[str, Term] = {
    "taobao": Term(en="Taobao", zh="淘宝"),
    "tmall": Term(en="Tmall", zh="天猫"),
    "douyin": Term(en="Douyin", zh="抖音"),
    "jd": Term(en="JD", zh="京东"),
    "pdd": Term(en="Pinduoduo", zh="拼多多"),
    "shopify": Term(en="Shopify", zh="Shopify"),
    "amazon": Term(en="Amazon", zh="亚马逊"),
    "mobile": Term(en="mobile", zh="移动端"),
    "desktop": Term(en="desktop", zh="PC 端"),
    "new_people": Term(en="new people", zh="新客"),
    "returning_people": Term(en="returning people", zh="老客"),
}
"""How platforms and devices are called; every other value is data and written as it is."""


@runtime_checkable
class Data(Protocol):
    """What `ecops.store.inputs.open_data` gives: tables and daily roll-ups that answer queries."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to one SELECT."""

    def has(self, table: str) -> bool:
        """Whether a table holds rows."""


def opened(data: Any) -> Data:
    """Anything that data may be given as, ready to answer queries.

    A table with visitors and no order numbers is daily traffic, every other one order lines.
    """
    if isinstance(data, Data):
        return data
    from ecops.store.inputs import open_data

    columns = getattr(data, "column_names", None)
    names = {str(name) for name in (getattr(data, "columns", ()) if columns is None else columns)}
    traffic = "visitors" in names and "order_id" not in names
    return cast("Data", open_data(data, table="traffic_daily" if traffic else "order_lines"))


_known: weakref.WeakKeyDictionary[Data, Answers] = weakref.WeakKeyDictionary()
_knowing = threading.Lock()
_MOST_KNOWN = 128
"""A weekly review asks for some hundred things, the overview of the same days for most of them again."""


def once(data: Data, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """`make()`, remembered as long as `data`, of which its result must not hold a reference.

    A page asks the same comparison several times: for its figures, its causes, each of its splits; so do several
    readers at once, who wait for the first of them. What was not asked for longest is forgotten first.
    """
    with _knowing:
        known = _known.get(data)
        if known is None:
            known = _known[data] = Answers(_MOST_KNOWN)
    return known.get(key, make)


@dataclass(frozen=True, slots=True)
class Daily:
    """Measures by day, platform, shop and segment, as the queries gave them.

    Attributes:
        spans: whose days they are.
        by: segment columns asked for.
        rows: source -> its rows ("sales", "traffic", ...); only sources that have any.
        measures: measures that have at least one value.
    """

    spans: tuple[Period, Period]
    by: tuple[str, ...]
    rows: Mapping[str, Rows]
    measures: frozenset[str]


def read_daily(
    data: Data, spans: tuple[Period, Period], by: Sequence[str] = (), only: Collection[str] = SOURCES
) -> Daily:
    """Every measure that the loaded tables have, on the days of either span.

    Args:
        data: the tables.
        spans: the period with its history, and the comparison.
        by: segment columns.
        only: sources to ask, all when not given; with products in `by` it is always theirs.

    Raises:
        SpecError: a column of `by` that is not in `DIMENSIONS`.
    """
    for column in by:
        if column not in DIMENSIONS:
            raise unknown_name(Message("The dimension"), column, DIMENSIONS)
    found: dict[str, Rows] = {}
    for source in ("items",) if {"sku", "title", "category"} & set(by) else [name for name in SOURCES if name in only]:
        if not set(by) <= set(_SPLITS[source]) or not any(data.has(table) for table in _TABLES[source]):
            continue
        rows = _read(data, source, spans, [name for name in by if name not in PLACES])
        if len(rows):
            found[source] = rows
    if "sales" in found and ("ads" in only or not data.has("ad_spend_daily")):
        left = _left(data, found["sales"], found.get("ads"), [name for name in by if name not in PLACES])
        found |= {} if left is None else {"margin": left}
    told = {name for rows in found.values() for name, values in rows.measures.items() if _tells(name, values)}
    return Daily(spans, tuple(by), found, frozenset(told))


def _left(data: Data, sales: Rows, ads: Rows | None, extra: Sequence[str]) -> Rows | None:
    """What is left of sales after all costs, see `ecops.metrics.money.margin`.

    Where sales are told apart by more than places every part bears the average of its platform: nobody pays by the
    channel or device of orders.
    """
    if extra:
        known = rates(data, sales.keys["platform"][0], spread=True)
        return margin.margin_rows(sales, None, known, (*PLACES, *extra))
    platforms = {*sales.keys["platform"][0], *(() if ads is None else ads.keys["platform"][0])}
    return margin.margin_rows(sales, ads, rates(data, sorted(platforms)))


def _tells(name: str, values: Floats) -> bool:
    """A cost or discount of exactly nothing everywhere means that no file carried the column."""
    return bool(np.nan_to_num(values).any() if name in COLUMN_MAY_BE_MISSING else not np.isnan(values).all())


def _read(data: Data, source: str, spans: tuple[Period, Period], extra: Sequence[str]) -> Rows:
    """The rows of a source; where that is cheap they are asked by half-years, which many periods share, and finer."""
    grain = _KEPT.get(source, ())
    kept = bool(grain) and set(extra) <= set(grain)
    if kept or (source == "buyer_days" and _counted(data, extra)):
        halves = [_half_year(data, source, half, grain or extra) for half in half_years(spans)]
        rows = join_rows([half.within(spans) for half in halves])
    else:
        rows = _asked(data, source, spans, extra)
    return _at_one_level(rows, sources=bool(extra)) if source == "traffic" else rows


def _at_one_level(rows: Rows, *, sources: bool) -> Rows:
    """Traffic without visitors that stand in it twice, see `traffic.sql`; `sources` says whether they are asked for."""
    levels, level = rows.keys["level"]
    is_source = np.array([name == "source" for name in levels], dtype=bool)[level]
    shop = distinct([rows.keys[name][1] for name in PLACES])[1]
    source_rows, all_rows = np.bincount(shop, is_source), np.bincount(shop)
    by_source = (source_rows == all_rows) | (sources & (source_rows > 0))
    return rows.where(by_source[shop] == is_source)


def _counted(data: Data, extra: Sequence[str]) -> bool:
    """Whether the roll-up `daily_people` holds the buyers of each day in this split."""
    return len(extra) <= 1 and data.has("daily_people")


def _half_year(data: Data, source: str, half: Period, extra: Sequence[str]) -> Rows:
    key = "rows", source, half, tuple(extra)
    found: Rows = once(data, key, lambda: _asked(data, source, (half, half), extra))
    return found


def _asked(data: Data, source: str, spans: tuple[Period, Period], extra: Sequence[str]) -> Rows:
    from ecops.engine import load_sql

    (start, end), (other_start, other_end) = ((span.start, span.end) for span in spans)
    params: dict[str, Any] = {"start": start, "end": end, "other_start": other_start, "other_end": other_end}
    keys = {name: name for name in (*PLACES, *extra)}
    question = source
    if source == "traffic":
        keys["level"] = "level"
    if source == "buyer_days" and _counted(data, extra):
        question, params["split"] = "people_days", "".join(extra)
        keys |= dict.fromkeys(extra, "value")
    answer = data.query(load_sql(QUERIES, question, by=tuple(extra)), params)
    return make_rows(answer, keys, MEASURES[source])


def _as_day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


MINIMUM_LOOK_BACK = 28
"""With less history nobody can be told to have come back."""


def read_people(data: Data, days: Sequence[dt.date], look_back: int, by: Sequence[str] = ()) -> pd.DataFrame | None:
    """Different buyers on `days` and how many of them had bought within `look_back` days before the first of them.

    Returns:
        The columns of `by`, `buyers`, `returning_buyers` (NaN when the history is too short to tell); None when buyers
        are not known or cannot be split by `by`.
    """
    import pandas as pd

    from ecops.engine import load_sql

    usable = set(by) <= set(_SPLITS["buyer_days"]) and any(data.has(table) for table in _TABLES["buyer_days"])
    if not usable or not days:
        return None
    start, end = min(days), max(days)
    params = {"start": start, "end": end, "days": list(days), "since": start - dt.timedelta(days=look_back)}
    question = "scope_buyers" if not is_whole(data) else "split_buyers" if by else "buyers"
    answer = data.query(load_sql(QUERIES, question, by=tuple(by)), params)
    buyers, returning = (answer[name].cast("float64").to_numpy() for name in ("buyers", "returning_buyers"))
    if not buyers.sum():
        return None
    if look_back < MINIMUM_LOOK_BACK:
        returning = np.full(len(buyers), np.nan)
    parts = {
        name: np.array(values, dtype=object)[place] for name in by for values, place in [text_column(answer[name])]
    }
    return pd.DataFrame({**parts, "buyers": buyers, "returning_buyers": returning})


def read_buyer_base(data: Data, period: Period, compare: Period) -> Mapping[str, float]:
    """People who had ever bought before each period (`known_before`, `known_after`) and first-time buyers in it."""
    from ecops.engine import load_sql

    answer = data.query(load_sql(QUERIES, "newcomers" if is_whole(data) else "scope_newcomers"), {})
    rows = make_rows(answer, {}, ("buyers",))
    found = {}
    for side, span in (("before", compare), ("after", period)):
        earlier = rows.measures["buyers"][rows.days < span.start.toordinal()]
        found[f"known_{side}"] = float(earlier.sum())
        found[f"first_{side}"] = float(rows.within([span]).measures["buyers"].sum())
    return found


def is_whole(data: Data) -> bool:
    """Whether the whole shop is asked, not a part of it.

    A part has no `daily_newcomers`: whether somebody is new to a part cannot be told from sums.
    """
    return data.has("daily_newcomers")


def history(data: Data, first: dt.date) -> int:
    """Days of buyers before `first`, at most `LOOK_BACK_DAYS`; 0 when buyers are not known."""
    from ecops.engine import load_sql

    if not any(data.has(table) for table in _TABLES["buyer_days"]):
        return 0
    row = data.query(load_sql(QUERIES, "span_buyers"), {}).to_pylist()[0]
    if row["first_day"] is None:
        return 0
    return max(0, min(LOOK_BACK_DAYS, (first - _as_day(row["first_day"])).days))


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when one shop has figures of one kind."""

    source: str
    platform: str
    shop: str
    first_day: dt.date
    last_day: dt.date


def spans(data: Data) -> tuple[Span, ...]:
    """The span of each shop's sales and of its traffic."""
    from ecops.engine import load_sql

    found: list[Span] = []
    for source in ("sales", "traffic"):
        if any(data.has(table) for table in _TABLES[source]):
            rows = data.query(load_sql(QUERIES, f"span_{source}"), {}).to_pylist()
            found.extend(_span(source, row) for row in rows)
    return tuple(found)


def _span(source: str, row: Mapping[str, Any]) -> Span:
    first, last = _as_day(row["first_day"]), _as_day(row["last_day"])
    return Span(source, row["platform"] or "", row["shop"] or "", first, last)
