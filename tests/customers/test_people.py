"""Members and others, channels and their cost, points, invitations, coupons, questionnaires, personas."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops import customers
from ecops.errors import DataError, SpecError
from ecops.store.inputs import open_data
from tests.customers.conftest import shop


def selected_members(seed=1, effect=0.0, many=4000):
    """Frequent buyers join more often; the programme itself adds `effect` to the chance of an order in the span."""
    generator = np.random.default_rng(seed)
    good = generator.random(many) < 0.4
    joined = generator.random(many) < np.where(good, 0.6, 0.2)
    rows = []
    start = pd.Timestamp("2026-01-01")
    for who in range(many):
        days = generator.integers(0, 20, 4 if good[who] else 1)
        rows += [(f"c{who:05d}", start + pd.Timedelta(days=int(day)), 50.0) for day in days]
        if generator.random() < np.where(good[who], 0.5, 0.15) + effect * joined[who]:
            rows.append((f"c{who:05d}", start + pd.Timedelta(days=130), 50.0))
    rows.append(("z", start + pd.Timedelta(days=180), 1.0))
    people = pd.DataFrame(
        {
            "customer_id": [f"c{who:05d}" for who in range(many)],
            "level": np.where(joined, "gold", ""),
            "community": joined,
        }
    )
    data = open_data({"order_lines": shop(rows), "customers": people})
    return customers.order_book(data), data


@pytest.mark.row(23)
@pytest.mark.row(110)
@pytest.mark.row(124)
def test_the_matched_gap_is_the_programme_and_the_raw_gap_is_not():
    book, data = selected_members()
    none = customers.members(book, data, "community")
    assert none.raw_low > 0.05, "good customers join, so the raw gap is large without any effect"
    assert none.low < 0 < none.high
    assert none.covered > 0.95
    assert "not for why they joined" in str(none.warning)
    book, data = selected_members(effect=0.1)
    some = customers.members(book, data)
    assert some.low < 0.1 < some.high
    assert some.low > 0
    assert some.raw > some.matched


def test_the_matched_gap_by_hand():
    """One order before: 5 of 10 members and 6 of 30 others come back. Two orders: 15 of 30 and 5 of 10."""
    rows, people = [], []
    for orders, member, many, back in ((1, True, 10, 5), (1, False, 30, 6), (2, True, 30, 15), (2, False, 10, 5)):
        for who in range(many):
            name = f"{orders}{member}{who}"
            people.append((name, "gold" if member else ""))
            rows += [(name, f"2026-01-{1 + place:02d}", 10 / orders) for place in range(orders)]
            rows += [(name, "2026-06-01", 10)] * (who < back)
    listed = pd.DataFrame(people, columns=["customer_id", "level"])
    data = open_data({"order_lines": shop(rows), "customers": listed})
    found = customers.members(customers.order_book(data), data)
    assert found.raw == pytest.approx(20 / 40 - 11 / 40)
    # Weighted by the members: 10 of them with a gap of 0.3, 30 with none.
    assert found.matched == pytest.approx((10 * 0.3 + 30 * 0.0) / 40)
    assert found.covered == 1


def test_the_matched_interval_covers():
    gaps = []
    for seed in range(30):
        book, data = selected_members(seed, many=600)
        found = customers.members(book, data)
        gaps.append(found.low <= 0 <= found.high)
    assert np.mean(gaps) >= 0.85


def test_members_need_both_groups():
    book, data = selected_members(many=50)
    with pytest.raises(SpecError, match="level"):
        customers.members(book, data, "levels")
    with pytest.raises(DataError, match="members and others"):
        customers.members(book, data, days=400)
    bare = open_data(shop([("a", "2026-01-01", 10)]))
    with pytest.raises(DataError, match="no customer list"):
        customers.members(customers.order_book(bare), bare)


@pytest.mark.row(8)
@pytest.mark.row(112)
def test_value_and_cost_by_first_channel():
    rows = shop(
        [
            ("a", "2026-01-01", 100),
            ("a", "2026-02-15", 50),
            ("b", "2026-01-05", 60),
            ("c", "2026-01-10", 30),
            ("c", "2026-06-01", 900),
            ("d", "2026-05-20", 70),
        ]
    ).assign(channel=["ads", "live", "ads", "live", "live", "ads"])
    spent = pd.DataFrame(
        {
            "date": [dt.date(2026, 1, 1), dt.date(2026, 1, 8), dt.date(2026, 5, 1)],
            "platform": "taobao",
            "tool": "x",
            "channel": "ads",
            "cost": [40.0, 20.0, 500.0],
        }
    )
    data = open_data({"order_lines": rows, "ad_spend_daily": spent})
    book = customers.order_book(data)
    found = customers.ltv_cac(book, data, months=3, margin=0.5).set_index("channel")
    assert found["customers"].to_dict() == {"ads": 2, "live": 1}
    # 100 + 50 of a and 60 of b, half of 210; d is too young, c's 900 come after the span.
    assert found.loc["ads", "ltv"] == 105
    assert found.loc["live", "ltv"] == 30
    assert (found.loc["ads", "spent"], found.loc["ads", "cac"], found.loc["ads", "ratio"]) == (60, 30, 3.5)
    # 80 a customer in the first month, half of it margin: earned back at once.
    assert found.loc["ads", "payback"] == 1
    assert np.isnan(found.loc["live", ["cac", "ratio", "payback"]].astype(float)).all()
    with pytest.raises(DataError, match="lived through"):
        customers.ltv_cac(book, data, months=12)


def test_the_customer_list_names_the_channel_and_orders_the_city_where_the_other_does_not():
    rows = shop([("a", "2026-01-01", 100), ("b", "2026-01-05", 60), ("c", "2026-01-10", 30), ("c", "2026-06-01", 9)])
    rows = rows.assign(channel=["live", "", "", ""], city_tier=["tier 1", "tier 2", "tier 1", "tier 1"])
    listed = pd.DataFrame({"customer_id": ["a", "b"], "channel": ["search", "search"], "city_tier": ["", "new tier 1"]})
    data = open_data({"order_lines": rows, "customers": listed})
    book = customers.order_book(data)
    found = customers.ltv_cac(book, data, months=3).set_index("channel")["ltv"]
    assert found.to_dict() == {"live": 100, "search": 60, "": 30}
    filled = customers.completeness(book, data).set_index("dimension")["filled"]
    assert filled["city_tier"] == pytest.approx(2 / 3)


def test_what_a_list_does_not_tell_is_not_nought():
    rows = shop([("a", "2026-01-01", 100), ("b", "2026-01-05", 60)])
    given = pd.DataFrame(
        {
            "campaign": ["autumn", "card", "card"],
            "coupon_id": ["1", "2", "3"],
            "customer_id": ["a", "a", "b"],
            "issued_at": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-01-02"]),
            "scanned_at": pd.to_datetime([None, "2026-01-03", None]),
            "redeemed_at": pd.to_datetime(["2026-01-02", None, None]),
        }
    )
    listed = people_list().drop(columns="points_used")
    data = open_data({"order_lines": rows, "customers": listed, "coupon_redemptions": given})
    owed = customers.points(data)
    assert owed.outstanding == 200
    assert np.isnan([owed.used, owed.redeemed_share, owed.expected]).all()
    unpointed = open_data({"order_lines": rows, "customers": listed.drop(columns="points")})
    assert np.isnan([customers.points(unpointed).outstanding, customers.points(unpointed).cost]).all()
    rate = customers.coupons(data).set_index("campaign")["scan_rate"]
    assert np.isnan(rate["autumn"])
    assert rate["card"] == 0.5


def people_list():
    return pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "x"],
            "level": ["gold", "", None, "gold"],
            "points": [100.0, 50.0, np.nan, 50.0],
            "points_used": [100.0, 0.0, np.nan, 0.0],
            "gender": ["f", "f", "m", "m"],
            "invited": [3.0, 0.0, 0.0, 5.0],
            "joined": [1.0, 0.0, 0.0, 1.0],
        }
    )


@pytest.mark.row(114)
@pytest.mark.row(310)
def test_points_invitations_and_the_profile():
    rows = shop([("a", "2026-01-01", 100), ("b", "2026-01-05", 60), ("c", "2026-01-10", 30), ("d", "2026-01-11", 30)])
    data = open_data({"order_lines": rows, "customers": people_list()})
    book = customers.order_book(data)
    owed = customers.points(data, point_value=0.05)
    assert (owed.outstanding, owed.used, owed.redeemed_share) == (200, 100, pytest.approx(1 / 3))
    assert (owed.cost, owed.expected) == (pytest.approx(10), pytest.approx(10 / 3))
    brought = customers.referral(data)
    assert (brought.each, brought.conversion, brought.factor) == (2.0, 0.25, 0.5)
    assert brought.factor == brought.each * brought.conversion
    filled = customers.completeness(book, data).set_index("dimension")["filled"]
    assert len(filled) == 15
    assert (filled["gender"], filled["level"], filled["points"], filled["motive"], filled["money"]) == (
        0.75,
        0.25,
        0.5,
        0.0,
        1.0,
    )


@pytest.mark.row(123)
def test_coupons_and_package_cards():
    given = pd.DataFrame(
        {
            "campaign": ["card"] * 4 + ["autumn"] * 2,
            "coupon_id": list("123456"),
            "kind": ["card"] * 4 + ["coupon"] * 2,
            "scanned_at": [dt.date(2026, 1, 1), dt.date(2026, 1, 2), None, None, None, None],
            "redeemed_at": [dt.date(2026, 1, 3), None, None, None, dt.date(2026, 1, 3), None],
        }
    )
    found = customers.coupons(open_data({"coupon_redemptions": given})).set_index("campaign")
    assert found.loc["card", ["issued", "scanned", "redeemed"]].tolist() == [4, 2, 1]
    assert (found.loc["card", "scan_rate"], found.loc["autumn", "redeem_rate"]) == (0.5, 0.5)
    assert 0 < found.loc["card", "low"] < 0.25 < found.loc["card", "high"] < 1


@pytest.mark.row(122)
def test_questionnaires():
    answers = pd.DataFrame(
        {
            "survey": "s",
            "customer_id": [f"c{n}" for n in range(13)],
            "question": ["nps"] * 10 + ["why gone"] * 3,
            "answer": [""] * 10 + ["price", "price", "late"],
            "score": [10, 9, 9, 9, 9, 9, 8, 7, 3, 0, None, None, None],
        }
    )
    found = customers.survey(open_data({"surveys": answers}))
    # Six promoters, two detractors of ten; variance (6 + 2) / 10 - 0.4 ** 2 = 0.64.
    assert (found.n, found.nps) == (10, pytest.approx(0.4))
    assert found.low == pytest.approx(0.4 - 1.96 * 0.8 / np.sqrt(10), abs=1e-3)
    assert found.answers["answer"].tolist() == ["price", "late"]
    assert found.answers["share"].tolist() == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.row(121)
def test_the_persona_is_the_segments_own_numbers():
    rows = [(f"c{n:03d}", "2026-01-05", 10.0 + n) for n in range(60)]
    people = pd.DataFrame(
        {
            "customer_id": [f"c{n:03d}" for n in range(60)],
            "gender": ["f"] * 45 + ["m"] * 15,
            "motive": ["gift"] * 10 + [""] * 50,
        }
    )
    data = open_data({"order_lines": shop(rows), "customers": people})
    book = customers.order_book(data)
    found = customers.segment(customers.score(customers.rfm(book)))
    keys = [entry.key for entry in found.scheme.segments]
    card = customers.persona(book, found, data, keys)
    assert (card.customers, card.listed, card.frequency, card.money) == (60, 60, 1, 39.5)
    assert card.traits.to_dict("records") == [{"trait": "gender", "value": "f", "share": 0.75, "known": 60}]
    with pytest.raises(DataError, match="No customer"):
        customers.persona(book, found, data, ["cannot_lose"])


@pytest.mark.row(109)
def test_habits_by_their_stated_rules():
    rows = shop(
        [
            ("cheap", "2026-01-01", 10),
            ("cheap", "2026-01-02", 10),
            ("dear", "2026-01-03", 500),
            ("once", "2026-01-04", 12),
            ("mid", "2026-01-05", 20),
        ]
    ).assign(discount=[3.0, 0.0, 0.0, 2.0, 0.0])
    data = open_data(rows)
    book = customers.order_book(data)
    found = customers.habits(book, customers.segment(customers.score(customers.rfm(book))), data).set_index("customer")
    assert found["price_sensitive"].to_dict() == {"cheap": True, "dear": False, "mid": False, "once": False}
    assert found["quality_seeking"].to_dict() == {"cheap": False, "dear": True, "mid": False, "once": False}
    assert found.loc["dear", "high_value"]
    assert found.loc["cheap", "discounted"] == 0.5
