"""What people decided, remembered for good: one append-only list of entries a workspace, in named streams.

Nothing is ever overwritten, so two people who change the same thing at once both stay in the history; what holds now is
the fold over the entries of a subject, later fields over earlier ones. Actions, experiments and saved scenarios are
streams.
"""

from __future__ import annotations

import datetime as dt
import json
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ecops.store import schema
from ecops.store.state import State, as_json


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal.

    Attributes:
        seq: position, rising; gaps are possible.
        stream, subject: what kind of thing, and which one.
        at: when it was written, UTC.
        actor: who wrote it.
        fields: the fields that this entry sets.
    """

    seq: int
    stream: str
    subject: str
    at: dt.datetime
    actor: str
    fields: Mapping[str, Any]


def append(state: State, stream: str, subject: str, fields: Mapping[str, Any], actor: str) -> int:
    """Write one entry; returns its position.

    Args:
        state: of the workspace.
        stream: "actions", "experiments", ...
        subject: id of the thing inside the stream.
        fields: JSON-able values to set.
        actor: who says so.

    Raises:
        StoreError: the state cannot be written.
    """
    with state.writing() as connection:
        return write(connection, stream, subject, fields, actor)


def write(connection: sa.Connection, stream: str, subject: str, fields: Mapping[str, Any], actor: str) -> int:
    """`append` inside the transaction of `connection`."""
    row = {
        "stream": stream,
        "subject": subject,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        "actor": actor,
        "entry": as_json(dict(fields)),
    }
    result = connection.execute(schema.journal.insert().values(row))
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def read(state: State, stream: str, subject: str | None = None) -> list[Entry]:
    """The entries of a stream (of one subject), oldest first."""
    # Nothing is overwritten or removed, so as many entries up to the same one are the same entries, whoever wrote them;
    # the number is asked too because PostgreSQL may show a later entry before an earlier one.
    reach = state.glance(_REACH)
    known = _known.get(state)
    if known is None or known[0] != reach:
        known = _known[state] = (reach, {})
    if stream not in known[1]:
        with state.reading() as connection:
            known[1][stream] = tuple(_entry(row) for row in connection.execute(_ENTRIES, {"stream": stream}))
    return [entry for entry in known[1][stream] if subject is None or entry.subject == subject]


def _entry(row: sa.Row[Any]) -> Entry:
    when = dt.datetime.fromisoformat(row.at)
    return Entry(row.seq, row.stream, row.subject, when, row.actor, json.loads(row.entry))


_known: weakref.WeakKeyDictionary[State, tuple[tuple[int, int | None], dict[str, tuple[Entry, ...]]]] = (
    weakref.WeakKeyDictionary()
)
"""How far the journal reached when its streams were read, and what was read of them."""

_NEWEST = sa.select(sa.func.max(schema.journal.c.seq)).where(
    schema.journal.c.stream.not_in(sa.bindparam("aside", expanding=True))
)
_REACH = "SELECT count(*), max(seq) FROM ecops_journal"
_ENTRIES = (
    sa.select(schema.journal).where(schema.journal.c.stream == sa.bindparam("stream")).order_by(schema.journal.c.seq)
)


def last(state: State | None, aside: Sequence[str] = ()) -> int:
    """Position of the newest entry, the key of what is worked out from the journal; 0 without any.

    Args:
        state: of the workspace.
        aside: streams that do not count.
    """
    if state is None:
        return 0
    if not aside:
        return int(state.glance(_REACH)[1] or 0)
    with state.reading() as connection:
        return int(connection.execute(_NEWEST, {"aside": list(aside)}).scalar() or 0)


def fold(entries: list[Entry]) -> dict[str, dict[str, Any]]:
    """What holds now: subject -> fields, the last writer of each field winning, in order of first mention."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        found.setdefault(entry.subject, {}).update(entry.fields)
    return found
