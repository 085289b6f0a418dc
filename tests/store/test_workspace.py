"""The workspace: loads add up, undo restores, currencies and mappings are remembered, wishes are heard."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ecops
from ecops import sources
from ecops.engine.duck import Engine
from ecops.errors import DataError, FileError, MappingError, StoreError
from ecops.messages import Message
from ecops.store import Receipt, Wishes, Workspace, is_workspace
from tests.store.conftest import orders_csv
from tests.store.simple import (
    Reference,
    daily_of,
    daily_reference,
    fingerprint,
    load_rows,
    order_rows,
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
    shutil.copytree(workspace.folder, tmp_path / "copy")
    others = (Workspace.open(tmp_path / name).version for name in ("other", "copy"))
    seen = {workspace.version, *others}
    receipt = load_rows(workspace, order_rows({(1, 1): 1}))
    seen.add(workspace.version)
    workspace.undo(receipt)
    seen.add(workspace.version)
    assert len(seen) == 5
    assert Workspace.open(workspace.folder).version == workspace.version


@pytest.mark.row(277)
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


def test_a_setting_that_changes_changes_what_caches_go_by(workspace):
    before = workspace.version
    workspace.set_setting("currency", "CNY")
    after = workspace.version
    assert after != before
    assert workspace.data().version == after
    assert workspace.data().currency == "CNY"
    workspace.set_setting("timezone", "Asia/Tokyo")
    assert workspace.version not in {before, after}


def test_a_small_table_is_read_from_memory_once_it_is_asked_again(workspace, monkeypatch):
    load_rows(workspace, order_rows({(order, 1): order for order in range(1, 9)}))
    data, answers = workspace.data(), []
    taken = []
    keep = Engine.keep
    monkeypatch.setattr(Engine, "keep", lambda engine, name, *rest: taken.append(name) or keep(engine, name, *rest))
    for known in range(4):
        # another text each time, since answers are remembered too
        answers.append(
            data.query(f"select order_id, paid_amount from order_lines where {known} < 9 order by ordered_at")
        )
        assert taken == ["order_lines"] * (known > 0)
    assert all(answer.equals(answers[0]) for answer in answers)
    load_rows(workspace, order_rows({(1, 1): 100}))
    sums = [
        data.query("select sum(paid_amount) as s from order_lines"),
        workspace.query("select sum(paid_amount) as s from order_lines"),
    ]
    assert [found["s"][0].as_py() for found in sums] == [36, 135]  # an open version stays what it is

    monkeypatch.setattr("ecops.store.data._KEPT", 7)
    taken.clear()
    for known in range(3):
        workspace.query(f"select {known} as known, count(*) as n from order_lines")
    assert taken == []  # eight rows are too many now


def no_room(*_):
    raise StoreError(Message("No room."))


def test_without_room_in_memory_a_table_is_read_from_its_file(workspace, monkeypatch):
    load_rows(workspace, order_rows({(order, 1): order for order in range(1, 9)}))
    monkeypatch.setattr(Engine, "keep", no_room)
    asked = "select {} as known, count(*) as n from order_lines"
    assert [workspace.query(asked.format(known))["n"].to_pylist() for known in range(3)] == [[8]] * 3


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


def test_roll_ups_are_made_anew_after_an_update(workspace, monkeypatch):
    load_rows(workspace, order_rows({(1, 1): 1}))
    version, files = workspace.version, {file.path for file in workspace.state.shown()[1]}
    workspace.add_up()
    assert workspace.version == version
    monkeypatch.setattr("ecops.store.rollups.fingerprint", lambda: "a newer one")
    workspace.add_up()
    assert workspace.setting("rollups") == "a newer one"
    after = workspace.state.shown()[1]
    assert {file.path for file in after if file.kind != "rollup"} <= files
    assert not {file.path for file in after if file.kind == "rollup"} & files
    assert workspace.query("select sum(gross_sales) as g from daily_sales")["g"].to_pylist() == [1.0]
    assert workspace.problems() == []


def test_an_empty_workspace_has_nothing_to_add_up(workspace):
    version = workspace.version
    workspace.add_up()
    assert workspace.version == version


def test_a_folder_of_workspaces_is_refused_unless_it_is_one_already(tmp_path):
    Workspace.open(tmp_path / "home" / "mine")
    with pytest.raises(StoreError, match="holds workspaces, such as mine"):
        Workspace.open(tmp_path / "home")
    assert not is_workspace(tmp_path / "home")
    Workspace.open(tmp_path / "old")
    Workspace.open(tmp_path / "old" / "mine")
    assert Workspace.open(tmp_path / "old").tables() == {}


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
