"""The SQL parses and carries over to Spark."""

from pathlib import Path

import pytest
import sqlglot

import ecops.metrics.queries

FILES = sorted(Path(ecops.metrics.queries.__file__).parent.glob("*.sql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("by", ["", "channel, device,"])
def test_a_query_transpiles(path, by):
    text = path.read_text("utf-8").replace("{by}", by)
    (spark,) = sqlglot.transpile(text, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    assert spark.upper().find("SELECT") >= 0
    assert path.read_text("utf-8").startswith("--")
