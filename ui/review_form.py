"""The form that makes a decision of a finding: who, until when, why, and how much it should bring."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st

from ecops.errors import EcopsError
from ecops.finding import Finding
from ecops.growth.registry import metrics
from ecops.handbook import roles
from ecops.periods import ONE_DAY, last_full_week
from ecops.review import ActionLog
from ecops.review.causes import weekly_money
from ui import errors, scope, workspaces
from ui.text import _, plain, say

ACTOR = "app"
_DUE_DAYS = 7


def button(finding: Finding, key: str) -> None:
    """The button on a finding's card."""
    if finding.kind == "data" and finding.area != "experiments":
        return
    if st.button(_("Make it an action"), key=f"act_{key}", width="stretch"):
        _dialog(finding)


def _dialog(finding: Finding) -> None:
    st.dialog(_("Make it an action"), width="medium")(form)(finding)


def form(finding: Finding | None) -> None:
    """Title, owner, person, due date, hypothesis, expected money; without a finding also the metric to watch."""
    if finding is not None:
        st.markdown(f"**{say(finding.headline)}**")
    name = "own" if finding is None else "finding"
    with st.form(f"action_{name}", border=False, enter_to_submit=False):
        advised = plain(finding.action.text) if finding is not None and finding.action is not None else ""
        title = st.text_input(_("What do we do?"), value=advised, key=f"action_title_{name}", max_chars=200)
        left, middle, right = st.columns(3)
        keys = list(roles())
        owned = finding.action.owner if finding is not None and finding.action is not None else "operations"
        with left:
            owner = st.selectbox(
                _("Owner"), keys, index=keys.index(owned), key=f"action_owner_{name}",
                format_func={key: plain(role) for key, role in roles().items()}.__getitem__,
            )  # fmt: skip
        with middle:
            person = st.text_input(_("Person"), key=f"action_person_{name}", max_chars=60)
        with right:
            due = st.date_input(
                _("Due"), value=_monday() + _DUE_DAYS * ONE_DAY, key=f"action_due_{name}", format="YYYY-MM-DD"
            )
        hypothesis = st.text_input(_("Hypothesis: why should it work?"), key=f"action_why_{name}", max_chars=300)
        expected = abs(weekly_money(finding.money, finding.period.days)) if finding is not None else 0.0
        money = st.number_input(
            _("Expected money a week"),
            min_value=0.0,
            value=float(round(expected)),
            step=100.0,
            key=f"action_money_{name}",
        )
        watched = finding.metric if finding is not None else _watched(name)
        if finding is not None:
            st.caption(_watching(finding))
        if st.form_submit_button(_("Write it down"), type="primary"):
            said = {"person": person, "due": due, "hypothesis": hypothesis, "expected_weekly": money or math.nan}
            _write(finding, title, owner, watched, said)


def _watched(name: str) -> str:
    known = [entry for entry in metrics().values() if entry.computed]
    labels = {entry.key: plain(entry.label) for entry in known}
    return str(
        st.selectbox(_("Metric to watch"), list(labels), format_func=labels.__getitem__, key=f"action_metric_{name}")
    )


def _watching(finding: Finding) -> str:
    """What will be compared to see whether it worked."""
    label = metrics()[finding.metric].label if finding.metric in metrics() else None
    if finding.area == "experiments" or label is None:
        return _("Whether it worked is read from the experiment.")
    return _(
        "Whether it worked: {metric} in the same place, against what it would have been without the action.",
        metric=label,
    )


def _monday() -> object:
    last = scope.last_day(workspaces.current())
    assert last is not None
    return last_full_week(last).end + ONE_DAY


def _write(finding: Finding | None, title: str, owner: str, watched: str, said: Mapping[str, object]) -> None:
    log = ActionLog(workspaces.current().state)
    fields = {**said, "currency": workspaces.current().currency or "CNY"}
    try:
        if finding is None:
            log.add(ACTOR, title=title, owner=owner, metric=watched, **fields)
        else:
            if "experiment" in finding.subject:
                fields["experiment"] = finding.subject["experiment"]
            log.add_from(finding, ACTOR, title, owner=owner, **fields)
    except EcopsError as error:
        errors.show(error)
        return
    st.session_state["_decided"] = True
    st.rerun()


def told() -> None:
    """Say once that the last decision was written down."""
    if st.session_state.pop("_decided", False):
        st.toast(_("The action is written down. You find it in the weekly review."))
