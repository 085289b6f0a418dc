"""The reader's choice of platforms, shops and channels, put over the tables before any analysis sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from ecops.store import Data
from ecops.store.data import names_in

_HEAD = re.compile(r"^(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_CALENDAR = "calendar"
_WITH = re.compile(r"with\b(?!\s+recursive\b)", re.IGNORECASE)


class Filtered:
    """Tables of which only some rows are there; answers queries like `ecops.store.Data`.

    Args:
        data: all rows.
        where: (dimension, values) pairs. A table without the dimension has no rows then: what cannot be told apart by
            channel must not be shown as if it could. Events of the calendar that name no platform touch all of them
            and stay under every filter.

    Attributes:
        version, currency, notes, state, choices: those of `data`; the filter is part of the reader's own cache key.
        whole: `data` itself, for what holds for a platform whatever part of it is looked at.
    """

    def __init__(self, data: Data, where: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        self.whole = self._data = data
        self._where = dict(where)
        self.version = f"{data.version}-{where!r}"
        self.currency = data.currency
        self.notes = data.notes
        self.state = data.state
        self.choices = data.choices
        self._columns: dict[str, frozenset[str]] = {}

    def has(self, table: str) -> bool:
        """Whether a canonical table or a roll-up has rows after the filter could apply."""
        return self._data.has(table) and (table == _CALENDAR or self._where.keys() <= self._names(table))

    def rows(self, table: str) -> int:
        """Number of rows of a canonical table before the filter."""
        return self._data.rows(table)

    def query(self, sql: str, params: Mapping[str, Any] | None = None, timeout: float | None = 30) -> pa.Table:
        """The answer to one SELECT over the rows that are left; see `ecops.store.Data.query`."""
        return self._data.query(*self._scoped(sql, params), timeout)

    def stream(self, sql: str, params: Mapping[str, Any] | None = None) -> Iterator[pa.RecordBatch]:
        """The same piece by piece; see `ecops.store.Data.stream`."""
        return self._data.stream(*self._scoped(sql, params))

    def _scoped(self, sql: str, params: Mapping[str, Any] | None) -> tuple[str, Mapping[str, Any] | None]:
        """A query that sees only the rows that are left, and its values."""
        views = ", ".join(self._view(name) for name in sorted(names_in(sql)))
        if not views:
            return sql, params
        head = _HEAD.match(sql)
        body = sql[head.end() if head else 0 :]
        own = _WITH.match(body)
        joined = f"with {views}, {body[own.end() :]}" if own else f"with {views} {body}"
        values = {f"scope_{name}": list(chosen) for name, chosen in self._where.items()}
        used = {name: value for name, value in values.items() if f"${name}" in joined}
        return joined, {**(params or {}), **used}

    def _view(self, name: str) -> str:
        there = self._where.keys() <= self._names(name)
        tests = (
            " and ".join(f"list_contains($scope_{column}, {column})" for column in self._where) if there else "false"
        )
        if name == _CALENDAR:
            tests = f"coalesce(platform, '') = '' or ({tests})"
        return f"{name} as (select * from {name} where {tests})"  # noqa: S608 - names of ecops.tables and its roll-ups

    def _names(self, table: str) -> frozenset[str]:
        if table not in self._columns:
            empty = self._data.query(f"select * from {table} limit 0")  # noqa: S608 - as above
            self._columns[table] = frozenset(empty.column_names)
        return self._columns[table]
