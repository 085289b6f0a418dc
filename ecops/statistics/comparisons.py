"""Is a change more than chance? Tests of rates, counts and money, and the correction for many of them.

Arrays and cells that cannot be tested are treated as in `ecops.statistics.intervals`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ecops.statistics.intervals import Floats, Interval, critical_value, floats, two_sided


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
    x0, n0, x1, n1, phi, freedom = floats(*before, *after, dispersion, df)
    usable = (n0 > 0) & (n1 > 0) & (x0 >= 0) & (x1 >= 0) & (x0 <= n0) & (x1 <= n1)
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (x0 + x1) / (n0 + n1)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1) * np.maximum(phi, 1.0))
        statistic = np.where(error > 0, (x1 / n1 - x0 / n0) / error, 0.0)
        smallest = np.minimum(pooled, 1 - pooled) * np.minimum(n0, n1)
    p_value = np.where(usable, two_sided(statistic, freedom), np.nan)
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
    from scipy import special

    size = np.asarray(total, dtype=np.float64)
    log: Floats = special.gammaln(size + 1) - special.gammaln(chosen + 1) - special.gammaln(size - chosen + 1)
    return log


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
        log_error: standard error of log(after / before), see `rate_log_error`.
        level: coverage.
        df: degrees of freedom of `log_error`.
    """
    old, new, error, freedom = floats(before, after, log_error, df)
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
    x0, n0, x1, n1, phi = floats(*before, *after, dispersion)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (1 / x0 - 1 / n0 + 1 / x1 - 1 / n1) * np.maximum(phi, 1.0)
        return np.sqrt(variance)


def trials_needed(
    rate: ArrayLike, relative_effect: float, *, power: float = 0.8, alpha: float = 0.05, dispersion: ArrayLike = 1.0
) -> Floats:
    """Trials a side needed to see a relative change of a rate (normal approximation, Fleiss 1981, 3.2).

    >>> trials_needed(0.05, 0.10).round().item()
    31234.0
    """
    from scipy import special

    p0, phi = floats(rate, dispersion)
    p1 = np.clip(p0 * (1 + relative_effect), 0.0, 1.0)
    middle = (p0 + p1) / 2
    z_alpha, z_power = special.ndtri(1 - alpha / 2), special.ndtri(power)
    root = z_alpha * np.sqrt(2 * middle * (1 - middle)) + z_power * np.sqrt(p0 * (1 - p0) + p1 * (1 - p1))
    with np.errstate(invalid="ignore", divide="ignore"):
        needed: Floats = np.ceil((root / (p1 - p0)) ** 2 * np.maximum(phi, 1.0))
    return needed
