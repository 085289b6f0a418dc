"""Which report a sheet is, how sure we are of it, and which of its columns is which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ecops.sources.figures import add_figures, figure_columns, named_by_file
from ecops.sources.grid import Grid
from ecops.sources.mapping import Mapping, missing_columns
from ecops.sources.registry import Source, sources
from ecops.sources.text import normalise_header
from ecops.tables import table

_GENERIC_CEILING = 0.75
"""A file known only by the synonyms of a table is never as sure as a report known by its signature."""

_WORTH_TELLING = 0.2


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
    """

    source: str
    table: str
    confidence: float
    mapping: Mapping
    missing: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def certain(self) -> bool:
        """Whether the file may be loaded without asking anybody."""
        return not self.missing and self.confidence >= 0.4


def detect(grid: Grid) -> tuple[Match, ...]:
    """The reports that `grid` may be, best first; empty when no header is known.

    Args:
        grid: a sheet; only its header, preamble and name are looked at.
    """
    headers = [normalise_header(column) for column in grid.columns]
    found = [_match(entry, grid, headers) for entry in sources().values()]
    kept = [match for match in found if match is not None and match.confidence >= _WORTH_TELLING]
    return tuple(sorted(kept, key=lambda match: (-match.confidence, len(match.missing), match.source)))


def propose(source_entry: Source, grid: Grid) -> Mapping:
    """The mapping of `grid` under the rules of one report, whether it fits or not."""
    headers = [source_entry.comparable(column) for column in grid.columns]
    constants = {**source_entry.constants, **_preamble_constants(source_entry, grid.preamble)}
    columns = _columns(source_entry, headers)
    if "platform" in columns and _says_device(grid, columns["platform"], source_entry) and "device" not in columns:
        columns["device"] = columns.pop("platform")
    constants = {name: value for name, value in constants.items() if name not in columns}
    if source_entry.name == "generic_funnel":
        _add_segment(grid, columns)
    target = table(source_entry.table)
    add_figures(target, grid, columns)
    if "experiment" in target.names and "experiment" not in columns:
        constants = {**named_by_file(grid), **constants}
    return Mapping(source=source_entry.name, table=source_entry.table, columns=columns, constants=constants)


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
    known = len(present & (working | {headers[position] for position in used})) / len(present)
    signature = {normalise_header(header) for header in entry.signature}
    asked = [name for name in missing if name not in entry.asks]
    confidence = _confidence(entry, known, signature, present, len(asked), len(used))
    return Match(entry.name, entry.table, round(confidence, 3), mapping, missing, ignored)


def _helpers(entry: Source) -> set[str]:
    """Headers that a rule of the report uses without mapping them."""
    groups = (*entry.spread.values(), tuple(entry.keep))
    return {normalise_header(header) for group in groups for header in group}


def _confidence(entry: Source, known: float, signature: set[str], present: set[str], lacking: int, used: int) -> float:
    """0 to 1: signature first, then the share of the file's headers that the report explains."""
    if signature:
        share = len(signature & present) / len(signature)
        if share < 1 and (share < 0.6 or len(signature) < 4):
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
