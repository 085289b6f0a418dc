"""Who answers queries: one locked-down DuckDB instance, one cursor a query, as many at once as there are cores.

This is the only place that calls `duckdb.connect`. An engine reads nothing but the folders it was given, writes only
through `Engine.copy`, loads no extension, and its settings cannot be changed by the SQL it runs.

>>> import pyarrow as pa
>>> engine = Engine()
>>> sales = pa.table({"paid": [1, 2, 3]})
>>> engine.query("select sum(paid) as paid from sales where paid > $floor", {"floor": 1}, {"sales": sales}).to_pylist()
[{'paid': 5}]
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from ecops import tables as registry
from ecops import workfolders
from ecops.engine.deadlines import Deadlines
from ecops.errors import EcopsError, StoreError, unknown_name
from ecops.messages import Message, Number

if TYPE_CHECKING:
    import pyarrow as pa

_DEADLINES = Deadlines()
_PIECE = 122_880
"""Rows of one piece of a streamed answer: as many as DuckDB reads at once."""
_WORTH_COMPRESSING = 5_000
"""Rows from which a kept table is compressed."""


class QueryTimeoutError(StoreError):
    """A query was stopped because it took too long, or waited too long for its turn."""


@dataclass(frozen=True, slots=True)
class View:
    """A relation made by one SELECT from relations that stand before it in `tables`."""

    sql: str


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Kept:
    """A table that lies in the memory of an engine, see `Engine.keep`; it goes when nobody holds this any more."""

    table: str


Relation: TypeAlias = "pa.Table | View | Kept | Sequence[Path]"


class Engine:
    """A locked-down DuckDB that lives in memory and reads only what it is shown.

    Args:
        directories: folders whose files may be read by queries and written by `copy`. Nothing else is reachable.
        memory_limit: DuckDB's buffer limit; resident memory may reach 1.5 times as much.
        threads: cores to use, all that this process may use when None.
        temp: folder for data that does not fit into memory; a private one, removed at exit, when None.
        temp_limit: how much may be written there.
        keep_order: keep the row order of files. Loading and roll-ups need less memory without.
    """

    def __init__(
        self,
        directories: Sequence[Path | str] = (),
        memory_limit: str = "1GB",
        threads: int | None = None,
        temp: Path | str | None = None,
        temp_limit: str = "50GB",
        keep_order: bool = True,
    ) -> None:
        self.directories = tuple(Path(folder).resolve() for folder in directories)
        self.threads = threads or len(os.sched_getaffinity(0))
        self._permits = threading.BoundedSemaphore(self.threads)
        if temp is None:
            temp = tempfile.mkdtemp(prefix=workfolders.prefix())
            weakref.finalize(self, shutil.rmtree, temp, ignore_errors=True)
        self._keeping = threading.Lock()
        self._numbers = itertools.count()
        self._unheld: deque[str] = deque()
        self._connection = duckdb.connect(":memory:")
        # The order matters: folders first, then the limits, then the doors, and the lock last.
        for statement in (
            f"SET allowed_directories=[{', '.join(_literal(f'{folder}/') for folder in self.directories)}]",
            f"SET temp_directory={_literal(str(temp))}",
            f"SET max_temp_directory_size={_literal(temp_limit)}",
            f"SET memory_limit={_literal(memory_limit)}",
            f"SET threads={self.threads}",
            f"SET preserve_insertion_order={'true' if keep_order else 'false'}",
            # Long lists behind IN would become joins, and a join on several cores shuffles the rows.
            f"SET disabled_optimizers={_literal('in_clause' if keep_order else '')}",
            "SET enable_progress_bar=false",
            "SET python_enable_replacements=false",
            "SET autoinstall_known_extensions=false",
            "SET autoload_known_extensions=false",
            "SET allow_community_extensions=false",
            "SET allow_unsigned_extensions=false",
            "SET enable_external_access=false",
            "SET lock_configuration=true",
        ):
            self._connection.execute(statement)

    def query(
        self,
        sql: str,
        params: Mapping[str, Any] | None = None,
        tables: Mapping[str, Relation] | None = None,
        timeout: float | None = 30,
    ) -> pa.Table:
        """The answer to one SELECT.

        Args:
            sql: one SELECT in DuckDB's dialect; values as `$name`.
            params: the values.
            tables: relations the query may name: an Arrow table, Parquet files (none = an empty relation with the
                columns of the canonical table of that name), or a `View`. They exist for this query only.
            timeout: seconds, the waiting for a free core included; None for no limit.

        Returns:
            An Arrow table. Sums of whole numbers come back as int64 (float64 where they do not fit).

        Raises:
            StoreError: the query is not a SELECT, cannot be run, needs too much memory, or took too long.
        """
        with self._running(timeout) as cursor:
            select = _only_select(cursor, sql)
            _register(cursor, tables or {})
            relation = cursor.sql(select, params=dict(params or {}))
            return _plain_integers(relation.to_arrow_table())

    def stream(
        self, sql: str, params: Mapping[str, Any] | None = None, tables: Mapping[str, Relation] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The answer to one SELECT piece by piece, when it would not fit into memory; types as DuckDB has them.

        Whoever asks keeps a core until the last piece is read, or the iterator is closed.

        Raises:
            StoreError: as `query`.
        """
        import pyarrow as pa

        with self._running(None) as cursor:
            select = _only_select(cursor, sql)
            _register(cursor, tables or {})
            try:
                yield from cursor.sql(select, params=dict(params or {})).to_arrow_reader(_PIECE)
            except pa.ArrowException as error:
                raise StoreError(Message("The query cannot be run: {reason}.", reason=_first_line(error))) from error

    def rows(
        self, sql: str, params: Mapping[str, Any] | None = None, timeout: float | None = 30
    ) -> list[dict[str, Any]]:
        """The answer to one SELECT as Python values, for a few rows; the worker that reads files needs no Arrow.

        Raises:
            StoreError: as `query`.
        """
        with self._running(timeout) as cursor:
            cursor.execute(_only_select(cursor, sql), dict(params or {}))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def keep(self, name: str, relation: Relation, rows: int, timeout: float | None = 5) -> Kept:
        """Take a relation that is asked often into memory, compressed: a question then takes half the time.

        Opening Parquet files and reading what they say of themselves takes longer than most questions of a small shop.

        Args:
            name: what it is called.
            relation: as in `tables` of `query`.
            rows: how many it has.
            timeout: seconds, the waiting for a free core included.

        Raises:
            StoreError: as `query`.
        """
        kept = Kept(f'kept."{name} {next(self._numbers)}"')
        with self._keeping, self._running(timeout) as cursor:
            cursor.execute("ATTACH IF NOT EXISTS ':memory:' AS kept (COMPRESS)")
            while self._unheld:
                cursor.execute(f"DROP TABLE {self._unheld.popleft()}")
            _register(cursor, {name: relation})
            cursor.execute(f'CREATE TABLE {kept.table} AS FROM "{name}"')
            if rows > _WORTH_COMPRESSING:
                with contextlib.suppress(duckdb.TransactionException):  # somebody reads just now: the next one does it
                    cursor.execute("CHECKPOINT kept")
        weakref.finalize(kept, self._unheld.append, kept.table)
        return kept

    def copy(
        self,
        sql: str,
        out: Path,
        params: Mapping[str, Any] | None = None,
        tables: Mapping[str, Relation] | None = None,
        timeout: float | None = None,
        row_group_size: int = 122_880,
        lasting: bool = True,
    ) -> int:
        """Write the answer to one SELECT as a Parquet file at `out`, whole or not at all.

        The file is written beside `out` under another name, then renamed. A lasting file is compressed (zstd) and
        flushed to disk first; others are read a few times and thrown away, so they are neither.

        Returns:
            The number of rows.

        Raises:
            StoreError: as `query`, and when the disk is full or `out` cannot be written.
        """
        draft = out.with_name(f".{out.name}.tmp")
        try:
            with self._running(timeout) as cursor:
                _only_select(cursor, sql)
                _register(cursor, tables or {})
                statement = (
                    f"COPY ({sql.strip().rstrip(';')}\n) TO {_literal(str(draft.resolve()))} "
                    f"(FORMAT parquet, COMPRESSION {'zstd, COMPRESSION_LEVEL 1' if lasting else 'uncompressed'}, "
                    f"ROW_GROUP_SIZE {row_group_size:d})"
                )
                (rows,) = cursor.execute(statement, dict(params or {})).fetchall()[0]
            if lasting:
                flush(draft)
            os.replace(draft, out)
            if lasting:
                flush(out.parent)
        except OSError as error:
            raise cannot_write(out, error) from error
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
        return int(rows)

    @contextlib.contextmanager
    def _running(self, timeout: float | None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for one query, stopped after `timeout`; DuckDB's errors come out as ours."""
        began = time.monotonic()
        if not self._permits.acquire(timeout=timeout):
            raise _too_long(timeout)
        stopped = threading.Event()
        try:
            with self._connection.cursor() as cursor:

                def stop() -> None:
                    stopped.set()
                    cursor.interrupt()

                if timeout is None:
                    yield cursor
                else:
                    with _DEADLINES.within(max(0.0, timeout - (time.monotonic() - began)), stop):
                        yield cursor
        except duckdb.Error as error:
            raise _as_ours(error, timeout if stopped.is_set() else None) from error
        finally:
            self._permits.release()


@functools.lru_cache(maxsize=4096)
def _resolved(path: Path | str) -> str:
    return str(Path(path).resolve())


def _literal(text: str) -> str:
    """`text` as an SQL string. Only for paths and options of our own; values of users are always parameters."""
    return "'" + text.replace("'", "''") + "'"


def _only_select(cursor: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    statements = cursor.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise StoreError(
            Message("Only one SELECT can be asked at a time."),
            Message("Tables are changed by loading files and undoing loads."),
        )
    return statements[0]


def _register(cursor: duckdb.DuckDBPyConnection, tables: Mapping[str, Relation]) -> None:
    for name, relation in tables.items():
        if not name.isidentifier():
            raise StoreError(Message("{name} cannot be the name of a table.", name=name))
        if isinstance(relation, View | Kept | Sequence):
            cursor.execute(f'CREATE TEMP VIEW "{name}" AS {_source(name, relation)}')
        else:
            cursor.register(name, relation)


def _source(name: str, relation: View | Kept | Sequence[Path]) -> str:
    if isinstance(relation, View):
        return relation.sql
    return f"FROM {relation.table}" if isinstance(relation, Kept) else parquet_sql(name, relation)


def parquet_sql(name: str, files: Sequence[Path], row_numbers: bool = False) -> str:
    """Parquet files of the table `name` as a SELECT.

    Args:
        name: for a canonical table every column is there, NULL where older files lack it, also when there are no files.
        files: inside the engine's folders.
        row_numbers: add `file_row_number`.
    """
    paths = ", ".join(_literal(_resolved(path)) for path in files)
    options = "union_by_name=true" + (", file_row_number=true" if row_numbers else "")
    read = f"SELECT * FROM read_parquet([{paths}], {options})"  # noqa: S608 - our own paths
    if name not in registry.tables():
        if not files:
            raise unknown_name(Message("The table"), name, registry.tables())
        return read
    columns = registry.table(name).columns
    empty = ", ".join(f'CAST(NULL AS {column.sql_type}) AS "{column.name}"' for column in columns)
    empty = f"SELECT {empty} WHERE false"
    return f"{empty} UNION ALL BY NAME {read}" if files else empty


def _plain_integers(table: pa.Table) -> pa.Table:
    """DuckDB sums BIGINT to HUGEINT, which Arrow can only carry as decimals that no kernel wants."""
    import pyarrow as pa

    hugeint = pa.decimal128(38, 0)
    for position, field in enumerate(table.schema):
        if field.type == hugeint:
            column = table.column(position)
            try:
                column = column.cast(pa.int64())
            except pa.ArrowInvalid:
                column = column.cast(pa.float64())
            table = table.set_column(position, field.name, column)
    return table


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _too_long(timeout: float | None) -> QueryTimeoutError:
    return QueryTimeoutError(
        Message("The question took longer than {seconds} seconds and was stopped.", seconds=Number(timeout or 0, 0)),
        Message("Choose a shorter period, or ask again when fewer people are at work."),
    )


def cannot_write(out: Path, error: OSError) -> StoreError:
    """The error for a file that the disk did not take."""
    return StoreError(
        Message("The file could not be written: {reason}.", reason=error.strerror or type(error).__name__),
        Message("Free some disk space or check the permissions of the folder, then try again. Nothing was changed."),
        {"file": out.name},
    )


def _as_ours(error: duckdb.Error, timeout: float | None) -> EcopsError:
    reason = _first_line(error)
    if timeout is not None and isinstance(error, duckdb.InterruptException):
        return _too_long(timeout)
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            Message("The question needs more memory or temporary disk space than it may use."),
            Message("Choose a shorter period or fewer dimensions."),
        )
    if isinstance(error, duckdb.IOException):
        return StoreError(
            Message("A file could not be read or written: {reason}.", reason=reason),
            Message("Check the free disk space and the folder of the workspace."),
        )
    return StoreError(Message("The query cannot be run: {reason}.", reason=reason))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
