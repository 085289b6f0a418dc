"""A funnel of people followed through a log of events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ecops.errors import SpecError, near
from ecops.funnel.paths.attribution import digits
from ecops.funnel.paths.counting import Question, Tally, tally
from ecops.funnel.reading.log import compile_plan
from ecops.funnel.reading.packing import PackedEvents, cores, pack
from ecops.funnel.spec import FunnelSpec
from ecops.funnel.table import Floats, FunnelTable, Issue
from ecops.messages import Message
from ecops.periods import Period

_ONE_DAY = dt.timedelta(days=1)
_MOST_DAILY = 20_000_000
_CHECKED = 2_000_000


def from_events(
    data: Any,
    spec: FunnelSpec,
    by: str | Sequence[str] | None = None,
    period: Period | None = None,
    currency: str = "",
    check: bool | None = None,
) -> FunnelTable:
    """Count how far every unit of a log got.

    Args:
        data: a log (pandas, Polars, Arrow, CSV or Parquet file, workspace) or `PackedEvents` of one, which answers
            further questions without reading the log again.
        spec: the funnel.
        by: dimensions to split by; those the log was packed with when it is packed and nothing is said.
        period: days in which a chain must start (it may end later); the whole log when None.
        currency: ISO code of the money of a log that does not say it.
        check: look for defects of the log too (see `quality`) and keep them in `issues`; when None, up to two million
            events.

    Raises:
        SpecError: an unknown dimension, or no step of the funnel is in the log.
        DataError: the log cannot be used, see `pack`.
    """
    packed = data if isinstance(data, PackedEvents) else pack(data, spec.unit, by, currency)
    if packed.unit != spec.unit:
        raise SpecError(
            Message("The log was packed by {have}, the funnel counts by {want}.", have=packed.unit, want=spec.unit),
            Message("Pack the log once more with the unit of the funnel."),
        )
    question, days = ask(packed, spec, period, daily=True)
    found = tally(packed.logs(), question, cores())
    table = _table(packed, spec, found, days, period)
    if check or (check is None and packed.rows <= _CHECKED):
        from ecops.funnel.causes.quality import log_issues

        table = replace(table, issues=(*table.issues, *log_issues(packed, spec, period)))
    wanted = None if by is None else ((by,) if isinstance(by, str) else tuple(by))
    return table if wanted is None or wanted == table.by else table.along(wanted)


def ask(
    packed: PackedEvents, spec: FunnelSpec, period: Period | None = None, *, daily: bool = False
) -> tuple[Question, tuple[dt.date, ...]]:
    """The question of `spec` to a packed log, and the days it tells apart."""
    # Where nothing is left out at the end the kernel need not look.
    first, last = 0, (1 << packed.layout.time_bits) - 1
    if period is not None:
        first = max(first, packed.tick(dt.datetime.combine(period.start, dt.time())))
        last = min(packed.last, packed.tick(dt.datetime.combine(period.end + _ONE_DAY, dt.time())) - 1)
    plan = compile_plan(spec, packed.names, packed.ticks_per_second, first, last)
    if not any(len(codes) for codes in plan.steps):
        raise SpecError(
            Message("No step of the funnel is in the log."),
            Message("The log has the events {names}.", names=", ".join(packed.names[:20])),
        )
    if spec.matured_only and plan.window is not None:
        plan = plan._replace(last=min(plan.last, packed.last - plan.window))
    start, end = packed.span
    days = tuple(start + n * _ONE_DAY for n in range((end - start).days + 1)) if daily else ()
    size = len(days) * int(np.prod(packed.radices, dtype=np.int64) if packed.radices else 1) * len(spec.steps)
    if size > _MOST_DAILY:
        days = ()
    midnight = packed.tick(dt.datetime.combine(start, dt.time()))
    return Question(spec, plan, packed.radices, 86_400 * packed.ticks_per_second, midnight, len(days)), days


def _table(
    packed: PackedEvents, spec: FunnelSpec, found: Tally, days: tuple[dt.date, ...], period: Period | None
) -> FunnelTable:
    used = np.flatnonzero(found.counts.any(1)) if packed.by else np.zeros(1, dtype=np.int64)
    names = [("", *names) for names in packed.values]
    parts = digits(used, packed.radices)
    segments = tuple(
        tuple(names[d][int(part[i])] for d, part in enumerate(parts)) if parts else () for i in range(len(used))
    )
    counts = found.counts[used].astype(np.float64)
    chosen = np.array([period is None or period.start <= day <= period.end for day in days], dtype=bool)
    table = FunnelTable(
        steps=spec.steps,
        by=packed.by,
        segments=segments,
        counts=counts,
        distinct=counts.sum(0),
        amount=_amount(packed, spec, segments, counts[:, -1]),
        mode="events",
        order=spec.order,
        unit=spec.unit,
        days=tuple(day for day, kept in zip(days, chosen, strict=True) if kept),
        daily=found.daily[chosen][:, used].astype(np.float64) if days else None,
        period=period or Period(*packed.span),
        currency=packed.currency,
        issues=tuple(_missing_steps(packed, spec)),
        spec=spec,
    )
    if packed.by and (spec.attribution == "all_events" or spec.attribution_step is not None):
        object.__setattr__(table, "distinct", _distinct(packed, spec, period))
    return table


def _distinct(packed: PackedEvents, spec: FunnelSpec, period: Period | None) -> Floats:
    """Different units at each step, whatever segment they stand in."""
    whole = spec.changed(attribution="first_touch")
    question, _ = ask(packed, whole, period)
    found: Floats = tally(packed.logs(), question, cores()).counts.sum(0).astype(np.float64)
    return found


def _amount(
    packed: PackedEvents, spec: FunnelSpec, segments: tuple[tuple[str, ...], ...], converted: Floats
) -> Floats | None:
    """Money of those who converted: their number times the mean value of an event of the last step in the segment."""
    money = packed.order_values
    money = money[money["event"].isin(spec.steps[-1].events) & (money["valued"] > 0)]
    if money.empty:
        return None
    overall = float(money["value"].sum() / money["valued"].sum())
    if not packed.by:
        whole: Floats = converted * overall
        return whole
    sums = money.fillna(dict.fromkeys(packed.by, "")).groupby(list(packed.by))[["value", "valued"]].sum()
    means = {
        (key if isinstance(key, tuple) else (key,)): float(row["value"] / row["valued"]) for key, row in sums.iterrows()
    }
    each: Floats = converted * np.array([means.get(segment, overall) for segment in segments])
    return each


def _missing_steps(packed: PackedEvents, spec: FunnelSpec) -> list[Issue]:
    found = []
    for step in spec.steps:
        if not set(step.events) & set(packed.names):
            close = near(step.name, packed.names)
            hint = (
                Message("Did you mean {names}?", names=", ".join(close))
                if close
                else Message("The log has the events {names}.", names=", ".join(packed.names[:20]))
            )
            message = Message("The step {step} never happens in the log.", step=step.term)
            found.append(Issue("step_missing", "warning", message, hint, 1.0))
    return found
