"""The funnel page's choices and its answer: which data, which steps, and one diagnosis of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd
import streamlit as st

from ecops.funnel import FunnelSpec, presets, sheet
from ecops.funnel import workspace as shop
from ecops.funnel.findings import interval_words
from ecops.funnel.table import FunnelTable
from ecops.funnel.workspace import ALL_STEPS, Basis, ShopFunnel
from ecops.messages import Message, Money, Value
from ecops.periods import Period
from ui import address, empty, funnelpaste, scope, workspaces
from ui.scope import Scope
from ui.text import _, plain, say

PASTE = "paste"
_WINDOWS = ("1d", "7d", "30d")
_ORDERS = ("ordered", "any")


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


def _of_shop(chosen: Scope, basis: str) -> Asked:
    counted = cast("Basis", basis)
    options = workspaces.answer(shop.step_choices, chosen.period, chosen.compare, counted, where=chosen.where)
    named: dict[str, Any] = {"basis": counted}
    with st.container(horizontal=True, gap="small"):
        named["steps"] = _one(_key("fsteps", basis), _("Steps"), options, _step_labels())
        if basis == "events":
            named["window"] = _one("fwin", _("Time allowed"), _WINDOWS, _window_labels())
            orders = {"ordered": _("one after the other"), "any": _("in any order")}
            named["order"] = _one("ford", _("Order of the steps"), _ORDERS, orders)
    with st.spinner(_("Following the steps")):
        result = workspaces.answer(shop.shop_funnel, chosen.period, chosen.compare, where=chosen.where, **named)
        products, span = workspaces.answer(shop.shop_products, chosen.period, where=chosen.where)
    spec = None
    if "events" in workspaces.answer(shop.bases, where=chosen.where):
        asked = named if basis == "events" else {"steps": ALL_STEPS, "window": "7d"}
        asked = {name: value for name, value in asked.items() if name != "basis"}
        spec = workspaces.answer(shop.event_spec, where=chosen.where, **asked)
    return Asked(result, products, span, basis, chosen, spec)


def _one(key: str, label: str, options: Sequence[str], labels: dict[str, str]) -> str:
    address.adopt_one(key, options, options[0])
    st.selectbox(label, options, format_func=labels.__getitem__, key=key, persist_state="session", width=320)
    chosen = str(st.session_state[key])
    address.publish(key, [chosen] if chosen != options[0] else [])
    return chosen


def _step_labels() -> dict[str, str]:
    return {
        ALL_STEPS: _("Every step that is reported"),
        **{key: plain(entry.label) for key, entry in presets().items()},
    }


def _window_labels() -> dict[str, str]:
    return {"1d": _("1 day"), "7d": _("7 days"), "30d": _("30 days")}


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
    for note in result.notes:
        st.caption(say(note))


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
    for text in mild:
        st.caption(text)


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
