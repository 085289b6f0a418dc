"""What each branch of the shop brought: new and returning customers, categories, products, figure by figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecops.engine import load_sql
from ecops.errors import unknown_name
from ecops.messages import Message, Term, Value
from ecops.metrics.daily import opened
from ecops.metrics.registry import metric
from ecops.periods import Period
from ecops.review.goals import PARTS, Progress, Target, Whose, progress

if TYPE_CHECKING:
    import pandas as pd

QUERIES = "ecops.review.queries"

CUSTOMERS: Mapping[str, Term] = {
    "new": Term(en="new customers", zh="新客"),
    "returning": Term(en="returning customers", zh="老客"),
}

LEVELS: Mapping[str, Term] = {
    "company": Term(en="Company", zh="公司"),
    "department": Term(en="Department", zh="部门"),
    "person": Term(en="Person", zh="个人"),
    "customers": Term(en="Customers", zh="客户"),
    "category": Term(en="Category", zh="类目"),
    "product": Term(en="Product", zh="商品"),
}
"""What the kinds of goal are called."""

Figures = Mapping[str, float]
"""Key of a metric -> its value, in its unit; without those that cannot be worked out."""

RATIOS: Mapping[str, tuple[str, str]] = {
    "uv_value": ("pay_amount", "visitors"),
    "pay_conversion": ("pay_buyers", "visitors"),
    "favourite_cart_rate": ("interested", "visitors"),
    "ctr": ("clicks", "impressions"),
    "roi": ("ad_paid_amount", "ad_cost"),
    "refund_rate": ("refunds", "gmv"),
    "value_per_buyer": ("gmv", "buyers"),
}
"""Metric -> what is divided by what."""

SUMS = ("gmv", "units", "buyers", "new_buyers", "orders", "impressions", "visitors", "ad_cost")


def branch_figures(data: Any, period: Period) -> Mapping[tuple[Whose, str], Figures]:
    """The figures of new and returning customers and of every category.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days.
    """
    ready = opened(data)
    if not ready.has("order_lines"):
        return {}
    asked = {"start": period.start, "end": period.end}
    rows = ready.query(load_sql(QUERIES, "branches"), asked).to_pylist()
    return {(row["whose"], row["who"]): figures_of(row) for row in rows}


def product_rows(data: Any, period: Period) -> pd.DataFrame:
    """The sums of every product that was sold, seen or advertised, see `product_figures.sql`."""
    asked = {"start": period.start, "end": period.end}
    found: pd.DataFrame = opened(data).query(load_sql(QUERIES, "product_figures"), asked).to_pandas()
    return found


def figures_of(row: Mapping[str, Any]) -> dict[str, float]:
    """The figures of one branch from its sums: a ratio is sum over sum; one without a base is left out."""
    found = {key: float(row[key]) for key in SUMS if _known(row.get(key))}
    for key, (top, base) in RATIOS.items():
        if _known(row.get(top)) and _known(row.get(base)) and row[base] > 0:
            found[key] = float(row[top] / row[base])
    if _known(row.get("costed_sales")) and row["costed_sales"] > 0 and _known(row.get("cost")):
        found["gross_margin"] = float(1 - row["cost"] / row["costed_sales"])
    return found


def _known(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def names(data: Any, most: int = 500) -> Mapping[tuple[Whose, str], Value]:
    """What every branch is called that a goal can be set for: new and returning customers, categories, products.

    Args:
        data: as for `ecops.metrics.kpis`.
        most: categories and products, those that sold most first.
    """
    ready = opened(data)
    if not ready.has("order_lines"):
        return {}
    rows = ready.query(load_sql(QUERIES, "branch_names"), {"most": most}).to_pylist()
    customers: Mapping[tuple[Whose, str], Value] = {("customers", key): label for key, label in CUSTOMERS.items()}
    return {**customers, **{(row["whose"], row["who"]): row["name"] for row in rows}}


def parts(data: Any, period: Period) -> Mapping[tuple[Whose, str], tuple[Value, Figures]]:
    """Name and figures in a period of every branch that sold, was seen or was advertised in it.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days.
    """
    found: dict[tuple[Whose, str], tuple[Value, Figures]] = {
        (whose, who): (CUSTOMERS.get(who, who) if whose == "customers" else who, figures)
        for (whose, who), figures in branch_figures(data, period).items()
    }
    for row in product_rows(data, period).to_dict("records"):
        found["product", str(row["sku"])] = (str(row["title"]), figures_of(row))
    return found


def part(told: str) -> tuple[Whose, str]:
    """`customers:new`, `category:...` or `product:...` as a branch.

    Raises:
        SpecError: no such kind of branch.

    >>> part("customers:new")
    ('customers', 'new')
    """
    kind, _, who = told.partition(":")
    known = {name: name for name in PARTS}
    if kind not in known or not who.strip() or (kind == "customers" and who not in CUSTOMERS):
        raise unknown_name(
            Message("The branch"), told, ("customers:new", "customers:returning", "category:…", "product:…")
        )
    return known[kind], who.strip()


def branches(data: Any, period: Period, targets: Sequence[Target]) -> tuple[tuple[Value, Progress], ...]:
    """How far the goal of each branch is, with its name; nothing is asked of the data without one.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: the week.
        targets: agreed, of which those of branches are told.
    """
    wanted = [target for target in targets if target.level in PARTS]
    if not wanted:
        return ()
    known = parts(data, period)
    told = []
    for target in wanted:
        name, figures = known.get((target.level, target.who), (CUSTOMERS.get(target.who, target.who), {}))
        told.append((name, progress(target, figures.get(target.metric, math.nan), period.end)))
    return tuple(told)


def covered(told: Sequence[tuple[Value, Progress]], whole: Target | None) -> Message | None:
    """Whether the goals of GMV of new and returning customers, or of categories, add up to the shop's; None without.

    Args:
        told: of `branches`.
        whole: the shop's own goal of GMV.
    """
    if whole is None or whole.metric != "gmv":
        return None
    for level in ("customers", "category"):
        goals = [one.target.value for _, one in told if one.target.level == level and one.target.metric == "gmv"]
        if goals and (level == "category" or len(goals) == len(CUSTOMERS)):
            from ecops.messages import Percent

            return Message(
                "The goals of {kind} add up to {share} of the shop's goal of {metric}.",
                kind=Term(en="customers", zh="新老客") if level == "customers" else Term(en="categories", zh="各类目"),
                share=Percent(sum(goals) / whole.value),
                metric=metric("gmv").label,
            )
    return None
