"""Where an experiment's rows come from: a workspace, a data frame, an Arrow table or a file."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ecops.errors import FileError
from ecops.messages import Message
from ecops.store.engine import Engine

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


def open_source(data: Any, tables: tuple[str, ...]) -> Source:
    """Rows of `data`.

    Args:
        data: a `Workspace` (or anything else that `ecops.store.inputs.open_data` takes), a pandas or polars frame, an
            Arrow table, or the path of a Parquet or CSV file.
        tables: canonical tables to look for in a workspace, the first with rows wins.
    """
    if isinstance(data, str | Path):
        return _from_file(Path(data))
    if isinstance(data, pa.Table):
        return _from_arrow(data)
    if hasattr(data, "to_arrow"):
        return _from_arrow(data.to_arrow())
    if hasattr(data, "iloc"):
        return _from_arrow(pa.Table.from_pandas(data, preserve_index=False))
    return _from_store(data, tables)


def _from_arrow(table: pa.Table) -> Source:
    engine = _engine("")

    def ask(sql: str, params: Mapping[str, Any]) -> pa.Table:
        return engine.query(sql, params, {"given": table}, TIMEOUT)

    return Source("given", table.schema, "CNY", ask)


def _from_file(path: Path) -> Source:
    if not path.is_file():
        raise FileError(Message("The file does not exist."), where={"file": path.name})
    if path.suffix.lower() == ".parquet":
        engine = _engine(str(path.resolve().parent))

        def ask(sql: str, params: Mapping[str, Any]) -> pa.Table:
            return engine.query(sql, params, {"given": [path]}, TIMEOUT)

        return Source("given", ask("select * from given limit 0", {}).schema, "CNY", ask)
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

    opened = open_data(data, tables[0])
    name = next((table for table in tables if opened.has(table)), None)
    if name is None:
        raise FileError(
            Message("There is no experiment in this workspace."),
            Message("Upload one row a person, or the totals of each arm."),
        )

    def ask(sql: str, params: Mapping[str, Any]) -> pa.Table:
        return opened.query(sql, params)

    return Source(name, ask(f"select * from {name} limit 0", {}).schema, opened.currency, ask)  # noqa: S608 - canonical
