"""Where the rows of a delimited file end, counted from its bytes alone.

The count is the independent witness of the parser: a quotation mark that is never closed swallows rows in every CSV
reader, some without a word. Quotes, delimiters and line ends are ASCII in UTF-8, so bytes are enough. Only lines with
an odd number of quotes can open or close a quoted line break; all others are counted with numpy.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ecops.errors import FileError
from ecops.messages import Message

_NEWLINE, _QUOTE, _RETURN = 10, 34, 13


class RecordCounter:
    """Counts records in blocks of whole lines.

    Args:
        delimiter: one ASCII character.
        first_line: physical line (from 0) of the first byte that will be fed.
        record_bytes: longest record that is legal.

    Attributes:
        records: records so far; blank lines are none.
        blanks: blank lines so far, outside quoted cells.
        line: physical lines so far, from the beginning of the file.
    """

    def __init__(self, delimiter: str, first_line: int, record_bytes: int) -> None:
        self.records = 0
        self.blanks = 0
        self.line = first_line
        self._delimiter = delimiter.encode()
        self._record_bytes = record_bytes
        self._opened: int | None = None  # physical line on which the open quote began
        self._pending = 0  # bytes of the record that is open

    def feed(self, block: bytes) -> int:
        """Count `block`, which holds whole lines (the last line of a file may lack its line end).

        Returns:
            How many lines it has.
        """
        if not block:
            return 0
        if not block.endswith(b"\n"):
            block += b"\n"
        array = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(array == _NEWLINE)
        self._refuse_long_lines(ends)
        if self._opened is None and b'"' not in block:
            self._count_plain(array, ends, 0, len(ends))
        else:
            self._walk(block, array, ends)
        self.line += len(ends)
        return len(ends)

    def finish(self) -> None:
        """End of the file.

        Raises:
            FileError: a quotation mark is still open.
        """
        if self._opened is not None:
            raise unclosed(self._opened)

    def _walk(self, block: bytes, array: npt.NDArray[np.uint8], ends: npt.NDArray[np.intp]) -> None:
        """Go through a block that has quotes, jumping over the lines that cannot change anything."""
        quotes_before = np.searchsorted(np.flatnonzero(array == _QUOTE), ends)
        quotes = np.diff(quotes_before, prepend=0)
        odd, any_quote = np.flatnonzero(quotes & 1), np.flatnonzero(quotes)
        at, count = 0, len(ends)
        while at < count:
            closed = self._opened is None
            candidates = odd if closed else any_quote
            position = int(np.searchsorted(candidates, at))
            stop = int(candidates[position]) if position < len(candidates) else count
            begin = int(ends[at - 1]) + 1 if at else 0
            stop_begin = int(ends[stop - 1]) + 1 if stop else 0
            if closed:
                self._count_plain(array, ends, at, stop)
            else:
                self._grow(stop_begin - begin)
            if stop < count:
                self._turn(block[stop_begin : int(ends[stop])], self.line + stop)
            at = stop + 1

    def _turn(self, line: bytes, number: int) -> None:
        """A line that may open or close a quoted cell."""
        was_open = self._opened is not None
        is_open = self._open_after(line)
        if is_open:
            if not was_open:
                self._opened, self._pending = number, 0
            self._grow(len(line) + 1)
            return
        self.records += 1
        if was_open:
            self._opened = None

    def _open_after(self, line: bytes) -> bool:
        """Whether a quoted cell is open at the end of `line`.

        A quote opens a cell only at its beginning. Inside a quoted cell a quote that is neither doubled nor followed by
        the delimiter is text when the cell began on this line, and the sign of an earlier unclosed quote otherwise.
        Such a cell does not go on in the next line: when its end is not found, its opening quote was text too.
        """
        line = line.removesuffix(b"\r")
        inherited = opened = self._opened is not None
        at, start, doubtful, literal = 0, -1, False, False
        while True:
            if not opened:
                if line[at : at + 1] == b'"' and not literal:
                    opened, doubtful, start, at = True, False, at, at + 1
                    continue
                literal = False
                at = line.find(self._delimiter, at)
                if at < 0:
                    return False
                at += 1
                continue
            at = line.find(b'"', at)
            if at < 0 and doubtful:
                opened, at, literal = False, start, True
                continue
            if at < 0:
                return True
            following = line[at + 1 : at + 2]
            if following == b'"':
                at += 2
            elif following in (b"", self._delimiter):
                opened = inherited = False
                at += 2
                if not following:
                    return False
            elif inherited and self._opened is not None:
                raise unclosed(self._opened)
            else:
                doubtful = True
                at += 1

    def _count_plain(self, array: npt.NDArray[np.uint8], ends: npt.NDArray[np.intp], start: int, stop: int) -> None:
        """Count the lines `start` to `stop`, each a record unless it is blank."""
        if stop <= start:
            return
        chosen = ends[start:stop]
        before = np.empty_like(chosen)
        before[0] = ends[start - 1] if start else -1
        before[1:] = chosen[:-1]
        lengths = chosen - before - 1
        blank = int(np.count_nonzero(lengths == 0))
        short = chosen[lengths == 1]
        if short.size:
            blank += int(np.count_nonzero(array[short - 1] == _RETURN))
        self.blanks += blank
        self.records += stop - start - blank

    def _grow(self, size: int) -> None:
        self._pending += size
        if self._opened is not None and self._pending > self._record_bytes:
            raise unclosed(self._opened)

    def _refuse_long_lines(self, ends: npt.NDArray[np.intp]) -> None:
        longest = int(np.diff(ends, prepend=-1).argmax())
        length = int(ends[longest] - (ends[longest - 1] if longest else -1))
        if length > self._record_bytes:
            raise too_long(self.line + longest)


def unclosed(line: int) -> FileError:
    """The error for a quotation mark that begins in physical line `line` (from 0) and is never closed."""
    return FileError(
        Message('A quotation mark (") opens a cell and is never closed, so the rows after it cannot be told apart.'),
        Message("Remove or double the quotation mark in this line, or export the file again."),
        {"row": line + 1},
    )


def too_long(line: int) -> FileError:
    """The error for a physical line (from 0) that is longer than a row can be."""
    return FileError(
        Message("A row is far too long to be a row of an export."),
        Message("Export the file again as CSV or xlsx with one record a line."),
        {"row": line + 1},
    )
