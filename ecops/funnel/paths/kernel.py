"""How far did every unit get? Chains of steps found by a few sorted searches instead of a walk event by event.

For step i let S_i(t) be the latest start from which step i can be reached by time t inside the window. An event of step
i at t is reached when S_{i-1}(t) exists and t - S_{i-1}(t) is at most the window, and then S_i = S_{i-1}. S never falls
with t, so the latest chain before an event is always the best one and one binary search finds it.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from ecops.funnel.paths.instants import ordered_repeats, strict
from ecops.funnel.reading.log import Flags, Ints, Log, Plan, Reach, first_of_unit, nobody
from ecops.funnel.spec import FunnelSpec

_NEVER = np.iinfo(np.int64).max
"""Later than any moment of any unit."""


def reach(log: Log, plan: Plan, spec: FunnelSpec) -> list[Reach]:
    """Who completed each step, one `Reach` a step. `spec` chooses the way; `plan` is `spec` in numbers."""
    if not len(log.keys):
        return [nobody() for _ in plan.steps]
    if spec.order == "strict":
        return strict(log, plan)
    if spec.order == "any":
        return any_order(log, plan)
    if spec.order == "count":
        return count(log, plan)
    if plan.exclusions:
        return attempts(log, plan)
    return ordered_repeats(log, plan) if spec.repeats else ordered(log, plan)


def ordered(log: Log, plan: Plan) -> list[Reach]:
    """Steps one after the other, all of different events."""
    at = log.moments[log.starts(plan)]
    start = at
    found = [_firsts(log, at, at, start)]
    for position in range(1, len(plan.steps)):
        if not len(at):
            found.append(nobody())
            continue
        events = log.moments[log.rows(plan.steps[position])]
        chain, ok = _latest(log, plan, at, start, events)
        new_at, new_start = events[ok], start[chain]
        found.append(_firsts(log, new_at, at[chain], new_start))
        if position in plan.required:
            at, start = new_at, new_start
    return found


def _latest(log: Log, plan: Plan, at: Ints, start: Ints, events: Ints) -> tuple[Ints, Flags]:
    """The position in `at` of the latest chain that an event continues, and which events continue one."""
    probe = events
    if plan.grace > 0:
        # Never beyond the last tick of the same unit.
        probe = np.minimum(events + plan.grace, events | ((1 << log.layout.time_bits) - 1))
    chain = np.searchsorted(at, probe, side="left" if plan.grace < 0 else "right") - 1
    ok: Flags = chain >= 0
    chain = np.maximum(chain, 0)
    before = at[chain]
    ok &= (before ^ events) >> log.layout.time_bits == 0
    if plan.window is not None:
        origin = before if plan.from_previous or start is at else start[chain]
        ok &= events - origin <= plan.window
    return chain[ok], ok


def _firsts(log: Log, at: Ints, before: Ints, start: Ints) -> Reach:
    """The first success of every unit among successes in the order of time."""
    first = np.flatnonzero(first_of_unit(log, at))
    return Reach(at[first], start[first], at[first] - before[first])


def attempts(log: Log, plan: Plan) -> list[Reach]:
    """Ordered steps with exclusions: every first step is an attempt, which goes on as early as it can.

    An attempt is spoilt when an excluded event happens after it has taken step `start` and before it takes step `stop`
    (or, when it never does, before its window ends). Only clean attempts count.
    """
    start = log.moments[log.starts(plan)]
    times: list[Ints] = []
    for position, base in enumerate(plan.base):
        if base < 0:
            times.append(start)
            continue
        events = log.moments[log.rows(plan.steps[position])]
        times.append(_earliest(log, plan, events, times[base], start))
    clean = np.ones(len(start), dtype=bool)
    for codes, after, before in plan.exclusions:
        events = log.moments[log.rows(codes)]
        spoiler = _next(log, events, times[after], "right")
        end = np.where(times[before] < _NEVER, times[before] - 1, _window_end(log, plan, start))
        clean &= spoiler > end
    found = []
    for position, base in enumerate(plan.base):
        kept = clean & (times[position] < _NEVER)
        at, begun = times[position][kept], start[kept]
        previous = times[max(base, 0)][kept]
        # Later starts that arrive at the same instant are as good and nearer.
        last = np.searchsorted(at, at[first_of_unit(log, at)], side="right") - 1
        found.append(Reach(at[last], begun[last], at[last] - previous[last]))
    return found


def _earliest(log: Log, plan: Plan, events: Ints, before: Ints, start: Ints) -> Ints:
    """The first event that may follow each `before` inside the window of `start`."""
    lowest = before - np.minimum(max(plan.grace, 0), log.tick_of(before))
    event = _next(log, events, lowest, "right" if plan.grace < 0 else "left")
    return np.where(event <= _window_end(log, plan, start), event, _NEVER)


def _next(log: Log, events: Ints, after: Ints, side: str) -> Ints:
    """The first event of the unit at or after ("left"), or strictly after ("right"), each moment."""
    event = np.append(events, _NEVER)[np.searchsorted(events, after, side=side)]  # type: ignore[call-overload]
    return np.where(log.unit_of(event) == log.unit_of(after), event, _NEVER)


def _window_end(log: Log, plan: Plan, start: Ints) -> Ints:
    end = start | ((1 << log.layout.time_bits) - 1)
    return end if plan.window is None else np.minimum(start + plan.window, end)


def any_order(log: Log, plan: Plan) -> list[Reach]:
    """All steps up to k inside one window, in any order; a step that stands twice needs two events.

    Every event of the steps is tried as the first of its set, so that a set counts when it begins inside the plan's
    span of time, also where the unit took one of the steps once more later on.
    """
    times = {kind: log.moments[log.rows(plan.steps[kind])] for kind in set(plan.kinds)}
    found: list[Reach] = []
    for position, base in enumerate(plan.base):
        chain = [step for step in plan.required if step <= base] + [position]
        needed = Counter(plan.kinds[step] for step in chain)
        begin = np.unique(np.concatenate([times[kind] for kind in needed]))
        tick = log.tick_of(begin)
        begin = begin[(tick >= plan.first) & (tick <= plan.last)]
        if base >= 0:
            begin = begin[_among(log, begin, found[base].moment)]
        end, ok = begin, np.ones(len(begin), dtype=bool)
        for kind, times_needed in needed.items():
            ok, end = _nth_next(log, times[kind], times_needed, begin, (ok, end))
        if plan.window is not None:
            ok &= end - begin <= plan.window
        end, begin = end[ok], begin[ok]
        # A later first event never completes earlier; of those that complete first the nearest counts.
        at = end[first_of_unit(log, end)]
        begin = begin[np.searchsorted(end, at, side="right") - 1]
        found.append(Reach(at, begin, at - begin))
    return found


def _nth_next(log: Log, events: Ints, n: int, begin: Ints, so_far: tuple[Flags, Ints]) -> tuple[Flags, Ints]:
    """Where the n-th event from each moment on exists in the same unit, and the latest such moment seen so far."""
    ok, end = so_far
    place = np.searchsorted(events, begin, side="left") + n - 1
    event = np.append(events, _NEVER)[np.minimum(place, len(events))]
    return ok & (log.unit_of(event) == log.unit_of(begin)), np.maximum(end, event)


def _among(log: Log, moments: Ints, others: Ints) -> Flags:
    """Which moments belong to a unit of `others` (ascending, one a unit)."""
    if not len(others):
        return np.zeros(len(moments), dtype=bool)
    unit, wanted = log.unit_of(moments), log.unit_of(others)
    same: Flags = wanted[np.minimum(np.searchsorted(wanted, unit), len(wanted) - 1)] == unit
    return same


def count(log: Log, plan: Plan) -> list[Reach]:
    """Everybody who has the event inside the span of time, whatever else she did."""
    found = []
    for codes in plan.steps:
        at = log.moments[log.rows(codes)]
        tick = log.tick_of(at)
        at = at[(tick >= plan.first) & (tick <= plan.last)]
        at = at[first_of_unit(log, at)]
        found.append(Reach(at, at, np.zeros_like(at)))
    return found
