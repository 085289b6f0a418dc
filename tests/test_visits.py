"""The server opens its own pages before people do: which, in which order, again after a load; and a real server."""

import asyncio
import datetime as dt
import http.client
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecops.store import Workspace
from ui import navigation, visits

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def nothing_opened(monkeypatch):
    monkeypatch.setattr(visits, "progress", visits.Progress())


@pytest.fixture
def opened(monkeypatch):
    """Pages that were opened, without a server; `versions` stands for the shops."""
    told = []

    async def open_page(_runtime, visit):
        told.append(visit)
        return True

    monkeypatch.setattr(visits, "open_page", open_page)
    monkeypatch.setattr(visits, "_platforms", lambda _name: ["taobao", "jd"])
    return told


def alone(work):
    """Run a coroutine in a thread of its own: that of the tests has a loop while a browser is open."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def rounds(monkeypatch, *versions):
    """Let `keep` see these versions one after the other, and end it then."""
    left = list(versions)

    def seen():
        if not left:
            raise EOFError
        return left.pop(0)

    monkeypatch.setattr(visits, "_versions", seen)
    monkeypatch.setattr(visits, "PAUSE", 0.0)
    with pytest.raises(EOFError):
        alone(visits.keep(None))


def test_people_go_first_but_do_not_hold_up_for_ever(monkeypatch, opened):
    now, slept = [100.0], []

    async def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(visits.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(visits.asyncio, "sleep", sleep)
    alone(visits._quiet())
    assert slept == []  # nobody was there yet
    visits.progress.person = 99.0
    alone(visits._quiet())
    assert sum(slept) == pytest.approx(visits.QUIET - 1, abs=visits.QUIET / 8)
    visits.progress.person = 1e9  # somebody opens page after page
    slept.clear()
    alone(visits._quiet())
    assert sum(slept) == pytest.approx(visits.PATIENCE, abs=visits.QUIET / 8)
    assert opened == []


def test_the_review_comes_first_then_every_page_in_both_languages_then_each_platform():
    told = visits.planned({"a": ["taobao", "jd"], "b": []})
    pages = [page for page in navigation.pages() if page not in visits.ASIDE]
    whole = [visit for visit in told if len(visit.choices) == 2]
    assert told[0] == visits.Visit("weekly_review", (("ws", "a"), ("lang", "zh")))
    assert told[: len(whole)] == whole
    assert {(visit.page, *visit.choices) for visit in whole} == {
        (page, ("ws", shop), ("lang", language)) for page in pages for shop in "ab" for language in ("zh", "en")
    }
    parts = told[len(whole) :]
    assert {dict(visit.choices)["platform"] for visit in parts} == {"taobao", "jd"}
    assert {dict(visit.choices)["ws"] for visit in parts} == {"a"}
    assert len(parts) == 2 * 2 * len(visits.PARTS)
    assert set(visits.ASIDE) < set(navigation.pages())
    assert set(visits.PARTS) < set(pages)


def test_pages_are_opened_once_and_again_where_data_changed(opened, monkeypatch):
    first, later = {"a": "1", "b": "1"}, {"a": "2", "b": "1"}
    rounds(monkeypatch, first, first, later, later, later)
    assert visits.progress.ready
    once, again = opened[: visits.progress.all], opened[visits.progress.all :]
    assert visits.progress.done == visits.progress.all == len(once) == len(set(once))
    assert {dict(visit.choices)["ws"] for visit in once} == {"a", "b"}
    assert {dict(visit.choices)["ws"] for visit in again} == {"a"}
    assert len(again) == len(once) / 2


def test_while_files_follow_one_another_nothing_is_opened(opened, monkeypatch):
    rounds(monkeypatch, {"a": "1"}, {"a": "2"}, {"a": "3"}, {"a": "4"}, {"a": "5"})
    assert len(opened) == visits.progress.all


def test_a_home_without_data_is_ready_at_once(opened, monkeypatch):
    rounds(monkeypatch, {}, {})
    assert visits.progress.ready
    assert opened == []


def test_shops_with_data_the_one_loaded_last_first(tmp_path, monkeypatch):
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    for place, name in enumerate(("old", "new", "empty")):
        shop = Workspace.open(tmp_path / name)
        if name != "empty":
            shop.load(orders(), name="orders.csv")
        os.utime(tmp_path / name / "data", (place, place))
    assert list(visits._versions()) == ["new", "old"]
    monkeypatch.setattr(visits, "MOST_SHOPS", 1)
    assert list(visits._versions()) == ["new"]
    assert visits._platforms("new") == []


def orders():
    days = (dt.date(2026, 11, 1) + dt.timedelta(days=day) for day in range(15))
    rows = [f"T{n},S1,{day} 10:00:00,{day} 10:01:00,completed,1,{20 + n}.0" for n, day in enumerate(days)]
    return "\n".join(["order_id,sku,ordered_at,paid_at,status,quantity,paid_amount", *rows]).encode()


def test_a_server_says_when_every_page_was_opened(tmp_path):
    """A real server: its own visits draw every page without an error, and /ready says so."""
    Workspace.open(tmp_path / "mine").load(orders(), name="orders.csv")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "serve.py", f"--server.port={port}"]
    command.append("--server.address=127.0.0.1")
    log = tmp_path / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "ECOPS_HOME": str(tmp_path)}, stdout=out, stderr=out
        )
        try:
            answers = list(until_ready(server, port))
        finally:
            server.terminate()
            server.wait(30)
    assert answers[-1] == (200, "ready"), (answers, log.read_text())
    assert {status for status, _told in answers[:-1]} <= {503}
    assert "Traceback" not in log.read_text(), log.read_text()


def until_ready(server, port):
    """What the server answers, once each."""
    deadline, last = time.monotonic() + 240, None
    while time.monotonic() < deadline and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/ready")
            answer = connection.getresponse()
            told = answer.status, answer.read().decode()
        except OSError:
            time.sleep(0.2)
            continue
        if told != last:
            yield told
        last = told
        if told[0] == 200:
            return
        time.sleep(0.1)
