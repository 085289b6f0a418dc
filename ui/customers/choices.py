"""The customer page's choices: how customers are named, and what stands behind every part of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ecops.customers import answers, schemes
from ecops.customers.answers import Asked
from ecops.customers.orders.book import OrderBook
from ecops.customers.scoring.segments import Segmented
from ecops.errors import DataError
from ecops.finding import Finding
from ecops.messages import Message
from ui.parts import empty
from ui.parts.text import _, plain, say
from ui.state import address, scope, workspaces
from ui.state.scope import Scope

_WINDOWS = ("365", "180", "all")
_SPLITS = ("median", "mean", "fixed")
_METHODS = ("auto", "quantile", "kmeans")


@dataclass(frozen=True)
class Looked:
    """What the page is about.

    Attributes:
        scope: the reader's choices of days and places.
        asked: how customers are named.
        book: the orders.
        segments: every customer's segment.
        findings: what the review is told of these days.
    """

    scope: Scope
    asked: Asked
    book: OrderBook
    segments: Segmented
    findings: tuple[Finding, ...]

    def answer(self, function: Any, *arguments: Any, **named: Any) -> Any:
        """`workspaces.answer` under the reader's filters."""
        return workspaces.answer(function, *arguments, where=self.scope.where, **named)

    @property
    def currency(self) -> str:
        """ISO code of the money."""
        return self.book.currency


def ask() -> Looked | None:
    """Draw the choices and name the customers; teach and return None when there is nothing to answer from."""
    chosen = scope.current()
    if chosen is None or not workspaces.answer(_has_orders, where=chosen.where):
        empty.show(Message("There are no orders with a buyer yet."), ("order_lines", "orders"), empty.ORDER_EXAMPLE)
        return None
    scope.line(chosen)
    with st.container(horizontal=True, gap="small"):
        scheme = choose("cust_scheme", _("Scheme"), {key: plain(entry.label) for key, entry in schemes().items()})
        window = choose("cust_window", _("Orders of"), _window_labels())
        if schemes()[scheme].kind == "split":
            split, method = choose("cust_split", _("High begins at"), _split_labels()), "auto"
        else:
            split, method = "median", choose("cust_method", _("Scores by"), _method_labels())
    asked = Asked(chosen.period.end, scheme, split, method, None if window == "all" else int(window))
    try:
        with st.spinner(_("Sorting the orders by customer")):
            book = workspaces.answer(answers.book, asked.until, where=chosen.where)
            segments = workspaces.answer(answers.segments, asked, where=chosen.where)
            findings = workspaces.answer(answers.told, chosen.period, where=chosen.where)
    except DataError as error:
        st.markdown(f"**{say(error.what)}** {say(error.hint) if error.hint is not None else ''}")
        return None
    return Looked(chosen, asked, book, segments, findings)


def _has_orders(data: Any) -> bool:
    return bool(data.has("order_lines") or data.has("orders"))


def choose(key: str, label: str, labels: Mapping[str, str], width: int = 240) -> str:
    """One choice of several, kept in the address; the first one is the default."""
    options: Sequence[str] = list(labels)
    address.adopt_one(key, options, options[0])
    st.selectbox(label, options, format_func=labels.__getitem__, key=key, persist_state="session", width=width)
    chosen = str(st.session_state[key])
    address.publish(key, [chosen] if chosen != options[0] else [])
    return chosen


def _window_labels() -> dict[str, str]:
    return dict(zip(_WINDOWS, (_("the last 365 days"), _("the last 180 days"), _("all there are")), strict=True))


def _split_labels() -> dict[str, str]:
    words = (_("the middle customer (median)"), _("the mean"), _("10 days, 3 orders, 200"))
    return dict(zip(_SPLITS, words, strict=True))


def _method_labels() -> dict[str, str]:
    words = (_("equal shares, ties together"), _("equal shares always"), _("natural clusters (k-means)"))
    return dict(zip(_METHODS, words, strict=True))


def segment_labels(looked: Looked) -> dict[str, str]:
    """Key of a segment -> what it is called."""
    return {entry.key: plain(entry.label) for entry in looked.segments.scheme.segments}
