"""The review of a week: fixed order, like with like, and what it says when something is missing."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError, SpecError
from ecops.metrics import kpis
from ecops.metrics.measured import measured
from ecops.periods import Period, parse_period
from ecops.review import ActionLog, Target, Targets, report, weekly
from ecops.review.week.agenda import Chapter
from ecops.review.week.deck import takeaway
from ecops.review.week.spans import called, last_full_month, reviewable
from ecops.store.inputs import open_data
from ecops.store.state import State

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


def traffic(start, end, without=()):
    """One platform, the same every week: 100 visitors more each weekday, 5 % pay 100 each."""
    days = [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
    rows = [
        {
            "date": day, "platform": "taobao", "shop": "s", "level": "shop", "channel": "", "device": "",
            "visitors": 1000 + 100 * day.weekday(), "cart_users": 200, "order_buyers": 80,
            "pay_buyers": 50 + 5 * day.weekday(), "pay_amount": 5000.0 + 500 * day.weekday(),
        }
        for day in days if day not in without
    ]  # fmt: skip
    return open_data({"traffic_daily": pd.DataFrame(rows)})


@pytest.mark.row(18)
def test_the_figures_are_those_of_the_overview(shop):
    review, own = weekly(shop), kpis(shop.data(), WEEK)
    assert review.week == WEEK
    for row in review.kpis:
        assert (row.value, row.before) == (own[row.metric.key].value, own[row.metric.key].previous)
    year = kpis(shop.data(), WEEK, "last_year")
    assert review.kpis[0].year_before == year["gmv"].previous


def spent(workspace, day):
    """What promotion cost in seven days, straight from the table."""
    span = f"between '{day}' and '{day + dt.timedelta(days=6)}'"
    return workspace.query(f"select sum(cost) as x from ad_spend_daily where date {span}")["x"][0].as_py()


@pytest.mark.parametrize("stage", ["", "cold_start", "growth", "maturity"])
def test_each_row_can_be_worked_out_from_its_own_values(shop_with_orders, stage):
    review = weekly(shop_with_orders, stage=stage)
    year = kpis(shop_with_orders.data(), WEEK, "last_year")
    ends = [measured(shop_with_orders.data(), days) for days in (WEEK, WEEK.compared("previous"))]
    for row in review.kpis:
        earlier = year[row.metric.key]
        if row.metric.page:
            # What a capability measures at a day stands beside itself a week before.
            assert (row.value, row.before) == tuple(side[row.metric.key].value for side in ends)
            assert not row.sure
            continue
        assert row.year_change == pytest.approx(row.value / row.year_before - 1, nan_ok=True)
        if math.isfinite(row.year_before):
            # What stands beside each other was counted in one way.
            assert (row.year_before, row.value) == (earlier.previous, pytest.approx(earlier.like))
    told = {row.metric.key for row in review.kpis if math.isfinite(row.year_before)}
    assert told >= {"gmv", "visitors"} & {row.metric.key for row in review.kpis}


def test_a_year_before_is_unknown_where_the_history_of_buyers_is_shorter(shop_with_orders):
    review = weekly(shop_with_orders, stage="maturity")
    share = next(row for row in review.kpis if row.metric.key == "repeat_share")
    other = kpis(shop_with_orders.data(), WEEK, "last_year")["repeat_share"]
    assert (round(share.value, 2), round(other.like, 2), round(other.previous, 2)) == (0.42, 0.31, 0.20)
    assert math.isnan(share.year_before)
    assert math.isnan(share.year_change)
    assert math.isfinite(share.before)
    (note,) = [note for note in review.notes if "No year before" in note.id]
    assert share.metric.label.zh in note.text("zh")


def test_promotion_of_days_before_its_file_begins_is_unknown_and_not_nothing(shop_with_orders):
    review = weekly(shop_with_orders, stage="cold_start")
    cost = next(row for row in review.kpis if row.metric.key == "ad_cost")
    assert cost.value == pytest.approx(spent(shop_with_orders, WEEK.start))
    assert cost.before == pytest.approx(spent(shop_with_orders, dt.date(2026, 11, 2)))
    assert math.isnan(cost.year_before)
    # The file begins on Monday, 6 July: nothing is known of the week before.
    first = weekly(shop_with_orders, week=Period(dt.date(2026, 7, 6), dt.date(2026, 7, 12)), stage="cold_start")
    cost = next(row for row in first.kpis if row.metric.key == "ad_cost")
    assert (cost.value > 0, math.isnan(cost.before), math.isnan(cost.change), cost.sure) == (True, True, True, False)


def test_a_week_with_a_missing_day_a_year_before_has_no_year_before():
    gone = WEEK.start - dt.timedelta(days=362)
    review = weekly(traffic(dt.date(2025, 9, 1), WEEK.end, {gone}))
    assert all(math.isnan(row.year_before) and math.isnan(row.year_change) for row in review.kpis if row.value > 100)
    assert any("No year before" in note.id for note in review.notes)


@pytest.mark.row(17)
def test_series_add_up_to_the_figures(shop):
    review = weekly(shop)
    gmv = review.lines.weeks["gmv"]
    assert sum(gmv.this_year[-7:]) == pytest.approx(review.kpis[0].value)
    assert sum(gmv.year_before[-7:]) == pytest.approx(review.kpis[0].year_before)
    assert gmv.days[-1] == WEEK.end
    assert [day.weekday() for day in gmv.days[::7]] == [0] * 6
    for row in review.kpis:
        if row.metric.key in review.lines.weeks and math.isfinite(row.year_change):
            line = review.lines.weeks[row.metric.key]
            assert line.latest / line.latest_before - 1 == pytest.approx(row.year_change)
    months = review.lines.months["gmv"]
    direct = shop.query(
        "select sum(pay_amount) as x from traffic_daily "
        "where level = 'source' and date between '2026-10-01' and '2026-10-31'"
    )["x"][0].as_py()
    assert months.this_year[-2] == pytest.approx(direct)
    assert months.partial == (False,) * 11 + (True,)
    assert len(months.days) == 12


def test_what_was_special_a_year_before_is_said(shop):
    (note,) = [note for note in weekly(shop).notes if "events" in note.params]
    assert note.params["events"] == "2025年双11"
    assert note.text("en") == "In the same week a year before: Double 11 of 2025."
    assert note.text("zh") == "去年同期有：2025年双11。"


@pytest.mark.row(20)
def test_the_story_is_told_in_the_order_of_the_handbook(shop):
    review = weekly(shop)
    assert [chapter.name for chapter in review.story] == ["traffic", "conversion", "retention", "other"]
    assert [chapter.state for chapter in review.story[:3]] == ["unchanged", "confirmed", "unchanged"]
    assert sorted(map(id, review.findings)) == sorted(id(item) for chapter in review.story for item in chapter.findings)
    assert review.story[0] == Chapter("traffic", "unchanged", ())


def test_the_verdict_names_a_change_and_not_a_test():
    from ecops.finding import Amount, Finding
    from ecops.messages import Message
    from ecops.review.week.agenda import _verdict

    values = {
        "area": "experiments", "kind": "experiment", "subject": {"experiment": "x"}, "metric": "conversion",
        "period": WEEK, "compare": None, "before": 0.1, "after": 0.2, "ci": (0.05, 0.15), "q_value": 0.001, "n": 100,
        "confidence": "confirmed", "money": Amount(9e5, 8e5, 1e6, "CNY", "week"), "headline": Message("Ship it."),
        "evidence": Message("x"),
    }  # fmt: skip
    change = {"area": "funnel", "kind": "rate", "compare": WEEK.shifted(-7), "headline": Message("It fell.")}
    now = kpis(traffic(dt.date(2026, 9, 1), WEEK.end), WEEK)
    assert "Nothing changed" in _verdict(now, [Finding(**values)], called(WEEK)).id
    assert _verdict(now, [Finding(**values), Finding(**{**values, **change})], called(WEEK)).params["cause"] == Message(
        "It fell."
    )


def test_less_than_one_per_cent_is_level():
    review = weekly(traffic(dt.date(2025, 9, 1), WEEK.end))
    assert takeaway(review.lines.weeks["gmv"]).text("zh") == "GMV（支付金额）：最近一周与去年同期持平"


def test_receipts_stand_below(shop):
    assert {receipt.params["file"] for receipt in weekly(shop).receipts} == {item.file for item in shop.receipts()}


def test_a_first_week_says_so():
    review = weekly(traffic(WEEK.start, WEEK.end))
    assert any("first week" in note.id for note in review.notes)
    assert "nothing before" in review.verdict.id
    assert all(math.isnan(row.change) and math.isnan(row.year_change) for row in review.kpis)
    assert [item for item in review.findings if item.confidence == "confirmed"] == []
    assert "no year before" in takeaway(review.lines.weeks["gmv"]).id


def test_days_before_the_first_have_no_first_week_and_a_month_is_no_week():
    early = weekly(traffic(WEEK.start, WEEK.end), week=WEEK.shifted(-700))
    assert "no sales figures" in early.verdict.id
    assert not any("first week" in note.id for note in early.notes)
    month = weekly(traffic(dt.date(2026, 10, 1), WEEK.end), week=Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31)))
    assert [note.id for note in month.notes if "figures of as many days" in note.id]
    assert not any("first week" in note.id for note in month.notes)


def test_missing_days_are_said_and_like_is_compared_with_like():
    gone = dt.date(2026, 11, 12)
    review = weekly(traffic(dt.date(2026, 9, 1), WEEK.end, {gone}))
    gmv = next(row for row in review.kpis if row.metric.key == "gmv")
    assert gmv.change == pytest.approx(0)  # the Thursday of the week before is left out too
    assert gmv.like == gmv.before
    told = [*review.notes, *(item.headline for item in review.defects)]
    assert any("12" in note.text("en") and "Nov" in note.text("en") for note in told)
    assert np.isnan(review.lines.weeks["gmv"].this_year[-4])
    assert np.isnan(review.lines.weeks["gmv"].latest)


def test_a_shop_that_does_not_change_has_nothing_to_tell():
    review = weekly(traffic(dt.date(2025, 9, 1), WEEK.end))
    assert "Nothing changed" in review.verdict.id
    assert review.findings == ()
    assert {row.metric.key: row.year_change for row in review.kpis}["gmv"] == pytest.approx(0)
    assert review.alerts == ()


def test_nothing_at_all_is_an_error_with_a_next_step():
    with pytest.raises(DataError, match="no orders and no traffic"):
        weekly(open_data({"traffic_daily": pd.DataFrame({"date": [], "platform": [], "level": [], "visitors": []})}))


def test_orders_alone_are_enough():
    days = [dt.datetime(2026, 9, 1, 12) + dt.timedelta(days=n) for n in range(76)]
    lines = [
        {"platform": "jd", "shop": "s", "order_id": f"{n}-{k}", "line_id": "1", "sku": "a", "ordered_at": day,
         "paid_at": day, "paid_amount": 100.0, "quantity": 1, "status": "paid", "buyer_id": f"b{k}"}
        for n, day in enumerate(days) for k in range(20)
    ]  # fmt: skip
    review = weekly(open_data({"order_lines": pd.DataFrame(lines)}))
    assert review.kpis[0].value == 7 * 20 * 100.0
    assert [item for item in review.findings if item.confidence == "confirmed"] == []


@pytest.fixture
def log(tmp_path):
    return ActionLog(State(f"sqlite:///{tmp_path / 'actions.sqlite'}"))


def test_decisions_put_the_overdue_first(log):
    log.add("li", title="later", owner="design", metric="gmv", due=dt.date(2026, 12, 1))
    log.add("li", title="late", owner="design", metric="gmv", due=dt.date(2026, 11, 10))
    log.add("li", title="some day", owner="design", metric="gmv")
    review = weekly(traffic(dt.date(2026, 9, 1), WEEK.end), log)
    assert [(item.action.title, item.standing) for item in review.decisions] == [
        ("late", "overdue"), ("later", "open"), ("some day", "open"),
    ]  # fmt: skip


def test_an_action_whose_metric_or_data_is_gone_says_so(log):
    began = dt.date(2026, 11, 2)
    for metric, subject in (("gvm", {}), ("gmv", {"platform": "closed"}), ("gmv", {"planet": "mars"}), ("nps", {})):
        log.add("li", title=metric, owner="design", metric=metric, subject=subject, state="done", began=began)
    review = weekly(traffic(dt.date(2026, 9, 1), WEEK.end), log)
    assert [item.standing for item in review.followups] == ["unknown"] * 4
    assert all("cannot be verified" in item.sentence.text("en") for item in review.followups)


def test_nothing_happened_is_no_evidence(log):
    log.add("li", title="x", owner="design", metric="gmv", state="done", began=dt.date(2026, 11, 2))
    (item,) = weekly(traffic(dt.date(2026, 9, 1), WEEK.end), log).followups
    assert item.standing == "no_evidence"
    assert item.outcome.weekly.value == pytest.approx(0, abs=1e-6)
    assert item.outcome.notes  # a whole shop has nothing to be compared with


@pytest.mark.parametrize(("metric", "lost"), [("visitors", True), ("pay_conversion", False)])
def test_a_source_that_is_gone_is_told_as_gone(log, metric, lost):
    began = dt.date(2026, 11, 2)
    days = [dt.date(2026, 9, 1) + dt.timedelta(days=n) for n in range(76)]
    rows = [
        {
            "date": day, "platform": "taobao", "shop": "s", "level": "source", "channel": channel, "device": "",
            "visitors": 1000 + 50 * day.weekday(), "cart_users": 200, "order_buyers": 80,
            "pay_buyers": 0 if channel == "live" and day >= began else 50 + day.day % 5, "pay_amount": 5000.0,
        }
        for day in days for channel in ("live", "search", "card", "ads")
        if not (lost and channel == "live" and day >= began)
    ]  # fmt: skip
    log.add("li", title="x", owner="design", metric=metric, subject={"channel": "live"}, state="done", began=began)
    (item,) = weekly(open_data({"traffic_daily": pd.DataFrame(rows)}), log).followups
    assert (item.standing, item.outcome.after) == ("did_not_work", 0.0)
    assert item.outcome.weekly.high < 0
    assert "Did not work" in item.sentence.text("en")


@pytest.mark.row(93)
def test_an_experiment_answers_for_its_action(shop, tmp_path):
    log = ActionLog(State(f"sqlite:///{tmp_path / 'actions.sqlite'}"))
    for name in ("ab_win", "ab_nothing"):
        log.add("li", title=name, owner="design", metric="conversion", experiment=name, state="done", began=WEEK.start)
    won, nothing = weekly(shop, log).followups
    assert (won.standing, won.finding.subject["experiment"]) == ("experiment", "ab_win")
    assert "no data" in nothing.sentence.id


@pytest.mark.row(2)
def test_targets_stand_beside_the_figures(own_shop):
    Targets(own_shop.state).set("li", Target("gmv", 50_000.0, dt.date(2026, 12, 31), dt.date(2026, 11, 1), 40_000.0))
    review = weekly(own_shop)
    assert review.kpis[0].progress.state == "behind"
    assert [branch.metric for branch in review.goals] == ["gmv", "visitors", "pay_conversion", "value_per_buyer"]


@pytest.mark.row(43)
def test_stages_choose_the_figures(shop):
    assert [row.metric.key for row in weekly(shop, stage="cold_start").kpis][:2] == ["visitors", "pay_conversion"]


@pytest.mark.row(25, 36, 37)
def test_a_month_is_told_as_a_month(shop):
    october = Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    month = weekly(shop, week=october)
    figures = kpis(shop.data(), october)
    assert month.verdict.text("en").startswith("GMV was ¥")
    assert " in the month, " in month.verdict.text("en")
    assert next(row.value for row in month.kpis if row.metric.key == "gmv") == pytest.approx(figures["gmv"].value)
    assert month.goals == month.alerts == ()
    told = report(month)
    assert told.title.text("en") == "Monthly report"
    assert "as many days before" in told.subtitle.text("en")


@pytest.mark.parametrize(
    ("start", "end", "fine"),
    [("2026-10-01", "2026-10-31", True), ("2026-02-01", "2026-02-28", True), ("2026-10-01", "2026-10-30", False),
     ("2026-10-02", "2026-10-31", False), ("2026-11-09", "2026-11-22", True)],
)  # fmt: skip
def test_a_review_is_of_whole_weeks_or_a_month(start, end, fine):
    period = Period(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    if fine:
        assert reviewable(period) == period
    else:
        with pytest.raises(SpecError, match="whole weeks or a month"):
            reviewable(period)
    for far in ("0001-01-01..0001-01-31", "9999-12-01..9999-12-31"):
        with pytest.raises(SpecError, match="is not a period"):
            parse_period(far)
    assert last_full_month(dt.date(2026, 11, 15)) == Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    assert last_full_month(dt.date(2026, 11, 30)).start == dt.date(2026, 11, 1)
