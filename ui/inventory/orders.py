"""The purchase list of the stock page: each line with its reasons, a budget, the way out to suppliers."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops.inventory import view
from ecops.inventory.analysis import Stock
from ecops.inventory.orders.budget import Allocation
from ecops.messages import Count, Money
from ui.inventory.asked import Asked
from ui.parts import kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, escape, joined, plain, say
from ui.state import workspaces

_OPEN = 4
"""Lines told in words; the table has all."""


def purchase(asked: Asked) -> None:
    """Today's purchase list."""
    stock = asked.stock
    if not len(stock.shop.stock):
        st.caption(_("Without a stock report nobody knows what to order."))
        return
    if not stock.lines:
        st.markdown(_("Nothing needs an order today."))
        return
    budget, allocation = _budget(asked)
    for place, line in enumerate(stock.lines[:_OPEN]):
        quantity = allocation.quantities[place] if allocation is not None else line.quantity
        with st.container(border=True, key=f"stock_line_{place}"):
            told = _("order {quantity}, {value}", quantity=Count(quantity), value=_value(stock, quantity * line.cost))
            if quantity == 0:
                told = _("the budget does not reach this far")
            st.markdown(f"**{escape(line.title)}** · {told}")
            st.caption(" ".join(say(reason) for reason in (line.why_now, line.why_much, line.why_wait)))
    _table(asked, budget, allocation)


def _value(stock: Stock, amount: float) -> Money:
    return Money(amount, stock.currency)


def _budget(asked: Asked) -> tuple[float | None, Allocation | None]:
    """How much money there is, and what it buys; None for all that is needed."""
    lines = asked.stock.lines
    wanted = sum(line.value for line in lines if math.isfinite(line.value))
    if not wanted > 0:
        return None, None
    share = st.slider(
        _("Budget for today's orders, per cent of {wanted}", wanted=_value(asked.stock, wanted)),
        0,
        100,
        100,
        5,
        key="ibudget",
        width=360,
        help=_("With less money the packs are bought that earn most for each unit of it."),
    )
    if share == 100:
        return None, None
    budget = wanted * share / 100
    found: Allocation = workspaces.answer(view.spent, budget, asked.spec, asked.today)
    st.caption(
        _(
            "{spent} of {wanted} spent; expected profit {gain}, no choice could bring more than {bound}.",
            spent=_value(asked.stock, found.spent),
            wanted=_value(asked.stock, wanted),
            gain=_value(asked.stock, found.gain),
            bound=_value(asked.stock, found.bound),
        )
    )
    return budget, found


def _oversold(stock: Stock) -> pd.DataFrame:
    return stock.oversold


def _table(asked: Asked, budget: float | None, allocation: Allocation | None) -> None:
    stock = asked.stock
    box = st.expander(_("All lines"), key="stock_lines", on_change="rerun")
    if box.open:
        with box:
            tables.show(
                kept.of(_line_rows, stock, allocation),
                "stock_lines_table",
                {
                    "title": Shape(_("Product")),
                    "sku": Shape(_("SKU")),
                    "order": Shape(_("Order"), "count"),
                    "position": Shape(_("There or coming"), "count", _("Available plus what is due, without overdue.")),
                    "reorder": Shape(_("Order point"), "count"),
                    "risk": Shape(_("Risk of running out"), "percent"),
                    "wait": Shape(_("Cost of waiting a week"), "money"),
                    "arrives": Shape(_("Expected"), "date"),
                },
                currency=stock.currency,
            )
    sheets = workspaces.answer(view.purchase_sheets, _("Purchase list"), asked.spec, asked.today, budget)
    labels = {name: plain(term) for name, term in view.PURCHASED.items()}
    tables.downloads(sheets, "ecops_purchase", "stock_purchase", labels)
    if len(sheets) > 1:
        st.caption(_("The workbook has the whole list, then one sheet for each supplier."))


def _line_rows(stock: Stock, allocation: Allocation | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "title": [line.title for line in stock.lines],
            "sku": [line.sku for line in stock.lines],
            "order": allocation.quantities if allocation is not None else [line.quantity for line in stock.lines],
            "position": [line.position for line in stock.lines],
            "reorder": [line.reorder for line in stock.lines],
            "risk": [line.risk for line in stock.lines],
            "wait": [line.wait for line in stock.lines],
            "arrives": [line.arrives for line in stock.lines],
        }
    )


def promised(asked: Asked) -> None:
    """Products of which more is promised than is there."""
    rows = asked.stock.oversold
    if not len(rows):
        return
    st.warning(_("More is promised than is there: {products}.", products=joined(rows["title"])))
    tables.show(
        kept.of(_oversold, asked.stock),
        "stock_oversold",
        {
            "title": Shape(_("Product")),
            "on_hand": Shape(_("On hand"), "count"),
            "reserved": Shape(_("Reserved"), "count"),
            "committed": Shape(_("Promised to deposits"), "count"),
            "missing": Shape(_("Missing"), "count"),
        },
    )
