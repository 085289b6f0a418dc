"""How loads add up to a table: each load keeps its own segment, and the latest load wins every key.

The rows that readers see of a segment are its *part*: the segment itself as long as no later load repeats its keys,
else a file with the rest. Parts never share a key, so a table is nothing but its parts put together.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ecops.engine.duck import Engine, Relation, View, flush, parquet_sql
from ecops.messages import Message
from ecops.store import manifest
from ecops.store.state import File, Kind
from ecops.tables import Table, table

_TEXT = "VARCHAR"
ORDERS = ("orders", "order_lines")
_STAGES = (
    "WHEN 'unpaid' THEN 0 WHEN 'paid' THEN 1 WHEN 'shipped' THEN 2 WHEN 'completed' THEN 3 WHEN 'closed' THEN 4 "
    "WHEN 'refunded' THEN 4"
)
"""How far an order has come, as branches of an SQL CASE."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How the keys of a load compare with what the table held: counts of rows.

    `moved` are those among the replaced whose day is another: an order never changes the day it was placed on. `back`
    are those whose status goes back, which no order's does either: then the load is an older export; `forth` those
    whose status goes on.
    """

    new: int
    replaced: int
    unchanged: int
    moved: int = 0
    back: int = 0
    forth: int = 0

    @property
    def older(self) -> bool:
        """Whether the load is an older export than what it is compared with."""
        return self.back > self.forth


@dataclass(frozen=True, slots=True)
class Parts:
    """What readers see of one table.

    Attributes:
        show, hide: parts that become visible, or invisible.
        written: new files among `show`.
        current: every part of the new version.
    """

    show: tuple[File, ...]
    hide: tuple[File, ...]
    written: tuple[File, ...]
    current: tuple[File, ...]


class Builder:
    """Writes segments and parts into the data folder.

    Args:
        engine: may read and write `folder`.
        folder: the data folder of the workspace.
        progress: told what is being done.
    """

    def __init__(self, engine: Engine, folder: Path, progress: Callable[[Message], None]) -> None:
        self.engine = engine
        self.folder = folder
        self.progress = progress
        self.written: list[Path] = []

    def segment(self, source: Path, name: str, load: str, sequence: int) -> tuple[File, int]:
        """Take the converted file at `source` over as a segment, each key once (the last row wins).

        Returns:
            The segment, and how many rows with a repeated key were dropped.
        """
        shape = table(name)
        rows = self._count(f"SELECT count(*) AS n FROM {name}", {name: [source]})  # noqa: S608 - names of ecops.tables
        keys = ", ".join(_key(shape, key, "s") for key in shape.key)
        distinct = self._count(f"SELECT count(*) AS n FROM (SELECT DISTINCT {keys} FROM {name} AS s)", {name: [source]})  # noqa: S608 - names of ecops.tables
        if distinct < rows:
            file = self._write(
                "SELECT * EXCLUDE (file_row_number) FROM numbered AS s "  # noqa: S608 - names of ecops.tables
                f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY file_row_number DESC) = 1",
                {"numbered": View(parquet_sql(name, [source], row_numbers=True))},
                name,
                "segment",
            )
        else:
            path = self._path(name)
            os.replace(source, path)
            flush(path.parent)
            file = self._file(path, name, "segment", rows)
        return replace(file, load=load, sequence=sequence), rows - distinct

    def compare(self, name: str, new: Sequence[File], current: Sequence[File]) -> Keys:
        """How the rows of `new` compare with those of the parts in `current`."""
        rows = sum(file.rows for file in new)
        if not current or not rows:
            return Keys(rows, 0, 0)
        shape = table(name)
        same = " AND ".join(f'n."{column}" IS NOT DISTINCT FROM o."{column}"' for column in shape.names)
        day = f"CAST(n.{shape.date} AS DATE) <> CAST(o.{shape.date} AS DATE)" if shape.date else "false"
        n, o = (f"CASE {side}.status {_STAGES} END" if name in ORDERS else "0" for side in ("n", "o"))
        counted = {"same": same, "moved": day, "back": f"{n} < {o}", "forth": f"{n} > {o}"}
        counts = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {what}" for what, condition in counted.items())
        answer = self.engine.query(
            f"SELECT count(*) AS found, {counts} "  # noqa: S608 - names of ecops.tables
            f"FROM fresh AS n JOIN {name} AS o ON {_same_key(shape, 'n', 'o')}",
            tables={name: self._paths(current), "fresh": self._typed(name, new)},
            timeout=None,
        ).to_pylist()[0]
        found = answer.pop("found")
        return Keys(rows - found, found - answer["same"], answer.pop("same"), **answer)

    def place(self, name: str, new: File, current: Sequence[File], taken: Iterable[int]) -> int:
        """Where a segment belongs: on top, or beneath the parts that hold its orders in a later state.

        Args:
            name: of the table.
            new: the segment, with the sequence on top of all.
            current: the parts of the table.
            taken: every sequence in use.
        """
        later = [part.sequence for part in current if self.compare(name, [new], [part]).older]
        if not later:
            return new.sequence
        below = max((sequence for sequence in taken if sequence < min(later)), default=0)
        # Workspaces of earlier releases leave no room between loads; there the last load wins as it always did.
        middle = (below + min(later)) // 2
        return middle if middle > below else new.sequence

    def after_load(self, name: str, current: Sequence[File], new: Sequence[File]) -> Parts:
        """The parts of a table when the segments `new`, in order, come on top of the parts in `current`."""
        show, hide, written, kept = [], [], [], []
        for part in sorted((*current, *new), key=lambda file: file.sequence):
            newer = (*current, *new) if part in new else new
            rest = self._less(name, part, [file for file in newer if file.sequence > part.sequence])
            if rest is not part:
                written += [rest] if rest else []
                hide += [part] if part not in new else []
            if rest and (rest is not part or part in new):
                show.append(rest)
            kept += [rest] if rest else []
        return Parts(tuple(show), tuple(hide), tuple(written), tuple(kept))

    def after_undo(self, name: str, current: Sequence[File], segments: Sequence[File], gone: Sequence[File]) -> Parts:
        """The parts of a table when the segments in `gone` are taken away and `segments` remain."""
        shown = {part.sequence: part for part in current}
        last_gone = max(file.sequence for file in gone)
        hide = [shown[file.sequence] for file in gone if file.sequence in shown]
        show, written, kept = [], [], []
        for segment in segments:
            part = shown.get(segment.sequence)
            newer = [file for file in segments if file.sequence > segment.sequence]
            whole = part is not None and part.path == segment.path
            rest = part
            if not whole and segment.sequence < last_gone:
                rest = self._less(name, segment, newer)
                written += [rest] if rest and rest is not segment else []
                hide += [part] if part else []
                show += [rest] if rest else []
            kept += [rest] if rest else []
        return Parts(tuple(show), tuple(hide), tuple(written), tuple(kept))

    def rollup(self, sql: str, name: str, tables: Mapping[str, Relation], load: str) -> File:
        """Write one roll-up of the given tables."""
        return replace(self._write(sql, tables, name, "rollup"), load=load)

    def discard(self, published: Collection[str]) -> None:
        """Remove everything written so far, except what was published."""
        for path in self.written:
            if path.relative_to(self.folder).as_posix() not in published:
                path.unlink(missing_ok=True)

    def _less(self, name: str, part: File, newer: Sequence[File]) -> File | None:
        """What newer segments leave of a part: itself, a new file, or None when nothing is left."""
        if not newer or not part.rows:
            return part if part.rows else None
        relations = {name: self._paths([part]), "fresh": self._typed(name, newer)}
        left = f"FROM {name} AS o ANTI JOIN fresh AS n ON {_same_key(table(name), 'n', 'o')}{_unless_nameless(name)}"
        kept = self._count(f"SELECT count(*) AS n {left}", relations)
        if kept in (0, part.rows):
            return part if kept else None
        self.progress(Message("Replacing rows that the new export repeats."))
        rest = self._write(f"SELECT o.* {left}", relations, name, "part")
        return replace(rest, load=part.load, sequence=part.sequence)

    def _typed(self, name: str, files: Iterable[File]) -> View:
        """Files of one canonical table under another name, with the columns they may lack."""
        return View(parquet_sql(name, self._paths(files)))

    def _write(self, sql: str, tables: Mapping[str, Relation], name: str, kind: Kind) -> File:
        path = self._path(name)
        rows = self.engine.copy(sql, path, tables=tables)
        return self._file(path, name, kind, rows)

    def _path(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{uuid.uuid4().hex}.parquet"
        self.written.append(path)
        return path

    def _file(self, path: Path, name: str, kind: Kind, rows: int) -> File:
        first, last = (None, None) if kind == "rollup" else self._span(path, name)
        return File(
            path=path.relative_to(self.folder).as_posix(),
            table=name,
            kind=kind,
            load="",
            sequence=0,
            sha256=manifest.digest(path),
            size=path.stat().st_size,
            rows=rows,
            first_day=first,
            last_day=last,
        )

    def _span(self, path: Path, name: str) -> tuple[str | None, str | None]:
        date = table(name).date
        if not date:
            return None, None
        sql = f"SELECT min(CAST({date} AS DATE)) AS first, max(CAST({date} AS DATE)) AS last FROM {name}"  # noqa: S608 - names of ecops.tables
        row = self.engine.query(sql, tables={name: [path]}, timeout=None).to_pylist()[0]
        return (row["first"].isoformat(), row["last"].isoformat()) if row["first"] else (None, None)

    def _count(self, sql: str, tables: Mapping[str, Relation]) -> int:
        return int(self.engine.query(sql, tables=tables, timeout=None)["n"][0].as_py())

    def _paths(self, files: Iterable[File]) -> list[Path]:
        return [manifest.verified(self.folder, file) for file in files]


_NAMELESS = {"experiment_units": ("unit_id", "experiment")}
"""Table -> the column without which nobody can say which rows of two files are the same, and what such a file is
about: the newer file then replaces the older one, instead of leaving those of its rows that have no successor."""


def _unless_nameless(name: str) -> str:
    """The condition under which rows stay although no new row has their key."""
    if name not in _NAMELESS:
        return ""
    identity, subject = _NAMELESS[name]
    told = f"SELECT coalesce({subject}, '') FROM fresh WHERE {identity} IS NULL"  # noqa: S608 - names of ecops.tables
    return f" WHERE o.{identity} IS NOT NULL OR coalesce(o.{subject}, '') NOT IN ({told})"


def _key(shape: Table, column: str, alias: str) -> str:
    """A key column in which a missing value counts as ''."""
    return f"coalesce({alias}.\"{column}\", '')" if shape[column].sql_type == _TEXT else f'{alias}."{column}"'


def _same_key(shape: Table, left: str, right: str) -> str:
    pairs = []
    for column in shape.key:
        equal = "=" if shape[column].sql_type == _TEXT else "IS NOT DISTINCT FROM"
        pairs.append(f"{_key(shape, column, left)} {equal} {_key(shape, column, right)}")
    return " AND ".join(pairs)
