"""What lies ahead on the stock page: promotions, rests of factories, the busiest day, regions, products on trial."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ecops.inventory import view
from ecops.inventory.forecasting.plans import Plan
from ecops.messages import Count, Percent, Term
from ui.parts import kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain, say
from ui.state import workspaces

if TYPE_CHECKING:
    from ui.inventory.asked import Asked

_VERDICTS = {
    "go": Term(en="go on", zh="可以加单"),
    "stop": Term(en="stop", zh="停止"),
    "wait": Term(en="wait", zh="继续观察"),
}
_MOST = 12
_EVERYTHING = ""


def plans() -> tuple[Plan, ...]:
    """The promotion that the reader has planned; () while there is none."""
    found = st.session_state.get("iplan")
    return (found,) if isinstance(found, Plan) else ()


def promotion(asked: Asked) -> None:
    """Where a promotion that is planned is entered; everything on the page reckons with it."""
    planned = plans()
    title = say(planned[0].told) if planned else _("A promotion is planned")
    box = st.expander(title, key="iplan_box", on_change="rerun")
    if box.open:
        with box:
            _entered(asked)


def _entered(asked: Asked) -> None:
    st.caption(
        _(
            "Say how much more you expect to sell on its days. The forecast, the order points and today's purchase "
            "reckon with it for as long as you look; your figure takes the place of past events on these days."
        )
    )
    day = asked.stock.today
    names = sorted({str(name) for name in asked.stock.table["category"] if name})
    labels = {_EVERYTHING: _("All products"), **{name: plain(name) for name in names}}
    with st.form("iplan_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        stays: dict[str, Any] = {"width": 150, "persist_state": "session"}
        st.date_input(_("Promotion from"), day + dt.timedelta(days=7), key="iplan_first", **stays)
        st.date_input(_("Promotion until"), day + dt.timedelta(days=9), key="iplan_last", **stays)
        st.number_input(_("Times the usual sales"), 0.1, 50.0, 1.5, 0.1, key="iplan_factor", **stays)
        st.selectbox(_("Category"), list(labels), format_func=labels.__getitem__, key="iplan_category", **stays)
        st.form_submit_button(_("Reckon with it"), on_click=_keep)
        st.form_submit_button(_("No promotion"), on_click=_drop)
    if st.session_state.pop("iplan_wrong", False):
        st.warning(_("The last day lies before the first."))


def _keep() -> None:
    state = st.session_state
    if state["iplan_last"] < state["iplan_first"]:
        state["iplan_wrong"] = True
        return
    state["iplan"] = Plan(
        state["iplan_first"], state["iplan_last"], float(state["iplan_factor"]), str(state["iplan_category"])
    )


def _drop() -> None:
    st.session_state.pop("iplan", None)


def busiest(asked: Asked) -> None:
    """How many parcels the busiest day ahead may bring."""
    found = workspaces.answer(view.peak, asked.spec, asked.today)
    if found is None:
        return
    st.caption(
        _(
            "The busiest day of the next weeks is {day}: about {expected} parcels, and up to {upper} (95%); usual are "
            "{usual} a day. Book courier and warehouse for it.",
            day=found.day,
            expected=Count(found.expected),
            upper=Count(found.upper),
            usual=Count(found.usual),
        )
    )


def rests(asked: Asked) -> None:
    """Until when each supplier must have an order before factories rest."""
    rows = workspaces.answer(view.shutdowns, asked.spec, asked.today)
    if not len(rows):
        return
    told = _("Before factories and couriers rest: the first supplier must have its order by {day}",
             day=min(rows["order_by"]))  # fmt: skip
    box = st.expander(told, key="stock_closures", on_change="rerun")
    if not box.open:
        return
    with box:
        tables.show(
            kept.of(_rest_rows, rows),
            "stock_rests",
            {
                "event": Shape(_("Rest")),
                "first": Shape(_("Rests from"), "date"),
                "last": Shape(_("Until"), "date"),
                "name": Shape(_("Supplier")),
                "products": Shape(_("Products that sell"), "count"),
                "order_by": Shape(_("Order by"), "date"),
                "days_left": Shape(_("Days left"), "count", _("Below 0 it is too late for the longest lead time.")),
            },
        )


def _rest_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "event": [plain(event) for event in rows["event"]],
            "first": rows["first"],
            "last": rows["last"],
            "name": rows["supplier"].where(rows["supplier"] != "", "—"),
            "products": rows["products"],
            "order_by": rows["order_by"],
            "days_left": rows["days_left"],
        }
    )


def on_trial(asked: Asked) -> None:
    """Whether the first batch of each new product has shown enough."""
    box = st.expander(_("New products on trial: enough sold to order more?"), key="stock_trial", on_change="rerun")
    if not box.open:
        return
    with box:
        goal = st.select_slider(
            _("Share of a trial batch that has to be sold (%)"),
            range(30, 100, 10),
            60,
            key="itrial",
            width=300,
        )
        rows = workspaces.answer(view.on_trial, goal / 100, asked.spec, asked.today)
        if not len(rows):
            st.caption(_("No product had its first sale in the last 60 days, so none is on trial."))
            return
        tables.show(
            kept.of(_trial_rows, rows),
            "stock_trials",
            {
                "title": Shape(_("Product")),
                "age": Shape(_("Days on sale"), "count"),
                "sold": Shape(_("Units sold"), "count"),
                "batch": Shape(_("Batch"), "count"),
                "sell_through": Shape(_("Share sold (95% interval)"), "figure"),
                "decision": Shape(_("Gate")),
                "more": Shape(_("Units until decided"), "count"),
            },
        )


def _trial_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "title": rows["title"],
            "age": rows["age"],
            "sold": rows["sold"],
            "batch": rows["batch"],
            "sell_through": tables.intervals(rows, ("rate", "low", "high"), Percent),
            "decision": [plain(_VERDICTS[verdict]) for verdict in rows["verdict"]],
            "more": rows["more"].where(rows["more"] < math.inf),
        }
    )  # fmt: skip


def _wanted_there(by_region: pd.DataFrame) -> pd.DataFrame:
    """What a province buys more of than the whole shop, beyond chance."""
    sure = by_region[by_region["sure"] & (by_region["lift"] > 1)].head(_MOST)
    more = tables.intervals(sure, ("lift", "low", "high"), tables.twice)
    return sure.assign(more=more)[["category", "region", "units", "share", "more"]]


def _seasons(by_season: pd.DataFrame, quarters: tuple[str, ...]) -> pd.DataFrame:
    return by_season.head(_MOST)[["category", "units", *quarters]]


def places(asked: Asked) -> None:
    """Where and when each category is wanted more than elsewhere."""
    by_region, by_season = workspaces.answer(view.places, asked.spec, asked.today)
    sure = kept.of(_wanted_there, by_region)
    if not len(by_region) and not len(by_season):
        st.caption(_("Demand by region needs orders that name the province and the category."))
        return
    if len(sure()):
        st.markdown(_("**By region**: bought more there than in the whole shop, beyond chance; keep stock near."))
        tables.show(
            sure,
            "stock_regions",
            {
                "category": Shape(_("Category")),
                "region": Shape(_("Province")),
                "units": Shape(_("Units a year"), "count"),
                "share": Shape(_("Of the category"), "percent"),
                "more": Shape(_("Times the usual part (95% interval)"), "figure"),
            },
        )
    elif len(by_region):
        st.caption(_("No region buys a category more than others beyond chance."))
    if len(by_season):
        _by_season(by_season)


def _by_season(rows: pd.DataFrame) -> None:
    box = st.expander(_("By season: when each category is wanted"), key="stock_season", on_change="rerun")
    if not box.open:
        return
    with box:
        st.caption(_("Each category's part of a quarter over that of the whole shop; 1 is as the shop."))
        quarters = {f"q{number}": Shape(_("Quarter {n}", n=number), "number") for number in (1, 2, 3, 4)}
        tables.show(
            kept.of(_seasons, rows, tuple(quarters)),
            "stock_seasons",
            {"category": Shape(_("Category")), "units": Shape(_("Units a year"), "count"), **quarters},
        )
