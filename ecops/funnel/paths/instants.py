"""Chains where it matters which events share an instant: nothing between steps (strict), or the same event twice.

All events of a unit with the same time stamp are one *instant*; their order is not known, so the one that helps is
taken. A chain passes through instants; inside an instant it may take several steps, each with an event of its own.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ecops.funnel.reading.log import Flags, Ints, Log, Plan, Reach, first_of_unit, nobody


class Instants:
    """The instants of a log and how many events of each kind they hold.

    Attributes:
        moments: unit and tick of each instant, ascending.
        size: number of events.
    """

    def __init__(self, log: Log, plan: Plan) -> None:
        changed = np.concatenate([[True], log.moments[1:] != log.moments[:-1]])
        self._rows: Ints = np.flatnonzero(changed)
        self.moments: Ints = log.moments[self._rows]
        self.size: Ints = np.diff(np.append(self._rows, len(log.moments)))
        self._log = log
        self._plan = plan

    @cached_property
    def counts(self) -> dict[int, NDArray[np.int32]]:
        """Events of each kind of step in each instant."""
        found = {}
        for kind in set(self._plan.kinds):
            flag = np.zeros(len(self._log.codes), dtype=np.int32)
            flag[self._log.rows(self._plan.steps[kind])] = 1
            found[kind] = np.add.reduceat(flag, self._rows)
        return found

    def holds(self, steps: list[int], where: Ints) -> Flags:
        """Whether the instants `where` hold an event for each of `steps`."""
        ok = np.ones(len(where), dtype=bool)
        for kind, needed in Counter(self._plan.kinds[step] for step in steps).items():
            ok &= self.counts[kind][where] >= needed
        return ok

    def beginnings(self, steps: list[int]) -> Ints:
        """Instants in which a chain may start and take all of `steps`."""
        tick = self._log.tick_of(self.moments)
        inside = np.flatnonzero((tick >= self._plan.first) & (tick <= self._plan.last))
        return inside[self.holds(steps, inside)]


class Chains:
    """Chains that have arrived at a step: the instants of it, of the start and of the step before; best one each."""

    def __init__(self, parts: list[tuple[Ints, Ints, Ints]]) -> None:
        at, start, before = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((before, start, at))
        at, start, before = at[order], start[order], before[order]
        best = np.append(at[1:] != at[:-1], True) if len(at) else np.zeros(0, dtype=bool)
        self.at, self.start, self.before = at[best], start[best], before[best]

    def reach(self, log: Log, instants: Instants) -> Reach:
        """The first success of every unit."""
        if not len(self.at):
            return nobody()
        moments = instants.moments
        first = first_of_unit(log, moments[self.at])
        at, start, before = (moments[part[first]] for part in (self.at, self.start, self.before))
        return Reach(at, start, at - before)


def ordered_repeats(log: Log, plan: Plan) -> list[Reach]:
    """Ordered steps of which some look for the same events; one event counts for one step only."""
    wanted = np.unique(np.concatenate(plan.steps))
    log = log.kept(np.isin(log.codes, wanted))
    if not len(log.keys):
        return [nobody() for _ in plan.steps]
    instants = Instants(log, plan)
    arrived: dict[int, Chains] = {}
    found = []
    for position, base in enumerate(plan.base):
        path = [step for step in plan.required if step <= base] + [position]
        parts = []
        for entered in range(len(path)):
            inside = path[entered:]
            if plan.grace < 0 and len(inside) > 1:
                continue
            if not entered:
                begin = instants.beginnings(inside)
                parts.append((begin, begin, begin))
                continue
            chains = arrived[path[entered - 1]]
            if len(chains.at):
                parts.append(_continued(log, plan, instants, chains, inside))
        chains = Chains(parts) if parts else Chains([(log.keys[:0],) * 3])
        if position in plan.required:
            arrived[position] = chains
        found.append(chains.reach(log, instants))
    return found


def _continued(log: Log, plan: Plan, instants: Instants, chains: Chains, inside: list[int]) -> tuple[Ints, Ints, Ints]:
    """Instants that hold the steps `inside` and follow, strictly later, one of `chains`."""
    everywhere = np.arange(len(instants.moments))
    at = everywhere[instants.holds(inside, everywhere)]
    place = np.searchsorted(chains.at, at, side="left") - 1
    at, place = at[place >= 0], place[place >= 0]
    start, before = chains.start[place], chains.at[place]
    ok = _together(log, plan, instants, (at, start, before))
    return at[ok], start[ok], (at if len(inside) > 1 else before)[ok]


def _together(log: Log, plan: Plan, instants: Instants, chain: tuple[Ints, Ints, Ints]) -> Flags:
    """Whether an instant belongs to the unit of the chain it would continue and lies inside the window."""
    at, start, before = (instants.moments[part] for part in chain)
    ok: Flags = log.unit_of(at) == log.unit_of(before)
    if plan.window is not None:
        ok &= at - (before if plan.from_previous else start) <= plan.window
    return ok


def strict(log: Log, plan: Plan) -> list[Reach]:
    """Steps with nothing between them, noise events included.

    The steps of a chain fall into runs, one run an instant. The first run may be the end of its instant and the last
    run the beginning of its; an instant in between must hold exactly the steps of its run.
    """
    instants = Instants(log, plan)
    count = len(instants.moments)
    whole: list[Chains] = []  # chains that arrived with the last event of their instant and can go on
    found = []
    for position in range(len(plan.steps)):
        reached, ended = [], []
        for entered in range(position + 1):
            inside = list(range(entered, position + 1))
            if plan.grace < 0 and len(inside) > 1:
                continue
            if not entered:
                begin = instants.beginnings(inside)
                reached.append((begin, begin, begin))
                ended.append((begin, begin, begin))
                continue
            chains = whole[entered - 1]
            at, start, before = chains.at + 1, chains.start, chains.at
            ok = at < count
            at, start, before = at[ok], start[ok], before[ok]
            ok = _together(log, plan, instants, (at, start, before)) & instants.holds(inside, at)
            at, start, before = at[ok], start[ok], (at if len(inside) > 1 else before)[ok]
            reached.append((at, start, before))
            full = instants.size[at] == len(inside)
            ended.append((at[full], start[full], before[full]))
        whole.append(Chains(ended))
        found.append(Chains(reached).reach(log, instants))
    return found
