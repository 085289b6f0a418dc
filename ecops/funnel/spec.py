"""Which funnel is asked about: its steps, their order, the time allowed, who is counted and to whom a value belongs."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from ecops.errors import SpecError, unknown_name
from ecops.messages import Message, Term

Order = Literal["ordered", "strict", "any", "count"]
"""ordered: the steps one after the other, anything may happen between. strict: nothing between. any: all steps up to
k inside one window, in any order. count: everybody who has the event, whatever else she did (may grow)."""

Unit = Literal["user", "session", "user_sku"]
"""What is counted: a person, a visit, or a person with one product."""

WindowFrom = Literal["first", "previous"]
"""Whether the window runs from the first step to each later one, or from each step to the next."""

MAX_STEPS = 20
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)\s*")


class Exclusion(NamedTuple):
    """An event that spoils an attempt when it happens after step `start` and before step `stop` (counted from 1)."""

    event: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel.

    Attributes:
        name: key of the step; also the event looked for when `events` is empty.
        optional: later steps count with or without it (下单 without 加购).
        events: names under which the log has the step, any of them counts.
        columns: canonical columns under which a table of counts has it, the first one present is taken.
        label: what people call it; the name itself when None.
    """

    name: str
    optional: bool = False
    events: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    label: Term | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise SpecError(Message("A step needs a name."), Message("Write Step with the name of an event."))
        if isinstance(self.events, str):
            object.__setattr__(self, "events", (self.events,))
        object.__setattr__(self, "events", tuple(self.events) or (self.name,))
        object.__setattr__(self, "columns", tuple(self.columns))

    @property
    def term(self) -> Term | str:
        """The label as a value for a `Message`; the name, as data, when there is no label."""
        return self.label if self.label is not None else self.name


@dataclass(frozen=True, slots=True)
class FunnelSpec:
    """A funnel, checked when it is made.

    Attributes:
        steps: two or more steps (names are turned into `Step`s). Two steps may look for the same events (a second
            purchase); each event then counts for one step only.
        order: see `Order`.
        window: "7d", "12h", "30m", "45s", seconds, a timedelta, or None for no limit; ends included.
        window_from: see `WindowFrom`.
        unit: see `Unit`.
        attribution: which value of a dimension a unit belongs to. first_touch: its first non-empty value (the lowest
            name on a tie). last_touch: its last non-empty value up to the furthest step reached. entry: the value on
            the first step of the first chain that went furthest. step:k (k from 1, or a step's name): the value on
            step k; a unit that took step k with two values stands in both. all_events: every value is a funnel of its
            own.
        exclusions: see `Exclusion`. A unit whose attempts are all spoilt is not counted at all.
        ties: allow: events of the same instant count in either order. strict: time must pass between steps.
            grace:2s: a step may be stamped up to 2 seconds before the step it follows.
        matured_only: leave out attempts whose whole window the log does not cover.

    Raises:
        SpecError: an argument is not valid or does not go with the others.

    >>> FunnelSpec(["view", "cart", "buy"], window="1d").window_seconds
    86400.0
    """

    steps: tuple[Step, ...]
    order: Order = "ordered"
    window: str | float | dt.timedelta | None = "7d"
    window_from: WindowFrom = "first"
    unit: Unit = "user"
    attribution: str = "first_touch"
    exclusions: tuple[Exclusion, ...] = field(default=())
    ties: str = "allow"
    matured_only: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", as_steps(self.steps))
        object.__setattr__(self, "exclusions", tuple(Exclusion(*entry) for entry in self.exclusions))
        for what, value, allowed in (
            (Message("The order"), self.order, get_args(Order)),
            (Message("The unit"), self.unit, get_args(Unit)),
            (Message("The start of the window"), self.window_from, get_args(WindowFrom)),
        ):
            if value not in allowed:
                raise unknown_name(what, str(value), allowed)
        _ = self.window_seconds, self.grace_seconds, self.attribution_step
        _check_steps(self.steps)
        _check_exclusions(self)
        _check_together(self)

    @classmethod
    def preset(cls, name: str, **changes: Any) -> FunnelSpec:
        """A ready-made funnel, see `presets`; `changes` are any other fields.

        >>> [step.name for step in FunnelSpec.preset("four_steps", window="1d").steps]
        ['exposure', 'click', 'cart', 'pay']
        """
        if name not in presets():
            raise unknown_name(Message("The preset"), name, presets())
        return cls(presets()[name].steps, **changes)

    def changed(self, **changes: Any) -> FunnelSpec:
        """The same funnel with other fields."""
        return replace(self, **changes)

    @property
    def window_seconds(self) -> float | None:
        """The window in seconds, None without a limit."""
        return None if self.window is None else seconds(self.window)

    @property
    def grace_seconds(self) -> float:
        """Seconds by which a step may be stamped before its predecessor; -1 when time must pass between steps."""
        if self.ties == "strict":
            return -1.0
        if self.ties == "allow":
            return 0.0
        word, _, amount = str(self.ties).partition(":")
        if word != "grace":
            raise unknown_name(Message("The rule for ties"), str(self.ties), ("allow", "strict", "grace:2s"))
        return seconds(amount)

    @property
    def attribution_step(self) -> int | None:
        """Position from 0 of the step whose value counts, None for the other kinds of attribution."""
        kinds = ("first_touch", "last_touch", "entry", "all_events")
        if self.attribution in kinds:
            return None
        word, _, which = str(self.attribution).partition(":")
        names = [step.name for step in self.steps]
        if word != "step" or not which:
            raise unknown_name(Message("The attribution"), str(self.attribution), (*kinds, "step:1"))
        if which in names:
            return names.index(which)
        if not which.isdigit() or not 1 <= int(which) <= len(names):
            raise unknown_name(Message("The step"), which, names)
        return int(which) - 1

    @property
    def required(self) -> tuple[int, ...]:
        """Positions of the steps that are not optional."""
        return tuple(i for i, step in enumerate(self.steps) if not step.optional)

    @property
    def base(self) -> tuple[int, ...]:
        """For each step the position of the step its rate is counted from; -1 for the first."""
        found, last = [], -1
        for i, step in enumerate(self.steps):
            found.append(last)
            last = last if step.optional else i
        return tuple(found)

    @property
    def repeats(self) -> bool:
        """Whether two steps look for the same events."""
        return len({step.events for step in self.steps}) < len(self.steps)


class Preset(NamedTuple):
    """A ready-made funnel: its label, the handbook it comes from, and its steps."""

    label: Term
    source: str
    steps: tuple[Step, ...]


@functools.cache
def presets() -> Mapping[str, Preset]:
    """Ready-made funnels by key: four_steps, five_steps, six_nodes, growth, visitors."""
    entries = tomllib.loads(Path(__file__).with_name("presets.toml").read_text("utf-8"))
    steps = known_steps()
    return {
        key: Preset(
            Term(en=entry["label"]["en"], zh=entry["label"]["zh"]),
            entry["source"],
            tuple(steps[name] for name in entry["steps"]),
        )
        for key, entry in entries["presets"].items()
    }


@functools.cache
def known_steps() -> Mapping[str, Step]:
    """Every step that presets are made of, by name."""
    entries = tomllib.loads(Path(__file__).with_name("presets.toml").read_text("utf-8"))
    return {
        name: Step(
            name,
            events=tuple(entry["events"]),
            columns=tuple(entry["columns"]),
            label=Term(en=entry["label"]["en"], zh=entry["label"]["zh"]),
        )
        for name, entry in entries["steps"].items()
    }


def seconds(window: str | float | dt.timedelta) -> float:
    """A length of time in seconds.

    >>> seconds("7d"), seconds("1.5h"), seconds(90)
    (604800.0, 5400.0, 90.0)
    """
    if isinstance(window, dt.timedelta):
        value = window.total_seconds()
    elif isinstance(window, str):
        match = _DURATION.fullmatch(window)
        value = float(match.group(1)) * _UNITS[match.group(2)] if match else math.nan
    elif isinstance(window, int | float) and not isinstance(window, bool):
        value = float(window)
    else:
        value = math.nan
    if not 0 <= value < math.inf:
        raise SpecError(
            Message("{window} is not a length of time.", window=str(window)),
            Message("Write it as 7d, 12h, 30m, 45s, or as a number of seconds."),
        )
    return value


def as_steps(steps: Iterable[Step | str]) -> tuple[Step, ...]:
    """Steps from names and `Step`s; a plain name looks for the event of exactly that name."""
    if isinstance(steps, str):
        steps = [name.strip() for name in re.split(r"[,，>→]", steps)]
    return tuple(step if isinstance(step, Step) else Step(step) for step in steps)


def _check_steps(steps: tuple[Step, ...]) -> None:
    if not 2 <= len(steps) <= MAX_STEPS:
        raise SpecError(
            Message("A funnel has 2 to {most} steps, this one has {n}.", most=MAX_STEPS, n=len(steps)),
            Message("Name the steps in order, for example exposure, click, cart, pay."),
        )
    if steps[0].optional or steps[-1].optional:
        raise SpecError(
            Message("The first and the last step cannot be optional."),
            Message("Only steps in between can be left out."),
        )
    for i, one in enumerate(steps):
        for other in steps[:i]:
            if one.events != other.events and set(one.events) & set(other.events):
                raise SpecError(
                    Message(
                        "The steps {one} and {other} share an event but not all events.",
                        one=other.name,
                        other=one.name,
                    ),
                    Message("Give both the same events, or none in common."),
                )


def _check_exclusions(spec: FunnelSpec) -> None:
    used = {name for step in spec.steps for name in step.events}
    for entry in spec.exclusions:
        whole = isinstance(entry.start, int) and isinstance(entry.stop, int)
        if not (whole and 1 <= entry.start < entry.stop <= len(spec.steps)):
            raise SpecError(
                Message(
                    "The exclusion of {event} goes from step {start} to step {stop}.",
                    event=entry.event,
                    start=str(entry.start),
                    stop=str(entry.stop),
                ),
                Message("It must go from a step to a later one, both between 1 and {last}.", last=len(spec.steps)),
            )
        if entry.event in used:
            raise SpecError(
                Message("{event} is both a step and an exclusion.", event=entry.event),
                Message("Take it out of one of them."),
            )
        if spec.steps[entry.start - 1].optional or spec.steps[entry.stop - 1].optional:
            raise SpecError(
                Message("The exclusion of {event} begins or ends at an optional step.", event=entry.event),
                Message("Let it begin and end at steps that everybody must take."),
            )


def _check_together(spec: FunnelSpec) -> None:
    """Refuse what has no meaning together, instead of ignoring a part of it."""
    grace = spec.ties.startswith("grace")
    plain = spec.order == "ordered"
    at = spec.attribution_step
    for wrong, hint in (
        (bool(spec.exclusions) and not plain, Message("Exclusions need the order ordered.")),
        (
            bool(spec.exclusions) and (spec.repeats or spec.window_from == "previous"),
            Message("Exclusions need steps with different events and a window from the first step."),
        ),
        (grace and (not plain or spec.repeats), Message("Grace needs the order ordered and different events.")),
        (
            spec.window_from == "previous" and not (plain or spec.order == "strict"),
            Message("A window from the previous step needs the order ordered or strict."),
        ),
        (
            spec.order == "strict" and any(step.optional for step in spec.steps),
            Message("Optional steps need the order ordered, any or count."),
        ),
        (
            at is not None and (not plain or bool(spec.exclusions)),
            Message("Attribution to a step needs the order ordered and no exclusions."),
        ),
        (
            at is not None and spec.steps[at].optional,
            Message("Attribution to a step needs a step that everybody must take."),
        ),
        (
            spec.attribution == "entry" and spec.order in ("any", "count"),
            Message("Attribution to the entry needs the order ordered or strict."),
        ),
        (spec.matured_only and spec.window is None, Message("Matured cohorts need a window.")),
    ):
        if wrong:
            raise SpecError(Message("These options do not go together."), hint)
