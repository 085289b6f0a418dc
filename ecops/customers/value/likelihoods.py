"""Log-likelihoods of the buying models with their gradients, on unique histories with weights.

All take positive parameters and times in any one unit. The purchase process is a Poisson process with a gamma rate
(r, alpha); the models differ in when a customer may leave for good:

BG/NBD: after each repeat purchase, with a beta(a, b) probability (Fader, Hardie and Lee 2005, eq. 6).
MBG/NBD: after every purchase, the first included (Batislam, Denizel and Filiztekin 2007).
NBD: never (Ehrenberg 1959).
Gamma-gamma: what a repeat day is worth (Fader and Hardie 2013, eq. 1a).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ecops.customers.orders.book import Floats, sums
from ecops.customers.value.history import Counts

Gradient = NDArray[np.float64]

_ROWS = 8192
"""Rows worked out at a time. What is in between stays in the cache, and products of no more than 10,000 rows are not
spread over threads that cost more than they give: a million customers fit in a fifth of the time."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Unique histories.

    Attributes:
        x: (n,) repeats. last, age: (n,) times, in the unit of alpha. weight: (n,) customers.
        levels: the different values of x, rising. level: (n,) index of each row's x in `levels`.
    """

    x: Floats
    last: Floats
    age: Floats
    weight: Floats
    levels: Floats
    level: Counts

    @classmethod
    def of(cls, x: Counts, last: Floats, age: Floats, weight: Counts) -> Sample:
        """The sample with its levels of x worked out: gamma functions depend on x alone."""
        levels, level = np.unique(x, return_inverse=True)
        return cls(x.astype(np.float64), last, age, weight.astype(np.float64), levels.astype(np.float64), level)

    @property
    def people(self) -> Floats:
        """(levels,) customers with each number of repeats."""
        return sums(self.level, self.weight, len(self.levels))

    def parts(self) -> Iterator[Sample]:
        """The sample, a few rows at a time."""
        for start in range(0, len(self.x), _ROWS):
            rows = slice(start, start + _ROWS)
            yield Sample(
                self.x[rows], self.last[rows], self.age[rows], self.weight[rows], self.levels, self.level[rows]
            )


LogLikelihood = Callable[[Floats, Sample], tuple[float, Gradient]]


def nbd(parameters: Floats, sample: Sample) -> tuple[float, Gradient]:
    """(log-likelihood, gradient by r and alpha)."""
    r, alpha = parameters
    people = sample.people
    by_level = special.gammaln(r + sample.levels) - special.gammaln(r)
    total = people.sum()
    value = people @ by_level + total * r * np.log(alpha)
    by_r = people @ (special.psi(r + sample.levels) - special.psi(r)) + total * np.log(alpha)
    by_alpha = total * r / alpha
    for part in sample.parts():
        known = alpha + part.age
        log_age, power = np.log(known), r + part.x
        value -= part.weight @ (power * log_age)
        by_r -= part.weight @ log_age
        by_alpha -= part.weight @ (power / known)
    return float(value), np.array([by_r, by_alpha])


def bg_nbd(parameters: Floats, sample: Sample) -> tuple[float, Gradient]:
    """(log-likelihood, gradient by r, alpha, a and b)."""
    a, b = parameters[2:]
    levels = sample.levels
    with np.errstate(divide="ignore"):
        # Nobody leaves before a repeat: the second way to see this history does not exist for x = 0.
        left = np.where(levels > 0, np.log(a) - np.log(np.maximum(b + levels - 1, 1e-300)), -np.inf)
    both = special.gammaln(a + b) - special.gammaln(a + b + levels)
    gone = both + special.gammaln(b + levels) - special.gammaln(b)
    by_a = special.psi(a + b) - special.psi(a + b + levels)
    by_b = by_a + special.psi(b + levels) - special.psi(b)
    inverse = np.where(levels > 0, 1 / np.maximum(b + levels - 1, 1e-300), 0.0)
    return _mixture(parameters[:2], sample, np.zeros_like(levels), left, gone, (by_a, by_b), (1 / a, -inverse, None))


def mbg_nbd(parameters: Floats, sample: Sample) -> tuple[float, Gradient]:
    """(log-likelihood, gradient by r, alpha, a and b)."""
    a, b = parameters[2:]
    levels = sample.levels
    stay = np.log(b + levels)
    left = np.full(len(levels), np.log(a))
    both = special.gammaln(a + b) - special.gammaln(a + b + levels + 1)
    gone = both + special.gammaln(b + levels) - special.gammaln(b)
    by_a = special.psi(a + b) - special.psi(a + b + levels + 1)
    by_b = by_a + special.psi(b + levels) - special.psi(b)
    return _mixture(
        parameters[:2], sample, stay, left, gone, (by_a, by_b), (1 / a, np.zeros_like(levels), 1 / (b + levels))
    )


def _mixture(
    rate: Floats,
    sample: Sample,
    stay: Floats,
    left: Floats,
    gone: Floats,
    slopes: tuple[Floats, Floats],
    inside: tuple[float, Floats, Floats | None],
) -> tuple[float, Gradient]:
    """Still there (factor exp(stay), time to the age) or gone since the last purchase (exp(left), time to it).

    Args:
        rate: r and alpha.
        sample: histories.
        stay: log of the factor of still being there, by level of x.
        left: log of the factor of having gone.
        gone: log of what both share.
        slopes: derivatives of `gone` by a and b.
        inside: derivatives of `left` by a and by b (by level), and of `stay` by b.
    """
    r, alpha = rate
    people, gone_people = sample.people, np.zeros(len(sample.levels))
    total = people.sum()
    value = people @ (special.gammaln(r + sample.levels) - special.gammaln(r) + gone) + total * r * np.log(alpha)
    by_r = people @ (special.psi(r + sample.levels) - special.psi(r)) + total * np.log(alpha)
    by_alpha = total * r / alpha
    for part in sample.parts():
        level, weight, power = part.level, part.weight, r + part.x
        age, last = alpha + part.age, alpha + part.last
        until, since = np.log(age), np.log(last)
        there = stay[level] - power * until
        away = left[level] - power * since
        # The share of having stayed, and log(exp(there) + exp(away)), of which the greater one is taken out.
        rest = np.exp(-np.abs(there - away))
        here = np.where(there > away, 1.0, rest) / (1 + rest)
        away_share = 1 - here
        gone_people += sums(level, weight * away_share, len(gone_people))
        value += weight @ (np.maximum(there, away) + np.log1p(rest))
        by_r -= weight @ (here * until + away_share * since)
        by_alpha -= weight @ (power * (here / age + away_share / last))
    left_a, left_b, stay_b = inside
    by_a = people @ slopes[0] + left_a * gone_people.sum()
    by_b = people @ slopes[1] + gone_people @ left_b
    if stay_b is not None:
        by_b += (people - gone_people) @ stay_b
    return float(value), np.array([by_r, by_alpha, by_a, by_b])


def gamma_gamma(parameters: Floats, x: Floats, spend: Floats, weight: Floats) -> tuple[float, Gradient]:
    """(log-likelihood, gradient by p, q and v) of mean spends over `x` repeat days."""
    p, q, v = parameters
    shape = p * x
    scale = np.log(v + x * spend)
    total = weight.sum()
    value = weight @ (
        special.gammaln(shape + q)
        - special.gammaln(shape)
        + (shape - 1) * np.log(spend)
        + shape * np.log(x)
        - (shape + q) * scale
    ) + total * (q * np.log(v) - special.gammaln(q))
    both = special.psi(shape + q)
    by_p = weight @ (x * (both - special.psi(shape) + np.log(spend) + np.log(x) - scale))
    by_q = weight @ (both - scale) + total * (np.log(v) - special.psi(q))
    by_v = total * q / v - weight @ ((shape + q) / (v + x * spend))
    return float(value), np.array([by_p, by_q, by_v])


MODELS: Mapping[str, tuple[LogLikelihood, tuple[str, ...]]] = {
    "bg_nbd": (bg_nbd, ("r", "alpha", "a", "b")),
    "mbg_nbd": (mbg_nbd, ("r", "alpha", "a", "b")),
    "nbd": (nbd, ("r", "alpha")),
}
"""Model -> its log-likelihood and the names of its parameters."""
