"""Delimited text to `Grid`: the one road that every container takes in the end."""

from __future__ import annotations

import csv
import dataclasses
import functools
import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ecops.errors import EcopsError, FileError
from ecops.messages import Count, Message
from ecops.sources.files import encoding as enc
from ecops.sources.files.grid import Grid
from ecops.sources.files.passing import Text, not_text, pass_over
from ecops.sources.files.sniff import HEAD_BYTES, Layout, find_layout, take_samples
from ecops.sources.files.tidy import tidy
from ecops.sources.limits import Limits
from ecops.sources.recognition import shapes

if TYPE_CHECKING:
    from ecops.engine.duck import Engine

_COUNT_LATER_BYTES = 32_000_000
"""Texts of this size are parsed once only: by the conversion, which compares its rows with the records counted here."""

_CONTROL = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26, 27})


class Bench:
    """Where one file is read: its work folder, limits, known headers, and a query engine made when first needed.

    Args:
        work: folder for copies; nothing is written anywhere else.
        limits: see `Limits`.
        known: normalised headers of all sources.
        readable: folders of the files that are read.
        engine: one that stands already and can read these folders.
    """

    def __init__(
        self,
        work: Path,
        limits: Limits,
        known: Collection[str],
        readable: Collection[Path],
        engine: Engine | None = None,
    ) -> None:
        self.work = work
        self.limits = limits
        self.known = known
        self._readable = tuple(readable)
        if engine is not None:
            self.engine = engine

    @functools.cached_property
    def engine(self) -> Engine:
        """DuckDB, able to read the file's folder and the work folder."""
        from ecops.engine.duck import Engine

        temp = self.work / "engine"
        temp.mkdir(exist_ok=True)
        return Engine(
            (self.work, *self._readable),
            memory_limit=self.limits.engine_memory,
            threads=self.limits.threads,
            temp=temp,
            temp_limit="2GB",
        )

    def new_file(self, suffix: str = ".csv") -> Path:
        """A new empty file in the work folder, with a name of our own."""
        handle, name = tempfile.mkstemp(suffix, dir=self.work)
        os.close(handle)
        return Path(name)


def read_text(path: Path, name: str, bench: Bench) -> Grid:
    """A CSV, TSV or semicolon-separated file in any of the encodings known.

    Raises:
        FileError: empty, not text, mixed encodings, unclosed quotation mark, too wide.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise FileError(Message("The file is empty."), Message("Export it again for a period that has data."))
    encoding, mark = enc.byte_order_mark(head)
    encoding = encoding or _wide_without_mark(head)
    if encoding.startswith(("utf-16", "utf-32")):
        return _first_that_decodes(path, name, head, mark, [encoding], bench)
    _refuse_binary(head)
    if encoding:
        return _first_that_decodes(path, name, head, mark, [encoding], bench)
    try:
        return _in_encoding(path, name, head, mark, "utf-8", bench)
    except enc.BadBytesError as error:
        ranked = enc.rank_encodings(head, bench.known, bench.limits)
        scores = [enc.header_score(head, encoding, bench.known, bench.limits) for encoding in ("utf-8", ranked[0])]
        if enc.starts_as_utf8(head, error.line) and scores[0] >= scores[1]:
            raise enc.not_this_encoding(error, "utf-8") from None
    return _first_that_decodes(path, name, head, mark, ranked, bench)


def read_utf8(path: Path, name: str, container: str, bench: Bench, header_first: bool = False) -> Grid:
    """A UTF-8 text that the reader wrote itself from a workbook, a web page or Parquet.

    Args:
        path: the text, in the work folder.
        name: what people call it.
        container: what it came from.
        bench: where it is read.
        header_first: the first line is the header, whatever it says.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    grid = _in_encoding(path, name, head, 0, "utf-8", bench, header_first)
    return dataclasses.replace(grid, container=container)


def _first_that_decodes(path: Path, name: str, head: bytes, mark: int, encodings: list[str], bench: Bench) -> Grid:
    failed: list[tuple[enc.BadBytesError, str]] = []
    for encoding in encodings:
        try:
            return _in_encoding(path, name, head, mark, encoding, bench)
        except enc.BadBytesError as error:
            failed.append((error, encoding))
    furthest, encoding = max(failed, key=lambda pair: pair[0].line)
    raise enc.not_this_encoding(furthest, encoding)


def _in_encoding(
    path: Path, name: str, head: bytes, mark: int, encoding: str, bench: Bench, header_first: bool = False
) -> Grid:
    """The whole file read as `encoding`: checked, changed to UTF-8 where needed, counted, parsed.

    Raises:
        BadBytesError: it is not in that encoding.
    """
    try:
        text = enc.head_text(head, encoding)
    except UnicodeDecodeError as error:
        raise enc.bad_bytes(error, head[mark:]) from None
    layout = find_layout(text, bench.known, bench.limits, header_first)
    if layout.turned is not None and path.stat().st_size < HEAD_BYTES:
        return _turned(layout, name, text, bench)
    copy = None if encoding == "utf-8" else bench.new_file()
    try:
        text_to_pass = Text(path, mark, encoding, layout.delimiter, layout.header_line, bench.limits)
        counted = pass_over(text_to_pass, copy)
    except (enc.BadBytesError, EcopsError):
        if copy is not None:
            copy.unlink()
        raise
    grid = Grid(
        name=name,
        path=copy or path,
        delimiter=layout.delimiter,
        quote='"',
        encoding=encoding,
        container="csv",
        header_line=layout.header_line,
        preamble=layout.preamble,
        columns=layout.columns,
        rows=0,
        lines=counted.records + (counted.blanks if len(layout.columns) == 1 else 0),
        samples=take_samples(text, layout, len(layout.columns)),
        notes=layout.notes,
        scales=layout.scales,
    )
    if grid.lines and grid.path.stat().st_size >= _COUNT_LATER_BYTES:
        return dataclasses.replace(grid, rows=grid.lines, reading="unproven")
    proven = prove(grid, bench)
    if len(proven.columns) > len(layout.columns):
        return dataclasses.replace(proven, samples=take_samples(text, layout, len(proven.columns)))
    return proven


def _turned(layout: Layout, name: str, text: str, bench: Bench) -> Grid:
    """A table with its dates across, written anew with a row a day."""
    lines = (line + "\n" for line in text.split("\n")[layout.header_line + 1 :])
    rows = [cells for cells in csv.reader(lines, delimiter=layout.delimiter) if any(cell.strip() for cell in cells)]
    table = shapes.turned(layout.columns, rows, tuple(bench.known)) or []
    target = bench.new_file()
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(table)
    grid = _in_encoding(target, name, target.read_bytes()[:HEAD_BYTES], 0, "utf-8", bench, header_first=True)
    note = Message("The dates stand across; the table was turned into one with a row a day.")
    return dataclasses.replace(grid, notes=(*layout.notes, note, *grid.notes))


def prove(grid: Grid, bench: Bench) -> Grid:
    """The grid with the rows that the parser finds; a file that breaks the rules of CSV is rewritten first.

    Raises:
        FileError: the parser finds other rows than there are records.
    """
    if grid.lines == 0:
        return grid
    for reading in ("strict", "padded"):
        tried = dataclasses.replace(grid, reading=reading)
        rows = _count(tried, bench)
        if rows == grid.lines:
            return dataclasses.replace(tried, rows=rows)
    path = bench.new_file()
    tidied = tidy(grid.path, path, grid.delimiter, grid.header_line, len(grid.columns), bench.limits)
    more = tidied.width - len(grid.columns)
    notes = list(grid.notes)
    if tidied.repaired:
        notes.append(
            Message("{n} rows have quotation marks that are not doubled; they were kept.", n=Count(tidied.repaired))
        )
    grid = dataclasses.replace(
        grid,
        path=path,
        columns=grid.columns + ("",) * more,
        samples=grid.samples + ((),) * more,
        notes=tuple(notes),
        reading="strict",
    )
    rows = _count(grid, bench)
    if rows != grid.lines:
        raise FileError(
            Message(
                "The file has {lines} rows but {rows} could be read.", lines=Count(grid.lines), rows=Count(rows or 0)
            ),
            Message("Look for quotation marks that are not closed, or export the file again."),
        )
    return dataclasses.replace(grid, rows=rows)


def _count(grid: Grid, bench: Bench) -> int | None:
    """How many rows DuckDB parses; None when it refuses the file read in this way."""
    sql = f"SELECT count(*) AS n FROM {grid.scan_sql()}"  # noqa: S608 - generated names and numbers only
    try:
        answer = bench.engine.query(sql, grid.scan_parameters(), timeout=bench.limits.wall_seconds)
    except EcopsError:
        return None
    return int(answer["n"][0].as_py())


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 without a byte order mark: ASCII delimiters and digits leave zeros in every other place."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    enough = len(head) // 16
    # A few Chinese characters (一, 丁's block begins at U+4E00) have a zero in the other place.
    if odd > enough and 10 * even < odd:
        return "utf-16-le"
    if even > enough and 10 * odd < even:
        return "utf-16-be"
    return ""


def _refuse_binary(head: bytes) -> None:
    if b"\0" in head:
        raise not_text(head.count(b"\n", 0, head.index(b"\0")))
    control = len(head) - len(head.translate(None, _CONTROL))
    if control > max(4, len(head) // 1_000):
        raise not_text(0)
