"""Loads forever, one load after the other, until killed: `python loader_process.py FOLDER`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ecops.store.workspace import Workspace
from tests.store.simple import load_rows, order_rows


def load_forever(folder, said):
    """Load on and on; `said` is called after each load."""
    workspace = Workspace.open(folder)
    number = workspace.state.version()
    while True:
        number += 1
        # Every load turns all amounts into its own number, in two sheets; half of it would show.
        load_rows(
            workspace,
            order_rows({(order, 1): number for order in range(30)}),
            order_rows({(order, 1): number for order in range(30, 60)}),
        )
        said(b".")


def _write(text):
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    load_forever(sys.argv[1], _write)
