"""The commands `load` and `check`, and the options by which they take the answers that an upload asks for."""

from __future__ import annotations

import contextlib
import functools
import inspect
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from ecops import workfolders
from ecops.errors import EcopsError, unknown_name
from ecops.locale import as_language
from ecops.messages import Count, Message, Value
from ecops.terminal import (
    JsonOption,
    LanguageOption,
    StateOption,
    WorkspaceOption,
    failed,
    mapped,
    open_workspace,
    own,
    pairs,
    receipt_json,
    reported,
    say,
    say_json,
)

app = typer.Typer()

if TYPE_CHECKING:
    from ecops.sources import Match
    from ecops.store import Receipt, Wishes, Workspace


def _wishes(  # noqa: PLR0913, PLR0917 - the options of a command
    source: Annotated[str | None, typer.Option("--source", help="Name of the report, if it is not recognised.")] = None,
    sheet: Annotated[list[str] | None, typer.Option("--sheet", help="Only this sheet; repeatable.")] = None,
    currency: Annotated[
        str, typer.Option("--currency", help="Of the money, where no file says it: CNY, USD, GBP, ...")
    ] = "",
    shop: Annotated[str, typer.Option("--shop", help="Name of the shop, where a platform has several.")] = "",
    date_order: Annotated[
        str, typer.Option("--date-order", help="How the file writes 03/04/2026: dmy (day first), mdy or ymd.")
    ] = "",
    decimal: Annotated[
        str, typer.Option("--decimal", help='What 1.234 means: "." for decimals, "," for thousands and decimal commas.')
    ] = "",
    status: Annotated[
        list[str] | None, typer.Option("--status", help="WORD=paid: what a status word means; repeatable.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="paid_amount=HEADER (or the number of a column; nothing where the file has none), or a JSON file; "
            "repeatable.",
        ),
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option("--value", help="platform=jd: one value for all rows; repeatable.")
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Load the rest although many rows of the file are left out.")
    ] = False,
) -> Wishes:
    """What was decided about files on the command line."""
    from ecops.store import Answers, Wishes

    if date_order not in ("", "dmy", "mdy", "ymd"):
        raise unknown_name(Message("The order of dates"), date_order, ("dmy", "mdy", "ymd"))
    if decimal not in ("", ".", ","):
        raise unknown_name(Message("The decimal mark"), decimal, (".", ","))
    answers = Answers(mapped(columns or []), pairs(value or []), shop, pairs(status or []), date_order, decimal)
    told = answers if answers != Answers() else None
    return Wishes(source, sheets=sheet, answers=told, currency=currency, bare_money=False, leave_out=leave_out)


def _reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_wishes`, of which it gets the answer as `wishes`."""
    shared = _parameters(_wishes)

    @functools.wraps(command)
    def run(**options: Any) -> None:
        told = {parameter.name: options.pop(parameter.name) for parameter in shared}
        command(wishes=_wishes(**told), **options)

    own = [parameter for parameter in _parameters(command) if parameter.name != "wishes"]
    required = [parameter for parameter in own if parameter.default is inspect.Parameter.empty]
    signature = inspect.Signature([*required, *shared, *(own[len(required) :])])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in signature.parameters.values()}
    return run


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters of a function with their annotations as objects."""
    hints = get_type_hints(function, {**globals(), "Wishes": Any}, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    return [parameter.replace(annotation=hints[parameter.name]) for parameter in parameters]


@app.command()
@reported
@_reading
def load(
    files: Annotated[list[Path], typer.Argument(help="Exports, in any of the known formats.")],
    wishes: Wishes,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Load exports. The same or an overlapping export never counts twice."""
    workfolders.sweep()
    target = open_workspace(workspace or own(), state, make=True)
    done: list[Receipt] = []
    for file in files:
        try:
            with target.inspect(file) as inspection:
                receipt = target.load_inspected(inspection, wishes, actor="cli")
        except EcopsError as error:
            error.at(file=str(file))
            before = {"receipts": [receipt_json(one, language) for one in done], "version": target.version}
            raise failed(error, as_language(language), as_json, before) from None
        done.append(receipt)
        if not as_json:
            _say_receipt(receipt, language)
    if as_json:
        say_json({"receipts": [receipt_json(receipt, language) for receipt in done], "version": target.version})


@app.command()
@reported
@_reading
def check(
    file: Annotated[Path, typer.Argument(help="An export.")],
    wishes: Wishes,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say what a file is and what is wrong with it, without loading it."""
    with _judge(workspace or own(), state) as target, target.inspect(file) as inspection:
        matches = {grid.name: found for grid, found in inspection.sheets}
        receipt, _ = target.check(inspection, wishes)
    if not as_json:
        return _say_receipt(receipt, language)
    found = {name: [_match(match, language) for match in options] for name, options in matches.items()}
    return say_json({"check": receipt_json(receipt, language), "matches": found})


def _match(match: Match, language: str) -> dict[str, Any]:
    """One report that a sheet may be, as plain values."""
    from ecops.sources.recognition import questions

    return {
        "source": match.source,
        "table": match.table,
        "confidence": match.confidence,
        "certain": match.certain,
        "why": [reason.text(language) for reason in questions.why(match)],
        "unknown": list(match.unknown),
    }


@contextlib.contextmanager
def _judge(folder: Path, state: str | None) -> Iterator[Workspace]:
    """The workspace by whose settings a file is checked; where there is none yet, an empty one that leaves no trace."""
    from ecops.store import Workspace, is_workspace

    if is_workspace(folder.expanduser()):
        yield open_workspace(folder, state)
        return
    with tempfile.TemporaryDirectory(prefix=workfolders.prefix()) as blank:
        yield Workspace.open(blank)


def _say_receipt(receipt: Receipt, language: str) -> None:
    if receipt.version:
        say(receipt.summary, language)
    for sheet in receipt.sheets:
        parts: Sequence[Value] = (sheet.sheet, sheet.source, Count(sheet.rows_read), Count(sheet.rows_kept))
        named = dict(zip(("sheet", "source", "read", "kept"), parts, strict=True))
        say(Message("{sheet}: {source}, {read} rows read, {kept} kept.", **named), language)
        for issue in sheet.issues:
            say(issue.message, language)
            if issue.rows:
                rows, examples = ", ".join(map(str, issue.rows)), ", ".join(issue.examples)
                place = Message("  Rows {rows}: {examples}", rows=rows, examples=examples)
                say(place if examples else Message("  Rows {rows}", rows=rows), language)
        for note in sheet.notes:
            say(note, language)
    for name, reason in receipt.skipped.items():
        say(Message("{sheet} was left out: {reason}", sheet=name, reason=reason), language)
