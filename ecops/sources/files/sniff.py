"""Which delimiter a text has and which of its first rows is the header: the one that says most words we know."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ecops.errors import FileError
from ecops.messages import Count, Message
from ecops.sources.files.grid import DELIMITERS
from ecops.sources.limits import Limits
from ecops.sources.recognition import shapes
from ecops.sources.text import clean_cell, normalise_header

HEAD_BYTES = 262_144
"""How much of a file is looked at to find its layout."""

_ROWS = 30  # rows among which the header is looked for
_HEADER_LINES = 8  # a header with quoted line breaks may span as many lines
_NOT_A_NAME = re.compile(r"^[\s\d.,:/%¥￥$€£元+\-()（）年月日时分秒]*$")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited text is laid out.

    Attributes:
        delimiter: comma, tab, semicolon or vertical bar.
        header_line: last physical line of the header, from 0.
        columns: its cells, cleaned.
        preamble: the lines before it.
        known: how many of its cells are headers we know.
        scales: columns counted in thousands or more, see `shapes.scales_of`.
        notes: what is unusual about it, for people.
        turned: the table with a row a day where the dates stand across, None otherwise.
    """

    delimiter: str
    header_line: int
    columns: tuple[str, ...]
    preamble: tuple[str, ...]
    known: int
    scales: tuple[tuple[int, str], ...] = ()
    notes: tuple[Message, ...] = ()
    turned: list[list[str]] | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A candidate for the header: cells, first and last physical line, cells we know, cells that look like names."""

    cells: tuple[str, ...]
    first: int
    last: int
    known: int
    names: int
    alike: float  # share of the following rows that have as many cells


def find_layout(text: str, known: Collection[str], limits: Limits, header_first: bool = False) -> Layout:
    """The layout of a text from its beginning.

    Args:
        text: the first part of a file, cut at a line end; no byte order mark, lines end with a line feed alone.
        known: headers that any source uses, normalised.
        limits: see `Limits.columns` and `Limits.header_bytes`.
        header_first: the first row is the header, whatever it says.

    Raises:
        FileError: no row, too many columns, or a header too long to be one.
    """
    lines = text.split("\n")
    best: tuple[tuple[float, ...], str, _Row, list[_Row]] | None = None
    for order, delimiter in enumerate(DELIMITERS):
        rows = _rows(lines, delimiter, known)
        row = _best_row(rows[:1] if header_first else rows)
        if row is None:
            continue
        several = len(row.cells) > 1
        rank = (row.known, several * round(row.alike, 1), several * row.names, len(row.cells), -order)
        if best is None or rank > best[0]:
            best = (rank, delimiter, row, rows)
    if best is None:
        raise FileError(Message("The file has no rows."), Message("Export it again for a period that has data."))
    _, delimiter, row, rows = best
    columns = tuple(clean_cell(cell).strip('"').strip() for cell in row.cells)
    size = sum(len(line.encode()) for line in lines[row.first : row.last + 1])
    refuse_wide(len(columns), size, limits)
    preamble = tuple(line[:1_000] for line in lines[: row.first])
    plain = Layout(delimiter, row.last, columns, preamble, row.known, shapes.scales_of(columns))
    return plain if header_first else _shaped(plain, row, rows, known)


def _shaped(plain: Layout, row: _Row, rows: list[_Row], known: Collection[str]) -> Layout:
    """The layout of a table that may have no header, two rows of it, a row of units, or its dates across."""
    place = rows.index(row)
    below = [other.cells for other in rows[place + 1 :]]
    first = rows[0]
    if shapes.is_headless(first.cells, [other.cells for other in rows[1:]], first.known) and row.known <= 1:
        note = Message("This file has no header: say what is in each column.")
        return Layout(plain.delimiter, -1, ("",) * len(first.cells), (), 0, notes=(note,))
    columns = shapes.joined_header(plain.columns, rows[place - 1].cells if place else ())
    notes = [Message("The header stands in two rows; they were put together.")] if columns != plain.columns else []
    units = below[0] if below and len(below[0]) == len(columns) and shapes.is_units(below[0]) else ()
    last = rows[place + 1].last if units else row.last
    turned = None if units else shapes.turned(columns, below, tuple(known))
    if units:
        notes.append(Message("The row under the header holds units and was not loaded."))
    scales = shapes.scales_of(columns, units)
    if scales:
        told = ", ".join(f"{columns[at]} × {mark}" for at, mark in scales)
        said = Message("These columns are counted in larger units, as their header says: {columns}.", columns=told)
        notes.append(said)
    return dataclasses.replace(
        plain, header_line=last, columns=columns, scales=scales, notes=tuple(notes), turned=turned
    )


def refuse_wide(columns: int, header_bytes: int, limits: Limits) -> None:
    """Stop at sheets that no shop platform exports.

    Raises:
        FileError: more columns or a longer header than `limits` allow.
    """
    hint = Message("Export only the columns you need, or check that the file is the report itself.")
    if columns > limits.columns:
        found, most = Count(columns), Count(limits.columns)
        raise FileError(
            Message(
                "The sheet has {columns} columns; {limit} is the most that can be read.", columns=found, limit=most
            ),
            hint,
        )
    if header_bytes > limits.header_bytes:
        raise FileError(Message("The header row is longer than {limit} bytes.", limit=Count(limits.header_bytes)), hint)


def take_samples(text: str, layout: Layout, width: int) -> tuple[tuple[str, ...], ...]:
    """For each of `width` columns the first three non-empty values in the first rows of the data."""
    found: list[list[str]] = [[] for _ in range(width)]
    lines = text.split("\n")[layout.header_line + 1 :]
    reader = csv.reader((line + "\n" for line in lines), delimiter=layout.delimiter)
    try:
        for number, cells in enumerate(reader):
            for values, cell in zip(found, cells, strict=False):
                if len(values) < 3 and (value := clean_cell(cell)[:200]):
                    values.append(value)
            if number >= 1_000:
                break
    except csv.Error:  # a giant or broken cell: the structure check names it, samples are only for the eye
        pass
    return tuple(tuple(values) for values in found)


def _rows(lines: Sequence[str], delimiter: str, known: Collection[str]) -> list[_Row]:
    """The first rows as candidates. A row that swallows many lines is no header; the next line is tried instead."""
    found: list[_Row] = []
    at = 0
    widths: list[int] = []
    starts: list[tuple[int, int, list[str]]] = []
    while at < len(lines) and len(starts) < 2 * _ROWS:
        if not lines[at].strip():
            at += 1
            continue
        cells, used = _record(lines, at, delimiter)
        starts.append((at, at + used - 1, cells))
        widths.append(len(cells))
        at += used
    for number, (first, last, cells) in enumerate(starts[:_ROWS]):
        names = {normalise_header(cell) for cell in cells if len(cell) <= 200 and not _NOT_A_NAME.match(cell)} - {""}
        after = widths[number + 1 :][:_ROWS]
        alike = sum(width == len(cells) for width in after) / len(after) if after else 1.0
        told = sum(name in known or shapes.without_unit(name) in known for name in names)
        found.append(_Row(tuple(cells), first, last, told, len(names), alike))
    return found


def _record(lines: Sequence[str], at: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of the record that begins at line `at`, and how many lines it takes."""
    line = lines[at]
    if '"' not in line:
        return line.split(delimiter), 1
    reader = csv.reader((part + "\n" for part in lines[at : at + _HEADER_LINES + 1]), delimiter=delimiter)
    try:
        cells = next(reader)
    except (csv.Error, StopIteration):
        return line.split(delimiter), 1
    if reader.line_num > _HEADER_LINES:
        return line.split(delimiter), 1
    return cells, reader.line_num


def _best_row(rows: Sequence[_Row]) -> _Row | None:
    """The row with most known headers; without at least two of them the first row with most distinct names."""
    if not rows:
        return None
    most_names = max(row.names for row in rows)
    most_known = max(row.known for row in rows)
    if most_known == 1 and most_names > 2:
        # One known word may stand in a preamble ("日期: 2025-01-01"): the row must also look like a header.
        rows = [row for row in rows if 2 * row.names >= most_names]
        most_known = max(row.known for row in rows)
    if most_known:
        return next(row for row in rows if row.known == most_known)
    most_names = max(row.names for row in rows)
    return next(row for row in rows if row.names == most_names)
