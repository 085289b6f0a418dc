"""The events of a shop as a log that is packed once, and the funnel that is asked of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ecops.engine import load_sql
from ecops.errors import DataError
from ecops.funnel.reading.events import from_events
from ecops.funnel.reading.own import ALL_STEPS, Own, Words, log_spec, steps_with, unused
from ecops.funnel.reading.packing import PackedEvents, pack
from ecops.funnel.reading.source import EventSource
from ecops.funnel.spec import FunnelSpec, Order, presets
from ecops.funnel.table import FunnelTable
from ecops.messages import Message, Percent
from ecops.metrics.daily import opened
from ecops.metrics.panel import history_days
from ecops.periods import ONE_DAY, Period

_PLACES = ("platform", "channel", "device", "segment")
_PEOPLE = ("people", "gender", "age_band")
"""What a log is split by besides, where somebody asks who the people are, see `queries/people.sql`."""

_MOST_SEGMENTS = 400
_NAMED = 8
"""Events of a log that are named where they are no step."""


def shop_log(data: Any, *, people: bool = False) -> PackedEvents:
    """The events of a workspace, packed with every dimension that has more than one value; kept for its version.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        people: tell new from returning people too, and split by the gender and age that the customers have.
    """
    ready = opened(data)
    version = getattr(ready, "version", None)
    key = (version, people)
    with _packing:
        if version is None or key not in _packed:
            log = _log(ready, people=people)
            if version is None:
                return log
            while len(_packed) >= _KEPT:
                del _packed[next(iter(_packed))]
            _packed[key] = log
        return _packed[key]


_KEPT = 2
_packed: dict[tuple[Any, bool], PackedEvents] = {}
_packing = threading.Lock()


def _log(ready: Any, *, people: bool = False) -> PackedEvents:
    source, given = "SELECT * FROM events", {}
    if people:
        words = Own(getattr(ready, "state", None)).words()
        given = {"pays": sorted(event.lower() for event in steps_with(words)["pay"].events)}
        source = load_sql("ecops.funnel.queries", "people").rstrip()
    schema = ready.query(f"SELECT * FROM ({source}\n) AS log LIMIT 0", given).schema  # noqa: S608 - text of ours
    columns = dict(zip(schema.names, schema.types, strict=True))

    def ask(sql: str, params: Mapping[str, Any]) -> Any:
        return ready.query(sql.replace("WITH ", f"WITH log AS ({source}\n), ", 1), {**params, **given})

    currency, names = getattr(ready, "currency", ""), (*_PLACES, *(_PEOPLE if people else ()))
    counted = ", ".join(f"count(DISTINCT {name}) AS {name}" for name in names)
    sizes = ready.query(f"SELECT {counted} FROM ({source}\n) AS log", given).to_pylist()[0]  # noqa: S608 - names of ours
    by = [name for name, size in sizes.items() if 1 < size <= _MOST_SEGMENTS]
    return pack(EventSource(columns, currency, ask), by=by, currency=currency)


def step_choices(data: Any, words: Words = ()) -> tuple[str, ...]:
    """`ALL_STEPS` and the presets whose every step happens, with what the shop's own events mean."""
    happen, known = events_in(data), steps_with(words)
    whole = [
        key for key, preset in presets().items() if all(set(known[step.name].events) & happen for step in preset.steps)
    ]
    return (ALL_STEPS, *whole)


def events_in(data: Any) -> frozenset[str]:
    """Names of the events of a shop."""
    found = opened(data).query("SELECT DISTINCT event FROM events WHERE event IS NOT NULL", {})
    return frozenset(found["event"].to_pylist())


def event_spec(
    data: Any,
    steps: str = ALL_STEPS,
    window: str | None = "7d",
    order: Order = "ordered",
    words: Words = (),
    *,
    matured_only: bool = False,
) -> FunnelSpec | None:
    """The funnel over the events of a shop, see `own.log_spec`; None when no two steps are known there."""
    try:
        return log_spec(sorted(events_in(data)), steps, window, order, words, matured_only=matured_only)
    except DataError:
        return None


def event_funnel(
    data: Any, period: Period, before: Period, spec: FunnelSpec, words: Words = (), *, people: bool = False
) -> tuple[FunnelTable, FunnelTable | None, list[Message]]:
    """The funnel of a shop's log in a period and in the days before, and what a reader must know of both.

    Raises:
        DataError: the log has no events in the period.
    """
    log = shop_log(data, people=people)
    notes: list[Message] = []
    if people and spec.attribution == "first_touch":
        # Whoever paid since her first touch is no longer new: what counts is who she was when she entered.
        spec = replace(spec, attribution="entry")
        notes.append(Message("People belong to where, and to whom, they were when they took the first step."))
    after = from_events(log, spec, period=period)
    if not after.counts[:, 0].sum() > 0:
        raise DataError(Message("The log has no events in these days."), Message("Choose other dates."))
    first, _ = log.span
    notes += not_used(log.event_counts, spec, words)
    other = None
    if before.start >= first:
        other = from_events(log, spec, period=before, check=False)
    else:
        notes.append(Message("The log begins on {day}; there is nothing to compare these days with.", day=first))
    past = history_span(period, before)
    if past is not None and past.end >= first:
        days = Period(max(past.start, first), past.end)
        after = replace(after, past=from_events(log, spec, period=days, check=False))
    return after, other, notes


def not_used(counts: Mapping[str, int], spec: FunnelSpec, words: Words = ()) -> list[Message]:
    """Which events of a log are no step, first of all: a step may hide behind a name of one's own."""
    rest = unused(counts, {event for step in spec.steps for event in step.events}, words)
    if not rest:
        return []
    named = ", ".join(f"{event} ({count:,})" for event, count in rest[:_NAMED])
    share = sum(count for _, count in rest) / sum(counts.values())
    return [Message("{share} of the events are no step: {events}.", share=Percent(share), events=named)]


def history_span(period: Period, before: Period) -> Period | None:
    """The days before a period, without those it is compared with, that tell how much days differ; None without any."""
    end = min(period.start, before.start) if before.end >= period.start - 7 * ONE_DAY else period.start
    start = period.start - history_days(period) * ONE_DAY
    return Period(start, end - ONE_DAY) if start < end else None
