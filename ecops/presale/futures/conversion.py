"""How many deposits turn into paid orders? A beta distribution across campaigns, not across buyers.

Campaigns differ far more than the buyers of one campaign do: pooling all buyers would promise an accuracy of a fraction
of a point and be wrong by four. The variance is the one between campaigns, less what chance among few buyers adds.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import SpecError
from ecops.messages import Message
from ecops.presale.campaigns.series import Floats, Series

MOST = 200.0
"""No number of campaigns makes the next one certain: a + b is at most so much."""

_ALONE = 20.0
"""a + b after one campaign, which says nothing about the difference between two."""

_UNKNOWN = (3.0, 1.0)
"""a and b without any campaign: three in four pay, give or take almost everything."""

_ASSUMED = 30.0
"""The spread assumed beside the estimated one, as a + b; it counts as much as `_DEGREES` campaigns."""

_DEGREES = 2.0


@dataclass(frozen=True, slots=True)
class Conversion:
    """Beta distribution of the share of deposits that are paid.

    Attributes:
        a, b: its parameters.
        campaigns: how many past campaigns it rests on.
        noise: variance of the mean rate from small counts.
    """

    a: float
    b: float
    campaigns: int
    noise: float = 0.0

    @property
    def mean(self) -> float:
        """Share expected to be paid."""
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        """Standard deviation of the share between campaigns."""
        return float(np.sqrt(self.mean * (1 - self.mean) / (self.a + self.b + 1)))

    def paid(self, deposits: float) -> Any:
        """Units paid of so many deposits: the beta-binomial distribution of `scipy.stats`.

        >>> balance = Conversion(95.94, 12.67, 4).paid(500)
        >>> round(float(balance.mean()), 2), round(float(balance.std()), 2)
        (441.67, 16.91)
        """
        from scipy import stats

        return stats.betabinom(max(round(deposits), 0), self.a, self.b)

    def draws(self, count: int, seed: int = 0) -> Floats:
        """Shares that may come out, shape (count,): with the doubt about mean and spread that few campaigns leave."""
        return _draws(self, count, seed)


@functools.lru_cache(maxsize=512)
def _draws(prior: Conversion, count: int, seed: int) -> Floats:
    random = np.random.default_rng((seed, 2))
    mean, size = prior.mean, prior.a + prior.b
    if prior.campaigns == 0:
        return np.asarray(random.beta(prior.a, prior.b, count), dtype=np.float64)
    top = mean * (1 - mean)
    degrees = _DEGREES + prior.campaigns - 1
    between = (_DEGREES * top / (_ASSUMED + 1) + (prior.campaigns - 1) * top / (size + 1)) / degrees
    # The variance itself is known from few campaigns: scaled inverse chi-square.
    variance = between * degrees / _squares(degrees + 2, count, seed)
    blur = np.sqrt(variance / prior.campaigns + prior.noise) / top
    centre = 1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + blur * _normals(count, seed))))
    strength = np.clip(centre * (1 - centre) / variance - 1, 2.0, 1_000.0)
    return np.asarray(random.beta(centre * strength, (1 - centre) * strength), dtype=np.float64)


@functools.lru_cache(maxsize=64)
def _squares(degrees: float, count: int, seed: int) -> Floats:
    """Chi-square numbers, the same for all products: they share what is not known of the campaign."""
    return np.asarray(np.random.default_rng((seed, 4)).chisquare(degrees, count), dtype=np.float64)


@functools.lru_cache(maxsize=64)
def _normals(count: int, seed: int) -> Floats:
    """Normal numbers, the same for all products."""
    return np.asarray(np.random.default_rng((seed, 5)).standard_normal(count), dtype=np.float64)


def conversion_prior(deposits: ArrayLike, paid: ArrayLike, most: float = MOST) -> Conversion:
    """The beta distribution across campaigns, by the method of moments.

    Args:
        deposits: units with a deposit of each past campaign, shape (n,); campaigns without any are left out.
        paid: units paid of them.
        most: largest a + b.

    Raises:
        SpecError: the two do not fit, or more were paid than there were deposits.

    >>> prior = conversion_prior([820, 1200, 640, 950], [731, 1010, 589, 836])
    >>> round(prior.a, 2), round(prior.b, 2)
    (95.94, 12.67)
    """
    given, got = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (deposits, paid))
    if given.shape != got.shape or (got > given + 1e-9).any() or (got < 0).any():
        raise SpecError(
            Message("Deposits and payments do not fit together."),
            Message("Give both for each campaign; payments between 0 and the deposits."),
        )
    told = given > 0
    given, got = given[told], got[told]
    n = len(given)
    if n == 0:
        return Conversion(*_UNKNOWN, 0)
    rates = got / given
    mean = float(np.clip(rates.mean(), 0.5 / given.sum(), 1 - 0.5 / given.sum()))
    top = mean * (1 - mean)
    within = top * float(np.mean(1 / given))
    if n == 1:
        return Conversion(mean * _ALONE, (1 - mean) * _ALONE, 1, within)
    between = float(rates.var(ddof=1)) - within
    size = float(np.clip(top / between - 1, 2.0, most)) if between > top / (most + 1) else most
    return Conversion(mean * size, (1 - mean) * size, n, within / n)


def kept_of(past: Sequence[Series], most: float = MOST) -> Conversion:
    """The share of paid units that is not cancelled before shipping, from the campaigns that counted them."""
    told = [series for series in past if math.isfinite(series.cancelled) and series.paid > 0]
    return conversion_prior([series.paid for series in told], [series.paid - series.cancelled for series in told], most)


def conversion_of(past: Sequence[Series], most: float = MOST) -> Conversion:
    """The same from the campaigns of which every balance is known."""
    settled = [series for series in past if series.settled and series.total > 0]
    return conversion_prior(
        [series.total for series in settled], [min(series.paid, series.total) for series in settled], most
    )
