"""To which segment does a unit belong, when its events carry different values of a dimension?

A segment code is a mixed-radix number: one digit a dimension, digit 0 for an empty value, digits from 1 in the order of
the names. Each dimension is settled on its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecops.funnel.reading.log import Ints, Log, Plan, Reach
from ecops.funnel.spec import FunnelSpec


def digits(segments: Ints, radices: Sequence[int]) -> list[Ints]:
    """The value number of each dimension, last dimension fastest."""
    found = []
    for radix in reversed(radices):
        found.append(segments % radix)
        segments = segments // radix
    return found[::-1]


def combined(parts: Sequence[Ints], radices: Sequence[int]) -> Ints:
    """The segment code of one value number a dimension."""
    code = np.zeros_like(parts[0])
    for part, radix in zip(parts, radices, strict=True):
        code = code * radix + part
    return code


def segments_of_units(log: Log, plan: Plan, found: Sequence[Reach], spec: FunnelSpec, radices: Sequence[int]) -> Ints:
    """Segment code of every unit of `log`, shape (units,), by first touch, last touch or entry."""
    if not radices:
        return np.zeros(len(log.units), dtype=np.int64)
    if spec.attribution == "entry":
        segment = np.zeros(len(log.units), dtype=np.int64)
        entries = log.rows(plan.steps[0])
        for reach in found:
            row = entries[np.searchsorted(log.moments[entries], reach.start)]
            segment[log.places(reach.moment)] = log.segment_of(row)
        return segment
    segment_at_first = log.segment_of(log.first_rows)
    if spec.attribution == "first_touch" and all(part.all() for part in digits(segment_at_first, radices)):
        return segment_at_first
    every = digits(log.segment_of(np.arange(len(log.keys))), radices)
    touch = _first_touch if spec.attribution == "first_touch" else _last_touch
    return combined([touch(log, part, found) for part in every], radices)


def _first_touch(log: Log, values: Ints, found: Sequence[Reach]) -> Ints:
    """The first non-empty value of every unit; independent of how far it got."""
    del found
    rows = np.flatnonzero(values)
    result = np.zeros(len(log.units), dtype=np.int64)
    # Written backwards, so that the first one stays.
    result[log.places(log.moments[rows[::-1]])] = values[rows[::-1]]
    return result


def _last_touch(log: Log, values: Ints, found: Sequence[Reach]) -> Ints:
    """The last non-empty value up to the furthest step; a unit that took no step is counted nowhere."""
    until = log.moments[log.first_rows]
    for reach in found:
        until[log.places(reach.moment)] = reach.moment
    last = np.searchsorted(log.moments, until, side="right") - 1
    row = np.maximum.accumulate(np.arange(len(values)) * values.astype(bool))[last]
    return np.where(row >= log.first_rows, values[row], 0)


def on_step(log: Log, plan: Plan, step: int, row_segments: Ints) -> list[tuple[int, Log]]:
    """The log once for each value on `step`: (segment, log in which step `step` was taken with that value only)."""
    rows = log.rows(plan.steps[step])
    on = row_segments[rows]
    parts = []
    for value in np.unique(on).tolist():
        keep = np.ones(len(log.keys), dtype=bool)
        keep[rows[on != value]] = False
        parts.append((value, log.kept(keep)))
    return parts
