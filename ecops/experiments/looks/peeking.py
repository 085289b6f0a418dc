"""What weekly readers of a test would have believed without limits for repeated looks, and what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ecops.errors import EcopsError
from ecops.experiments.decide import Decision
from ecops.experiments.design.spec import Experiment
from ecops.experiments.reading.tally import Tally
from ecops.experiments.results.comparisons import compare_moments
from ecops.experiments.results.readout import Readout
from ecops.experiments.statistics.effects import Effect, Verdict
from ecops.experiments.statistics.samples import Moments, merge
from ecops.experiments.telling.words import arm_name
from ecops.messages import Count, Message, Percent

WEEK = 7


@dataclass(frozen=True, slots=True)
class Week:
    """The goal at the end of one week, all users so far.

    Attributes:
        number: 1 for the first week.
        day: its last day.
        users: users of both arms so far.
        effect: the ordinary comparison of a single look, without covariates.
        safe: what the limits for repeated looks say on that day, see `Readout.path`.
    """

    number: int
    day: dt.date
    users: float
    effect: Effect
    safe: Verdict


def weeks(tally: Tally, readout: Readout, arm: str) -> tuple[Week, ...]:
    """The goal at the end of each week; empty without rows of people or without dates.

    Args:
        tally: what `readout` was computed from.
        readout: from `analyse`.
        arm: a treatment arm.
    """
    spec = readout.spec
    if tally.kind != "units" or "day" not in tally.cells or readout.first_day is None:
        return ()
    bounds = {point.day: point for point in readout.path if point.arm == arm}
    cells = tally.moments("day", readout.caps)
    so_far: dict[str, Moments] = {}
    found: list[Week] = []
    for at, day in enumerate(days := sorted(cells)):
        for name in (spec.control, arm):
            if name in cells[day]:
                so_far[name] = merge([so_far[name], cells[day][name]]) if name in so_far else cells[day][name]
        number = (day - readout.first_day).days // WEEK + 1
        following = days[at + 1] if at + 1 < len(days) else None
        ends = following is None or (following - readout.first_day).days // WEEK + 1 > number
        if not ends or day not in bounds:
            continue
        try:
            effect = compare_moments(spec.goal_metric, so_far[spec.control], so_far[arm], (), spec.alpha)
        except (EcopsError, KeyError):
            continue
        low, high = bounds[day].low, bounds[day].high
        safe: Verdict = "better" if low > 0 else "worse" if high < 0 else "open"
        found.append(Week(number, day, sum(part.n for part in so_far.values()), effect, safe))
    return tuple(found)


def misled(found: tuple[Week, ...], decision: Decision, spec: Experiment) -> Message | None:
    """The sentence about a test that seemed decided in some week and is not; None when nobody was misled."""
    if decision.kind not in {"flat", "continue", "stop", "guardrail"} or not found:
        return None
    seeming: Verdict = "worse" if _less_is_better(decision) else "better"
    early = [week for week in found[:-1] if week.effect.verdict == seeming]
    if not early or found[-1].effect.verdict == seeming:
        return None
    first = early[0]
    return Message(
        "After week {week} an ordinary test would have called {arm} the winner ({lift}, {users} users). With all "
        "{all} users that is gone: whoever had stopped then would have shipped on luck.",
        week=Count(first.number),
        arm=arm_name(spec, decision.arm),
        lift=Percent(first.effect.lift.value, signed=True),
        users=Count(first.users),
        all=Count(found[-1].users),
    )


def _less_is_better(decision: Decision) -> bool:
    return decision.result is not None and decision.result.metric.less_is_better
