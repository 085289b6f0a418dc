"""Traffic split, caps, beliefs and segment tests by hand and against scipy."""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from statsmodels.stats import oneway

from ecops.errors import SpecError
from ecops.experiments import compare_means, likely_splits, posterior, posterior_counts, srm
from ecops.experiments.looks.health import CONCENTRATIONS, balance, split_evidence
from ecops.experiments.results.segments import heterogeneity, trend
from ecops.experiments.statistics.bayes import expected_losses
from ecops.experiments.statistics.capping import Cap, capped_count, high_limit, tail_size
from ecops.experiments.statistics.samples import moments_of


def test_split_is_a_chi_square_over_the_planned_arms():
    split = srm({"a": 5000, "b": 5200, "c": 4900}, {"a": 1, "b": 1, "c": 1})
    assert split.p_value == pytest.approx(stats.chisquare([5000, 5200, 4900]).pvalue)
    uneven = srm({"a": 900, "b": 120}, {"a": 9, "b": 1})
    assert uneven.p_value == pytest.approx(stats.chisquare([900, 120], [918, 102]).pvalue)
    assert uneven.drift == pytest.approx(18 / 1020, rel=1e-6) or uneven.drift == pytest.approx(-18 / 1020)


def test_an_arm_that_nobody_came_to_has_nobody():
    split = srm({"a": 40}, {"a": 1, "b": 1})
    assert split.p_value == pytest.approx(stats.chisquare([40, 0]).pvalue)
    assert abs(split.drift) == pytest.approx(0.5)


def test_arms_that_are_switched_off_take_no_part():
    off = srm({"a": 5000, "b": 5200, "c": 0}, {"a": 1, "b": 1, "c": 0})
    assert off.p_value == pytest.approx(stats.chisquare([5000, 5200]).pvalue)
    assert off.level == "green"
    leak = srm({"a": 5000, "b": 5000, "c": 300}, {"a": 1, "b": 1, "c": 0})
    assert (leak.level, leak.leaked) == ("red", 300)
    assert srm({"a": 5000, "b": 5000, "x": 1}, {"a": 1, "b": 1}).level == "red"


def test_levels_of_the_split():
    weights = {"a": 1, "b": 1}
    assert srm({"a": 5000, "b": 5100}, weights).level == "green"
    assert srm({"a": 5000, "b": 5370}, weights).level == "amber"
    assert srm({"a": 5000, "b": 5500}, weights).level == "red"
    assert srm({"a": 5000, "b": 5500}, weights, tests=80).level == "amber"
    with pytest.raises(SpecError):
        srm({"a": 5}, {"a": 0})


def test_evidence_of_the_split_is_a_ratio_of_two_likelihoods():
    counts, shares = (37, 13), (0.7, 0.3)

    def mixture(size):
        density = stats.beta(size * shares[0], size * shares[1]).pdf
        reach = 9 * math.sqrt(shares[0] * shares[1] / size)
        ends = (max(0.0, shares[0] - reach), min(1.0, shares[0] + reach))
        inner = integrate.quad(lambda p: p ** counts[0] * (1 - p) ** counts[1] * density(p), *ends, epsabs=0)[0]
        return inner / (shares[0] ** counts[0] * shares[1] ** counts[1])

    coarse, fine = CONCENTRATIONS
    assert fine == 1_000
    expected = (mixture(coarse) + user_by_user(counts, shares, fine)) / 2
    assert split_evidence(counts, shares) == pytest.approx(expected, rel=1e-6)
    assert mixture(fine) == pytest.approx(user_by_user(counts, shares, fine), rel=1e-6)


def user_by_user(counts, shares, size):
    """One part of the evidence as a plain product: what is expected of each user in turn against the plan."""
    seen, found = [0, 0], 1.0
    for arm, count in enumerate(counts):
        for _ in range(count):
            found *= (size * shares[arm] + seen[arm]) / (size + sum(seen)) / shares[arm]
            seen[arm] += 1
    return found


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1)])
@pytest.mark.parametrize("limit", [2.0, 5.0, 20.0])
def test_a_split_as_planned_reaches_a_limit_as_rarely_as_promised_at_any_user(shares, limit):
    # Every path of 200 users by brute force: the chance that the evidence ever reached the limit.
    users = 200
    alive = np.array([1.0])  # chance of each number of users in the second arm, never stopped before
    stopped = 0.0
    for n in range(1, users + 1):
        alive = np.append(alive * shares[0], 0.0) + np.append(0.0, alive * shares[1])
        out = np.array([split_evidence((n - k, k), shares) >= limit for k in range(n + 1)]) if n % 10 == 0 else None
        if out is not None:
            stopped += float(alive[out].sum())
            alive[out] = 0.0
    assert stopped <= 1 / limit
    assert stopped + alive.sum() == pytest.approx(1.0)
    if limit == 2.0:
        assert stopped > 0.02  # and not because it never finds anything


def test_evidence_is_a_martingale_under_the_plan():
    shares = (0.6, 0.3, 0.1)
    for counts in ((5, 2, 0), (100, 80, 3)):
        following = [split_evidence([n + (at == arm) for at, n in enumerate(counts)], shares) for arm in range(3)]
        assert np.dot(shares, following) == pytest.approx(split_evidence(counts, shares), rel=1e-9)


def test_balance_finds_a_difference_before_the_test():
    rng = np.random.default_rng(1)
    same, other = rng.normal(0, 1, 2000), rng.normal(0, 1, 2000)
    first = moments_of({"x": same, "z": np.ones(2000)})
    p_value, constant = balance(first, moments_of({"x": other, "z": np.ones(2000)}), ["x", "z"])
    assert p_value == pytest.approx(2 * stats.norm.sf(abs(stats.ttest_ind(same, other).statistic)), rel=1e-6)
    assert math.isnan(constant)
    assert balance(first, moments_of({"x": other + 0.3, "z": np.ones(2000)}), ["x"])[0] < 1e-9


def test_the_cap_is_an_observed_value_never_zero():
    rng = np.random.default_rng(2)
    payers = rng.lognormal(4, 1, 5_000)
    cap = high_limit(payers, 5_000)
    assert cap in payers
    assert (payers > cap).sum() == 5
    few = np.append(rng.lognormal(4, 1, 56), 2.46e14)
    assert high_limit(few, 57) == np.sort(few)[-2]
    assert high_limit(few[:5], 5) == math.inf
    assert [capped_count(n) for n in (0, 9, 10, 100, 300, 999, 1000, 10_000)] == [0, 0, 1, 1, 3, 9, 1, 10]
    assert all(tail_size(n) > capped_count(n) for n in (0, 50, 999, 10_000, 50_000_000))


def test_a_heavy_user_is_suspicious():
    assert Cap(-math.inf, 10, 1, 50, 1e9, 0.9, typo=True).suspicious
    assert Cap(-math.inf, 10, 1, 50, 20.0, 0.06, typo=False).suspicious
    assert not Cap(-math.inf, 10, 1, 50, 20.0, 0.01, typo=False).suspicious


def test_expected_losses_by_integration():
    from scipy.integrate import quad

    for mean, deviation in ((0.3, 1.0), (-2.0, 0.5), (0.0, 3.0)):
        law = stats.norm(mean, deviation)
        shipped = quad(lambda g, law=law: max(-g, 0) * law.pdf(g), mean - 12 * deviation, mean + 12 * deviation)[0]
        assert expected_losses(mean, deviation) == pytest.approx((shipped, shipped + mean), abs=1e-6)


def test_the_prior_shrinks():
    effect = compare_means((1000, 500.0, 1250.0), (1000, 620.0, 1500.0))
    flat, sceptical = posterior(effect, math.inf), posterior(effect, 0.1)
    assert flat.mean == pytest.approx(effect.difference)
    weight = (0.1 * effect.control) ** 2 / ((0.1 * effect.control) ** 2 + effect.error**2)
    assert sceptical.mean == pytest.approx(weight * effect.difference)
    assert 0.5 < sceptical.better < flat.better
    lower = posterior(effect, 0.1, less_is_better=True)
    assert lower.better == pytest.approx(1 - sceptical.better)
    assert lower.loss_if_shipped == pytest.approx(sceptical.loss_if_kept)


def test_small_counts_by_simulation():
    rng = np.random.default_rng(3)
    a, b = rng.beta(1 + 2, 1 + 38, 400_000), rng.beta(1 + 6, 1 + 34, 400_000)
    ours = posterior_counts((40, 2), (40, 6))
    assert ours.better == pytest.approx((b > a).mean(), abs=0.003)
    assert ours.loss_if_shipped == pytest.approx(np.maximum(a - b, 0).mean(), rel=0.02)
    assert (ours.low, ours.high) == pytest.approx(tuple(np.quantile(b - a, [0.025, 0.975])), abs=0.002)


def test_heterogeneity_by_hand():
    # Weights 1 and 4: pooled (1 * 1 + 4 * 3) / 5 = 2.6, Q = 1.6^2 + 4 * 0.4^2 = 3.2.
    found = heterogeneity([1.0, 3.0], [1.0, 0.5])
    assert found.pooled == pytest.approx(2.6)
    assert found.p_value == pytest.approx(stats.chi2.sf(3.2, 1))
    assert math.isnan(heterogeneity([1.0], [1.0]).p_value)


def test_segment_test_keeps_its_level():
    rng = np.random.default_rng(4)
    errors = np.array([0.5, 1.0, 2.0, 1.5])
    p_values = [heterogeneity(rng.normal(0.3, errors), errors).p_value for _ in range(8000)]
    assert 0.045 <= np.mean(np.array(p_values) < 0.05) <= 0.055


def test_trend_is_a_weighted_regression():
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    errors = rng.uniform(0.5, 2, 14)
    values = 3 - 0.2 * np.arange(14) + rng.normal(0, 3 * errors)
    ours = trend(values, errors, np.arange(14))
    theirs = sm.WLS(values, sm.add_constant(np.arange(14)), weights=errors**-2.0).fit()
    assert ours.slope == pytest.approx(theirs.params[1])
    assert ours.error == pytest.approx(theirs.bse[1])
    assert ours.p_value == pytest.approx(theirs.pvalues[1])
    assert math.isnan(trend([1.0] * 4, [1.0] * 4, range(4)).p_value)


@pytest.mark.parametrize(("control", "treatment"), [((40, 3), (40, 9)), ((200, 11), (150, 4))])
def test_expected_losses_of_two_rates_are_integrals_over_both_beliefs(control, treatment):
    first, second = (stats.beta(1 + x, 1 + n - x) for n, x in (control, treatment))
    found = posterior_counts(control, treatment)

    def over(upper, lower):  # E max(U - L, 0) is the integral of P(U > t) P(L < t)
        return integrate.quad(lambda t: upper.sf(t) * lower.cdf(t), 0, 1, epsabs=1e-12, limit=200)[0]

    assert found.loss_if_shipped == pytest.approx(over(first, second), rel=1e-3)
    assert found.loss_if_kept == pytest.approx(over(second, first), rel=1e-3)
    assert found.loss_if_kept - found.loss_if_shipped == pytest.approx(second.mean() - first.mean(), rel=1e-9)


def test_segments_with_estimated_errors_are_held_against_welchs_f():
    rng = np.random.default_rng(5)
    groups = [rng.normal(0, spread, n) for n, spread in ((8, 1.0), (12, 3.0), (30, 0.5), (9, 2.0))]
    means, errors = ([float(f(g)) for g in groups] for f in (np.mean, lambda g: g.std(ddof=1) / math.sqrt(len(g))))
    found = heterogeneity(means, errors, [len(g) - 1 for g in groups])
    expected = oneway.anova_oneway(groups, use_var="unequal", welch_correction=True)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    known = heterogeneity(means, errors)
    assert found.p_value > known.p_value


def test_likely_splits_are_those_the_users_fit():
    assert likely_splits({"a": 3610, "b": 390}, "a") == ({"a": 0.9, "b": 0.1},)
    assert likely_splits({"a": 390, "b": 3610}, "a") == ({"a": 0.1, "b": 0.9},)
    assert likely_splits({"a": 8000, "b": 1010, "c": 990}, "a")[0] == {"a": 0.8, "b": 0.1, "c": 0.1}
    assert likely_splits({"a": 50_000, "b": 51_800}, "a") == ()


def test_a_test_that_nobody_entered_is_only_wrong_where_somebody_leaked():
    weights = {"a": 1, "b": 1, "c": 0}
    assert (srm({}, weights).level, srm({}, weights).leaked) == ("green", 0)
    assert (srm({"c": 5}, weights).level, srm({"c": 5}, weights).leaked) == ("red", 5)
