"""Figures beside what others reach, folded away: whose value it is, which day, which source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ecops.charts import Level
from ecops.messages import Count, Money, Number, Points, Value
from ecops.metrics import Kpis, kpis
from ecops.metrics.beside import benchmarks
from ecops.metrics.beside.benchmarks import Gap
from ecops.metrics.measured import measured
from ecops.metrics.registry import Metric, metric
from ecops.periods import Period
from ecops.review import goals
from ui import navigation
from ui.parts import cards, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain
from ui.state import workspaces


def show(result: Kpis, keys: Sequence[str] | None = None, picture: Callable[[str], None] | None = None) -> None:
    """Every figure that has a reference value, those of the handbooks marked as examples.

    Args:
        result: the figures of the whole shop.
        keys: only these metrics.
        picture: draws a metric over time with its lines, below the table.
    """
    box = st.expander(_("Against benchmarks"), key="references", on_change="rerun")
    if not box.open:
        return
    with box:
        gaps: tuple[Gap, ...] = workspaces.answer(_gaps, result.period)
        told = [one for one in gaps if keys is None or one.benchmark.metric in keys]
        if told:
            _table(told, result.currency)
            drawn = list(dict.fromkeys(one.benchmark.metric for one in told if one.benchmark.origin != "handbook"))
            if picture is not None and drawn:
                names = {key: plain(metric(key).label) for key in drawn}
                key = st.selectbox(_("Metric"), drawn, format_func=names.__getitem__, key="reference_metric", width=240)
                picture(str(key))
        else:
            st.caption(_("No figure here has a reference value yet."))
        st.caption(_("A reference value says nothing of its own spread, so a gap is no verdict."))
        navigation.link("settings", _("Write benchmarks"), part="benchmarks")


def _gaps(data: Any, period: Period) -> tuple[Gap, ...]:
    """The gaps of every figure of a period: those of the registry, and those that capabilities work out."""
    told = kpis(data, period).kpis
    values = {key: one.value for key, one in told.items()}
    values |= {key: one.value for key, one in measured(data, period).items()}
    return benchmarks.against(data, values)


def lines(key: str, where: workspaces.Where = ()) -> tuple[Level, ...]:
    """The goal and the benchmark of a metric for a picture by day; none for a part of the shop.

    Args:
        key: of the metric.
        where: the reader's filters.
    """
    if where:
        return ()
    goal = goals.levels(goals.Targets(workspaces.current().state).all(), key)
    reference = workspaces.answer(benchmarks.levels, key) if metric(key).denominator else ()
    return (*goal, *reference)


def _table(gaps: Sequence[Gap], currency: str) -> None:
    rows = pd.DataFrame(
        [
            {
                "metric": plain(metric(gap.benchmark.metric).label),
                "value": plain(cards.value(metric(gap.benchmark.metric), gap.value, currency)),
                "benchmark": plain(cards.value(metric(gap.benchmark.metric), gap.benchmark.value, currency)),
                "gap": plain(_difference(metric(gap.benchmark.metric), gap.gap, currency)),
                "better": _("better") if gap.better else _("worse"),
                "who": plain(gap.benchmark.who),
                "day": gap.benchmark.day,
                "source": plain(gap.benchmark.source),
            }
            for gap in gaps
        ]
    )
    tables.show(
        rows,
        "references_table",
        {
            "metric": Shape(_("Metric")),
            "value": Shape(_("Here"), "figure"),
            "benchmark": Shape(_("Benchmark"), "figure"),
            "gap": Shape(_("Gap"), "figure"),
            "better": Shape(_("Better or worse")),
            "who": Shape(_("Whose")),
            "day": Shape(_("Day"), "date"),
            "source": Shape(_("Source")),
        },
        download="ecops_benchmarks",
    )


def _difference(entry: Metric, gap: float, currency: str) -> Value:
    """A difference in the unit of its metric, with its sign."""
    if entry.percent:
        return Points(gap)
    if entry.unit == "money":
        return Money(gap, currency)
    return Count(gap) if entry.unit == "count" else Number(gap, 2)
