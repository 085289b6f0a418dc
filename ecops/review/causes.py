"""One cause is told once: findings of several capabilities and several spans, made one list.

The same trouble shows up in many places: as a fall of conversion in the growth tree and as a step of the funnel, in two
weeks against two and in four against four, in a channel and in the platform it belongs to. Findings are the same cause
when they are about the same mechanism, went the same way and their places share customers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ecops.capability import capabilities
from ecops.finding import Amount, Finding
from ecops.messages import Message, Value
from ecops.metrics.registry import metrics
from ecops.periods import Period

Place = Mapping[str, str]

_NOT_PLACES = frozenset({"step", "arm"})
_ORDER = {"confirmed": 0, "watch": 1, "insufficient": 2}
_DAYS = {"week": 7.0, "month": 30.4375, "year": 365.25}
CONFIRMED_BELOW = 0.05
"""A corrected p-value below this is called confirmed."""


@dataclass(frozen=True, slots=True)
class Places:
    """Which combinations of dimension values exist; two places overlap when one of these lies in both.

    Attributes:
        leaves: the smallest segments; without any, places that do not contradict each other overlap.
    """

    leaves: tuple[Place, ...] = ()

    def overlap(self, one: Place, other: Place) -> bool:
        """Whether two places share customers."""
        if any(one[name] != other[name] for name in one.keys() & other.keys()):
            return False
        both = {**one, **other}
        known = [leaf for leaf in self.leaves if both.keys() <= leaf.keys()]
        return not known or any(all(leaf[name] == value for name, value in both.items()) for leaf in known)

    def part_of(self, one: Place, other: Place) -> bool:
        """Whether a place lies inside another one and is not the whole of it."""
        inside = [leaf for leaf in self.leaves if _holds(leaf, one)]
        if not inside:
            return len(one) > len(other) and _holds(one, other)
        whole = [leaf for leaf in self.leaves if _holds(leaf, other)]
        return all(leaf in whole for leaf in inside) and len(inside) < len(whole)


def _holds(leaf: Place, place: Place) -> bool:
    return all(leaf.get(name) == value for name, value in place.items())


def place(finding: Finding) -> dict[str, str]:
    """Where a finding is, without the step."""
    return {name: value for name, value in finding.subject.items() if name not in _NOT_PLACES}


def weekly_money(amount: Amount | None, days: int) -> float:
    """An amount a week; 0 when it is unknown. `days` is the length of the period it may be for."""
    if amount is None or not math.isfinite(amount.value):
        return 0.0
    return amount.value * 7 / _DAYS.get(amount.horizon, float(days))


def rank(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Confirmed before watch before insufficient, within each by money a week, the largest first."""

    def key(finding: Finding) -> tuple[int, float]:
        return _ORDER[finding.confidence], -abs(weekly_money(finding.money, finding.period.days))

    return tuple(sorted(findings, key=key))


def corrected(finding: Finding, spans: int) -> Finding:
    """The finding after allowing for `spans` spans looked at (Bonferroni over the spans).

    Each capability corrects for its own comparisons; looking again over other spans is as many more chances.
    """
    if not math.isfinite(finding.q_value) or spans == 1:
        return finding
    q_value = min(1.0, finding.q_value * spans)
    if finding.confidence != "confirmed" or q_value < CONFIRMED_BELOW:
        return replace(finding, q_value=q_value)
    return replace(finding, q_value=q_value, confidence="watch", headline=_said(finding, certainty=_WATCHED))


_WATCHED = Message("to be watched")


def _said(finding: Finding, **values: Value) -> Message:
    """The headline with other values in those of its fields that it has."""
    params = finding.headline.params
    known = {name: value for name, value in values.items() if name in params}
    return Message(finding.headline.id, **{**params, **known})


def once(findings: Sequence[Finding], places: Places) -> tuple[Finding, ...]:
    """Each cause once, in the form that says most: surest, narrowest mechanism, strongest evidence, in this order."""
    changes = [finding for finding in findings if _is_change(finding)]
    kept: list[Finding] = []
    for finding in sorted(changes, key=_weight):
        twin = next((number for number, other in enumerate(kept) if _same_cause(finding, other, places)), None)
        if twin is None:
            kept.append(finding)
        elif _says_more(finding, kept[twin]):
            kept[twin] = finding
    others = _distinct([finding for finding in findings if not _is_change(finding)])
    return (*_with_hidden_mix(_without_turned(kept), places), *others)


def _without_turned(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What has turned since is no trouble of today: a longer span that still shows it becomes a note of the turn."""
    told = list(findings)
    for old in findings:
        turn = next((finding for finding in told if _turned(old, finding)), None)
        if turn is not None:
            period = old.period.range
            note = Message(
                "Over {period} it still stands the other way: {headline}", period=period, headline=old.headline
            )
            told[told.index(turn)] = replace(turn, notes=(*turn.notes, note))
            told.remove(old)
    return tuple(told)


def _turned(old: Finding, new: Finding) -> bool:
    """Whether the last days of `old` went the other way for sure, in the same place or around it."""
    later = new.period.end == old.period.end and new.period.start > old.period.start
    other_way = (old.after - old.before) * (new.after - new.before) < 0
    same = "mix" not in {old.kind, new.kind} and same_mechanism(old.metric, new.metric)
    return later and other_way and same and new.confidence == "confirmed" and _holds(place(old), place(new))


def _is_change(finding: Finding) -> bool:
    return finding.compare is not None and finding.kind != "data" and finding.confidence != "insufficient"


def _weight(finding: Finding) -> tuple[int, int, float]:
    return _ORDER[finding.confidence], len(_contained(finding.metric)), -_strength(finding)


def _strength(finding: Finding) -> float:
    """How many standard errors the change is, from its interval."""
    width = finding.ci[1] - finding.ci[0]
    return abs(finding.after - finding.before) / width if width > 0 else 0.0


def _says_more(finding: Finding, other: Finding) -> bool:
    """Of two who say the same of the same place and days, who looks closer has the word, see `Capability.order`."""
    same = place(finding) == place(other) and finding.period == other.period and finding.metric == other.metric
    return same and finding.confidence == other.confidence and _rank(finding.area) > _rank(other.area)


def _rank(area: str) -> int:
    """Place of a capability in the order of the house; an area that nobody answers for comes first."""
    return list(capabilities()).index(area) if area in capabilities() else -1


def _same_cause(one: Finding, other: Finding, places: Places) -> bool:
    if (one.kind == "mix") != (other.kind == "mix"):
        return False
    if one.kind != "mix" and not same_mechanism(one.metric, other.metric):
        return False
    same_way = (one.after - one.before) * (other.after - other.before) > 0 or one.kind == "mix"
    return same_way and places.overlap(place(one), place(other))


def same_mechanism(one: str, other: str) -> bool:
    """Whether two metrics tell of the same thing: equal, or one a factor of the other."""
    return one == other or other in _contained(one) or one in _contained(other)


def _contained(key: str) -> tuple[str, ...]:
    """Rates whose product a metric is: a change of a part is a change of the whole."""
    return metrics()[key].contains if key in metrics() else ()


def _with_hidden_mix(findings: Sequence[Finding], places: Places) -> tuple[Finding, ...]:
    """What hides a change of rates is one story with it and becomes its note.

    A shift of mix, or other traffic in a part of the place, changes who comes there; when that and the rates pull in
    opposite directions on the same days, neither can be understood without the other.
    """
    told = list(findings)
    for other in [finding for finding in findings if finding.kind in {"mix", "traffic"} and finding.money is not None]:
        hidden = [finding for finding in told if _hides(other, finding, places)]
        if hidden:
            main = max(hidden, key=lambda finding: abs(weekly_money(finding.money, finding.period.days)))
            told[told.index(main)] = replace(main, notes=(*main.notes, other.headline))
            told.remove(other)
    return tuple(told)


def _hides(other: Finding, rate: Finding, places: Places) -> bool:
    same_days = rate.kind == "rate" and rate.confidence == "confirmed" and rate.period == other.period
    pull = weekly_money(rate.money, rate.period.days) * weekly_money(other.money, other.period.days)
    return same_days and pull < 0 and (other.kind == "mix" or places.part_of(place(other), place(rate)))


def _distinct(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Standing conditions, experiments and defects: the first of each."""
    found: dict[object, Finding] = {}
    for finding in findings:
        key = finding.headline if finding.kind == "data" else finding.cause
        found.setdefault((finding.area, key), finding)
    return tuple(found.values())


def told(finding: Finding, week: Period) -> Finding:
    """The finding, with a note of its days where these are not the week."""
    if finding.compare is None or finding.period == week or finding.kind == "data":
        return finding
    note = Message("Seen in {period} against {compare}.", period=finding.period.range, compare=finding.compare.range)
    return replace(finding, notes=(note, *finding.notes))
