"""Levels of a place and of the places beside it, week by week around an action.

Everything is compared in blocks: whole weeks before the trouble (counted back from its first day), the days of trouble
as one block, and whole weeks from the first day in force. A block's level is the logarithm of its numerator over its
denominator, each day weighted with its usual weekday, so that a block with a missing day stands fairly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEEK = 7
FEWEST_KNOWN = 4
"""Days of a week that must have figures, else the week is unknown."""


@dataclass(frozen=True, slots=True)
class Days:
    """A metric by place and day; the first place is the one the action was in.

    Attributes:
        first: the first day.
        numerator, denominator: shape (places, days); 0 where not known.
        known: whether there are figures, same shape.
        rate: whether the denominator counts something; it is 1 on each known day otherwise.
    """

    first: dt.date
    numerator: Floats
    denominator: Floats
    known: Bools
    rate: bool

    @property
    def length(self) -> int:
        """How many days."""
        return int(self.known.shape[1])

    def only(self, places: NDArray[np.intp]) -> Days:
        """Some of the places, in the order given."""
        return Days(self.first, self.numerator[places], self.denominator[places], self.known[places], self.rate)

    def number(self, day: dt.date) -> int:
        """Place of a day on the axis; negative before the first."""
        return (day - self.first).days

    def day(self, number: int) -> dt.date:
        """The day of a place on the axis."""
        return self.first + dt.timedelta(days=int(number))

    def without(self, gone: Bools) -> Days:
        """The same without some days, shape (days,), left out for every place alike."""
        keep = self.known & ~gone
        return Days(self.first, np.where(keep, self.numerator, 0), np.where(keep, self.denominator, 0), keep, self.rate)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Levels of the blocks around an action.

    Attributes:
        level: logarithms, shape (places, blocks); NaN where unknown, minus infinity never.
        time: middle of each block in weeks, 0 on the first day in force.
        weight: days with figures of the first place over seven, at least one day's.
        total, exposure: of the first place, shape (blocks,).
        before, after: how many blocks come first, and how many last; one block of trouble between them when `trouble`.
        trouble: whether there is a block of trouble.
        money: whether the numerator of the first place holds amounts and not counts.
    """

    level: Floats
    time: Floats
    weight: Floats
    total: Floats
    exposure: Floats
    before: int
    after: int
    trouble: bool
    money: bool


def daily(treated: pd.DataFrame, controls: Mapping[str, pd.DataFrame]) -> Days | None:
    """Frames of `date`, `numerator` and perhaps `denominator` on one axis of days; None without any figure.

    Several rows of a day are added up; a day with a figure that is not known is left out.

    Raises:
        DataError: a frame lacks a column.
    """
    parts = [_columns(frame) for frame in (treated, *controls.values())]
    if not len(treated):
        return None
    first, last = int(parts[0][0].min()), int(parts[0][0].max())
    shape = (len(parts), last - first + 1)
    numerator, denominator = np.zeros(shape), np.zeros(shape)
    known = np.zeros(shape, dtype=bool)
    for place, (day, top, below) in enumerate(parts):
        inside = (day >= first) & (day <= last)
        where = day[inside] - first
        numerator[place] = np.bincount(where, top[inside], shape[1])
        denominator[place] = np.bincount(where, below[inside], shape[1])
        known[place] = np.bincount(where, minlength=shape[1]) > 0
    # A sum over a day with an unknown part is unknown, not smaller.
    known &= np.isfinite(numerator) & np.isfinite(denominator)
    rate = "denominator" in treated
    if not rate:
        denominator = np.ones(shape)
    start = dt.date(1970, 1, 1) + dt.timedelta(days=first)
    return Days(start, np.where(known, numerator, 0.0), np.where(known, denominator, 0.0), known, rate)


def _columns(frame: pd.DataFrame) -> tuple[NDArray[np.int64], Floats, Floats]:
    missing = {"date", "numerator"} - set(frame.columns)
    if missing:
        raise DataError(
            Message("The daily table lacks {columns}.", columns=", ".join(sorted(missing))),
            Message("Give one row a day with date, numerator and, for a rate, denominator."),
        )
    day = frame["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    top = frame["numerator"].to_numpy(dtype=np.float64)
    below = frame["denominator"].to_numpy(dtype=np.float64) if "denominator" in frame else np.ones(len(day))
    return day, top, below


def blocks(days: Days, start: int, onset: int, most: int) -> Blocks:
    """Levels before, during and after.

    Args:
        days: the figures.
        start: first day in force, as a place on the axis.
        onset: first day of the trouble, or `start`.
        most: weeks before the onset at most.
    """
    before, behind = min(most, onset // WEEK), (days.length - start) // WEEK
    spans = [(onset - WEEK * (before - number), onset - WEEK * (before - number - 1)) for number in range(before)]
    if onset < start:
        spans.append((onset, start))
    spans += [(start + WEEK * number, start + WEEK * (number + 1)) for number in range(behind)]
    usual = _weekdays(days, spans[:before])
    expected = days.denominator * usual
    total, exposure, people, count = (
        _sums(values, spans) for values in (days.numerator, expected, days.denominator, days.known.astype(np.float64))
    )
    needed = np.array([min(FEWEST_KNOWN, end - begin) for begin, end in spans])
    there = (count >= needed) & (exposure > 0) & (total >= 0)
    # Half an event more where a block has none: nothing has no logarithm. The same on every block of the place.
    more = np.zeros((len(total), 1))
    for place in np.flatnonzero((there & (total <= 0)).any(axis=1)):
        more[place] = event_size(days.numerator[place]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.where(there, np.log((total + more) / exposure), np.nan)
    middle = np.array([((begin + end) / 2 - start) / WEEK for begin, end in spans])
    weight = np.maximum(count[0], 1) / WEEK
    money = bool(np.any(days.numerator[0] != np.round(days.numerator[0])))
    return Blocks(level, middle, weight, total[0], people[0], before, behind, onset < start, money)


def event_size(values: Floats) -> float:
    """How large one event is: a small day of those on which something happened; 1 for counts that are seldom more."""
    there = values[values > 0]
    return float(np.quantile(there, 0.1)) if len(there) else 1.0


def _sums(values: Floats, spans: Sequence[tuple[int, int]]) -> Floats:
    running = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    begins, ends = np.array([span[0] for span in spans], int), np.array([span[1] for span in spans], int)
    sums: Floats = running[:, ends] - running[:, begins]
    return np.where(np.abs(sums) < 1e-9 * np.maximum(1.0, running[:, -1:]), 0.0, sums)


def _weekdays(days: Days, spans: Sequence[tuple[int, int]]) -> Floats:
    """How each day's weekday compares with the mean of its place, shape (places, days); 1 with less than a month."""
    places, length = days.numerator.shape
    if len(spans) < 4:
        return np.ones((places, length))
    begin, end = spans[0][0], spans[-1][1]
    weekday = np.arange(length) % WEEK
    top, below = np.zeros((places, WEEK)), np.zeros((places, WEEK))
    for number in range(WEEK):
        mine = np.zeros(length, dtype=bool)
        mine[begin:end] = weekday[begin:end] == number
        top[:, number] = days.numerator[:, mine].sum(axis=1)
        below[:, number] = days.denominator[:, mine].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = top / below
        usual = rates / (top.sum(axis=1) / below.sum(axis=1))[:, None]
    usual = np.where(np.isfinite(usual) & (usual > 0), usual, 1.0)
    return np.asarray(usual[:, weekday])
