"""Temporary folders that say whose they are, so that what a killed process left goes at the next start."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

_NAME = re.compile(r"ecops-(?:[a-z]+-)?(\d+)-\w+")


def prefix(kind: str = "") -> str:
    """The beginning of a temporary folder's name: ours, what it is for, and which process works in it.

    >>> prefix("sources").startswith("ecops-sources-")
    True
    """
    return f"ecops-{kind}-{os.getpid()}-" if kind else f"ecops-{os.getpid()}-"


def sweep(folder: Path | None = None) -> int:
    """Remove the temporary folders of processes that are no more; those of others, and of other programs, stay.

    Args:
        folder: where they lie, the system's folder for temporary files when None.

    Returns:
        How many were removed.
    """
    removed = 0
    for path in (folder or Path(tempfile.gettempdir())).glob("ecops-*"):
        match = _NAME.fullmatch(path.name)
        if match is None or path.is_symlink() or not path.is_dir() or _lives(int(match.group(1))):
            continue
        with contextlib.suppress(OSError):
            shutil.rmtree(path)
            removed += 1
    return removed


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
