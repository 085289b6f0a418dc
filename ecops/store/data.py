"""Tables that answer SQL, wherever they come from: what every analysis is given."""

from __future__ import annotations

import contextlib
import functools
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ecops import tables as registry
from ecops.engine.duck import Engine, Kept, Relation, View
from ecops.errors import StoreError
from ecops.messages import Message
from ecops.store import manifest, rollups

if TYPE_CHECKING:
    from ecops.store.choices import Choices
    from ecops.store.state import File, State

_NO_CHOICES: Choices = MappingProxyType({})
_REMEMBERED = 256
_SMALL = 1_000_000
"""Bytes up to which an answer is remembered."""
_KEPT = 150_000
"""Rows up to which the files of a table are taken into memory when they are asked a second time."""


class Data:
    """A fixed set of tables: a version of a workspace, or frames.

    Canonical tables and roll-ups (see `ecops.store.rollups`) are queried by their names; a canonical table that is not
    there is empty. Safe to use from several threads; the tables never change, so `version` is the key for caches.

    Attributes:
        version: changes with every change of the data and of the shop's choices.
        currency: ISO code of the money, "" when nothing says it.
        notes: what was left out or filled in when frames were taken over.
        state: what the workspace remembers beside its tables, for its journals; None for frames.
        choices: what the shop chose that figures are worked out from, see `ecops.store.choices`.
    """

    def __init__(
        self,
        engine: Engine,
        relations: Mapping[str, Callable[[], Relation]],
        rows: Mapping[str, int],
        version: str,
        currency: str = "",
        notes: tuple[Message, ...] = (),
        state: State | None = None,
        choices: Choices = _NO_CHOICES,
    ) -> None:
        self._engine = engine
        self._relations = relations
        self._rows = rows
        self.version = version
        self.currency = currency
        self.notes = notes
        self.state = state
        self.choices = choices
        self._answers: OrderedDict[Hashable, pa.Table] = OrderedDict()
        self._made: dict[str, pa.Table] = {}
        self._kept: dict[str, Kept | None] = {}
        self._making = threading.RLock()

    def query(self, sql: str, params: Mapping[str, Any] | None = None, timeout: float | None = 30) -> pa.Table:
        """The answer to one SELECT over the tables; small ones are remembered, since analyses share many questions.

        Args:
            sql: DuckDB's dialect, values as `$name`.
            params: the values.
            timeout: seconds.

        Raises:
            StoreError: the query cannot be run or took too long, or a file of the workspace is damaged.
        """
        key = sql, tuple((name, type(value), _fixed(value)) for name, value in (params or {}).items())
        known = self._answers.get(key)
        if known is not None:
            return known
        answer = self._engine.query(sql, params, self._read_by(sql), timeout)
        if answer.nbytes <= _SMALL:
            if len(self._answers) >= _REMEMBERED:
                self._answers.popitem(last=False)
            self._answers[key] = answer
        return answer

    def stream(self, sql: str, params: Mapping[str, Any] | None = None) -> Iterator[pa.RecordBatch]:
        """The answer to one SELECT over the tables, piece by piece; see `Engine.stream`.

        Raises:
            StoreError: the query cannot be run, or a file of the workspace is damaged.
        """
        return self._engine.stream(sql, params, self._read_by(sql))

    def has(self, table: str) -> bool:
        """Whether a canonical table or a roll-up has rows."""
        if table in registry.tables():
            return self._rows.get(table, 0) > 0
        return any(self._rows.get(name, 0) > 0 for name in rollups.SOLD)

    def rows(self, table: str) -> int:
        """Number of rows of a canonical table."""
        return self._rows.get(registry.table(table).name, 0)

    def _read_by(self, sql: str) -> dict[str, Relation]:
        """The tables that a query reads, views after what they are made of."""
        tables: dict[str, Relation] = {}
        for name in sorted(names_in(sql), key=lambda name: name in rollups.VIEWS):
            self._add(name, tables)
        return tables

    def _add(self, name: str, tables: dict[str, Relation]) -> None:
        if name in tables:
            return
        if name in self._relations:
            tables[name] = self._given(name)
        elif name == rollups.PLAIN and self._only_lines:
            self._add("order_lines", tables)
            tables[name] = View(rollups.sql(rollups.ALONE))
        elif name in rollups.VIEWS:
            for table in rollups.VIEWS[name]:
                self._add(table, tables)
            tables[name] = View(rollups.sql(name))
        elif name in rollups.NAMES:
            tables[name] = self._roll_up(name)
        else:
            tables[name] = []

    def _given(self, name: str) -> Relation:
        """A table as it was given, or as it was taken into memory."""
        relation = self._relations[name]()
        rows = self._rows.get(name, 0)
        if not isinstance(relation, list) or not relation or rows > _KEPT:
            return relation
        with self._making:
            known = name in self._kept
            kept = self._kept.setdefault(name, None)
            if known and kept is None:
                # Where there is no room or no core for it, or the file is damaged, its own reading goes on or says so.
                with contextlib.suppress(StoreError):
                    kept = self._kept[name] = self._engine.keep(name, relation, rows)
        return kept or relation

    @functools.cached_property
    def _only_lines(self) -> bool:
        """Whether all that is known of sales are order lines, none of them by an ERP."""
        if self.has("orders") or not self.has("order_lines"):
            return False
        lines = {"order_lines": self._relations["order_lines"]()}
        sql = "select 1 as erp from order_lines where recorded_by = 'erp' limit 1"
        return not self._engine.query(sql, tables=lines, timeout=None).num_rows

    def _roll_up(self, name: str) -> pa.Table:
        """A roll-up that no file holds: made once, at first use."""
        with self._making:
            if name not in self._made:
                tables: dict[str, Relation] = {}
                for part in names_in(rollups.sql(name)):
                    self._add(part, tables)
                self._made[name] = self._engine.query(rollups.sql(name), tables=tables, timeout=None)
            return self._made[name]


def _fixed(value: Any) -> Hashable:
    """A value of a query as a part of a key."""
    return tuple(_fixed(part) for part in value) if isinstance(value, (list, tuple)) else value


def workspace_data(
    engine: Engine,
    folder: Path,
    state: State,
    files: list[File],
    version: str,
    *,
    currency: str = "",
    choices: Choices = _NO_CHOICES,
) -> Data:
    """The tables that `files` of a workspace's data folder make up; the files stay until nobody holds the result."""
    groups: dict[str, list[File]] = {}
    for file in files:
        groups.setdefault(file.table, []).append(file)

    def opened(group: list[File]) -> list[Path]:
        return [manifest.verified(folder, file) for file in group]

    rows = {name: sum(file.rows for file in group) for name, group in groups.items()}
    relations = {name: functools.partial(opened, group) for name, group in groups.items()}
    data = Data(engine, relations, rows, version, currency, state=state, choices=choices)
    paths = [folder / file.path for file in files]
    manifest.lease(paths)
    weakref.finalize(data, manifest.release, paths)
    return data


@functools.cache
def known_names() -> frozenset[str]:
    """Every name that a query may use as a table."""
    return frozenset((*registry.tables(), *rollups.NAMES, *rollups.VIEWS))


@functools.lru_cache(maxsize=4096)
def names_in(sql: str) -> frozenset[str]:
    """The known tables that a query reads."""
    import sqlglot
    from sqlglot import expressions

    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError:
        # What sqlglot cannot read DuckDB may: then every known word counts as a table.
        return frozenset(name for name in known_names() if name in sql)
    return frozenset(table.name for table in tree.find_all(expressions.Table)) & known_names()
