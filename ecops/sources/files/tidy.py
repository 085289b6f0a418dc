"""Delimited text that breaks the rules, rewritten so that it keeps them and loses nothing.

Some exporters do not double quotation marks inside quoted cells, mix line ends, or write more cells than the header
has. Such files are rewritten record by record; files that keep the rules never come here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ecops.sources.files.sniff import refuse_wide
from ecops.sources.limits import Limits


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was found while rewriting.

    Attributes:
        width: most cells of a row.
        repaired: rows whose quotation marks were not doubled; they are kept as text.
    """

    width: int
    repaired: int


def tidy(source: Path, target: Path, delimiter: str, header_line: int, columns: int, limits: Limits) -> Tidied:
    """Rewrite a UTF-8 text with strict quotes, line feeds, rows of equal width, and without its first lines' words.

    Args:
        source: the text as it is.
        target: where to write.
        delimiter: between cells.
        header_line: physical line of the header, from 0.
        columns: cells of the header; rows are padded to the widest row, or to as many.
        limits: see `Limits.columns`.

    Raises:
        FileError: more cells in a row than `limits.columns`.
    """
    tidied = _rewrite(source, target, delimiter, header_line, columns, limits)
    return tidied if tidied.width <= columns else _rewrite(source, target, delimiter, header_line, tidied.width, limits)


def _rewrite(source: Path, target: Path, delimiter: str, header_line: int, columns: int, limits: Limits) -> Tidied:
    width, repaired = columns, 0
    with source.open(encoding="utf-8-sig", newline="") as read, target.open("w", encoding="utf-8", newline="") as out:
        lines = _lines(read)
        for _ in range(header_line + 1):
            next(lines, "")
            out.write("#\n")  # a quotation mark up here would confuse the parser; nobody reads these lines again
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        for record in _records(lines, delimiter):
            if isinstance(record, str):
                cells = record.count(delimiter) + 1
                out.write(record + delimiter * (columns - cells) + "\n")
            else:
                cells = len(record.cells)
                repaired += record.repaired
                writer.writerow(record.cells + [""] * (columns - cells))
            width = max(width, cells)
            if width > limits.columns:
                refuse_wide(width, 0, limits)
    return Tidied(width, repaired)


@dataclass(slots=True)
class _Quoted:
    cells: list[str]
    repaired: bool = False


def _lines(read: Iterable[str]) -> Iterator[str]:
    """Physical lines; a carriage return inside a line (not a line end of its own here) becomes a space."""
    for line in read:
        plain = line.removesuffix("\n").removesuffix("\r")
        yield from [plain.replace("\r", " ")] if line.endswith("\n") else plain.split("\r")


def _records(lines: Iterator[str], delimiter: str) -> Iterator[str | _Quoted]:
    """Records: lines without quotation marks as they are, others parsed."""
    for line in lines:
        if '"' not in line:
            if line:
                yield line
            continue
        record = _Quoted([])
        open_cell = _parse(line, 0, delimiter, record, None)
        while open_cell is not None:
            following = next(lines, None)
            if following is None:
                record.cells.append("".join(open_cell))
                break
            open_cell.append("\n")
            open_cell = _parse(following, 0, delimiter, record, open_cell)
        yield record


def _parse(line: str, at: int, delimiter: str, record: _Quoted, open_cell: list[str] | None) -> list[str] | None:
    """Add the cells of `line` to `record`; the parts of the cell that is still open at its end, or None.

    A cell with a quotation mark that is not doubled never goes on behind the line on which it began: when its end is
    not found there, its opening mark was text too.
    """
    start = -1  # where the open cell began when it began on this line
    begin = -1  # where the open cell began when it began on this line and has a mark that is not doubled
    literal = False
    while True:
        if open_cell is None:
            if line[at : at + 1] == '"' and not literal:
                open_cell, at = [], at + 1
                start = at - 1
                continue
            literal = False
            end = line.find(delimiter, at)
            record.cells.append(line[at:] if end < 0 else line[at:end])
            if end < 0:
                return None
            at = end + 1
            continue
        end = line.find('"', at)
        if end < 0 and begin >= 0:
            open_cell, at, begin, literal = None, begin, -1, True
            continue
        if end < 0:
            open_cell.append(line[at:])
            return open_cell
        open_cell.append(line[at:end])
        following = line[end + 1 : end + 2]
        if following == '"':
            open_cell.append('"')
            at = end + 2
        elif following in ("", delimiter):
            record.cells.append("".join(open_cell))
            if not following:
                return None
            open_cell, at, begin, start = None, end + 2, -1, -1
        else:
            open_cell.append('"')
            record.repaired = True
            at, begin = end + 1, start
