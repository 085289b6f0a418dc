"""Counts of units by segment and step, added up over parts of a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.funnel.paths.attribution import on_step, segments_of_units
from ecops.funnel.paths.kernel import reach
from ecops.funnel.reading.log import Ints, Log, Plan, Reach
from ecops.funnel.spec import FunnelSpec


@dataclass(frozen=True, slots=True)
class Tally:
    """What one pass over a log found. Tallies of disjoint sets of units add up.

    Attributes:
        counts: units, shape (segments, steps).
        daily: units by the day their chain's first step was first taken, shape (days, segments, steps).
        waits: ticks from the start of the chain to each step, one array a step, one element a unit; empty unless asked.
        hops: ticks from the step before to each step.
    """

    counts: Ints
    daily: Ints
    waits: tuple[Ints, ...]
    hops: tuple[Ints, ...]

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.counts + other.counts,
            self.daily + other.daily,
            tuple(np.concatenate(pair) for pair in zip(self.waits, other.waits, strict=True)),
            tuple(np.concatenate(pair) for pair in zip(self.hops, other.hops, strict=True)),
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A funnel asked of a log.

    Attributes:
        spec, plan: the funnel.
        radices: values of each dimension, the empty one included; see `attribution`.
        ticks_a_day: length of a day.
        first_day_at: tick at which the log's first day begins (0 or negative).
        days: days to tell apart; 0 when daily counts are not wanted.
        timed: whether waits and hops are wanted.
    """

    spec: FunnelSpec
    plan: Plan
    radices: tuple[int, ...]
    ticks_a_day: int
    first_day_at: int
    days: int
    timed: bool = False

    @property
    def segments(self) -> int:
        """Number of segment codes."""
        return int(np.prod(self.radices, dtype=np.int64)) if self.radices else 1


def tally(logs: Iterable[Log], question: Question, threads: int = 1) -> Tally:
    """Count every part of a log and add up."""
    # A part remembers what was worked out of it, as much again as its keys: nobody keeps it once it is counted.
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda log: _tally(log, question), logs))
    if not found:
        return _empty(question)
    total = found[0]
    for part in found[1:]:
        total += part
    return total


def _empty(question: Question) -> Tally:
    steps = len(question.plan.steps)
    nothing = tuple(np.zeros(0, dtype=np.int64) for _ in range(steps))
    shape = (question.segments, steps)
    return Tally(np.zeros(shape, np.int64), np.zeros((question.days, *shape), np.int64), nothing, nothing)


def _tally(log: Log, question: Question) -> Tally:
    if not len(log.keys):
        return _empty(question)
    spec, plan = question.spec, question.plan
    if spec.attribution == "all_events" and question.radices:
        bits = log.layout.segment_bits
        log = log.split_by_segment()
        found = reach(log, plan, spec)
        return _counted(log, found, log.units & ((1 << bits) - 1), question)
    found = reach(log, plan, spec)
    step = spec.attribution_step
    if step is not None and question.radices:
        return _on_step(log, found, step, question)
    return _counted(log, found, segments_of_units(log, plan, found, spec, question.radices), question)


def _counted(log: Log, found: Sequence[Reach], segment: Ints, question: Question) -> Tally:
    places = [log.places(one.moment) for one in found]
    counts = np.column_stack([np.bincount(segment[at], minlength=question.segments) for at in places])
    daily = np.zeros((question.days, *counts.shape), dtype=np.int64)
    if question.days:
        day = np.zeros(len(log.units), dtype=np.int64)
        # Written backwards, so that the first step stays.
        for one, at in zip(found[::-1], places[::-1], strict=True):
            day[at] = (log.tick_of(one.moment) - question.first_day_at) // question.ticks_a_day
        size = question.days * question.segments
        for step, at in enumerate(places):
            flat = np.bincount(day[at] * question.segments + segment[at], minlength=size)
            daily[:, :, step] = flat.reshape(question.days, question.segments)
    nothing = tuple(np.zeros(0, dtype=np.int64) for _ in found)
    if not question.timed:
        return Tally(counts, daily, nothing, nothing)
    return Tally(counts, daily, tuple(one.moment - one.start for one in found), tuple(one.hop for one in found))


def _on_step(log: Log, found: Sequence[Reach], step: int, question: Question) -> Tally:
    """Attribution to the value on a step: units that took it stand under each of its values, the others under none."""
    got_there = np.zeros(len(log.units), dtype=bool)
    got_there[log.places(found[step].moment)] = True
    of_row = np.repeat(got_there, np.diff(np.append(log.first_rows, len(log.keys))))
    rest, there = log.kept(~of_row), log.kept(of_row)
    total = _empty(question)
    if len(rest.keys):
        nowhere = np.zeros(len(rest.units), dtype=np.int64)
        total += _counted(rest, reach(rest, question.plan, question.spec), nowhere, question)
    if not len(there.keys):
        return total
    for value, part in on_step(there, question.plan, step, there.segment_of(np.arange(len(there.keys)))):
        again = reach(part, question.plan, question.spec)
        kept: NDArray[np.bool_] = np.zeros(len(part.units), dtype=bool)
        kept[part.places(again[step].moment)] = True
        chosen = [Reach(*(column[kept[part.places(one.moment)]] for column in one)) for one in again]
        total += _counted(part, chosen, np.full(len(part.units), value, dtype=np.int64), question)
    return total
