"""What lies behind the steps, one subject at a time: figures, words, payments, service, paths, carts, traffic, time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from ecops import handbook
from ecops.charts import Level
from ecops.funnel.leaks import overview, pictures, rules, trends
from ecops.funnel.leaks.figures import Figure
from ecops.funnel.spec import known_steps
from ecops.messages import Message, Value
from ecops.metrics.beside import benchmarks
from ecops.metrics.beside.benchmarks import Benchmark
from ecops.periods import Compare, Period
from ui.funnel import funnelmore, funnelplaces
from ui.funnel.funnel import Asked
from ui.parts import cards, charts, cites, errors, kept, tables
from ui.parts import findings as finding_cards
from ui.parts.tables import Shape
from ui.parts.text import _, joined, look, plain, say
from ui.state import address, workspaces
from ui.state.scope import Scope

RULES: dict[str, tuple[str, ...]] = {
    "searches": ("search_no_result",),
    "payments": ("payment_interrupted", "platform_payment_gap"),
    "traffic": ("bounce_high", "channel_quality"),
    "promotion": ("ad_roi_low",),
    "products": ("launch_review",),
}
"""Subject -> rules whose findings stand with it."""


_ROW = 35
"""Height of a row of a table, in pixels: the figures are seen without scrolling."""

GOAL = "funnel.cvr_goal_6m"
"""Parameter with the handbooks' goal of conversion."""

WAY = Message("From the first step to the last")


def subjects() -> dict[str, tuple[str, Callable[[Scope, Asked], None]]]:
    """Key in the address -> name of the subject, and what draws it."""
    return {
        "figures": (_("All figures"), figures),
        "time": (_("Over time"), over_time),
        "searches": (_("Words searched for"), funnelmore.searches),
        "payments": (_("Failed payments"), funnelmore.payments),
        "service": (_("Service and reminders"), funnelmore.service),
        "carts": (_("Unpaid carts"), funnelmore.carts),
        "traffic": (_("Traffic and pages"), funnelmore.traffic),
        "promotion": (_("Advertising and placements"), funnelplaces.promotion),
        "journeys": (_("Path to a purchase"), funnelmore.journeys),
        "products": (_("New products"), funnelmore.products),
        "content": (_("Videos and live"), funnelmore.content),
        "checklist": (_("Checklist"), checklist),
    }


def behind(asked: Asked) -> None:
    """One subject, as the reader chooses; nothing but the figures is worked out before."""
    if asked.scope is None:
        st.caption(_("What lies behind the steps needs data that is loaded, not a pasted table."))
        return
    known = subjects()
    address.adopt_one("fbehind", list(known), "figures")
    chosen = st.pills(
        _("Subject"),
        list(known),
        format_func=lambda key: known[key][0],
        key="fbehind",
        required=True,
        label_visibility="collapsed",
    )
    address.publish("fbehind", [str(chosen)] if chosen != "figures" else [])
    with errors.explained():
        if chosen in RULES:
            told = workspaces.answer(
                rules.rule_findings, asked.scope.period, asked.scope.compare, where=asked.scope.where
            )
            shown = [finding for finding in told if finding.action and finding.action.rule in RULES[str(chosen)]]
            finding_cards.show(shown, f"funnel_{chosen}")
        known[str(chosen)][1](asked.scope, asked)


def figures(scope: Scope, _asked: Asked) -> None:
    """Every figure in one table, with the reason where there is none."""
    found: tuple[tuple[Figure, tuple[Benchmark, ...]], ...] = workspaces.answer(
        _beside_others, scope.period, scope.compare, where=scope.where
    )
    shapes = {
        "figure": Shape(_("Figure")),
        "value": Shape(_("Now"), "figure"),
        "interval": Shape(_("95% interval"), "figure"),
        "before": Shape(_("Before"), "figure"),
        "others": Shape(_("What others reach")),
        "n": Shape(_("Base of the figure"), "count"),
        "note": Shape(_("Note")),
        "means": Shape(_("How it is counted")),
    }
    rows, height = kept.of(_figure_rows, kept.same(found)), _ROW * (len(found) + 1) + 2
    tables.show(rows, "funnel_further", shapes, download="ecops_funnel_figures", height=height)


def _beside_others(data: Any, period: Period, compare: Compare) -> tuple[tuple[Figure, tuple[Benchmark, ...]], ...]:
    """Every figure with its reference values."""
    found = overview.further_figures(data, period, compare)
    return tuple((figure, benchmarks.benchmarks(data, figure.metric.key)) for figure in found)


def _figure_rows(found: tuple[tuple[Figure, tuple[Benchmark, ...]], ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "figure": plain(figure.metric.label),
                "value": _written(figure, figure.value),
                "interval": _interval(figure),
                "before": _written(figure, figure.before),
                "others": joined(_other(figure, one) for one in others),
                "n": figure.n if figure.n else math.nan,
                "means": plain(figure.metric.formula),
                "note": plain(figure.reason or figure.note or ""),
            }
            for figure, others in found
        ]
    )


def _other(figure: Figure, one: Benchmark) -> str:
    """A reference value, with whose it is and its source."""
    value = cards.value(figure.metric, one.value, "")
    return plain(Message("{who} {value} ({source})", who=one.who, value=value, source=one.source))


def _written(figure: Figure, value: float) -> str:
    return plain(cards.value(figure.metric, value, "")) if math.isfinite(value) else "—"


def _interval(figure: Figure) -> str:
    if not (math.isfinite(figure.low) and math.isfinite(figure.value)):
        return "—"
    low, high = (cards.value(figure.metric, end, "") for end in (figure.low, figure.high))
    return plain(Message("{low} to {high}", low=low, high=high))


def over_time(scope: Scope, asked: Asked) -> None:
    """The rate of a step by week, and what became of the people who began in each week."""
    left, right = st.columns(2, gap="medium")
    with left:
        _step_line(scope)
    with right:
        if asked.spec is None:
            st.caption(_("What became of the people of each week needs an event log."))
            return
        rows = workspaces.answer(trends.weekly_people, asked.spec, scope.period, where=scope.where)
        figure = pictures.rate_line(rows, WAY, look())
        if figure is None:
            st.caption(_("Nobody of these weeks has had the whole time yet."))
            return
        charts.show(figure, "funnel_people", rows, _people_shapes())


def _people_shapes() -> dict[str, Shape]:
    return {
        "week": Shape(_("Week from"), "date"),
        "people": Shape(_("People"), "count"),
        "arrived": Shape(_("Got there"), "count"),
        **_rate_shapes(),
    }


def _rate_shapes() -> dict[str, Shape]:
    return {
        "rate": Shape(_("Rate"), "percent"),
        "low": Shape(_("Low"), "percent"),
        "high": Shape(_("High"), "percent"),
    }


def _step_line(scope: Scope) -> None:
    rows = workspaces.answer(trends.step_trend, scope.period, where=scope.where)
    if rows.empty:
        st.caption(_("The line of a step needs daily traffic."))
        return
    names: dict[str, Value] = {
        step: Message("To {step}", step=known_steps()[step].term)
        if step
        else Message("From the first step to the last")
        for step in dict.fromkeys(rows["step"])
    }
    labels = {step: plain(name) for step, name in names.items()}
    step = st.selectbox(_("Step"), list(labels), format_func=labels.__getitem__, key="fline_step", width=280)
    levels: tuple[Level, ...] = ()
    if step == trends.WHOLE:
        goal = Level(Message("goal within six months"), workspaces.answer(_goal))
        levels = (goal, *workspaces.answer(benchmarks.levels, "pay_conversion"))
    part = rows[rows["step"] == step]
    figure = pictures.rate_line(part, names[step], look(), levels)
    shown = part.drop(columns=["step"])
    shapes = {"week": Shape(_("Week from"), "date"), "n": Shape(_("Entered"), "count"), **_rate_shapes()}
    charts.show(figure, "funnel_line", shown, shapes)
    if levels:
        cites.show((GOAL,))


def _goal(data: Any) -> float:
    return handbook.get(GOAL, data)


def checklist(_scope: Scope, asked: Asked) -> None:
    """What to look at before the step that loses most, or any other."""
    steps = {step: plain(known_steps()[step].term) for step in overview.listed_steps()}
    broken = asked.funnel.findings[0].subject.get("step") if asked.funnel.findings else None
    start = list(steps).index(broken) if broken in steps else 0
    step = st.selectbox(_("Step"), list(steps), start, format_func=steps.__getitem__, key="fcheck_step", width=280)
    for place, cause in enumerate(overview.checklist(step)):
        st.checkbox(say(cause), key=f"fcheck_{step}_{place}")
    st.caption(_("Ticks stay until the page is closed; a cause that you mean to mend belongs into the weekly review."))
