"""Who else could deliver, customs, warehouses, searched words: each by hand, through the page's own questions."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.inventory import view
from ecops.inventory.products.opportunity import opportunities
from ecops.inventory.supply.deliveries import suppliers
from ecops.inventory.supply.waiting import waits
from ecops.store.inputs import open_data
from tests.inventory import shops

PO = {"promised_on": "2026-02-20", "quantity": 100, "received_quantity": 100, "unit_cost": 8.0, "status": "received"}


def bought(*rows):
    names = ["po_id", "sku", "supplier", "ordered_on", "received_on"]
    return pd.DataFrame(
        [dict(zip(names, row[:5], strict=True)) | PO | (row[5] if len(row) > 5 else {}) for row in rows]
    )


def shop(**tables):
    frames = shops.shop()
    frames["products"] = frames["products"].assign(category=["fruit", "bakery"])
    return open_data({**frames, **tables})


@pytest.mark.row(144, 263)
def test_what_is_left_when_a_supplier_fails():
    orders = bought(("1", "A", "Mill", "2026-02-01", "2026-02-10"), ("2", "B", "Mill", "2026-02-01", "2026-02-12"),
                    ("3", "B", "Shed", "2026-03-01", "2026-03-12"))  # fmt: skip
    short, failing = view.backups(shop(purchase_orders=orders))
    # A sells two a day and B one, both at 20: two thirds of sales come from the mill alone.
    assert short["sku"].tolist() == ["A"]
    assert (short.loc[0, "suppliers"], short.loc[0, "missing"], short.loc[0, "emergency"]) == ("Mill", 1, False)
    assert short.loc[0, "weekly"] == pytest.approx(7 * 2 * 20, rel=0.02)
    mill, shed = (failing.set_index("supplier").loc[name] for name in ("Mill", "Shed"))
    assert (mill["products"], mill["alone"], mill["kept"], mill["wanted"]) == (
        2,
        1,
        pytest.approx(1 / 3, abs=0.01),
        False,
    )
    assert (shed["products"], shed["alone"], shed["kept"], shed["wanted"]) == (1, 0, 1.0, True)
    assert all(part.empty for part in view.backups(shop()))


@pytest.mark.row(144, 263)
def test_suppliers_that_could_deliver_count_though_none_was_ordered():
    orders = bought(("1", "A", "Mill", "2026-02-01", "2026-02-10"), ("2", "B", "Mill", "2026-02-01", "2026-02-12"))
    terms = pd.DataFrame(
        {"supplier": ["Mill", "Barn", "Dock"], "backup_for": [None, "Fruit，x9", "b"],
         "emergency_supply": [None, True, False]}
    )  # fmt: skip
    data = shop(purchase_orders=orders, suppliers=terms)
    short, failing = view.backups(data)
    assert short.empty
    assert failing["alone"].sum() == 0
    assert view.stock(data).suppliers["single_source"].tolist() == [0]
    short = view.backups(shop(purchase_orders=orders, suppliers=terms.head(2)))[0]
    assert short["sku"].tolist() == ["B"]


def test_a_lead_time_below_nothing_is_none():
    frames = shops.shop()
    frames["products"] = frames["products"].assign(lead_time_days=[-2.0, 3.0])
    found = view.stock(open_data(frames)).table.set_index("sku")
    assert found["lead_source"].to_dict() == {"A": "default", "B": "list"}
    assert found.loc["B", "lead_days"] == 3


@pytest.mark.row(139)
def test_an_order_nobody_received_lengthens_the_lead_time():
    came = [(str(n), "A", "Mill", "2026-02-01", "2026-02-08") for n in range(9)]
    still = {"received_quantity": None, "status": "open"}
    late = ("late", "A", "Mill", "2026-03-01", None, {**still, "promised_on": "2026-03-21"})
    plain = view.stock(shop(purchase_orders=bought(*came))).table.set_index("sku").loc["A"]
    found = view.stock(shop(purchase_orders=bought(*came, late)))
    mine = found.table.set_index("sku").loc["A"]
    # Nine orders took a week; the tenth has waited 60 days, 40 of them past its promise.
    assert (plain["lead_days"], plain["lead_sd"]) == (7, 0)
    assert mine["overdue_days"] == 40
    assert (mine["lead_days"], mine["lead_sd"]) == (pytest.approx(12.3), pytest.approx(np.std([7] * 9 + [60], ddof=1)))
    assert mine["reorder"] > plain["reorder"]
    assert found.suppliers.loc[0, "lead_days"] == pytest.approx(12.3)
    # A cancelled one never comes, a very old one was given up; of one that came in half the rest has waited 88 days.
    part = ("p", "A", "Mill", "2026-02-01", "2026-02-08", {"quantity": 200, "status": "partial"})
    rest = ("p", "A", "Mill", "2026-02-01", None, {**still, "quantity": 200, "status": "partial"})
    gone = ("c", "A", "Mill", "2026-02-01", None, {**still, "status": "cancelled"})
    old = ("o", "A", "Mill", "2025-09-01", None, {**still, "promised_on": "2025-10-01"})
    found = view.stock(shop(purchase_orders=bought(*came, part, rest, gone, old)))
    assert found.table.set_index("sku").loc["A", "lead_days"] == pytest.approx((9.5 * 7 + 0.5 * 88) / 10)
    assert any("given up" in note.id for note in found.notes)
    assert (found.suppliers.loc[0, "open"], found.suppliers.loc[0, "overdue"]) == (2, 2)
    # The last carton of a hundred is no late order, and one that came in halves is no two orders.
    carton = ("p", "A", "Mill", "2026-02-01", "2026-02-08", {"received_quantity": 99, "status": "partial"})
    halves = [("h", "A", "Mill", "2026-02-01", day, {"quantity": 200}) for day in ("2026-02-15", "2026-02-21")]
    found = view.stock(shop(purchase_orders=bought(*came, carton)))
    assert found.suppliers.loc[0, "lead_days"] == pytest.approx((9.99 * 7 + 0.01 * 88) / 10)
    found = view.stock(shop(purchase_orders=bought(*came, *halves)))
    assert found.suppliers.loc[0, "lead_days"] == pytest.approx((9 * 7 + 14 / 2 + 20 / 2) / 10)


def test_waits_are_those_of_kaplan_and_meier():
    from statsmodels.duration.survfunc import SurvfuncRight

    random = np.random.default_rng(3)
    days, over = random.integers(1, 40, 60), random.random(60) < 0.7
    over[days == days.max()] = True
    curve = SurvfuncRight(days, over.astype(int))
    jumps = -np.diff(np.append(1.0, curve.surv_prob))
    group = np.zeros(60, dtype=int)
    found = waits(np.append(days, 5), np.append(over, True), np.append(group, 2), 3)
    assert found.mean[0] == pytest.approx((jumps * curve.surv_times).sum() / jumps.sum())
    assert found.mean[2] == 5
    assert np.isnan([found.mean[1], found.sd[1], found.sd[2]]).all()
    assert found.receipts.tolist() == [over.sum(), 0, 1]
    weight = random.integers(1, 5, 60)
    often = [np.repeat(part, weight) for part in (days, over, group)]
    assert waits(days, over, group, 1, weight).mean == pytest.approx(waits(*often, 1).mean)


@pytest.mark.row(314)
def test_clearance_is_a_stage_of_lead_time():
    days = [
        ("2026-01-01", "2026-01-11", f"2026-01-{11 + wait:02d}", f"2026-01-{13 + wait:02d}")
        for wait in (2, 4, 6, 8, 10)
    ]
    rows = [
        (str(n), "A", "Abroad", start, came, {"declared_on": told, "cleared_on": let})
        for n, (start, told, let, came) in enumerate(days)
    ]
    rows += [
        ("w", "A", "Abroad", "2026-04-01", None, {"declared_on": "2026-04-20", "cleared_on": None, "status": "open"})
    ]
    rows += [
        ("back", "A", "Abroad", "2026-01-01", "2026-01-09", {"declared_on": "2026-01-08", "cleared_on": "2026-01-05"})
    ]
    rows += [("home", "B", "Near", "2026-01-01", "2026-01-05", {"declared_on": None, "cleared_on": None})]
    found = view.customs(shop(purchase_orders=bought(*rows)))
    (row,) = found.to_dict("records")
    assert (row["supplier"], row["orders"], row["waiting"], row["waiting_days"]) == ("Abroad", 5, 1, 10)
    assert (row["before"], row["clearance"], row["after"], row["lead_days"]) == (10, 6, 2, 18)
    assert row["clearance_sd"] == pytest.approx(np.std([2, 4, 6, 8, 10], ddof=1))
    assert (row["clearance_longest"], row["share"]) == (10, pytest.approx(1.0))
    assert view.customs(shop()).empty


@pytest.mark.row(152, 159)
def test_what_the_warehouse_tells():
    counts = pd.DataFrame(
        {"date": ["2026-04-30"] * 4, "sku": ["A", "B", "A", "B"], "warehouse": ["East", "East", "West", "West"],
         "on_hand": [9, 400, 3, 5], "counted": [9, 380, None, 5]}
    )  # fmt: skip
    work = pd.DataFrame(
        {"date": ["2026-04-29", "2026-04-30", "2026-04-30", "2026-01-01"],
         "warehouse": ["East", "East", "West", "East"],
         "picked_orders": [300, 500, 80, 9_999], "picking_hours": [10, 15, None, 1], "weighed": [290, 480, None, 9],
         "weight_off": [1, 6, None, 9]}
    )  # fmt: skip
    orders = bought(("1", "A", "Mill", "2026-02-01", "2026-02-10", {"inspected_quantity": 4, "defect_quantity": 1}),
                    ("2", "B", "Mill", "2026-02-01", "2026-02-12", {"inspected_quantity": 20, "defect_quantity": 0}),
                    ("3", "B", "Shed", "2026-02-01", "2026-02-12", {"inspected_quantity": None}))  # fmt: skip
    data = shop(inventory_snapshots=counts, warehouse_daily=work, purchase_orders=orders)
    counted, worked, looked = view.warehouses(data)
    east = counted.set_index("warehouse").loc["East"]
    assert (east["counts"], east["right"], east["missing"], east["value"]) == (2, 1, 20, 20 * 5.0)
    assert counted.set_index("warehouse").loc["West", "rate"] == 1.0
    assert east["low"] < 0.5 < east["high"]
    picked = worked.set_index("warehouse")
    assert picked.loc["East", "an_hour"] == 800 / 25
    assert np.isnan(picked.loc["West", "an_hour"])
    assert picked.loc["East", "rate"] == pytest.approx(7 / 770)
    (mill,) = looked.to_dict("records")
    assert (mill["supplier"], mill["share"], mill["enough"], mill["below"]) == ("Mill", 0.12, True, 1)
    # One faulty unit among the 24 that were looked at, not among the 200 that came.
    rate = suppliers(orders, dt.date(2026, 4, 30)).set_index("supplier").loc["Mill", "defect_rate"]
    assert rate == pytest.approx(1 / 24)
    assert all(part.empty for part in view.warehouses(shop()))


@pytest.mark.row(150)
def test_growing_searches_with_few_rivals_come_first():
    then, now = dt.date(2026, 3, 31), dt.date(2026, 4, 30)
    words = ["apple juice", "bread", "tea", "salt", "rice"]
    before, after = [100, 100, 100, 100, 100], [300, 250, 101, 50, 120]
    rivals = [10, 9_000, 50, 20, 7_000]
    terms = pd.DataFrame(
        {"date": [then] * 5 + [now] * 5, "platform": "taobao", "keyword": words * 2, "search_index": before + after,
         "products": rivals * 2}
    )  # fmt: skip
    found = view.searched(shop(search_terms=terms)).set_index("keyword")
    assert found.index[0] == "apple juice"
    assert found["label"].to_dict() == {
        "apple juice": "open", "bread": "crowded", "rice": "crowded", "tea": "moderate", "salt": "shrinking",
    }  # fmt: skip
    assert found.loc["apple juice", "growth"] == pytest.approx(2.0)
    # Places of five words lie at tenths: the first by growth is at 0.9, the least contested at 0.1.
    assert found.loc["apple juice", "score"] == pytest.approx(0.9 * (1 - 0.1))
    assert found["own"].to_dict() == {"apple juice": 0, "bread": 1, "rice": 0, "tea": 0, "salt": 0}
    few = view.searched(shop(search_terms=terms[terms["keyword"].isin(words[:3])]))
    assert set(few["label"]) == {"unknown"}
    assert view.searched(shop()).empty


def test_words_of_two_platforms_are_not_mixed():
    one = pd.DataFrame(
        {"platform": "a", "keyword": list("pqrst"), "searches": [1e6] * 5, "search_index": np.nan,
         "growth": [0.5, 0.4, 0.3, 0.2, 0.1], "products": [1.0, 2, 3, 4, 5], "head_click_share": np.nan}
    )  # fmt: skip
    other = one.assign(platform="b", searches=np.nan, search_index=[1.0, 2, 3, 4, 5])
    titles = pd.DataFrame({"sku": ["A"], "title": ["P"], "category": [""]})
    both = opportunities(pd.concat([one, other]), titles)
    alone = opportunities(one, titles)
    mine = both[both["platform"] == "a"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone)
    assert mine.loc[0, "own"] == 1


def test_what_came_without_a_day_is_no_longer_on_its_way():
    """An ERP's list of purchase orders tells how much came (已入库数), not when."""
    later = {"promised_on": "2026-05-20", "status": "open"}
    orders = bought(
        ("1", "A", "Mill", "2026-04-20", None, later | {"received_quantity": 40}),
        ("2", "B", "Mill", "2026-04-20", None, later | {"received_quantity": 100}),
        ("3", "B", "Shed", "2026-04-20", None, later | {"received_quantity": 0}),
    )
    found = view.stock(shop(purchase_orders=orders))
    assert found.table.set_index("sku")["on_order"].to_dict() == {"A": 60.0, "B": 100.0}
    told = found.suppliers.set_index("supplier")
    assert told["open"].to_dict() == {"Mill": 1, "Shed": 1}
    # What came without a day tells of no wait; what is still to come has waited ten days.
    assert told["lead_days"].to_dict() == {"Mill": 10.0, "Shed": 10.0}
