"""How places and values are called, wherever they are told: platforms, devices, a metric's number in its unit."""

from __future__ import annotations

from collections.abc import Mapping

from ecops.messages import Count, Message, Money, Number, Percent, Term, Value
from ecops.metrics.daily import NAMES, UNNAMED
from ecops.metrics.registry import metric

WHOLE = Term(en="The whole shop", zh="全店")
PART = Term(en="Overall", zh="整体")
"""What is said instead of the whole shop where only a part of it was asked."""


def where(subject: Mapping[str, str]) -> Value:
    """A cell as people name it."""
    parts = [NAMES.get(value, value) if value else UNNAMED for value in subject.values()]
    if not parts:
        return WHOLE
    text: Value = parts[0]
    for part in parts[1:]:
        text = Message("{first} · {second}", first=text, second=part)
    return text


def written(key: str, value: float, currency: str) -> Value:
    """A value of a metric in its unit."""
    entry = metric(key)
    if entry.unit == "money":
        return Money(value, currency)
    if entry.unit == "count":
        return Count(value)
    if entry.percent:
        return Percent(value)
    return Number(value, 2)


def too_few_days(needed: int) -> Message:
    """Why a finding is only to be watched: nobody knows yet how much the days of this shop differ by themselves."""
    return Message(
        "There are too few days before the period to know how much days differ by themselves, so nothing can be "
        "confirmed yet: {days} are needed.",
        days=Count(needed),
    )
