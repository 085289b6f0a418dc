"""What a shop chose that its figures are worked out from: limits, goals, rates, benchmarks, with who, when and why.

One stream of the journal. A choice belongs to a topic ("parameter", "rate", ...) and has a name inside it. The position
of the newest one is part of the version of a workspace, so whatever is kept by version (answers of pages, findings of
the review) is worked out anew after a change, and `ecops.store.Data` holds the choices as they were at its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecops.store import audit, journal
from ecops.store.journal import Entry
from ecops.store.state import State

STREAM = "choices"

Choices = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Topic -> name -> fields; what was taken back is not there."""


def choose(state: State, topic: str, name: str, fields: Mapping[str, Any], actor: str) -> None:
    """Write one choice down; fields that are not named keep what they were. The audit log gets a line.

    Args:
        state: of the workspace.
        topic: what kind of choice, without a slash.
        name: which one; topic and name together take at most 63 letters.
        fields: JSON-able values.
        actor: who says so.

    Raises:
        StoreError: the state cannot be written.
    """
    _write(state, topic, name, {**fields, "removed": False}, actor)


def take_back(state: State, topic: str, name: str, actor: str, reason: str = "") -> None:
    """Take a choice back, so that what holds for every shop holds again; its history stays.

    Raises:
        StoreError: the state cannot be written.
    """
    _write(state, topic, name, {"removed": True, "reason": reason}, actor)


def held(state: State) -> tuple[int, Choices]:
    """Position of the newest choice (0 without any) and all choices that hold, read in one moment."""
    entries = journal.read(state, STREAM)
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for subject, fields in journal.fold(entries).items():
        topic, _slash, name = subject.partition("/")
        if not fields["removed"]:
            found.setdefault(topic, {})[name] = {key: value for key, value in fields.items() if key != "removed"}
    return (entries[-1].seq if entries else 0), found


def history(state: State, topic: str, name: str | None = None) -> list[tuple[str, Entry]]:
    """Every change of a topic (of one name in it), oldest first, with the name it is about."""
    entries = journal.read(state, STREAM, None if name is None else f"{topic}/{name}")
    parts = [(entry.subject.partition("/"), entry) for entry in entries]
    return [(own, entry) for (kind, _slash, own), entry in parts if kind == topic]


def newest(state: State) -> int:
    """Position of the newest choice; 0 without any."""
    return int(state.glance(_NEWEST)[0] or 0)


_NEWEST = "SELECT max(seq) FROM ecops_journal WHERE stream = 'choices'"


def _write(state: State, topic: str, name: str, fields: Mapping[str, Any], actor: str) -> None:
    subject = f"{topic}/{name}"
    with state.writing() as connection:
        journal.write(connection, STREAM, subject, fields, actor)
        audit.append(connection, actor, "choice", {"subject": subject, **fields})
