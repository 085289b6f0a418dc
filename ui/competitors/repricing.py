"""What-if on the page: how sales answer to prices, as far as the data can tell, and what another price would bring."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ecops.competitors.elasticity import figures, view
from ecops.competitors.elasticity.fit import REASONS
from ecops.competitors.elasticity.reprice import REASONS as RAILS
from ecops.competitors.elasticity.reprice import Guard
from ecops.messages import Message, Number, Percent
from ui.competitors.asked import Asked
from ui.parts import charts, errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, plain, say
from ui.state import workspaces

if TYPE_CHECKING:
    from ecops.competitors.elasticity.view import Answers


def what_if(asked: Asked) -> None:
    """Choose a product, move the guard rails, read what other prices would bring."""
    found: Answers | None = workspaces.answer(view.answers, asked.until)
    if found is None:
        st.caption(_("Load the price history with units, or order items: how sales answer to prices is told here."))
        return
    st.markdown(say(found.verdict))
    st.caption(
        _(
            "One price for everybody: different prices for the same goods by who looks are forbidden in China "
            "(Personal Information Protection Law, article 24)."
        )
    )
    for note in found.notes:
        st.caption(say(note))
    table = found.fitted.table
    known = table[table["identified"]]
    if len(known):
        _scenario(asked, found, list(known["sku"]))
    else:
        st.caption(
            _("No number is given before prices have moved for weeks without a promotion; a planned test would.")
        )
    with st.expander(_("Every product and why it has a number or none"), key="elasticities"):
        _all(found)


def _scenario(asked: Asked, found: Answers, skus: list[str]) -> None:
    products = found.products.set_index("sku")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        sku = st.selectbox(
            _("Product"),
            skus,
            format_func=lambda name: plain(str(products.loc[name, "title"])),
            key="cwhatif",
            width=340,
        )
        step = st.slider(_("Largest step"), 5, 30, 20, format="%d%%", key="cstep", width=180)
        margin = st.slider(_("Least gross margin"), 0, 60, 15, format="%d%%", key="cmargin", width=180)
        cost = float(products.loc[sku, "cost"])
        if math.isnan(cost):
            cost = st.number_input(_("Cost of a unit"), min_value=0.0, key="ccost", format="%.2f", width=160)
    row = found.fitted.table.set_index("sku").loc[sku]
    st.caption(_sentence(row))
    if not cost > 0:
        st.caption(_("Enter the cost of a unit to see what another price would bring."))
        return
    guard = Guard(max_step=step / 100, min_margin=margin / 100)
    with errors.explained():
        scenario = workspaces.answer(view.what_if, str(sku), asked.until, cost, guard)
        charts.show(kept.of(figures.scenario, scenario, look()), "whatif")
        st.caption(
            _(
                "An answer of past weeks, not a promise: try it in a planned A/B test or for two weeks on one product, "
                "and change one price at a time."
            )
        )
        with st.expander(_("Every price"), key="whatif_all"):
            tables.show(
                kept.of(_price_rows, scenario.table),
                "whatif_table",
                {
                    "price": Shape(_("Price"), "number"),
                    "units": Shape(_("Units a week"), "number"),
                    "gain": Shape(_("More gross profit a week"), "money"),
                    "low": Shape(_("From (95%)"), "money"),
                    "high": Shape(_("To (95%)"), "money"),
                    "reason": Shape(_("Guard rails")),
                },
                found.currency,
                download="ecops_price_what_if",
            )


def _price_rows(table: pd.DataFrame) -> pd.DataFrame:
    reasons = [plain(RAILS[str(name)]) for name in table["reason"]]
    return table[["price", "units", "gain", "low", "high"]].assign(reason=reasons)


def _sentence(row: pd.Series) -> str:
    return say(
        Message(
            "A price 1% higher sells {change} ({low} to {high}); from {weeks} weeks.",
            change=Percent(float(row["elasticity"]) / 100, 1, signed=True),
            low=Percent(float(row["low"]) / 100, 1, signed=True),
            high=Percent(float(row["high"]) / 100, 1, signed=True),
            weeks=int(row["weeks"]),
        )
    )


def _product_rows(found: Answers) -> pd.DataFrame:
    table = found.fitted.table
    return pd.DataFrame(
        {
            "title": found.products["title"].to_numpy(),
            "weeks": table["weeks"],
            "elasticity": table["elasticity"],
            "interval": [
                plain(Message("{low} to {high}", low=Number(float(low), 2), high=Number(float(high), 2)))
                if math.isfinite(low)
                else "—"
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
            "spread": table["spread"],
            "reason": [plain(REASONS[str(name)]) for name in table["reason"]],
        }
    )


def _all(found: Answers) -> None:
    tables.show(
        kept.of(_product_rows, found),
        "elasticity_table",
        {
            "title": Shape(_("Product")),
            "weeks": Shape(_("Weeks"), "count"),
            "elasticity": Shape(_("Elasticity"), "number", _("Per cent of units for each per cent of price.")),
            "interval": Shape(_("95% interval"), "figure"),
            "spread": Shape(_("Price moved by"), "percent"),
            "reason": Shape(_("Can the data tell?")),
        },
        download="ecops_elasticities",
    )
