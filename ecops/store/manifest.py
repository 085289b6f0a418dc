"""Files on the disk against the manifest.

A flipped bit in Parquet is read silently wrong by every reader, so each file is checked by its SHA-256 when a process
opens it first, and again when it looks changed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ecops.errors import StoreError
from ecops.messages import Message

if TYPE_CHECKING:
    from ecops.store.state import File

_checked: dict[Path, tuple[int, int, str]] = {}
_leases: Counter[Path] = Counter()


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified(folder: Path, file: File, again: bool = False) -> Path:
    """The path of `file`, after making sure that it is what was written.

    Args:
        folder: the data folder.
        file: its line in the manifest.
        again: read it also when this process has checked it before.

    Raises:
        StoreError: it is missing, cannot be read, or is damaged.
    """
    path = folder / file.path
    try:
        status = path.stat()
        seen = (status.st_mtime_ns, status.st_size, file.sha256)
        if not again and _checked.get(path) == seen:
            return path
        whole = status.st_size == file.size and digest(path) == file.sha256
    except OSError as error:
        raise StoreError(
            Message("A file of the workspace is missing or cannot be read."),
            Message("Put it back from a backup, or undo the load it belongs to and load that export again."),
            {"file": file.path, "table": file.table},
        ) from error
    if not whole:
        raise StoreError(
            Message("A file of the workspace is damaged; its figures are not shown."),
            Message("Put it back from a backup, or undo the load it belongs to and load that export again."),
            {"file": file.path, "table": file.table},
        )
    _checked[path] = seen
    return path


def lease(paths: Iterable[Path]) -> None:
    """Keep files from being collected while somebody in this process reads them."""
    _leases.update(paths)


def release(paths: Iterable[Path]) -> None:
    """End a lease."""
    for path in paths:
        _leases[path] -= 1
        if not _leases[path]:
            del _leases[path]


def leased(path: Path) -> bool:
    """Whether somebody in this process reads the file."""
    return path in _leases
