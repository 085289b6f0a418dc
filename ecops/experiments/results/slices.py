"""The goal cut by segment and by day: where and when, and whether that is more than chance."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ecops.errors import EcopsError
from ecops.experiments.design.spec import Experiment
from ecops.experiments.looks.monitoring import bounds
from ecops.experiments.reading.tally import Tally, Totals, cap_key
from ecops.experiments.results.comparisons import common_days, compare_days, compare_moments, covariates
from ecops.experiments.results.readout import PathPoint, SegmentEffect, SegmentTest
from ecops.experiments.results.segments import Heterogeneity, Trend, heterogeneity, trend
from ecops.experiments.statistics.capping import Cap
from ecops.experiments.statistics.days import FEWEST_DAYS, day_effects
from ecops.experiments.statistics.effects import Effect
from ecops.experiments.statistics.samples import Moments, merge
from ecops.experiments.statistics.skewness import FEWEST_ACTIVE
from ecops.statistics import benjamini_hochberg

SHOWN = 20
LONGEST_PATH = 120


def _key(what: str, tally: Tally, spec: Experiment, caps: Mapping[str, Cap]) -> tuple[Any, ...]:
    """Everything that the goal's effects in slices of the data depend on; their intervals come later."""
    past = covariates(tally, spec, spec.goal_metric) if tally.totals is None else ()
    return what, spec.goal_metric, spec.control, spec.treatments, past, cap_key(caps)


def _attempt(spec: Experiment, arms: Mapping[str, Moments], arm: str, past: tuple[str, ...]) -> Effect | None:
    if spec.control not in arms or arm not in arms:
        return None
    try:
        return compare_moments(spec.goal_metric, arms[spec.control], arms[arm], past, spec.alpha)
    except EcopsError:
        return None


def segment_effects(
    tally: Tally, spec: Experiment, caps: Mapping[str, Cap]
) -> tuple[tuple[SegmentEffect, ...], tuple[SegmentTest, ...]]:
    """The goal in each segment, and whether the segments differ at all."""
    if tally.totals is not None:
        return (), ()
    key = (*_key("segments", tally, spec, caps), spec.segments, spec.alpha)
    return tally.once(key, lambda: _segment_effects(tally, spec, caps))


def _segment_effects(
    tally: Tally, spec: Experiment, caps: Mapping[str, Cap]
) -> tuple[tuple[SegmentEffect, ...], tuple[SegmentTest, ...]]:
    past = covariates(tally, spec, spec.goal_metric)
    effects, tests = [], []
    for column in spec.segments:
        cells = tally.moments(column, caps)
        sizes = {value: sum(arm.n for arm in arms.values()) for value, arms in cells.items()}
        largest = sorted(sizes, key=lambda value: (-sizes[value], str(value)))[:SHOWN]
        for arm in spec.treatments:
            found = {value: _attempt(spec, cells[value], arm, past) for value in largest}
            found = {value: None if one is not None and one.lacking > 1 else one for value, one in found.items()}
            effects += [SegmentEffect(column, str(value), arm, sizes[value], effect) for value, effect in found.items()]
            test = _differing(list(found.values()))
            tests.append(SegmentTest(column, arm, test, math.nan, differs=False))
    q_values = benjamini_hochberg([test.test.p_value for test in tests])
    corrected = tuple(
        SegmentTest(test.column, test.arm, test.test, float(q), differs=bool(q < spec.alpha))
        for test, q in zip(tests, q_values, strict=True)
    )
    return tuple(effects), corrected


def trends(tally: Tally, spec: Experiment, caps: Mapping[str, Cap]) -> dict[str, Trend]:
    """How the effect of each day's users (or of each day) changes with time."""
    return tally.once(_key("trends", tally, spec, caps), lambda: _trends(tally, spec, caps))


def _trends(tally: Tally, spec: Experiment, caps: Mapping[str, Cap]) -> dict[str, Trend]:
    if tally.totals is not None:
        found = {}
        for arm in spec.treatments:
            days = common_days(tally.totals, spec.goal_metric, (spec.control, arm))
            if len(days) >= FEWEST_DAYS:
                metric = spec.goal_metric
                column = metric.total or metric.column
                a, b = (
                    (tally.totals.values[(name, column)][days], tally.totals.values[(name, metric.total_below)][days])
                    for name in (spec.control, arm)
                )
                differences = day_effects(a, b)
                spread = float(differences.std(ddof=1))
                found[arm] = trend(list(differences), [spread] * len(days), list(days))
        return found
    if "day" not in tally.cells:
        return {}
    past = covariates(tally, spec, spec.goal_metric)
    cells = tally.moments("day", caps)
    days_seen = sorted(cells)
    found = {}
    for arm in spec.treatments:
        effects = [(day, _attempt(spec, cells[day], arm, past)) for day in days_seen]
        usable = [(day, effect) for day, effect in effects if effect is not None]
        found[arm] = trend(
            [effect.difference for _, effect in usable],
            [effect.error for _, effect in usable],
            [day.toordinal() for day, _ in usable],
        )
    return found


def weekdays(tally: Tally, spec: Experiment, caps: Mapping[str, Cap]) -> dict[str, Heterogeneity]:
    """Whether the effect differs between the days of the week, by each user's first day; empty for totals."""
    if "day" not in tally.cells:
        return {}
    return tally.once(_key("weekdays", tally, spec, caps), lambda: _weekdays(tally, spec, caps))


def _weekdays(tally: Tally, spec: Experiment, caps: Mapping[str, Cap]) -> dict[str, Heterogeneity]:
    past = covariates(tally, spec, spec.goal_metric)
    parts: dict[int, dict[str, Moments]] = {}
    for day, arms in tally.moments("day", caps).items():
        week = parts.setdefault(day.weekday(), {})
        for arm, cell in arms.items():
            week[arm] = merge([week[arm], cell]) if arm in week else cell
    found = {}
    for arm in spec.treatments:
        found[arm] = _differing([_attempt(spec, week, arm, past) for week in parts.values()])
    return found


def _differing(effects: Sequence[Effect | None]) -> Heterogeneity:
    """Whether effects differ, over those that rest on enough users to know their own error."""
    usable = [
        effect
        for effect in effects
        if effect is not None and effect.lacking <= 1 and not min(effect.active) < FEWEST_ACTIVE
    ]
    return heterogeneity(
        [effect.difference for effect in usable],
        [effect.error for effect in usable],
        [effect.df for effect in usable],
    )


def path(tally: Tally, spec: Experiment, caps: Mapping[str, Cap], upto: float) -> tuple[PathPoint, ...]:
    """The goal day by day with bounds that hold even if one looked every day; `upto` from `monitoring.horizon`."""
    key, totals = _key("path", tally, spec, caps), tally.totals
    if totals is not None:
        steps = tally.once(key, lambda: _path_of_days(totals, spec))
    elif "day" in tally.cells:
        steps = tally.once(key, lambda: _path(tally, spec, caps))
    else:
        return ()
    return _points(spec, upto, *steps)


_Steps = tuple[list[dt.date], list[float], list[dict[str, Effect | None]]]
"""Days, users so far, and the effect of each arm so far."""


def _path(tally: Tally, spec: Experiment, caps: Mapping[str, Cap]) -> _Steps:
    past = covariates(tally, spec, spec.goal_metric)
    cells = tally.moments("day", caps)
    days = sorted(cells)
    arms = (spec.control, *spec.treatments)
    so_far: dict[str, Moments] = {}
    users: list[float] = []
    effects: list[dict[str, Effect | None]] = []
    shown = days[-LONGEST_PATH:]
    for day in days:
        for arm in arms:
            if arm in cells[day]:
                so_far[arm] = merge([so_far[arm], cells[day][arm]]) if arm in so_far else cells[day][arm]
        if day >= shown[0]:
            users.append(sum(part.n for part in so_far.values()))
            effects.append({arm: _attempt(spec, so_far, arm, past) for arm in spec.treatments})
    return shown, users, effects


def _path_of_days(totals: Totals, spec: Experiment) -> _Steps:
    metric = spec.goal_metric
    arms = (spec.control, *spec.treatments)
    days = common_days(totals, metric, arms)
    first = max(FEWEST_DAYS, len(days) - LONGEST_PATH + 1)
    users: list[float] = []
    effects: list[dict[str, Effect | None]] = []
    for last in range(first, len(days) + 1):
        users.append(sum(float(totals.values[(arm, "users")][days[:last]].sum()) for arm in arms))
        found: dict[str, Effect | None] = {}
        for arm in spec.treatments:
            try:
                found[arm] = compare_days(totals, metric, spec.control, arm, spec.alpha, int(days[last - 1]))
            except EcopsError:
                found[arm] = None
        effects.append(found)
    return [totals.days[at] for at in days[first - 1 :]], users, effects


def _points(
    spec: Experiment, upto: float, days: list[dt.date], users: list[float], effects: list[dict[str, Effect | None]]
) -> tuple[PathPoint, ...]:
    if not users or users[0] <= 0 or any(b <= a for a, b in itertools.pairwise(users)):
        return ()
    limits = bounds(spec, users, spec.alpha / len(spec.treatments), upto)
    points = []
    for day, count, found, bound in zip(days, users, effects, limits, strict=True):
        for arm, effect in found.items():
            if effect is not None:
                wide = effect.at(bound)
                points.append(PathPoint(day, arm, count, wide.difference, wide.low, wide.high))
    return tuple(points)
