"""The outcome of an action in one sentence to read aloud: what came of it, and when it turned."""

from __future__ import annotations

import datetime as dt

from ecops.messages import DateRange, Message, Value
from ecops.metrics.registry import metric
from ecops.review.decisions.actions import Action
from ecops.review.decisions.verification import Outcome
from ecops.review.decisions.verifying.timing import Onset
from ecops.words import written


def told(outcome: Outcome, action: Action) -> Message:
    """The sentence of an outcome.

    Args:
        outcome: of the action.
        action: the decision; it knows the metric and the currency.
    """
    if outcome.verdict == "too_early":
        return Message("Too early to say. {why}", why=outcome.notes[0])
    values: dict[str, Value] = {
        "metric": metric(action.metric).label,
        "before": written(action.metric, outcome.before, action.currency),
        "during": written(action.metric, outcome.during, action.currency),
        "after": written(action.metric, outcome.after, action.currency),
        "expected": written(action.metric, outcome.counterfactual, action.currency),
    }
    amount = outcome.recovered if outcome.verdict == "recovered" else outcome.weekly
    if amount is not None:
        values |= {"money": amount.money, "interval": amount.interval}
    template = _SENTENCES[outcome.verdict, amount is not None]
    if outcome.verdict == "worked" and outcome.ci[0] <= 0 <= outcome.ci[1]:
        template = _AHEAD[amount is not None]
    what = Message(template.id, **{name: value for name, value in values.items() if "{" + name + "}" in template.id})
    when = _timing(outcome.onset, action.began, back=outcome.verdict == "recovered")
    if when is None or outcome.verdict not in {"worked", "recovered", "risen"}:
        return what
    return Message("{what} {when}", what=what, when=when)


_SENTENCES = {
    ("worked", True): Message(
        "Worked: {money} ({interval}) a week. {metric} is {after}; without the action {expected}."
    ),
    ("worked", False): Message("Worked: {metric} is {after}; without the action {expected}."),
    ("recovered", True): Message(
        "Recovered, cause not proven: {metric} is {after} again, after {during} in the trouble and {before} before it. "
        "That is {money} ({interval}) a week recovered, not counted as earned by the action."
    ),
    ("recovered", False): Message(
        "Recovered, cause not proven: {metric} is {after} again, after {during} in the trouble and {before} before it."
    ),
    ("risen", True): Message(
        "Rose, cause not proven: {metric} is {after}, {expected} was to be expected. "
        "That is {money} ({interval}) a week, not counted as earned by the action."
    ),
    ("risen", False): Message("Rose, cause not proven: {metric} is {after}, {expected} was to be expected."),
    ("did_not_work", True): Message(
        "Did not work: {money} ({interval}) a week. {metric} is {after}; without trouble and action {expected}."
    ),
    ("did_not_work", False): Message("Did not work: {metric} is {after}; without trouble and action {expected}."),
    ("no_evidence", True): Message(
        "No evidence yet: {metric} is {after}; without the action {expected}. That is {money} ({interval}) a week."
    ),
    ("no_evidence", False): Message("No evidence yet: {metric} is {after}; without the action {expected}."),
}
"""By verdict, and whether the worth in money is known."""

_AHEAD = {
    True: Message(
        "Worked: {metric} is {after} again, and places with the same trouble and without the action are not back. "
        "That is {money} ({interval}) a week."
    ),
    False: Message(
        "Worked: {metric} is {after} again, and places with the same trouble and without the action are not back."
    ),
}


def _timing(onset: Onset | None, began: dt.date | None, *, back: bool) -> Message | None:
    """When it turned, beside the day of the action; None when nobody can tell."""
    if onset is None or began is None:
        return None
    days = abs((onset.day - began).days)
    if onset.timing != "fits":
        return Message(
            _WHEN[onset.timing, days == 1].id, **({} if days == 1 or onset.timing == "unclear" else {"n": days})
        )
    period = DateRange(onset.low, onset.high)
    if not back:
        return Message("It rose from about the day of the action on ({days}).", days=period)
    return Message(
        "It recovered from about the day of the action on ({days}): the timing fits, but it may also have ended by "
        "itself.",
        days=period,
    )


_WHEN = {
    ("earlier", False): Message("It turned about {n} days before the action."),
    ("earlier", True): Message("It turned about a day before the action."),
    ("later", False): Message("It turned about {n} days after the action."),
    ("later", True): Message("It turned about a day after the action."),
    ("unclear", False): Message("On which day it turned cannot be told."),
    ("unclear", True): Message("On which day it turned cannot be told."),
}
"""By timing, and whether it is a single day."""
