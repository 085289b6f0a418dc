"""Since when a rate is what it is: the day inside a period on which it left its old level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

Floats = NDArray[np.float64]

_PRICE = 6.0
"""What a day inside the period must explain better than the first day, beside 2 ln(days) for having been chosen."""


@dataclass(frozen=True, slots=True)
class Onset:
    """Where a change began.

    Attributes:
        day: position of the first day of the new rate.
        until, since: the rate on the days before it and from it on.
        entered: units that entered from it on.
    """

    day: int
    until: float
    since: float
    entered: float


def onset(on: Floats, entered: Floats, usual: float, dispersion: float = 1.0) -> Onset | None:
    """The day inside a period on which a rate left its usual level.

    Compares the likelihood of a change at each day (usual rate before it, one new rate from it on) with that of a
    change before the first day: a single change point of a binomial rate (Hinkley and Hinkley 1970), one rate known.

    Args:
        on: who went on, by day, shape (days,).
        entered: who entered, by day, shape (days,).
        usual: the rate before the period.
        dispersion: variance inflation of daily counts, at least 1.

    Returns:
        None when the rate changed before the period, or when the days do not tell.
    """
    if len(on) < 2 or not 0 < usual < 1:
        return None
    later_on, later = (np.cumsum(part[::-1])[::-1] for part in (on, entered))
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(later, later_on / later, usual)
    gained = xlogy(later_on, rate / usual) + xlogy(later - later_on, (1 - rate) / (1 - usual))
    day = int(np.argmax(gained))
    better = 2 * float(gained[day] - gained[0]) / dispersion
    if better < _PRICE + 2 * np.log(len(on)):
        return None
    return Onset(day, float(on[:day].sum() / entered[:day].sum()), float(rate[day]), float(later[day]))
