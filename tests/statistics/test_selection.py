"""Intervals after selection: a naive reference, and coverage of what is told only when it is large."""

import numpy as np
import pytest
from scipy import optimize, stats

from ecops.statistics.selection import after_selection


def naive(estimate, df, least, level=0.95):
    """The effects whose band of the likeliest told estimates, found anew for each effect, holds the estimate."""

    def band(effect):
        def told_within(reach):
            low, high = effect - reach, effect + reach
            pieces = (max(low, least), high), (low, min(high, -least))
            return sum(stats.t.cdf(end - effect, df) - stats.t.cdf(begin - effect, df)
                       for begin, end in pieces if end > begin)  # fmt: skip

        told = stats.t.cdf(-least - effect, df) + stats.t.sf(least - effect, df)
        return optimize.brentq(lambda reach: told_within(reach) - level * told, 0, 300)

    low = optimize.brentq(lambda effect: estimate - effect - band(effect), estimate - 40, estimate)
    return low, optimize.brentq(lambda effect: effect - estimate - band(effect), estimate, estimate + 40)


@pytest.mark.parametrize(
    ("estimate", "df", "least"), [(3.0, 12, 2.5), (4.0, 40, 3.2), (6.0, 8, 3.0), (2.7, 1000, 2.6), (2.602, 1000, 2.6)]
)
def test_ends_are_the_last_effects_whose_likeliest_told_estimates_reach_so_far(estimate, df, least):
    low, high = after_selection(estimate, 1.0, df, least)
    assert (float(low), float(high)) == pytest.approx(naive(estimate, df, least), abs=1e-6)


def test_the_estimate_is_always_inside():
    low, high = after_selection([3.001, -3.001], 1.0, 50, 3.0)
    assert float(low[0]) < 3.001 < float(high[0])
    assert float(low[1]) < -3.001 < float(high[1])


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
    """The usual interval of the told ones covers 30 to 90 % of such effects; this one 95 of all, and not more."""
    random = np.random.default_rng(1)
    seen = effect + random.standard_t(20, 60_000)
    told = seen[np.abs(seen) >= 3][:4000]
    low, high = after_selection(told, 1.0, 20, 3.0)
    assert np.mean((low <= effect) & (effect <= high)) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize("df", [0.8, 3.0, 30.0])
def test_every_effect_inside_has_the_estimate_among_its_likeliest_and_none_outside(df):
    """One interval without gaps, also where the tails are heavy."""
    low, high = (float(end) for end in after_selection(3.4, 1.0, df, 3.0))
    inside = []
    for effect in np.linspace(-30, 40, 281):
        reach = abs(3.4 - effect)
        told = stats.t.sf(3 - effect, df) + stats.t.cdf(-3 - effect, df)
        nearer = max(stats.t.cdf(reach, df) - stats.t.cdf(max(3 - effect, -reach), df), 0)
        nearer += max(stats.t.cdf(-3 - effect, df) - stats.t.cdf(-reach, df), 0)
        inside.append(nearer <= 0.95 * told)
    assert [low <= effect <= high for effect in np.linspace(-30, 40, 281)] == inside


def test_unknown_stays_unknown():
    low, high = after_selection([np.nan, 1.0, 1.0], [1.0, 0.0, np.nan], 10, 2.0)
    assert np.isnan(low).all()
    assert np.isnan(high).all()
