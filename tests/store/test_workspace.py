"""The workspace: loads add up, undo restores, versions stay put, damage is named."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import threading
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ecops
from ecops import sources
from ecops.errors import DataError, FileError, MappingError, StoreError
from ecops.store import Receipt, Wishes, Workspace, lock, manifest
from ecops.store import loading as loading_module
from tests.store.conftest import orders_csv
from tests.store.simple import (
    Reference,
    daily_of,
    daily_reference,
    fingerprint,
    load_rows,
    order_rows,
    publish,
    table_of,
)

CELLS = st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 2)), st.integers(-3, 9), max_size=8)
STEPS = st.lists(st.one_of(st.lists(CELLS, min_size=1, max_size=2), st.integers(0, 9)), min_size=1, max_size=5)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_any_sequence_of_loads_and_undos_equals_the_naive_reference(tmp_path, steps):
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    workspace, reference, receipts = Workspace.open(folder), Reference(), []
    for step in steps:
        if isinstance(step, list):
            before = reference.table
            reference.load(*step)
            receipt = load_rows(workspace, *(order_rows(cells) for cells in step))
            receipts.append(receipt)
            for sheet, cells in zip(receipt.sheets, step, strict=True):
                assert sheet.keys_new == len(cells.keys() - before.keys())
                assert sheet.keys_unchanged == sum(before.get(key) == amount for key, amount in cells.items())
                assert sheet.keys_new + sheet.keys_replaced + sheet.keys_unchanged == len(cells) == sheet.rows_kept
        else:
            standing = [number for number, (_, stands) in enumerate(reference.loads) if stands]
            if not standing:
                continue
            number = standing[step % len(standing)]
            reference.undo(number)
            workspace.undo(receipts[number])
        assert table_of(workspace) == reference.table
        assert daily_of(workspace) == daily_reference(reference.table)
        assert sum(info.rows for info in workspace.tables().values()) == len(reference.table)
    assert workspace.problems() == []


def test_an_overlapping_export_never_counts_twice(workspace):
    first = workspace.load(orders_csv([(1, 1, 1, 10), (1, 2, 1, 5), (2, 1, 3, 7)]), name="may.csv")
    sheet = first.sheets[0]
    assert (sheet.rows_read, sheet.rows_kept, sheet.keys_new, sheet.keys_replaced) == (3, 3, 3, 0)
    assert (sheet.first_day, sheet.last_day) == (dt.date(2026, 5, 1), dt.date(2026, 5, 3))
    assert (sheet.missing_days, sheet.missing_day_count) == ((dt.date(2026, 5, 2),), 1)
    before = fingerprint(workspace)
    second = workspace.load(orders_csv([(2, 1, 3, 8), (1, 2, 1, 5), (3, 1, 4, 1)]), name="june.csv")
    sheet = second.sheets[0]
    assert (sheet.keys_new, sheet.keys_replaced, sheet.keys_unchanged) == (1, 1, 1)
    assert workspace.query("select sum(gross_sales) as g, sum(orders) as n from daily_sales").to_pylist() == [
        {"g": 24.0, "n": 3}
    ]
    workspace.undo(second)
    assert fingerprint(workspace) == before
    workspace.undo(first.id)
    assert workspace.tables() == {}
    assert workspace.query("daily_sales").num_rows == 0


def test_the_same_bytes_again_change_nothing(workspace):
    file = orders_csv([(1, 1, 1, 10)])
    first = workspace.load(file, name="a.csv")
    version = workspace.version
    again = workspace.load(file, name="b.csv")
    assert again.already_loaded
    assert again.id == first.id
    assert workspace.version == version
    assert len(workspace.receipts()) == 1
    workspace.undo(first)
    assert not workspace.load(file, name="a.csv").already_loaded
    assert workspace.query("select count(*) as n from order_lines")["n"].to_pylist() == [1]


def test_version_names_every_state_of_every_workspace(workspace, tmp_path):
    seen = {workspace.version, Workspace.open(tmp_path / "other").version}
    receipt = load_rows(workspace, order_rows({(1, 1): 1}))
    seen.add(workspace.version)
    workspace.undo(receipt)
    seen.add(workspace.version)
    assert len(seen) == 4
    assert Workspace.open(workspace.folder).version == workspace.version


def test_people_are_hashed_and_uploads_not_kept(workspace):
    workspace.load(orders_csv([(1, 1, 1, 10)]).replace(b",c1", b",Zhang San"), name="a.csv")
    (buyer,) = workspace.query("select buyer_id from order_lines")["buyer_id"].to_pylist()
    assert len(buyer) >= 32
    for path in workspace.folder.rglob("*"):
        assert not path.is_file() or b"Zhang San" not in path.read_bytes(), path


def test_receipt_survives_json(workspace):
    receipt = workspace.load(orders_csv([(1, 1, 1, 10), (2, 1, 4, 3)]), name="订单.csv")
    assert Receipt.from_dict(json.loads(json.dumps(receipt.to_dict()))) == receipt
    assert workspace.receipts() == (receipt,)
    assert "2" in receipt.summary.text("zh")


def test_check_changes_nothing_and_finds_the_same(workspace):
    file = orders_csv([(1, 1, 1, 10), (2, 1, 4, 3)])
    with sources.inspect(file, "a.csv") as inspection:
        found, bad = workspace.check(inspection)
        assert workspace.version.endswith("-0")
        loaded = workspace.load_inspected(inspection)
    assert found.version == 0
    assert bad == {}
    assert found.sheets[0].rows_kept == loaded.sheets[0].rows_kept == 2


def test_several_sheets_are_one_load_or_none(workspace, monkeypatch):
    load_rows(workspace, order_rows({(1, 1): 1}))
    before, version = fingerprint(workspace), workspace.version
    real = loading_module.Builder.segment

    def second_fails(self, source, name, load, sequence):
        if source.name == "1.parquet":
            raise StoreError(ecops.Message("The disk is full."))
        return real(self, source, name, load, sequence)

    monkeypatch.setattr(loading_module.Builder, "segment", second_fails)
    with pytest.raises(StoreError, match="disk is full"):
        load_rows(workspace, order_rows({(1, 1): 5}), order_rows({(2, 1): 5}))
    assert (fingerprint(workspace), workspace.version) == (before, version)
    _no_leftovers(workspace)


def _no_leftovers(workspace):
    known = workspace.state.known_files()
    files = {
        path.relative_to(workspace.folder / "data").as_posix()
        for path in (workspace.folder / "data").rglob("*")
        if path.is_file()
    }
    assert files == known
    assert not list(workspace.folder.glob("staging-*"))


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_every_failing_call_to_the_disk_leaves_all_as_it_was(workspace, monkeypatch, function):
    """The n-th call fails, for n = 1, 2, 3, ... until the load goes through."""
    load_rows(workspace, order_rows({(1, 1): 1, (2, 1): 2}))
    before = fingerprint(workspace)
    real = getattr(os, function)
    for failing in range(1, 40):
        calls = 0

        def fault(*args, failing=failing, **options):
            nonlocal calls
            calls += 1
            if calls == failing:
                raise OSError(28, "No space left on device")
            return real(*args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(os, function, fault)
            try:
                receipt = load_rows(workspace, order_rows({(1, 1): 5, (3, 1): 5}))
            except StoreError as error:
                assert "No space left" in str(error)  # noqa: PT017 - the load may also go through
            else:
                break
        assert fingerprint(workspace) == before
        assert workspace.problems() == []
        _no_leftovers(workspace)
    assert failing > 3
    workspace.undo(receipt)
    assert fingerprint(workspace) == before


def test_disk_full_for_real(tmp_path):
    """A state that cannot grow: the load is refused, the figures stay."""
    workspace = Workspace.open(tmp_path / "shop")
    load_rows(workspace, order_rows({(1, 1): 1}))
    before = fingerprint(workspace)
    with workspace.state.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    real = workspace.state.writing

    import contextlib

    @contextlib.contextmanager
    def full():
        with real() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA max_page_count=1073741823")

    workspace.state.writing = full
    with pytest.raises(StoreError, match="disk is full"):
        load_rows(workspace, order_rows({(order, 1): 1 for order in range(50)}), name="x" * 200_000)
    workspace.state.writing = real
    assert fingerprint(workspace) == before
    _no_leftovers(workspace)


def test_a_flipped_bit_is_named_and_never_read(workspace):
    load_rows(workspace, order_rows({(order, 1): order for order in range(50)}))
    (file,) = (workspace.folder / "data" / "order_lines").iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    name = f"order_lines/{file.name}"
    with pytest.raises(StoreError, match="damaged") as caught:
        workspace.query("select sum(paid_amount) from order_lines")
    assert caught.value.where["file"] == name
    assert [message.params["file"] for message in workspace.problems()] == [name]
    # What does not touch the file still answers.
    assert workspace.query("select sum(gross_sales) as g from daily_sales")["g"].to_pylist() == [sum(range(50))]
    with pytest.raises(StoreError, match="damaged"):
        load_rows(workspace, order_rows({(1, 1): 5}))
    file.unlink()
    with pytest.raises(StoreError, match="missing") as caught:
        workspace.query("order_lines")
    assert caught.value.where["file"] == name


def test_a_bit_flipped_before_this_process_opened_the_file_is_found_too(workspace):
    load_rows(workspace, order_rows({(1, 1): 1}))
    (file,) = (workspace.folder / "data" / "daily_sales").iterdir()
    content = bytearray(file.read_bytes())
    content[60] ^= 1
    file.write_bytes(content)
    manifest._checked.clear()
    with pytest.raises(StoreError, match="damaged"):
        workspace.query("daily_sales")


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


def test_a_repeated_key_inside_a_sheet_counts_once_the_last_row(workspace):
    rows = pa.concat_tables([order_rows({(1, 0): 1, (2, 1): 2}), order_rows({(1, 0): 9})])
    receipt = load_rows(workspace, rows)
    assert receipt.sheets[0].dropped == {"repeated key": 1}
    assert table_of(workspace) == {(1, 0): 9.0, (2, 1): 2.0}


def test_one_currency_a_workspace(workspace):
    header = "Platform,Order ID,Line ID,Created at,SKU,Quantity,Amount,Customer,Currency"
    file = orders_csv([(1, 1, 1, 10)], header)
    workspace.load(file.replace(b",c1", b",c1,USD"), name="usd.csv")
    assert workspace.currency == workspace.data().currency == "USD"
    with pytest.raises(DataError):
        workspace.load(file.replace(b",c1", b",c1,EUR"), name="eur.csv")
    assert len(workspace.receipts()) == 1


def test_a_mapping_is_remembered_for_the_same_header(workspace):
    file = b"when,what,number,money\n2026-05-01 10:00:00,S1,A1,10\n"
    with pytest.raises(MappingError):
        workspace.load(file, name="own.csv")
    mapping = sources.Mapping(
        "generic_orders",
        "order_lines",
        {"ordered_at": 0, "sku": 1, "order_id": 2, "paid_amount": 3},
        constants={"platform": "own"},
    )
    workspace.load(file, mapping=mapping, name="own.csv")
    receipt = workspace.load(file.replace(b"A1", b"A2"), name="own2.csv")
    assert receipt.sheets[0].mapping == mapping.to_dict()
    assert workspace.query("select count(*) as n from order_lines where platform = 'own'")["n"].to_pylist() == [2]


def test_orders_of_another_day_under_the_same_numbers_are_told(workspace):
    """Every Shopify shop has an order #1001, and its export does not name the shop."""
    text = "Order id,Order date,SKU,Paid amount\n#1001,{day},S,{money}\n#1002,{day},S,5\n"
    workspace.load(text.format(day="2026-05-01", money=5).encode(), name="a.csv")
    same_day = workspace.load(text.format(day="2026-05-01", money=6).encode(), name="b.csv")
    assert not [issue for issue in same_day.sheets[0].issues if issue.kind == "other_shop"]
    other = workspace.load(text.format(day="2026-05-03", money=7).encode(), name="c.csv")
    told = {issue.kind: (issue.severity, issue.count) for issue in other.sheets[0].issues}
    assert told["other_shop"] == ("warning", 2)
    assert workspace.receipts()[-1].sheets[0].issues == other.sheets[0].issues


def test_two_columns_with_one_header_wait_for_a_choice(workspace):
    text = b"Order id,Order date,SKU,Paid amount,Paid amount\n1,2026-05-01,S,5,7\n"
    before = workspace.version
    for wish in (None, "generic_orders"):
        with pytest.raises(MappingError, match="Several columns of the file are called Paid amount"):
            workspace.load(text, wish, name="a.csv")
    assert (workspace.version, workspace.tables()) == (before, {})
    columns = {"order_id": 0, "ordered_at": 1, "sku": 2, "paid_amount": 4}
    mapping = sources.Mapping("generic_orders", "order_lines", columns, constants={"platform": "other"})
    workspace.load(text, mapping=mapping, name="a.csv")
    assert workspace.query("order_lines")["paid_amount"].to_pylist() == [7.0]


def test_a_remembered_mapping_brings_no_day_of_another_file(workspace):
    file = b"what,number,money\nS1,A1,10\n"
    mapping = sources.Mapping(
        "generic_orders",
        "order_lines",
        {"sku": 0, "order_id": 1, "paid_amount": 2},
        constants={"platform": "own", "ordered_at": "2026-05-01"},
    )
    workspace.load(file, mapping=mapping, name="a.csv")
    with pytest.raises(MappingError) as caught:
        workspace.load(file.replace(b"10", b"11"), name="b.csv")
    assert "ordered_at" in str(caught.value.where)


def test_wishes_that_do_not_fit_are_told(workspace):
    file = orders_csv([(1, 1, 1, 10)])
    with pytest.raises(MappingError, match="no sheet"):
        workspace.load(file, name="a.csv", sheets=["Sheet9"])
    with pytest.raises(ecops.EcopsError):
        workspace.load(file, name="a.csv", source="taobao_ordres")
    with pytest.raises(FileError):
        workspace.load(b"", name="empty.csv")
    with pytest.raises(FileError):
        workspace.load("/nowhere/at/all.csv")
    assert workspace.version.endswith("-0")


def test_questions_that_cannot_be_answered_are_told(workspace):
    with pytest.raises(StoreError, match="order_lines"):
        workspace.query("order_line")
    with pytest.raises(StoreError, match="cannot be run"):
        workspace.query("select nothing from order_lines")
    with pytest.raises(StoreError, match="Only one SELECT"):
        workspace.query("drop table order_lines")
    with pytest.raises(StoreError, match="no receipt"):
        workspace.undo("nothing")
    receipt = load_rows(workspace, order_rows({(1, 1): 1}))
    workspace.undo(receipt)
    with pytest.raises(StoreError, match="before"):
        workspace.undo(receipt)


def test_query_takes_names_parameters_and_files(workspace, tmp_path):
    load_rows(workspace, order_rows({(1, 1): 1, (2, 1): 5}))
    assert workspace.query("order_lines").num_rows == 2
    assert workspace.query("sales_lines").num_rows == 2
    assert workspace.query("traffic_daily").num_rows == 0
    assert workspace.query("select order_id from order_lines where paid_amount > $floor", floor=2)[
        "order_id"
    ].to_pylist() == ["o2"]
    (tmp_path / "q.sql").write_text("select count(*) as n from order_lines")
    assert workspace.query(tmp_path / "q.sql")["n"].to_pylist() == [2]


def test_settings_and_who_may_change_them(workspace):
    workspace.set_setting("timezone", "Europe/London", actor="boss")
    assert Workspace.open(workspace.folder).setting("timezone") == "Europe/London"
    with pytest.raises(DataError, match="Europe/London"):
        workspace.set_setting("timezone", "Europe/Londn")
    with pytest.raises(StoreError):
        workspace.set_setting("salt", "mine")
    reader = Workspace.open(workspace.folder, read_only=True)
    with pytest.raises(StoreError, match="reading only"):
        load_rows(reader, order_rows({(1, 1): 1}))
    with pytest.raises(StoreError, match="reading only"):
        reader.set_setting("timezone", "Asia/Tokyo")


def test_roll_ups_made_by_other_sql_are_not_used(workspace, monkeypatch):
    load_rows(workspace, order_rows({(1, 1): 1}))
    shutil.rmtree(workspace.folder / "data" / "daily_sales")
    with pytest.raises(StoreError, match="missing"):
        workspace.query("daily_sales")
    monkeypatch.setattr("ecops.store.rollups.fingerprint", lambda: "a newer one")
    assert workspace.query("select sum(gross_sales) as g from daily_sales")["g"].to_pylist() == [1.0]
    load_rows(workspace, order_rows({(2, 1): 1}))
    assert workspace.query("select sum(gross_sales) as g from daily_sales")["g"].to_pylist() == [2.0]
    assert workspace.problems() == []


def test_a_state_of_another_workspace_is_refused(tmp_path):
    Workspace.open(tmp_path / "a")
    with pytest.raises(StoreError, match="another workspace"):
        Workspace.open(tmp_path / "b", state_url=f"sqlite:///{tmp_path / 'a' / 'state.sqlite'}")


def test_a_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be used"):
        Workspace.open(tmp_path / "file" / "shop")


def test_progress_is_told(workspace):
    told = []
    workspace.load(orders_csv([(1, 1, 1, 10)]), name="a.csv", progress=told.append)
    assert len(told) >= 2
    assert all(isinstance(message, ecops.Message) for message in told)


def test_wishes_by_sheet(workspace):
    with sources.inspect(orders_csv([(1, 1, 1, 10)]), "a.csv") as inspection:
        receipt = workspace.load_inspected(inspection, Wishes(source={"a.csv": "generic_orders"}))
        again = workspace.load_inspected(inspection, Wishes(source="generic_orders"))
    assert receipt.sheets[0].source == "generic_orders"
    assert again.already_loaded


UCI = Path(__file__).resolve().parents[3] / "shared" / "data" / "uci" / "online_retail.csv"


@pytest.mark.data
@pytest.mark.skipif(not UCI.exists(), reason="the public data set is not here")
def test_a_public_export_and_its_beginning_once_more(workspace, tmp_path):
    """Known totals of UCI Online Retail, also when its first 200,000 lines came before in a file of their own."""
    with UCI.open(encoding="utf-8", errors="replace") as file:
        head = [line for _, line in zip(range(200_001), file, strict=False)]
    (tmp_path / "beginning.csv").write_text("".join(head), "utf-8")
    first = workspace.load(tmp_path / "beginning.csv")
    assert first.rows == 200_000
    whole = workspace.load(UCI)
    (sheet,) = whole.sheets
    assert sheet.keys_new == 341_909
    assert sheet.keys_replaced + sheet.keys_unchanged == 200_000
    assert workspace.tables()["order_lines"].rows == 541_909
    sums = workspace.query("select sum(gross_sales) as gross, sum(refunds) as refunds from daily_sales").to_pylist()[0]
    assert sums == {"gross": pytest.approx(10_666_684.544), "refunds": pytest.approx(918_936.61)}
    buyers = workspace.query("select count(distinct buyer) as n from daily_buyers")["n"].to_pylist()
    assert buyers == [4_338]
