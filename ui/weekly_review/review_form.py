"""The form that makes a decision of a finding: who, until when, why, and how much it should bring."""

from __future__ import annotations

import datetime as dt
import math

import streamlit as st

from ecops.capability import capabilities
from ecops.finding import Finding
from ecops.handbook import roles
from ecops.metrics.registry import metrics
from ecops.periods import ONE_DAY, last_full_week
from ecops.review import ActionLog
from ecops.review.causes import weekly_money
from ui.parts import cards, errors
from ui.parts.text import _, clean, plain, say
from ui.state import scope, workspaces

ACTOR = "app"
_DUE_DAYS = 7
_FIELDS = ("title", "owner", "person", "due", "hypothesis", "expected_weekly")


def button(finding: Finding, key: str) -> None:
    """The button on a finding's card."""
    if finding.kind == "data" and "experiment" not in finding.subject:
        return
    if _answered(finding):
        st.caption(_("An action answers this."), text_alignment="right")
    elif st.button(_("Make it an action"), key=f"act_{key}", width="stretch"):
        st.dialog(_("Make it an action"), width="medium")(form)(finding, key)


def _answered(finding: Finding) -> bool:
    """Whether an action that is neither settled nor given up answers the same cause."""
    return any(
        action.kind == finding.kind
        and action.metric == finding.metric
        and dict(action.subject) == dict(finding.subject)
        for action in ActionLog(workspaces.current().state).actions()
        if action.state not in {"verified", "dropped"}
    )


def form(finding: Finding | None, key: str) -> None:
    """Title, owner, person, due date, hypothesis, expected money; without a finding also the metric to watch.

    Args:
        finding: what is answered; None for a decision of one's own.
        key: names the form on its page.
    """
    if finding is not None:
        st.markdown(f"**{say(finding.headline)}**")
    advice = finding.action if finding is not None else None
    with st.form(f"action_{key}", border=False, enter_to_submit=False):
        advised = plain(advice.text) if advice is not None else ""
        st.text_input(_("What do we do?"), value=advised, key=f"action_title_{key}", max_chars=200)
        left, middle, right = st.columns(3)
        owners = {name: plain(role) for name, role in roles().items()}
        owned = list(owners).index(advice.owner if advice is not None else "operations")
        with left:
            st.selectbox(_("Owner"), list(owners), owned, format_func=owners.__getitem__, key=f"action_owner_{key}")
        with middle:
            st.text_input(_("Person"), key=f"action_person_{key}", max_chars=60)
        with right:
            due = _monday() + _DUE_DAYS * ONE_DAY
            st.date_input(_("Due"), value=due, key=f"action_due_{key}", format="YYYY-MM-DD")
        st.text_input(_("Hypothesis: why should it work?"), key=f"action_hypothesis_{key}", max_chars=300)
        expected = abs(weekly_money(finding.money, finding.period.days)) if finding is not None else 0.0
        money = float(round(expected))
        st.number_input(_("Expected money a week"), 0.0, value=money, step=100.0, key=f"action_expected_weekly_{key}")
        st.checkbox(
            _("Try it on a small scale first, and roll it out when it has proven itself"), key=f"action_small_{key}"
        )
        if finding is None:
            _watched(key)
        else:
            st.caption(_watching(finding))
        if finding is None or finding.area != "experiments":
            _proof(key)
        # Written in a callback: the dialog may be gone when the page is drawn again.
        if st.form_submit_button(_("Write it down"), type="primary", on_click=_write, args=(finding, key)):
            st.rerun()


def _watched(key: str) -> None:
    known = [entry for entry in metrics().values() if entry.computed and cards.may_see(entry)]
    labels = {entry.key: plain(entry.label) for entry in known}
    st.selectbox(_("Metric to watch"), list(labels), format_func=labels.__getitem__, key=f"action_metric_{key}")


def _proof(key: str) -> None:
    """What would prove it, said beforehand, and the two ways to a proof: a staggered start or a test."""
    st.caption(
        _(
            "What would prove it: the figure rises above its level before the trouble, or another place with the same "
            "trouble and without the action does not recover. If it only comes back to the old level, the review says "
            '"recovered, cause not proven", because a trouble may also end by itself.'
        )
    )
    st.caption(
        _(
            "To be sure, stagger it: draw by lot where to begin, and begin elsewhere at least a week later, as an "
            "action of its own with the same metric. Or test it on half of the visitors and name the experiment here."
        )
    )
    tests = [
        name
        for guest in capabilities().values()
        if guest.waits_for is not None
        for name in guest.waits_for(workspaces.current())
    ]
    labels = {"": _("none"), **{name: clean(name) for name in tests}}
    st.selectbox(
        _("Measured by the experiment"),
        list(labels),
        format_func=labels.__getitem__,
        key=f"action_experiment_{key}",
    )


def _watching(finding: Finding) -> str:
    """What will be compared to see whether it worked."""
    label = metrics()[finding.metric].label if finding.metric in metrics() else None
    if "experiment" in finding.subject or label is None:
        return _("Whether it worked is read from the experiment.")
    return _(
        "Whether it worked: {metric} in the same place, against its level before the trouble and the places beside it.",
        metric=label,
    )


def _monday() -> dt.date:
    last = scope.last_day(workspaces.current())
    assert last is not None
    return last_full_week(last).end + ONE_DAY


def _write(finding: Finding | None, key: str) -> None:
    said = {name: st.session_state[f"action_{name}_{key}"] for name in _FIELDS}
    said["expected_weekly"] = said["expected_weekly"] or math.nan
    said["currency"] = workspaces.current().currency
    said["extent"] = "small" if st.session_state[f"action_small_{key}"] else "whole"
    log = ActionLog(workspaces.current().state)
    said["experiment"] = st.session_state.get(f"action_experiment_{key}", "")
    with errors.kept():
        if finding is None:
            log.add(ACTOR, metric=st.session_state[f"action_metric_{key}"], **said)
        else:
            said["experiment"] = said["experiment"] or finding.subject.get("experiment", "")
            log.add_from(finding, ACTOR, said.pop("title"), **said)
        st.toast(_("The action is written down. You find it in the weekly review."))
