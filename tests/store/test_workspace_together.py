"""The workspace with several at work: readers keep their version, loaders wait for each other."""

from __future__ import annotations

import threading

import pytest

from ecops.errors import StoreError
from ecops.store import Workspace, lock
from ecops.store import loading as loading_module
from tests.store.simple import (
    load_rows,
    order_rows,
    publish,
    table_of,
)


def test_a_reader_keeps_its_version_and_its_files(workspace, monkeypatch):
    monkeypatch.setattr(loading_module, "COLLECT_AFTER_SECONDS", -1.0)
    first = load_rows(workspace, order_rows({(1, 1): 1, (2, 1): 2}))
    data = workspace.data()
    load_rows(workspace, order_rows({(1, 1): 10}))
    load_rows(workspace, order_rows({(2, 1): 20}))
    load_rows(workspace, order_rows({(5, 1): 1}))
    assert data.query("select sum(paid_amount) as s from order_lines")["s"].to_pylist() == [3.0]
    assert data.query("select sum(gross_sales) as s from daily_sales")["s"].to_pylist() == [3.0]
    assert data.version != workspace.version
    workspace.undo(first)
    kept = set((workspace.folder / "data").rglob("*.parquet"))
    del data
    load_rows(workspace, order_rows({(6, 1): 1}))
    gone = kept - set((workspace.folder / "data").rglob("*.parquet"))
    assert gone, "files of old versions go when nobody reads them"
    assert workspace.problems() == []
    assert table_of(workspace) == {(1, 1): 10.0, (2, 1): 20.0, (5, 1): 1.0, (6, 1): 1.0}


def test_files_of_old_versions_stay_for_an_hour(workspace):
    load_rows(workspace, order_rows({(1, 1): 1}))
    before = set((workspace.folder / "data").rglob("*.parquet"))
    load_rows(workspace, order_rows({(1, 1): 2}))
    load_rows(workspace, order_rows({(1, 1): 3}))
    assert before <= set((workspace.folder / "data").rglob("*.parquet"))


def test_readers_during_loads_see_whole_versions(workspace):
    """Every load turns all amounts from n to n + 1; a reader never sees a mixture."""
    load_rows(workspace, order_rows({(order, 1): 1 for order in range(20)}))
    seen, stop, failures = [], threading.Event(), []

    def read():
        try:
            while not stop.is_set():
                data = workspace.data()
                rows = data.query(
                    "select min(paid_amount) as low, max(paid_amount) as high, count(*) as n from order_lines"
                ).to_pylist()[0]
                total = data.query("select sum(gross_sales) as g from daily_sales")["g"][0].as_py()
                seen.append((rows["low"], rows["high"], rows["n"], total))
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for amount in range(2, 7):
        load_rows(workspace, order_rows({(order, 1): amount for order in range(20)}))
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert {(low, high, n, total) for low, high, n, total in seen} <= {(a, a, 20, 20.0 * a) for a in range(1, 7)}
    assert len(seen) > 5


def test_two_loaders_one_is_told_to_wait(workspace):
    other = Workspace.open(workspace.folder)
    with workspace._loading(lambda _: None) as loader:
        with pytest.raises(StoreError, match="Another load is running"):
            load_rows(other, order_rows({(1, 1): 1}))
        publish(loader, [order_rows({(2, 1): 2})])
    load_rows(other, order_rows({(1, 1): 1}))
    assert table_of(workspace) == {(1, 1): 1.0, (2, 1): 2.0}


def test_many_threads_load_and_nothing_is_lost(workspace):
    done, refused = [], []

    def work(order):
        for _ in range(200):
            try:
                load_rows(workspace, order_rows({(order, 1): order + 1}))
            except StoreError as error:
                assert "Another load" in str(error)  # noqa: PT017 - any other is a failure of the test
                refused.append(order)
                threading.Event().wait(0.05)
            else:
                done.append(order)
                return

    threads = [threading.Thread(target=work, args=(order,)) for order in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 1, 2, 3]
    assert table_of(workspace) == {(order, 1): order + 1.0 for order in range(4)}


def test_a_load_whose_lock_was_taken_over_changes_nothing(workspace):
    with workspace._loading(lambda _: None) as loader:
        with workspace.state.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE ecops_lock SET token = 'somebody else'")
        with pytest.raises(StoreError, match="took over"):
            publish(loader, [order_rows({(1, 1): 1})])
    assert workspace.tables() == {}


def test_the_lock_of_a_dead_machine_is_taken_over(workspace, monkeypatch):
    with workspace.state.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE ecops_lock SET token='x', host='elsewhere', process='1:1', beat=strftime('%s')-30"
        )
    with pytest.raises(StoreError, match="Another load"):
        load_rows(workspace, order_rows({(1, 1): 1}))
    monkeypatch.setattr(lock, "STALE_SECONDS", 20.0)
    load_rows(workspace, order_rows({(1, 1): 1}))
    assert table_of(workspace) == {(1, 1): 1.0}
