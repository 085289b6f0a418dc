"""Is a change more than chance? Intervals and tests for rates, counts and money, shared by every capability.

All functions work on arrays of any shape (one element a cell) and return arrays of the same shape. Two things
distinguish them from a textbook: days of a shop differ by more than binomial or Poisson noise, so every test takes a
`dispersion` (how many times the variance is larger) and the degrees of freedom it was estimated with; and a cell that
cannot be tested is NaN, never an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A confidence interval, element by element.

    Attributes:
        low: lower ends, unit of the quantity; NaN where nothing was observed.
        high: upper ends, same unit; NaN where nothing was observed.
    """

    low: Floats
    high: Floats


class Dispersion(NamedTuple):
    """How much more the days vary than independent people would.

    Attributes:
        phi: Pearson chi-square over its degrees of freedom, at least 1 (days never prove less than chance).
            1 where it cannot be estimated.
        df: degrees of freedom of `phi`; 0 where it cannot be estimated.
    """

    phi: Floats
    df: Floats


def _floats(*values: ArrayLike) -> list[Floats]:
    return [np.asarray(array, dtype=np.float64) for array in np.broadcast_arrays(*values)]


def critical_value(level: float = 0.95, df: ArrayLike = np.inf) -> Floats:
    """Two-sided critical value of the t distribution; of the normal distribution where `df` is infinite.

    >>> critical_value().round(4).item(), critical_value(df=6).round(4).item()
    (1.96, 2.4469)
    """
    freedom = np.asarray(df, dtype=np.float64)
    tail = (1 + level) / 2
    with np.errstate(invalid="ignore"):
        student = special.stdtrit(np.where(np.isfinite(freedom), freedom, 1.0), tail)
    result: Floats = np.where(np.isfinite(freedom), student, special.ndtri(tail))
    return result


def two_sided(statistic: ArrayLike, df: ArrayLike = np.inf) -> Floats:
    """Two-sided p-value of a t statistic; of a z statistic where `df` is infinite."""
    value, freedom = _floats(statistic, df)
    finite = np.isfinite(freedom)
    with np.errstate(invalid="ignore"):
        student = 2 * special.stdtr(np.where(finite, freedom, 1.0), -np.abs(value))
    result: Floats = np.where(finite, student, 2 * special.ndtr(-np.abs(value)))
    return result


def wilson(
    successes: ArrayLike, trials: ArrayLike, *, level: float = 0.95, dispersion: ArrayLike = 1.0, df: ArrayLike = np.inf
) -> Interval:
    """Wilson score interval of a rate (Wilson 1927).

    Args:
        successes: counts, 0 <= successes <= trials.
        trials: counts.
        level: coverage.
        dispersion: variance inflation; the trials count as `trials / dispersion`.
        df: degrees of freedom of `dispersion`.

    Returns:
        Ends between 0 and 1, NaN where `trials` is 0 or `successes` is outside 0..trials.

    >>> [end.round(4).item() for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    count, total, phi, freedom = _floats(successes, trials, dispersion, df)
    usable = (total > 0) & (count >= 0) & (count <= total)
    size = np.where(usable, total, 1.0) / np.maximum(phi, 1.0)
    rate = np.where(usable, count, 0.0) / np.where(usable, total, 1.0)
    square = critical_value(level, freedom) ** 2
    centre = (rate + square / (2 * size)) / (1 + square / size)
    half = np.sqrt(square * rate * (1 - rate) / size + square**2 / (4 * size**2)) / (1 + square / size)
    # The exact ends at 0 and n; the formula misses them by rounding.
    low = np.where(count == 0, 0.0, np.clip(centre - half, 0.0, 1.0))
    high = np.where(count == total, 1.0, np.clip(centre + half, 0.0, 1.0))
    return Interval(np.where(usable, low, np.nan), np.where(usable, high, np.nan))


def newcombe(
    before: tuple[ArrayLike, ArrayLike],
    after: tuple[ArrayLike, ArrayLike],
    *,
    level: float = 0.95,
    dispersion: ArrayLike = 1.0,
    df: ArrayLike = np.inf,
) -> Interval:
    """Interval of the difference of two rates, after minus before (Newcombe 1998, method 10).

    Args:
        before: (successes, trials).
        after: (successes, trials).
        level: coverage.
        dispersion: variance inflation, see `wilson`.
        df: degrees of freedom of `dispersion`.

    >>> [end.round(4).item() for end in newcombe((48, 80), (56, 70))]
    [0.0524, 0.3339]
    """
    x0, n0, x1, n1 = _floats(*before, *after)
    with np.errstate(invalid="ignore", divide="ignore"):
        p0, p1 = x0 / n0, x1 / n1
    low0, high0 = wilson(x0, n0, level=level, dispersion=dispersion, df=df)
    low1, high1 = wilson(x1, n1, level=level, dispersion=dispersion, df=df)
    change = p1 - p0
    return Interval(
        change - np.sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2), change + np.sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)
    )


def two_proportions(
    before: tuple[ArrayLike, ArrayLike],
    after: tuple[ArrayLike, ArrayLike],
    *,
    dispersion: ArrayLike = 1.0,
    df: ArrayLike = np.inf,
) -> Floats:
    """Two-sided p-value for "the two rates are equal", cell by cell.

    Pooled two-proportion z test (a t test with `df` where the dispersion was estimated); Fisher's exact test where an
    expected count is below 5. With a dispersion above 1 such a small cell takes the larger of both p-values, because
    Fisher's test knows no dispersion.

    Args:
        before: (successes, trials), whole numbers.
        after: (successes, trials), whole numbers.
        dispersion: variance inflation, at least 1.
        df: degrees of freedom of `dispersion`.

    Returns:
        p-values; NaN where a side has no trials or more successes than trials.

    >>> two_proportions((30, 100), (45, 100)).round(5).item()
    0.02846
    """
    x0, n0, x1, n1, phi, freedom = _floats(*before, *after, dispersion, df)
    usable = (n0 > 0) & (n1 > 0) & (x0 >= 0) & (x1 >= 0) & (x0 <= n0) & (x1 <= n1)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (x0 + x1) / (n0 + n1)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1) * np.maximum(phi, 1.0))
        statistic = np.where(error > 0, (x1 / n1 - x0 / n0) / error, 0.0)
        smallest = np.minimum(pooled, 1 - pooled) * np.minimum(n0, n1)
    p_value = np.where(usable, two_sided(np.where(usable, statistic, 0.0), freedom), np.nan)
    small = usable & (smallest < 5)
    if small.any():
        exact = np.array([_fisher(*cell) for cell in zip(x0[small], n0[small], x1[small], n1[small], strict=True)])
        p_value = np.array(p_value)
        p_value[small] = np.where(phi[small] > 1, np.maximum(exact, p_value[small]), exact)
    return p_value


def _fisher(x0: float, n0: float, x1: float, n1: float) -> float:
    """Two-sided Fisher p-value: the tables with these margins that are no likelier than the one seen."""
    first, second = round(n0), round(n1)
    successes = round(x0) + round(x1)
    seen = np.arange(max(0, successes - second), min(successes, first) + 1, dtype=np.float64)
    log_chance = _log_choose(first, seen) + _log_choose(second, successes - seen)
    chance = np.exp(log_chance - log_chance.max())
    at_hand = chance[round(x0) - int(seen[0])]
    # The relative slack keeps tables that are equally likely in exact arithmetic.
    return float(min(1.0, chance[chance <= at_hand * (1 + 1e-7)].sum() / chance.sum()))


def _log_choose(total: ArrayLike, chosen: Floats) -> Floats:
    size = np.asarray(total, dtype=np.float64)
    log: Floats = special.gammaln(size + 1) - special.gammaln(chosen + 1) - special.gammaln(size - chosen + 1)
    return log


def rate_dispersion(successes: ArrayLike, trials: ArrayLike, period: ArrayLike) -> Dispersion:
    """Dispersion of a daily rate around the rate of its period (quasi-binomial; McCullagh and Nelder 1989, 4.5).

    Args:
        successes: daily counts, shape (..., days).
        trials: daily counts, same shape.
        period: which period each day belongs to, whole numbers, shape (days,).

    Returns:
        One value a cell, shape (...). Days without trials are left out.
    """
    count, total = _floats(successes, trials)
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


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """q-values: the smallest false-discovery rate at which each test would be kept (Benjamini and Hochberg 1995).

    Args:
        p_values: any shape; NaN marks a test that was not made and does not count.

    >>> benjamini_hochberg([0.01, 0.04, float("nan"), 0.03]).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    values = np.asarray(p_values, dtype=np.float64)
    flat = values.ravel()
    made = np.flatnonzero(np.isfinite(flat))
    result = np.full(flat.shape, np.nan)
    if made.size:
        order = made[np.argsort(flat[made], kind="stable")]
        scaled = flat[order] * made.size / np.arange(1, made.size + 1)
        result[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return result.reshape(values.shape)


def relative_change(
    before: ArrayLike, after: ArrayLike, log_error: ArrayLike, *, level: float = 0.95, df: ArrayLike = np.inf
) -> Interval:
    """Interval of after / before - 1 from the standard error of its logarithm.

    Args:
        before: value before, positive; NaN results otherwise.
        after: value after, positive; NaN results otherwise.
        log_error: standard error of log(after / before), see `rate_log_error`, `count_log_error`, `mean_log_error`.
        level: coverage.
        df: degrees of freedom of `log_error`.
    """
    old, new, error, freedom = _floats(before, after, log_error, df)
    positive = (old > 0) & (new > 0)
    log = np.log(np.where(positive, new, 1.0) / np.where(positive, old, 1.0))
    half = critical_value(level, freedom) * error
    with np.errstate(over="ignore"):
        low, high = np.expm1(log - half), np.expm1(log + half)
    return Interval(np.where(positive, low, np.nan), np.where(positive, high, np.nan))


def rate_log_error(
    before: tuple[ArrayLike, ArrayLike], after: tuple[ArrayLike, ArrayLike], dispersion: ArrayLike = 1.0
) -> Floats:
    """Standard error of the logarithm of a ratio of two rates (Katz 1978), inflated by `dispersion`."""
    x0, n0, x1, n1, phi = _floats(*before, *after, dispersion)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (1 / x0 - 1 / n0 + 1 / x1 - 1 / n1) * np.maximum(phi, 1.0)
        return np.sqrt(np.where(variance >= 0, variance, np.nan))


def count_log_error(before: ArrayLike, after: ArrayLike, dispersion: ArrayLike = 1.0) -> Floats:
    """Standard error of the logarithm of a ratio of two quasi-Poisson counts, `sqrt(phi * (1/before + 1/after))`."""
    old, new, phi = _floats(before, after, dispersion)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.maximum(phi, 1.0) * (1 / old + 1 / new))


def mean_log_error(amount: ArrayLike, people: ArrayLike) -> tuple[Floats, Floats]:
    """Relative standard error of a ratio of daily sums, such as money a buyer, and its degrees of freedom.

    Linearised ratio estimator (Cochran 1977, 6.4): the days are the sample, `amount - ratio * people` their residuals.
    Where a few days make most of the noise (rare refunds, one large order) the error itself is hardly known, so the
    degrees of freedom are those of a variance of residuals with their kurtosis k, `2 days / (k - 1)`, between 1 and
    days - 1 (Box 1953; O'Neill 2014).

    Args:
        amount: daily sums of money of one period, shape (..., days).
        people: daily counts, same shape; days without people are left out.

    Returns:
        (relative standard error, degrees of freedom), each of shape (...); NaN and 0 with fewer than 2 days.
    """
    money, count = _floats(amount, people)
    good = (count > 0) & np.isfinite(money)
    money, count = np.where(good, money, 0.0), np.where(good, count, 0.0)
    days = good.sum(-1).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (money.sum(-1) / count.sum(-1))[..., None]
        residual = np.where(good, money - ratio * count, 0.0)
        squares = (residual**2).sum(-1)
        error = np.sqrt(squares * days / (days - 1)) / money.sum(-1)
        kurtosis = np.where(squares > 0, days * ((residual**2 / squares[..., None]) ** 2).sum(-1), 3.0)
        df = np.clip(2 * days / np.maximum(kurtosis - 1, 1e-9), 1.0, np.maximum(days - 1, 1.0))
    enough = (days > 1) & (money.sum(-1) > 0)
    return np.where(enough, error, np.nan), np.where(enough, df, 0.0)


def welch(
    change: ArrayLike, error_before: ArrayLike, error_after: ArrayLike, df_before: ArrayLike, df_after: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Welch's unequal-variance t test from two standard errors (Welch 1947, Satterthwaite 1946).

    Returns:
        (p-value, standard error of the change, degrees of freedom); NaN where an error is NaN or both are 0.
    """
    shift, e0, e1, f0, f1 = _floats(change, error_before, error_after, df_before, df_after)
    variance = e0**2 + e1**2
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = variance**2 / (e0**4 / f0 + e1**4 / f1)
        p_value = two_sided(shift / np.sqrt(variance), freedom)
    good = np.isfinite(variance) & (variance > 0)
    return np.where(good, p_value, np.nan), np.sqrt(variance), np.where(good, freedom, np.nan)


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


def trials_needed(
    rate: ArrayLike, relative_effect: float, *, power: float = 0.8, alpha: float = 0.05, dispersion: ArrayLike = 1.0
) -> Floats:
    """Trials a side needed to see a relative change of a rate (normal approximation, Fleiss 1981, 3.2).

    >>> trials_needed(0.05, 0.10).round().item()
    31234.0
    """
    p0, phi = _floats(rate, dispersion)
    p1 = np.clip(p0 * (1 + relative_effect), 0.0, 1.0)
    middle = (p0 + p1) / 2
    z_alpha, z_power = special.ndtri(1 - alpha / 2), special.ndtri(power)
    root = z_alpha * np.sqrt(2 * middle * (1 - middle)) + z_power * np.sqrt(p0 * (1 - p0) + p1 * (1 - p1))
    with np.errstate(invalid="ignore", divide="ignore"):
        needed: Floats = np.ceil((root / (p1 - p0)) ** 2 * np.maximum(phi, 1.0))
    return needed
