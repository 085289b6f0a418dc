"""Results that are worked out once for all who ask."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any


class Answers:
    """What was worked out, by what was asked; who asks for what is just being worked out waits for it.

    Streamlit's own cache writes every argument into a hash and looks at the signature of the function each time, which
    takes longer than many an answer; this one asks Python whether two keys are equal.

    Args:
        most: answers that are kept; the one that was not asked for longest goes first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._found: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def get(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """The answer to `key`; `work` gives it where it is not known. An error is raised and not remembered."""
        while True:
            with self._lock:
                waiting = self._found.get(key)
                if waiting is None:
                    mine = self._found[key] = Future()
                    while len(self._found) > self._most:
                        self._found.popitem(last=False)
                    break
                self._found.move_to_end(key)
            # What interrupted another reader (she may just have left the page) is nothing to this one: try again.
            if waiting.exception() is None:
                return waiting.result()
        try:
            answer = work()
        except BaseException as error:
            with self._lock:
                if self._found.get(key) is mine:
                    del self._found[key]
            mine.set_exception(error)
            raise
        mine.set_result(answer)
        return answer
