"""Findings as cards: one card, one cause; the headline first, the money at the right edge."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from ecops import Finding
from ecops.capability import capabilities
from ecops.finding import Amount, Confidence, Trial
from ecops.handbook import roles
from ui.parts import cites, folds
from ui.parts.text import _, language, lines, paragraphs, red_up, say, small
from ui.state import workspaces
from ui.weekly_review import review_form

OPEN = 3
"""Cards that are open; the rest is folded."""


def show(findings: Sequence[Finding], key: str) -> None:
    """The findings in the order given: three open, the rest folded."""
    for place, finding in enumerate(findings[:OPEN]):
        card(finding, f"{key}_{place}")
    rest = findings[OPEN:]
    if rest:
        fold = folds.with_form(_("{n} more findings", n=len(rest)), f"{key}_rest")
        if fold is not None:
            with fold:
                for place, finding in enumerate(rest, OPEN):
                    card(finding, f"{key}_{place}")


def card(finding: Finding, key: str) -> None:
    """One finding."""
    with st.container(border=True, key=f"finding_{key}"):
        told, paid = st.columns([7, 3], gap="medium")
        with told:
            st.markdown(f"**{say(finding.headline)}**")
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                chip(finding.confidence)
                st.caption(say(finding.evidence), width="content")
            if further := _further(finding):
                st.markdown(paragraphs(*further))
            if finding.parameters:
                cites.show(finding.parameters)
        with paid:
            if finding.money is not None:
                money(finding.money, key)
            review_form.button(finding, key)
            if finding.trial is not None:
                planning(finding.trial, key)


def _further(finding: Finding) -> list[str]:
    """What is advised, and what a reader must know beside."""
    told = [small(say(note)) for note in finding.notes]
    if finding.action is None:
        return told
    owner = roles().get(finding.action.owner, finding.action.owner)
    return [_("Advice: {advice} Owner: {owner}.", advice=finding.action.text, owner=owner), *told]


def planning(trial: Trial, key: str) -> None:
    """A button that writes the test down as planned, where a guest keeps tests; a word that it is, once it is."""
    planner = next((guest for guest in capabilities().values() if guest.plan is not None), None)
    if planner is None or planner.plan is None:
        return
    state = workspaces.current().state
    known = planner.waits_for(workspaces.tables()) if planner.waits_for is not None else ()
    if trial.name in known:
        st.caption(_("The test {name} is planned.", name=trial.name), text_alignment="right")
    else:
        st.button(
            _("Plan the test"), key=f"plan_{key}", width="stretch", on_click=planner.plan,
            args=(state, trial, review_form.ACTOR, language()),
        )  # fmt: skip


def money(amount: Amount, key: str) -> None:
    """An amount with its direction in colour, arrow and word, its span and its interval; grey where it may be 0."""
    up, unsure = amount.value > 0, amount.low <= 0 <= amount.high
    with st.container(key=f"finding_money_{key}", gap=None):
        colour = "red" if up == red_up() else "green"
        arrow = "▲" if up else "▼"
        shown = f":grey[{say(amount.money)}]" if unsure else f":{colour}[{arrow} {say(amount.money)}]"
        st.header(shown, anchor=False, text_alignment="right")
        told = [f"{_direction(up)} · {_horizon(amount.horizon)}"]
        if math.isfinite(amount.low) and math.isfinite(amount.high):
            told.append(_("{interval} (95%)", interval=amount.interval))
        if unsure:
            told.append(_("It may as well be nothing."))
        st.caption(lines(*told), text_alignment="right")


def _direction(up: bool) -> str:
    return _("more taken in") if up else _("less taken in")


def _horizon(horizon: str) -> str:
    return {
        "period": _("over this period"),
        "week": _("a week"),
        "month": _("a month"),
        "year": _("a year"),
    }[horizon]


def chip(confidence: Confidence) -> None:
    """How sure a finding is."""
    if confidence == "confirmed":
        st.badge(_("Confirmed"), color="blue", help=_("Holds after allowing for all comparisons made."))
    elif confidence == "watch":
        st.badge(
            _("Watch"), color="orange", help=_("Would hold alone, but not after allowing for all comparisons made.")
        )
    else:
        st.badge(_("Too little data"), color="grey", help=_("Too few cases to tell it from chance."))
