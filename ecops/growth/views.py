"""Tables behind the pictures: when is sold, and how does this compare with a year ago?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.growth.analysis import read_scope
from ecops.growth.daily import HISTORY_DAYS, QUERIES, opened
from ecops.growth.panel import aliases_of, days_of
from ecops.growth.registry import metric
from ecops.periods import ONE_DAY, Period

if TYPE_CHECKING:
    import pandas as pd

YEAR = dt.timedelta(days=364)
"""52 weeks, so that a weekday stands against the same weekday."""


def hours(data: Any, period: Period) -> pd.DataFrame:
    """Sales by weekday and hour of payment: `weekday` (1 is Monday), `hour` (0 to 23), `gross_sales`, `orders`.

    Every weekday and hour is there, with 0 where nothing was sold.
    """
    import pandas as pd

    from ecops.store.engine import load_sql

    rows = opened(data).query(load_sql(QUERIES, "hours"), {"start": period.start, "end": period.end}).to_pandas()
    grid = pd.MultiIndex.from_product([range(1, 8), range(24)], names=["weekday", "hour"])
    return rows.set_index(["weekday", "hour"]).reindex(grid, fill_value=0.0).reset_index()


def trend(data: Any, period: Period, key: str = "gmv") -> pd.DataFrame:
    """A metric by day for six weeks before and in the period, with the same weekday a year before.

    Returns:
        `date`, `value`, `year_before` (NaN where there are no figures), in the metric's unit. Metrics of different
        people (`buyers`) count each day's people.

    Raises:
        SpecError: no such metric.
    """
    import pandas as pd

    entry = metric(key)
    span = Period(period.start - HISTORY_DAYS * ONE_DAY, period.end)
    scope = read_scope(data, span, "last_year")
    parts = scope.panel.parts(entry, aliases_of(scope.basis))
    values = np.full(len(scope.panel.days), np.nan)
    if parts is not None:
        numerator, denominator = parts
        known = np.zeros(len(values), dtype=bool)
        for name in entry.measures:
            found = scope.panel.measures[aliases_of(scope.basis).get(name, name)]
            known |= (np.nan_to_num(found) != 0).any(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            daily = numerator[0] / denominator[0] if entry.denominator else numerator[0]
        values = np.where(known, daily, np.nan)
    by_day = dict(zip(scope.panel.days, values, strict=True))
    days = days_of(span)
    return pd.DataFrame(
        {
            "date": days,
            "value": [by_day.get(day, np.nan) for day in days],
            "year_before": [by_day.get(day - YEAR, np.nan) for day in days],
        }
    )
