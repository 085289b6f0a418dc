"""A figure by two dimensions at once, and places sorted into tiers by one's own limits."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from ecops.growth.board import pivot
from ecops.messages import Count, Money
from ecops.metrics.daily import DIMENSIONS, UNNAMED
from ecops.metrics.registry import metric, metrics
from ecops.words import written
from ui.parts import cards, errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain, say
from ui.state import workspaces
from ui.state.scope import Scope, value_label

_FIRST = ("gmv", "pay_conversion", "visitors", "uv_value", "orders", "refund_rate", "roi")
_PARTS = 3
"""Numbers that may be typed as limits of tiers."""


@st.fragment
def show(chosen: Scope, currency: str) -> None:
    """The choices, the pivot, the tiers."""
    keys = [*_FIRST, *(key for key, entry in metrics().items() if entry.computed and key not in _FIRST)]
    keys = [key for key in keys if cards.may_see(metric(key))]
    labels = {key: plain(metric(key).label) for key in keys}
    figure, down, over = st.columns(3)
    key = figure.selectbox(_("Figure"), keys, format_func=labels.__getitem__, key="pivot_figure")
    known = workspaces.answer(pivot.split_by, chosen.period, key, where=chosen.where)
    if not known:
        st.caption(_("The data of these days does not split this figure."))
        return
    names = {name: plain(DIMENSIONS[name]) for name in known}
    rows = down.selectbox(_("Down the side"), list(names), format_func=names.__getitem__, key=f"pivot_rows_{key}")
    others = sorted((name for name in known if name != rows), key=lambda name: name == "shop")  # often one a platform
    with errors.explained():
        if others:
            columns = over.selectbox(
                _("Across the top"), others, format_func=names.__getitem__, key=f"pivot_columns_{key}_{rows}"
            )
            _pivot(chosen, key, (rows, columns), currency)
        _tiers(chosen, key, rows, currency)


def _name(value: object) -> str:
    if value == pivot.WHOLE:
        return _("All")
    return value_label(str(value)) if value else plain(UNNAMED)


def _pivot(chosen: Scope, key: str, by: tuple[str, str], currency: str) -> None:
    found: pd.DataFrame = workspaces.answer(pivot.pivot, chosen.period, key, *by, where=chosen.where)
    table = pd.DataFrame({"place": [_name(value) for value in found.index]})
    shapes = {"place": Shape(plain(DIMENSIONS[by[0]]))}
    for place, column in enumerate(found.columns):
        table[f"c{place}"] = [
            plain(written(key, value, currency)) if math.isfinite(value) else "—" for value in found[column]
        ]
        shapes[f"c{place}"] = Shape(_name(column), "figure")
    tables.show(table, "pivot_table", shapes, currency, download=f"ecops_pivot_{key}")
    st.caption(_("A total is the figure of all of it, not the sum or mean of its cells."))


def _tiers(chosen: Scope, key: str, by: str, currency: str) -> None:
    entry = metric(key)
    st.markdown(f"**{_('Tiers')}**")
    values = []
    for place, column in enumerate(st.columns(_PARTS)):
        unit = " (%)" if entry.percent else ""
        values.append(
            column.number_input(
                _("Tier {n} begins at", n=place + 1) + unit,
                min_value=0.0,
                value=None,
                key=f"tier_{key}_{place}",
                placeholder="—",
            )
        )
    limits = tuple(float(value) / (100 if entry.percent else 1) for value in values if value is not None)
    if not limits:
        st.caption(_("Write from which value on each tier begins, and every place is sorted into one."))
        return
    rows: pd.DataFrame = workspaces.answer(pivot.tiers, chosen.period, key, by, limits, where=chosen.where)
    told = rows.groupby("tier").agg(places=("value", "size"), gmv=("gmv", "sum"))
    for tier in sorted(told.index, reverse=True):
        row = told.loc[tier]
        st.markdown(
            "- " + say(pivot.tier_told(int(tier), Count(float(row["places"])), Money(float(row["gmv"]), currency)))
        )
    shown = rows.assign(
        place=[_name(value) for value in rows[by]],
        value=[plain(written(key, value, currency)) for value in rows["value"]],
    )
    shapes = {
        "place": Shape(plain(DIMENSIONS[by])),
        "tier": Shape(_("Tier"), "count"),
        "value": Shape(plain(entry.label), "figure"),
        "gmv": Shape(plain(metric("gmv").label), "money"),
    }
    tables.show(shown[list(shapes)], "tier_table", shapes, currency, download=f"ecops_tiers_{key}")
