"""Runs the worker and turns however it ends into an answer or one clear error."""

from __future__ import annotations

import functools
import json
import logging
import os
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecops.errors import FileError
from ecops.messages import Count, Message
from ecops.sources import wire
from ecops.sources.limits import Limits, too_much_memory
from ecops.sources.template import Template

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
    name = str(task.get("name") or Path(str(task.get("path") or task.get("grid", {}).get("name", ""))).name)
    with tempfile.TemporaryFile() as request, tempfile.TemporaryFile() as reply, tempfile.TemporaryFile() as complaints:
        request.write(json.dumps({**task, "limits": limits.to_dict()}).encode())
        request.seek(0)
        try:
            ended = _template(_WORKER).run((request, reply, complaints), str(task["work"]), limits.wall_seconds)
        except OSError:
            _LOG.exception("no worker for %s", name)
            raise _died().at(file=name) from None
        if ended.code is None:
            raise _too_slow(limits).at(file=name)
        complaints.seek(0)
        complaint = complaints.read(65_536)
        if complaint:
            _LOG.info("worker on %s ended with %d: %s", name, ended.code, complaint.decode(errors="replace"))
        if ended.code == 0:
            reply.seek(0)
            return _answer(reply.read(), name)
        raise _death(ended.code, complaint, limits).at(file=name)


@functools.cache
def _template(script: Path) -> Template:
    """The process from which workers are forked."""
    return Template(script, {key: os.environ[key] for key in _KEPT if key in os.environ} | _SMALL)


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
