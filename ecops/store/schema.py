"""The state of a workspace as database tables: SQLite in the folder by default, PostgreSQL by URL.

The tables hold what happened (versions, loads, audit), which Parquet files exist, and which of them readers of a
version see. Nothing in them is a figure; figures live in the Parquet files.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from ecops.errors import StoreError
from ecops.messages import Message

SCHEMA_VERSION = 1

metadata = sa.MetaData()

settings = sa.Table(
    "ecops_settings",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Schema version, workspace id, salt, currency, time zone and whatever the product remembers for the workspace."""

versions = sa.Table(
    "ecops_versions",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
)
"""One row a publish. The primary key is the last fence against two loaders."""

loads = sa.Table(
    "ecops_loads",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("version_from", sa.Integer, nullable=False),
    sa.Column("version_to", sa.Integer),
    sa.Column("receipt", sa.Text, nullable=False),
)
"""One row a load; `version_to` is the version that undid it."""

files = sa.Table(
    "ecops_files",
    metadata,
    sa.Column("path", sa.String(200), primary_key=True),
    sa.Column("table", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("load", sa.String(32), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("first_day", sa.String(10)),
    sa.Column("last_day", sa.String(10)),
)
"""The manifest. kind: segment (all rows of one sheet of one load), part (what later loads left of a segment), or
rollup. `sequence` orders segments: the higher one wins a key. A part carries the sequence of its segment."""

shown = sa.Table(
    "ecops_shown",
    metadata,
    sa.Column("path", sa.String(200), primary_key=True),
    sa.Column("version_from", sa.Integer, primary_key=True),
    sa.Column("version_to", sa.Integer),
)
"""Which files make up the tables: readers of version v see files with version_from <= v < version_to."""

mappings = sa.Table(
    "ecops_mappings",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("mapping", sa.Text, nullable=False),
)

lock = sa.Table(
    "ecops_lock",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("token", sa.String(32)),
    sa.Column("host", sa.String(200)),
    sa.Column("process", sa.String(60)),
    sa.Column("beat", sa.Float),
)
"""One row: who is loading, if anybody."""

audit = sa.Table(
    "ecops_audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
"""Append-only; every line carries the hash of the line before it."""

journal = sa.Table(
    "ecops_journal",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("stream", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
)
"""What people decided (actions, experiments, scenarios): append-only, what holds now is the fold over the entries."""

# INSERT OR REPLACE deletes without firing DELETE triggers, so a line may only be put behind the last one.
_SQLITE_GUARDS = (
    """CREATE TRIGGER ecops_audit_append BEFORE INSERT ON ecops_audit
       WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ecops_audit)
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER ecops_audit_update BEFORE UPDATE ON ecops_audit
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER ecops_audit_delete BEFORE DELETE ON ecops_audit
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER ecops_journal_update BEFORE UPDATE ON ecops_journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER ecops_journal_delete BEFORE DELETE ON ecops_journal
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
)
_POSTGRES_GUARDS = (
    """CREATE FUNCTION ecops_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$""",
    """CREATE FUNCTION ecops_audit_append() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ecops_audit) THEN
           RAISE EXCEPTION 'the audit log is append-only';
         END IF;
         RETURN NEW;
       END $$""",
    "CREATE TRIGGER ecops_audit_append BEFORE INSERT ON ecops_audit FOR EACH ROW EXECUTE FUNCTION ecops_audit_append()",
    """CREATE TRIGGER ecops_audit_change BEFORE UPDATE OR DELETE ON ecops_audit
       FOR EACH ROW EXECUTE FUNCTION ecops_audit_refuse()""",
    """CREATE TRIGGER ecops_audit_truncate BEFORE TRUNCATE ON ecops_audit
       FOR EACH STATEMENT EXECUTE FUNCTION ecops_audit_refuse()""",
    """CREATE TRIGGER ecops_journal_change BEFORE UPDATE OR DELETE ON ecops_journal
       FOR EACH ROW EXECUTE FUNCTION ecops_audit_refuse()""",
)


def connect(url: str) -> sa.Engine:
    """A pool for the state at `url`; SQLite gets write-ahead logging and writes that survive a power cut."""
    if sa.make_url(url).get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=20)
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, see below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A writer takes its lock at once: a transaction that reads first and writes later could fail in between.
        reads = connection.get_execution_options().get("ecops_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def create(connection: sa.Connection, first: dict[str, str]) -> None:
    """Make the tables when they are missing, with `first` as the settings of a new workspace.

    Raises:
        StoreError: the state was written by a newer ecops.
    """
    if not sa.inspect(connection).has_table(settings.name):
        metadata.create_all(connection)
        guards = _SQLITE_GUARDS if connection.dialect.name == "sqlite" else _POSTGRES_GUARDS
        for guard in guards:
            connection.exec_driver_sql(guard)
        first = {"schema": str(SCHEMA_VERSION), **first}
        connection.execute(settings.insert(), [{"name": name, "value": value} for name, value in first.items()])
        connection.execute(lock.insert(), [{"id": 1}])
        return
    found = int(connection.scalar(sa.select(settings.c.value).where(settings.c.name == "schema")) or 0)
    if found > SCHEMA_VERSION:
        raise StoreError(
            Message("The workspace was written by a newer version of ecops."),
            Message("Update ecops, then open it again."),
        )
