"""What a shop's data looks like: one TOML a canonical table, and the only place that knows a column's name.

Mapping, validation, masking, glossary and documentation are all made from these files.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from ecops.errors import unknown_name
from ecops.messages import Message, Term

_FOLDER = Path(__file__).parent

ColumnType = Literal[
    "id", "text", "category", "person", "integer", "number", "money", "rate", "date", "timestamp", "boolean"
]
"""id: text that never loses a digit. category: text with few values. person: replaced by a salted hash on load.
money: amount in the workspace's currency. rate: a share, 0.031 for 3.1 %."""

Sensitive = Literal["", "cost", "supplier", "person"]

SQL_TYPES: Mapping[ColumnType, str] = {
    "id": "VARCHAR",
    "text": "VARCHAR",
    "category": "VARCHAR",
    "person": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "money": "DOUBLE",
    "rate": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column; the fields are those of the TOML.

    Attributes:
        name: snake case, stable, the name in Parquet and SQL.
        type: see `ColumnType`; `sql_type` is its DuckDB type.
        label: what people call it.
        meaning: one sentence: what is in it, how it is counted.
        unit: what one is ("yuan" is never written: money is in the workspace's currency); "" where there is none.
        required: a file without it cannot be loaded into this table.
        sensitive: who must not see it, see the masking at the door out.
        synonyms: headers under which unknown files carry it, in any language.
        header_of: the column whose header in the file this one holds; "" for columns that files fill.
        stems: parts of headers that may carry it; such a header is proposed and asked about, never taken in silence.
    """

    name: str
    type: ColumnType
    label: Term
    meaning: Term
    unit: str = ""
    required: bool = False
    sensitive: Sensitive = ""
    synonyms: tuple[str, ...] = ()
    header_of: str = ""
    stems: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        """The DuckDB type."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    Attributes:
        name: snake case.
        grain: what one row is.
        key: columns that name a row; loading a row with a known key replaces it, a missing value counts as "".
        date: the column that says which day a row belongs to, "" when a row has no day.
        dimensions: columns by which figures may be split.
        columns: in the order of the TOML.
        measures: what a file must hold to be loaded without a question: of each group one column.
        decisive: columns that change what counts; a known report that lacks one and has headers that nobody knows is
            asked about.
    """

    name: str
    label: Term
    meaning: Term
    grain: Term
    key: tuple[str, ...]
    date: str
    dimensions: tuple[str, ...]
    columns: tuple[Column, ...]
    measures: tuple[tuple[str, ...], ...] = ()
    decisive: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise unknown_name(Message("The column"), name, self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns a file must have."""
        return tuple(column.name for column in self.columns if column.required)


def _term(entry: Mapping[str, str]) -> Term:
    return Term(en=entry["en"], zh=entry["zh"])


def _column(entry: Mapping[str, Any]) -> Column:
    return Column(
        name=entry["name"],
        type=cast("ColumnType", entry["type"]),
        label=_term(entry["label"]),
        meaning=_term(entry["meaning"]),
        unit=entry.get("unit", ""),
        required=entry.get("required", False),
        sensitive=cast("Sensitive", entry.get("sensitive", "")),
        synonyms=tuple(entry.get("synonyms", ())),
        header_of=entry.get("header_of", ""),
        stems=tuple(entry.get("stems", ())),
    )


@functools.cache
def _read(name: str) -> Table:
    entry = tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
    return Table(
        name=name,
        label=_term(entry["label"]),
        meaning=_term(entry["meaning"]),
        grain=_term(entry["grain"]),
        key=tuple(entry["key"]),
        date=entry.get("date", ""),
        dimensions=tuple(entry.get("dimensions", ())),
        columns=tuple(_column(column) for column in entry["columns"]),
        measures=tuple(tuple(group) for group in entry.get("measures", ())),
        decisive=tuple(entry.get("decisive", ())),
    )


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(path.stem for path in _FOLDER.glob("*.toml"))


@functools.cache
def tables() -> Mapping[str, Table]:
    """Every canonical table by name."""
    return {name: _read(name) for name in sorted(_names())}


def table(name: str) -> Table:
    """The canonical table called `name`; the others are not read: a process that converts one sheet needs one."""
    if name not in _names():
        raise unknown_name(Message("The table"), name, _names())
    return _read(name)
