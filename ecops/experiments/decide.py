"""One verdict, the first that fits: not valid, too early, guardrail broken, ship, stop, flat, keep running."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, Literal

from ecops.experiments.results.money import MEASURED
from ecops.experiments.results.readout import MetricResult, Readout, Stake
from ecops.experiments.statistics.effects import Effect
from ecops.experiments.telling.words import arm_name, change, interval, money_clause, otherwise, too_few
from ecops.finding import Advice
from ecops.handbook import advice
from ecops.messages import Count, Message, Money, Percent, Value

Kind = Literal["invalid", "refused", "too_early", "guardrail", "ship", "stop", "flat", "continue"]
"""What each verdict means.

refused: these data allow no honest test of the goal. invalid: repair first, nothing was learned. too_early: no verdict
yet, whatever the numbers look like. guardrail: the arm harms something that was to be protected. ship: roll it out.
stop: it is worse. flat: the sample is complete and shows no difference worth having; choose by expected loss.
continue: keep running.
"""

FEWEST_DAYS = 7
FEWEST_CONVERSIONS = 50
"""In each arm, since the smaller one decides how much is known."""

FIRST_LOOK = 0.05
"""Share of the planned sample before which nothing is said."""

FAR_AWAY = 120
"""Days after which a test that goes on is called not worth waiting for."""

_RULES: dict[Kind, str] = {
    "invalid": "experiment_invalid",
    "refused": "",
    "too_early": "experiment_continue",
    "guardrail": "experiment_stop",
    "ship": "experiment_ship",
    "stop": "experiment_stop",
    "flat": "experiment_stop",
    "continue": "experiment_continue",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and everything one needs to defend it.

    Attributes:
        kind: the verdict, see `Kind`.
        arm: the treatment arm it is about; of several the best.
        headline: one sentence to read aloud.
        reasons: what led to it, in order of weight.
        result: the goal's result in that arm; None when there is no honest test.
        stake: money of that arm; None when its worth is unknown.
        despite: why not to ship although that has the smaller expected loss; None where the two agree.
        chance_wrong: probability that the recommended choice is the worse one, after the sceptical prior; NaN when
            nothing is recommended, and for a flat result where a guardrail or the size of the gain decides.
        choose: "treatment" or "control" for ship, stop, guardrail and flat; "" otherwise.
        adjusted: what was adjusted and why.
        more_users: users still missing to the target; 0 when reached, NaN when unknown.
        more_days: days they take at the traffic of the test so far; NaN when unknown.
        next_look: the day to look again; None when decided or without dates.
        arms: verdict of each treatment arm.
        action: advice of the handbook; None when refused.
    """

    kind: Kind
    arm: str
    headline: Message
    reasons: tuple[Message, ...]
    result: MetricResult | None
    stake: Stake | None
    despite: Message | None
    chance_wrong: float
    choose: Literal["treatment", "control", ""]
    adjusted: tuple[Message, ...]
    more_users: float
    more_days: float
    next_look: dt.date | None
    arms: tuple[tuple[str, Kind], ...]
    action: Advice | None


def decide(readout: Readout) -> Decision:
    """The verdict on an experiment.

    The first that fits: not valid (traffic split, leaks, users in several arms, arms unequal before the test), refused
    (no honest test of the goal), too early (less than a week, fewer than 50 conversions in an arm, before the first
    look), guardrail broken, ship (the interval over all looks is above 0, the gain is worthwhile, the money is no loss
    where it is measured by itself, and every guardrail is held), stop (it lies below 0), flat at the planned sample,
    keep running. Of several arms the best verdict counts.
    """
    red = [check.text for check in readout.checks if check.level == "red"]
    if red:
        return _decision(readout, "invalid", _best(readout, readout.spec.treatments), red)
    if all(readout.goal(arm).effect is None for arm in readout.spec.treatments):
        refused = [result.refusal for result in readout.results if result.role == "goal" and result.refusal is not None]
        return _decision(readout, "refused", readout.spec.treatments[0], refused)
    early = _early(readout)
    if early:
        return _decision(readout, "too_early", _best(readout, readout.spec.treatments), early)
    verdicts = {arm: _judge(readout, arm) for arm in readout.spec.treatments}
    for kind in ("ship", "flat", "continue", "too_early", "guardrail", "stop", "refused"):
        arms = tuple(arm for arm, (found, _) in verdicts.items() if found == kind)
        if arms:
            best = _best(readout, arms)
            listed = tuple((arm, found) for arm, (found, _) in verdicts.items())
            return _decision(readout, verdicts[best][0], best, verdicts[best][1], listed)
    raise AssertionError("every arm has a verdict")


def _early(readout: Readout) -> list[Message]:
    found = []
    if 0 < readout.days < FEWEST_DAYS:
        found.append(
            Message("Only {n} days so far; a full week is needed so that every weekday counts.", n=Count(readout.days))
        )
    few = [_few(readout, arm) for arm in readout.spec.treatments]
    if all(few):
        found += list(dict.fromkeys(text for texts in few for text in texts))
    if readout.spec.planned_sample is not None and readout.looks.fraction < FIRST_LOOK:
        found.append(
            Message("Only {share} of the planned sample is in.", share=Percent(readout.looks.fraction, digits=1))
        )
    return found


def _few(readout: Readout, arm: str) -> list[Message]:
    """What one comparison still lacks: conversions in either arm, or enough of those who make most of the money."""
    found = [
        Message(
            "Only {n} conversions in arm {arm} so far; at least {need} are needed in each arm.",
            n=Count(readout.conversions[name]),
            arm=arm_name(readout.spec, name),
            need=Count(FEWEST_CONVERSIONS),
        )
        for name in (readout.spec.control, arm)
        if readout.conversions[name] < FEWEST_CONVERSIONS
    ]
    result = readout.goal(arm)
    if result.effect is not None and result.effect.lacking > 1:
        found.append(too_few(readout.spec, result.metric, arm, result.effect))
    return found


def _judge(readout: Readout, arm: str) -> tuple[Kind, list[Message]]:
    # The first that fits, for one arm.
    result = readout.goal(arm)
    effect = result.effect
    if effect is None:
        return "refused", [result.refusal] if result.refusal is not None else []
    before = _before(readout, arm)
    if before is not None:
        return before
    verdict: str = effect.verdict
    if readout.looks.closed:
        verdict = "open"
    if result.metric.less_is_better:
        verdict = "better" if verdict == "worse" else "worse" if verdict == "better" else "open"
    poorer = _poorer(readout, arm, verdict)
    if poorer is not None and poorer[0] == "guardrail":
        return poorer
    unproven = [rail for rail in readout.guardrails(arm) if not rail.guardrail or rail.guardrail.status == "open"]
    small = _too_small(readout, effect)
    if verdict == "better" and not unproven and not small and poorer is None:
        return "ship", []
    if verdict == "worse":
        return "stop", []
    # A bet on an open result must be as safe for the guardrails as a proven gain.
    reasons = [_rail(readout, rail) for rail in unproven] if verdict == "better" or readout.looks.final else []
    if verdict == "better" and small:
        reasons.append(
            Message(
                "The gain is sure, but smaller than the {least} that was called worthwhile.",
                least=Percent(readout.spec.worthwhile),
            )
        )
    if poorer is not None:
        reasons = [*poorer[1], *reasons]
    return ("flat" if readout.looks.final else "continue"), reasons


def _before(readout: Readout, arm: str) -> tuple[Kind, list[Message]] | None:
    """What ends the question before the goal is asked: too few people, or harm to a guardrail."""
    few = _few(readout, arm)
    if few:
        return "too_early", few
    broken = [rail for rail in readout.guardrails(arm) if rail.guardrail and rail.guardrail.status == "broken"]
    return ("guardrail", [_rail(readout, rail) for rail in broken]) if broken else None


def _poorer(readout: Readout, arm: str, verdict: str) -> tuple[Kind, list[Message]] | None:
    """What speaks against an arm whose goal is surely better while the money, measured by itself, is not."""
    stake, goal = readout.stakes.get(arm), readout.goal(arm)
    if stake is None or stake.measured is None or verdict != "better":
        return None
    metric = next(one.metric for one in readout.results if one.metric.key == MEASURED and one.arm == arm)
    what = change(metric, stake.measured, readout.currency)
    if stake.measured.verdict == "worse":
        return "guardrail", [
            Message("{change}: surely less money, although {goal} rose.", change=what, goal=goal.metric.label)
        ]
    if stake.loss_if_shipped < stake.loss_if_kept:
        return None
    return "continue", [
        Message(
            "{goal} rose, but not the money: {change}. Shipping would rest on {goal} alone.",
            goal=goal.metric.label,
            change=what,
        )
    ]


def _without_money(readout: Readout, kind: Kind, arm: str, reasons: list[Message]) -> Message | None:
    """The headline of an arm whose goal is sure and whose money is not; None for all others."""
    poorer = _poorer(readout, arm, "better") if kind == "continue" and reasons else None
    if poorer is None or reasons[0] != poorer[1][0]:
        return None
    return Message("Do not ship {arm} yet. {why}", arm=arm_name(readout.spec, arm), why=reasons[0])


def _too_small(readout: Readout, effect: Effect) -> bool:
    return effect.lift.status == "ok" and abs(effect.lift.value) < readout.spec.worthwhile


def _rail(readout: Readout, rail: MetricResult) -> Message:
    if rail.guardrail is None or rail.effect is None:
        return Message("Guardrail {metric}: {why}", metric=rail.metric.label, why=rail.refusal or "")
    margin = Percent(rail.guardrail.margin)
    what = change(rail.metric, rail.effect, readout.currency)
    if rail.guardrail.status == "broken":
        return Message("{change}: surely worse than the {margin} agreed on.", change=what, margin=margin)
    return Message("{change}: a loss of more than {margin} cannot be ruled out yet.", change=what, margin=margin)


def _best(readout: Readout, arms: tuple[str, ...]) -> str:
    # By the expected gain after the prior.
    def gain(arm: str) -> float:
        belief = readout.goal(arm).posterior
        if belief is None:
            return -math.inf
        return belief.loss_if_kept - belief.loss_if_shipped

    return max(arms, key=gain)


def _decision(
    readout: Readout,
    kind: Kind,
    arm: str,
    reasons: list[Message],
    arms: tuple[tuple[str, Kind], ...] = (),
) -> Decision:
    result = readout.goal(arm)
    belief, stake = result.posterior, readout.stakes.get(arm)
    choose: Literal["treatment", "control", ""] = ""
    if kind == "ship":
        choose = "treatment"
    elif kind in {"stop", "guardrail"}:
        choose = "control"
    elif kind == "flat":
        # The side with the smaller expected loss; money that was measured by itself has to favour it too.
        weighed = [belief, *([stake] if stake is not None and stake.measured is not None else [])]
        favoured = all(one is not None and one.loss_if_shipped < one.loss_if_kept for one in weighed)
        shipped = favoured and not reasons
        choose = "treatment" if shipped else "control"
    wrong = math.nan
    # Where a guardrail or the size speaks against shipping, the odds of the goal alone are not those of the choice.
    if belief is not None and choose and not (kind == "flat" and reasons):
        wrong = 1 - belief.better if choose == "treatment" else belief.better
    against = None if choose == "treatment" else despite(readout, kind, result, stake)
    users, days = _missing(readout)
    # An open result has no winner to be rolled out, even where shipping is the smaller risk.
    rule = "experiment_bet" if kind == "flat" and choose == "treatment" else _RULES[kind]
    return Decision(
        kind=kind,
        arm=arm,
        headline=_without_money(readout, kind, arm, reasons)
        or (
            _headline(readout, kind, result, stake, (wrong, days), choose == "treatment")
            if kind != "flat" or not reasons
            else _kept(readout, result, reasons[0])
        ),
        reasons=(*reasons, *_more_reasons(readout, kind, result, stake, against)),
        result=result,
        stake=stake,
        despite=against,
        chance_wrong=wrong,
        choose=choose,
        adjusted=readout.adjustments,
        more_users=users,
        more_days=days,
        next_look=_next_look(readout, kind, days),
        arms=arms or tuple((name, kind) for name in readout.spec.treatments),
        action=advice(rule) if rule else None,
    )


def _missing(readout: Readout) -> tuple[float, float]:
    users = max(0.0, readout.looks.target - readout.looks.users)
    if math.isnan(readout.looks.target):
        return math.nan, math.nan
    if not readout.days:
        return math.ceil(users), math.nan
    return math.ceil(users), math.ceil(users / (readout.looks.users / readout.days))


def _next_look(readout: Readout, kind: Kind, more_days: float) -> dt.date | None:
    if kind not in {"too_early", "continue"} or readout.last_day is None:
        return None
    wait = FEWEST_DAYS - readout.days
    if wait <= 0:
        wait = int(more_days) if 0 < more_days < FEWEST_DAYS else FEWEST_DAYS
    return readout.last_day + dt.timedelta(days=wait)


def _headline(
    readout: Readout,
    kind: Kind,
    result: MetricResult,
    stake: Stake | None,
    odds: tuple[float, float],
    ship: bool,
) -> Message:
    arm, effect = arm_name(readout.spec, result.arm), result.effect
    if kind == "invalid":
        return Message("The result is not valid; do not decide on it. Repair the test and run it again.")
    if effect is None:
        return Message("These data allow no honest test of {metric}.", metric=result.metric.label)
    what = change(result.metric, effect, readout.currency)
    parts = {"arm": arm, "change": what, "money": money_clause(stake), "wrong": _odds(odds[0])}
    if kind == "too_early":
        said = Message("Too early to say anything about {arm}: keep it running.", arm=arm)
    elif kind == "guardrail":
        said = Message("Do not ship {arm}: it harms what was to be protected.", arm=arm)
    elif kind == "ship":
        said = Message("Ship {arm}: {change}{money}. Chance of being wrong: {wrong}.", **parts)
    elif kind == "stop":
        said = Message("Stop {arm}, it is worse: {change}{money}. Chance of being wrong: {wrong}.", **parts)
    elif kind == "flat":
        said = _flat(parts, ship)
    elif odds[1] > 0:
        said = Message(
            "Keep {arm} running, about {n} more days: {change} so far, not yet sure.",
            arm=arm,
            n=Count(odds[1]),
            change=what,
        )
    else:
        said = Message("Keep {arm} running: {change} so far, not yet sure.", arm=arm, change=what)
    return said


def _kept(readout: Readout, result: MetricResult, why: Message) -> Message:
    if result.effect is None:
        return why
    parts = {"change": change(result.metric, result.effect, readout.currency), "why": why}
    if result.effect.verdict == "open":
        return Message("No clear difference in the full sample ({change}). Keep what you have. {why}", **parts)
    return Message("Not enough to ship ({change}). Keep what you have. {why}", **parts)


def _flat(parts: dict[str, Any], ship: bool) -> Message:
    if ship:
        return Message(
            "No clear difference in the full sample ({change}). {arm} is the better bet, wrong with chance {wrong}.",
            **parts,
        )
    return Message(
        "No clear difference in the full sample ({change}). Keep what you have, wrong with chance {wrong}.",
        **parts,
    )


def despite(readout: Readout, kind: Kind, result: MetricResult, stake: Stake | None) -> Message | None:
    """Why the treatment is not shipped although the expected loss of not shipping is the larger one.

    The expected losses are means over every effect that is still possible, of the goal alone. They know nothing of
    guardrails, of what the change itself costs, and of the proof that was asked for.

    Returns:
        None when the two do not disagree, or when there is no money to compare.
    """
    if stake is None or result.effect is None or stake.loss_if_kept <= stake.loss_if_shipped:
        return None
    if kind not in {"flat", "guardrail", "continue"}:
        return None
    rails = [rail for rail in readout.guardrails(result.arm) if not rail.guardrail or rail.guardrail.status != "held"]
    if kind == "continue" and result.effect.verdict == "open":
        return Message(
            "Why not ship all the same: the expected losses are averages over all that is still possible. "
            "The test is looked at before its sample is complete, and the proof is not there yet."
        )
    belief, counted = result.posterior, _counted(readout, result, stake)
    if stake.measured is not None and belief is not None and belief.loss_if_kept <= belief.loss_if_shipped:
        return Message(
            "Why not ship all the same: the expected losses count {counted}, and {goal}, which was to decide, does not "
            "speak for it.",
            counted=counted,
            goal=result.metric.label,
        )
    if not rails:
        return Message(
            "Why not ship all the same: the gain is below the {least} that was called worthwhile, and the expected "
            "losses leave out what the change itself costs.",
            least=Percent(readout.spec.worthwhile),
        )
    # A guardrail that is surely broken says more than one that is merely not proven.
    first = min(rails, key=lambda rail: rail.guardrail is None or rail.guardrail.status != "broken")
    return _beside_the_goal(counted, first)


def _counted(readout: Readout, result: MetricResult, stake: Stake) -> Value:
    """The figure that the expected losses are reckoned from."""
    if stake.measured is None:
        return result.metric.label
    return next(one.metric.label for one in readout.results if one.metric.key == MEASURED)


def _beside_the_goal(goal: Value, rail: MetricResult) -> Message:
    # What a guardrail says that the expected losses, which know the goal alone, do not.
    if rail.guardrail is None:
        return Message(
            "Why not ship all the same: the expected losses count {goal} alone, on average over all that is possible. "
            "{guardrail} is not in them, and these data cannot test it.",
            goal=goal,
            guardrail=rail.metric.label,
        )
    parts = {"goal": goal, "guardrail": rail.metric.label, "margin": Percent(rail.guardrail.margin)}
    if rail.guardrail.status == "broken":
        return Message(
            "Why not ship all the same: the expected losses count {goal} alone. The harm to {guardrail} is "
            "not in them, and it surely goes beyond the {margin} agreed on.",
            **parts,
        )
    return Message(
        "Why not ship all the same: the expected losses count {goal} alone, on average over all that is possible. "
        "{guardrail} is not in them, and a loss of more than {margin} there cannot be ruled out yet.",
        **parts,
    )


def _odds(share: float) -> Percent:
    # Nothing in a shop is surer than one in a thousand.
    return Percent(min(0.999, max(0.001, share)), digits=1) if math.isfinite(share) else Percent(share)


def _more_reasons(
    readout: Readout, kind: Kind, result: MetricResult, stake: Stake | None, against: Message | None
) -> list[Message]:
    effect, found = result.effect, []
    if effect is None or kind in {"invalid", "too_early"}:
        return []
    found.append(
        Message(
            "{metric}: {interval}.",
            metric=result.metric.label,
            interval=interval(result.metric, effect, readout.currency),
        )
    )
    turned = otherwise(readout, result, stake)
    if turned is not None:
        found.append(turned)
    if stake is not None:
        found.append(
            Message(
                "Choosing now, over {months} months: shipping risks {ship} on average, not shipping {keep}.",
                months=Count(stake.months),
                ship=Money(stake.loss_if_shipped, stake.gain.currency),
                keep=Money(stake.loss_if_kept, stake.gain.currency),
            )
        )
    if against is not None:
        found.append(against)
    users, days = _missing(readout)
    if kind == "continue" and users > 0:
        parts = {"users": Count(users), "days": Count(days)}
        if days > FAR_AWAY:
            found.append(
                Message("Still missing: about {users} users, {days} days. That is long; test a bolder change.", **parts)
            )
        elif math.isfinite(days):
            found.append(Message("Still missing: about {users} users, {days} days at this traffic.", **parts))
        else:
            found.append(Message("Still missing: about {users} users.", users=Count(users)))
    return found
