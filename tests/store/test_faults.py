"""A loader that dies in the middle leaves the figures whole."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecops.store.workspace import Workspace
from tests.store.loader_process import load_forever, load_until
from tests.store.simple import load_rows, order_rows

LOADER = Path(__file__).with_name("loader_process.py")
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.store.loader_process"])  # 120 processes need not import everything 120 times


def _figures(workspace):
    data = workspace.data()
    lines = data.query(
        "select min(paid_amount) as a, max(paid_amount) as b, count(*) as n from order_lines"
    ).to_pylist()[0]
    daily = data.query("select sum(gross_sales) as g, sum(orders) as n from daily_sales").to_pylist()[0]
    return lines["a"], lines["b"], lines["n"], daily["g"], daily["n"]


def _kill_often(folder, kills, seed):
    """Kill a loader `kills` times at random moments; after each the tables are those of one version."""
    workspace = Workspace.open(folder)
    load_rows(workspace, *(order_rows({(order, 1): 1 for order in part}) for part in (range(30), range(30, 60))))
    chance, versions, killed_inside = random.Random(seed), [], 0
    for _ in range(kills):
        told, telling = FORKED.Pipe(duplex=False)
        loader = FORKED.Process(target=load_forever, args=(folder, telling.send_bytes))
        loader.start()
        telling.close()
        told.recv_bytes()  # at least one load is through: from now on it is always in the middle of one
        time.sleep(chance.uniform(0.0, 0.35))
        loader.kill()
        loader.join()
        told.close()
        killed_inside += bool(list(folder.glob("staging-*")))
        low, high, lines, gross, orders = _figures(workspace)
        assert low == high, "half a load is visible"
        assert (lines, gross, orders) == (60, 60 * low, 60)
        versions.append(workspace.state.version())
    assert versions == sorted(set(versions)), "every loader got at least one load through, and none was lost"
    assert killed_inside > kills / 2
    number = versions[-1] + 1
    load_rows(
        workspace, order_rows({(order, 1): number for order in range(60)})
    )  # the dead loader's lock is taken over
    known = workspace.state.known_files()
    left = {path.relative_to(folder / "data").as_posix() for path in (folder / "data").rglob("*") if path.is_file()}
    assert left == known, "files of killed loads are gone"
    assert not list(folder.glob("staging-*"))
    assert workspace.problems() == []


def test_kill_9_in_the_middle_of_loads(tmp_path):
    _kill_often(tmp_path / "shop", 20, seed=1)


def test_kill_9_at_every_step_of_a_load(tmp_path):
    """A load killed before its first change of a file or of the state, the next one before its second, and so on."""
    folder = tmp_path / "shop"
    workspace = Workspace.open(folder)
    load_rows(workspace, order_rows({(order, 1): 1 for order in range(60)}))
    standing, through, step, ended = 1, [], 0, -signal.SIGKILL
    while ended != 0:
        step += 1
        loader = FORKED.Process(target=load_until, args=(folder, step))
        loader.start()
        loader.join()
        ended = loader.exitcode
        assert ended in (0, -signal.SIGKILL)
        low, high, lines, gross, orders = _figures(workspace)
        assert low == high, f"half a load is visible after step {step}"
        assert (lines, gross, orders) == (60, 60 * low, 60)
        assert low in (standing, step + 1), "neither the load before nor this one"
        through.append(low == step + 1)
        standing = low
    assert through == sorted(through), "from the step on that publishes it, a load stands"
    assert len(through) > 40
    assert not all(through)
    assert through[-2], "the last step that can be killed comes after the load is published"
    assert workspace.problems() == []


def test_two_processes_never_load_at_once(tmp_path):
    folder = tmp_path / "shop"
    Workspace.open(folder)
    loaders = [subprocess.Popen([sys.executable, str(LOADER), str(folder)], stderr=subprocess.PIPE) for _ in range(2)]
    deadline = time.monotonic() + 30
    while all(loader.poll() is None for loader in loaders) and time.monotonic() < deadline:
        time.sleep(0.05)
    ended = [loader for loader in loaders if loader.poll() is not None]
    assert len(ended) == 1
    assert b"Another load is running" in ended[0].stderr.read()
    for loader in loaders:
        loader.kill()
        loader.wait()
        loader.stderr.close()
    assert Workspace.open(folder).problems() == []


def test_a_process_that_stops_without_dying_keeps_its_lock(tmp_path):
    """SIGSTOP is no death: nobody may load beside a loader that may wake up."""
    folder = tmp_path / "shop"
    workspace = Workspace.open(folder)
    loader = subprocess.Popen([sys.executable, str(LOADER), str(folder)], stdout=subprocess.PIPE)
    loader.stdout.read(3)
    for _ in range(100):
        os.kill(loader.pid, signal.SIGSTOP)
        if list(folder.glob("staging-*")):
            break
        os.kill(loader.pid, signal.SIGCONT)
        time.sleep(0.01)
    with pytest.raises(Exception, match="Another load is running"):
        load_rows(workspace, order_rows({(1, 1): 1}))
    loader.kill()
    loader.wait()
    loader.stdout.close()
    load_rows(workspace, order_rows({(order, 1): 5 for order in range(60)}))
    assert _figures(workspace)[:3] == (5.0, 5.0, 60)
