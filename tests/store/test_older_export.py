"""A finished order stays finished when an older export of it comes in later; undo knows both."""

import itertools

import pytest

from ecops.store.workspace import Workspace

HEADER = "Platform,Order ID,Line ID,Created at,SKU,Quantity,Amount,Refund amount,Status,Currency"
STATES = {
    "early": {1: "unpaid", 2: "paid", 3: "paid"},
    "middle": {1: "paid", 2: "shipped", 3: "completed", 4: "paid"},
    "late": {2: "completed", 3: "refunded", 4: "shipped", 5: "unpaid"},
}
EXPECTED = {1: "paid", 2: "completed", 3: "refunded", 4: "shipped", 5: "unpaid"}


def export(states):
    rows = [
        f"jd,{order},1,2026-05-{order:02d} 10:00:00,S,1,10,{10 if state == 'refunded' else 0},{state},CNY"
        for order, state in states.items()
    ]
    return "\n".join([HEADER, *rows, ""]).encode()


def states(workspace):
    rows = workspace.query("select order_id, status from order_lines").to_pylist()
    return {int(row["order_id"]): row["status"] for row in rows}


@pytest.mark.parametrize("order", list(itertools.permutations(STATES)))
def test_the_state_does_not_hang_on_the_order_of_loads(tmp_path, order):
    workspace = Workspace.open(tmp_path / "shop")
    receipts = {name: workspace.load(export(STATES[name]), name=f"{name}.csv") for name in order}
    assert states(workspace) == EXPECTED
    told = {
        name for name, receipt in receipts.items() if any(i.kind == "older_export" for i in receipt.sheets[0].issues)
    }
    before = {"early": {"middle", "late"}, "middle": {"late"}, "late": set()}
    assert told == {name for place, name in enumerate(order) if before[name] & set(order[:place])}
    for name, receipt in receipts.items():
        workspace.undo(receipt)
        rest = [other for other in ("early", "middle", "late") if other != name]
        assert states(workspace) == STATES[rest[0]] | STATES[rest[1]]
        receipts[name] = workspace.load(export(STATES[name]), name=f"{name}.csv")
        assert states(workspace) == EXPECTED


def test_an_older_export_adds_what_is_new_and_is_counted(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    workspace.load(export(STATES["late"]), name="late.csv")
    (sheet,) = workspace.load(export(STATES["middle"]), name="middle.csv").sheets
    assert (sheet.keys_new, sheet.keys_replaced, sheet.keys_unchanged) == (1, 0, 3)
    (issue,) = (issue for issue in sheet.issues if issue.kind == "older_export")
    assert issue.count == 3
    refunds = workspace.query("select sum(refunds) as n from daily_sales")["n"].to_pylist()
    assert refunds == [10.0], "what was given back since stays given back"


def test_without_states_the_last_load_wins(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    workspace.load(export({1: "completed"}), name="a.csv")
    bare = export({1: "completed"}).replace(b"Status,", b"").replace(b"completed,", b"").replace(b",10,", b",25,")
    workspace.load(bare, name="b.csv")
    assert workspace.query("select paid_amount as n from order_lines")["n"].to_pylist() == [25.0]
