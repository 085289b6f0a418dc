"""Monday, nine o'clock: what changed, what last week's decisions brought, what we do this week."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ecops.engine import load_sql
from ecops.errors import DataError
from ecops.finding import Finding
from ecops.messages import Count, DateRange, Message, Money, Named, Percent, Term, Value
from ecops.metrics import Kpis, kpis
from ecops.metrics.daily import Data, opened
from ecops.periods import ONE_DAY, Period, last_full_week
from ecops.review import alarms, goals
from ecops.review.collecting import collect
from ecops.review.decisions.actions import Action, ActionLog
from ecops.review.decisions.outcomes import FollowUp, follow_up
from ecops.review.week.charts import Lines, lines
from ecops.review.week.rows import KpiRow, rows
from ecops.review.week.spans import Span, called

if TYPE_CHECKING:
    from ecops.store import Receipt, Workspace

TRAFFIC_KPIS = ("gmv", "visitors", "pay_conversion", "value_per_buyer", "refund_rate", "repeat_share")
ORDER_KPIS = ("gmv", "buyers", "orders_per_buyer", "order_value", "refund_rate", "repeat_share")
NAMELESS_KPIS = ("gmv", "orders", "order_value", "buyers", "refund_rate", "repeat_share")
"""Where not every order names its buyer: GMV is orders x order value."""

FOLLOWED_DAYS = 56
"""An action whose outcome is settled is told for eight weeks after it came into force."""

ANNOTATED_DAYS = 42


@dataclass(frozen=True, slots=True)
class Chapter:
    """One step of the handbook's order: traffic, then conversion, then retention, then everything else.

    Attributes:
        name: which step.
        state: confirmed when something changed for sure, watch, or unchanged.
        findings: those of the step, ranked.
    """

    name: Literal["traffic", "conversion", "retention", "other"]
    state: Literal["confirmed", "watch", "unchanged"]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something that happened: a promotion, a price change, a stock-out, a failure."""

    start: dt.date
    end: dt.date
    name: str
    kind: str
    platform: str
    note: str


@dataclass(frozen=True, slots=True)
class Weekly:
    """The review of one week, without a word in any language.

    Attributes:
        week: Monday to Sunday.
        currency: ISO code of the money.
        verdict: one sentence to read aloud.
        followups: last week's decisions that are in force, and their outcome.
        kpis: the figures.
        goals: GMV and its factors with their goals; empty without targets.
        lines: six weeks and twelve months with the year before.
        findings: each cause once, ranked.
        defects: what is wrong with the data, to be known before any figure.
        story: traffic, conversion, retention, other.
        decisions: actions not in force yet, the overdue ones first.
        alerts: rules that fired.
        annotations: what happened in these six weeks.
        notes: what a reader must know: missing days, no history.
        receipts: one line a file the figures rest on.
    """

    week: Period
    currency: str
    verdict: Message
    followups: tuple[FollowUp, ...]
    kpis: tuple[KpiRow, ...]
    goals: tuple[goals.Branch, ...]
    lines: Lines
    findings: tuple[Finding, ...]
    defects: tuple[Finding, ...]
    story: tuple[Chapter, ...]
    decisions: tuple[FollowUp, ...]
    alerts: tuple[alarms.Alert, ...]
    annotations: tuple[Annotation, ...]
    notes: tuple[Message, ...]
    receipts: tuple[Message, ...]

    @property
    def today(self) -> dt.date:
        """The Monday after the week, on which it is reviewed."""
        return self.week.end + ONE_DAY


def weekly(
    workspace: Workspace | Any,
    log: ActionLog | None = None,
    week: Period | None = None,
    *,
    stage: str = "",
    view: Data | None = None,
) -> Weekly:
    """The review of a week, or of a month, which has neither targets nor alert rules of its own.

    Args:
        workspace: of the shop; anything `ecops.metrics.kpis` takes works too, then without targets, rules and receipts.
        log: the actions; those of the workspace when None.
        week: the week; the last whole one that the data reaches when None.
        stage: preset of metrics ("cold_start", "growth", "maturity"); the factors of GMV when "".
        view: the tables to look at instead of the workspace's own, for example only some platforms.

    Raises:
        DataError: there are no sales and no traffic.
    """
    state = getattr(workspace, "state", None)
    own = workspace.data() if state is not None and view is None else view if view is not None else workspace
    data = opened(own)
    days = week or last_full_week(last_day(data))
    log = log if log is not None else ActionLog(state) if state is not None else None
    # Targets and alert rules speak of a week.
    weeks = days.days == 7
    targets = goals.Targets(state).all() if state is not None and weeks else ()
    rules = alarms.AlertRules(state).all() if state is not None else alarms.default_rules()
    now, year = kpis(data, days), kpis(data, days, "last_year")
    keys = goals.stage(stage).kpis if stage else _kpis(now)
    table = rows(data, now, year, keys, targets)
    found = collect(data, days)
    told = tuple(finding for finding in found if not _is_defect(finding))
    actions = log.actions() if log is not None else []
    followed = _followed(data, actions, days)
    monday = days.end + ONE_DAY
    waiting = [follow_up(data, action, monday) for action in actions if _waits(action, days)]
    tree = goals.goal_tree({key: now[key].value for key in goals.TREE}, targets, days.end)
    return Weekly(
        week=days,
        currency=now.currency,
        verdict=_verdict(now, told, called(days)),
        followups=followed,
        kpis=table,
        goals=tree,
        lines=lines(data, days, [row.metric.key for row in table]),
        findings=told,
        defects=tuple(finding for finding in found if _is_defect(finding)),
        story=_story(told),
        decisions=tuple(sorted(waiting, key=_urgency)),
        alerts=alarms.alerts(data, days, rules) if weeks else (),
        annotations=_annotations(data, Period(days.end - (ANNOTATED_DAYS - 1) * ONE_DAY, days.end)),
        notes=(*_notes(now, year, days), *_year_ago(data, days), *_without_year(table, year)),
        receipts=_receipts(workspace.receipts()) if hasattr(workspace, "receipts") else (),
    )


def _kpis(now: Kpis) -> tuple[str, ...]:
    """GMV with its factors, and what must not grow unseen beside them."""
    if now.basis != "orders":
        return TRAFFIC_KPIS
    return ORDER_KPIS if "buyers" in now.factors else NAMELESS_KPIS


def last_day(data: Data) -> dt.date:
    """The last day with sales or traffic.

    Raises:
        DataError: there is none.
    """
    days: list[dt.date] = []
    for table, query in (
        ("order_lines", "select max(cast(ordered_at as date)) as day from order_lines"),
        ("orders", "select max(cast(ordered_at as date)) as day from orders"),
        ("traffic_daily", "select max(date) as day from traffic_daily"),
    ):
        if data.has(table):
            days += [day for day in data.query(query)["day"].to_pylist() if day is not None]
    if not days:
        raise DataError(
            Message("There are no orders and no traffic yet."), Message("Upload an export, or look at the sample shop.")
        )
    return max(days)


def _is_defect(finding: Finding) -> bool:
    """What is wrong with the data, or a capability that could not speak; what a test lacks is its verdict."""
    return finding.kind == "data" and "experiment" not in finding.subject


def _verdict(now: Kpis, found: Sequence[Finding], span: Span) -> Message:
    """GMV and the largest cause of a change, in one sentence; a test or a lasting condition changed nothing."""
    gmv = now["gmv"]
    sure = [item for item in found if item.confidence == "confirmed" and item.money is not None]
    main = next((item for item in sure if item.compare is not None), None)
    values: dict[str, Value] = {"gmv": Money(gmv.value, now.currency), "now": span.now, "before": span.before}
    if math.isfinite(gmv.relative):
        values["change"] = Percent(gmv.relative, signed=True)
        if main is None:
            return Message("GMV was {gmv} {now}, {change} against {before}. Nothing changed beyond chance.", **values)
        return Message("GMV was {gmv} {now}, {change} against {before}. {cause}", cause=main.headline, **values)
    if not math.isfinite(gmv.value):
        return Message("There are no sales figures for these days.")
    return Message("GMV was {gmv} {now}. There is nothing before to compare with.", **values)


def _story(found: Sequence[Finding]) -> tuple[Chapter, ...]:
    names: tuple[Literal["traffic", "conversion", "retention", "other"], ...] = (
        "traffic", "conversion", "retention", "other",
    )  # fmt: skip
    chapters = []
    for name in names:
        mine = tuple(item for item in found if (item.block or "other") == name)
        states = {item.confidence for item in mine}
        state: Literal["confirmed", "watch", "unchanged"] = (
            "confirmed" if "confirmed" in states else "watch" if "watch" in states else "unchanged"
        )
        chapters.append(Chapter(name, state, mine))
    return tuple(chapters)


def _followed(data: Data, actions: Sequence[Action], week: Period) -> tuple[FollowUp, ...]:
    """Actions in force, newest first; settled ones for some weeks, dropped ones while they are fresh."""
    today = week.end + ONE_DAY
    told = []
    for action in actions:
        if _waits(action, week):
            continue
        if action.state == "dropped":
            fresh = action.due is not None and action.due >= week.start
        else:
            fresh = action.began is not None and (today - action.began).days <= FOLLOWED_DAYS
        if fresh or bool(action.experiment and action.state not in {"verified", "dropped"}):
            told.append(action)
    newest = sorted(told, key=lambda action: action.began or dt.date.min, reverse=True)
    return tuple(follow_up(data, action, today, actions) for action in newest)


def _waits(action: Action, week: Period) -> bool:
    """Whether an action is agreed and not in force at the end of the week."""
    if action.state in {"dropped", "verified"} or action.experiment:
        return False
    return action.began is None or action.began > week.end


def _urgency(item: FollowUp) -> tuple[bool, dt.date]:
    return item.standing != "overdue", item.action.due or dt.date.max


def _year_ago(data: Data, week: Period) -> tuple[Message, ...]:
    """What makes the same week a year before another kind of week."""
    events = Named.joined(item.name for item in _annotations(data, week.compared("last_year")))
    if not events:
        return ()
    return (Message("In {year_before}: {events}.", year_before=called(week).year_before, events=events),)


def _without_year(table: Sequence[KpiRow], year: Kpis) -> tuple[Message, ...]:
    """Which figures stand without the year before although there are figures of it."""
    alone = [row.metric.label for row in table if not math.isfinite(row.year_before)]
    if not alone or not math.isfinite(year["gmv"].previous):
        return ()
    return (
        Message(
            "No year before for {metrics}: its data is not complete enough to work it out in the same way.",
            metrics=_listed(alone),
        ),
    )


def _listed(labels: Sequence[Term]) -> Term:
    """Labels one after the other."""
    return Term(en=", ".join(label.en for label in labels), zh="、".join(label.zh for label in labels))


def _annotations(data: Data, days: Period) -> tuple[Annotation, ...]:
    if not data.has("calendar"):
        return ()
    sql = load_sql("ecops.review.queries", "annotations")
    rows = data.query(sql, {"start": days.start, "end": days.end}).to_pylist()
    return tuple(
        Annotation(
            row["starts_on"], row["ends_on"], Named(row["name"], row["name_en"]), row["kind"] or "other",
            row["platform"] or "", Named(row["note"] or "", row["note_en"]),
        )
        for row in rows
    )  # fmt: skip


def _notes(now: Kpis, year: Kpis, days: Period) -> tuple[Message, ...]:
    notes = list(now.notes)
    if not math.isfinite(now["gmv"].value):
        return tuple(dict.fromkeys(notes))  # the verdict says that there is nothing
    if not math.isfinite(now["gmv"].previous):
        week = Message("This is the first week with figures: changes can be told from next week on.")
        notes.append(week if days.days == 7 else Message("There are no figures of as many days before."))
    elif not math.isfinite(year["gmv"].previous):
        notes.append(Message("There are no figures of a year before."))
    return tuple(dict.fromkeys(notes))


def _receipts(receipts: Sequence[Receipt]) -> tuple[Message, ...]:
    told = []
    for receipt in receipts:
        if receipt.undone:
            continue
        values = {"file": receipt.file, "rows": Count(receipt.rows), "hash": receipt.sha256[:8]}
        first = min((sheet.first_day for sheet in receipt.sheets if sheet.first_day is not None), default=None)
        last = max((sheet.last_day for sheet in receipt.sheets if sheet.last_day is not None), default=None)
        if first is None or last is None:
            told.append(Message("{file}: {rows} rows, checksum {hash}", **values))
        else:
            told.append(Message("{file}: {rows} rows, {days}, checksum {hash}", days=DateRange(first, last), **values))
    return tuple(told)
