"""The dictionary of the product, written from the same registries the figures are computed from."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from ecops.handbook import roles
from ecops.messages import Message, Term
from ecops.metrics.registry import Metric
from ecops.metrics.registry import metrics as known_metrics
from ecops.metrics.told.questions import Question
from ecops.metrics.told.questions import questions as known_questions
from ecops.sources.registry import Source
from ecops.sources.registry import sources as known_sources
from ecops.tables import Column, Table
from ecops.tables import table as canonical_table
from ecops.tables import tables as canonical_tables
from ui.parts.text import _, escape, joined, plain, say

BLOCKS = {
    "sales": Term(en="Sales", zh="销售"),
    "traffic": Term(en="Traffic", zh="流量"),
    "conversion": Term(en="Conversion", zh="转化"),
    "retention": Term(en="Retention", zh="留存与复购"),
    "supply": Term(en="Supply and cost", zh="供应与成本"),
}


def _matches(wanted: str, texts: Iterable[str]) -> bool:
    return wanted.strip().casefold() in " ".join(texts).casefold()


KINDS = {
    "descriptive": Term(en="What is", zh="是什么样"),
    "diagnostic": Term(en="Why", zh="为什么"),
    "predictive": Term(en="What will be", zh="会怎样"),
}


def questions(wanted: str) -> None:
    """Questions of the business with the figures and the page that answer them."""
    found = [one for one in known_questions() if _matches(wanted, _question_words(one))]
    if not found:
        nothing(wanted)
    for one in found:
        told, link = st.columns([8, 2], vertical_alignment="center")
        labels = joined(plain(known_metrics()[key].label) for key in one.metrics)
        facts = _(
            "{kind}. Figures: {figures}. Method: {method}.", kind=KINDS[one.kind], figures=labels, method=one.method
        )
        told.markdown(f"- **{say(one.question)}**  \n  :small[:gray[{facts}]]")
        link.page_link(f"pages/{one.page}.py", icon=":material/arrow_forward:")


def _question_words(one: Question) -> list[str]:
    texts = (one.question, one.method, *(known_metrics()[key].label for key in one.metrics))
    return [*(text.zh for text in texts), *(text.en for text in texts)]


def metrics(wanted: str) -> None:
    """Metrics by part of the business: meaning, formula, which way is good, who owns it, what it needs."""
    found = [metric for metric in known_metrics().values() if _matches(wanted, _metric_words(metric))]
    if not found:
        nothing(wanted)
    for block, label in BLOCKS.items():
        rows = [metric for metric in found if metric.block == block]
        if rows:
            st.subheader(say(label), anchor=False)
            st.markdown("\n".join(entry(metric) for metric in rows))


def _metric_words(metric: Metric) -> list[str]:
    texts = (metric.label, metric.meaning, metric.formula)
    return [metric.key, *(text.zh for text in texts), *(text.en for text in texts), *metric.needs]


def entry(metric: Metric) -> str:
    """A metric as an entry of a dictionary; text wraps on every screen, cells of a grid would be cut."""
    facts = _(
        "Formula: {formula}. Better when {direction}. Owner: {owner}. Needs: {needs}.",
        formula=metric.formula,
        direction=Message("higher") if metric.direction == "up" else Message("lower"),
        owner=roles().get(metric.owner, metric.owner),
        needs=_needs(metric),
    )
    return f"- **{say(metric.label)}**  {say(metric.meaning)}  \n  :small[:gray[{facts}]]"


def _needs(metric: Metric) -> str:
    if metric.gap is not None:
        return plain(metric.gap)
    named = []
    for need in metric.needs:
        table, _dot, column = need.partition(".")
        known = canonical_tables().get(table)
        label = plain(known.label) if known else table
        named.append(f"{label} › {plain(known[column].label)}" if known and column in known.names else label)
    return joined(named)


def tables(wanted: str) -> None:
    """Canonical tables, each with its columns; a search that names a column shows the tables that have it."""
    found = {name: table for name, table in canonical_tables().items() if _matches(wanted, _table_words(table))}
    if not found:
        nothing(wanted)
    for name, table in found.items():
        with st.expander(f"**{say(table.label)}**  {escape(name)}", expanded=bool(wanted) and len(found) == 1):
            st.markdown(say(table.meaning))
            st.caption(_("One row is: {grain}", grain=table.grain))
            st.markdown("\n".join(_column_entry(column) for column in table.columns))


def _table_words(table: Table) -> list[str]:
    words = [table.name, table.label.zh, table.label.en]
    for column in table.columns:
        words += [column.name, column.label.zh, column.label.en, *column.synonyms]
    return words


def _column_entry(column: Column) -> str:
    head = f"- **{say(column.label)}**"
    if column.required:
        head += f" :small[:orange[{_('required')}]]"
    known = _("{name} in queries. Found under: {headers}.", name=column.name, headers=joined(column.synonyms) or "—")
    return f"{head}  {say(column.meaning)}  \n  :small[:gray[{known}]]"


def sources(wanted: str) -> None:
    """Exports the product knows, where to get each, and what it fills."""
    found = [report for report in known_sources().values() if _matches(wanted, _source_words(report))]
    if not found:
        nothing(wanted)
        return
    st.markdown("\n".join(_source_entry(report) for report in found))


def _source_entry(report: Source) -> str:
    fills = _("Fills: {table}. File type: {kind}.", table=canonical_table(report.table).label, kind=report.container)
    return f"- **{say(report.label)}**  {say(report.where)}  \n  :small[:gray[{fills}]]"


def _source_words(report: Source) -> list[str]:
    texts = (report.label, report.where)
    headers = [header for group in report.columns.values() for header in group]
    return [report.name, *(text.zh for text in texts), *(text.en for text in texts), *headers, *report.signature]


def nothing(wanted: str) -> None:
    """Say that a search found nothing."""
    st.caption(_("Nothing here is called {wanted}.", wanted=wanted))
