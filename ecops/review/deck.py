"""The weekly review as a report: the same numbers as on the page, for paper, Excel and slides."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ecops.finding import Finding
from ecops.handbook import roles
from ecops.messages import Message, Money, Percent, Term, Value
from ecops.metrics.registry import metric
from ecops.reports import Bullets, Chart, Report, Section, Series, Table
from ecops.reports.model import Block, Unit
from ecops.review.agenda import Weekly
from ecops.review.causes import weekly_money
from ecops.review.charts import Line
from ecops.review.goals import Progress
from ecops.review.outcomes import FollowUp, Standing
from ecops.review.rows import KpiRow
from ecops.words import written

CHARTS = 4
"""Metrics that are drawn."""

ROWS = 4
"""Rows of sentences that fit one slide."""

LEVEL = 0.01
"""A smaller relative change than this is no news."""

NONE = Message("—")
STANDINGS: dict[Standing, Message] = {
    "worked": Message("worked"),
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


def report(review: Weekly, scope: str = "") -> Report:
    """The review in its fixed order: last week's actions, figures, what happened, findings, decisions.

    Args:
        review: what is told.
        scope: which part of the shop it looks at, in the reader's words; the whole shop when "".
    """
    sections = [
        Section(Message("Last week's decisions"), _followups(review.followups)),
        Section(Message("Figures of the week"), _figures(review)),
        *_charts(review),
        Section(Message("What changed, and why"), _findings(review)),
        Section(Message("Decisions"), _decisions(review)),
    ]
    if review.annotations:
        sections.append(Section(Message("What happened"), (_annotations(review),)))
    return Report(
        Message("Weekly review"),
        Message("{week}, compared with the week before · {scope}", week=review.week.range, scope=scope)
        if scope
        else Message("{week}, compared with the week before", week=review.week.range),
        review.verdict,
        tuple(sections),
        review.receipts,
    )


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
    return _tables(columns, rows)


def _tables(columns: tuple[Value, ...], rows: Sequence[tuple[Value, ...]]) -> tuple[Table, ...]:
    """Rows of sentences as tables none of which is longer than a slide."""
    return tuple(Table(columns, tuple(rows[first : first + ROWS])) for first in range(0, len(rows), ROWS))


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
    columns = (
        Message("Metric"), Message("This week"), Message("Week before"), Message("Change"), Message("Judgement"),
        Message("Same week a year before"), Message("Change in a year"),
        *((Message("Target"), Message("State")) if aimed else ()),
    )  # fmt: skip
    blocks: list[Block] = [Table(columns, rows)]
    # A defect is often a note as well; it is said once.
    told = {str(line): line for line in (*(finding.headline for finding in review.defects), *review.notes)}
    if told:
        blocks.append(Bullets(tuple(told.values())))
    if review.alerts:
        blocks.append(Bullets(tuple(alert.sentence for alert in review.alerts)))
    return tuple(blocks)


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
        charts = tuple(_chart(line, review.currency, daily) for line in list(lines.values())[:CHARTS])
        if charts:
            found.append(Section(heading, charts))
    return found


def _chart(line: Line, currency: str, daily: bool) -> Chart:
    entry = metric(line.metric)
    unit: Unit = "money" if entry.unit == "money" else "percent" if entry.percent else "count"
    categories = tuple(f"{day.month}/{day.day}" if daily else f"{day:%Y-%m}" for day in line.days)
    series = [Series(Message("This year"), line.this_year)]
    if any(math.isfinite(value) for value in line.year_before):
        series.append(Series(Message("A year before"), line.year_before, benchmark=True))
    subtitle = (
        Message("{metric} by day, with the same weekday a year before", metric=entry.label)
        if daily
        else Message("{metric} by month, with the same weekdays a year before", metric=entry.label)
    )
    return Chart("line", takeaway(line), subtitle, categories, tuple(series), unit, currency)


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


def _findings(review: Weekly) -> tuple[Block, ...]:
    if not review.findings:
        return (Bullets((Message("Nothing changed beyond chance."),)),)
    rows = tuple(
        (
            finding.headline,
            _weekly(finding),
            CONFIDENCES[finding.confidence],
            _advice(finding),
            roles()[finding.action.owner] if finding.action is not None else NONE,
        )
        for finding in review.findings
    )
    columns = (Message("Finding"), Message("Money a week"), Message("Certainty"), Message("Advice"), Message("Owner"))
    return _tables(columns, rows)


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
    return _tables(columns, rows)


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
