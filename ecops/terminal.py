"""What every command shares: its options, how errors become one line and exit code 2, how an answer is printed.

Every command takes `--json`; a figure that does not exist is null there.
"""

from __future__ import annotations

import functools
import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from ecops.errors import EcopsError, FileError, SpecError, StoreError, unknown_name
from ecops.locale import LANGUAGES, Language, as_language
from ecops.messages import Message, write
from ecops.periods import Compare

if TYPE_CHECKING:
    from ecops.finding import Finding
    from ecops.store import Receipt, Workspace

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", "-w", help="Folder of the workspace; ./workspace/mine when not given.")
]


StateOption = Annotated[
    str | None,
    typer.Option("--state", envvar="ECOPS_STATE_URL", help="URL of the state; SQLite in the workspace when not given."),
]


JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


LanguageOption = Annotated[str, typer.Option("--language", "-l", envvar="ECOPS_LANGUAGE", help="zh or en.")]


def reported(command: Callable[..., None]) -> Callable[..., None]:
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
            raise failed(error, as_language(options.get("language")), options.get("as_json", False)) from None

    return run


def failed(error: EcopsError, language: Language, as_json: bool, done: Mapping[str, Any] | None = None) -> typer.Exit:
    """Say an error; `done` is what went well before it, for JSON."""
    if as_json:
        say_json({**(done or {}), "error": _error(error, language)})
    words = [error.text(language)]
    if error.asks in _REMEDIES:
        words.append(_remedy(error).text(language))
    sys.stderr.write(" ".join(_plain(" ".join(words)).split()) + "\n")
    return typer.Exit(2)


_REMEDIES = {
    "currency": Message("On the command line: load --currency GBP."),
    "date_order": Message(
        "On the command line: load --date-order dmy (day first), mdy (month first) or ymd (year first)."
    ),
    "decimal": Message("On the command line: load --decimal . (decimals) or --decimal , (thousands)."),
    "status": Message("On the command line: load --status 'WORD=paid', once for each word."),
    "columns": Message(
        "On the command line: load --map '{column}=HEADER' for a column, --value '{value}' for one value.",
        column="paid_amount",
        value="platform=jd",
    ),
    "left_out": Message("On the command line: load --leave-out, when the others may be left out."),
    "level": Message("On the command line: load --value level=shop (or source, item), for all rows."),
    "source": Message("On the command line: load --source NAME, for example generic_orders."),
}
"""How the command line takes the answer that an error asks for, see `EcopsError.asks`."""


def _remedy(error: EcopsError) -> Message:
    """The answer as it is written for this error: with the column that is missing, and how a day is written."""
    from ecops.tables import tables

    told, name = _REMEDIES[error.asks], str(error.where.get("column", "")).split(", ")[0]
    known = tables().get(str(error.where.get("table", "")))
    if error.asks != "columns" or known is None or name not in known.names:
        return told
    value = "YYYY-MM-DD" if known[name].type in ("date", "timestamp") else "jd" if name == "platform" else "…"
    return Message(told.id, column=name, value=f"{name}={value}")


def known_comparison(compare: str) -> Compare:
    """`compare` when it is a comparison that we know."""
    if compare not in get_args(Compare):
        raise SpecError(
            Message("{name} is not a comparison.", name=compare),
            Message("Known are: {names}.", names=", ".join(get_args(Compare))),
        )
    return cast("Compare", compare)


def last_day(data: Any) -> Any:
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


def open_workspace(folder: Path, state: str | None, *, make: bool = False) -> Workspace:
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


def home() -> Path:
    """The folder of all workspaces, the same as the app's."""
    return Path(os.environ.get("ECOPS_HOME") or "workspace")


def own() -> Path:
    """The folder of the reader's own shop."""
    return home() / "mine"


def existing() -> Path:
    """The reader's own shop; the sample shop as long as there is no other."""
    sample_shop = home() / "sample"
    return sample_shop if not own().exists() and sample_shop.exists() else own()


def receipt_json(receipt: Receipt, language: str) -> dict[str, Any]:
    """A receipt for JSON, its sentences in `language`."""
    return {**_texts(receipt.to_dict(), language), "summary": receipt.summary.text(language)}


def finding_json(finding: Finding, language: str, shop: Any = None) -> dict[str, Any]:
    """A finding for JSON, with the parameters that decided it and the values that held.

    Args:
        finding: of any capability.
        language: of its sentences.
        shop: see `ecops.handbook.overrides`; the handbooks' values when None.
    """
    from dataclasses import asdict

    from ecops.handbook import cited

    return {
        "area": finding.area,
        "headline": finding.headline.text(language),
        "evidence": finding.evidence.text(language),
        "subject": dict(finding.subject),
        "metric": finding.metric,
        "before": finding.before,
        "after": finding.after,
        "interval": list(finding.ci),
        "q_value": finding.q_value,
        "n": finding.n,
        "confidence": finding.confidence,
        "money": finding.money and asdict(finding.money),
        "advice": finding.action and finding.action.text.text(language),
        "notes": [note.text(language) for note in finding.notes],
        "parameters": [
            {
                "key": one.parameter.key,
                "value": one.value,
                "own": one.own,
                "told": one.told.text(language),
            }
            for one in cited(finding, shop)
        ],
    }


def _error(error: EcopsError, language: Language) -> dict[str, Any]:
    return {
        "kind": type(error).__name__,
        "what": error.what.text(language),
        "hint": error.hint and error.hint.text(language),
        "where": {place: write(value, language) for place, value in error.where.items()},
        "remedy": _remedy(error).text(language) if error.asks in _REMEDIES else None,
    }


def _texts(value: Any, language: str) -> Any:
    """Packed messages as sentences, everything else as it is."""
    from ecops.sources import wire

    if isinstance(value, Mapping):
        if "$" in value:
            return write(wire.unpack(value), language)
        return {name: _texts(item, language) for name, item in value.items()}
    return [_texts(item, language) for item in value] if isinstance(value, list | tuple) else value


def say(message: Message, language: str) -> None:
    """Print one sentence."""
    typer.echo(_plain(message.text(as_language(language))))


def _plain(text: str) -> str:
    """The text without signs that steer a terminal, which a file may hold in its name and cells."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def say_json(value: Any) -> None:
    """Print an answer as JSON."""
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


def pairs(texts: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE texts as a dictionary.

    Raises:
        SpecError: one of them is no such text.
    """
    found = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip():
            raise SpecError(Message("{text} does not say what is what.", text=text), Message("Write it as NAME=VALUE."))
        found[name.strip()] = value.strip()
    return found


def mapped(texts: Sequence[str]) -> dict[str, str]:
    """Canonical column -> header, from NAME=HEADER texts and JSON files of such pairs."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, header = text.partition("=")
        if equals:
            pairs[name.strip()] = header.strip()
            continue
        try:
            told = json.loads(Path(text).read_text("utf-8"))
        except (OSError, ValueError):
            told = None
        if not isinstance(told, dict):
            raise FileError(
                Message("{text} is neither NAME=HEADER nor a JSON file of such pairs.", text=text),
                Message('A JSON file looks like {"order_id": "Order No", "paid_amount": "Total"}.'),
            )
        pairs.update({str(column): str(header) for column, header in told.items()})
    return pairs
