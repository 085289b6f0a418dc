"""The weekly review on the command line: reports for cron, alerts for pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecops import terminal
from ecops.locale import as_language
from ecops.messages import Message, write
from ecops.periods import Period, last_full_week, parse_period
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption

if TYPE_CHECKING:
    from ecops.store import Workspace

app = typer.Typer()

FIRED = 3
"""Exit code when an alert rule fires; 2 is bad input."""

PeriodOption = Annotated[
    str, typer.Option("--period", help="week or month for the last whole one, or days: 2026-11-09..2026-11-15.")
]


@app.command(name="report")
@terminal.reported
def report_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")],
    period: PeriodOption = "week",
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Write the weekly review as HTML, Excel and PowerPoint. Exit code 3 when an alert rule fires."""
    from ecops.reports import write
    from ecops.reports.write import FORMATS
    from ecops.review import report, sections, weekly

    target = terminal.open_workspace(workspace or terminal.existing(), state)
    review = weekly(target, week=_week(period, target))
    content = report(review, sections=sections(target, review.week), data=target)
    out.mkdir(parents=True, exist_ok=True)
    name = f"ecops_{review.week.start}_{review.week.end}"
    files = [write(content, out / f"{name}.{form}", as_language(language)) for form in FORMATS]
    if as_json:
        terminal.say_json({
            "files": files,
            "week": [review.week.start, review.week.end],
            "verdict": review.verdict.text(language),
            "alerts": [alert.sentence.text(language) for alert in review.alerts],
            "findings": [terminal.finding_json(finding, language, target) for finding in review.findings],
        })  # fmt: skip
    else:
        terminal.say(review.verdict, language)
        for file in files:
            terminal.say(Message("Written: {file}", file=str(file)), language)
        for alert in review.alerts:
            terminal.say(Message("Alert: {sentence}", sentence=alert.sentence), language)
    if review.alerts:
        raise typer.Exit(FIRED)


@app.command(name="meeting")
@terminal.reported
def meeting_command(
    kind: Annotated[str, typer.Argument(help="goals, cases, weekly, process, handover, campaign, product, ...")],
    period: PeriodOption = "week",
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show the agenda of a meeting, each point with what the shop's figures say to it."""
    from ecops.review import weekly
    from ecops.review.meetings.meeting import agenda, meeting

    chosen = meeting(kind)
    target = terminal.open_workspace(workspace or terminal.existing(), state)
    points = agenda(kind, target.data(), weekly(target, week=_week(period, target)))
    if as_json:
        spoken = as_language(language)
        told_points = [
            {"text": write(told.point.text, spoken), "lines": [line.text(language) for line in told.lines]}
            for told in points
        ]
        return terminal.say_json({"meeting": write(chosen.label, spoken), "points": told_points})
    terminal.say(Message("{meeting}, {every}", meeting=chosen.label, every=chosen.every), language)
    for told in points:
        terminal.say(Message("{point}", point=told.point.text), language)
        for line in told.lines:
            terminal.say(Message("- {line}", line=line), language)
    return None


@app.command(name="products")
@terminal.reported
def products_command(
    period: PeriodOption = "week",
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Review best sellers and new products: sales against goal and period before, margin, new customers, drivers."""
    from ecops import door
    from ecops.metrics.registry import metric
    from ecops.review import Targets
    from ecops.review.branches.products import product_reviews
    from ecops.review.week.agenda import last_day

    target = terminal.open_workspace(workspace or terminal.existing(), state)
    data = target.data()
    days = _week(period, target) or last_full_week(last_day(data))
    found = product_reviews(data, days, Targets(target.state).parts())
    if not as_json:
        for one in found:
            terminal.say(one.sentence, language)
        return
    terminal.say_json(
        {
            "period": [days.start, days.end],
            "products": [
                {
                    "sku": one.sku,
                    "title": one.title,
                    "new": one.new,
                    "first_day": one.first_day,
                    "figures": {
                        key: value
                        for key, value in one.figures.items()
                        if door.may_see(metric(key).needs, door.reader())
                    },
                    "change": one.moved,
                    "new_share": one.new_share,
                    "basis": one.basis,
                    "drivers": one.drivers,
                    "goals": [
                        {"metric": goal.target.metric, "goal": goal.target.value, "value": goal.value,
                         "state": goal.state}
                        for goal in one.goals
                    ],
                    "sentence": one.sentence.text(language),
                }
                for one in found
            ],
        }
    )  # fmt: skip


@app.command(name="handover")
@terminal.reported
def handover_command(
    out: Annotated[Path | None, typer.Option("--out", help="Write the sheet as CSV to this file.")] = None,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show what is paid and not shipped, by product, what is due first on top."""
    from ecops import door
    from ecops.review.meetings.handover import handover

    target = terminal.open_workspace(workspace or terminal.existing(), state)
    found = handover(target.data())
    if out is not None:
        out.write_bytes(door.to_csv(found.table))
    if as_json:
        rows = found.table.to_dict("records")
        told = {"asked": found.asked if found.known else None, "orders": found.orders, "late": found.late}
        return terminal.say_json({**told, "lines": rows})
    return terminal.say(found.sentence, language)


@app.command(name="alerts")
@terminal.reported
def alerts_command(
    period: PeriodOption = "week",
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show which alert rules fire. Exit code 3 when one does."""
    from ecops.review.alarms import AlertRules, alerts
    from ecops.review.week.agenda import last_day

    target = terminal.open_workspace(workspace or terminal.existing(), state)
    data = target.data()
    fired = alerts(data, _week(period, target) or last_full_week(last_day(data)), AlertRules(target.state).all())
    if as_json:
        terminal.say_json({"alerts": [_plain(alert, language) for alert in fired]})
    elif not fired:
        terminal.say(Message("No alert rule fires."), language)
    else:
        for alert in fired:
            terminal.say(alert.sentence, language)
    if fired:
        raise typer.Exit(FIRED)


def _week(period: str, target: Workspace) -> Period | None:
    """The days of the review; the last whole week when None."""
    from ecops.review.week.agenda import last_day
    from ecops.review.week.spans import last_full_month, reviewable

    if period == "week":
        return None
    return last_full_month(last_day(target.data())) if period == "month" else reviewable(parse_period(period))


def _plain(alert: Any, language: str) -> dict[str, Any]:
    return {
        "rule": alert.rule.id,
        "metric": alert.rule.metric,
        "comparison": alert.rule.comparison,
        "threshold": alert.rule.threshold,
        "where": dict(alert.subject),
        "owner": alert.rule.owner,
        "period": [alert.period.start, alert.period.end],
        "value": alert.value,
        "before": alert.before,
        "n": alert.n,
        "sentence": alert.sentence.text(language),
    }
