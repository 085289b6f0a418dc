"""Tables on a page: numbers on the right and written alike, headers in the reader's language, one door out."""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from ecops import door
from ecops.locale import currency_symbol
from ecops.messages import Message, Number, Term, Value
from ecops.tables import tables as canonical_tables
from ui.parts import kept
from ui.parts.kept import Kept
from ui.parts.text import _, clean, plain

Kind = Literal["text", "count", "number", "money", "percent", "points", "date", "time", "flag", "figure"]
_SHORT = 12
"""Up to this many rows a table is shown in full, above it scrolls."""

_LONG = 150_000
"""Above this many rows Streamlit loads lazily and drops the search; nobody reads that far, so the rest is cut."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one column is shown.

    Attributes:
        label: its header.
        kind: decides alignment and format; "figure" is a number already written as text.
        help: what it means, on hover.
    """

    label: str
    kind: Kind = "text"
    help: str | None = None


@functools.cache
def _canonical() -> dict[str, tuple[Term, Term, str]]:
    found: dict[str, tuple[Term, Term, str]] = {}
    for table in canonical_tables().values():
        for column in table.columns:
            found.setdefault(column.name, (column.label, column.meaning, column.type))
    return found


_KINDS: Mapping[str, Kind] = {
    "integer": "count",
    "number": "number",
    "money": "money",
    "rate": "percent",
    "date": "date",
    "timestamp": "time",
    "boolean": "flag",
}


def canonical_shape(name: str) -> Shape | None:
    """How a column of `ecops.tables` is shown, None for a name no table has."""
    if name not in _canonical():
        return None
    label, meaning, column_type = _canonical()[name]
    return Shape(plain(label), _KINDS.get(column_type, "text"), plain(meaning))


def show(
    table: Any,
    key: str,
    shapes: Mapping[str, Shape] | None = None,
    currency: str = "",
    download: str | None = None,
    height: int | None = None,
    source: str = "",
) -> None:
    """Show a pandas or Arrow table; columns without a shape take that of the canonical column of their name.

    Args:
        table: at most a few thousand rows, or how it is made; more is cut, the download has all.
        key: names the table on its page.
        shapes: column -> `Shape`; also the order of the columns named in it.
        currency: of the money columns.
        download: file name without extension; buttons for xlsx and csv appear when given.
        height: in pixels, None for as high as the rows need (at most 420).
        source: the canonical table whose rows are shown, "" for any other.
    """
    if isinstance(table, Kept):
        kinds = tuple((name, shape.kind) for name, shape in (shapes or {}).items())
        frame, ready = kept.of(_arrow, table, door.reader(), source, kinds)()
    else:
        frame = door.visible(table, door.reader(), source)
        ready = None
    known = {str(name): (shapes or {}).get(str(name)) or canonical_shape(str(name)) for name in frame.columns}
    found = {name: shape or Shape(name) for name, shape in known.items()}
    st.dataframe(
        _prepared(frame, {name: shape.kind for name, shape in found.items()}) if ready is None else ready,
        key=key,
        hide_index=True,
        column_order=[name for name in (shapes or {}) if name in found]
        + [name for name in found if name not in (shapes or {})],
        column_config={name: _config(shape, currency) for name, shape in found.items()},
        height=height or ("content" if len(frame) <= _SHORT else 420),
        placeholder="—",
        alt=download or key,
    )
    if download:
        named = {name: shape.label for name, shape in found.items()}
        downloads({download: table}, download, key, named, source)


def _prepared(frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """The frame as cells show it: text without invisible letters (nothing else is escaped there), shares as per cent.

    Streamlit's own format for shares always has two decimals.
    """
    shown = frame.head(_LONG)
    changed = {}
    for name, column in shown.items():
        if kinds[str(name)] == "percent":
            changed[str(name)] = column * 100
        elif not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column):
            changed[str(name)] = column.map(lambda cell: clean(cell) if isinstance(cell, str) else cell)
    return shown.assign(**changed) if changed else shown


def _arrow(
    table: Any, role: door.Role, source: str, kinds: tuple[tuple[str, Kind], ...]
) -> tuple[pd.DataFrame, pa.Table | pd.DataFrame]:
    """The visible columns of a table, and the same as they are sent."""
    frame = door.visible(table, role, source)
    given = dict(kinds)
    known = {str(name): given.get(str(name)) or _canonical_kind(str(name)) for name in frame.columns}
    prepared = _prepared(frame, known)
    try:
        return frame, pa.Table.from_pandas(prepared)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return frame, prepared  # cells of several types in a column: Streamlit writes them as text


def _canonical_kind(name: str) -> Kind:
    return _KINDS.get(_canonical()[name][2], "text") if name in _canonical() else "text"


@functools.lru_cache(maxsize=4096)
def _config(shape: Shape, currency: str) -> Any:
    """What Streamlit is told of a column; nobody changes it.

    Streamlit copies it deeply for every table that is drawn, so what is not said (None, which means the same to it) is
    left out.
    """
    columns = st.column_config
    kind, options = {
        "money": (columns.NumberColumn, {"format": "%,.0f"}),
        "count": (columns.NumberColumn, {"format": "%,.0f"}),
        "number": (columns.NumberColumn, {"format": "%,.2f"}),
        "percent": (columns.NumberColumn, {"format": "%.1f%%"}),
        "points": (columns.NumberColumn, {"format": "%+.1f"}),
        "date": (columns.DateColumn, {"format": "YYYY-MM-DD"}),
        "time": (columns.DatetimeColumn, {"format": "YYYY-MM-DD HH:mm"}),
        "flag": (columns.CheckboxColumn, {}),
        "text": (columns.TextColumn, {}),
        "figure": (columns.TextColumn, {"alignment": "right"}),
    }[shape.kind]
    symbol = currency_symbol(currency).strip()
    label = f"{shape.label} ({symbol})" if shape.kind == "money" and symbol else shape.label
    told = kind(label, help=shape.help, **options)
    kinds = {name: value for name, value in told["type_config"].items() if value is not None}
    return {**{name: value for name, value in told.items() if value is not None}, "type_config": kinds}


def labels(names: Sequence[str]) -> dict[str, str]:
    """Headers of canonical columns in the reader's language."""
    return {name: shape.label for name in names if (shape := canonical_shape(name)) is not None}


def intervals(rows: pd.DataFrame, columns: tuple[str, str, str], unit: Callable[[float], Value]) -> list[str]:
    """Values with their intervals as the texts of a column; a dash where a value is not known.

    Args:
        rows: a table with numbers.
        columns: of the value and of both ends of its interval.
        unit: what a number is, such as `Percent`.
    """
    return [_interval(unit, *map(float, numbers)) for numbers in zip(*(rows[name] for name in columns), strict=True)]


def _interval(unit: Callable[[float], Value], value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return "—"
    return plain(Message("{rate} ({low} to {high})", rate=unit(value), low=unit(low), high=unit(high)))


def twice(number: float) -> Number:
    """How many times as much, for `intervals`."""
    return Number(number, 2)


def whole(table: pd.DataFrame) -> Kept:
    """A result that is kept itself, found again with it; for `show`."""
    return kept.of(_itself, table)


def _itself(table: pd.DataFrame) -> pd.DataFrame:
    return table


def only(table: pd.DataFrame, columns: Iterable[str]) -> Kept:
    """Some columns of a result that is kept itself, found again with it; for `show`."""
    return kept.of(_columns, table, tuple(columns))


def _columns(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    return table[list(names)]


def downloads(
    sheets: Mapping[str, Any | Callable[[], Any]],
    name: str,
    key: str,
    labels: Mapping[str, str] | None = None,
    source: str = "",
) -> None:
    """Buttons that hand out tables as one workbook, and the first of them as csv, through the one door.

    Args:
        sheets: title -> table, or a function that makes it when the button is pressed.
        name: of the file, without its extension.
        key: names the buttons on their page.
        labels: column -> header.
        source: the canonical table whose rows they hold, "" for any other.
    """
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            _("Download Excel"),
            data=lambda: door.to_xlsx(
                {title: _made(table) for title, table in sheets.items()}, door.reader(), labels, source
            ),
            file_name=f"{name}.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            key=f"xlsx_{key}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
        st.download_button(
            _("Download CSV"),
            data=lambda: door.to_csv(_made(next(iter(sheets.values()))), door.reader(), labels, source),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"csv_{key}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )


def _made(table: Any | Callable[[], Any] | Kept) -> Any:
    return table() if callable(table) else table


def defused(rows: bytes) -> bytes:
    """A CSV made elsewhere as it may leave: through the same door."""
    return door.to_csv(pd.read_csv(io.BytesIO(rows), dtype=str, keep_default_na=False))
