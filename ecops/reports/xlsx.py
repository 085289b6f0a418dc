"""A report as an Excel workbook: one sheet a section, numbers as numbers, native charts."""

from __future__ import annotations

import datetime as dt
import io
import math
from typing import Any

import xlsxwriter

from ecops.door import defuse, sheet_title
from ecops.messages import Count, Message, Money, Number, Percent, Points, Value, write
from ecops.reports.axis import DAY_FORMATS, axis, number_format, stack
from ecops.reports.model import (
    MARK,
    RECEIPTS,
    WARNING,
    Block,
    Bullets,
    Cards,
    Cause,
    Chart,
    Report,
    Section,
    Table,
)
from ecops.reports.svg import colour

_CHART_ROWS = 18
_COLUMNS = 8
"""Columns that a sentence may take."""

_CROWDED = 20
_SMALL = 0.01
"""Shares below it are written with two decimals."""


def render(report: Report, language: str) -> bytes:
    """The report in `language` as a workbook."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(target, options) as book:
        writer = _Writer(book, language)
        writer.foot = f"&L{MARK} · {_footed(writer.say(report.title))}&R&P / &N"
        cover = Section(report.title, (Bullets((report.subtitle, report.verdict)), *report.opening))
        appendix = (Section(RECEIPTS, (Bullets(report.receipts),)),) if report.receipts else ()
        for section in (cover, *report.sections, *appendix):
            writer.section(section)
    return target.getvalue()


class _Writer:
    """Puts blocks below each other on one sheet a section."""

    def __init__(self, book: Any, language: str) -> None:
        self.book = book
        self.language = language
        self.titles: set[str] = set()
        self.bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.heading = book.add_format({"bold": True, "font_size": 16})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.foot = ""
        self.formats: dict[str, Any] = {}

    def say(self, value: Value) -> str:
        return str(defuse(write(value, self.language)))

    def section(self, section: Section) -> None:
        """One sheet."""
        sheet = self.book.add_worksheet(sheet_title(write(section.title, self.language), self.titles))
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 12, 16)
        sheet.write_string(0, 0, self.say(section.title), self.heading)
        sheet.set_footer(self.foot)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        row = 2
        for block in section.blocks:
            row = self.block(sheet, row, block)

    def block(self, sheet: Any, row: int, block: Block) -> int:
        """One block at `row`; returns the next free row."""
        match block:
            case Bullets():
                if block.warning:
                    sheet.write_string(row, 0, self.say(WARNING), self.bold)
                    row += 1
                for item in block.items:
                    self.sentence(sheet, row, 0, item)
                    row += 1
                return row + 1
            case Table():
                return self.table(sheet, row, block)
            case Cards():
                columns = (Message("Metric"), Message("Value"), Message("Change"), Message("Judgement"))
                rows = tuple((card.label, card.value, card.change, card.note) for card in block.items)
                return self.table(sheet, row, Table(columns, rows))
            case Cause():
                return self.cause(sheet, row, block)
            case Chart():
                return self.chart(sheet, row, block)

    def sentence(self, sheet: Any, row: int, first: int, value: Value, look: Any = None) -> None:
        """Text over the columns from `first`, the row as high as it needs."""
        text = self.say(value)
        sheet.merge_range(row, first, row, _COLUMNS - 1, "", look or self.wrapped)
        sheet.write_string(row, first, text, look or self.wrapped)
        wide = 140 - 30 * first
        sheet.set_row(row, 16 * max(1, math.ceil(len(text) * (2 if self.language == "zh" else 1) / wide)))

    def cause(self, sheet: Any, row: int, cause: Cause) -> int:
        """Headline, money and what stands beside it line by line, then the picture with its data."""
        self.sentence(sheet, row, 0, cause.headline, self.bold)
        row += 1
        sheet.write_string(row, 0, self.say(cause.unit), self.wrapped)
        self.cell(sheet, row, 1, cause.money)
        sheet.write_string(row, 2, self.say(cause.certainty), self.wrapped)
        if cause.interval is not None:
            self.sentence(sheet, row, 3, cause.interval)
        row += 1
        for name, value in (*cause.facts, *((Message("Note"), note) for note in cause.notes)):
            sheet.write_string(row, 0, self.say(name), self.wrapped)
            self.sentence(sheet, row, 1, value)
            row += 1
        return self.chart(sheet, row + 1, cause.picture) if cause.picture is not None else row + 1

    def table(self, sheet: Any, row: int, table: Table) -> int:
        """A table at `row`; returns the next free row."""
        for place, column in enumerate(table.columns):
            sheet.write_string(row, place, self.say(column), self.bold)
        for line in table.rows:
            row += 1
            for place, value in enumerate(line):
                self.cell(sheet, row, place, value)
        return row + 2

    def cell(self, sheet: Any, row: int, place: int, value: Value) -> None:
        """One cell, a number wherever the value is one."""
        number, form = _number(value, self.language)
        if isinstance(value, dt.date):
            sheet.write_datetime(
                row, place, dt.datetime(value.year, value.month, value.day), self.look(DAY_FORMATS[self.language])
            )
        elif number is None:
            sheet.write_string(row, place, self.say(value), self.wrapped)
        elif math.isfinite(number):
            sheet.write_number(row, place, number, self.look(form))
        else:
            sheet.write_string(row, place, "—")

    def look(self, form: str) -> Any:
        """The format of numbers that are written as `form`."""
        if form not in self.formats:
            self.formats[form] = self.book.add_format({"num_format": form, "valign": "top"})
        return self.formats[form]

    def chart(self, sheet: Any, row: int, chart: Chart) -> int:
        """The data of a chart as a table, and beside it the native chart; returns the next free row."""
        rows = len(chart.categories)
        sheet.write_string(row, 0, self.say(chart.subtitle), self.bold)
        drawn = self.book.add_chart({"type": "line"} if chart.kind == "line" else {"type": "column"})
        shown = stack(chart) if chart.kind == "waterfall" else [(series.name, series.values) for series in chart.series]
        for place, category in enumerate(chart.categories):
            self.cell(sheet, row + 1 + place, 0, category)
        figures = self.look(number_format(chart.unit, chart.currency, self.language))
        for column, series in enumerate(chart.series, start=1):
            sheet.write_string(row, column, self.say(series.name), self.bold)
            for place, value in enumerate(series.values):
                if math.isfinite(value):
                    sheet.write_number(row + 1 + place, column, value, figures)
        first = 1
        if chart.kind == "waterfall":
            # Excel's own waterfall cannot be written; a stack on an invisible base looks the same and stays editable.
            first = len(chart.series) + 1
            for column, (name, values) in enumerate(shown, start=first):
                sheet.write_string(row, column, self.say(name), self.bold)
                sheet.write_column(row + 1, column, values, figures)
            drawn = self.book.add_chart({"type": "column", "subtype": "stacked"})
        for column in range(first, first + len(shown)):
            options: dict[str, Any] = {
                "name": [sheet.get_name(), row, column],
                "categories": [sheet.get_name(), row + 1, 0, row + rows, 0],
                "values": [sheet.get_name(), row + 1, column, row + rows, column],
            }
            drawn.add_series(options | _drawn(chart, column - first))
        self.axes(drawn, chart)
        drawn.set_legend({"none": True} if len(shown) == 1 or chart.kind == "waterfall" else {"position": "bottom"})
        drawn.set_size({"width": 720, "height": 340})
        sheet.insert_chart(row, first + len(shown) + 1, drawn, {"description": self.say(chart.title)})
        return int(row + max(rows, _CHART_ROWS) + 2)

    def axes(self, drawn: Any, chart: Chart) -> None:
        """The title and the axis that all files share; of many days one label a week."""
        upright = axis(chart, self.language)
        drawn.set_title({"name": write(chart.title, self.language), "name_font": {"size": 12}})
        drawn.set_y_axis({
            "min": upright.places[0],
            "max": upright.places[-1],
            "major_unit": upright.step,
            "num_format": number_format(chart.unit, chart.currency, self.language, upright.digits),
            "major_gridlines": {"visible": True, "line": {"color": "#E3E7EC"}},
        })  # fmt: skip
        flat: dict[str, Any] = {"label_position": "low"}
        if chart.kind == "line" and len(chart.categories) > _CROWDED:
            flat |= {"interval_unit": 7, "interval_tick": 7}
        if all(isinstance(category, dt.date) for category in chart.categories):
            form = DAY_FORMATS[self.language]
            flat |= {"date_axis": True, "major_unit": 7, "major_unit_type": "days", "num_format": form}
        drawn.set_x_axis(flat)


def _drawn(chart: Chart, place: int) -> dict[str, Any]:
    """Colours and intervals of one drawn series."""
    if chart.kind == "waterfall":
        fills = [{"none": True}, {"color": "#18794E"}, {"color": "#B42318"}, {"color": "#0F6E6E"}]
        return {"fill": fills[place], "gap": 40}
    series, shade = chart.series[place], colour(chart, place)
    if chart.kind == "line":
        line = {"color": shade, "width": 1 if series.pale else 2.25}
        return {"line": line | ({"dash_type": "dash"} if series.benchmark else {})}
    look: dict[str, Any] = {"fill": {"color": shade}, "gap": 45}
    if any(math.isfinite(end) for end in series.low):
        ends = [
            [abs(end - value) if math.isfinite(end) else 0.0 for end, value in zip(side, series.values, strict=True)]
            for side in (series.high, series.low)
        ]
        look["y_error_bars"] = {"type": "custom", "plus_values": ends[0], "minus_values": ends[1]}
    return look


def _footed(text: str) -> str:
    """Text for the foot of a page, where an ampersand is a command and 255 signs are the most."""
    return text[:100].replace("&", "&&")


def _number(value: Value, language: str) -> tuple[float | None, str]:
    """The number that a value is and how a spreadsheet writes it; None and "" for words."""
    found: tuple[float | None, str] = (None, "")
    match value:
        case Money():
            found = value.amount, number_format("money", value.currency, language)
        case Percent():
            form = number_format("percent", "", language, 2 if abs(value.value) < _SMALL else 1)
            found = value.value, f"+{form};-{form};{form}" if value.signed else form
        case Points():
            found = value.value, number_format("percent", "", language, 1)
        case Number():
            found = value.value, number_format("count", "", "en", value.digits)
        case Count():
            found = value.value, number_format("count", "", language)
        case bool():
            pass
        case int() | float():
            found = float(value), "#,##0"
    return found
