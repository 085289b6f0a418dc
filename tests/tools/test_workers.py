"""Two processes of the app behind one address, on one shop: nothing is lost, nothing is stale, one may die."""

import asyncio
import datetime as dt
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecops.review import ActionLog
from ecops.store import Workspace
from tools import workers

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _port in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def asked(port: int, path: str, cookie: str = "") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    answer.read()
    return answer


def test_what_nginx_is_told():
    told = workers.configuration("0.0.0.0:80", [81, 82, 83], Path("/x"))
    assert "listen 0.0.0.0:80;" in told
    assert "33.33% w1; 33.33% w2; * w3;" in told
    assert "upstream w2 { server 127.0.0.1:82 max_fails=1 fail_timeout=5s;" in told
    assert "server 127.0.0.1:81 backup; server 127.0.0.1:83 backup; }" in told
    assert "{drawn}" not in told


def test_without_nginx_it_is_said_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(workers.shutil, "which", lambda *_names, **_path: None)
    assert workers.run("127.0.0.1:1", [2, 3]) == 1
    assert "apt-get install nginx" in capsys.readouterr().err


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    if NGINX is None:
        pytest.skip("no nginx on this machine: apt-get install nginx-light")
    home = tmp_path_factory.mktemp("workers")
    shop = Workspace.open(home / "mine")
    days = (dt.date(2026, 11, 1) + dt.timedelta(days=day) for day in range(15))
    rows = [f"T{n},S1,{day} 10:00:00,{day} 10:01:00,completed,1,{20 + n}.0" for n, day in enumerate(days)]
    shop.load(
        "\n".join(["order_id,sku,ordered_at,paid_at,status,quantity,paid_amount", *rows]).encode(), name="orders.csv"
    )
    port, first = free_ports(2)
    command = [sys.executable, "-m", "tools.workers", "2", f"--port={port}", f"--first={first}"]
    environment = {**os.environ, "ECOPS_HOME": str(home), "ECOPS_VISITS": "0"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        # Asked directly: behind nginx one process would answer for the other.
        waiting, deadline = {first, first + 1}, time.monotonic() + 120
        while waiting and time.monotonic() < deadline:
            waiting = {own for own in waiting if not healthy(own)}
            time.sleep(0.3)
        assert not waiting, "the processes did not start"
        yield port, first, shop
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def healthy(port: int) -> bool:
    try:
        return asked(port, "/_stcore/health").status == 200
    except OSError:
        return False


def fill(widgets, form: dict, title: str) -> None:
    """Fill the form in and press its button."""
    for key, (kind, widget) in form.items():
        state = widgets.add(id=widget.id)
        match kind:
            case "button":
                state.trigger_value = True
            case "text_input":
                state.string_value = title if "title" in key else ""
            case "selectbox":
                state.string_value = widget.options[widget.default]
            case "date_input":
                state.string_array_value.data.extend(widget.default)
            case "number_input":
                state.double_value = widget.default


class Reader:
    """A browser session on one of the processes."""

    def __init__(self, port: int, worker: str) -> None:
        self.port, self.cookie, self.socket, self.fold = port, f"ecops_worker={worker}", None, ""

    async def open(self):
        from websockets import connect

        self.socket = await connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=["streamlit"],
            origin=f"http://127.0.0.1:{self.port}",
            max_size=None,
            open_timeout=120,
            additional_headers={"Cookie": self.cookie},
        )
        return self

    async def view(self, title: str = "", form: dict | None = None) -> tuple[str, dict]:
        """Everything the review says, and the widgets of its form by key; with a form, after it was sent off."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_name = "ws=mine&lang=en", "weekly_review"
        if self.fold:
            message.rerun_script.widget_states.widgets.add(id=self.fold, bool_value=True)
        fill(message.rerun_script.widget_states.widgets, form or {}, title)
        await self.socket.send(message.SerializeToString())
        said, found = [], {}
        while True:
            told = ForwardMsg()
            told.ParseFromString(await asyncio.wait_for(self.socket.recv(), 120))
            if told.WhichOneof("type") == "delta":
                said.append(str(told.delta))
                if told.delta.add_block.expandable.id.endswith("-own_decision"):
                    self.fold = told.delta.add_block.expandable.id
                element = told.delta.new_element
                kind = element.WhichOneof("type")
                key = getattr(getattr(element, kind), "id", "") if kind else ""
                if key.endswith("_own") or "FormSubmitter:action_own" in key:
                    found[key.split("-", 2)[2]] = (kind, getattr(element, kind))
            elif told.WhichOneof("type") == "script_finished" and told.script_finished == 0:
                return "\n".join(said), found

    async def decide(self, title: str) -> None:
        """Write a decision into the form of the review, as a click would."""
        await self.view()
        _said, form = await self.view()  # the fold is open now
        await self.view(title, form)


def test_a_browser_keeps_its_process(running):
    port, _first, _shop = running
    for worker in ("w1", "w2"):
        answer = asked(port, "/", f"ecops_worker={worker}")
        assert answer.status == 200
        assert f"ecops_worker={worker};" in str(answer.headers)
        assert "content-security-policy" in answer.headers
    drawn = {str(asked(port, "/_stcore/health").headers).partition("ecops_worker=")[2][:2] for _visit in range(20)}
    assert drawn == {"w1", "w2"}


def alone(work):
    """`asyncio.run` in a thread of its own: a browser test before may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def test_decisions_of_both_processes_are_kept_and_seen_in_both(running):
    port, first, shop = running

    async def meeting() -> list[str]:
        readers = [await Reader(port, worker).open() for worker in ("w1", "w2")]
        for turn in range(3):
            await asyncio.gather(*(reader.decide(f"Decision {turn} of {reader.cookie}") for reader in readers))
        said = [(await reader.view())[0] for reader in readers]
        for reader in readers:
            await reader.socket.close()
        return said

    said = alone(meeting())
    titles = {f"Decision {turn} of ecops_worker={worker}" for turn in range(3) for worker in ("w1", "w2")}
    assert {action.title for action in ActionLog(shop.state).actions()} == titles
    for page in said:
        for turn in range(3):
            assert page.count(f"Decision {turn} of") >= 2
    # What somebody else writes meanwhile, here another process, stands on the next view of both.
    ActionLog(shop.state).add("test", title="From the command line", owner="operations", metric="gmv", currency="CNY")

    async def again(worker: str) -> str:
        reader = await Reader(port, worker).open()
        page, _ids = await reader.view()
        await reader.socket.close()
        return page

    for worker in ("w1", "w2"):
        assert "From the command line" in alone(again(worker))
    kill(first + 1)
    assert "From the command line" in alone(again("w2")), "the other process answers for one that died"
    deadline = time.monotonic() + 90
    while not healthy(first + 1):
        assert time.monotonic() < deadline, "a process that died is started again"
        time.sleep(0.5)


def kill(port: int) -> None:
    """End the process that listens on a port, the hard way."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"--server.port={port}".encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue
