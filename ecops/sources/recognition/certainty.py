"""Whether a sheet is understood well enough to be loaded without a question, and if not, what is to be asked."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ecops.sources.registry import Source, harmless_headers, source
from ecops.sources.text import normalise_header
from ecops.tables import Column, Table, table

if TYPE_CHECKING:
    from ecops.sources.files.grid import Grid
    from ecops.sources.recognition.mapping import Mapping as ColumnMapping

FLOOR = 0.5
"""Share of a sheet's headers that must be understood before a sheet of no known report is loaded without a question."""

KNOWN_REPORT_FLOOR = 0.35
"""The same for a report known by its signature: platforms add columns all the time."""

_NUMBER = re.compile(r"[-+(]?\s*(?:[¥￥$€£]|[a-z]{3})?\s*[-+]?[\d,]*\.?\d+\s*(?:[%元)]|[a-z]{3})?", re.IGNORECASE)
_DAY = re.compile(r"\D*\d{1,4}[-/.年]\d{1,2}[-/.月]?.*")
_MONEY = re.compile(
    r"金额|额$|额[(（]|款|价|费|元|amount|total|price|paid|payment|revenue|sales|gmv|\bsum\b", re.IGNORECASE
)


def measures_of(report: Source) -> tuple[tuple[str, ...], ...]:
    """What a file of the report must hold: of each group one column."""
    groups = table(report.table).measures
    return tuple(group for group in groups if not set(group) & set(report.without))


def lacking_measures(mapping: ColumnMapping, headers: Iterable[str] = ()) -> tuple[str, ...]:
    """The first column of each group of measures that nothing fills and nobody has said to be absent.

    Args:
        mapping: of a sheet.
        headers: of the sheet, normalised; an amount of whole orders is no part of the mapping and looked for here.
    """
    report = source(mapping.source)
    filled = filled_columns(mapping, report, headers)
    absent = set(mapping.options.get("without", "").split(","))
    return tuple(group[0] for group in measures_of(report) if not set(group) & (filled | absent))


def filled_columns(mapping: ColumnMapping, report: Source, headers: Iterable[str] = ()) -> set[str]:
    """The canonical columns that a sheet fills: mapped, constant, worked out, or spread over the lines of an order."""
    filled = {*mapping.columns, *mapping.constants}
    filled |= {name for name, pair in report.derive.items() if set(pair) <= set(mapping.columns)}
    present = set(headers)
    for name, candidates in report.spread.items():
        if present & {normalise_header(header) for header in candidates}:
            filled.add(name)
    return filled


def unknown_headers(report: Source, grid: Grid, headers: Sequence[str], used: Collection[int]) -> tuple[int, ...]:
    """Positions of the columns of which nothing is known: neither read, nor known to be needless, nor plainly harmless.

    Args:
        report: the report a sheet is taken for.
        grid: the sheet.
        headers: its headers, normalised.
        used: positions that are read.
    """
    known = {*report.headers, *_names_of(report.name)}
    return tuple(
        position
        for position, header in enumerate(headers)
        if header
        and position not in used
        and header not in known
        and report.comparable(header) not in known
        and not is_harmless(header)
        and grid.samples[position]  # a column without a single value says nothing
    )


@functools.cache
def _names_of(name: str) -> frozenset[str]:
    """Every header under which the table of a report knows its columns, in the form the report compares."""
    report = source(name)
    return frozenset(header for column in table(report.table).names for header in report.headers_of(column))


@functools.lru_cache(maxsize=16_384)
def is_harmless(header: str) -> bool:
    """Whether a column changes no figure whatever it holds: notes, people, addresses, links.

    Args:
        header: normalised.
    """
    words, pattern = harmless_headers()
    return header in words or pattern.search(header) is not None


def guessed_columns(
    target: Table, grid: Grid, headers: Sequence[str], unknown: Sequence[int], columns: Mapping[str, int]
) -> dict[str, int]:
    """Measures that no known header carries -> the column whose header looks most like one.

    Args:
        target: the canonical table.
        grid: the sheet.
        headers: its headers, normalised.
        unknown: positions of the columns of which nothing is known.
        columns: canonical name -> position of what was found.
    """
    found: dict[str, int] = {}
    for group in target.measures:
        if set(group) & set(columns):
            continue
        for name in group:
            fitting = [at for at in _like(target[name], grid, headers, unknown) if at not in found.values()]
            if fitting:
                found[name] = fitting[0]
                break
    return found


def guesses_in(mapping: ColumnMapping, headers: Sequence[str]) -> tuple[str, ...]:
    """The measures of a mapping that stand under a header by which nobody knows them.

    Args:
        mapping: of a sheet.
        headers: of the sheet, normalised.
    """
    report = source(mapping.source)
    measures = [name for group in table(mapping.table).measures for name in group if name in mapping.columns]
    return tuple(
        name for name in measures if report.comparable(headers[mapping.columns[name]]) not in report.headers_of(name)
    )


def absent_columns(report: Source, mapping: ColumnMapping, headers: Sequence[str], *, renamed: bool) -> tuple[str, ...]:
    """Columns that a known report has and a sheet lacks, although figures change with them.

    Args:
        report: known by its signature; files of any system lack whatever they like.
        mapping: of the sheet.
        headers: of the sheet, normalised.
        renamed: whether the sheet has headers that nobody knows: then any measure and decisive column counts, else
            only money, the status and those of the signature.
    """
    if not report.signature:
        return ()
    target = table(report.table)
    measures = {name for group in measures_of(report) for name in group}
    signature = {normalise_header(header) for header in report.signature}
    filled = filled_columns(mapping, report, headers) | {*report.empty, *report.optional}
    # What a report says itself is not made up for by price times quantity.
    filled -= {*report.derive} - {*mapping.columns}
    found = []
    for name, candidates in (*report.columns.items(), *report.spread.items()):
        signs = bool(signature & {normalise_header(header) for header in candidates})
        weighs = name == "status" or signs or (name in measures and (renamed or target[name].type == "money"))
        weighs = weighs or (renamed and name in target.decisive)
        if weighs and name not in filled and not set(report.fallback.get(name, ())) & filled:
            found.append(name)
    return tuple(found)


def doubtful_measures(
    report: Source, grid: Grid, headers: Sequence[str], unknown: Sequence[int], mapping: ColumnMapping
) -> tuple[str, ...]:
    """Measures that are read from one column while another, of which nothing is known, claims to be the same.

    A report known by its own headers is not in doubt; an amount worked out from price and quantity is, as soon as the
    sheet has money that nobody knows: it may be what was really paid.
    """
    target = table(report.table)
    found = []
    for group in measures_of(report):
        for name in group:
            if name in mapping.columns:
                own = {normalise_header(header) for header in report.columns.get(name, ())}
                rival = headers[mapping.columns[name]] not in own and _like(target[name], grid, headers, unknown)
                found += [name] if rival else []
            elif name in report.derive and not set(mapping.options.get("without", "").split(",")) & {name}:
                pair = report.derive[name]
                money = [at for at in unknown if _MONEY.search(headers[at]) and _numbers(grid, at)]
                found += [name] if set(pair) <= set(mapping.columns) and money else []
    return tuple(dict.fromkeys(found))


def _like(column: Column, grid: Grid, headers: Sequence[str], places: Sequence[int]) -> list[int]:
    """Columns of a sheet whose header holds one of the stems of `column` and whose cells may be such values."""
    fits = _days if column.type in ("date", "timestamp") else _numbers
    return [at for stem in column.stems for at in places if stem in headers[at] and fits(grid, at)]


def _numbers(grid: Grid, position: int) -> bool:
    samples = grid.samples[position]
    return bool(samples) and all(_NUMBER.fullmatch(cell.strip()) for cell in samples)


def _days(grid: Grid, position: int) -> bool:
    samples = grid.samples[position]
    return bool(samples) and all(_DAY.fullmatch(cell.strip()) for cell in samples)
