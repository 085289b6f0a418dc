"""What only an event log tells on the funnel page: how long people take, and what goes with dropping out."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from ecops import funnel
from ecops.charts import Figure
from ecops.funnel.reading.logs import shop_log
from ecops.funnel.telling import figures
from ecops.messages import Count, Percent
from ecops.periods import Period
from ui.funnel.funnel import Asked
from ui.parts import charts, errors, kept, tables
from ui.parts.tables import Shape
from ui.parts.text import _, look, plain
from ui.state import workspaces


def behaviour(asked: Asked) -> None:
    """From the log: how long people take, and what those who drop out do."""
    if asked.spec is None or asked.scope is None:
        st.caption(_("How long people take, and what goes with dropping out, needs an event log."))
        return
    period, where = asked.scope.period, asked.scope.where
    names = _names(asked.spec)
    with errors.explained():
        left, right = st.columns(2, gap="medium")
        with left:
            times = workspaces.answer(_times, asked.spec, period, where=where)
            figure = kept.of(_time_histogram, times, names)
            if figure() is None:
                st.caption(_("Nobody in the log got to the last step in these days."))
            else:
                charts.show(figure, "funnel_times", kept.of(_time_table, times, names), _time_shapes())
        with right:
            _drivers(asked, dict(names))


def _times(data: Any, spec: funnel.FunnelSpec, period: Period) -> funnel.TimeToConvert:
    return funnel.time_to_convert(shop_log(data), spec, period=period)


def _dropouts(data: Any, spec: funnel.FunnelSpec, period: Period) -> tuple[pd.DataFrame, pd.DataFrame]:
    log = shop_log(data)
    return funnel.drivers(log, spec, period=period), funnel.skipped_steps(log, spec, period=period)


Names = tuple[tuple[str, str], ...]
"""Name of each step and what it is called."""


def _names(spec: funnel.FunnelSpec) -> Names:
    return tuple((step.name, plain(step.term)) for step in spec.steps)


def _time_histogram(times: funnel.TimeToConvert, names: Names) -> Figure | None:
    words = dict(names)
    steps = times.steps.assign(step=times.steps["step"].map(words))
    labelled = funnel.TimeToConvert(steps, times.edges, times.counts, words[times.to_step])
    return figures.time_histogram(labelled, look())


def _time_table(times: funnel.TimeToConvert, names: Names) -> pd.DataFrame:
    minutes = {name: times.steps[name] / 60 for name in ("median", "p90", "median_total")}
    return pd.DataFrame({"step": times.steps["step"].map(dict(names)), "n": times.steps["n"], **minutes})


def _time_shapes() -> dict[str, Shape]:
    return {
        "step": Shape(_("To the step")),
        "n": Shape(_("People"), "count"),
        "median": Shape(_("Half take less than (minutes)"), "number"),
        "p90": Shape(_("Nine of ten take less than (minutes)"), "number"),
        "median_total": Shape(_("Half, from the first step (minutes)"), "number"),
    }


def _drivers(asked: Asked, names: dict[str, str]) -> None:
    assert asked.scope is not None
    found, skipped = workspaces.answer(_dropouts, asked.spec, asked.scope.period, where=asked.scope.where)
    st.markdown(f"**{_('What goes with dropping out at the last step')}**")
    st.caption(
        _("Other events of those who stopped and of those who went on. They go together; that is not yet a cause.")
    )
    if found.empty:
        st.caption(_("The log has no events besides the steps, so there is nothing to hold against dropping out."))
    else:
        tables.show(tables.whole(found), "funnel_drivers", _driver_shapes(), download="ecops_drivers")
    for row in skipped.itertuples():
        if row.n and row.share >= 0.02:
            st.caption(
                _(
                    "{share} of those who got to {next} never took {step} ({n} of {total}).",
                    share=Percent(row.share),
                    next=names.get(row.next_step, row.next_step),
                    step=names.get(row.step, row.step),
                    n=Count(row.skipped),
                    total=Count(row.n),
                )
            )


def _driver_shapes() -> dict[str, Shape]:
    return {
        "event": Shape(_("Event")),
        "dropped_with": Shape(_("Stopped, with it"), "count"),
        "converted_with": Shape(_("Went on, with it"), "count"),
        "odds_ratio": Shape(_("Odds of going on"), "number", _("Below 1 it goes with dropping out")),
        "droppers_explained": Shape(_("Share explained"), "percent"),
        "confirmed": Shape(_("Confirmed"), "flag"),
    }
