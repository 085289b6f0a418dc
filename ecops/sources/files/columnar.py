"""Parquet to UTF-8 text, so that a table from a warehouse takes the same road as every other file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from ecops.errors import EcopsError, FileError
from ecops.messages import Count, Message
from ecops.sources.files.archive import damaged
from ecops.sources.files.delimited import Bench, read_utf8
from ecops.sources.files.grid import Grid
from ecops.sources.files.sniff import refuse_wide

_BATCH_ROWS = 16_384
_EXACT = 10**15  # whole floats up to this size are written without a fraction


def read_parquet(path: Path, name: str, bench: Bench) -> list[Grid]:
    """The table of a Parquet file; values become text, dates ISO, whole floats without ".0".

    Raises:
        FileError: damaged, too wide, or too large as text.
    """
    target = bench.new_file()
    try:
        _write(path, target, bench)
    except EcopsError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, NotImplementedError):
        raise damaged() from None
    return [read_utf8(target, name, "parquet", bench, header_first=True)]


def _write(path: Path, target: Path, bench: Bench) -> None:
    limits = bench.limits
    with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
        names = [field.name.replace("\0", "") for field in file.schema_arrow]
        refuse_wide(len(names), sum(len(name.encode()) + 3 for name in names), limits)
        schema = pa.schema([(f"c{position}", pa.string()) for position in range(len(names))])
        header = ",".join('"' + name.replace('"', '""').replace("\r", " ").replace("\n", " ") + '"' for name in names)
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
        with target.open("wb") as out:
            out.write(header.encode() + b"\n")
            with pyarrow.csv.CSVWriter(out, schema, write_options=options) as writer:
                for batch in file.iter_batches(_BATCH_ROWS, use_threads=False):
                    columns = [_text(column) for column in batch.columns]
                    writer.write_batch(pa.record_batch(columns, schema=schema))
                    if out.tell() > limits.inflated_bytes:
                        raise FileError(
                            Message(
                                "The file unpacks to more than {limit} MB.", limit=Count(limits.inflated_bytes / 1e6)
                            ),
                            Message("Load fewer columns or a shorter period."),
                        )


def _text(column: pa.Array) -> pa.Array:
    """A column as strings; missing values are empty."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _text(column.dictionary_decode())
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "TRUE", "FALSE").cast(pa.string())
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), _EXACT))
        return pc.if_else(
            whole,
            pc.if_else(whole, column, None).cast(pa.int64(), safe=False).cast(pa.string()),
            column.cast(pa.string()),
        )
    if pa.types.is_timestamp(kind):
        text = pc.strftime(column.cast(pa.timestamp("s", kind.tz), safe=False), "%Y-%m-%d %H:%M:%S")
        return pc.replace_substring(text, " 00:00:00", "").cast(pa.string())
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    text = column.cast(pa.string())
    if pa.types.is_decimal(kind) and pc.any(pc.match_substring(text, "E")).as_py():
        # 1E+2, 0E-18: written out, so that no digit changes.
        plain = [None if value is None else format(value, "f") for value in column.to_pylist()]
        text = pa.array(plain, pa.string())
    return text
