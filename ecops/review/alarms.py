"""Rules that somebody must hear of at once: metric, place, comparison, threshold, owner. Rules are data."""

from __future__ import annotations

import functools
import math
import tomllib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from ecops import capability, door
from ecops.errors import SpecError, unknown_name
from ecops.handbook import roles
from ecops.messages import Message, Percent, Value
from ecops.metrics.daily import DIMENSIONS, Data, opened
from ecops.metrics.measured import Measured, measured
from ecops.metrics.registry import metric, metrics
from ecops.periods import ONE_DAY, Period
from ecops.review import series
from ecops.store import journal
from ecops.words import where, written

if TYPE_CHECKING:
    from ecops.store.state import State

STREAM = "alert_rules"
Comparison = Literal["below", "above", "falls_by", "rises_by"]
"""below, above: the value itself, in the metric's unit. falls_by, rises_by: relative change against as many weeks
before, as a share (0.2 for 20 %)."""

FEWEST = 30.0
"""Base below which a rule does not speak, where the metric itself asks for no more."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule.

    Attributes:
        metric: key in the registry.
        comparison: see `Comparison`.
        threshold: in the metric's unit, or a share for changes.
        where: dimension values of the place; empty for the whole shop.
        by: dimensions each of whose values is looked at by itself; where the data tells none apart, the channels.
        weeks: length of the span, whole weeks ending with the week looked at.
        owner: role that has to act.
        id: short, unique in the workspace; "" before it is stored.
    """

    metric: str
    comparison: Comparison
    threshold: float
    where: Mapping[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    weeks: int = 1
    owner: str = "operations"
    id: str = ""

    def __post_init__(self) -> None:
        metric(self.metric)
        if self.comparison not in get_args(Comparison):
            raise unknown_name(Message("The comparison"), self.comparison, get_args(Comparison))
        if self.owner not in roles():
            raise unknown_name(Message("The role"), self.owner, roles())
        for name in (*self.where, *self.by):
            if name not in DIMENSIONS:
                raise unknown_name(Message("The dimension"), name, DIMENSIONS)
        if not (math.isfinite(self.threshold) and self.threshold >= 0 and 1 <= self.weeks <= 13):
            raise SpecError(
                Message("The threshold of an alert must be 0 or more, over 1 to 13 weeks."),
                Message("Write 20% as 0.2."),
            )
        if self.comparison == "falls_by" and self.threshold > 1:
            raise SpecError(
                Message("Nothing falls by {change}.", change=Percent(self.threshold)),
                Message("A fall is at most 100%; write 20% as 0.2."),
            )


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that fired.

    Attributes:
        rule: which.
        subject: where; only the dimensions that the data names.
        period: the days looked at; value: the metric there; before: the same span before (NaN for plain values).
        n: base of the value.
        sentence: what to tell the owner.
    """

    rule: AlertRule
    subject: Mapping[str, str]
    period: Period
    value: float
    before: float
    n: float
    sentence: Message


@functools.cache
def default_rules() -> tuple[AlertRule, ...]:
    """Rules a workspace has until somebody writes its own: those that the capabilities bring."""
    entries = [
        entry for path in capability.files("alerts") for entry in tomllib.loads(path.read_text("utf-8"))["rules"]
    ]
    return tuple(AlertRule(**{**entry, "by": tuple(entry.get("by", ()))}) for entry in entries)


def alerts(data: Any, week: Period, rules: Sequence[AlertRule] | None = None) -> tuple[Alert, ...]:
    """Every rule that fires in a week, in the order of the rules.

    A rule about a metric that the data does not have, or that whoever reads must not see, or a place with too small a
    base, says nothing.

    Args:
        data: a workspace or anything `ecops.metrics.kpis` takes.
        week: the week looked at; longer rules end with it.
        rules: the rules; `default_rules` when None.
    """
    ready = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
    told: list[Alert] = []
    for rule in default_rules() if rules is None else rules:
        if not door.may_see(metric(rule.metric).needs, door.reader()):
            continue
        told += _fired(ready, rule, week)
    return tuple(told)


def _fired(data: Data, rule: AlertRule, week: Period) -> list[Alert]:
    now = Period(week.end - (7 * rule.weeks - 1) * ONE_DAY, week.end)
    if not series.readable(rule.metric):
        return _worked_out(data, rule, now)
    other = now.compared("previous")
    dimensions = list(dict.fromkeys((*rule.where, *rule.by)))
    span = Period(other.start, now.end)
    daily = series.read(data, rule.metric, dimensions, span)
    if daily is None:
        return []
    currency = getattr(data, "currency", "")
    found = _at(daily, rule, (now, other), currency)
    if rule.by and len(daily.places) == 1 and "channel" not in dimensions:
        # The tables tell none of these places apart; the channels may name what moved.
        split = series.read(data, rule.metric, [*dimensions, "channel"], span)
        parts = [] if split is None else _at(split, rule, (now, other), currency)
        if split is not None and 0 < len(parts) < len(split.places):
            return parts
    return found


def _worked_out(data: Data, rule: AlertRule, now: Period) -> list[Alert]:
    """A rule about a figure that a capability works out by itself, such as the price index; of the whole shop.

    Where the figure has an interval, all of it must break the limit: what may be chance alarms nobody.
    """
    entry = metric(rule.metric)
    if rule.by or rule.where or not entry.page:
        return []
    figure = measured(data, now, entry.page).get(rule.metric)
    if figure is None or figure.n < entry.min_denominator:
        return []
    before = math.nan
    if rule.comparison in {"falls_by", "rises_by"}:
        before = measured(data, now.compared("previous"), entry.page).get(rule.metric, Measured(math.nan)).value
    ends = [end for end in (figure.low, figure.high) if math.isfinite(end)] or [figure.value]
    if not all(_fires(rule, end, before) for end in ends):
        return []
    sentence = _sentence(rule, where({}), figure.value, before, getattr(data, "currency", ""))
    return [Alert(rule, {}, now, figure.value, before, figure.n, sentence)]


def _at(daily: series.Daily, rule: AlertRule, spans: tuple[Period, Period], currency: str) -> list[Alert]:
    """A rule at every place of a split."""
    now, other = spans
    found = []
    for place, names in enumerate(daily.places):
        if any(names[name] != value for name, value in rule.where.items()):
            continue
        value, base, days = daily.value(place, now)
        before, base_before, days_before = daily.value(place, other)
        if not daily.metric.denominator:
            # A sum over fewer days is not less; a day stands against a day.
            value, before = (x / n * now.days if n else math.nan for x, n in ((value, days), (before, days_before)))
        least = max(daily.metric.min_denominator, FEWEST)
        if (base_before if rule.comparison in {"falls_by", "rises_by"} else base) < least or not _fires(
            rule, value, before
        ):
            continue
        subject = _subject(names, daily.places)
        named = where(subject) if subject or len(daily.places) == 1 else Message("unnamed")
        found.append(Alert(rule, subject, now, value, before, base, _sentence(rule, named, value, before, currency)))
    return found


def _subject(place: Mapping[str, str], places: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """What a place is known by: without what its rows do not say, and without a platform that none of them names."""
    nameless = all(each.get("platform", "other") == "other" for each in places)
    return {name: value for name, value in place.items() if value and not (nameless and name == "platform")}


def _fires(rule: AlertRule, value: float, before: float) -> bool:
    if not math.isfinite(value):
        return False
    if rule.comparison == "below":
        return value < rule.threshold
    if rule.comparison == "above":
        return value > rule.threshold
    if not (math.isfinite(before) and before > 0):
        return False
    change = value / before - 1
    return change <= -rule.threshold if rule.comparison == "falls_by" else change >= rule.threshold


def _sentence(rule: AlertRule, place: Value, value: float, before: float, currency: str) -> Message:
    values = {
        "place": place,
        "metric": metric(rule.metric).label,
        "value": written(rule.metric, value, currency),
        "weeks": rule.weeks,
        "owner": roles()[rule.owner],
    }
    if rule.comparison in {"below", "above"}:
        values["limit"] = written(rule.metric, rule.threshold, currency)
        if rule.comparison == "below":
            return Message("{place}: {metric} is {value}, below the limit of {limit}. Owner: {owner}.", **values)
        return Message("{place}: {metric} is {value}, above the limit of {limit}. Owner: {owner}.", **values)
    values |= {"before": written(rule.metric, before, currency), "change": Percent(value / before - 1, signed=True)}
    if rule.weeks == 1:
        return Message(
            "{place}: {metric} went from {before} to {value} ({change}) in a week. Owner: {owner}.", **values
        )
    return Message(
        "{place}: {metric} went from {before} to {value} ({change}) within {weeks} weeks. Owner: {owner}.", **values
    )


class AlertRules:
    """The alert rules of one workspace, in its journal.

    Args:
        state: state database of the workspace.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, actor: str, rule: AlertRule) -> str:
        """Write a rule down; returns its id. The first own rule replaces the default ones."""
        key = rule.id or uuid.uuid4().hex[:12]
        fields = {
            "metric": rule.metric,
            "comparison": rule.comparison,
            "threshold": rule.threshold,
            "where": dict(rule.where),
            "by": list(rule.by),
            "weeks": rule.weeks,
            "owner": rule.owner,
            "removed": False,
        }
        journal.append(self._state, STREAM, key, fields, actor)
        return key

    def keep_defaults(self, actor: str) -> None:
        """Write the default rules down, so that what is added or removed next changes nothing else.

        Nothing is done where somebody has written rules before.
        """
        if not journal.read(self._state, STREAM):
            for rule in default_rules():
                self.add(actor, rule)

    def remove(self, actor: str, id: str) -> None:
        """Give a rule up.

        Raises:
            SpecError: there is no such rule.
        """
        if id not in {rule.id for rule in self.all()}:
            raise unknown_name(Message("The rule"), id, [rule.id for rule in self.all()])
        journal.append(self._state, STREAM, id, {"removed": True}, actor)

    def all(self) -> tuple[AlertRule, ...]:
        """Every rule as it stands; the default rules while nobody has written one."""
        found = journal.fold(journal.read(self._state, STREAM))
        if not found:
            return default_rules()
        return tuple(
            AlertRule(
                **{name: value for name, value in fields.items() if name not in {"removed", "by"}},
                by=tuple(fields["by"]),
                id=key,
            )
            for key, fields in found.items()
            if not fields["removed"] and fields["metric"] in metrics() and _possible(fields)
        )


def _possible(fields: Mapping[str, Any]) -> bool:
    """Whether a rule can ever fire: in older workspaces there may be falls by more than everything."""
    return bool(fields["comparison"] != "falls_by" or fields["threshold"] <= 1)
