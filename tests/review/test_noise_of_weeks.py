"""How much weeks differ by themselves, held against least squares."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.review.decisions.verification import verify
from ecops.review.decisions.verifying import spread


def test_the_line_of_the_last_weeks_has_the_prediction_error_of_least_squares():
    import statsmodels.api as sm

    random = np.random.default_rng(6)
    time = np.r_[np.arange(-20, 0), np.arange(4)] + 0.5
    found = spread.relative(random.normal(0.0, 0.1, (1, 24)), time, 20, 0.0)
    line = sm.OLS(found.level[0, 12:20], sm.add_constant(time[12:20])).fit()
    ahead = line.get_prediction([[1.0, time[20:].mean()]])
    whole = sm.OLS(found.level[0, :20], sm.add_constant(time[:20])).fit()
    left = (whole.resid**2).sum() + ((found.level[0, 20:] - found.level[0, 20:].mean()) ** 2).sum()
    drawn_on = float(ahead.se_mean[0]) ** 2 / line.mse_resid
    estimate = spread.recent(found, slice(20, 24))
    assert estimate.value == pytest.approx(found.level[0, 20:].mean() - ahead.predicted_mean[0])
    assert estimate.freedom == 18 + 3
    assert estimate.variance == pytest.approx(left / 21 * (drawn_on + 1 / 4))


def test_left_out_days_that_were_not_low_count_as_so_many_weeks_of_the_last_line():
    import statsmodels.api as sm

    random = np.random.default_rng(8)
    time = np.r_[np.arange(-22, -2) + 0.5, -1.0, np.arange(4) + 0.5]
    found = spread.relative(random.normal(0.0, 0.1, (1, 25)), time, 20, 0.0)
    line = sm.WLS(found.level[0, 12:21], sm.add_constant(time[12:21]), np.r_[np.ones(8), 2.0]).fit()
    ahead = line.get_prediction([[1.0, 2.0]])
    estimate = spread.recent(found, slice(21, 25), 2.0)
    noise, _ = spread.noise(found)
    drawn_on = float(ahead.se_mean[0]) ** 2 / line.scale
    assert estimate.value == pytest.approx(found.level[0, 21:].mean() - ahead.predicted_mean[0])
    assert estimate.variance / spread.recent(found, slice(21, 25)).variance == pytest.approx(
        (drawn_on + 1 / 4) / _by_weeks_alone(time)
    )
    every = np.polyfit(time[:20], found.level[0, :20], 1)[0]
    error = np.sqrt(noise * line.normalized_cov_params[1, 1])
    assert spread.steeper(found, 2.0) == pytest.approx((line.params[1] - every) / error)


def _by_weeks_alone(time):
    """Variance of a mean of four weeks beyond the line of the eight before, in units of a week's."""
    away = time[12:20] - time[12:20].mean()
    return 1 / 8 + (2.0 - time[12:20].mean()) ** 2 / (away @ away) + 1 / 4


SEASON = np.maximum(np.arange(-182, 28) + 56, 0) / 7 * 0.05


def _place(seed, level, noise=0.04):
    """A place whose weeks differ by so much beside a level by day (log)."""
    weeks = np.repeat(np.random.default_rng(seed).normal(0, noise, 30), 7)
    days = np.datetime64("2026-11-02") + np.arange(-182, 28)
    return pd.DataFrame({"date": days, "numerator": np.exp(5 + weeks + level) + 0.001})


@pytest.mark.parametrize("seed", [21, 39, 86, 139])
def test_a_season_that_shows_in_the_days_left_out_is_no_success(seed):
    """By chance the eight weeks before rise less than the season does, and the weeks since lie above their line."""
    outcome = verify(_place(seed, SEASON, 0.14), {}, dt.date(2026, 11, 2))
    assert outcome.verdict == "risen"
    assert any("rising by itself" in note.text("en") for note in outcome.notes)


def test_low_days_left_out_do_not_hide_a_season():
    low = np.where((np.arange(-182, 28) >= -14) & (np.arange(-182, 28) < 0), -0.4, 0.0)
    verdicts = [verify(_place(seed, SEASON + low), {}, dt.date(2026, 11, 2)).verdict for seed in range(40)]
    assert verdicts.count("worked") <= 2


def test_the_least_noise_is_that_of_the_days_of_the_place_itself():
    """A week counts 6 x 10 + 100; a place beside it that is closed on Sundays changes nothing in that."""
    days = np.datetime64("2026-11-02") + np.arange(-140, 28)
    sunday = np.arange(-140, 28) % 7 == 6
    place = pd.DataFrame({"date": days, "numerator": np.where(sunday, 100, 10)})
    beside = pd.DataFrame({"date": days[~sunday], "numerator": np.full((~sunday).sum(), 50)})
    low, high = verify(place, {"closed on Sundays": beside}, dt.date(2026, 11, 2)).ci
    weeks = np.arange(-20, -2) + 0.5
    away = weeks - weeks.mean()
    factor = 1 / 18 + (2 - weeks.mean()) ** 2 / (away @ away) + 1 / 4
    half = stats.t.ppf(0.975, 18 - 2 + 3) * np.sqrt(factor / 160)
    assert (np.log1p(low), np.log1p(high)) == pytest.approx((-half, half))


@pytest.mark.parametrize(("times", "left_out"), [(0.97, False), (1.03, True)])
def test_a_week_stands_out_beyond_the_chance_of_a_week_and_of_the_mean_of_the_others(times, left_out):
    """A prediction interval: t of the residuals of the line, 1 % shared by four weeks, and root of 1 + 1/3."""
    level = np.random.default_rng(21).normal(4.0, 0.05, 20)
    level[17] = (
        4.1  # The last week of the baseline is not low, so the trouble is not longer than the two weeks left out.
    )
    time = np.arange(18)
    residual = level[:18] - np.polyval(np.polyfit(time, level[:18], 1), time)
    limit = stats.t.ppf(1 - 0.01 / 4, 16) * np.sqrt((residual**2).sum() / 16 * (1 + 1 / 3))
    since_then = 4.4 + np.array([0.0, times * limit, 0.0, 0.0])
    days = np.datetime64("2026-11-02") + np.arange(-140, 28)
    place = pd.DataFrame({"date": days, "numerator": np.repeat(np.exp(np.r_[level, since_then]), 7)})
    outcome = verify(place, {}, dt.date(2026, 11, 2))
    assert any("One week stands out" in note.text("en") for note in outcome.notes) is left_out


@pytest.mark.parametrize(("times", "left_out"), [(0.97, False), (1.03, True)])
def test_a_week_that_stands_out_is_left_out_only_where_it_is_above_the_line_for_sure(times, left_out):
    """Far above the other weeks, which fell; its own line and the noise of one week say whether it is above that."""
    random = np.random.default_rng(3)  # with memory from week to week, which is not asked here
    level = np.full(20, 4.0)
    for week in range(1, 20):
        level[week] = 4.0 + 0.8 * (level[week - 1] - 4.0) + random.normal(0, 0.05)
    level[17] = level[:17].max() + 0.1  # so that the trouble is not longer than the two weeks left out
    time = np.arange(18)
    line = np.poly1d(np.polyfit(time, level[:18], 1))
    away = time - time.mean()
    factor = 1 / 18 + (20 - time.mean()) ** 2 / (away @ away) + 1
    half = stats.t.ppf(0.975, 16) * np.sqrt(((level[:18] - line(time)) ** 2).sum() / 16 * factor)
    since_then = line(20) + np.array([times * half, -2.0, -2.0, -2.0])
    days = np.datetime64("2026-11-02") + np.arange(-140, 28)
    place = pd.DataFrame({"date": days, "numerator": np.repeat(np.exp(np.r_[level, since_then]), 7)})
    outcome = verify(place, {}, dt.date(2026, 11, 2))
    assert any("One week stands out" in note.text("en") for note in outcome.notes) is left_out
