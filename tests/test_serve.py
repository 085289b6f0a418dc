"""What the server does before anybody asks for a page."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_everything_named_is_there_and_garbage_is_collected_again():
    code = "import gc, sys, serve; serve.prepare(); print(gc.isenabled(), set(serve.wanted()) <= set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True"], done.stderr
    assert "Traceback" not in done.stderr, done.stderr
