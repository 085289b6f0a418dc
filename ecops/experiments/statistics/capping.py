"""One order of a wholesaler, or one typing error, must not decide an experiment.

The cap is set on users who bought, is the same in every arm, and is always one of the observed values: interpolating
between a typing error of 2.46e14 and the next value would still let the error through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ecops.experiments.statistics.samples import Array

ENOUGH_PAYERS = 1000
FEWEST_PAYERS = 10
"""With fewer paying users nothing is capped; the verdict is "too early" anyway."""

TOP_SHARE, SMALL_SHARE = 0.001, 0.01

TAIL = 50
"""Values at each end that are always kept one by one."""

WHALE = 0.05
"""Share of all money from one user above which a warning is given."""

TYPO = 1000.0
"""Times the median payer above which a value is called a probable typing error."""


@dataclass(frozen=True, slots=True)
class Cap:
    """Limits put on each user's value, the same in every arm.

    Attributes:
        low, high: the limits, in the column's unit; -inf and inf where there is none.
        capped: number of users whose value was changed.
        payers: users with a value other than 0.
        largest: the largest value, before capping.
        largest_share: its share of the total of all positive values; NaN without any.
        typo: whether the largest value is more than 1,000 times the median payer's.
    """

    low: float
    high: float
    capped: int
    payers: int
    largest: float
    largest_share: float
    typo: bool

    @property
    def suspicious(self) -> bool:
        """Whether one user weighs so much that the manager should look at the row."""
        return self.typo or self.largest_share > WHALE


def capped_count(payers: int) -> int:
    """How many users lie above the cap: one in a thousand payers, for small samples one in a hundred, at least one.

    >>> capped_count(57), capped_count(5_000), capped_count(9)
    (1, 5, 0)
    """
    if payers < FEWEST_PAYERS:
        return 0
    if payers >= ENOUGH_PAYERS:
        return math.floor(TOP_SHARE * payers)
    return max(1, math.floor(SMALL_SHARE * payers))


def tail_size(payers: int) -> int:
    """How many of the largest values must be at hand, so that the cap may later be moved down to the top per cent."""
    return max(TAIL, math.ceil(SMALL_SHARE * min(payers, 2_000_000)), capped_count(payers) + 1)


def high_limit(largest: Array, payers: int) -> float:
    """The cap: the (k + 1)-th largest value, k = `capped_count`.

    Args:
        largest: the largest positive values, in any order, at least k + 1 of them.
        payers: users with a positive value.

    >>> high_limit(np.array([2.46e14, 310.0, 268.0]), 57)
    310.0
    """
    k = capped_count(payers)
    if k == 0 or len(largest) <= k:
        return math.inf
    return float(np.sort(largest)[-1 - k])
