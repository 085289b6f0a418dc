"""One thread watches every deadline."""

from __future__ import annotations

import threading
import time

from ecops.engine.deadlines import Deadlines


def watchers() -> int:
    return sum(thread.name == "deadlines" for thread in threading.enumerate())


def test_what_ends_in_time_is_never_stopped() -> None:
    deadlines, stopped = Deadlines(), threading.Event()
    for _ in range(200):
        with deadlines.within(0.2, stopped.set):
            pass
    assert not stopped.wait(0.5)


def test_many_deadlines_need_one_thread_and_each_is_kept() -> None:
    deadlines, before = Deadlines(), watchers()
    late: dict[float, float] = {}

    def work(seconds: float) -> None:
        stopped, began = threading.Event(), time.monotonic()
        with deadlines.within(seconds, stopped.set):
            assert stopped.wait(10)
        late[seconds] = time.monotonic() - began - seconds

    threads = [threading.Thread(target=work, args=(0.05 + 0.02 * number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    assert watchers() - before == 1
    for thread in threads:
        thread.join()
    assert len(late) == 10
    assert all(seconds >= 0 for seconds in late.values())


def test_a_deadline_after_a_long_rest_is_kept(monkeypatch) -> None:
    monkeypatch.setattr("ecops.engine.deadlines._LINGER", 1)
    deadlines, stopped = Deadlines(), threading.Event()
    with deadlines.within(1, stopped.set):
        pass
    time.sleep(0.4)
    with deadlines.within(0.01, stopped.set):
        assert stopped.wait(5)
