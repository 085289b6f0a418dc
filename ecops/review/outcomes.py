"""What came of the actions: each one's metric in its place, held against the places nobody touched."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecops.capability import capabilities
from ecops.finding import Finding
from ecops.messages import Message, Term
from ecops.metrics.daily import Data
from ecops.metrics.registry import Metric, metric, metrics
from ecops.periods import ONE_DAY, Period
from ecops.review import series
from ecops.review.actions import Action
from ecops.review.verification import FEWEST_DAYS, Outcome, verify
from ecops.words import where, written

Standing = Literal[
    "worked", "no_evidence", "did_not_work", "too_early", "overdue", "open", "dropped", "experiment", "unknown"
]
"""The verdicts of `verify`; open and overdue: not in force yet; experiment: an A/B test answers; unknown: it cannot be
verified, the sentence says why."""

WINDOW_DAYS = 28
"""Days after an action that are looked at; later the world has changed too much to blame or praise it."""

BASELINE_DAYS = 28
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
    base = _baseline(action)
    span = Period(base.start, min(today - ONE_DAY, action.began + (WINDOW_DAYS - 1) * ONE_DAY))
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
    touched = [_place(other) for other in others if other.id != action.id and _clashes(other, action, span)]
    outcome = verify(
        daily.frame(place),
        {
            str(number): daily.frame(number)
            for number, name in enumerate(daily.places)
            if number != place and not any(_inside(name, other) for other in touched)
        },
        action.began,
        baseline=base,
        direction=entry.direction,
        expected_weekly=action.expected_weekly,
        worth=_worth(daily, place, entry),
        currency=action.currency,
    )
    return FollowUp(action, outcome.verdict, _sentence(outcome, action), outcome, metric=entry.label)


def _baseline(action: Action) -> Period:
    """The days of trouble before the action, at least a week; the two weeks before it when nobody knows since when."""
    assert action.began is not None
    end = action.began - ONE_DAY
    if action.troubled_since is None:
        return Period(end - 13 * ONE_DAY, end)
    # Fewer than seven days cannot be judged; more would bring healthy days in and hide the repair.
    week = end - (FEWEST_DAYS - 1) * ONE_DAY
    return Period(max(min(action.troubled_since, week), end - (BASELINE_DAYS - 1) * ONE_DAY), end)


def _place(action: Action) -> dict[str, str]:
    return {name: value for name, value in action.subject.items() if name not in _PLACES}


def _clashes(other: Action, action: Action, span: Period) -> bool:
    """Whether another action moved the same metric in these days."""
    same = other.metric == action.metric and other.state != "dropped"
    return same and other.began is not None and other.began <= span.end and bool(_place(other))


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


def _sentence(outcome: Outcome, action: Action) -> Message:
    if outcome.verdict == "too_early":
        return Message("Too early to say. {why}", why=outcome.notes[0])
    values = {
        "metric": metric(action.metric).label,
        "after": written(action.metric, outcome.after, action.currency),
        "expected": written(action.metric, outcome.counterfactual, action.currency),
    }
    if outcome.weekly is not None:
        values |= {"money": outcome.weekly.money, "interval": outcome.weekly.interval}
    return Message(_SENTENCES[outcome.verdict, outcome.weekly is not None].id, **values)


_SENTENCES = {
    ("worked", True): Message(
        "Worked: {money} ({interval}) a week. {metric} is {after}; without the action {expected}."
    ),
    ("worked", False): Message("Worked: {metric} is {after}; without the action {expected}."),
    ("did_not_work", True): Message(
        "Did not work: {money} ({interval}) a week. {metric} is {after}; without the action {expected}."
    ),
    ("did_not_work", False): Message("Did not work: {metric} is {after}; without the action {expected}."),
    ("no_evidence", True): Message(
        "No evidence yet: {metric} is {after}; without the action {expected}. That is {money} ({interval}) a week."
    ),
    ("no_evidence", False): Message("No evidence yet: {metric} is {after}; without the action {expected}."),
}
"""By verdict, and whether the worth in money is known."""


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
