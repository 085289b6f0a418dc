"""How many parcels a day must courier and warehouse be able to take in the weeks ahead?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from ecops.inventory.demand.panel import Floats, Panel
from ecops.inventory.forecasting.levels import weekday_index
from ecops.periods import ONE_DAY

_PAST = 56
_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Capacity:
    """The busiest day ahead.

    Attributes:
        day: which.
        expected: parcels on it.
        upper: parcels that it stays below with 95 %: the expectation times that quantile of how far days of the last
            eight weeks lay over theirs.
        usual: parcels a day of the last four weeks.
    """

    day: dt.date
    expected: float
    upper: float
    usual: float


def capacity(data: Panel, mean: Floats, level: Floats, units_per_order: float) -> Capacity | None:
    """The busiest day of a forecast in parcels.

    Args:
        data: the panel.
        mean: units expected a day, shape (n, days), from the day after `data.until`.
        level: usual units a day as known on every morning, shape (n, days of the panel + 1).
        units_per_order: units that leave in one parcel.

    Returns:
        None with under eight weeks of history or without sales in them.
    """
    if data.days < _PAST + 1 or not units_per_order > 0:
        return None
    place = np.arange(data.days - _PAST, data.days)
    weekday = (data.weekday + place) % 7
    expected = (level[:, place] * weekday_index(data)[:, weekday]).sum(axis=0)
    actual = data.units[:, place].sum(axis=0)
    if not (expected > 0).all() or not actual.any():
        return None
    over = max(float(np.quantile(actual / expected, _SHARE)), 1.0)
    total = mean.sum(axis=0) / units_per_order
    busiest = int(np.argmax(total))
    usual = float(actual[-28:].mean() / units_per_order)
    day = data.until + (busiest + 1) * ONE_DAY
    return Capacity(day, float(total[busiest]), float(total[busiest]) * over, usual)
