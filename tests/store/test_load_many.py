"""Many files at once are what they are one by one."""

from __future__ import annotations

import pytest

from ecops.errors import EcopsError
from ecops.store import rollups
from ecops.store.workspace import Workspace
from tests.store.conftest import orders_csv

SALES = "SELECT sum(gross_sales) AS gross, sum(orders) AS orders FROM daily_sales"


@pytest.fixture
def files(tmp_path):
    """Three exports, the second of which overlaps the first."""
    days = {"first": [1, 2], "second": [2, 3], "third": [4, 5]}
    found = []
    for name, span in days.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(orders_csv([(f"A{day}", "1", day, len(name) * day) for day in span]))
        found.append(path)
    return found


def rows(workspace):
    query = "SELECT platform, order_id, line_id, ordered_at, paid_amount FROM order_lines ORDER BY ALL"
    return workspace.query(query).to_pylist()


def rollup_files(workspace):
    return [file.table for file in workspace.state.shown()[1] if file.kind == "rollup"]


def test_the_same_tables_as_one_by_one(tmp_path, files):
    together, single = Workspace.open(tmp_path / "together"), Workspace.open(tmp_path / "single")
    receipts = list(together.load_many(files, lambda _: None))
    alone = [single.load(file) for file in files]
    assert rows(together) == rows(single)
    assert len(rows(together)) == 5
    for ours, theirs in zip(receipts, alone, strict=True):
        assert [(sheet.keys_new, sheet.keys_replaced) for sheet in ours.sheets] == [
            (sheet.keys_new, sheet.keys_replaced) for sheet in theirs.sheets
        ]
        assert (ours.file, ours.version) == (theirs.file, theirs.version)
    assert together.query(SALES).to_pylist() == single.query(SALES).to_pylist()
    assert sorted(rollup_files(together)) == sorted(rollups.NAMES)
    assert together.setting("rollups") == rollups.fingerprint()


def test_sums_are_right_while_loads_go_on(workspace, files):
    expected = [(5 * 1 + 5 * 2, 2), (5 * 1 + 6 * 2 + 6 * 3, 3), (5 * 1 + 6 * 2 + 6 * 3 + 5 * 4 + 5 * 5, 5)]
    for _, (gross, orders) in zip(workspace.load_many(files, lambda _: None), expected, strict=True):
        assert workspace.query(SALES).to_pylist() == [{"gross": gross, "orders": orders}]
    assert workspace.problems() == []


def test_what_came_before_a_bad_file_stays(workspace, files, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"Order ID,Created at\n")
    loads = workspace.load_many([files[0], bad, files[2]], lambda _: None)
    assert next(loads).file == "first.csv"
    with pytest.raises(EcopsError):
        list(loads)
    assert [row["order_id"] for row in rows(workspace)] == ["A1", "A2"]
    assert workspace.query(SALES).to_pylist() == [{"gross": 15, "orders": 2}]
    workspace.load(files[2])
    assert sorted(rollup_files(workspace)) == sorted(rollups.NAMES)


def test_sums_are_made_when_the_last_files_are_there_already(workspace, files):
    workspace.load(files[2])
    list(workspace.load_many(files, lambda _: None))
    assert sorted(rollup_files(workspace)) == sorted(rollups.NAMES)


def test_files_that_are_there_already_are_told(workspace, files):
    list(workspace.load_many(files, lambda _: None))
    version = workspace.version
    again = list(workspace.load_many(files, lambda _: None))
    assert all(receipt.already_loaded for receipt in again)
    assert workspace.version == version
