"""Where an experiment's rows come from: a workspace, a data frame, an Arrow table or a file."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ecops.engine.duck import Engine
from ecops.errors import FileError, MappingError
from ecops.messages import Message

if TYPE_CHECKING:
    from ecops.store.data import Data

TIMEOUT = 300.0
"""Seconds; ten million users take three."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that can be asked in SQL.

    Attributes:
        table: name of the relation in queries.
        schema: Arrow schema of its columns.
        currency: ISO code.
    """

    table: str
    schema: pa.Schema
    currency: str
    _ask: Any

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """The answer to one SELECT."""
        return self._ask(sql, dict(params or {}))


@functools.lru_cache(maxsize=8)
def _engine(folder: str) -> Engine:
    return Engine([folder] if folder else [], keep_order=False)


def open_source(data: Any, tables: tuple[str, ...], arm: str = "") -> Source:
    """Rows of `data`.

    Args:
        data: a `Workspace` or `ecops.store.data.Data`, a pandas or polars frame, an Arrow table, or the path of a
            Parquet or CSV file.
        tables: canonical tables to look for in a workspace, the first with rows wins.
        arm: the column that must be there; a frame or file without it is read by the synonyms of the canonical tables
            instead of by its own column names.
    """
    source: Source | None = None
    if isinstance(data, str | Path):
        source = _from_file(Path(data))
    elif isinstance(data, pa.Table):
        source = _from_arrow(data)
    elif hasattr(data, "to_arrow"):
        source = _from_arrow(data.to_arrow())
    elif hasattr(data, "iloc"):
        source = _from_arrow(pa.Table.from_pandas(data, preserve_index=False))
    if source is None:
        return _from_store(data, tables)
    if arm and arm not in source.schema.names:
        return _by_synonyms(data, tables) or source
    return source


def _by_synonyms(data: Any, tables: tuple[str, ...]) -> Source | None:
    from ecops.store.inputs import open_data

    for table in tables:
        try:
            return _of(open_data({table: data}), table)
        except MappingError:
            continue
    return None


def _from_arrow(table: pa.Table) -> Source:
    engine = _engine("")

    def ask(sql: str, params: Mapping[str, Any]) -> pa.Table:
        return engine.query(sql, params, {"given": table}, TIMEOUT)

    return Source("given", table.schema, "", ask)


def _from_file(path: Path) -> Source:
    if not path.is_file():
        raise FileError(Message("The file does not exist."), where={"file": path.name})
    if path.suffix.lower() == ".parquet":
        engine = _engine(str(path.resolve().parent))

        def ask(sql: str, params: Mapping[str, Any]) -> pa.Table:
            return engine.query(sql, params, {"given": [path]}, TIMEOUT)

        return Source("given", ask("select * from given limit 0", {}).schema, "", ask)
    from pyarrow import csv

    try:
        table = csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=True))
    except (pa.ArrowInvalid, OSError) as error:
        raise FileError(
            Message("The file cannot be read as a CSV table in UTF-8."),
            Message("Load it into a workspace, which knows more kinds of files."),
            {"file": path.name},
        ) from error
    return _from_arrow(table)


def _from_store(data: Any, tables: tuple[str, ...]) -> Source:
    from ecops.store.inputs import open_data

    # Tables that somebody has already opened, or narrowed to some channels, answer for themselves.
    opened = data if hasattr(data, "query") and hasattr(data, "has") else open_data(data, tables[0])
    name = next((table for table in tables if opened.has(table)), None)
    if name is None:
        raise FileError(
            Message("There is no experiment in this workspace."),
            Message("Upload one row a person, or the totals of each arm."),
        )
    return _of(opened, name)


def _of(opened: Data, table: str) -> Source:
    def ask(sql: str, params: Mapping[str, Any]) -> pa.Table:
        return opened.query(sql, params, TIMEOUT)

    empty = ask(f"select * from {table} limit 0", {})  # noqa: S608 - a canonical table
    return Source(table, empty.schema, opened.currency, ask)
