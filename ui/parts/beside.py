"""A figure beside its own past and beside others: last year, the median of peers, reference values."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from ecops import EcopsError, metrics
from ecops.messages import Message, write
from ecops.metrics import Kpi, Metric
from ecops.metrics.beside.references import Reference, by_metric, references
from ecops.store import journal
from ui.parts import cards, tables
from ui.parts.tables import Shape
from ui.parts.text import _, language, plain
from ui.state import workspaces
from ui.state.scope import Scope


def show(chosen: Scope, keys: Sequence[str], key: str) -> None:
    """Figures of the scope beside the same days of last year, the peers' median and reference values, folded away.

    Args:
        chosen: the reader's choices.
        keys: of the metrics.
        key: names the part on its page.
    """
    box = st.expander(_("Beside last year, peers and the industry"), key=f"beside_{key}", on_change="rerun")
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
                "others": Shape(_("Reference values")),
            },
            download=f"ecops_beside_{key}",
        )
        st.caption(
            _(
                "The median is that of the table of peers, with the number of shops and the first day of their span. "
                "Reference values are edited on the page of peers; each has its source and day."
            )
        )


def references_of(data: object, until: dt.date, answered: int) -> dict[str, tuple[Reference, ...]]:  # noqa: ARG001 - part of the key
    """The reference values of each metric, for `workspaces.answer`."""
    return by_metric(references(data, until))


def _table(chosen: Scope, keys: Sequence[str]) -> pd.DataFrame:
    written = journal.last(workspaces.current().state)
    known: Mapping[str, tuple[Reference, ...]] = workspaces.answer(references_of, chosen.period.end, written)
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
        found = known.get(key, ())
        rows.append(
            {
                "metric": plain(kpi.metric.label),
                "now": _value(kpi.metric, kpi.value, now.currency),
                "year": _value(kpi.metric, year[key].previous, now.currency) if year is not None else "—",
                "peers": _peers(kpi.metric, found, now.currency),
                "others": _others(kpi.metric, found, now.currency),
            }
        )
    return pd.DataFrame(rows)


def _value(metric: Metric, value: float, currency: str) -> str:
    return plain(cards.value(metric, value, currency)) if math.isfinite(value) else "—"


def _peers(metric: Metric, found: Sequence[Reference], currency: str) -> str:
    told = [one for one in found if one.kind == "peers"]
    if not told:
        return "—"
    one = told[-1]
    shown = Message("{value} ({n} shops, {day})", value=cards.value(metric, one.value, currency), n=one.n, day=one.date)
    return write(shown, language())


def _others(metric: Metric, found: Sequence[Reference], currency: str) -> str:
    told = [one for one in found if one.kind != "peers"]
    parts = [
        f"{plain(one.population)} {plain(cards.value(metric, one.value, currency))}"
        f" ({', '.join(plain(part) for part in (one.source, one.date) if part)})"
        for one in told
    ]
    return "; ".join(parts) or "—"
