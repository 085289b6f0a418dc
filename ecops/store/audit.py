"""The append-only audit log: one line for every load, undo, edit, export and sign-in, chained by hashes.

A line that is changed, removed or slipped in breaks the chain at its number. A tail that is cut off cannot be seen from
the log alone; keep `head` somewhere else (a mail, a printed report) and give it to `verify`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from ecops.messages import Message
from ecops.store import schema

_START = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that was done.

    Attributes:
        seq: 1, 2, 3, ... without gaps.
        at: when, ISO 8601 in UTC.
        actor: who, "" when nobody is signed in.
        action: "load", "undo", "setting", "export", ...
        detail: what exactly, as JSON; never a personal value.
        previous, hash: the chain.
    """

    seq: int
    at: str
    actor: str
    action: str
    detail: str
    previous: str
    hash: str


def append(connection: sa.Connection, actor: str, action: str, detail: Mapping[str, Any]) -> None:
    """Write one line inside the transaction of `connection`."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE ecops_audit IN EXCLUSIVE MODE")
    seq, previous = head(connection)
    body = {
        "seq": seq + 1,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        "actor": actor,
        "action": action,
        "detail": _canonical(detail),
        "previous": previous,
    }
    connection.execute(schema.audit.insert(), [{**body, "hash": _digest(body)}])


def head(connection: sa.Connection) -> tuple[int, str]:
    """Number and hash of the last line; (0, "000...") for an empty log."""
    log = schema.audit.c
    row = connection.execute(sa.select(log.seq, log.hash).order_by(log.seq.desc()).limit(1)).first()
    return (row.seq, row.hash) if row else (0, _START)


def trail(connection: sa.Connection) -> list[AuditLine]:
    """Every line, oldest first."""
    rows = connection.execute(sa.select(schema.audit).order_by(schema.audit.c.seq))
    return [AuditLine(**row._mapping) for row in rows]


def verify(lines: Sequence[AuditLine], head: tuple[int, str] | None = None) -> list[Message]:
    """What is wrong with the log; empty when it is whole.

    Args:
        lines: the log, oldest first.
        head: number and hash of a line that was noted down elsewhere; finds a tail that was cut off or rewritten.
    """
    found, previous = [], _START
    for expected, line in enumerate(lines, 1):
        body = asdict(line)
        own = body.pop("hash")
        if line.seq != expected or line.previous != previous or own != _digest(body):
            found.append(
                Message("Line {seq} of the audit log was changed or lines before it are missing.", seq=line.seq)
            )
            break
        previous = own
    if head is not None and not any((line.seq, line.hash) == head for line in lines) and head != (0, _START):
        found.append(Message("The audit log no longer holds line {seq} as it was noted down.", seq=head[0]))
    return found


def _canonical(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(body).encode()).hexdigest()
