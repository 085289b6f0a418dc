"""The engine: locked down, bounded, one cursor a query."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecops import tables
from ecops.engine import load_sql
from ecops.engine.duck import Engine, QueryTimeoutError, View
from ecops.errors import EcopsError, SpecError, StoreError

ROWS = pa.table({"city": ["杭州", "上海", "杭州"], "paid": [1, 2, 3]})


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "data").mkdir()
    return Engine([tmp_path / "data"], memory_limit="300MB", temp_limit="200MB", threads=2)


def test_parameters_and_arrow_tables(engine):
    answer = engine.query(
        "select city, sum(paid) as paid from t where paid < $top group by all order by city", {"top": 3}, {"t": ROWS}
    )
    assert answer.to_pydict() == {"city": ["上海", "杭州"], "paid": [2, 1]}
    assert answer.schema.field("paid").type == pa.int64()


def test_sum_beyond_int64_becomes_a_float(engine):
    big = pa.table({"n": [2**62, 2**62, 2**62]})
    assert engine.query("select sum(n) as n from t", tables={"t": big})["n"].to_pylist() == [pytest.approx(3 * 2.0**62)]


def test_a_streamed_answer_is_the_same_and_gives_its_core_back(engine):
    asked = "select city, paid from t where paid > $floor", {"floor": 1}, {"t": ROWS}
    for _ in range(3):  # more often than there are cores
        pieces = engine.stream(*asked)
        assert next(pieces).to_pydict() == {"city": ["上海", "杭州"], "paid": [2, 3]}
        pieces.close()
    assert sum(piece.num_rows for piece in engine.stream(*asked)) == 2
    with pytest.raises(StoreError, match="Only one SELECT"):
        next(engine.stream("create table x (a int)"))
    with pytest.raises(StoreError, match="cannot be run"):
        list(engine.stream("select cast(city as int) as n from t", tables={"t": ROWS}))


def test_relations_live_for_one_query_only(engine):
    engine.query("select * from t", tables={"t": ROWS})
    with pytest.raises(StoreError, match="t does not exist"):
        engine.query("select * from t")


def test_no_python_variable_is_reachable(engine):
    secret = ROWS  # noqa: F841 - must not be found by the query
    with pytest.raises(StoreError):
        engine.query("select * from secret")


def test_no_files_is_an_empty_typed_relation(engine):
    answer = engine.query("select * from order_lines", tables={"order_lines": []})
    assert answer.num_rows == 0
    assert tuple(answer.column_names) == tables.table("order_lines").names
    assert answer.schema.field("ordered_at").type == pa.timestamp("us")


def test_files_of_an_older_layout_have_null_for_what_they_lack(engine, tmp_path):
    path = tmp_path / "data" / "old.parquet"
    pq.write_table(pa.table({"platform": ["jd"], "order_id": ["1"], "ordered_at": [dt.datetime(2026, 1, 2)]}), path)
    answer = engine.query("select order_id, province, paid_amount from order_lines", tables={"order_lines": [path]})
    assert answer.to_pylist() == [{"order_id": "1", "province": None, "paid_amount": None}]


def test_a_kept_table_answers_as_its_file_and_goes_with_who_holds_it(engine, tmp_path):
    path = tmp_path / "data" / "sold.parquet"
    pq.write_table(pa.table({"city": ["杭州", "上海"] * 20_000, "paid": range(40_000)}), path)
    asked = "select city, paid from given where paid % 4999 = 0"
    from_file = engine.query(asked, tables={"given": View(f"FROM '{path}'")})
    kept = engine.keep("given", View(f"FROM '{path}'"), 40_000)
    path.unlink()
    assert engine.query(asked, tables={"given": kept}).equals(from_file)
    assert from_file.num_rows == 9
    with pytest.raises(StoreError, match="Only one SELECT"):
        engine.query(f"drop table {kept.table}")

    name, kept = kept.table, None
    other = engine.keep("other", ROWS, 3)  # makes room first
    with pytest.raises(StoreError, match="does not exist"):
        engine.query(f"select * from {name}")
    assert engine.query("select sum(paid) as paid from t", tables={"t": other})["paid"].to_pylist() == [6]


def test_what_is_kept_may_be_read_while_more_is_kept(engine):
    many = pa.table({"n": range(20_000)})
    first = engine.keep("n", many, 20_000)

    def ask(_):
        return engine.query("select sum(n) as n from t", tables={"t": first})["n"][0].as_py()

    def keep(_):
        return engine.query("select sum(n) as n from t", tables={"t": engine.keep("n", many, 20_000)})["n"][0].as_py()

    with ThreadPoolExecutor(4) as threads:
        found = [*threads.map(ask, range(40)), *threads.map(keep, range(20))]
    assert found == [sum(range(20_000))] * 60


def test_copy_writes_zstd_parquet_and_leaves_no_draft(engine, tmp_path):
    out = tmp_path / "data" / "out.parquet"
    assert engine.copy("select *, paid * $k as more from t;", out, {"k": 2}, {"t": ROWS}) == 3
    assert pq.read_table(out)["more"].to_pylist() == [2, 4, 6]
    assert pq.ParquetFile(out).metadata.row_group(0).column(0).compression == "ZSTD"
    assert [path.name for path in out.parent.iterdir()] == ["out.parquet"]


def test_failed_copy_keeps_the_earlier_file(engine, tmp_path):
    out = tmp_path / "data" / "out.parquet"
    engine.copy("select 1 as a", out)
    with pytest.raises(StoreError):
        engine.copy("select case when range = 99999 then error('x') else range end as a from range(100000)", out)
    assert pq.read_table(out)["a"].to_pylist() == [1]
    assert [path.name for path in out.parent.iterdir()] == ["out.parquet"]


FORBIDDEN = [
    "SELECT * FROM read_csv('{outside}/a.csv')",
    "SELECT * FROM read_csv('{inside}/../outside/a.csv')",
    "SELECT * FROM read_csv('{inside}/link.csv')",
    "SELECT * FROM read_csv('{inside}/li*.csv')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM '{outside}/a.csv'",
    "SELECT * FROM read_parquet('http://127.0.0.1:9/a.parquet')",
    "SELECT getenv('HOME')",
    "ATTACH '{outside}/x.duckdb'",
    "ATTACH '{inside}/x.duckdb'",
    "COPY (SELECT 1) TO '{outside}/x.csv'",
    "COPY (SELECT 1) TO '{inside}/x.csv'",
    "EXPORT DATABASE '{outside}/x'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE TABLE x (a INT)",
    "SET enable_external_access=true",
    "SET memory_limit='9GB'",
    "SET threads=64",
    "SET lock_configuration=false",
    "RESET memory_limit",
    "SET temp_directory='{outside}'",
    "SET allowed_directories=['/']",
    "PRAGMA enable_profiling",
    "PRAGMA database_list",
    "CALL enable_logging()",
    "SELECT 1; SELECT 2",
    "",
]


@pytest.fixture
def fence(tmp_path, engine):
    """What must not be reached, and a check that nothing was written."""
    inside, outside = tmp_path / "data", tmp_path / "outside"
    outside.mkdir()
    (outside / "a.csv").write_text("a\n1\n")
    (inside / "link.csv").symlink_to(outside / "a.csv")
    yield lambda sql: sql.format(outside=outside, inside=inside)
    assert {path.name for path in outside.iterdir()} == {"a.csv"}
    assert {path.name for path in inside.iterdir()} == {"link.csv"}
    assert engine.query("select current_setting('enable_external_access') as a")["a"].to_pylist() == [False]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_lockdown(engine, fence, sql):
    with pytest.raises(EcopsError):
        engine.query(fence(sql))


# What DuckDB itself allows: writing inside its folders, temporary objects, questions. Engine.query stops these.
ONLY_OURS = [
    sql
    for sql in FORBIDDEN
    if "{inside}/x" in sql or sql.startswith(("CREATE TABLE", "PRAGMA database", "SELECT 1;")) or not sql
]


@pytest.mark.parametrize("sql", [sql for sql in FORBIDDEN if sql not in ONLY_OURS])
def test_lockdown_of_duckdb_itself(engine, fence, sql):
    """Not even a bare cursor, without our own check for SELECT, gets out."""
    with engine._connection.cursor() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(fence(sql)).fetchall()


def test_timeout_stops_the_query_and_the_next_one_runs(engine):
    began = time.monotonic()
    with pytest.raises(QueryTimeoutError, match="stopped"):
        engine.query("select count(*) from range(100000000000) as t(n) where n % 7 = 3", timeout=0.3)
    assert time.monotonic() - began < 5
    assert engine.query("select 1 as a")["a"].to_pylist() == [1]


def test_out_of_memory_is_told_and_the_next_query_runs(engine):
    with pytest.raises(StoreError, match="more memory"):
        engine.query("select count(distinct hash(n) || 'some longer text ' || n) from range(40000000) t(n)", timeout=60)
    assert engine.query("select 1 as a")["a"].to_pylist() == [1]


def test_no_more_queries_at_once_than_permits(engine, monkeypatch):
    running, peak, gate = 0, 0, threading.Lock()
    from ecops.engine import duck as module

    real = module._register

    def slow(cursor, relations):
        nonlocal running, peak
        with gate:
            running += 1
            peak = max(peak, running)
        time.sleep(0.02)
        real(cursor, relations)
        with gate:
            running -= 1

    monkeypatch.setattr(module, "_register", slow)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: engine.query("select $n as n", {"n": n})["n"][0].as_py(), range(24)))
    assert answers == list(range(24))
    assert peak == 2


def test_waiting_for_a_core_counts_as_time(engine):
    with engine._running(None), engine._running(None), pytest.raises(QueryTimeoutError):
        engine.query("select 1", timeout=0.1)


def test_own_temporary_folder_goes_with_the_engine(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    engine = Engine()
    assert list(tmp_path.iterdir())
    del engine
    assert not list(tmp_path.iterdir())


def test_by_is_validated(tmp_path, monkeypatch):
    (tmp_path / "somesql").mkdir()
    (tmp_path / "somesql" / "__init__.py").touch()
    (tmp_path / "somesql" / "q.sql").write_text("select {by} sum(a) as a from t group by all")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_sql("somesql", "q", ["platform", "shop"]) == "select platform, shop, sum(a) as a from t group by all"
    assert load_sql("somesql", "q") == "select  sum(a) as a from t group by all"
    with pytest.raises(SpecError, match="platform"):
        load_sql("somesql", "q", ["platfrom"])
    with pytest.raises(SpecError):
        load_sql("somesql", "q", ["1; drop table t"])
