"""Loads forever, one load after the other, until killed: `python loader_process.py FOLDER`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ecops.store.workspace import Workspace
from tests.store.simple import load_rows, order_rows

if __name__ == "__main__":
    workspace = Workspace.open(sys.argv[1])
    number = workspace.state.version()
    while True:
        number += 1
        # Every load turns all amounts into its own number, in two sheets; half of it would show.
        load_rows(
            workspace,
            order_rows({(order, 1): number for order in range(30)}),
            order_rows({(order, 1): number for order in range(30, 60)}),
        )
        sys.stdout.write(".")
        sys.stdout.flush()
