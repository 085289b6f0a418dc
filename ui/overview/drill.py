"""From a mark of a picture to its rows: a click on a bar, a box or a segment shows the days that make it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ecops.growth import views
from ecops.messages import Message, Term
from ecops.metrics.registry import Metric, metric, metrics
from ui.parts import cards, tables
from ui.parts.tables import Kind, Shape
from ui.parts.text import _, plain, say
from ui.state import workspaces
from ui.state.scope import Scope, value_label

_KINDS: dict[str, Kind] = {"money": "money", "rate": "percent", "ratio": "number", "days": "number", "count": "count"}

_MEASURES = {name: Term(en="Paying buyers", zh="支付买家数") for name in ("gmv_buyers", "pay_buyers")}
_AMOUNTS = frozenset({"gmv", "gross_sales", "refunds"})


def latest(place: str, clicked: Mapping[str, Sequence[Mapping[str, Any]]]) -> str | None:
    """What the last clicked mark of several pictures stands for.

    Args:
        place: names the pictures together on their page.
        clicked: picture -> marks that are selected there; a picture keeps its selection while another is clicked.

    Returns:
        The `customdata` of the mark, None when nothing is selected.
    """
    marks = {name: _meaning(points) for name, points in clicked.items()}
    known = st.session_state.setdefault(f"_picked_{place}", {})
    fresh = [name for name, mark in marks.items() if mark is not None and mark != known.get(name)]
    order = [*fresh, known.get("_last"), *marks]
    last = next((name for name in order if name in marks and marks[name] is not None), None)
    st.session_state[f"_picked_{place}"] = {**marks, "_last": last}
    return marks[last] if last is not None else None


def _meaning(points: Sequence[Mapping[str, Any]]) -> str | None:
    told = points[0].get("customdata") if points else None
    told = told[0] if isinstance(told, list | tuple) and told else told
    return str(told) if told is not None else None


def days(chosen: Scope, key: str, currency: str, segment: tuple[tuple[str, str], ...] = ()) -> None:
    """The days behind a figure of the scope or of a segment, how it is worked out, and its download."""
    rows: pd.DataFrame = workspaces.answer(
        views.compared_days, chosen.period, chosen.compare, key, segment, where=chosen.where
    )
    entry = metric(key)
    with st.container(border=True, key=f"drill_{key}_{'_'.join(name for name, _value in segment)}"):
        names = [value_label(value) for _name, value in segment]
        st.markdown(f"**{' · '.join([*names, say(entry.label)])}**")
        if rows.empty:
            st.caption(_("No day of it can be compared."))
            return
        st.caption(say(_explained(entry, rows, currency)))
        shown, shapes = _table(entry, rows)
        name = "_".join(["ecops", key, *(name for name, _value in segment), "days"])
        tables.show(shown, f"days_{name}", shapes, currency, download=name)


def _explained(entry: Metric, rows: pd.DataFrame, currency: str) -> Message:
    """How the figure follows from the rows, in words and numbers."""
    now, before = (_whole(entry, rows, mark) for mark in ("", "before_"))
    return Message(
        "{formula}. {n} days together: {now}, before {before}.",
        formula=entry.formula,
        n=len(rows),
        now=cards.value(entry, now, currency),
        before=cards.value(entry, before, currency),
    )


def _whole(entry: Metric, rows: pd.DataFrame, mark: str) -> float:
    """Sum over sum, never a mean of quotients."""
    total, base = rows[f"{mark}total"].sum(), rows[f"{mark}base"].sum()
    if not entry.denominator:
        return float(total)
    return float(total / base) if base else float("nan")


def _table(entry: Metric, rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Shape]]:
    kind = "percent" if entry.percent else _KINDS[entry.unit]
    shown = rows.assign(change=rows["value"] - rows["before_value"])
    shapes = {"date": Shape(_("Day"), "date"), "value": Shape(plain(entry.label), kind)}
    if entry.denominator:
        shapes |= {"total": _measured(entry.numerator), "base": _measured(entry.denominator)}
    shapes |= {"before_date": Shape(_("Compared with"), "date"), "before_value": Shape(_("Before"), kind)}
    if kind == "percent":
        shown["change"] = shown["change"] * 100
        shapes["change"] = Shape(_("Change in points"), "points")
    else:
        shapes["change"] = Shape(_("Change"), kind)
    return shown[list(shapes)], shapes


def _measured(terms: Sequence[str]) -> Shape:
    """A sum of measures, by its name or that of the metric that is nothing else."""
    term = terms[0]
    if len(terms) == 1 and (term in _MEASURES or term in metrics()):
        return Shape(plain(_MEASURES.get(term) or metrics()[term].label), "money" if term in _AMOUNTS else "count")
    return Shape(" ".join(term.replace("_", " ") for term in terms), "number")
