"""The weekly review on the command line: reports for cron, alerts for pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ecops import terminal
from ecops.errors import SpecError
from ecops.locale import as_language
from ecops.messages import Message
from ecops.periods import Period, last_full_week, parse_period
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption

app = typer.Typer()

FIRED = 3
"""Exit code when an alert rule fires; 2 is bad input."""

PeriodOption = Annotated[
    str, typer.Option("--period", help="week for the last whole one, or its days as 2026-11-09..2026-11-15.")
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
    review = weekly(target, week=_week(period))
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
        })  # fmt: skip
    else:
        terminal.say(review.verdict, language)
        for file in files:
            terminal.say(Message("Written: {file}", file=str(file)), language)
        for alert in review.alerts:
            terminal.say(Message("Alert: {sentence}", sentence=alert.sentence), language)
    if review.alerts:
        raise typer.Exit(FIRED)


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
    fired = alerts(data, _week(period) or last_full_week(last_day(data)), AlertRules(target.state).all())
    if as_json:
        terminal.say_json({"alerts": [_plain(alert, language) for alert in fired]})
    elif not fired:
        terminal.say(Message("No alert rule fires."), language)
    else:
        for alert in fired:
            terminal.say(alert.sentence, language)
    if fired:
        raise typer.Exit(FIRED)


def _week(period: str) -> Period | None:
    if period == "week":
        return None
    days = parse_period(period)
    if days.days % 7:
        raise SpecError(
            Message("The review looks at whole weeks, and {period} is none.", period=period),
            Message("Give seven days, for example 2026-11-09..2026-11-15."),
        )
    return days


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
