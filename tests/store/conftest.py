"""Workspaces for tests: on SQLite, and on a real PostgreSQL server where its binaries are installed."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecops.store.workspace import Workspace

HEADER = "Platform,Order ID,Line ID,Created at,SKU,Quantity,Amount,Customer"


def orders_csv(lines, columns=HEADER):
    """A generic order export: (order, line, day, amount) -> bytes."""
    rows = [
        f"jd,{order},{line},2026-05-{day:02d} 10:00:00,S{line},1,{amount},c{order}"
        for order, line, day, amount in lines
    ]
    return "\n".join([columns, *rows, ""]).encode()


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "shop")


def _binaries() -> Path | None:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if found:
        return Path(found[-1]).parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def _as_nobody_special() -> dict:
    """initdb refuses root; so the server runs as somebody else."""
    if os.getuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            person = pwd.getpwnam(name)
            return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL does not run as root and there is no other user")


@pytest.fixture(scope="session")
def postgres_server():
    """URL of a server of our own, without a database name."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    person = _as_nobody_special()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="ecops-pg-", dir="/tmp"))
    if person:
        os.chown(folder, person["user"], person["group"])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **person}
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "ecops", "-E", "UTF8", "--no-sync"], check=True, **quiet
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    subprocess.run(
        [binaries / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"], check=True, **quiet
    )
    yield f"postgresql+psycopg://ecops@127.0.0.1:{port}"
    subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, **quiet)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server):
    """URL of a fresh database."""
    name = f"shop_{uuid.uuid4().hex}"
    admin = sa.create_engine(f"{postgres_server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    admin.dispose()
    return f"{postgres_server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite'}"
    return request.getfixturevalue("postgres_url")
