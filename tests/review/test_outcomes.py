"""What came of actions, read from a shop's tables: places, calendar, other actions, and the sentence."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.review import ActionLog, follow_up
from ecops.review.decisions.telling import told
from ecops.review.decisions.verifying.timing import Onset
from ecops.store.inputs import open_data
from ecops.store.state import State

BEGAN = dt.date(2026, 11, 2)
TROUBLED = dt.date(2026, 10, 26)
TODAY = dt.date(2026, 11, 16)
CHANNELS = ("live", "search", "card", "ads", "feed")


def day(offset):
    return BEGAN + dt.timedelta(days=offset)


def tables(rates, calendar=(), value=100.0):
    """Fourteen weeks of five channels; `rates(channel, day)` is how many of 500 order, the rest is the same."""
    generator = np.random.default_rng(20261129)
    rows = [
        {
            "date": when, "platform": "douyin", "shop": "s", "level": "source", "channel": channel, "device": "",
            "visitors": 5000, "cart_users": 1000, "order_buyers": 500,
            "pay_buyers": (paid := int(generator.binomial(500, rates(channel, when)))), "pay_amount": paid * value,
        }
        for when in (day(offset) for offset in range(-84, 14)) for channel in CHANNELS
    ]  # fmt: skip
    frames = {"traffic_daily": pd.DataFrame(rows)}
    if calendar:
        frames["calendar"] = pd.DataFrame(calendar)
    return open_data(frames)


def trouble(channel, when, *, also=(), until=BEGAN):
    """80 % pay; 40 % in the live stream in the week before the action, in other places until a day of their own."""
    if channel == "live" and TROUBLED <= when < until:
        return 0.4
    return 0.4 if channel in also and when >= TROUBLED else 0.8


@pytest.fixture
def log(tmp_path):
    return ActionLog(State(f"sqlite:///{tmp_path / 'actions.sqlite'}"))


def decide(log, title="换支付通道", channel="live", began=BEGAN, since=TROUBLED, metric="payment_rate", **fields):
    return log.add(
        "li", title=title, owner="operations", metric=metric, subject={"channel": channel}, state="done", began=began,
        troubled_since=since, currency="CNY", **fields,
    )  # fmt: skip


def test_a_repair_reads_as_a_recovery_in_both_languages(log):
    item = follow_up(tables(trouble), decide(log), TODAY)
    assert item.standing == "recovered"
    assert item.outcome.onset.timing == "fits"
    assert item.outcome.recovered.low > 0
    english, chinese = (item.sentence.text(language) for language in ("en", "zh"))
    assert english.startswith("Recovered, cause not proven: Order to payment is")
    assert "not counted as earned by the action" in english
    assert "the timing fits, but it may also have ended by itself" in english
    assert chinese.startswith("已恢复，原因未证实：")
    assert "不算作行动的收益" in chinese
    assert "时间吻合" in chinese
    # 3,500 orders a week, 40 points, 100 each.
    assert item.outcome.recovered.value == pytest.approx(3500 * 0.4 * 100, rel=0.05)


def test_what_recovered_before_is_said(log):
    item = follow_up(tables(lambda c, d: trouble(c, d, until=day(-3))), decide(log), TODAY)
    assert item.standing == "recovered"
    assert "It turned about 3 days before the action." in item.sentence.text("en")
    assert "大约在行动前 3 天就已好转" in item.sentence.text("zh")


def test_what_recovered_later_is_said(log):
    item = follow_up(tables(lambda c, d: trouble(c, d, until=day(4))), decide(log), TODAY)
    assert "It turned about 4 days after the action." in item.sentence.text("en")


def test_a_place_with_the_same_trouble_that_has_it_still_proves_it(log):
    item = follow_up(tables(lambda c, d: trouble(c, d, also=("search",))), decide(log), TODAY)
    assert item.standing == "worked"
    assert "places with the same trouble and without the action are not back" in item.sentence.text("en")
    assert item.outcome.earned.low > 0


def staggered(channel, when):
    if channel in {"live", "search"} and TROUBLED <= when < (BEGAN if channel == "live" else day(7)):
        return 0.4
    return 0.8


def test_a_staggered_start_proves_it(log):
    first = decide(log)
    second = decide(log, channel="search", began=day(7))
    data = tables(staggered)
    assert follow_up(data, first, TODAY, [first, second]).standing == "worked"
    # Without the second action its place has just recovered by itself, a week later.
    assert follow_up(data, second, TODAY, [first, second]).standing != "worked"


def test_an_action_a_few_days_later_is_no_staggered_start(log):
    first = decide(log)
    soon = decide(log, channel="search", began=day(5))
    assert follow_up(tables(staggered), first, TODAY, [first, soon]).standing == "recovered"


def better(channel, when):
    return 0.9 if channel == "live" and when >= BEGAN else 0.6


def test_better_than_before_worked_and_two_actions_at_once_prove_nothing(log):
    data = tables(better)
    action = decide(log, since=None)
    assert follow_up(data, action, TODAY).standing == "worked"
    for other, standing in (
        (decide(log, title="满减", since=None, began=day(3)), "risen"),
        (decide(log, title="整体转化", since=None, metric="pay_conversion"), "risen"),
        (decide(log, title="客单", since=None, metric="value_per_buyer"), "worked"),
        (decide(log, title="早先", since=None, began=day(-40)), "worked"),
        (decide(log, title="别处", since=None, channel="card"), "worked"),
    ):
        found = follow_up(data, action, TODAY, [action, other])
        assert (other.title, found.standing) == (other.title, standing)
        assert any(other.title in note.text("zh") for note in found.outcome.notes) == (standing == "risen")
    assert follow_up(data, action, TODAY, [action]).outcome.controls == 4
    away = decide(log, title="别处", since=None, channel="card")
    assert follow_up(data, action, TODAY, [action, away]).outcome.controls == 3


def everywhere(_, when):
    return 0.9 if when >= BEGAN else 0.6


def happening(platform, start=0, end=13):
    return {
        "starts_on": day(start), "ends_on": day(end), "name": "专场", "kind": "promotion", "platform": platform,
        "sku": "", "note": "",
    }  # fmt: skip


def test_the_calendar_stops_a_success_where_nothing_beside_was_touched(log):
    # All channels are of one platform: its event touched them all, and is in the comparison.
    action = decide(log, since=None)
    assert follow_up(tables(better, [happening("douyin")]), action, TODAY).standing == "worked"
    assert follow_up(tables(better, [happening("jd")]), action, TODAY).standing == "worked"
    whole = log.add("li", title="x", owner="operations", metric="payment_rate", state="done", began=BEGAN)
    item = follow_up(tables(everywhere, [happening("")]), whole, TODAY)
    assert item.standing == "risen"
    assert any("专场" in note.text("zh") for note in item.outcome.notes)
    assert item.sentence.text("zh").startswith("有提升，原因未证实")


def test_days_before_the_first_file_are_not_days_of_nothing(log):
    # A rare thing, one in two days: without a file before nobody knows that there was nothing.
    rows = [
        {
            "date": day(offset), "platform": "douyin", "shop": "s", "level": "source", "channel": channel, "device": "",
            "visitors": 500, "cart_users": 5, "order_buyers": 2, "pay_buyers": offset % 2,
            "pay_amount": 50.0 * (offset % 2),
        }
        for offset in range(-28, 14) for channel in CHANNELS
    ]  # fmt: skip
    action = decide(log, since=None, metric="gmv")
    item = follow_up(open_data({"traffic_daily": pd.DataFrame(rows)}), action, TODAY)
    assert item.outcome.baseline.start >= day(-28)
    assert item.standing == "no_evidence"


@pytest.mark.parametrize(
    ("offset", "width", "timing", "en"),
    [
        (-1, 0, "earlier", "It turned about a day before the action."),
        (1, 0, "later", "It turned about a day after the action."),
        (5, 0, "later", "It turned about 5 days after the action."),
        (0, 20, "unclear", "On which day it turned cannot be told."),
    ],
)
def test_each_timing_has_its_sentence(log, offset, width, timing, en):
    item = follow_up(tables(trouble), decide(log), TODAY)
    onset = Onset(day(offset), day(offset - width), day(offset + width), timing)
    sentence = told(dataclasses.replace(item.outcome, onset=onset), item.action)
    assert en in sentence.text("en")
    assert sentence.text("zh").count("。") >= 2
    silent = told(dataclasses.replace(item.outcome, onset=None), item.action)
    assert silent.text("en").endswith("by the action.")
    rose = told(
        dataclasses.replace(item.outcome, verdict="worked", ci=(0.1, 0.2), onset=item.outcome.onset), item.action
    )
    assert "It rose from about the day of the action on" in rose.text("en")


def test_no_money_no_amount(log):
    data = tables(trouble)
    action = decide(log)
    item = follow_up(data, action, TODAY)
    for verdict in ("worked", "recovered", "risen", "did_not_work", "no_evidence"):
        for money in (item.outcome.recovered, None):
            outcome = dataclasses.replace(item.outcome, verdict=verdict, weekly=money, recovered=money)
            sentence = told(outcome, action).text("en")
            assert ("¥" in sentence) == (money is not None)
            assert "{" not in sentence


def test_orders_that_brought_no_money_have_no_worth(log):
    item = follow_up(tables(trouble, value=0.0), decide(log), TODAY)
    assert item.outcome.verdict == "recovered"
    assert item.outcome.weekly is None
    assert item.outcome.recovered is None


def test_an_experiment_without_data_says_so(log):
    item = follow_up(tables(trouble), decide(log, experiment="ab_9"), TODAY)
    assert item.standing == "experiment"
    assert item.sentence.text("en") == "The experiment ab_9 has no data yet."
