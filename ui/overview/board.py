"""The board, folded away under the overview: by day to quarter, unusual days and trends, scorecards, pivots."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

import pandas as pd
import streamlit as st

from ecops.growth.board import lists, outlook, pictures, scorecard, steps, team, unusual
from ecops.messages import Message, write
from ecops.metrics.registry import metric
from ecops.periods import Period
from ecops.words import written
from ui.overview import pivots
from ui.parts import cards, charts, cites, empty, tables
from ui.parts.tables import Shape
from ui.parts.text import _, joined, language, look, plain, say
from ui.state import workspaces
from ui.state.scope import Scope, value_label


def show(chosen: Scope, currency: str) -> None:
    """Five parts, each worked out only when it is opened."""
    parts = (
        (_("By day, week, month or quarter"), "by_step", _by_step),
        (_("Unusual days, trends, and the next four weeks"), "unusual", _unusual),
        (_("Scorecards: the whole chain, roles, families of figures"), "scorecards", _scorecards),
        (_("Pivot of two dimensions, and tiers"), "pivot", pivots.show),
        (_("Shipping, returns, creators, city tiers, keywords"), "lists", _lists),
    )
    for label, key, draw in parts:
        part = st.expander(label, key=f"part_{key}", on_change="rerun")
        if part.open:
            with part:
                draw(chosen, currency)


@st.fragment
def _by_step(chosen: Scope, currency: str) -> None:
    steps_named = {name: plain(label) for name, label in pictures.STEPS.items()}
    step = st.segmented_control(
        _("Step"), get_args(steps.Step), default="week", required=True, key="board_step", label_visibility="collapsed",
        format_func=steps_named.__getitem__,
    )  # fmt: skip
    table: pd.DataFrame = workspaces.answer(steps.by_step, chosen.period.end, step, where=chosen.where)
    known = [key for key in steps.CORE if key in table and table[key].notna().any()]
    if not known:
        st.caption(_("There are no figures on these days."))
        return
    labels = {name: plain(metric(name).label) for name in known}
    key = st.selectbox(_("Figure"), known, format_func=labels.__getitem__, key="board_figure", width=320)
    charts.show(pictures.steps(table, key, step, currency, look()), "by_step")
    # The latest first; a figure has all its digits only in the download.
    shown = pd.DataFrame({"start": table["start"], "end": table["end"], "days": table["days"]})
    for name in known:
        shown[name] = [plain(written(name, value, currency)) if math.isfinite(value) else "—" for value in table[name]]
    shapes = {
        "start": Shape(_("From"), "date"),
        "end": Shape(_("To"), "date"),
        "days": Shape(_("Days with figures"), "count"),
        **{name: Shape(plain(metric(name).label), "figure") for name in known},
    }
    tables.show(shown.iloc[::-1], "steps_table", shapes, currency)
    tables.downloads({plain(pictures.STEPS[step]): table}, f"ecops_{step}_{chosen.period.end}", "steps")


def _unusual(chosen: Scope, currency: str) -> None:
    del currency
    found = workspaces.answer(unusual.unusual_days, chosen.period, where=chosen.where)
    names = joined(plain(metric(key).label) for key in unusual.WATCHED)
    if not found:
        st.markdown(_("No day out of the ordinary in {period}.", period=chosen.period.range))
    for one in found:
        icon = ":material/trending_up:" if one.relative > 0 else ":material/trending_down:"
        event = joined(write(name, language()) for name in one.events)
        beside = f" · :material/event: {say(event)}" if event else ""
        st.markdown(f"{icon} {say(one.sentence)}{beside}")
    st.caption(
        _(
            "{figures}: each day against the same weekdays of six weeks before; one flag in twenty at most is false.",
            figures=names,
        )
    )
    st.caption(_("Over twelve weeks"))
    for trend in workspaces.answer(steps.trends, chosen.period.end, where=chosen.where):
        told = f" {_('Advice: {advice}', advice=trend.advice.text)}" if trend.advice is not None else ""
        st.markdown(f"- {say(trend.sentence)}{told}")
    coming = workspaces.answer(outlook.outlook, chosen.period.end, where=chosen.where)
    if coming is not None:
        st.caption(_("The next four weeks"))
        st.markdown(f"- {say(coming.sentence)}")
        names = joined(write(name, language()) for name in coming.events)
        if names:
            st.caption(_("The calendar names what this does not know of: {events}", events=names))


@st.fragment
def _scorecards(chosen: Scope, currency: str) -> None:
    labels = {"chain": _("Whole chain"), "role": _("Roles"), "family": _("Families of figures")}
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        by = st.segmented_control(
            _("Cards"), list(labels), default="chain", required=True, format_func=labels.__getitem__, key="board_by"
        )
    with right:
        seasons = {"": _("By the calendar"), "peak": _("Peak season"), "quiet": _("Quiet season")}
        season = st.selectbox(
            _("Season"), list(seasons), format_func=seasons.__getitem__, key="board_season", width=240
        )
    with st.spinner(_("Asking every page for its figures")):
        found = workspaces.answer(
            scorecard.scorecard, chosen.period, chosen.compare, by, season or None, where=chosen.where
        )
    appraisal = []
    for card in found:
        one = replace(card, lines=tuple(line for line in card.lines if cards.may_see(line.metric)))
        shown = one.lines
        st.markdown(f"**{say(one.sentence)}**")
        table = pd.DataFrame(
            {
                "metric": [plain(line.metric.label) for line in shown],
                "now": [_figure(line, line.value, currency) for line in shown],
                "before": [_figure(line, line.previous, currency) for line in shown],
                "state": [plain(scorecard.STATES[line.state]) for line in shown],
                "reason": [plain(line.reason) if line.reason is not None else "" for line in shown],
            }
        )
        shapes = {
            "metric": Shape(_("Metric")),
            "now": Shape(_("Now"), "figure"),
            "before": Shape(_("Before"), "figure"),
            "state": Shape(_("Against before")),
            "reason": Shape(_("What is missing")),
        }
        if not any(line.reason for line in shown):
            table, shapes = table.drop(columns="reason"), {key: shapes[key] for key in shapes if key != "reason"}
        tables.show(table, f"card_{by}_{one.card.key}", shapes, currency)
        appraisal.append(table[["metric", "now", "before", "state"]].assign(card=plain(one.card.label)))
    if by == "family":
        _team(chosen)
    _appraisal(pd.concat(appraisal, ignore_index=True), chosen)


def _team(chosen: Scope) -> None:
    """People of each team and what it can do."""
    found = workspaces.answer(team.team, chosen.period.end)
    if found is None:
        st.caption(
            _("How many people each team has, and what it can do, is told by a table of teams (Data, template).")
        )
        return
    st.markdown(f"**{say(found.sentence)}**")
    if found.weakest is None:
        return
    st.caption(say(found.weakest))
    matrix = found.skills.assign(team=[plain(team.name(name)) for name in found.skills["team"]])
    matrix = matrix.pivot_table(index="team", columns="skill", values="level").reset_index()
    shapes = {str(name): Shape(str(name), "number") for name in matrix.columns[1:]}
    tables.show(matrix, "team_skills", {"team": Shape(_("Team")), **shapes}, download="ecops_team")


def _appraisal(rows: pd.DataFrame, chosen: Scope) -> None:
    """The cards as a sheet to be filled in: what each thinks of it, the person herself, her peers, her superior."""
    names = {
        "card": _("Card"),
        "metric": _("Metric"),
        "now": _("Now"),
        "before": _("Before"),
        "state": _("Against before"),
    }
    sheet = rows[list(names)].rename(columns=names)
    sheet[[_("Own view"), _("Peers"), _("Superior")]] = ""
    st.caption(_("The cards as a sheet for an appraisal, with columns for the own view, peers and the superior:"))
    tables.downloads({_("Scorecards"): sheet}, f"ecops_scorecards_{chosen.period.end}", "scorecards")


def _figure(line: scorecard.Line, value: float, currency: str) -> str:
    return plain(written(line.metric.key, value, currency)) if math.isfinite(value) else "—"


@st.fragment
def _lists(chosen: Scope, currency: str) -> None:
    """One of the short lists, with its sentence."""
    known = {key: plain(one.label) for key, one in lists.listings().items()}
    key = st.pills(
        _("List"), list(known), format_func=known.__getitem__, default=next(iter(known)), required=True,
        key="board_list", label_visibility="collapsed",
    )  # fmt: skip
    one = lists.listings()[str(key)]
    rows: pd.DataFrame = workspaces.answer(lists.listed, chosen.period, one.key, where=chosen.where)
    if rows.empty:
        empty.show(Message("The loaded files say nothing of this in these days."), (one.table,), key=f"empty_{one.key}")
        return
    sentence = workspaces.answer(_list_told, chosen.period, one.key, where=chosen.where)
    if sentence is not None:
        st.markdown(f"**{say(sentence)}**")
    names = {
        "platform": _("Platform"), "courier": _("Courier"), "province": _("Region"), "reason": _("Reason"),
        "creator": _("Creator"), "city_tier": _("Tier of city"), "keyword": _("Keyword"), "stars": _("Stars"),
    }  # fmt: skip
    shapes = {name: Shape(names[name]) for name in one.parts}
    shapes |= {
        "on_count": Shape(_("Of these"), "count"),
        "of_count": Shape(_("Cases"), "count"),
        "rate": Shape(plain(one.share) if one.share else "", "percent"),
        "low": Shape(_("Low"), "percent"),
        "high": Shape(_("High"), "percent"),
        "median_days": Shape(_("Half within (days)"), "number"),
        "slow_days": Shape(_("Nine of ten within (days)"), "number"),
        "cases": Shape(_("Cases"), "count"),
        "orders": Shape(_("Orders"), "count"),
        "money": Shape(_("Money"), "money"),
        "part": Shape(_("Share"), "percent"),
        "cost": Shape(_("Spend"), "money"),
        "clicks": Shape(_("Clicks"), "count"),
        "roi": Shape(_("Return"), "number"),
        "click_price": Shape(_("A click costs"), "money"),
    }
    shapes = {name: shape for name, shape in shapes.items() if name in rows}
    shown = rows.assign(**{name: [value_label(str(value)) or "—" for value in rows[name]] for name in one.parts})
    tables.show(shown[list(shapes)], f"list_{one.key}", shapes, currency, download=f"ecops_{one.key}")
    if one.key == "shipping":
        cites.show(lists.CITES)


def _list_told(data: Any, period: Period, key: str) -> Message | None:
    rows = lists.listed(data, period, key)
    return lists.told(data, key, rows) if len(rows) else None
