"""How many were at each step, by segment: the one form in which funnels of events and of counts go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecops.errors import unknown_name
from ecops.funnel.spec import FunnelSpec, Order, Step
from ecops.messages import Message
from ecops.periods import Period
from ecops.statistics import wilson

Floats = NDArray[np.float64]
Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing the data does that a reader must know before she believes a number.

    Attributes:
        kind: key of the check, for example "out_of_order".
        severity: error: the numbers are wrong as they stand. warning: they can mislead. info: worth knowing.
        message: the sentence.
        hint: what to do about it, or None.
        share: how much of the data is touched, 0 to 1; NaN when it cannot be said.
    """

    kind: str
    severity: Severity
    message: Message
    hint: Message | None = None
    share: float = float("nan")


def worst_first(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Issues by how bad they are; of the same severity as they came."""
    return tuple(sorted(issues, key=lambda issue: get_args(Severity).index(issue.severity)))


@dataclass(frozen=True)
class FunnelTable:
    """A funnel, counted.

    Attributes:
        steps: the steps.
        by: segment columns; empty for one funnel of everybody.
        segments: values of `by`, one tuple a segment; "" where a value is unknown.
        counts: units at each step, shape (segments, steps).
        distinct: different units at each step over all segments, shape (steps,); below the sum of `counts` when a unit
            can stand in several segments.
        amount: money of the last step, shape (segments,), or None when it is not known.
        mode: "events" (people followed through a log) or "counts" (totals without order or time).
        order: how steps were matched; "count" for tables of counts.
        unit: what is counted: "user", "session", "user_sku"; "count" for tables of counts.
        days: days of `daily`, or empty.
        daily: units by day, shape (days, segments, steps); events: by the day they took the first step.
        daily_amount: money by day, shape (days, segments), or None.
        period: the days counted, or None when nobody said.
        currency: ISO code of `amount`.
        issues: what was noticed while counting.
        spec: the `FunnelSpec` of event mode, else None.
        past: the same funnel on more days before, from which it is known how much days differ; None when nobody has it.
        dispersion: how many times more than by chance the counts are taken to vary where there are no days that tell;
            None for the usual one.
    """

    steps: tuple[Step, ...]
    by: tuple[str, ...]
    segments: tuple[tuple[str, ...], ...]
    counts: Floats
    distinct: Floats
    amount: Floats | None
    mode: Literal["events", "counts"]
    order: Order
    unit: str
    days: tuple[dt.date, ...] = ()
    daily: Floats | None = None
    daily_amount: Floats | None = None
    period: Period | None = None
    currency: str = ""
    issues: tuple[Issue, ...] = field(default=())
    spec: FunnelSpec | None = None
    past: FunnelTable | None = None
    dispersion: float | None = None

    @property
    def base(self) -> tuple[int, ...]:
        """For each step the position of the step its rate is counted from; -1 for the first."""
        found, last = [], -1
        for i, step in enumerate(self.steps):
            found.append(last)
            last = last if step.optional else i
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the steps."""
        return tuple(step.name for step in self.steps)

    @property
    def required(self) -> tuple[int, ...]:
        """Positions of the steps that are not optional."""
        return tuple(i for i, step in enumerate(self.steps) if not step.optional)

    @property
    def total(self) -> FunnelTable:
        """The same funnel without segments, of distinct units."""
        if not self.by:
            return self
        whole = self.along(())
        return replace(whole, counts=self.distinct[None, :].astype(float))

    @property
    def order_value(self) -> Floats:
        """Money of one unit at the last step, shape (segments,); the total's where a segment has none, NaN without."""
        if self.amount is None:
            return np.full(len(self.segments), np.nan)
        last = self.counts[:, -1]
        whole = float(np.nansum(self.amount)) / last.sum() if last.sum() else np.nan
        with np.errstate(invalid="ignore", divide="ignore"):
            own = self.amount / last
        return np.where(np.isfinite(own) & (own > 0), own, whole)

    @property
    def rows(self) -> pd.DataFrame:
        """Tidy rows, one a segment and step.

        Columns: those of `by`, `step`, `position` (from 1), `n`, `rate_prev` (from the step before; NaN for the first),
        `rate_first`, `low` and `high` (95 % Wilson interval of `rate_prev`), `amount` (money of the last step, on its
        row only) and `order_value` (money of one unit at the last step).
        """
        count, steps = self.counts.shape
        before = np.column_stack([self.counts[:, b] if b >= 0 else np.full(count, np.nan) for b in self.base])
        low, high = wilson(self.counts, before)
        with np.errstate(invalid="ignore", divide="ignore"):
            previous, first = self.counts / before, self.counts / self.counts[:, [0]]
        amount = np.full((count, steps), np.nan)
        if self.amount is not None:
            amount[:, -1] = self.amount
        columns: dict[str, Any] = {
            name: np.repeat([segment[i] for segment in self.segments], steps) for i, name in enumerate(self.by)
        }
        columns |= {
            "step": np.tile(np.array(self.names, dtype=object), count),
            "position": np.tile(np.arange(1, steps + 1), count),
            "n": self.counts.ravel(),
            "rate_prev": previous.ravel(),
            "rate_first": first.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "amount": amount.ravel(),
            "order_value": np.repeat(self.order_value, steps),
        }
        return pd.DataFrame(columns)

    def along(self, by: str | Sequence[str]) -> FunnelTable:
        """The table added up to fewer segment columns."""
        columns = (by,) if isinstance(by, str) else tuple(by)
        for name in columns:
            if name not in self.by:
                raise unknown_name(Message("The dimension"), name, self.by)
        keep = [self.by.index(name) for name in columns]
        keys = [tuple(segment[i] for i in keep) for segment in self.segments]
        segments = tuple(sorted(set(keys))) if keys else ((),) if not columns else ()
        place = {segment: i for i, segment in enumerate(segments)}
        to = np.zeros((len(segments), len(keys)))
        to[[place[key] for key in keys], np.arange(len(keys))] = 1
        return replace(
            self,
            by=columns,
            segments=segments,
            counts=to @ self.counts,
            amount=None if self.amount is None else to @ np.nan_to_num(self.amount),
            daily=None if self.daily is None else np.einsum("ts,dsk->dtk", to, self.daily),
            daily_amount=None if self.daily_amount is None else np.nan_to_num(self.daily_amount) @ to.T,
            past=None if self.past is None or self.past.by != self.by else self.past.along(columns),
        )

    def only(self, **values: str) -> FunnelTable:
        """The segments with these values (a value a dimension)."""
        keep = np.ones(len(self.segments), dtype=bool)
        for name, value in values.items():
            if name not in self.by:
                raise unknown_name(Message("The dimension"), name, self.by)
            keep &= np.array([segment[self.by.index(name)] == value for segment in self.segments], dtype=bool)
        return replace(
            self,
            segments=tuple(s for s, kept in zip(self.segments, keep, strict=True) if kept),
            counts=self.counts[keep],
            distinct=self.counts[keep].sum(0),
            amount=None if self.amount is None else self.amount[keep],
            daily=None if self.daily is None else self.daily[:, keep],
            daily_amount=None if self.daily_amount is None else self.daily_amount[:, keep],
            past=None if self.past is None or self.past.by != self.by else self.past.only(**values),
        )

    def count(self, step: str, **values: str) -> float:
        """Units at a step in the segments with these values; distinct units when no value is given."""
        if step not in self.names:
            raise unknown_name(Message("The step"), step, self.names)
        source = self.only(**values).counts.sum(0) if values else self.distinct
        return float(source[self.names.index(step)])
