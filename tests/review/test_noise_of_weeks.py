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


@pytest.mark.parametrize(("times", "left_out"), [(0.85, False), (1.15, True)])
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
