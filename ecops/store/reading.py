"""From a file to converted sheets: which mapping each sheet gets, and the conversion in the worker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from ecops.errors import DataError, EcopsError, FileError, MappingError, StoreError, near
from ecops.messages import Message
from ecops.sources.detect import Match, propose
from ecops.sources.mapping import Mapping as ColumnMapping
from ecops.sources.mapping import check_mapping, fingerprint
from ecops.sources.registry import source as report_of
from ecops.sources.text import normalise_header
from ecops.store.loading import Converted
from ecops.store.state import State, as_json
from ecops.tables import table

if TYPE_CHECKING:
    from ecops.sources import Inspection
    from ecops.sources.grid import Grid

DEFAULT_TIMEZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user decided about a file; None where detection shall decide.

    Attributes:
        source: name of the report, for every sheet or by sheet name.
        mapping: for every sheet or by sheet name; wins over `source`.
        sheets: names of the sheets to load, all that are recognised when None.
    """

    source: str | Mapping[str, str] | None = None
    mapping: ColumnMapping | Mapping[str, ColumnMapping] | None = None
    sheets: Collection[str] | None = None


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
    converted = []
    remember = {}
    for number, (grid, mapping) in enumerate(chosen):
        progress(Message("Reading {sheet}.", sheet=grid.name))
        conversion = inspection.convert(
            grid,
            mapping,
            staging / f"{number}.parquet",
            salt=settings["salt"],
            currency=settings.get("currency") or None,
            timezone=settings.get("timezone", DEFAULT_TIMEZONE),
        )
        converted.append(Converted(conversion, grid.name, mapping.to_dict(), grid.notes))
        if _wished(wishes, grid.name):
            remember[fingerprint(grid.columns)] = as_json(mapping.to_dict())
    return Reading(tuple(converted), skipped, remember)


def refuse_unknown(reading: Reading) -> None:
    """Stop a load whose words nobody has explained.

    Raises:
        MappingError: names the words.
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
            )


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
    return any(
        wish is not None and (not isinstance(wish, Mapping) or sheet in wish)
        for wish in (wishes.mapping, wishes.source)
    )


def _of(wish: Any, sheet: str) -> Any:
    """The wish for one sheet."""
    return wish.get(sheet) if isinstance(wish, Mapping) else wish


def _mapping(grid: Grid, matches: tuple[Match, ...], wishes: Wishes, state: State) -> ColumnMapping:
    """What the user wished, else what was used for the same header before, else what detection is sure of."""
    mapping: ColumnMapping | None = _of(wishes.mapping, grid.name)
    if mapping is not None:
        return mapping
    source: str | None = _of(wishes.source, grid.name)
    remembered = _remembered(grid, state)
    if source is not None:
        if remembered is not None and remembered.source == source:
            return remembered
        mapping = _with_own_names(propose(report_of(source), grid), grid)
        _refuse_twins(mapping, grid)
        return mapping
    if remembered is not None:
        return remembered
    if not matches:
        raise MappingError(
            Message("The headers are not those of any report we know."),
            Message("Choose the report, or map the columns yourself."),
        )
    best = matches[0]
    mapping = _with_own_names(best.mapping, grid)
    _refuse_twins(mapping, grid)
    if not best.missing and not best.certain:
        raise MappingError(
            Message("It is not certain which report this is; it may be {label}.", label=report_of(best.source).label),
            Message("Choose the report, or map the columns yourself."),
        )
    return mapping


def _refuse_twins(mapping: ColumnMapping, grid: Grid) -> None:
    """Of two columns with one header nobody but people can say which is meant.

    Raises:
        MappingError: a header that is needed stands there twice, over different cells.
    """
    headers = [normalise_header(header) for header in grid.columns]
    for position in mapping.columns.values():
        places = [place for place, header in enumerate(headers) if header == headers[position]]
        if len({grid.samples[place] for place in places}) > 1:
            raise MappingError(
                Message("Several columns of the file are called {column}.", column=grid.columns[position]),
                Message("Choose the right one, or remove the others from the file."),
                {"column": ", ".join(str(place + 1) for place in places)},
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
    """The mapping people made for the same header. Days are not remembered: they belong to the file, not the header."""
    text = state.mapping(fingerprint(grid.columns))
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
    kept = {name: value for name, value in mapping.constants.items() if shape[name].type not in {"date", "timestamp"}}
    days = {name: value for name, value in fresh.items() if shape[name].type in {"date", "timestamp"}}
    return replace(mapping, constants={**kept, **days})
