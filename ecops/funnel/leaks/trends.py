"""How did the rate of each step move from week to week, and what became of the people who began in each week?"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.funnel.causes.diagnosis import usual_dispersion
from ecops.funnel.reading.logs import shop_log
from ecops.funnel.reading.own import ALL_STEPS
from ecops.funnel.spec import FunnelSpec
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Period
from ecops.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd

WEEKS = 13
WHOLE = ""
"""Stands for the whole way in a column of steps."""


def step_trend(data: Any, period: Period, steps: str = ALL_STEPS, weeks: int = WEEKS) -> pd.DataFrame:
    """The rate of every step by week from daily counts, over the shops and the steps that the funnel page takes.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: its last day ends the last week; weeks are spans of seven days counted back from it.
        steps: a preset, or `ALL_STEPS`.
        weeks: how many.

    Returns:
        `week` (its first day), `step` (`WHOLE` for the way from the first step to the last), `n` (at the step before),
        `rate`, `low`, `high` (Wilson's with the usual swing of days), in the order of the weeks; weeks in which nobody
        entered are left out. Empty without traffic.
    """
    import pandas as pd

    from ecops.funnel.workspace import chosen_steps, daily_rows

    ready = opened(data)
    last = Period(period.end - 6 * ONE_DAY, period.end)
    if not ready.has("traffic_daily"):
        return pd.DataFrame()
    rows = daily_rows(ready, last, Period(period.end - (7 * weeks - 1) * ONE_DAY, last.start - ONE_DAY))
    chosen, shops, _ = chosen_steps(rows, steps)
    rows = rows[[shop in shops for shop in zip(rows["platform"], rows["shop"], strict=True)]]
    back = np.array([(period.end - day).days // 7 for day in rows["date"]])
    columns = [step.columns[0] for step in chosen]
    sums = rows[columns].fillna(0.0).groupby(back).sum().sort_index(ascending=False)
    found = []
    for ago, counts in sums.iterrows():
        week = period.end - (7 * int(str(ago)) + 6) * ONE_DAY
        ways = [(before, step, step.name) for before, step in itertools.pairwise(chosen)]
        for before, step, name in ((chosen[0], chosen[-1], WHOLE), *ways):
            entered, went = float(counts[before.columns[0]]), float(counts[step.columns[0]])
            if entered > 0 and went <= entered:
                low, high = wilson(went, entered, dispersion=usual_dispersion())
                found.append((week, name, entered, went / entered, float(low), float(high)))
    return pd.DataFrame(found, columns=["week", "step", "n", "rate", "low", "high"])


def weekly_people(data: Any, spec: FunnelSpec, period: Period, weeks: int = WEEKS) -> pd.DataFrame:
    """People by the week in which they took the first step, and how many of them got to the last one in time.

    Args:
        data: a workspace with a log of events.
        spec: the funnel; only people who have had its whole window are counted, so that late weeks are no worse.
        period: its last day ends the last week.
        weeks: how many.

    Returns:
        `week` (its first day), `people`, `arrived`, `rate`, `low`, `high` (Wilson's; people are single draws), one row
        a week with people, the oldest first.
    """
    import pandas as pd

    from ecops.funnel.reading.events import from_events

    log = shop_log(data)
    asked = replace(spec, matured_only=spec.window is not None)
    found = []
    for ago in range(weeks - 1, -1, -1):
        end = period.end - 7 * ago * ONE_DAY
        table = from_events(log, asked, period=Period(end - 6 * ONE_DAY, end), check=False)
        people, arrived = (float(table.distinct[place]) for place in (table.required[0], table.required[-1]))
        if people > 0:
            low, high = wilson(arrived, people)
            found.append((end - 6 * ONE_DAY, people, arrived, arrived / people, float(low), float(high)))
    return pd.DataFrame(found, columns=["week", "people", "arrived", "rate", "low", "high"])
