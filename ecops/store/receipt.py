"""What a load did, in full, so that nobody has to guess: read, mapped, dropped and why, new and replaced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from ecops.messages import Message
from ecops.sources import wire
from ecops.sources.conversion.report import Conversion, Issue, much_left_out, much_unread
from ecops.tables import table

MISSING_DAYS_SHOWN = 31


@dataclass(frozen=True, slots=True)
class SheetReceipt:
    """What became of one sheet.

    Attributes:
        sheet: its name, as in `Grid.name`.
        source, table: the report it is, and the canonical table its rows went into.
        rows_read, rows_kept: data rows of the sheet, and rows in the table's segment.
        dropped: why rows were left out -> how many.
        keys_new, keys_replaced, keys_unchanged: rows_kept, by whether the table had the row and whether it differs.
        first_day, last_day: span of the rows, None for tables without days.
        missing_days: days inside the span without any row, the first `MISSING_DAYS_SHOWN`.
        missing_day_count: how many there are.
        currency: ISO code, "" when the file does not say it.
        unknown_values: column -> word -> rows; words somebody has to explain.
        issues: the validation report, worst first.
        ledger: what was given back and how it was settled.
        mapping: the mapping used, as `Mapping.to_dict` writes it.
        notes: what the reader wants to be known about the file.
        totals: sums of what the table measures over the rows kept, by column.
    """

    sheet: str
    source: str
    table: str
    rows_read: int
    rows_kept: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    keys_new: int = 0
    keys_replaced: int = 0
    keys_unchanged: int = 0
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    missing_days: tuple[dt.date, ...] = ()
    missing_day_count: int = 0
    currency: str = ""
    unknown_values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    ledger: Mapping[str, float] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    totals: Mapping[str, float] = field(default_factory=dict)

    @property
    def much_left_out(self) -> dict[str, int]:
        """The kinds of rows, or cells, of which so many are left out that people are asked before a load."""
        unread = much_unread(table(self.table), self.rows_kept, self.issues)
        return {**much_left_out(self.rows_read, self.dropped), **unread}

    @property
    def currency_unknown(self) -> bool:
        """Whether there is money whose currency nothing says."""
        shape = table(self.table)
        return not self.currency and any(shape[name].type == "money" for name in self.mapping.get("columns", ()))

    @classmethod
    def of(
        cls, sheet: str, conversion: Conversion, mapping: Mapping[str, Any], notes: tuple[Message, ...]
    ) -> SheetReceipt:
        """What a conversion says, before its rows are compared with the table."""
        first, last = conversion.span or (None, None)
        return cls(
            sheet=sheet,
            source=mapping["source"],
            table=conversion.table,
            rows_read=conversion.rows_read,
            rows_kept=conversion.rows_kept,
            dropped={reason: count for reason, count in conversion.dropped.items() if count},
            first_day=first,
            last_day=last,
            currency=conversion.currency,
            unknown_values=conversion.unknown_values,
            issues=conversion.issues,
            ledger=conversion.ledger,
            mapping=mapping,
            notes=notes,
            totals=conversion.totals,
        )

    def to_dict(self) -> dict[str, Any]:
        """The sheet's part of the receipt as plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "first_day": self.first_day and self.first_day.isoformat(),
            "last_day": self.last_day and self.last_day.isoformat(),
            "missing_days": [day.isoformat() for day in self.missing_days],
            "issues": [issue.to_dict() for issue in self.issues],
            "notes": [wire.pack(note) for note in self.notes],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> SheetReceipt:
        """What `to_dict` wrote, also after a trip through JSON."""
        return cls(
            **{
                **plain,
                "first_day": _day(plain["first_day"]),
                "last_day": _day(plain["last_day"]),
                "missing_days": tuple(dt.date.fromisoformat(day) for day in plain["missing_days"]),
                "issues": tuple(Issue.from_dict(issue) for issue in plain["issues"]),
                "notes": tuple(cast("Message", wire.unpack(note)) for note in plain["notes"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a load did.

    Attributes:
        id: names the load, for `Workspace.undo`.
        file: name of the file as the user knows it.
        sha256, size: of its bytes. The bytes themselves are not kept: they hold personal data in clear.
        loaded_at: UTC.
        version: number of the version the load made; 0 for a check that changed nothing.
        sheets: what became of each sheet that was loaded.
        skipped: sheets that were not loaded -> why.
        already_loaded: the same bytes are in the workspace, nothing was changed; the rest is the receipt of that load.
        undone: the load was taken back since.
    """

    id: str
    file: str
    sha256: str
    size: int
    loaded_at: dt.datetime
    version: int
    sheets: tuple[SheetReceipt, ...]
    skipped: Mapping[str, Message] = field(default_factory=dict)
    already_loaded: bool = False
    undone: bool = False

    @property
    def rows(self) -> int:
        """Rows kept over all sheets."""
        return sum(sheet.rows_kept for sheet in self.sheets)

    @property
    def unknown_values(self) -> dict[str, dict[str, dict[str, int]]]:
        """Sheet -> column -> word -> rows: words that stop the load until somebody says what they mean."""
        found = {}
        for sheet in self.sheets:
            if sheet.unknown_values:
                found[sheet.sheet] = {column: dict(words) for column, words in sheet.unknown_values.items()}
        return found

    @property
    def much_left_out(self) -> dict[str, dict[str, int]]:
        """Sheet -> kinds of rows of which so many are left out that the upload asks."""
        return {sheet.sheet: sheet.much_left_out for sheet in self.sheets if sheet.much_left_out}

    @property
    def currency_unknown(self) -> bool:
        """Whether a sheet holds money whose currency nothing says; the upload asks for it."""
        return any(sheet.currency_unknown for sheet in self.sheets)

    @property
    def summary(self) -> Message:
        """One sentence for people."""
        if self.already_loaded:
            return Message("{file} was loaded before; nothing was changed.", file=self.file)
        new, replaced, unchanged = (
            sum(getattr(sheet, name) for sheet in self.sheets)
            for name in ("keys_new", "keys_replaced", "keys_unchanged")
        )
        return Message(
            "{file}: {rows} rows loaded ({new} new, {replaced} updated, {unchanged} unchanged).",
            file=self.file,
            rows=self.rows,
            new=new,
            replaced=replaced,
            unchanged=unchanged,
        )

    def to_dict(self) -> dict[str, Any]:
        """The receipt as plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "loaded_at": self.loaded_at.isoformat(),
            "sheets": [sheet.to_dict() for sheet in self.sheets],
            "skipped": {sheet: wire.pack(reason) for sheet, reason in self.skipped.items()},
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Receipt:
        """The receipt that `to_dict` wrote, also after a trip through JSON."""
        return cls(
            **{
                **plain,
                "loaded_at": dt.datetime.fromisoformat(plain["loaded_at"]),
                "sheets": tuple(SheetReceipt.from_dict(sheet) for sheet in plain["sheets"]),
                "skipped": {sheet: cast("Message", wire.unpack(reason)) for sheet, reason in plain["skipped"].items()},
            }
        )

    def seen_again(self) -> Receipt:
        """The receipt for the same bytes arriving once more."""
        return replace(self, already_loaded=True)


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
