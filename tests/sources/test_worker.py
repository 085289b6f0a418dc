"""The worker itself: every death is one clear error, its limits are hard, and it can do nothing but read."""

import time
from pathlib import Path

import pytest

from ecops.errors import FileError
from ecops.sources import sandbox
from ecops.sources.limits import Limits
from ecops.sources.sandbox import run_worker
from tests.sources.attacks import refused


def fake_worker(tmp_path, monkeypatch, code):
    script = tmp_path / "worker.py"
    script.write_text("import sys, os, json\nsys.stdin.buffer.read()\n" + code)
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
        ("import time; time.sleep(60)", "seconds"),
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
    script.write_text(program.replace('if __name__ == "__main__":\n    main()', attempts))
    work = tmp_path / "work"
    work.mkdir()
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-I", script, work, Path.cwd()], capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["attempts.py", "work"]


@pytest.mark.slow
def test_limits_are_hard(tmp_path):
    broken_lines = b"sku,title,amount\n" + b'1,"a\nb",2\n' * 2_000_000
    assert "seconds" in refused(tmp_path, broken_lines, limits=Limits(cpu_seconds=1)).what.id
    data = ("sku,title,amount\n" + "1,连衣裙,2\n" * 9_000_000).encode("gbk")
    assert "room on the disk" in refused(tmp_path, data, limits=Limits(written_bytes=1_000_000)).what.id
    assert "larger than" in refused(tmp_path, data, limits=Limits(file_bytes=1_000_000)).what.id
