"""Counts, means and covariances of an arm: all that any test in this package needs to know about its users.

Rows, typed-in totals and database aggregates all become these small values first, so that every test has one
implementation and a change of alpha, prior or margin never touches the data again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError, SpecError
from ecops.messages import Count, Message

Array = NDArray[np.float64]

LOST_DIGITS = 1e-12
"""Share of the sum of squares below which a spread computed from sums cannot be told from rounding."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One quantity over the users of one arm.

    Attributes:
        n: number of users (randomised units).
        mean: mean over users, in the quantity's unit.
        variance: variance over users with denominator n - 1, in squared units; for a ratio metric the variance of
            its linearised value.
        active: users with a value other than 0, for a ratio with a denominator other than 0; NaN when nobody counted.
    """

    n: float
    mean: float
    variance: float
    active: float = math.nan

    @property
    def error_squared(self) -> float:
        """Variance of the mean."""
        return self.variance / self.n


Sampled = Sample | tuple[float, float] | tuple[float, float, float] | Sequence[float] | Array | Any
"""What the tests accept for an arm: a `Sample`; a tuple (n, conversions); a tuple (n, sum, sum of squares);
or the users' values as a list, array or column."""


def as_sample(data: Sampled) -> Sample:
    """The moments of an arm from any accepted form, see `Sampled`.

    Raises:
        DataError: fewer than two users, blanks, or sums that no data can have.

    >>> as_sample((4, 10.0, 30.0)) == as_sample([1.0, 2.0, 3.0, 4.0])
    True
    """
    if isinstance(data, Sample):
        return data
    if isinstance(data, tuple):
        if len(data) == 2:
            return sample_from_counts(*data)
        if len(data) == 3:
            return sample_from_sums(*data)
        raise SpecError(
            Message("A tuple of {n} numbers is not an arm.", n=Count(len(data))),
            Message("Give (users, conversions) or (users, sum, sum of squares), or the values as a list."),
        )
    values = np.asarray(data, dtype=np.float64).ravel()
    _check_users(len(values))
    _check_filled(values)
    return Sample(len(values), float(values.mean()), float(values.var(ddof=1)))


def sample_from_counts(n: float, conversions: float) -> Sample:
    """Moments of a yes/no quantity from the number of users and how many said yes."""
    _check_users(n)
    if not 0 <= conversions <= n:
        raise DataError(
            Message("{k} conversions do not fit {n} users.", k=Count(conversions), n=Count(n)),
            Message("Count each user at most once, however often the user bought."),
        )
    rate = conversions / n
    return Sample(n, rate, n * rate * (1 - rate) / (n - 1))


def sample_from_sums(n: float, total: float, squares: float) -> Sample:
    """Moments from the number of users, the sum of their values and the sum of the squared values.

    A spread too small to be told from rounding is given as 0: sums of large, nearly equal values have lost it.
    """
    _check_users(n)
    if not (math.isfinite(total) and math.isfinite(squares)):
        raise DataError(Message("A sum is not a finite number."), Message("Export the totals again."))
    spread = squares - total * total / n
    if spread < -LOST_DIGITS * squares:
        raise DataError(
            Message("No values can have this sum together with this sum of squares."),
            Message("Check that the squares were taken of each user's value before adding, not of the total."),
        )
    return Sample(n, total / n, spread / (n - 1) if spread > LOST_DIGITS * squares else 0.0)


def _check_users(n: float) -> None:
    if not (n >= 2 and math.isfinite(n)):
        raise DataError(
            Message("An arm has {n} users; a comparison needs at least 2.", n=Count(n)),
            Message("Check the arm column and wait for more users."),
        )


def _check_filled(values: Array) -> None:
    if not np.isfinite(values).all():
        raise DataError(
            Message("{n} values are blank or not finite.", n=Count(int((~np.isfinite(values)).sum()))),
            Message("Write 0 for users who did nothing, or leave those users out of both arms."),
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """Joint moments of several columns over the users of one arm.

    Attributes:
        n: number of users.
        names: the columns, in the order of the arrays.
        mean: shape (columns,), mean over users.
        covariance: shape (columns, columns), denominator n - 1; NaN for pairs that were not asked for.
        active: shape (columns,), users with a value other than 0; None when nobody counted.
    """

    n: float
    names: tuple[str, ...]
    mean: Array
    covariance: Array
    active: Array | None = None

    def index(self, name: str) -> int:
        """Position of a column."""
        return self.names.index(name)

    def sample(self, name: str) -> Sample:
        """One column."""
        at = self.index(name)
        return Sample(self.n, float(self.mean[at]), float(self.covariance[at, at]), self.having(name))

    def having(self, name: str) -> float:
        """Users with a value other than 0 in a column; NaN when nobody counted."""
        return math.nan if self.active is None else float(self.active[self.index(name)])


def moments_of(columns: Mapping[str, Any]) -> Moments:
    """Joint moments of an arm's values in memory; every column holds one value a user, in the same order."""
    values = np.vstack([np.asarray(column, dtype=np.float64) for column in columns.values()])
    _check_users(values.shape[1])
    _check_filled(values)
    spread = np.atleast_2d(np.cov(values, ddof=1))
    active = np.count_nonzero(values, axis=1).astype(np.float64)
    return Moments(values.shape[1], tuple(columns), values.mean(axis=1), spread, active)


def moments_from_sums(
    n: float,
    sums: Mapping[str, float],
    products: Mapping[tuple[str, str], float],
    shift: Mapping[str, float],
    active: Sequence[float] | None = None,
) -> Moments:
    """Joint moments from sums of shifted values.

    Values near `shift` keep all their digits however large they are: var = (sum (x-c)^2 - (sum (x-c))^2 / n) / (n-1)
    for any constant c (Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance").

    Args:
        n: users.
        sums: column -> sum of (value - shift).
        products: (column, column) -> sum of the products of two shifted columns; one of the two orders is enough.
        shift: column -> the constant taken off.
        active: users with a value other than 0 in each column, in the order of `sums`.
    """
    names = tuple(sums)
    offsets = np.array([sums[name] for name in names], dtype=np.float64) / n if n else np.zeros(len(names))
    covariance = np.full((len(names), len(names)), np.nan)
    for (first, second), product in products.items():
        i, j = names.index(first), names.index(second)
        spread = product - n * offsets[i] * offsets[j]
        if i == j and spread <= LOST_DIGITS * abs(product):
            spread = 0.0
        covariance[i, j] = covariance[j, i] = spread / (n - 1) if n > 1 else np.nan
    mean = offsets + np.array([shift[name] for name in names])
    return Moments(n, names, mean, covariance, None if active is None else np.array(active, dtype=np.float64))


def merge(parts: Sequence[Moments]) -> Moments:
    """Moments of the users of several parts (segments, days) together (Chan, Golub, LeVeque 1983)."""
    filled = [part for part in parts if part.n > 0]
    if len(filled) == 1:
        return filled[0]
    n = sum(part.n for part in filled)
    mean: Array = np.sum([part.n * part.mean for part in filled], axis=0) / n
    spread = np.zeros_like(filled[0].covariance)
    for part in filled:
        away = part.mean - mean
        inner = (part.n - 1) * part.covariance if part.n > 1 else np.zeros_like(spread)
        spread += inner + part.n * np.outer(away, away)
    counted = [part.active for part in filled if part.active is not None]
    active: Array | None = np.sum(counted, axis=0) if len(counted) == len(filled) else None
    return Moments(n, filled[0].names, mean, spread / (n - 1), active)
