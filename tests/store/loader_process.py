"""Loads forever, one load after the other, until killed: `python loader_process.py FOLDER`."""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sqlalchemy as sa

from ecops.store.workspace import Workspace
from tests.store.simple import load_rows, order_rows

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.truncate"}


def load_number(workspace, number):
    """A load that turns all amounts into `number`, in two sheets; half of it would show."""
    parts = (range(30), range(30, 60))
    load_rows(workspace, *(order_rows({(order, 1): number for order in part}) for part in parts))


def load_forever(folder, said):
    """Load on and on; `said` is called after each load."""
    workspace = Workspace.open(folder)
    number = workspace.state.version()
    while True:
        number += 1
        load_number(workspace, number)
        said(b".")


def load_until(folder, step):
    """Load the number `step` + 1, but die by SIGKILL just before the change number `step` of a file or of the state."""
    workspace = Workspace.open(folder)
    changes = 0

    def change():
        nonlocal changes
        changes += 1
        if changes == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event, args):
        written = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (event in CHANGES or written) and str(args[0]).startswith(str(folder)):
            change()

    sys.addaudithook(heard)
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: change())
    sa.event.listen(sa.Engine, "commit", lambda _: change())
    load_number(workspace, step + 1)


def _write(text):
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    load_forever(sys.argv[1], _write)
