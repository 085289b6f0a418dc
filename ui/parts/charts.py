"""Figures on a page: the take-away above as text that wraps, the picture, and its data one click away."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.parts import tables
from ui.parts.text import _, escape

if TYPE_CHECKING:
    import plotly.graph_objects as go

_QUIET = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False, "responsive": True}


def show(
    figure: go.Figure,
    key: str,
    table: Any = None,
    shapes: Mapping[str, tables.Shape] | None = None,
    *,
    heading: str = "",
    select: bool = False,
) -> list[dict[str, Any]]:
    """Draw a figure of `ecops`.

    Args:
        figure: a figure with its take-away set by `ecops.charts.title`; it is not changed.
        key: names the chart on its page.
        table: the data of the figure, shown on request.
        shapes: how its columns are shown, see `ui.parts.tables.show`.
        heading: stands above instead of the take-away, where another picture beside says the same.
        select: a click on a mark reruns the page.

    Returns:
        The marks that were clicked, empty when none was.
    """
    meta = figure.layout.meta or {}
    takeaway, subtitle = str(meta.get("title", "")), str(meta.get("subtitle", ""))
    # Plotly breaks no lines: on a telephone a title inside the picture would be cut.
    bare = type(figure)(figure)
    bare.update_layout(title=None, margin={"t": 16})
    bare.for_each_trace(lambda trace: trace.update(x=_wrapped(trace.x)), selector={"type": "waterfall"})
    # Plotly would list helper lines as "trace 0".
    bare.for_each_trace(lambda trace: trace.update(showlegend=False) if not trace.name else None)
    with st.container(key=f"figure_{key}", gap="xsmall"):
        if heading or takeaway:
            st.markdown(f"**{heading or escape(takeaway)}**")
        if subtitle:
            st.caption(escape(subtitle))
        event = st.plotly_chart(
            bare,
            theme=None,
            key=key,
            config=_QUIET,
            alt=f"{takeaway} {subtitle}".strip() or None,
            on_select="rerun" if select else "ignore",
            selection_mode="points",
        )
        if table is not None:
            data = st.expander(_("Data of this chart"), key=f"data_{key}", on_change="rerun", type="compact")
            if data.open:
                with data:
                    tables.show(table, key=f"table_{key}", shapes=shapes, download=f"ecops_{key}")
    return list(event.selection.points) if select else []


def _wrapped(labels: Sequence[str]) -> list[str]:
    """Category names on two lines; Plotly turns long ones aslant."""
    return ["<br>".join(textwrap.wrap(str(label), 9, break_long_words=False)) for label in labels]
