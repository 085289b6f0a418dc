"""Short lists of orders, reviews and keywords, each by hand."""

import datetime as dt

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from ecops.errors import SpecError
from ecops.growth.board import lists
from ecops.handbook.own import TOPIC
from ecops.periods import Period
from ecops.store.inputs import open_data

MAY = Period(dt.date(2026, 5, 1), dt.date(2026, 5, 31))


def orders(rows, **more):
    """Lines paid on the first of May at noon, unless told otherwise."""
    frame = pd.DataFrame(rows)
    frame["order_id"] = [str(place) for place in range(len(frame))]
    usual = {"platform": "douyin", "paid_at": pd.Timestamp("2026-05-01 12:00"), "status": "shipped", "sku": "A",
             "quantity": 1.0, "paid_amount": 10.0}  # fmt: skip
    for name, value in {**usual, **more}.items():
        if name not in frame:
            frame[name] = value
    return frame.assign(ordered_at=frame["paid_at"])


def shipped(*hours):
    base = pd.Timestamp("2026-05-01 12:00")
    return [{"shipped_at": base + pd.Timedelta(hours=hour), "courier": "SF"} for hour in hours]


@pytest.mark.row(223, 224)
def test_orders_shipped_in_time_by_hand():
    rows = orders([*shipped(1, 47, 48, 49, 100), {"shipped_at": pd.NaT, "courier": "SF", "status": "paid"}])
    late = orders([{"shipped_at": pd.Timestamp("2026-05-20"), "paid_at": pd.Timestamp("2026-05-19 20:00")}])
    silent = orders([{"shipped_at": pd.NaT}] * 3, platform="jd")
    lines = pd.concat([rows.fillna({"status": "shipped"}), late, silent], ignore_index=True)
    data = open_data({"order_lines": lines.assign(order_id=[str(place) for place in range(len(lines))])})
    found = lists.listed(data, MAY, "shipping")
    # Six orders of Douyin whose 48 hours are over; the newest has not had them, JD never says when it ships.
    assert found[["platform", "courier", "on_count", "of_count"]].to_numpy().tolist() == [["douyin", "SF", 3, 6]]
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx(proportion_confint(3, 6, method="wilson"))
    assert lists.told(data, "shipping", found).text("en") == (
        "50% shipped within 48 hours (18.8% to 81%), surely below 95%; 3 were late."
    )
    data.choices = {TOPIC: {"service.ship_hours": {"value": 120, "source": ""}}}
    assert lists.listed(data, MAY, "shipping")["on_count"].tolist() == [5]


@pytest.mark.row(232, 233)
def test_days_of_delivery_by_courier_and_region():
    base = pd.Timestamp("2026-05-02")
    rows = [
        {"courier": "SF", "province": "北京", "shipped_at": base, "signed_at": base + pd.Timedelta(days=days)}
        for days in (1, 2, 3, 5)
    ]
    found = lists.listed(open_data({"order_lines": orders(rows)}), MAY, "delivery")
    assert found[["courier", "province", "on_count", "of_count", "median_days"]].to_numpy().tolist() == [
        ["SF", "北京", 3, 4, 2.5]
    ]
    assert found["slow_days"][0] == pytest.approx(4.4)


@pytest.mark.row(231)
def test_reasons_of_returns_from_records_else_from_orders():
    lines = orders([{"after_sales_reason": "size", "refund_amount": 5.0}, {"after_sales_reason": None}] * 2)
    found = lists.listed(open_data({"order_lines": lines}), MAY, "reasons")
    assert found[["reason", "cases", "money", "part"]].to_numpy().tolist() == [["size", 2, 10.0, 1.0]]
    records = pd.DataFrame(
        {"platform": "douyin", "after_sales_id": list("abc"), "applied_at": pd.Timestamp("2026-05-03"),
         "reason": ["quality", "quality", "size"], "order_id": list("xyz"),
         "amount": [9.0, 9.0, 1.0], "kind": "refund", "status": "done"}
    )  # fmt: skip
    data = open_data({"order_lines": lines, "after_sales": records})
    found = lists.listed(data, MAY, "reasons")
    assert found[["reason", "cases"]].to_numpy().tolist() == [["quality", 2], ["size", 1]]
    assert lists.told(data, "reasons", found).text("en") == "quality makes 67% of the returns."


@pytest.mark.row(304)
def test_sales_by_creator_and_how_much_hangs_on_the_first():
    rows = [{"creator": "ann", "paid_amount": 60.0}, {"creator": "ben", "paid_amount": 40.0}, {"creator": None}]
    data = open_data({"order_lines": orders(rows)})
    found = lists.listed(data, MAY, "creators")
    assert found[["creator", "money", "part"]].to_numpy().tolist() == [["ann", 60.0, 0.6], ["ben", 40.0, 0.4]]
    assert "the first makes 60% of what they sell, three 100%; like 2 equal ones." in (
        lists.told(data, "creators", found).text("en")
    )


@pytest.mark.row(306)
def test_sales_by_tier_of_city_and_platform():
    rows = [{"city_tier": "1", "paid_amount": 30.0}, {"city_tier": "3", "paid_amount": 90.0}]
    found = lists.listed(open_data({"order_lines": orders(rows)}), MAY, "tiers")
    assert found[["city_tier", "money", "part"]].to_numpy().tolist() == [["3", 90.0, 0.75], ["1", 30.0, 0.25]]


@pytest.mark.row(209)
def test_return_and_price_of_a_click_by_keyword():
    rows = pd.DataFrame(
        {"date": pd.Timestamp("2026-05-02"), "platform": "taobao", "keyword": ["cup", "cup", "blue cup"],
         "cost": [10.0, 10.0, 5.0], "clicks": [20, 20, 5], "paid_amount": [30.0, 10.0, 25.0]}
    )  # fmt: skip
    found = lists.listed(open_data({"ad_keywords_daily": rows}), MAY, "keywords").set_index("keyword")
    assert found.loc["cup", ["cost", "roi", "click_price"]].tolist() == [20.0, 2.0, 0.5]
    assert found.loc["blue cup", ["roi", "click_price"]].tolist() == [5.0, 1.0]


@pytest.mark.row(248)
def test_share_of_reviews_answered():
    rows = pd.DataFrame(
        {"platform": ["jd"] * 3 + ["tmall"], "review_id": list("abcd"), "date": pd.Timestamp("2026-05-02"),
         "stars": [1.0, 1.0, 5.0, 1.0], "text": "x", "reply": ["sorry", None, None, None]}
    )  # fmt: skip
    data = open_data({"reviews": rows})
    found = lists.listed(data, MAY, "replies")
    assert found[["stars", "on_count", "of_count"]].to_numpy().tolist() == [[1.0, 1, 2], [5.0, 0, 1]]
    assert lists.told(data, "replies", found).text("en") == "Answered: 33% of 3"


def test_a_list_that_is_none_and_a_table_that_is_missing():
    data = open_data({"traffic_daily": pd.DataFrame({"date": [], "platform": []})})
    assert lists.listed(data, MAY, "creators").empty
    with pytest.raises(SpecError, match="list"):
        lists.listed(data, MAY, "nothing")
