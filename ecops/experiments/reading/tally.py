"""An experiment's data boiled down to what every later question needs: small enough to keep, fast to ask again."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np

from ecops.experiments.statistics.capping import TYPO, Cap, high_limit
from ecops.experiments.statistics.samples import Array, Moments, merge

_Found = TypeVar("_Found")
_KEPT = 64
"""Answers that a tally keeps."""

Cells = Mapping[Any, Mapping[str, Moments]]
"""Value of a split (a segment, a day) -> arm -> moments."""


@dataclass(frozen=True, slots=True)
class Column:
    """What is known about one column before any arm is looked at.

    Attributes:
        blanks: people without a value (counted as 0).
        payers: people with a value above 0; `debtors` below 0.
        lowest, largest: extremes.
        median_payer: median of the positive values; NaN without any.
        total: sum of the positive values.
        top: the largest positive values, shape (up to `capping.tail_size`,), descending; empty when never capped.
        bottom: the lowest negative values likewise, ascending.
    """

    blanks: int
    payers: int
    debtors: int
    lowest: float
    largest: float
    median_payer: float
    total: float
    top: Array
    bottom: Array

    def cap(self) -> Cap:
        """The limits the rule of `capping` sets on this column."""
        high = high_limit(self.top, self.payers) if len(self.top) else math.inf
        low = -high_limit(-self.bottom, self.debtors) if len(self.bottom) else -math.inf
        if math.isinf(low) and self.payers >= 3 and self.lowest < -TYPO * self.median_payer:
            low = -high  # too few below 0 to know what is usual there; a typing error must not get through
        capped = int((self.top > high).sum() + (self.bottom < low).sum())
        share = self.largest / self.total if self.total > 0 else math.nan
        largest = max(self.largest, self.lowest, key=abs)
        typo = self.payers >= 3 and abs(largest) > TYPO * self.median_payer
        return Cap(low, high, capped, self.payers + self.debtors, largest, share, typo)


@dataclass(frozen=True, slots=True)
class Tail:
    """The people with the largest values, one by one.

    Attributes:
        arms: shape (people,), arm of each.
        splits: split name -> shape (people,), its value for each.
        values: shape (people, columns).
    """

    arms: Array
    splits: Mapping[str, Array]
    values: Array


@dataclass(frozen=True, slots=True)
class Exposure:
    """How people and rows relate.

    Attributes:
        rows: rows of the file; people: distinct people in them (rows when there is no id).
        crossed: people seen in several arms (left out). repeated: people with several rows (added up).
        armless: rows without an arm (left out).
        identified: whether there was a column with people's ids.
    """

    rows: int
    people: int
    crossed: int
    repeated: int
    armless: int
    identified: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals by arm and day as a platform exports them.

    Attributes:
        days: the days, in order; empty when the totals are of the whole test.
        values: (arm, column) -> shape (days,) or (1,); NaN where a day has no row.
        parts: segments whose rows were added up; 1 where there are none.
    """

    days: tuple[dt.date, ...]
    values: Mapping[tuple[str, str], Array]
    parts: int = 1

    def sum(self, arm: str, column: str) -> float:
        """Total over all days; NaN when the column is absent."""
        found = self.values.get((arm, column))
        return math.nan if found is None or np.isnan(found).all() else float(np.nansum(found))

    def has(self, column: str) -> bool:
        """Whether any arm has the column."""
        return any(name == column and not np.isnan(values).all() for (_, name), values in self.values.items())


@dataclass(frozen=True, slots=True)
class Tally:
    """The whole of an experiment's data as `ecops.experiments.analyse` needs it.

    Attributes:
        kind: "units" (one row a person), "totals" (of the whole test), "daily" (totals of each day).
        users: arm -> people, every arm found in the data.
        names: columns of the moments, in order.
        cells: split name -> cells; "" is the whole ({"": {arm: moments}}), "day" by first day, else segments.
            Without the people in `tail`.
        tail: people with large values; None when nothing can be capped.
        columns: column -> facts.
        exposure: rows and people; None for totals.
        totals: for "totals" and "daily".
        first_day, last_day: None when the data has no dates.
        strays: days with few users, far from all others; in no split by day, and not in `first_day`, `last_day`.
        indicators: covariate -> name of its column that says "no value", where values were missing.
        currency: ISO code.
        known: answers worked out so far, see `once`.
    """

    kind: Literal["units", "totals", "daily"]
    users: Mapping[str, float]
    names: tuple[str, ...] = ()
    cells: Mapping[str, Cells] = field(default_factory=dict)
    tail: Tail | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    exposure: Exposure | None = None
    totals: Totals | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    strays: frozenset[dt.date] = frozenset()
    indicators: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: tuple[Any, ...], make: Callable[[], _Found]) -> _Found:
        """What `make` finds in these data, worked out once for each `key`: what the answer depends on besides them.

        What is kept must not be changed by whoever gets it.
        """
        if key not in self.known:
            while len(self.known) >= _KEPT:  # the oldest goes
                self.known.pop(next(iter(self.known)), None)
            self.known[key] = make()
        found: _Found = self.known[key]
        return found

    @property
    def days(self) -> int:
        """Calendar days covered; 0 when the data has no dates."""
        if self.first_day is None or self.last_day is None:
            return 0
        return (self.last_day - self.first_day).days + 1

    def moments(self, split: str = "", caps: Mapping[str, Cap] | None = None) -> Cells:
        """Moments by split value and arm, each person's values limited by `caps` (column -> limits)."""
        return self.once(("moments", split, cap_key(caps or {})), lambda: self._limited(split, caps or {}))

    def _limited(self, split: str, caps: Mapping[str, Cap]) -> Cells:
        cells = self.cells[split]
        if self.tail is None or not len(self.tail.arms):
            return cells
        values = self.tail.values.copy()
        for name, cap in caps.items():
            at = self.names.index(name)
            values[:, at] = np.clip(values[:, at], cap.low, cap.high)
        groups = self.tail.splits[split] if split else np.full(len(values), "", dtype=object)
        found: dict[Any, dict[str, Moments]] = {value: dict(arms) for value, arms in cells.items()}
        for value, arm in dict.fromkeys(zip(groups, self.tail.arms, strict=True)):
            if split == "day" and (value is None or value in self.strays):
                continue
            chosen = values[(groups == value) & (self.tail.arms == arm)]
            inner = found.setdefault(value, {})
            parts = [inner[arm]] if arm in inner else []
            inner[arm] = merge([*parts, _moments(self.names, chosen)])
        return found


def cap_key(caps: Mapping[str, Cap]) -> tuple[tuple[str, float, float], ...]:
    """What of caps decides about a figure."""
    return tuple((name, cap.low, cap.high) for name, cap in sorted(caps.items()))


def _moments(names: Sequence[str], values: Array) -> Moments:
    people, columns = values.shape
    spread = np.atleast_2d(np.cov(values, rowvar=False)) if people > 1 else np.zeros((columns, columns))
    active = np.count_nonzero(values, axis=0).astype(np.float64)
    return Moments(people, tuple(names), values.mean(axis=0), spread, active)
