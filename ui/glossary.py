"""The dictionary of the product, written from the same registries the figures are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from ecops import growth
from ecops.growth.registry import Metric
from ecops.handbook import roles
from ecops.messages import Term
from ecops.sources.registry import Source
from ecops.sources.registry import sources as known_sources
from ecops.tables import Table
from ecops.tables import table as canonical_table
from ecops.tables import tables as canonical_tables
from ui.text import _, escape, language, plain, say

BLOCKS = {
    "sales": Term(en="Sales", zh="销售"),
    "traffic": Term(en="Traffic", zh="流量"),
    "conversion": Term(en="Conversion", zh="转化"),
    "retention": Term(en="Retention", zh="留存与复购"),
    "supply": Term(en="Supply and cost", zh="供应与成本"),
}


def _matches(wanted: str, texts: Iterable[str]) -> bool:
    return wanted.strip().casefold() in " ".join(texts).casefold()


def _list(words: Sequence[str]) -> str:
    return ("、" if language() == "zh" else ", ").join(words)


def metrics(wanted: str) -> None:
    """Metrics by part of the business: meaning, formula, which way is good, who owns it, what it needs."""
    found = [metric for metric in growth.metrics().values() if _matches(wanted, _metric_words(metric))]
    if not found:
        nothing(wanted)
    for block, label in BLOCKS.items():
        rows = [metric for metric in found if metric.block == block]
        if rows:
            st.subheader(say(label), anchor=False)
            st.dataframe(_metric_rows(rows), hide_index=True, key=f"metrics_{block}", height="content", row_height=40)


def _metric_words(metric: Metric) -> list[str]:
    texts = (metric.label, metric.meaning, metric.formula)
    return [metric.key, *(text.zh for text in texts), *(text.en for text in texts), *metric.needs]


def _metric_rows(metrics_found: Sequence[Metric]) -> dict[str, list[str]]:
    return {
        _("Metric"): [plain(metric.label) for metric in metrics_found],
        _("Meaning"): [plain(metric.meaning) for metric in metrics_found],
        _("Formula"): [plain(metric.formula) for metric in metrics_found],
        _("Better when"): [_("higher") if metric.direction == "up" else _("lower") for metric in metrics_found],
        _("Owner"): [plain(roles().get(metric.owner, metric.owner)) for metric in metrics_found],
        _("Needs"): [_needs(metric) for metric in metrics_found],
    }


def _needs(metric: Metric) -> str:
    if metric.gap is not None:
        return plain(metric.gap)
    named = []
    for need in metric.needs:
        table, _dot, column = need.partition(".")
        known = canonical_tables().get(table)
        label = plain(known.label) if known else table
        named.append(f"{label} › {plain(known[column].label)}" if known and column in known.names else label)
    return _list(named)


def tables(wanted: str) -> None:
    """Canonical tables, each with its columns; a search that names a column shows the tables that have it."""
    found = {name: table for name, table in canonical_tables().items() if _matches(wanted, _table_words(table))}
    if not found:
        nothing(wanted)
    for name, table in found.items():
        with st.expander(f"**{say(table.label)}**  {escape(name)}", expanded=bool(wanted) and len(found) == 1):
            st.markdown(say(table.meaning))
            st.caption(_("One row is: {grain}", grain=table.grain))
            st.dataframe(_column_rows(table), hide_index=True, key=f"columns_{name}")


def _table_words(table: Table) -> list[str]:
    words = [table.name, table.label.zh, table.label.en]
    for column in table.columns:
        words += [column.name, column.label.zh, column.label.en, *column.synonyms]
    return words


def _column_rows(table: Table) -> dict[str, list[str]]:
    columns = table.columns
    return {
        _("Column"): [plain(column.label) for column in columns],
        _("Required"): [_("yes") if column.required else "" for column in columns],
        _("Meaning"): [plain(column.meaning) for column in columns],
        _("Headers it is found under"): [_list(column.synonyms) for column in columns],
        _("Name in queries"): [column.name for column in columns],
    }


def sources(wanted: str) -> None:
    """Exports the product knows, where to get each, and what it fills."""
    found = [report for report in known_sources().values() if _matches(wanted, _source_words(report))]
    if not found:
        nothing(wanted)
        return
    st.dataframe(
        {
            _("Report"): [plain(report.label) for report in found],
            _("Where it is exported"): [plain(report.where) for report in found],
            _("Fills"): [plain(canonical_table(report.table).label) for report in found],
            _("File type"): [report.container for report in found],
        },
        hide_index=True,
        key="exports",
        height="content",
    )


def _source_words(report: Source) -> list[str]:
    texts = (report.label, report.where)
    headers = [header for group in report.columns.values() for header in group]
    return [report.name, *(text.zh for text in texts), *(text.en for text in texts), *headers, *report.signature]


def nothing(wanted: str) -> None:
    """Say that a search found nothing."""
    st.caption(_("Nothing here is called {wanted}.", wanted=wanted))
