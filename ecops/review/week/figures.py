"""Six weeks or twelve months of a metric beside the year before, with what happened marked."""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecops import charts
from ecops.charts import Figure, Look
from ecops.messages import Message, write
from ecops.metrics.registry import metric
from ecops.review.week.agenda import Annotation
from ecops.review.week.charts import Line
from ecops.review.week.deck import takeaway
from ecops.words import written

_LONGEST = 32
"""Width of a line of words above a picture, a Chinese sign counting two; a name has two of them, and stands whole in
the list below the charts."""

_PLOT, _SMALLEST = 330, 300
"""Height and, on a telephone, width of a picture without its axes, pixels: words that fit there fit everywhere."""

_LETTER, _LINE, _GAP = 5.5, 14, 4
"""Half the width of a Chinese sign of these words, the height of a line of them, the space around it, pixels."""

_FEW_MONTHS = {"dtick": "M3", "tickangle": 0}
"""One month of a quarter is named: so many names stand upright beside each other on a telephone."""

_BANDS = 4
"""Rows of words above a picture; an event that finds no room has a line without words."""


@dataclass(frozen=True, slots=True)
class _Words:
    """What is written above a picture on a day: an event, or a value that is beyond the axis."""

    day: dt.date
    lines: tuple[str, ...]
    event: bool

    @property
    def width(self) -> float:
        """Share of the smallest picture's width."""
        return (max(_width(line) for line in self.lines) * _LETTER + 2 * _GAP) / _SMALLEST


def line(
    shown: Line,
    currency: str = "",
    annotations: Sequence[Annotation] = (),
    look: Look | None = None,
    levels: Sequence[charts.Level] = (),
) -> Figure:
    """A metric over time: this year solid, the year before grey and dashed, what is not complete yet dotted.

    Args:
        shown: six weeks by day or twelve months.
        currency: of money.
        annotations: marked where the line is by day.
        look: how the reader wants it.
        levels: a goal and a benchmark, in the unit of the line.
    """
    look = look or Look()
    language, entry = look.language, metric(shown.metric)
    drawn = look.figure()
    daily = len(shown.days) > 24
    for values, colour, dash, label in _lines(shown, look):
        if not any(math.isfinite(value) for value in values):
            continue
        drawn.add_scatter(
            x=list(shown.days),
            y=values,
            mode="lines" if daily else "lines+markers",
            name=charts.caption(label, language),
            line={"color": colour, "dash": dash, "width": 2},
            text=[charts.caption(written(shown.metric, value, currency), language) for value in values],
            hoverinfo="x+text+name",
        )
    plotted = [value for value in (*shown.this_year, *shown.year_before) if value <= shown.ceiling]
    plotted += [level.value for level in levels]
    charts.level_lines(drawn, levels, lambda value: written(shown.metric, value, currency), look)
    drawn.update_yaxes(_axis(shown.metric, plotted, currency, language))
    drawn.update_xaxes(charts.date_axis(language) if daily else charts.month_axis(language) | _FEW_MONTHS)
    words = [*_peaks(shown, currency, language), *(_events(shown, annotations, language) if daily else ())]
    _write_above(drawn, words, (shown.days[0], shown.days[-1]), look)
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


def _peaks(shown: Line, currency: str, language: str) -> list[_Words]:
    """The highest value of the year before that the picture leaves out, and that it does."""
    if shown.peak is None:
        return []
    value, day = shown.peak
    told = Message("▲ a year before: {value} (the axis is cut)", value=written(shown.metric, value, currency))
    return [_Words(day, _on_two_lines(told.text(language)), event=False)]


def _axis(key: str, values: Sequence[float], currency: str, language: str) -> Mapping[str, Any]:
    entry = metric(key)
    if entry.unit == "money":
        return charts.money_axis(values, currency, language)
    if entry.percent:
        return charts.percent_axis(values)
    return charts.count_axis(values, language)


def _events(shown: Line, annotations: Sequence[Annotation], language: str) -> list[_Words]:
    """The events within the chart; one that began earlier stands at its first day."""
    first, last = shown.days[0], shown.days[-1]
    return [
        _Words(max(item.start, first), _on_two_lines(write(item.name, language)), event=True)
        for item in annotations
        if item.start <= last and item.end >= first
    ]


def _write_above(drawn: Figure, words: Sequence[_Words], days: tuple[dt.date, dt.date], look: Look) -> None:
    """Rows of words above the picture, none on another, each event with a thin line down to the axis."""
    placed = _placed(words, days)
    count = 1 + max((band for _, band, _ in placed if band is not None), default=-1)
    tall = [_GAP + _LINE * max(len(word.lines) for word, place, _ in placed if place == band) for band in range(count)]
    top = 1 - sum(tall) / _PLOT
    drawn.update_yaxes(domain=[0, top])
    for word, band, leftwards in placed:
        height = top + sum(tall[: band or 0]) / _PLOT
        day = word.day.isoformat()
        if word.event:
            drawn.add_shape(
                type="line", x0=day, x1=day, y0=0, y1=height, yref="paper",
                line={"color": look.ink.benchmark, "width": 1, "dash": "dot"},
            )  # fmt: skip
        if band is None:
            continue
        drawn.add_annotation(
            x=day,
            y=height,
            yref="paper",
            yanchor="bottom",
            xanchor="right" if leftwards else "left",
            align="right" if leftwards else "left",
            text="<br>".join(charts.plain(line) for line in word.lines),
            showarrow=False,
            # Lines of other events pass behind the words.
            bgcolor=look.ink.paper,
            font={"size": 11, "color": look.ink.muted},
        )


def _placed(words: Sequence[_Words], days: tuple[dt.date, dt.date]) -> list[tuple[_Words, int | None, bool]]:
    """Each word with its row, the lowest that is free, and whether it stands to the left of its day."""
    span = max((days[1] - days[0]).days, 1)
    taken: list[tuple[int, float, float]] = []
    found: list[tuple[_Words, int | None, bool]] = []
    for word in words:
        at = (word.day - days[0]).days / span
        leftwards = at + word.width > 1 and at > 0.5
        left, right = (at - word.width, at) if leftwards else (at, at + word.width)
        full = {band for band, start, end in taken if start < right and left < end}
        band = next((band for band in range(_BANDS) if band not in full), None)
        if band is not None:
            taken.append((band, left, right))
        found.append((word, band, leftwards))
    return found


def _on_two_lines(text: str) -> tuple[str, ...]:
    """Text on one line or two, broken before a bracket where both parts fit; what is longer ends in an ellipsis."""
    if _width(text) <= _LONGEST:
        return (text,)
    place = max(text.find(sign) for sign in "（(")
    parts = (text[:place].rstrip(), text[place:])
    if place > 0 and all(_width(part) <= _LONGEST for part in parts):
        return parts
    # A sign of Chinese is as wide as two letters.
    fitting = _LONGEST if _width(text) < 1.5 * len(text) else _LONGEST // 2
    return tuple(textwrap.wrap(text, fitting, max_lines=2, placeholder="…"))


def _width(text: str) -> int:
    """Width of a text in letters; a Chinese sign is as wide as two."""
    return sum(1 + (sign > "\u2e80") for sign in text)
