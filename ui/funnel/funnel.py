"""The funnel page's choices and its answer: which data, which steps, and one diagnosis of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd
import streamlit as st

from ecops.funnel import FunnelSpec, presets
from ecops.funnel import workspace as shop
from ecops.funnel.reading import logs, sheet
from ecops.funnel.reading.own import ALL_STEPS, Words
from ecops.funnel.table import FunnelTable
from ecops.funnel.telling.findings import interval_words
from ecops.funnel.workspace import Basis, ShopFunnel
from ecops.messages import Message, Money, Value
from ecops.periods import Period
from ui.funnel import funnelpaste, funnelsteps
from ui.parts import empty
from ui.parts.text import _, paragraphs, plain, say
from ui.state import address, scope, workspaces
from ui.state.scope import Scope

PASTE = "paste"


BESIDE = ("pay_conversion", "cart_rate", "cart_to_order", "payment_rate", "bounce_rate", "ctr")
"""Rates that are shown beside those of others."""


@dataclass(frozen=True)
class Asked:
    """What the page is about.

    Attributes:
        funnel: the answer.
        products: of `cart_pay_products`, and the days they were judged over (None for a pasted table).
        span: see `products`.
        basis: "counts", "events" or "paste".
        scope: the reader's choices; None for a pasted table.
        spec: the funnel asked of the log; None when there is no log, or it has no steps.
    """

    funnel: ShopFunnel
    products: pd.DataFrame
    span: Period | None
    basis: str
    scope: Scope | None = None
    spec: FunnelSpec | None = None

    def key(self, widget: str) -> str:
        """The key of a widget whose state belongs to one source: what was chosen of one says nothing of another."""
        return _key(widget, self.basis)

    def step_key(self, widget: str) -> str:
        """The key of a choice of a step, which also depends on the steps there are: their labels name two of them."""
        names = self.funnel.after.names
        return "_".join((self.key(widget), *(names[step] for step in self.funnel.after.required)))


def _key(widget: str, basis: str) -> str:
    return widget if basis == "counts" else f"{widget}_{basis}"


def ask() -> Asked | None:
    """Draw the choices and work out the answer; teach and return None when there is nothing to answer from."""
    chosen = scope.current()
    if chosen is not None:
        scope.require_rows(chosen)
    bases = workspaces.answer(shop.bases, where=chosen.where) if chosen is not None else ()
    if chosen is None or not bases:
        needed = ("traffic_daily", "events")
        empty.show(Message("There is no daily traffic and no event log yet."), needed, funnelpaste.EXAMPLE_ROWS)
        st.subheader(_("Or try it with a table you copied"), anchor=False)
        return _pasted(None)
    basis = _basis(bases)
    if basis == PASTE:
        return _pasted(workspaces.answer(sheet.own_dispersion, chosen.period, where=chosen.where))
    scope.line(chosen)
    return _of_shop(chosen, basis)


def _basis(bases: Sequence[str]) -> str:
    options = (*bases, PASTE)
    labels = {"counts": _("Daily counts"), "events": _("Event log"), PASTE: _("A table I paste")}
    address.adopt_one("fsrc", options, options[0])
    st.segmented_control(
        _("Data"),
        options,
        format_func=labels.__getitem__,
        key="fsrc",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    chosen = str(st.session_state["fsrc"])
    address.publish("fsrc", [chosen] if chosen != options[0] else [])
    return chosen


def _pasted(dispersion: float | None) -> Asked | None:
    found = funnelpaste.box(dispersion)
    return None if found is None else Asked(found[0], found[1], None, PASTE)


def _of_shop(chosen: Scope, basis: str) -> Asked | None:
    words: Words = ()
    named: dict[str, Any] = {"basis": cast("Basis", basis)}
    if basis == "events":
        spec, words = funnelsteps.choices(chosen)
        if spec is None:
            _unknown(chosen, words)
            return None
        who = st.toggle(
            _("Split by people too: new and returning, gender, age"), key="fpeople",
            help=_("Returning is who paid on an earlier day. Gender and age come from the table of customers."),
        )  # fmt: skip
        named |= {"spec": spec, "words": words, "people": who}
    else:
        options = workspaces.answer(shop.step_choices, chosen.period, chosen.compare, basis, where=chosen.where)
        named["steps"] = funnelsteps.select("fsteps", _("Steps"), options, _step_labels())
        happen = "events" in workspaces.answer(shop.bases, where=chosen.where)
        spec = workspaces.answer(logs.event_spec, where=chosen.where) if happen else None
    with st.spinner(_("Following the steps")):
        result = workspaces.answer(shop.shop_funnel, chosen.period, chosen.compare, where=chosen.where, **named)
        products, span = workspaces.answer(shop.shop_products, chosen.period, where=chosen.where)
    if basis == "events":
        funnelsteps.meanings(chosen, spec, words)
    return Asked(result, products, span, basis, chosen, spec)


def _unknown(chosen: Scope, words: Words) -> None:
    """A log of which no two steps are known: ask what its events mean."""
    if st.session_state.get("fsteps_events") != funnelsteps.MINE:
        st.markdown(_("**No two steps of a known funnel happen in this log.** Say what its events mean:"))
    funnelsteps.meanings(chosen, None, words)


def _step_labels() -> dict[str, str]:
    return {
        ALL_STEPS: _("Every step that is reported"),
        **{key: plain(entry.label) for key, entry in presets().items()},
    }


def summary(asked: Asked) -> None:
    """What all causes cost over the period, and what was left out."""
    result = asked.funnel
    days = result.after.period.days if result.after.period else 0
    if result.total is not None and days:
        total = result.total
        money: dict[str, Value] = {
            "days": days,
            "money": Money(abs(total.value), total.currency),
            "interval": interval_words(total),
        }
        if total.value < 0 and total.high < 0:
            st.markdown(_("All confirmed causes together: {money} lost in these {days} days{interval}.", **money))
        elif total.value > 0 and total.low > 0:
            st.markdown(_("All confirmed causes together: {money} won in these {days} days{interval}.", **money))
    if result.notes:
        st.caption(paragraphs(*map(say, result.notes)))


def quality(asked: Asked) -> None:
    """What is wrong with the data, before anything else is believed."""
    issues = asked.funnel.issues
    if not issues:
        st.caption(_("Nothing noticed that would make these numbers doubtful."))
        return
    told = [f"{say(issue.message)} {say(issue.hint) if issue.hint is not None else ''}".strip() for issue in issues]
    severe = [(text, issue.severity) for text, issue in zip(told, issues, strict=True) if issue.severity != "info"]
    for text, severity in severe:
        (st.error if severity == "error" else st.warning)(text)
    mild = [text for text, issue in zip(told, issues, strict=True) if issue.severity == "info"]
    if mild:
        st.caption(paragraphs(*mild))


def place_label(value: str) -> str:
    """A value of a dimension as people call it."""
    devices = {"mobile": _("mobile"), "desktop": _("desktop")}
    return devices.get(value) or scope.value_label(value)


def step_labels(table: FunnelTable) -> dict[str, str]:
    """Name of a step -> what it is called."""
    return {step.name: plain(step.term) for step in table.steps}


def transition_labels(table: FunnelTable) -> dict[str, str]:
    """Name of a required step after the first -> "from → to"."""
    names = step_labels(table)
    pairs = zip(table.required, table.required[1:], strict=False)
    return {table.names[step]: f"{names[table.names[base]]} → {names[table.names[step]]}" for base, step in pairs}
