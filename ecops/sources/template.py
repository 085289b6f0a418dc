"""Forks workers from one process that has imported all they need and waits: a worker then starts at once.

A fresh interpreter spends half a second on imports before it looks at a file, and every file of an upload needs two.
The template is an interpreter of its own (`worker.py --wait`), without threads, files or data of anybody; it ends with
whoever started it, and after ten idle minutes. Every worker is forked anew, limits and guards itself, and is killed
with all that it started as soon as nobody waits for its answer.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LENGTH = 4
"""Bytes that say how long the order for a worker is."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended.

    Attributes:
        code: exit status, or minus the number of the signal that killed it; None when it took too long.
        seconds: of processor time that it took; 0 when it took too long.
        peak: its largest resident memory, in kB; 0 likewise.
    """

    code: int | None
    seconds: float = 0.0
    peak: int = 0


class Template:
    """The waiting process; started when it is first needed and again when it has gone.

    Args:
        script: the worker.
        environment: variables of its process.
    """

    def __init__(self, script: Path, environment: Mapping[str, str]) -> None:
        self._script, self._environment = script, dict(environment)
        self._lock = threading.Lock()
        self._orders: socket.socket | None = None
        self._owner = 0

    def run(self, streams: tuple[IO[bytes], IO[bytes], IO[bytes]], folder: str, seconds: float) -> Ended:
        """Fork a worker and wait for its end.

        Args:
            streams: its standard input, output and error, files of the system.
            folder: where it works; its home and its place for temporary files.
            seconds: after so long it is killed.

        Raises:
            OSError: no worker could be started.
        """
        for attempt in (1, 2):
            streams[0].seek(0)
            for stream in streams[1:]:  # nothing of a worker that went with its attendant
                stream.seek(0)
                stream.truncate()
            ours, theirs = socket.socketpair()
            asked = None
            with ours:
                try:
                    with theirs:
                        asked = self._order(json.dumps({"folder": folder}).encode(), [*streams, theirs])
                    told = _read(ours, seconds)
                except (BrokenPipeError, ConnectionResetError):
                    told = b""
                if told is None:
                    return Ended(None)  # closing our end kills it
                if told:
                    code, spent, peak = told.split()
                    return Ended(int(code), float(spent), int(peak))
            # The template went, idle, between two orders: a new one takes this.
            if attempt == 1 and asked is not None:
                self._forget(asked)
        raise OSError("no worker could be started")

    def _order(self, words: bytes, files: list[IO[bytes] | socket.socket]) -> socket.socket:
        """Give an order; the socket on which it went."""
        with self._lock:
            if self._orders is None or self._owner != os.getpid():
                self._orders, self._owner = self._start(), os.getpid()
            asked = self._orders
            message = len(words).to_bytes(LENGTH, "big") + words
            try:
                sent = socket.send_fds(asked, [message], [file.fileno() for file in files])
                asked.sendall(message[sent:])
            except (BrokenPipeError, ConnectionResetError):
                asked.close()
                self._orders = None
                raise
            return asked

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            subprocess.Popen(  # noqa: S603 - our own interpreter and file
                [sys.executable, "-I", str(self._script), "--wait", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=self._environment,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return ours

    def _forget(self, asked: socket.socket) -> None:
        """Let go of a template that went; one that somebody else has started since stays."""
        with self._lock:
            if self._orders is asked:
                asked.close()
                self._orders = None


def _read(told: socket.socket, seconds: float) -> bytes | None:
    """What is told until the other end closes; None when that takes too long."""
    told.settimeout(seconds)
    found = b""
    with contextlib.suppress(ConnectionResetError):
        try:
            while part := told.recv(64):
                found += part
        except TimeoutError:
            return None
    return found


def wait(descriptor: int, work: Callable[[], None], idle_seconds: float = 600.0) -> None:
    """The template's side: fork a worker for every order until nobody is left to give one.

    Args:
        descriptor: of the socket on which orders come.
        work: function without arguments that does a task and ends the process.
        idle_seconds: without an order for so long the template goes.
    """
    orders = socket.socket(fileno=descriptor)
    while select.select([orders], [], [], idle_seconds)[0]:
        message, files, _, _ = socket.recv_fds(orders, 65_536, 4)
        if not message:
            return
        while len(message) < LENGTH + int.from_bytes(message[:LENGTH], "big"):
            message += orders.recv(65_536)
        if os.fork() == 0:
            orders.close()
            _attend(json.loads(message[LENGTH:])["folder"], files, work)
            os._exit(0)
        for file in files:
            os.close(file)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _attend(folder: str, files: list[int], work: Callable[[], None]) -> None:
    """Fork the worker, tell how it ended; kill it when nobody waits for it any more."""
    import signal

    *streams, last = files
    waiting = socket.socket(fileno=last)
    attendant = os.getpid()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    worker = os.fork()
    if worker == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        waiting.close()
        os.close(woken)
        os.close(wake)
        _end_with(attendant)
        _become(folder, streams, work)
    for stream in streams:
        os.close(stream)
    status = 0
    while True:
        ready = select.select([woken, waiting.fileno()], [], [])[0]
        if waiting.fileno() in ready:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
            return
        os.read(woken, 64)
        ended, status, used = os.wait4(worker, os.WNOHANG)
        if ended:
            break
    # A session of its own: whatever the worker may have started ends with it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker, signal.SIGKILL)
    with contextlib.suppress(BrokenPipeError):
        spent = used.ru_utime + used.ru_stime
        waiting.sendall(f"{os.waitstatus_to_exitcode(status)} {spent:.3f} {used.ru_maxrss}".encode())


_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux


def _end_with(parent: int) -> None:
    """Let the system kill this process when its parent ends, however that ends: nobody waits for its answer then.

    Where the system cannot, a parent that is killed outright leaves its worker to the limits on time.
    """
    import ctypes
    import signal

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _become(folder: str, streams: list[int], work: Callable[[], None]) -> None:
    """The forked process as if it had been started for its task."""
    import tempfile

    try:
        os.setsid()
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
            os.close(stream)
        os.chdir(folder)
        os.environ |= {"HOME": folder, "TMPDIR": folder}
        tempfile.tempdir = None
        work()
    except BaseException:  # noqa: BLE001 - it must never go on as a second template
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)
