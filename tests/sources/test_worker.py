"""The worker itself: every death is one clear error, its limits are hard, and it can do nothing but read."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecops.errors import FileError
from ecops.sources import sandbox, template
from ecops.sources.limits import Limits
from ecops.sources.sandbox import run_worker
from tests.sources.attacks import refused


def fake_worker(tmp_path, monkeypatch, code):
    script = tmp_path / "worker.py"
    root = Path(sandbox.__file__).parents[2]
    script.write_text(
        f"import sys, os, json\nsys.path.insert(0, {str(root)!r})\nfrom ecops.sources.template import wait\n"
        f"def work():\n    sys.stdin.buffer.read()\n    {code}\n"
        "wait(int(sys.argv[-1]), work)\n"
    )
    monkeypatch.setattr(sandbox, "_WORKER", script)
    return {"do": "inspect", "path": "x/a.csv", "work": str(tmp_path), "name": "a.csv"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("os.abort()", "memory"),
        ("os.kill(os.getpid(), 9)", "memory"),
        ("import signal; os.kill(os.getpid(), signal.SIGXCPU)", "seconds"),
        ("os.kill(os.getpid(), 11)", "stopped in the middle"),
        ("raise MemoryError", "memory"),
        ("sys.exit(3)", "stopped in the middle"),
        ("print('{')", "stopped in the middle"),
        ("import time; time.sleep(60)", "1 second to read"),
    ],
)
def test_every_death_of_the_worker_is_one_clear_error(tmp_path, monkeypatch, code, words):
    task = fake_worker(tmp_path, monkeypatch, code)
    began = time.monotonic()
    with pytest.raises(FileError, match=words) as caught:
        run_worker(task, Limits(wall_seconds=1 if "sleep" in code else 30))
    assert caught.value.where == {"file": "a.csv"}
    assert time.monotonic() - began < 10


def test_the_worker_may_not_connect_start_programs_or_write_elsewhere(tmp_path):
    program = Path(sandbox.__file__).with_name("worker.py").read_text()
    attempts = """
import socket, subprocess
sys.path.insert(0, sys.argv[2])
guard_process((sys.argv[1] + "/",))
open(sys.argv[1] + "/fine", "w").close()
held = 0
for attempt in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: open(sys.argv[1] + "/../outside", "w"),
    lambda: open(sys.argv[1] + "-sibling", "w"),
):
    try:
        attempt()
    except PermissionError:
        held += 1
print(held)
"""
    script = tmp_path / "attempts.py"
    script.write_text(program.partition("def prepare")[0] + attempts)
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run([sys.executable, "-I", script, work, Path.cwd()], capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["attempts.py", "work"]


def test_workers_run_side_by_side_and_a_template_that_was_killed_is_replaced(tmp_path, monkeypatch):
    code = "__import__('time').sleep(.3); os.write(1, json.dumps({'pid': os.getppid()}).encode()); os._exit(0)"
    task = fake_worker(tmp_path, monkeypatch, code)
    run_worker(task)
    began = time.monotonic()
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: run_worker(task), range(6)))
    assert time.monotonic() - began < 1.5
    assert len({answer["pid"] for answer in answers}) == 6
    for process in _children(os.getpid()):
        if (
            b"--wait" in Path(f"/proc/{process}/cmdline").read_bytes()
            and str(tmp_path).encode() in Path(f"/proc/{process}/cmdline").read_bytes()
        ):
            os.kill(process, 9)
    # All who find it gone together start one new template, and nobody ends that of another.
    started = []
    monkeypatch.setattr(
        template.Template,
        "_start",
        lambda one, start=template.Template._start: started.append(start(one)) or started[-1],
    )
    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(lambda _: run_worker(task), range(6)))
    assert len(started) == 1


def test_a_worker_ends_with_whoever_waits_for_it(tmp_path):
    parent = f"""
import sys; sys.path.insert(0, {str(Path(sandbox.__file__).parents[2])!r})
from pathlib import Path
from ecops.sources import sandbox
sandbox._WORKER = Path({str(tmp_path / "worker.py")!r})
sandbox.run_worker({{"do": "inspect", "path": "a.csv", "work": {str(tmp_path)!r}, "name": "a.csv"}})
"""
    (tmp_path / "worker.py").write_text(
        f"import sys, os, time\nsys.path.insert(0, {str(Path(sandbox.__file__).parents[2])!r})\n"
        "from ecops.sources.template import wait\n"
        f"def work():\n    open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
        "wait(int(sys.argv[-1]), work)\n"
    )
    running = subprocess.Popen([sys.executable, "-c", parent])
    told = tmp_path / "pid"
    _until(lambda: told.exists() and told.read_text())
    worker = int(told.read_text())
    running.kill()
    running.wait()
    _until(lambda: not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2])


def test_a_worker_ends_with_an_attendant_that_is_killed_and_the_task_is_done_once_more(tmp_path, monkeypatch):
    script, told = tmp_path / "worker.py", tmp_path / "pids"
    script.write_text(
        f"import sys, os, time\nsys.path.insert(0, {str(Path(sandbox.__file__).parents[2])!r})\n"
        "from ecops.sources.template import wait\n"
        "def work():\n"
        f"    with open({str(told)!r}, 'a') as file:\n"
        "        file.write(f'{os.getpid()} {os.getppid()}\\n')\n"
        f"    first = len(open({str(told)!r}).readlines()) == 1\n"
        "    os.write(1, b'{half an answer' if first else b'{\"done\": 2}')\n"
        "    time.sleep(60 * first)\n    os._exit(0)\n"
        "wait(int(sys.argv[-1]), work)\n"
    )
    monkeypatch.setattr(sandbox, "_WORKER", script)
    with ThreadPoolExecutor(1) as thread:
        task = {"do": "inspect", "path": "a.csv", "work": str(tmp_path), "name": "a.csv"}
        answer = thread.submit(run_worker, task)
        _until(lambda: told.exists() and told.read_text().endswith("\n"))
        worker, attendant = map(int, told.read_text().split())
        os.kill(attendant, signal.SIGKILL)
        _until(lambda: not Path(f"/proc/{worker}").exists())
        assert answer.result() == {"done": 2}
    assert len(told.read_text().splitlines()) == 2


def _children(parent):
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def _until(true, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came true")


@pytest.mark.slow
def test_limits_are_hard(tmp_path):
    broken_lines = b"sku,title,amount\n" + b'1,"a\nb",2\n' * 2_000_000
    assert "seconds" in refused(tmp_path, broken_lines, limits=Limits(cpu_seconds=1)).what.id
    data = ("sku,title,amount\n" + "1,连衣裙,2\n" * 9_000_000).encode("gbk")
    assert "room on the disk" in refused(tmp_path, data, limits=Limits(written_bytes=1_000_000)).what.id
    assert "larger than" in refused(tmp_path, data, limits=Limits(file_bytes=1_000_000)).what.id
