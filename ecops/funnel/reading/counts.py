"""A funnel from a table of counts: what a platform's own dashboard shows, pasted or loaded, no log needed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecops.errors import DataError, MappingError, SpecError, near
from ecops.funnel.reading.source import named_list, pasted
from ecops.funnel.spec import Step, as_steps, known_steps, presets
from ecops.funnel.table import Floats, FunnelTable, Issue
from ecops.messages import Count, Message
from ecops.periods import Period
from ecops.sources.text import normalise_header
from ecops.statistics.frames import as_frame
from ecops.tables import table

_CHAIN = ("impressions", "clicks", "visitors", "cart_users", "order_buyers", "pay_buyers")
_OF_COLUMN = {
    "impressions": "exposure",
    "clicks": "click",
    "visitors": "visit",
    "cart_users": "cart",
    "order_buyers": "order",
    "pay_buyers": "pay",
}
_TOTALS = frozenset(
    {"合计", "总计", "汇总", "总和", "全部", "整体", "小计", "total", "totals", "sum", "all", "grand total"}
)
_UNITS = {"万": 1e4, "w": 1e4, "亿": 1e8, "k": 1e3}
_UNIT = re.compile(r"\(.{1,6}\)$")
"""The unit that dashboards put behind a header: 访客数(人)."""

_EMPTY = frozenset({"", "nan", "none", "null"})
_UNKNOWN = frozenset({"-", "--", "—", "–", "*", "**", "***", "n/a", "不可见"})
"""Signs that a dashboard puts where it does not say the number."""

_FEWER = re.compile(r"(?:<|＜|小于|不足|less than|under)\s*(\d+)")
"""A number that is only said to be small: from 1 to one less, the middle stands in."""

_LEVELS = {
    "channel": "source",
    "device": "source",
    "segment": "source",
    "item_id": "item",
    "sku": "item",
    "title": "item",
}


def from_table(
    data: Any,
    steps: str | Sequence[Step | str] | None = None,
    by: str | Sequence[str] | None = None,
    *,
    date: str | None = None,
    amount: str | None = None,
    period: Period | None = None,
    currency: str = "",
) -> FunnelTable:
    """A funnel from counts.

    Headers may be canonical (`visitors`), or anything the platforms call them (访客数, Sessions); footer rows (合计)
    are left out; numbers may be written 1,234 or 1.2万.

    Args:
        data: a pandas, Polars or Arrow table, a mapping of columns, a CSV or Parquet path, text pasted from a
            spreadsheet, or a workspace (its daily traffic). Any number of rows a segment; they are added up.
        steps: headers in order, `Step`s, or the name of a preset; every known step the table has when None.
        by: columns to split by.
        date: column of days; found by its header when None. With days the spread between them is known.
        amount: column of money of the last step; found by its header when None.
        period: days to use (needs days), or which days an undated table is about.
        currency: ISO code of the money.

    Raises:
        MappingError: a step or column is not in the table.
        DataError: text or a negative number where counts should be, or no rows.
        SpecError: `data` or `steps` is of no known kind.
    """
    frame = read_counts(data)
    wanted, headers = _steps(frame, steps)
    columns = tuple(header_of(frame, name, Message("The column")) for name in named_list(by))
    names = named_list(by)
    day_column = header_of(frame, date, Message("The column")) if date else known_header(frame, "date")
    money_column = header_of(frame, amount, Message("The column")) if amount else known_header(frame, "pay_amount")
    frame, issues = _without_totals(_level(frame, names), columns, day_column)
    frame, told = _said(frame, headers)
    issues += told
    days = _days(frame, day_column)
    if period is not None and days is not None:
        inside = np.array([period.start <= day <= period.end for day in days], dtype=bool)
        frame, days = frame[inside], days[inside]
    if frame.empty:
        raise DataError(Message("The table has no rows."), Message("Choose another period, or check what was copied."))
    counts = np.column_stack([numbers_of(frame, header) for header in headers])
    money = numbers_of(frame, money_column)[:, None] if money_column and money_column not in headers else None
    keys = list(zip(*(frame[c].fillna("").astype(str).str.strip() for c in columns), strict=True)) if columns else None
    segments, place = _places(keys, len(frame))
    sums = _added(counts, place, len(segments))
    known: list[dt.date] = []
    daily = daily_money = None
    if days is not None:
        unique, day_place = np.unique(days, return_inverse=True)
        known = unique.tolist()
        shape, flat = (len(known), len(segments)), day_place * len(segments) + place
        daily = _added(counts, flat, shape[0] * shape[1]).reshape(*shape, -1)
        daily_money = None if money is None else _added(money, flat, shape[0] * shape[1]).reshape(shape)
    covered = period or (Period(known[0], known[-1]) if known else None)
    return FunnelTable(
        steps=wanted,
        by=names,
        segments=segments,
        counts=sums,
        distinct=sums.sum(0),
        amount=None if money is None else _added(money, place, len(segments))[:, 0],
        mode="counts",
        order="count",
        unit="count",
        days=tuple(known),
        daily=daily,
        daily_amount=daily_money,
        period=covered,
        currency=currency,
        issues=tuple(issues),
    )


def read_counts(data: Any) -> pd.DataFrame:
    """A table of counts of any kind as a pandas table; see `from_table`."""
    if isinstance(data, str) and "\n" in data:
        return pasted(data)
    if callable(getattr(data, "has", None)) or callable(getattr(data, "receipts", None)):
        from ecops.store.inputs import open_data

        return open_data(data, "traffic_daily").query("SELECT * FROM traffic_daily", {}).to_pandas()
    frame = as_frame(data)
    return frame.set_axis([str(name).strip() for name in frame.columns], axis=1)


def known_header(frame: pd.DataFrame, canonical: str) -> str | None:
    """The header under which the table has a canonical column with any value in it."""
    folded = {_UNIT.sub("", normalise_header(str(header))): str(header) for header in reversed(frame.columns)}
    column = next((c for c in table("traffic_daily").columns if c.name == canonical), None)
    words = (canonical, *((column.label.zh, column.label.en, *column.synonyms) if column else ()))
    found = (folded[normalise_header(word)] for word in words if normalise_header(word) in folded)
    # A canonical table has every column, also those that no file filled.
    return next((header for header in found if frame[header].notna().any()), None)


def header_of(frame: pd.DataFrame, name: str, kind: Message) -> str:
    """The header meant by a name: itself, a canonical name, or another word for the same column."""
    if name in frame.columns:
        return name
    canonical = next(
        (
            column.name
            for column in table("traffic_daily").columns
            if name.casefold() in {word.casefold() for word in (column.name, column.label.zh, *column.synonyms)}
        ),
        name,
    )
    found = known_header(frame, canonical)
    if found is not None:
        return found
    headers = [str(header) for header in frame.columns]
    close = near(name, headers)
    raise MappingError(
        Message("{kind} {name} does not exist.", kind=kind, name=name),
        Message("Did you mean {names}?", names=", ".join(close))
        if close
        else Message("Known are: {names}.", names=", ".join(headers[:20])),
    )


def _steps(frame: pd.DataFrame, steps: str | Sequence[Step | str] | None) -> tuple[tuple[Step, ...], list[str]]:
    """The steps and the header of each."""
    if steps is None:
        found = [(known_steps()[_OF_COLUMN[name]], known_header(frame, name)) for name in _CHAIN]
        present = [(step, header) for step, header in found if header is not None]
        if len(present) < 2:
            raise MappingError(
                Message("The table has fewer than two steps of a funnel."),
                Message("Name the columns of the steps in order."),
            )
        return tuple(step for step, _ in present), [header for _, header in present]
    wanted = presets()[steps].steps if isinstance(steps, str) and steps in presets() else as_steps(steps)
    if len(wanted) < 2:
        raise SpecError(
            Message("A funnel has 2 to {most} steps, this one has {n}.", most=20, n=len(wanted)),
            Message("Name the steps in order, for example exposure, click, cart, pay."),
        )
    return _labelled(frame, wanted)


def _labelled(frame: pd.DataFrame, wanted: Sequence[Step]) -> tuple[tuple[Step, ...], list[str]]:
    named, headers = [], []
    for given in wanted:
        step = known_steps().get(given.name, given) if not given.columns and given.name not in frame.columns else given
        header = next((h for h in (known_header(frame, column) for column in step.columns) if h is not None), None)
        headers.append(header or header_of(frame, given.name, Message("The step")))
        named.append(Step(given.name, given.optional, given.events, step.columns, given.label or step.label))
    if len(set(headers)) < len(headers):
        raise SpecError(Message("Two steps use the same column."), Message("Name a column for each step."))
    return tuple(named), headers


def _level(frame: pd.DataFrame, by: tuple[str, ...]) -> pd.DataFrame:
    """Daily traffic comes on several levels that must never be added up: keep the one that `by` asks about."""
    if "level" not in frame.columns or frame["level"].nunique() < 2:
        return frame
    asked = next((_LEVELS[name] for name in by if name in _LEVELS), "shop")
    present = set(frame["level"])
    chosen = asked if asked in present else next(level for level in ("shop", "source", "item") if level in present)
    return frame[frame["level"] == chosen]


def _without_totals(
    frame: pd.DataFrame, columns: Sequence[str], day_column: str | None
) -> tuple[pd.DataFrame, list[Issue]]:
    """Footer rows that repeat the sum of the others would count everything twice."""
    texts = [c for c in (*columns, day_column) if c is not None]
    texts += [c for c in frame.columns[:1] if c not in texts and not pd.api.types.is_numeric_dtype(frame[c])]
    footer = np.zeros(len(frame), dtype=bool)
    for column in texts:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            footer |= frame[column].astype(str).str.strip().str.casefold().isin(_TOTALS).to_numpy()
    if not footer.any() or footer.all():
        return frame, []
    message = Message("{n} total rows were left out.", n=Count(int(footer.sum())))
    return frame[~footer], [Issue("total_rows", "info", message, None, float(footer.mean()))]


def _days(frame: pd.DataFrame, column: str | None) -> Any:
    """The day of each row as `datetime.date` objects, None without a column of days."""
    if column is None:
        return None
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values):
        values = values.astype("Int64").astype(str)
    parsed = pd.to_datetime(values, errors="coerce", format=None if values.dtype.kind == "M" else "mixed")
    if parsed.isna().any():
        wrong = frame.index[parsed.isna()]
        raise DataError(
            Message("{value} is not a date.", value=str(frame.loc[wrong[0], column])),
            Message("Write days as 2026-11-09."),
            {"column": column, "rows": ", ".join(str(row + 2) for row in wrong[:5])},
        )
    days: list[dt.date] = [moment.date() for moment in parsed]
    return np.array(days, dtype=object)


def _said(frame: pd.DataFrame, headers: Sequence[str]) -> tuple[pd.DataFrame, list[Issue]]:
    """The rows that say the number of every step, and what a reader must know of the others."""
    worded = [header for header in headers if not pd.api.types.is_numeric_dtype(frame[header])]
    if not worded or frame.empty:
        return frame, []
    texts = frame[worded].astype(str).apply(lambda column: column.str.strip().str.casefold())
    unknown = texts.isin(_UNKNOWN).any(axis=1).to_numpy()
    fewer = texts[~unknown].apply(lambda column: column.str.fullmatch(_FEWER.pattern)).to_numpy(dtype=bool)
    hidden = Message("{n} rows do not say the number of a step (—) and are left out.", n=int(unknown.sum()))
    small = Message(
        "{n} cells only say that there are few; the middle of what they allow stands in.", n=int(fewer.sum())
    )
    issues = [Issue("unknown", "warning", hidden, share=float(unknown.mean()))] if unknown.any() else []
    issues += [Issue("fewer", "info", small, share=float(fewer.mean()))] if fewer.any() else []
    return frame[~unknown], issues


def numbers_of(frame: pd.DataFrame, column: str) -> Floats:
    """Counts or money of a column; empty is 0, text is an error."""
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values):
        found: Floats = np.nan_to_num(values.to_numpy(dtype=np.float64, na_value=np.nan))
    else:
        found = np.array([_number(value) for value in values], dtype=np.float64)
    wrong = np.flatnonzero(np.isnan(found) | (found < 0))
    if len(wrong):
        raise DataError(
            Message("{value} stands where a count should be.", value=str(values.iloc[int(wrong[0])])),
            Message("Choose a column of numbers of people or orders, not rates, ranks or text."),
            {"column": column, "rows": ", ".join(str(int(row) + 2) for row in wrong[:5])},
        )
    return found


def _number(value: Any) -> float:
    """A number as people write it; NaN for text, 0 for empty."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return 0.0
    text = str(value).strip().replace(",", "").replace("，", "").lstrip("¥￥$ ").casefold()
    if text in _EMPTY or text in _UNKNOWN:
        return 0.0
    fewer = _FEWER.fullmatch(text)
    if fewer:
        return int(fewer[1]) / 2
    factor = _UNITS.get(text[-1:], 1.0)
    try:
        return float(text[:-1] if factor != 1.0 else text) * factor
    except ValueError:
        return float("nan")


def _places(keys: list[tuple[str, ...]] | None, rows: int) -> tuple[tuple[tuple[str, ...], ...], Any]:
    if keys is None:
        return ((),), np.zeros(rows, dtype=np.int64)
    segments = tuple(sorted(set(keys)))
    position = {segment: i for i, segment in enumerate(segments)}
    return segments, np.array([position[key] for key in keys], dtype=np.int64)


def _added(values: Floats, place: Any, size: int) -> Floats:
    sums = np.zeros((size, values.shape[1]))
    np.add.at(sums, place, values)
    return sums
