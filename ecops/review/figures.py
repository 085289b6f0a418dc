"""Six weeks or twelve months of a metric beside the year before, with what happened marked."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecops import charts
from ecops.charts import Look
from ecops.growth.findings import written
from ecops.growth.registry import metric
from ecops.messages import Message
from ecops.review.agenda import Annotation
from ecops.review.charts import Line
from ecops.review.deck import takeaway

if TYPE_CHECKING:
    import plotly.graph_objects as go

PEAK = 1.5
"""Values of the year before that are so many times as high as the highest of this year are named, not drawn."""

_LONGEST = 10
"""Letters of an event's name on a chart; the whole name is in the list below the charts."""


def line(
    shown: Line, currency: str = "", annotations: Sequence[Annotation] = (), look: Look | None = None
) -> go.Figure:
    """A metric over time: this year solid, the year before grey and dashed, what is not complete yet dotted.

    Args:
        shown: six weeks by day or twelve months.
        currency: of money.
        annotations: marked where the line is by day.
        look: how the reader wants it.
    """
    import plotly.graph_objects as go

    look = look or Look()
    language, entry = look.language, metric(shown.metric)
    drawn = go.Figure(layout={"template": look.template})
    daily = len(shown.days) > 24
    for values, colour, dash, label in _lines(shown, look):
        if not any(math.isfinite(value) for value in values):
            continue
        drawn.add_trace(
            go.Scatter(
                x=list(shown.days),
                y=values,
                mode="lines" if daily else "lines+markers",
                name=charts.caption(label, language),
                line={"color": colour, "dash": dash, "width": 2},
                text=[charts.caption(written(shown.metric, value, currency), language) for value in values],
                hoverinfo="x+text+name",
            )
        )
    most = _most(shown)
    plotted = [value for value in (*shown.this_year, *shown.year_before) if value <= most]
    drawn.update_yaxes(_axis(shown.metric, plotted, currency, language))
    _name_peaks(drawn, shown, most, currency, look)
    drawn.update_xaxes(charts.date_axis(language) if daily else charts.month_axis(language))
    if daily:
        _mark(drawn, shown, annotations, look)
    drawn.update_layout(showlegend=len(drawn.data) > 1)
    subtitle = (
        Message("{metric} by day, with the same weekday a year before", metric=entry.label)
        if daily
        else Message("{metric} by month, with the same weekdays a year before", metric=entry.label)
    )
    return charts.title(drawn, takeaway(shown), subtitle, language)


def _lines(shown: Line, look: Look) -> list[tuple[list[float], str, str, Message]]:
    """Values, colour, dash and name of each line; the incomplete end of a line is a line of its own."""
    year = (list(shown.year_before), look.ink.benchmark, "dash", Message("A year before"))
    if not any(shown.partial):
        return [year, (list(shown.this_year), look.ink.accent, "solid", Message("This year"))]
    whole = [math.nan if part else value for value, part in zip(shown.this_year, shown.partial, strict=True)]
    near = [
        part or (place + 1 < len(shown.partial) and shown.partial[place + 1])
        for place, part in enumerate(shown.partial)
    ]
    rest = [value if touched else math.nan for value, touched in zip(shown.this_year, near, strict=True)]
    return [
        year,
        (whole, look.ink.accent, "solid", Message("This year")),
        (rest, look.ink.accent, "dot", Message("Not complete yet")),
    ]


def _most(shown: Line) -> float:
    """The highest value that is drawn: a peak of the year before must not flatten this year."""
    own = [value for value in shown.this_year if math.isfinite(value)]
    return PEAK * max(own) if own and max(own) > 0 else math.inf


def _name_peaks(drawn: go.Figure, shown: Line, most: float, currency: str, look: Look) -> None:
    """Words above the picture wherever the line of the year before leaves it."""
    beyond = [(value, day) for value, day in zip(shown.year_before, shown.days, strict=True) if value > most]
    if beyond:
        value, day = max(beyond)
        words = Message("a year before: {value}", value=written(shown.metric, value, currency))
        drawn.add_annotation(
            x=day.isoformat(),
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="right" if (shown.days[-1] - day).days < (shown.days[-1] - shown.days[0]).days / 2 else "left",
            showarrow=False,
            text=f"{charts.caption(words, look.language)} ▲",
            font={"size": 11, "color": look.ink.muted},
        )


def _axis(key: str, values: Sequence[float], currency: str, language: str) -> Mapping[str, Any]:
    entry = metric(key)
    if entry.unit == "money":
        return charts.money_axis(values, currency, language)
    if entry.percent:
        return charts.percent_axis(values)
    return charts.count_axis(values, language)


def _mark(drawn: go.Figure, shown: Line, annotations: Sequence[Annotation], look: Look) -> None:
    """A thin line and a word for each event that begins within the chart; those close together share the height."""
    first, last = shown.days[0], shown.days[-1]
    heights: dict[int, dt.date] = {}
    for item in annotations:
        day = max(item.start, first)
        if day > last:
            continue
        level = next((n for n in range(4) if n not in heights or (day - heights[n]).days > 14), 0)
        heights[level] = day
        late = (last - day).days < 10
        name = item.name if len(item.name) <= _LONGEST else item.name[: _LONGEST - 1] + "…"
        drawn.add_vline(x=day.isoformat(), line={"color": look.ink.benchmark, "width": 1, "dash": "dot"})
        drawn.add_annotation(
            x=day.isoformat(),
            y=1 - 0.09 * level,
            yref="paper",
            text=charts.plain(name),
            showarrow=False,
            xanchor="right" if late else "left",
            font={"size": 11, "color": look.ink.benchmark},
        )
