"""Intervals after selection: a naive reference, and coverage of what is told only when it is large."""

import numpy as np
import pytest
from scipy import optimize, stats

from ecops.statistics.selection import after_selection


def naive(estimate, df, least, level=0.95):
    def share(effect, upto):
        told = stats.t.cdf(-least - effect, df) + stats.t.sf(least - effect, df)
        below = stats.t.cdf(-least - effect, df)
        return (below + max(stats.t.cdf(upto - effect, df) - stats.t.cdf(least - effect, df), 0)) / told

    ends = [
        optimize.brentq(lambda effect, c=chance: share(effect, estimate) - c, -30, estimate + 30)
        for chance in ((1 + level) / 2, (1 - level) / 2)
    ]
    return min(ends[0], estimate), max(ends[1], estimate)


@pytest.mark.parametrize(
    ("estimate", "df", "least"), [(3.0, 12, 2.5), (4.0, 40, 3.2), (6.0, 8, 3.0), (2.7, 1000, 2.6), (2.602, 1000, 2.6)]
)
def test_ends_are_where_the_truncated_distribution_has_its_quantiles(estimate, df, least):
    low, high = after_selection(estimate, 1.0, df, least)
    assert (float(low), float(high)) == pytest.approx(naive(estimate, df, least), abs=1e-6)


def test_the_estimate_is_always_inside():
    low, high = after_selection([3.001, -3.001], 1.0, 50, 3.0)
    assert float(low[0]) < 3.001 <= float(high[0])
    assert float(low[1]) <= -3.001 < float(high[1])


def test_a_loss_is_the_mirror_of_a_gain():
    gain, loss = after_selection(0.4, 0.1, 20, 3.0), after_selection(-0.4, 0.1, 20, 3.0)
    assert float(gain.low) == pytest.approx(-float(loss.high))
    assert float(gain.high) == pytest.approx(-float(loss.low))


def test_far_from_the_threshold_it_is_the_usual_interval():
    low, high = after_selection(12.0, 1.0, 30, 3.0)
    reach = stats.t.ppf(0.975, 30)
    assert (float(low), float(high)) == pytest.approx((12 - reach, 12 + reach), rel=2e-3)
    everything = after_selection(1.0, 1.0, 30, 0.0)
    assert tuple(map(float, everything)) == pytest.approx((1 - reach, 1 + reach), rel=1e-6)


@pytest.mark.parametrize("estimate", [0.0, 0.02, 1.0])
def test_a_small_estimate_told_anyway_has_the_usual_interval(estimate):
    reach = stats.t.ppf(0.975, 12)
    low, high = after_selection(estimate, 1.0, 12, 0.0)
    assert (float(low), float(high)) == pytest.approx((estimate - reach, estimate + reach), rel=1e-6)


def test_what_would_not_have_been_told_by_itself_is_not_corrected():
    assert tuple(map(float, after_selection(2.0, 1.0, 30, 3.0))) == pytest.approx(
        tuple(map(float, after_selection(2.0, 1.0, 30, 0.0)))
    )


@pytest.mark.parametrize("effect", [1.0, 2.0, 3.0, 5.0])
def test_told_effects_are_covered(effect):
    """The usual interval of the told ones covers 30 to 90 % of such effects."""
    random = np.random.default_rng(1)
    seen = effect + random.standard_t(20, 60_000)
    told = seen[np.abs(seen) >= 3]
    low, high = after_selection(told, 1.0, 20, 3.0)
    assert np.mean((low <= effect) & (effect <= high)) == pytest.approx(0.955, abs=0.022)


def test_unknown_stays_unknown():
    low, high = after_selection([np.nan, 1.0, 1.0], [1.0, 0.0, np.nan], 10, 2.0)
    assert np.isnan(low).all()
    assert np.isnan(high).all()
