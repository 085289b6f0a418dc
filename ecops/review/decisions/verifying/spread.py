"""How far a contrast of weeks lies from zero although nobody did anything.

The one place that knows how much weeks differ. A place's weeks are compared with those of the places beside it, so that
what all of them had in common drops out. Its line before the action (level, and slope from six weeks on) is drawn on to
the weeks after; what is left has three parts:

- the noise of the weeks about the line, with the uncertainty of the line itself (prediction variance of least squares);
- the memory and the seasons a straight line does not know: the same contrast is worked out on windows before the action
  in which nothing was done; where these miss by more than the noise explains, the variance grows by as much;
- the drift of places among each other: the same contrast on every untouched place, beyond their noise
  (Paule and Mandel, 1982).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ecops.statistics import critical_value

Floats = NDArray[np.float64]

SLOPED_FROM = 6
"""Weeks before the action from which on a slope is drawn; fewer cannot tell a slope from noise."""

RECENT_WEEKS = 8
"""Weeks that show a season which began lately."""

OWN_MEMORY = 2.0
"""Times the variance above which a place's own placebo windows are believed against those of all places."""

FEWEST_CONTROLS = 3
LEAST_VARIANCE = 1e-18
"""Squared relative error below which nothing is known better: days without any noise are still rounded numbers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A contrast on the log scale.

    Attributes:
        value: the contrast.
        variance: of its error when nothing was done.
        freedom: degrees of freedom of the variance.
    """

    value: float
    variance: float
    freedom: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Limits that hold the truth with probability `level`."""
        half = critical_value(level, df=self.freedom).item() * math.sqrt(self.variance)
        return self.value - half, self.value + half

    def minus(self, other: Estimate) -> Estimate:
        """The difference of two contrasts of different places."""
        return Estimate(
            self.value - other.value, *_added((self.variance, self.freedom), (other.variance, other.freedom))
        )


@dataclass(frozen=True, slots=True)
class Relative:
    """Levels of each place against the places beside it.

    Attributes:
        level: shape (places, blocks); the first place is the one the action was in.
        time: middle of each block, in weeks from the first day in force, shape (blocks,).
        before: how many blocks stand before the trouble.
        share: sum of the squared weights of the controls in their mean.
        noise: variance of one week of the first place by counting alone.
    """

    level: Floats
    time: Floats
    before: int
    share: float
    noise: float


def relative(level: Floats, time: Floats, before: int, noise: float) -> Relative:
    """Levels less the weighted mean of the other places.

    Args:
        level: logarithms, shape (places, blocks); no NaN in the first place, in others only before the trouble.
        time: middle of each block in weeks.
        before: blocks before the trouble.
        noise: see `Relative`.
    """
    controls = level[1:]
    if not len(controls):
        return Relative(level, time, before, 0.0, noise)
    centred = controls - np.nanmean(controls[:, :before], axis=1, keepdims=True)
    weight = np.where(np.isfinite(centred), _weights(centred[:, :before])[:, None], 0.0)
    filled = np.nan_to_num(centred) * weight
    total, whole = filled.sum(axis=0), weight.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        beside = np.where(whole > 0, total / whole, 0.0)
        others = np.where(whole > weight, (total - filled) / (whole - weight), 0.0)
        shares = np.where(whole > 0, weight / whole, 0.0)
    first = level[:1] - beside
    share = float((shares**2).sum(axis=0).max())
    return Relative(np.vstack([first, controls - others]), time, before, share, noise)


def _weights(centred: Floats) -> Floats:
    """Quiet places count more, none more than four times the middle one."""
    whole = np.isfinite(centred).all(axis=1)
    if whole.sum() < FEWEST_CONTROLS or centred.shape[1] < 3:
        return np.ones(len(centred))
    moves = np.diff(centred - np.median(centred[whole], axis=0), axis=1) ** 2
    known = np.isfinite(moves)
    with np.errstate(invalid="ignore"):
        variance = np.where(known, moves, 0.0).sum(axis=1) / known.sum(axis=1)
    middle = float(np.median(variance[whole]))
    if middle == 0:
        return np.ones(len(centred))
    return 1 / np.maximum(np.where(np.isfinite(variance), variance, np.inf), middle / 4)


def contrast(found: Relative, part: slice, *, weeks: float | None = None, memory: bool = True) -> Estimate:
    """What the first place did in some blocks beyond its own line before and beyond the places beside it.

    Args:
        found: levels.
        part: the blocks.
        weeks: how many weeks the blocks stand for when they are shorter or longer than whole weeks.
        memory: whether the placebo windows widen the variance.
    """
    line, factor = _drawn_on(tuple(found.time), found.before, part.start, part.stop)
    factor += 1 / (part.stop - part.start if weeks is None else weeks)
    variances, freedom = _noises(found.level, found.time, found.before, part if weeks is None else None)
    variances = np.maximum(variances, LEAST_VARIANCE)
    variances[0] = max(variances[0], found.noise)
    grown = variances * factor * (_memory(found, part, variances) if memory else 1.0)
    values = found.level @ line
    return _with_drift(values, grown, freedom, found.share)


def recent(found: Relative, part: slice, left_out: float = 0.0) -> Estimate:
    """The same contrast against the line of the last weeks alone, where a season of its own may have begun.

    Args:
        found: levels.
        part: the blocks.
        left_out: weeks that the block between the weeks before and the action stands for, when it belongs to the line.
    """
    lately, weights = _lately(found, left_out)
    time = found.time[lately]
    line, factor = _drawn_to(tuple(time), float(found.time[part].mean()), tuple(weights))
    variances, freedom = _noises(found.level, found.time, found.before, part)
    variance = max(float(variances[0]), found.noise, LEAST_VARIANCE) * (factor + 1 / (part.stop - part.start))
    value = float(found.level[0, part].mean() - found.level[0, lately] @ line)
    return Estimate(value, variance, freedom)


def steeper(found: Relative, left_out: float = 0.0) -> float:
    """By how many standard errors the last weeks rise more than all the weeks before the action; 0 when few."""
    if found.before <= RECENT_WEEKS:
        return 0.0
    lately, weights = _lately(found, left_out)
    every = slice(0, found.before)
    late, sharpness = _slope(found.level[0, lately], found.time[lately], weights)
    usual, _ = _slope(found.level[0, every], found.time[every], np.ones(found.before))
    return (late - usual) * math.sqrt(sharpness / noise(found)[0])


def _lately(found: Relative, left_out: float) -> tuple[slice, Floats]:
    """The last weeks before the action, with the block after them when it belongs to them, and how much each counts."""
    first = max(found.before - RECENT_WEEKS, 0)
    weights = np.ones(found.before - first)
    if left_out:
        weights = np.append(weights, left_out)
    return slice(first, first + len(weights)), weights


def _slope(level: Floats, time: Floats, weights: Floats) -> tuple[float, float]:
    """Least-squares slope, and by how much less than a week's variance its own is."""
    distance = weights * (time - np.average(time, weights=weights))
    sharpness = float(distance @ time)
    return float(distance @ level) / sharpness, sharpness


def _with_drift(values: Floats, variances: Floats, freedom: float, share: float) -> Estimate:
    """The contrast of the first place, with what the others' contrasts differ beyond their variances."""
    variance, df = float(variances[0]), freedom
    rest = np.flatnonzero(np.isfinite(variances[1:])) + 1
    if len(rest) >= FEWEST_CONTROLS:
        drift = between(values[rest], variances[rest]) * (1 + share)
        variance, df = _added((variance, df), (drift, float(len(rest) - 1)))
    return Estimate(float(values[0]), variance, df)


def step(found: Relative, trouble: slice, after: slice, weeks: float) -> Estimate:
    """What the first place did between two groups of blocks beyond the places beside it.

    Args:
        found: levels.
        trouble: the block before the step.
        after: the blocks after it.
        weeks: how many weeks the block of trouble stands for.
    """
    values = found.level[:, after].mean(axis=1) - found.level[:, trouble].mean(axis=1)
    variances, freedom = _noises(found.level, found.time, found.before, None)
    variances = np.maximum(variances, LEAST_VARIANCE)
    variances[0] = max(variances[0], found.noise)
    factor = 1 / (after.stop - after.start) + 1 / weeks
    return _with_drift(values, variances * factor, freedom, found.share)


def noise(found: Relative) -> tuple[float, float]:
    """Variance of one week of the first place about its line before, and its degrees of freedom."""
    variances, freedom = _noises(found.level, found.time, found.before, None)
    return max(float(variances[0]), found.noise, LEAST_VARIANCE), freedom


def without(found: Relative, block: int) -> Relative:
    """The levels without one block after the start."""
    return Relative(
        np.delete(found.level, block, axis=1), np.delete(found.time, block), found.before, found.share, found.noise
    )


def falls(level: Floats, time: Floats, before: int, trouble: slice) -> tuple[Floats, Floats, float]:
    """How far each place fell below its own line in the trouble, with standard errors, and their freedom."""
    line, factor = _drawn_on(tuple(time), before, trouble.start, trouble.stop)
    value = level @ line
    variances, freedom = _noises(level, time, before, None)
    return value, np.sqrt(np.maximum(variances, LEAST_VARIANCE) * (factor + 1)), freedom


def _noises(level: Floats, time: Floats, before: int, part: slice | None) -> tuple[Floats, float]:
    """Variance of the weeks about each place's line, with that of the weeks of `part`, and its degrees of freedom."""
    early = level[:, :before]
    freedom = before - (2 if before >= SLOPED_FROM else 1)
    squares = (early**2).sum(axis=1) - ((early @ _line(tuple(time[:before]))) * early).sum(axis=1)
    if part is not None:
        after = level[:, part]
        squares = squares + ((after - after.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        freedom += after.shape[1] - 1
    return np.maximum(squares, 0.0) / max(freedom, 1), float(max(freedom, 1))


@lru_cache(maxsize=64)
def _line(time: tuple[float, ...]) -> Floats:
    """Matrix that makes the fitted line of levels at these times, shape (weeks, weeks)."""
    return np.stack([_drawn_to(time, at)[0] for at in time], axis=1)


def _drawn_to(time: tuple[float, ...], at: float, weights: tuple[float, ...] | None = None) -> tuple[Floats, float]:
    """Factors of levels at these times whose sum is their line drawn on to `at`, and its variance in a week's."""
    counts = np.ones(len(time)) if weights is None else np.array(weights)
    line = counts / counts.sum()
    if len(time) >= SLOPED_FROM:
        middle = np.average(time, weights=counts)
        distance = np.array(time) - middle
        line = line + counts * distance * (at - middle) / (counts * distance**2).sum()
    return line, float((line**2 / counts).sum())


@lru_cache(maxsize=256)
def _drawn_on(time: tuple[float, ...], before: int, first: int, last: int) -> tuple[Floats, float]:
    """Weights of all blocks whose sum is the mean of some blocks less the line of the first ones drawn on to them."""
    line, factor = _drawn_to(time[:before], float(np.mean(time[first:last])))
    weights = np.zeros(len(time))
    weights[:before] = -line
    weights[first:last] += 1 / (last - first)
    return weights, factor


@lru_cache(maxsize=64)
def _placebos(time: tuple[float, ...], before: int, first: int, last: int) -> tuple[Floats, Floats]:
    """Weights of the same contrast on windows before the action, shape (placebos, before), and their factors."""
    length = min(last - first, max((before - SLOPED_FROM) // 2, 1))
    gap = min(round(time[first] - time[before - 1]) - 1, max(before - SLOPED_FROM - length - 2, 0))
    rows, factors = [np.zeros((0, before))], []
    for cut in range(SLOPED_FROM, before - gap - length + 1):
        row, factor = _drawn_on(time[:before], cut, cut + gap, cut + gap + length)
        rows.append(row[None, :])
        factors.append(factor + 1 / length)
    return np.concatenate(rows), np.array(factors)


def _memory(found: Relative, part: slice, variances: Floats) -> float:
    """By how much the same contrast on windows before the action varies more than the noise; at least 1.

    All places together say it best; where the place of the action stands out for more than chance, its own windows do.
    """
    rows, factors = _placebos(tuple(found.time), found.before, part.start, part.stop)
    if not len(rows):
        return 1.0
    level = found.level[:, : found.before]
    whole = np.isfinite(level).all(axis=1)
    ratios = ((level[whole] @ rows.T) ** 2 / factors / variances[whole][:, None]).mean(axis=1)
    return float(ratios[0]) if ratios[0] > OWN_MEMORY else max(float(ratios.mean()), 1.0)


def _added(*parts: tuple[float, float]) -> tuple[float, float]:
    """Sum of variances with its degrees of freedom (Satterthwaite)."""
    total = sum(variance for variance, _ in parts)
    bread = sum(variance**2 / freedom for variance, freedom in parts)
    return total, total**2 / bread if bread > 0 else math.inf


def between(values: Floats, variances: Floats) -> float:
    """How much places drift apart beyond their own noise: the estimate of Paule and Mandel (1982).

    It solves Q(between) = K - 1, the mean of Q when the places differ by just so much.
    """
    from scipy import optimize

    target = len(values) - 1

    def excess(between: float) -> float:
        weights = 1 / (variances + between)
        mean = (weights * values).sum() / weights.sum()
        return float((weights * (values - mean) ** 2).sum()) - target

    if excess(0.0) <= 0:
        return 0.0
    upper = float(np.sum((values - values.mean()) ** 2)) / target
    return float(optimize.brentq(excess, 0.0, 1.001 * upper))
