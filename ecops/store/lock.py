"""One loader at a time, over threads, processes and machines that share a state; a dead loader's lock is taken over."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from ecops.errors import StoreError
from ecops.messages import Message
from ecops.store import schema

BEAT_SECONDS = 10.0
STALE_SECONDS = 60.0


@contextmanager
def loading(engine: sa.Engine) -> Iterator[str]:
    """Hold the loader's lock; gives the token that a publish must show.

    Raises:
        StoreError: somebody else is loading.
    """
    token = uuid.uuid4().hex
    _acquire(engine, token)
    done = threading.Event()
    heart = threading.Thread(target=_beat, args=(engine, token, done), daemon=True)
    heart.start()
    try:
        yield token
    finally:
        done.set()
        heart.join()
        row = schema.lock
        with engine.begin() as connection:
            connection.execute(row.update().where(row.c.token == token).values(token=None, host=None, process=None))


def require(connection: sa.Connection, token: str) -> None:
    """Make sure inside a transaction that the lock is still ours; keeps its row locked until the commit."""
    row = schema.lock
    if not connection.execute(row.update().where(row.c.token == token).values(beat=time.time())).rowcount:
        raise StoreError(
            Message("Another load took over because this one stood still for too long."),
            Message("Nothing was changed. Load the file again."),
        )


def _acquire(engine: sa.Engine, token: str) -> None:
    row = schema.lock
    with engine.begin() as connection:
        # Writing first takes the row's lock, so that nobody decides on what we are about to change.
        connection.execute(row.update().values(id=1))
        holder = connection.execute(sa.select(row)).one()
        if holder.token is not None and not _stale(holder.host, holder.process, holder.beat):
            raise StoreError(
                Message("Another load is running on this workspace."),
                Message("Wait until it has finished, then try again."),
            )
        values = {"token": token, "host": socket.gethostname(), "process": _process(os.getpid()), "beat": time.time()}
        connection.execute(row.update().values(**values))


def _beat(engine: sa.Engine, token: str, done: threading.Event) -> None:
    row = schema.lock
    while not done.wait(BEAT_SECONDS):
        try:
            with engine.begin() as connection:
                connection.execute(row.update().where(row.c.token == token).values(beat=time.time()))
        except sa.exc.DBAPIError:
            continue  # a missed beat does no harm; the publish checks the token again


def _stale(host: str, process: str, beat: float) -> bool:
    """On this machine the process tells; elsewhere only its beat can."""
    if host == socket.gethostname():
        return process != _process(int(process.partition(":")[0]))
    return time.time() - beat > STALE_SECONDS


def _process(pid: int) -> str:
    """Names a process as "pid:start", because numbers are given again; "" when it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return f"{pid}:" if not Path("/proc/self/stat").exists() and _alive(pid) else ""
    return "" if fields[0] in "ZX" else f"{pid}:{fields[19]}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
