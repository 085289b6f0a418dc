"""Verification of actions: bad input, and figures that leave nothing to reckon with."""

import math

import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError
from ecops.review.decisions.verification import Known, verify
from tests.review.test_verification import BESIDE, DAYS, START, day, event, noisy, rates, shop, since, text


def test_days_without_any_noise():
    same = pd.DataFrame({"date": DAYS, "numerator": [500.0 + 0.5 * when.weekday() for when in DAYS]})
    more = same.assign(
        numerator=[x * (1.1 if when >= START else 1) for x, when in zip(same["numerator"], DAYS, strict=True)]
    )
    assert verify(same, {}, START, worth=1.0).verdict == "no_evidence"
    assert verify(same, dict.fromkeys("abc", same), START, worth=1.0).verdict == "no_evidence"
    outcome = verify(more, dict.fromkeys("abc", same), START, worth=1.0)
    assert (outcome.verdict, outcome.change) == ("worked", pytest.approx(0.1))


def test_bad_arguments():
    with pytest.raises(DataError, match="numerator"):
        verify(pd.DataFrame({"date": DAYS}), {}, START)
    with pytest.raises(DataError, match="date"):
        verify(rates(0.4, 0.6), {"a": pd.DataFrame({"numerator": [1.0]})}, START)


def test_an_unknown_day_is_left_out_and_not_nothing():
    values = noisy(1)
    unknown = shop(np.where(np.arange(98) == 90, np.nan, values))
    assert verify(unknown, {}, START) == verify(unknown.dropna(), {}, START)
    assert verify(unknown, {}, START).after == pytest.approx(np.nanmean(unknown["numerator"][84:]))
    rate = shop(values).assign(denominator=np.where(np.arange(98) == 30, np.nan, 1000.0))
    assert verify(rate, {}, START) == verify(rate.dropna(), {}, START)


def test_a_week_with_fewer_than_four_days_is_unknown():
    values = noisy(1)
    values[21:25] = np.nan
    gone = verify(shop(values), {}, START)
    values[21:28] = np.nan
    assert gone.change == pytest.approx(verify(shop(values), {}, START).change)


def test_a_missing_weekend_does_not_make_a_week_low():
    week = np.array([100.5, 110, 90, 105, 95, 180, 190])
    values = np.tile(week, 14)
    values[[96, 97]] = np.nan
    assert verify(shop(values), {}, START).change == pytest.approx(0, abs=1e-9)


def test_several_rows_of_a_day_are_one_day():
    values = noisy(2)
    late = shop(values)["date"] >= START
    halves = pd.concat([shop(values)[~late], *[shop(values / 2)[late]] * 2])
    outcome, whole = verify(halves, {}, START), verify(shop(values), {}, START)
    assert (outcome.after, outcome.change) == pytest.approx((whole.after, whole.change))


def test_what_falls_to_nothing_did_not_work():
    # 20 orders a day, each worth 10, then none: 7 x 20 x 10 a week are lost.
    values = np.tile([18.0, 22.0], 42)
    outcome = verify(shop([*values, *[0.0] * 14]), {}, START, worth=10.0)
    assert (outcome.verdict, outcome.change, outcome.after) == ("did_not_work", -1.0, 0.0)
    assert outcome.counterfactual == pytest.approx(20)
    assert outcome.weekly.value == pytest.approx(-1400)
    # No event in 14 days: at most -log(.0125) are to be expected, over the lower limit of 280 before.
    assert 4.38 / 280 < outcome.ci[1] + 1 < 4.39 / 270
    assert outcome.weekly.low < -1400 < outcome.weekly.high < -1000
    assert "Nothing at all came in since" in outcome.notes[0].text("en")


def test_nothing_is_good_where_less_is_better():
    assert verify(rates(0.4, 0.0), {}, START, direction="down").verdict == "worked"
    # The others went to nothing as well, but only nearly: without the action it would have been 0.4 %.
    outcome = verify(rates(0.4, 0.0), {name: rates(0.4, 0.004) for name in "abc"}, START, direction="down")
    assert outcome.counterfactual == pytest.approx(0.004)
    assert outcome.verdict == "worked"


def test_what_rises_from_nothing_worked():
    outcome = verify(rates(0.0, 0.4), {}, START, worth=10.0)
    assert (outcome.verdict, outcome.before, outcome.counterfactual) == ("worked", 0.0, 0.0)
    assert outcome.change == math.inf
    assert math.isfinite(outcome.ci[0])
    # 7,000 a week, 40 % of them, 10 each; the little that chance may have hidden before is taken off the low end.
    assert outcome.weekly.value == outcome.weekly.high == pytest.approx(28_000)
    assert 27_000 < outcome.weekly.low < 28_000


def test_a_trouble_of_nothing_at_all_has_a_logarithm():
    outcome = verify(rates(0.4, 0.4, trouble=0.0), {name: rates(0.5, 0.5) for name in "abc"}, START, known=since(-7))
    assert (outcome.verdict, outcome.during) == ("recovered", 0.0)


def test_a_few_events_and_then_none_are_chance():
    for before, after in (([0, 0, 0, 1, 0, 0, 0] * 4, [0] * 14), ([0] * 28, [0, 0, 0, 1, 0, 0, 0] * 2)):
        outcome = verify(shop([float(x) for x in (*before, *after)]), {}, START)
        assert outcome.verdict == "no_evidence"


def test_nothing_before_and_nothing_since():
    outcome = verify(shop([0.0] * 98), {}, START, worth=1.0, expected_weekly=100.0)
    assert (outcome.verdict, outcome.weekly) == ("no_evidence", None)
    assert (outcome.before, outcome.after, outcome.counterfactual) == (0, 0, 0)
    assert math.isnan(outcome.change)


def test_a_rate_without_a_miss_is_not_certain():
    low, high = verify(rates(1.0, 1.0, trials=50), {}, START).ci
    assert low < -0.001
    assert high > 0.001


def test_a_metric_that_is_zero_on_most_days_is_said():
    generator = np.random.default_rng(20261130)
    beside = {name: shop(generator.poisson(0.3, 98).astype(float)) for name in "abc"}
    outcome = verify(shop(generator.poisson(0.3, 98).astype(float)), beside, START)
    assert outcome.verdict == "no_evidence"
    assert "On most days nothing happens" in text(outcome)
    assert "On most days" not in text(verify(shop(noisy(1)), BESIDE, START))


def test_an_action_older_than_the_data_has_nothing_to_be_compared_with():
    known = Known(events=[event("promotion", -20, 20)], troubled_since=day(-30))
    for first in (90, 84, 70):
        outcome = verify(shop(noisy(1)[first - 60 :], day(first - 84)), BESIDE, day(-20), known=known)
        assert outcome.verdict == "too_early"
        assert "Two weeks with figures before" in text(outcome)


def test_a_week_of_more_refunds_than_sales_is_unknown_and_not_a_crash():
    values = noisy(1)
    values[30:37] = -50.0
    assert verify(shop(values), BESIDE, START).verdict == "no_evidence"
    values[84:] = -50.0
    assert verify(shop(values), BESIDE, START).verdict == "too_early"


def test_infinite_figures_are_unknown():
    values = noisy(1)
    values[3] = np.inf
    assert verify(shop(values), BESIDE, START).verdict == "no_evidence"


def test_amounts_are_told_from_counts_whichever_way_they_would_be_rounded():
    from ecops.review.decisions.verifying.levels import blocks, daily

    for part, money in ((0.0, False), (0.25, True), (0.75, True)):
        frame = pd.DataFrame({"date": pd.date_range("2026-01-05", periods=70), "numerator": 40.0 + part})
        found = daily(frame, {})
        assert blocks(found, 56, 56, 8).money is money


def test_refunds_that_take_back_all_that_was_ever_sold_are_no_crash():
    # 91 days of 10 a day up to the last week, in which each day takes back a seventh of it.
    values = np.r_[np.full(91, 10.0), np.full(7, -130.0)]
    outcome = verify(shop(values), {}, START)
    assert (outcome.verdict, outcome.change) == ("no_evidence", pytest.approx(0.0))


def test_days_of_nothing_are_counted_on_the_days_of_the_place():
    values = np.where(np.arange(98) % 7 < 4, 0.0, noisy(1))
    beside = shop(noisy(2))[values > 0]
    assert "On most days nothing happens" in text(verify(shop(values), {"open on three days": beside}, START))
