"""What a shop calls its steps: its own names of events, and funnels of its own, remembered by its workspace."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ecops.errors import DataError, SpecError, unknown_name
from ecops.funnel.spec import FunnelSpec, Order, Step, known_steps, presets
from ecops.messages import Message
from ecops.store import journal

if TYPE_CHECKING:
    from ecops.store.state import State

ALL_STEPS = "all"
"""Every step of the known funnels that happens."""

WORDS, FUNNELS = "funnel_words", "funnels"
"""Streams of the journal: what events mean, and funnels with a name."""

NO_STEP = "none"
"""The word for an event that somebody said is no step."""

OPTIONAL = "?"
"""Behind the name of a step that people may leave out."""

Words = tuple[tuple[str, str], ...]
"""(event of the log, known step) pairs; hashable, so that they can be part of a cache key."""


class Own:
    """What the people of one shop said about the steps of its funnels.

    Args:
        state: of the workspace; None for data without one, which remembers nothing.
    """

    def __init__(self, state: State | None) -> None:
        self._state = state

    def words(self) -> Words:
        """Which of the shop's own events is which step, by event."""
        return tuple(sorted((event, str(told["step"])) for event, told in self._read(WORDS).items() if told["step"]))

    def name(self, actor: str, event: str, step: str) -> None:
        """Say which step an event is; `NO_STEP` when it is none, "" to take it back.

        Raises:
            SpecError: there is no such step, or the data remembers nothing.
        """
        if step not in {"", NO_STEP, *known_steps()}:
            raise unknown_name(Message("The step"), step, known_steps())
        journal.append(self._kept(), WORDS, event, {"step": step}, actor)

    def funnels(self) -> dict[str, str]:
        """Saved funnels: name -> its steps as `read_steps` takes them."""
        return {name: str(told["steps"]) for name, told in self._read(FUNNELS).items() if told["steps"]}

    def save(self, actor: str, name: str, steps: Sequence[str]) -> None:
        """Keep a funnel under a name; one of that name is replaced.

        Args:
            actor: who says so.
            name: what it is called.
            steps: events in order, `OPTIONAL` behind those that may be left out; none forgets the funnel.

        Raises:
            SpecError: it has no name or fewer than two steps, or the data remembers nothing.
        """
        if not name.strip():
            raise SpecError(Message("A funnel needs a name."), Message("Write what it is about."))
        if steps:
            FunnelSpec(read_steps(",".join(steps)))
        journal.append(self._kept(), FUNNELS, name.strip(), {"steps": ",".join(steps)}, actor)

    def _read(self, stream: str) -> dict[str, dict[str, object]]:
        return journal.fold(journal.read(self._state, stream)) if self._state is not None else {}

    def _kept(self) -> State:
        if self._state is None:
            raise SpecError(
                Message("This data remembers nothing."), Message("Load it into a shop of your own, then say it again.")
            )
        return self._state


def read_steps(text: str) -> tuple[Step, ...]:
    """Events written one after the other as steps.

    >>> [(step.name, step.optional) for step in read_steps("look, want?, buy")]
    [('look', False), ('want', True), ('buy', False)]
    """
    names = [name.strip() for name in text.split(",")]
    return tuple(Step(name.removesuffix(OPTIONAL), optional=name.endswith(OPTIONAL)) for name in names)


def steps_with(words: Words) -> Mapping[str, Step]:
    """The known steps with what the shop's own events mean; an event is one step only.

    >>> steps_with((("look", "click"), ("view", "exposure")))["click"].events[-1]
    'look'
    >>> "view" in steps_with((("look", "click"), ("view", "exposure")))["click"].events
    False
    """
    meant = dict(words)
    found = {}
    for name, step in known_steps().items():
        events = [event for event in step.events if meant.get(event, name) == name]
        events += [event for event, said in words if said == name and event not in events]
        found[name] = replace(step, events=tuple(events)) if events else step
    return found


def log_spec(
    events: Sequence[str],
    steps: str = ALL_STEPS,
    window: str | None = "7d",
    order: Order = "ordered",
    words: Words = (),
    *,
    matured_only: bool = False,
) -> FunnelSpec:
    """The funnel over a log that has these events.

    Args:
        events: names in the log.
        steps: `ALL_STEPS` for the known funnel of which most steps happen, a preset, or events as `read_steps` takes
            them.
        window: see `FunnelSpec`.
        order: see `FunnelSpec`.
        words: what the shop's own events mean.
        matured_only: see `FunnelSpec`.

    Raises:
        DataError: no known funnel has two steps there.
        SpecError: an event that the log does not have, or choices that do not go together.
    """
    how = {"window": window, "order": order, "matured_only": matured_only}
    if steps != ALL_STEPS and steps not in presets():
        chosen = read_steps(steps)
        for step in chosen:
            if step.name not in events:
                raise unknown_name(Message("The event"), step.name, events)
        return FunnelSpec(chosen, **how)  # type: ignore[arg-type]
    known = steps_with(words)
    if steps != ALL_STEPS:
        return FunnelSpec(tuple(known[step.name] for step in presets()[steps].steps), **how)  # type: ignore[arg-type]
    happen = set(events)
    found = [
        tuple(known[step.name] for step in preset.steps if set(known[step.name].events) & happen)
        for preset in presets().values()
        if len({step.events for step in preset.steps}) == len(preset.steps)
    ]
    longest = max(found, key=len, default=())
    if len(longest) < 2:
        raise DataError(
            Message("The log has no two steps of a known funnel."),
            Message("Say which of its events are exposure, click, cart, order and pay, or load daily counts."),
        )
    return FunnelSpec(longest, **how)  # type: ignore[arg-type]


def unused(counts: Mapping[str, int], used: Collection[str], words: Words = ()) -> tuple[tuple[str, int], ...]:
    """Events of a log that are no step and that nobody said are none, with how often each happens, most first.

    Args:
        counts: event -> how often it happens.
        used: events that are steps of the funnel.
        words: what the shop's own events mean.
    """
    told = {event for event, step in words if step == NO_STEP}
    rest = [(event, count) for event, count in counts.items() if event not in used and event not in told]
    return tuple(sorted(rest, key=lambda item: (-item[1], item[0])))
