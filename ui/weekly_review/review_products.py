"""Best sellers and new products: sales against goal and period before, what moved them, every figure of each."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops import door
from ecops.metrics.registry import metric
from ecops.review import Targets, Weekly
from ecops.review.branches.platforms import platform_fit
from ecops.review.branches.products import DRIVERS, LAUNCH_DAYS, ProductReview, product_reviews
from ecops.review.week import deck
from ecops.words import written
from ui.parts import tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, plain, say
from ui.state import workspaces

_OPEN = 5
"""Products told in sentences; the rest stands in the table."""

_COLUMNS = (
    "visitors", "uv_value", "pay_conversion", "value_per_buyer", "favourite_cart_rate", "gross_margin", "refund_rate",
    "ad_cost", "roi", "impressions",
)  # fmt: skip


def show(review: Weekly) -> None:
    """Sentences of those that matter most, then the table."""
    goals = Targets(workspaces.current().state).parts()
    found = product_reviews(workspaces.current().data(), review.week, goals)
    if not found:
        st.caption(_("No product was sold, seen or advertised in these days."))
        return
    _told(_("**New products** (first sold within {days} days)", days=LAUNCH_DAYS), [one for one in found if one.new])
    _told(_("**Best sellers**"), [one for one in found if not one.new])
    _table(found, review.currency)
    _platforms(review)
    st.caption(
        _(
            "A goal of a product is agreed on under Targets, as a branch of sales. Visitors are those of platforms "
            "whose report tells products apart; what moved sales there adds up to their change."
        )
    )


def _platforms(review: Weekly) -> None:
    """Which platform suits which goods."""
    found = workspaces.answer(platform_fit, review.week)
    if not found:
        return
    st.markdown(_("**Which platform for which goods**"))
    for one in found[:_OPEN]:
        st.markdown(f"- {say(one.sentence)}")


def _told(title: str, found: list[ProductReview]) -> None:
    if not found:
        return
    st.markdown(title)
    ordered = sorted(found, key=lambda one: not one.goals)
    for one in ordered[:_OPEN]:
        st.markdown(f"- {say(one.sentence)}{_others(one)}")


def _others(one: ProductReview) -> str:
    """How far its other goals are."""
    told = [
        _(
            "{metric}: {value} of {goal}, {state}",
            metric=metric(goal.target.metric).label,
            value=deck.written(goal.target.metric, goal.value, one.currency),
            goal=deck.written(goal.target.metric, goal.target.value, one.currency),
            state=deck.PROGRESS[goal.state],
        )
        for goal in one.goals
    ]
    return f" ({joined(told)})" if told else ""


def _table(found: tuple[ProductReview, ...], currency: str) -> None:
    keys = [key for key in _COLUMNS if door.may_see(metric(key).needs, door.reader())]
    keys = [key for key in keys if any(key in one.figures for one in found)]
    goals = {one.sku: next((goal for goal in one.goals if goal.target.metric == "gmv"), None) for one in found}
    table = pd.DataFrame(
        {
            "title": [one.title for one in found],
            "gmv": [one.figures.get("gmv", 0.0) for one in found],
            "change": [one.moved for one in found],
            "goal": [one.target.value if one else math.nan for one in goals.values()],
            "new": [_("new") if one.new else "" for one in found],
            "new_share": [one.new_share for one in found],
            **{key: [_figure(one, key, currency) for one in found] for key in keys},
            **{
                f"driver_{name}": [one.drivers.get(name, math.nan) for one in found]
                for name in DRIVERS
                if any(name in one.drivers for one in found)
            },
            "sku": [one.sku for one in found],
        }
    )
    shapes = {
        "title": Shape(_("Product")),
        "gmv": Shape(plain(metric("gmv").label), "money"),
        "change": Shape(_("Against before"), "money"),
        "goal": Shape(_("Goal a week"), "money"),
        "new": Shape(_("Launch")),
        "new_share": Shape(_("New customers"), "percent"),
        **{key: Shape(plain(metric(key).label), "figure") for key in keys},
        **{
            f"driver_{name}": Shape(_("By {driver}", driver=label), "money")
            for name, label in DRIVERS.items()
            if f"driver_{name}" in table
        },
        "sku": Shape(_("Product code")),
    }
    if not table["goal"].notna().any():
        table = table.drop(columns="goal")
    if not table["new"].any():
        table = table.drop(columns="new")
    shapes = {name: shape for name, shape in shapes.items() if name in table}
    tables.show(table, "product_reviews", shapes, currency, download="ecops_products")


def _figure(one: ProductReview, key: str, currency: str) -> str:
    value = one.figures.get(key, math.nan)
    return plain(written(key, value, currency)) if math.isfinite(value) else "—"
