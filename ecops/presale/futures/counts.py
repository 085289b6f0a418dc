"""Random counts, many at once: exact where they are small, rounded normal ones where nobody can tell the difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecops.presale.campaigns.series import Floats

_EXACT = 10.0
"""Counts with a variance above this are drawn as rounded normal ones with their skewness (Cornish and Fisher 1938),
many times as fast: no quantile moves by more than a unit."""

_MOST = 1e9


def poisson(random: np.random.Generator, mean: Floats) -> Floats:
    """Poisson counts, shape of `mean`."""
    rate = np.minimum(mean, _MOST)
    normal = random.standard_normal(len(rate))
    drawn = np.rint(rate + np.sqrt(rate) * normal + (normal * normal - 1) / 6)
    return _with_small(drawn, rate < _EXACT, lambda few: random.poisson(rate[few]))


def binomial(random: np.random.Generator, units: Floats, rate: Floats | float) -> Floats:
    """Binomial counts of whole `units`, shape (n,), each with its own rate or all with one."""
    if np.ndim(rate) == 0 and rate >= 0.9:
        # Rare losses of many: Poisson, and never more than there are.
        return np.maximum(units - poisson(random, units * (1 - rate)), 0.0)
    share = np.broadcast_to(np.asarray(rate, dtype=np.float64), units.shape)
    variance = units * share * (1 - share)
    normal = random.standard_normal(len(units))
    drawn = np.rint(units * share + np.sqrt(variance) * normal + (1 - 2 * share) * (normal * normal - 1) / 6)
    whole = _with_small(drawn, variance < _EXACT, lambda few: random.binomial(units[few].astype(np.int64), share[few]))
    return np.clip(whole, 0.0, units)


def _with_small(drawn: Floats, small: NDArray[np.bool_], exact: Callable[[NDArray[np.int64]], Any]) -> Floats:
    """The normal counts, at least 0, with those that are small drawn exactly."""
    few = np.flatnonzero(small)
    if len(few):
        drawn[few] = exact(few)
    return np.maximum(drawn, 0.0)
