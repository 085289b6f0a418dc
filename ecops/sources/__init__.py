r"""From the bytes of any export to canonical rows: what is this file, which column is which, what is wrong with it.

>>> with inspect(b"Order ID,Created at,SKU,Quantity,Price\nA1,2026-05-01 10:00:00,S1,2,10\n", "orders.csv") as found:
...     sheet, matches = found.sheets[0]
...     matches[0].source, matches[0].mapping.columns["order_id"]
('generic_orders', 0)
"""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ecops import workfolders
from ecops.errors import FileError
from ecops.messages import Message
from ecops.sources.conversion.report import Conversion, Issue
from ecops.sources.files.grid import Grid
from ecops.sources.limits import Limits
from ecops.sources.recognition.detect import Match, detect
from ecops.sources.recognition.mapping import Mapping, fingerprint
from ecops.sources.registry import Source, known_headers, source, sources
from ecops.sources.sandbox import run_worker

__all__ = [
    "Conversion",
    "Grid",
    "Inspection",
    "Issue",
    "Limits",
    "Mapping",
    "Match",
    "Source",
    "convert_in_worker",
    "detect",
    "fingerprint",
    "inspect",
    "known_headers",
    "source",
    "sources",
]

_BLOCK = 1 << 20


class Inspection:
    """One file, read by the worker: its sheets and what each of them may be.

    A context manager: the sheets live as text in a temporary folder that goes away with it.

    Args:
        path: the file.
        name: what the user calls it.
        work: the temporary folder.
        limits: what reading may cost.

    Attributes:
        file: name of the file.
        sha256: of its bytes, hexadecimal.
        size: in bytes.
        work: the temporary folder; conversions may write there too.
        sheets: each sheet with its matches, best first.
    """

    def __init__(self, path: Path, name: str, work: tempfile.TemporaryDirectory[str], limits: Limits) -> None:
        self._closing = weakref.finalize(self, work.cleanup)
        self.file = name
        self.size = path.stat().st_size
        self.work = Path(work.name)
        self.limits = limits
        task = {"do": "inspect", "path": str(path.resolve()), "work": work.name, "name": name}
        with ThreadPoolExecutor(1) as beside:
            digest = beside.submit(_sha256, path)
            grids = [Grid.from_dict(grid) for grid in run_worker(task, limits)["grids"]]
            self.sha256 = digest.result()
        self.sheets: tuple[tuple[Grid, tuple[Match, ...]], ...] = tuple((grid, detect(grid)) for grid in grids)

    def convert(
        self, grid: Grid, mapping: Mapping, out: Path, *, salt: str, currency: str | None, timezone: str
    ) -> Conversion:
        """Convert one of the sheets in a worker; see `ecops.sources.conversion.convert.convert`."""
        return convert_in_worker(
            grid, mapping, out, work=self.work, limits=self.limits, salt=salt, currency=currency, timezone=timezone
        )

    def close(self) -> None:
        """Remove the temporary folder."""
        self._closing()

    def __enter__(self) -> Inspection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def inspect(path_or_bytes: Path | str | bytes, name: str | None = None, limits: Limits | None = None) -> Inspection:
    """Read a file in the worker and find out what it is.

    Args:
        path_or_bytes: a path, or the bytes of an upload.
        name: what the user calls the file; the last part of the path when None.
        limits: what reading may cost; those for uploads for bytes, those that grow with the size for a path.

    Raises:
        FileError: the file cannot be read, is too large or is hostile.
    """
    work = tempfile.TemporaryDirectory(prefix=workfolders.prefix("sources"))
    try:
        if isinstance(path_or_bytes, bytes):
            path = Path(work.name) / "upload"
            path.write_bytes(path_or_bytes)
            return Inspection(path, name or "upload", work, limits or Limits())
        path = Path(path_or_bytes)
        _refuse_absent(path)
        return Inspection(path, name or path.name, work, limits or Limits.for_path(path.stat().st_size))
    except BaseException:
        work.cleanup()
        raise


def convert_in_worker(
    grid: Grid, mapping: Mapping, out: Path, *, work: Path, limits: Limits | None = None, **options: str | None
) -> Conversion:
    """Convert a sheet in a process with limits.

    Args:
        grid: the sheet; its text must still be there.
        mapping: how to read it.
        out: the Parquet file to write.
        work: a folder that the worker may write.
        limits: what it may cost.
        options: `salt`, `currency` and `timezone` of `ecops.sources.conversion.convert.convert`.

    Raises:
        EcopsError: what the conversion raised.
    """
    task = {"do": "convert", "grid": grid.to_dict(), "mapping": mapping.to_dict(), "out": str(out), "work": str(work)}
    return Conversion.from_dict(run_worker({**task, **options}, limits)["conversion"])


def _refuse_absent(path: Path) -> None:
    if not path.is_file():
        raise FileError(Message("There is no such file."), Message("Check the path."), {"file": str(path)})


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
