"""Sub-accounts with their functions, ends and quotas; the log; changes in bulk."""

import datetime as dt

import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.periods import Period
from ecops.review.access import accounts, log
from ecops.store.inputs import open_data
from ecops.store.state import State

TODAY = dt.date(2026, 5, 20)
MAY = Period(dt.date(2026, 5, 1), dt.date(2026, 5, 31))


@pytest.fixture
def state(tmp_path):
    return State(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.mark.row(272, 278)
def test_functions_are_graded_by_role():
    assert accounts.matrix()["service"] == ("order_query", "after_sales")
    assert {"listing", "marketing"} <= set(accounts.matrix()["operations"])
    assert "cost" not in accounts.matrix()["operations"]
    assert "cost" in accounts.matrix()["finance"]
    for keys in accounts.matrix().values():
        assert set(keys) <= accounts.functions().keys()


@pytest.mark.row(272, 275)
def test_new_staff_gets_least_and_whoever_left_is_told(state):
    kept = accounts.Accounts(state)
    assert kept.grant("lead", "E1", "service", TODAY + dt.timedelta(days=90)).functions == accounts.matrix()["service"]
    kept.grant("lead", "E2", "operations", TODAY - dt.timedelta(days=1))
    kept.grant("lead", "E3", "finance")
    kept.grant("lead", "E4", "design", TODAY + dt.timedelta(days=14), allowed=("pages", "price"))
    found = accounts.doubts(kept.all(), TODAY)
    assert [(one.account.employee, one.kind) for one in found] == [
        ("E2", "ended"), ("E3", "endless"), ("E4", "ends"), ("E4", "beyond"),
    ]  # fmt: skip
    assert found[0].sentence.text("en") == "E2 (Operations): ended on 19 May; take it back."
    assert found[3].sentence.text("en") == "E4 (Design): may do more than the role: Change prices."
    kept.revoke("lead", "E2")
    assert [one.employee for one in kept.all()] == ["E1", "E3", "E4"]
    with pytest.raises(SpecError, match="E2"):
        kept.revoke("lead", "E2")


@pytest.mark.row(276)
def test_refunds_above_the_quota_of_a_supervisor_are_listed(state):
    kept = accounts.Accounts(state)
    data = open_data(
        {
            "after_sales": pd.DataFrame(
                {
                    "platform": "taobao", "after_sales_id": ["1", "2", "3"], "order_id": ["a", "b", "c"],
                    "applied_at": pd.to_datetime(["2026-05-02", "2026-05-03", "2026-04-30"]),
                    "kind": "refund", "status": "done", "amount": [120.0, 500.0, 900.0],
                }
            )
        }
    )  # fmt: skip
    assert accounts.refunds_beyond(data, MAY, kept.all()).empty
    kept.grant("boss", "S1", "service", TODAY, quota=200.0)
    kept.grant("boss", "S2", "service", TODAY, quota=50.0)
    kept.grant("boss", "L", "lead", TODAY, quota=10_000.0)
    assert accounts.refunds_beyond(data, MAY, kept.all())["after_sales_id"].tolist() == ["2"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("", "service"), "number"), (("E1", "boss"), "role"), (("E1", "service", None, -1.0), "quota"),
        (("E1", "service", None, 0.0, ("fly",)), "function"),
    ],
)  # fmt: skip
def test_bad_accounts_are_said(state, given, told):
    with pytest.raises(SpecError, match=told):
        accounts.Accounts(state).grant("lead", *given)


@pytest.mark.row(274)
def test_every_operation_is_logged_and_bulk_changes_are_told(state):
    kept = accounts.Accounts(state)
    kept.grant("lead", "E1", "service")
    assert log.broken(state) == ()
    assert log.bulk_records(state.trail()) == ()
    rows = log.lines(state)
    assert rows[["actor", "action"]].to_numpy().tolist() == [["lead", "permission"]]
    assert "employee: E1" in rows["detail"][0]
    for place in range(log.MANY):
        state.record("wang", "choice", {"subject": f"price/{place}"})
    (told,) = log.bulk_records(state.trail())
    assert told.n == log.MANY
    assert told.sentence.text("en").startswith("wang changed 20 records within ten minutes")
    for _ in range(log.MANY):
        state.record("li", "load", {"file": "orders.csv"})
    assert len(log.bulk_records(state.trail())) == 1


@pytest.mark.row(274)
def test_a_batch_price_change_is_told():
    days = pd.to_datetime(["2026-05-10", "2026-05-11", "2026-05-12"])
    prices = pd.DataFrame(
        {"date": day, "platform": "taobao", "shop": shop, "sku": f"S{sku}",
         "price": 10.0 - (day == days[2]) * (sku < 5) + (shop == "rival") * float(day.day)}
        for day in days for sku in range(8) for shop in ("mine", "rival")
    )  # fmt: skip
    lines = pd.DataFrame(
        {"platform": ["taobao"], "shop": ["mine"], "order_id": ["1"], "sku": ["S1"], "paid_amount": [10.0],
         "paid_at": days[:1], "ordered_at": days[:1], "quantity": [1.0], "status": ["paid"]}
    )  # fmt: skip
    data = open_data({"price_history": prices, "order_lines": lines})
    (told,) = log.bulk_prices(data, MAY)
    assert (told.day, told.n) == (dt.date(2026, 5, 12), 5)
    assert told.sentence.text("en") == ("Taobao: 5 of 8 prices changed on 12 May 2026, 5 of them down. Was that meant?")
    assert log.bulk_prices(open_data({"order_lines": lines}), MAY) == ()
