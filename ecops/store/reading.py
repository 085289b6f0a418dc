"""From a file to converted sheets: which mapping each sheet gets, and the conversion in the worker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from ecops.errors import DataError, EcopsError, FileError, MappingError, StoreError, near
from ecops.messages import Count, Message
from ecops.sources.conversion.report import DROPS
from ecops.sources.recognition import certainty, questions
from ecops.sources.recognition.detect import Match, propose
from ecops.sources.recognition.mapping import Mapping as ColumnMapping
from ecops.sources.recognition.mapping import check_mapping, fingerprint, missing_columns
from ecops.sources.registry import source as report_of
from ecops.sources.text import normalise_header
from ecops.store.answers import Answers, check_currency
from ecops.store.loading import Converted
from ecops.store.state import State, as_json
from ecops.tables import table

if TYPE_CHECKING:
    from ecops.sources import Inspection
    from ecops.sources.files.grid import Grid

DEFAULT_TIMEZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user decided about a file; None where detection shall decide.

    Attributes:
        source: name of the report, for every sheet or by sheet name.
        mapping: for every sheet or by sheet name; wins over `source`.
        sheets: names of the sheets to load, all that are recognised when None.
        answers: what else people said; on top of the mapping, whoever made it.
        currency: ISO code of the money where neither the file nor the workspace says it.
        bare_money: load money whose currency nothing says, as bare numbers; False refuses it.
        leave_out: load the rest although more than a few rows of the file are left out, as its check told.
    """

    source: str | Mapping[str, str] | None = None
    mapping: ColumnMapping | Mapping[str, ColumnMapping] | None = None
    sheets: Collection[str] | None = None
    answers: Answers | None = None
    currency: str = ""
    bare_money: bool = True
    leave_out: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The sheets of a file after conversion, why others were left out, and mappings to remember by header."""

    converted: tuple[Converted, ...]
    skipped: Mapping[str, Message]
    remember: Mapping[str, str]


def choose(
    inspection: Inspection, wishes: Wishes, state: State
) -> tuple[list[tuple[Grid, ColumnMapping]], dict[str, Message]]:
    """A mapping for each sheet that is to be loaded, and for the others why not.

    Raises:
        MappingError: no sheet can be loaded without help, or a wish does not fit the file.
    """
    names = [grid.name for grid, _ in inspection.sheets]
    for wished in wishes.sheets or ():
        if wished not in names:
            raise MappingError(
                Message("The file has no sheet called {name}.", name=wished),
                Message("It has: {names}.", names=", ".join(near(wished, names) or names)),
            )
    chosen: list[tuple[Grid, ColumnMapping]] = []
    skipped: dict[str, Message] = {}
    refusals: list[EcopsError] = []
    for grid, matches in inspection.sheets:
        if wishes.sheets is not None and grid.name not in wishes.sheets:
            skipped[grid.name] = Message("Left out as you asked.")
            continue
        try:
            mapping = _mapping(grid, matches, wishes, state)
            check_mapping(mapping, grid.columns)
        except MappingError as error:
            refusals.append(error.at(sheet=grid.name))
            skipped[grid.name] = error.what
            if _wished(wishes, grid.name) or wishes.sheets is not None:
                raise
        else:
            chosen.append((grid, mapping))
    if not chosen:
        raise refusals[0] if refusals else FileError(Message("The file holds no table."))
    return chosen, skipped


def convert(
    inspection: Inspection, wishes: Wishes, state: State, staging: Path, progress: Callable[[Message], None]
) -> Reading:
    """Convert every chosen sheet of a file in the worker; the Parquet files lie in `staging`.

    Raises:
        EcopsError: a sheet cannot be converted; nothing is kept of the others either.
    """
    chosen, skipped = choose(inspection, wishes, state)
    settings = state.settings()
    currency = _currency(wishes, settings.get("currency", ""))
    converted: list[Converted] = []
    remember = {}
    for number, (grid, mapping) in enumerate(chosen):
        progress(Message("Reading {sheet}.", sheet=grid.name))
        conversion = inspection.convert(
            grid,
            mapping,
            staging / f"{number}.parquet",
            salt=settings["salt"],
            currency=currency or None,
            timezone=settings.get("timezone", DEFAULT_TIMEZONE),
        )
        currency = currency or conversion.currency
        notes = (*grid.notes, *_taken(grid, mapping))
        converted.append(Converted(conversion, grid.name, mapping.to_dict(), notes))
        if _wished(wishes, grid.name) and any(grid.columns):
            remember[fingerprint(grid.columns)] = as_json(mapping.to_dict())
    # What a later sheet says holds for the whole file.
    told = (replace(item, conversion=replace(item.conversion, currency=currency)) for item in converted)
    bare = Message("Nothing says in which currency its money is; amounts are bare numbers.")
    noted = (replace(item, notes=(*item.notes, bare)) if item.receipt.currency_unknown else item for item in told)
    return Reading(tuple(noted), skipped, remember)


def _taken(grid: Grid, mapping: ColumnMapping) -> tuple[Message, ...]:
    """What is to be told of the columns of a sheet: guesses that were taken, and columns nobody knows."""
    headers = [normalise_header(header) for header in grid.columns]
    report = report_of(mapping.source)
    guesses = [
        Message(
            "{column} was taken from {header}.",
            column=table(mapping.table)[name].label,
            header=grid.columns[mapping.columns[name]],
        )
        for name in certainty.guesses_in(mapping, headers)
    ]
    unknown = certainty.unknown_headers(report, grid, headers, set(mapping.columns.values()))
    left = [
        Message(
            "Nothing is known of {n} columns, and they were not loaded: {columns}.",
            n=Count(len(unknown)),
            columns=", ".join(grid.columns[position] for position in unknown),
        )
    ]
    return (*guesses, *(left if unknown else ()))


def _currency(wishes: Wishes, known: str) -> str:
    """The currency by which a file is read, "" while nothing says it.

    Raises:
        DataError: what is wished is no currency, or not that of the workspace.
    """
    said = check_currency(wishes.currency) if wishes.currency else ""
    if said and known and said != known:
        raise DataError(
            Message("The file is in {currency}, the workspace in {known}.", currency=said, known=known),
            Message(
                'Load it into a shop of its own ("New shop" under the list of shops, --workspace on the command line): '
                "money of two currencies cannot be added."
            ),
        )
    return known or said


def refuse_unsaid(reading: Reading, wishes: Wishes) -> None:
    """Stop a load that people have to decide something about first.

    Raises:
        MappingError: names the words that nobody has explained, asks for the currency, or whether so many rows may be
            left out.
    """
    for item in reading.converted:
        if item.conversion.refused:
            column, words = next(iter(item.conversion.unknown_values.items()))
            raise MappingError(
                Message(
                    "{label} has words nobody has explained yet: {words}.",
                    label=table(item.conversion.table)[column].label,
                    words=", ".join(words),
                ),
                Message("Say what each of them means, then load the file again."),
                {"sheet": item.sheet, "column": column},
                asks=column,
            )
        if not wishes.leave_out and item.receipt.much_left_out:
            raise _much_left_out(item)
        _refuse_empty(item)
        if not wishes.bare_money and item.receipt.currency_unknown:
            raise MappingError(
                Message("Nothing says in which currency the money of this file is."),
                Message("Say the currency of the shop once; it holds for all its files."),
                {"sheet": item.sheet},
                asks="currency",
            )


def _much_left_out(item: Converted) -> MappingError:
    """The question whether so many rows of a sheet may be left out."""
    dropped = item.receipt.much_left_out
    why = next((one for one in item.receipt.issues if one.severity != "info" and one.examples), None)
    told = Message("{why} For example: {examples}.", why=why.message, examples=", ".join(why.examples)) if why else ""
    reasons = Message(
        ", ".join(f"{{{reason}}} {{{reason}_n}}" for reason in _plainly(dropped)),
        **{name: DROPS[reason] for name, reason in _plainly(dropped).items()},
        **{f"{name}_n": Count(dropped[reason]) for name, reason in _plainly(dropped).items()},
    )
    return MappingError(
        Message(
            "{n} of {all} rows would be left out: {reasons}. {why}"
            if told
            else "{n} of {all} rows would be left out: {reasons}.",
            n=Count(sum(dropped.values())),
            all=Count(item.receipt.rows_read),
            reasons=reasons,
            **({"why": told} if told else {}),
        ),
        Message("Check that the right report and columns were chosen, or say that the others may be left out."),
        {"sheet": item.sheet},
        asks="left_out",
    )


def _refuse_empty(item: Converted) -> None:
    """A sheet whose money, or whatever else its table is for, stands in a column without a single value.

    Raises:
        MappingError: names the column.
    """
    empty = next((one for one in item.receipt.issues if one.kind == "empty_amount"), None)
    if empty is not None:
        raise MappingError(
            Message(
                "The column of {column} is empty in every row.", column=table(item.receipt.table)[empty.column].label
            ),
            Message(
                "Choose another column, or say that the file has none. A workbook whose formulas have no stored result "
                "has to be opened in a spreadsheet and saved once."
            ),
            {"sheet": item.sheet, "column": empty.column},
            asks="columns",
        )


def _plainly(dropped: Mapping[str, int]) -> dict[str, str]:
    """A name without spaces for each reason."""
    return {reason.replace(" ", "_"): reason for reason in dropped}


def check_timezone(name: str) -> str:
    """`name` when it is an IANA time zone.

    Raises:
        DataError: it is not.
    """
    if name not in available_timezones():
        close = near(name, available_timezones())
        raise DataError(
            Message("{name} is not a time zone.", name=name),
            Message("Did you mean {names}?", names=", ".join(close or [DEFAULT_TIMEZONE])),
        )
    return ZoneInfo(name).key


def _wished(wishes: Wishes, sheet: str) -> bool:
    """Whether the user decided how the sheet is mapped."""
    return wishes.answers is not None or any(
        wish is not None and (not isinstance(wish, Mapping) or sheet in wish)
        for wish in (wishes.mapping, wishes.source)
    )


def _of(wish: Any, sheet: str) -> Any:
    """The wish for one sheet."""
    return wish.get(sheet) if isinstance(wish, Mapping) else wish


def _mapping(grid: Grid, matches: tuple[Match, ...], wishes: Wishes, state: State) -> ColumnMapping:
    """What the user wished, else what was used for the same header before, else what detection is sure of."""
    wished: ColumnMapping | None = _of(wishes.mapping, grid.name)
    if wished is not None:
        return _answered(wished, grid, wishes)
    source: str | None = _of(wishes.source, grid.name)
    remembered = _remembered(grid, state)
    if remembered is not None and source in (None, remembered.source):
        mapping = _answered(remembered, grid, wishes)
        _refuse_lacking(mapping, grid)
        return mapping
    mapping = propose(report_of(source), grid) if source is not None else _sure(matches, grid, wishes)
    mapping = _answered(_with_own_names(mapping, grid), grid, wishes)
    if source is not None:
        _refuse_another_report(mapping, matches)
    if source is not None and not missing_columns(mapping):
        _refuse_lacking(mapping, grid)
    _refuse_twins(mapping, grid, wishes)
    return mapping


def _sure(matches: tuple[Match, ...], grid: Grid, wishes: Wishes) -> ColumnMapping:
    """What detection is sure of, with what people said about single columns.

    Raises:
        MappingError: it is not; the hint names what else the sheet may be.
    """
    hint = Message("Choose the report, or map the columns yourself.")
    if not matches:
        raise MappingError(Message("The headers are not those of any report we know."), hint, asks="source")
    best = matches[0]
    if best.missing or best.certain:
        return best.mapping
    left = _still_doubted(best, grid, wishes)
    if not left:
        return best.mapping
    label = report_of(best.source).label
    choices = ", ".join(match.source for match in questions.likely(matches))
    raise MappingError(
        Message(
            "It is not certain which report this is; it may be {label}. {why}",
            label=label,
            why=questions.joined(questions.why(best)),
        ),
        Message("Choose the report, or map the columns yourself. Likely are: {names}.", names=choices),
        asks="columns" if set(left) <= {"lacking", "doubtful", "absent"} else "source",
    )


def _still_doubted(match: Match, grid: Grid, wishes: Wishes) -> list[str]:
    """The doubts about a match that what people said about its columns does not settle."""
    if wishes.answers is None:
        return list(match.doubts)
    said = wishes.answers.columns_said
    headers = [normalise_header(header) for header in grid.columns]
    settled = {
        "lacking": not certainty.lacking_measures(wishes.answers.applied(match.mapping, grid), headers),
        "doubtful": set(match.doubtful) <= said,
        "absent": set(match.absent) <= said,
    }
    return [doubt for doubt in match.doubts if not settled.get(doubt, False)]


def _refuse_lacking(mapping: ColumnMapping, grid: Grid) -> None:
    """A sheet without what its table is for, although nobody said that it may be.

    Raises:
        MappingError: names the measures that no column holds.
    """
    lacking = certainty.lacking_measures(mapping, [normalise_header(header) for header in grid.columns])
    if lacking:
        raise MappingError(
            questions.lacks(mapping.table, lacking),
            Message(
                "Say which column it is, or that the file has none: {columns}.",
                columns=", ".join(column for column in grid.columns if column)[:300],
            ),
            {"column": ", ".join(lacking), "table": mapping.table},
            asks="columns",
        )


def _answered(mapping: ColumnMapping, grid: Grid, wishes: Wishes) -> ColumnMapping:
    return mapping if wishes.answers is None else wishes.answers.applied(mapping, grid)


def _refuse_another_report(mapping: ColumnMapping, matches: tuple[Match, ...]) -> None:
    """A report that people named and the file is not.

    Raises:
        MappingError: the file lacks what the report needs, and is plainly another one.
    """
    missing = missing_columns(mapping)
    best = next((match for match in matches if match.certain), None)
    if missing and best is not None and best.source != mapping.source:
        shape = table(mapping.table)
        raise MappingError(
            Message(
                "The file is no {label}: it lacks {columns}.",
                label=report_of(mapping.source).label,
                columns=Message(", ".join(f"{{{name}}}" for name in missing), **{n: shape[n].label for n in missing}),
            ),
            Message(
                "It looks like {label}. Leave the report open to load it as that.", label=report_of(best.source).label
            ),
        )


def _refuse_twins(mapping: ColumnMapping, grid: Grid, wishes: Wishes) -> None:
    """Of two columns with one header nobody but people can say which is meant, by its number.

    Raises:
        MappingError: a header that is needed stands there twice, over different cells.
    """
    headers = [normalise_header(header) for header in grid.columns]
    told = wishes.answers.columns if wishes.answers is not None else {}
    for name, position in mapping.columns.items():
        if told.get(name, "").isdigit() or not headers[position]:
            continue
        places = [place for place, header in enumerate(headers) if header == headers[position]]
        if len({grid.samples[place] for place in places}) > 1:
            raise MappingError(
                Message("Several columns of the file are called {column}.", column=grid.columns[position]),
                Message("Choose the right one, or remove the others from the file."),
                {"column": ", ".join(str(place + 1) for place in places)},
                asks="columns",
            )


def _with_own_names(mapping: ColumnMapping, grid: Grid) -> ColumnMapping:
    """Files of any system may carry our own column names, which are no platform's headers."""
    if not report_of(mapping.source).generic:
        return mapping
    headers = [normalise_header(header) for header in grid.columns]
    columns = dict(mapping.columns)
    for name in table(mapping.table).names:
        if name not in columns and name in headers and headers.index(name) not in columns.values():
            columns[name] = headers.index(name)
    constants = {name: value for name, value in mapping.constants.items() if name not in columns}
    return replace(mapping, columns=columns, constants=constants)


def _remembered(grid: Grid, state: State) -> ColumnMapping | None:
    """The mapping people made for the same header.

    Days and the name of a test are not remembered: they belong to the file, not to the header.
    """
    text = state.mapping(fingerprint(grid.columns)) if any(grid.columns) else None
    if text is None:
        return None
    import json

    try:
        mapping = ColumnMapping.from_dict(json.loads(text))
        shape = table(mapping.table)
        fresh = propose(report_of(mapping.source), grid).constants
    except (EcopsError, KeyError, ValueError) as error:
        if isinstance(error, StoreError):
            raise
        return None  # made for a report that no longer exists
    of_the_file = {name for name in shape.names if shape[name].type in {"date", "timestamp"} or name == "experiment"}
    kept = {name: value for name, value in mapping.constants.items() if name not in of_the_file}
    own = {name: value for name, value in fresh.items() if name in of_the_file}
    return replace(mapping, constants={**kept, **own})
