"""What a few past campaigns tell about the next one, with the doubt that so few of them leave.

The predictive distribution of a normal quantity of which mean and variance are both learned (normal and inverse gamma,
conjugate; Gelman et al., Bayesian Data Analysis, section 3.3): a Student t that is wide with three campaigns and
narrows with every further one. Deviations estimated from three campaigns and used as if known cover too little.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecops.presale.campaigns.series import Floats

_PRIOR_DEGREES = 1.0
"""What is assumed about a spread counts as much as one degree of freedom."""

_LEAST_DEGREES = 4.0
"""Tails are never heavier than these: of nothing at all, nobody expects everything."""

_FARTHEST = 4.0
"""No draw lies farther out, in scales: on the scale of units such tails would have no mean."""


@dataclass(frozen=True, slots=True)
class Belief:
    """A Student t for the next value.

    Attributes:
        location, scale, degrees: of it; on the scale of the values.
        n: on how many past values it rests.
    """

    location: float
    scale: float
    degrees: float
    n: int

    def draws(self, count: int) -> Floats:
        """`count` equally likely values, rising."""
        return self.location + self.scale * grid(count, round(self.degrees, 3))


@functools.lru_cache(maxsize=64)
def grid(count: int, degrees: float) -> Floats:
    """The middles of `count` equally likely slices of a Student t, rising, none beyond four; for reading only."""
    from scipy import special

    whole = special.stdtrit(degrees, (np.arange(count) + 0.5) / count)
    found = np.asarray(np.clip(whole, -_FARTHEST, _FARTHEST), dtype=np.float64)
    found.setflags(write=False)
    return found


def believed(
    values: Sequence[float], within: Sequence[float] | float = 0.0, *, mean: float = 0.0, sd: float, weight: float = 0.5
) -> Belief:
    """The belief about the next value after some values.

    Args:
        values: of past campaigns, shape (n,); may be empty.
        within: variance that each value has from its own small counts, shape (n,): no difference between campaigns.
        mean: expected when nothing is known; counts as `weight` campaigns.
        sd: spread between campaigns expected when nothing is known.
        weight: 0 when there is no expectation; then at least one value is needed.
    """
    # A handful of numbers: plain ones are ten times as fast as arrays.
    known = [float(value) for value in values]
    n = len(known)
    noise = (float(within) if isinstance(within, int | float) else math.fsum(within) / n) if n else 0.0
    centre = math.fsum(known) / n if n else mean
    squares = max(math.fsum((value - centre) ** 2 for value in known) - max(n - 1, 0) * noise, 0.0)
    degrees = _PRIOR_DEGREES + max(n - 1, 0)
    variance = (_PRIOR_DEGREES * sd**2 + squares) / degrees
    # Values blurred by their own small counts tell less about the mean than their number says.
    worth = n * variance / (variance + noise)
    location = (weight * mean + worth * centre) / (weight + worth)
    spread = variance * (1 + 1 / (weight + worth))
    return Belief(location, math.sqrt(spread), max(degrees, _LEAST_DEGREES), n)
