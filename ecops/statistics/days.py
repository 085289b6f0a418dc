"""How much days differ: one home for dispersion, memory from day to day, weekdays and what sampling alone explains.

Days of a shop differ for three reasons: other people come (sampling), the day itself is better or worse (dispersion),
and a good day is rarely alone (memory). The sum of a week or a month feels the third most: with an autocorrelation of
.6 its variance is four times what independent days would give. All three are estimated together, at the span that is
asked for, from every day there is, for one series or many.

Relative residuals of the days, around a level and a pattern of weekdays, have the covariance
`variance * ((1 - w) * rho ** distance + w * identity)`: days with memory, and a part `w` without, of which sampling is
the least. `rho` and `w` are not chosen: every pair of a grid is weighed with its restricted likelihood (REML, Patterson
and Thompson 1971; Harville 1974) and the t distributions that the pairs lead to are mixed. What a short history cannot
tell therefore widens the interval, instead of being guessed or left out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ecops.statistics.grouping import distinct

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Bools = NDArray[np.bool_]

RHO = (0.3, 0.5, 0.7, 0.85, 0.94)
"""Autocorrelations of neighbouring days that are weighed, beside none."""

WHITE = (0.05, 0.25, 0.55, 0.85)
"""Parts of the variance without memory that are weighed."""

FORGETFUL = 0.3
"""Weight of "no memory" before any day has been seen; the rest is shared evenly by the pairs of the grid."""

GRID = np.array([(0.0, 1.0), *((rho, white) for rho in RHO for white in WHITE)])
LEAST_DAYS = 28
"""With fewer days before the period nobody knows their memory, so nothing can be confirmed."""

LONG_ENOUGH = 56
"""Days from which on a series tells its memory alone; a shorter one also listens to the others of its kind."""

MOST_DAYS = 168
"""More days are taken together in weeks, or several: their matrices would be slow, and weeks tell long spans too."""

DENSE = 5.0
"""Expected count a day from which on a day's deviation is relative; below it, chance grows too unequal by weekday."""

OUTLIER = 4.0
"""Standard deviations (of the median deviation) at which a day outside the compared spans is cut: a promotion day."""

_TAILS = (0.025, 0.0005)
_FREEDOM = np.exp(np.linspace(np.log(1000.0), np.log(0.8), 240))
_NEAR, _FAR = special.stdtrit(_FREEDOM, 1 - _TAILS[0]), special.stdtrit(_FREEDOM, 1 - _TAILS[1])


class Swing(NamedTuple):
    """How much the relative change between two spans swings by itself, one value a series.

    Attributes:
        error: standard error of the relative change; NaN where nothing can be said.
        df: degrees of freedom of `error`, at least 0.8; 0 where nothing can be said.
        memory: mean autocorrelation of neighbouring days that the history leads to believe, 0 to 0.94; NaN likewise.
    """

    error: Floats
    df: Floats
    memory: Floats


class Span(NamedTuple):
    """The days from which a swing is estimated; every array of shape (days,).

    Attributes:
        number: day number, for example `date.toordinal()`; distances between days count, and days may be missing.
        level: which days share a level, whole numbers from 0.
        weekday: 0 is Monday.
        before: weight of each day in the span compared with: 1 inside, 0 outside; 0 everywhere where a level is judged
            and not a change.
        after: the same of the span that is looked at.
    """

    number: Places
    level: Places
    weekday: Places
    before: Floats
    after: Floats

    @property
    def compared(self) -> Bools:
        """Days of either span."""
        return (self.before > 0) | (self.after > 0)


def expected(values: ArrayLike, exposure: ArrayLike, span: Span, *, weekdays: bool = True) -> Floats:
    """What each day would have been at its level: `exposure * level * pattern[weekday]`.

    Fitted by iterative proportional fitting, which is the maximum-likelihood fit of the log-linear model.

    Args:
        values: counts or money by day, shape (series, days).
        exposure: what they are counted against, same shape: visitors for a rate, ones for a sum; 0 where a day is
            missing.
        span: the days.
        weekdays: whether to fit a pattern of weekdays.
    """
    value, base = np.asarray(values, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    levels = np.eye(int(span.level.max()) + 1)[span.level]
    weekday = np.eye(7)[span.weekday]
    value = np.where(base > 0, value, 0.0)
    pattern = np.ones((len(value), 7))
    level = _share(value @ levels, base @ levels)
    for _ in range(50 if weekdays else 0):
        new = _share(value @ weekday, (base * (level @ levels.T)) @ weekday)
        moved = np.abs(new - pattern).max(initial=0.0)
        pattern = new
        level = _share(value @ levels, (base * (pattern @ weekday.T)) @ levels)
        if moved < 1e-9:
            break
    return base * (level @ levels.T) * (pattern @ weekday.T)


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, 0.0)


def usual_swing(
    values: ArrayLike, exposure: ArrayLike, span: Span, *, variance: ArrayLike = 1.0, weekdays: bool = True
) -> Swing:
    """How much the relative change of `sum(values) / sum(exposure)` between two spans swings by itself.

    A span in which nothing was counted takes the rate of the other one, so that a metric that stopped can be judged.

    Args:
        values: counts or money by day, shape (series, days).
        exposure: what they are counted against, same shape, see `expected`.
        span: the days.
        variance: variance of a day by sampling alone, see `swing`.
        weekdays: whether to allow for a pattern of weekdays.
    """
    value, base = np.asarray(values, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    usual = expected(value, base, span, weekdays=weekdays)
    for mine, other in ((span.after, span.before), (span.before, span.after)):
        nothing = ~(value @ mine > 0) & (value @ other > 0)
        if nothing.any():
            rate = _share(value @ other, base @ other)
            same = nothing[:, None] & (mine > 0)
            fill = np.where(base > 0, base, 1.0) * rate[:, None]
            value, usual = np.where(same, fill, value), np.where(same, fill, usual)
    return swing(value, usual, span, variance=variance, weekdays=weekdays)


def swing(
    values: ArrayLike, usual: ArrayLike, span: Span, *, variance: ArrayLike = 1.0, weekdays: bool = True
) -> Swing:
    """How much the relative change of sums over two spans swings by itself.

    Args:
        values: counts or money by day, shape (series, days).
        usual: what each day would have been, same shape, from `expected`; 0 where a day is missing.
        span: the days.
        variance: variance of a day by sampling alone, in parts of `usual`: 1 for a count, 1 - rate for a rate.
        weekdays: whether `usual` has a pattern of weekdays, whose fit uses up days.
    """
    actual, mean = np.asarray(values, dtype=np.float64), np.asarray(usual, dtype=np.float64)
    there = mean > 0
    size = np.where(there, mean, np.nan)
    with np.errstate(invalid="ignore"):
        middle = np.nanmean(np.where(there.any(1, keepdims=True), size, 1.0), axis=1, keepdims=True)
        dense = np.nanmin(np.where(there.any(1, keepdims=True), size, 1.0), axis=1, keepdims=True) >= DENSE
    scale = np.where(dense, size, np.sqrt(size * middle))
    residual = np.where(there, (actual - mean) / np.where(there, scale, 1.0), 0.0)
    chance = np.broadcast_to(np.asarray(variance, dtype=np.float64), (len(actual),))
    sampling = np.where(there, mean * chance[:, None] / np.where(there, scale, 1.0) ** 2, 0.0)
    present = np.maximum(there.sum(1), 1)
    floor = sampling.sum(1) / present
    weights = np.where(there, scale, 0.0)
    contrast = weights * (
        _share(span.after, (mean @ span.after)[:, None]) - _share(span.before, (mean @ span.before)[:, None])
    )
    found = _mixed(_cut(residual, there, span, floor), contrast, floor, there, span, weekdays=weekdays)
    told = (mean @ span.after > 0) & ((mean @ span.before > 0) | ~span.before.any()) & (found.df > 0)
    unknown = np.full(len(actual), np.nan)
    return Swing(
        np.where(told, found.error, unknown),
        np.where(told, found.df, 0.0),
        np.where(told, found.memory, unknown),
    )


def _cut(residual: Floats, there: Bools, span: Span, floor: Floats) -> Floats:
    """Residuals in which days outside the compared spans are at most `OUTLIER` deviations large."""
    size = np.sort(np.where(there, np.abs(residual), np.inf), axis=1)
    count = np.maximum(there.sum(1), 1)
    middle = np.take_along_axis(size, np.stack([(count - 1) // 2, count // 2], axis=1), axis=1).mean(1)
    usual = np.maximum(1.4826 * middle, np.sqrt(floor))[:, None]
    most = np.where(span.compared | (usual == 0), np.inf, OUTLIER * usual)
    return np.clip(residual, -most, most)


def _mixed(residual: Floats, contrast: Floats, floor: Floats, there: Bools, span: Span, *, weekdays: bool) -> Swing:
    """The mixture over the grid as one t distribution that has its 95 % and its 99.9 % point."""
    design, groups, forms = _plan(*_key(span), weekdays=weekdays)
    residual, contrast = residual @ groups.means, contrast @ groups.sums
    present = np.count_nonzero(there @ groups.sums, axis=1)
    freedom = present - float(design.shape[1])
    squares = np.stack([((residual @ form) * residual).sum(1) for form in forms.quadratic], axis=1)
    spread = np.stack([((contrast @ shape) * contrast).sum(1) for shape in forms.covariance], axis=1)
    rho, white = GRID.T
    floor, free = floor[:, None], np.maximum(freedom, 1.0)[:, None]
    squares = np.maximum(squares, np.maximum(1e-12 * floor * free, 1e-200))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Sampling has no memory, so the part without memory is at least as large.
        least = floor / white
        likelihood = forms.constant - free / 2 * np.log(squares) + _log_chance(free, squares / least)
    weight = _weights(likelihood, freedom, there.sum(1))
    near, far = _quantiles(weight, np.sqrt(np.maximum(squares / free, least) * spread), free[:, 0])
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.interp(far / near, _FAR / _NEAR, _FREEDOM)
        df = 1 / (1 / df + _excess(residual - residual @ design @ design.T, present))
        error = near / special.stdtrit(df, 1 - _TAILS[0])
    return Swing(error, np.where(freedom >= 1, df, 0.0), weight @ rho)


def _log_chance(df: Floats, value: Floats) -> Floats:
    """Logarithm of the chance that chi-square is at most `value`; by its first term where it would round to 0."""
    chance = special.chdtr(df, value)
    first = df / 2 * np.log(value / 2) - special.gammaln(df / 2 + 1)
    found: Floats = np.where(chance > 1e-200, np.log(chance), first)
    return found


def _excess(residual: Floats, present: Floats) -> Floats:
    """What heavy tails take from the degrees of freedom: (kurtosis - 3) / (2 days) (Box 1953; O'Neill 2014)."""
    kurtosis = present * (residual**4).sum(1) / (residual**2).sum(1) ** 2
    taken: Floats = np.fmax(kurtosis - 3, 0.0) / (2 * present)
    return taken


def _weights(likelihood: Floats, freedom: Floats, days: Floats) -> Floats:
    """Weight of every pair of the grid; a short series also takes the mean of its kind as one more history."""
    prior = np.full(len(GRID), np.log((1 - FORGETFUL) / (len(GRID) - 1)))
    prior[0] = np.log(FORGETFUL)
    told = freedom >= 1
    if told.sum() > 1:
        relative = likelihood[told] - likelihood[told].max(1, keepdims=True)
        short = np.clip(1 - days / LONG_ENOUGH, 0.0, 1.0)
        likelihood = likelihood + short[:, None] * np.maximum(relative, -50.0).mean(0)
    posterior = prior + likelihood
    weight = np.exp(posterior - posterior.max(1, keepdims=True))
    found: Floats = weight / weight.sum(1, keepdims=True)
    return found


def _quantiles(weight: Floats, scale: Floats, freedom: Floats) -> Floats:
    """Upper quantiles at `_TAILS` of mixtures of scaled t distributions, by bisection on the logarithm."""
    tails = np.array(_TAILS)[:, None]
    found = np.zeros((len(_TAILS), len(scale)))
    good = (scale > 0).all(1)
    for free in np.unique(freedom[good]):
        rows = np.flatnonzero(good & (freedom == free))
        points, chances = _survival(float(free))
        log_scale, part = np.log(scale[rows]), weight[rows]
        reach = np.log(special.stdtrit(free, 1 - tails))
        low, high = log_scale.min(1) + reach, log_scale.max(1) + reach
        for _ in range(16):
            middle = (low + high) / 2
            chance = np.exp(np.interp(middle[:, :, None] - log_scale, points, chances))
            above = (part * chance).sum(2) > tails
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        found[:, rows] = np.exp((low + high) / 2)
    return found


@lru_cache(maxsize=256)
def _survival(freedom: float) -> tuple[Floats, Floats]:
    """Logarithm of the chance to exceed a t value, by the logarithm of the value."""
    points = np.linspace(-6.0, 8.0, 2001)
    return points, np.log(np.maximum(special.stdtr(freedom, -np.exp(points)), 1e-300))


class _Groups(NamedTuple):
    """Days taken together: matrices (days, groups) that give the mean and the sum of each."""

    means: Floats
    sums: Floats


def _design(span: Span, *, weekdays: bool) -> tuple[Floats, _Groups]:
    """Regressors and groups of days: levels, weeks of the span that is looked at, weekdays.

    A change that begins inside the span would pass for memory, so every week of it has a level of its own. Where days
    are taken together there are no weekdays.
    """
    count, levels = len(span.number), int(span.level.max()) + 1
    inside = span.after > 0
    week = np.where(inside, (np.cumsum(inside) - 1) // 7 + 1, 0)
    week = np.minimum(week, max(int(inside.sum()) // 7, 1))
    columns = [np.eye(levels)[span.level], np.eye(int(week.max()) + 1)[week][:, 1:]]
    if count <= MOST_DAYS:
        if weekdays:
            columns.append(np.eye(7)[span.weekday][:, 1:])
        whole = np.eye(count)
        return _independent(np.column_stack(columns)), _Groups(whole, whole)
    length = 7 * int(np.ceil(count / (7 * MOST_DAYS)))
    together: list[Places] = []
    first, kind = distinct([span.level, (span.before > 0).astype(np.int64), inside.astype(np.int64)])
    for one in range(len(first)):
        rows = np.flatnonzero(kind == one)
        together += np.split(rows, range(length, len(rows) - length + 1, length))
    sums = np.column_stack([np.bincount(rows, minlength=count) for rows in together]).astype(np.float64)
    level = span.level[[rows[0] for rows in together]]
    return _independent(np.eye(levels)[level]), _Groups(sums / sums.sum(0), sums)


def _independent(columns: Floats) -> Floats:
    """Columns that span the same space, none of them superfluous."""
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    kept: Floats = np.ascontiguousarray(left[:, singular > 1e-9 * singular.max()])
    return kept


class _Forms(NamedTuple):
    """For each pair of the grid: covariance, form of the residual squares, constant of the restricted likelihood."""

    covariance: Floats
    quadratic: Floats
    constant: Floats


def _key(span: Span) -> tuple[bytes, ...]:
    places = (np.asarray(part, dtype=np.int64).tobytes() for part in (span.number, span.level, span.weekday))
    return *places, *(np.asarray(part, dtype=np.float64).tobytes() for part in (span.before, span.after))


class _Plan(NamedTuple):
    """What depends on the days alone and not on what was counted on them."""

    design: Floats
    groups: _Groups
    forms: _Forms


@lru_cache(maxsize=64)
def _plan(number: bytes, level: bytes, weekday: bytes, before: bytes, after: bytes, *, weekdays: bool) -> _Plan:
    """Worked out once for all metrics of the same days."""
    days, levels, weekday_numbers = (np.frombuffer(part, dtype=np.int64) for part in (number, level, weekday))
    inside = (np.frombuffer(part, dtype=np.float64) for part in (before, after))
    span = Span(days, levels, weekday_numbers, *inside)
    design, groups = _design(span, weekdays=weekdays)
    return _Plan(design, groups, _forms(span.number, groups.means, design))


def _forms(number: Places, means: Floats, design: Floats) -> _Forms:
    distance = np.abs(number[:, None] - number[None, :])
    powers = {rho: (rho ** np.arange(distance.max() + 1.0))[distance] if rho else 0.0 for rho in (0.0, *RHO)}
    shape = np.stack([white * np.eye(len(number)) + (1 - white) * powers[rho] for rho, white in GRID])
    if means.shape[1] < len(number):
        shape = means.T @ shape @ means
    inverse = np.linalg.inv(shape)
    against = inverse @ design
    inner = design.T @ against
    quadratic = inverse - against @ np.linalg.solve(inner, against.transpose(0, 2, 1))
    constant = -(np.linalg.slogdet(shape)[1] + np.linalg.slogdet(inner)[1]) / 2
    return _Forms(shape, quadratic, constant)
