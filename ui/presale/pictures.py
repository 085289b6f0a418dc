"""Figures and pictures of the presale page."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops.messages import Count, Number, Percent
from ecops.presale import Item
from ecops.presale.telling import figures
from ui.parts import charts, kept
from ui.parts.tables import Shape
from ui.parts.text import _, look, plain
from ui.presale.asked import Asked


def cards(asked: Asked, item: Item) -> None:
    """At most five figures."""
    found, plan = item.prediction, item.plan
    capacity = asked.found.capacities[item.series.campaign]
    shown = [
        (_("Deposits so far"), plain(Count(item.series.total)),
         _by_the_end(item),
         _("Units with a deposit, cancelled ones taken off; below: what they lead to, in 90 of 100 futures.")),
        (_("Balances paid") if item.series.settled else _("Balances expected"),
         plain(Count(round(found.mean("paid")))), _between(item, "paid"),
         _("Expected; {rate} of the deposits by {n} past presales.", rate=Percent(found.conversion.mean),
           n=found.conversion.campaigns)),
        (_("Order now"), plain(Count(item.quantity)), _deadline(item),
         _("The stock with the best expected profit that keeps the promise to paid balances, less what is there.")),
        (_("Stock suffices"), plain(Percent(plan.outcome.cover)),
         _("without the order {share}", share=Percent(plan.without.cover, 0)),
         _("Share of the simulated futures in which the stock suffices for balances and spot sales.")),
        (_("Busiest day"), _times(capacity.times), _("usual days, up to {n} units", n=Count(round(capacity.peak))),
         _("Usual days of the whole shop on the busiest day after balances open, from the upper bound.")),
    ]  # fmt: skip
    with st.grid(5, min_column_width=148, gap="xsmall", key="figure_cards"):
        for label, value, below, meaning in shown:
            st.metric(label, value, delta_description=below, help=meaning, border=True, height="stretch")


def _between(item: Item, what: str) -> str:
    low, high = item.prediction.interval(what)
    if low == high:
        return _("known")
    return _("{low} to {high}", low=Count(low), high=Count(high))


def _by_the_end(item: Item) -> str:
    low, high = item.prediction.interval("deposits")
    return _("known") if low == high else _("{low} to {high} at the end", low=Count(low), high=Count(high))


def _deadline(item: Item) -> str:
    if item.waits:
        return _("wait for the gate")
    if item.quantity <= 0:
        return _("nothing is missing")
    if item.late:
        return _("arrives {day}, late", day=item.arrives)
    return _("by {day}", day=item.latest)


def _times(times: float) -> str:
    return f"{plain(Number(times, 1))} ×" if math.isfinite(times) else "—"


def side_by_side(item: Item) -> None:
    """The path of deposits, and how sure each stock is."""
    left, right = st.columns(2, gap="medium")
    with left:
        charts.show(
            kept.of(figures.path_lines, item, look()),
            "presale_path",
            kept.of(_path, item),
            {
                "date": Shape(_("Day"), "date"),
                "deposits": Shape(_("Deposits so far"), "count"),
                "low": Shape(_("At least (90%)"), "count"),
                "middle": Shape(_("Expected"), "count"),
                "high": Shape(_("At most (90%)"), "count"),
            },
        )
    with right:
        charts.show(
            kept.of(figures.cover_curve, item, look()),
            "presale_cover",
            kept.of(_covers, item),
            {"share": Shape(_("Futures in which it suffices"), "percent"), "units": Shape(_("Stock"), "count")},
        )


def _path(item: Item) -> pd.DataFrame:
    return item.track.table.drop(columns="told")


def _covers(item: Item) -> pd.DataFrame:
    shares = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]
    return pd.DataFrame({"share": shares, "units": [item.prediction.quantile(share) for share in shares]})
