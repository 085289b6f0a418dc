"""The one door out: every table, download and report that leaves ecops passes here.

Columns that the asking role must not see are left out (not blanked, so that nothing derived from a blank leaks), and
text that a spreadsheet would run as a formula is defused.
"""

from __future__ import annotations

import functools
import io
import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["owner", "finance", "manager"]
"""owner and finance see cost and supplier columns; a manager does not. Persons are hashed for everybody."""

_SEES: Mapping[Role, frozenset[str]] = {
    "owner": frozenset({"cost", "supplier"}),
    "finance": frozenset({"cost", "supplier"}),
    "manager": frozenset(),
}
_FORMULA = re.compile(r"^[\s\x00]*[=+\-@＝＋－＠]|^[\t\r\n]")
_PLAIN_NUMBER = re.compile(r"^[+-]?\d[\d,]*(\.\d+)?%?$")
_SHEET_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def reader() -> Role:
    """Who reads what this process shows: the role in ECOPS_ROLE, a manager where it is not set or no role."""
    told = os.environ.get("ECOPS_ROLE", "")
    return cast("Role", told) if told in _SEES else "manager"


@functools.cache
def sensitive_columns(source: str = "") -> Mapping[str, str]:
    """Columns that not everybody may see: name -> "cost" or "supplier".

    Args:
        source: the canonical table that is shown, in which a name means one thing: what advertising cost is no secret,
            what goods cost is. "" for any other table: then every name that is sensitive anywhere is.
    """
    from ecops.tables import table, tables

    shown = (table(source),) if source else tables().values()
    return {
        column.name: column.sensitive
        for entry in shown
        for column in entry.columns
        if column.sensitive in {"cost", "supplier"}
    }


def tags_of(needs: Iterable[str]) -> frozenset[str]:
    """The tags of a figure: those of all columns that it is made of, for what is worked out from a secret tells it.

    Args:
        needs: the columns, as "table.column".

    >>> sorted(tags_of(["order_lines.paid_amount", "order_lines.cost"])), sorted(tags_of(["ad_spend_daily.cost"]))
    (['cost'], [])
    """
    columns = (need.partition(".")[::2] for need in needs)
    return frozenset(filter(None, (sensitive_columns(source).get(column) for source, column in columns if column)))


def may_see(needs: Iterable[str], role: Role = "manager") -> bool:
    """Whether a role may see a figure that is made of the columns `needs`."""
    return tags_of(needs) <= _SEES[role]


def defuse(cell: Any) -> Any:
    """A cell that no spreadsheet runs: text that starts like a formula gets a leading apostrophe.

    >>> defuse("=1+1"), defuse("-5"), defuse("@SUM(A1)"), defuse("棉袜"), defuse(-5)
    ("'=1+1", '-5', "'@SUM(A1)", '棉袜', -5)
    """
    if isinstance(cell, str) and _FORMULA.search(cell) and not _PLAIN_NUMBER.match(cell):
        return "'" + cell
    return cell


def visible(table: Any, role: Role = "manager", source: str = "") -> pd.DataFrame:
    """`table` (pandas or Arrow) as it may be shown on a screen, which runs no formulas: hidden columns left out.

    Args:
        table: what is shown.
        role: who looks.
        source: the canonical table whose rows it holds, "" for any other.
    """
    import pandas as pd

    frame: pd.DataFrame = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    hidden = {name for name, tag in sensitive_columns(source).items() if tag not in _SEES[role]}
    return frame if hidden.isdisjoint(frame.columns) else frame[[name for name in frame.columns if name not in hidden]]


def release(
    table: Any, role: Role = "manager", labels: Mapping[str, str] | None = None, source: str = ""
) -> pd.DataFrame:
    """`table` (pandas or Arrow) as it may leave: hidden columns left out, text defused, headers from `labels`.

    The input is not changed.
    """
    import pandas as pd

    frame = visible(table, role, source).copy()
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_datetime64_any_dtype(frame[name]):
            frame[name] = frame[name].map(defuse)
    return frame.rename(columns=lambda name: defuse(str((labels or {}).get(name, name))))


def to_csv(table: Any, role: Role = "manager", labels: Mapping[str, str] | None = None, source: str = "") -> bytes:
    """A CSV file in UTF-8 with a byte order mark, so that Excel shows Chinese without being asked."""
    text = release(table, role, labels, source).to_csv(index=False)
    return str(text).encode("utf-8-sig")


def to_xlsx(
    sheets: Mapping[str, Any], role: Role = "manager", labels: Mapping[str, str] | None = None, source: str = ""
) -> bytes:
    """An Excel workbook, one sheet a table, with a frozen bold header and readable widths.

    Args:
        sheets: sheet title -> table; titles are shortened to what Excel allows.
        role: who asks.
        labels: column name -> header.
        source: the canonical table whose rows the sheets hold, "" for any other.
    """
    import xlsxwriter

    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
        "default_date_format": "yyyy-mm-dd",
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(target, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        used: set[str] = set()
        for title, table in sheets.items():
            _write_sheet(book.add_worksheet(sheet_title(title, used)), release(table, role, labels, source), bold)
    return target.getvalue()


def _write_sheet(sheet: Any, frame: pd.DataFrame, bold: Any) -> None:
    import pandas as pd

    sheet.freeze_panes(1, 0)
    for position, name in enumerate(frame.columns):
        sheet.write_string(0, position, str(name), bold)
        column = frame[name].astype(object)
        values = column.where(column.notna(), None).tolist()
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            values = [value.to_pydatetime() if value is not None else None for value in values]
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        sheet.write_column(1, position, values if numeric else [_cell(value) for value in values])
        longest = max((_width(str(value)) for value in [name, *values[:200]] if value is not None), default=8)
        sheet.set_column(position, position, min(max(longest + 2, 8), 60))


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) or hasattr(value, "isoformat") else str(value)


def _width(text: str) -> int:
    """Width in characters of Latin size; Chinese characters are twice as wide."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def sheet_title(title: str, used: set[str]) -> str:
    """`title` as Excel allows it, different from all of `used` (which it joins)."""
    base = _SHEET_FORBIDDEN.sub(" ", title).strip()[:31] or "Sheet"
    name, number = base, 1
    while name.casefold() in used:
        number += 1
        name = f"{base[:27]} {number}"
    used.add(name.casefold())
    return name
