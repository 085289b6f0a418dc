"""The funnel on the command line: one file, one answer."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecops import terminal
from ecops.errors import FileError, unknown_name
from ecops.messages import Count, Message, Percent
from ecops.periods import Compare, Period, last_full_week, parse_period
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption
from ecops.words import where, written

_LOGS = ("user_id", "event", "happened_at")


if TYPE_CHECKING:
    from ecops.funnel import FunnelSpec

app = typer.Typer()


@app.command(name="funnel")
@terminal.reported
def funnel_command(  # noqa: PLR0913, PLR0917 - the options of a command
    file: Annotated[
        Path | None, typer.Argument(help="A table of counts or a log of events; the workspace when not given.")
    ] = None,
    before: Annotated[Path | None, typer.Option("--before", help="The same table of the days before.")] = None,
    steps: Annotated[
        str, typer.Option("--steps", help="A preset (four_steps, visitors, ...), or events of a log: view,cart,buy.")
    ] = "all",
    by: Annotated[list[str] | None, typer.Option("--by", help="Split a log by this column; may be repeated.")] = None,
    people: Annotated[
        bool,
        typer.Option("--people", help="Follow the workspace's log, by new and returning, gender and age too."),
    ] = False,
    window: Annotated[str, typer.Option("--window", help="Time allowed in a log: 12h, 7d, none.")] = "7d",
    window_from: Annotated[
        str, typer.Option("--window-from", help="Whence the window runs in a log: first or previous step.")
    ] = "first",
    order: Annotated[str, typer.Option("--order", help="In a log: ordered, strict or any.")] = "ordered",
    unit: Annotated[str, typer.Option("--unit", help="What counts in a log: user, session or user_sku.")] = "user",
    credit: Annotated[
        str,
        typer.Option(
            "--credit", help="In a log a person belongs to: first_touch, last_touch, entry, step:k, all_events."
        ),
    ] = "first_touch",
    ties: Annotated[
        str, typer.Option("--ties", help="Steps of a log at one instant: allow, strict, or grace:2s.")
    ] = "allow",
    matured: Annotated[
        bool, typer.Option("--matured", help="Leave out who has not had the whole window yet in a log.")
    ] = False,
    period: Annotated[str | None, typer.Option("--period", help="2026-11-09..2026-11-15")] = None,
    compare: Annotated[str, typer.Option("--compare", help="previous, last_week or last_year.")] = "previous",
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say where orders are lost: steps, causes in money, defects of the data."""
    from ecops.funnel import workspace as shop
    from ecops.funnel.reading import sheet

    data = None
    span = parse_period(period) if period else None
    if file is None:
        data = terminal.open_workspace(workspace or terminal.existing(), state).data()
        days = span or last_full_week(terminal.last_day(data))
        told: dict[str, Any] = {"basis": "events", "people": True} if people else {}
        result = shop.shop_funnel(data, days, terminal.known_comparison(compare), steps=steps, **told)
    elif not file.is_file():
        raise FileError(Message("There is no such file."), Message("Check the path."), {"file": str(file)})
    elif _is_log(file):
        how = {
            "window": None if window == "none" else window, "window_from": window_from, "order": order, "unit": unit,
            "attribution": credit, "ties": ties, "matured_only": matured,
        }  # fmt: skip
        result = _of_log(file, _Asked(steps, tuple(by or ()), how), span, terminal.known_comparison(compare))
    else:
        other = sheet.read_sheet(before) if before is not None else None
        result = sheet.sheet_funnel(sheet.read_sheet(file), other, span)
    if as_json:
        terminal.say_json(_json(result, language, data))
    else:
        _tell(result, language)


ABOUT: dict[str, tuple[str, str]] = {
    "searches": ("ecops.funnel.leaks.searches", "search_words"),
    "payments": ("ecops.funnel.leaks.payments", "payment_reasons"),
    "reminders": ("ecops.funnel.leaks.service", "reminder_ways"),
    "sources": ("ecops.funnel.leaks.sources", "source_quality"),
    "pages": ("ecops.funnel.leaks.pages", "bounce_by_page"),
    "loading": ("ecops.funnel.leaks.pages", "bounce_by_loading"),
    "items": ("ecops.funnel.leaks.pages", "bounce_by_item"),
    "paths": ("ecops.funnel.leaks.journeys", "path_lengths"),
    "products": ("ecops.funnel.leaks.launches", "new_products"),
    "content": ("ecops.funnel.leaks.content", "content_pieces"),
    "trend": ("ecops.funnel.leaks.trends", "step_trend"),
}
"""What `funnel-figures --about` may be: the module and the question, asked with the data and the period."""


@app.command(name="funnel-figures")
@terminal.reported
def figures_command(
    about: Annotated[
        str | None, typer.Option("--about", help="A list instead: searches, payments, reminders, sources, pages, ...")
    ] = None,
    period: Annotated[str | None, typer.Option("--period", help="2026-11-09..2026-11-15")] = None,
    compare: Annotated[str, typer.Option("--compare", help="previous, last_week or last_year.")] = "previous",
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say what lies behind the steps: searches, failed payments, silent orders, reminders, paths, pages, content."""
    from ecops.funnel.leaks.overview import further_figures

    if about is not None and about not in ABOUT:
        raise unknown_name(Message("The subject"), about, ABOUT)
    data = terminal.open_workspace(workspace or terminal.existing(), state).data()
    days = parse_period(period) if period else last_full_week(terminal.last_day(data))
    if about is not None:
        module, question = ABOUT[about]
        rows = getattr(importlib.import_module(module), question)(data, days).to_dict("records")
        if as_json:
            terminal.say_json(rows)
        for row in () if as_json else rows:
            terminal.say(Message("{row}", row="  ".join(f"{name} {value}" for name, value in row.items())), language)
        return
    found = further_figures(data, days, terminal.known_comparison(compare))
    if as_json:
        terminal.say_json([_figure_json(figure, language) for figure in found])
        return
    for figure in found:
        if figure.reason is not None:
            terminal.say(Message("{label}: {value}", label=figure.metric.label, value=figure.reason), language)
        else:
            value = written(figure.metric.key, figure.value, "")
            terminal.say(Message("{label}: {value}", label=figure.metric.label, value=value), language)


def _figure_json(figure: Any, language: str) -> dict[str, Any]:
    names = ("value", "low", "high", "before", "change_low", "change_high", "p_value", "n", "on")
    return {
        "metric": figure.metric.key,
        **{name: getattr(figure, name) for name in names},
        "reason": figure.reason and figure.reason.text(language),
        "note": figure.note and figure.note.text(language),
    }


def _is_log(file: Path) -> bool:
    """Whether a file has a person, an event and a time; only its head is read."""
    from ecops.funnel.reading.source import EventSource

    if file.suffix.casefold() == ".parquet":
        import pyarrow.parquet as pq

        headers = pq.read_schema(file).names
    elif file.suffix.casefold() in (".csv", ".gz"):
        import pandas as pd

        try:
            headers = [str(name) for name in pd.read_csv(file, nrows=0).columns]
        except (ValueError, OSError):
            return False
    else:
        return False
    source = EventSource(dict.fromkeys(headers), "", None)
    return all(source.column(name, needed=False) is not None for name in _LOGS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How a log is to be read: steps as they were written, columns to split by, other fields of `FunnelSpec`."""

    steps: str
    by: tuple[str, ...]
    how: Mapping[str, Any]

    def spec(self, events: Sequence[str]) -> FunnelSpec:
        """The funnel over a log that has these events.

        Raises:
            EcopsError: no such preset or event, or choices that do not go together.
        """
        from ecops.funnel.reading.own import log_spec

        return replace(log_spec(events, self.steps, None), **self.how)


def _of_log(file: Path, asked: _Asked, period: Period | None, compare: Compare) -> Any:
    """The funnel of a log; compared when the log covers the days before the period."""
    from ecops.funnel import from_events, pack
    from ecops.funnel.reading.logs import not_used
    from ecops.funnel.workspace import compared

    log = pack(file, asked.how["unit"], by=asked.by)
    spec = asked.spec(log.names)
    before = period.compared(compare) if period is not None else None
    then = from_events(log, spec, period=before, check=False) if before and before.start >= log.span[0] else None
    notes = not_used(log.event_counts, spec)
    hint = [Message("Name your own steps with --steps.")] if notes else []
    return compared(from_events(log, spec, period=period), then, [*notes, *hint])


def _json(result: Any, language: str, shop: Any) -> dict[str, Any]:
    return {
        "verdict": result.verdict.text(language),
        "period": result.after.period and [result.after.period.start, result.after.period.end],
        "compare": result.before and result.before.period and [result.before.period.start, result.before.period.end],
        "currency": result.after.currency,
        "steps": _steps(result.after),
        "steps_before": result.before and _steps(result.before),
        "segments": result.after.rows.to_dict("records") if result.after.by else [],
        "findings": [terminal.finding_json(finding, language, shop) for finding in (*result.findings, *result.watch)],
        "issues": [
            {"kind": issue.kind, "severity": issue.severity, "message": issue.message.text(language)}
            for issue in result.issues
        ],
        "notes": [note.text(language) for note in result.notes],
    }


def _steps(table: Any) -> list[dict[str, Any]]:
    rows = table.total.rows[["step", "n", "rate_prev", "rate_first", "low", "high"]]
    found: list[dict[str, Any]] = rows.to_dict("records")
    return found


def _tell(result: Any, language: str) -> None:
    terminal.say(result.verdict, language)
    for issue in result.issues:
        terminal.say(issue.message, language)
    whole = result.after.total.rows
    for step, row in zip(result.after.steps, whole.itertuples(), strict=True):
        rate = Percent(row.rate_prev) if row.rate_prev == row.rate_prev else ""
        terminal.say(Message("{step}: {n} {rate}", step=step.term, n=Count(row.n), rate=rate), language)
    if result.after.by:
        _tell_places(result.after, language)
    for finding in (*result.findings, *result.watch):
        terminal.say(finding.headline, language)
    for note in result.notes:
        terminal.say(note, language)


def _tell_places(table: Any, language: str) -> None:
    """Each step in each part, as far as anybody got there."""
    labels = {step.name: step.term for step in table.steps}
    for row in table.rows.to_dict("records"):
        place = where({name: row[name] for name in table.by})
        rate = Percent(row["rate_prev"]) if row["rate_prev"] == row["rate_prev"] else ""
        sentence = Message("{step}: {n} {rate}", step=labels[row["step"]], n=Count(row["n"]), rate=rate)
        terminal.say(Message("{place}  {step}", place=place, step=sentence), language)
