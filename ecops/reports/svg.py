"""The charts of a report as inline SVG: a few kilobytes each, sharp in print, without a script.

Plotly's script alone weighs 4.8 MB, packed and written as text still 2.0 MB; a report that is mailed may weigh 1.5 MB,
and mail programs and messengers run no scripts. The pictures never moved, so nothing is lost.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence

from ecops.charts import PALETTE, ink
from ecops.messages import Count, Message, Money, Number, Percent, Value, write
from ecops.reports.axis import Axis, axis, stack
from ecops.reports.measure import width, wrapped
from ecops.reports.model import Chart, Series

_WIDE, _TALL = 720, 300
_TOP, _BOTTOM, _RIGHT, _GAP = 12, 28, 16, 8
_SIZE = 12
_PIXELS = 96
_WEEK = 7
_INK = ink()
_CAP, _LINE = 5, 16


def value(amount: float, chart: Chart) -> Value:
    """A number of a chart with its unit."""
    if not math.isfinite(amount):
        return Message("—")
    if chart.unit == "money":
        return Money(amount, chart.currency)
    if chart.unit == "percent":
        return Percent(amount)
    return Count(amount) if float(amount).is_integer() else Number(amount, 2)


def colour(chart: Chart, place: int) -> str:
    """The colour of a series: the accent for the first that is no benchmark, then the palette's."""
    series = chart.series[place]
    if series.benchmark:
        return _INK.benchmark
    own = [number for number, one in enumerate(chart.series) if not one.benchmark and not one.pale]
    return PALETTE[own.index(place) % len(PALETTE)] if place in own else PALETTE[0]


def spaced(labels: Sequence[str], room: float, size: float) -> int:
    """Every how many labels one can be written, `room` being the inches of the axis: each week of days, all of few."""
    each = room / max(len(labels), 1)
    needed = max((width(label, size) for label in labels), default=0.0) + 0.1
    every = max(1, math.ceil(needed / each))
    return every if every == 1 or len(labels) <= 2 * _WEEK else math.ceil(every / _WEEK) * _WEEK


def draw(chart: Chart, language: str) -> str:
    """The picture of `chart`, without its title; what a value is, is read by pointing at it."""
    return _Picture(chart, language).svg()


class _Picture:
    """One chart on its sheet of `_WIDE` by `_TALL`."""

    def __init__(self, chart: Chart, language: str) -> None:
        self.chart, self.language = chart, language
        self.axis: Axis = axis(chart, language)
        self.labels = [write(category, language) for category in chart.categories]
        self.left = _GAP + max(width(label, _SIZE) for label in self.axis.labels) * _PIXELS
        self.each = (_WIDE - _RIGHT - self.left) / max(len(self.labels), 1)
        self.every = spaced(self.labels, (_WIDE - _RIGHT - self.left) / _PIXELS, _SIZE)
        room = self.each / _PIXELS if chart.kind != "line" else math.inf
        self.names = [wrapped(label, room, _SIZE) for label in self.labels]
        if chart.kind != "line":
            self.every = 1
        self.floor = _TALL - _BOTTOM - (max(map(len, self.names), default=1) - 1) * _LINE

    def svg(self) -> str:
        """The whole picture."""
        marks = self.lines() if self.chart.kind == "line" else self.bars()
        # A picture within the picture cuts off what lies beyond the axis.
        top, tall = _TOP - 4, self.floor - _TOP + 8
        return (
            f'<svg viewBox="0 0 {_WIDE} {_TALL}" role="img" aria-label="{html.escape(self.say(self.chart.title))}" '
            f'font-size="{_SIZE}">{"".join(self.ground())}<svg y="{top}" width="{_WIDE}" height="{tall}" '
            f'viewBox="0 {top} {_WIDE} {tall}">{"".join(marks)}</svg></svg>'
        )

    def say(self, what: Value) -> str:
        return write(what, self.language)

    def y(self, amount: float) -> float:
        """Height of a value, pixels from the top."""
        low, high = self.axis.places[0], self.axis.places[-1]
        return self.floor - (amount - low) / (high - low) * (self.floor - _TOP)

    def x(self, place: float) -> float:
        """Middle of a category, pixels from the left."""
        return self.left + (place + 0.5) * self.each

    def ground(self) -> Iterator[str]:
        """The lines of the axis with their numbers, and the names of the categories."""
        for place, label in zip(self.axis.places, self.axis.labels, strict=True):
            y = self.y(place)
            line = _INK.muted if place == 0 else _INK.grid
            yield f'<path d="M{self.left:.0f} {y:.1f}H{_WIDE - _RIGHT}" stroke="{line}"/>'
            yield _text(self.left - _GAP, y + 4, label, "end")
        for place in range(0, len(self.names), self.every):
            for number, line in enumerate(self.names[place]):
                # The first and last name may be wider than their place and stay on the sheet.
                half = width(line, _SIZE) * _PIXELS / 2
                at = min(max(self.x(place), half), max(_WIDE - half, half))
                yield _text(at, self.floor + 20 + number * _LINE, line, "middle")

    def lines(self) -> Iterator[str]:
        """Every series as a line, benchmarks below the others; gaps stay gaps."""
        order = sorted(range(len(self.chart.series)), key=lambda place: not self.chart.series[place].pale)
        for number in order:
            series, stroke = self.chart.series[number], colour(self.chart, number)
            look = f'fill="none" stroke="{stroke}" stroke-width="{1 if series.pale else 2.5}"'
            look += ' stroke-dasharray="5 4"' if series.benchmark else ""
            look += ' stroke-opacity=".45"' if series.pale else ""
            yield f'<path d="{self.way(series.values)}" {look}/>'
            few = len(series.values) <= 2 * _WEEK or series.pale
            for place, amount in enumerate(series.values):
                if math.isfinite(amount):
                    shown = f'fill="{stroke}"' if few else 'fill="transparent"'
                    yield f'<circle cx="{self.x(place):.1f}" cy="{self.y(amount):.1f}" r="{2.5 if few else 4}" {shown}>'
                    yield f"{self.hint(place, series.name, amount)}</circle>"

    def way(self, values: Sequence[float]) -> str:
        """The path through the values that are known."""
        path, drawing = [], False
        for place, amount in enumerate(values):
            if math.isfinite(amount):
                path.append(f"{'L' if drawing else 'M'}{self.x(place):.1f} {self.y(amount):.1f}")
            drawing = math.isfinite(amount)
        return "".join(path)

    def hint(self, place: int, name: Value, amount: float) -> str:
        told = f"{self.labels[place]} · {self.say(name)}: {self.say(value(amount, self.chart))}"
        return f"<title>{html.escape(told)}</title>"

    def bars(self) -> Iterator[str]:
        """Bars side by side, or the stack of a waterfall."""
        if self.chart.kind == "waterfall":
            yield from self.steps()
            return
        wide = self.each * 0.7 / len(self.chart.series)
        for number, series in enumerate(self.chart.series):
            for place, amount in enumerate(series.values):
                if math.isfinite(amount):
                    left = self.x(place) + (number - len(self.chart.series) / 2) * wide
                    hint = self.hint(place, series.name, amount)
                    yield self.bar(left, wide, 0.0, amount, colour(self.chart, number), hint)
                    yield from self.whisker(series, place, left + wide / 2)

    def bar(self, left: float, wide: float, start: float, end: float, fill: str, hint: str) -> str:
        top, bottom = self.y(max(start, end)), self.y(min(start, end))
        box = f'x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{max(bottom - top, 0.5):.1f}"'
        return f'<rect {box} fill="{fill}">{hint}</rect>'

    def whisker(self, series: Series, place: int, x: float) -> Iterator[str]:
        """The interval of one bar."""
        if place < len(series.low) and math.isfinite(series.low[place]) and math.isfinite(series.high[place]):
            low, high = self.y(series.low[place]), self.y(series.high[place])
            caps = "".join(f"M{x - _CAP:.1f} {y:.1f}h{2 * _CAP}" for y in (low, high))
            yield f'<path d="M{x:.1f} {low:.1f}V{high:.1f}{caps}" stroke="{_INK.text}" stroke-width="1.5" fill="none"/>'

    def steps(self) -> Iterator[str]:
        """A waterfall: rises, falls and the sum, each from where the one before ended."""
        (_, base), *parts = stack(self.chart)
        wide = self.each * 0.7
        for (name, values), fill in zip(parts, (_INK.gain, _INK.loss, _INK.accent), strict=True):
            for place, amount in enumerate(values):
                if amount:
                    start = base[place]
                    hint = self.hint(place, name, amount)
                    yield self.bar(self.x(place) - wide / 2, wide, start, start + amount, fill, hint)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK.muted}">{html.escape(text)}</text>'
