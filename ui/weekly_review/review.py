"""The parts of the weekly review: what came of the actions, figures, decisions; numbers come from `ecops.review`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ecops.handbook import roles
from ecops.messages import Message, Value
from ecops.metrics.registry import metric
from ecops.periods import ONE_DAY, Period, last_full_week
from ecops.reports.write import render
from ecops.review import ActionLog, FollowUp, Weekly, sections, stages, weekly
from ecops.review.week import deck, figures
from ecops.review.week.charts import Line
from ecops.review.week.rows import KpiRow
from ecops.review.week.spans import called, last_full_month
from ecops.store import journal
from ui import navigation
from ui.parts import charts, errors, kept, references, tables
from ui.parts.tables import Shape
from ui.parts.text import _, escape, language, look, plain, say
from ui.state import address, scope, workspaces
from ui.state.scope import Scope
from ui.weekly_review import review_meeting

ACTOR = "app"
_WEEKS = 12
_MONTHS = 3
_OF_OTHER_ROOMS = ("checklists", "requests", "scenarios", "sub_accounts")
"""Streams of the journal that the review of a week does not rest on."""

_COLOURS = {
    "worked": "green",
    "recovered": "blue",
    "risen": "orange",
    "did_not_work": "red",
    "overdue": "red",
    "no_evidence": "orange",
    "too_early": "grey",
    "unknown": "orange",
    "experiment": "blue",
}
_FILES = {
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
}
_OTHER_DAYS = "<style>.st-key-span, .st-key-dates, .st-key-vs { display: none; }</style>"
_LONGEST_PART = 60
_FORM_NAMES = {"pptx": "PowerPoint", "xlsx": "Excel", "html": "HTML"}


def choices(last: dt.date, *, hidden: bool) -> tuple[Period, str]:
    """Which week is reviewed and what the shop looks at in its stage.

    Args:
        last: the newest day with data.
        hidden: keep what was chosen without drawing the choice.
    """
    newest = last_full_week(last)
    weeks = {week.start.isoformat(): week for week in (newest.shifted(-7 * back) for back in range(_WEEKS))}
    month = last_full_month(last)
    for _back in range(_MONTHS):
        weeks[f"{month.start:%Y-%m}"] = month
        month = last_full_month(month.start - ONE_DAY)
    options = list(weeks)
    presets = ["", *stages()]
    address.adopt_one("rw", options, options[0])
    address.adopt_one("stage", presets, "")
    if not hidden:
        _draw_choices(weeks, presets)
    chosen, stage = str(st.session_state["rw"]), str(st.session_state["stage"])
    address.publish("rw", [chosen] if chosen != options[0] else [])
    address.publish("stage", [stage] if stage else [])
    return weeks[chosen], stage


def _draw_choices(weeks: dict[str, Period], presets: list[str]) -> None:
    names = {key: plain(week.range) for key, week in weeks.items()}
    labels = {key: plain(stages()[key].label) if key else _("Factors of GMV") for key in presets}
    left, middle, right = st.columns([3, 5, 2], gap="medium", vertical_alignment="bottom")
    with left:
        st.selectbox(_("Week or month"), list(weeks), format_func=names.__getitem__, key="rw", persist_state="session")
    with middle:
        st.segmented_control(
            _("Figures by stage of the shop"),
            presets,
            format_func=labels.__getitem__,
            key="stage",
            required=True,
            persist_state="session",
        )
    with right:
        review_meeting.switch()


def caveats(review: Weekly) -> None:
    """What is wrong with the data in one box, and what a reader must know; nothing twice."""
    defects = list(dict.fromkeys(say(finding.headline) for finding in review.defects))
    if defects:
        advice = next((finding.action for finding in review.defects if finding.action is not None), None)
        lines = [*defects, *([_("Advice: {advice}", advice=advice.text)] if advice is not None else [])]
        st.warning("  \n".join(lines), icon=":material/database:")
    for note in dict.fromkeys(say(note) for note in review.notes):
        if note not in defects:
            st.caption(note)


def read(chosen: Scope, week: Period, stage: str) -> Weekly:
    """The review of a week, worked out once for each version of the data and of the journal."""
    workspace = workspaces.current()
    written = journal.last(workspace.state, _OF_OTHER_ROOMS)
    return _read(workspaces.version(workspace), written, chosen.where, (week, stage), workspace)


@st.cache_resource(max_entries=32, show_spinner=False)
def _read(
    version: str,  # noqa: ARG001 - part of the key
    written: int,  # noqa: ARG001 - part of the key
    where: workspaces.Where,
    asked: tuple[Period, str],
    _workspace: Any,
) -> Weekly:
    return weekly(_workspace, week=asked[0], stage=asked[1], view=workspaces.tables(where))


def log() -> ActionLog:
    """The actions of the shop that is looked at."""
    return ActionLog(workspaces.current().state)


def followups(items: Sequence[FollowUp]) -> None:
    """Last week's decisions, each with what came of it."""
    if not items:
        st.caption(_("No action came into force in the last weeks. Turn a finding below into one."))
    for item in items:
        _action_card(item, "follow")


def decisions(items: Sequence[FollowUp]) -> None:
    """What is agreed and not in force yet, the overdue first."""
    if not items:
        st.caption(_("No action is open."))
    for item in items:
        _action_card(item, "open")


def _action_card(item: FollowUp, key: str) -> None:
    action = item.action
    with st.container(border=True, key=f"action_{key}_{action.id}"):
        told, done = st.columns([7, 3], gap="medium", vertical_alignment="center")
        with told:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge(say(deck.STANDINGS[item.standing]), color=_COLOURS.get(item.standing, "grey"))
                st.markdown(f"**{escape(action.title)}**", width="content")
            st.markdown(say(item.sentence))
            st.caption(_owner_line(item))
            for note in item.outcome.notes if item.outcome is not None and item.standing != "too_early" else ():
                st.caption(say(note))
        with done:
            _buttons(item, key)


def _owner_line(item: FollowUp) -> str:
    action = item.action
    parts = [say(roles()[action.owner])]
    if action.person:
        parts.append(escape(action.person))
    if action.extent == "small":
        parts.append(_("small trial"))
    if action.after:
        parts.append(_("roll-out of a trial"))
    if action.began is not None:
        parts.append(_("in force since {day}", day=action.began))
    elif action.due is not None:
        parts.append(_("due {day}", day=action.due))
    if item.metric is not None:
        parts.append(_("watches {metric}", metric=item.metric))
    if action.hypothesis:
        parts.append(escape(action.hypothesis))
    return " · ".join(parts)


def _buttons(item: FollowUp, key: str) -> None:
    action, place = item.action, f"{key}_{item.action.id}"
    if action.state in {"open", "doing"}:
        with st.popover(_("It is in force"), key=f"began_{place}", width="stretch"):
            day = st.date_input(_("First day in force"), value=dt.date.today(), key=f"day_{place}", format="YYYY-MM-DD")
            st.button(
                _("Save"), key=f"save_{place}", on_click=_began, args=(action.id, f"day_{place}"), disabled=not day
            )
        with st.popover(_("Drop it"), key=f"dropping_{place}", width="stretch"):
            st.text_input(_("Why?"), key=f"why_{place}", max_chars=200)
            st.button(_("Drop it"), key=f"drop_{place}", on_click=_drop, args=(action.id, f"why_{place}"))
    elif action.state == "done" and item.standing in {"worked", "recovered", "risen", "did_not_work"}:
        st.button(
            _("Settle it"),
            key=f"settle_{place}",
            on_click=_change,
            args=(action.id,),
            kwargs={"state": "verified"},
            width="stretch",
        )
    elif action.state == "verified":
        st.caption(_("settled"))
    tried = action.extent == "small" and action.state in {"done", "verified"}
    if tried and all(other.after != action.id for other in log().actions()):
        st.button(_("Roll it out"), key=f"roll_{place}", on_click=_roll_out, args=(action.id,), width="stretch")


def _change(id: str, **fields: Any) -> None:
    with errors.kept():
        log().change(id, ACTOR, **fields)


def _roll_out(id: str) -> None:
    with errors.kept():
        log().roll_out(id, ACTOR, dt.date.today() + 7 * ONE_DAY)
        st.toast(_("The roll-out stands among the open decisions."))


def _began(id: str, key: str) -> None:
    _change(id, state="done", began=st.session_state[key])


def _drop(id: str, key: str) -> None:
    _change(id, state="dropped", note=st.session_state[key])


def figures_table(review: Weekly) -> None:
    """The figures of the week beside the week before and the year before, with targets."""
    span = called(review.week)
    shapes = {
        "metric": Shape(_("Metric")),
        "value": Shape(plain(span.now_heading), "figure"),
        "before": Shape(plain(span.before_heading), "figure"),
        "change": Shape(_("Change"), "figure"),
        "year": Shape(plain(span.year_heading), "figure"),
        "year_change": Shape(_("Change in a year"), "figure"),
    }
    if any(row.progress is not None for row in review.kpis):
        shapes |= {"target": Shape(_("Target"), "figure"), "state": Shape(_("State"))}
    tables.show(kept.of(_figure_rows, review, tuple(shapes)), "review_figures", shapes, review.currency)


def _figure_rows(review: Weekly, columns: tuple[str, ...]) -> pd.DataFrame:
    rows = [
        {
            "metric": plain(row.metric.label),
            "value": plain(deck.shown(row, row.value, review.currency)),
            "before": plain(deck.shown(row, row.before, review.currency)),
            "change": plain(_swing(row)),
            "year": plain(deck.shown(row, row.year_before, review.currency)),
            "year_change": plain(deck.changed(row.year_change)),
            "target": plain(deck.target_cells(row.progress, review.currency)[0]),
            "state": plain(deck.target_cells(row.progress, review.currency)[1]),
        }
        for row in review.kpis
    ]
    return pd.DataFrame(rows, columns=list(columns))


def _swing(row: KpiRow) -> Value:
    """The change against the week before, with a word when it is no more than the usual up and down."""
    change = deck.changed(row.change)
    return change if row.sure or row.change != row.change else Message("usual swing ({change})", change=change)


@st.fragment
def lines(review: Weekly) -> None:
    """Six weeks or twelve months of the first four figures."""
    spans = {"weeks": _("Six weeks"), "months": _("Twelve months")}
    address.adopt_one("lines", list(spans), "weeks")
    span = st.segmented_control(
        _("Time"),
        list(spans),
        format_func=spans.__getitem__,
        key="lines",
        required=True,
        label_visibility="collapsed",
    )
    address.publish("lines", [span] if span != "weeks" else [])
    drawn = list((review.lines.weeks if span == "weeks" else review.lines.months).values())[: deck.CHARTS]
    for first in range(0, len(drawn), 2):
        for column, line in zip(st.columns(2, gap="medium"), drawn[first : first + 2], strict=False):
            with column:
                _line(line, review, span)


def _line(line: Line, review: Weekly, span: str) -> None:
    entry = metric(line.metric)
    kind = "percent" if entry.percent else {"money": "money", "count": "count"}.get(entry.unit, "number")
    chosen = scope.current()
    across = (
        references.lines(line.metric, chosen.where)
        if chosen is not None and (span == "weeks" or entry.denominator)
        else ()
    )
    charts.show(
        kept.of(figures.line, line, review.currency, kept.same(review.annotations), look(), across),
        f"{span}_{line.metric}",
        kept.of(_course, line),
        {
            "date": Shape(_("Day") if span == "weeks" else _("Month"), "date"),
            "value": Shape(plain(metric(line.metric).label), kind),  # type: ignore[arg-type]
            "year_before": Shape(_("A year before"), kind),  # type: ignore[arg-type]
        },
    )


def _course(line: Line) -> pd.DataFrame:
    return pd.DataFrame({"date": line.days, "value": line.this_year, "year_before": line.year_before})


def annotations(review: Weekly) -> None:
    """What happened in these weeks, folded."""
    if not review.annotations:
        return
    with st.expander(_("What happened ({n})", n=len(review.annotations)), key="happened"):
        shapes = {
            "start": Shape(_("From"), "date"),
            "end": Shape(_("To"), "date"),
            "name": Shape(_("Event")),
            "kind": Shape(_("Kind")),
            "note": Shape(_("Note")),
        }
        tables.show(kept.of(_happened, review), "annotations", shapes)
        navigation.link("settings", _("Write an event"), part="calendar")


def _happened(review: Weekly) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (item.start, item.end, plain(item.name), plain(deck.KINDS.get(item.kind, item.kind)), plain(item.note))
            for item in review.annotations
        ],
        columns=["start", "end", "name", "kind", "note"],
    )


def story(review: Weekly) -> None:
    """The handbook's order in one line: traffic, conversion, retention."""
    names = {"traffic": _("Traffic"), "conversion": _("Conversion"), "retention": _("Retention")}
    states = {"confirmed": _("changed"), "watch": _("to be watched"), "unchanged": _("unchanged")}
    parts = [
        _("{step}: {state}", step=Message(names[chapter.name]), state=Message(states[chapter.state]))
        for chapter in review.story
        if chapter.name in names
    ]
    st.caption(" → ".join(parts))


def alarms(review: Weekly) -> None:
    """Alert rules that fired."""
    for alert in review.alerts:
        st.warning(say(alert.sentence), icon=":material/notifications:")
    if review.alerts:
        navigation.link("settings", _("Change the rules"), part="alerts")


def scope_line(chosen: Scope, week: Period) -> None:
    """The small line under the title; the days chosen for the other pages, which count for nothing here, are hidden."""
    st.html(_OTHER_DAYS)
    scope.line(Scope(week, "previous", chosen.where))
    scope.require_rows(chosen, week, week.compared("previous"))


def downloads(review: Weekly, chosen: Scope) -> None:
    """The review as slides, workbook and page, made when asked for; cover and name say what it looks at."""
    part = " · ".join(scope.restricted(chosen))
    spoken, workspace, seen = language(), workspaces.current(), workspaces.tables(chosen.where)
    name = "_".join(("ecops", f"{review.week.start}", f"{review.week.end}", *([_file_part(part)] if part else [])))

    def made(form: str) -> bytes:
        workspace.record("export", {"report": form, "week": str(review.week.start)}, actor=ACTOR)
        # The pictures are read from the data only when somebody wants the file.
        return render(deck.report(review, part, sections(seen, review.week), data=seen), form, spoken)

    with st.container(horizontal=True, gap="small"):
        for form, kind in _FILES.items():
            st.download_button(
                _FORM_NAMES[form],
                data=lambda form=form: made(form),  # type: ignore[misc]
                file_name=f"{name}.{form}",
                mime=kind,
                key=f"report_{form}",
                on_click="ignore",
                icon=":material/download:",
            )


def _file_part(words: str) -> str:
    """Words as a part of a file name: letters and digits of any language, not too many."""
    return re.sub(r"[\W_]+", "-", words).strip("-")[:_LONGEST_PART]
