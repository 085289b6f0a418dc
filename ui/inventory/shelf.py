"""What the shelf itself tells: coming best sellers, categories that grow, price ladders, missing attributes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ecops.inventory import view
from ecops.messages import Percent
from ecops.tables import table as canonical_table
from ui.inventory.asked import Asked
from ui.inventory.lists import STAGES, threshold, words
from ui.parts import cites, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, plain
from ui.state import workspaces


def told(asked: Asked) -> None:
    """Who could become a best seller, whether categories grow, ladders and missing attributes."""
    found = workspaces.answer(view.shelf, asked.spec, asked.today)
    _hopeful(found)
    _grown(found["trends"])
    _ladders(asked, found)
    _incomplete(asked, found)
    fulfilled = found["fulfilled"]
    if fulfilled is not None:
        st.caption(
            _("Orders paid over {hours} hours ago that were shipped: {rate} of {n}.",
              hours=int(threshold(asked, "service.ship_hours")), rate=Percent(fulfilled[0]), n=fulfilled[1])
        )  # fmt: skip
    cites.show(["listing.attribute_missing_max", "service.ship_hours"])


def _hopeful(found: dict[str, pd.DataFrame]) -> None:
    rows = found["shortlist"]
    if not len(rows):
        return
    label = _("Could become best sellers: {n} products, {sure} of them beyond chance", n=len(rows),
             sure=int(rows["sure"].sum()))  # fmt: skip
    box = st.expander(label, key="stock_hopeful", on_change="rerun")
    if not box.open:
        return
    with box:
        st.caption(_("Click, cart and pay rates beat the shop's, small numbers allowed for."))
        tables.show(
            kept.of(_part, found, "shortlist"),
            "stock_shortlist",
            {
                "title": Shape(_("Product")),
                "visitors": Shape(_("Visitors"), "count"),
                "click_rate": Shape(_("Click rate"), "percent"),
                "cart_rate": Shape(_("Cart rate"), "percent"),
                "pay_rate": Shape(_("Pay rate"), "percent"),
                "score": Shape(_("Times the shop's"), "number"),
                "sure": Shape(_("Beyond chance"), "flag"),
                "product": Shape(_("SKU")),
            },
        )


def _grown(trends: pd.DataFrame) -> None:
    if not len(trends):
        return
    box = st.expander(
        _("Categories: the last eight weeks against the eight before"), key="stock_grown", on_change="rerun"
    )
    if not box.open:
        return
    with box:
        tables.show(
            kept.of(_trends, trends),
            "stock_trends",
            {
                "category": Shape(_("Category")),
                "products": Shape(_("Products"), "count"),
                "units": Shape(_("Units"), "count"),
                "change": Shape(_("Change"), "percent"),
                "low": Shape(_("At least"), "percent"),
                "high": Shape(_("At most"), "percent"),
                "year_change": Shape(_("Against last year"), "percent"),
                "share_new": Shape(_("Of new products"), "percent"),
                "stage": Shape(_("Stage")),
            },
        )


def _part(found: dict[str, pd.DataFrame], key: str) -> pd.DataFrame:
    return found[key]


def _trends(trends: pd.DataFrame) -> pd.DataFrame:
    return trends.assign(stage=words(trends["stage"], STAGES))


def _ladders(asked: Asked, found: dict[str, pd.DataFrame]) -> None:
    if not len(found["ladder"]):
        return
    st.markdown(_("**Price ladders** whose cheapest variant has no stock, or whose prices lie too far apart."))
    tables.show(
        kept.of(_part, found, "ladder"),
        "stock_ladder",
        {
            "item_id": Shape(_("Listing")),
            "variants": Shape(_("Variants"), "count"),
            "cheapest": Shape(_("Cheapest"), "money"),
            "dearest": Shape(_("Dearest"), "money"),
            "spread": Shape(_("Dearest over cheapest"), "number"),
            "cheapest_available": Shape(_("Available of the cheapest"), "count"),
            "bait": Shape(_("Cheapest without stock"), "flag"),
            "wide": Shape(_("Too far apart"), "flag"),
        },
        currency=asked.stock.currency,
    )


def _incomplete(asked: Asked, found: dict[str, pd.DataFrame]) -> None:
    if not len(found["incomplete"]):
        return
    limit = Percent(threshold(asked, "listing.attribute_missing_max"))
    st.markdown(_("**Attributes** missing by more than {limit}.", limit=limit))
    tables.show(
        kept.of(_lacking, found["incomplete"]),
        "stock_incomplete",
        {
            "title": Shape(_("Product")),
            "sku": Shape(_("SKU")),
            "share": Shape(_("Attributes missing"), "percent"),
            "lacking": Shape(_("What is missing")),
        },
    )


def _lacking(rows: pd.DataFrame) -> pd.DataFrame:
    labels = {column.name: plain(column.label) for column in canonical_table("products").columns}
    named = [joined(labels[name] for name in text.split(", ")) for text in rows["lacking"]]
    return rows[["title", "sku", "share"]].assign(lacking=named)
