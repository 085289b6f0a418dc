"""A file that two cores read at once: rows keep their numbers, and the last of equal keys is the last of the file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ecops.sources.conversion.convert import convert
from ecops.sources.files.delimited import Bench, read_text
from ecops.sources.limits import Limits
from ecops.sources.recognition.detect import propose
from ecops.sources.registry import known_headers, source

_ROWS = 300_000
_PADDING = "x" * 150  # the parser hands out work in pieces of some megabytes


def test_rows_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    negative = {7, 150_000, _ROWS - 1}
    with path.open("w", encoding="utf-8") as out:
        out.write("Order ID,Line ID,Created at,SKU,Quantity,Price,Paid amount,Note\n")
        for number in range(_ROWS):
            # Every order is written twice, the second time with its number as the amount.
            order, amount = number % (_ROWS // 2), number if number >= _ROWS // 2 else 1
            price = -1 if number in negative else 2
            out.write(f"A{order},L1,2026-05-01 10:00:00,S{number % 9},1,{price},{amount},{_PADDING}\n")
    limits = Limits.for_path(path.stat().st_size)
    grid = read_text(path, path.name, Bench(tmp_path, limits, known_headers(), [tmp_path]))
    found = convert(grid, propose(source("generic_orders"), grid), tmp_path / "out.parquet", salt="pepper")
    (told,) = (issue for issue in found.issues if issue.kind == "negative")
    assert told.rows == tuple(number + 2 for number in sorted(negative))
    assert found.rows_kept == _ROWS // 2
    wrong = "SELECT count(*) FROM read_parquet(?) WHERE paid_amount <> CAST(substr(order_id, 2) AS INT) + ?"
    assert duckdb.execute(wrong, [str(tmp_path / "out.parquet"), _ROWS // 2]).fetchone() == (0,)
