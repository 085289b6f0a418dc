"""The one pass over the bytes of a text: check or change the encoding, write the copy, count the records.

A large text that must be changed to UTF-8 is cut at a line end and both halves are done at the same time: Python's
codecs use one core, so the second half goes to a fork of this process.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ecops.errors import EcopsError, FileError
from ecops.messages import Message
from ecops.sources.files import encoding as enc
from ecops.sources.files.structure import RecordCounter
from ecops.sources.limits import Limits

_FORK_BYTES = 32_000_000
_CUT_WINDOW = 1_048_576


@dataclass(frozen=True, slots=True)
class Text:
    """What to pass over.

    Attributes:
        path: the file.
        mark: bytes of its byte order mark.
        encoding: what it is written in.
        delimiter: between cells.
        header_line: physical line of the header, from 0; records are counted behind it.
        limits: see `Limits.record_bytes`.
    """

    path: Path
    mark: int
    encoding: str
    delimiter: str
    header_line: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Counted:
    """Records and blank lines behind the header."""

    records: int
    blanks: int


def pass_over(text: Text, copy: Path | None) -> Counted:
    """Go once through a text.

    Args:
        text: what to pass over.
        copy: where to write it in UTF-8; None when it is UTF-8 and only checked.

    Raises:
        BadBytesError: a line is not in the encoding.
        FileError: NUL bytes, an unclosed quotation mark, a row without end.
    """
    if copy is None:
        counter = _counter(text, text.header_line + 1)
        enc.check_utf8(enc.line_blocks(text.path, text.mark), _sink(counter, text.header_line + 1, None))
        counter.finish()
        return Counted(counter.records, counter.blanks)
    if not text.encoding.startswith("utf-") and text.limits.threads > 1 and text.path.stat().st_size >= _FORK_BYTES:
        halves = _both_halves(text, copy)
        if halves is not None:
            return halves
    counter = _counter(text, text.header_line + 1)
    with copy.open("wb") as out:
        wide = text.encoding.startswith("utf-")
        blocks = enc.raw_blocks(text.path, text.mark) if wide else enc.line_blocks(text.path, text.mark)
        enc.to_utf8(blocks, text.encoding, _sink(counter, text.header_line + 1, out))
    counter.finish()
    return Counted(counter.records, counter.blanks)


def not_text(line: int) -> FileError:
    """The error for bytes that no text has, in physical line `line` from 0."""
    return FileError(
        Message("The file is not text: it holds bytes that no table has."),
        Message("Export the report as CSV or xlsx."),
        {"row": line + 1},
    )


def _counter(text: Text, first_line: int) -> RecordCounter:
    return RecordCounter(text.delimiter, first_line, text.limits.record_bytes)


def _sink(counter: RecordCounter, header_lines: int, out: BinaryIO | None) -> Callable[[bytes], int]:
    """A sink that refuses NUL, writes every block to `out`, and counts what is behind the header."""
    header_left, line = header_lines, 0

    def take(block: bytes) -> int:
        nonlocal header_left, line
        if b"\0" in block:
            raise not_text(line + block.count(b"\n", 0, block.index(b"\0")))
        if out is not None:
            out.write(block)
        at, lines = 0, 0
        while header_left and at < len(block):
            found = block.find(b"\n", at)
            at = found + 1 if found >= 0 else len(block)
            header_left -= 1
            lines += 1
        lines += counter.feed(block[at:] if at else block)
        line += lines
        return lines

    return take


def _both_halves(text: Text, copy: Path) -> Counted | None:
    """Both halves at once. None when either meets anything but plain records: one pass then finds what and where."""
    middle = _line_end_near_the_middle(text.path)
    if middle is None:
        return None
    second = copy.with_suffix(".second")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _second_half(text, middle, second, writing)
    os.close(writing)
    first = _half(text, text.mark, middle, text.header_line + 1, copy)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    try:
        rest = Counted(**json.loads(answer)) if answer else None
        if first is None or rest is None:
            return None
        with copy.open("ab") as out, second.open("rb") as source:
            shutil.copyfileobj(source, out, _CUT_WINDOW)
    finally:
        second.unlink(missing_ok=True)
    return Counted(first.records + rest.records, first.blanks + rest.blanks)


def _second_half(text: Text, start: int, target: Path, writing: int) -> None:
    """The fork's work; it never returns."""
    try:
        counted = _half(text, start, None, 0, target)
        if counted is not None:
            os.write(writing, json.dumps({"records": counted.records, "blanks": counted.blanks}).encode())
    finally:
        os._exit(0)


def _half(text: Text, start: int, stop: int | None, header_lines: int, target: Path) -> Counted | None:
    """One half, or None when it is not plain."""
    counter = _counter(text, header_lines)
    try:
        with target.open("wb") as out:
            blocks = enc.line_blocks(text.path, 0, start, stop)
            enc.to_utf8(blocks, text.encoding, _sink(counter, header_lines, out))
        counter.finish()
    except (enc.BadBytesError, EcopsError, OSError, MemoryError):
        return None
    return Counted(counter.records, counter.blanks)


def _line_end_near_the_middle(path: Path) -> int | None:
    """A byte offset behind a line feed; no multi-byte encoding read here has that byte inside a character."""
    with path.open("rb") as file:
        file.seek(path.stat().st_size // 2)
        at = file.tell()
        found = file.read(_CUT_WINDOW).find(b"\n")
    return at + found + 1 if found >= 0 else None
