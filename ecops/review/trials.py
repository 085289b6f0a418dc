"""The verdict of every experiment that was measured lately, as findings."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecops import experiments
from ecops.errors import EcopsError
from ecops.finding import Finding
from ecops.growth.daily import Data
from ecops.handbook import advice
from ecops.messages import Message
from ecops.periods import ONE_DAY, Period
from ecops.store.engine import load_sql

LOOK_BACK = 91
"""An experiment is told for a quarter after its last day."""

RUNNING = 7
"""Days without a new person after which a test is over."""

_CONTROL = frozenset(
    {"control", "a", "base", "baseline", "old", "original", "off", "0", "对照", "对照组", "原版", "旧版"}
)
_SOURCES = (("experiment_units", "arms"), ("experiment_totals", "total_arms"))


def trial_findings(data: Data, period: Period) -> tuple[Finding, ...]:
    """One finding an experiment whose people came in the quarter up to the end of `period`."""
    found: list[Finding] = []
    told: set[str] = set()
    for table, query in _SOURCES:
        if not data.has(table):
            continue
        rows = data.query(load_sql("ecops.review.queries", query)).to_pylist()
        for name in sorted({str(row["experiment"]) for row in rows} - told):
            mine = [row for row in rows if row["experiment"] == name]
            last = max((row["last_day"] for row in mine if row["last_day"] is not None), default=None)
            if last is None or not period.end - LOOK_BACK * ONE_DAY < last <= period.end:
                continue
            told.add(name)
            found += _verdict(data, name, mine, Period(last, last), period.end)
    return tuple(found)


def _verdict(data: Data, name: str, rows: Sequence[Mapping[str, Any]], day: Period, end: dt.date) -> list[Finding]:
    arms = sorted(str(row["variant"]) for row in rows)
    control = next((arm for arm in arms if arm.casefold() in _CONTROL), arms[0])
    goal = "conversion" if any(row["has_conversion"] for row in rows) else "uv_value"
    # Nobody is added any more: what came is the whole sample, and the test has to be decided with it.
    over = (end - day.end).days > RUNNING
    planned = float(sum(row["people"] or 0 for row in rows)) if over else None
    try:
        spec = experiments.Experiment(name, dict.fromkeys(arms, 1.0), control, goal, planned_sample=planned)
        readout = experiments.analyse(data, spec)
    except EcopsError as error:
        return [_unreadable(name, error, day)]
    return [
        replace(finding, headline=Message("{name}: {what}", name=name, what=finding.headline), notes=finding.notes[:1])
        for finding in experiments.findings(readout)
    ]


def _unreadable(name: str, error: EcopsError, day: Period) -> Finding:
    return Finding(
        area="experiments",
        kind="data",
        subject={"experiment": name},
        metric="data_completeness",
        period=day,
        compare=None,
        before=math.nan,
        after=math.nan,
        ci=(math.nan, math.nan),
        q_value=math.nan,
        n=0,
        confidence="insufficient",
        money=None,
        headline=Message("The experiment {name} cannot be read: {why}", name=name, why=error.what),
        evidence=error.hint or error.what,
        action=advice("data_quality"),
    )


def verdict_of(data: Data, name: str, end: dt.date) -> Finding | None:
    """The finding about one experiment; None when there is none up to `end`."""
    return next(
        (finding for finding in trial_findings(data, Period(end, end)) if finding.subject.get("experiment") == name),
        None,
    )
