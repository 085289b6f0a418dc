"""What others reach, written down with its source."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from ecops.messages import Message, Term
from ecops.metrics.beside import benchmarks
from ecops.metrics.beside.benchmarks import SCOPES, STATISTICS, Benchmark
from ecops.metrics.registry import metric, metrics
from ecops.words import written
from ui.parts import cards, errors, tables
from ui.parts.tables import Shape
from ui.parts.text import _, plain
from ui.settings.parts import ACTOR
from ui.state import workspaces

_FIELDS = ("metric", "value", "scope", "population", "statistic", "day", "source")
_ORIGINS = {
    "own": Term(en="written here", zh="手工填写"),
    "file": Term(en="uploaded", zh="上传"),
    "handbook": Term(en="handbook, an example", zh="手册示例"),
}
_FIRST = "pay_conversion"


def show() -> None:
    """The list, the form, and taking one back."""
    data = workspaces.current().data()
    found = benchmarks.benchmarks(data)
    real = [one for one in found if one.origin != "handbook"]
    kinds = len({one.metric for one in real})
    cards.verdict(
        Message("{n} benchmarks are known for {metrics} metrics.", n=len(real), metrics=kinds)
        if real
        else Message("No benchmark is known yet; those of the handbooks are examples.")
    )
    st.caption(
        _(
            "The line on a picture is your own value before an uploaded one, your tier before the industry, the "
            "average before the best. The handbooks' examples only stand in for the weekly line of the funnel, named "
            "as such."
        )
    )
    _table(found, data.currency)
    _form()
    _removal([one for one in found if one.origin == "own"], data.currency)


def _table(found: tuple[Benchmark, ...], currency: str) -> None:
    rows = pd.DataFrame(
        [
            {
                "metric": plain(metric(one.metric).label),
                "value": plain(written(one.metric, one.value, currency)),
                "scope": plain(SCOPES[one.scope]),
                "population": plain(one.population),
                "statistic": plain(STATISTICS.get(one.statistic, one.statistic)),
                "day": one.day,
                "source": plain(one.source),
                "origin": plain(_ORIGINS[one.origin]),
            }
            for one in found
        ]
    )
    tables.show(
        rows,
        "settings_benchmarks",
        {
            "metric": Shape(_("Metric")),
            "value": Shape(_("Benchmark"), "figure"),
            "scope": Shape(_("Of")),
            "population": Shape(_("Whose")),
            "statistic": Shape(_("Statistic")),
            "day": Shape(_("Day"), "date"),
            "source": Shape(_("Source")),
            "origin": Shape(_("Came by")),
        },
        download="ecops_benchmarks",
    )


def _form() -> None:
    st.subheader(_("Write a benchmark"), anchor=False)
    keys = [_FIRST, *(key for key in metrics() if key != _FIRST)]
    labels = {key: plain(metric(key).label) for key in keys}
    scopes, statistics = ({key: plain(word) for key, word in words.items()} for words in (SCOPES, STATISTICS))
    with st.form("benchmark_form", border=True, enter_to_submit=False):
        left, middle, right = st.columns(3)
        with left:
            st.selectbox(_("Metric"), keys, format_func=labels.__getitem__, key="benchmark_metric")
            st.number_input(_("Value (a rate in %)"), min_value=0.0, value=None, key="benchmark_value", placeholder="—")
        with middle:
            st.selectbox(_("Of"), list(SCOPES), format_func=scopes.__getitem__, key="benchmark_scope")
            st.text_input(
                _("Whose"),
                key="benchmark_population",
                max_chars=60,
                placeholder=_("for example home textiles, tier 4"),
            )
        with right:
            st.selectbox(
                _("Statistic"),
                list(STATISTICS),
                format_func=statistics.__getitem__,
                key="benchmark_statistic",
            )
            st.date_input(_("Day"), value=dt.date.today(), key="benchmark_day", format="YYYY-MM-DD")
        st.text_input(_("Source"), key="benchmark_source", max_chars=120)
        st.form_submit_button(_("Write it down"), type="primary", on_click=_write)


def _write() -> None:
    said = {name: st.session_state[f"benchmark_{name}"] for name in _FIELDS}
    entry = metric(said["metric"])
    value = float("nan") if said["value"] is None else float(said["value"])
    with errors.kept("settings"):
        given = Benchmark(
            said["metric"],
            value / 100 if entry.percent else value,
            said["scope"],
            said["population"],
            said["statistic"],
            said["day"],
            said["source"],
            "own",
        )
        benchmarks.write_benchmark(workspaces.current(), given, actor=ACTOR)
        st.session_state["benchmark_value"], st.session_state["benchmark_source"] = None, ""


def _removal(own: list[Benchmark], currency: str) -> None:
    if not own:
        return
    with st.expander(_("Take a value of your own back"), key="benchmark_removal"):
        names = {
            one.id: plain(
                Message(
                    "{metric} {value} ({who})",
                    metric=metric(one.metric).label,
                    value=written(one.metric, one.value, currency),
                    who=one.who,
                )
            )
            for one in own
        }
        name = st.selectbox(_("Benchmark"), list(names), format_func=names.__getitem__, key="benchmark_id")
        st.button(_("Take it back"), key="benchmark_remove", on_click=_remove, args=(name,))


def _remove(name: str) -> None:
    with errors.kept("settings"):
        benchmarks.remove_benchmark(workspaces.current(), name, actor=ACTOR)
