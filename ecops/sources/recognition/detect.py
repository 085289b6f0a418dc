"""Which report a sheet is, how sure we are of it, and which of its columns is which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecops.sources.files.grid import Grid
from ecops.sources.recognition import certainty
from ecops.sources.recognition.contents import guessed_events
from ecops.sources.recognition.figures import add_figures, figure_columns, named_by_file
from ecops.sources.recognition.mapping import Mapping, missing_columns
from ecops.sources.registry import Source, sources
from ecops.sources.text import normalise_header
from ecops.tables import table

_GENERIC_CEILING = 0.75
"""A file known only by the synonyms of a table is never as sure as a report known by its signature."""

_WORTH_TELLING = 0.2
_NEARLY = 0.08
"""A report of another table whose confidence is no further below the best one fits nearly as well."""
_SURE = 0.4
_SOME = 0.6
"""Share of a signature that must be there for a report to be thought of at all."""


@dataclass(frozen=True, slots=True)
class Match:
    """One report that a sheet may be.

    Attributes:
        source: name of the report.
        table: name of the canonical table.
        confidence: 0 to 1. From 0.8 on the signature of the report is there and nothing required is missing.
        mapping: the proposed mapping.
        missing: required columns that the file does not hold; people must fill them in.
        ignored: headers of the file that are not used.
        lacking: measures of the table that no column fills: money of orders, spend and sales of advertising, ...
        doubtful: measures that are guessed from a part of a header, or claimed by two columns.
        absent: columns that change what counts, which this report has and the file does not, while it has headers that
            nobody knows: one of them may be that column under a new name.
        unknown: headers of which nothing is known.
        understood: share of the headers that are read or known to be needless, 0 to 1.
        rivals: reports of other tables that fit nearly as well.
        headers: of the sheet, as people see them.
    """

    source: str
    table: str
    confidence: float
    mapping: Mapping
    missing: tuple[str, ...]
    ignored: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    understood: float = 1.0
    rivals: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The header of the sheet that the column `name` is read from, "" when none is."""
        place = self.mapping.columns.get(name)
        return self.headers[place] if place is not None else ""

    @property
    def certain(self) -> bool:
        """Whether the file may be loaded without asking anybody."""
        return not self.missing and self.confidence >= _SURE and not self.doubts

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why a match is a question, worst first, by the names of the fields behind it."""
        report = sources()[self.source]
        floor = certainty.KNOWN_REPORT_FLOOR if report.signature else certainty.FLOOR
        found = {
            "headless": not any(self.headers),
            "lacking": bool(self.lacking),
            "doubtful": bool(self.doubtful),
            "absent": bool(self.absent),
            "unknown": self.understood < floor or self.confidence < _SURE,
            "rivals": bool(self.rivals),
            "unconfirmed": report.unconfirmed,
        }
        return tuple(reason for reason, holds in found.items() if holds)


def detect(grid: Grid) -> tuple[Match, ...]:
    """The reports that `grid` may be, best first; empty when no header is known.

    Args:
        grid: a sheet; only its header, preamble and name are looked at.
    """
    headers = [normalise_header(column) for column in grid.columns]
    found = [_match(entry, grid, headers) for entry in sources().values()]
    kept = [match for match in found if match is not None and match.confidence >= _WORTH_TELLING]
    ranked = sorted(kept, key=lambda match: (-match.confidence, len(match.missing), match.source))
    return _with_rivals(ranked)


def _with_rivals(ranked: Sequence[Match]) -> tuple[Match, ...]:
    """The best match told of those of other tables that fit nearly as well."""
    if not ranked:
        return ()
    best = ranked[0]
    near = tuple(match.source for match in ranked[1:] if match.table != best.table and _rivals(best, match))
    return (replace(best, rivals=near), *ranked[1:])


def _rivals(best: Match, other: Match) -> bool:
    """Whether a report of another table fits nearly as well as the best one.

    So it does when it is nearly as sure and reads as much; when it is a known report, be it with a column renamed, and
    the best one is known by words alone; and when as many headers of its signature are there as of the best one's.
    """
    headers = {normalise_header(header) for header in best.headers}
    report, rival = sources()[best.source], sources()[other.source]
    signs = [len(headers & {normalise_header(header) for header in entry.signature}) for entry in (report, rival)]
    if rival.signature and (not report.signature or signs[1] >= signs[0]):
        return True
    near = best.confidence - other.confidence < _NEARLY and not other.missing
    much = len(other.mapping.columns) >= len(best.mapping.columns)
    return near and much and not _explains(report, rival)


def _explains(report: Source, other: Source) -> bool:
    """Whether a report has a signature and knows all headers of another's: then the other is a part of it."""
    signature = {normalise_header(header) for header in other.signature}
    return bool(report.signature) and (not signature or signature <= report.headers)


def propose(source_entry: Source, grid: Grid) -> Mapping:
    """The mapping of `grid` under the rules of one report, whether it fits or not."""
    headers = [source_entry.comparable(column) for column in grid.columns]
    constants = {**source_entry.constants, **_preamble_constants(source_entry, grid.preamble)}
    for name, pattern in source_entry.in_header.items():
        named = next((match for column in grid.columns if (match := re.search(pattern, column))), None)
        constants |= {name: named.group(1)} if named else {}
    columns = _columns(source_entry, headers)
    if not any(grid.columns) and source_entry.name == "generic_events":
        columns = guessed_events(grid)
    if "platform" in columns and _says_device(grid, columns["platform"], source_entry) and "device" not in columns:
        columns["device"] = columns.pop("platform")
    constants = {name: value for name, value in constants.items() if name not in columns}
    if source_entry.name == "generic_funnel":
        _add_segment(grid, columns)
    target = table(source_entry.table)
    add_figures(target, grid, columns)
    if "experiment" in target.names and "experiment" not in columns:
        constants = {**named_by_file(grid), **constants}
    columns |= _guesses(source_entry, grid, columns)
    return Mapping(source=source_entry.name, table=source_entry.table, columns=columns, constants=constants)


def _guesses(entry: Source, grid: Grid, columns: dict[str, int]) -> dict[str, int]:
    """Measures whose header is known by a part only; whoever maps the file is shown them, nobody loads them unasked."""
    plain = [normalise_header(column) for column in grid.columns]
    unknown = certainty.unknown_headers(entry, grid, plain, set(columns.values()))
    spread = {name for name, heads in entry.spread.items() if set(map(normalise_header, heads)) & {*plain}}
    return certainty.guessed_columns(table(entry.table), grid, plain, unknown, dict.fromkeys(spread, 0) | columns)


def _says_device(grid: Grid, position: int, entry: Source) -> bool:
    """Whether a column called platform tells phones from computers, as many event logs do."""
    words = {normalise_header(text) for text in grid.samples[position]}
    return bool(words) and words <= set(entry.vocabulary("device")) and "device" in table(entry.table).names


def _add_segment(grid: Grid, columns: dict[str, int]) -> None:
    """A funnel may be split by anything: the first text column that nobody knows is the segment."""
    if "segment" in columns or not {"impressions", "clicks", "visitors", "cart_users", "pay_buyers"} & set(columns):
        return
    for position, samples in enumerate(grid.samples):
        words = [text for text in samples if not re.fullmatch(r"[\d.,%\s¥￥$万元-]+", text)]
        if position not in columns.values() and grid.columns[position] and samples and len(words) == len(samples):
            columns["segment"] = position
            return


def _columns(entry: Source, headers: Sequence[str]) -> dict[str, int]:
    """Canonical name -> position; a header serves one column only, unless the report's TOML says otherwise."""
    first: dict[str, int] = {}
    for position, header in enumerate(headers):
        if header:
            first.setdefault(header, position)
    chosen: dict[str, int] = {}
    for column in table(entry.table).columns:
        own = {entry.comparable(header) for header in entry.columns.get(column.name, ())}
        for header in entry.headers_of(column.name):
            if header in first and (header in own or first[header] not in chosen.values()):
                chosen[column.name] = first[header]
                break
    return chosen


def _match(entry: Source, grid: Grid, headers: Sequence[str]) -> Match | None:
    if entry.signature and len(_signature(entry) & set(headers)) < _SOME * len(entry.signature):
        return None  # most reports are told apart by this look at the header
    mapping = propose(entry, grid)
    # Any number may be a figure of a test, so that figures say nothing about what a file is.
    figures = {mapping.columns[name] for name in figure_columns(table(entry.table)) if name in mapping.columns}
    used = set(mapping.columns.values()) - figures
    if not used:
        return None
    missing = missing_columns(mapping)
    working = entry.headers
    ignored = tuple(
        column
        for position, column in enumerate(grid.columns)
        if position not in used | figures and column and headers[position] not in _helpers(entry)
    )
    present = {header for header in headers if header}
    if not present:
        return _headless(entry, grid, mapping, missing)
    known = len(present & (working | {headers[position] for position in used})) / len(present)
    signature = _signature(entry)
    asked = [name for name in missing if name not in entry.asks]
    confidence = _confidence(entry, known, signature, present, len(asked), len(used))
    if confidence < _WORTH_TELLING:
        return None
    plain = [normalise_header(column) for column in grid.columns]
    unknown = certainty.unknown_headers(entry, grid, plain, used | figures)
    guessed = certainty.guesses_in(mapping, plain)
    doubtful = certainty.doubtful_measures(entry, grid, plain, unknown, mapping)
    return Match(
        entry.name,
        entry.table,
        round(confidence, 3),
        mapping,
        missing,
        ignored,
        lacking=certainty.lacking_measures(mapping, plain),
        doubtful=tuple(dict.fromkeys((*guessed, *doubtful))),
        absent=certainty.absent_columns(entry, mapping, plain, renamed=bool(unknown)),
        unknown=tuple(grid.columns[position] for position in unknown),
        understood=1 - len(unknown) / max(1, sum(bool(cells) for cells in grid.samples)),
        headers=grid.columns,
    )


_BY_CONTENTS = 0.5
"""How sure we say we are of columns without a header that hold what a known table holds."""


def _headless(entry: Source, grid: Grid, mapping: Mapping, missing: tuple[str, ...]) -> Match | None:
    """A sheet without a header, by what is in its columns; it is always asked about."""
    if missing:
        return None
    return Match(entry.name, entry.table, _BY_CONTENTS, mapping, missing, (), headers=grid.columns)


def _signature(entry: Source) -> set[str]:
    return {normalise_header(header) for header in entry.signature}


def _helpers(entry: Source) -> set[str]:
    """Headers that a rule of the report uses without mapping them."""
    groups = (*entry.spread.values(), tuple(entry.keep), tuple(entry.leave))
    return {normalise_header(header) for group in groups for header in group}


def _confidence(entry: Source, known: float, signature: set[str], present: set[str], lacking: int, used: int) -> float:
    """0 to 1: signature first, then the share of the file's headers that the report explains."""
    if signature:
        share = len(signature & present) / len(signature)
        if share < 1 and (share < _SOME or len(signature) < 4):
            return 0.0
        base = 0.8 if share == 1 else 0.5 * share
        # The longer the signature that fits, the less likely a chance fit.
        return (base + 0.18 * known + 0.02 * min(len(signature), 10) / 10) * (0.5 if lacking else 1.0)
    required = len(table(entry.table).required) - len(entry.constants.keys() & set(table(entry.table).required))
    strength = min(1.0, (used + 2) / 6)
    fit = _GENERIC_CEILING * (0.65 * known + 0.35 * strength) * (1 + 0.02 * min(required, 5))
    return min(fit, _GENERIC_CEILING) * (0.35 if lacking else 1.0)


def _preamble_constants(entry: Source, preamble: Sequence[str]) -> dict[str, str]:
    """Dates that stand above the header. A span of several days is no day: people must say how to count it."""
    found = {}
    text = "\n".join(preamble)
    for column, pattern in entry.preamble.items():
        match = re.search(pattern, text)
        if match and len({_plain(day) for day in match.groups() if day}) == 1:
            found[column] = match.group(1)
    return found


def _plain(text: str) -> str:
    return re.sub(r"\W", "", text)
