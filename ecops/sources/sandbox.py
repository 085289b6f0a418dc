"""Runs the worker and turns however it ends into an answer or one clear error."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecops.errors import FileError
from ecops.messages import Count, Message
from ecops.sources import wire
from ecops.sources.limits import Limits, too_much_memory

_LOG = logging.getLogger(__name__)
_WORKER = Path(__file__).with_name("worker.py")
_SMALL = {  # address space is limited: Arrow's own allocator alone would reserve a gigabyte of it
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")


def run_worker(task: Mapping[str, Any], limits: Limits | None = None) -> dict[str, Any]:
    """Do a task (see `ecops.sources.worker.perform`) in a process of its own.

    Args:
        task: JSON values; "work" names the only folder that may be written (and the folder of "out").
        limits: what the file may cost; those for uploads when None.

    Returns:
        The answer.

    Raises:
        EcopsError: what the worker raised, of the same class; a `FileError` when it ran out of memory or time, or died.
    """
    limits = limits or Limits()
    request = json.dumps({**task, "limits": limits.to_dict()}).encode()
    name = str(task.get("name") or Path(str(task.get("path") or task.get("grid", {}).get("name", ""))).name)
    environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
    environment |= {"HOME": str(task["work"]), "TMPDIR": str(task["work"])} | _SMALL
    with tempfile.TemporaryFile() as complaints:
        # A session of its own: whatever the worker may have started ends with it.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-I", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=str(task["work"]),
            env=environment,
            start_new_session=True,
        )
        try:
            reply, _ = process.communicate(request, timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            raise _too_slow(limits).at(file=name) from None
        finally:
            _end(process)
        complaints.seek(0)
        complaint = complaints.read(65_536)
        if complaint:
            _LOG.info("worker on %s ended with %d: %s", name, process.returncode, complaint.decode(errors="replace"))
        if process.returncode == 0:
            return _answer(reply, name)
        raise _death(process.returncode, complaint, limits).at(file=name)


def _answer(reply: bytes, name: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = json.loads(reply)
    except ValueError:
        raise _died().at(file=name) from None
    if "error" in answer:
        raise wire.unpack_error(answer["error"])
    return answer


def _death(code: int, complaint: bytes, limits: Limits) -> FileError:
    """The error for a worker that ended with `code`, a negative signal number or an exit status."""
    if code == -signal.SIGXCPU:
        return _too_slow(limits)
    if code in (-signal.SIGABRT, -signal.SIGKILL) or b"emory" in complaint or b"bad_alloc" in complaint:
        return too_much_memory()
    return _died()


def _died() -> FileError:
    return FileError(
        Message("The file could not be read: the reader stopped in the middle of it."),
        Message("Open it in a spreadsheet, save it as CSV or xlsx, and load that."),
    )


def _too_slow(limits: Limits) -> FileError:
    return FileError(
        Message("The file takes more than {seconds} seconds to read.", seconds=Count(limits.wall_seconds)),
        Message("Export a shorter period, or load it by its path: python -m ecops load."),
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that nothing of the worker goes on."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
