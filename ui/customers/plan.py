"""Who gets what: the actions, the coupon worked out, the list with its hold-back, and later what it brought."""

from __future__ import annotations

import io
import math

import pandas as pd
import streamlit as st

from ecops.customers import answers, audience, readout, reidentify
from ecops.customers.programme.audience import Audience
from ecops.customers.programme.plan import Planned, WhatIf
from ecops.engine.answers import Answers
from ecops.errors import DataError
from ecops.handbook import roles
from ecops.locale import currency_symbol
from ecops.messages import Count, Message, Money, MoneyRange, Percent
from ecops.periods import Period
from ui.customers.choices import Looked, segment_labels
from ui.parts import errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, lines, paragraphs, plain, say, small
from ui.state import workspaces

ACTOR = "app"


def actions(looked: Looked) -> tuple[Planned, ...]:
    """The coupon's sliders and one line for each action."""
    unit = currency_symbol(looked.currency).strip()
    with st.container(horizontal=True, gap="small"):
        threshold = st.number_input(
            _("Coupon from an order of ({currency})", currency=unit),
            min_value=1.0,
            value=199.0,
            key="coupon_from",
            width=200,
        )
        off = st.number_input(
            _("takes off ({currency})", currency=unit), min_value=0.5, value=30.0, key="coupon_off", width=160
        )
        margin = st.slider(_("Gross margin"), 5, 90, 35, key="coupon_margin", format="%d%%", width=220)
        told = st.toggle(_("I expect a response"), key="coupon_told")
        response = (
            st.slider(_("Share who buy"), 0, 100, 20, key="coupon_response", format="%d%%", width=220) if told else None
        )
    share = None if response is None else response / 100
    planned: tuple[Planned, ...] = ()
    with errors.explained():
        planned = looked.answer(answers.planned, looked.asked, float(threshold), float(off), margin / 100, share)
    names = segment_labels(looked)
    for entry in planned:
        told = _("{n} customers", n=Count(len(entry.customers)))
        spent = _("spent {money} in the time chosen", money=Money(entry.money, looked.currency))
        with st.container(border=True, horizontal=True, gap="medium", key=f"play_{entry.play.key}"):
            st.markdown(_told(entry, names), width="stretch")
            st.markdown(lines(f"**{told}**", small(spent)), width=240)
            if entry.what_if is not None:
                st.markdown(_coupon(entry.what_if, threshold, looked.currency), width="stretch")
    return planned


def _told(entry: Planned, names: dict[str, str]) -> str:
    whom = _(
        "For: {segments}. Owner: {owner}.",
        segments=joined(names[key] for key in entry.segments),
        owner=roles().get(entry.play.owner, entry.play.owner),
    )
    return paragraphs(f"**{say(entry.play.label)}**", say(entry.play.text), small(whom))


def _coupon(found: WhatIf, threshold: float, currency: str) -> str:
    """What the coupon costs and needs."""
    told = [*_reached(found, threshold, currency)]
    if math.isfinite(found.profit[0]):
        told.append(
            _(
                "With the response you expect: {between} gross profit more than without.",
                between=MoneyRange(min(found.profit), max(found.profit), currency),
            )
        )
    told.append(small(_("How many more will buy nobody knows before a test: hold a part back and read it out.")))
    return paragraphs(*told)


def _reached(found: WhatIf, threshold: float, currency: str) -> tuple[str, ...]:
    """Who uses the coupon anyway, who could, and from when on it pays."""
    limit = Money(float(threshold), currency)
    if found.orders and not found.leak and not found.reachable:
        return (
            _(
                "None of their orders reaches {threshold} or lies a little below it; a mean order is {basket}. The "
                "coupon would hardly be used: try a lower threshold.",
                threshold=limit,
                basket=Money(found.basket, currency),
            ),
        )
    given = _(
        "{leak} of their orders reach {threshold} anyway: the coupon is given away there, {cost} in {days} days. "
        "{reach} lie a little below it.",
        leak=Percent(found.leak),
        threshold=limit,
        cost=Money(found.cost, currency),
        days=found.days,
        reach=Percent(found.reachable),
    )
    low, high = sorted(found.break_even)
    if not math.isfinite(high) or high > 1:
        return given, _("It cannot pay: the margin of an order is smaller than what the coupon takes off.")
    pays = _(
        "{base} of them order in {days} days without it. It pays once {low} to {high} of them order; the two ends "
        "are nobody and everybody within reach adding something to the basket.",
        base=Percent(found.base),
        days=found.days,
        low=Percent(low),
        high=Percent(high),
    )
    return given, pays


def export(looked: Looked, planned: tuple[Planned, ...]) -> None:
    """The list of the chosen actions with a random part held back; then the platform's own names for it."""
    if not planned:
        return
    labels = {entry.play.key: plain(entry.play.label) for entry in planned}
    with st.container(horizontal=True, gap="small"):
        chosen = st.multiselect(
            _("Actions"),
            list(labels),
            default=list(labels)[:1],
            format_func=labels.__getitem__,
            key="list_actions",
            width=420,
        )
        share = st.slider(_("Hold back at random"), 0, 50, 10, key="list_share", format="%d%%", width=220)
        seed = st.number_input(_("Number of the draw"), min_value=0, value=7, key="list_seed", width=160)
    if not chosen:
        st.caption(_("Choose an action to make a list."))
        return
    with errors.explained():
        sources = (kept.same(looked.book), kept.same(looked.segments), kept.same(planned))
        found, counts = _lists.get(
            (*sources, tuple(chosen), share, seed),
            lambda: _drawn(
                audience(looked.book, looked.segments, planned, actions=chosen, holdback=share / 100, seed=int(seed))
            ),
        )
        st.markdown(
            _(
                "{n} customers to reach, {held} held back. Keep the list: it is needed to see what the action brought.",
                n=Count(counts.get("reached", 0)),
                held=Count(counts.get("held_back", 0)),
            )
        )
        for note in found.notes:
            st.warning(say(note))
        tables.downloads({"audience": found.rows}, "ecops_audience", "audience")
        _names(found)


def _drawn(found: Audience) -> tuple[Audience, dict[str, int]]:
    """The list with how many are in each group."""
    return found, {str(group): int(n) for group, n in found.rows["group"].value_counts().items()}


_lists = Answers(8)
"""The lists that were made last; one of a large shop has a row for each of its customers."""


def _names(found: Audience) -> None:
    """The file for the platform's own tool, made of the original export and kept nowhere."""
    title = _("A file with the platform's own buyer names")
    with st.expander(title, key="names_box", on_change="rerun", type="compact") as box:
        if not box.open:
            return
        st.caption(
            _(
                "Buyers are hashed in the shop's data. Give the original export once more: the names of those to be "
                "reached leave as one file. Nothing of it is kept; the log notes who, when and how many."
            )
        )
        if workspaces.is_sample():
            st.caption(_("The sample shop has no names to give back."))
            return
        upload = st.file_uploader(_("The original order export"), key="names_file")
        if upload is None or not st.button(_("Make the file"), key="names_make"):
            return
        with errors.explained(), st.spinner(_("Reading the export")):
            names = reidentify(workspaces.current(), upload.getvalue(), found.reached(), actor=ACTOR, name=upload.name)
            st.download_button(
                _("Download the names"), names, "ecops_buyers.csv", "text/csv", key="names_download", on_click="ignore"
            )


def outcome(looked: Looked) -> None:
    """What an earlier list brought."""
    upload = st.file_uploader(_("The list of that action (CSV)"), type=["csv"], key="outcome_file")
    if upload is None:
        st.caption(_("Give the list back as it was downloaded; orders of those reached and held back are compared."))
        return
    last = looked.book.last_day
    days = st.date_input(
        _("Orders from and to"),
        (max(looked.book.first_day, looked.scope.period.start), min(last, looked.scope.period.end)),
        min_value=looked.book.first_day,
        max_value=last,
        key="outcome_days",
        format="YYYY-MM-DD",
    )
    if len(days) < 2:
        return
    with errors.explained():
        found = readout(looked.book, _list(upload.getvalue()), Period(days[0], days[1]))
        st.markdown(f"**{say(found.headline)}**")
        tables.show(
            pd.DataFrame(
                [
                    {"group": _("reached"), "customers": found.reached, "rate": found.reached_rate},
                    {"group": _("held back"), "customers": found.held, "rate": found.held_rate},
                ]
            ),
            key="outcome_table",
            shapes={
                "group": Shape(_("Group")),
                "customers": Shape(_("Customers"), "count"),
                "rate": Shape(_("Ordered"), "percent"),
            },
        )
        st.caption(
            _(
                "Difference between {low} and {high} points (95%); money of all reached {between}.",
                low=f"{found.low * 100:+.1f}",
                high=f"{found.high * 100:+.1f}",
                between=MoneyRange(found.money_low, found.money_high, looked.currency),
            )
        )


def _list(content: bytes) -> pd.DataFrame:
    """A list as it was downloaded; a few hundred thousand short rows, read as text."""
    try:
        return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeError) as error:
        raise DataError(
            Message("The list cannot be read."), Message("Give the CSV back as it was downloaded.")
        ) from error
