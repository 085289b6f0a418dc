"""The commands `kpis`, `unusual` and `scorecard`: figures, unusual days, who answers for what."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecops import door, metrics
from ecops.messages import Message, Percent, write
from ecops.metrics.analysis import Kpi, Kpis
from ecops.periods import last_full_week, parse_period
from ecops.terminal import (
    JsonOption,
    LanguageOption,
    StateOption,
    WorkspaceOption,
    existing,
    known_comparison,
    last_day,
    open_workspace,
    reported,
    say,
    say_json,
)

if TYPE_CHECKING:
    from ecops.growth.board.scorecard import Scorecard

app = typer.Typer()


@app.command()
@reported
def kpis(
    file: Annotated[Path | None, typer.Argument(help="A table or an export; the workspace when not given.")] = None,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    period: Annotated[
        str | None, typer.Option("--period", help="2026-11-09..2026-11-15; the last whole week when not given.")
    ] = None,
    compare: Annotated[str, typer.Option("--compare", help="previous, last_week or last_year.")] = "previous",
    by: Annotated[list[str] | None, typer.Option("--by", help="Split by this dimension; may be repeated.")] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show the figures of a period beside those it is compared with."""
    from ecops.store.inputs import open_data

    data = open_data(file) if file is not None else open_workspace(workspace or existing(), state).data()
    span = parse_period(period) if period else last_full_week(last_day(data))
    result = metrics.kpis(data, span, known_comparison(compare), by=by or None)
    if as_json:
        return say_json(_kpis(result, language))
    say(Message("{period} beside {compare}", period=result.period.range, compare=result.compare.range), language)
    shown = [figure for figure in _seen(result).values() if not math.isnan(figure.value)]
    for figure in shown:
        say(_line(figure, result.currency), language)
    for told in dict.fromkeys(sentence for figure in shown for sentence in figure.basis):
        say(told, language)
    for note in result.notes:
        say(note, language)
    return None


def _seen(result: Kpis) -> dict[str, Kpi]:
    """The figures that whoever asks may see: what is worked out from a secret is as secret."""
    return {key: kpi for key, kpi in result.kpis.items() if door.may_see(kpi.metric.needs, door.reader())}


@app.command()
@reported
def unusual(
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    period: Annotated[
        str | None, typer.Option("--period", help="2026-11-09..2026-11-15; the last whole week when not given.")
    ] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show the days out of the ordinary; the exit code is 1 when there is one, for a daily alert."""
    from ecops.growth.board.unusual import unusual_days

    data = open_workspace(workspace or existing(), state).data()
    span = parse_period(period) if period else last_full_week(last_day(data))
    found = unusual_days(data, span)
    if as_json:
        say_json(
            [
                {
                    "day": one.day,
                    "metric": one.metric.key,
                    **{name: getattr(one, name) for name in ("value", "usual", "relative", "p_value", "good")},
                    "events": list(one.events),
                    "sentence": one.sentence.text(language),
                }
                for one in found
            ]
        )
    elif not found:
        say(Message("No day out of the ordinary in {period}.", period=span.range), language)
    else:
        for one in found:
            say(one.sentence, language)
    if found:
        raise typer.Exit(1)


@app.command()
@reported
def scorecard(
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    period: Annotated[
        str | None, typer.Option("--period", help="2026-11-09..2026-11-15; the last whole week when not given.")
    ] = None,
    compare: Annotated[str, typer.Option("--compare", help="previous, last_week or last_year.")] = "previous",
    by: Annotated[str, typer.Option("--by", help="role, family or chain.")] = "role",
    season: Annotated[
        str | None, typer.Option("--season", help="peak or quiet; by the calendar when not given.")
    ] = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show who answers for which figure, and whether it got better."""
    from ecops.growth.board import scorecard as board

    data = open_workspace(workspace or existing(), state).data()
    span = parse_period(period) if period else last_full_week(last_day(data))
    found = board.scorecard(
        data, span, known_comparison(compare), board.known_kind(by), board.known_season(season) if season else None
    )
    if as_json:
        return say_json({one.card.key: _card(one, language) for one in found})
    for one in found:
        say(one.sentence, language)
        for line in one.lines:
            say(board.told(line, data.currency), language)
    return None


def _card(one: Scorecard, language: str) -> dict[str, Any]:
    lines = [
        {
            "metric": line.metric.key,
            **{name: getattr(line, name) for name in ("value", "previous", "state", "seasonal")},
            "reason": line.reason and line.reason.text(language),
        }
        for line in one.lines
    ]
    return {
        "label": write(one.card.label, language),
        "season": one.season,
        "sentence": one.sentence.text(language),
        "lines": lines,
    }


def _line(figure: Kpi, currency: str) -> Message:
    from ecops.words import written

    value = written(figure.metric.key, figure.value, currency)
    if math.isnan(figure.relative):
        return Message("{label}: {value}", label=figure.metric.label, value=value)
    change = Percent(figure.relative, signed=True)
    return Message("{label}: {value} ({change})", label=figure.metric.label, value=value, change=change)


def _kpis(result: Kpis, language: str) -> dict[str, Any]:
    seen = _seen(result)
    return {
        "period": [result.period.start, result.period.end],
        "compare": [result.compare.start, result.compare.end],
        "currency": result.currency,
        "kpis": {
            key: {
                "label": write(figure.metric.label, language),
                "unit": figure.metric.unit,
                **{name: getattr(figure, name) for name in _FIGURES},
                "reason": figure.reason and figure.reason.text(language),
                "basis": [told.text(language) for told in figure.basis],
            }
            for key, figure in seen.items()
        },
        "table": result.table[result.table["metric"].isin(seen)].to_dict("records"),
        "notes": [note.text(language) for note in result.notes],
    }


_FIGURES = ("value", "like", "previous", "change", "relative", "low", "high", "p_value", "n")
