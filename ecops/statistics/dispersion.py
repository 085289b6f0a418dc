"""How much the days of a shop differ beyond chance, and intervals that draw whole days."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ecops.statistics.intervals import Floats, critical_value, floats


class Dispersion(NamedTuple):
    """How much more the days vary than independent people would.

    Attributes:
        phi: Pearson chi-square over its degrees of freedom, at least 1 (days never prove less than chance).
            1 where it cannot be estimated.
        df: degrees of freedom of `phi`; 0 where it cannot be estimated.
    """

    phi: Floats
    df: Floats


def rate_dispersion(successes: ArrayLike, trials: ArrayLike, period: ArrayLike) -> Dispersion:
    """Dispersion of a daily rate around the rate of its period (quasi-binomial; McCullagh and Nelder 1989, 4.5).

    Args:
        successes: daily counts, shape (..., days).
        trials: daily counts, same shape.
        period: which period each day belongs to, whole numbers, shape (days,).

    Returns:
        One value a cell, shape (...). Days without trials are left out.
    """
    count, total = floats(successes, trials)
    groups = np.asarray(period)
    chi_square = np.zeros(count.shape[:-1])
    freedom = np.zeros(count.shape[:-1])
    for group in np.unique(groups):
        x, n = count[..., groups == group], total[..., groups == group]
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = (x.sum(-1) / n.sum(-1))[..., None]
            part = (x - n * rate) ** 2 / (n * rate * (1 - rate))
        good = (n > 0) & np.isfinite(part)
        chi_square += np.where(good, part, 0.0).sum(-1)
        freedom += np.maximum(good.sum(-1) - 1, 0)
    return _dispersion(chi_square, freedom)


def count_dispersion(counts: ArrayLike, period: ArrayLike, weekday: ArrayLike) -> Dispersion:
    """Dispersion of daily counts around a level a period and a pattern of weekdays (quasi-Poisson log-linear model).

    The expected count of a day is `level[period] * pattern[weekday]`, fitted by iterative proportional fitting, which
    gives the maximum-likelihood fit of the log-linear model. A weekend effect is therefore not taken for noise.

    Args:
        counts: daily counts, shape (..., days); NaN where a day is missing.
        period: which period each day belongs to, whole numbers, shape (days,).
        weekday: day of the week of each day, whole numbers, shape (days,).

    Returns:
        One value a cell, shape (...).
    """
    observed = np.asarray(counts, dtype=np.float64)
    _, period_code = np.unique(np.asarray(period), return_inverse=True)
    _, weekday_code = np.unique(np.asarray(weekday), return_inverse=True)
    present = np.isfinite(observed)
    value = np.where(present, observed, 0.0)
    periods, weekdays = np.eye(period_code.max() + 1)[period_code], np.eye(weekday_code.max() + 1)[weekday_code]
    level = np.ones((*value.shape[:-1], periods.shape[1]))
    pattern = np.ones((*value.shape[:-1], weekdays.shape[1]))
    for _ in range(100):
        level = _share(value @ periods, np.where(present, pattern @ weekdays.T, 0.0) @ periods)
        new = _share(value @ weekdays, np.where(present, level @ periods.T, 0.0) @ weekdays)
        moved = np.abs(new - pattern).max(initial=0.0)
        pattern = new
        if moved < 1e-10:
            break
    expected = (level @ periods.T) * (pattern @ weekdays.T)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(present & (expected > 0), (value - expected) ** 2 / expected, 0.0)
    free = (present & (expected > 0)).sum(-1) - (level > 0).sum(-1) - (pattern > 0).sum(-1) + 1
    return _dispersion(part.sum(-1), np.maximum(free, 0).astype(np.float64))


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, 0.0)


def _dispersion(chi_square: Floats, freedom: Floats) -> Dispersion:
    phi = np.where(freedom > 0, chi_square / np.maximum(freedom, 1), 1.0)
    return Dispersion(np.maximum(phi, 1.0), freedom)


def day_bootstrap(
    days: ArrayLike,
    strata: ArrayLike,
    statistic: Callable[[list[Floats]], Floats],
    *,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Bootstrap interval of any figure made of sums over days; whole days are drawn, so a day's segments stay together.

    The percentile ends are widened around the estimate by `sqrt(n / (n - 1)) * t / z` of the smallest stratum, because
    the plain percentile interval of a week (7 days) covers too little (Hesterberg 2015, 4.2).

    Args:
        days: one row a day, shape (days, columns).
        strata: which period each day belongs to, shape (days,); drawn separately.
        statistic: takes the sums of each stratum in order, each of shape (draws, columns); returns shape (draws,).
        draws: how many resamples.
        level: coverage.
        seed: of the random generator.

    Returns:
        (low, high); NaN when a stratum has fewer than 3 days.
    """
    rows = np.asarray(days, dtype=np.float64)
    groups = np.asarray(strata)
    generator = np.random.default_rng(seed)
    sums, exact, smallest = [], [], np.inf
    for group in np.unique(groups):
        part = rows[groups == group]
        smallest = min(smallest, len(part))
        weights = generator.multinomial(len(part), np.full(len(part), 1 / len(part)), size=draws)
        sums.append(weights @ part)
        exact.append(part.sum(0, keepdims=True))
    if smallest < 3:
        return float("nan"), float("nan")
    estimate = float(np.asarray(statistic(exact)).item())
    tail = (1 - level) / 2
    ends = np.nanquantile(np.asarray(statistic(sums)), [tail, 1 - tail])
    widen = np.sqrt(smallest / (smallest - 1)) * critical_value(level, smallest - 1) / critical_value(level)
    low, high = estimate + (ends - estimate) * widen
    return float(low), float(high)
