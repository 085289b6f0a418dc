"""A report as an Excel workbook: one sheet a section, numbers as numbers, native charts."""

from __future__ import annotations

import io
import math
from typing import Any

import xlsxwriter

from ecops.door import defuse, sheet_title
from ecops.messages import Count, Message, Money, Number, Percent, Points, Value, write
from ecops.reports.model import RECEIPTS, Bullets, Chart, Report, Section, Table

_FORMATS = {"money": "#,##0", "percent": "0.0%", "count": "#,##0"}
_CHART_ROWS = 18


def render(report: Report, language: str) -> bytes:
    """The report in `language` as a workbook."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(target, options) as book:
        writer = _Writer(book, language)
        cover = Section(report.title, (Bullets((report.subtitle, report.verdict)),))
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
        self.numbers = {unit: book.add_format({"num_format": form, "valign": "top"}) for unit, form in _FORMATS.items()}

    def say(self, value: Value) -> str:
        return str(defuse(write(value, self.language)))

    def section(self, section: Section) -> None:
        """One sheet."""
        sheet = self.book.add_worksheet(sheet_title(write(section.title, self.language), self.titles))
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 12, 16)
        sheet.write_string(0, 0, self.say(section.title), self.heading)
        row = 2
        for block in section.blocks:
            if isinstance(block, Bullets):
                for item in block.items:
                    sheet.merge_range(row, 0, row, 7, "", self.wrapped)
                    text = self.say(item)
                    sheet.write_string(row, 0, text, self.wrapped)
                    sheet.set_row(row, 16 * max(1, math.ceil(len(text) * (2 if self.language == "zh" else 1) / 140)))
                    row += 1
                row += 1
            elif isinstance(block, Table):
                row = self.table(sheet, row, block)
            else:
                row = self.chart(sheet, row, block)

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
        number, unit = _number(value)
        if number is None:
            sheet.write_string(row, place, self.say(value), self.wrapped)
        elif math.isfinite(number):
            sheet.write_number(row, place, number, self.numbers[unit])
        else:
            sheet.write_string(row, place, "—")

    def chart(self, sheet: Any, row: int, chart: Chart) -> int:
        """The data of a chart as a table, and beside it the native chart; returns the next free row."""
        rows = len(chart.categories)
        sheet.write_string(row, 0, self.say(chart.subtitle), self.bold)
        drawn = self.book.add_chart({"type": "line"} if chart.kind == "line" else {"type": "column"})
        shown = stack(chart) if chart.kind == "waterfall" else [(series.name, series.values) for series in chart.series]
        for place, category in enumerate(chart.categories):
            sheet.write_string(row + 1 + place, 0, self.say(category))
        for column, series in enumerate(chart.series, start=1):
            sheet.write_string(row, column, self.say(series.name), self.bold)
            for place, value in enumerate(series.values):
                if math.isfinite(value):
                    sheet.write_number(row + 1 + place, column, value, self.numbers[chart.unit])
        first = 1
        if chart.kind == "waterfall":
            # Excel's own waterfall cannot be written; a stack on an invisible base looks the same and stays editable.
            first = len(chart.series) + 1
            for column, (name, values) in enumerate(shown, start=first):
                sheet.write_string(row, column, self.say(name), self.bold)
                sheet.write_column(row + 1, column, values, self.numbers[chart.unit])
            drawn = self.book.add_chart({"type": "column", "subtype": "stacked"})
        for column in range(first, first + len(shown)):
            options: dict[str, Any] = {
                "name": [sheet.get_name(), row, column],
                "categories": [sheet.get_name(), row + 1, 0, row + rows, 0],
                "values": [sheet.get_name(), row + 1, column, row + rows, column],
            }
            options |= self.look(chart, column - first)
            drawn.add_series(options)
        drawn.set_title({"name": write(chart.title, self.language), "name_font": {"size": 12}})
        drawn.set_y_axis(
            {"num_format": _FORMATS[chart.unit], "major_gridlines": {"visible": True, "line": {"color": "#E3E7EC"}}}
        )
        drawn.set_legend({"none": True} if len(shown) == 1 or chart.kind == "waterfall" else {"position": "bottom"})
        drawn.set_size({"width": 720, "height": 340})
        sheet.insert_chart(row, first + len(shown) + 1, drawn)
        return row + max(rows, _CHART_ROWS) + 2

    def look(self, chart: Chart, place: int) -> dict[str, Any]:
        """Colours of one drawn series."""
        if chart.kind == "waterfall":
            fills = [{"none": True}, {"color": "#18794E"}, {"color": "#B42318"}, {"color": "#0F6E6E"}]
            return {"fill": fills[place], "gap": 40}
        if chart.series[place].benchmark:
            grey = {"color": "#8A8F98", "dash_type": "dash"}
            return {"line": grey} if chart.kind == "line" else {"fill": {"color": "#8A8F98"}}
        return {}


def _number(value: Value) -> tuple[float | None, str]:
    match value:
        case Money():
            return value.amount, "money"
        case Percent() | Points():
            return value.value, "percent"
        case Count() | Number():
            return value.value, "count"
        case bool():
            return None, ""
        case int() | float():
            return float(value), "count"
    return None, ""


def stack(chart: Chart) -> list[tuple[Value, list[float]]]:
    """A waterfall as a stack of bars: invisible base, rises, falls, total. Exact while the running sum is positive."""
    base, up, down, total = ([0.0] * len(chart.categories) for _ in range(4))
    height = 0.0
    values = chart.series[0].values
    for place, value in enumerate(values):
        if place == len(values) - 1:
            total[place] = height
        else:
            base[place] = min(height, height + value)
            (up if value >= 0 else down)[place] = abs(value)
            height += value
    return [
        (Message("Base"), base),
        (Message("Rise"), up),
        (Message("Fall"), down),
        (Message("Total"), total),
    ]
