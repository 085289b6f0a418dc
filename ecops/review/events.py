"""Events of the calendar written by hand: each is a small load of its own, so that it can be taken back like one."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.engine import load_sql
from ecops.errors import SpecError, unknown_name
from ecops.messages import Message
from ecops.metrics.daily import opened
from ecops.review.week.deck import KINDS

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "generic_calendar"
_PREFIX = "calendar-by-hand-"
"""How the loads of written events are called; their receipts are found by it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened or will.

    Attributes:
        start, end: first and last day.
        kind: see `ecops.review.week.deck.KINDS`.
        name: what people call it.
        platform: which it touches; "" for all.
        note: anything else.
    """

    start: dt.date
    end: dt.date
    kind: str
    name: str
    platform: str = ""
    note: str = ""


def listed(data: Any) -> pd.DataFrame:
    """Every event of the calendar, the newest first: starts_on, ends_on, kind, name, platform, note.

    Args:
        data: a workspace, or opened data.
    """
    found: pd.DataFrame = opened(data).query(load_sql("ecops.review.queries", "calendar"), {}).to_pandas()
    return found


def write_event(workspace: Any, event: Event, *, actor: str = "") -> Any:
    """Write an event into the calendar; returns the receipt. One of the same day, kind and name is replaced.

    Raises:
        SpecError: it ends before it begins, has no name, or is of no known kind.
        EcopsError: the workspace cannot be changed, for example the sample shop.
    """
    if event.kind not in KINDS:
        raise unknown_name(Message("The kind"), event.kind, KINDS)
    if not event.name.strip():
        raise SpecError(Message("An event needs a name."), Message("Write what people call it."))
    if event.end < event.start:
        raise SpecError(
            Message("The event ends ({end}) before it begins ({start}).", end=event.end, start=event.start),
            Message("Choose a later last day."),
        )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("starts_on", "ends_on", "kind", "name", "platform", "note"))
    told = (event.name.strip(), event.platform.strip(), event.note.strip())
    writer.writerow((event.start.isoformat(), event.end.isoformat(), event.kind, *told))
    name = f"{_PREFIX}{event.start.isoformat()}.csv"
    return workspace.load(text.getvalue().encode("utf-8"), source=SOURCE, name=name, actor=actor)


def written_events(workspace: Any) -> tuple[Any, ...]:
    """The receipts of events that were written by hand and stand, the newest first; undo one to take it back."""
    return tuple(
        receipt for receipt in reversed(workspace.receipts()) if receipt.file.startswith(_PREFIX) and not receipt.undone
    )
