"""The decision of the presale page: our quantity beside the rule of thumb, what if, two orders, the way out."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops.messages import Count, Money, Number, Percent
from ecops.presale import Item, Spec, outcome, view
from ecops.presale.telling.findings import RULE
from ui.parts import cites, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _
from ui.presale import asked as question
from ui.presale.asked import Asked


def rule(asked: Asked, item: Item) -> None:
    """The handbook's rule in one sentence, and every stock beside the others."""
    found = item.rule
    st.markdown(
        _(
            "The rule {factor} × {deposits} deposits + {days} days × {sales} sales gives **{quantity}**: enough in "
            "{cover} of the futures, {left} left over and {short} short on average.",
            factor=Number(found.factor, 1), deposits=Count(round(found.deposits)), days=int(found.days),
            sales=Number(item.demand.rate, 1), quantity=Count(round(found.quantity)), cover=Percent(found.cover),
            left=Count(round(found.leftover)), short=Count(round(found.short)),
        )
    )  # fmt: skip
    if math.isfinite(found.learned):
        st.caption(
            _(
                "Over {n} past presales the right factor was {learned}; to suffice in {sure} of the futures this time "
                "takes {needed}.",
                n=found.campaigns, learned=Number(found.learned, 2), sure=Percent(found.sure),
                needed=Number(found.needed, 2),
            )
        )  # fmt: skip
    else:
        st.caption(
            _("To suffice in {sure} of the futures takes a factor of {needed}; no past presale of this product tells "
              "one.", sure=Percent(found.sure), needed=Number(found.needed, 2))
        )  # fmt: skip
    cites.show(RULE)
    _stocks(asked, item)


def _stocks(asked: Asked, item: Item) -> None:
    shapes = {
        "name": Shape(_("Stock")),
        "stock": Shape(_("Units"), "count"),
        "cover": Shape(_("Suffices in"), "percent", _("Share of the simulated futures.")),
        "short": Shape(_("Missing on average"), "count"),
        "late": Shape(_("of them paid balances"), "count"),
        "left": Shape(_("Left over on average"), "count"),
    }
    if question.sees_cost():
        shapes["profit"] = Shape(_("Expected profit"), "money", _("Before the shop's other costs."))
    table = kept.of(_stock_rows, item, question.sees_cost())
    tables.show(table, "presale_stocks", shapes, currency=asked.found.currency)


def _stock_rows(item: Item, sees_cost: bool) -> pd.DataFrame:
    stocks = [
        (_("What is there"), item.plan.without),
        (_("Rule of thumb"), outcome(item.prediction, round(item.rule.quantity), item.money)),
        (_("Our order and what is there"), item.plan.outcome),
    ]
    table = pd.DataFrame(
        {
            "name": [name for name, _stock in stocks],
            "stock": [stock.stock for _name, stock in stocks],
            "cover": [stock.cover for _name, stock in stocks],
            "short": [stock.short for _name, stock in stocks],
            "late": [stock.late for _name, stock in stocks],
            "left": [stock.leftover for _name, stock in stocks],
        }
    )
    return table.assign(profit=[stock.profit for _name, stock in stocks]) if sees_cost else table


def why(asked: Asked, item: Item) -> None:
    """What the quantity consists of, and what decided it."""
    plan = item.plan
    words = {
        "total": Count(plan.total),
        "committed": Count(plan.committed),
        "service": Percent(item.money.service),
        "extra": Count(plan.speculative),
        "there": Count(item.money.available),
    }
    st.markdown(
        _(
            "**{total}** units: {committed} for paid balances, so that all can be shipped in {service} of the futures, "
            "and {extra} on top for spot sales and further balances; {there} are there or surely come.",
            **words,
        )
        if plan.speculative > 0
        else _(
            "**{total}** units, so that all paid balances can be shipped in {service} of the futures; {there} are "
            "there or surely come.",
            **words,
        )
    )
    reasons = {
        "profit": _("The best expected profit decides the quantity."),
        "service": _("The promise to paid balances decides the quantity; for profit alone it would be less."),
        "moq": _("The supplier's smallest order decides the quantity."),
        "unworthy": _("The supplier's smallest order costs more than it would bring: nothing is ordered."),
        "enough": _("What is there suffices."),
    }
    told = [reasons[plan.reason]]
    if plan.reason == "service" and question.sees_cost():
        told.append(
            _("The promise costs {money} of expected profit.", money=Money(plan.promise_cost, asked.found.currency))
        )
    if item.waits:
        told = [_("Nothing is ordered before production is sure to pay; so much it would take.")]
    st.caption(" ".join(told))
    _two(item)


def _two(item: Item) -> None:
    if item.series.closed:
        return
    if item.two is None:
        st.caption(
            _("A second order after deposits close would come too late: an order takes {n} days.",
              n=math.ceil(item.lead_days))
        )  # fmt: skip
        return
    st.caption(
        _(
            "In two orders: {first} now and about {second} when deposits close (up to {high}), if the second one costs "
            "{premium} more.",
            first=Count(item.two.first), second=Count(round(item.two.second)), high=Count(item.two.second_high),
            premium=Percent(item.money.late_premium),
        )
    )  # fmt: skip


def suppose(asked: Asked, item: Item) -> None:
    """What if: sliders, and what they change."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        question.slider("puplift", _("Spot sales against usual"), _("How many times usual spot sales on the covered "
                        "days, for the promotion that is planned; past presales tell it."), "factor")  # fmt: skip
        if question.sees_cost():
            question.slider("pmargin", _("Margin"), _("Of the presale price; price and cost tell it."))
        question.slider("psalvage", _("Left-overs bring"), _("Share of its cost that a left-over unit still brings."),
                        "set")  # fmt: skip
        question.slider("ppenalty", _("Shipping late costs"), _("Share of the price, beyond the lost margin: the "
                        "platform's compensation and lost points."), "set")  # fmt: skip
        question.slider("pservice", _("Paid balances can be shipped"), _("The certainty with which every paid balance "
                        "shall be there; each further nine is dearer."), "set")  # fmt: skip
    _more()
    question.publish()
    if asked.before is not None and asked.spec != Spec():
        _compared(asked.before, item)


def _more() -> None:
    """What is rarely changed."""
    folded = st.expander(_("More to suppose"), key="presale_more")
    with folded, st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        question.slider("pcover", _("Days to cover"), _("Days from the first balance that the stock has to last."),
                            "days")  # fmt: skip
        question.slider("phalo", _("Spot units a presale brings along"), _("For each paid presale unit."))
        question.slider("pcannibal", _("Presales bought otherwise"), _("Share of paid presale units that would "
                            "have been bought as spot anyway."))  # fmt: skip
        question.slider("pcancel", _("Cancelled before shipping"), _("Share of paid units; past presales or orders "
                            "tell it where they count it."))  # fmt: skip
        st.number_input(
                _("Lead time (days)"), min_value=1, max_value=1_000, value=None, step=1, key="plead", width=220,
                help=_("Empty: as set up, else as the product list says."), persist_state="session",
            )  # fmt: skip


def _compared(before: Item, item: Item) -> None:
    rows = [
        (_("Needed, at least (90%)"), before.prediction.interval()[0], item.prediction.interval()[0]),
        (_("Needed, at most (90%)"), before.prediction.interval()[1], item.prediction.interval()[1]),
        (_("Order"), before.quantity, item.quantity),
        (_("Left over on average"), before.plan.outcome.leftover, item.plan.outcome.leftover),
        (_("Missing on average"), before.plan.outcome.short, item.plan.outcome.short),
    ]
    table = pd.DataFrame(rows, columns=["name", "base", "scenario"])
    tables.show(
        table.assign(change=(table["scenario"] - table["base"]).round() + 0.0),
        "presale_scenario",
        {
            "name": Shape(_("Units")),
            "base": Shape(_("As the data say"), "count"),
            "scenario": Shape(_("As supposed"), "count"),
            "change": Shape(_("Difference"), "count"),
        },
    )


def orders(asked: Asked) -> None:
    """The order of every product, to be handed on."""
    shapes = {
        "title": Shape(_("Product")),
        "sku": Shape(_("SKU")),
        "campaign": Shape(_("Campaign")),
        "deposits": Shape(_("Deposits"), "count"),
        "need_low": Shape(_("Needed, at least (90%)"), "count"),
        "need_high": Shape(_("Needed, at most (90%)"), "count"),
        "available": Shape(_("There or coming"), "count"),
        "committed": Shape(_("For paid balances"), "count"),
        "speculative": Shape(_("On top"), "count", _("For spot sales and further balances.")),
        "order": Shape(_("Order"), "count"),
        "latest": Shape(_("Order by"), "date"),
        "arrives": Shape(_("Ordered today, arrives"), "date"),
    }
    tables.show(kept.of(view.order_table, asked.found), "presale_orders", shapes, download="ecops_presale")


def gate(item: Item) -> None:
    """Whether a new product may be produced."""
    found = item.gate
    if found is None:
        return
    st.subheader(_("Shall it be produced?"), anchor=False)
    st.progress(
        min(found.progress, 1.0),
        _("{deposits} of {target} deposits", deposits=Count(found.deposits), target=Count(found.target)),
    )
    if found.day is not None:
        st.markdown(
            _("The gate is reached by {closes} with **{chance}** chance, probably on {day} ({early} to {late}).",
              closes=item.series.closes, chance=Percent(found.probability), day=found.day, early=found.early,
              late=found.late)
        )  # fmt: skip
    elif found.progress < 1:
        st.markdown(_("The gate is reached with **{chance}** chance.", chance=Percent(found.probability)))
    words = {
        "low": Count(found.paid_low),
        "high": Count(found.paid_high),
        "n": Count(found.break_even),
        "chance": Percent(found.paid_probability),
    }
    told = _("{low} to {high} balances will be paid (90%), break-even {n} is reached with {chance} chance.", **words)
    verdict = {"go": _("Go"), "no_go": _("Do not produce"), "open": _("Not sure yet")}[found.verdict]
    st.markdown(f"**{verdict}** · {told}")
