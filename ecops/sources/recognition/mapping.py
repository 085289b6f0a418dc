"""Which column of a file is which canonical column: proposed by detection, changed by people, remembered by header."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from typing import Any

from ecops.errors import MappingError, near
from ecops.messages import Message
from ecops.sources.recognition.figures import names_somebody
from ecops.sources.registry import Source, source, strict_columns
from ecops.sources.text import normalise_header
from ecops.tables import Column, Table, table


@dataclass(frozen=True, slots=True)
class Mapping:
    """How one sheet becomes rows of one table.

    Attributes:
        source: name of the report whose rules hold.
        table: name of the canonical table.
        columns: canonical name -> position of the column in the sheet, from 0.
        values: canonical name -> word of the file -> canonical word; people's answers to unknown words.
        constants: canonical name -> the value of every row.
        options: "date_order" ("dmy", "mdy" or "ymd"), "decimal" ("," or ".") and "without" (measures that the file
            does not hold, with commas between them), where people decided.
    """

    source: str
    table: str
    columns: MappingType[str, int]
    values: MappingType[str, MappingType[str, str]] = field(default_factory=dict)
    constants: MappingType[str, str] = field(default_factory=dict)
    options: MappingType[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The mapping as plain JSON values."""
        return {
            "source": self.source,
            "table": self.table,
            "columns": dict(self.columns),
            "values": {column: dict(words) for column, words in self.values.items()},
            "constants": dict(self.constants),
            "options": dict(self.options),
        }

    @classmethod
    def from_dict(cls, plain: MappingType[str, Any]) -> Mapping:
        """The mapping that `to_dict` wrote, also after a trip through JSON."""
        return cls(
            source=plain["source"],
            table=plain["table"],
            columns={name: int(position) for name, position in plain["columns"].items()},
            values=plain.get("values", {}),
            constants=plain.get("constants", {}),
            options=plain.get("options", {}),
        )

    def with_values(self, column: str, words: MappingType[str, str]) -> Mapping:
        """The same mapping with more words of `column` explained."""
        known = {**self.values.get(column, {}), **words}
        return replace(self, values={**self.values, column: known})

    def with_constants(self, **constants: str) -> Mapping:
        """The same mapping with more constants."""
        return replace(self, constants={**self.constants, **constants})

    def with_options(self, **options: str) -> Mapping:
        """The same mapping with more decisions about how dates and numbers are written."""
        return replace(self, options={**self.options, **options})


def fingerprint(columns: Iterable[str]) -> str:
    r"""What is equal for two files with the same header: 16 hex digits over the normalised headers in order.

    >>> fingerprint(["订单编号", "金额（元）"]) == fingerprint([" 订单编号\t", "金额(元)"])
    True
    """
    text = "\x1f".join(normalise_header(column) for column in columns)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def missing_columns(mapping: Mapping) -> tuple[str, ...]:
    """The required columns that neither the file nor a constant nor a rule of the report fills."""
    report = source(mapping.source)
    return tuple(name for name in table(mapping.table).required if not _filled(name, mapping, report))


def _filled(name: str, mapping: Mapping, report: Source) -> bool:
    if name in mapping.columns or name in mapping.constants or name in report.optional or name in report.empty:
        return True
    if name == "level" and mapping.table == "traffic_daily":
        return True
    return any(stand_in in mapping.columns for stand_in in report.fallback.get(name, ()))


def check_mapping(mapping: Mapping, columns: tuple[str, ...]) -> Table:
    """The table that `mapping` fills, after checking that it can.

    Args:
        mapping: what someone, or detection, proposes.
        columns: the header of the sheet.

    Raises:
        MappingError: a name is not a column of the table, a position is not in the sheet, a required column is missing,
            or a word is mapped to nothing we know.
    """
    target = table(mapping.table)
    if mapping.table != source(mapping.source).table:
        raise MappingError(
            Message("The report {source} does not fill the table {table}.", source=mapping.source, table=mapping.table),
            Message("Choose another report for this file."),
        )
    for name in (*mapping.columns, *mapping.constants):
        if name not in target.names:
            close = near(name, target.names) or list(target.names)
            raise MappingError(
                Message("The table {table} has no column {column}.", table=target.label, column=name),
                Message("Did you mean {names}?", names=", ".join(close[:3])),
            )
    for name, position in mapping.columns.items():
        if target[name].unit == "figure" and 0 <= position < len(columns) and names_somebody(columns[position]):
            raise MappingError(
                Message(
                    "The column {column} names people, orders or places; it is no figure.", column=columns[position]
                ),
                Message("Choose another column; numbers that name somebody stay out of the shop's tables."),
            )
        if not 0 <= position < len(columns):
            raise MappingError(
                Message("The file has no column number {n} for {column}.", n=position + 1, column=target[name].label),
                Message("Map the columns of this file again."),
            )
    missing = missing_columns(mapping)
    if missing:
        raise _missing_error(target, missing, columns)
    _check_words(mapping)
    for name, value in mapping.constants.items():
        constant_value(target[name], value)
    return target


def constant_value(column: Column, value: str) -> Any:
    """A constant as the value of its column: a day for dates, a number for numbers, else the text.

    Raises:
        MappingError: the text is no such value.
    """
    try:
        if column.type in ("date", "timestamp"):
            day = value.strip().replace("/", "-")
            return dt.datetime.fromisoformat(day) if column.type == "timestamp" else dt.date.fromisoformat(day)
        if column.type in ("integer", "number", "money", "rate"):
            return float(value)
    except ValueError:
        raise MappingError(
            Message("{value} cannot be read as {column}.", value=value, column=column.label),
            Message("Write days like 2026-05-01 and numbers like 12.5."),
        ) from None
    return value


def _missing_error(target: Table, missing: tuple[str, ...], columns: tuple[str, ...]) -> MappingError:
    first = target[missing[0]]
    hint = Message(
        "Map a column of the file to it, or fill in one value for all rows. The file has: {columns}.",
        columns=", ".join(column for column in columns if column)[:300],
    )
    where = {"column": ", ".join(missing), "table": target.name}
    return MappingError(
        Message("The file does not say the {column}, which is needed.", column=first.label), hint, where, asks="columns"
    )


def _check_words(mapping: Mapping) -> None:
    for column, words in mapping.values.items():
        if f"{mapping.table}.{column}" not in strict_columns():
            continue
        known = set(source(mapping.source).vocabulary(column).values())
        for word, value in words.items():
            if value not in known:
                raise MappingError(
                    Message("{value} is not a known {column}.", value=value, column=table(mapping.table)[column].label),
                    Message("Known are: {names}.", names=", ".join(sorted(known))),
                    {"value": word},
                )
