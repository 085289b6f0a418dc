"""The read-out of an experiment as a report to hand round, and its figures as tables."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

from ecops.experiments.decide import Decision
from ecops.experiments.design.spec import Metric
from ecops.experiments.looks.peeking import Week, misled
from ecops.experiments.results.readout import MetricResult, Readout
from ecops.experiments.statistics.effects import Effect
from ecops.experiments.telling.words import arm_name, figure
from ecops.messages import Count, DateRange, Message, Money, MoneyRange, Number, Percent, Term, Value
from ecops.reports.model import Bullets, Chart, Report, Section, Series, Table
from ecops.tables import table

ROLES: Mapping[str, Term] = {
    "goal": Term(en="Goal", zh="目标"),
    "guardrail": Term(en="Guardrail", zh="护栏"),
    "secondary": Term(en="Also told", zh="参考"),
}
STATES: Mapping[str, Term] = {
    "held": Term(en="held", zh="守住"),
    "broken": Term(en="broken", zh="突破"),
    "open": Term(en="not sure yet", zh="还不确定"),
}
VERDICTS: Mapping[str, Term] = {
    "better": Term(en="better", zh="更好"),
    "worse": Term(en="worse", zh="更差"),
    "open": Term(en="no difference yet", zh="看不出差异"),
}
KINDS: Mapping[str, Term] = {
    "invalid": Term(en="not valid", zh="结果无效"),
    "refused": Term(en="cannot be tested", zh="无法检验"),
    "too_early": Term(en="too early", zh="太早"),
    "guardrail": Term(en="guardrail broken", zh="突破护栏"),
    "ship": Term(en="ship", zh="上线"),
    "stop": Term(en="stop", zh="停止"),
    "flat": Term(en="no difference", zh="没有差异"),
    "continue": Term(en="keep running", zh="继续跑"),
}
"""Kind of a verdict -> the word for it in a list."""

_SMALL = 0.0001
"""p-values below are told as such."""


@functools.cache
def _labels() -> Mapping[str, Term]:
    columns = [column for name in ("experiment_totals", "experiment_units") for column in table(name).columns]
    return {column.name: column.label for column in columns}


def readable(message: Message) -> Message:
    """The same sentence with canonical columns (revenue, device) called by their labels."""

    def told(value: Value) -> Value:
        if isinstance(value, Message):
            return readable(value)
        return _labels().get(value, value) if isinstance(value, str) else value

    return Message(message.id, **{name: told(value) for name, value in message.params.items()})


def seeming(decision: Decision, currency: str) -> Message | None:
    """For a result that is not valid: the change one might be tempted to believe; None when there is none."""
    result = decision.result
    if decision.kind != "invalid" or result is None or result.effect is None or result.effect.lift.status != "ok":
        return None
    return Message(
        "It looks like {lift} on {metric} ({before} to {after}), but that number does not count: the users of the arms "
        "cannot be compared.",
        lift=Percent(result.effect.lift.value, signed=True),
        metric=result.metric.label,
        before=figure(result.metric, result.effect.control, currency),
        after=figure(result.metric, result.effect.treatment, currency),
    )


def split_rows(readout: Readout) -> list[tuple[str, float, float, float, float]]:
    """Arm, planned share, share seen, users expected, users seen; arms nobody planned have a planned share of 0."""
    planned = sum(readout.spec.arms.values())
    seen = sum(readout.users.values())
    arms = dict.fromkeys((*readout.spec.arms, *readout.users))
    return [
        (arm, share := readout.spec.arms.get(arm, 0) / planned, users / seen, share * seen, users)
        for arm in arms
        for users in (readout.users.get(arm, 0),)
    ]


def metric_table(readout: Readout) -> Table:
    """Every metric of every arm, with its interval in its own unit and in per cent."""
    columns = (
        "Metric", "Arm", "Role", "Control", "Treatment", "Change", "Lowest", "Highest", "Difference", "p", "Guardrail",
    )  # fmt: skip
    rows = [_metric_row(result, readout) for result in readout.results]
    return Table(tuple(_heading(name) for name in columns), tuple(rows))


def _metric_row(result: MetricResult, readout: Readout) -> tuple[Value, ...]:
    head = (result.metric.label, arm_name(readout.spec, result.arm), ROLES[result.role])
    if result.effect is None:
        return (*head, result.refusal or "", *[""] * 7)
    effect, lift = result.effect, result.effect.lift
    values = [figure(result.metric, value, readout.currency) for value in (effect.control, effect.treatment)]
    ends = [Percent(end, signed=True) if math.isfinite(end) else "" for end in (lift.value, lift.low, lift.high)]
    state = STATES[result.guardrail.status] if result.guardrail else ""
    p_value = Number(effect.p_value, 4) if effect.p_value >= _SMALL else f"<{_SMALL}"
    return (*head, *values, *ends, _difference(result.metric, effect, readout.currency), p_value, state)


def _difference(metric: Metric, effect: Effect, currency: str) -> Message:
    """The difference of the arms with its interval, in the metric's unit; no cell begins like a formula."""
    ends = (effect.difference, effect.low, effect.high)
    if metric.unit == "rate":
        value, low, high = (Number(100 * end, 2) for end in ends)
        return Message("by {value} points ({low} to {high})", value=value, low=low, high=high)
    value, low, high = (figure(metric, end, currency) for end in ends)
    return Message("by {value} ({low} to {high})", value=value, low=low, high=high)


def _heading(name: str) -> Message:
    return {
        "Metric": Message("Metric"),
        "Arm": Message("Arm"),
        "Role": Message("Role"),
        "Control": Message("Control"),
        "Treatment": Message("Treatment"),
        "Change": Message("Change"),
        "Lowest": Message("Lowest"),
        "Highest": Message("Highest"),
        "Difference": Message("Difference"),
        "p": Message("p, single look"),
        "Guardrail": Message("Guardrail"),
    }[name]


def report(readout: Readout, decision: Decision, weeks: Sequence[Week] = (), hypothesis: str = "") -> Report:
    """The report of one experiment.

    Args:
        readout: from `analyse`.
        decision: from `decide`.
        weeks: from `peeking.weeks`.
        hypothesis: why the change should work, as somebody wrote it down.
    """
    valid = decision.kind != "invalid"
    sections = [_verdict(readout, decision, weeks, hypothesis)]
    if valid:
        sections.append(Section(Message("Figures"), (metric_table(readout), *_money(decision))))
        if readout.path:
            sections.append(Section(Message("Day by day"), (_path(readout, decision),)))
    sections.append(_checks(readout))
    sections.append(
        Section(
            Message("What was adjusted, and why"),
            (Bullets(tuple(readable(text) for text in (*decision.adjusted, *readout.notes))),),
        )
    )
    days = DateRange(readout.first_day, readout.last_day) if readout.first_day and readout.last_day else ""
    return Report(
        title=Message("A/B test: {name}", name=readout.spec.name or Message("unnamed")),
        subtitle=Message("{days} · {users} users", days=days, users=Count(readout.looks.users)),
        verdict=readable(decision.headline),
        sections=tuple(sections),
    )


def _verdict(readout: Readout, decision: Decision, weeks: Sequence[Week], hypothesis: str) -> Section:
    told = [Message("Hypothesis: {text}", text=hypothesis)] if hypothesis else []
    told += [readable(reason) for reason in decision.reasons]
    told += [
        text for text in (seeming(decision, readout.currency), misled(tuple(weeks), decision, readout.spec)) if text
    ]
    if decision.action is not None:
        told.append(decision.action.text)
    if decision.next_look is not None:
        told.append(Message("Next look: {day}.", day=decision.next_look))
    return Section(Message("Verdict"), (Bullets(tuple(told)),))


def _money(decision: Decision) -> tuple[Table, ...]:
    stake = decision.stake
    if stake is None:
        return ()
    currency = stake.gain.currency
    rows: tuple[tuple[Value, ...], ...] = (
        (Message("Gain a month"), Money(stake.gain.value, currency)),
        (Message("Between"), MoneyRange(stake.gain.low, stake.gain.high, currency)),
        (
            Message("Expected loss if shipped, over {n} months", n=Count(stake.months)),
            Money(stake.loss_if_shipped, currency),
        ),
        (
            Message("Expected loss if not shipped, over {n} months", n=Count(stake.months)),
            Money(stake.loss_if_kept, currency),
        ),
        (Message("Users a month"), Count(round(stake.traffic))),
    )
    return (Table((Message("Money"), Message("Value")), rows),)


def _path(readout: Readout, decision: Decision) -> Chart:
    points = [point for point in readout.path if point.arm == decision.arm]
    unit = readout.spec.goal_metric.unit
    # The first bounds reach far beyond anything a shop sees and would flatten the rest of the picture.
    late = points[len(points) // 3 :]
    return Chart(
        kind="line",
        title=Message(
            "{arm} against {control}, all users so far",
            arm=arm_name(readout.spec, decision.arm),
            control=arm_name(readout.spec, readout.spec.control),
        ),
        subtitle=Message("{metric}: difference with its limits", metric=readout.spec.goal_metric.label),
        categories=tuple(point.day for point in late),
        series=(
            Series(Message("Difference of the arms"), tuple(point.difference for point in late)),
            Series(Message("Lowest"), tuple(point.low for point in late), benchmark=True),
            Series(Message("Highest"), tuple(point.high for point in late), benchmark=True),
        ),
        unit="money" if unit == "money" else "percent" if unit == "rate" else "count",
        currency=readout.currency,
    )


def _checks(readout: Readout) -> Section:
    rows = tuple(
        (arm_name(readout.spec, arm), Percent(planned), Percent(share), Count(expected), Count(users))
        for arm, planned, share, expected, users in split_rows(readout)
    )
    head = (Message("Arm"), Message("Planned share"), Message("Share"), Message("Users planned"), Message("Users"))
    return Section(
        Message("Data check"),
        (Bullets(tuple(readable(check.text) for check in readout.checks)), Table(head, rows)),
    )
