"""Data goes in however it is held, and comes out the same."""

from __future__ import annotations

import datetime as dt
import gc
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ecops.errors import DataError, EcopsError, FileError, MappingError
from ecops.store.inputs import open_data
from ecops.store.workspace import Workspace
from tests.store.simple import load_rows, order_rows

FRAME = pd.DataFrame(
    {
        "platform": ["jd", "jd", "pdd"],
        "order_id": ["A1", "A2", "A3"],
        "line_id": ["1", "1", "1"],
        "buyer_id": ["x", "y", "x"],
        "ordered_at": pd.to_datetime(["2026-05-01 10:00", "2026-05-02 11:00", "2026-05-02 12:00"]),
        "quantity": [1, 2, 1],
        "paid_amount": [1.5, 3.0, -2.0],
    }
)
DAILY = "select date, gross_sales, refunds, orders from daily_sales order by all"
EXPECTED = [
    (dt.date(2026, 5, 1), 1.5, 0.0, 1),
    (dt.date(2026, 5, 2), 0.0, 2.0, 0),
    (dt.date(2026, 5, 2), 3.0, 0.0, 1),
]


def _workspace(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    rows = FRAME.assign(paid_at=FRAME["ordered_at"])
    load_rows(workspace, pa.Table.from_pandas(rows, preserve_index=False))
    return workspace


def _csv(tmp_path):
    FRAME.to_csv(tmp_path / "orders.csv", index=False)
    return tmp_path / "orders.csv"


def _parquet(tmp_path):
    FRAME.to_parquet(tmp_path / "orders.parquet")
    return str(tmp_path / "orders.parquet")


KINDS = {
    "pandas": lambda _: FRAME,
    "pandas text": lambda _: FRAME.astype(str),
    "pandas objects": lambda _: FRAME.astype(object),
    "pandas categories": lambda _: FRAME.astype({"platform": "category"}),
    "polars": lambda _: pl.DataFrame(FRAME.to_dict("list")),
    "lazy polars": lambda _: pl.DataFrame(FRAME.to_dict("list")).lazy(),
    "arrow": lambda _: pa.Table.from_pandas(FRAME, preserve_index=False),
    "mapping": lambda _: {"order_lines": FRAME},
    "parquet": _parquet,
    "csv": _csv,
    "workspace": _workspace,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_answers(tmp_path, kind):
    data = open_data(KINDS[kind](tmp_path))
    assert [tuple(row.values()) for row in data.query(DAILY).to_pylist()] == EXPECTED
    assert data.has("order_lines")
    assert data.has("daily_sales")
    assert not data.has("traffic_daily")
    assert data.rows("order_lines") == 3
    assert data.query("select count(*) as n from traffic_daily")["n"].to_pylist() == [0]
    assert open_data(data) is data


def test_what_is_given_is_not_changed():
    before = FRAME.copy(deep=True)
    open_data(FRAME).query(DAILY)
    pd.testing.assert_frame_equal(FRAME, before)


def test_types_of_the_canonical_table():
    frame = pd.DataFrame(
        {
            "platform": ["jd", "jd"],
            "order_id": [1001.0, np.nan],
            "ordered_at": ["2026-05-01", "2026-05-02 10:00:00"],
            "paid_amount": ["1.5", " "],
            "quantity": [2, 3],
        }
    )
    rows = (
        open_data(frame)
        .query("select order_id, ordered_at, paid_amount, quantity, province from order_lines")
        .to_pylist()
    )
    assert rows[0] == {
        "order_id": "1001",
        "ordered_at": dt.datetime(2026, 5, 1),
        "paid_amount": 1.5,
        "quantity": 2.0,
        "province": None,
    }
    assert rows[1]["order_id"] is None
    assert rows[1]["paid_amount"] is None


def test_times_with_a_zone_are_the_clock_on_the_wall():
    frame = FRAME.assign(ordered_at=FRAME["ordered_at"].dt.tz_localize("Asia/Shanghai"))
    times = open_data(frame).query("select ordered_at from order_lines order by 1")["ordered_at"].to_pylist()
    assert times[0] == dt.datetime(2026, 5, 1, 10)


def test_synonyms_unknown_and_missing_columns():
    frame = (
        FRAME.rename(columns={"order_id": "订单编号", "ordered_at": "Order Date"})
        .assign(foo=1)
        .drop(columns="platform")
    )
    data = open_data(frame)
    assert data.query("select order_id from order_lines order by 1")["order_id"].to_pylist() == ["A1", "A2", "A3"]
    told = " ".join(note.text("en") for note in data.notes)
    assert "foo" in told
    assert "Platform" in told
    assert "订单编号" not in told


def test_paid_when_placed_unless_the_status_says_otherwise():
    frame = FRAME.assign(status=["paid", "unpaid", "closed"])
    paid = open_data(frame).query("select paid_at from order_lines order by order_id")["paid_at"].to_pylist()
    assert paid == [dt.datetime(2026, 5, 1, 10), None, None]


def test_amount_from_price_and_quantity():
    frame = FRAME.drop(columns="paid_amount").assign(unit_price=[2.0, 3.0, 4.0])
    assert open_data(frame).query("select sum(paid_amount) as s from order_lines")["s"].to_pylist() == [12.0]


@pytest.mark.parametrize(
    ("columns", "level"), [((), "shop"), (("channel",), "source"), (("item_id", "channel"), "item")]
)
def test_level_of_traffic_from_its_columns(columns, level):
    frame = pd.DataFrame(
        {"date": ["2026-05-01"], "platform": ["jd"], "visitors": [5], **{name: ["a"] for name in columns}}
    )
    data = open_data(frame, "traffic_daily")
    assert data.query("select level from traffic_daily")["level"].to_pylist() == [level]


@pytest.mark.parametrize(
    ("bad", "kind", "words"),
    [
        (FRAME.drop(columns="order_id").assign(order_di="A"), MappingError, "order_di"),
        (FRAME.assign(paid_amount=["1", "2", "lots"]), DataError, "lots"),
        (FRAME.assign(ordered_at=["2026-05-01", "2026-05-02", "soon"]), DataError, "soon"),
        (FRAME.assign(ordered_at=[1, 2, 3]), DataError, "ordered_at"),
        (FRAME.assign(currency=["CNY", "USD", "CNY"]), DataError, "USD"),
        (pd.concat([FRAME, FRAME[["order_id"]]], axis=1), DataError, "twice"),
        (7, DataError, "int"),
        ("/nowhere/x.csv", FileError, "no such file"),
    ],
)
def test_bad_input_is_told(bad, kind, words):
    with pytest.raises(kind, match=words):
        open_data(bad)


def test_files_that_are_no_tables_are_told(tmp_path):
    for name in ("x.parquet", "x.csv"):
        (tmp_path / name).write_bytes(b"\x00\x01 nothing")
        with pytest.raises(EcopsError):
            open_data(tmp_path / name)


def test_currency():
    assert open_data(FRAME.assign(currency="usd")).currency == "USD"
    assert open_data(FRAME).currency == ""


def test_versions_differ():
    assert open_data(FRAME).version != open_data(FRAME).version


def test_a_temporary_workspace_goes_with_the_data(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    data = open_data(_csv(tmp_path))
    assert data.query("select count(*) as n from order_lines")["n"].to_pylist() == [3]
    del data
    gc.collect()
    assert [path for path in Path(tmp_path / "tmp").iterdir() if path.name.startswith("ecops-")] == []


def test_a_frame_at_a_workspaces_side_keeps_its_version(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    load_rows(workspace, order_rows({(1, 1): 1}))
    data = open_data(workspace)
    load_rows(workspace, order_rows({(2, 1): 1}))
    assert data.rows("order_lines") == 1
    assert open_data(workspace).rows("order_lines") == 2
    assert open_data(workspace).version == workspace.version


def test_orders_that_repeat_beside_their_lines_are_refused():
    """Each line would count once for every time that its order is there."""
    lines = pd.DataFrame({"order_id": ["a", "b"], "ordered_at": "2026-05-01", "paid_amount": [40.0, 2.0]})
    orders = pd.DataFrame({"order_id": ["a", "a"], "shop": ["", None], "ordered_at": "2026-05-01", "paid_amount": 40.0})
    with pytest.raises(DataError, match="1 row of Orders repeats"):
        open_data({"order_lines": lines, "orders": orders})
    once = open_data({"order_lines": lines, "orders": orders.head(1)})
    assert once.query("select sum(paid_amount) as s from sales_lines")["s"].to_pylist() == [42.0]
    alone = open_data({"orders": orders})
    assert alone.query("select sum(paid_amount) as s from sales_lines")["s"].to_pylist() == [80.0]
    assert any("added up" in note.text("en") for note in alone.notes)
