"""Sentences about an experiment."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ecops.experiments.design.spec import Experiment, Metric
from ecops.experiments.results.readout import Looks, MetricResult, Readout, Stake
from ecops.experiments.statistics.capping import Cap
from ecops.experiments.statistics.effects import Effect
from ecops.messages import Count, Message, Money, MoneyRange, Number, Percent, Term, Value

USEFUL = 0.005
"""Share of the variance below which an adjustment by covariates is called useless."""

ARMS: Mapping[str, Term] = {
    "control": Term(en="control", zh="对照组"),
    "treatment": Term(en="treatment", zh="实验组"),
}
"""How arms are called that bear no name but that of their part; every other name is data."""

DEVICES: Mapping[str, Term] = {"mobile": Term(en="mobile", zh="移动端"), "desktop": Term(en="desktop", zh="PC 端")}


def arm_name(spec: Experiment, arm: str) -> Value:
    """What to call an arm: in Chinese its part in the test, with its own name in brackets where that says more."""
    part = "control" if arm == spec.control else "treatment" if arm in spec.treatments else ""
    if not part or re.search("对照|实验", arm):
        return arm
    if arm.casefold() == part:
        return ARMS[part]
    return Message("{control_arm}", control_arm=arm) if part == "control" else Message("{tested_arm}", tested_arm=arm)


def segment_value(column: str, value: str) -> Value:
    """What to call a value by which people are split; only devices have names of ours."""
    return DEVICES.get(value, value) if column == "device" else value


def figure(metric: Metric, value: float, currency: str) -> Value:
    """A metric's value, ready for a sentence."""
    if metric.unit == "money":
        return Money(value, currency)
    return Percent(value) if metric.unit == "rate" else Number(value, 2)


def change(metric: Metric, effect: Effect, currency: str) -> Message:
    """What happened to a metric: "conversion rate from 3.1% to 3.6% (+16%)"."""
    before, after = (figure(metric, value, currency) for value in (effect.control, effect.treatment))
    if effect.lift.status == "ok":
        return Message(
            "{metric} from {before} to {after} ({lift})",
            metric=metric.label,
            before=before,
            after=after,
            lift=Percent(effect.lift.value, signed=True),
        )
    return Message("{metric} from {before} to {after}", metric=metric.label, before=before, after=after)


def too_few(spec: Experiment, metric: Metric, arm: str, effect: Effect) -> Message:
    """Why a metric is not judged yet: one arm holds too few users who have any of it, and how many it takes.

    Args:
        spec: the experiment.
        metric: the metric.
        arm: the treatment arm.
        effect: its effect, of which `Effect.lacking` is above 1.
    """
    small = spec.control if effect.active[0] <= effect.active[1] else arm
    have = max(0.0, min(effect.active))
    return Message(
        "{metric}: only {n} users of arm {arm} have any so far; about {need} are needed there before chance can be "
        "told from an effect, because few of them make most of it.",
        metric=metric.label,
        arm=arm_name(spec, small),
        n=Count(math.floor(have)),
        need=Count(math.ceil(max(1.0, have) * effect.lacking - 1e-9)),
    )


def interval(metric: Metric, effect: Effect, currency: str) -> Message:
    """The interval, in per cent where that is possible."""
    if effect.lift.status == "ok":
        return Message(
            "between {low} and {high}",
            low=Percent(effect.lift.low, signed=True),
            high=Percent(effect.lift.high, signed=True),
        )
    low, high = (figure(metric, value, currency) for value in (effect.low, effect.high))
    return Message("the difference lies between {low} and {high}", low=low, high=high)


def adjustments_made(
    spec: Experiment, looks: Looks, results: tuple[MetricResult, ...], caps: Mapping[str, Cap]
) -> tuple[Message, ...]:
    """What was adjusted and why, one sentence each."""
    found = [_looks(spec, looks)]
    if len(spec.treatments) > 1:
        found.append(
            Message(
                "{n} arms were compared with the control, so each must stand out more (Holm).",
                n=Count(len(spec.treatments)),
            )
        )
    for name, cap in caps.items():
        if cap.capped:
            found.append(
                Message(
                    "{name} of {n} users was limited to {cap}, the same in every arm, so that no single order decides.",
                    name=spec.called(name),
                    n=Count(cap.capped),
                    cap=Number(cap.high, 2),
                )
            )
    found += [
        _past(arm_name(spec, result.arm), result.effect.removed)
        for result in results
        if result.role == "goal" and result.effect is not None and result.unadjusted is not None
    ]
    daily = next((r.effect for r in results if r.effect is not None and r.effect.method == "daily"), None)
    if daily is not None:
        found.append(
            Message("Only daily totals exist, so the {n} days are the sample, paired by day.", n=Count(daily.n_control))
        )
    return tuple(found)


def _past(arm: Value, removed: float) -> Message:
    if removed < USEFUL:
        return Message("{arm}: what users did before the test explains almost none of the noise.", arm=arm)
    return Message(
        "{arm}: what users did before the test explains {share} of the noise, which was taken off.",
        arm=arm,
        share=Percent(removed, digits=0),
    )


def _looks(spec: Experiment, looks: Looks) -> Message:
    if spec.monitoring == "always_valid":
        return Message("The interval is wide enough to look at any time, as often as you like.")
    if spec.monitoring == "single_look":
        return Message("This counts as the only look; looking again needs a planned sample.")
    if not spec.agreed:
        return Message(
            "No sample was planned before the first look, so the limits are set as if up to {n} users came and "
            "everybody looked in between (look {look}); a plan would ask for less.",
            n=Count(math.ceil(looks.horizon)),
            look=Count(looks.number),
        )
    return Message(
        "This is look {n} at {share} of the planned sample; the limits are set so that looking early is safe.",
        n=Count(looks.number),
        share=Percent(looks.fraction, digits=0),
    )


def otherwise(readout: Readout, result: MetricResult, stake: Stake | None) -> Message | None:
    """The sentence about the revenue a user when it moved against the money that the goal alone promises.

    Args:
        readout: from `analyse`.
        result: the goal's result in an arm.
        stake: money of that arm.

    Returns:
        None when both point the same way, when the goal is money itself, or when there is no revenue a user.
    """
    if stake is None or stake.measured is not None or result.metric.unit == "money":
        return None
    found = (other for other in readout.results if other.arm == result.arm and other.metric.key == "uv_value")
    revenue = next(found, None)
    if revenue is None or revenue.effect is None or not revenue.effect.difference * stake.gain.value < 0:
        return None
    return Message(
        "But this points the other way: {change}, {interval}. The money a month counts {goal} alone.",
        change=change(revenue.metric, revenue.effect, readout.currency),
        interval=interval(revenue.metric, revenue.effect, readout.currency),
        goal=result.metric.label,
    )


def money_clause(stake: Stake | None) -> Message:
    """The money a month as the middle of a sentence, with its comma; empty when unknown."""
    if stake is None:
        return Message("")
    gain = stake.gain
    size = Money(abs(gain.value), gain.currency)
    if gain.value >= 0:
        return Message(", about {money} more a month ({interval})", money=size, interval=gain.interval)
    ends = MoneyRange(-gain.high, -gain.low, gain.currency)
    return Message(", about {money} less a month ({interval})", money=size, interval=ends)
