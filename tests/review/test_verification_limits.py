"""Every limit of the verification of actions: on it, just inside, just outside."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecops.metrics.registry import metric
from ecops.periods import Period
from ecops.review.decisions import outcomes
from ecops.review.decisions.verification import Known, verify
from ecops.review.decisions.verifying import events, nothing, spread, timing
from ecops.review.decisions.verifying.around import around
from ecops.review.decisions.verifying.events import Event
from ecops.review.decisions.verifying.levels import Days, blocks, daily, event_size

START = dt.date(2026, 11, 2)


def day(offset):
    return START + dt.timedelta(days=offset)


def place(values, before, denominator=None):
    """A sum a day, `before` days of it before the start."""
    dates = [day(at - before) for at in range(len(values))]
    frame = pd.DataFrame({"date": dates, "numerator": np.asarray(values, dtype=float)})
    return frame if denominator is None else frame.assign(denominator=denominator)


def calm(before, after=14, seed=1, level=100.0):
    return place(np.random.default_rng(seed).normal(level, 5.0, before + after), before)


def axis(values):
    return daily(place(values, len(values)), {})


@pytest.mark.parametrize(
    ("before", "weeks", "onset"), [(182 + 14 + 30, 26, -14), (182 + 14, 26, -14), (181 + 14, 25, -14), (70, 8, -14)]
)
def test_half_a_year_before_the_trouble_is_the_baseline(before, weeks, onset):
    outcome = verify(calm(before), {}, START)
    assert outcome.baseline == Period(day(onset - 7 * weeks), day(onset - 1))
    assert outcome.trouble == Period(day(onset), day(-1))
    assert outcome.window == Period(START, day(13))


@pytest.mark.parametrize(("before", "left_out"), [(56, True), (55, False)])
def test_two_weeks_are_left_out_where_six_remain(before, left_out):
    outcome = verify(calm(before), {}, START)
    assert outcome.trouble == (Period(day(-14), day(-1)) if left_out else None)


@pytest.mark.parametrize(("weeks", "told"), [(5, True), (6, False)])
def test_six_weeks_show_whether_a_place_rises_by_itself(weeks, told):
    frame = place(np.r_[np.random.default_rng(3).normal(100, 5, 7 * weeks), np.full(14, 200.0)], 7 * weeks)
    outcome = verify(frame, {}, START)
    assert outcome.verdict == ("risen" if told else "worked")
    notes = [note.text("en") for note in outcome.notes if "whole weeks before" in note.text("en")]
    assert len(notes) == told
    assert not told or notes[0].startswith("Only 5 whole weeks before: 6 are needed")


@pytest.mark.parametrize(("low", "found"), [(1, -7), (2, -14), (5, -35), (6, -35)])
def test_a_trouble_is_at_most_four_weeks_longer_than_was_told(low, found):
    level = np.full(26 * 7 + 14, 100.0) + np.random.default_rng(2).normal(0, 1, 196)
    level[(26 - low) * 7 : 182] -= 40
    outcome = verify(place(level, 182), {}, START, known=Known(troubled_since=day(-7)))
    assert outcome.trouble == Period(day(found), day(-1))


@pytest.mark.parametrize(("passed", "verdict"), [(6, "too_early"), (7, "no_evidence")])
def test_seven_days_must_have_passed(passed, verdict):
    outcome = verify(calm(84, passed), {}, START)
    assert outcome.verdict == verdict
    if verdict == "too_early":
        assert "6 of 7 days" in outcome.notes[0].text("en")
        assert outcome.window == Period(START, day(5))
        assert outcome.baseline == Period(day(-14), day(-1))


@pytest.mark.parametrize(("before", "after", "enough"), [(14, 7, True), (7, 14, True), (7, 7, False), (6, 21, False)])
def test_three_whole_weeks_are_the_least(before, after, enough):
    outcome = verify(calm(before, after), {}, START)
    assert (outcome.verdict != "too_early") is enough


@pytest.mark.parametrize(("known", "there"), [(4, True), (3, False)])
def test_a_week_is_known_by_four_of_its_days(known, there):
    days = axis(np.full(42, 10.0))
    gone = np.zeros(42, dtype=bool)
    gone[7 : 14 - known] = True
    level = blocks(days.without(gone), 28, 28, 26).level[0]
    assert np.isfinite(level).tolist() == [True, there, True, True, True, True]


@pytest.mark.parametrize(("weeks", "even"), [(3, False), (4, True)])
def test_a_month_tells_the_pattern_of_weekdays(weeks, even):
    pattern = np.tile([10.0, 10, 10, 10, 10, 30, 30], weeks + 1)
    days = axis(pattern)
    gone = np.zeros(len(pattern), dtype=bool)
    gone[-2:] = True
    level = blocks(days.without(gone), 7 * weeks, 7 * weeks, 26).level[0]
    assert bool(abs(level[-1] - level[0]) < 1e-9) is even


def test_blocks_by_hand():
    values = np.r_[np.full(14, 10.0), np.full(3, 5.0), np.full(14, 20.0)]
    found = blocks(axis(values), 17, 14, 26)
    assert found.time.tolist() == [-13.5 / 7, -6.5 / 7, -1.5 / 7, 0.5, 1.5]
    assert found.weight.tolist() == [1, 1, 3 / 7, 1, 1]
    assert found.total.tolist() == [70, 70, 15, 140, 140]
    assert (found.before, found.after, found.trouble, found.money) == (2, 2, True, False)
    assert np.exp(found.level[0]) == pytest.approx([10, 10, 5, 20, 20])
    assert blocks(axis(values), 17, 14, 1).before == 1
    assert blocks(axis(values + 0.5), 17, 17, 26).money
    assert event_size(np.array([0.0, 10, 20, 30])) == 12
    assert event_size(np.zeros(3)) == 1


def test_a_week_of_nothing_has_half_an_event_on_every_block():
    values = np.r_[np.full(7, 1.0), np.zeros(7), np.full(14, 2.0)]
    level = blocks(axis(values), 14, 14, 26).level[0]
    assert np.exp(level) == pytest.approx(np.array([7.5, 0.5, 14.5, 14.5]) / 7)


def test_around_an_action_by_hand():
    days = axis(np.random.default_rng(1).normal(100, 3, 100))
    found = around(days, 80, day(-30), 1.0)
    # The axis ends at the start: the day of the trouble is counted from its first day.
    assert (found.start, found.onset, found.told) == (80, 70, True)
    assert found.healthy == (0, 70)
    assert found.window == (80, 94)
    assert found.trouble == slice(10, 11)
    assert found.after == slice(11, 13)
    assert not found.empty
    assert around(days, 80, day(50), 1.0).told is False
    early = around(days, 80, day(-400), 1.0)
    assert (early.onset, early.told) == (80, False)


@pytest.mark.parametrize(
    ("start", "end", "marked"),
    [(0, 0, [0]), (2, 4, [2, 3, 4]), (-3, 1, [0, 1]), (-3, -1, []), (8, 12, [8, 9]), (10, 12, [])],
)
def test_days_of_an_event(start, end, marked):
    days = axis(np.ones(10))
    event = Event("x", "promotion", days.day(start), days.day(end))
    assert np.flatnonzero(events.on([event], days)).tolist() == marked


@pytest.mark.parametrize(
    ("kind", "inside", "usual", "contradicts"),
    [
        ("stock_out", 13.0, 8, True), ("stock_out", 8.0, 8, False), ("stock_out", 13.0, 6, False),
        ("stock_out", 13.0, 7, True), ("promotion", 7.0, 8, True), ("promotion", 12.0, 8, False),
        ("other", 13.0, 8, False), ("stock_out", 11.0, 8, False),
    ],
)  # fmt: skip
def test_a_calendar_is_contradicted_by_two_standard_errors(kind, inside, usual, contradicts):
    values = np.r_[np.tile([9.0, 11.0], 4)[:usual], np.full(1, inside)]
    days = axis(values)
    event = Event("x", kind, days.day(usual), days.day(usual))
    # The usual days vary by 1.07 to 1.1: one day must stand out by 2.2 or less.
    assert events.contradicted(event, days, (0, usual)) is contradicts


def test_a_rate_that_stays_while_more_come_contradicts_nothing():
    people = np.r_[np.full(8, 100.0), 300.0]
    rate = np.r_[np.tile([0.09, 0.11], 4), 0.1]
    for rate_inside, contradicts in ((0.1, False), (0.13, True)):
        rate[-1] = rate_inside
        days = daily(place(rate * people, 9, people), {})
        event = Event("x", "stock_out", days.day(8), days.day(8))
        assert events.contradicted(event, days, (0, 8)) is contradicts


def test_more_days_of_an_event_are_surer():
    values = np.r_[np.tile([9.0, 11.0], 10), np.full(4, 11.2)]
    days = axis(values)
    one, four = (Event("x", "stock_out", days.day(20), days.day(last)) for last in (20, 23))
    assert not events.contradicted(one, days, (0, 20))
    assert events.contradicted(four, days, (0, 20))


def series_of(step, at, count, before=56):
    """Weeks that are usual, then days of which the last ones are higher."""
    random = np.random.default_rng(4)
    return axis(np.r_[np.full(before, 100.0), np.where(np.arange(count) < at, 100.0, 100.0 + step)]
                + random.normal(0, 1, before + count))  # fmt: skip


@pytest.mark.parametrize(("count", "seen"), [(5, False), (6, True)])
def test_three_days_on_each_side_of_a_turn(count, seen):
    days = series_of(40, 3, count)
    found = timing.onset(days, (0, 56), (56, 56 + count), 59)
    assert (found is not None) is seen
    assert not seen or found.day == days.day(59)
    worse = timing.onset(series_of(-40, 3, count), (0, 56), (56, 56 + count), 59)
    assert worse is None
    less = timing.onset(series_of(-40, 3, count), (0, 56), (56, 56 + count), 59, -1.0)
    assert (less is not None) is seen


@pytest.mark.parametrize(("start", "timing_"), [(69, "later"), (70, "fits"), (71, "earlier")])
def test_a_turn_is_held_against_the_first_day_in_force(start, timing_):
    found = timing.onset(series_of(40, 14, 28), (0, 56), (56, 84), start)
    assert found.low == found.high == found.day
    assert found.timing == timing_


@pytest.mark.parametrize(("turn", "seen"), [(10, True), (13, False)])
def test_a_turn_is_looked_for_in_two_weeks(turn, seen):
    level = np.r_[np.full(84, 100.0), np.full(7, 60.0), np.where(np.arange(28) < turn, 60.0, 100.0)]
    frame = place(level + np.random.default_rng(5).normal(0, 1, 119), 91)
    outcome = verify(frame, {}, START, known=Known(troubled_since=day(-7)))
    assert (outcome.onset is not None and abs((outcome.onset.day - day(turn)).days) <= 1) is seen


def test_one_place_beside_moves_what_would_have_been():
    before, after = np.full(56, 10.0), np.zeros(14)
    beside = place(np.r_[np.full(56, 100.0), np.full(14, 150.0)], 56)
    alone = verify(place(np.r_[before, after], 56), {}, START, worth=1.0)
    moved = verify(place(np.r_[before, after], 56), {"b": beside}, START, worth=1.0)
    assert alone.weekly.value == pytest.approx(-70)
    assert moved.weekly.value == pytest.approx(-105)
    assert moved.controls == 1


def test_a_side_by_hand():
    days = axis(np.array([2.0, 4, 0, 6]))
    found = nothing.side(days, (0, 4))
    assert (found.total, found.exposure, found.freedom) == (12, 4, 3)
    misses = np.array([-1.0, 1, -3, 3])
    noise = (misses**2).sum() * 4 / 3
    assert (found.variance, found.event) == pytest.approx((noise / 144, noise / 12))
    steady = nothing.side(axis(np.full(4, 3.0)), (0, 4))
    assert (steady.event, steady.variance) == (1.0, 1e-18)
    assert nothing.side(axis(np.array([5.0])), (0, 1)).freedom == 1
    assert np.isnan(nothing.side(axis(np.zeros(4)), (0, 4)).variance)
    assert nothing.counting(np.array([2.0, 3.0]), np.array([10.0, 10.0])) == pytest.approx(5 * 0.75)
    assert nothing.counting(np.array([10.0, 10.0]), np.array([10.0, 10.0])) == pytest.approx(20 * 0.5 / 20)
    assert nothing.counting(np.array([2.5, 3.0]), np.array([10.0, 10.0])) == 0
    assert nothing.counting(np.array([20.0, 1.0]), np.array([10.0, 10.0])) == 0


@pytest.mark.parametrize(("zeros", "told"), [(35, False), (36, True)])
def test_most_days_of_nothing_are_told(zeros, told):
    values = np.full(70, 3.0)
    values[np.random.default_rng(6).permutation(56)[:zeros]] = 0.0
    outcome = verify(place(values, 56), {}, START)
    assert any("On most days nothing happens" in note.text("en") for note in outcome.notes) is told


@pytest.mark.parametrize(("controls", "told"), [(2, True), (3, False)])
def test_fewer_than_three_places_beside_are_told(controls, told):
    beside = {str(seed): calm(84, seed=seed) for seed in range(11, 11 + controls)}
    outcome = verify(calm(84), beside, START)
    assert outcome.controls == controls
    assert any(f"Only {controls} untouched" in note.text("en") for note in outcome.notes) is told


@pytest.mark.parametrize(("times", "verdict"), [(1.9, "no_evidence"), (2.1, "did_not_work")])
def test_surely_less_than_half_of_what_was_expected_did_not_work(times, verdict):
    beside = {str(seed): calm(84, seed=seed) for seed in (11, 12, 13)}
    most = verify(calm(84), beside, START, worth=0.001).weekly.high
    assert 0 < most < 0.5
    assert verify(calm(84), beside, START, worth=0.001, expected_weekly=times * most).verdict == verdict


def test_the_level_shown_is_that_of_four_weeks_before_the_trouble():
    level = np.r_[np.full(56, 50.0), np.full(28, 100.0), np.full(14, 60.0), np.full(14, 100.0)]
    outcome = verify(place(level, 98), {}, START, known=Known(troubled_since=day(-14)))
    assert (outcome.before, outcome.during, outcome.after) == pytest.approx((100, 60, 100))


@pytest.mark.parametrize(
    ("key", "orders", "money", "worth"),
    [
        ("pay_conversion", [[1.0]], [[80.0]], 80.0),
        ("pay_conversion", [[0.0]], [[80.0]], np.nan),
        ("pay_conversion", [[4.0, 4.0]], [[80.0, np.nan]], 10.0),
        ("pay_conversion", [[4.0]], [[0.0]], np.nan),
        ("pay_conversion", [[4.0]], [[0.8]], 0.2),
        ("gmv", [[4.0]], [[80.0]], 1.0),
        ("refund_rate", [[4.0]], [[80.0]], -1.0),
    ],
)
def test_what_one_unit_is_worth(key, orders, money, worth):
    rows = SimpleNamespace(numerator=np.array(orders), money=np.array(money))
    assert outcomes._worth(rows, 0, metric(key)) == pytest.approx(worth, nan_ok=True)


@pytest.mark.parametrize(("weeks", "places", "even"), [(3, 3, False), (2, 3, True), (3, 2, True)])
def test_three_places_and_weeks_tell_which_place_is_quiet(weeks, places, even):
    level = np.random.default_rng(7).normal(0, [[0.1], [0.5], [0.1], [2.0]], (4, weeks + 2))[: places + 1]
    found = spread.relative(level, np.arange(weeks + 2.0), weeks, 0.0)
    share = 1 / places
    assert (abs(found.share - share) < 1e-9) is even


def test_a_week_known_of_one_place_beside_alone_is_its_own():
    level = np.array([[1.0, 2, 3, 4], [2, 4, 6, 4], [5, np.nan, 7, 9]])
    found = spread.relative(level, np.arange(4.0), 3, 0.0)
    # The places beside less their means before, 4 and 6: -2, 0, 2, 0 and -1, -, 1, 3.
    assert found.level[0] == pytest.approx([1 + 1.5, 2, 3 - 1.5, 4 - 1.5])
    assert found.level[1] == pytest.approx([2 + 1, 4, 6 - 1, 4 - 3])


def test_the_line_of_the_last_weeks_has_the_noise_of_the_place_itself():
    own = np.array([0.1, -0.1, 0.1, 0.3, 0.1])
    beside = np.array([[1.0, -5.0, 2.0, 4.0, 0.0]])
    found = spread.Relative(np.vstack([own, beside]), np.arange(5.0), 3, 0.0, 0.0)
    lately = spread.recent(found, slice(3, 5))
    # Three weeks 0.1, -0.1, 0.1 and then 0.3, 0.1: squares 0.08 / 3 and 0.02 on 2 + 1 degrees of freedom.
    assert lately.value == pytest.approx(0.2 - 0.1 / 3)
    assert (lately.variance, lately.freedom) == (pytest.approx((0.08 / 3 + 0.02) / 3 * (1 / 3 + 1 / 2)), 3)


def test_days_are_numbered_from_the_first():
    days = Days(START, *(np.ones((1, 3)),) * 2, np.ones((1, 3), dtype=bool), rate=False)
    assert (days.number(day(2)), days.number(day(-1)), days.day(2), days.length) == (2, -1, day(2), 3)
