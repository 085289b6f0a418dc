"""A sheet from text, without a worker: what the tests of detection and conversion start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ecops.engine.duck import Engine
from ecops.sources.conversion.convert import convert
from ecops.sources.conversion.report import Conversion
from ecops.sources.files.containers import read_grids
from ecops.sources.files.grid import Grid
from ecops.sources.limits import Limits
from ecops.sources.recognition.detect import propose
from ecops.sources.registry import source
from ecops.tables import table


@pytest.fixture
def sheet(tmp_path: Path, engine: Engine) -> Callable[..., Grid]:
    def make(text: str, name: str = "file.csv", encoding: str = "utf-8") -> Grid:
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return read_grids(path, work, Limits(), name, engine=engine)[0]

    return make


@pytest.fixture
def load(
    sheet: Callable[..., Grid], tmp_path: Path, engine: Engine
) -> Callable[..., tuple[Conversion, list[dict[str, Any]]]]:
    """Convert text as a report: the conversion, and its rows."""

    def run(text: str, report: str = "generic_orders", **options: Any) -> tuple[Conversion, list[dict[str, Any]]]:
        grid = sheet(text)
        mapping = propose(source(report), grid)
        mapping = mapping.with_constants(**options.pop("constants", {})).with_options(**options.pop("choices", {}))
        out = tmp_path / "out.parquet"
        found = convert(
            grid, mapping, out, **{"salt": "pepper", "timezone": "Asia/Shanghai", "engine": engine, **options}
        )
        key = table(mapping.table).key
        rows = pq.read_table(out).to_pylist() if found.path else []
        return found, sorted(rows, key=lambda row: [str(row[name]) for name in key])

    return run
