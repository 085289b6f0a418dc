"""A figure beside its own past and beside others: last year and the median of peers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from ecops import EcopsError, metrics
from ecops.messages import Message, write
from ecops.metrics import Kpi, Metric
from ecops.metrics.beside.peers import Median, medians
from ui.parts import cards, tables
from ui.parts.tables import Shape
from ui.parts.text import _, language, plain
from ui.state import workspaces
from ui.state.scope import Scope


def show(chosen: Scope, keys: Sequence[str], key: str) -> None:
    """Figures of the scope beside the same days of last year and the peers' median, folded away.

    Args:
        chosen: the reader's choices.
        keys: of the metrics.
        key: names the part on its page.
    """
    box = st.expander(_("Beside last year and peers"), key=f"beside_{key}", on_change="rerun")
    if not box.open:
        return
    with box:
        table = _table(chosen, keys)
        tables.show(
            table,
            f"beside_table_{key}",
            {
                "metric": Shape(_("Figure")),
                "now": Shape(_("Now"), "figure"),
                "year": Shape(_("Same days of last year"), "figure"),
                "peers": Shape(_("Median of peers"), "figure"),
            },
            download=f"ecops_beside_{key}",
        )
        st.caption(
            _("The median is that of the table of peers, with the number of shops and the first day of their span.")
        )


def _table(chosen: Scope, keys: Sequence[str]) -> pd.DataFrame:
    known: Mapping[str, Median] = workspaces.answer(medians, chosen.period.end)
    now = workspaces.answer(metrics.kpis, chosen.period, chosen.compare, where=chosen.where)
    try:
        year = workspaces.answer(metrics.kpis, chosen.period, "last_year", where=chosen.where)
    except EcopsError:
        year = None
    rows = []
    for key in keys:
        kpi: Kpi = now[key]
        if not cards.may_see(kpi.metric):
            continue
        rows.append(
            {
                "metric": plain(kpi.metric.label),
                "now": _value(kpi.metric, kpi.value, now.currency),
                "year": _value(kpi.metric, year[key].previous, now.currency) if year is not None else "—",
                "peers": _peers(kpi.metric, known.get(key), now.currency),
            }
        )
    return pd.DataFrame(rows)


def _value(metric: Metric, value: float, currency: str) -> str:
    return plain(cards.value(metric, value, currency)) if math.isfinite(value) else "—"


def _peers(metric: Metric, one: Median | None, currency: str) -> str:
    if one is None:
        return "—"
    shown = Message("{value} ({n} shops, {day})", value=cards.value(metric, one.value, currency), n=one.n, day=one.day)
    return write(shown, language())
