"""Few buyers and large orders: the third moment, the transformation and how far an interval then reaches."""

import math

import numpy as np
import pytest
from scipy import special, stats

from ecops.experiments import compare_means, compare_ratios, non_inferiority
from ecops.experiments.statistics.samples import Sample, moments_of
from ecops.experiments.statistics.skewness import bent, mean_thirds, ratio_thirds, reaches, straightened, tail


def test_the_third_moment_is_that_of_a_share_of_lognormal_values():
    users, share, sigma = 2_000_000, 0.04, 0.7
    first, second, third = (share * math.exp(k * 3 + k * k * sigma**2 / 2) for k in (1, 2, 3))
    expected = third - 3 * first * second + 2 * first**3
    shape = (users, first, (second - first**2) * users / (users - 1), share * users)
    assert mean_thirds([shape])[0] == pytest.approx(expected, rel=1e-9)
    # Of a yes/no value it is p (1 - p) (1 - 2 p).
    yes = (users, share, share * (1 - share) * users / (users - 1), share * users)
    assert mean_thirds([yes, yes]) == pytest.approx([share * (1 - share) * (1 - 2 * share)] * 2, rel=1e-9)


def test_the_shape_is_pooled_and_the_mean_is_not():
    heavy, calm = (1_000.0, 4.0, 900.0, 100.0), (100.0, 2.0, 16.0, 10.0)
    both = mean_thirds([heavy, calm])
    assert both[1] == pytest.approx(both[0] / 8)
    assert both[1] > mean_thirds([calm])[0]
    assert mean_thirds([heavy, (100.0, -2.0, 16.0, 10.0)]) == (0.0, 0.0)
    assert mean_thirds([heavy, (100.0, 2.0, 16.0, math.nan)]) == (0.0, 0.0)
    absurd = (1_000.0, 1.0, 1e9, 100.0)
    assert mean_thirds([absurd])[0] == pytest.approx(12**3 / 0.1**2 - 3 * 12 / 0.1 + 2)


def test_the_third_moment_of_a_ratio():
    # Every buyer has one order: then the ratio is the mean order value, and its users are the buyers.
    users, buyers, value, cv = 10_000.0, 400.0, 80.0, 0.6
    linear = (cv * value) ** 2 * users / buyers  # variance of (y - r x) / mean x over all users
    square = cv**2
    skew = (square + 3) * math.sqrt(square)
    share = buyers / users
    third = share * skew * (cv * value / share) ** 3
    assert ratio_thirds([(users, value, linear, buyers)], money=True)[0] == pytest.approx(third)
    counts = share * 2 * cv * (cv * value / share) ** 3
    assert ratio_thirds([(users, value, linear, buyers)], money=False)[0] == pytest.approx(counts)
    assert ratio_thirds([(users, -value, linear, buyers)], money=True)[0] == pytest.approx(-third)
    assert ratio_thirds([(users, value, linear, buyers), (users, 0.0, linear, buyers)], money=True) == (0.0, 0.0)


def test_figures_below_zero_lean_the_other_way():
    small, large = Sample(18_000, 3.0, 900.0, 540.0), Sample(2_000, 4.2, 1_700.0, 60.0)
    refunds = [Sample(arm.n, -arm.mean, arm.variance, arm.active) for arm in (small, large)]
    plain, turned = compare_means(small, large), compare_means(*refunds)
    assert plain.skewness > 0.1
    assert turned.skewness == pytest.approx(-plain.skewness)
    assert (turned.low, turned.high) == pytest.approx((-plain.high, -plain.low))
    assert turned.p_value == pytest.approx(plain.p_value)


@pytest.mark.parametrize("skew", [-0.9, -0.2, 0.0, 0.3, 1.0])
def test_the_transformation_is_monotone_and_turned_back(skew):
    values = np.linspace(-6, 6, 101)
    bowed = [straightened(value, skew) for value in values]
    assert (np.diff(bowed) > 0).all()
    assert [bent(value, skew) for value in bowed] == pytest.approx(values, abs=1e-9)
    # Hall (1992): T + g T^2 / 3 + g^2 T^3 / 27 + g / 6.
    assert bowed[70] == pytest.approx(
        values[70] + skew * values[70] ** 2 / 3 + skew**2 * values[70] ** 3 / 27 + skew / 6
    )


@pytest.mark.parametrize("skew", [-0.6, 0.4])
def test_an_interval_ends_where_both_tests_agree(skew):
    up, down = reaches(2.0, skew)
    assert min(up, straightened(up, skew)) == pytest.approx(2.0)
    assert min(down, -straightened(-down, skew)) == pytest.approx(2.0)
    assert min(up, down) == 2.0
    assert max(up, down) > 2.1
    assert tail(up, math.inf, skew) == pytest.approx(special.ndtr(-2.0))
    assert tail(-down, 30.0, skew) == pytest.approx(stats.t.sf(2.0, 30))


def test_of_arms_alike_nothing_is_changed():
    arm = Sample(5_000, 3.0, 900.0, 150.0)
    effect = compare_means(arm, Sample(5_000, 3.9, 900.0, 150.0))
    assert effect.skewness == pytest.approx(0.092, abs=0.001)  # the richer arm is a little more lopsided
    even = compare_means(arm, arm)
    assert even.skewness == 0
    assert even.df == pytest.approx(2 * 149)
    assert even.high == pytest.approx(stats.t.isf(0.025, 298) * even.error)


def test_a_small_arm_reaches_further_on_its_poor_side():
    big, small = Sample(18_000, 3.6, 1_100.0, 540.0), Sample(2_000, 2.4, 500.0, 60.0)
    effect = compare_means(big, small)
    k = stats.t.isf(0.025, effect.df)
    assert effect.high - effect.difference > 1.2 * k * effect.error
    assert effect.difference - effect.low == pytest.approx(k * effect.error)
    assert (effect.p_value < 0.05) == (effect.verdict != "open")
    rail = non_inferiority(effect, 0.05)
    assert rail.high - rail.bearing > rail.bearing - rail.low
    assert effect.lacking == pytest.approx(max(30 / 60, effect.skewness**2))
    few = compare_means(Sample(3_600, 3.6, 1_100.0, 108.0), Sample(400, 2.4, 500.0, 12.0))
    assert few.lacking >= 2.5
    wild = compare_means(Sample(18_000, 3.6, 9_000.0, 540.0), Sample(2_000, 2.4, 2_000.0, 60.0))
    assert wild.skewness > 1.2
    assert wild.lacking == pytest.approx(wild.skewness**2)


def test_a_guardrail_has_the_skewness_of_what_it_holds():
    a, b = Sample(9_000, 3.6, 1_100.0, 270.0), Sample(1_000, 3.6, 1_100.0, 30.0)
    effect = compare_means(a, b)
    users = (9_000, 1_000)
    shapes = [(float(n), 3.6, 1_100.0, 0.03 * n) for n in users]
    thirds = [third / n**2 for third, n in zip(mean_thirds(shapes), users, strict=True)]
    assert effect.thirds == pytest.approx(thirds)
    rail = non_inferiority(effect, 0.1)
    error = math.sqrt(1_100 / 1_000 + 0.81 * 1_100 / 9_000)
    skew = (thirds[1] - 0.9**3 * thirds[0]) / error**3
    k = stats.t.isf(0.05, effect.df)
    assert rail.high == pytest.approx(rail.bearing + max(k, -bent(-k, skew)) * error)
    assert rail.low == pytest.approx(rail.bearing - max(k, bent(k, skew)) * error)


def test_only_buyers_count_for_an_order_value():
    rng = np.random.default_rng(1)
    orders = np.zeros(1_000)
    orders[:30] = 1
    arms = [moments_of({"sales": orders * rng.lognormal(4, 0.5, 1_000), "orders": orders}) for _ in range(2)]
    effect = compare_ratios(*arms, "sales", "orders")
    assert effect.active == (30, 30)
    assert effect.df < 58.01
