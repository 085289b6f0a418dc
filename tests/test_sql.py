"""Every .sql file is one SELECT that the engine and, by sqlglot, Spark understand."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import expressions as exp

from ecops.engine.duck import Engine, View
from ecops.store import rollups

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "ecops").rglob("*.sql"))
FILLED = {"direction": "desc", "side": ">"}
SPLITS = ("", "platform, ", "platform, shop, ")


def relative(path):
    return str(path.relative_to(ROOT))


def rendered(path):
    """The file as it is run: without a split and with some; a name stands for what code fills in otherwise."""
    text = path.read_text("utf-8")
    splits = [text.replace("{by}", by) for by in SPLITS] if "{by}" in text else [text]
    return [re.sub(r"\{(\w+)\}", lambda field: FILLED.get(field[1], f"given_{field[1]}"), text) for text in splits]


def test_there_are_queries():
    assert len(FILES) >= 5


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_is_one_select_that_transpiles_to_spark(path):
    for sql in rendered(path):
        (tree,) = sqlglot.parse(sql, read="duckdb")
        assert isinstance(tree, exp.Query)
        spark = sqlglot.transpile(sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        assert len(spark) == 1
        sqlglot.parse_one(spark[0], read="spark")


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_uses_only_portable_forms(path):
    text = re.sub(r"--[^\n]*", "", path.read_text("utf-8")).casefold()
    for form, instead in (
        (r"quantile_cont\s*\(", "percentile_cont(p) within group (order by x)"),
        (r"unnest\s*\(\s*(generate_series|range)\s*\(", "a calendar of days as a table"),
        (r"\bdayofweek\b", "isodow"),
        (r"read_(parquet|csv|json)", "a table by its name"),
    ):
        assert not re.search(form, text), f"write {instead}"


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_says_which_question_it_answers(path):
    assert path.read_text("utf-8").lstrip().startswith("--")


@pytest.mark.parametrize("name", [rollups.BASE, *rollups.NAMES])
def test_roll_ups_have_their_columns_also_without_rows(name):
    tables = {name: [] for name in rollups.INPUTS}
    for made_before in (rollups.BASE, *rollups.NAMES):
        if made_before == name:
            break
        tables[made_before] = View(rollups.sql(made_before))
    found = Engine(threads=1).query(rollups.sql(name), tables=tables)
    assert found.num_rows == 0
    assert "null" not in {str(kind) for kind in found.schema.types}
