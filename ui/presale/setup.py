"""The set-up of a campaign on the presale page: a folded form whose values are kept with the shop."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

import pandas as pd
import streamlit as st

from ecops.errors import EcopsError
from ecops.messages import Message
from ecops.presale import view
from ecops.presale.campaigns.series import Series
from ecops.presale.campaigns.setup import Product, SetUp, forget, keep, setups
from ui.parts import errors, folds, tables
from ui.parts.tables import Shape
from ui.parts.text import _, clean, plain
from ui.presale.asked import Asked
from ui.state import workspaces

ACTOR = "page"
PLACE = "presale_setup"
_NEW = "—"
_WIDTH = 150
"""Pixels of a field: five stand in one row, two on a phone."""

_TERMS = ("price", "moq", "pack", "lead_days")


def box(asked: Asked | None) -> None:
    """Which campaigns were set up, and the form to set one up; None where something lacks that it may say."""
    known = workspaces.answer(setups)
    running = _running(asked)
    named = [series.campaign for series in running]
    first = asked.item.series.campaign if asked is not None and asked.item is not None else ""
    folded = folds.with_form(_("Set up the campaign"), f"{PLACE}_box")
    if folded is None:
        return
    with folded:
        _list(known)
        if workspaces.is_sample():
            st.caption(_("The sample shop cannot be changed; in a shop of your own a form stands here."))
        else:
            _form(running, known, list(dict.fromkeys([first, *named, *known, ""])))
        errors.told(PLACE)


def _running(asked: Asked | None) -> tuple[Series, ...]:
    try:
        running: tuple[Series, ...] = workspaces.answer(view.running, asked.today if asked is not None else None)
    except EcopsError:
        # The page has said it; a set-up may put days in order.
        return ()
    return running


def _list(known: dict[str, SetUp]) -> None:
    if not known:
        st.caption(_("No campaign is set up: its days, prices and terms are those of the tables."))
        return
    shown = pd.DataFrame(
        {
            "campaign": [one.campaign for one in known.values()],
            "opens": [one.opens for one in known.values()],
            "closes": [one.closes for one in known.values()],
            "balance_from": [one.balance_from for one in known.values()],
            "products": [len(one.products) for one in known.values()],
        }
    )
    shapes = {
        "campaign": Shape(_("Campaign")),
        "opens": Shape(_("Opens"), "date"),
        "closes": Shape(_("Deposits close"), "date"),
        "balance_from": Shape(_("Balances from"), "date"),
        "products": Shape(_("Products"), "count"),
    }
    tables.show(shown, PLACE, shapes)


def _form(running: tuple[Series, ...], known: dict[str, SetUp], names: list[str]) -> None:
    names = [name for name in names if name] + [""]
    labels = {name: clean(name) or _("another campaign") for name in names}
    campaign = st.selectbox(_("Campaign"), names, format_func=labels.__getitem__, key="psetup_campaign", width=320)
    mine = known.get(campaign, SetUp(campaign or _NEW))
    series = next((series for series in running if series.campaign == campaign), None)
    # A form of its own for each campaign: what was typed for one is not taken for another.
    key = f"psetup_{names.index(campaign)}_{len(known)}"
    with st.form(f"{key}_form", border=False, enter_to_submit=False):
        if not campaign:
            st.text_input(_("Name of the campaign"), key=f"{key}_name", max_chars=100)
        with st.container(horizontal=True, gap="small"):
            _day(key, "opens", _("First day of deposits"), mine, series)
            _day(key, "closes", _("Last day of deposits"), mine, series)
            _day(key, "balance_from", _("Balances from"), mine, series)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            _number(key, "service", _("Paid balances can be shipped (%)"), mine.service, 100)
            _number(key, "uplift", _("Spot sales against usual (times)"), mine.uplift, 1)
        rarely = st.expander(_("More terms"), key=f"{key}_rarely", type="compact")
        with rarely, st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            _number(key, "penalty", _("Shipping late costs (% of the price)"), mine.penalty, 100)
            _number(key, "salvage", _("Left-overs bring (% of the cost)"), mine.salvage, 100)
            _number(key, "cancel", _("Cancelled before shipping (%)"), mine.cancel, 100)
            _number(key, "gate", _("Gate of a new product"), mine.gate, 1)
            _number(key, "break_even", _("Break-even (paid units)"), mine.break_even, 1)
        st.caption(_("What is left empty is read from the tables; without them it is supposed, and the page says so."))
        edited = st.data_editor(
            _rows(mine, running, campaign), key=f"{key}_products", hide_index=True, num_rows="dynamic",
            placeholder=_("as the data say"),
            column_config={
                "sku": st.column_config.TextColumn(_("SKU"), required=True, max_chars=100),
                "price": st.column_config.NumberColumn(_("Presale price"), min_value=0.01),
                "moq": st.column_config.NumberColumn(_("Smallest order"), min_value=0),
                "pack": st.column_config.NumberColumn(_("Units a pack"), min_value=0),
                "lead_days": st.column_config.NumberColumn(_("Lead time (days)"), min_value=0),
            },
        )  # fmt: skip
        with st.container(horizontal=True):
            saved = st.form_submit_button(_("Keep the set-up"), type="primary")
            if campaign in known:
                st.form_submit_button(_("Take the set-up back"), on_click=_forget, args=(campaign,))
    if saved:
        _save(key, mine, series, edited)


def _day(key: str, name: str, label: str, mine: SetUp, series: Series | None) -> None:
    told: dt.date | None = getattr(mine, name) or (getattr(series, name) if series is not None else None)
    st.date_input(label, value=told, key=f"{key}_{name}", format="YYYY-MM-DD", width=_WIDTH)


def _kept_day(key: str, name: str, mine: SetUp, series: Series | None) -> dt.date | None:
    """A day as it was left in the form; None where it only repeats the tables, so that they go on telling it."""
    day: dt.date | None = st.session_state[f"{key}_{name}"]
    repeats = getattr(mine, name) is None and series is not None and day == getattr(series, name)
    return None if repeats else day


def _number(key: str, name: str, label: str, value: float | None, times: int) -> None:
    st.number_input(
        label, min_value=0.0, value=None if value is None else round(value * times, 6), key=f"{key}_{name}",
        width=_WIDTH,
    )  # fmt: skip


def _rows(mine: SetUp, running: tuple[Series, ...], campaign: str) -> pd.DataFrame:
    """The products of a campaign with their terms: those set up, and those with deposits."""
    told = {product.sku: product for product in mine.products}
    there = [series.sku for series in running if series.campaign == campaign]
    rows = [told.get(sku, Product(sku)) for sku in dict.fromkeys([*told, *there])]
    frame = pd.DataFrame([dataclasses.asdict(row) for row in rows], columns=["sku", *_TERMS])
    return frame.astype({"sku": "str", **dict.fromkeys(_TERMS, "float64")})


def _save(key: str, mine: SetUp, series: Series | None, edited: pd.DataFrame) -> None:
    state = st.session_state
    with errors.kept(PLACE):
        keep(
            workspaces.current(),
            SetUp(
                str(state.get(f"{key}_name") or mine.campaign).strip(),
                *(_kept_day(key, name, mine, series) for name in ("opens", "closes", "balance_from")),
                products=tuple(_product(row) for row in edited.to_dict("records")),
                **{name: _share(state[f"{key}_{name}"], 100) for name in ("penalty", "salvage", "service", "cancel")},
                **{name: _share(state[f"{key}_{name}"], 1) for name in ("uplift", "gate", "break_even")},
            ),
            actor=ACTOR,
        )
        st.rerun()


def _share(value: float | None, times: int) -> float | None:
    return None if value is None else float(value) / times


def _product(row: dict[Any, Any]) -> Product:
    terms = {name: None if row[name] is None or math.isnan(row[name]) else float(row[name]) for name in _TERMS}
    return Product(str(row["sku"] or "").strip(), **terms)


def _forget(campaign: str) -> None:
    with errors.kept(PLACE):
        forget(workspaces.current(), campaign, actor=ACTOR)


def line(asked: Asked) -> None:
    """That the campaign looked at is answered from its set-up."""
    if asked.item is not None and asked.item.series.campaign in workspaces.answer(setups):
        st.caption(plain(Message("Days, prices and terms are those set up for this campaign.")))
