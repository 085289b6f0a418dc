"""The way of an upload: bytes to the worker, sheets back, conversion in a worker, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecops.errors import DataError, FileError
from ecops.sources import inspect

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "sources"


def test_bytes_to_rows_through_the_worker(tmp_path: Path) -> None:
    data = (FIXTURES / "taobao_orders.csv").read_bytes()
    with inspect(data, "订单.csv") as found:
        assert (found.file, found.size) == ("订单.csv", len(data))
        assert len(found.sha256) == 64
        ((grid, matches),) = found.sheets
        assert grid.encoding == "gb18030"
        work = found.work
        done = found.convert(
            grid, matches[0].mapping, tmp_path / "o.parquet", salt="s", currency="CNY", timezone="Asia/Shanghai"
        )
        assert (done.rows_kept, done.path) == (4, tmp_path / "o.parquet")
    assert not work.exists()
    assert (tmp_path / "o.parquet").exists()


def test_errors_of_the_worker_are_ours(tmp_path: Path) -> None:
    with inspect(FIXTURES / "shopify_orders.csv") as found:
        ((grid, matches),) = found.sheets
        with pytest.raises(DataError, match="The file is in USD, not in CNY"):
            found.convert(grid, matches[0].mapping, tmp_path / "o.parquet", salt="s", currency="CNY", timezone="UTC")
    assert not (tmp_path / "o.parquet").exists()


def test_no_such_file() -> None:
    with pytest.raises(FileError, match="no such file"):
        inspect("/nowhere/at all.csv")
