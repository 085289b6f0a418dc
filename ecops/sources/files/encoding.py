"""Bytes to UTF-8: which encoding a text is in, and a strict, streaming change to UTF-8.

The encoding is never "the first codec that does not fail": GBK decodes as Big5 and cp1252 without an error, Shift-JIS
decodes as gb18030. The header decides, see `rank_encodings`; then the whole file must decode strictly.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import numpy as np

from ecops.errors import FileError
from ecops.messages import Message
from ecops.sources.files.sniff import HEAD_BYTES, find_layout
from ecops.sources.files.structure import too_long
from ecops.sources.limits import Limits

BLOCK_BYTES = 131_072
"""A block, its text and its copy stay in the processor's cache together."""

_LONGEST_LINE = 8_388_608
CANDIDATES = ("gb18030", "big5", "cp932", "cp1252")
"""What a text that is not Unicode may be in; the first wins a tie."""

_FAST = {"gb18030": "gbk"}  # a subset with the same characters that decodes faster
_LONE_HIGH_BYTE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_UTF8_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")

Sink = Callable[[bytes], int]
"""Takes a block of whole lines and says how many line ends it has."""


class BadBytesError(Exception):
    """A line that is not text in the encoding tried; caught inside the reader.

    Attributes:
        line: physical line from 0.
        at_end: the file stops inside a character.
    """

    def __init__(self, line: int, at_end: bool) -> None:
        super().__init__(line)
        self.line = line
        self.at_end = at_end


def byte_order_mark(head: bytes) -> tuple[str, int]:
    """The Unicode encoding that a byte order mark names and the mark's length; ("", 0) without one.

    A second UTF-8 mark, left by tools that add one to files that have one, is part of the length.
    """
    if head.startswith(codecs.BOM_UTF8):
        marks = 1
        while head.startswith(codecs.BOM_UTF8, 3 * marks):
            marks += 1
        return "utf-8", 3 * marks
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ("utf-32-le" if head.startswith(codecs.BOM_UTF32_LE) else "utf-32-be"), 4
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    return "", 0


def head_text(head: bytes, encoding: str, errors: str = "strict") -> str:
    """The beginning of a file as text up to its last whole line; line ends become line feeds.

    Raises:
        UnicodeDecodeError: `head` is not in `encoding`.
    """
    mark = byte_order_mark(head)[1]
    whole = len(head) < HEAD_BYTES
    text = codecs.getincrementaldecoder(encoding)(errors).decode(head[mark:], final=whole)
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    return text if whole or "\n" not in text else text[: text.rindex("\n") + 1]


def rank_encodings(head: bytes, known: Collection[str], limits: Limits) -> list[str]:
    """The encodings that a text without byte order mark, which is not UTF-8, may be in: those whose header says most.

    Ties keep the order of `CANDIDATES`. Only when nearly every non-ASCII byte stands alone between ASCII letters, as
    in French or German, cp1252 goes first among the tied: Chinese and Japanese characters take two such bytes.
    """
    scores = {name: header_score(head, name, known, limits) for name in CANDIDATES}
    best = max(scores.values())
    tied = [name for name in CANDIDATES if scores[name] == best]
    high = len(_HIGH_BYTE.findall(head))
    if "cp1252" in tied and high and len(_LONE_HIGH_BYTE.findall(head)) > 0.8 * high:
        tied = ["cp1252", *(name for name in tied if name != "cp1252")]
    return tied


def starts_as_utf8(head: bytes, line: int) -> bool:
    """Whether the lines before `line`, which are known to decode as UTF-8, cannot do so by chance.

    Two bytes of GBK look like one UTF-8 character in one of seven cases, so one or two prove nothing.
    """
    end = 0
    for _ in range(line):
        found = head.find(b"\n", end)
        if found < 0:
            break
        end = found + 1
    evidence = 0
    for match in _UTF8_CHARACTER.finditer(head, 0, end):
        evidence += len(match.group()) - 1
        if evidence >= 4:
            return True
    return False


def bad_bytes(error: UnicodeDecodeError, data: bytes, line: int = 0) -> BadBytesError:
    """Where a decoder stopped in `data`, which begins at physical line `line`."""
    cut = error.end >= len(data) and any(word in error.reason for word in ("incomplete", "unexpected end", "truncated"))
    newline = "\n".encode(error.encoding) if error.encoding.startswith("utf-") else b"\n"
    return BadBytesError(line + data.count(newline, 0, error.start), cut)


def check_utf8(blocks: Iterator[bytes], sink: Sink) -> None:
    """Pass whole-line blocks on to `sink` after checking that they are UTF-8.

    Raises:
        BadBytesError: the line that is not.
    """
    line = 0
    for block in blocks:
        if not block.isascii():
            _decode(block, "utf-8", line)
        line += sink(block)


def to_utf8(blocks: Iterator[bytes], encoding: str, sink: Sink) -> None:
    """Pass blocks on to `sink` as UTF-8. Blocks of UTF-16 and UTF-32 need not be whole lines.

    Raises:
        BadBytesError: a line is not in `encoding`, or lines of two encodings are mixed.
    """
    if encoding.startswith("utf-"):
        _wide_to_utf8(blocks, encoding, sink)
        return
    line = 0
    for block in blocks:
        if block.isascii():
            out = block
        else:
            _refuse_mixed(block, encoding, line)
            out = _decode(block, encoding, line).encode()
        line += sink(out)


def line_blocks(path: Path, skip: int = 0, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes of a file in blocks of whole lines; old Mac files, whose lines end with a carriage return, too.

    Args:
        path: the file.
        skip: bytes at the beginning that are not text (a byte order mark).
        start: where to begin, behind a line end.
        stop: where to end, behind a line end; the end of the file when None.

    Raises:
        FileError: a line far longer than any row.
    """
    carry = b""
    with path.open("rb") as file:
        file.seek(max(skip, start))
        left = (stop if stop is not None else path.stat().st_size) - file.tell()
        while left > 0 and (read := file.read(min(BLOCK_BYTES, left))):
            left -= len(read)
            block = _unix_line_ends(carry + read if carry else read)
            cut = block.rfind(b"\n") + 1
            carry = block[cut:]
            if len(carry) > _LONGEST_LINE:
                raise too_long(_lines_before(path, file.tell() - len(carry)))
            if cut:
                yield block[:cut] if carry else block
    if carry:
        yield carry


def raw_blocks(path: Path, skip: int) -> Iterator[bytes]:
    """The bytes of a file in blocks of equal size."""
    with path.open("rb") as file:
        file.seek(skip)
        while block := file.read(BLOCK_BYTES):
            yield block


def not_this_encoding(error: BadBytesError, encoding: str) -> FileError:
    """What to tell people about a line that cannot be read."""
    if error.at_end:
        return FileError(
            Message("The file stops in the middle of a character: it was not saved or downloaded to its end."),
            Message("Download or export it again."),
            {"row": error.line + 1},
        )
    return FileError(
        Message(
            "This line is not written in {encoding} like the rest of the file: two encodings are mixed.",
            encoding=encoding,
        ),
        Message("Export the file again, or open it in a spreadsheet and save it as xlsx."),
        {"row": error.line + 1},
    )


def header_score(head: bytes, encoding: str, known: Collection[str], limits: Limits) -> int:
    """How many cells of the header are known when the beginning of the file is read as `encoding`."""
    try:
        return find_layout(head_text(head, encoding, "replace"), known, limits).known
    except FileError:
        return 0


def _decode(block: bytes, encoding: str, line: int) -> str:
    """A block of whole lines as text; each multi-byte encoding here keeps the line feed out of its characters."""
    if encoding in _FAST:
        try:
            return block.decode(_FAST[encoding])
        except UnicodeDecodeError:
            pass
    try:
        return block.decode(encoding)
    except UnicodeDecodeError as error:
        raise bad_bytes(error, block, line) from None


def _refuse_mixed(block: bytes, encoding: str, line: int) -> None:
    """Stop at a line of UTF-8 inside a file of another encoding, where it would decode to nonsense without an error.

    Three UTF-8 characters of three bytes in a row hardly ever make sense in another encoding; a line that has them
    and is UTF-8 as a whole is UTF-8.
    """
    if encoding == "cp1252":
        match = _UTF8_CHARACTER.search(block)
        positions = [match.start()] if match else []
    else:
        positions = _three_characters(block)
    seen = 0
    for position in positions:
        if position < seen:
            continue
        begin = block.rfind(b"\n", 0, position) + 1
        end = block.find(b"\n", position)
        seen = end if end >= 0 else len(block)
        try:
            block[begin:seen].decode("utf-8")
        except UnicodeDecodeError:
            continue
        raise BadBytesError(line + block.count(b"\n", 0, position), at_end=False)


def _three_characters(block: bytes) -> list[int]:
    """Where three characters stand in a row that would be of three bytes each in UTF-8, such as Chinese ones."""
    array = np.frombuffer(block, np.uint8)
    leads, trails = array - np.uint8(0xE3) < 13, (array ^ np.uint8(0x80)) < 0x40
    one = leads[:-2] & trails[1:-1] & trails[2:]
    positions: list[int] = np.flatnonzero(one[:-6] & one[3:-3] & one[6:]).tolist()
    return positions


def _wide_to_utf8(blocks: Iterator[bytes], encoding: str, sink: Sink) -> None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, carry = 0, ""
    try:
        for block in blocks:
            text = carry + decoder.decode(block)
            if "\n" not in text:
                text = text[:-1].replace("\r", "\n") + text[-1:]
            cut = text.rfind("\n") + 1
            carry = text[cut:]
            if len(carry) > _LONGEST_LINE:
                raise too_long(line)
            line += sink(text[:cut].encode())
        sink((carry + decoder.decode(b"", final=True)).encode())
    except UnicodeDecodeError as error:
        raise BadBytesError(line, at_end="truncated" in error.reason) from None


def _unix_line_ends(block: bytes) -> bytes:
    """A block of an old Mac file with line feeds; its last byte waits, a line feed may follow."""
    if b"\n" in block or b"\r" not in block[:-1]:
        return block
    return block[:-1].replace(b"\r", b"\n") + block[-1:]


def _lines_before(path: Path, offset: int) -> int:
    """Line feeds in the first `offset` bytes."""
    lines = 0
    with path.open("rb") as file:
        while offset > 0 and (block := file.read(min(BLOCK_BYTES, offset))):
            lines += block.count(b"\n")
            offset -= len(block)
    return lines
