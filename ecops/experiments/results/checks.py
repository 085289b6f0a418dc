"""Everything that is looked at before a verdict, in the order a careful analyst would."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import special

from ecops.experiments.design.spec import Experiment
from ecops.experiments.looks.health import AMBER, CROSSED_RED, PARTS, RED, Check, Level, Split, balance, srm
from ecops.experiments.looks.sequential import always_valid_p
from ecops.experiments.reading.tally import Exposure, Tally, Totals
from ecops.experiments.results.comparisons import covariates
from ecops.experiments.results.readout import Looks, MetricResult
from ecops.experiments.results.segments import Heterogeneity, Trend
from ecops.experiments.statistics.capping import WHALE, Cap
from ecops.experiments.statistics.effects import two_sided
from ecops.experiments.telling.words import arm_name, segment_value
from ecops.messages import Count, Message, Number, Percent
from ecops.tables import table

FULL_WEEK = 7
SURPRISE = 0.5
LEAKED = 0.95
"""Share of the noise that a figure from before the test never explains."""

DEAD = 20.0
"""Expected users with a value above which an arm without any is no chance."""
FADING = 0.01

USUAL_DAYS = 14.0
"""Days of a test at which its repeated checks are sharpest."""

USUAL_USERS = 20_000.0
"""The same in users, where no sample was planned."""


def data_checks(tally: Tally, spec: Experiment) -> tuple[Check, ...]:
    """Checks of traffic and rows, before any metric is looked at."""
    whole = _split(tally, spec)
    # Nobody said how it was to be split: one question, and no second finding by day and segment.
    parts = [] if whole.key == "split_unknown" else _split_parts(tally, spec)
    found = [whole, *parts, *_exposure(tally, spec), *_balance(tally, spec)]
    found += _blanks(tally, spec) + _dead(tally, spec) + _strays(tally)
    if tally.totals is not None and tally.totals.parts > 1:
        text = Message("The rows of {n} segments were added up to the totals of each arm.", n=Count(tally.totals.parts))
        found.append(Check("parts", "green", text))
    found.append(_weekdays(tally))
    return tuple(found)


def _split(tally: Tally, spec: Experiment) -> Check:
    split = srm(tally.users, spec.arms)
    if tally.totals is not None:
        split = _daily_split(tally.totals, spec, split)
    if split.leaked:
        return Check(
            "split",
            "red",
            Message("{n} users are in arms that should get no traffic.", n=Count(split.leaked)),
        )
    share = Percent(split.drift, digits=2, signed=True)
    if split.level == "red" and not spec.split_known:
        seen = [tally.users.get(arm, 0) for arm in (spec.control, *spec.treatments)]
        text = Message(
            "The users are split {shares}, which is no even split, and nobody said how it was planned. Say it, and the "
            "test is judged by that; if it was to be even, the assignment is broken and the result is not valid.",
            shares=" / ".join(f"{count / sum(seen):.1%}" for count in seen),
        )
        return Check("split_unknown", "red", text)
    if split.level == "red":
        text = Message(
            "The traffic is not split as planned: arm {arm} is off by {share} of all users, more than chance explains.",
            arm=arm_name(spec, split.arm),
            share=share,
        )
    elif split.level == "amber":
        text = Message(
            "The traffic split is a little off: arm {arm} by {share} of all users. Watch it.",
            arm=arm_name(spec, split.arm),
            share=share,
        )
    else:
        text = Message("The traffic is split as planned.")
    return Check("split", split.level, text)


def _daily_split(totals: Totals, spec: Experiment, split: Split) -> Split:
    # Daily totals count a visitor again on each day, so people are not independent; the days are.
    planned = (spec.control, *spec.treatments)
    counts = np.vstack([totals.values.get((arm, "users"), np.full(len(totals.days), np.nan)) for arm in planned])
    counts = counts[:, ~np.isnan(counts).any(axis=0)]
    days = counts.shape[1]
    if days < 3 or not counts.any():
        return split
    weights = np.array([spec.arms[arm] for arm in planned])
    shares = weights / weights.sum()
    drifts = counts - np.outer(shares, counts.sum(axis=0))
    chance = np.sqrt(counts.sum() * shares * (1 - shares)) / days
    errors = np.maximum(drifts.std(axis=1, ddof=1) / math.sqrt(days), chance)
    smallest = min(two_sided(float(ratio), days - 1) for ratio in drifts.mean(axis=1) / errors)
    # Every day brings another look, so the limit is that of a test that may be repeated.
    stands_out = float(special.ndtri(smallest / 2))  # only its square counts
    p_value = min(1.0, always_valid_p(stands_out, days, USUAL_DAYS, RED) * len(spec.treatments))
    level: Level = "red" if p_value < RED else "amber" if p_value < AMBER else "green"
    return replace(split, p_value=p_value, level=level)


def _split_parts(tally: Tally, spec: Experiment) -> list[Check]:
    found = []
    planned = {arm: spec.arms[arm] for arm in (spec.control, *spec.treatments)}
    for name in [split for split in tally.cells if split]:
        cells = tally.moments(name)
        counts = {value: {arm: cell.n for arm, cell in arms.items() if arm in planned} for value, arms in cells.items()}
        counts = {value: arms for value, arms in counts.items() if sum(arms.values()) >= 50}
        # Days are added as the test goes on: 1/2 + 1/6 + 1/12 + ... shares the error between all that may come.
        splits = {
            value: srm(
                arms,
                planned,
                tests=PARTS * at * (at + 1) if name == "day" else PARTS * len(counts) * len(spec.segments),
            )
            for at, (value, arms) in enumerate(sorted(counts.items(), key=lambda one: str(one[0])), 1)
        }
        bad = [value for value, split in splits.items() if split.level == "red"]
        if not bad:
            continue
        worst = max(bad, key=lambda value: splits[value].evidence)
        text = (
            Message(
                "On {n} days the traffic was not split as planned, most of all on {day}.", n=Count(len(bad)), day=worst
            )
            if name == "day"
            else _split_segment(name, str(worst), Percent(splits[worst].drift, digits=2, signed=True))
        )
        found.append(Check("split_day" if name == "day" else "split_segment", "red", text))
    return found


def _split_segment(column: str, value: str, share: Percent) -> Message:
    told = segment_value(column, value)
    if told is not value:
        return Message(
            "Among {value} users the traffic is not split as planned (off by {share}).", value=told, share=share
        )
    known = table("experiment_units")
    label = known[column].label if column in known.names else column
    return Message(
        "In {column} = {value} the traffic is not split as planned (off by {share}).",
        column=label,
        value=value,
        share=share,
    )


def _exposure(tally: Tally, spec: Experiment) -> list[Check]:
    exposure = tally.exposure
    if exposure is None:
        return []
    found = []
    if not exposure.identified:
        found.append(
            Check(
                "identity",
                "amber",
                Message(
                    "The file has no user ids, so each row counts as one user; users in it twice or in two arms cannot "
                    "be seen. If its rows are orders or visits, the result looks surer than it is: add the user ids."
                ),
            )
        )
    if exposure.crossed:
        share = exposure.crossed / exposure.people
        found.append(
            Check(
                "crossed",
                "red" if share >= CROSSED_RED else "amber",
                Message(
                    "{n} users ({share}) are in several arms; they were left out.",
                    n=Count(exposure.crossed),
                    share=Percent(share),
                ),
            )
        )
    if exposure.repeated:
        found.append(_repeated(tally, spec, exposure))
    elif _all_bought(tally):
        text = Message(
            "Everybody in the file bought. If visitors who did not buy are missing, the arms cannot be compared."
        )
        found.append(Check("buyers_only", "amber", text))
    if exposure.armless:
        found.append(
            Check("armless", "amber", Message("{n} rows name no arm; they were left out.", n=Count(exposure.armless)))
        )
    return found


def _all_bought(tally: Tally) -> bool:
    """Whether every row has an order, a payment or a conversion, as in an export of orders."""
    people = sum(tally.users.values())
    known = [tally.columns[name] for name in ("converted", "orders", "revenue") if name in tally.columns]
    return any(column.payers >= people for column in known)


def _repeated(tally: Tally, spec: Experiment, exposure: Exposure) -> Check:
    goal = spec.goal_metric
    column = tally.columns.get(goal.below or goal.column)
    people = sum(tally.users.values())
    # In a file of orders everybody has bought; a file of visitors always holds some who have not.
    if column is not None and column.payers + column.debtors >= people:
        return Check(
            "orders_as_users",
            "red",
            Message(
                "The file holds orders, not visitors: users have several rows and all bought. Visitors who did not "
                "buy are missing, so the arms cannot be compared."
            ),
        )
    return Check(
        "duplicates",
        "amber",
        Message(
            "{n} users have several rows; their amounts were added up to one row a user.",
            n=Count(exposure.repeated),
        ),
    )


def _balance(tally: Tally, spec: Experiment) -> list[Check]:
    if tally.totals is not None:
        return []
    used = tuple(dict.fromkeys(name for metric in spec.metrics for name in covariates(tally, spec, metric)))
    arms = tally.moments()[""]
    found: list[Check] = []
    tests = PARTS * len(used) * len(spec.treatments)
    for arm in spec.treatments:
        if arm not in arms or spec.control not in arms or min(arms[arm].n, arms[spec.control].n) < 2:
            continue
        users = arms[spec.control].n + arms[arm].n
        for name, single in zip(used, balance(arms[spec.control], arms[arm], used), strict=True):
            stands_out = float(special.ndtri(single / 2))  # NaN, and no finding, without any spread
            p_value = always_valid_p(stands_out, users, spec.planned_sample or USUAL_USERS, RED / tests)
            if p_value < RED / tests:
                text = Message(
                    "The arms {arm} and {control} already differed in {name} before the test.",
                    arm=arm_name(spec, arm),
                    control=arm_name(spec, spec.control),
                    name=name,
                )
                found.append(Check("balance", "red", text))
    return found


def _blanks(tally: Tally, spec: Experiment) -> list[Check]:
    found = []
    used = {column for metric in spec.metrics for column in (metric.column, metric.below) if column}
    for name, column in tally.columns.items():
        if column.blanks and name in used:
            blank = {"n": Count(column.blanks), "name": spec.called(name)}
            text = Message("{n} users have no value in {name}; it was counted as 0.", **blank)
            found.append(Check("blanks", "amber", text))
    return found


def _dead(tally: Tally, spec: Experiment) -> list[Check]:
    """An arm in which nobody has any of the goal while others have: its tracking, or its checkout, does not work."""
    goal = spec.goal_metric
    column = goal.column if tally.totals is None else goal.total or goal.column
    cells = tally.moments()[""] if tally.totals is None else {}
    found = []
    for arm in (spec.control, *spec.treatments):
        users = tally.users.get(arm, 0)
        others = sum(tally.users.get(name, 0) for name in (spec.control, *spec.treatments)) - users
        if tally.totals is not None:
            empty = tally.totals.sum(arm, column) == 0
            having = sum(tally.totals.sum(name, column) for name in (spec.control, *spec.treatments) if name != arm)
        else:
            sample = cells[arm].sample(goal.column) if arm in cells else None
            empty = sample is not None and sample.mean == 0 and not sample.variance > 0
            having = tally.columns[column].payers + tally.columns[column].debtors
        if users and others and empty and having * users / others >= DEAD:
            text = Message(
                "Nobody in arm {arm} has any {metric}, which chance does not explain: check its tracking and checkout.",
                arm=arm_name(spec, arm),
                metric=goal.label,
            )
            found.append(Check("dead_arm", "red", text))
    return found


def _strays(tally: Tally) -> list[Check]:
    if not tally.strays:
        return []
    text = Message(
        "{n} days lie far from all others, the first is {day}; check the dates. They are left out of all that goes by "
        "day.",
        n=Count(len(tally.strays)),
        day=min(tally.strays).isoformat(),
    )
    return [Check("stray_days", "amber", text)]


def _weekdays(tally: Tally) -> Check:
    if not tally.days:
        return Check("weekdays", "amber", Message("The data has no dates, so weekdays could not be checked."))
    if tally.days < FULL_WEEK:
        return Check(
            "weekdays",
            "amber",
            Message("The data covers {n} days, less than a week, so weekdays are not balanced.", n=Count(tally.days)),
        )
    if tally.days % FULL_WEEK and tally.days < 3 * FULL_WEEK:
        return Check(
            "weekdays",
            "amber",
            Message(
                "The data covers {n} days, no whole number of weeks; some weekdays count more.", n=Count(tally.days)
            ),
        )
    return Check(
        "weekdays", "green", Message("Every weekday is covered about equally ({n} days).", n=Count(tally.days))
    )


def result_checks(
    spec: Experiment,
    results: tuple[MetricResult, ...],
    caps: Mapping[str, Cap],
    time: tuple[Mapping[str, Trend], Mapping[str, Heterogeneity]],
    looks: Looks,
) -> tuple[Check, ...]:
    """Checks of what came out: outliers, too good to be true, fading effects, adjustments that turn the sign."""
    found = [*_outliers(spec, caps), *_surprises(results), *_fading(spec, *time)]
    if looks.closed:
        text = Message("An earlier look had already reached the planned sample; later data cannot change that verdict.")
        found.append(Check("late_look", "amber", text))
    return tuple(found)


def _outliers(spec: Experiment, caps: Mapping[str, Cap]) -> list[Check]:
    found = []
    for name, cap in caps.items():
        if cap.typo:
            text = Message(
                "One user's {name} of {value} is more than 1,000 times the usual buyer's: probably a typing error.",
                name=spec.called(name),
                value=Number(cap.largest, 0),
            )
            found.append(Check("outlier", "amber", text))
        elif cap.largest_share > WHALE:
            text = Message(
                "One user makes {share} of all {name}; look at that row.",
                share=Percent(cap.largest_share),
                name=spec.called(name),
            )
            found.append(Check("outlier", "amber", text))
    return found


def _surprises(results: tuple[MetricResult, ...]) -> list[Check]:
    found = []
    sure = [one.effect for one in results if one.role == "goal" and one.effect and one.effect.verdict != "open"]
    lifts = [effect.lift.value for effect in sure if effect.lift.status == "ok" and abs(effect.lift.value) > SURPRISE]
    if lifts:
        text = Message(
            "A change of {lift} is larger than shops usually see; make sure the tracking is right.",
            lift=Percent(max(lifts, key=abs), signed=True),
        )
        found.append(Check("surprise", "amber", text))
    for result in results:
        effect = result.effect
        if result.role != "goal" or effect is None:
            continue
        if effect.removed > LEAKED:
            text = Message(
                "What users did before the test explains {share} of {metric}: that is the same figure, measured during "
                "the test.",
                share=Percent(effect.removed),
                metric=result.metric.label,
            )
            found.append(Check("covariate_leak", "red", text))
        plain = result.unadjusted
        if plain is not None and plain.difference * effect.difference < 0 and effect.verdict != "open":
            text = Message("Adjusting for the past turns the sign of the effect; do not trust the adjustment.")
            found.append(Check("adjustment_flip", "amber", text))
    return found


def _fading(spec: Experiment, trends: Mapping[str, Trend], weekdays: Mapping[str, Heterogeneity]) -> list[Check]:
    found = []
    for arm, week in weekdays.items():
        if week.p_value < FADING:
            text = Message(
                "The effect of {arm} differs between the days of the week; judge whole weeks only.",
                arm=arm_name(spec, arm),
            )
            found.append(Check("weekday_effect", "amber", text))
    for arm, trend in trends.items():
        if trend.p_value < FADING:
            fades, told = abs(trend.last) < abs(trend.first), arm_name(spec, arm)
            text = (
                Message("The effect of {arm} fades with time: it may be novelty only.", arm=told)
                if fades
                else Message("The effect of {arm} grows with time: users may still be learning.", arm=told)
            )
            found.append(Check("novelty", "amber", text))
    return found
