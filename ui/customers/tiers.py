"""Tiers, who is one order away from the next, and what is bought together."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from ecops.customers import answers, ladders, nudges
from ecops.customers.orders.baskets import Baskets
from ecops.customers.orders.book import OrderBook
from ecops.customers.programme.tiers import Tiers, nudge_text
from ecops.customers.value.forecast import Value
from ecops.locale import currency_symbol
from ecops.messages import Count, Money, Number, Percent
from ui.customers.choices import Looked, choose
from ui.parts import cites, errors, kept, tables
from ui.parts.kept import Kept
from ui.parts.tables import Shape
from ui.parts.text import _, paragraphs, plain, small

_SHOWN = 500


def tiers(looked: Looked, value: Value) -> None:
    """The ladder with its members, and the list of those who are close to the next tier."""
    ladder = choose("tier_ladder", _("Ladder"), {key: plain(entry.label) for key, entry in ladders().items()}, 340)
    with errors.explained():
        thresholds = _thresholds(looked, ladder) if ladders()[ladder].basis == "orders" else None
        ranks = looked.answer(answers.ranks, looked.asked.until, ladder, thresholds)
        _table(looked, ranks)
        if ranks.ladder.basis == "orders":
            _nudges(looked, ranks, value)


def _thresholds(looked: Looked, ladder: str) -> tuple[float, ...]:
    """Orders that earn each tier; the shop's parameters until somebody tries others."""
    found = []
    earned = looked.answer(answers.earned, ladder)
    with st.container(horizontal=True, gap="small"):
        for place, tier in enumerate(ladders()[ladder].tiers):
            found.append(
                st.number_input(
                    _("{tier}: orders, at least", tier=tier.label),
                    min_value=1,
                    max_value=99,
                    value=int(earned[place]),
                    key=f"tier_{ladder}_{place}",
                    width=200,
                )
            )
    return tuple(float(value) for value in found)


def _table(looked: Looked, ranks: Tiers) -> None:
    tables.show(
        kept.of(_tier_rows, ranks),
        key="tier_table",
        shapes={
            "tier": Shape(_("Tier")),
            "customers": Shape(_("Customers"), "count"),
            "share": Shape(_("Share of customers"), "percent"),
            "money": Shape(_("Net sales"), "money"),
            "money_share": Shape(_("Share of sales"), "percent"),
            "near": Shape(_("One order below the next"), "count"),
            "benefit": Shape(_("Benefit")),
        },
        currency=looked.currency,
    )
    st.caption(
        _(
            "Tiers count every order there is, of {n} customers; the window at the top of the page does not cut them.",
            n=Count(len(ranks.place)),
        )
    )
    if ranks.ladder.benchmark:
        reached = looked.answer(answers.held, ranks.ladder.benchmark)
        st.caption(
            _(
                "{share} of the customers are above the lowest tier; {benchmark} is the reference.",
                share=Percent(ranks.above),
                benchmark=Percent(reached),
            )
        )
    decided = (*(tier.parameter for tier in ranks.ladder.tiers), ranks.ladder.benchmark)
    cites.show([key for key in decided if key])


def _tier_rows(ranks: Tiers) -> pd.DataFrame:
    steps, table = {tier.key: tier for tier in ranks.ladder.tiers}, ranks.table()
    return table.assign(
        benefit=[plain(steps[key].benefit) for key in table["tier"]],
        tier=[plain(steps[key].label) for key in table["tier"]],
    )


def _nudges(looked: Looked, ranks: Tiers, value: Value) -> None:
    cost = st.number_input(
        _(
            "What the next tier's benefit costs for a customer ({currency})",
            currency=currency_symbol(looked.currency).strip(),
        ),
        min_value=0.0,
        value=10.0,
        key="tier_cost",
        width=320,
    )
    found = kept.numbers(_near, looked.book, ranks, value, float(cost))
    reached: Reached | None = kept.numbers(_reached, found)()
    if reached is None:
        st.caption(_("Nobody is one order below the next tier."))
        return
    steps = {tier.key: tier for tier in ranks.ladder.tiers}
    told = _(
        "{n} customers are one order below the next tier. Without any nudge about {reach} of them reach it within "
        "30 days; their benefits then cost {money}.",
        n=Count(reached.customers),
        reach=Number(reached.reaches, 0),
        money=Money(reached.cost, looked.currency),
    )
    read = _("What they read: {text}", text=nudge_text(steps[reached.first], 1))
    st.markdown(paragraphs(told, small(read)))
    with st.expander(_("The list"), key="nudge_box", on_change="rerun", type="compact") as box:
        if box.open:
            near: pd.DataFrame = found()
            named = near.assign(
                tier=[plain(steps[key].label) if key else "" for key in near["tier"]],
                next_tier=[plain(steps[key].label) for key in near["next_tier"]],
            )
            tables.show(named.head(_SHOWN), key="nudges", shapes=_nudge_shapes(), currency=looked.currency)
            tables.downloads({"nudges": named}, "ecops_nudges", "nudges")


def _near(book: OrderBook, ranks: Tiers, value: Value, cost: float) -> pd.DataFrame:
    return nudges(book, ranks, value, benefit_cost=cost)


class Reached(NamedTuple):
    """Customers one order below their next tier: how many get there anyway, at what cost, and the first one's tier."""

    customers: int
    reaches: float
    cost: float
    first: str


def _reached(near: pd.DataFrame) -> Reached | None:
    if near.empty:
        return None
    reaches, cost = float(near["reaches"].sum()), float(near["benefit_cost"].sum())
    return Reached(len(near), reaches, cost, str(near["next_tier"].iloc[0]))


def _nudge_shapes() -> dict[str, Shape]:
    return {
        "customer": Shape(_("Customer")),
        "tier": Shape(_("Tier")),
        "next_tier": Shape(_("Next tier")),
        "orders": Shape(_("Orders"), "count"),
        "missing": Shape(_("Orders missing"), "count"),
        "days_since_last": Shape(_("Days since the last order"), "count"),
        "reaches": Shape(_("Reaches it in 30 days"), "percent", _("Without any nudge.")),
        "benefit_cost": Shape(_("Expected cost"), "money"),
    }


def baskets(looked: Looked) -> None:
    """Pairs and sets, and what the dearest orders hold."""
    by = choose("basket_by", _("Look at"), {"sku": _("products"), "category": _("categories")})
    found = looked.answer(answers.together, looked.asked.until, by)
    if found is None:
        st.caption(_("No product is in twenty orders of the last year, so nothing can be said about baskets."))
        return
    sure: pd.DataFrame = kept.numbers(_sure, found)()
    if sure.empty:
        st.markdown(_("No pair is bought together more often than by chance."))
    else:
        best = sure.iloc[0]
        st.markdown(
            _(
                "{first} and {second} stand together in {n} orders, {lift} times as often as by chance.",
                first=_named(found.titles, best["product"]),
                second=_named(found.titles, best["other"]),
                n=Count(int(best["orders"])),
                lift=Number(float(best["lift"]), 1),
            )
        )
        _small(kept.of(_named_pairs, found.titles, sure, 50), "basket_pairs", _pair_shapes())
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('Sets of three')}**")
        _small(kept.of(_sets, found), "basket_sets", _set_shapes())
    with right:
        dearest = Money(found.threshold, looked.currency)
        st.markdown(f"**{_('In the dearest tenth of orders ({money} and more)', money=dearest)}**")
        _small(kept.of(_dear, found), "basket_dear", _pair_shapes())


def _sure(found: Baskets) -> pd.DataFrame:
    """Pairs that are bought together more often than by chance."""
    return found.pairs[(found.pairs["q_value"] < 0.05) & (found.pairs["lift"] > 1)]


def _named_pairs(titles: dict[str, str], table: pd.DataFrame, most: int) -> pd.DataFrame:
    shown = table.head(most)
    named: Any = {name: [_named(titles, value) for value in shown[name]] for name in ("product", "other")}
    return shown.assign(**named)


def _sets(found: Baskets) -> pd.DataFrame:
    sets = found.sets.head(20)
    names = [" + ".join(_named(found.titles, key) for key in text.split(" + ")) for text in sets["products"]]
    return sets.assign(products=names)


def _dear(found: Baskets) -> pd.DataFrame:
    return _named_pairs(found.titles, found.dear[found.dear["low"] > 1], 20)


def _small(rows: Kept, key: str, shapes: dict[str, Shape]) -> None:
    table = rows()
    if table.empty:
        st.caption(_("Nothing stands out here."))
        return
    tables.show(rows, key=key, shapes={name: shape for name, shape in shapes.items() if name in table.columns})


def _named(titles: dict[str, str], key: str) -> str:
    return titles.get(str(key)) or str(key)


def _pair_shapes() -> dict[str, Shape]:
    return {
        "product": Shape(_("Who buys")),
        "other": Shape(_("also buys")),
        "orders": Shape(_("Orders with both"), "count"),
        "support": Shape(_("Of all orders"), "percent"),
        "confidence": Shape(_("Of orders with the first"), "percent"),
        "lift": Shape(_("Times chance"), "number"),
        "dear_share": Shape(_("Of the dearest orders"), "percent"),
        "other_share": Shape(_("Of the others"), "percent"),
        "ratio": Shape(_("Times as often"), "number"),
        "low": Shape(_("at least (95%)"), "number"),
        "high": Shape(_("at most (95%)"), "number"),
        "q_value": Shape(_("Chance of error"), "percent"),
    }


def _set_shapes() -> dict[str, Shape]:
    return {
        "products": Shape(_("Products")),
        "orders": Shape(_("Orders"), "count"),
        "support": Shape(_("Of all orders"), "percent"),
        "lift": Shape(_("Times chance"), "number"),
    }
