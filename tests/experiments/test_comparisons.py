"""Means, rates, ratios and adjustments against hand cases, scipy and statsmodels; percent and absolute always agree."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from ecops.errors import DataError, EcopsError, SpecError
from ecops.experiments import (
    compare_means,
    compare_proportions,
    compare_ratios,
    cuped,
    daily,
    non_inferiority,
    relative_lift,
)
from ecops.experiments.statistics.effects import normal_critical, to_t, two_sided
from ecops.experiments.statistics.proportions import exact_p
from ecops.experiments.statistics.samples import Sample, as_sample, merge, moments_from_sums, moments_of
from ecops.experiments.statistics.scores import difference_score


def draw(seed, n, shift=0.0):
    rng = np.random.default_rng(seed)
    return rng.lognormal(3, 1, n) * (rng.random(n) < 0.3) + shift


def test_welch_equals_scipy():
    a, b = draw(1, 300), draw(2, 500)
    ours = compare_means(a, b)
    theirs = stats.ttest_ind(b, a, equal_var=False)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-10)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval()), rel=1e-10)
    assert ours.df == pytest.approx(theirs.df)


def test_rows_and_sums_give_the_same():
    a, b = draw(1, 300), draw(2, 500)
    sums = [(len(x), float(x.sum()), float((x**2).sum())) for x in (a, b)]
    by_rows, by_sums = compare_means(a, b), compare_means(*sums)
    assert by_sums.low == pytest.approx(by_rows.low, rel=1e-9)
    assert by_sums.p_value == pytest.approx(by_rows.p_value, rel=1e-9)


def test_means_by_hand():
    # 1, 2, 3 against 4, 6, 8: means 2 and 6, variances 1 and 4, SE^2 = 1/3 + 4/3.
    ours = compare_means([1.0, 2.0, 3.0], [4.0, 6.0, 8.0])
    assert ours.difference == 4
    assert ours.error == pytest.approx(math.sqrt(5 / 3))
    assert ours.df == pytest.approx((5 / 3) ** 2 / ((1 / 9) / 2 + (16 / 9) / 2))


def test_a_far_tail_is_not_zero():
    assert 0 < two_sided(27.0) < 1e-150
    assert two_sided(27.0) == pytest.approx(2 * stats.norm.sf(27))
    assert two_sided(-5.0, 12.0) == pytest.approx(2 * stats.t.sf(5, 12))


def test_normal_values_become_t_values_of_the_same_tail():
    assert to_t(normal_critical(0.05), 10) == pytest.approx(stats.t.isf(0.025, 10))
    assert to_t(3.0, math.inf) == 3.0


def fieller_by_search(d, m, vd, vm, c, k):
    # All L with (D - L m)^2 <= k^2 (vd - 2 L c + L^2 vm), found on a grid.
    grid = np.linspace(-1.5, 3, 900_001)
    inside = (d - grid * m) ** 2 <= k**2 * (vd - 2 * grid * c + grid**2 * vm)
    return grid[inside].min(), grid[inside].max()


@pytest.mark.parametrize("covariance", [-0.04, -0.01, 0.02])
def test_fieller_is_what_its_inequality_says(covariance):
    lift = relative_lift(0.3, 2.0, 0.05, 0.04, covariance, 1.96)
    low, high = fieller_by_search(0.3, 2.0, 0.05, 0.04, covariance, 1.96)
    assert (lift.low, lift.high) == pytest.approx((low, high), abs=1e-5)


amounts = st.floats(-50, 50, allow_nan=False)


@settings(max_examples=400, deadline=None)
@given(
    st.tuples(st.integers(2, 10_000), amounts, st.floats(1e-6, 500)),
    st.tuples(st.integers(2, 10_000), amounts, st.floats(1e-6, 500)),
    st.floats(0.5, 6),
)
def test_relative_and_absolute_verdicts_agree_for_means(control, treatment, reach):
    effect = compare_means(Sample(*control), Sample(*treatment)).at(reach)
    lift = effect.lift
    if lift.status == "ok":
        assert (lift.low > 0) == (effect.low > 0)
        assert (lift.high < 0) == (effect.high < 0)
        assert lift.low <= lift.value <= lift.high
    else:
        assert math.isnan(lift.value)
        assert effect.control <= effect.critical * math.sqrt(effect.base_variance) or effect.control <= 0


@settings(max_examples=300, deadline=None)
@given(st.integers(2, 3000), st.integers(2, 3000), st.floats(0, 1), st.floats(0, 1), st.floats(0.8, 5))
def test_verdicts_agree_for_rates(na, nb, pa, pb, reach):
    xa, xb = round(na * pa), round(nb * pb)
    assume(0 < xa + xb < na + nb)
    effect = compare_proportions((na, xa), (nb, xb)).at(reach)
    if effect.lift.status == "ok":
        tiny = 1e-9
        assert not (effect.lift.low > tiny and effect.low < -tiny)
        assert not (effect.lift.high < -tiny and effect.high > tiny)
    shown = effect.p_value < 2 * stats.norm.sf(reach)
    if abs(effect.p_value / (2 * stats.norm.sf(reach)) - 1) > 1e-6 and 0.34 * reach < effect.critical < 2.99 * reach:
        assert (effect.verdict != "open") == shown


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-0.5, 1.0))
def test_verdicts_agree_for_adjusted_means(seed, uplift):
    rng = np.random.default_rng(seed)
    past = [rng.lognormal(2, 1, 60) for _ in range(2)]
    arms = [
        moments_of({"y": x * (1 + u) + rng.normal(0, 5, 60), "x": x}) for x, u in zip(past, (0, uplift), strict=True)
    ]
    effect = cuped(*arms, "y", ["x"])
    if effect.lift.status == "ok":
        assert (effect.lift.low > 0) == (effect.low > 0)
        assert (effect.lift.high < 0) == (effect.high < 0)


def test_negative_and_zero_baselines_have_no_percentage():
    loss = compare_means([-3.0, -2.0, -1.0, -2.0], [-1.0, 0.5, 0.0, 0.5])
    assert loss.difference > 0
    assert loss.lift.status == "baseline_not_positive"
    assert math.isnan(loss.lift.value)
    zero = compare_means([0.0] * 50, [0.0] * 40 + [5.0] * 10)
    assert zero.lift.status == "baseline_not_positive"


def test_a_vague_baseline_has_no_percentage():
    effect = compare_means([-20.0, 25.0, 1.0, -4.0, 3.0], [5.0, 8.0, 6.0, 7.0, 9.0])
    assert effect.control > 0
    assert effect.lift.status == "baseline_uncertain"
    assert math.isfinite(effect.low)


def test_pooled_score_test_is_the_chi_square():
    ours = compare_proportions((721, 20), (730, 37))
    theirs = stats.chi2_contingency([[20, 701], [37, 693]], correction=False)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-10)
    assert ours.method == "score"


def test_score_interval_inverts_the_restricted_likelihood():
    from scipy import optimize

    def naive(n0, x0, n1, x1, delta):
        def loss(p):
            q = p + delta
            return -(x0 * math.log(p) + (n0 - x0) * math.log(1 - p) + x1 * math.log(q) + (n1 - x1) * math.log(1 - q))

        low, high = max(1e-12, -delta + 1e-12), min(1, 1 - delta) - 1e-12
        p = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
        return (x1 / n1 - x0 / n0 - delta) / math.sqrt(p * (1 - p) / n0 + (p + delta) * (1 - p - delta) / n1)

    for n0, x0, n1, x1 in ((721, 20, 730, 37), (40, 12, 30, 20), (200, 3, 150, 9)):
        for delta in (-0.05, -0.01, 0.003, 0.04):
            ours = difference_score((n0, x0 / n0), (n1, x1 / n1), delta)
            assert ours == pytest.approx(naive(n0, x0, n1, x1, delta), abs=1e-5)
    effect = compare_proportions((721, 20), (730, 37))
    assert naive(721, 20, 730, 37, effect.low) == pytest.approx(1.959964, abs=1e-5)
    assert naive(721, 20, 730, 37, effect.high) == pytest.approx(-1.959964, abs=1e-5)


def test_koopman_ratio_interval_equals_statsmodels():
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(37, 730, 20, 721, method="score", compare="ratio", correction=False)
    ours = compare_proportions((721, 20), (730, 37)).lift
    assert (ours.low + 1, ours.high + 1) == pytest.approx((low, high), rel=1e-5)


def barnard_naive(na, xa, nb, xb):
    # Every table, a fine grid of the shared rate.
    def z(a, b):
        pooled = (a + b) / (na + nb)
        error = math.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
        return abs(b / nb - a / na) / error if error > 0 else 0.0

    seen = z(xa, xb) * (1 - 1e-12)
    extreme = [(a, b) for a in range(na + 1) for b in range(nb + 1) if z(a, b) >= seen]
    rates = np.linspace(0, 1, 4001)
    return max(sum(stats.binom.pmf(a, na, rates) * stats.binom.pmf(b, nb, rates) for a, b in extreme).max(), 0.0)


@pytest.mark.parametrize("table", [(12, 1, 15, 7), (20, 3, 11, 5), (9, 9, 14, 8)])
def test_exact_test_is_barnards(table):
    ours = exact_p(*map(float, table))
    assert ours == pytest.approx(barnard_naive(*table), abs=2e-4)
    na, xa, nb, xb = table
    scipys = stats.barnard_exact([[xb, xa], [nb - xb, na - xa]]).pvalue
    assert ours == pytest.approx(scipys, abs=2e-3)


def test_small_counts_use_the_exact_test_and_agree_with_it():
    effect = compare_proportions((1000, 1), (1000, 6))
    assert effect.method == "exact"
    assert effect.p_value > 0.05
    assert effect.low < 0 < effect.high
    assert effect.lift.low < 0 < effect.lift.high
    clear = compare_proportions((1000, 0), (1000, 9))
    assert clear.p_value < 0.05
    assert clear.low > 0
    assert clear.lift.status == "baseline_not_positive"


def test_a_ratio_counts_users_not_orders():
    rng = np.random.default_rng(3)
    orders = rng.poisson(2, 4000).astype(float)
    sales = orders * rng.lognormal(4, 0.2, 4000)  # a user's orders resemble each other
    a, b = slice(0, 2000), slice(2000, 4000)
    effect = compare_ratios((sales[a], orders[a]), (sales[b], orders[b]))
    boot = []
    for _ in range(400):
        pick = rng.integers(0, 2000, 2000)
        boot.append(sales[a][pick].sum() / orders[a][pick].sum())
    assert math.sqrt(effect.base_variance) == pytest.approx(np.std(boot), rel=0.12)
    assert effect.control == pytest.approx(sales[a].sum() / orders[a].sum())
    # Fieller: changes that a test of treatment - (1 + change) x control, arms independent, does not refuse.
    other = compare_ratios((sales[b], orders[b]), (sales[a], orders[a])).base_variance
    for end, limit in ((effect.low, effect.lift.low), (effect.high, effect.lift.high)):
        reach = abs(end - effect.difference) / effect.error
        gap = abs(effect.treatment - (1 + limit) * effect.control)
        assert gap == pytest.approx(reach * math.sqrt(other + (1 + limit) ** 2 * effect.base_variance), rel=1e-6)


def test_cuped_equals_regression_with_interactions():
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    n = 4000
    arm = rng.random(n) < 0.5
    x = rng.normal(10, 3, (n, 2))
    y = 5 + 0.8 * x[:, 0] - 0.3 * x[:, 1] + 0.4 * arm + rng.normal(0, 2, n)
    effect = cuped(*(moments_of({"y": y[g], "a": x[g, 0], "b": x[g, 1]}) for g in (~arm, arm)), "y", ["a", "b"])
    centred = x - x.mean(axis=0)
    design = np.column_stack([np.ones(n), arm, centred, centred * arm[:, None]])
    fit = sm.OLS(y, design).fit(cov_type="HC2")
    assert effect.difference == pytest.approx(fit.params[1], abs=2e-3)
    assert effect.error == pytest.approx(fit.bse[1], rel=0.01)
    correlation = np.corrcoef(fit.model.exog[:, 2], y)[0, 1]
    assert effect.removed > 0.9 * correlation**2


def test_a_useless_or_constant_covariate_changes_nothing():
    a, b = draw(1, 300), draw(2, 300)
    arms = [moments_of({"y": y, "one": np.ones(300)}) for y in (a, b)]
    assert cuped(*arms, "y", ["one"]).error == pytest.approx(compare_means(a, b).error)
    twice = [moments_of({"y": y, "x": y[::-1], "again": y[::-1]}) for y in (a, b)]
    single = cuped(*twice, "y", ["x"])
    assert cuped(*twice, "y", ["x", "again"]).difference == pytest.approx(single.difference)


def test_non_inferiority_gives_up_a_share_of_a_loss_too():
    # 10 lost a user against 9.9: better, and even 10.2 would be within 2 %.
    noise = np.array([-0.1, 0.1, 0.0, -0.05, 0.05] * 50)
    better, worse, within = (
        non_inferiority(compare_means(noise - 10, noise + mean), 0.02) for mean in (-9.9, -10.4, -10.1)
    )
    assert (better.status, within.status, worse.status) == ("held", "held", "broken")
    assert better.bearing == pytest.approx(0.1 + 0.2)
    less = non_inferiority(compare_means(noise - 10, noise - 9.9), 0.02, less_is_better=True)
    assert (less.status, less.bearing) == ("held", pytest.approx(0.2 - 0.1))


def test_ratios_and_joint_moments_refuse_blanks():
    with pytest.raises(DataError, match="blank"):
        compare_ratios(([1.0, math.nan, 2.0], [1, 1, 1]), ([1.0, 2.0, 3.0], [1, 1, 1]))
    with pytest.raises(DataError, match="blank"):
        moments_of({"value": [1.0, 2.0, math.inf]})


def test_non_inferiority_is_exact_in_a_relative_margin():
    a, b = as_sample((5000, 10_021, 25_142)), as_sample((5000, 9_892, 24_510))
    rail = non_inferiority(compare_means(a, b), 0.05)
    error = math.sqrt(b.error_squared + 0.95**2 * a.error_squared)
    assert rail.bearing == pytest.approx(b.mean - 0.95 * a.mean)
    assert rail.low == pytest.approx(rail.bearing - stats.t.isf(0.05, 9997.9) * error, rel=1e-4)
    assert rail.status == "held"
    assert non_inferiority(compare_means(a, b), 0.0).status == "open"
    cost = non_inferiority(compare_means(b, a), 0.05, less_is_better=True)
    assert cost.bearing == pytest.approx(1.05 * b.mean - a.mean)


def test_daily_totals_by_hand():
    sales = np.array([100.0, 120, 90, 150, 160, 80, 95])
    people = np.full(7, 50.0)
    better = sales + np.array([4.0, 9, 2, 12, 8, 5, 9])
    effect = daily((sales, people), (better, people))
    paired = stats.ttest_rel(better / 50, sales / 50)
    assert effect.p_value == pytest.approx(paired.pvalue)
    assert effect.df == pytest.approx(6)
    assert (effect.lift.low > 0) == (effect.low > 0)


def test_shifted_sums_keep_the_digits_of_large_values():
    rng = np.random.default_rng(5)
    values = 1e9 + rng.normal(0, 1, 10_000)
    moments = moments_from_sums(
        10_000, {"v": float((values - 1e9).sum())}, {("v", "v"): float(((values - 1e9) ** 2).sum())}, {"v": 1e9}
    )
    assert moments.sample("v").variance == pytest.approx(values.var(ddof=1), rel=1e-9)
    assert moments.sample("v").mean == pytest.approx(values.mean(), rel=1e-15)


def test_parts_merge_into_the_whole():
    rng = np.random.default_rng(6)
    values = rng.normal(50, 9, (500, 3))
    whole = moments_of(dict(zip("abc", values.T, strict=True)))
    parts = [moments_of(dict(zip("abc", values[cut].T, strict=True))) for cut in (slice(0, 100), slice(100, 500))]
    merged = merge(parts)
    np.testing.assert_allclose(merged.covariance, whole.covariance, rtol=1e-12)
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-14)


@pytest.mark.parametrize(
    ("arm", "error"),
    [
        ((1, 0.5), DataError),
        ((100, 101), DataError),
        ((10, 5.0, 1.0), DataError),
        ((10, float("nan"), 1.0), DataError),
        ((1, 2, 3, 4), SpecError),
        ([1.0], DataError),
        ([1.0, float("nan"), 2.0], DataError),
        ([1.0, float("inf"), 2.0], DataError),
    ],
)
def test_impossible_arms_are_errors(arm, error):
    with pytest.raises(error):
        compare_means(arm, [1.0, 2.0, 3.0])


def test_no_spread_is_an_error():
    with pytest.raises(DataError, match="same value"):
        compare_means([2.0, 2.0, 2.0], [2.0, 2.0])
    with pytest.raises(DataError, match="Nobody"):
        compare_proportions((50, 0), (60, 0))
    with pytest.raises(DataError, match="Every user"):
        compare_proportions((50, 50), (60, 60))
    with pytest.raises(DataError, match="0 or 1"):
        compare_proportions([0.0, 2.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0])
    with pytest.raises(EcopsError):
        compare_ratios(([1.0, 2.0], [0.0, 0.0]), ([1.0, 2.0], [1.0, 1.0]))
    # One arm without spread is no obstacle.
    assert math.isfinite(compare_means([2.0, 2.0, 2.0], [1.0, 2.0, 4.0]).low)


def test_without_enough_payers_or_values_nothing_is_capped():
    from ecops.experiments.statistics.capping import high_limit

    assert high_limit(np.array([5.0, 4.0, 3.0]), 9) == math.inf
    assert high_limit(np.array([5.0]), 57) == math.inf
    assert high_limit(np.array([5.0, 4.0]), 57) == 4.0
