"""What else happened in a place: events of the calendar and other actions that cannot be told from an action."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.messages import Named
from ecops.review.decisions.verifying.levels import WEEK, Days

PLACES = ("platform", "sku")
"""Columns of the calendar that say where an event was; empty for the whole shop."""

UPWARDS = frozenset({"promotion", "campaign", "launch"})
DOWNWARDS = frozenset({"stock_out", "failure"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that touched the place of an action and not the places beside it.

    Attributes:
        name: what it was called.
        kind: as in the calendar.
        start, end: its days, both included; an end before the start is a mistake of the calendar.
    """

    name: str
    kind: str
    start: dt.date
    end: dt.date


def touches(place: Mapping[str, str], event: Mapping[str, str | None]) -> bool:
    """Whether an event may have touched a place: nothing in the place contradicts where it was."""
    return all(not event.get(name) or name not in place or place[name] == event[name] for name in PLACES)


def own(
    rows: Sequence[Mapping[str, object]], place: Mapping[str, str], beside: Sequence[Mapping[str, str]]
) -> tuple[Event, ...]:
    """The events that touched a place and not all of the places beside it; with none beside it, every one.

    Args:
        rows: of the calendar.
        place: where the action was.
        beside: the places it is compared with.
    """
    found = []
    for row in rows:
        where = {name: str(row[name]) if row.get(name) else None for name in PLACES}
        shared = bool(beside) and all(touches(other, where) for other in beside)
        if touches(place, where) and not shared:
            name = Named(str(row["name"]), str(row.get("name_en") or ""))
            found.append(Event(name, str(row["kind"] or "other"), row["starts_on"], row["ends_on"]))  # type: ignore[arg-type]
    return tuple(found)


def on(events: Sequence[Event], days: Days) -> NDArray[np.bool_]:
    """Days of any of the events, shape (days,)."""
    marked = np.zeros(days.numerator.shape[1], dtype=bool)
    for event in events:
        marked[max(days.number(event.start), 0) : max(days.number(event.end) + 1, 0)] = True
    return marked


def contradicted(event: Event, days: Days, healthy: tuple[int, int]) -> bool:
    """Whether the place went the other way on the days of an event: more on days of a stock-out, less in a promotion.

    Held against the other days of the same place; two standard errors or more.
    """
    # A rate out of nothing, on a day without visitors, says nothing.
    there = days.known[0] & (days.denominator[0] > 0)
    inside = there & on([event], days)
    usual = there & ~inside
    usual[: healthy[0]] = usual[healthy[1] :] = False
    if not inside.any() or usual.sum() < WEEK:
        return False
    now, before = (days.numerator[0, marked] / days.denominator[0, marked] for marked in (inside, usual))
    difference = float(now.mean() - before.mean())
    limit = 2 * float(before.std(ddof=1)) / math.sqrt(len(now))
    if event.kind in DOWNWARDS:
        return difference > limit
    return event.kind in UPWARDS and difference < -limit
