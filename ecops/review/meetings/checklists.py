"""Checklists: the countdown to a promotion, a plan in phases, procedures; ticks stand in the journal."""

from __future__ import annotations

import datetime as dt
import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ecops.engine import load_sql
from ecops.errors import unknown_name
from ecops.handbook import get
from ecops.messages import Message, Named, Term
from ecops.periods import ONE_DAY
from ecops.store import journal

if TYPE_CHECKING:
    from ecops.store.state import State

STREAM = "checklists"
AHEAD = 60
"""A promotion is counted down from so many days before it on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as `checklists.toml` has it: days, or the parameters that hold them, who, what, and what judges it."""

    days: int
    role: str
    text: Term
    parameter: str = ""
    hours: str = ""
    kpis: tuple[str, ...] = ()

    def days_of(self, shop: Any) -> int:
        """Days by the parameters that hold for a shop, those of hours taken off as whole days."""
        if not self.parameter:
            return self.days
        spent = math.ceil(get(self.hours, shop) / 24) if self.hours else 0
        return int(get(self.parameter, shop)) - spent


@dataclass(frozen=True, slots=True)
class Checklist:
    """A list of steps; the fields are those of the TOML."""

    key: str
    label: Term
    kind: Literal["countdown", "plan", "procedure"]
    steps: tuple[Step, ...]
    row: int


@dataclass(frozen=True, slots=True)
class Item:
    """A step of one list that is worked through.

    Attributes:
        place: number of the step.
        role: who.
        text: what.
        due: day by which; of a procedure the day it was begun.
        done: whether it is ticked off.
        kpis: keys of the metrics that judge it.
    """

    place: int
    role: str
    text: Term
    due: dt.date
    done: bool
    kpis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """A list that is worked through.

    Attributes:
        key: of the checklist; subject: what it is for, under which ticks are remembered.
        name: of the promotion, the plan or the procedure.
        start, end: first and last day of the promotion; of others the day it was begun.
        items: in the order of their days.
    """

    key: str
    subject: str
    name: str | Term
    start: dt.date
    end: dt.date
    items: tuple[Item, ...]


@functools.cache
def checklists() -> Mapping[str, Checklist]:
    """The lists by key."""
    entries = tomllib.loads(Path(__file__).with_name("checklists.toml").read_text("utf-8"))
    return {
        key: Checklist(
            key,
            Term(**entry["label"]),
            entry["kind"],
            tuple(_step(one) for one in entry["items"]),
            entry["row"],
        )
        for key, entry in entries.items()
    }


def _step(entry: Mapping[str, Any]) -> Step:
    named = entry.get("parameter", ""), entry.get("hours", "")
    return Step(entry.get("days", 0), entry["role"], Term(**entry["text"]), *named, tuple(entry.get("kpis", ())))


def cites() -> tuple[str, ...]:
    """Parameters of the handbooks that say when steps are due."""
    named = [name for one in checklists().values() for step in one.steps for name in (step.parameter, step.hours)]
    return tuple(dict.fromkeys(name for name in named if name))


def countdown(data: Any, today: dt.date) -> Running | None:
    """The next promotion of the calendar that begins within 60 days or runs now, with what has to be ready when.

    Args:
        data: tables with a calendar, and their state.
        today: the day.

    Returns:
        None when the calendar names none.
    """
    if not data.has("calendar"):
        return None
    rows = data.query(
        load_sql("ecops.review.queries", "next_promotion"), {"today": today, "until": today + AHEAD * ONE_DAY}
    ).to_pylist()
    if not rows:
        return None
    start, end = rows[0]["starts_on"], rows[0]["ends_on"]
    name = Named(rows[0]["name"], rows[0]["name_en"] or "")
    return _running(data.state, "promotion", f"promotion {start}", name, (start, end), data)


def begun(state: State | None) -> tuple[Running, ...]:
    """Plans and procedures that somebody began and nobody has put away, the oldest first."""
    found = {} if state is None else journal.fold(journal.read(state, STREAM))
    return tuple(
        _running(state, fields["list"], subject, checklists()[fields["list"]].label, (day, day))
        for subject, fields in found.items()
        if fields.get("list") in checklists()
        and not fields.get("closed")
        and (day := dt.date.fromisoformat(fields["began"]))
    )


def begin(state: State, key: str, day: dt.date, actor: str) -> str:
    """Begin a plan or a procedure; gives the subject under which its ticks stand.

    Raises:
        SpecError: no such list.
    """
    if key not in checklists():
        raise unknown_name(Message("The checklist"), key, checklists())
    subject = f"{key} {day}"
    journal.append(state, STREAM, subject, {"list": key, "began": day.isoformat()}, actor)
    return subject


def close(state: State, subject: str, actor: str) -> None:
    """Put a plan or a procedure away; its ticks stay in the journal."""
    journal.append(state, STREAM, subject, {"closed": True}, actor)


def tick(state: State, subject: str, place: int, actor: str, *, done: bool = True) -> None:
    """Tick a step off, or take the tick back."""
    journal.append(state, STREAM, subject, {f"done_{place}": done}, actor)


def _running(
    state: State | None, key: str, subject: str, name: str | Term, days: tuple[dt.date, dt.date], shop: Any = None
) -> Running:
    ticked = {} if state is None else journal.fold(journal.read(state, STREAM, subject)).get(subject, {})
    sign = -1 if checklists()[key].kind == "countdown" else 1
    items = [
        Item(
            place,
            step.role,
            step.text,
            days[0] + sign * step.days_of(shop) * ONE_DAY,
            bool(ticked.get(f"done_{place}")),
            step.kpis,
        )
        for place, step in enumerate(checklists()[key].steps)
    ]
    return Running(key, subject, name, *days, tuple(sorted(items, key=lambda item: (item.due, item.place))))
