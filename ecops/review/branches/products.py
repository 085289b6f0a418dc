"""How did best sellers and new products do: sales, margin and new customers against their goals, and by which driver?

A driver is a factor of the product's sales: visitors x conversion x value per buyer where a report counts its
visitors, else units x price. The parts of the factors add up to the change (`ecops.statistics.decompose`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from ecops.engine import load_sql
from ecops.messages import Message, Money, Percent, Term, Value
from ecops.metrics.daily import opened
from ecops.periods import Period
from ecops.review.branches.figures import QUERIES, Figures, figures_of, product_rows
from ecops.review.goals import Progress, Target, progress
from ecops.statistics.decomposition import decompose

if TYPE_CHECKING:
    import pandas as pd

LAUNCH_DAYS = 60
"""A product is new for so many days after its first sale."""

MOST = 12
"""Best sellers that are told, besides every new product and every one with a goal."""

_FACTORS: Mapping[str, tuple[str, ...]] = {
    "traffic": ("visitors", "pay_buyers", "pay_amount"),
    "sales": ("units", "gmv"),
}
"""Basis -> sums whose neighbours' quotients are the factors of the last one."""

DRIVERS: Mapping[str, Term] = {
    "visitors": Term(en="visitors", zh="访客数"),
    "pay_buyers": Term(en="conversion", zh="转化率"),
    "pay_amount": Term(en="value per buyer", zh="客单价"),
    "units": Term(en="units", zh="件数"),
    "gmv": Term(en="price", zh="件单价"),
}
"""What the drivers are called, by the sum that each factor leads to."""


@dataclass(frozen=True, slots=True)
class ProductReview:
    """One product of a period.

    Attributes:
        sku, title, category: which; the category may be "".
        first_day: of its first sale; None when it was never sold.
        new: whether that is at most sixty days ago and the data reaches further back.
        figures, before: of the period and of the one before, by key of the metric.
        new_share: buyers who bought in the shop for the first time, of all its buyers; NaN where none is known.
        basis: "traffic" where the drivers are visitors, conversion and value per buyer; "sales" for units and price; ""
            without two periods to compare.
        drivers: money that each driver moved against the period before; they add up to the change of the sales that the
            report of visitors counts, else of those that orders do.
        moved: change of its GMV against the period before; NaN where it sold nothing then.
        goals: how far each of its goals is.
        currency: ISO code.
    """

    sku: str
    title: str
    category: str
    first_day: dt.date | None
    new: bool
    figures: Figures
    before: Figures
    new_share: float
    basis: Literal["traffic", "sales", ""]
    drivers: Mapping[str, float]
    moved: float
    goals: tuple[Progress, ...]
    currency: str

    @property
    def sentence(self) -> Message:
        """Its sales against goal and period before, and what moved them most."""
        value = self.figures.get("gmv", 0.0)
        goal = next((one.target.value for one in self.goals if one.target.metric == "gmv"), math.nan)
        words: dict[str, Value] = {"product": self.title, "value": Money(value, self.currency)}
        if math.isfinite(goal):
            words |= {"goal": Money(goal, self.currency), "share": Percent(value / goal)}
            head = Message("{product}: {value} of the {goal} that were agreed ({share})", **words)
        else:
            head = Message("{product}: {value}", **words)
        if not math.isfinite(self.moved):
            return Message("{head}.", head=head)
        told: dict[str, Value] = {"head": head, "change": Money(abs(self.moved), self.currency)}
        changed = (
            Message("{head}; {change} less than before.", **told)
            if self.moved < 0
            else Message("{head}; {change} more than before.", **told)
        )
        if not self.drivers:
            return changed
        # The one that explains the direction, where any does.
        same = {name: money for name, money in self.drivers.items() if money * self.moved > 0}
        name, money = max((same or self.drivers).items(), key=lambda one: abs(one[1]))
        by: dict[str, Value] = {"told": changed, "driver": DRIVERS[name], "money": Money(abs(money), self.currency)}
        if self.basis == "traffic":
            if money < 0:
                return Message("{told} Where visitors are counted, {driver} cost most: {money}.", **by)
            return Message("{told} Where visitors are counted, {driver} brought most: {money}.", **by)
        if money < 0:
            return Message("{told} {driver} cost most: {money}.", **by)
        return Message("{told} {driver} brought most: {money}.", **by)


def product_reviews(
    data: Any, period: Period, targets: Sequence[Target] = (), most: int = MOST
) -> tuple[ProductReview, ...]:
    """The best sellers, every new product, and every one with a goal, those that sold most first.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days; compared with as many before.
        targets: agreed, of which those of products are told; a sum is meant a week.
        most: best sellers.
    """
    ready: Any = opened(data)
    before = period.compared("previous")
    now, then = product_rows(ready, period), product_rows(ready, before)
    if now.empty:
        return ()
    firsts, known_from = _first_days(ready)
    earlier = {str(row["sku"]): row for row in then.to_dict("records")}
    aims: dict[str, list[Target]] = {}
    for target in targets:
        if target.level == "product":
            aims.setdefault(target.who, []).append(target)
    found = []
    for place, row in enumerate(now.to_dict("records")):
        sku = str(row["sku"])
        first = firsts.get(sku)
        age = math.inf if first is None else (period.end - first).days
        new = age < LAUNCH_DAYS and known_from is not None and (period.end - known_from).days >= 2 * LAUNCH_DAYS
        if place < most or new or sku in aims:
            found.append(_review(row, earlier.get(sku, {}), (first, new), aims.get(sku, []), period, ready.currency))
    return tuple(found)


def _first_days(data: Any) -> tuple[Mapping[str, dt.date], dt.date | None]:
    rows = data.query(load_sql(QUERIES, "product_first_days"), {}).to_pylist() if data.has("order_lines") else []
    return {row["sku"]: row["first_day"] for row in rows}, rows[0]["known_from"] if rows else None


def _review(
    row: Mapping[Any, Any],
    earlier: Mapping[Any, Any],
    born: tuple[dt.date | None, bool],
    aims: Sequence[Target],
    period: Period,
    currency: str,
) -> ProductReview:
    figures = figures_of(row)
    basis, drivers = _drivers(row, earlier)
    before = figures_of(earlier)
    buyers = figures.get("buyers", 0.0)
    weekly: dict[str, float] = dict(figures)
    for key in ("gmv", "units", "visitors", "impressions"):
        if key in weekly:
            weekly[key] *= 7 / period.days
    return ProductReview(
        sku=str(row["sku"]),
        title=str(row["title"]),
        category=str(row["category"] or ""),
        first_day=born[0],
        new=born[1],
        figures=figures,
        before=before,
        new_share=figures.get("new_buyers", 0.0) / buyers if buyers else math.nan,
        basis=basis,
        drivers=drivers,
        moved=figures.get("gmv", 0.0) - before["gmv"] if before.get("gmv") else math.nan,
        goals=tuple(progress(aim, weekly.get(aim.metric, math.nan), period.end) for aim in aims),
        currency=currency,
    )


def _drivers(
    row: Mapping[Any, Any], earlier: Mapping[Any, Any]
) -> tuple[Literal["traffic", "sales", ""], Mapping[str, float]]:
    """What each factor moved; nothing where a period has none of it."""
    bases: tuple[Literal["traffic", "sales"], ...] = ("traffic", "sales")
    for basis in bases:
        sums = _FACTORS[basis]
        values = [[float(side.get(name) or math.nan) for name in sums] for side in (earlier, row)]
        if all(math.isfinite(value) and value > 0 for side in values for value in side):
            factors = [_quotients(side) for side in values]
            sides = [_frame(sums, one) for one in factors]
            return basis, decompose(sides[0], sides[1], sums).by_factor
    return "", {}


def _quotients(values: Sequence[float]) -> list[float]:
    return [values[0], *(value / base for base, value in pairwise(values))]


def _frame(names: Sequence[str], values: Sequence[float]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([values], columns=list(names))
