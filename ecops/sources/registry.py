"""What the platforms export: one TOML a report, in `platforms/`. A new report is one TOML and one fixture, no code."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecops.errors import unknown_name
from ecops.messages import Message, Term
from ecops.sources.recognition.shapes import without_unit
from ecops.sources.text import normalise_header
from ecops.tables import Table, table, tables

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Source:
    """One report of one platform; the fields are those of its TOML.

    Attributes:
        name: snake case, the name of the TOML.
        platform: lower case; "" for files that belong to no platform.
        table: the canonical table its rows become.
        currency: ISO code where the report is always in one; "" where the file or people say it.
        label: what people call the report.
        where: where in the platform it is exported.
        encodings: what such files are written in; every one is tested with the fixture.
        container: "csv", "xls" or "xlsx": what the platform writes.
        generic: True when its columns are known by the synonyms of the table as well.
        signature: headers without which a file is not this report.
        columns: canonical name -> headers that carry it, the best one first.
        spread: canonical money -> headers whose amount is the whole order's and stands on one of its rows; it is spread
            over the lines of the order by their value.
        ignored: other headers of the report that we know and do not need.
        constants: canonical name -> the value of every row.
        asks: required columns that the file does not hold; people fill them in.
        optional: columns that the table requires, or other files of the report have, and a file may lack.
        values: canonical name -> word of the file -> canonical word.
        empty: canonical name -> the value that an empty cell stands for.
        missing: canonical name -> words that mean "nothing here".
        keep: header -> the only values of it whose rows are wanted (long reports with fees between the sales).
        leave: header -> words; rows with one of them are left out ("" for an empty cell).
        sums: canonical dimension -> its words for a row that sums the others beside it, so that nothing counts twice.
        fill: canonical names that stand on the first row of an order only and hold for all its rows. Never money.
        derive: canonical money -> the two columns whose product it is when the file lacks it.
        addresses: canonical names whose cells hold a whole address, of which only the province is kept.
        countries: canonical name -> headers of the country in which its codes are those of ISO 3166-2 (CN and GD).
        fallback: canonical name -> the columns that stand in where it is empty, best first.
        footers: first cells of rows that are sums or notes, beside those of every report.
        preamble: canonical date -> pattern with one group (or two: first and last day) that finds it above the header.
        date_order: "dmy" or "mdy" where the report always writes dates so.
        decimal: "," where the report writes decimal commas.
        in_header: canonical name -> pattern with one group that finds its value for all rows in a header.
        erp: its orders were placed on platforms that export them too; where both are loaded the platform leads.
        without: measures of the table that this report never holds.
        unconfirmed: its headers come from descriptions, not from a file that was seen; people confirm it once.
    """

    name: str
    platform: str
    table: str
    label: Term
    where: Term
    currency: str = ""
    encodings: tuple[str, ...] = ("utf-8",)
    container: str = "csv"
    generic: bool = False
    signature: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    asks: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    empty: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leave: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fill: tuple[str, ...] = ()
    derive: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    countries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fallback: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    footers: tuple[str, ...] = ()
    preamble: Mapping[str, str] = field(default_factory=dict)
    date_order: str = ""
    decimal: str = ""
    in_header: Mapping[str, str] = field(default_factory=dict)
    erp: bool = False
    without: tuple[str, ...] = ()
    unconfirmed: bool = False

    @property
    def headers(self) -> frozenset[str]:
        """Every header that this report is known to have, normalised; table synonyms not counted."""
        groups = (
            *self.columns.values(),
            *self.spread.values(),
            self.ignored,
            self.signature,
            tuple(self.keep),
            tuple(self.leave),
        )
        return frozenset(normalise_header(header) for group in groups for header in group)

    def headers_of(self, column: str) -> tuple[str, ...]:
        """The headers under which `column` may stand, best first, in the form of `comparable`."""
        own = self.columns.get(column, ())
        synonyms = (column, *table(self.table)[column].synonyms) if self.generic else ()
        return tuple(dict.fromkeys(self.comparable(header) for header in (*own, *synonyms)))

    def comparable(self, header: str) -> str:
        """A header as this report compares it: normalised; files of any system also without spaces, joints and units.

        >>> source("generic_orders").comparable("Order_Date") == source("generic_orders").comparable("OrderDate")
        True
        """
        plain = normalise_header(header)
        return _compact(plain) if self.generic else plain

    def vocabulary(self, column: str) -> Mapping[str, str]:
        """Normalised word -> canonical word for a column: the words of all reports, then this report's own."""
        shared = shared_values()
        words = shared.get(f"{self.table}.{column}", shared.get(column, {}))
        own = self.values.get(column, {})
        return {**words, **{normalise_header(word): value for word, value in own.items()}}


@functools.lru_cache(maxsize=16_384)  # every file is held against every header that any report may have
def _compact(plain: str) -> str:
    return re.sub(r"(?<=\w)[ _.-]+(?=\w)", "", without_unit(plain))


def _term(entry: Mapping[str, str]) -> Term:
    return Term(en=entry["en"], zh=entry["zh"])


def _lists(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: (value,) if isinstance(value, str) else tuple(value) for name, value in entry.items()}


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    derive = {column: (pair[0], pair[1]) for column, pair in entry.get("derive", {}).items()}
    return Source(
        name=name,
        platform=entry.get("platform", ""),
        table=entry["table"],
        label=_term(entry["label"]),
        where=_term(entry["where"]),
        currency=entry.get("currency", ""),
        encodings=tuple(entry.get("encodings", ("utf-8",))),
        container=entry.get("container", "csv"),
        generic=entry.get("generic", False),
        signature=tuple(entry.get("signature", ())),
        columns=_lists(entry.get("columns", {})),
        spread=_lists(entry.get("spread", {})),
        ignored=tuple(entry.get("ignored", ())),
        constants=_constants(entry),
        asks=tuple(entry.get("asks", ())),
        optional=tuple(entry.get("optional", ())),
        values=entry.get("values", {}),
        empty=entry.get("empty", {}),
        missing=_lists(entry.get("missing", {})),
        keep=_lists(entry.get("keep", {})),
        leave=_lists(entry.get("leave", {})),
        sums=_lists(entry.get("sums", {})),
        fill=tuple(entry.get("fill", ())),
        derive=derive,
        addresses=tuple(entry.get("addresses", ())),
        countries=_lists(entry.get("countries", {})),
        fallback=_lists(entry.get("fallback", {})),
        footers=tuple(entry.get("footers", ())),
        preamble=entry.get("preamble", {}),
        date_order=entry.get("date_order", ""),
        decimal=entry.get("decimal", ""),
        in_header=entry.get("in_header", {}),
        erp=entry.get("erp", False),
        without=tuple(entry.get("without", ())),
        unconfirmed=entry.get("unconfirmed", False),
    )


def _constants(entry: Mapping[str, Any]) -> dict[str, str]:
    constants = dict(entry.get("constants", {}))
    if entry.get("platform") and "platform" in table(entry["table"]).names:
        constants.setdefault("platform", entry["platform"])
    if entry.get("erp"):
        constants.setdefault("recorded_by", "erp")
    return constants


@functools.cache
def sources() -> Mapping[str, Source]:
    """Every report we know, by name."""
    return {name: _read(name) for name in sorted(_names_of_sources())}


@functools.cache
def _names_of_sources() -> frozenset[str]:
    return frozenset(path.stem for path in (_FOLDER / "platforms").glob("*.toml"))


@functools.cache
def _read(name: str) -> Source:
    return _source(name, tomllib.loads((_FOLDER / "platforms" / f"{name}.toml").read_text("utf-8")))


def source(name: str) -> Source:
    """The report called `name`; the others are not read: a process that converts one sheet needs one.

    Raises:
        SpecError: there is none; near names are in the hint.
    """
    if name not in _names_of_sources():
        raise unknown_name(Message("The source"), name, _names_of_sources())
    return _read(name)


@functools.cache
def _values_file() -> Mapping[str, Any]:
    return tomllib.loads((_FOLDER / "values.toml").read_text("utf-8"))


@functools.cache
def shared_values() -> Mapping[str, Mapping[str, str]]:
    """Words of category columns that mean the same in every report: "column" or "table.column" -> word -> value."""
    entries = _values_file()["values"]
    return {
        column: {normalise_header(word): value for value, words in groups.items() for word in (value, *words)}
        for column, groups in entries.items()
    }


@functools.cache
def strict_columns() -> frozenset[str]:
    """Columns ("table.column") whose unknown words stop a load until someone says what they mean."""
    return frozenset(_values_file()["strict"])


@functools.cache
def footer_words() -> tuple[str, ...]:
    """First cells of rows that are sums or notes in any report, normalised."""
    return tuple(normalise_header(word) for word in _values_file()["footers"])


@functools.cache
def sum_words() -> tuple[str, ...]:
    """What stands in place of a product, source or order in a row that sums others up, normalised, without spaces."""
    return tuple(normalise_header(word).replace(" ", "") for word in _values_file()["sums"])


@functools.cache
def city_tiers() -> Mapping[str, tuple[str, ...]]:
    """Tier -> the cities in it, from the stated list in `city_tiers.toml`; every other city is of the last tier."""
    return _lists(tomllib.loads((_FOLDER / "city_tiers.toml").read_text("utf-8"))["tiers"])


@functools.cache
def harmless_headers() -> tuple[frozenset[str], re.Pattern[str]]:
    """Headers, and a pattern of headers, under which stands nothing that a figure is made of."""
    entry = _values_file()["harmless"]
    return frozenset(normalise_header(word) for word in entry["headers"]), re.compile("|".join(entry["patterns"]))


@functools.cache
def known_headers() -> frozenset[str]:
    """The normalised headers of all reports and all synonyms of all tables: what a header row looks like."""
    found = {normalise_header(name) for entry in tables().values() for name in _names(entry)}
    found |= {name.replace(" ", joint) for name in found if " " in name for joint in ("", "_")}
    return frozenset(found).union(*(entry.headers for entry in sources().values()))


def _names(entry: Table) -> set[str]:
    return {name for column in entry.columns for name in (column.name, *column.synonyms)}
