"""What one file may cost: size, shape, memory and time. Beyond it a file is refused in words, never half-read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecops.errors import FileError
from ecops.messages import Message

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one reading; the defaults are for uploads.

    Attributes:
        file_bytes: largest file taken at all.
        columns: most columns of a sheet.
        header_bytes: longest header line.
        record_bytes: longest row.
        members: most files in an archive.
        inflated_bytes: most bytes that come out of an archive, a workbook or a compressed file, counted while reading.
        ratio: most inflated bytes for each packed byte.
        ratio_floor: inflated bytes up to which the ratio is not looked at.
        cells: most cells (last row x last column) of a workbook's sheet.
        markup_bytes: largest HTML or XML table; it is held in memory.
        memory_bytes: address space of the worker.
        cpu_seconds: processor time of the worker.
        wall_seconds: time until the worker is stopped.
        written_bytes: largest file the worker may write.
        open_files: most files the worker may hold open.
        threads: cores the worker may use.
        engine_memory: DuckDB's share of the memory.
    """

    file_bytes: int = 300 * _MB
    columns: int = 2_000
    header_bytes: int = 65_536
    record_bytes: int = 1 * _MB
    members: int = 200
    inflated_bytes: int = 500 * _MB
    ratio: int = 100
    ratio_floor: int = 20 * _MB
    cells: int = 20 * _MB
    markup_bytes: int = 60 * _MB
    memory_bytes: int = 1_500 * _MB
    cpu_seconds: int = 60
    wall_seconds: int = 90
    written_bytes: int = 2_000 * _MB
    open_files: int = 64
    threads: int = 2
    engine_memory: str = "600MB"

    @classmethod
    def for_path(cls, size: int) -> Limits:
        """Limits for a file loaded by path or command line; time and disk grow with its `size` in bytes.

        Memory does not grow: text is read in a stream. Archives and workbooks keep their limits.
        """
        billions = max(1, -(-size // 1_000_000_000))
        return cls(
            file_bytes=max(size, 300 * _MB),
            cpu_seconds=120 * billions,
            wall_seconds=120 * billions,
            written_bytes=4_000 * _MB * billions,
        )

    def to_dict(self) -> dict[str, Any]:
        """The limits as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Limits:
        """The limits that `to_dict` wrote."""
        return cls(**plain)


def too_much_memory() -> FileError:
    """The error for a file that needs more memory than a reader may use."""
    return FileError(
        Message("The file needs more memory than is allowed to read it."),
        Message("Save it as CSV, or export a shorter period."),
    )


def too_much_space() -> FileError:
    """The error for a file whose copy needs more room on the disk than a reader may use or the disk has."""
    return FileError(
        Message("There is not enough room on the disk to read the file."),
        Message("Free some space on the server, or export a shorter period."),
    )
