"""Where we want to be: the tree of goals, goals of departments and people, and the form to agree on one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ecops import EcopsError, door
from ecops.errors import SpecError
from ecops.handbook import roles
from ecops.messages import Message, Percent, Term
from ecops.metrics.registry import metric
from ecops.periods import ONE_DAY
from ecops.review import Target, Targets, Weekly, stages
from ecops.review.branches import figures
from ecops.review.goals import PARTS, Progress, Whose, progress, suggested
from ecops.review.week import deck
from ui.parts import cites, errors, folds
from ui.parts.text import _, escape, joined, plain, say
from ui.state import workspaces
from ui.weekly_review.review_form import ACTOR

_FORM = {
    "company": Term(en="The company's", zh="全公司"),
    "department": Term(en="A department's", zh="部门"),
    "person": Term(en="A person's", zh="个人"),
    "branch": Term(en="A branch of sales", zh="销售分支"),
}
"""Whose goal it may be, as the form asks."""


def targets(review: Weekly) -> None:
    """The goal tree, and a form to agree on a target."""
    fold = folds.with_form(_("Targets"), "targets")
    if fold is not None:
        with fold:
            _inside(review)


def _inside(review: Weekly) -> None:
    if review.week.days != 7:
        st.caption(_("Targets are meant a week: choose a week to see how far they are and to agree on one."))
        return
    for branch in review.goals:
        _branch(branch, review)
        if branch.metric == "gmv" and branch.goal > 0:
            reached = Percent(branch.value / branch.goal)
            st.markdown(_("{metric}: {value}", metric=metric("gmv_attainment").label, value=reached))
    _branches(review)
    _parts(review)
    _suggested(review)
    with st.form("new_target", border=False, enter_to_submit=False):
        keys = _keys(review)
        names = {key: plain(metric(key).label) for key in keys}
        left, middle, right = st.columns(3)
        with left:
            key = st.selectbox(_("Metric"), keys, format_func=names.__getitem__, key="target_metric")
        with middle:
            value = st.number_input(
                _("Target, a week (a rate in %)"), min_value=0.0, value=None, key="target_value", placeholder="—"
            )
        with right:
            due = st.date_input(
                _("Due by"), value=review.week.end + 91 * ONE_DAY, key="target_due", format="YYYY-MM-DD"
            )
        whose, department, person, branch = st.columns(4)
        with whose:
            levels = {name: plain(label) for name, label in _FORM.items()}
            level = st.selectbox(_("Whose goal"), list(levels), format_func=levels.__getitem__, key="target_level")
        with department:
            owners = {name: plain(role) for name, role in roles().items()}
            role = st.selectbox(_("Which department"), list(owners), format_func=owners.__getitem__, key="target_role")
        with person:
            name = st.text_input(_("Which person"), key="target_person", max_chars=60)
        with branch:
            known = workspaces.answer(figures.names)
            named = {key: f"{plain(figures.LEVELS[key[0]])} · {plain(label)}" for key, label in known.items()}
            part = st.selectbox(
                _("Which branch"), list(named), format_func=named.__getitem__, key="target_branch",
                placeholder=_("no branch is known"),
            )  # fmt: skip
        if st.form_submit_button(_("Agree on it")):
            if level == "person" and not name.strip():
                # Without a name it would replace the goal of the whole company.
                st.error(_("Write the person's name."))
            elif level == "branch":
                _agree_branch(review, key, value, due, part)
            else:
                who = {"company": "", "department": role, "person": name.strip()}[level]
                _agree(review, key, value, due, (who, level if who else None))


def _branches(review: Weekly) -> None:
    """Goals of branches with how far each is, and whether they add up to the shop's goal."""
    kept = Targets(workspaces.current().state)
    told = figures.branches(workspaces.current().data(), review.week, kept.parts())
    for name, found in told:
        _line(found, f"{say(figures.LEVELS[found.target.level])} · {say(name)}", review)
    whole = next((target for target in kept.all() if target.metric == "gmv"), None)
    added = figures.covered(told, whole)
    if added is not None:
        st.caption(say(added))


def _parts(review: Weekly) -> None:
    """Goals of departments and people with how far the shop's figure is."""
    rows = {row.metric.key: row for row in review.kpis}
    for target in Targets(workspaces.current().state).parts():
        if target.level in PARTS:
            continue
        row = rows.get(target.metric)
        found = progress(target, row.value if row is not None else float("nan"), review.week.end)
        who = say(roles()[target.who]) if target.level == "department" else escape(target.who)
        _line(found, f"{say(figures.LEVELS[target.level])} · {who}", review)


def _line(found: Progress, whose: str, review: Weekly) -> None:
    """One goal that is not the whole shop's: value, goal, gap, and giving it up."""
    target = found.target
    told = _(
        "{metric}: {value} of {goal}, {state}",
        metric=metric(target.metric).label,
        value=deck.written(target.metric, found.value, review.currency),
        goal=deck.written(target.metric, target.value, review.currency),
        state=deck.PROGRESS[found.state],
    )
    left, right = st.columns([8, 2], vertical_alignment="center")
    left.markdown(f"**{whose}** {told}")
    right.button(
        _("Give it up"), key=f"give_up_{target.metric}_{target.level}_{target.who}", on_click=_give_up,
        type="tertiary", args=(target.metric, target.who, target.level),
    )  # fmt: skip


def _give_up(key: str, who: str, whose: Whose) -> None:
    with errors.kept():
        Targets(workspaces.current().state).remove(ACTOR, key, who, whose)


def _keys(review: Weekly) -> list[str]:
    """Metrics that a goal can be for: those of the review, then what only a branch has, as far as one may see them."""
    own = [row.metric.key for row in review.kpis]
    more = [key for key in (*figures.SUMS, *figures.RATIOS) if door.may_see(metric(key).needs, door.reader())]
    return list(dict.fromkeys([*own, *more]))


def _agree_branch(review: Weekly, key: str, value: float | None, due: Any, part: tuple[Whose, str] | None) -> None:
    """A goal of a branch that has such a figure."""
    known = workspaces.answer(figures.parts, review.week)
    told = known.get(part, ("", {}))[1] if part else {}
    if part is None or key not in told:
        errors.show(
            SpecError(
                Message("This branch has no {metric} in these days.", metric=metric(key).label),
                Message("Choose another figure or another branch."),
            )
        )
        return
    _agree(review, key, value, due, (part[1], part[0]), told[key])


def _suggested(review: Weekly) -> None:
    """What the handbooks suggest for the stage that was chosen."""
    chosen = str(st.session_state.get("stage") or "")
    preset = stages().get(chosen)
    if preset is None or not preset.parameters:
        return
    aims = workspaces.answer(_aims, chosen)
    told = [f"{say(metric(key).label)} {say(deck.written(key, value, review.currency))}" for key, value in aims.items()]
    st.caption(f"{_('The handbooks suggest for this stage:')} {joined(told)}")
    cites.show(list(preset.parameters.values()))


def _aims(data: Any, stage: str) -> dict[str, float]:
    return suggested(stages()[stage], data)


def _branch(branch: Any, review: Weekly) -> None:
    written = deck.written
    parts = {
        "metric": metric(branch.metric).label,
        "value": written(branch.metric, branch.value, review.currency),
        "goal": written(branch.metric, branch.goal, review.currency),
    }
    if branch.progress is None:
        st.caption(_("{metric}: {value}; the goal of GMV asks for {goal}", **parts))
        return
    parts["state"] = deck.PROGRESS[branch.progress.state]
    st.markdown(_("{metric}: {value} of {goal}, {state}", **parts))
    if branch.progress.slope == branch.progress.slope and branch.progress.slope:
        slope = written(branch.metric, abs(branch.progress.slope), review.currency)
        st.caption(
            _("From now on {slope} a week are needed, for {n} weeks.", slope=slope, n=round(branch.progress.weeks_left))
        )


def _agree(
    review: Weekly, key: str, value: float | None, due: Any, whose: tuple[str, Any], now: float | None = None
) -> None:
    """Write a goal down; `now` where the figure is not the whole shop's."""
    entry, (who, kind) = metric(key), whose
    if not value:
        st.error(_("Write a value above 0."))
        return
    start = next((row.value for row in review.kpis if row.metric.key == key), None) if now is None else now
    if start is None:
        errors.show(
            SpecError(
                Message("The review has no {metric} of the whole shop.", metric=entry.label),
                Message("Choose another figure, or a branch of sales."),
            )
        )
        return
    try:
        target = Target(
            key, value / 100 if entry.percent else value, due, review.week.end, start, entry.owner, who, kind
        )
        Targets(workspaces.current().state).set(ACTOR, target)
    except EcopsError as error:
        errors.show(error)
        return
    st.rerun()
