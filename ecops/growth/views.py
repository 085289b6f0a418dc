"""Tables behind the pictures: when is sold, how does this compare with a year ago, which days make up a figure?"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.messages import Named
from ecops.metrics.analysis import read_scope
from ecops.metrics.daily import HISTORY_DAYS, MEASURES, SOURCES, Data, once, opened
from ecops.metrics.panel import aliases_of, days_of
from ecops.metrics.registry import metric
from ecops.metrics.rows import Rows, half_years, join_rows, make_rows
from ecops.periods import ONE_DAY, Compare, Period

if TYPE_CHECKING:
    import pandas as pd

YEAR = dt.timedelta(days=364)
"""52 weeks, so that a weekday stands against the same weekday."""


def hours(data: Any, period: Period) -> pd.DataFrame:
    """Sales by weekday and hour of payment: `weekday` (1 is Monday), `hour` (0 to 23), `gross_sales`, `orders`.

    Every weekday and hour is there, with 0 where nothing was sold.
    """
    import pandas as pd

    ready, half_year = opened(data), half_years([period])
    halves = [once(ready, ("hours", half), functools.partial(_hours, ready, half)) for half in half_year]
    rows = join_rows([half.within([period]) for half in halves])
    timed = np.isfinite(rows.measures["hour"])
    # The first of all days was a Monday.
    cell = ((rows.days - 1) % 7 * 24)[timed] + rows.measures["hour"][timed].astype(np.int64)
    sales, orders = (np.bincount(cell, rows.measures[name][timed], 7 * 24) for name in ("gross_sales", "orders"))
    weekday, hour = np.divmod(np.arange(7 * 24), 24)
    columns = {"weekday": weekday + 1, "hour": hour, "gross_sales": sales, "orders": orders.astype(np.int64)}
    return pd.DataFrame(columns)


def _hours(data: Data, half: Period) -> Rows:
    from ecops.engine import load_sql

    answer = data.query(load_sql("ecops.growth.queries", "hours"), {"start": half.start, "end": half.end})
    return make_rows(answer, {}, ("hour", "gross_sales", "orders"))


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
    # What GMV stands on is always read; of the rest only what the metric is made of.
    stand_ins = {aliases_of("traffic").get(name, name) for name in entry.measures}
    stand_ins |= {aliases_of("orders").get(name, name) for name in entry.measures}
    asked = ["sales", "traffic", *(name for name in SOURCES if stand_ins & set(MEASURES[name]))]
    asked += ["ads"] if stand_ins & set(MEASURES["margin"]) else []
    scope = read_scope(data, span, "last_year", only=asked)
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


_LOUD = frozenset({"promotion", "holiday"})
"""Kinds of events that move the whole shop."""


def events(data: Any, period: Period, platforms: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the calendar's events that touch a period, promotions and holidays first, then by their first day.

    Args:
        data: as for `ecops.growth.kpis`, but all of it: most events name no platform, shop or channel.
        period: the days looked at.
        platforms: leave out what touches other platforms only; all when empty.
    """
    from ecops.engine import load_sql

    ready = opened(data)
    if not ready.has("calendar"):
        return ()
    rows = ready.query(
        load_sql("ecops.growth.queries", "events"), {"start": period.start, "end": period.end}
    ).to_pylist()
    seen = [row for row in rows if not platforms or row["platform"] in {"", *platforms}]
    return tuple(
        dict.fromkeys(
            Named(row["name"], row["name_en"]) for row in sorted(seen, key=lambda row: row["kind"] not in _LOUD)
        )
    )


def compared_days(
    data: Any, period: Period, compare: Compare, key: str, segment: tuple[tuple[str, str], ...] = ()
) -> pd.DataFrame:
    """The days behind a figure and its comparison, of the whole scope or of one segment.

    Args:
        data: as for `ecops.growth.kpis`.
        period: the days asked for.
        compare: what they are compared with.
        key: metric.
        segment: (dimension, value) pairs, the whole scope when empty.

    Returns:
        One row a compared day: `date`, `value`, `total` and `base` (the quotient's numerator and denominator; equal to
        `value` and 1 for sums), then `before_date`, `before_value`, `before_total`, `before_base`. Sums of `value`, or
        of `total` over those of `base`, are the figures that `kpis` compares; people who come on several days count on
        each of them. Empty when the metric is not known there.

    Raises:
        SpecError: no such metric.
    """
    import pandas as pd

    entry = metric(key)
    whole = read_scope(data, period, compare)
    part = read_scope(whole.data, period, whole.compare, [name for name, _ in segment]) if segment else whole
    panel = part.panel
    places = np.flatnonzero(
        [all(row[name] == value for name, value in segment) for row in panel.segments.to_dict("records")]
    )
    parts = panel.parts(entry, aliases_of(whole.basis))
    columns: dict[str, Any] = {}
    if parts is not None and len(places):
        totals, bases = (table[places[0]] for table in parts)
        for mark, days in (("", whole.coverage.period_days), ("before_", whole.coverage.compare_days)):
            at = panel.positions(days)
            with np.errstate(invalid="ignore", divide="ignore"):
                value = totals[at] / bases[at] if entry.denominator else totals[at]
            base = bases[at] if entry.denominator else np.ones(len(at))
            columns |= {
                f"{mark}date": list(days),
                f"{mark}value": value,
                f"{mark}total": totals[at],
                f"{mark}base": base,
            }
    return pd.DataFrame(columns)
