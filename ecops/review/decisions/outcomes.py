"""What came of the actions: each one's metric in its place, held against the places nobody touched."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecops.capability import capabilities
from ecops.engine import load_sql
from ecops.finding import Finding
from ecops.messages import Message, Term
from ecops.metrics.daily import Data
from ecops.metrics.registry import Metric, metric, metrics
from ecops.periods import ONE_DAY, Period
from ecops.review import series
from ecops.review.causes import same_mechanism
from ecops.review.decisions.actions import Action
from ecops.review.decisions.telling import told
from ecops.review.decisions.verification import Known, Outcome, verify
from ecops.review.decisions.verifying import events
from ecops.review.decisions.verifying.around import HISTORY_WEEKS, UNASKED_DAYS
from ecops.words import where

Standing = Literal[
    "worked",
    "recovered",
    "risen",
    "no_evidence",
    "did_not_work",
    "too_early",
    "overdue",
    "open",
    "dropped",
    "experiment",
    "unknown",
]
"""The verdicts of `verify`; open and overdue: not in force yet; experiment: an A/B test answers; unknown: it cannot be
verified, the sentence says why."""

WINDOW_DAYS = 28
"""Days after an action that are looked at; later the world has changed too much to blame or praise it."""

STAGGERED_DAYS = 7
"""A place that gets an action at least so many days later stands for those without it until then."""

_PLACES = frozenset({"step", "arm", "experiment"})


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One action and what came of it.

    Attributes:
        action: the decision.
        standing: see `Standing`.
        sentence: the outcome to read aloud.
        outcome: the computed comparison; None when there is none.
        finding: the verdict of the linked experiment; None without one.
        metric: what the watched metric is called; None when it does not exist any more.
    """

    action: Action
    standing: Standing
    sentence: Message
    outcome: Outcome | None = None
    finding: Finding | None = None
    metric: Term | None = None


def follow_up(
    data: Data,
    action: Action,
    today: dt.date,
    others: Sequence[Action] = (),
) -> FollowUp:
    """What came of an action up to the day before `today`.

    Args:
        data: tables.
        action: the decision.
        today: the day of the review; data of earlier days counts.
        others: further actions; places they touched are no controls.
    """
    label = metrics()[action.metric].label if action.metric in metrics() else None
    if action.state == "dropped":
        return FollowUp(action, "dropped", _dropped(action), metric=label)
    if action.experiment:
        return _from_experiment(data, action, today, label)
    if action.began is None or action.began >= today:
        late = action.overdue(today)
        return FollowUp(action, "overdue" if late else "open", _waiting(action, late), metric=label)
    if not series.readable(action.metric):
        sentence = Message(
            "It cannot be verified: there is no metric called {metric}. Choose another one for this action.",
            metric=action.metric,
        )
        return FollowUp(action, "unknown", sentence, metric=label)
    return _verified(data, action, today, others)


def _verified(data: Data, action: Action, today: dt.date, others: Sequence[Action]) -> FollowUp:
    assert action.began is not None
    entry = metric(action.metric)
    span = _span(action, today)
    subject = {name: value for name, value in action.subject.items() if name not in _PLACES}
    daily = series.read(data, action.metric, list(subject), span)
    place = None if daily is None else daily.find(subject)
    if daily is None or place is None:
        sentence = Message(
            "It cannot be verified: the data has no {metric} for {place} in {period}.",
            metric=entry.label,
            place=where(subject),
            period=span.range,
        )
        return FollowUp(action, "unknown", sentence, metric=entry.label)
    near = [other for other in others if other.id != action.id and _clashes(other, action, span)]
    beside, later = _beside(daily, place, near, action)
    outcome = verify(
        daily.frame(place),
        {str(number): daily.frame(number) for number in beside},
        action.began,
        known=Known(
            troubled_since=action.troubled_since,
            events=_own_events(data, span, subject, [daily.places[number] for number in beside]),
            overlapping=[other.title for other in near if _overlaps(other, action)],
            later={str(number): day for number, day in later.items()},
        ),
        direction=entry.direction,
        expected_weekly=action.expected_weekly,
        worth=_worth(daily, place, entry),
        currency=action.currency,
    )
    return FollowUp(action, outcome.verdict, told(outcome, action), outcome, metric=entry.label)


def _span(action: Action, today: dt.date) -> Period:
    """The days read: half a year before the trouble, and the weeks since the action."""
    assert action.began is not None
    first = action.began - UNASKED_DAYS * ONE_DAY
    if action.troubled_since is not None:
        first = min(first, action.troubled_since)
    return Period(first - 7 * HISTORY_WEEKS * ONE_DAY, min(today - ONE_DAY, action.began + (WINDOW_DAYS - 1) * ONE_DAY))


def _beside(
    daily: series.Daily, place: int, near: Sequence[Action], action: Action
) -> tuple[list[int], dict[int, dt.date]]:
    """The places nobody touched, and those that got an action of their own later, with its first day."""
    assert action.began is not None
    untouched, later = [], {}
    for number, name in enumerate(daily.places):
        mine = [other for other in near if _inside(name, _place(other))]
        began = min((other.began for other in mine if other.began is not None), default=None)
        if number == place or (began is not None and (began - action.began).days < STAGGERED_DAYS):
            continue
        untouched.append(number)
        if began is not None:
            later[number] = began
    return untouched, later


def _own_events(
    data: Data, span: Period, place: Mapping[str, str], beside: Sequence[Mapping[str, str]]
) -> tuple[events.Event, ...]:
    """What the calendar knows of this place alone."""
    if not data.has("calendar"):
        return ()
    sql = load_sql("ecops.review.queries", "annotations")
    rows = data.query(sql, {"start": span.start, "end": span.end}).to_pylist()
    return events.own(rows, place, beside)


def _place(action: Action) -> dict[str, str]:
    return {name: value for name, value in action.subject.items() if name not in _PLACES}


def _clashes(other: Action, action: Action, span: Period) -> bool:
    """Whether another action moved the same metric, a part of it or the whole it is a part of, in these days."""
    same = other.state != "dropped" and same_mechanism(other.metric, action.metric)
    return same and other.began is not None and other.began <= span.end


def _overlaps(other: Action, action: Action) -> bool:
    """Whether another action touched the same place in the same weeks, neither everything nor only places beside it."""
    assert action.began is not None
    assert other.began is not None
    mine, its = _place(action), _place(other)
    inside = mine.items() <= its.items() or (bool(its) and its.items() <= mine.items())
    return inside and other.began >= action.began - WINDOW_DAYS * ONE_DAY


def _inside(place: Mapping[str, str], other: Mapping[str, str]) -> bool:
    shared = place.keys() & other.keys()
    return bool(shared) and all(place[name] == other[name] for name in shared)


def _worth(daily: series.Daily, place: int, entry: Metric) -> float:
    """GMV that came with one unit of the numerator; a unit of money is worth itself, a refund as much less."""
    if entry.unit == "money" or entry.key in {"value_per_buyer", "order_value", "uv_value"}:
        return 1.0 if entry.direction == "up" else -1.0
    if entry.key == "refund_rate":
        return -1.0
    total, money = float(daily.numerator[place].sum()), float(np.nansum(daily.money[place]))
    return money / total if total > 0 and money > 0 else math.nan


def _dropped(action: Action) -> Message:
    return Message("Dropped: {reason}", reason=action.note) if action.note else Message("Dropped.")


def _waiting(action: Action, late: bool) -> Message:
    if late and action.due is not None:
        return Message("Overdue since {day} and not in force.", day=action.due)
    return Message("Due on {day}.", day=action.due) if action.due else Message("Not in force yet, without a due date.")


def _from_experiment(data: Data, action: Action, today: dt.date, label: Term | None) -> FollowUp:
    settled = (
        guest.settle(data, action.experiment, today - ONE_DAY)
        for guest in capabilities().values()
        if guest.settle is not None and guest.speaks(data)
    )
    found = next((finding for finding in settled if finding is not None), None)
    if found is None:
        sentence = Message("The experiment {name} has no data yet.", name=action.experiment)
        return FollowUp(action, "experiment", sentence, metric=label)
    return FollowUp(action, "experiment", found.headline, None, found, label)
