"""An event log as sorted 64-bit keys: who, when, where and what in one number.

`key = ((unit << time_bits | tick) << segment_bits | segment) << code_bits | code`, so that one sort brings the events
of a unit together in the order of time, and the upper part of a key (the *moment*: unit and tick) can be searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecops.funnel.spec import FunnelSpec

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Layout(NamedTuple):
    """How many bits of a key hold the tick, the segment and the event code; the unit takes the rest of 63."""

    time_bits: int
    segment_bits: int
    code_bits: int

    @property
    def low_bits(self) -> int:
        """Bits below the moment."""
        return self.segment_bits + self.code_bits


class Plan(NamedTuple):
    """A `FunnelSpec` in the numbers of one log.

    Attributes:
        steps: event codes of each step.
        kinds: a number a step, equal for steps that look for the same events.
        required: positions of the steps that are not optional.
        base: position each step is reached from, -1 for the first.
        window: ticks, None without a limit.
        from_previous: whether the window runs from the previous step.
        grace: ticks a step may lie before its predecessor; -1 when time must pass.
        exclusions: (event codes, position after which, position before which).
        first, last: ticks between which a chain may start, both included.
    """

    steps: tuple[Ints, ...]
    kinds: tuple[int, ...]
    required: tuple[int, ...]
    base: tuple[int, ...]
    window: int | None
    from_previous: bool
    grace: int
    exclusions: tuple[tuple[Ints, int, int], ...]
    first: int
    last: int


def compile_plan(spec: FunnelSpec, names: Sequence[str], ticks_per_second: int, first: int, last: int) -> Plan:
    """The plan of `spec` for a log whose event `names[i]` has code `i + 1`; `first` and `last` as in `Plan`."""
    code = {name: i + 1 for i, name in enumerate(names)}

    def codes(wanted: Sequence[str]) -> Ints:
        return np.array(sorted(code[name] for name in wanted if name in code), dtype=np.int64)

    events = [step.events for step in spec.steps]
    window = spec.window_seconds
    grace = spec.grace_seconds
    return Plan(
        steps=tuple(codes(wanted) for wanted in events),
        kinds=tuple(events.index(wanted) for wanted in events),
        required=spec.required,
        base=spec.base,
        window=None if window is None else int(window * ticks_per_second),
        from_previous=spec.window_from == "previous",
        grace=-1 if grace < 0 else int(grace * ticks_per_second),
        exclusions=tuple((codes([name]), start - 1, stop - 1) for name, start, stop in spec.exclusions),
        first=first,
        last=last,
    )


@dataclass(frozen=True)
class Log:
    """Sorted keys of whole units.

    Attributes:
        keys: int64, ascending, shape (events,).
        layout: meaning of their bits.
    """

    keys: Ints
    layout: Layout

    @cached_property
    def moments(self) -> Ints:
        """Unit and tick of every event, shape (events,)."""
        return self.keys >> self.layout.low_bits

    @cached_property
    def codes(self) -> NDArray[np.uint16]:
        """Event code of every event, shape (events,)."""
        return self.keys.astype(np.uint16) & np.uint16((1 << self.layout.code_bits) - 1)

    @cached_property
    def first_rows(self) -> Ints:
        """Row of the first event of every unit, shape (units,)."""
        unit = self.moments >> self.layout.time_bits
        return np.flatnonzero(np.concatenate([[True], unit[1:] != unit[:-1]])) if len(unit) else unit

    @cached_property
    def units(self) -> Ints:
        """Number of every unit, ascending, shape (units,)."""
        return self.unit_of(self.moments[self.first_rows])

    def unit_of(self, moments: Ints) -> Ints:
        """Unit of moments."""
        return moments >> self.layout.time_bits

    def tick_of(self, moments: Ints) -> Ints:
        """Tick of moments."""
        return moments & ((1 << self.layout.time_bits) - 1)

    def segment_of(self, rows: Ints) -> Ints:
        """Segment code of rows."""
        return (self.keys[rows] >> self.layout.code_bits) & ((1 << self.layout.segment_bits) - 1)

    def places(self, moments: Ints) -> NDArray[np.signedinteger[Any]]:
        """Position in `units` of the units of moments."""
        if self._positions is None:
            return np.searchsorted(self.units, self.unit_of(moments))
        found: NDArray[np.signedinteger[Any]] = self._positions[self.unit_of(moments) - self.units[0]]
        return found

    @cached_property
    def _positions(self) -> NDArray[np.int32] | None:
        """Position of every unit number from the first to the last, None where the numbers have wide gaps."""
        units = self.units
        if not len(units) or units[-1] - units[0] > 4 * len(units) + 1000:
            return None
        table = np.zeros(int(units[-1] - units[0]) + 1, dtype=np.int32)
        table[units - units[0]] = np.arange(len(units))
        return table

    def rows(self, codes: Ints) -> Ints:
        """Rows of the events with one of `codes`, ascending."""
        if len(codes) == 1:
            return np.flatnonzero(self.codes == codes[0])
        wanted = np.zeros(1 << self.layout.code_bits, dtype=bool)
        wanted[codes] = True
        return np.flatnonzero(wanted[self.codes])

    def starts(self, plan: Plan) -> Ints:
        """Rows where a chain may start: events of the first step inside the plan's span of time."""
        rows = self.rows(plan.steps[0])
        if plan.first > 0 or plan.last < (1 << self.layout.time_bits) - 1:
            tick = self.tick_of(self.moments[rows])
            rows = rows[(tick >= plan.first) & (tick <= plan.last)]
        return rows

    def kept(self, mask: Flags) -> Log:
        """The log with only the rows where `mask` is true."""
        return Log(self.keys[mask], self.layout)

    def split_by_segment(self) -> Log:
        """The same log with each pair of unit and segment as a unit of its own (number: unit << bits | segment)."""
        layout = self.layout
        segment = self.segment_of(np.arange(len(self.keys)))
        unit = (self.unit_of(self.moments) << layout.segment_bits) | segment
        keys = (((unit << layout.time_bits) | self.tick_of(self.moments)) << layout.code_bits) | self.codes
        keys.sort()
        return Log(keys, Layout(layout.time_bits, 0, layout.code_bits))


class Reach(NamedTuple):
    """Who completed a step, one element a unit in ascending order.

    Attributes:
        moment: unit and tick at which the unit first completed the step.
        start: unit and tick of the start of that chain (the latest one that still reaches).
        hop: ticks since the step before.
    """

    moment: Ints
    start: Ints
    hop: Ints


def nobody() -> Reach:
    """A step that no unit completed."""
    empty = np.zeros(0, dtype=np.int64)
    return Reach(empty, empty, empty)


def first_of_unit(log: Log, moments: Ints) -> Flags:
    """Which of ascending `moments` is the first of its unit."""
    unit = log.unit_of(moments)
    return np.concatenate([[True], unit[1:] != unit[:-1]]) if len(unit) else np.zeros(0, dtype=bool)
