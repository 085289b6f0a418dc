"""The three questions asked of an action: is it above, was it below and is it back, and when did it turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.messages import Message
from ecops.review.decisions.verifying import nothing, spread, timing
from ecops.review.decisions.verifying.around import FEWEST_WEEKS, UNASKED_DAYS, Around, usable
from ecops.review.decisions.verifying.levels import WEEK
from ecops.review.decisions.verifying.nothing import Interval
from ecops.review.decisions.verifying.spread import Estimate, Relative
from ecops.review.decisions.verifying.timing import Onset
from ecops.statistics import critical_value

Rows = NDArray[np.intp]

TOLD = 0.90
"""Level of the intervals by which a place counts as below, or as recovered; no cause is claimed by these."""

STEEPER = 0.5
"""Standard errors by which the last weeks must rise more than all weeks, so that their own line is asked too."""

LONE_WEEK = 0.01
"""How rarely a single week may stand out by chance before it is left out."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The answers.

    Attributes:
        ratio: the metric over what it would be without trouble and action: value and limits at 95 %.
        rise: the metric over its level in the trouble, the same; None without a trouble.
        good, bad: whether it is for sure better or worse than it would be.
        growing: whether it may have risen by itself: it was above its line before the action already, or it is not
            above the line of the last weeks alone.
        troubled: whether it was worse than its own earlier level before the action.
        risen: whether it is better than in the trouble.
        back: whether in the later half of the weeks at least half of that is made good, and nothing for sure missing.
        ahead: whether it recovered beyond others that had the same trouble and no action.
        onset: when it turned.
        controls: places used.
        notes: caveats.
        gain: the metric less what it would be, in its own unit; only where one side has nothing in it.
    """

    ratio: Interval
    rise: Interval | None
    good: bool
    bad: bool
    growing: bool
    troubled: bool
    risen: bool
    back: bool
    ahead: bool
    onset: Onset | None
    controls: int
    notes: tuple[Message, ...] = ()
    gain: Interval | None = None


def judged(found: Around, later: Sequence[int | None]) -> Judged:
    """The answers for an action.

    Args:
        found: its weeks.
        later: for each control the first day of an action there, as a place on the axis; None without one.
    """
    if found.empty:
        return _empty(found)
    rows = usable(found.parts)
    same = _with_same_trouble(found, rows)
    beside = np.array([row for row in rows if row not in same and (row == 0 or later[row - 1] is None)], dtype=np.intp)
    whole = _relative(found, beside)
    relative, notes = _steady(whole, found.parts.after)
    after = slice(len(relative.time) - (found.parts.after - len(notes)), len(relative.time))
    above = spread.contrast(relative, after)
    low, high = above.interval()
    fall = rise = None
    left_out = 0.0
    if found.trouble is not None:
        weeks = float(found.parts.weight[found.parts.before])
        fall = spread.contrast(relative, found.trouble, weeks=weeks)
        rise = spread.step(relative, found.trouble, after, weeks)
        # Days left out that were not low belong to a season that began lately; low ones would make the claim easier.
        left_out = weeks if fall.value >= 0 else 0.0
    ahead = _ahead(found, beside, sorted(same), later) if rise is not None else None
    # What turned some days after the start is back when the later half of the weeks is.
    late = spread.contrast(relative, slice(after.stop - (after.stop - after.start + 1) // 2, after.stop))
    back = fall is not None and late.value >= fall.value / 2 and late.interval()[1] >= 0
    return Judged(
        ratio=_unsigned(above, found.sign),
        rise=None if rise is None else _unsigned(rise, found.sign),
        good=low > 0,
        bad=high < 0,
        growing=(
            spread.steeper(relative, left_out) > STEEPER
            and spread.recent(relative, after, left_out).interval(TOLD)[0] <= 0
        )
        or (fall is not None and fall.interval(TOLD)[0] > 0),
        troubled=fall is not None and fall.interval(TOLD)[1] < 0,
        risen=rise is not None and rise.interval(TOLD)[0] > 0,
        back=back,
        ahead=ahead is not None and ahead.interval()[0] > 0,
        onset=_turned(found, beside),
        controls=len(beside) - 1,
        notes=notes,
    )


def _unsigned(estimate: Estimate, sign: float) -> Interval:
    low, high = estimate.interval()
    value, *limits = (math.exp(sign * part) for part in (estimate.value, low, high))
    return value, min(limits), max(limits)


def _relative(found: Around, rows: Sequence[int] | Rows) -> Relative:
    """Levels of places, signed so that more is better; the first of the rows is judged against the rest."""
    parts = found.parts
    return spread.relative(found.sign * parts.level[np.asarray(rows)], parts.time, parts.before, _counting(found))


def _counting(found: Around) -> float:
    """Variance of one week's logarithm by counting alone; 0 for money."""
    begin, end = found.healthy[0], found.window[1]
    there = found.days.known[0, begin:end]
    y, exposure = (part[0, begin:end][there] for part in (found.days.numerator, found.days.denominator))
    total = float(y.sum())
    if found.parts.money or total <= 0:
        return 0.0
    counted = nothing.counting(y, exposure) if found.days.rate else total
    return counted / total**2 * len(y) / WEEK


def _steady(found: Relative, after: int) -> tuple[Relative, tuple[Message, ...]]:
    """The levels without a single one of the last `after` weeks that stands out for the better."""
    values = found.level[0, len(found.time) - after :]
    if after < 2 or found.before < FEWEST_WEEKS:
        return found, ()
    best = int(np.argmax(values))
    others = np.delete(values, best)
    variance, freedom = spread.noise(found)
    limit = critical_value(1 - 2 * LONE_WEEK / after, df=freedom).item()
    place = len(found.time) - after + best
    above = spread.contrast(found, slice(place, place + 1), memory=False)
    outstanding = values[best] - others.mean() > limit * math.sqrt(variance * (1 + 1 / len(others)))
    if not outstanding or above.interval()[0] <= 0:
        return found, ()
    note = Message("One week stands out and is left out; something of its own may have happened in it.")
    return spread.without(found, place), (note,)


def _with_same_trouble(found: Around, rows: Rows) -> frozenset[int]:
    """Controls that fell in the same days at least half as much as the place of the action."""
    if found.trouble is None or len(rows) < 2:
        return frozenset()
    parts = found.parts
    falls, errors, freedom = spread.falls(found.sign * parts.level[rows], parts.time, parts.before, found.trouble)
    # What the better-off places did meanwhile is what everybody had.
    below = falls - (float(np.quantile(falls[1:], 0.75)) if len(rows) > 2 else 0.0)
    # Among many places one has fallen by chance: the limit is shared among them.
    limit = critical_value(1 - (1 - TOLD) / (len(rows) - 1), df=freedom).item()
    fell = below < -limit * errors
    same = fell & (below < below[0] / 2) & (below[0] < 0)
    return frozenset(int(row) for row, also in zip(rows[1:], same[1:], strict=True) if also)


def _ahead(found: Around, beside: Rows, same: Sequence[int], later: Sequence[int | None]) -> Estimate | None:
    """The rise beyond that of the places with the same trouble and no action; None without any of them.

    A place that gets the action later stands for those without it until then.
    """
    assert found.trouble is not None
    weeks = float(found.parts.weight[found.parts.before])
    begins = found.start + WEEK * (found.parts.time - 0.5)
    rises = []
    for row in same:
        until = later[row - 1]
        last = found.after.stop if until is None else int((begins + WEEK <= until + 0.5).sum())
        if last <= found.after.start:
            continue
        after = slice(found.after.start, last)
        own, other = (
            spread.step(_relative(found, [first, *beside[1:]]), found.trouble, after, weeks) for first in (0, row)
        )
        rises.append(own.minus(other))
    if not rises:
        return None
    # The pairs share the place of the action: together they are taken to be no surer than the surest of them.
    surest = min(rises, key=lambda rise: rise.variance)
    return Estimate(float(np.mean([rise.value for rise in rises])), surest.variance, surest.freedom)


def _turned(found: Around, beside: Rows) -> Onset | None:
    """When the level changed for the better; None when it did not."""
    first = found.onset if found.told else max(found.start - UNASKED_DAYS, 0)
    last = min(found.start + timing.LOOKED_AT, found.window[1])
    return timing.onset(found.days.only(beside), found.healthy, (first, last), found.start, found.sign)


def _empty(found: Around) -> Judged:
    """Where one side has nothing in it."""
    sides = [nothing.side(found.days, window).total for window in (found.healthy, found.window)]
    effect = nothing.effect(found.days, found.healthy, found.window)
    note = Message("There was nothing at all before the action; the interval allows for chance.")
    if not any(sides):
        note = Message("There was nothing here before the action, and nothing since.")
    elif not sides[1]:
        note = Message("Nothing at all came in since the action; the interval allows for chance.")
    more, less = effect.ratio[1] > 1, effect.ratio[2] < 1
    good, bad = (more, less) if found.sign > 0 else (less, more)
    return Judged(
        ratio=effect.ratio,
        rise=None,
        good=good,
        bad=bad,
        growing=False,
        troubled=False,
        risen=False,
        back=False,
        ahead=False,
        onset=None,
        controls=len(found.days.known) - 1,
        notes=(note,),
        gain=effect.gain,
    )
