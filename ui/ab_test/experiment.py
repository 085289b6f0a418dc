"""The A/B page: which test is looked at, its verdict, and what it rests on. Everything computed comes from `ecops`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import streamlit as st

from ecops import EcopsError
from ecops import experiments as ab
from ecops.experiments.looks import peeking
from ecops.experiments.reading.tally import Tally
from ecops.experiments.reading.workspace import Held, experiments_in
from ecops.experiments.records.judging import asked, judge
from ecops.experiments.records.register import UNNAMED, Trial
from ecops.experiments.telling.report import KINDS, readable, seeming
from ecops.experiments.telling.words import arm_name, otherwise
from ecops.handbook import roles
from ecops.messages import Count, DateRange, Message, Money, Percent, Term
from ui.ab_test.experiment_store import ACTOR, hypothesis, register
from ui.parts import cards, errors
from ui.parts.text import _, clean, plain, say
from ui.state import address, workspaces

PARTS = ("verdict", "check", "plan", "register")


@dataclass(frozen=True, slots=True)
class Case:
    """One test as it is shown.

    Attributes:
        key: its name in the register.
        held: what the data holds of it.
        trial: what the register knows; None when nobody has written anything.
        spec, tally, readout, decision: see `ecops.experiments`.
        weeks: what weekly readers would have seen.
        planned: whether a sample was agreed on, or the test was said to be over.
    """

    key: str
    held: Held
    trial: Trial | None
    spec: ab.Experiment
    tally: Tally
    readout: ab.Readout
    decision: ab.Decision
    weeks: tuple[peeking.Week, ...]
    planned: bool


def part() -> str:
    """Which part of the page is read: the verdict, the check of the data, a plan, or the register."""
    # Four short words: they stand in one row on a telephone too.
    names = {
        "verdict": _("Verdict"),
        "check": plain(Term(en="Check", zh="数据检查")),
        "plan": plain(Term(en="Plan", zh="做计划")),
        "register": _("Register"),
    }
    address.adopt_one("part", PARTS, PARTS[0])
    st.segmented_control(
        _("Part"), PARTS, format_func=names.__getitem__, key="part", required=True, label_visibility="collapsed"
    )
    chosen = str(st.session_state["part"])
    address.publish("part", [chosen] if chosen != PARTS[0] else [])
    return chosen


def held() -> tuple[Held, ...]:
    """The tests of the workspace, the latest first."""
    found: tuple[Held, ...] = workspaces.answer(experiments_in)
    return found


def picked(tests: tuple[Held, ...]) -> Held:
    """The test that is looked at, chosen where there are several."""
    names = [test.name or UNNAMED for test in tests]
    if len(names) > 1:
        trials = {trial.name: trial for trial in register().trials()}
        labels = {name: " · ".join(filter(None, (clean(name), hypothesis(trials.get(name))))) for name in names}
        address.adopt_one("test", names, names[0])
        st.selectbox(_("Which test?"), names, format_func=labels.__getitem__, key="test", persist_state="session")
        chosen = st.session_state["test"]
        address.publish("test", [chosen] if chosen != names[0] else [])
        return tests[names.index(chosen)]
    return tests[0]


def case(test: Held) -> Case | None:
    """Everything about one test; None, with the reason on the page, when it cannot be read."""
    key = test.name or UNNAMED
    trial = register().trial(key)
    judged: Case
    try:
        judged = workspaces.answer(_case, key, test, trial)
    except EcopsError as error:
        errors.show(error)
        if trial is not None and trial.looks and not workspaces.is_sample():
            st.button(
                _("This is a new test under the same name: count its looks from now on"),
                on_click=register().restart,
                args=(key, ACTOR, "new data"),
            )
        return None
    return judged


def _case(_data: object, key: str, test: Held, trial: Trial | None) -> Case:
    tally = _tally(asked(test, trial))
    found = judge(tally, test, trial)
    decision = ab.decide(found.readout)
    weeks = peeking.weeks(tally, found.readout, decision.arm)
    return Case(key, test, trial, found.spec, tally, found.readout, decision, weeks, found.planned)


def _tally(spec: ab.Experiment) -> Tally:
    # What decides nothing about the data is left out, so that changing it reads nothing again.
    plain = replace(
        spec, looks=(), planned_sample=None, assumed_sample=None, whole=False, margin=1.0, monthly_traffic=None,
        minimum_lift=0.1,
    )  # fmt: skip
    tally: Tally = workspaces.answer(ab.tally_of, plain)
    return tally


def supposed(shown: Case, **changes: float) -> ab.Decision:
    """What would be decided if something that decides nothing about the data were another.

    Args:
        shown: the test as it is.
        changes: fields of its `Experiment`.
    """
    decision: ab.Decision = workspaces.answer(_supposed, shown.spec, replace(shown.spec, **changes))
    return decision


def _supposed(_data: object, spec: ab.Experiment, changed: ab.Experiment) -> ab.Decision:
    return ab.decide(ab.analyse(_tally(spec), changed))


def remember(shown: Case) -> None:
    """Write this look into the register, so that the next one knows of it; never for the sample shop."""
    if workspaces.is_sample():
        return
    looks = shown.readout.looks
    register().look(shown.key, ACTOR, looks.users, shown.decision.kind, shown.readout.last_day, looks.horizon)


def line(shown: Case) -> None:
    """The small line: hypothesis, days, users, owner."""
    readout, parts = shown.readout, []
    words = hypothesis(shown.trial)
    if words:
        parts.append(_("Hypothesis: {text}", text=words))
    if readout.first_day is not None and readout.last_day is not None:
        parts.append(say(DateRange(readout.first_day, readout.last_day)))
    parts.append(_("{n} users", n=Count(readout.looks.users)))
    if shown.trial is not None:
        parts.append(_("owner: {owner}", owner=roles()[shown.trial.owner]))
    parts.append(_("whole test, whatever the dates on the left"))
    if workspaces.is_sample():
        parts.append(_("sample shop"))
    st.caption(" · ".join(parts))


def verdict(shown: Case) -> None:
    """The sentence to read aloud, what it means, what to do, and when to look again."""
    decision = shown.decision
    cards.verdict(readable(decision.headline))
    for text in (seeming(decision, shown.readout.currency), peeking.misled(shown.weeks, decision, shown.spec)):
        if text is not None:
            st.markdown(say(text))
    if decision.kind in {"invalid", "refused", "too_early", "guardrail"}:
        for reason in decision.reasons:
            st.markdown(f"- {say(readable(reason))}")
    if decision.action is not None:
        owner = roles().get(decision.action.owner, decision.action.owner)
        st.markdown(_("Advice: {advice} Owner: {owner}.", advice=decision.action.text, owner=owner))
    if decision.next_look is not None:
        st.markdown(_("Look again on {day}. Looking earlier is allowed, but costs certainty.", day=decision.next_look))


def plan_missing(shown: Case) -> None:
    """Ask for what nobody wrote down: is the test over, or how many users were to come?"""
    if shown.planned or workspaces.is_sample():
        return
    with st.container(border=True, key="plan_missing"):
        st.markdown(
            _("**Nobody wrote down how many users this test was to have.** Without that, every further look is a risk.")
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.button(
                _("The test is over: judge it with everybody who came"),
                key="whole",
                on_click=register().write,
                args=(shown.key, ACTOR),
                kwargs={"whole": True},
            )
            target = shown.readout.looks.target
            usual = math.ceil(target) if math.isfinite(target) else int(shown.readout.looks.users * 2)
            sample = st.number_input(_("Or it still runs, up to this many users"), 100, 10**9, max(100, usual), 100)
            if st.button(_("Write the plan down"), key="late_plan"):
                with errors.explained():
                    register().write(shown.key, ACTOR, planned_sample=float(sample))
                    st.rerun()


def split_missing(shown: Case) -> None:
    """Ask how the users were to be split, where they fit no even split and nobody said so."""
    if workspaces.is_sample() or all(check.key != "split_unknown" for check in shown.readout.checks):
        return
    arms = [arm for arm, weight in shown.spec.arms.items() if weight > 0]
    counts = {arm: shown.readout.users.get(arm, 0.0) for arm in arms}
    with st.container(border=True, key="split_missing"):
        st.markdown(_("**How were the users to be split?** They fit no even split, and nobody wrote down another one."))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for at, plan in enumerate(ab.likely_splits(counts, shown.spec.control)[:2]):
                shares = " / ".join(say(Percent(plan[arm], digits=0)) for arm in arms)
                st.button(
                    _("Planned {shares}", shares=shares),
                    key=f"split_{at}",
                    on_click=register().write,
                    args=(shown.key, ACTOR),
                    kwargs={"weights": dict(plan)},
                )
        st.caption(
            _("If it was to be even, the assignment is broken: repair it and run the test again. Other shares are "
              "written under the data check.")
        )  # fmt: skip


def five(shown: Case) -> None:
    """At most five figures beside each other, and what the money counts; only the arms of an invalid result."""
    _cards(shown)
    stake, goal = shown.decision.stake, shown.spec.goal_metric
    if shown.decision.kind not in {"ship", "stop", "flat", "continue", "guardrail"} or stake is None:
        return
    if stake.measured is not None:
        st.caption(_("Worth a month: from the revenue per visitor as this test measured it, not from {metric} alone.",
                     metric=goal.label))  # fmt: skip
        return
    if goal.unit == "money" or shown.decision.kind == "guardrail":
        return
    st.caption(
        _(
            "Worth a month: from {metric} alone, one more counted as {value}, as if the order value stayed as it is.",
            metric=goal.label,
            value=Money(stake.value, stake.gain.currency),
        )
    )
    result = shown.decision.result
    against = otherwise(shown.readout, result, stake) if result is not None else None
    if against is not None:
        row("amber", say(readable(against)))


def _cards(shown: Case) -> None:
    with st.grid(5, min_column_width=164, gap="small", key="figure_cards"):
        if shown.decision.kind in {"invalid", "refused"}:
            _arms(shown)
        else:
            _effect(shown)
            _money(shown)
        looks = shown.readout.looks
        if not shown.planned and shown.decision.kind in {"ship", "stop", "guardrail"}:
            _card(_("Users"), say(Count(looks.users)), None, None)
            return
        share = Percent(looks.fraction, digits=0) if math.isfinite(looks.fraction) else "—"
        _card(
            _("Planned sample reached"),
            say(share),
            _("{now} of {all} users", now=Count(looks.users), all=Count(math.ceil(looks.target)))
            if math.isfinite(looks.target)
            else _("{n} users", n=Count(looks.users)),
            _("With no plan: the users that a change of {lift} needs.", lift=Percent(shown.spec.minimum_lift)),
        )
        if shown.readout.days:
            _card(_("Days"), say(Count(shown.readout.days)), _("look {n}", n=Count(looks.number)), None)


def _card(label: str, value: str, words: str | None, explained: str | None) -> None:
    st.metric(
        label, value, None, delta_color="off", delta_arrow="off", delta_description=words,
        help=explained, border=True, height="stretch",
    )  # fmt: skip


def _arms(shown: Case) -> None:
    users = shown.readout.users
    whole, weights = sum(users.values()), sum(shown.spec.arms.values())
    for arm, weight in list(shown.spec.arms.items())[:3]:
        _card(
            _("Users in {arm}", arm=arm_name(shown.spec, arm)),
            say(Count(users.get(arm, 0))),
            _(
                "{seen} of all, planned {share}",
                seen=Percent(users.get(arm, 0) / whole),
                share=Percent(weight / weights),
            ),
            None,
        )


def _effect(shown: Case) -> None:
    result = shown.decision.result
    if result is None or result.effect is None:
        return
    effect, lift = result.effect, result.effect.lift
    named = ab.preset(result.metric.key) if result.metric.key in ab.presets() else result.metric
    before, after = (
        say(_value(named.unit, value, shown.readout.currency)) for value in (effect.control, effect.treatment)
    )
    certain = lift.status == "ok"
    _card(
        say(result.metric.label),
        say(Percent(lift.value, signed=True)) if certain else after,
        f"{before} → {after}",
        _("Between {low} and {high}, allowing for every look so far.", low=Percent(lift.low, signed=True),
          high=Percent(lift.high, signed=True)) if certain else None,
    )  # fmt: skip


def _value(unit: str, value: float, currency: str) -> object:
    return Money(value, currency) if unit == "money" else Percent(value) if unit == "rate" else Count(value)


def _money(shown: Case) -> None:
    stake, wrong = shown.decision.stake, shown.decision.chance_wrong
    if stake is not None and shown.decision.kind != "too_early":
        _card(
            _("Worth a month"),
            say(stake.gain.money),
            say(stake.gain.interval),
            _(
                "From the revenue per visitor, if everybody saw it, with {n} users a month.",
                n=Count(round(stake.traffic)),
            )
            if stake.measured is not None
            else _(
                "From {metric} alone, if everybody saw it, with {n} users a month.",
                metric=shown.spec.goal_metric.label,
                n=Count(round(stake.traffic)),
            ),
        )
    if math.isfinite(wrong):
        choice = _("if you ship it") if shown.decision.choose == "treatment" else _("if you keep what you have")
        _card(
            _("Chance of being wrong"),
            say(Percent(min(0.999, max(0.001, wrong)), digits=1)),
            choice,
            _("That the other choice is the better one, after a sceptical start: most changes move little."),
        )


def problems(shown: Case) -> None:
    """What the checks found, worst first; in one line when there is nothing."""
    found = [check for check in shown.readout.checks if check.level != "green"]
    reasons = {str(reason) for reason in shown.decision.reasons}
    fresh = [check for check in found if str(check.text) not in reasons]
    if not found:
        st.caption(_("The data was checked: the split, double entries, weekdays, outliers. Nothing stands out."))
    if shown.held.guessed and not (shown.trial is not None and shown.trial.control):
        row(
            "amber",
            _(
                "No name says which version is the old one; {arm} was taken for it. Change it under the data check.",
                arm=shown.spec.control,
            ),
        )
    for check in sorted(fresh, key=lambda check: check.level != "red"):
        row(check.level, say(readable(check.text)))


def row(level: str, sentence: str) -> None:
    """One checked thing: a coloured word and a sentence."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if level == "red":
            st.badge(_("Not valid"), color="red")
        elif level == "amber":
            st.badge(_("Watch"), color="orange")
        else:
            st.badge(_("Fine"), color="green")
        st.markdown(sentence, width="content")


def arms(shown: Case) -> None:
    """With several arms: what each one's own verdict is."""
    if len(shown.decision.arms) > 1:
        told = [f"{plain(arm_name(shown.spec, arm))}: {plain(KINDS[kind])}" for arm, kind in shown.decision.arms]
        st.caption(say(Message("Each arm alone: {arms}", arms=" · ".join(told))))
