"""What a workspace remembers: settings, loads, the manifest of Parquet files, and which version shows which of them."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

import sqlalchemy as sa

from ecops.errors import StoreError
from ecops.messages import Message
from ecops.store import audit, lock, schema

Kind = Literal["segment", "part", "rollup"]


SEQUENCE_STEP = 1024
"""From one load to the next; an export that turns out to be older goes between."""


@dataclass(frozen=True, slots=True)
class File:
    """One Parquet file of the manifest, as in `schema.files`; `path` is relative to the data folder."""

    path: str
    table: str
    kind: Kind
    load: str
    sequence: int
    sha256: str
    size: int
    rows: int
    first_day: str | None
    last_day: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One publish: what is different in the new version.

    Attributes:
        action: "load" or "undo".
        show, hide: files that readers of the new version see, or no longer see.
        files: new files, shown or not.
        load: id, sha256 and receipt (JSON) of the load that made it, for "load".
        undone: id of the load taken back, for "undo".
        mappings: fingerprint of a header -> mapping (JSON) to remember.
        settings: settings that the load fixed (the currency).
        actor, detail: for the audit line.
    """

    action: Literal["load", "undo"]
    show: Sequence[File]
    hide: Sequence[File]
    files: Sequence[File]
    load: tuple[str, str, str] | None = None
    undone: str | None = None
    mappings: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    actor: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


class State:
    """The state database of one workspace.

    Args:
        url: SQLAlchemy URL.

    Raises:
        StoreError: it cannot be reached, or was written by a newer version.

    Attributes:
        written: transactions that this process has written into any state, those that failed too.
    """

    written: ClassVar[int] = 0

    def __init__(self, url: str) -> None:
        try:
            self.engine = schema.connect(url)
            with self.engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261122)")  # two first opens at once
                schema.create(connection, {"id": uuid.uuid4().hex, "salt": uuid.uuid4().hex + uuid.uuid4().hex})
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            raise _unreachable(error) from error
        self._reading = self.engine.execution_options(ecops_reads=True)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one moment of the state; errors come out as StoreError."""
        try:
            with self._reading.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise _unreachable(error) from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One transaction: all of it or nothing; errors come out as StoreError."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise _unreachable(error) from error
        finally:
            State.written += 1

    def settings(self) -> dict[str, str]:
        """Every setting by name."""
        with self.reading() as connection:
            return {row.name: row.value for row in connection.execute(_SETTINGS)}

    def remember(self, name: str, value: str, actor: str = "") -> None:
        """Remember one setting and write it into the audit log."""
        with self.writing() as connection:
            before = _put(connection, schema.settings, {"name": name}, {"value": value})
            detail = {"name": name, "before": before and before["value"], "after": value}
            audit.append(connection, actor, "setting", detail)

    def claim(self, folder: str) -> bool:
        """Whether this state belongs to the folder called `folder`; a new state belongs to whoever asks first."""
        if self.settings().get("folder") == folder:
            return True
        with self.writing() as connection:
            owner = connection.scalar(sa.select(schema.settings.c.value).where(schema.settings.c.name == "folder"))
            if owner is None:
                _put(connection, schema.settings, {"name": "folder"}, {"value": folder})
            return owner in (None, folder)

    def version(self) -> int:
        """Number of the current version; 0 before the first load."""
        return self.glance("SELECT max(version) FROM ecops_versions")[0] or 0

    def glance(self, sql: str) -> tuple[Any, ...]:
        """The one row that a fixed SELECT without values gives, asked of the database itself.

        Every view of a page asks several times whether anything is new, and ten times as fast this way.
        """
        try:
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(sql)
                return tuple(cursor.fetchone() or ())
            finally:
                connection.close()
        except (sa.exc.DBAPIError, self.engine.dialect.loaded_dbapi.Error) as error:
            raise _unreachable(error) from error

    def shown(self, version: int | None = None) -> tuple[int, list[File]]:
        """A version (the current one by default) and the files that make up its tables."""
        with self.reading() as connection:
            version = _version(connection) if version is None else version
            return version, [File(**row._mapping) for row in connection.execute(_SHOWN, {"version": version})]

    def segments(self) -> list[File]:
        """The segments of every load that stands, oldest first."""
        files, loads = schema.files, schema.loads
        with self.reading() as connection:
            rows = connection.execute(
                sa.select(files)
                .join(loads, loads.c.id == files.c.load)
                .where(files.c.kind == "segment", loads.c.version_to.is_(None))
                .order_by(files.c.sequence)
            )
            return [File(**row._mapping) for row in rows]

    def next_sequence(self) -> int:
        """A number higher than that of any segment there ever was, with room for older ones beneath it."""
        with self.reading() as connection:
            return (connection.scalar(sa.select(sa.func.max(schema.files.c.sequence))) or 0) + SEQUENCE_STEP

    def receipts(self) -> list[tuple[str, bool]]:
        """Every load's receipt (JSON) and whether it was undone, oldest first."""
        loads = schema.loads.c
        with self.reading() as connection:
            rows = connection.execute(sa.select(loads.receipt, loads.version_to).order_by(loads.version_from))
            return [(row.receipt, row.version_to is not None) for row in rows]

    def mapping(self, fingerprint: str) -> str | None:
        """The mapping (JSON) that was used for the same header before."""
        table = schema.mappings.c
        with self.reading() as connection:
            return connection.scalar(sa.select(table.mapping).where(table.fingerprint == fingerprint))

    def publish(self, token: str, change: Change) -> int:
        """Make a new version current, whole or not at all.

        Args:
            token: of the loader's lock, see `lock.loading`.
            change: what is different.

        Returns:
            The number of the new version.
        """
        with self.writing() as connection:
            lock.require(connection, token)
            version = _version(connection) + 1
            connection.execute(
                schema.versions.insert(), [{"version": version, "at": time.time(), "action": change.action}]
            )
            if change.files:
                connection.execute(schema.files.insert(), [asdict(file) for file in change.files])
            seen, loads = schema.shown, schema.loads
            for file in change.hide:
                open_row = sa.and_(seen.c.path == file.path, seen.c.version_to.is_(None))
                connection.execute(seen.update().where(open_row).values(version_to=version))
            if change.show:
                new = [{"path": file.path, "version_from": version} for file in change.show]
                connection.execute(seen.insert(), new)
            if change.load:
                load, sha256, receipt = change.load
                row = {"id": load, "sha256": sha256, "version_from": version, "receipt": receipt}
                connection.execute(loads.insert(), [row])
            if change.undone:
                connection.execute(loads.update().where(loads.c.id == change.undone).values(version_to=version))
            for fingerprint, mapping in change.mappings.items():
                _put(connection, schema.mappings, {"fingerprint": fingerprint}, {"mapping": mapping})
            for name, value in change.settings.items():
                _put(connection, schema.settings, {"name": name}, {"value": value})
            audit.append(connection, change.actor, change.action, {"version": version, **change.detail})
            return version

    def known_files(self) -> set[str]:
        """Paths of every file in the manifest; anything else in the data folder is a leftover of a killed load."""
        with self.reading() as connection:
            return set(connection.scalars(sa.select(schema.files.c.path)))

    def outdated(self, seconds: float) -> list[str]:
        """Paths of files that no version has shown for `seconds` and no standing load needs."""
        files, seen, loads, versions = schema.files.c, schema.shown.c, schema.loads.c, schema.versions.c
        with self.reading() as connection:
            when = {row.version: row.at for row in connection.execute(sa.select(versions.version, versions.at))}
            ended = {row.id: row.version_to for row in connection.execute(sa.select(loads.id, loads.version_to))}
            last: dict[str, list[int | None]] = {}
            for row in connection.execute(sa.select(seen.path, seen.version_to)):
                last.setdefault(row.path, []).append(row.version_to)
            for row in connection.execute(sa.select(files.path, files.load).where(files.kind == "segment")):
                last.setdefault(row.path, []).append(ended.get(row.load))
        now = time.time()
        return [
            path for path, ends in last.items() if all(end is not None and now - when[end] > seconds for end in ends)
        ]

    def forget(self, paths: Sequence[str]) -> None:
        """Take files that were removed from the disk out of the manifest."""
        with self.writing() as connection:
            for table in (schema.shown, schema.files):
                connection.execute(table.delete().where(table.c.path.in_(paths)))

    def record(self, actor: str, action: str, detail: Mapping[str, Any]) -> None:
        """One line for the audit log."""
        with self.writing() as connection:
            audit.append(connection, actor, action, detail)

    def trail(self) -> list[audit.AuditLine]:
        """The audit log, oldest first; `audit.verify` checks it."""
        with self.reading() as connection:
            return audit.trail(connection)


# Every view of a page asks these several times; building and compiling a statement takes longer than answering it.
_NEWEST = sa.select(sa.func.max(schema.versions.c.version))
_SETTINGS = sa.select(schema.settings)
_SHOWN = (
    sa.select(schema.files)
    .join(schema.shown, schema.shown.c.path == schema.files.c.path)
    .where(
        schema.shown.c.version_from <= sa.bindparam("version"),
        sa.or_(schema.shown.c.version_to.is_(None), schema.shown.c.version_to > sa.bindparam("version")),
    )
    .order_by(schema.files.c.table, schema.files.c.sequence)
)


def _version(connection: sa.Connection) -> int:
    return connection.scalar(_NEWEST) or 0


def _put(
    connection: sa.Connection, table: sa.Table, key: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, Any] | None:
    """Insert or update one row; gives the row that was there."""
    where = sa.and_(*(table.c[name] == value for name, value in key.items()))
    before = connection.execute(sa.select(table).where(where)).first()
    if before is None:
        connection.execute(table.insert(), [{**key, **values}])
        return None
    connection.execute(table.update().where(where).values(**values))
    return dict(before._mapping)


def _unreachable(error: Exception) -> StoreError:
    reason = str(getattr(error, "orig", None) or error).partition("\n")[0]
    return StoreError(
        Message("The state of the workspace cannot be read or written: {reason}.", reason=reason),
        Message("Check the free disk space, the permissions of the folder and the state URL, then try again."),
    )


def as_json(value: Any) -> str:
    """`value` as compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
