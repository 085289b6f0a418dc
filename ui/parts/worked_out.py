"""The figures that a page works out in full, under the names that the glossary gives them."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops.messages import Message
from ecops.metrics.measured import Measured, measured
from ecops.metrics.registry import Metric, metrics
from ecops.words import written
from ui.parts import cards, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain
from ui.state import scope, workspaces

_NONE = Measured(math.nan)


def show(page: str) -> None:
    """A fold with every metric that names this page: value, interval, base, and how it is computed.

    Args:
        page: stem of the page's script.
    """
    chosen = scope.current()
    if chosen is None:
        return
    fold = st.expander(
        _("The figures of this page, as the glossary names them"), key=f"worked_out_{page}", on_change="rerun"
    )
    if fold.open:
        with fold:
            with st.spinner(_("Asking every page for its figures")):
                found = workspaces.answer(measured, chosen.period, where=chosen.where)
            known = [entry for entry in metrics().values() if entry.page == page and cards.may_see(entry)]
            currency = workspaces.current().currency
            table = pd.DataFrame([_row(entry, found.get(entry.key, _NONE), currency) for entry in known])
            shapes = {
                "metric": Shape(_("Metric")),
                "value": Shape(_("Now"), "figure"),
                "interval": Shape(_("95% interval"), "figure"),
                "n": Shape(_("Base of the figure"), "count"),
                "formula": Shape(_("Formula")),
            }
            tables.show(table, f"worked_out_{page}_table", shapes, currency)


def _row(entry: Metric, one: Measured, currency: str) -> dict[str, object]:
    def told(number: float) -> str:
        return plain(written(entry.key, number, currency)) if math.isfinite(number) else "—"

    interval = Message("{low} to {high}", low=told(one.low), high=told(one.high))
    return {
        "metric": plain(entry.label),
        "value": told(one.value),
        "interval": plain(interval) if math.isfinite(one.low) else "—",
        "n": one.n,
        "formula": plain(entry.formula),
    }
