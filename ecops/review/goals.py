"""Where we want to be, and whether we get there: targets, the tree of goals, what each stage of a shop looks at.

GMV = visitors x payment conversion x value per buyer, all a week. A target is a straight line from where it started to
its value on its day; on track means not below that line (not above it for what should fall).
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from ecops.charts import Level
from ecops.errors import SpecError, unknown_name
from ecops.handbook import get, roles
from ecops.messages import Message, Term
from ecops.metrics.registry import metric, metrics
from ecops.store import journal

if TYPE_CHECKING:
    from ecops.store.state import State

STREAM = "targets"
_OF = " of "
"""Between the metric and whose part of it a target is, in the journal."""

TREE = ("gmv", "visitors", "pay_conversion", "value_per_buyer")
Whose = Literal["company", "department", "person", "customers", "category", "product"]
"""Whose goal it is. customers (new or returning ones), category and product are branches of the shop's sales."""

PARTS: tuple[Whose, ...] = ("customers", "category", "product")
"""Branches whose own figures are known, see `ecops.review.parts`."""

_LONGEST = 64
"""Letters of a subject in the journal."""

Standing = Literal["reached", "on_track", "behind", "missed", "unknown"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a metric shall be on a day.

    Attributes:
        metric: key in the registry; a sum (GMV, visitors) is meant a week.
        value: what is wanted, in the metric's unit.
        due: day by which.
        start: day on which it was agreed; start_value: the metric then.
        owner: role that owns it.
        who: whose part of it this is: a role, a person's name, "new" or "returning", a category, a product code; ""
            for the company's own.
        whose: what `who` is; without it a role is a department and any other name a person.
    """

    metric: str
    value: float
    due: dt.date
    start: dt.date
    start_value: float
    owner: str = "lead"
    who: str = ""
    whose: Whose | None = None

    @property
    def level(self) -> Whose:
        """Whose goal it is (handbook rows 2 and 39)."""
        if not self.who:
            return "company"
        return self.whose or ("department" if self.who in roles() else "person")

    def __post_init__(self) -> None:
        metric(self.metric)
        if self.whose not in (None, *get_args(Whose)):
            raise unknown_name(Message("Whose goal it is"), str(self.whose), get_args(Whose))
        if self.level == "department" and self.who not in roles():
            raise unknown_name(Message("The role"), self.who, roles())
        if self.due <= self.start:
            raise SpecError(
                Message("The target is due ({due}) before it starts ({start}).", due=self.due, start=self.start),
                Message("Choose a later day."),
            )
        if not (math.isfinite(self.value) and self.value > 0):
            raise SpecError(
                Message("A target needs a value above 0."), Message("Write a rate as a share: 0.05 for 5%.")
            )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a target is.

    Attributes:
        target: what is wanted.
        value: the metric in the week of the review; NaN when unknown.
        expected: where the straight line is at the end of that week.
        gap: value - expected, unit of the metric.
        slope: change a week needed from now on to reach it; 0 when it is reached, NaN when unknown or past.
        weeks_left: until the day it is due, 0 when past.
        state: reached, on_track, behind, missed (its day is past), unknown.
    """

    target: Target
    value: float
    expected: float
    gap: float
    slope: float
    weeks_left: float
    state: Standing


def progress(target: Target, value: float, day: dt.date) -> Progress:
    """How far a target is on a day, given the metric of the week that ends there."""
    sign = 1.0 if metric(target.metric).direction == "up" else -1.0
    share = min(1.0, max(0.0, (day - target.start).days / (target.due - target.start).days))
    start = target.start_value if math.isfinite(target.start_value) else target.value
    expected = start + (target.value - start) * share
    weeks = max(0.0, (target.due - day).days / 7)
    if not math.isfinite(value):
        return Progress(target, value, expected, math.nan, math.nan, weeks, "unknown")
    missing = sign * (target.value - value)
    state: Standing
    if missing <= 0:
        state = "reached"
    elif weeks == 0:
        state = "missed"
    else:
        state = "on_track" if sign * (value - expected) >= 0 else "behind"
    slope = 0.0 if missing <= 0 else (target.value - value) / weeks if weeks else math.nan
    return Progress(target, value, expected, value - expected, slope, weeks, state)


def levels(targets: Sequence[Target], key: str) -> tuple[Level, ...]:
    """The line of the goal for a picture of a metric by day, a sum, meant a week, as a seventh; empty without one.

    Args:
        targets: agreed.
        key: of the metric.
    """
    found = next((target for target in targets if target.metric == key), None)
    if found is None:
        return ()
    value = found.value if metric(key).denominator else found.value / 7
    return (Level(Message("goal by {day}", day=found.due), value),)


@dataclass(frozen=True, slots=True)
class Branch:
    """One node of the goal tree.

    Attributes:
        metric: key; value: this week.
        goal: what is wanted: its own target, or for a branch without one what the GMV target leaves for it.
        implied: whether `goal` was worked out and not agreed.
        progress: of its own target; None without one.
    """

    metric: str
    value: float
    goal: float
    implied: bool
    progress: Progress | None


def goal_tree(values: Mapping[str, float], targets: Sequence[Target], day: dt.date) -> tuple[Branch, ...]:
    """GMV and its factors with their goals; empty without any target for them.

    What the GMV target asks of factors without a target of their own is spread evenly: each has to grow by the same
    ratio, and none has to shrink. Goals of the factors then multiply to the goal of GMV or more.

    Args:
        values: this week's metrics by key.
        targets: agreed.
        day: last day of the week.
    """
    own = {target.metric: target for target in targets if target.metric in TREE}
    if not own:
        return ()
    known = {key: values.get(key, math.nan) for key in TREE}
    goals = {key: own[key].value if key in own else math.nan for key in TREE}
    free = [key for key in TREE[1:] if key not in own]
    fixed = math.prod(goals[key] for key in TREE[1:] if key in own)
    now = math.prod(known[key] for key in free)
    if "gmv" in own and free and now > 0:
        # Where the agreed factors bring more than is asked, the others stay where they are: nobody is told to lose.
        ratio = max(1.0, (goals["gmv"] / fixed / now) ** (1 / len(free)))
        goals |= {key: known[key] * ratio for key in free}
    elif "gmv" not in own:
        goals |= {key: known[key] for key in free}
        goals["gmv"] = math.prod(goals[key] for key in TREE[1:])
    return tuple(
        Branch(key, known[key], goals[key], key not in own, progress(own[key], known[key], day) if key in own else None)
        for key in TREE
    )


class Targets:
    """The targets of one workspace, in its journal.

    Args:
        state: state database of the workspace.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def set(self, actor: str, target: Target) -> None:
        """Agree on a target; it replaces an earlier one for the same metric and the same `who`."""
        fields = {
            "value": target.value,
            "due": target.due.isoformat(),
            "start": target.start.isoformat(),
            "start_value": target.start_value if math.isfinite(target.start_value) else None,
            "owner": target.owner,
            "metric": target.metric,
            "who": target.who,
            "whose": target.level,
            "removed": False,
        }
        journal.append(self._state, STREAM, _subject(target.metric, target.who, target.level), fields, actor)

    def remove(self, actor: str, key: str, who: str = "", whose: Whose | None = None) -> None:
        """Give a target up.

        Args:
            actor: who gives it up.
            key: of the metric.
            who: whose part of it; the company's own when "".
            whose: what `who` is; where it is not said, whoever is called so.

        Raises:
            SpecError: there is no such target.
        """
        every = list(self._every())
        meant = [one for one in every if (one.metric, one.who) == (key, who) and whose in (None, one.level)]
        if not meant:
            known = [_subject(one.metric, one.who, one.level) for one in every]
            raise unknown_name(Message("The target"), f"{key}{_OF}{who}" if who else key, known)
        subject = _subject(key, who, meant[0].level)
        journal.append(self._state, STREAM, subject, {"removed": True}, actor)

    def all(self) -> tuple[Target, ...]:
        """Every target of the company as it stands. One whose metric does not exist any more is left out."""
        return tuple(target for target in self._every() if not target.who)

    def parts(self) -> tuple[Target, ...]:
        """Every target that is not the whole company's, by metric."""
        found = (target for target in self._every() if target.who)
        return tuple(sorted(found, key=lambda one: (one.metric, get_args(Whose).index(one.level), one.who)))

    def _every(self) -> Iterator[Target]:
        for subject, fields in journal.fold(journal.read(self._state, STREAM)).items():
            told, _, name = subject.partition(_OF)
            key, who = fields.get("metric", told), fields.get("who", name)
            if not fields["removed"] and key in metrics():
                yield _target(key, fields, who)


def _subject(key: str, who: str, level: Whose) -> str:
    """What tells a target from all others; long ones by a digest of whose they are."""
    plain = "department" if who in roles() else "person"
    whose = who if level == plain else f"{level}:{who}"
    text = f"{key}{_OF}{whose}" if who else key
    if len(text) <= _LONGEST:
        return text
    return f"{key}{_OF}{hashlib.sha256(whose.encode()).hexdigest()[:20]}"


def _target(key: str, fields: Mapping[str, Any], who: str) -> Target:
    started = fields["start_value"]
    return Target(
        key,
        float(fields["value"]),
        dt.date.fromisoformat(fields["due"]),
        dt.date.fromisoformat(fields["start"]),
        math.nan if started is None else float(started),
        fields["owner"],
        who,
        fields.get("whose") if who else None,
    )


@dataclass(frozen=True, slots=True)
class StagePreset:
    """What a shop in a stage of its life looks at.

    Attributes:
        key: cold_start, growth or maturity.
        label: what it is called; meaning: what it is about, with the row of the handbook.
        kpis: keys of the metrics shown, the most important first.
        goals: metric -> value worth aiming at, the handbooks' suggestion.
        parameters: metric -> key of the parameter that holds this value.
    """

    key: str
    label: Term
    meaning: Term
    kpis: tuple[str, ...]
    goals: Mapping[str, float]
    parameters: Mapping[str, str]


def suggested(preset: StagePreset, shop: Any = None) -> dict[str, float]:
    """What a shop in a stage may aim at: metric -> value, by the shop's own parameters where it changed them.

    Args:
        preset: of `stage`.
        shop: see `ecops.handbook.overrides`.
    """
    return {key: get(name, shop) for key, name in preset.parameters.items()}


@functools.cache
def stages() -> Mapping[str, StagePreset]:
    """The stage presets by key, in the order of a shop's life."""
    entries = tomllib.loads((Path(__file__).parent / "stages.toml").read_text("utf-8"))
    return {
        key: StagePreset(
            key,
            Term(en=entry["label"]["en"], zh=entry["label"]["zh"]),
            Term(en=entry["meaning"]["en"], zh=entry["meaning"]["zh"]),
            tuple(entry["kpis"]),
            {key: get(name) for key, name in entry.get("goals", {}).items()},
            dict(entry.get("goals", {})),
        )
        for key, entry in entries.items()
    }


def cites() -> tuple[str, ...]:
    """Parameters of the handbooks that suggest goals."""
    return tuple(dict.fromkeys(name for preset in stages().values() for name in preset.parameters.values()))


def stage(key: str) -> StagePreset:
    """One stage preset.

    >>> stage("cold_start").kpis[0]
    'visitors'
    """
    if key not in stages():
        raise unknown_name(Message("The stage"), key, stages())
    return stages()[key]
