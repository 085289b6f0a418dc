"""The weeks around an action: which days are the baseline, which the trouble, which the window."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.periods import ONE_DAY, Period
from ecops.review.decisions.verifying import spread
from ecops.review.decisions.verifying.levels import WEEK, Blocks, Days, blocks

HISTORY_WEEKS = 26
"""Weeks before the trouble that are looked at; what is older says little about now."""

FEWEST_WEEKS = 6
"""Weeks before the trouble without which nobody can say whether the place was not rising by itself."""

UNASKED_DAYS = 14
"""Days before an action left out when nobody knows of a trouble: in them somebody got the idea to act."""

LONGER_WEEKS = 4
"""A trouble may have begun up to so many weeks before the first day that was told."""


@dataclass(frozen=True, slots=True)
class Around:
    """An action with its days and blocks.

    Attributes:
        days: the figures.
        start, onset: first day in force and first day of the trouble, as places on the axis of days.
        parts: the blocks in which the first place has figures.
        told: whether somebody said that there was a trouble.
        sign: 1 when more is better, -1 when less is.
    """

    days: Days
    start: int
    onset: int
    parts: Blocks
    told: bool
    sign: float

    @property
    def after(self) -> slice:
        """The blocks after the start."""
        return slice(len(self.parts.time) - self.parts.after, len(self.parts.time))

    @property
    def trouble(self) -> slice | None:
        """The block of trouble."""
        return slice(self.parts.before, self.parts.before + 1) if self.parts.trouble else None

    @property
    def healthy(self) -> tuple[int, int]:
        """First day of the baseline and the day after its last."""
        return self.onset - WEEK * min(HISTORY_WEEKS, self.onset // WEEK), self.onset

    @property
    def window(self) -> tuple[int, int]:
        """First day of the whole weeks after the start and the day after the last."""
        return self.start, self.start + (self.days.length - self.start) // WEEK * WEEK

    @property
    def empty(self) -> bool:
        """Whether there is nothing on one side."""
        sums = (self.days.numerator[0, begin:end].sum() for begin, end in (self.healthy, self.window))
        return any(total == 0 for total in sums)

    def period(self, span: tuple[int, int]) -> Period:
        """A span of the axis as days."""
        return Period(self.days.day(span[0]), self.days.day(span[1]) - ONE_DAY)


def around(days: Days, start: int, troubled_since: dt.date | None, sign: float) -> Around | None:
    """The blocks around an action; None when too few weeks before or after it have figures."""
    onset = start
    if troubled_since is not None:
        onset = min(max(days.number(troubled_since), 0), start)
    elif start >= WEEK * FEWEST_WEEKS + UNASKED_DAYS:
        onset = start - UNASKED_DAYS
    parts = _with_figures(blocks(days, start, onset, HISTORY_WEEKS))
    if parts.before < 2 and onset < start:
        # The history begins with the trouble: nobody knows a level before it.
        onset = start
        parts = _with_figures(blocks(days, start, onset, HISTORY_WEEKS))
    if not parts.before or not parts.after or parts.before + parts.after < 3:
        return None
    for _ in range(LONGER_WEEKS):
        if onset == start or parts.before <= FEWEST_WEEKS or not _last_is_low(parts, sign):
            break
        onset -= WEEK
        parts = _with_figures(blocks(days, start, onset, HISTORY_WEEKS))
    return Around(days, start, onset, parts, troubled_since is not None and onset < start, sign)


def _with_figures(parts: Blocks) -> Blocks:
    """Only the blocks in which the first place has figures."""
    there = np.isfinite(parts.level[0])
    before = int(there[: parts.before].sum())
    after = int(there[len(there) - parts.after :].sum())
    return Blocks(
        level=parts.level[:, there],
        time=parts.time[there],
        weight=parts.weight[there],
        total=parts.total[there],
        exposure=parts.exposure[there],
        before=before,
        after=after,
        trouble=parts.trouble and bool(there[parts.before]),
        money=parts.money,
    )


def _last_is_low(parts: Blocks, sign: float) -> bool:
    """Whether the last week before the trouble looks like the trouble too: below the weeks before it.

    One standard error is enough: to leave out a low week too many only makes the claim of a success harder.
    """
    rows = usable(parts)
    shorter = spread.relative(
        sign * parts.level[rows, : parts.before], parts.time[: parts.before], parts.before - 1, 0.0
    )
    last = spread.contrast(shorter, slice(parts.before - 1, parts.before), memory=False)
    return last.value < -math.sqrt(last.variance)


def usable(parts: Blocks) -> NDArray[np.intp]:
    """Which places can be compared: known since the trouble and in most weeks before; the first one always."""
    known = np.isfinite(parts.level)
    enough = known[:, : parts.before].mean(axis=1) > 0.5
    return np.flatnonzero(enough & known[:, parts.before :].all(axis=1))
