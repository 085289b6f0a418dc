"""Stopping what takes too long. One thread watches all deadlines: to start one a query costs more than most queries."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

_PAUSE = 0.05
_LINGER = 40


class Deadlines:
    """Calls what stops a piece of work when its time is over; as late as 0.05 s after that.

    >>> deadlines, stopped = Deadlines(), threading.Event()
    >>> with deadlines.within(0.01, stopped.set):
    ...     stopped.wait(5)
    True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work: dict[object, tuple[float, Callable[[], None]]] = {}
        self._asked = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def within(self, seconds: float, stop: Callable[[], None]) -> Iterator[None]:
        """Call `stop` when the block takes longer than `seconds`; never after it has ended."""
        token = object()
        with self._lock:
            self._work[token] = time.monotonic() + seconds, stop
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
        if not self._asked.is_set():
            self._asked.set()
        try:
            yield
        finally:
            with self._lock:
                del self._work[token]

    def _watch(self) -> None:
        idle = 0
        while True:
            if idle > _LINGER:  # nothing for two seconds
                self._asked.clear()
                if not self._work:
                    self._asked.wait()
                idle = 0
            idle = 0 if self._stop_late() else idle + 1
            time.sleep(_PAUSE)

    def _stop_late(self) -> bool:
        """Stop what is late; whether anything is under way. A call of its own, so that nothing stays referred to."""
        with self._lock:
            now = time.monotonic()
            for deadline, stop in self._work.values():
                if now >= deadline:
                    stop()
            return bool(self._work)
