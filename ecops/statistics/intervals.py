"""Intervals of rates and of their differences, and the critical values they rest on.

All functions work on arrays of any shape (one element a cell) and return arrays of the same shape. Two things
distinguish them from a textbook: days of a shop differ by more than binomial or Poisson noise, so every test takes a
`dispersion` (how many times the variance is larger) and the degrees of freedom it was estimated with; and a cell that
cannot be tested is NaN, never an error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """A confidence interval, element by element.

    Attributes:
        low: lower ends, unit of the quantity; NaN where nothing was observed.
        high: upper ends, same unit; NaN where nothing was observed.
    """

    low: Floats
    high: Floats


def floats(*values: ArrayLike) -> list[Floats]:
    """Values as arrays of floats of one shape."""
    return [np.asarray(array, dtype=np.float64) for array in np.broadcast_arrays(*values)]


def critical_value(level: float = 0.95, df: ArrayLike = np.inf) -> Floats:
    """Two-sided critical value of the t distribution; of the normal distribution where `df` is infinite.

    >>> critical_value().round(4).item(), critical_value(df=6).round(4).item()
    (1.96, 2.4469)
    """
    from scipy import special  # heavy, and who only counts needs none of it

    freedom = np.asarray(df, dtype=np.float64)
    tail = (1 + level) / 2
    with np.errstate(invalid="ignore"):
        student = special.stdtrit(freedom, tail)
    result: Floats = np.where(np.isfinite(freedom), student, special.ndtri(tail))
    return result


def two_sided(statistic: ArrayLike, df: ArrayLike = np.inf) -> Floats:
    """Two-sided p-value of a t statistic; of a z statistic where `df` is infinite."""
    from scipy import special

    value, freedom = floats(statistic, df)
    with np.errstate(invalid="ignore"):
        student = special.stdtr(freedom, -np.abs(value))
    result: Floats = 2 * np.where(np.isfinite(freedom), student, special.ndtr(-np.abs(value)))
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
    count, total, phi, freedom = floats(successes, trials, dispersion, df)
    usable = (total > 0) & (count >= 0) & (count <= total)
    square = critical_value(level, freedom) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        size, rate = total / np.maximum(phi, 1.0), count / total
        centre = (rate + square / (2 * size)) / (1 + square / size)
        half = np.sqrt(square * rate * (1 - rate) / size + square**2 / (4 * size**2)) / (1 + square / size)
    # The exact ends at 0 and n; the formula misses them by rounding.
    low = np.where(count == 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(count == total, 1.0, np.minimum(centre + half, 1.0))
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
    x0, n0, x1, n1 = floats(*before, *after)
    with np.errstate(invalid="ignore", divide="ignore"):
        p0, p1 = x0 / n0, x1 / n1
    low0, high0 = wilson(x0, n0, level=level, dispersion=dispersion, df=df)
    low1, high1 = wilson(x1, n1, level=level, dispersion=dispersion, df=df)
    change = p1 - p0
    return Interval(
        change - np.sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2), change + np.sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)
    )
