"""A report as slides with native charts and tables, so that a manager can edit what she shows."""

from __future__ import annotations

import io
import math
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from ecops.locale import write
from ecops.messages import Value
from ecops.reports.model import Bullets, Chart, Report, Section, Table

_WIDTH, _HEIGHT = Inches(13.333), Inches(7.5)
_MARGIN, _TOP = Inches(0.6), Inches(1.35)
_LATIN, _CHINESE = "Segoe UI", "Microsoft YaHei"
_INK, _MUTED, _ACCENT = RGBColor(0x1B, 0x24, 0x30), RGBColor(0x5B, 0x66, 0x73), RGBColor(0x0F, 0x6E, 0x6E)
_SERIES = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
]
_GREY, _GAIN, _LOSS = RGBColor(0x8A, 0x8F, 0x98), RGBColor(0x18, 0x79, 0x4E), RGBColor(0xB4, 0x23, 0x18)
_FORMATS = {"money": "#,##0", "percent": "0.0%", "count": "#,##0"}
_LINES = 9
"""Sentences or table rows that fit one slide beside nothing else; the rest goes on to the next."""


def render(report: Report, language: str) -> bytes:
    """The report in `language` as a presentation, one slide a block, long tables on several."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = _WIDTH, _HEIGHT
    slides = _Slides(deck, language)
    slides.cover(report)
    for section in report.sections:
        slides.section(section)
    if report.receipts:
        slides.bullets(Section(report.title, ()), report.receipts, 12)
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()


class _Slides:
    """Adds slides to one deck in one language."""

    def __init__(self, deck: Any, language: str) -> None:
        self.deck = deck
        self.language = language

    def say(self, value: Value) -> str:
        return write(value, self.language)

    def slide(self, heading: str) -> Any:
        """An empty slide with its heading."""
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[5])
        shape = slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = _MARGIN, Inches(0.4), _WIDTH - 2 * _MARGIN, Inches(0.8)
        self.text(shape.text_frame, [heading], 26, bold=True)
        return slide

    def text(self, frame: Any, lines: list[str], size: int, *, bold: bool = False, colour: RGBColor = _INK) -> None:
        """Fill a text frame, with a Chinese typeface beside the Latin one."""
        frame.word_wrap = True
        for place, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.space_after = Pt(size / 2)
            run = paragraph.add_run()
            run.text = line
            font = run.font
            font.size, font.bold, font.name, font.color.rgb = Pt(size), bold, _LATIN, colour
            east_asian = run._r.get_or_add_rPr().makeelement(qn("a:ea"), {"typeface": _CHINESE})
            run._r.get_or_add_rPr().append(east_asian)
            paragraph.alignment = 1

    def box(self, slide: Any, top: Emu, height: Emu) -> Any:
        """The text frame of a new box over the width of the slide."""
        return slide.shapes.add_textbox(_MARGIN, top, _WIDTH - 2 * _MARGIN, height).text_frame

    def cover(self, report: Report) -> None:
        """Title, period and the verdict."""
        slide = self.slide(self.say(report.title))
        self.text(self.box(slide, _TOP, Inches(0.5)), [self.say(report.subtitle)], 16, colour=_MUTED)
        self.text(self.box(slide, Inches(2.4), Inches(3)), [self.say(report.verdict)], 28, colour=_ACCENT)

    def section(self, section: Section) -> None:
        """The slides of one section."""
        for block in section.blocks:
            if isinstance(block, Bullets):
                self.bullets(section, block.items, 18)
            elif isinstance(block, Table):
                for first in range(0, max(len(block.rows), 1), _LINES):
                    self.table(self.slide(self.say(section.title)), block, first)
            else:
                self.chart(self.slide(self.say(section.title)), block)

    def bullets(self, section: Section, items: tuple[Value, ...], size: int) -> None:
        """Sentences, as many slides as they need."""
        for first in range(0, len(items), _LINES):
            slide = self.slide(self.say(section.title))
            lines = [f"• {self.say(item)}" for item in items[first : first + _LINES]]
            self.text(self.box(slide, _TOP, Inches(5.5)), lines, size)

    def table(self, slide: Any, table: Table, first: int) -> None:
        """Rows `first` and following of a table."""
        rows = table.rows[first : first + _LINES]
        shape = slide.shapes.add_table(
            len(rows) + 1, len(table.columns), _MARGIN, _TOP, _WIDTH - 2 * _MARGIN, Inches(0.5) * (len(rows) + 1)
        )
        for row, line in enumerate((table.columns, *rows)):
            for column, value in enumerate(line):
                cell = shape.table.cell(row, column)
                white = RGBColor(0xFF, 0xFF, 0xFF)
                cell.fill.solid()
                cell.fill.fore_color.rgb = _ACCENT if row == 0 else white
                self.text(cell.text_frame, [self.say(value)], 13, bold=row == 0, colour=white if row == 0 else _INK)

    def chart(self, slide: Any, chart: Chart) -> None:
        """A native chart over the whole slide, its take-away above."""
        self.text(self.box(slide, Inches(1.15), Inches(0.8)), [self.say(chart.title)], 18, bold=True)
        self.text(self.box(slide, Inches(1.65), Inches(0.5)), [self.say(chart.subtitle)], 12, colour=_MUTED)
        data = CategoryChartData(number_format=_FORMATS[chart.unit])
        data.categories = [self.say(category) for category in chart.categories]
        for name, values in self.series(chart):
            data.add_series(name, [value if math.isfinite(value) else None for value in values])
        kind = {
            "bar": XL_CHART_TYPE.COLUMN_CLUSTERED,
            "line": XL_CHART_TYPE.LINE_MARKERS,
            "waterfall": XL_CHART_TYPE.COLUMN_STACKED,
        }[chart.kind]
        place = (_MARGIN, Inches(2.1), _WIDTH - 2 * _MARGIN, Inches(5.0))
        drawn = slide.shapes.add_chart(kind, *place, data).chart
        drawn.has_title = False
        drawn.has_legend = len(chart.series) > 1
        if drawn.has_legend:
            drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        drawn.font.size, drawn.font.name = Pt(12), _LATIN
        drawn.value_axis.major_gridlines.format.line.color.rgb = RGBColor(0xE3, 0xE7, 0xEC)
        drawn.value_axis.tick_labels.number_format = _FORMATS[chart.unit]
        drawn.value_axis.tick_labels.number_format_is_linked = False
        for position, series in enumerate(drawn.plots[0].series):
            self.colour(chart, position, series)

    def series(self, chart: Chart) -> list[tuple[str, list[float]]]:
        """Names and values as drawn: a waterfall becomes a stack on an invisible base."""
        from ecops.reports.xlsx import stack

        shown = stack(chart) if chart.kind == "waterfall" else [(s.name, list(s.values)) for s in chart.series]
        return [(self.say(name), values) for name, values in shown]

    def colour(self, chart: Chart, position: int, series: Any) -> None:
        """The colour of one drawn series."""
        if chart.kind == "waterfall":
            if position == 0:
                series.format.fill.background()
            else:
                series.format.fill.solid()
                series.format.fill.fore_color.rgb = (_GAIN, _LOSS, _ACCENT)[position - 1]
            return
        benchmark = chart.series[position].benchmark
        rgb = _GREY if benchmark else _SERIES[position % len(_SERIES)]
        if chart.kind == "line":
            series.format.line.color.rgb = rgb
            series.smooth = False
            if benchmark:
                series.format.line.dash_style = MSO_LINE.DASH
        else:
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = rgb
