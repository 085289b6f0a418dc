"""Verification of actions: hand cases of each verdict, timing and the calendar."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from ecops.periods import Period
from ecops.review.decisions.verification import Known, verify
from ecops.review.decisions.verifying.events import Event, own

START = dt.date(2026, 11, 2)
DAYS = [START + dt.timedelta(days=offset) for offset in range(-84, 14)]


def day(offset):
    return START + dt.timedelta(days=offset)


def since(offset):
    return Known(troubled_since=day(offset))


def rates(before, after, trials=1000, trouble=None, onset=-7, days=DAYS):
    """A place with the same rate on each day before, in the trouble and after."""

    def rate(when):
        return after if when >= START else before if trouble is None or when < day(onset) else trouble

    return pd.DataFrame(
        {"date": days, "numerator": [round(trials * rate(when)) for when in days], "denominator": trials}
    )


def shop(values, first=None):
    """A sum a day; the last value is that of the last day of `DAYS` when no first day is given."""
    first = day(14 - len(values)) if first is None else first
    return pd.DataFrame({"date": [first + dt.timedelta(days=n) for n in range(len(values))], "numerator": values})


def noisy(seed, factor=1.0, size=98, level=100.0, sd=5.0):
    return np.random.default_rng(seed).normal(level, sd, size) * factor


def moved(depth, first, end, size=98, after=14):
    """1 on every day, 1 + depth from `first` to the day before `end`, counted from the start."""
    number = np.arange(after - size, after)
    return np.where((number >= first) & (number < end), 1 + depth, 1.0)


BESIDE = {str(seed): shop(noisy(seed)) for seed in (11, 12, 13, 14)}


def text(outcome):
    return " ".join(note.text("en") for note in outcome.notes)


def test_hand_case_the_counterfactual_moves_with_the_untouched():
    # 40 % -> 60 % while every other segment went 50 % -> 55 %: without the action 40 % x 1.1 = 44 %.
    outcome = verify(rates(0.4, 0.6), {name: rates(0.5, 0.55) for name in "abc"}, START, worth=10.0)
    assert outcome.counterfactual == pytest.approx(0.44)
    assert outcome.change == pytest.approx(0.60 / 0.44 - 1)
    assert outcome.before == pytest.approx(0.4)
    assert outcome.after == pytest.approx(0.6)
    # 7,000 trials a week, 16 points more, 10 a success.
    assert outcome.weekly.value == outcome.earned.value == pytest.approx(7_000 * 0.16 * 10)
    assert (outcome.verdict, outcome.controls) == ("worked", 3)
    assert outcome.window == Period(START, day(13))
    # Nobody knows of a trouble: the two weeks before are left out, they gave the idea.
    assert outcome.baseline == Period(day(-84), day(-15))
    assert outcome.trouble == Period(day(-14), day(-1))


def test_a_rise_that_everyone_had_is_not_the_actions():
    outcome = verify(rates(0.4, 0.5), {name: rates(0.4, 0.5) for name in "abc"}, START, worth=1.0)
    assert outcome.change == pytest.approx(0)
    assert outcome.verdict == "no_evidence"


def test_a_metric_that_should_fall():
    down = verify(rates(0.4, 0.2), {}, START, direction="down")
    up = verify(rates(0.2, 0.4), {}, START, direction="down")
    assert (down.verdict, up.verdict) == ("worked", "did_not_work")
    assert down.ci[0] <= down.change == pytest.approx(-0.5)
    assert down.weekly is None


def test_hand_case_a_repair_is_a_recovery_and_no_proof():
    # 40 %, a week of 20 %, 40 % again: 7,000 x 20 points x 10 a week have come back, nobody knows by whom.
    outcome = verify(
        rates(0.4, 0.4, trouble=0.2), {name: rates(0.5, 0.5) for name in "abc"}, START, known=since(-7), worth=10.0
    )
    assert outcome.verdict == "recovered"
    assert (outcome.before, outcome.during, outcome.after) == pytest.approx((0.4, 0.2, 0.4))
    assert outcome.change == pytest.approx(0)
    assert outcome.recovered.value == pytest.approx(7_000 * 0.2 * 10)
    assert outcome.weekly.value == pytest.approx(0)
    assert outcome.earned is None
    assert outcome.trouble == Period(day(-7), day(-1))
    assert outcome.baseline == Period(day(-84), day(-8))
    assert (outcome.onset.day, outcome.onset.timing) == (START, "fits")


def test_better_than_before_the_trouble_worked():
    outcome = verify(
        rates(0.4, 0.6, trouble=0.2), {name: rates(0.5, 0.5) for name in "abc"}, START, known=since(-7), worth=10.0
    )
    assert outcome.verdict == "worked"
    # Only what is beyond the level before the trouble is earned.
    assert outcome.earned.value == pytest.approx(7_000 * 0.2 * 10)


def test_a_trouble_that_stays_did_not_work():
    outcome = verify(rates(0.4, 0.2, trouble=0.2), {name: rates(0.5, 0.5) for name in "abc"}, START, known=since(-7))
    assert (outcome.verdict, outcome.recovered) == ("did_not_work", None)


def test_part_of_the_fall_made_good_is_said():
    outcome = verify(rates(0.4, 0.25, trouble=0.2), {name: rates(0.5, 0.5) for name in "abc"}, START, known=since(-7))
    assert outcome.verdict == "no_evidence"
    assert "About 25% of the fall is made good" in text(outcome)
    # More than half, and still for sure below: not back either.
    most = verify(rates(0.4, 0.32, trouble=0.2), {name: rates(0.5, 0.5) for name in "abc"}, START, known=since(-7))
    assert most.verdict == "no_evidence"
    assert "About 60% of the fall is made good" in text(most)


def test_another_place_with_the_same_trouble_and_no_action_is_a_proof():
    beside = {name: rates(0.5, 0.5) for name in "abc"}
    treated = rates(0.4, 0.4, trouble=0.2)
    still = verify(treated, {**beside, "d": rates(0.4, 0.2, trouble=0.2)}, START, known=since(-7), worth=10.0)
    assert still.verdict == "worked"
    assert still.controls == 3
    assert still.earned.value == pytest.approx(7_000 * 0.2 * 10)
    also = verify(treated, {**beside, "d": rates(0.4, 0.4, trouble=0.2)}, START, known=since(-7))
    assert also.verdict == "recovered"
    # A fall of less than half is another trouble.
    slight = verify(treated, {**beside, "d": rates(0.4, 0.32, trouble=0.32)}, START, known=since(-7))
    assert slight.verdict == "recovered"


@pytest.mark.parametrize(
    ("beside", "rate", "same"),
    [
        # The place fell by log 0.5. Alone: half of that is a factor of 0.707, and so it is beside three that stayed.
        ("", 0.285, False), ("", 0.28, True), ("abc", 0.285, False), ("abc", 0.28, True),
        # Beside one that stayed a quarter of the fall of the other is common: log 0.7 less 0.089 is not half of
        # log 0.5 less 0.089, log 0.65 less 0.108 is more than half of log 0.5 less 0.108.
        ("a", 0.28, False), ("a", 0.26, True),
    ],
)  # fmt: skip
def test_the_same_trouble_is_a_fall_at_least_half_as_deep(beside, rate, same):
    others = {**{name: rates(0.5, 0.5) for name in beside}, "d": rates(0.4, 0.4, trouble=rate)}
    outcome = verify(rates(0.4, 0.4, trouble=0.2), others, START, known=since(-7))
    assert outcome.controls == len(beside) + (not same)


def test_one_place_that_had_the_trouble_too_is_enough_for_a_proof():
    beside = {name: rates(0.5, 0.5) for name in "abc"}
    both = {**beside, "d": rates(0.4, 0.4, trouble=0.2), "e": rates(0.4, 0.2, trouble=0.2)}
    # The first of them got the action before a week was over, so that it says nothing; the second is still down.
    known = Known(troubled_since=day(-7), later={"d": day(6)})
    assert verify(rates(0.4, 0.4, trouble=0.2), both, START, known=known).verdict == "worked"


def test_a_staggered_start_stands_for_those_without_it_until_it_comes():
    def later(recovers):
        values = [400 if d < day(-7) or d >= recovers else 200 for d in DAYS]
        return pd.DataFrame({"date": DAYS, "numerator": values, "denominator": 1000})

    beside = {**{name: rates(0.5, 0.5) for name in "abc"}, "d": later(day(7))}
    treated = rates(0.4, 0.4, trouble=0.2)
    known = Known(troubled_since=day(-7), later={"d": day(7)})
    assert verify(treated, beside, START, known=known).verdict == "worked"
    # It recovered in the week in which it had no action yet: nothing is proven.
    both = {**beside, "d": later(START)}
    assert verify(treated, both, START, known=known).verdict == "recovered"
    # Its days with the action are nobody's yardstick, and a whole week without is needed.
    soon = Known(troubled_since=day(-7), later={"d": day(6)})
    assert verify(treated, beside, START, known=soon).verdict == "recovered"


def test_places_with_an_action_of_their_own_later_are_no_yardstick_of_the_level():
    beside = {**{name: rates(0.5, 0.5) for name in "abc"}, "d": rates(0.4, 0.9)}
    outcome = verify(rates(0.4, 0.6), beside, START, known=Known(later={"d": day(7)}))
    assert (outcome.controls, outcome.counterfactual) == (3, pytest.approx(0.4))


@pytest.mark.parametrize(("end", "timing"), [(-4, "earlier"), (0, "fits"), (6, "later")])
def test_the_day_of_the_recovery_is_told_apart(end, timing):
    outcome = verify(shop(noisy(1) * moved(-0.5, -14, end)), BESIDE, START, known=since(-14))
    assert outcome.verdict == "recovered"
    assert outcome.onset.timing == timing
    assert outcome.onset.low <= outcome.onset.day == day(end) <= outcome.onset.high


def test_a_slow_recovery_has_no_day():
    number = np.arange(-84, 14)
    fading = 1 - 0.5 * np.clip((14 - number) / 28, 0, 1) * (number >= -14)
    outcome = verify(shop(noisy(1, sd=12) * fading), BESIDE, START, known=since(-14))
    assert outcome.onset.timing == "unclear"


def test_the_trouble_is_longer_than_was_told():
    # Three weeks at half; the finding saw the last one only.
    outcome = verify(shop(noisy(3) * moved(-0.5, -21, 0)), BESIDE, START, known=since(-7))
    assert outcome.verdict == "recovered"
    assert outcome.trouble == Period(day(-21), day(-1))


def test_a_trouble_nobody_told_of_is_no_baseline():
    outcome = verify(shop(noisy(4) * moved(-0.4, -28, 0)), BESIDE, START)
    assert outcome.verdict == "recovered"
    # A week too many is taken for trouble now and then; that makes a success harder to claim, never easier.
    assert day(-42) <= outcome.trouble.start <= day(-28)


def test_a_place_that_rises_by_itself_did_not_rise_by_the_action():
    growth = 1.05 ** (np.arange(-168, 28) / 7)
    beside = {str(seed): shop(noisy(seed, size=196), day(-168)) for seed in (11, 12, 13, 14)}
    outcome = verify(shop(noisy(5, size=196) * growth, day(-168)), beside, START)
    assert outcome.verdict == "no_evidence"
    assert outcome.ci[0] < 0 < outcome.ci[1]


def test_a_season_that_began_some_weeks_ago_is_not_called_a_success():
    growth = 1.06 ** (np.clip(np.arange(-168, 28) + 56, 0, None) / 7)
    beside = {str(seed): shop(noisy(seed, size=196), day(-168)) for seed in (11, 12, 13, 14)}
    outcome = verify(shop(noisy(6, size=196) * growth, day(-168)), beside, START)
    assert outcome.verdict == "risen"
    assert outcome.earned is None
    assert "point upwards" in text(outcome)


def test_a_season_is_seen_behind_a_trouble_too():
    # The week before the action is low, so only the weeks before it tell that the place was rising.
    growth = 1.06 ** (np.clip(np.arange(-168, 28) + 56, 0, None) / 7) * moved(-0.4, -7, 0, 196, 28)
    beside = {str(seed): shop(noisy(seed, size=196), day(-168)) for seed in (11, 12, 13, 14)}
    outcome = verify(shop(noisy(6, size=196) * growth, day(-168)), beside, START, known=since(-7))
    assert outcome.verdict == "risen"
    assert "point upwards" in text(outcome)


def test_what_was_up_before_the_action_is_said():
    outcome = verify(shop(noisy(7) * moved(0.5, -6, 99)), BESIDE, START, known=Known(troubled_since=day(-4)))
    assert outcome.verdict == "risen"


def test_a_single_week_that_stands_out_is_left_out():
    beside = {str(seed): shop(noisy(seed, size=112), day(-84)) for seed in (11, 12, 13, 14)}
    outcome = verify(shop(noisy(8, size=112) * moved(0.6, 7, 14, 112, 28), day(-84)), beside, START)
    assert outcome.verdict == "no_evidence"
    assert "One week stands out" in text(outcome)
    lasting = verify(shop(noisy(8, size=112) * moved(0.6, 0, 28, 112, 28), day(-84)), beside, START)
    assert lasting.verdict == "worked"


def event(kind, first, last, name="Live week"):
    return Event(name, kind, day(first), day(last))


def test_a_promotion_in_this_place_alone_stops_worked():
    promoted = shop(noisy(9) * moved(0.5, 0, 14))
    assert verify(promoted, BESIDE, START).verdict == "worked"
    assert "that the calendar does not name" in text(verify(promoted, BESIDE, START))
    outcome = verify(promoted, BESIDE, START, known=Known(events=[event("promotion", 0, 13)]))
    assert outcome.verdict == "risen"
    assert outcome.earned is None
    assert "Live week touched this place alone" in text(outcome)


def test_the_days_of_a_promotion_are_left_out_where_others_remain():
    promoted = shop(noisy(9) * moved(0.5, 0, 7))
    outcome = verify(promoted, BESIDE, START, known=Known(events=[event("promotion", 0, 6)]))
    assert outcome.verdict == "no_evidence"
    assert "The days of Live week" in text(outcome)
    # What stays when the promotion is over is not the promotion's.
    stays = shop(noisy(9) * moved(0.5, 0, 14))
    assert verify(stays, BESIDE, START, known=Known(events=[event("promotion", 0, 6)])).verdict == "worked"


def test_a_promotion_before_is_no_baseline():
    outcome = verify(
        shop(noisy(9) * moved(1.0, -35, -21)), BESIDE, START, known=Known(events=[event("promotion", -35, -22)])
    )
    assert outcome.counterfactual == pytest.approx(100, abs=6)


def test_an_event_before_the_first_figures_leaves_out_no_day():
    place = rates(0.4, 0.5)
    plain = verify(place, {}, START)
    assert plain.verdict == "worked"
    assert verify(place, {}, START, known=Known(events=[event("promotion", -120, -110)])) == plain


def test_a_calendar_that_contradicts_the_data():
    values = noisy(9) * moved(0.5, -30, -25)
    wrong = verify(shop(values), BESIDE, START, known=Known(events=[event("stock_out", -30, -26)]))
    assert "say the opposite" in text(wrong)
    right = verify(shop(values), BESIDE, START, known=Known(events=[event("promotion", -30, -26)]))
    assert "say the opposite" not in text(right)
    turned = verify(shop(noisy(9)), BESIDE, START, known=Known(events=[event("promotion", 3, -2)]))
    assert "ends before it begins" in text(turned)


def test_seven_usual_days_are_enough_to_contradict_a_calendar():
    values = np.r_[[9.0, 11, 9, 11, 9, 11, 10], np.full(7, 20.0), np.full(14, 10.0)]
    known = Known(events=[event("stock_out", -7, -1)])
    assert "say the opposite" in text(verify(shop(values), {}, START, known=known))
    assert "say the opposite" not in text(verify(shop(values[1:]), {}, START, known=known))


def test_the_days_of_an_event_half_a_year_ago_are_no_baseline_either():
    # The baseline ends two weeks before the action, so it begins 28 weeks before it.
    values = noisy(9, size=210) * moved(1.0, -196, -182, 210)
    known = Known(events=[event("promotion", -196, -183)])
    assert verify(shop(values), {}, START, known=known).baseline.start == day(-196)
    cleaned = shop(values[14:])
    assert verify(shop(values), {}, START, known=known).change == pytest.approx(verify(cleaned, {}, START).change)


def test_the_days_that_remain_beside_an_event_are_those_of_the_place():
    known = Known(events=[event("promotion", 0, 6)])
    outcome = verify(shop(noisy(9)), {"closed": shop(noisy(10)[:91], day(-84))}, START, known=known)
    assert "The days of Live week, which touched this place alone, are left out." in text(outcome)


ROWS = [
    {"name": "11.11", "kind": "promotion", "platform": None, "sku": None, "starts_on": day(0), "ends_on": day(1)},
    {"name": "live", "kind": None, "platform": "douyin", "sku": None, "starts_on": day(2), "ends_on": day(3)},
    {"name": "out", "kind": "stock_out", "platform": None, "sku": "A1", "starts_on": day(4), "ends_on": day(5)},
]


@pytest.mark.parametrize(
    ("place", "beside", "names"),
    [
        ({"platform": "douyin"}, [{"platform": "jd"}], ["live"]),
        ({"platform": "jd"}, [{"platform": "douyin"}], []),
        ({"platform": "douyin", "channel": "a"}, [{"platform": "douyin", "channel": "b"}], []),
        ({"platform": "jd"}, [], ["11.11", "out"]),
        ({"sku": "A1"}, [{"sku": "A2"}], ["out"]),
        ({"sku": "A3"}, [{"sku": "A2"}], []),
    ],
)
def test_an_event_counts_where_it_touched_the_place_and_not_all_beside_it(place, beside, names):
    found = own(ROWS, place, beside)
    assert [event.name for event in found] == names
    assert all(event.kind for event in found)


def test_overlapping_actions_cannot_be_told_apart():
    outcome = verify(rates(0.4, 0.6), {}, START, known=Known(overlapping=["new price"]))
    assert (outcome.verdict, outcome.earned) == ("risen", None)
    assert "new price" in text(outcome)


def test_a_short_history_proves_nothing():
    days = DAYS[-28:]
    outcome = verify(rates(0.4, 0.6, days=days), {name: rates(0.5, 0.5, days=days) for name in "abc"}, START)
    assert outcome.verdict == "risen"
    assert "Only 2 whole weeks before: 6 are needed" in text(outcome)


def test_a_history_that_begins_with_the_trouble_has_no_level_before_it():
    days = DAYS[-28:]
    outcome = verify(rates(0.4, 0.6, days=days), {}, START, known=since(-14))
    assert (outcome.verdict, outcome.trouble) == ("risen", None)
    assert outcome.baseline == Period(day(-14), day(-1))


def test_what_rose_before_the_action_is_said_with_its_day():
    outcome = verify(shop(noisy(7) * moved(0.5, -5, 99)), BESIDE, START)
    assert outcome.verdict == "risen"
    assert "It began to rise on 28 Oct, before the action." in text(outcome)


def test_a_recovery_is_held_against_what_was_expected_from_the_days_of_trouble_on():
    treated, beside = rates(0.4, 0.32, trouble=0.2), {name: rates(0.5, 0.5) for name in "abc"}
    # 7,000 x 12 points x 10 = 8,400 a week came back, and 5,600 are still missing.
    for expected, verdict in ((15_000.0, "no_evidence"), (18_000.0, "did_not_work")):
        outcome = verify(treated, beside, START, known=since(-7), worth=10.0, expected_weekly=expected)
        assert outcome.verdict == verdict
        assert outcome.recovered.value == pytest.approx(8_400)


def test_far_below_what_was_expected_did_not_work():
    outcome = verify(rates(0.4, 0.4), {}, START, worth=10.0, expected_weekly=1e6)
    assert outcome.verdict == "did_not_work"
    assert verify(rates(0.4, 0.4), {}, START, worth=10.0, expected_weekly=10.0).verdict == "no_evidence"


def test_a_trouble_that_nobody_can_see_is_no_measure_of_what_the_action_brought():
    own = shop(noisy(50, sd=3.0) * moved(-0.03, -7, 0))
    outcome = verify(own, BESIDE, START, known=since(-7), worth=1.0, expected_weekly=60.0)
    # At best 23 a week more than before; what the days told of as trouble were lower by is chance.
    assert (outcome.verdict, outcome.recovered) == ("did_not_work", None)
    assert outcome.weekly.high < 30


def test_too_early_and_without_baseline():
    early = verify(rates(0.4, 0.6)[:90], {}, START)
    assert early.verdict == "too_early"
    assert math.isnan(early.change)
    assert "6 of 7 days" in text(early)
    assert (early.window, early.baseline) == (Period(START, day(5)), Period(day(-14), day(-1)))
    assert verify(rates(0.4, 0.6)[:91], {}, START).verdict == "worked"
    for frame in (rates(0.4, 0.6)[84:], rates(0.4, 0.6)[78:], rates(0.4, 0.6)[77:91]):
        assert verify(frame, {}, START).verdict == "too_early"
    assert verify(rates(0.4, 0.6)[:0], {}, START).verdict == "too_early"


@pytest.mark.parametrize(
    ("start", "last", "passed"),
    # The figures run for sixty days. What began before them has as many days more.
    [(-5, 59, None), (0, 59, None), (57, 59, 3), (59, 59, 1), (60, 60, 0), (80, 80, 0)],
)
def test_the_days_of_an_action_run_to_the_last_with_figures(start, last, passed):
    outcome = verify(shop(noisy(1, size=60), day(0)), {"a": shop(noisy(2, size=60), day(0))}, day(start))
    assert (outcome.verdict, outcome.controls) == ("too_early", 0)
    unknown = (outcome.change, *outcome.ci, outcome.before, outcome.during, outcome.after, outcome.counterfactual)
    assert all(math.isnan(value) for value in unknown)
    assert (outcome.weekly, outcome.recovered, outcome.trouble, outcome.onset) == (None, None, None, None)
    assert outcome.window == Period(day(start), day(last))
    assert outcome.baseline == Period(day(start - 14), day(start - 1))
    why = "Two weeks with figures before" if passed is None else f"{passed} of 7 days have passed"
    assert text(outcome).startswith(why)
    assert text(verify(shop([]), {}, START)).startswith("0 of 7 days have passed")


def test_few_controls_are_told():
    assert "Only 1 untouched" in text(verify(rates(0.4, 0.4), {"a": rates(0.5, 0.5)}, START))
    assert "untouched" not in text(verify(rates(0.4, 0.4), {name: rates(0.5, 0.5) for name in "abc"}, START))


def test_a_place_that_is_not_there_all_the_time_is_no_control():
    new = rates(0.5, 0.5)[70:]
    gone = rates(0.5, 0.5)[:84]
    assert verify(rates(0.4, 0.4), {"a": new, "b": gone, "c": rates(0.5, 0.5)}, START).controls == 1
