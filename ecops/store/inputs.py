"""Whatever data is given as, ready to answer SQL: a workspace, a pandas, Polars or Arrow table, or a file."""

from __future__ import annotations

import functools
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ecops import workfolders
from ecops.engine.duck import Engine, Kept, Relation, View
from ecops.errors import DataError, FileError, MappingError, near
from ecops.messages import Count, Message
from ecops.sources.text import normalise_header
from ecops.store.data import Data
from ecops.tables import Column, Table
from ecops.tables import table as canonical_table

if TYPE_CHECKING:
    from ecops.sources import Inspection
    from ecops.store.reading import Wishes

_UNPAID = "('unpaid', 'closed')"


def open_data(data: Any, table: str = "order_lines") -> Data:
    """Tables that answer SQL, from whatever holds them. Nothing that is given is changed.

    Args:
        data: a `Workspace` (its tables as they are now), a pandas, Polars or Arrow table, the path of a Parquet file
            with such columns, the path of any export (loaded into a temporary workspace), a mapping of canonical table
            names to several of these, or a `Data`, which is given back.
        table: the canonical table that a single table or Parquet file is.

    Returns:
        The tables and their daily roll-ups. Columns are found by their canonical names or by the synonyms of
        `ecops.tables`; unknown ones are left out and missing ones empty, `Data.notes` tell which.

    Raises:
        MappingError: a required column is missing.
        DataError: a column cannot be read as its type.
        FileError: the file cannot be read.
        SpecError: no such canonical table.
    """
    if isinstance(data, Data):
        return data
    if isinstance(data, Mapping):
        return _open_frames(data)
    if isinstance(data, str | Path):
        path = Path(data)
        if not path.is_file():
            raise FileError(Message("There is no such file."), Message("Check the path."), {"file": str(path)})
        if path.suffix.lower() != ".parquet":
            return open_export(path)
        data = path
    else:
        from ecops.store.workspace import Workspace  # brings SQLAlchemy, which a file does not need

        if isinstance(data, Workspace):
            return data.data()
    return _open_frames({table: data})


@dataclass(frozen=True, slots=True)
class _Given:
    """A table as it was given: something to read, and the headers and types in it."""

    relation: Relation
    schema: pa.Schema


@functools.lru_cache(maxsize=8)
def _engine(folders: tuple[Path, ...]) -> Engine:
    """One for all frames, since each is there for its own query only; another where files must be read."""
    return Engine(folders)


def _open_frames(frames: Mapping[str, Any]) -> Data:
    folders = {Path(frame).resolve().parent for frame in frames.values() if isinstance(frame, str | Path)}
    engine = _engine(tuple(sorted(folders)))
    relations: dict[str, Callable[[], Relation]] = {}
    rows: dict[str, int] = {}
    notes: list[Message] = []
    currency = ""
    for name, frame in frames.items():
        shape = canonical_table(name)
        taken = _take_over(engine, shape, _given(frame), notes)
        counted = engine.query(f"SELECT count(*) AS n FROM {name}", tables={name: taken}, timeout=None)  # noqa: S608 - names of ecops.tables
        rows[name] = counted["n"][0].as_py()
        relations[name] = functools.partial(_same, taken)
        currency = currency or _one_currency(engine, shape, taken)
        notes += _repeated(engine, shape, taken, rows[name], frames)
    version = uuid.uuid4().hex
    return Data(engine, relations, rows, version, currency, tuple(notes))


_WITHOUT_NUMBERS = frozenset({"order_lines", "events", "experiment_units", "reviews"})
"""Tables of which frames may lack the number that tells one row from its equals."""


def _repeated(engine: Engine, shape: Table, taken: Relation, rows: int, among: Collection[str]) -> list[Message]:
    """A note on rows that stand for the same thing: a frame may be split finer than we know, or hold rows twice.

    Raises:
        DataError: orders repeat beside their lines, each of which would count once for every time.
    """
    if shape.name in _WITHOUT_NUMBERS or not shape.key:
        return []
    # As in a workspace, a key that is not named is that of an empty name.
    parts = [f"coalesce({name}, '')" if shape[name].sql_type == "VARCHAR" else name for name in shape.key]
    sql = f"SELECT count(*) AS n FROM (SELECT DISTINCT {', '.join(parts)} FROM {shape.name})"  # noqa: S608 - names of ecops.tables
    extra = rows - engine.query(sql, tables={shape.name: taken}, timeout=None)["n"][0].as_py()
    if not extra:
        return []
    key = Message(", ".join(f"{{{name}}}" for name in shape.key), **{name: shape[name].label for name in shape.key})
    if shape.name == "orders" and "order_lines" in among:
        raise DataError(
            Message("{n} rows of {table} repeat the {key} of another row.", n=Count(extra), table=shape.label, key=key),
            Message("Give every order once beside its lines, or the lines alone."),
            {"table": shape.name},
        )
    return [
        Message(
            "{n} rows of {table} repeat the {key} of another row; they are added up. Remove them if they stand there "
            "twice.",
            n=Count(extra),
            table=shape.label,
            key=key,
        )
    ]


def _same(relation: Relation) -> Relation:
    return relation


def _given(frame: Any) -> _Given:
    if isinstance(frame, str | Path):
        import pyarrow.parquet as pq

        try:
            return _Given([Path(frame)], pq.read_schema(frame))
        except (OSError, pa.ArrowException) as error:
            raise FileError(
                Message("The file is not a Parquet file that can be read."),
                Message("Write it again, or give the export it was made from."),
                {"file": str(frame)},
            ) from error
    table = _arrow(frame)
    return _Given(table, table.schema)


def _arrow(frame: Any) -> pa.Table:
    """A table in memory as Arrow; pandas' NaN and NaT become NULL."""
    if isinstance(frame, pa.Table):
        return _wall_clock(frame)
    if isinstance(frame, pa.RecordBatch):
        return _wall_clock(pa.Table.from_batches([frame]))
    module = type(frame).__module__.partition(".")[0]
    try:
        if module == "pandas":
            return _wall_clock(_from_pandas(frame))
        if module == "polars":
            return _wall_clock((frame.collect() if hasattr(frame, "collect") else frame).to_arrow())
        if hasattr(frame, "__arrow_c_stream__"):
            return _wall_clock(pa.table(frame))
    except pa.ArrowException as error:
        raise DataError(
            Message("The table cannot be read: {reason}.", reason=str(error).partition("\n")[0]),
            Message("Give every column values of one type."),
        ) from error
    raise DataError(
        Message("{kind} is not a kind of table we can read.", kind=type(frame).__name__),
        Message("Give a workspace, a pandas, Polars or Arrow table, or the path of a file."),
    )


def _from_pandas(frame: Any) -> pa.Table:
    columns = {}
    for position, name in enumerate(frame.columns):
        if str(name) in columns:
            raise DataError(
                Message("The column {column} is there twice.", column=str(name)), Message("Rename one of them.")
            )
        values = frame.iloc[:, position]
        try:
            columns[str(name)] = pa.Array.from_pandas(values)
        except pa.ArrowException:
            # A column of mixed objects (numbers beside texts) is read as text, like a file would be.
            columns[str(name)] = pa.array([None if value != value else str(value) for value in values.astype(object)])  # noqa: PLR0124 - NaN is the value that is not itself
    return pa.table(columns)


def _wall_clock(table: pa.Table) -> pa.Table:
    """Times with a zone as the clock on the wall there showed them; categories as their texts."""
    import pyarrow.compute as pc

    for position, field in enumerate(table.schema):
        column = table.column(position)
        if pa.types.is_timestamp(field.type) and field.type.tz:
            table = table.set_column(position, field.name, pc.local_timestamp(column))
        elif pa.types.is_dictionary(field.type):
            table = table.set_column(position, field.name, column.cast(field.type.value_type))
    return table


def _take_over(engine: Engine, shape: Table, given: _Given, notes: list[Message]) -> View | pa.Table:
    """The canonical columns of a table, typed; computed once when it is in memory, a view over a file."""
    found = _match(shape, given.schema.names)
    unknown = [name for name in given.schema.names if name not in found.values()]
    if unknown:
        notes.append(Message("Columns that were not used: {columns}.", columns=", ".join(unknown)))
    missing = [name for name in shape.required if name not in found and name not in _filled(shape, found)]
    if missing:
        close = near(missing[0], given.schema.names)
        raise MappingError(
            Message("The table has no column {column}, which is needed.", column=missing[0]),
            Message("Did you mean {names}?", names=", ".join(close))
            if close
            else Message("Rename the column that holds the {label}.", label=shape[missing[0]].label),
            {"table": shape.name, "column": ", ".join(missing)},
        )
    filled = {name: text for name, text in _filled(shape, found).items() if name not in found}
    notes += [Message("The column {column} is missing and was filled in.", column=shape[name].label) for name in filled]
    kinds = {name: given.schema.field(header).type for name, header in found.items()}
    _refuse_unreadable(engine, shape, given, found, kinds)
    typed = {name: _typed(shape[name], _quoted(header), kinds[name]) for name, header in found.items()}
    inner = ", ".join(
        f'{typed.get(column.name, f"CAST(NULL AS {column.sql_type})")} AS "{column.name}"' for column in shape.columns
    )
    outer = ", ".join(f'{text} AS "{name}"' for name, text in filled.items())
    replaced = f"* REPLACE ({outer})" if outer else "*"
    if isinstance(given.relation, pa.Table):
        sql = f"SELECT {replaced} FROM (SELECT {inner} FROM given_rows)"  # noqa: S608 - quoted headers and our own names
        return engine.query(sql, tables={"given_rows": given.relation}, timeout=None)
    from ecops.engine.duck import parquet_sql

    assert not isinstance(given.relation, View | Kept)
    source = parquet_sql("given_rows", given.relation)
    return View(f"SELECT {replaced} FROM (SELECT {inner} FROM ({source}))")  # noqa: S608 - quoted headers and our own names


def _match(shape: Table, headers: Sequence[str]) -> dict[str, str]:
    """Canonical name -> header: by its own name first, then by synonyms; each header serves one column."""
    found = {name: name for name in shape.names if name in headers}
    by_text: dict[str, str | None] = {}
    for header in headers:
        if header not in found:
            by_text.setdefault(normalise_header(header), header)
    for column in shape.columns:
        for synonym in (column.name, *column.synonyms):
            named = by_text.get(normalise_header(synonym))
            if column.name not in found and named is not None and named not in found.values():
                found[column.name] = named
    return found


def _filled(shape: Table, found: Mapping[str, str]) -> dict[str, str]:
    """What stands in for columns that are missing: name -> SQL over the typed columns."""
    filled = {"platform": "''"} if "platform" in shape.names else {}
    if shape.name == "experiment_units":
        filled["unit_id"] = "CAST(NULL AS VARCHAR)"
    if shape.name == "traffic_daily":
        split = next((level for level, names in _LEVELS.items() if any(name in found for name in names)), "shop")
        filled["level"] = f"'{split}'"
    if shape.name in {"order_lines", "orders"}:
        status = f"coalesce(status, '') IN {_UNPAID}"
        filled["paid_at"] = f"CASE WHEN {status} THEN NULL ELSE ordered_at END"
    if shape.name == "order_lines" and {"unit_price", "quantity"} <= found.keys():
        filled["paid_amount"] = "unit_price * quantity"
    return filled


_LEVELS = {"item": ("item_id", "sku"), "source": ("channel", "device", "segment")}


def _typed(column: Column, header: str, kind: pa.DataType) -> str:
    """A given column in its canonical type."""
    target = column.sql_type
    if pa.types.is_floating(kind):
        # pandas turns whole numbers with a gap into floats: an order number 1001.0 is 1001.
        text = f"CAST({header} AS {target})"
        if target == "VARCHAR":
            is_whole = f"{header} = floor({header}) AND abs({header}) < 9e15"
            text = f"CASE WHEN {is_whole} THEN CAST(CAST({header} AS BIGINT) AS VARCHAR) ELSE {text} END"
        return f"CASE WHEN isnan({header}) THEN NULL ELSE {text} END"
    if target == "VARCHAR":
        return f"CAST({header} AS VARCHAR)"
    if _is_text(kind):
        return f"TRY_CAST(nullif(trim({header}), '') AS {target})"
    return f"CAST({header} AS {target})"


def _refuse_unreadable(
    engine: Engine, shape: Table, given: _Given, found: Mapping[str, str], kinds: Mapping[str, pa.DataType]
) -> None:
    """Text where numbers or dates should be is an error, not a gap."""
    for name, header in found.items():
        column, kind = shape[name], kinds[name]
        if column.sql_type == "VARCHAR":
            continue
        cell = _quoted(header)
        if not _is_text(kind):
            if _castable(column, kind):
                continue
            condition = f"{cell} IS NOT NULL"
        else:
            condition = f"nullif(trim({cell}), '') IS NOT NULL AND {_typed(column, cell, kind)} IS NULL"
        sql = f"SELECT CAST({cell} AS VARCHAR) AS cell FROM given_rows WHERE {condition} LIMIT 1"  # noqa: S608 - quoted headers
        bad = engine.query(sql, tables={"given_rows": given.relation}, timeout=None)["cell"].to_pylist()
        if bad:
            raise DataError(
                Message("{value} in the column {column} cannot be read.", value=str(bad[0]), column=header),
                Message("The column {label} holds {type}.", label=column.label, type=column.type),
                {"table": shape.name, "column": header, "value": str(bad[0])},
            )


def _castable(column: Column, kind: pa.DataType) -> bool:
    """Whether values of an Arrow type, none of them text, mean the same in the canonical type."""
    if pa.types.is_null(kind):
        return True
    if column.sql_type in {"DATE", "TIMESTAMP"}:
        return bool(pa.types.is_temporal(kind)) and not pa.types.is_time(kind) and not pa.types.is_duration(kind)
    if column.sql_type == "BOOLEAN":
        return bool(pa.types.is_boolean(kind) or pa.types.is_integer(kind))
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _quoted(header: str) -> str:
    """A header as an SQL name."""
    return '"' + header.replace('"', '""') + '"'


def _one_currency(engine: Engine, shape: Table, relation: Relation) -> str:
    if "currency" not in shape.names:
        return ""
    sql = f"SELECT DISTINCT upper(trim(currency)) AS currency FROM {shape.name} WHERE currency <> '' ORDER BY 1 LIMIT 9"  # noqa: S608 - names of ecops.tables
    found = engine.query(sql, tables={shape.name: relation}, timeout=None)["currency"].to_pylist()
    if len(found) > 1:
        raise DataError(
            Message("The table mixes money of several currencies: {currencies}.", currencies=", ".join(found)),
            Message("Split it by currency; money of two currencies cannot be added."),
            {"table": shape.name, "column": "currency"},
        )
    return str(found[0]) if found else ""


def open_export(path: Path, wishes: Callable[[Inspection], Wishes] | None = None) -> Data:
    """Any export by way of a temporary workspace, which goes away with the data.

    Args:
        path: of the file.
        wishes: gives what people decided about it; detection decides when None.

    Raises:
        EcopsError: it cannot be read or mapped.
    """
    from ecops.store.workspace import Workspace

    folder = Path(tempfile.mkdtemp(prefix=workfolders.prefix()))
    try:
        workspace = Workspace.open(folder)
        with workspace.inspect(path) as inspection:
            workspace.load_inspected(inspection, wishes(inspection) if wishes is not None else None)
        data = workspace.data()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(data, shutil.rmtree, folder, ignore_errors=True)
    return data
