"""Delimited text that breaks the rules, rewritten so that it keeps them and loses nothing.

Some exporters do not double quotation marks inside quoted cells, mix line ends, or write more cells than the header
has. Such files are rewritten record by record; files that keep the rules never come here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ecops.sources.limits import Limits
from ecops.sources.sniff import refuse_wide


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was found while rewriting.

    Attributes:
        width: most cells of a row.
        repaired: rows whose quotation marks were not doubled; they are kept as text.
    """

    width: int
    repaired: int


def tidy(source: Path, target: Path, delimiter: str, header_line: int, limits: Limits) -> Tidied:
    """Rewrite a UTF-8 text with strict quotes and line feeds. Preamble and header lines are copied as they are.

    Raises:
        FileError: more cells in a row than `limits.columns`.
    """
    width = repaired = 0
    with source.open(encoding="utf-8-sig", newline="") as read, target.open("w", encoding="utf-8", newline="") as out:
        lines = _lines(read)
        for _ in range(header_line + 1):
            out.write(next(lines, "") + "\n")
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        for record in _records(lines, delimiter):
            if isinstance(record, str):
                width = max(width, record.count(delimiter) + 1)
                out.write(record + "\n")
            else:
                width = max(width, len(record.cells))
                repaired += record.repaired
                writer.writerow(record.cells)
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
    """Add the cells of `line` to `record`; the parts of the cell that is still open at its end, or None."""
    while True:
        if open_cell is None:
            if line[at : at + 1] == '"':
                open_cell, at = [], at + 1
                continue
            end = line.find(delimiter, at)
            record.cells.append(line[at:] if end < 0 else line[at:end])
            if end < 0:
                return None
            at = end + 1
            continue
        end = line.find('"', at)
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
            open_cell, at = None, end + 2
        else:
            open_cell.append('"')
            record.repaired = True
            at = end + 1
