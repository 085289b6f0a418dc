"""What the verdict rests on: pictures, guardrails, weeks, segments, outliers, adjustments, and what would be if."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import pandas as pd
import streamlit as st

from ecops import experiments as ab
from ecops.experiments.looks import peeking
from ecops.experiments.telling import figures
from ecops.experiments.telling.report import VERDICTS, metric_table, readable, report
from ecops.experiments.telling.words import segment_value
from ecops.messages import Message, Money, Percent, Value
from ecops.reports.write import render
from ui.ab_test.experiment import Case, supposed
from ui.ab_test.experiment_store import ACTOR, hypothesis
from ui.parts import charts, errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, clean, language, look, plain, say
from ui.state import workspaces

_BEYOND = 10.0
"""Relative change that no shop sees: a figure beyond it is not worth reading."""


def pictures(shown: Case) -> None:
    """Intervals and the way of the effect, side by side; nothing for a result that is not valid."""
    if shown.decision.kind in {"invalid", "refused"}:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        charts.show(
            kept.of(figures.intervals, shown.readout, shown.decision, look()),
            "intervals",
            kept.of(_metrics, shown.readout),
            heading=_("How sure is each figure?"),
        )
    with right:
        if shown.readout.path:
            charts.show(
                kept.of(figures.cumulative, shown.readout, shown.decision, look()),
                "cumulative",
                kept.of(_path, shown.readout, shown.decision.arm),
                _path_shapes(shown),
            )
        else:
            st.caption(_("The data has no dates, so the way of the effect cannot be drawn."))


def _metrics(readout: ab.Readout) -> pd.DataFrame:
    told = metric_table(readout)
    return pd.DataFrame(
        [[plain(cell) for cell in row] for row in told.rows], columns=[plain(name) for name in told.columns]
    )


def _path(readout: ab.Readout, arm: str) -> pd.DataFrame:
    points = [point for point in readout.path if point.arm == arm]
    return pd.DataFrame(
        [(point.day, point.users, point.difference, point.low, point.high) for point in points],
        columns=["day", "users", "difference", "low", "high"],
    )


def _path_shapes(shown: Case) -> dict[str, Shape]:
    kind: tables.Kind = "percent" if shown.spec.goal_metric.unit == "rate" else "number"
    return {
        "day": Shape(_("Day"), "date"),
        "users": Shape(_("Users"), "count"),
        "difference": Shape(_("Difference of the arms"), kind),
        "low": Shape(_("Lowest"), kind),
        "high": Shape(_("Highest"), kind),
    }


def figures_table(shown: Case) -> None:
    """Every metric with its interval, and whether the guardrails held."""
    if shown.decision.kind in {"invalid", "refused"}:
        return
    st.subheader(_("What else changed?"), anchor=False)
    for result in shown.readout.guardrails(shown.decision.arm):
        words: dict[str, Value] = {"label": result.metric.label}
        if result.guardrail is None:
            st.markdown(_("Guardrail {label}: {why}", why=readable(result.refusal or Message("")), **words))
        else:
            words["margin"] = Percent(result.guardrail.margin)
            st.markdown({
                "held": _("Guardrail {label}: held, surely no loss of {margin} or more.", **words),
                "broken": _("Guardrail {label}: broken, surely a loss of {margin} or more.", **words),
                "open": _("Guardrail {label}: a loss of {margin} cannot be ruled out yet.", **words),
            }[result.guardrail.status])  # fmt: skip
    table = kept.of(_metrics, shown.readout)
    columns = list(table().columns)
    kinds = {name: Shape(name, "figure" if 3 <= place < 10 else "text") for place, name in enumerate(columns)}
    tables.show(table, "metrics_table", kinds)


def segments(shown: Case) -> None:
    """Whether the effect differs between groups of people; a group is spoken of alone only if it does."""
    tests = [test for test in shown.readout.segment_tests if test.arm == shown.decision.arm]
    if not tests or shown.decision.kind in {"invalid", "refused", "too_early"}:
        return
    for test in tests:
        label = tables.labels([test.column]).get(test.column, clean(test.column))
        if not test.differs:
            st.markdown(
                _("{column}: no group differs beyond chance, so none of them is a winner of its own.", column=label)
            )
            continue
        st.markdown(_("{column}: the effect differs between the groups.", column=label))
        rows = [
            (
                plain(segment_value(row.column, row.value)),
                row.users,
                row.effect.lift.value,
                row.effect.lift.low,
                row.effect.lift.high,
            )
            for row in shown.readout.segments
            if row.column == test.column and row.arm == test.arm and row.effect is not None
        ]
        shapes = {
            "value": Shape(label), "users": Shape(_("Users"), "count"), "lift": Shape(_("Change"), "percent"),
            "low": Shape(_("Lowest"), "percent"), "high": Shape(_("Highest"), "percent"),
        }  # fmt: skip
        tables.show(pd.DataFrame(rows, columns=list(shapes)), f"segments_{test.column}", shapes)


def weeks(shown: Case) -> None:
    """Week by week: what an ordinary test says, and what the limits for repeated looks say."""
    if not shown.weeks or shown.decision.kind in {"invalid", "refused"}:
        return
    shapes = {
        "week": Shape(_("Week"), "count"),
        "day": Shape(_("Data up to"), "date"),
        "users": Shape(_("Users"), "count"),
        "lift": Shape(_("Change"), "percent"),
        "ordinary": Shape(_("An ordinary test would say"), help=_("95% confidence, as if this were the only look.")),
        "safe": Shape(_("With limits for repeated looks"), help=_("These hold even if you look every day.")),
    }
    st.markdown(f"**{_('What would you have believed in which week?')}**")
    table = kept.of(_weeks, shown.weeks, shown.spec.goal_metric.less_is_better)
    tables.show(table, "weeks_table", shapes)
    if shown.spec.covariates:
        st.caption(_("The changes here are as counted, without what users did before the test."))


def _weeks(told: tuple[peeking.Week, ...], turned: bool) -> pd.DataFrame:
    def word(verdict: str) -> str:
        verdict = {"better": "worse", "worse": "better"}.get(verdict, verdict) if turned else verdict
        return plain(VERDICTS[verdict])

    rows = [
        (week.number, week.day, week.users, week.effect.lift.value, word(week.effect.verdict), word(week.safe))
        for week in told
    ]
    return pd.DataFrame(rows, columns=["week", "day", "users", "lift", "ordinary", "safe"])


def method(shown: Case) -> None:
    """What was adjusted and why, outliers, and how the figures come about; folded away."""
    adjusted = st.expander(_("What was adjusted, and why"), key="adjusted")
    with adjusted:
        for text in (*shown.decision.adjusted, *shown.readout.notes):
            st.markdown(f"- {say(readable(text))}")
        _outliers(shown)
    with st.expander(_("How this is worked out"), key="method"):
        for sentence in (
            _("First the split of the users is tested (chi-square); below one in a thousand nothing else counts."),
            _("Rates are compared by the score test, money and ratios by Welch's test, always with the user as unit."),
            _("Per cent and absolute figures share one interval (Fieller), so they never contradict each other."),
            _("Each look at a running test spends a part of the allowed error (Lan and DeMets, O'Brien-Fleming type)."),
            _("The chance of being wrong starts from a sceptical belief: two changes in three move less than 10%."),
            _("Several arms are corrected by Holm, further metrics by Benjamini and Hochberg."),
        ):
            st.markdown(f"- {sentence}")


def _outliers(shown: Case) -> None:
    for result in shown.readout.results:
        if result.uncapped is None or result.effect is None or result.arm != shown.decision.arm:
            continue
        if not abs(result.uncapped.lift.value) < _BEYOND:
            st.markdown(
                "- "
                + _(
                    "{metric}: {capped} with the limit; without it the largest values alone decide.",
                    metric=result.metric.label,
                    capped=Percent(result.effect.lift.value, signed=True),
                )
            )
            continue
        st.markdown(
            "- "
            + _(
                "{metric}: {capped} with the limit, {bare} without.",
                metric=result.metric.label,
                capped=Percent(result.effect.lift.value, signed=True),
                bare=Percent(result.uncapped.lift.value, signed=True),
            )
        )


@st.fragment
def what_if(shown: Case) -> None:
    """Margin, traffic, horizon and belief: base, scenario, difference. Nothing is read again."""
    if shown.decision.stake is None or shown.decision.kind in {"invalid", "refused", "too_early"}:
        return
    st.subheader(_("What if?"), anchor=False)
    base = shown.decision.stake
    sliders, outcome = st.columns([2, 3], gap="large")
    with sliders:
        margin = st.slider(
            _("Gross margin"), 5, 100, round(shown.spec.margin * 100), 5, format="%d%%", key=f"if_margin_{shown.key}"
        )
        traffic = st.number_input(
            _("Users a month"), 1, 10**9, max(1, round(base.traffic)), 1000, key=f"if_traffic_{shown.key}"
        )
        horizon = st.slider(_("Months it will stay"), 1, 24, round(shown.spec.horizon), key=f"if_horizon_{shown.key}")
        prior = st.slider(
            _("How much do changes usually move?"),
            2,
            50,
            round(shown.spec.prior * 100),
            format="±%d%%",
            key=f"if_prior_{shown.key}",
            help=_("Smaller is more sceptical: a lucky sample has to prove more."),
        )
    with outcome, errors.explained():
        # The field holds whole people; left alone it means exactly what the base case was reckoned with.
        told = base.traffic if traffic == max(1, round(base.traffic)) else float(traffic)
        decision = supposed(shown, margin=margin / 100, monthly_traffic=told, horizon=float(horizon), prior=prior / 100)
        if decision.stake is not None:
            _scenario(shown.decision, decision)


def _scenario(base: ab.Decision, other: ab.Decision) -> None:
    choices = {"treatment": _("ship"), "control": _("keep"), "": _("wait")}
    told = _("The choice stays: {choice}.", choice=choices[other.choose])
    if other.choose != base.choose:
        told = _("The choice would change: {choice}.", choice=choices[other.choose])
    st.markdown(f"**{told}**")
    rows = [f"| | {_('Base')} | {_('Scenario')} | {_('Difference')} |", "|:--|--:|--:|--:|"]
    measures: tuple[tuple[str, Callable[[ab.Decision], float], bool], ...] = (
        (_("Worth a month"), lambda found: found.stake.gain.value if found.stake else math.nan, True),
        (_("Expected loss if shipped"), lambda found: found.stake.loss_if_shipped if found.stake else math.nan, True),
        (_("Expected loss if not shipped"), lambda found: found.stake.loss_if_kept if found.stake else math.nan, True),
        (_("Chance of being wrong"), lambda found: found.chance_wrong, False),
    )
    currency = base.stake.gain.currency if base.stake else ""
    for label, read, money in measures:
        before, after = read(base), read(other)
        if math.isfinite(before) and math.isfinite(after):
            cells = [say(_amount(value, currency, money)) for value in (before, after, after - before)]
            rows.append(f"| {label} | {' | '.join(cells)} |")
    st.markdown("\n".join(rows))
    against = other.despite or base.despite
    if against is not None:
        st.markdown(say(readable(against)))


def _amount(value: float, currency: str, money: bool) -> Value:
    return Money(value, currency) if money else Percent(value, digits=1)


def downloads(shown: Case) -> None:
    """The report for colleagues as one HTML file or a workbook, and the tables."""
    words = hypothesis(shown.trial)
    told = report(shown.readout, shown.decision, shown.weeks, words)
    written, name = language(), f"ecops_ab_{shown.key}"
    workspace = workspaces.current()

    def made(form: str) -> bytes:
        workspace.record("export", {"report": name, "form": form}, actor=ACTOR)
        return render(told, form, written)

    with st.container(horizontal=True, gap="small"):
        for form, label, mime in (
            ("html", _("Download the report"), "text/html"),
            (
                "xlsx",
                _("Download as Excel"),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ),
        ):
            st.download_button(
                label,
                data=functools.partial(made, form),
                file_name=f"{name}.{form}",
                mime=mime,
                key=f"report_{form}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )
