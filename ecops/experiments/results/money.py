"""What shipping an arm is worth a month, and what a wrong choice would cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ecops.experiments.design.spec import OWN, Experiment, Metric
from ecops.experiments.reading.tally import Tally
from ecops.experiments.results.readout import Looks, MetricResult, Stake
from ecops.experiments.statistics.bayes import Posterior, posterior
from ecops.experiments.statistics.capping import Cap
from ecops.experiments.statistics.effects import Effect
from ecops.finding import Amount
from ecops.messages import Count, Message, Money

DAYS_A_MONTH = 30.0

MEASURED = "uv_value"
"""The metric that is money itself."""


def stakes(
    tally: Tally, spec: Experiment, results: tuple[MetricResult, ...], caps: Mapping[str, Cap], looks: Looks
) -> tuple[dict[str, Stake], tuple[Message, ...]]:
    """Money of each treatment arm, and how the figures it rests on were found.

    Where the revenue a user is among the metrics, it is the money: a conversion more is worth nothing when each brings
    less. Only where it was not measured, or the worth of a unit was given, does the money rest on the goal: a unit of
    the goal a user is worth `Experiment.value`, else the metric's `value`, else, for a conversion, the revenue a
    conversion in the data, and for a ratio of money, the denominator a user. All times `Experiment.margin`.
    """
    notes: list[Message] = []
    measured = _measured(spec, results)
    if not measured and _contradicted(tally, spec, results, notes):
        return {}, tuple(notes)
    value = 1.0 if measured else _value(tally, spec, caps, notes)
    traffic = _traffic(tally, spec, notes)
    if value is None or traffic is None:
        return {}, tuple(notes)
    if spec.margin == 1:
        notes.append(Message("Money means sales, not profit; give the gross margin to see profit."))
    found = {}
    for result in results:
        if result.role != "goal" or result.effect is None or result.posterior is None:
            continue
        each = value * spec.margin
        if result.arm in measured:
            effect = measured[result.arm].at(looks.critical)
            belief = posterior(effect, spec.prior)
            found[result.arm] = replace(_stake(spec, tally, effect, belief, (1.0, each, traffic)), measured=effect)
        elif not measured:
            sign = -1.0 if spec.goal_metric.less_is_better else 1.0
            found[result.arm] = _stake(spec, tally, result.effect, result.posterior, (sign, each, traffic))
    return found, tuple(notes)


def _stake(
    spec: Experiment, tally: Tally, effect: Effect, belief: Posterior, scale: tuple[float, float, float]
) -> Stake:
    sign, each, traffic = scale
    month = each * traffic
    ends = sorted((sign * effect.low * month, sign * effect.high * month))
    return Stake(
        gain=Amount(sign * effect.difference * month, ends[0], ends[1], spec.currency or tally.currency, "month"),
        loss_if_shipped=belief.loss_if_shipped * month * spec.horizon,
        loss_if_kept=belief.loss_if_kept * month * spec.horizon,
        months=spec.horizon,
        traffic=traffic,
        value=each,
    )


def _measured(spec: Experiment, results: tuple[MetricResult, ...]) -> dict[str, Effect]:
    """Effect on the revenue a user by arm, where that and not the goal is what the money must come from."""
    if not _by_revenue(spec):
        return {}
    return {
        result.arm: result.effect
        for result in results
        if result.metric.key == MEASURED and result.effect is not None and result.effect.control > 0
    }


def _by_revenue(spec: Experiment) -> bool:
    goal = spec.goal_metric
    return spec.value is None and goal.value is None and not goal.less_is_better and goal.key not in {MEASURED, "roi"}


def _contradicted(tally: Tally, spec: Experiment, results: tuple[MetricResult, ...], notes: list[Message]) -> bool:
    """Whether the revenue a user, which these data cannot test, moved against the goal of any arm."""
    if not _by_revenue(spec) or tally.totals is None or not tally.totals.has("revenue"):
        return False
    for one in results:
        if one.role != "goal" or one.effect is None:
            continue
        before, after = (tally.totals.sum(arm, "revenue") / tally.users[arm] for arm in (spec.control, one.arm))
        if one.effect.difference * (after - before) < 0:
            currency = spec.currency or tally.currency
            notes.append(
                Message(
                    "The revenue per visitor went the other way, from {before} to {after}, and these totals cannot "
                    "test it: what the goal alone promises is no money.",
                    before=Money(before, currency),
                    after=Money(after, currency),
                )
            )
            return True
    return False


def _traffic(tally: Tally, spec: Experiment, notes: list[Message]) -> float | None:
    if spec.monthly_traffic is not None:
        return spec.monthly_traffic
    if not tally.days:
        notes.append(Message("Give the visitors a month to see what this is worth in money."))
        return None
    month = sum(tally.users.values()) / tally.days * DAYS_A_MONTH
    notes.append(Message("Reckoned with {n} users a month, as many as came into the test.", n=Count(round(month))))
    return month


def _value(tally: Tally, spec: Experiment, caps: Mapping[str, Cap], notes: list[Message]) -> float | None:
    goal = spec.goal_metric
    given = spec.value if spec.value is not None else goal.value
    if given is not None:
        return given
    found = math.nan
    if goal.kind == "ratio" and goal.unit == "money":
        found = _per_user(tally, spec, goal.below, goal.total_below, caps)
    elif goal.kind == "proportion" and not goal.key.startswith(OWN):
        money = next((metric for metric in spec.metrics if metric.unit == "money"), None)
        if money is not None:
            found = _order_value(tally, spec, money, goal, caps)
            if found > 0:
                amount = Money(found, spec.currency or tally.currency)
                notes.append(Message("A conversion was counted as {value}, as in these data.", value=amount))
    if not found > 0:
        notes.append(Message("Give the worth of one conversion to see what this is worth in money."))
        return None
    return found


def _per_user(tally: Tally, spec: Experiment, column: str, total: str, caps: Mapping[str, Cap]) -> float:
    arms = (spec.control, *spec.treatments)
    if tally.totals is not None:
        return sum(tally.totals.sum(arm, total) for arm in arms) / sum(tally.users.get(arm, 0) for arm in arms)
    if column not in tally.columns:
        return math.nan
    cells = tally.moments("", caps)[""]
    users = sum(cells[arm].n for arm in arms if arm in cells)
    return sum(cells[arm].n * cells[arm].sample(column).mean for arm in arms if arm in cells) / users


def _order_value(tally: Tally, spec: Experiment, money: Metric, goal: Metric, caps: Mapping[str, Cap]) -> float:
    top = _per_user(tally, spec, money.column, money.total or money.column, caps)
    below = _per_user(tally, spec, goal.column, goal.total or goal.column, caps)
    return top / below if below > 0 else math.nan
