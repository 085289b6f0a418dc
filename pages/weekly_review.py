"""Monday, nine o'clock, in the order of the meeting: outcomes of decisions, figures, what changed, what we do."""

import streamlit as st

from ecops.messages import Message
from ui.parts import cards, empty, errors, findings, folds
from ui.parts.text import _
from ui.state import scope, workspaces
from ui.weekly_review import review, review_form, review_meeting, review_rooms, review_scenarios, review_targets

meeting = review_meeting.on()
if not meeting:
    st.title(_("What did our decisions bring, and what do we do this week?"))
chosen = scope.current()
if chosen is None:
    needed = ("order_lines", "orders", "traffic_daily")
    empty.show(Message("There are no orders and no traffic yet."), needed, empty.ORDER_EXAMPLE)
    st.stop()

week, stage = review.choices(scope.last_day(workspaces.current()), hidden=meeting)
if meeting:
    st.title(_("Weekly review {week}", week=week.range))
review.scope_line(chosen, week)
with st.spinner(_("Preparing the review")):
    told = review.read(chosen, week, stage)
errors.told()


def opening() -> None:
    """The verdict, alerts, and what a reader must know of the data."""
    cards.verdict(told.verdict)
    if not meeting:
        review.downloads(told, chosen)
    review.alarms(told)
    review.caveats(told)


def outcomes() -> None:
    """What came of last week's actions."""
    st.subheader(_("1. What did last week's decisions bring?"), anchor=False)
    review.followups(told.followups)


def figures() -> None:
    """The figures, their course, what happened, the targets."""
    st.subheader(_("2. Where do we stand?"), anchor=False)
    review.figures_table(told)
    review.lines(told)
    review.annotations(told)
    review_targets.targets(told)


def changes() -> None:
    """The findings in the handbook's order."""
    st.subheader(_("3. What changed?"), anchor=False)
    review.story(told)
    if not told.findings:
        st.markdown(_("Nothing changed beyond chance in these days."))
    findings.show(told.findings, "review")


def decisions() -> None:
    """Open actions, a new one, what-ifs side by side."""
    st.subheader(_("4. What do we do this week?"), anchor=False)
    review.decisions(told.decisions)
    fold = folds.with_form(_("Write down another decision"), "own_decision")
    if fold is not None:
        with fold:
            review_form.form(None, "own")
    review_scenarios.section()
    review_rooms.show(told)


if meeting:
    review_meeting.show(
        {"verdict": opening, "outcomes": outcomes, "figures": figures, "changes": changes, "decisions": decisions}
    )
else:
    opening()
    outcomes()
    figures()
    changes()
    decisions()
