"""The command line: load exports, look at tables, take loads back, read the figures; for people, cron and pipelines.

Every command takes `--json`. What goes wrong because of the input is one line on standard error and exit code 2.
"""

from __future__ import annotations

import functools
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from ecops.errors import EcopsError, SpecError, StoreError, unknown_name
from ecops.locale import LANGUAGES, Language, as_language
from ecops.messages import Count, DateRange, Message, Percent, write
from ecops.periods import Compare, last_full_week, parse_period

if TYPE_CHECKING:
    from ecops.metrics import Kpi, Kpis
    from ecops.store import Receipt, Workspace

app = typer.Typer(
    name="ecops", help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="Folder of the workspace; ./workspace/mine when not given.")
]
StateOption = Annotated[
    str | None,
    typer.Option("--state", envvar="ECOPS_STATE_URL", help="URL of the state; SQLite in the workspace when not given."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
LanguageOption = Annotated[str, typer.Option("--language", "-l", envvar="ECOPS_LANGUAGE", help="zh or en.")]


def main() -> None:
    """Entry point of `python -m ecops`."""
    app()


def _reported(command: Callable[..., None]) -> Callable[..., None]:
    """Errors of ours become one line on standard error (and JSON on standard output), exit code 2."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        language = options.get("language")
        try:
            if language is not None and language not in LANGUAGES:
                options["language"] = "en"
                raise unknown_name(Message("The language"), language, LANGUAGES)
            command(*args, **options)
        except EcopsError as error:
            raise _failed(error, as_language(options.get("language")), options.get("as_json", False)) from None

    return run


def _failed(error: EcopsError, language: Language, as_json: bool, done: Mapping[str, Any] | None = None) -> typer.Exit:
    """Say an error; `done` is what went well before it, for JSON."""
    if as_json:
        _say_json({**(done or {}), "error": _error(error, language)})
    words = [error.text(language)]
    if error.asks in _REMEDIES:
        words.append(_REMEDIES[error.asks].text(language))
    sys.stderr.write(" ".join(_plain(" ".join(words)).split()) + "\n")
    return typer.Exit(2)


_REMEDIES = {
    "currency": Message("On the command line: load --currency GBP."),
    "date_order": Message("On the command line: load --date-order dmy (day first) or mdy (month first)."),
    "status": Message("On the command line: load --status 'WORD=paid', once for each word."),
    "columns": Message(
        "On the command line: load --map 'paid_amount=HEADER' for a column, --value 'platform=jd' for one value."
    ),
    "source": Message("On the command line: load --source NAME, for example generic_orders."),
}
"""How the command line takes the answer that an error asks for, see `EcopsError.asks`."""


@app.command()
@_reported
def sample(
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Load the sample shop into a workspace (./workspace/sample when none is given)."""
    target = _open(workspace or _home() / "sample", state, make=True)
    try:
        from sample_data import loading
    except ImportError:
        raise StoreError(
            Message("The sample shop was not shipped with this installation."),
            Message("Run it in the project's folder."),
        ) from None
    done = []
    for receipt in loading.load(target, loading.renew(target)):
        done.append(receipt)
        if not as_json:
            _say(receipt.summary, language)
    if as_json:
        _say_json({"workspace": str(target.folder), "receipts": [_receipt(receipt, language) for receipt in done]})


@app.command()
@_reported
def tables(
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Show which tables there are, and every load."""
    from ecops.tables import table

    target = _open(workspace or _existing(), state)
    found = target.tables()
    receipts = target.receipts()
    if as_json:
        rows = {
            name: {"rows": info.rows, "first_day": info.first_day, "last_day": info.last_day, "files": info.files}
            for name, info in found.items()
        }
        plain = [_receipt(receipt, language) for receipt in receipts]
        return _say_json({"version": target.version, "currency": target.currency, "tables": rows, "receipts": plain})
    for name, info in found.items():
        span = DateRange(info.first_day, info.last_day) if info.first_day and info.last_day else ""
        _say(
            Message("{table}: {rows} rows {span}", table=table(name).label, rows=Count(info.rows), span=span), language
        )
    for receipt in receipts:
        state_of = Message("taken back") if receipt.undone else Message("{rows} rows", rows=Count(receipt.rows))
        when = f"{receipt.loaded_at:%Y-%m-%d %H:%M}"
        _say(
            Message(
                "{receipt}  {when}  {file}  {state}", receipt=receipt.id, when=when, file=receipt.file, state=state_of
            ),
            language,
        )
    return None


@app.command()
@_reported
def undo(
    receipt: Annotated[str, typer.Argument(help="Id of the receipt, see the command tables.")],
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Take one load back."""
    target = _open(workspace or _own(), state)
    target.undo(receipt, actor="cli")
    if as_json:
        return _say_json({"undone": receipt, "version": target.version})
    return _say(Message("The load {receipt} was taken back.", receipt=receipt), language)


@app.command()
@_reported
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
    from ecops import growth
    from ecops.store.inputs import open_data

    data = open_data(file) if file is not None else _open(workspace or _existing(), state).data()
    span = parse_period(period) if period else last_full_week(_last_day(data))
    result = growth.kpis(data, span, cast("Compare", _known(compare)), by=by or None)
    if as_json:
        return _say_json(_kpis(result, language))
    _say(Message("{period} beside {compare}", period=result.period.range, compare=result.compare.range), language)
    for figure in result.kpis.values():
        if not math.isnan(figure.value):
            _say(_line(figure, result.currency), language)
    for note in result.notes:
        _say(note, language)
    return None


def _line(figure: Kpi, currency: str) -> Message:
    from ecops.words import written

    value = written(figure.metric.key, figure.value, currency)
    if math.isnan(figure.relative):
        return Message("{label}: {value}", label=figure.metric.label, value=value)
    change = Percent(figure.relative, signed=True)
    return Message("{label}: {value} ({change})", label=figure.metric.label, value=value, change=change)


def _kpis(result: Kpis, language: str) -> dict[str, Any]:
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
            }
            for key, figure in result.kpis.items()
        },
        "table": result.table.to_dict("records"),
        "notes": [note.text(language) for note in result.notes],
    }


_FIGURES = ("value", "like", "previous", "change", "relative", "low", "high", "p_value", "n")


def _known(compare: str) -> str:
    if compare not in get_args(Compare):
        raise SpecError(
            Message("{name} is not a comparison.", name=compare),
            Message("Known are: {names}.", names=", ".join(get_args(Compare))),
        )
    return compare


def _last_day(data: Any) -> Any:
    """The last day with sales or traffic."""
    days = []
    for table, column in (("order_lines", "ordered_at"), ("orders", "ordered_at"), ("traffic_daily", "date")):
        if data.has(table):
            sql = f"SELECT max(CAST({column} AS DATE)) AS day FROM {table}"  # noqa: S608 - names of ours
            days += [day for day in data.query(sql, {})["day"].to_pylist() if day]
    if not days:
        raise StoreError(
            Message("There are no orders and no traffic."),
            Message("Load exports first, or the sample: python -m ecops sample."),
        )
    return max(days)


def _open(folder: Path, state: str | None, *, make: bool = False) -> Workspace:
    """The workspace at a folder; only what loads may make a new one."""
    from ecops.store import Workspace, is_workspace

    if not make and not is_workspace(folder.expanduser()):
        raise StoreError(
            Message("There is no workspace in this folder."),
            Message("Load exports first, or the sample: python -m ecops sample."),
            {"file": str(folder)},
        )
    workspace = Workspace.open(folder, state_url=state)
    workspace.add_up()
    return workspace


def _home() -> Path:
    """The folder of all workspaces, the same as the app's."""
    return Path(os.environ.get("ECOPS_HOME") or "workspace")


def _own() -> Path:
    return _home() / "mine"


def _existing() -> Path:
    """The reader's own shop; the sample shop as long as there is no other."""
    sample_shop = _home() / "sample"
    return sample_shop if not _own().exists() and sample_shop.exists() else _own()


def _receipt(receipt: Receipt, language: str) -> dict[str, Any]:
    return {**_texts(receipt.to_dict(), language), "summary": receipt.summary.text(language)}


def _error(error: EcopsError, language: Language) -> dict[str, Any]:
    return {
        "kind": type(error).__name__,
        "what": error.what.text(language),
        "hint": error.hint and error.hint.text(language),
        "where": {place: write(value, language) for place, value in error.where.items()},
        "remedy": _REMEDIES[error.asks].text(language) if error.asks in _REMEDIES else None,
    }


def _texts(value: Any, language: str) -> Any:
    """Packed messages as sentences, everything else as it is."""
    from ecops.sources import wire

    if isinstance(value, Mapping):
        if "$" in value:
            return write(wire.unpack(value), language)
        return {name: _texts(item, language) for name, item in value.items()}
    return [_texts(item, language) for item in value] if isinstance(value, list | tuple) else value


def _say(message: Message, language: str) -> None:
    typer.echo(_plain(message.text(as_language(language))))


def _plain(text: str) -> str:
    """The text without signs that steer a terminal, which a file may hold in its name and cells."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _say_json(value: Any) -> None:
    typer.echo(json.dumps(_finite(value), ensure_ascii=False, indent=2, default=str))


def _finite(value: Any) -> Any:
    """JSON knows no NaN: figures that do not exist are null."""
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


from ecops import experiments_cli as _experiments  # noqa: E402, F401 - registers its commands, as above
from ecops import loading_cli as _loading  # noqa: E402, F401 - registers its commands, as above
from ecops.funnel import cli as _funnel  # noqa: E402, F401 - registers its command, as above
from ecops.review import cli as _review  # noqa: E402, F401 - registers its commands, which need the names above
