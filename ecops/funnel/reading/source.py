"""Event logs of any kind as one relation: which column is the person, the time, the event; and who answers queries."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ecops.engine.duck import Engine
from ecops.errors import DataError, FileError, MappingError, SpecError, near, unknown_name
from ecops.messages import Message
from ecops.tables import table

MISSING_IDS = ("", "0", "-", "null", "none", "nan", "undefined", "unknown", "00000000-0000-0000-0000-000000000000")
"""What logs write when they do not know who it was; such rows are left out, never merged into one person."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """A log that can be queried under the name `log`.

    Attributes:
        columns: header -> Arrow type.
        currency: ISO code of its money.
    """

    columns: Mapping[str, pa.DataType]
    currency: str
    _ask: Any

    def query(self, sql: str, params: Mapping[str, Any]) -> pa.Table:
        """The answer to one SELECT over `log`."""
        return self._ask(sql, dict(params))

    def column(self, name: str, needed: bool = True) -> str | None:
        """The header that holds a canonical column or a column of the file's own, None when there is none."""
        if name in self.columns:
            return name
        column = next((entry for entry in table("events").columns if entry.name == name), None)
        folded = {header.strip().casefold(): header for header in self.columns}
        for word in (name, *(column.synonyms if column else ())):
            if word.casefold() in folded:
                return folded[word.casefold()]
        if not needed:
            return None
        if column is None:
            raise unknown_name(Message("The column"), name, self.columns)
        close = near(name, self.columns)
        raise MappingError(
            Message("The log has no column for {column}.", column=column.label),
            Message("Did you mean {names}?", names=", ".join(close))
            if close
            else Message("Known are: {names}.", names=", ".join(self.columns)),
        )


def open_events(data: Any, currency: str = "") -> EventSource:
    """A log from a pandas, Polars or Arrow table, a CSV or Parquet file, a workspace or opened data.

    Raises:
        FileError: the file cannot be read.
        SpecError: `data` is of no known kind, or has no events.
    """
    if isinstance(data, EventSource):
        return data
    if isinstance(data, str | Path):
        path = Path(data)
        if path.suffix.casefold() == ".parquet":
            return _parquet(path, currency)
        return _arrow(_csv(path), currency)
    if callable(getattr(data, "tables", None)) or callable(getattr(data, "has", None)):
        return _store(data)
    if hasattr(data, "to_arrow"):
        data = data.to_arrow()
    elif hasattr(data, "columns") and hasattr(data, "dtypes"):
        data = pa.Table.from_pandas(data, preserve_index=False)
    if isinstance(data, pa.Table):
        return _arrow(data, currency)
    raise SpecError(
        Message("A log of kind {kind} is not known.", kind=type(data).__name__),
        Message("Give a pandas, Polars or Arrow table, a CSV or Parquet file, or a workspace."),
    )


def _arrow(log: pa.Table, currency: str) -> EventSource:
    if not log.num_rows:
        raise DataError(Message("The log is empty."), Message("Choose a file or a period with events."))
    engine = _engine("")
    columns = dict(zip(log.column_names, log.schema.types, strict=True))
    return EventSource(columns, currency, lambda sql, params: engine.query(sql, params, {"log": log}, timeout=None))


@functools.cache
def _engine(folder: str) -> Engine:
    return Engine([folder] if folder else (), keep_order=False)


def _parquet(path: Path, currency: str) -> EventSource:
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as problem:
        raise FileError(
            Message("The file cannot be read."), Message("Check that it is a Parquet file."), {"file": path.name}
        ) from problem
    engine = _engine(str(path.resolve().parent))
    columns = dict(zip(schema.names, schema.types, strict=True))
    return EventSource(columns, currency, lambda sql, params: engine.query(sql, params, {"log": [path]}, timeout=None))


def _csv(path: Path) -> pa.Table:
    from pyarrow import csv

    try:
        return csv.read_csv(path)
    except (OSError, pa.ArrowException) as problem:
        raise FileError(
            Message("The file cannot be read."), Message("Check that it is a CSV file in UTF-8."), {"file": path.name}
        ) from problem


def _store(data: Any) -> EventSource:
    """The `events` table of a workspace or of data opened by `ecops.store.inputs`."""
    from ecops.store.inputs import open_data

    opened = open_data(data, "events")
    if not opened.has("events"):
        raise DataError(Message("There are no events."), Message("Load a log of events first."))
    schema = opened.query("SELECT * FROM events LIMIT 0", {}).schema
    columns = dict(zip(schema.names, schema.types, strict=True))

    def ask(sql: str, params: dict[str, Any]) -> pa.Table:
        return opened.query(sql.replace("WITH ", "WITH log AS (SELECT * FROM events), ", 1), params, timeout=None)

    return EventSource(columns, opened.currency, ask)


def quoted(header: str) -> str:
    """A header as an SQL name. Only headers that exist in the data get here."""
    return '"' + header.replace('"', '""') + '"'


def time_sql(source: EventSource, header: str) -> str:
    """Microseconds since 1970 of a column of time stamps, texts or Unix times (seconds, or milliseconds when long)."""
    kind = source.columns[header]
    name = quoted(header)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return f"CAST(CASE WHEN abs({name}) < 100000000000 THEN {name} * 1000000 ELSE {name} * 1000 END AS BIGINT)"
    if pa.types.is_timestamp(kind):
        return f"epoch_us({name})"
    return f"epoch_us(TRY_CAST({name} AS TIMESTAMP))"


def raw_text(header: str) -> str:
    """A column as text."""
    return f"CAST({quoted(header)} AS VARCHAR)"


def text_sql(header: str) -> str:
    """A column as text, empty as NULL."""
    return f"nullif(trim(CAST({quoted(header)} AS VARCHAR)), '')"


def pasted(text: str) -> Any:
    """A table pasted as text (tabs from a spreadsheet, or commas) as a pandas table of texts.

    Raises:
        DataError: a row has more cells than there are headers.
    """
    import pandas as pd

    lines = text.strip().splitlines()
    separator = "\t" if "\t" in lines[0] else ","
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator, skipinitialspace=True)]
    head, *body = [row for row in rows if any(row)]
    long = [place for place, row in enumerate(body, 2) if len(row) > len(head)]
    if long:
        raise DataError(
            Message("A row has more cells than there are headers."),
            Message('A number with a comma in it needs quotes: "1,234".'),
            {"rows": ", ".join(map(str, long[:5]))},
        )
    return pd.DataFrame([[*row, *[None] * (len(head) - len(row))] for row in body], columns=head, dtype=object)


def named_list(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """Dimensions as a tuple."""
    return () if by is None else (by,) if isinstance(by, str) else tuple(by)
