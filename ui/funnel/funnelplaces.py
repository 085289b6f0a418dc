"""What advertising returns, and where on the pages products are clicked."""

from __future__ import annotations

import streamlit as st

from ecops.funnel.leaks import campaigns, pictures, placements
from ecops.funnel.leaks import resources as returns
from ecops.messages import Message
from ui.funnel.funnel import Asked
from ui.parts import charts, cites, empty, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, say
from ui.state import workspaces
from ui.state.scope import Scope, value_label


def promotion(scope: Scope, asked: Asked) -> None:
    """Channels by what they return, then the click rate of every place."""
    _returns(scope, asked)
    _places(scope)


def _returns(scope: Scope, asked: Asked) -> None:
    rows, span = workspaces.answer(returns.resources, scope.period, where=scope.where)
    if rows.empty:
        empty.show(Message("There is no report of advertising for these days."), ("ad_spend_daily",), key="empty_ads")
        return
    st.markdown(f"**{say(returns.resources_told(rows))}**")
    shapes = {
        "platform": Shape(_("Platform")),
        "link": Shape(_("Channel or campaign")),
        "cost": Shape(_("Spend"), "money"),
        "share": Shape(_("Share of the spend"), "percent"),
        "paid_amount": Shape(_("Sales credited"), "money"),
        "roi": Shape(_("Return"), "number"),
        "low": Shape(_("Low"), "number"),
        "high": Shape(_("High"), "number"),
        "marginal": Shape(_("One unit more brought"), "number", _("Slope of a day's sales on its spend.")),
        "marginal_low": Shape(_("Low, one more"), "number"),
        "marginal_high": Shape(_("High, one more"), "number"),
        "first": Shape(_("Guarantee first"), "flag", _("Surely above the lowest acceptable return.")),
        "last": Shape(_("Cut first"), "flag", _("Surely below the lowest acceptable return.")),
    }
    shown = rows.assign(platform=rows["platform"].map(value_label))[list(shapes)]
    tables.show(shown, "funnel_returns", shapes, asked.funnel.after.currency, download="ecops_returns")
    st.caption(
        _(
            "{period}. What one unit more brought is how a day's sales went along with its spend, weekdays taken out; "
            "nobody varied the spend on purpose, so try an order before you trust it.",
            period=span.range,
        )
    )
    cites.show((campaigns.ROI,))


def _places(scope: Scope) -> None:
    products = workspaces.answer(placements.placed_products, scope.period, where=scope.where)
    if products.empty and workspaces.answer(placements.clicks_by_place, scope.period, where=scope.where).empty:
        empty.show(
            Message("There is no report of clicks by placement for these days."), ("placements_daily",),
            key="empty_places",
        )  # fmt: skip
        return
    names = {"": _("All products"), **dict(zip(products["product"], products["title"], strict=True))}
    product = st.selectbox(_("Product"), list(names), format_func=names.__getitem__, key="fplace_product", width=320)
    rows = workspaces.answer(placements.clicks_by_place, scope.period, str(product), where=scope.where)
    shapes = {
        "platform": Shape(_("Platform")),
        "surface": Shape(_("Surface")),
        "slot": Shape(_("Slot")),
        "impressions": Shape(_("Impressions"), "count"),
        "clicks": Shape(_("Clicks"), "count"),
        "rate": Shape(_("Click rate"), "percent"),
        "low": Shape(_("Low"), "percent"),
        "high": Shape(_("High"), "percent"),
    }
    shown = rows.assign(platform=rows["platform"].map(value_label))[list(shapes)]
    charts.show(pictures.click_map(rows, look()), "funnel_places", shown, shapes)
