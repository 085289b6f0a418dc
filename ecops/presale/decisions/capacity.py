"""Which capacity of warehouse and courier has to be locked for the busiest day?

The need comes from the upper bound, not from the mean: a parcel too many waits for days, and a capacity that was not
locked in time is gone when everybody wants it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecops.presale.campaigns.series import Series
from ecops.presale.futures.predict import Prediction

GUESS = 0.4
"""Share of the covered days' units on the busiest day where no past campaign tells it."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Units to pick, pack and hand over.

    Attributes:
        total: units of all products of the campaign on the covered days that suffice in `sure` of the futures.
        peak: of them, units on the busiest day.
        usual: units that the whole shop ships on a usual day; NaN when unknown.
        times: (peak + usual) / usual: how many usual days the busiest day is; NaN when unknown.
        share: the busiest day's share of the units.
        guessed: whether `share` is a guess, since no past campaign tells it.
        sure: share of the futures covered.
        day: first day on which balances may be paid.
    """

    total: float
    peak: float
    usual: float
    times: float
    share: float
    guessed: bool
    sure: float
    day: dt.date


def capacity(
    predictions: Sequence[Prediction],
    past: Sequence[Series],
    day: dt.date,
    usual: float = math.nan,
    sure: float = 0.95,
) -> Capacity:
    """The capacity that a campaign needs.

    Args:
        predictions: of all products of the campaign, with equally many draws.
        past: campaigns that are over; their busiest days tell the share.
        day: first day on which balances may be paid.
        usual: units that the whole shop ships on a usual day.
        sure: share of the futures to be covered.
    """
    units = np.sum([found.paid + found.spot for found in predictions], axis=0)
    total = float(np.quantile(units, sure, method="inverted_cdf"))
    told = [series.peak_share for series in past if math.isfinite(series.peak_share)]
    share = max(told) if told else GUESS
    peak = math.ceil(total * share)
    times = (peak + usual) / usual if usual > 0 else math.nan
    return Capacity(total, float(peak), usual, times, share, not told, sure, day)
