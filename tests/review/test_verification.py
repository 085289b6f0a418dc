"""Verification of actions: hand cases, and that it neither cries success nor misses it (simulation)."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError, SpecError
from ecops.periods import Period
from ecops.review.verification import verify

START = dt.date(2026, 11, 2)
DAYS = [START + dt.timedelta(days=offset) for offset in range(-14, 14)]


def rates(before, after, trials=1000):
    """A segment with the same rate on each day of a window."""
    return pd.DataFrame(
        {
            "date": DAYS,
            "numerator": [round(trials * (before if day < START else after)) for day in DAYS],
            "denominator": trials,
        }
    )


def test_hand_case_the_counterfactual_moves_with_the_untouched():
    # 40 % -> 60 % while every other segment went 50 % -> 55 %: without the action 40 % x 1.1 = 44 %.
    outcome = verify(rates(0.4, 0.6), {name: rates(0.5, 0.55) for name in "abc"}, START, worth=10.0)
    assert outcome.counterfactual == pytest.approx(0.44)
    assert outcome.change == pytest.approx(0.60 / 0.44 - 1)
    assert outcome.before == pytest.approx(0.4)
    assert outcome.after == pytest.approx(0.6)
    # 7,000 trials a week, 16 points more, 10 a success.
    assert outcome.weekly.value == pytest.approx(7_000 * 0.16 * 10)
    assert outcome.verdict == "worked"
    assert outcome.notes == ()


def test_a_rise_that_everyone_had_is_not_the_actions():
    outcome = verify(rates(0.4, 0.5), {name: rates(0.4, 0.5) for name in "abc"}, START, worth=1.0)
    assert outcome.change == pytest.approx(0)
    assert outcome.verdict == "no_evidence"


def test_a_metric_that_should_fall():
    down = verify(rates(0.4, 0.2), {}, START, direction="down")
    up = verify(rates(0.2, 0.4), {}, START, direction="down")
    assert (down.verdict, up.verdict) == ("worked", "did_not_work")
    assert down.weekly is None


def test_far_below_what_was_expected_did_not_work():
    outcome = verify(rates(0.4, 0.4), {}, START, worth=10.0, expected_weekly=1e6)
    assert outcome.verdict == "did_not_work"


def test_too_early_and_without_baseline():
    early = verify(rates(0.4, 0.6)[:18], {}, START)
    assert early.verdict == "too_early"
    assert math.isnan(early.change)
    assert verify(rates(0.4, 0.6)[14:], {}, START).verdict == "too_early"


def test_few_controls_are_told():
    assert len(verify(rates(0.4, 0.6), {"a": rates(0.5, 0.5)}, START).notes) == 1


def test_days_without_any_noise():
    same = pd.DataFrame({"date": DAYS, "numerator": [500.0 + 0.5 * day.weekday() for day in DAYS]})
    more = same.assign(
        numerator=[x * (1.1 if day >= START else 1) for x, day in zip(same["numerator"], DAYS, strict=True)]
    )
    assert verify(same, {}, START, worth=1.0).verdict == "no_evidence"
    assert verify(same, dict.fromkeys("abc", same), START, worth=1.0).verdict == "no_evidence"
    outcome = verify(more, dict.fromkeys("abc", same), START, worth=1.0)
    assert (outcome.verdict, outcome.change) == ("worked", pytest.approx(0.1))


def test_bad_arguments():
    with pytest.raises(DataError, match="numerator"):
        verify(pd.DataFrame({"date": DAYS}), {}, START)
    with pytest.raises(SpecError, match="baseline"):
        verify(rates(0.4, 0.6), {}, START, baseline=Period(START, START))


def simulate(generator, lift, kind):
    """Five segments with weekday pattern, common shocks, own drift and overdispersed days; the first is treated."""
    weekday = np.array([1, 0.9, 0.95, 1, 1.1, 1.3, 1.2])
    common = 1 + 0.1 * generator.standard_normal(4).repeat(7)
    frames = []
    for segment in range(5):
        drift = np.exp(0.03 * generator.standard_normal(2)).repeat(14)
        gain = np.where([day >= START and segment == 0 for day in DAYS], 1 + lift, 1.0)
        noise = generator.gamma(50, 1 / 50, 28)
        visitors = generator.poisson(300 * weekday[[d.weekday() for d in DAYS]] * common * noise)
        if kind == "rate":
            chance = np.clip(0.4 * drift * gain * generator.gamma(400, 1 / 400, 28), 0, 1)
            frames.append(
                pd.DataFrame({"date": DAYS, "numerator": generator.binomial(visitors, chance), "denominator": visitors})
            )
        else:
            amount = generator.poisson(visitors * 0.05 * drift * gain) * generator.lognormal(4.5, 0.1, 28)
            frames.append(pd.DataFrame({"date": DAYS, "numerator": amount}))
    return frames[0], dict(zip("abcd", frames[1:], strict=True))


@pytest.mark.parametrize(
    ("kind", "lift", "least_power"), [("rate", 0.5, 0.95), ("rate", 0.25, 0.65), ("money", 1.0, 0.85)]
)
def test_useless_actions_are_not_called_successes_and_repairs_are(kind, lift, least_power):
    generator = np.random.default_rng(20261115)
    useless = [verify(*simulate(generator, 0.0, kind), START, worth=80.0) for _ in range(200)]
    repairs = [verify(*simulate(generator, lift, kind), START, worth=80.0) for _ in range(200)]
    assert np.mean([outcome.verdict == "worked" for outcome in useless]) <= 0.05
    assert np.mean([outcome.verdict == "worked" for outcome in repairs]) >= least_power
    covered = np.mean([outcome.ci[0] <= lift <= outcome.ci[1] for outcome in repairs])
    assert covered >= 0.92


def shop(values, start=DAYS[0]):
    return pd.DataFrame(
        {"date": [start + dt.timedelta(days=offset) for offset in range(len(values))], "numerator": values}
    )


def test_an_unknown_day_is_left_out_and_not_nothing():
    values = np.random.default_rng(1).normal(100, 5, 28)
    unknown = shop(np.where(np.arange(28) == 20, np.nan, values))
    assert verify(unknown, {}, START) == verify(unknown.dropna(), {}, START)
    rate = shop(values).assign(denominator=np.where(np.arange(28) == 3, np.nan, 1000.0))
    assert verify(rate, {}, START) == verify(rate.dropna(), {}, START)


def test_several_rows_of_a_day_are_one_day():
    values = np.random.default_rng(2).normal(100, 5, 28)
    late = shop(values)["date"] >= START
    halves = pd.concat([shop(values)[~late], *[shop(values / 2)[late]] * 2])
    outcome, whole = verify(halves, {}, START), verify(shop(values), {}, START)
    assert (outcome.after, outcome.change) == pytest.approx((whole.after, whole.change))


def test_a_baseline_of_odd_length_is_cut_to_whole_weeks():
    # Weekends sell more; ten days before Monday hold two weekends and one and a half weeks.
    week = np.array([100.5, 110, 90, 105, 95, 180, 190])
    baseline = Period(START - dt.timedelta(days=10), START - dt.timedelta(days=1))
    outcome = verify(shop(np.tile(week, 4)), {}, START, baseline=baseline)
    assert outcome.change == pytest.approx(0)
    assert outcome.baseline == Period(START - dt.timedelta(days=7), START - dt.timedelta(days=1))


def test_what_falls_to_nothing_did_not_work():
    # 20 orders a day, each worth 10, then none: 7 x 20 x 10 a week are lost.
    values = np.tile([18.0, 22.0], 7)
    outcome = verify(shop([*values, *[0.0] * 14]), {}, START, worth=10.0)
    assert (outcome.verdict, outcome.change, outcome.after) == ("did_not_work", -1.0, 0.0)
    assert outcome.counterfactual == pytest.approx(20)
    assert outcome.weekly.value == pytest.approx(-1400)
    # No event in 14 days: at most -log(.0125) are to be expected, over the lower limit of 280 before.
    assert 4.38 / 280 < outcome.ci[1] + 1 < 4.39 / 240
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


def test_a_few_events_and_then_none_are_chance():
    for before, after in (([0, 0, 0, 1, 0, 0, 2] * 2, [0] * 14), ([0] * 14, [0, 0, 0, 1, 0, 0, 2] * 2)):
        outcome = verify(shop([float(x) for x in (*before, *after)]), {}, START)
        assert outcome.verdict == "no_evidence"


def test_nothing_before_and_nothing_since():
    outcome = verify(shop([0.0] * 28), {}, START, worth=1.0, expected_weekly=100.0)
    assert (outcome.verdict, outcome.weekly) == ("no_evidence", None)
    assert math.isnan(outcome.change)


@pytest.mark.parametrize("mean", [0.05, 0.1, 0.2])
def test_chance_alone_is_not_called_a_success_where_one_side_is_nothing(mean):
    generator = np.random.default_rng(20261116)
    empty = worked = 0
    for _ in range(1500):
        days = generator.poisson(mean * generator.gamma(5, 1 / 5, 28)).astype(float)
        if min(days[:14].sum(), days[14:].sum()) > 0:
            continue
        empty += 1
        direction = "up" if days[:14].sum() == 0 else "down"
        worked += verify(shop(days), {}, START, direction=direction).verdict == "worked"
    assert empty > 20
    assert worked <= 0.025 * empty


def test_a_rate_without_a_miss_is_not_certain():
    low, high = verify(rates(1.0, 1.0, trials=50), {}, START).ci
    assert low < -0.001
    assert high > 0.001
