"""The process that touches what users upload: it reads one task, answers once, and ends.

Forked for `ecops.sources.sandbox` from `python -I .../worker.py --wait`, see `ecops.sources.template`: a process of its
own with hard limits on memory, processor time, file size and open files, so that a file made to do harm ends this
process and not the people at work.
The task comes as JSON on standard input, the answer goes as JSON to standard output. It opens no connection, starts no
program, and writes only into its work folder.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NEVER = ("socket.connect", "socket.bind", "socket.sendto", "subprocess.", "os.system", "os.exec", "os.posix_spawn")


def limit_process(limits: Mapping[str, int]) -> None:
    """Set hard limits on this process; see `Limits` for their units."""
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, limits["written_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
    ):
        most = resource.getrlimit(kind)[1]
        allowed = value if most == resource.RLIM_INFINITY else min(value, most)
        # The hard limit on time comes later: the signal of the soft one says what happened.
        hard = allowed + 5 if kind == resource.RLIMIT_CPU and most == resource.RLIM_INFINITY else allowed
        resource.setrlimit(kind, (allowed, hard))


def guard_process(folders: tuple[str, ...]) -> None:
    """Let Python code of this process neither connect, nor start programs, nor write outside `folders`."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            target, _, flags = args
            if isinstance(target, str | bytes | os.PathLike) and isinstance(flags, int) and flags & _WRITING:
                path = os.path.realpath(os.fsdecode(target))
                if path != os.devnull and not path.startswith(folders):
                    raise PermissionError(f"not allowed to write {path}")
        elif event.startswith(_NEVER):
            raise PermissionError(f"not allowed: {event}")

    sys.addaudithook(hook)


def perform(task: Mapping[str, Any]) -> dict[str, Any]:
    """Do one task.

    Args:
        task: `{"do": "inspect", "path", "work", "name", "limits"}` or
            `{"do": "convert", "grid", "mapping", "out", "work", "limits", ...}`; what else a conversion takes is
            passed on to `ecops.sources.conversion.convert.convert` by name.

    Returns:
        `{"grids": [...]}` or `{"conversion": {...}}`.
    """
    from ecops.sources.files.grid import Grid
    from ecops.sources.limits import Limits

    limits = Limits.from_dict(task["limits"])
    if task["do"] == "inspect":
        from ecops.sources.files.containers import read_grids

        grids = read_grids(Path(task["path"]), Path(task["work"]), limits, task.get("name"))
        return {"grids": [grid.to_dict() for grid in grids]}
    from ecops.sources.conversion.convert import convert
    from ecops.sources.recognition.mapping import Mapping as ColumnMapping

    ours = ("do", "grid", "mapping", "out", "work", "limits", "name")
    options = {name: value for name, value in task.items() if name not in ours}
    grid, mapping = Grid.from_dict(task["grid"]), ColumnMapping.from_dict(task["mapping"])
    return {"conversion": convert(grid, mapping, Path(task["out"]), **options).to_dict()}


def answer(task: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a task; an error of ours becomes data under "error"."""
    from ecops.errors import EcopsError
    from ecops.sources import wire

    try:
        return perform(task)
    except EcopsError as error:
        if error.__cause__ is not None:
            traceback.print_exception(error)  # for whoever keeps the server; people see the sentence
        return {"error": wire.pack_error(error)}
    except MemoryError:
        from ecops.sources.limits import too_much_memory

        return {"error": wire.pack_error(too_much_memory())}


def main() -> None:
    """Read the task, limit and guard the process, answer."""
    task = json.loads(sys.stdin.buffer.read())
    reply = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get into the answer
    limit_process(task["limits"])
    out = [str(Path(task["out"]).resolve().parent) + "/"] if "out" in task else []
    guard_process((str(Path(task["work"]).resolve()) + "/", *out))
    reply.write(json.dumps(answer(task)).encode())
    reply.flush()
    os._exit(0)  # no teardown of compiled libraries and their threads: the answer is given


def prepare() -> None:
    """Import and read what every task needs; nothing here may start a thread, since workers are forked from it."""
    from ecops.sources import conversion, recognition, registry
    from ecops.sources.conversion import convert
    from ecops.sources.files import containers, delimited

    del conversion, recognition, convert, containers, delimited
    registry.known_headers()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    sys.dont_write_bytecode = True
    from ecops.sources.template import wait

    prepare()
    wait(int(sys.argv[-1]), main)
