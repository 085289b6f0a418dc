"""The stock of a whole shop on one day: what is missing, what to order, what to clear, whom to trust.

>>> import pandas as pd
>>> days = pd.date_range("2026-01-01", periods=120)
>>> lines = pd.DataFrame({"order_id": range(120), "sku": "A", "ordered_at": days, "quantity": 2, "paid_amount": 20.0})
>>> stock = pd.DataFrame({"date": ["2026-04-30"], "sku": ["A"], "on_hand": [9]})
>>> found = analyse({"order_lines": lines.assign(platform="web"), "inventory_snapshots": stock})
>>> found.table[["sku", "daily_sales", "alert"]].to_dict("records")
[{'sku': 'A', 'daily_sales': 2.0, 'alert': 'reorder'}]
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from ecops.errors import DataError
from ecops.inventory import source
from ecops.inventory.demand.classes import Classes, classify
from ecops.inventory.demand.panel import Floats, trailing
from ecops.inventory.forecasting.backtest import boosting_weighed
from ecops.inventory.forecasting.calendar import Event, event_columns, events
from ecops.inventory.forecasting.forecast import Forecast, forecast
from ecops.inventory.forecasting.lead_time import Calibrations, LeadTimeDemand
from ecops.inventory.forecasting.levels import levels
from ecops.inventory.forecasting.uplift import estimate_uplift
from ecops.inventory.orders.flow import Shares, Turnover, clearance, oversold, shares, turnover
from ecops.inventory.orders.position import alerts, cover_days, position
from ecops.inventory.orders.recommend import Line, Need, recommend
from ecops.inventory.policies.rules import Situation, protected_days, rule
from ecops.inventory.source import Shop
from ecops.inventory.spec import Spec
from ecops.inventory.supply.deliveries import dated, lead_times, suppliers
from ecops.inventory.supply.sources import sources
from ecops.inventory.supply.waiting import FORGOTTEN, waited
from ecops.messages import Message, Money
from ecops.metrics.daily import once, opened
from ecops.periods import ONE_DAY

if TYPE_CHECKING:
    import pandas as pd

_AHEAD = 150
_TOLD = 60
"""Events are told of when they begin within so many days."""

_YEAR = 365
_MONTH = 28


@dataclass(frozen=True, slots=True)
class Stock:
    """The answer. `table` and `lines` speak of the same products; money in `currency`.

    Attributes:
        today: last day looked at.
        table: one row a product: sku, title, category, supplier, price, cost, abc, xyz, pattern, stage, bulk_share,
            units_28 (sold), daily_sales (mean of the last 28 days, corrected for stock-outs), sold_rate (the same
            uncorrected), rate (forecast, units a day), idle_days, out_days (of the last 28), on_hand, available,
            reserved, committed, on_order, overdue, overdue_days, next_arrival, position, cover_days, lead_days,
            lead_sd, lead_source, reorder, upto, safety (units), risk (of running out before an order of today comes),
            alert, at_risk (sales in danger a week, money), value (of stock at cost).
        lines: today's purchase, the dearest to wait for first.
        clearance: see `ecops.inventory.orders.flow.clearance`.
        suppliers: see `ecops.inventory.supply.deliveries.suppliers`, and: extra_units, extra_value (stock that the
            supplier's delays and their spread make necessary, over delivery as promised), single_source (products that
            come from fewer suppliers than the handbook wants).
        oversold: products of which more is promised than is there.
        turnover: of the last year, None without counts or costs.
        shares: stock-out and slow-mover rate of the last 28 days.
        classes, forecast, level: of the products that were ever sold, rows as `shop.panel`; `level` is what was
            expected a day on every morning.
        events: what lies ahead within 60 days.
        shop: what was read.
        spec: what was chosen, with the thresholds that the shop changed for good.
        verdict: the sentence to read aloud.
        notes: what was assumed or left out.
    """

    today: dt.date
    table: pd.DataFrame
    lines: tuple[Line, ...]
    clearance: pd.DataFrame
    suppliers: pd.DataFrame
    oversold: pd.DataFrame
    turnover: Turnover | None
    shares: Shares
    classes: Classes
    forecast: Forecast
    level: Floats
    events: tuple[Event, ...]
    shop: Shop
    spec: Spec
    currency: str
    verdict: Message
    notes: tuple[Message, ...]


def analyse(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> Stock:
    """Judge the stock of a shop.

    Args:
        data: a workspace, opened data, or a mapping of canonical table names to frames.
        spec: the choices.
        today: last day to look at; the last day with a sale or a count when None.

    Raises:
        DataError: nothing was sold, or history is shorter than five weeks.
        SpecError: the rule does not exist.
    """
    ready = opened(data)
    chosen = (spec or Spec()).held(ready)
    known = _grounds(ready, chosen, today)
    shop, panel = known.shop, known.shop.panel
    notes = [*shop.notes, *known.notes]
    classes = classify(panel, dead_days=int(_threshold(chosen, "inventory.dead_stock_days")))
    categories = _of_panel(shop, "category")
    expected = forecast(
        panel, _AHEAD, categories=categories, uplift=known.uplifts, known=known.level, plans=chosen.plans
    )
    table = _table(shop, chosen, classes, expected, notes)
    table, need = _planned(shop, chosen, table, expected, known.calibrations, notes)
    lines = recommend(
        need,
        panel.skus,
        tuple(_of_panel(shop, "title")),
        tuple(table["supplier"].to_numpy()[_rows(shop)]),
        shop.today,
        target=chosen.target,
        order_days=chosen.order_days,
        currency=shop.currency,
    )
    # What nobody counted may be there: nothing is ordered on a guess.
    counted = set(shop.stock["sku"])
    lines = tuple(line for line in lines if line.sku in counted)
    recent = panel.exposure[:, -_MONTH:]
    wanted = (trailing(panel.demand, 90)[:, -1] > 0) & np.isin(np.array(panel.skus, dtype=object), list(counted))
    dead = _threshold(chosen, "inventory.dead_stock_days")
    flow = shares(table, recent, wanted, dead)
    delivered = (
        suppliers(shop.purchases, shop.today, chosen.thresholds) if len(shop.purchases) else shop.purchases.head(0)
    )
    return Stock(
        today=shop.today,
        table=table,
        lines=lines,
        clearance=clearance(table, chosen.thresholds),
        suppliers=_delays(delivered, table, chosen),
        oversold=oversold(table),
        turnover=_turned(shop, notes),
        shares=flow,
        classes=classes,
        forecast=expected,
        level=known.level,
        events=_ahead(shop),
        shop=shop,
        spec=chosen,
        currency=shop.currency,
        verdict=_verdict(table, lines, shop.currency) if counted else _UNCOUNTED,
        notes=(*notes, *expected.notes),
    )


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What all choices of a reader share: what was read, and what was learned from it."""

    shop: Shop
    level: Floats
    uplifts: dict[str, Floats]
    calibrations: Calibrations
    notes: tuple[Message, ...]


def _grounds(ready: Any, spec: Spec, today: dt.date | None) -> _Grounds:
    """Worked out once for each version of the data: a slider must not read the shop anew."""

    def learned(shop: Shop, level: Floats, notes: tuple[Message, ...]) -> _Grounds:
        uplifts = _uplifts(shop, _of_panel(shop, "category"))
        return _Grounds(shop, level, uplifts, Calibrations(shop.panel, level), notes)

    def plain() -> _Grounds:
        shop = source.read(ready, today, recapture=spec.recapture)
        if shop.panel.days < _MONTH + 8:
            raise DataError(
                Message("{n} days of sales are too few to plan stock.", n=shop.panel.days),
                Message("Load at least {n} days of orders.", n=_MONTH + 8),
            )
        return learned(shop, levels(shop.panel), ())

    def boosted() -> _Grounds:
        level, told = boosting_weighed(found.shop.panel, found.level)
        return learned(found.shop, level, (told,)) if level is not found.level else replace(found, notes=(told,))

    key = "inventory grounds", today, spec.recapture
    found: _Grounds = once(ready, key, plain)
    if spec.with_lightgbm:
        found = once(ready, (*key, "lightgbm"), boosted)
    return found


def _threshold(spec: Spec, key: str) -> float:
    from ecops.handbook import parameter

    return parameter(key, spec.thresholds)


def _uplifts(shop: Shop, categories: list[str]) -> dict[str, Floats]:
    """What the events ahead did when they were here before, by event."""
    panel, found = shop.panel, dict[str, Floats]()
    for event in events(shop.today + ONE_DAY, shop.today + _AHEAD * ONE_DAY):
        columns = event_columns(panel.start, panel.days, event.key)
        if len(columns) and columns[0] >= _MONTH:
            marked = np.zeros(panel.days, dtype=np.bool_)
            marked[columns] = True
            found[event.key] = estimate_uplift(panel, marked, categories).ratio
    return found


def _ahead(shop: Shop) -> tuple[Event, ...]:
    """The events to be told of: sales of China's platforms only where people pay in yuan, rests of factories to all."""
    home = shop.currency in ("", "CNY")
    soon = events(shop.today + ONE_DAY, shop.today + _TOLD * ONE_DAY)
    return tuple(event for event in soon if home or event.closed)


def _rows(shop: Shop) -> np.ndarray:
    """Rows of the list of products, in the order of the panel."""
    found = np.empty(len(shop.panel.skus), dtype=np.int64)
    known = np.flatnonzero(shop.row >= 0)
    found[shop.row[known]] = known
    return found


def _of_panel(shop: Shop, column: str) -> list[str]:
    return list(shop.products[column].to_numpy()[_rows(shop)])


def _table(shop: Shop, spec: Spec, classes: Classes, expected: Forecast, notes: list[Message]) -> pd.DataFrame:
    """What is known of every product, before anything is planned."""
    import pandas as pd

    panel = shop.panel
    table = shop.products.copy()
    for name in ("abc", "xyz", "pattern", "stage"):
        values = np.array(["C" if name == "abc" else "unsold" if name == "stage" else ""] * len(table), dtype=object)
        known = shop.row >= 0
        values[known] = getattr(classes, name)[shop.row[known]]
        table[name] = values
    lived = np.minimum(panel.age, _MONTH)
    table["bulk_share"] = shop.aligned(classes.bulk_share)
    table["units_28"] = shop.aligned(panel.units[:, -_MONTH:].sum(axis=1))
    table["daily_sales"] = shop.aligned(panel.demand[:, -_MONTH:].sum(axis=1) / lived)
    table["sold_rate"] = shop.aligned(panel.units[:, -_MONTH:].sum(axis=1) / lived)
    table["rate"] = shop.aligned(expected.level)
    table["out_days"] = shop.aligned((1 - panel.exposure[:, -_MONTH:]).sum(axis=1))
    # A product that was never sold has been idle since it was listed; without that day nothing is held against it.
    listed = (pd.Timestamp(shop.today) - pd.to_datetime(table["listed_on"])).dt.days
    table["idle_days"] = np.where(shop.row >= 0, shop.aligned(classes.idle_days), listed.fillna(0.0))
    held = position(shop.stock, shop.purchases, shop.committed, shop.today)
    table = table.merge(held, on="sku", how="left")
    for name in ("on_hand", "available", "committed", "on_order", "overdue", "overdue_days", "position"):
        table[name] = table[name].fillna(0.0)
    table["reserved"] = table["sku"].map(shop.stock.set_index("sku")["reserved"]).fillna(0.0)
    daily = np.zeros((len(table), _AHEAD))
    known = shop.row >= 0
    daily[known] = expected.mean[shop.row[known]]
    table["cover_days"] = cover_days(table["available"].to_numpy(), daily)
    counted = table["sku"].isin(shop.stock["sku"])
    table["alert"] = alerts(table, spec.thresholds).where(counted, "unknown")
    uncounted = int((~counted & (table["daily_sales"] > 0)).sum())
    if uncounted and len(shop.stock):
        notes.append(Message("{n} products that sell are not in any count of stock.", n=uncounted))
    table["value"] = table["on_hand"] * table["cost"]
    return table


def _planned(
    shop: Shop, spec: Spec, table: pd.DataFrame, expected: Forecast, known: Calibrations, notes: list[Message]
) -> tuple[pd.DataFrame, Need]:
    """The table with lead times, order points and risks; and what decides about orders, rows as in the panel."""
    table = _with_lead_times(shop, spec, table, notes)
    rows, panel = _rows(shop), shop.panel
    lead, sd = (table[name].to_numpy(dtype=np.float64)[rows] for name in ("lead_days", "lead_sd"))
    review = table["review_days"].fillna(float(spec.review_days)).to_numpy()[rows]
    protected = protected_days(lead, review.astype(np.int64))
    level, daily = expected.level, expected.mean
    arrival = np.ceil(lead).astype(np.int64)
    due, later = (known.over(days, daily).widened(level * sd) for days in (arrival, arrival + 7))
    if spec.rule == "learned":
        points = known.over(protected, daily, spec.order_days, review).widened(level * sd)
        notes += points.warnings(spec.target)
        reorder = points.quantile(spec.target)
        upto = reorder + level * spec.order_days
    else:
        case = Situation(panel, lead, sd, spec.target, spec.order_days, panel.days, review.astype(np.int64))
        bounds = rule(spec.rule, spec.thresholds).bounds(case)
        reorder, upto = bounds.reorder[:, -1], bounds.upto[:, -1]
    known.settle()
    column = {
        name: table[name].to_numpy(dtype=np.float64)[rows] for name in ("position", "moq", "pack_size", "price", "cost")
    }
    need = Need(
        position=column["position"], reorder=reorder, upto=upto, moq=column["moq"], pack=column["pack_size"],
        price=column["price"], cost=column["cost"], lead=lead, rate=level, due=due, later=later,
    )  # fmt: skip
    found = table.assign(
        reorder=shop.aligned(reorder),
        upto=shop.aligned(upto),
        safety=shop.aligned(np.maximum(reorder - level * protected, 0.0)),
        risk=shop.aligned(due.risk(column["position"])),
    )
    return found.assign(at_risk=_at_risk(found)), need


def horizon(found: Stock) -> LeadTimeDemand:
    """Demand from today until the order after today's can arrive, rows as `found.shop.panel`: what a budget is for."""
    rows, panel = _rows(found.shop), found.shop.panel
    lead, sd = (found.table[name].to_numpy(dtype=np.float64)[rows] for name in ("lead_days", "lead_sd"))
    review = found.table["review_days"].fillna(float(found.spec.review_days)).to_numpy()[rows]
    days = protected_days(lead, review.astype(np.int64)) + int(found.spec.order_days)
    expected = found.forecast
    return Calibrations(panel, found.level).over(days, expected.mean).widened(expected.level * sd)


def _with_lead_times(shop: Shop, spec: Spec, table: pd.DataFrame, notes: list[Message]) -> pd.DataFrame:
    """Lead times from receipts, else the product list, else the stand-in; says of how many."""
    told = lead_times(shop.purchases, list(table["sku"]), today=shop.today)
    found = table.assign(
        lead_days=told["lead_days"].to_numpy(),
        lead_sd=told["lead_sd"].fillna(0.0).to_numpy(),
        lead_source=told["lead_source"].to_numpy(),
        sources=table["sku"].map(sources(table, shop.purchases, shop.terms).groupby("sku").size()).fillna(0).to_numpy(),
    )
    named = found["supplier"] == ""
    found["supplier"] = found["supplier"].where(~named, told["supplier"])
    told_days = found["lead_time_days"].where(found["lead_time_days"] >= 0)
    listed = found["lead_days"].isna() & told_days.notna()
    found.loc[listed, "lead_source"] = "list"
    found["lead_days"] = found["lead_days"].fillna(told_days)
    stand_in = found["lead_days"].isna()
    if stand_in.any():
        found.loc[stand_in, "lead_source"] = "default"
        found["lead_days"] = found["lead_days"].fillna(spec.default_lead)
        notes.append(
            Message("{n} products have no lead time; {days} days stand in. Add it to the product list.",
                    n=int(stand_in.sum()), days=int(spec.default_lead))
        )  # fmt: skip
    found["lead_days"] = found["lead_days"].clip(lower=1.0)
    forgotten = int(waited(dated(shop.purchases), shop.today)["forgotten"].sum())
    if forgotten:
        notes.append(
            Message(
                "{n} purchase orders are more than {days} days past their promised day. They were taken for given up "
                "and say nothing of lead times; close them, or ask the supplier.",
                n=forgotten,
                days=FORGOTTEN,
            )
        )
    return found


def _at_risk(table: pd.DataFrame) -> Floats:
    """Sales in danger a week: a week's demand at its price times the risk, all of it when there is nothing to sell."""
    week = 7 * table["rate"] * table["price"].fillna(0.0)
    share = np.where(table["alert"] == "out", 1.0, np.where(table["alert"] == "unknown", 0.0, table["risk"]))
    return np.asarray(week * share, dtype=np.float64)


def _delays(known: pd.DataFrame, table: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """The suppliers, with the stock that their delays and their spread make necessary."""
    if not len(known):
        return known
    z = float(special.ndtri(spec.target))
    promised = table["supplier"].map(known.set_index("supplier")["promised_days"])
    longer = (table["lead_days"] - promised.fillna(table["lead_days"])).clip(lower=0.0)
    base = table["safety"] / z
    with_spread = np.sqrt(base**2 + (table["rate"] * table["lead_sd"]) ** 2)
    units = table["rate"] * longer + z * (with_spread - base).clip(lower=0.0)
    sums = table.assign(extra_units=units, extra_value=units * table["cost"]).groupby("supplier")
    least = _threshold(spec, "supplier.backup_minimum")
    single = table.assign(alone=(table["sources"] < least) & (table["rate"] > 0)).groupby("supplier")["alone"].sum()
    return known.assign(
        extra_units=known["supplier"].map(sums["extra_units"].sum()).fillna(0.0),
        extra_value=known["supplier"].map(sums["extra_value"].sum()).fillna(0.0),
        single_source=known["supplier"].map(single).fillna(0).astype(int),
    )


def _turned(shop: Shop, notes: list[Message]) -> Turnover | None:
    """Turnover of at most the last year, from units sold and the cost of each product today."""
    if not len(shop.counts) or not shop.products["cost"].notna().any():
        return None
    span = min(_YEAR, shop.panel.days)
    start = shop.today - (span - 1) * ONE_DAY
    cost = shop.products.set_index("sku")["cost"]
    day = (shop.counts["date"].to_numpy().astype("datetime64[D]") - np.datetime64(start)).astype(np.int64)
    counts, day = shop.counts[day >= 0], day[day >= 0]
    if not len(counts):
        return None
    worth = counts["on_hand"].clip(lower=0.0) * counts["sku"].map(cost).fillna(0.0)
    days = np.unique(day).astype(np.float64)
    value = np.bincount(day, weights=worth.to_numpy(dtype=np.float64))[np.unique(day)]
    sold = shop.panel.units[:, -span:].sum(axis=1)
    spent = float(np.nansum(sold * cost.reindex(list(shop.panel.skus)).to_numpy()))
    missing = int(shop.products["cost"].isna().sum())
    if missing:
        notes.append(
            Message(
                "{n} products have no cost; they are left out of stock value, turnover and the sum of orders.",
                n=missing,
            )
        )
    found = turnover(spent, value, span, days)
    notes += found.notes
    return found


_UNCOUNTED = Message("There is no count of stock: demand is known, cover is not. Load a stock report.")


def _verdict(table: pd.DataFrame, lines: tuple[Line, ...], currency: str) -> Message:
    """The sentence for the top: what is missing first, then what to spend, then what lies dead."""
    out = table[table["alert"] == "out"].sort_values("at_risk", ascending=False, kind="stable")
    dead = float(table.loc[table["alert"] == "dead", "value"].fillna(0.0).sum())
    words: dict[str, Any] = {
        "spend": Money(float(np.nansum([line.value for line in lines])), currency),
        "lost": Money(float(out["at_risk"].sum()), currency),
        "dead": Money(dead, currency),
        "n": len(lines),
    }
    words["product"] = str(out["title"].iloc[0]) if len(out) else ""
    words["out"] = len(out)
    if len(out) == 1:
        return Message(
            "{product} is out of stock, {lost} of sales a week; orders for {spend} are due today; {dead} lie dead.",
            **words,
        )
    if len(out):
        return Message(
            "{out} products are out of stock, {lost} of sales a week; orders for {spend} are due today; {dead} lie "
            "dead.",
            **words,
        )
    if lines:
        return Message("Orders for {spend} are due today; nothing that customers want is out of stock.", **words)
    if dead > 0:
        return Message("Nothing needs an order today; {dead} lie dead.", **words)
    return Message("Nothing needs an order today, and nothing lies dead.")
