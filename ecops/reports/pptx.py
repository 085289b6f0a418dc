"""A report as slides with native charts and tables, so that a manager can edit what she shows."""

from __future__ import annotations

import io
import itertools
import math
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from ecops.messages import Message, Value, write
from ecops.reports.model import RECEIPTS, Bullets, Chart, Report, Section, Table

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

_RECEIPTS = 18
"""Lines of the appendix, which is one slide: who asks for the others finds them in the workbook."""

_INCHES = (_WIDTH - 2 * _MARGIN) / Inches(1)
"""Width between the margins."""


def render(report: Report, language: str) -> bytes:
    """The report in `language` as a presentation: two charts a slide, long tables on several, sentences together."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = _WIDTH, _HEIGHT
    slides = _Slides(deck, language)
    slides.cover(report)
    for section in report.sections:
        slides.section(section)
    if report.receipts:
        slides.receipts(report.receipts)
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()


def _height(texts: list[str], width: float, size: int) -> float:
    """Inches that texts of `size` points need at most in a box `width` inches wide; a Chinese sign is two letters."""
    fitting = max(1, int(width * 72 / (0.55 * size)))
    lines = sum(math.ceil(max(1, sum(1 + (sign > "\u2e80") for sign in text)) / fitting) for text in texts)
    return lines * size * 1.25 / 72


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
        """The slides of one section; neighbours of a kind share theirs."""
        heading, slide, free = self.say(section.title), None, 0.0
        for _, group in itertools.groupby(section.blocks, key=type):
            blocks = list(group)
            lines = [f"• {self.say(item)}" for block in blocks if isinstance(block, Bullets) for item in block.items]
            if lines and slide is not None and _height(lines, _INCHES, 16) + 0.1 * len(lines) <= free:
                self.text(self.box(slide, Emu(_HEIGHT - Inches(0.2 + free)), Inches(free)), lines, 16)
            else:
                self.bullets(heading, lines)
            slide = None
            for table in (block for block in blocks if isinstance(block, Table)):
                for first in range(0, max(len(table.rows), 1), _LINES):
                    slide = self.slide(heading)
                    free = self.table(slide, table, first)
            charts = [block for block in blocks if isinstance(block, Chart)]
            for first in range(0, len(charts), 2):
                self.charts(heading, charts[first : first + 2])

    def bullets(self, heading: str, lines: list[str]) -> None:
        """Sentences, as many slides as they need."""
        for first in range(0, len(lines), _LINES):
            self.text(self.box(self.slide(heading), _TOP, Inches(5.5)), lines[first : first + _LINES], 18)

    def receipts(self, receipts: tuple[Value, ...]) -> None:
        """The appendix, one slide however many files there are."""
        lines = [self.say(line) for line in receipts]
        if len(lines) > _RECEIPTS:
            more = Message(
                "and {n} more files, all of them named in the Excel and HTML report", n=len(lines) - _RECEIPTS + 1
            )
            lines = [*lines[: _RECEIPTS - 1], self.say(more)]
        self.text(self.box(self.slide(self.say(RECEIPTS)), _TOP, Inches(5.5)), lines, 11, colour=_MUTED)

    def table(self, slide: Any, table: Table, first: int) -> float:
        """Rows `first` and following of a table; returns about how many inches stay free below it."""
        rows = table.rows[first : first + _LINES]
        lines = [[self.say(value) for value in line] for line in (table.columns, *rows)]
        shape = slide.shapes.add_table(
            len(rows) + 1, len(table.columns), _MARGIN, _TOP, _WIDTH - 2 * _MARGIN, Inches(0.5) * (len(rows) + 1)
        )
        for row, line in enumerate(lines):
            for column, text in enumerate(line):
                cell = shape.table.cell(row, column)
                white = RGBColor(0xFF, 0xFF, 0xFF)
                cell.fill.solid()
                cell.fill.fore_color.rgb = _ACCENT if row == 0 else white
                self.text(cell.text_frame, [text], 13, bold=row == 0, colour=white if row == 0 else _INK)
        width = _INCHES / len(table.columns) - 0.2
        tall = sum(max(0.5, 0.1 + max(_height([text], width, 13) for text in line)) for line in lines)
        return float((_HEIGHT - _TOP) / Inches(1) - 0.4 - tall)

    def charts(self, heading: str, charts: list[Chart]) -> None:
        """One or two native charts side by side, each with its take-away above."""
        slide, width = self.slide(heading), Emu(int((_WIDTH - 2 * _MARGIN) / len(charts)))
        for place, chart in enumerate(charts):
            self.chart(slide, chart, Emu(_MARGIN + place * width), width)

    def chart(self, slide: Any, chart: Chart, left: Emu, width: Emu) -> None:
        """A native chart from the left edge `left`, its take-away above."""
        for value, top, size, colour in ((chart.title, 1.2, 16, _INK), (chart.subtitle, 1.9, 11, _MUTED)):
            box = slide.shapes.add_textbox(left, Inches(top), width, Inches(0.6)).text_frame
            self.text(box, [self.say(value)], size, bold=value is chart.title, colour=colour)
        data = CategoryChartData(number_format=_FORMATS[chart.unit])
        data.categories = [self.say(category) for category in chart.categories]
        for name, values in self.series(chart):
            data.add_series(name, [value if math.isfinite(value) else None for value in values])
        kind = {
            "bar": XL_CHART_TYPE.COLUMN_CLUSTERED,
            "line": XL_CHART_TYPE.LINE_MARKERS,
            "waterfall": XL_CHART_TYPE.COLUMN_STACKED,
        }[chart.kind]
        place = (left, Inches(2.3), width, Inches(4.8))
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
