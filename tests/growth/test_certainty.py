"""What is confirmed, what is only watched, and why: through the whole diagnosis, as a reader sees it."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.growth import diagnose
from ecops.metrics import kpis
from ecops.metrics.panel import history_days
from ecops.periods import Period
from ecops.statistics.selection import after_selection
from tools.calibrate.growth import told
from tools.calibrate.shops import END, Effect, Shape, simulate

WEEK = Period(END - dt.timedelta(days=6), END)
MONTH = Period(END - dt.timedelta(days=27), END)
FALL = Effect("pay_buyers", 0.6, 7, platform=1)


def diagnosed(shape, seed=1, effect=None, period=WEEK):
    return diagnose({"traffic_daily": simulate(shape, seed, effect).frame}, period)


def causes(found):
    return [(item.metric, dict(item.subject), item.confidence) for item in found.findings if item.money is not None]


def test_a_fall_is_confirmed_with_history_and_watched_without():
    assert causes(diagnosed(Shape(), effect=FALL)) == [("payment_rate", {"platform": "douyin"}, "confirmed")]
    short = diagnosed(Shape(days=20), effect=FALL)
    assert ("payment_rate", {"platform": "douyin"}, "watch") in causes(short)
    assert short.confirmed == ()
    (item,) = [item for item in short.findings if item.metric == "payment_rate"]
    assert "28 are needed" in item.notes[-1].text("en")
    assert "天数太少" in item.notes[-1].text("zh")


def test_a_month_asks_for_a_month_before():
    fall = replace(FALL, days=28)
    assert causes(diagnosed(Shape(days=112), effect=fall, period=MONTH))[0][2] == "confirmed"
    assert diagnosed(Shape(days=50), effect=fall, period=MONTH).confirmed == ()


def test_a_fall_in_the_last_week_of_a_month_is_found():
    found = diagnosed(Shape(days=112), effect=replace(FALL, factor=0.3), period=MONTH)
    assert ("payment_rate", {"platform": "douyin"}, "confirmed") in causes(found)


@pytest.mark.parametrize("memory", [0.0, 0.6])
@pytest.mark.parametrize("period", [WEEK, MONTH])
def test_nothing_is_confirmed_end_to_end_when_nothing_changed(memory, period):
    """One seed at a time is no proof, which `tools.calibrate` gives; this is the same road as a reader's."""
    shape = Shape(days=140, memory=memory, common=0.1, own=0.1)
    assert sum(bool(diagnosed(shape, seed, period=period).confirmed) for seed in range(3)) == 0


def test_money_of_a_cause_allows_for_its_being_told_only_when_large():
    shop = simulate(Shape(), 1, FALL)
    (item,) = diagnose({"traffic_daily": shop.frame}, WEEK).confirmed
    assert item.money.low <= -shop.lost.sum() <= item.money.high
    assert item.money.low < item.money.value < item.money.high < 0


def test_what_a_cause_may_have_been_is_the_interval_after_selection():
    shop = simulate(Shape(), 1, replace(FALL, factor=0.75))
    (cause,), _ = told(shop, 7)
    (place,) = cause.node.leaves
    paid, came = (shop.measures[name][place] for name in ("pay_buyers", "order_buyers"))
    (x0, n0), (x1, n1) = ((paid[part].sum(), came[part].sum()) for part in (slice(-14, -7), slice(-7, None)))
    log = np.log(x1 / n1 * n0 / x0)
    error, df = np.sqrt(cause.change.phi[0] * (1 / x0 - 1 / n0 + 1 / x1 - 1 / n1)), cause.change.df[0]
    # Told is what passes the limit of the correction and is 5 % at least.
    least = max(stats.t.isf(cause.cutoff / 2, df), np.log(1.05) / error)
    low, high = after_selection(log, error, df, least)
    assert cause.change.relative_low[0] == pytest.approx(np.expm1(low), rel=1e-6)
    assert cause.change.relative_high[0] == pytest.approx(np.expm1(high), rel=1e-6)
    assert (cause.low, cause.high) == pytest.approx((cause.money * low / log, cause.money * high / log))
    points = x0 / n0 * np.expm1([low, high])
    assert (cause.change.low[0], cause.change.high[0]) == pytest.approx(tuple(points), rel=1e-6)


def test_a_large_part_does_not_stand_for_a_whole_whose_rest_moved_as_well():
    shop = simulate(Shape(channels=2, visitors=200_000), 2, FALL)
    small = np.array([channel == "recommend" for _, channel, _ in shop.names])
    shop = replace(shop, measures={name: np.where(small[:, None], np.round(values * 0.15), values)
                                   for name, values in shop.measures.items()})  # fmt: skip
    ((cause,), _) = told(shop, 7)
    assert (cause.series.metric, dict(cause.node.subject)) == ("payment_rate", {"platform": "douyin"})


def test_the_history_is_six_weeks_and_three_times_a_longer_span():
    assert [history_days(Period(END - dt.timedelta(days=days - 1), END)) for days in (1, 7, 14, 15, 28, 90)] == [
        42, 42, 42, 63, 84, 182,
    ]  # fmt: skip
    series = kpis({"traffic_daily": simulate(Shape(days=100), 1).frame}, WEEK)["visitors"].series
    assert series[0][0] == WEEK.start - dt.timedelta(days=42)
    assert len(series) == 49


def test_days_on_which_a_shop_is_silent_are_no_history():
    from ecops.metrics.analysis import read_scope

    frame = simulate(Shape(platforms=2), 1).frame
    gone = (frame.platform == "douyin") & (frame.date == WEEK.start - dt.timedelta(days=20))
    scope = read_scope({"traffic_daily": frame[~gone]}, WEEK, "previous")
    assert WEEK.start - dt.timedelta(days=20) not in scope.coverage.history
    assert WEEK.start - dt.timedelta(days=21) in scope.coverage.history
    assert (scope.days.history >= 0).sum() == 34
    # A shop that opened three weeks ago does not take the others' history away.
    young = frame[(frame.platform == "taobao") | (frame.date >= WEEK.start - dt.timedelta(days=21))]
    assert (read_scope({"traffic_daily": young}, WEEK, "previous").days.history >= 0).sum() == 35


def test_last_years_days_have_a_level_of_their_own():
    from ecops.statistics.changes import Days

    place = np.arange(63)
    number = np.r_[np.arange(7), 364 - 49 + np.arange(56)]
    history = np.where((place >= 7) & (place < 56), 0, -1)
    days = Days(place[:7], place[56:], history, number % 7, number)
    used, span = days.span
    assert len(used) == 63
    assert span.level[:7].tolist() == [1] * 7
    assert set(span.level[7:56]) == {0}
    near = Days(place[49:56], place[56:], np.where(place < 49, history, -1), number % 7, number)
    assert set(near.span[1].level[near.span[1].before > 0]) == {0}


@pytest.mark.parametrize("shape", [
    Shape(platforms=1, days=15), Shape(visitors=7, days=56), Shape(platforms=1, visitors=40), Shape(days=8),
])  # fmt: skip
def test_small_and_short_shops_are_judged_without_an_error(shape):
    found = diagnosed(shape)
    assert found.verdict.text("zh")
    assert found.confirmed == ()


def test_a_metric_that_is_zero_on_most_days():
    frame = simulate(Shape(platforms=1), 2).frame
    rare = np.random.default_rng(0).random(len(frame)) < 0.9
    frame.loc[rare, ["pay_buyers", "pay_amount"]] = 0.0
    found = diagnose({"traffic_daily": pd.DataFrame(frame)}, WEEK)
    assert not [item for item in found.confirmed if item.metric != "visitors"]
