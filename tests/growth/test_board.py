"""The board: steps that add up, trends, unusual days, scorecards."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecops import growth
from ecops.errors import SpecError
from ecops.growth.board import pictures
from ecops.growth.board import scorecard as board
from ecops.growth.board.steps import by_step, spans, trends
from ecops.growth.board.unusual import unusual_days
from ecops.handbook import advice
from ecops.metrics.measured import measured
from ecops.metrics.registry import metrics
from ecops.metrics.told.questions import questions
from ecops.periods import Period

ROOT = Path(__file__).resolve().parents[2]
END = dt.date(2026, 3, 31)
RANDOM = np.random.default_rng(3)


def traffic(days=200, visitors=2000, change=None, noise=RANDOM):
    """Daily traffic of one shop that ends on END; `change` maps days before END to a factor of the visitors."""
    rows = []
    for back in range(days):
        day = END - dt.timedelta(days=back)
        level = visitors * (1.3 if day.weekday() >= 5 else 1.0) * (change or {}).get(back, 1.0)
        seen = int(noise.poisson(level))
        buyers = int(noise.binomial(seen, 0.05))
        rows.append(
            {
                "date": day, "platform": "taobao", "shop": "one", "level": "shop", "visitors": seen,
                "page_views": 3 * seen, "pay_buyers": buyers, "pay_amount": 100.0 * buyers,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def shop():
    return traffic(change={3: 0.4})


@pytest.mark.row(5, 17, 25, 37)
@pytest.mark.parametrize("step", ["day", "week", "month", "quarter"])
def test_steps_add_up_to_the_days_they_hold(shop, step):
    table = by_step(shop, END, step)
    for row in table.itertuples():
        inside = shop[(shop["date"] >= row.start) & (shop["date"] <= row.end)]
        assert row.visitors == inside["visitors"].sum()
        assert row.gmv == pytest.approx(inside["pay_amount"].sum())
        assert row.pay_conversion == pytest.approx(inside["pay_buyers"].sum() / inside["visitors"].sum())
        assert row.days == len(inside)
        assert row.whole == (len(inside) == (row.end - row.start).days + 1 and _over(row.end, step))
    assert table["end"].iloc[-1] == END


def _over(end, step):
    after = end + dt.timedelta(days=1)
    return {
        "day": True,
        "week": after.weekday() == 0,
        "month": after.day == 1,
        "quarter": after.day == 1 and after.month % 3 == 1,
    }[step]


def test_a_day_without_a_sale_is_no_day_without_figures(shop):
    quiet = shop["date"].map(lambda day: day.toordinal() % 5 == 0)
    sold = shop.assign(**{name: shop[name].where(~quiet, 0) for name in ("pay_buyers", "pay_amount")})
    assert list(by_step(sold, END, "week")["whole"]) == list(by_step(shop, END, "week")["whole"])
    gone = by_step(shop[~quiet], END, "week")
    assert not gone["whole"].any()


def test_the_picture_compares_with_the_step_before_only(shop):
    def said(table):
        return pictures.steps(table, "gmv", "month", "CNY").plotly().layout.title.text

    assert "against the one before" in said(by_step(shop, END, "month"))
    gap = shop[(shop["date"] < dt.date(2026, 2, 10)) | (shop["date"] > dt.date(2026, 2, 12))]
    assert "against the one before" not in said(by_step(gap, END, "month"))
    loss = by_step(shop.assign(pay_amount=-shop["pay_amount"]), END, "month")
    assert "against the one before" not in said(loss)


def test_the_last_step_may_be_unfinished_and_the_first_lacks_days(shop):
    table = by_step(shop, END - dt.timedelta(days=10), "month")
    assert list(table["whole"])[-1] is np.False_ or not table["whole"].iloc[-1]
    assert table["days"].iloc[-1] == 21
    assert not table["whole"].iloc[0]
    assert [span.days for span in spans(END, "quarter", 2)] == [92, 90]


@pytest.mark.row(14)
def test_a_trend_is_the_change_a_week():
    falling = {back: 0.96 ** (-back / 7) * 0.96**12 for back in range(84)}
    told = {one.metric.key: one for one in trends(traffic(change=falling), END)}
    assert told["visitors"].confirmed
    assert told["visitors"].weekly == pytest.approx(-0.04, abs=0.006)
    assert told["visitors"].low < told["visitors"].weekly < told["visitors"].high < 0
    assert "fell" in told["visitors"].sentence.text("en")
    assert told["visitors"].advice == advice("traffic_low")
    assert not told["pay_conversion"].confirmed
    assert told["pay_conversion"].advice is None
    assert not any(one.confirmed for one in trends(traffic(noise=np.random.default_rng(5)), END))


@pytest.mark.row(6, 25)
def test_one_bad_day_is_flagged_against_its_weekdays(shop):
    found = unusual_days(shop, Period(END - dt.timedelta(days=6), END))
    assert [(one.day, one.metric.key) for one in found] == [(END - dt.timedelta(days=3), "visitors")]
    one = found[0]
    like = shop[shop["date"].isin([one.day - dt.timedelta(days=7 * week) for week in range(1, 7)])]
    assert one.usual == pytest.approx(like["visitors"].mean())
    assert not one.good
    assert one.relative == pytest.approx(one.value / like["visitors"].mean() - 1)


def test_weekends_and_short_histories_are_not_flagged(shop):
    quiet = shop[shop["date"] < END - dt.timedelta(days=3)]
    last = quiet["date"].max()
    assert unusual_days(quiet, Period(last - dt.timedelta(days=6), last)) == ()
    young = shop[shop["date"] > END - dt.timedelta(days=20)]
    assert unusual_days(young, Period(END - dt.timedelta(days=6), END)) == ()


def test_a_promotion_of_the_calendar_is_no_usual_day_and_is_named(shop):
    day = END - dt.timedelta(days=3)
    peak = day - dt.timedelta(days=7)
    calendar = pd.DataFrame(
        [{"starts_on": peak, "ends_on": peak, "name": "大促", "name_en": "Sale", "kind": "promotion"},
         {"starts_on": day, "ends_on": day, "name": "停电", "name_en": "Power cut", "kind": "other"}]
    )  # fmt: skip
    loud = shop.assign(visitors=shop["visitors"].where(shop["date"] != peak, 20_000))
    found = unusual_days({"traffic_daily": loud, "calendar": calendar}, Period(END - dt.timedelta(days=6), END))
    one = next(one for one in found if one.metric.key == "visitors")
    like = shop[shop["date"].isin([day - dt.timedelta(days=7 * week) for week in range(2, 7)])]
    assert one.usual == pytest.approx(like["visitors"].mean())
    assert one.events == ("停电",)


@pytest.mark.row(38, 52)
def test_the_cards_hold_metrics_that_exist():
    for kind in ("role", "family", "chain"):
        for card in board.cards(kind).values():
            assert {*card.kpis, *card.peak, *card.quiet} <= metrics().keys()
    assert set(board.cards("family")) == {"finance", "operations", "customers", "team"}
    assert list(board.cards("chain")) == ["traffic", "conversion", "retention", "supply"]
    assert {"uv_value", "roi", "repeat_rate"} <= set(board.cards("role")["operations"].kpis)
    with pytest.raises(SpecError):
        board.known_kind("team")


@pytest.mark.row(20, 24, 52)
def test_a_card_says_what_got_worse_and_what_is_missing():
    worse = dict.fromkeys(range(28), 0.7)
    period = Period(END - dt.timedelta(days=27), END)
    cards = {one.card.key: one for one in growth.scorecard(traffic(change=worse), period, by="chain")}
    lines = {line.metric.key: line for one in cards.values() for line in one.lines}
    assert lines["visitors"].state == "worse"
    assert lines["pay_conversion"].state == "unclear"
    assert lines["inventory_turnover"].state == "unknown"
    assert lines["inventory_turnover"].reason is not None
    assert "1 worse" not in cards["retention"].sentence.text("en")


def test_the_season_follows_the_calendar():
    period = Period(END - dt.timedelta(days=6), END)
    calendar = pd.DataFrame([{"starts_on": END, "ends_on": END, "name": "大促", "kind": "promotion"}])
    tables = {"traffic_daily": traffic(60), "calendar": calendar}
    assert board.season_of(tables, period) == "peak"
    assert board.season_of(tables, period.shifted(-14)) == "quiet"
    lead = {one.card.key: one for one in growth.scorecard(tables, period)}["operations"]
    assert [line.metric.key for line in lead.lines if line.seasonal] == ["gmv", "orders"]
    quiet = growth.scorecard(tables, period, season="quiet")[0]
    assert [line.metric.key for line in quiet.lines if line.seasonal] == ["discount_rate", "gross_margin"]


@pytest.mark.row(3, 8, 9, 23, 57)
def test_customers_measure_repeat_purchases_and_the_net_promoter_score():
    days = [END - dt.timedelta(days=400 - 2 * number) for number in range(200)]
    orders = pd.DataFrame(
        {
            "platform": "taobao", "shop": "one", "order_id": [f"o{n}" for n in range(200)], "line_id": "1",
            "buyer_id": [f"b{n % 150}" for n in range(200)], "ordered_at": days, "paid_at": days, "status": "completed",
            "sku": "s", "quantity": 1.0, "paid_amount": 50.0, "currency": "CNY",
        }
    )  # fmt: skip
    scores = [10] * 50 + [7] * 30 + [3] * 20
    surveys = pd.DataFrame(
        {"survey": "q", "customer_id": [f"b{n}" for n in range(100)], "question": "nps", "score": scores,
         "answer": [str(score) for score in scores], "answered_at": END}
    )  # fmt: skip
    found = measured({"order_lines": orders, "surveys": surveys}, Period(END - dt.timedelta(days=27), END))
    assert found["customer_base"].value == 150
    assert found["repeat_rate"].value == pytest.approx(50 / 150)
    assert found["nps"].value == pytest.approx(50 - 20)
    half = 1.959964 * np.sqrt((0.7 - 0.09) / 100)
    assert found["nps"].low == pytest.approx(30 - 100 * half, abs=1e-2)


@pytest.mark.row(41)
def test_the_next_four_weeks_are_like_the_last_and_the_interval_holds_them():
    random = np.random.default_rng(11)
    held = 0
    for _ in range(20):
        whole = traffic(168, noise=random)
        known = whole[whole["date"] <= END - dt.timedelta(days=28)]
        found = growth.outlook(known, END - dt.timedelta(days=28))
        last = known[known["date"] > END - dt.timedelta(days=56)]["pay_amount"].sum()
        assert found.value == pytest.approx(last)
        held += found.low <= whole[whole["date"] > END - dt.timedelta(days=28)]["pay_amount"].sum() <= found.high
    assert held >= 17
    young = traffic(40)
    assert np.isnan(growth.outlook(young, END).low)
    assert "too little history" in growth.outlook(young, END).sentence.text("en")
    assert growth.outlook(traffic(20), END) is None
    # One order of a million among cents: no interval holds that, and nothing breaks.
    spiky = whole.assign(pay_amount=[1e9 if number == 5 else 0.01 for number in range(len(whole))])
    assert np.isnan(growth.outlook(spiky, END).high)


@pytest.mark.row(40, 41)
def test_every_question_leads_to_figures_and_a_page_that_exist():
    kinds = set()
    for one in questions():
        assert set(one.metrics) <= metrics().keys()
        assert (ROOT / "pages" / f"{one.page}.py").exists()
        kinds.add(one.kind)
    assert kinds == {"descriptive", "diagnostic", "predictive"}
