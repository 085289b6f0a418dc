"""How much the days of a funnel differ by themselves, for every part of the shop at every step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecops.funnel.table import Floats, FunnelTable
from ecops.statistics.days import LEAST_DAYS, Span, usual_swing

LEAST_TO_MEASURE = 3
"""Days of a table from which on they can be seen to differ."""


NEAR = 7
"""Days that are compared with have the level of the days before when they are at most so far from them."""


class Daily(NamedTuple):
    """Who went on and who entered by day, each of shape (days, segments), and what the days are."""

    on: Floats
    entered: Floats
    span: Span


class Spread(NamedTuple):
    """How many times more a change varies than independent people would make it, with its degrees of freedom."""

    phi: float
    df: float


def measured(after: FunnelTable, before: FunnelTable | None) -> bool:
    """Whether the tables have days enough to see them differ."""
    tables = [after, *([before] if before is not None else [])]
    return all(table.daily is not None and len(table.days) >= LEAST_TO_MEASURE for table in tables)


def days_before(before: FunnelTable | None, history: FunnelTable | None) -> int:
    """How many days there are before the period."""
    return len({day for table in (before, history) if table is not None for day in table.days})


def enough(before: FunnelTable | None, history: FunnelTable | None) -> bool:
    """Whether these days tell how much days remember each other."""
    return days_before(before, history) >= LEAST_DAYS


def daily_of(
    step: int, base: int, after: FunnelTable, before: FunnelTable | None, history: FunnelTable | None
) -> Daily | None:
    """One transition by day over the period, the days compared with and the days before; None without days."""
    if not measured(after, before):
        return None
    history = history if history is not None and history.daily is not None and history.days else None
    tables = [(history, 0), (before, 0), (after, 1)]
    parts = [(table, level, table.daily) for table, level in tables if table is not None and table.daily is not None]
    on, entered = (np.concatenate([daily[:, :, which] for _, _, daily in parts]) for which in (step, base))
    usable = (on <= entered).all(0)
    number = np.array([day.toordinal() for table, _, _ in parts for day in table.days], dtype=np.int64)
    level = np.array([level for table, level, _ in parts for _ in table.days], dtype=np.int64)
    if before is None:
        level = np.zeros_like(level)
    elif history is not None and min(abs((one - day).days) for one in history.days for day in before.days) > NEAR:
        # Last year's days have a level of their own.
        level[[table is before for table, _, _ in parts for _ in table.days]] = 2

    def inside(wanted: FunnelTable | None) -> Floats:
        return np.array([float(table is wanted) for table, _, _ in parts for _ in table.days])

    none = np.zeros(len(number))
    span = Span(number, level, (number - 1) % 7, none if before is None else inside(before), inside(after))
    return Daily(np.where(usable, on, 0.0), np.where(usable, entered, 0.0), span)


def spreads(members: Sequence[np.ndarray], daily: Daily) -> list[Spread]:
    """How much the change of one step swings by itself in parts of the shop, against independent people.

    People who move between segments are not taken for days that differ: a day is held against what its own mix of
    segments leads to expect.

    Args:
        members: the segments of each part, shape (segments,).
        daily: the days.
    """
    inside = np.stack([np.asarray(part, dtype=np.float64) for part in members])
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = np.nan_to_num(daily.on.sum(0) / daily.entered.sum(0))
    values, people = inside @ daily.on.T, inside @ daily.entered.T
    exposure = inside @ (daily.entered * rates).T
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.nan_to_num(values.sum(1) / people.sum(1))
    weekdays = len(daily.span.number) >= LEAST_DAYS
    found = usual_swing(values, exposure, daily.span, variance=1 - rate, weekdays=weekdays)
    with np.errstate(invalid="ignore", divide="ignore"):
        units = 1 / (people @ daily.span.after)
        if daily.span.before.any():
            units = units + 1 / (people @ daily.span.before)
        phi = found.error**2 / ((1 - rate) / rate * units)
    good = np.isfinite(phi)
    whole = Spread(max(float(phi[0]), 1.0), float(found.df[0])) if good[0] else Spread(1.0, np.inf)
    return [
        Spread(max(float(one), 1.0), float(df)) if known else whole
        for one, df, known in zip(phi, found.df, good, strict=True)
    ]
