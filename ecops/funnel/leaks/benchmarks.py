"""What do others reach? Reference values that were brought in, with their source; else those of the handbooks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from ecops.funnel.leaks.figures import asked
from ecops.handbook import parameter, parameters
from ecops.messages import Message, Value
from ecops.metrics.daily import opened
from ecops.metrics.registry import metric
from ecops.periods import Period
from ecops.words import written

HANDBOOK = {
    "pay_conversion": "funnel.cvr_industry",
    "bounce_rate": "funnel.bounce_industry",
    "video_completion": "funnel.video_completion",
    "content_interaction": "funnel.content_interaction",
    "live_dwell": "funnel.live_dwell_minutes",
}
"""Metric -> parameter that stands in where no benchmark is loaded."""

GOAL = {"pay_conversion": "funnel.cvr_goal_6m"}
"""Metric -> parameter with a goal."""

STATISTICS: dict[str, Message] = {
    "average": Message("average"), "median": Message("median"), "top": Message("top"), "": Message("reference"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One reference value.

    Attributes:
        metric: key of the metric.
        value: in the unit of the metric; a rate as a share.
        population: whose value it is, such as an industry or a tier; "" when not said.
        statistic: average, median, top, or "".
        date: day it is of; None when not said.
        source: where it comes from; "" when not said.
    """

    metric: str
    value: float
    population: str
    statistic: str
    date: dt.date | None
    source: str

    @property
    def told(self) -> Message:
        """The value with whose it is, of which day and from where."""
        parts: list[Value] = [part for part in (self.population, self.date, self.source) if part]
        said: Value = Message("not said whose")
        for place, part in enumerate(parts):
            said = Message("{first} · {second}", first=said, second=part) if place else part
        statistic = STATISTICS.get(self.statistic, STATISTICS[""])
        return Message(
            "{statistic} {value} ({whose})", statistic=statistic, value=written(self.metric, self.value, ""), whose=said
        )


def benchmarks(data: Any, key: str, period: Period) -> tuple[Benchmark, ...]:
    """Reference values of a metric that were brought in and are not of later days; the handbooks' when there are none.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        key: of the metric; a benchmark is found by its key or by its name in Chinese or English.
        period: the days looked at.
    """
    ready, entry = opened(data), metric(key)
    names = {_letters(name) for name in (key, entry.label.zh, entry.label.en)}
    found: list[Benchmark] = []
    if ready.has("benchmarks"):
        rows = asked(ready, "benchmarks", period.start, period.end).to_dict("records")
        found = [_benchmark(key, row) for row in rows if _letters(str(row["metric"])) in names]
    if found or key not in HANDBOOK:
        return tuple(found)
    handbook = parameters()[HANDBOOK[key]]
    as_of = dt.date.fromisoformat(handbook.as_of)
    return (Benchmark(key, parameter(HANDBOOK[key]), "", "average", as_of, handbook.source),)


def goal(key: str) -> float | None:
    """The handbooks' goal of a metric; None where they name none."""
    return parameter(GOAL[key]) if key in GOAL else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _benchmark(key: str, row: dict[Any, Any]) -> Benchmark:
    import pandas as pd

    date = None if pd.isna(row["date"]) else pd.Timestamp(row["date"]).date()
    return Benchmark(key, float(row["value"]), row["population"], row["statistic"], date, row["source"])
