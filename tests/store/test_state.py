"""The state: the same behaviour on SQLite and on a real PostgreSQL server, and an audit log that shows tampering."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from ecops.errors import StoreError
from ecops.store import audit, schema
from ecops.store.state import State
from ecops.store.workspace import Workspace
from tests.store.conftest import orders_csv
from tests.store.simple import Reference, daily_of, daily_reference, fingerprint, load_rows, order_rows, table_of


@pytest.fixture
def state(state_url):
    state = State(state_url)
    yield state
    state.engine.dispose()


def test_loads_and_undos(tmp_path, state_url):
    workspace, reference = Workspace.open(tmp_path / "shop", state_url=state_url), Reference()
    steps = [{(1, 1): 1, (2, 1): 2}, {(2, 1): 5, (3, 0): 3}, {(1, 1): 7}]
    receipts = []
    for cells in steps:
        reference.load(cells)
        receipts.append(load_rows(workspace, order_rows(cells)))
    before = fingerprint(workspace)
    extra = load_rows(workspace, order_rows({(1, 1): 100, (9, 1): 9}))
    workspace.undo(extra)
    assert fingerprint(workspace) == before
    for number in (1, 2, 0):
        workspace.undo(receipts[number])
        reference.undo(number)
        assert table_of(workspace) == reference.table
        assert daily_of(workspace) == daily_reference(reference.table)
    assert [receipt.undone for receipt in workspace.receipts()] == [True] * 4
    assert workspace.problems() == []
    workspace.state.engine.dispose()


def test_a_real_file_and_two_loaders(tmp_path, state_url):
    workspace = Workspace.open(tmp_path / "shop", state_url=state_url)
    other = Workspace.open(tmp_path / "shop", state_url=state_url)
    workspace.load(orders_csv([(1, 1, 1, 10)]), name="订单.csv")
    assert other.receipts()[0].file == "订单.csv"
    with workspace._loading(lambda _: None), pytest.raises(StoreError, match="Another load"):
        load_rows(other, order_rows({(1, 1): 1}))
    load_rows(other, order_rows({(1, 1): 1}))
    for each in (workspace, other):
        each.state.engine.dispose()


@pytest.mark.row(274)
def test_settings_are_remembered_and_audited(state, state_url):
    state.remember("timezone", "Asia/Tokyo", "boss")
    state.remember("timezone", "Asia/Shanghai", "boss")
    again = State(state_url)
    assert again.settings()["timezone"] == "Asia/Shanghai"
    assert again.settings()["salt"] == state.settings()["salt"]
    assert [line.action for line in again.trail()] == ["setting", "setting"]
    assert '"before":"Asia/Tokyo"' in again.trail()[1].detail
    again.engine.dispose()


def test_first_opens_at_once_make_one_state(state_url):
    found, failures = [], []

    def first():
        try:
            state = State(state_url)
            found.append(state.settings()["id"])
            state.engine.dispose()
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(set(found)) == 1


def test_audit_lines_from_many_threads_make_one_chain(state):
    def write(actor):
        for number in range(10):
            state.record(actor, "export", {"rows": number})

    threads = [threading.Thread(target=write, args=(f"person {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = state.trail()
    assert [line.seq for line in lines] == list(range(1, 41))
    assert audit.verify(lines) == []


def _refused(state, statement):
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), state.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_the_audit_log_refuses_changes(state):
    for number in range(5):
        state.record("boss", "export", {"rows": number})
    _refused(state, "UPDATE ecops_audit SET actor = 'nobody' WHERE seq = 2")
    _refused(state, "DELETE FROM ecops_audit WHERE seq = 5")
    _refused(state, "INSERT INTO ecops_audit VALUES (9, '', '', '', '', '', '')")
    if state.engine.dialect.name == "sqlite":
        _refused(state, "INSERT OR REPLACE INTO ecops_audit VALUES (2, '', 'nobody', '', '', '', '')")
    else:
        _refused(
            state,
            "INSERT INTO ecops_audit VALUES (2, '', 'x', '', '', '', '') ON CONFLICT (seq) DO UPDATE SET actor='x'",
        )
        _refused(state, "TRUNCATE ecops_audit")
    assert audit.verify(state.trail()) == []


def _guards_off(state, connection):
    if state.engine.dialect.name == "sqlite":
        for name in ("append", "update", "delete"):
            connection.exec_driver_sql(f"DROP TRIGGER ecops_audit_{name}")
    else:
        connection.exec_driver_sql("ALTER TABLE ecops_audit DISABLE TRIGGER ALL")


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ecops_audit SET actor = 'nobody' WHERE seq = {seq}",
        "UPDATE ecops_audit SET detail = '{{\"rows\":0}}' WHERE seq = {seq}",
        "UPDATE ecops_audit SET at = '1999' WHERE seq = {seq}",
        "DELETE FROM ecops_audit WHERE seq = {seq}",
    ],
)
def test_tampering_is_found_at_its_line(state, statement, seq):
    for number in range(1, 6):
        state.record("boss", "export", {"rows": number})
    lines = state.trail()
    head = (lines[-1].seq, lines[-1].hash)
    with state.engine.begin() as connection:
        _guards_off(state, connection)
        connection.exec_driver_sql(statement.format(seq=seq))
    found = audit.verify(state.trail(), head)
    assert found
    if not (statement.startswith("DELETE") and seq == 5):
        assert found[0].params["seq"] == (seq + 1 if statement.startswith("DELETE") else seq)
    else:
        assert audit.verify(state.trail()) == [], "a tail that was cut shows only against a head noted elsewhere"


def test_a_chain_rewritten_from_a_line_on_shows_against_the_noted_head(state):
    for number in range(1, 4):
        state.record("boss", "export", {"rows": number})
    lines = state.trail()
    head = (lines[-1].seq, lines[-1].hash)
    with state.engine.begin() as connection:
        _guards_off(state, connection)
        connection.execute(schema.audit.delete().where(schema.audit.c.seq > 1))
    for number in (7, 8):
        state.record("boss", "export", {"rows": number})
    assert audit.verify(state.trail()) == []
    assert audit.verify(state.trail(), head)


def test_a_newer_state_is_refused(state, state_url):
    with state.engine.begin() as connection:
        connection.execute(schema.settings.update().where(schema.settings.c.name == "schema").values(value="99"))
    with pytest.raises(StoreError, match="newer version"):
        State(state_url)


def test_an_unreachable_state_is_told(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        State(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'x.sqlite'}")
    with pytest.raises(StoreError, match="cannot be read"):
        State("postgresql+psycopg://ecops@127.0.0.1:1/none?connect_timeout=2")
    (tmp_path / "bad.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        State(f"sqlite:///{tmp_path / 'bad.sqlite'}")
    with pytest.raises(StoreError, match="cannot be read"):
        State("no url")


def test_loads_undos_and_settings_are_in_the_audit_log(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    receipt = workspace.load(orders_csv([(1, 1, 1, 10)]), name="a.csv", actor="amy")
    workspace.undo(receipt, actor="bob")
    workspace.record("export", {"rows": 3}, actor="eve")
    lines = workspace.audit_trail()
    assert [(line.actor, line.action) for line in lines] == [("amy", "load"), ("bob", "undo"), ("eve", "export")]
    assert receipt.sha256 in lines[0].detail
    with workspace.state.engine.begin() as connection:
        _guards_off(workspace.state, connection)
        connection.exec_driver_sql("UPDATE ecops_audit SET actor = 'nobody' WHERE seq = 2")
    assert [problem.params["seq"] for problem in workspace.problems()] == [2]
