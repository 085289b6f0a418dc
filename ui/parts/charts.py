"""Figures on a page: the take-away above as text that wraps, the picture, and its data one click away."""

from __future__ import annotations

import functools
import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from ecops.charts import Figure
from ui.parts import kept, tables
from ui.parts.kept import Kept
from ui.parts.text import _, escape, lines, small

_QUIET = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False, "responsive": True}


class _Drawn(NamedTuple):
    """A figure as it is sent.

    Attributes:
        takeaway, subtitle: what stands above it.
        picture: stands for the figure without both.
    """

    takeaway: str
    subtitle: str
    picture: Any


def show(
    figure: Figure | Kept,
    key: str,
    table: Any = None,
    shapes: Mapping[str, tables.Shape] | None = None,
    *,
    heading: str = "",
    select: bool = False,
    currency: str = "",
) -> list[dict[str, Any]]:
    """Draw a figure of `ecops`.

    Args:
        figure: a figure with its take-away set by `ecops.charts.title`, or how it is made; it is not changed.
        key: names the chart on its page.
        table: the data of the figure, or how it is made, shown on request.
        shapes: how its columns are shown, see `ui.parts.tables.show`.
        heading: stands above instead of the take-away, where another picture beside says the same.
        select: a click on a mark reruns the page.
        currency: of the money columns of the table.

    Returns:
        The marks that were clicked, empty when none was.
    """
    takeaway, subtitle, picture = kept.of(_drawn, figure)() if isinstance(figure, Kept) else _drawn(figure)
    with st.container(key=f"figure_{key}", gap="xsmall"):
        told = [f"**{heading or escape(takeaway)}**"] if heading or takeaway else []
        if subtitle:
            told.append(small(escape(subtitle)))
        if told:
            st.markdown(lines(*told))
        event = st.plotly_chart(
            picture,
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
                    tables.show(table, key=f"table_{key}", shapes=shapes, currency=currency, download=f"ecops_{key}")
    return list(event.selection.points) if select else []


def _drawn(figure: Figure) -> _Drawn:
    from plotly.io.json import to_json_plotly

    # Plotly breaks no lines: on a telephone a title inside the picture would be cut.
    layout = {name: value for name, value in figure.layout.items() if name != "title"}
    layout["margin"] = {**layout.get("margin", {}), "t": 16}
    told = json.loads(to_json_plotly({"data": [_as_sent(trace) for trace in figure.data], "layout": layout}))
    meta = layout.get("meta", {})
    return _Drawn(meta.get("title", ""), meta.get("subtitle", ""), _sent()(told))


def _as_sent(trace: Mapping[str, Any]) -> dict[str, Any]:
    sent = dict(trace)
    if trace["type"] == "waterfall":
        sent["x"] = _wrapped(trace["x"])
    # Plotly would list helper lines as "trace 0".
    if not trace.get("name"):
        sent["showlegend"] = False
    return sent


@functools.cache
def _sent() -> type:
    from plotly.basedatatypes import BaseFigure

    class Sent(BaseFigure):  # type: ignore[misc]
        """A figure that knows what it looks like as JSON; Plotly's own would look at every property of it."""

        def __init__(self, told: dict[str, Any]) -> None:
            self._told = told

        def to_dict(self) -> dict[str, Any]:
            return self._told

    return Sent


def _wrapped(labels: Sequence[str]) -> list[str]:
    """Category names on two lines; Plotly turns long ones aslant."""
    return ["<br>".join(textwrap.wrap(str(label), 9, break_long_words=False)) for label in labels]
