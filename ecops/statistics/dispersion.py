"""How much the days of a rate differ beyond chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ecops.statistics.intervals import Floats, floats


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


def _dispersion(chi_square: Floats, freedom: Floats) -> Dispersion:
    phi = np.where(freedom > 0, chi_square / np.maximum(freedom, 1), 1.0)
    return Dispersion(np.maximum(phi, 1.0), freedom)
