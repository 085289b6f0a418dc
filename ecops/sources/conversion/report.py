"""What a conversion has to say: how many rows became what, and everything in the file that deserves a look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from ecops.messages import Message, Term
from ecops.sources import wire
from ecops.tables import Table

Severity = Literal["error", "warning", "info"]

DROPS: Mapping[str, Term] = {
    "footer": Term(zh="合计行、说明行", en="totals and notes"),
    "subtotal": Term(zh="小计行", en="rows that sum others"),
    "header": Term(zh="重复的表头", en="repeated headers"),
    "empty": Term(zh="空行", en="empty rows"),
    "filtered": Term(zh="其他类型的行", en="other kinds of rows"),
    "duplicate": Term(zh="与别的行重复", en="the same row again"),
    "invalid": Term(zh="缺少必需内容的行", en="rows without what is required"),
    "unreasonable": Term(zh="数值不可信的行", en="rows with values beyond reason"),
    "repeated key": Term(zh="主键重复", en="the same key again"),
    "unreadable": Term(zh="读不出的数值", en="values that cannot be read"),
}
"""Why rows were left out, as people say it."""

_MUCH = 0.05
_FEW = 3
_USUAL = ("footer", "header", "empty")
"""What every export has a few of, however short it is."""


def much_left_out(rows: int, dropped: Mapping[str, int]) -> dict[str, int]:
    """The kinds of rows of which so many would be left out that people are asked first.

    More than 5 % of the rows, and of totals, notes, repeated headers and empty rows more than a few. Rows that a report
    never counts (fees among sales) are its rule and no question.

    Args:
        rows: data rows of the sheet.
        dropped: why rows were left out -> how many.
    """
    return {
        reason: count
        for reason, count in dropped.items()
        if reason != "filtered" and count > _MUCH * rows and (reason not in _USUAL or count > _FEW)
    }


def much_unread(table: Table, rows: int, issues: Iterable[Issue]) -> dict[str, int]:
    """The cells of what a table measures that cannot be read, {} while they are few.

    Args:
        table: the canonical table.
        rows: rows kept.
        issues: of the conversion.
    """
    measures = {name for group in table.measures for name in group}
    unread = max((one.count for one in issues if one.kind == "unreadable" and one.column in measures), default=0)
    many = unread > _MUCH * rows and (unread > _FEW or 2 * unread > rows)
    return {"unreadable": unread} if many else {}


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that the validation found.

    Attributes:
        kind: what it is, for programs: "unreadable_number", "refund_over_paid", ...
        severity: error: rows were left out, or the load stops. warning: rows are in, look at them. info: told.
        column: canonical column, "" when it is about whole rows.
        count: how many rows.
        rows: the first of them, as row numbers of the file (the header is row `header_line + 1`).
        examples: up to three cell texts.
        message: the sentence for people.
    """

    kind: str
    severity: Severity
    column: str
    count: int
    rows: tuple[int, ...]
    examples: tuple[str, ...]
    message: Message

    def to_dict(self) -> dict[str, Any]:
        """The issue as plain JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"message": wire.pack(self.message)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Issue:
        """The issue that `to_dict` wrote."""
        lists = {"rows": tuple(plain["rows"]), "examples": tuple(plain["examples"])}
        return cls(**{**plain, **lists, "message": cast("Message", wire.unpack(plain["message"]))})


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of one sheet.

    Attributes:
        table: the canonical table.
        path: typed Parquet with every column of the table, None when the load has to stop.
        rows_read: data rows of the sheet.
        rows_kept: rows written.
        dropped: why rows were left out: footer, subtotal, header (repeated), empty, filtered, duplicate, invalid,
            unreasonable -> count.
        issues: the validation report, worst first.
        span: first and last day, None when the table or the file has no days.
        currency: ISO code of the money, "" when nothing says it.
        unknown_values: column -> word -> rows, words that stop the load until someone says what they mean.
        ledger: what was given back and how it was settled, see `ecops.sources.conversion.netting.Netting.summary`.
        bad_rows: CSV of the cells behind the issues (row, column, problem, value), None when there is none.
        totals: sums of what the table measures (money, visitors, stock), by column, over the rows kept.
    """

    table: str
    path: Path | None
    rows_read: int
    rows_kept: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    span: tuple[dt.date, dt.date] | None = None
    currency: str = ""
    unknown_values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    ledger: Mapping[str, float] = field(default_factory=dict)
    bad_rows: Path | None = None
    totals: Mapping[str, float] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether nothing was written because people have to decide first."""
        return self.path is None

    def to_dict(self) -> dict[str, Any]:
        """The conversion as plain JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "path": str(self.path) if self.path else None,
            "bad_rows": str(self.bad_rows) if self.bad_rows else None,
            "issues": [issue.to_dict() for issue in self.issues],
            "span": [day.isoformat() for day in self.span] if self.span else None,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Conversion:
        """The conversion that `to_dict` wrote, also after a trip through JSON."""
        span = plain["span"]
        return cls(
            **{
                **plain,
                "path": Path(plain["path"]) if plain["path"] else None,
                "bad_rows": Path(plain["bad_rows"]) if plain["bad_rows"] else None,
                "issues": tuple(Issue.from_dict(issue) for issue in plain["issues"]),
                "span": (dt.date.fromisoformat(span[0]), dt.date.fromisoformat(span[1])) if span else None,
            }
        )
