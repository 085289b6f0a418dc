"""What killed processes left goes; what living ones, and other programs, keep stays."""

from __future__ import annotations

import os
import subprocess
import sys

from ecops import sources, workfolders


def test_only_the_folders_of_dead_processes_go(tmp_path):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead = int(gone.stdout)
    for name in (f"ecops-sources-{dead}-abc", f"ecops-{dead}-x1", f"ecops-sources-{os.getpid()}-abc", "ecops-notes"):
        (tmp_path / name / "inner").mkdir(parents=True)
    (tmp_path / f"ecops-{dead}-file").write_text("no folder")
    assert workfolders.sweep(tmp_path) == 2
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {f"ecops-sources-{os.getpid()}-abc", "ecops-notes", f"ecops-{dead}-file"}


def test_an_upload_at_work_is_no_leftover(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with sources.inspect(b"a,b\n1,2\n", "a.csv") as found:
        assert found.work.parent == tmp_path
        assert workfolders.sweep() == 0
        assert found.work.is_dir()
