"""Several processes of the app behind one address, on one folder of shops: `python -m tools.workers 2 --port 8501`.

Python works on one page at a time in a process, so on a machine with more cores more processes serve more people. nginx
stands before them and keeps every browser on its process by a cookie; who loses her process (it is started again at
once) goes on with another one, and her choices stand in the address. What the processes share is on the disk: each asks
the state of the shop at every view, so no page is older than the data, and everything written down goes through the
database's own transactions.

`python -m tools.workers 2 --config` only writes what nginx is told, to be put into a server that is there already.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).with_name("nginx.conf")
BREATH = 2.0
"""Seconds before a process that ended is started again."""


def configuration(listen: str, workers: list[int], folder: Path) -> str:
    """What nginx is told.

    Args:
        listen: address and port where people ask.
        workers: ports of the processes.
        folder: for nginx's own files.
    """
    names = [f"w{place}" for place in range(1, len(workers) + 1)]
    share = 100 / len(names)
    drawn = [*(f"{share:.2f}% {name};" for name in names[:-1]), f"* {names[-1]};"]
    pools = []
    for name, own in zip(names, workers, strict=True):
        others = "".join(f" server 127.0.0.1:{other} backup;" for other in workers if other != own)
        pools.append(f"upstream {name} {{ server 127.0.0.1:{own} max_fails=1 fail_timeout=5s;{others} }}")
    return (
        TEMPLATE.read_text("utf-8")
        .replace("{folder}", str(folder))
        .replace("{listen}", listen)
        .replace("{drawn}", " ".join(drawn))
        .replace("{known}", " ".join(f"{name} {name};" for name in names))
        .replace("{pools}", "\n    ".join(pools))
    )


def keep(port: int, secret: str, ending: threading.Event) -> None:
    """One process of the app, started again whenever it ends, until `ending` is set."""
    command = [sys.executable, "-m", "streamlit", "run", "serve.py"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    # One secret for all: what one process signed is good for the others.
    environment = {**os.environ, "STREAMLIT_SERVER_COOKIE_SECRET": secret}
    while not ending.is_set():
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - this app
        while process.poll() is None and not ending.wait(0.2):
            pass
        if process.poll() is None:
            process.terminate()
        process.wait()
        ending.wait(BREATH)


def run(listen: str, workers: list[int]) -> int:
    """Start everything and wait; returns nginx's exit code.

    Args:
        listen: address and port where people ask.
        workers: ports of the processes.
    """
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        sys.stderr.write("Several processes need nginx before them; install it: sudo apt-get install nginx-light\n")
        return 1
    ending, secret = threading.Event(), secrets.token_hex(32)
    threads = [threading.Thread(target=keep, args=(own, secret, ending)) for own in workers]
    with tempfile.TemporaryDirectory(prefix="ecops-nginx-") as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(configuration(listen, workers, Path(folder)), "utf-8")
        for thread in threads:
            thread.start()
        front = subprocess.Popen(  # noqa: S603 - our own configuration
            [nginx, "-e", f"{folder}/error.log", "-p", folder, "-c", str(config)]
        )

        def end(_signal: int, _frame: FrameType | None) -> None:
            ending.set()
            front.terminate()

        for signals in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signals, end)
        code = front.wait()
        ending.set()
        for thread in threads:
            thread.join()
    return code


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("workers", type=int, help="processes; as many as there are cores")
    parser.add_argument("--port", type=int, default=8501, help="where people ask")
    parser.add_argument("--address", default="127.0.0.1", help="0.0.0.0 for the whole network")
    parser.add_argument("--first", type=int, help="port of the first process; the one after --port by default")
    parser.add_argument("--config", action="store_true", help="only write what nginx is told")
    chosen = parser.parse_args()
    first = chosen.first or chosen.port + 1
    workers, listen = list(range(first, first + chosen.workers)), f"{chosen.address}:{chosen.port}"
    if chosen.config:
        sys.stdout.write(configuration(listen, workers, Path("/var/lib/nginx")))
        return 0
    return run(listen, workers)


if __name__ == "__main__":
    sys.exit(main())
