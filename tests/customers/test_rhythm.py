"""The goal of repeat purchases, interests by browsing and buying, member days, what cards did: by hand."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from ecops import customers
from ecops.customers.programme.loyalty import card_effects
from ecops.customers.programme.rhythm import ahead, effect, recurring
from ecops.customers.retention.goal import repeat_goal
from ecops.customers.scoring.interests import interest_table, interests
from ecops.store.inputs import open_data

END = dt.date(2026, 6, 30)


def orders(rows):
    """(buyer, day, more columns) -> order lines."""
    frame = pd.DataFrame(rows)
    return frame.assign(
        platform="web",
        order_id=[f"o{place}" for place in range(len(frame))],
        ordered_at=pd.to_datetime(frame["ordered_at"]),
        paid_amount=50.0,
        quantity=1,
    )


@pytest.mark.row(111)
def test_the_goal_of_repeat_purchases():
    """100 customers of the year, 60 of them with two orders; 20 of the community, of whom 15; one older than a year."""
    rows = [{"buyer_id": f"b{n:03d}", "ordered_at": "2026-02-01"} for n in range(100)]
    rows += [{"buyer_id": f"b{n:03d}", "ordered_at": "2026-05-01"} for n in range(60)]
    rows += [{"buyer_id": "old", "ordered_at": "2025-01-01"}, {"buyer_id": "b000", "ordered_at": str(END)}]
    listed = pd.DataFrame(
        {"platform": "web", "customer_id": [f"b{n:03d}" for n in range(45, 65)], "community": [True] * 20}
    )
    data = open_data({"order_lines": orders(rows), "customers": listed})
    book = customers.order_book(data)
    found = repeat_goal(book, data)
    assert (found.rate.count, found.rate.n, found.goal, found.verdict, found.missing) == (60, 100, 0.4, "reached", 0)
    assert (found.community.count, found.community.n) == (15, 20)
    assert (found.others.count, found.others.n) == (45, 80)
    assert found.references == {"crm": 0.53, "community": 0.67, "ordinary": 0.28}
    own = repeat_goal(book, None, {"customer.repeat_goal": 0.8})
    assert (own.verdict, own.missing, own.community) == ("missed", 20, None)
    assert repeat_goal(book, None, {"customer.repeat_goal": 0.6}).verdict == "open"


@pytest.mark.row(115)
def test_interests_by_browsing_and_buying():
    bought = orders(
        [{"buyer_id": f"n{n}", "ordered_at": "2026-06-01", "category": "coat" if n < 30 else "cup",
          "province": "North"} for n in range(40)]
        + [{"buyer_id": f"s{n}", "ordered_at": "2026-06-01", "category": "coat" if n < 5 else "cup",
            "province": "South"} for n in range(40)]
    )  # fmt: skip
    looks = pd.DataFrame(
        {"user_id": ["n0"] * 6 + ["v", "v", "w"], "event": ["view_item"] * 6 + ["view_item", "favourite", "view_item"],
         "happened_at": pd.Timestamp("2026-06-02"), "category": ["cup"] * 6 + ["hat", "cup", "hat"], "platform": "web"}
    )  # fmt: skip
    data = open_data({"order_lines": bought, "events": looks})
    tags = interests(data, END).set_index("person")
    assert tags.loc["n0", ["category", "weight"]].tolist() == ["cup", 6], "six looks weigh more than one purchase"
    assert tags.loc["v", "category"] == "cup", "a favourite weighs three looks"
    table = interest_table(data, END).set_index("category")
    assert table.loc["hat", ["people", "waiting"]].tolist() == [1, 1]
    assert table.loc["coat", "people"] == 34
    assert table.loc["coat", "region"] == "North"
    assert table.loc["coat", "lift"] == pytest.approx(29 / 40 / (34 / 80))
    assert 1 < table.loc["coat", "low"] < table.loc["coat", "lift"] < table.loc["coat", "high"]
    assert interest_table(data, dt.date(2024, 1, 1)).empty


@pytest.mark.row(118)
def test_member_days_and_what_they_brought():
    coming = ahead(dt.date(2026, 6, 29), 7)
    wanted = {dt.date(2026, 7, 1): {"Community flash sale", "Coupon for old customers"},
              dt.date(2026, 7, 3): {"Member day (double points)"}}  # fmt: skip
    assert {day: set(rows["name_en"]) for day, rows in coming.groupby("starts_on")} == wanted
    days = pd.date_range("2026-01-01", END)
    # Ten orders a day, thirty on the 18th of each month.
    many = [30 if day.day == 18 else 10 for day in days]
    rows = [{"buyer_id": f"{day:%j}x{n}", "ordered_at": day} for day, count in zip(days, many, strict=True)
            for n in range(count)]  # fmt: skip
    found = effect(customers.order_book(open_data(orders(rows)))).set_index("key")
    assert set(found.index) == {key for key, entry in recurring().items() if not entry.daily}
    assert found.loc["flash_day", ["held", "orders", "usual", "ratio"]].tolist() == pytest.approx([6, 30, 10, 3])
    assert found.loc["expert_live", "low"] <= 1 <= found.loc["expert_live", "high"]


@pytest.mark.row(123)
def test_whoever_used_a_card_ordered_again():
    given = pd.DataFrame(
        {"campaign": "card", "coupon_id": [str(n) for n in range(12)], "kind": "card",
         "customer_id": [f"c{n}" for n in range(12)], "issued_at": dt.date(2026, 4, 1),
         "scanned_at": [dt.date(2026, 4, 5)] * 5 + [None] * 7, "redeemed_at": None}
    )  # fmt: skip
    given.loc[11, "issued_at"] = dt.date(2026, 6, 20)
    sold = orders(
        [{"buyer_id": f"c{n}", "ordered_at": "2026-04-20"} for n in (0, 1, 2, 3, 7, 8)]
        + [{"buyer_id": "c4", "ordered_at": "2026-04-05"}, {"buyer_id": "c9", "ordered_at": "2026-06-01"}]
    )
    found = card_effects(open_data({"coupon_redemptions": given, "order_lines": sold}), END).iloc[0]
    # Four of the five who scanned came back in 30 days (the day itself does not count), two of the six others whose
    # 30 days are over.
    assert found[["used_people", "used_rate", "other_people"]].tolist() == [5, 0.8, 6]
    assert found["other_rate"] == pytest.approx(2 / 6)
    assert found["low"] < found["difference"] == pytest.approx(0.8 - 2 / 6)
