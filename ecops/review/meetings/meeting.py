"""The agenda of a meeting, each point with what the shop's own figures say to it."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecops.errors import unknown_name
from ecops.handbook import roles
from ecops.messages import DateRange, Message, Percent, Term
from ecops.metrics.analysis import Kpis, kpis
from ecops.metrics.registry import metric
from ecops.review.meetings.checklists import countdown
from ecops.review.meetings.handover import handover
from ecops.review.meetings.requests import Requests
from ecops.words import written

if TYPE_CHECKING:
    from ecops.review.week.agenda import Weekly

MOST = 5
"""Lines told of one point of the agenda."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of an agenda: what it is about, what it looks at, and the metrics for "figures"."""

    text: Term
    looks: str
    kpis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """A kind of meeting; the fields are those of `meetings.toml`."""

    key: str
    label: Term
    every: Term
    people: tuple[str, ...]
    points: tuple[Point, ...]
    row: int


@dataclass(frozen=True, slots=True)
class Told:
    """A point of the agenda with what the figures say; no lines where people bring it themselves."""

    point: Point
    lines: tuple[Message, ...]


@functools.cache
def meetings() -> Mapping[str, Meeting]:
    """The kinds of meetings by key."""
    entries = tomllib.loads(Path(__file__).with_name("meetings.toml").read_text("utf-8"))
    return {
        key: Meeting(
            key,
            Term(**entry["label"]),
            Term(**entry["every"]),
            tuple(entry["people"]),
            tuple(Point(Term(**one["text"]), one["looks"], tuple(one.get("kpis", ()))) for one in entry["points"]),
            entry["row"],
        )
        for key, entry in entries.items()
    }


def meeting(key: str) -> Meeting:
    """One kind of meeting.

    Raises:
        SpecError: no such kind.
    """
    if key not in meetings():
        raise unknown_name(Message("The meeting"), key, meetings())
    return meetings()[key]


def agenda(key: str, data: Any, review: Weekly) -> tuple[Told, ...]:
    """The points of a meeting with what the shop's figures say to each.

    Args:
        key: of a meeting.
        data: tables and state of the workspace.
        review: of the period that the meeting is about.

    Raises:
        SpecError: no such meeting.
    """
    told = {
        "findings": [finding.headline for finding in review.findings],
        "outcomes": [item.sentence for item in review.followups],
        "decisions": [_decision(item.action, review) for item in review.decisions],
        "goals": [_goal(branch, review.currency) for branch in review.goals],
        "requests": [one.sentence for one in Requests(data.state).open()],
        "": [],
    }
    found = []
    for point in meeting(key).points:
        if point.looks == "figures":
            lines = _figures(point, kpis(data, review.week))
        elif point.looks == "countdown":
            lines = _countdown(data, review)
        elif point.looks == "handover":
            lines = [handover(data).sentence]
        else:
            lines = told[point.looks]
        found.append(Told(point, tuple(lines[:MOST])))
    return tuple(found)


def _figures(point: Point, figures: Kpis) -> Sequence[Message]:
    told = []
    for kpi in (figures[key] for key in point.kpis):
        if math.isfinite(kpi.value):
            value = written(kpi.metric.key, kpi.value, figures.currency)
            if math.isfinite(kpi.relative):
                change = Percent(kpi.relative, signed=True)
                told.append(Message("{label}: {value} ({change})", label=kpi.metric.label, value=value, change=change))
            else:
                told.append(Message("{label}: {value}", label=kpi.metric.label, value=value))
    return told


def _decision(action: Any, review: Weekly) -> Message:
    values = {"title": action.title, "owner": roles()[action.owner]}
    if action.due is None:
        return Message("{title} ({owner})", **values)
    if action.overdue(review.today):
        return Message("{title} ({owner}): overdue since {due}", due=action.due, **values)
    return Message("{title} ({owner}): due {due}", due=action.due, **values)


def _goal(branch: Any, currency: str) -> Message:
    return Message(
        "{metric}: {value} of {goal}",
        metric=metric(branch.metric).label,
        value=written(branch.metric, branch.value, currency),
        goal=written(branch.metric, branch.goal, currency),
    )


def _countdown(data: Any, review: Weekly) -> Sequence[Message]:
    found = countdown(data, review.today)
    if found is None:
        return [Message("The calendar names no promotion in the next 60 days.")]
    late = [item for item in found.items if not item.done and item.due <= review.today]
    first = Message(
        "{name} ({days}): {n} of {all} points are ready",
        name=found.name,
        days=DateRange(found.start, found.end),
        n=sum(item.done for item in found.items),
        all=len(found.items),
    )
    return [
        first,
        *(
            Message("{point} ({owner}): was due {due}", point=item.text, owner=roles()[item.role], due=item.due)
            for item in late
        ),
    ]
