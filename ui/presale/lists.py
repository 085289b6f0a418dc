"""The lists of the presale page: the funnel of campaigns, capacity, where the numbers come from."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops.messages import Count, Message, Number, Percent
from ecops.presale import Item
from ui.parts import kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, say
from ui.presale.asked import Asked


def funnel(asked: Asked) -> None:
    """Visits, deposits and balances of every campaign."""
    table = asked.found.funnel
    counted = bool(table["visitors"].notna().any())
    tables.show(
        kept.of(_funnel_rows, table, counted),
        "presale_funnel",
        {
            "campaign": Shape(_("Campaign")),
            "opens": Shape(_("Opens"), "date"),
            "visitors": Shape(_("Visitors"), "count", _("Of the product's own page, where they were counted.")),
            "deposit_rate": Shape(_("Deposit rate (95% interval)"), "figure"),
            "deposits": Shape(_("Deposits"), "count"),
            "balance_rate": Shape(_("Balance rate (95% interval)"), "figure"),
            "paid": Shape(_("Balances paid"), "count"),
        },
        download="ecops_presale_funnel",
    )
    if not counted:
        st.caption(
            _("Nobody counted the visitors of these pages, or fewer than there are deposits; with a daily report by "
              "product the first step is told too.")
        )  # fmt: skip


def _funnel_rows(table: pd.DataFrame, counted: bool) -> pd.DataFrame:
    shown = table[["campaign", "opens", "visitors", "deposits", "paid"]].assign(
        deposit_rate=tables.intervals(table, ("deposit_rate", "deposit_low", "deposit_high"), Percent),
        balance_rate=tables.intervals(table, ("balance_rate", "balance_low", "balance_high"), Percent),
    )
    return shown if counted else shown.drop(columns=["visitors", "deposit_rate"])


def capacity(asked: Asked, item: Item) -> None:
    """What to lock at warehouse and courier."""
    need = asked.found.capacities[item.series.campaign]
    parts = {
        "day": need.day,
        "total": Count(round(need.total)),
        "sure": Percent(need.sure),
        "peak": Count(round(need.peak)),
        "share": Percent(need.share),
    }
    told = _(
        "From {day} on up to {total} units leave the warehouse ({sure} of the futures); keep room for **{peak}** on "
        "the busiest day, {share} of them.",
        **parts,
    )
    if math.isfinite(need.times):
        told += " " + _(
            "Beside {usual} usual units a day that is {times} usual days.",
            usual=Count(round(need.usual)), times=Number(need.times, 1),
        )  # fmt: skip
    st.markdown(told)
    if need.guessed:
        st.caption(_("No past presale tells the busiest day; its share is a guess."))


def method() -> None:
    """Where the numbers come from."""
    with st.expander(_("How this is worked out"), key="presale_method"):
        for told in (
            Message(
                "10,000 futures are drawn. How far along the deposits are is learned from past presales; how many are "
                "paid from the differences between presales, not between buyers; spot sales from the last four weeks "
                "and from what past presales did to them."
            ),
            Message(
                "With few past presales every interval is wide on purpose. In simulated campaigns the 90% interval "
                "holds 85% to 95% of the time, also where the suppositions are wrong."
            ),
            Message(
                "The quantity has the best expected profit over all futures and keeps the promise to paid balances. "
                "Stock that usual sales take until balances open does not count as there; overdue orders do not either."
            ),
            Message(
                "The band of the path was predicted a week ago. Leaving it is confirmed from a probability below 1%."
            ),
        ):
            st.markdown(say(told))
