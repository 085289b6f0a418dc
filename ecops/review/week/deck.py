"""The weekly review as a report: the same numbers as on the page, for paper, Excel and slides."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ecops.finding import Finding
from ecops.handbook import roles
from ecops.messages import Message, Money, MoneyRange, Percent, Term, Value
from ecops.metrics.registry import metric
from ecops.reports import Bullets, Card, Cards, Cause, Chart, Report, Section, Series, Table
from ecops.reports.model import Block, Tone
from ecops.review.causes import weekly_money
from ecops.review.decisions.outcomes import FollowUp, Standing
from ecops.review.goals import Progress
from ecops.review.week.agenda import Weekly
from ecops.review.week.charts import Line
from ecops.review.week.cited import decided, listed
from ecops.review.week.proof import picture, unit
from ecops.review.week.rows import KpiRow
from ecops.review.week.spans import called
from ecops.words import written

CHARTS = 4
"""Metrics that are drawn."""

CARDS = 5
"""Figures on the first page."""

CAUSES = 6
"""Causes that get a page of their own; the others stand in the table."""

LEVEL = 0.01
"""A smaller relative change than this is no news."""

NONE = Message("—")
STANDINGS: dict[Standing, Message] = {
    "worked": Message("worked"),
    "recovered": Message("recovered, cause not proven"),
    "risen": Message("rose, cause not proven"),
    "no_evidence": Message("no evidence yet"),
    "did_not_work": Message("did not work"),
    "too_early": Message("too early"),
    "overdue": Message("overdue"),
    "open": Message("open"),
    "dropped": Message("dropped"),
    "experiment": Message("by experiment"),
    "unknown": Message("cannot be verified"),
}
CONFIDENCES = {
    "confirmed": Message("confirmed"),
    "watch": Message("to be watched"),
    "insufficient": Message("too little data"),
}
PROGRESS = {
    "reached": Message("reached"),
    "on_track": Message("on track"),
    "behind": Message("behind"),
    "missed": Message("missed"),
    "unknown": Message("not known"),
}


def report(review: Weekly, scope: str = "", sections: Sequence[Section] = (), *, data: Any = None) -> Report:
    """The review as it is put before somebody.

    In this order: verdict and figures, each cause with its picture, the other findings, outcomes, decisions, the
    figures in full, what the capabilities add, what happened.

    Args:
        review: what is told.
        scope: which part of the shop it looks at, in the reader's words; the whole shop when "".
        sections: what the capabilities add, in their order.
        data: tables, or a workspace, from which the pictures of the causes are read; without it they show only what
            the findings themselves hold.

    Raises:
        EcopsError: the data cannot be opened.
    """
    told = [
        *_changes(review, data),
        *_agreed(review),
        Section(Message("Figures"), _figures(review)),
        *_charts(review),
        *sections,
    ]
    if review.annotations:
        told.append(Section(Message("What happened"), (_annotations(review),)))
    told += decided(review.findings, data)
    span = called(review.week)
    days: dict[str, Value] = {"week": review.week.range, "before": span.before}
    return Report(
        Message("{title}", title=span.title),
        Message("{week}, compared with {before} · {scope}", scope=scope, **days)
        if scope
        else Message("{week}, compared with {before}", **days),
        review.verdict,
        tuple(told),
        review.receipts,
        _opening(review),
    )


def _opening(review: Weekly) -> tuple[Block, ...]:
    """The figures, and what must be known before them: alerts and defects of the data, each once."""
    blocks: list[Block] = []
    if review.kpis:
        blocks.append(Cards(tuple(_card(row, review.currency) for row in review.kpis[:CARDS])))
    known = _warnings(review)
    return (*blocks, Bullets(known, warning=True)) if known else tuple(blocks)


def _warnings(review: Weekly) -> tuple[Message, ...]:
    lines = (*(alert.sentence for alert in review.alerts), *(finding.headline for finding in review.defects))
    return tuple({str(line): line for line in lines}.values())


def _card(row: KpiRow, currency: str) -> Card:
    value = shown(row, row.value, currency)
    if not math.isfinite(row.change):
        return Card(row.metric.label, value, NONE, Message("nothing before to compare with"))
    change = Percent(row.change, signed=True)
    tone: Tone = ""
    if row.sure and row.change:
        tone = "good" if (row.change > 0) == (row.metric.direction == "up") else "bad"
    arrow = "▲" if row.change > 0 else "▼" if row.change < 0 else "="
    note = Message("against before: {judgement}", judgement=judged(row))
    return Card(row.metric.label, value, Message("{arrow} {change}", arrow=arrow, change=change), note, tone)


def _agreed(review: Weekly) -> list[Section]:
    """What last week's decisions brought, and what is open; one page where there is neither."""
    waiting = Section(Message("Decisions"), _decisions(review))
    brought = _followups(review.followups)
    if not (review.followups or review.decisions):
        return [replace(waiting, blocks=(*brought, *waiting.blocks))]
    return [Section(Message("Last week's decisions"), brought), waiting]


def _followups(followups: Sequence[FollowUp]) -> tuple[Block, ...]:
    if not followups:
        return (Bullets((Message("No action came into force in the last weeks."),)),)
    rows = tuple(
        (
            item.action.title,
            roles()[item.action.owner],
            item.action.began or NONE,
            STANDINGS[item.standing],
            item.sentence,
        )
        for item in followups
    )
    columns = (
        Message("Action"), Message("Owner"), Message("In force since"), Message("Outcome"), Message("What came of it"),
    )  # fmt: skip
    return (Table(columns, rows),)


def shown(row: KpiRow, value: float, currency: str) -> Value:
    """A value of a metric in its unit; a dash when it is unknown."""
    return written(row.metric.key, value, currency) if math.isfinite(value) else NONE


def changed(relative: float) -> Value:
    """A relative change; a dash when it is unknown."""
    return Percent(relative, signed=True) if math.isfinite(relative) else NONE


def judged(row: KpiRow) -> Message:
    """Whether the change against the week before is more than the usual up and down; a dash without a change."""
    if not math.isfinite(row.change):
        return NONE
    return Message("more than usual") if row.sure else Message("usual swing")


def _figures(review: Weekly) -> tuple[Block, ...]:
    aimed = any(row.progress is not None for row in review.kpis)
    rows = tuple(
        (
            row.metric.label,
            shown(row, row.value, review.currency),
            shown(row, row.before, review.currency),
            changed(row.change),
            judged(row),
            shown(row, row.year_before, review.currency),
            changed(row.year_change),
            *(target_cells(row.progress, review.currency) if aimed else ()),
        )
        for row in review.kpis
    )
    span = called(review.week)
    columns: tuple[Value, ...] = (
        Message("Metric"), span.now_heading, span.before_heading, Message("Change"), Message("Judgement"),
        span.year_heading, Message("Change in a year"),
        *((Message("Target"), Message("State")) if aimed else ()),
    )  # fmt: skip
    blocks: list[Block] = [Table(columns, rows)]
    # A defect is often a note as well; it is said once.
    known = {str(line) for line in _warnings(review)}
    notes = tuple(note for note in dict.fromkeys(review.notes) if str(note) not in known)
    return (*blocks, Bullets(notes)) if notes else tuple(blocks)


def target_cells(progress: Progress | None, currency: str) -> tuple[Value, Value]:
    """Target and state of a metric."""
    if progress is None:
        return NONE, NONE
    return written(progress.target.metric, progress.target.value, currency), PROGRESS[progress.state]


def _charts(review: Weekly) -> list[Section]:
    found = []
    for heading, lines, daily in (
        (Message("Six weeks, day by day"), review.lines.weeks, True),
        (Message("Twelve months"), review.lines.months, False),
    ):
        drawn = [line for line in list(lines.values())[:CHARTS] if _is_a_line(line)]
        charts = tuple(_chart(line, review.currency, daily) for line in drawn)
        if charts:
            found.append(Section(heading, charts))
    return found


def _is_a_line(line: Line) -> bool:
    """Whether two neighbouring points are known: single ones are no picture."""
    known = [math.isfinite(value) for value in line.this_year]
    return any(one and following for one, following in itertools.pairwise(known))


def _chart(line: Line, currency: str, daily: bool) -> Chart:
    entry = metric(line.metric)
    categories: tuple[Value, ...] = line.days if daily else tuple(_month(day) for day in line.days)
    series = [Series(Message("This year"), line.this_year)]
    if any(math.isfinite(value) for value in line.year_before):
        series.append(Series(Message("A year before"), line.year_before, benchmark=True))
    return Chart(
        "line",
        takeaway(line),
        _plotted(line, currency, daily),
        categories,
        tuple(series),
        unit(entry),
        currency,
        line.ceiling,
    )


def _plotted(line: Line, currency: str, daily: bool) -> Message:
    """What is plotted; what of the year before is cut off, and whether the last month is whole."""
    label = metric(line.metric).label
    told = (
        Message("{metric} by day, with the same weekday a year before", metric=label)
        if daily
        else Message("{metric} by month, with the same weekdays a year before", metric=label)
    )
    if line.partial[-1]:
        told = Message("{plotted}; the last month is not complete yet", plotted=told)
    if line.peak is None:
        return told
    value, day = line.peak
    return Message(
        "{plotted}. The axis is cut: a year before, {day}, it was up to {value}",
        plotted=told,
        day=day if daily else _month(day),
        value=written(line.metric, value, currency),
    )


def _month(day: dt.date) -> Term:
    return Term(en=f"{day:%b %Y}", zh=f"{day.year}年{day.month}月")


def takeaway(line: Line) -> Message:
    """What a line shows: its last part against the year before, or against its own past."""
    label = metric(line.metric).label
    daily = len(line.days) > 24
    now, then = line.latest, line.latest_before
    span: Term = Term(en="the last week", zh="最近一周") if daily else Term(en="this month so far", zh="本月至今")
    if not (math.isfinite(now) and math.isfinite(then) and then):
        return Message("{metric}: no year before to compare {span} with", metric=label, span=span)
    change = now / then - 1
    values: dict[str, Value] = {"metric": label, "span": span, "change": Percent(abs(change))}
    if abs(change) < LEVEL:
        return Message("{metric}: {span} is level with the year before", metric=label, span=span)
    if change < 0:
        return Message("{metric}: {span} is {change} below the year before", **values)
    return Message("{metric}: {span} is {change} above the year before", **values)


def causes(review: Weekly) -> tuple[Finding, ...]:
    """The findings that get a page of their own: confirmed and worth money, the largest first."""
    sure = [one for one in review.findings if one.confidence == "confirmed" and one.money is not None]
    return tuple(sure[:CAUSES])


def _changes(review: Weekly, data: Any) -> list[Section]:
    """A page a cause, then every other finding in one table."""
    main = causes(review)
    rest = [finding for finding in review.findings if not any(finding is one for one in main)]
    found = []
    if main:
        pages = tuple(_cause(finding, picture(finding, data), data) for finding in main)
        found.append(Section(Message("What changed, and why"), pages))
    if rest:
        title = Message("Other findings") if main else Message("What changed, and why")
        found.append(Section(title, _findings(rest)))
    if not found:
        nothing = Bullets((Message("Nothing changed beyond chance."),))
        found.append(Section(Message("What changed, and why"), (nothing,)))
    return found


def _cause(finding: Finding, proof: Chart | None, data: Any) -> Cause:
    facts: list[tuple[Message, Value]] = [(Message("Evidence"), finding.evidence)]
    if finding.parameters:
        facts.append((Message("Decided by"), listed(finding, data)))
    if finding.action is not None:
        facts += [(Message("Advice"), finding.action.text), (Message("Owner"), roles()[finding.action.owner])]
    return Cause(
        headline=finding.headline,
        money=_weekly(finding),
        unit=Message("a week"),
        interval=_interval(finding),
        certainty=CONFIDENCES[finding.confidence],
        tone="bad" if finding.money is not None and finding.money.value < 0 else "good",
        picture=proof,
        facts=tuple(facts),
        notes=finding.notes,
    )


def _interval(finding: Finding) -> Message | None:
    """The interval of the money a week; None when it is unknown."""
    amount = finding.money
    if amount is None or not (math.isfinite(amount.low) and math.isfinite(amount.high)):
        return None
    low, high = (weekly_money(replace(amount, value=end), finding.period.days) for end in (amount.low, amount.high))
    return Message("95% interval: {interval}", interval=MoneyRange(low, high, amount.currency))


def _findings(findings: Sequence[Finding]) -> tuple[Block, ...]:
    rows = tuple(
        (
            finding.headline,
            _weekly(finding),
            CONFIDENCES[finding.confidence],
            _advice(finding),
            roles()[finding.action.owner] if finding.action is not None else NONE,
        )
        for finding in findings
    )
    columns = (Message("Finding"), Message("Money a week"), Message("Certainty"), Message("Advice"), Message("Owner"))
    return (Table(columns, rows),)


def _weekly(finding: Finding) -> Value:
    """What a finding costs or brings a week, so that all stand in one unit."""
    if finding.money is None:
        return NONE
    return Money(weekly_money(finding.money, finding.period.days), finding.money.currency)


def _advice(finding: Finding) -> Value:
    return finding.action.text if finding.action is not None else NONE


def _decisions(review: Weekly) -> tuple[Block, ...]:
    if not review.decisions:
        return (Bullets((Message("No action is open."),)),)
    rows = tuple(
        (
            item.action.title,
            roles()[item.action.owner],
            item.action.person or NONE,
            item.action.due or NONE,
            STANDINGS[item.standing],
            item.action.hypothesis or NONE,
        )
        for item in review.decisions
    )
    columns = (
        Message("Action"), Message("Owner"), Message("Person"), Message("Due"), Message("State"),
        Message("Hypothesis"),
    )  # fmt: skip
    return (Table(columns, rows),)


KINDS = {
    "promotion": Message("promotion"),
    "price": Message("price change"),
    "launch": Message("launch"),
    "stock_out": Message("stock-out"),
    "campaign": Message("campaign"),
    "failure": Message("failure"),
    "holiday": Message("holiday"),
    "other": Message("other"),
}


def _annotations(review: Weekly) -> Table:
    rows = tuple(
        (item.start, item.end, item.name, KINDS.get(item.kind, item.kind), item.note or NONE)
        for item in review.annotations
    )
    columns = (Message("From"), Message("To"), Message("Event"), Message("Kind"), Message("Note"))
    return Table(columns, rows)
