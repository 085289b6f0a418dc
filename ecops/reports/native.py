"""Native charts of a presentation: what a manager can edit, with the axis that all files share."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Pt

from ecops.charts import ink
from ecops.messages import Value, write
from ecops.reports.axis import DAY_FORMATS, axis, number_format, stack
from ecops.reports.model import Chart
from ecops.reports.svg import colour, spaced

LATIN, CHINESE = "Segoe UI", "Microsoft YaHei"
_KINDS = {
    "bar": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "line": XL_CHART_TYPE.LINE_MARKERS,
    "waterfall": XL_CHART_TYPE.COLUMN_STACKED,
}
_INK = ink()
_SIZE = 11
_FEW = 14
"""Up to so many points of a line carry a mark."""


def rgb(hexadecimal: str) -> RGBColor:
    """A colour of the palette for the presentation."""
    return RGBColor.from_string(hexadecimal.removeprefix("#"))


def add(slide: Any, chart: Chart, place: tuple[Any, Any, Any, Any], language: str) -> None:
    """A native chart at `place` (left, top, width, height), without its title."""
    data = CategoryChartData(number_format=number_format(chart.unit, chart.currency, language))
    labels = [write(category, language) for category in chart.categories]
    dated = _dated(chart)
    data.categories = chart.categories if dated else labels
    for name, values in _drawn(chart):
        data.add_series(write(name, language), [value if math.isfinite(value) else None for value in values])
    frame = slide.shapes.add_chart(_KINDS[chart.kind], *place, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", write(chart.title, language))
    drawn = frame.chart
    drawn.has_title = False
    drawn.has_legend = len(chart.series) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    drawn.font.size, drawn.font.name, drawn.font.color.rgb = Pt(_SIZE), LATIN, rgb(_INK.muted)
    east_asian = drawn.font._rPr.makeelement(qn("a:ea"), {"typeface": CHINESE})
    drawn.font._rPr.find(qn("a:latin")).addnext(east_asian)
    _axes(drawn, chart, language)
    every = spaced(labels, place[2] / 914400 - 0.8, _SIZE)
    if dated:
        _days(drawn.category_axis, every, language)
    elif chart.kind == "line":
        _skip(drawn.category_axis, every)
    for position, series in enumerate(drawn.plots[0].series):
        _look(chart, position, series)
    if chart.kind != "line":
        drawn.plots[0].gap_width = 45


def _drawn(chart: Chart) -> list[tuple[Value, list[float]]]:
    """Names and values as drawn: a waterfall becomes a stack on an invisible base."""
    return stack(chart) if chart.kind == "waterfall" else [(one.name, list(one.values)) for one in chart.series]


def _dated(chart: Chart) -> bool:
    """Whether the categories are days, so that the axis can be one of dates."""
    return all(isinstance(category, dt.date) for category in chart.categories)


def _axes(drawn: Any, chart: Chart, language: str) -> None:
    """Both axes, with the range and steps of all files."""
    upright, shared = drawn.value_axis, axis(chart, language)
    upright.minimum_scale, upright.maximum_scale = shared.places[0], shared.places[-1]
    upright.major_unit = shared.step
    upright.major_gridlines.format.line.color.rgb = rgb(_INK.grid)
    upright.format.line.fill.background()
    upright.tick_labels.number_format = number_format(chart.unit, chart.currency, language, shared.digits)
    upright.tick_labels.number_format_is_linked = False
    flat = drawn.category_axis
    flat.format.line.color.rgb = rgb(_INK.benchmark)
    # Names stay at the foot of the picture where values are negative.
    flat.tick_label_position = XL_TICK_LABEL_POSITION.LOW


def _days(flat: Any, every: int, language: str) -> None:
    """An axis of dates with one name every so many days."""
    flat.tick_labels.number_format, flat.tick_labels.number_format_is_linked = DAY_FORMATS[language], False
    for name, value in (("c:majorUnit", str(every)), ("c:majorTimeUnit", "days")):
        flat._element.append(flat._element.makeelement(qn(name), {"val": value}))


def _skip(flat: Any, every: int) -> None:
    """One name every so many categories."""
    for name in ("c:tickLblSkip", "c:tickMarkSkip"):
        flat._element.find(qn("c:noMultiLvlLbl")).addprevious(flat._element.makeelement(qn(name), {"val": str(every)}))


def _look(chart: Chart, position: int, series: Any) -> None:
    """The colour of one drawn series, and its intervals."""
    if chart.kind == "waterfall":
        if position == 0:
            series.format.fill.background()
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = rgb((_INK.gain, _INK.loss, _INK.accent)[position - 1])
        return
    own, shade = chart.series[position], rgb(colour(chart, position))
    if chart.kind == "bar":
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = shade
        if any(math.isfinite(end) for end in own.low):
            _intervals(series, own.values, own.low, own.high)
        return
    series.smooth = False
    series.format.line.color.rgb = shade
    series.format.line.width = Pt(1 if own.pale else 2.25)
    if own.pale:
        fill = series.format.line.fill._xPr.find(qn("a:solidFill"))[0]
        fill.append(fill.makeelement(qn("a:alpha"), {"val": "55000"}))
    if own.benchmark:
        series.format.line.dash_style = MSO_LINE.DASH
    marked = own.pale or len(own.values) <= _FEW
    series.marker.style = XL_MARKER_STYLE.CIRCLE if marked else XL_MARKER_STYLE.NONE
    if marked:
        series.marker.size = 4
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = shade
        series.marker.format.line.fill.background()


def _intervals(series: Any, values: tuple[float, ...], low: tuple[float, ...], high: tuple[float, ...]) -> None:
    """Error bars with their own ends for every bar, which the library cannot add."""
    element = series._element

    def node(parent: Any, name: str, **attributes: str) -> Any:
        made = parent.makeelement(qn(f"c:{name}"), attributes)
        parent.append(made)
        return made

    bars = element.makeelement(qn("c:errBars"), {})
    for name, kind in (("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "0")):
        node(bars, name, val=kind)
    for name, ends in (("plus", high), ("minus", low)):
        numbers = node(node(bars, name), "numLit")
        node(numbers, "ptCount", val=str(len(values)))
        for place, (value, end) in enumerate(zip(values, ends, strict=True)):
            if math.isfinite(end):
                node(node(numbers, "pt", idx=str(place)), "v").text = repr(abs(end - value))
    line = node(bars, "spPr")
    outline = line.makeelement(qn("a:ln"), {"w": "15875"})
    line.append(outline)
    fill = outline.makeelement(qn("a:solidFill"), {})
    outline.append(fill)
    fill.append(fill.makeelement(qn("a:srgbClr"), {"val": _INK.text.removeprefix("#")}))
    element.find(qn("c:cat")).addprevious(bars)
