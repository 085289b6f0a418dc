"""How every chart of the product looks: one template, one palette, axes that speak the reader's language.

A figure is made by a capability (`figures.py`) and says three things: what it means (`title`, the take-away), what is
plotted in which unit (the subtitle) and the data. Everything else comes from here:

>>> look = Look(language="zh")
>>> figure = look.figure().add_bar(x=["淘宝", "抖音"], y=[120_000, 80_000])
>>> _ = title(figure, "淘宝占六成", "支付金额，元", "zh").update_yaxes(money_axis([0, 120_000], "CNY", "zh"))
>>> figure.layout["yaxis"]["ticktext"]
['¥0', '¥5 万', '¥10 万', '¥15 万']
>>> figure.plotly().data[0].x
('淘宝', '抖音')

Plotly draws a small HTML: every text that is data goes through `plain` before it enters a figure.
"""

from __future__ import annotations

import functools
import html
import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ecops.locale import write_count, write_money
from ecops.messages import Message, Value, write

if TYPE_CHECKING:
    import plotly.graph_objects as go

PALETTE: tuple[str, ...] = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8A8F98")
"""Okabe and Ito's colours, told apart by colour-blind readers too; black is replaced by a grey that dark pages show."""

FONT = (
    "'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', "
    "system-ui, -apple-system, 'Segoe UI', sans-serif"
)
"""The type family of the product; the same list stands in .streamlit/config.toml."""

SEQUENTIAL: tuple[str, ...] = ("#EEF6F6", "#CBE5E4", "#9ECFCD", "#6BB5B2", "#3A9693", "#0F6E6E", "#0A4F4F")
"""Pale to full accent, for heat maps on paper; `Ink.scale` has the one for dark pages."""

SEQUENTIAL_DARK: tuple[str, ...] = ("#16222A", "#173A40", "#17555A", "#1C7577", "#2F9795", "#5DBAB5", "#A5DDD7")

READABLE = 4
"""So many colours of a scale, from the palest, carry the text of the page with a contrast of 4.5 or more."""

_PLATFORM_COLOURS: Mapping[str, str] = {
    "taobao": "#E69F00",
    "tmall": "#D55E00",
    "douyin": "#0072B2",
    "jd": "#CC79A7",
    "pdd": "#009E73",
    "shopify": "#56B4E9",
    "amazon": "#F0E442",
}


class Ink(NamedTuple):
    """The colours of one appearance.

    Attributes:
        text, muted, grid, paper: letters, small letters, lines, background.
        accent: the one accent.
        gain, loss, watch: good, bad, uncertain. Direction is always also an arrow or a word.
        benchmark: what is compared with: grey, drawn dashed.
        scale: colours from little to much, for heat maps.
    """

    text: str
    muted: str
    grid: str
    paper: str
    accent: str
    gain: str
    loss: str
    watch: str
    benchmark: str
    scale: tuple[str, ...]


_LIGHT = Ink(
    "#1B2430", "#5B6673", "#E3E7EC", "#FFFFFF", "#0F6E6E", "#18794E", "#B42318", "#B45309", "#8A8F98", SEQUENTIAL
)
_DARK = Ink(
    "#E6EAF0", "#9AA6B5", "#2A333F", "#11161D", "#3FB6B0", "#4CC38A", "#F97066", "#F0A33F", "#8A8F98", SEQUENTIAL_DARK
)


def ink(dark: bool = False, red_up: bool = False) -> Ink:
    """The colours for a light or dark page; `red_up` swaps gain and loss (in China red is up)."""
    colours = _DARK if dark else _LIGHT
    return colours._replace(gain=colours.loss, loss=colours.gain) if red_up else colours


@dataclass(frozen=True, slots=True)
class Look:
    """All a figure needs to know of its reader.

    Attributes:
        language: "zh" or "en".
        dark: on a dark page.
        red_up: gains are red and losses green.
    """

    language: str = "en"
    dark: bool = False
    red_up: bool = False

    @property
    def ink(self) -> Ink:
        """The colours."""
        return ink(self.dark, self.red_up)

    @property
    def template(self) -> dict[str, Any]:
        """The Plotly template, as `layout.template`; it is shared, so nobody changes it."""
        return template(self.dark, self.language, self.red_up)

    def figure(self, **layout: Any) -> Figure:
        """An empty figure with this template."""
        return Figure(template=self.template, **layout)


class Figure:
    """A figure as the JSON that Plotly draws, made with the words of Plotly's own figure.

    Plotly's own looks at every property whenever one is set, which was most of the work of drawing a page. Here nothing
    is looked at; `plotly` does it, and the tests do for every figure that they make.

    Attributes:
        data: the traces.
        layout: axes, shapes, annotations and the rest.
    """

    def __init__(self, **layout: Any) -> None:
        self.data: list[dict[str, Any]] = []
        self.layout: dict[str, Any] = layout

    def _add_trace(self, kind: str, **properties: Any) -> Self:
        self.data.append({"type": kind, **{name: value for name, value in properties.items() if value is not None}})
        return self

    add_bar = functools.partialmethod(_add_trace, "bar")
    add_heatmap = functools.partialmethod(_add_trace, "heatmap")
    add_scatter = functools.partialmethod(_add_trace, "scatter")
    add_scatterpolar = functools.partialmethod(_add_trace, "scatterpolar")
    add_waterfall = functools.partialmethod(_add_trace, "waterfall")

    def add_shape(self, **properties: Any) -> Self:
        """Add a line or a rectangle."""
        self.layout.setdefault("shapes", []).append(properties)
        return self

    def add_annotation(self, **properties: Any) -> Self:
        """Add words at a place."""
        self.layout.setdefault("annotations", []).append(properties)
        return self

    def add_hline(self, y: float, line: Mapping[str, Any]) -> Self:
        """Add a line over the whole width."""
        return self.add_shape(type="line", x0=0, x1=1, xref="x domain", y0=y, y1=y, yref="y", line=line)

    def add_vline(self, x: float, line: Mapping[str, Any]) -> Self:
        """Add a line over the whole height."""
        return self.add_shape(type="line", x0=x, x1=x, xref="x", y0=0, y1=1, yref="y domain", line=line)

    def update_layout(self, **properties: Any) -> Self:
        """Set properties; what is in a dictionary is added to what is known of it."""
        for name, value in properties.items():
            known = self.layout.get(name)
            self.layout[name] = {**known, **value} if isinstance(known, dict) else value
        return self

    def update_xaxes(self, axis: Mapping[str, Any] | None = None, **properties: Any) -> Self:
        """Set properties of the x axis."""
        return self.update_layout(xaxis={**(axis or {}), **properties})

    def update_yaxes(self, axis: Mapping[str, Any] | None = None, **properties: Any) -> Self:
        """Set properties of the y axis."""
        return self.update_layout(yaxis={**(axis or {}), **properties})

    def plotly(self) -> go.Figure:
        """As Plotly's own figure, with every property looked at, for notebooks and tests."""
        import plotly.graph_objects as go

        return go.Figure(self.data, self.layout)


@functools.lru_cache(maxsize=8)
def template(dark: bool = False, language: str = "en", red_up: bool = False) -> dict[str, Any]:
    """The Plotly template of the product: type, ink, margins, quiet axes, nothing that moves."""
    colours = ink(dark, red_up)
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zerolinecolor": colours.muted,
        "zerolinewidth": 1,
        "tickfont": {"color": colours.muted, "size": 12},
        "title": {"font": {"color": colours.muted, "size": 12}},
        "ticks": "",
        "automargin": True,
        "fixedrange": True,
    }
    layout = {
        "font": {"family": FONT, "size": 13, "color": colours.text},
        "title": {
            "font": {"size": 16, "color": colours.text, "weight": 600},
            "subtitle": {"font": {"size": 12, "color": colours.muted}},
            "x": 0,
            "xanchor": "left",
            "xref": "container",
            "pad": {"l": 4},
        },
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(PALETTE),
        "colorscale": {"sequential": _scale(colours.scale)},
        "margin": {"l": 8, "r": 16, "t": 64, "b": 8, "pad": 4},
        "xaxis": {**axis, "showgrid": False, "hoverformat": "%Y年%-m月%-d日" if language == "zh" else "%-d %b %Y"},
        "yaxis": axis,
        "legend": {"orientation": "h", "y": -0.15, "x": 0, "font": {"color": colours.muted, "size": 12}},
        "hoverlabel": {
            "bgcolor": colours.paper,
            "bordercolor": colours.grid,
            "font": {"family": FONT, "color": colours.text, "size": 12},
            "align": "left",
        },
        "separators": ".,",
        "dragmode": False,
        "bargap": 0.3,
        "transition": {"duration": 0},
    }
    data = {
        "waterfall": [
            {
                "increasing": {"marker": {"color": colours.gain}},
                "decreasing": {"marker": {"color": colours.loss}},
                "totals": {"marker": {"color": colours.accent}},
                "connector": {"line": {"color": colours.benchmark, "width": 1}},
                "textfont": {"color": colours.text},
            }
        ],
        "bar": [{"marker": {"line": {"width": 0}}, "textfont": {"color": colours.text}, "cliponaxis": False}],
        "scatter": [{"cliponaxis": False}],
        "heatmap": [{"colorscale": _scale(colours.scale), "xgap": 1, "ygap": 1, "colorbar": {"outlinewidth": 0}}],
    }
    return {"layout": layout, "data": data}


def numbered(look: Look) -> dict[str, Any]:
    """Options of a heat map with a number in every cell: the part of the scale on which the page's text can be read.

    Plotly's own choice between dark grey and white falls below a contrast of 4.5 in the middle of the whole scale.
    """
    return {"colorscale": _scale(look.ink.scale[:READABLE]), "textfont": {"color": look.ink.text}}


def _scale(colours: Sequence[str]) -> list[tuple[float, str]]:
    return [(place / (len(colours) - 1), colour) for place, colour in enumerate(colours)]


def platform_colour(name: str) -> str:
    """The colour of a platform (or of any other series by name): the same on every page.

    >>> platform_colour("douyin"), platform_colour("Douyin") == platform_colour("douyin")
    ('#0072B2', True)
    """
    key = name.strip().casefold()
    # An unknown name keeps its colour too: a sum over its bytes is stable between runs, hash() is not.
    return _PLATFORM_COLOURS.get(key) or PALETTE[sum(key.encode("utf-8")) % len(PALETTE)]


def pale(colour: str, opacity: float = 0.18) -> str:
    """`colour` as an rgba() of the same hue, for intervals and small bases.

    >>> pale("#0072B2")
    'rgba(0,114,178,0.18)'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def plain(text: object) -> str:
    """Text that is data, made harmless for Plotly, which reads a small HTML.

    >>> plain("<a href='http://x'>枕头</a>")
    "&lt;a href='http://x'&gt;枕头&lt;/a&gt;"
    """
    return html.escape(str(text), quote=False)


def title(
    figure: Figure,
    takeaway: Message | str,
    subtitle: Message | str = "",
    language: str = "en",
) -> Figure:
    """Give `figure` its take-away and, below it, what is plotted in which unit; returns the figure.

    The unbroken texts stay in `figure.layout["meta"]` ("title", "subtitle") for pages that wrap text themselves and
    for the alternative text.
    """
    # Chinese letters are twice as wide; both widths fill about 720 px of a report.
    width = 44 if language == "zh" else 88
    said, below = (_said(part, language) for part in (takeaway, subtitle))
    lines = textwrap.wrap(said, width) or [""]
    figure.update_layout(
        title={"text": "<br>".join(plain(line) for line in lines), "subtitle": {"text": plain(below)}},
        meta={"title": said, "subtitle": below},
        margin={"t": 52 + 20 * len(lines)},
    )
    return figure


def _said(text: Message | str, language: str) -> str:
    return text.text(language) if isinstance(text, Message) else text


def money_axis(values: Iterable[float], currency: str = "", language: str = "en", zero: bool = True) -> dict[str, Any]:
    """Axis properties for money: ticks written ¥5 万 or ¥50k, where Plotly itself knows only k and M.

    Args:
        values: everything plotted on the axis, in units of `currency`; NaN is left out.
        currency: ISO 4217 code.
        language: "zh" or "en".
        zero: the axis contains zero (bars must).
    """
    places = ticks(values, zero)
    return {
        "tickvals": places,
        "ticktext": [write_money(place, currency, language) for place in places],
        "range": [places[0], places[-1]],
    }


def currency_name(currency: str) -> Value:
    """The currency for a subtitle: its code, or words when nothing says which it is."""
    return currency or Message("the currency of the files")


def count_axis(values: Iterable[float], language: str = "en", zero: bool = True) -> dict[str, Any]:
    """Axis properties for counts and figures a head: ticks written 1.2 万 or 12,000, small figures with decimals.

    >>> count_axis([0.4, 1.3])["ticktext"]
    ['0.0', '0.5', '1.0', '1.5']
    """
    plotted = [float(value) for value in values if value is not None and math.isfinite(value)]
    places = ticks(plotted, zero)
    step = places[1] - places[0]
    if step < 1 and all(value.is_integer() for value in plotted):
        step = 1.0  # there is no half order
        places = [float(place) for place in range(math.floor(places[0]), math.ceil(places[-1]) + 1)]
    digits = max(0, math.ceil(-math.log10(step) - 1e-9))
    return {
        "tickvals": places,
        "ticktext": [f"{place:,.{digits}f}" if digits else write_count(place, language) for place in places],
        "range": [places[0], places[-1]],
    }


def percent_axis(values: Iterable[float], zero: bool = True) -> dict[str, Any]:
    """Axis properties for rates given as shares (0.031 is 3.1 %), with as many decimals as the ticks need."""
    places = ticks(values, zero)
    step = (places[1] - places[0]) * 100
    return {
        "tickvals": places,
        "tickformat": f".{0 if step >= 1 else min(3, math.ceil(-math.log10(step)))}%",
        "range": [places[0], places[-1]],
    }


def date_axis(language: str = "en") -> dict[str, Any]:
    """Axis properties for days: 11月9日 or 9 Nov."""
    return {
        "type": "date",
        "tickformat": "%-m月%-d日" if language == "zh" else "%-d %b",
        "hoverformat": "%Y年%-m月%-d日" if language == "zh" else "%-d %b %Y",
        "nticks": 8,
    }


def month_axis(language: str = "en") -> dict[str, Any]:
    """Axis properties for months: 2026年11月 or Nov 2026."""
    form = "%Y年%-m月" if language == "zh" else "%b %Y"
    return {"type": "date", "tickformat": form, "hoverformat": form, "nticks": 8}


def ticks(values: Iterable[float], zero: bool = True, most: int = 6) -> list[float]:
    """At most `most` round places that span `values`: steps of 1, 2 or 5 times a power of ten.

    >>> ticks([0, 120_000])
    [0.0, 50000.0, 100000.0, 150000.0]
    >>> ticks([-30, 12])
    [-30.0, -20.0, -10.0, 0.0, 10.0, 20.0]
    """
    finite = [float(value) for value in values if value is not None and math.isfinite(value)]
    if zero or not finite:
        finite.append(0.0)
    low, high = min(finite), max(finite)
    if low == high:
        low, high = low - abs(low) * 0.1, high + (abs(high) * 0.1 or 1.0)
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < most:
            break
    return [round(place * step, 10) + 0.0 for place in range(first, last + 1)]


def caption(value: object, language: str) -> str:
    """A value of a `Message` (`Money`, `Percent`, a date, data) as harmless text for labels and hover boxes."""
    return plain(write(value, language))


class Level(NamedTuple):
    """A value that a picture is held against.

    Attributes:
        words: what it is, for example "goal" or "benchmark (industry, average)".
        value: in the unit of the picture.
    """

    words: Message
    value: float


def level_lines(figure: Figure, levels: Sequence[Level], as_text: Callable[[float], Value], look: Look) -> Figure:
    """Dotted lines over the whole width with their words; nothing for values that are not known.

    Args:
        figure: is changed and given back; its axis must reach the values.
        levels: at most two can be read.
        as_text: a value in its unit.
        look: of the reader.
    """
    known = [level for level in levels if math.isfinite(level.value)]
    for place, level in enumerate(known):
        words = Message("{words}: {value}", words=level.words, value=as_text(level.value))
        figure.add_hline(y=level.value, line={"color": look.ink.watch, "dash": "dot", "width": 1.5})
        figure.add_annotation(
            text=caption(words, look.language),
            x=0,
            xref="x domain",
            xanchor="left",
            y=level.value,
            yref="y",
            yanchor="bottom" if place == 0 else "top",
            showarrow=False,
            font={"color": look.ink.watch, "size": 12},
            bgcolor=look.ink.paper,
            opacity=0.9,
        )
    return figure
