"""The register on the page: who tests what and why, the looks taken, what was decided, and the action behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from ecops.experiments import presets
from ecops.experiments.records.register import Outcome, Trial
from ecops.experiments.telling.findings import findings
from ecops.experiments.telling.report import KINDS
from ecops.handbook import roles
from ecops.messages import Count, Message, Percent, Term
from ui.ab_test.experiment import Case
from ui.ab_test.experiment_store import ACTOR, hypothesis, register
from ui.parts import errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, clean, plain, say
from ui.state import workspaces

_OUTCOMES: dict[Outcome, Term] = {
    "shipped": Term(en="Shipped", zh="全量上线"),
    "kept": Term(en="Kept what we have", zh="保留原方案"),
    "repeated": Term(en="To be repaired and run again", zh="修好后重跑"),
}
_USUAL: dict[str, Outcome] = {"ship": "shipped", "invalid": "repeated", "refused": "repeated"}
_STAGES: dict[str, Term] = {
    "planned": Term(en="planned", zh="已计划"),
    "running": Term(en="not decided", zh="待决定"),
    "decided": Term(en="decided", zh="已决定"),
}


def table() -> None:
    """Every experiment of the workspace in one table."""
    trials = register().trials()
    if not trials:
        st.markdown(_("Nothing is written down yet. Plan a test, or look at the verdict of one: both end up here."))
        return
    rows = pd.DataFrame([_row(trial) for trial in trials])
    shapes = {
        "name": Shape(_("Test")),
        "hypothesis": Shape(_("Hypothesis")),
        "stage": Shape(_("State")),
        "verdict": Shape(_("Verdict at the last look")),
        "decision": Shape(_("Decision")),
        "planned": Shape(_("Planned users"), "count"),
        "looks": Shape(_("Looks taken"), "count"),
        "baseline": Shape(_("Figure before the test"), "figure"),
        "lift": Shape(_("Smallest change worth having"), "figure"),
        "owner": Shape(_("Owner")),
        "action": Shape(_("Action")),
        "created": Shape(_("Written down"), "time"),
    }
    tables.show(rows, "register_table", shapes, download="ecops_experiments")


def _row(trial: Trial) -> dict[str, Any]:
    goal = presets().get(trial.goal)
    rate = goal is not None and goal.unit == "rate"
    role = plain(roles()[trial.owner])
    return {
        "name": trial.name,
        "hypothesis": hypothesis(trial),
        "stage": plain(_STAGES[trial.stage]),
        "verdict": plain(KINDS[trial.looks[-1].verdict]) if trial.looks else "—",
        "decision": plain(_OUTCOMES[trial.decision]) if trial.decision else "—",
        "planned": trial.planned_sample,
        "looks": len(trial.looks),
        "baseline": "—"
        if not trial.baseline > 0
        else plain(Percent(trial.baseline) if rate else Count(trial.baseline)),
        "lift": plain(Percent(trial.minimum_lift)) if trial.minimum_lift > 0 else "—",
        "owner": f"{role} {trial.person}".strip(),
        "action": trial.action or "—",
        "created": trial.created.replace(tzinfo=None) if trial.created else None,
    }


def looks(trial: Trial) -> None:
    """The looks that count, oldest first."""
    if not trial.looks:
        st.caption(_("Nobody has looked at this test yet."))
        return
    rows = pd.DataFrame(
        [
            {"at": look.last_day or look.at.date(), "users": look.users, "verdict": plain(KINDS[look.verdict])}
            for look in trial.looks
        ]
    )
    shapes = {
        "at": Shape(_("Data up to"), "date"),
        "users": Shape(_("Users"), "count"),
        "verdict": Shape(_("Verdict then")),
    }
    tables.show(rows, "looks_table", shapes)


def decision(case: Case) -> None:
    """Write down what was decided, and make it an action with an owner and a day."""
    fixed = workspaces.is_sample()
    if case.trial is not None and case.trial.decision:
        st.markdown(
            _(
                "Decided on {day}: {what}. {reason}",
                day=case.trial.decided_on or "",
                what=_OUTCOMES[case.trial.decision],
                reason=clean(case.trial.reason),
            )
        )
    with st.popover(_("Write the decision down"), disabled=fixed, help=fixed_help()), st.form("decision", border=False):
        usual: Outcome = _USUAL.get(case.decision.kind, "kept")
        if case.decision.choose == "treatment":
            usual = "shipped"
        options: list[Outcome] = list(_OUTCOMES)
        what: Outcome = st.selectbox(
            _("Decision"),
            options,
            options.index(usual),
            format_func={key: plain(word) for key, word in _OUTCOMES.items()}.__getitem__,
            key=f"outcome_{case.key}",
        )
        why = st.text_input(_("Why"), key=f"outcome_reason_{case.key}", max_chars=200)
        act = st.checkbox(
            _("Make it an action, to be checked in the weekly review"), value=True, key=f"outcome_action_{case.key}"
        )
        if st.form_submit_button(_("Save"), key=f"outcome_save_{case.key}"):
            _decide(case, what, why, act)


def fixed_help() -> str | None:
    """Why a control is off in the sample shop."""
    return _("The sample shop cannot be changed; do this in your own shop.") if workspaces.is_sample() else None


def _decide(case: Case, what: Outcome, why: str, act: bool) -> None:
    with errors.explained():
        action = _action(case, what) if act and not (case.trial and case.trial.action) else ""
        register().decide(case.key, ACTOR, what, why, action)
        st.rerun()


def _action(case: Case, what: Outcome) -> str:
    from ecops.review.decisions.actions import ActionLog

    log = ActionLog(workspaces.current().state)
    title = plain(Message("{name}: {what}", name=case.key, what=_OUTCOMES[what]))
    told = findings(case.readout, case.decision)
    if told:
        return log.add_from(told[0], ACTOR, title, experiment=case.key).id
    metric = case.spec.goal_metric.key
    owner = case.trial.owner if case.trial is not None else "operations"
    return log.add(ACTOR, title=title, owner=owner, metric=metric, experiment=case.key).id


def save_plan(name: str, fields: Mapping[str, Any]) -> None:
    """Write a plan into the register and say so."""
    with errors.explained():
        register().write(name.strip(), ACTOR, **fields)
        st.success(
            _("{name} is in the register. Use exactly this name in the file of the test.", name=say(name.strip()))
        )
