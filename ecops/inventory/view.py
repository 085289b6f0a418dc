"""What pages, deck and commands ask of a shop's stock; each answer is worked out once for each version of the data."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.handbook import parameter
from ecops.inventory import source
from ecops.inventory.analysis import Stock, analyse, horizon
from ecops.inventory.demand.regions import regions, seasons
from ecops.inventory.forecasting.calendar import events
from ecops.inventory.forecasting.capacity import Capacity, capacity
from ecops.inventory.forecasting.levels import levels
from ecops.inventory.orders.budget import Allocation, allocate_budget
from ecops.inventory.policies.replay import REPLAY_DAYS, Frontier, frontier
from ecops.inventory.policies.rules import rules
from ecops.inventory.policies.worth import worth
from ecops.inventory.products.listing import completeness, price_ladder, shortlist
from ecops.inventory.products.opportunity import opportunities
from ecops.inventory.products.profit import price_roles, profits
from ecops.inventory.products.selection import quadrant, selection
from ecops.inventory.products.trend import category_trends
from ecops.inventory.products.trials import trials
from ecops.inventory.spec import Spec
from ecops.inventory.supply.shutdowns import order_by
from ecops.inventory.supply.sources import dependence, sources
from ecops.inventory.supply.stages import stages
from ecops.inventory.supply.terms import agreements
from ecops.inventory.supply.warehouses import accuracy, sampled, work
from ecops.messages import Term
from ecops.metrics.daily import once, opened
from ecops.periods import ONE_DAY

if TYPE_CHECKING:
    import pandas as pd

    from ecops.finding import Finding

MOST_REPLAYED = 500
"""The comparison of rules replays the products that bring most, so that sliders answer at once."""


def stock(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> Stock:
    """`analyse`, remembered for as long as the data is open.

    Raises:
        EcopsError: see `analyse`.
    """
    ready = opened(data)
    chosen = spec or Spec()
    found: Stock = once(ready, ("inventory", chosen, today), lambda: analyse(ready, chosen, today))
    return found


def told(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> tuple[Finding, ...]:
    """The findings of a day, for the page."""
    from ecops.inventory.telling.findings import findings

    return findings(stock(data, spec, today))


def compared(
    data: Any, spec: Spec | None = None, today: dt.date | None = None, longer: float = 0.0, days: int = REPLAY_DAYS
) -> Frontier | None:
    """Every rule replayed on the last days of the shop's own sales, with each product's own lead time.

    Args:
        data: see `stock`.
        spec: the choices; thresholds of the handbook's rules included.
        today: last day.
        longer: days added to every lead time: what if suppliers slowed down?
        days: how many days are replayed, fewer where history is short.

    Returns:
        None when history is too short to replay four weeks.
    """
    ready = opened(data)
    found = stock(ready, spec, today)
    key = "inventory replayed", found.spec, today, longer, days
    made: Frontier | None = once(ready, key, lambda: _compared(found, longer, days))
    return made


def _compared(found: Stock, longer: float, days: int) -> Frontier | None:
    panel = found.shop.panel
    order = np.argsort(-found.classes.revenue, kind="stable")[:MOST_REPLAYED]
    # Where history reaches, a product that was not there yet when the replay begins takes no part: its first days have
    # nothing for any rule to go by.
    young = panel.age[order] <= min(days, panel.days - 84) + 28
    order = np.sort(order[~young] if not young.all() else order[panel.age[order] > 28])
    table = found.table.set_index("sku").loc[[panel.skus[row] for row in order]]
    lead = np.ceil(table["lead_days"].to_numpy(dtype=np.float64)) + longer
    review = table["review_days"].fillna(found.spec.review_days).clip(lower=1).to_numpy(dtype=np.int64)
    room = panel.days - 55 - int(lead.max(initial=1.0)) - int(review.max(initial=1))
    span = min(days, room)
    if span < 28 or not len(order):
        return None
    known = rules(found.spec.thresholds)
    value = table["cost"].fillna(table["price"]).fillna(0.0).to_numpy(dtype=np.float64)
    replayed = frontier(
        panel.only(order),
        list(known.values()),
        lead,
        lead_sd=table["lead_sd"].to_numpy(dtype=np.float64),
        days=span,
        target=found.spec.target,
        value=value,
        level=found.level[order],
        options={
            "review": review,
            "order_days": found.spec.order_days,
            "moq": table["moq"].to_numpy(dtype=np.float64),
            "pack": table["pack_size"].to_numpy(dtype=np.float64),
        },
    )
    return replace(replayed, rows=order)


def rules_in_money(
    data: Any, spec: Spec | None = None, today: dt.date | None = None, longer: float = 0.0
) -> pd.DataFrame | None:
    """What each rule of `compared` cost in four weeks beside the learned one, see `worth`; None where there is none."""
    ready = opened(data)
    found, replayed = stock(ready, spec, today), compared(ready, spec, today, longer)
    if replayed is None:
        return None
    rows = found.table.set_index("sku").loc[[found.shop.panel.skus[row] for row in replayed.rows]]
    price, cost = (rows[name].to_numpy(dtype=np.float64) for name in ("price", "cost"))
    rate = rows["holding_rate"].fillna(found.spec.holding_rate).to_numpy(dtype=np.float64)
    return worth(replayed.runs, np.where(np.isfinite(cost), price - cost, price), cost * rate / 365)


def spent(data: Any, budget: float, spec: Spec | None = None, today: dt.date | None = None) -> Allocation:
    """Today's purchase within a budget; quantities in the order of `Stock.lines`.

    Raises:
        SpecError: the budget is below 0.
    """
    ready = opened(data)
    found = stock(ready, spec, today)
    asked = once(ready, ("inventory horizon", found.spec, today), lambda: horizon(found))
    rows = found.table.set_index("sku").loc[list(found.shop.panel.skus)]
    holding = found.spec.holding_rate * found.spec.order_days / 365
    price, pack = (rows[name].to_numpy(dtype=np.float64) for name in ("price", "pack_size"))
    return allocate_budget(found.lines, budget, asked, price, pack, holding=holding)


PURCHASED: dict[str, Term] = {
    "supplier": Term(en="Supplier", zh="供应商"),
    "sku": Term(en="SKU", zh="SKU"),
    "title": Term(en="Product", zh="商品"),
    "quantity": Term(en="Order", zh="下单量"),
    "unit_cost": Term(en="Unit cost", zh="单位成本"),
    "value": Term(en="Value", zh="金额"),
    "arrives": Term(en="Expected", zh="预计到货"),
}
"""The columns of a purchase list as suppliers read them."""


def purchase_table(
    data: Any, spec: Spec | None = None, today: dt.date | None = None, budget: float | None = None
) -> pd.DataFrame:
    """Today's purchase as it goes to suppliers, the columns of `PURCHASED`; within a budget when one is given."""
    import pandas as pd

    lines = stock(data, spec, today).lines
    taken = [line.quantity for line in lines] if budget is None else spent(data, budget, spec, today).quantities
    rows = [
        (line.supplier, line.sku, line.title, quantity, line.cost, quantity * line.cost, line.arrives)
        for line, quantity in zip(lines, taken, strict=True)
        if quantity > 0
    ]
    return pd.DataFrame(rows, columns=list(PURCHASED))


def purchase_sheets(
    data: Any, title: str, spec: Spec | None = None, today: dt.date | None = None, budget: float | None = None
) -> dict[str, pd.DataFrame]:
    """The same as `title`, then one table a supplier where there are several; "-" for products without one."""
    whole = purchase_table(data, spec, today, budget)
    groups = {name or "-": rows.reset_index(drop=True) for name, rows in whole.groupby("supplier", sort=True)}
    return {title: whole, **groups} if len(groups) > 1 else {title: whole}


def choices(
    data: Any, rates: tuple[tuple[str, float], ...] = (), spec: Spec | None = None, today: dt.date | None = None
) -> pd.DataFrame:
    """Profit a unit, the handbook's conditions, price role and quadrant of every product with price and cost.

    Args:
        data: see `stock`.
        rates: of `ecops.inventory.products.profit.ASSUMED`, (name, value) pairs.
        spec: the choices.
        today: last day.

    Returns:
        The columns of `profits` and `selection`, role, quadrant; the least net margin first.
    """
    found = stock(data, spec, today)
    table, panel = found.table, found.shop.panel
    span = slice(-365, None)
    units = found.shop.aligned(panel.units[:, span].sum(axis=1))
    back = found.shop.aligned(panel.returned[:, span].sum(axis=1))
    own = table.assign(return_rate=np.where(units > 0, np.minimum(back / np.maximum(units, 1), 1.0), np.nan))
    profit = profits(own, dict(rates))
    verdicts = found.suppliers.set_index("supplier")["late_verdict"] if len(found.suppliers) else {}
    extra = table[["sku", "category", "rate"]].assign(
        units=units, returned=back, supplier_verdict=table["supplier"].map(verdicts).fillna("unknown")
    )
    whole = profit.drop(columns="returns").merge(extra, on="sku", how="left")
    chosen = selection(whole, found.spec.thresholds)
    return chosen.assign(
        role=price_roles(chosen, found.spec.thresholds), quadrant=quadrant(chosen, found.spec.thresholds)
    )


_TRAFFIC_DAYS = 28


def shelf(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> dict[str, Any]:
    """What the shelf itself tells.

    Returns:
        shortlist, trends, ladder (only listings with a fault), incomplete (only products over the limit): tables;
        fulfilled: (share shipped, lines) of orders paid within thirty days, but so long ago that they should have been
        shipped; None without any.
    """
    ready: Any = opened(data)
    found = stock(ready, spec, today)
    day = found.today
    seen = source.ask(ready, "item_traffic", start=day - (_TRAFFIC_DAYS - 1) * ONE_DAY, until=day)
    names = found.table.set_index("sku")["title"]
    seen["title"] = seen["product"].map(names).fillna(seen["title"])
    ladder = price_ladder(found.table)
    lacking = completeness(found.shop.products, found.spec.thresholds)
    due = math.ceil(parameter("service.ship_hours", found.spec.thresholds) / 24)
    shipped = source.ask(ready, "fulfilled", start=day - 30 * ONE_DAY, until=day - due * ONE_DAY).iloc[0]
    rows = found.table.set_index("sku").loc[list(found.shop.panel.skus), "category"]
    return {
        "shortlist": shortlist(seen) if len(seen) else seen,
        "trends": category_trends(found.shop.panel, list(rows)),
        "ladder": ladder[ladder["bait"] | ladder["wide"]],
        "incomplete": lacking[lacking["failed"]],
        "fulfilled": (float(shipped["shipped"] / shipped["orders"]), int(shipped["orders"]))
        if shipped["orders"] > 0
        else None,
    }


def terms(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> pd.DataFrame:
    """What was agreed with suppliers, see `agreements`; empty without a table of terms."""
    ready: Any = opened(data)
    found = stock(ready, spec, today)
    told = found.shop.terms
    if told.empty:
        return told
    rows = found.shop.purchases
    lately = rows[rows["ordered_on"] > _a_year_before(found.today)]
    spent = (lately["quantity"] * lately["unit_cost"].fillna(0.0)).groupby(lately["supplier"]).sum()
    return agreements(
        told, {str(name): float(money) for name, money in spent.items()}, found.today, found.spec.thresholds
    )


def _a_year_before(day: dt.date) -> pd.Timestamp:
    import pandas as pd

    return pd.Timestamp(day - 365 * ONE_DAY)


def backups(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Products with too few suppliers, and what the failure of each supplier would leave, see `dependence`."""
    found = stock(data, spec, today)
    known = sources(found.table, found.shop.purchases, found.shop.terms)
    return dependence(found.table, known, found.spec.thresholds)


def customs(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> pd.DataFrame:
    """Clearance as a stage of lead time, see `stages`; empty where no purchase order tells of customs."""
    found = stock(data, spec, today)
    return stages(found.shop.purchases, found.today)


_WORK_DAYS = 28
_TAKE_DAYS = 90


def warehouses(
    data: Any, spec: Spec | None = None, today: dt.date | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Accuracy of the last quarter's counts, work of the last four weeks, samples of the last year's receipts.

    See `accuracy`, `work` and `sampled`; each is empty where no export tells.
    """
    ready: Any = opened(data)
    found = stock(ready, spec, today)
    day = found.today
    takes = source.ask(ready, "stock_takes", start=day - (_TAKE_DAYS - 1) * ONE_DAY, until=day)
    told = source.ask(ready, "warehouse_work", start=day - (_WORK_DAYS - 1) * ONE_DAY, until=day)
    cost = found.table.set_index("sku")["cost"].to_dict()
    bought = found.shop.purchases
    lately = bought[bought["ordered_on"] > _a_year_before(day)]
    return accuracy(takes, cost), work(told), sampled(lately, found.spec.thresholds)


def searched(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> pd.DataFrame:
    """Words of the market whose search grows against little competition, see `opportunities`."""
    ready: Any = opened(data)
    found = stock(ready, spec, today)
    return opportunities(source.ask(ready, "market_words", until=found.today), found.table)


_REST_AHEAD = 120


def shutdowns(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> pd.DataFrame:
    """Last days to order before factories rest within four months, see `order_by`."""
    found = stock(data, spec, today)
    ahead = events(found.today + ONE_DAY, found.today + _REST_AHEAD * ONE_DAY)
    return order_by(found.table, ahead, found.today)


def on_trial(data: Any, goal: float = 0.6, spec: Spec | None = None, today: dt.date | None = None) -> pd.DataFrame:
    """New products and whether their first batch has shown enough, see `trials`."""
    found = stock(data, spec, today)
    panel = found.shop.panel
    counted = set(found.shop.stock["sku"])
    bought = found.shop.purchases.groupby("sku")["received_quantity"].sum(min_count=1)
    age = found.shop.aligned(panel.age.astype(np.float64), np.nan)
    table = found.table[["sku", "title"]].assign(
        age=age,
        units=found.shop.aligned(panel.units.sum(axis=1)),
        on_hand=found.table["on_hand"].where(found.table["sku"].isin(counted)),
        received=found.table["sku"].map(bought).astype(float),
    )
    # A product whose first sale is the first day of the data may have been sold long before.
    return trials(table[(table["age"] < panel.days)], goal)


def peak(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> Capacity | None:
    """The busiest day ahead in parcels, see `capacity`."""
    ready: Any = opened(data)
    found = stock(ready, spec, today)
    units = source.ask(ready, "parcels", start=found.today - 89 * ONE_DAY, until=found.today)["units"].iloc[0]
    # The mean of four weeks is level enough for a shop as a whole, and quick.
    usual = levels(found.shop.panel, "mean_28")
    return capacity(found.shop.panel, found.forecast.mean, usual, float(units or math.nan))


def places(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Demand of the last year by region and by season, see `regions` and `seasons`."""
    ready: Any = opened(data)
    found = stock(ready, spec, today)
    sold = source.ask(ready, "regions", start=found.today - 364 * ONE_DAY, until=found.today)
    whole = sold if found.shop.panel.days >= 360 else sold.head(0)
    return regions(sold), seasons(whole)
