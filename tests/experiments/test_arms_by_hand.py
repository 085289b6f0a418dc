"""Two arms at the limits of every rule: on it, just inside, just outside; and what is only used inside, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from ecops.errors import DataError, SpecError
from ecops.experiments import (
    compare_means,
    compare_proportions,
    compare_ratios,
    cuped,
    daily,
    non_inferiority,
    posterior,
)
from ecops.experiments.statistics.bayes import expected_losses, posterior_counts
from ecops.experiments.statistics.capping import Cap, capped_count, high_limit, tail_size
from ecops.experiments.statistics.days import FEWEST_DAYS, day_effects
from ecops.experiments.statistics.effects import normal_critical, relative_lift, stretch, to_t, two_sided
from ecops.experiments.statistics.means import linear_weights, pooled_correlation
from ecops.experiments.statistics.multiplicity import holm
from ecops.experiments.statistics.samples import (
    Moments,
    Sample,
    as_sample,
    merge,
    moments_from_sums,
    moments_of,
    sample_from_sums,
)
from ecops.experiments.statistics.scores import difference_interval, ratio_interval, ratio_score
from ecops.experiments.statistics.skewness import bent, mean_thirds, ratio_thirds, reaches, straightened, tail

EFFECT = compare_means((1_000, 500.0, 1_250.0), (800, 520.0, 1_500.0))


@pytest.mark.parametrize(
    ("payers", "beyond", "kept"),
    [
        (0, 0, 50), (9, 0, 50), (10, 1, 50), (199, 1, 50), (200, 2, 50), (999, 9, 50), (1_000, 1, 50), (2_000, 2, 50),
        (5_000, 5, 50), (5_001, 5, 51), (10_000, 10, 100), (2_000_000, 2_000, 20_000), (3_000_000, 3_000, 20_000),
        (20_000_000, 20_000, 20_001),
    ],
)  # fmt: skip
def test_how_many_lie_above_the_cap_and_how_many_are_kept(payers, beyond, kept):
    assert (capped_count(payers), tail_size(payers)) == (beyond, kept)


def test_the_cap_is_the_largest_value_that_is_not_above_it():
    assert high_limit(np.arange(1.0, 11.0), 200) == 8
    assert high_limit(np.arange(1.0, 4.0), 200) == 1
    assert high_limit(np.arange(1.0, 3.0), 200) == math.inf
    assert [Cap(0, 1, 0, 9, 1, share, typo=False).suspicious for share in (0.05, 0.0501)] == [False, True]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.0, 1.0, "open"), (1e-9, 1.0, "better"), (-1.0, 0.0, "open"), (-1.0, -1e-9, "worse"), (-1.0, 1.0, "open")],
)
def test_what_touches_nothing_is_open(low, high, verdict):
    assert replace(EFFECT, low=low, high=high).verdict == verdict


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"active": (60.0, 15.0), "thirds": (0.0, 0.0)}, 2.0),
        ({"active": (0.0, 60.0), "thirds": (0.0, 0.0)}, 30.0),
        ({"active": (0.5, 60.0), "thirds": (0.0, 0.0)}, 30.0),
        ({"active": (math.nan, math.nan)}, 0.0),
        ({"active": (5.0, 5.0), "method": "score"}, 0.0),
        ({"active": (5.0, 5.0), "method": "daily"}, 0.0),
        ({"active": (3e9, 3e9), "error": 2.0, "thirds": (4.0, -12.0)}, 4.0),
        ({"active": (3e9, 3e9), "error": 2.0, "thirds": (-4.0, 12.0)}, 4.0),
    ],
)
def test_how_many_times_more_users_a_test_needs(change, lacking):
    assert replace(EFFECT, **change).lacking == pytest.approx(lacking)


def test_tails_at_their_ends():
    assert normal_critical(0.05) == pytest.approx(stats.norm.isf(0.025))
    for alpha in (0.0, 1.0):
        with pytest.raises(SpecError):
            normal_critical(alpha)
    assert to_t(math.inf, 5.0) == math.inf
    assert to_t(2.0, 5.0) == pytest.approx(stats.t.isf(stats.norm.sf(2.0), 5))
    assert to_t(40.0, 5.0) == 40.0
    assert two_sided(0.0) == two_sided(0.0, 5.0) == 1.0
    assert [stretch(z, p) for z, p in ((0.0, 1.0), (1.0, 1.0), (9.0, 0.9), (0.1, 0.001))] == pytest.approx(
        [1.0, 3.0, 3.0, 1 / 3]
    )
    assert stretch(-2.0, 2 * stats.norm.sf(2.5)) == pytest.approx(0.8)


@pytest.mark.parametrize("control", [0.0, -1.0])
def test_no_percentage_of_nothing(control):
    assert relative_lift(1.0, control, 1.0, 1.0, 0.0, 2.0).status == "baseline_not_positive"


def test_a_percentage_wants_a_mean_beyond_its_own_error():
    assert relative_lift(1.0, 2.0, 1.0, 1.0, 0.0, 2.0).status == "baseline_uncertain"
    sure = relative_lift(1.0, 2.01, 1.0, 1.0, 0.0, 2.0)
    assert (sure.status, sure.value) == ("ok", pytest.approx(1 / 2.01))
    nothing = relative_lift(0.0, 10.0, 0.01, 0.0, 0.0, 2.0)
    assert (nothing.low, nothing.high) == pytest.approx((-0.02, 0.02))
    still = relative_lift(0.0, 10.0, 0.0, 0.0, 0.0, 2.0)
    assert (still.low, still.value, still.high) == (0, 0, 0)
    fall = relative_lift(-1.0, 10.0, 0.02, 0.01, -0.01, 1.96)
    for end in (fall.low, fall.high):
        gap = (-1.0 - end * 10) ** 2 - 1.96**2 * (0.02 + 2 * end * 0.01 + end**2 * 0.01)
        assert gap == pytest.approx(0, abs=1e-9)
    assert fall.low < -0.1 < fall.high < 0


def test_welch_counts_those_who_have_a_value_for_its_freedom():
    few = compare_means(Sample(1_000, 1.0, 40.0, 30.0), Sample(500, 1.5, 60.0, 20.0))
    a, b = 40 / 1_000, 60 / 500
    assert few.df == pytest.approx((a + b) ** 2 / (a**2 / 29 + b**2 / 19))
    assert (few.base_variance, few.base_covariance) == pytest.approx((a, -a))
    assert few.treatment == pytest.approx(few.control + few.difference)
    alone = compare_means(Sample(1_000, 1.0, 40.0, 1.0), Sample(500, 1.5, 60.0, 2.0))
    assert alone.df == pytest.approx((a + b) ** 2 / (a**2 / 1 + b**2 / 1))
    nobody = compare_means(Sample(1_000, 1.0, 40.0, 0.0), Sample(500, 1.5, 60.0, 2.0))
    assert nobody.df == pytest.approx((a + b) ** 2 / (a**2 / 1 + b**2 / 1))
    shapes = mean_thirds([(1_000.0, 1.0, 40.0, 30.0), (500.0, 1.5, 60.0, 20.0)])
    skew = (shapes[1] / 500**2 - shapes[0] / 1_000**2) / few.error**3
    assert few.skewness == pytest.approx(skew)
    assert few.p_value == pytest.approx(2 * tail(few.statistic, few.df, skew))
    assert compare_means(Sample(10, 1.0, 2.0), Sample(10, 1.0, 2.0)).p_value == 1.0


@pytest.mark.parametrize(
    ("control", "treatment"), [((60, 9), (80, 20)), ((60, 0), (80, 7)), ((60, 55), (80, 80)), ((500, 30), (90, 1))]
)
@pytest.mark.parametrize("reach", [1.0, 1.96])
def test_score_intervals_end_where_the_most_likely_rates_say(control, treatment, reach):
    arms = [(n, x / n) for n, x in (control, treatment)]
    (n0, p0), (n1, p1) = arms

    def most_likely(other, top, bottom=0.0):
        """The rate of the control that the data make likeliest when the treatment's is `other` of it."""

        def loss(p):
            q = np.clip([p, other(p)], 1e-15, 1 - 1e-15)
            return -float(
                np.sum([n0, n1] * (np.array([p0, p1]) * np.log(q) + (1 - np.array([p0, p1])) * np.log(1 - q)))
            )

        return optimize.minimize_scalar(loss, bounds=(bottom, top), method="bounded", options={"xatol": 1e-13}).x

    for end, sign in zip(difference_interval(*arms, reach), (1, -1), strict=True):
        p = most_likely(lambda p, d=end: p + d, min(1, 1 - end), max(0, -end))
        error = math.sqrt(p * (1 - p) / n0 + (p + end) * (1 - p - end) / n1)
        assert (p1 - p0 - end) / error == pytest.approx(sign * reach, abs=2e-3)
    if not control[1]:
        return
    for end, sign in zip(ratio_interval(*arms, reach), (1, -1), strict=True):
        p = most_likely(lambda p, r=end: r * p, min(1, 1 / end))
        error = math.sqrt(end * p * (1 - end * p) / n1 + end**2 * p * (1 - p) / n0)
        assert (p1 - end * p0) / error == pytest.approx(sign * reach, abs=2e-3)


def test_a_ratio_of_rates_without_an_upper_end():
    assert ratio_interval((20, 1 / 20), (20, 5 / 20), 1e6)[1] == math.inf
    assert 5 < ratio_interval((20, 1 / 20), (20, 5 / 20), 2.5)[1] < 100
    assert ratio_interval((50, 0.2), (50, 0.0), 1.96)[0] == 0
    assert ratio_score((50, 0.2), (50, 0.3), 1.5) == pytest.approx(0, abs=1e-9)
    assert ratio_score((50, 0.2), (50, 0.3), 1.0) == pytest.approx(0.1 / math.sqrt(0.25 * 0.75 * 2 / 50))


@pytest.mark.parametrize(("n", "method"), [(100, "score"), (99, "exact")])
def test_five_expected_conversions_are_enough(n, method):
    few = 5 if method == "score" else 4
    assert compare_proportions((n, few), (n, 5)).method == method
    assert compare_proportions((n, n - few), (n, n - 5)).method == method
    assert compare_proportions((10 * n, 10 * few), (n, 5)).method == method


def test_what_a_rate_carries_along():
    effect = compare_proportions((400, 40), (100, 30))
    pooled = 70 / 500
    assert effect.error == pytest.approx(math.sqrt(0.1 * 0.9 / 400 + 0.3 * 0.7 / 100))
    assert effect.statistic == pytest.approx(0.2 / math.sqrt(pooled * (1 - pooled) * (1 / 400 + 1 / 100)))
    assert (effect.base_variance, effect.base_covariance) == pytest.approx((0.09 / 400, -0.09 / 400))
    assert effect.active == (40, 30)
    assert compare_proportions((400, 390), (100, 95)).active == (10, 5)
    lopsided = pooled * (1 - pooled) * (1 - 2 * pooled)
    assert effect.thirds == pytest.approx((lopsided / 400**2, lopsided / 100**2))
    assert compare_proportions((400, 40), (100, 30), test="exact").method == "exact"
    assert compare_proportions((40, 1), (40, 2), test="score").method == "score"


def test_sums_that_have_lost_their_spread():
    assert sample_from_sums(4, 10.0, 30.0) == as_sample([1.0, 2.0, 3.0, 4.0])
    assert sample_from_sums(10, 10.0, 10.0).variance == 0
    assert sample_from_sums(2, 0.0, 0.0).variance == 0
    assert sample_from_sums(10, 10.0, 10.0 * (1 + 1e-11)).variance > 0
    assert sample_from_sums(10, 10.0, 10.0 * (1 + 1e-13)).variance == 0
    assert sample_from_sums(10, 10.0, 10.0 * (1 - 1e-13)).variance == 0
    with pytest.raises(DataError, match="No values"):
        sample_from_sums(10, 10.0, 10.0 * (1 - 1e-11))
    for squares in (-1e-3, -1.0, math.inf):
        with pytest.raises(DataError):
            sample_from_sums(10, 0.0, squares)
    assert [as_sample((4, x)).mean for x in (0, 4)] == [0, 1]
    assert as_sample((4, 1)).variance == pytest.approx(np.var([1, 0, 0, 0], ddof=1))
    for x in (-1, 5):
        with pytest.raises(DataError, match="do not fit"):
            as_sample((4, x))


def test_joint_moments_of_shifted_sums_and_of_parts():
    random = np.random.default_rng(3)
    values = {"a": random.normal(1e6, 2, 40), "b": random.normal(3, 1, 40), "c": np.full(40, 7.0)}
    shift = {"a": 1e6, "b": 0.0, "c": 0.0}
    off = {name: column - shift[name] for name, column in values.items()}
    pairs = [("a", "a"), ("b", "b"), ("c", "c"), ("a", "b")]
    found = moments_from_sums(
        40, {n: v.sum() for n, v in off.items()}, {p: off[p[0]] @ off[p[1]] for p in pairs}, shift, [40, 39, 40]
    )
    expected = np.cov(np.vstack(list(values.values())))
    for one, other in pairs:
        i, j = found.index(one), found.index(other)
        assert found.covariance[i, j] == found.covariance[j, i] == pytest.approx(expected[i, j], rel=1e-6)
    assert found.covariance[2, 2] == 0
    assert np.isnan(found.covariance[0, 2])
    assert found.mean == pytest.approx([column.mean() for column in values.values()])
    assert (found.having("b"), found.sample("a").active) == (39, 40)
    assert moments_from_sums(0, {"a": 0.0}, {("a", "a"): 0.0}, {"a": 2.0}).mean.tolist() == [2]
    assert np.isnan(moments_from_sums(1, {"a": 3.0}, {("a", "a"): 9.0}, {"a": 0.0}).covariance).all()
    assert moments_from_sums(2, {"a": 3.0}, {("a", "a"): 5.0}, {"a": 0.0}).covariance.tolist() == [[0.5]]


def test_parts_of_any_size_merge():
    random = np.random.default_rng(4)
    rows = random.normal(5, 2, (9, 2))
    names = ("a", "b")

    def part(values, active=True):
        spread = np.cov(values, rowvar=False) if len(values) > 1 else np.full((2, 2), np.nan)
        return Moments(len(values), names, values.mean(0), spread, np.full(2, float(len(values))) if active else None)

    whole = merge([part(rows[:1]), part(rows[1:3]), replace(part(rows[:2]), n=0), part(rows[3:])])
    assert whole.n == 9
    assert whole.mean == pytest.approx(rows.mean(0))
    assert whole.covariance == pytest.approx(np.cov(rows, rowvar=False))
    assert whole.active.tolist() == [9, 9]
    assert merge([part(rows[:4]), part(rows[4:], active=False)]).active is None
    assert merge([part(rows[:4])]).n == 4
    assert math.isnan(part(rows[:4], active=False).having("a"))


def test_a_ratio_is_a_mean_of_what_moves_it():
    arm = moments_of({"y": [2.0, 0.0, 9.0], "x": [1.0, 0.0, 3.0]})
    value, weights = linear_weights(arm, ("y", "x"))
    assert value == 2.75
    assert weights.tolist() == pytest.approx([0.75, -0.75 * 2.75])
    same, none = linear_weights(arm, ("x", "x"))
    assert (same, none.tolist()) == (1.0, [0.0, 0.0])
    assert linear_weights(arm, "x")[1].tolist() == [0, 1]
    assert pooled_correlation(arm, arm, "y", "x") == pytest.approx(np.corrcoef([2, 0, 9], [1, 0, 3])[0, 1])
    flat = moments_of({"y": [2.0, 0.0, 9.0], "x": [1.0, 1.0, 1.0]})
    assert math.isnan(pooled_correlation(flat, flat, "y", "x"))


def test_the_correlation_is_that_within_the_arms():
    random = np.random.default_rng(5)
    rows = [random.normal(size=(n, 2)) @ [[1, 0.6], [0, 1]] + shift for n, shift in ((30, 0), (50, 9))]
    within = np.concatenate([part - part.mean(0) for part in rows])
    arms = [moments_of({"y": part[:, 0], "x": part[:, 1]}) for part in rows]
    assert pooled_correlation(*arms, "y", "x") == pytest.approx(np.corrcoef(within, rowvar=False)[0, 1])


def test_an_adjusted_ratio_by_hand():
    random = np.random.default_rng(6)
    arms, linear = [], []
    for n, lift in ((400, 1.0), (300, 1.1)):
        past = random.gamma(3, 1, n)
        orders = random.poisson(past)
        sales = orders * 50 * lift * random.lognormal(0, 0.3, n)
        arms.append(moments_of({"sales": sales, "orders": orders, "past": past}))
        ratio = sales.sum() / orders.sum()
        linear.append((ratio, (sales - ratio * orders) / orders.mean(), past, np.count_nonzero(orders)))
    free = cuped(*arms, ("sales", "orders"), ["past"])
    sums = np.sum([[((p - p.mean()) * v).sum(), ((p - p.mean()) ** 2).sum()] for _, v, p, _ in linear], axis=0)
    theta = sums[0] / sums[1]
    apart = linear[1][2].mean() - linear[0][2].mean()
    price = 698 / 697 * (1 + apart**2 / sums[1] / (1 / 400 + 1 / 300))
    rest = [np.var(v - theta * p, ddof=1) for _, v, p, _ in linear]
    assert free.difference == pytest.approx(linear[1][0] - linear[0][0] - theta * apart)
    assert free.error**2 == pytest.approx((rest[0] / 400 + rest[1] / 300) * price)
    assert free.active == (linear[0][3] - 0.5, linear[1][3] - 0.5)
    own = [np.var(v, ddof=1) for _, v, _, _ in linear]
    assert free.base_variance == pytest.approx(own[0] / 400)
    assert free.base_covariance == pytest.approx(-(own[0] - theta * np.cov(linear[0][1], linear[0][2])[0, 1]) / 400)
    assert free.removed == pytest.approx(1 - free.error**2 / (own[0] / 400 + own[1] / 300))
    shapes = [(float(arm.n), one[0], var, float(one[3])) for arm, one, var in zip(arms, linear, own, strict=True)]
    for money in (True, False):
        thirds = ratio_thirds(shapes, money)
        found = cuped(*arms, ("sales", "orders"), ["past"], money=money)
        assert found.thirds == pytest.approx((thirds[0] / 400**2, thirds[1] / 300**2))
    fixed = cuped(*arms, ("sales", "orders"), ["past"], theta=[theta])
    assert fixed.error**2 == pytest.approx(rest[0] / 400 + rest[1] / 300)
    plain = compare_ratios(*arms, "sales", "orders")
    assert cuped(*arms, ("sales", "orders"), ["past"], theta=[0.0]).error == pytest.approx(plain.error)
    with pytest.raises(SpecError, match="one weight"):
        cuped(*arms, ("sales", "orders"), ["past"], theta=[1.0, 2.0])
    with pytest.raises(DataError, match="equals the figure"):
        cuped(*arms, "sales", ["sales"])


def test_one_degree_of_freedom_is_the_least():
    random = np.random.default_rng(7)
    arms = [moments_of({name: random.normal(size=3) for name in "yabcd"}) for _ in range(2)]
    assert cuped(*arms, "y", list("abc")).error > 0
    with pytest.raises(DataError, match="too few users for 4"):
        cuped(*arms, "y", list("abcd"))


def test_third_moments_are_pooled_by_those_who_have_a_value():
    arms = [(1_000.0, 4.0, 900.0, 100.0), (400.0, 3.0, 500.0, 60.0)]
    ratios = [100 * (900 * 999 / 1_000 + 16) / 16_000, 60 * (500 * 399 / 400 + 9) / 3_600]
    ratio, share = (ratios[0] * 100 + ratios[1] * 60) / 160, 160 / 1_400
    third = ratio**3 / share**2 - 3 * ratio / share + 2
    assert mean_thirds(arms) == pytest.approx((third * 64, third * 27))
    narrow = [(100.0, 4.0, 0.0, 100.0)]
    assert mean_thirds(narrow) == pytest.approx((0.0,))
    square = (900 * (100 / 4) ** 2 / 1_000 + 500 * (60 / 3) ** 2 / 400) / 160
    for money, inner in ((True, (square + 3) * math.sqrt(square)), (False, 2 * math.sqrt(square))):
        expected = [inner * square**1.5 * mean**3 / share**2 for mean in (4, 3)]
        assert ratio_thirds(arms, money) == pytest.approx(expected)
    heavy = [(1_000.0, 4.0, 9e5, 100.0)]
    assert ratio_thirds(heavy, True)[0] == pytest.approx(14 * math.sqrt(11) * 11**1.5 * 64 / 0.1**2)
    more = [(100.0, 4.0, 900.0, 300.0)]
    assert ratio_thirds(more, False)[0] > 0
    for nobody in ([arms[0], (400.0, 3.0, 500.0, 0.0)], [arms[0], (400.0, 0.0, 500.0, 60.0)]):
        assert mean_thirds(nobody) == ratio_thirds(nobody, True) == (0.0, 0.0)


def test_skewness_at_nothing_and_beyond():
    assert reaches(math.inf, 0.5) == (math.inf, math.inf)
    assert bent(2.0, 1e-10) == 2.0
    assert bent(straightened(2.0, 1e-8), 1e-8) == pytest.approx(2.0, abs=1e-4)
    assert tail(0.0, math.inf, 0.3) == 0.5
    assert tail(0.01, math.inf, -0.9) == 0.5
    assert tail(2.0, 9.0, 0.0) == tail(-2.0, 9.0, 0.0) == pytest.approx(stats.t.sf(2, 9))


@pytest.mark.parametrize(
    ("less", "control", "bearing", "variance"),
    [
        (False, 10.0, 0.5 + 0.2 * 10, 0.09 + 2 * 0.2 * -0.04 + 0.04 * 0.04),
        (True, 10.0, -(0.5 - 0.2 * 10), 0.09 - 2 * 0.2 * -0.04 + 0.04 * 0.04),
        (False, -10.0, 0.5 + 0.2 * 10, 0.09 - 2 * 0.2 * -0.04 + 0.04 * 0.04),
    ],
)
def test_a_guardrail_by_hand(less, control, bearing, variance):
    effect = replace(
        EFFECT, control=control, difference=0.5, error=0.3, base_variance=0.04, base_covariance=-0.04, df=20.0,
        thirds=(0.0, 0.0),
    )  # fmt: skip
    rail = non_inferiority(effect, 0.2, 0.1, less_is_better=less)
    error, reach = math.sqrt(variance), stats.t.isf(0.1, 20)
    assert rail.bearing == pytest.approx(bearing)
    assert (rail.low, rail.high) == pytest.approx((bearing - reach * error, bearing + reach * error))
    assert rail.p_value == pytest.approx(stats.t.sf(bearing / error, 20))
    held = non_inferiority(effect, 0.2, critical=1.5, less_is_better=less)
    assert held.high - held.bearing == pytest.approx(stats.t.isf(stats.norm.sf(1.5), 20) * error)
    skewed = non_inferiority(replace(effect, thirds=(0.001, 0.002)), 0.2, 0.1, less_is_better=less)
    shift = math.copysign(0.2, control) * (-1 if less else 1)
    skew = (-1 if less else 1) * (0.002 - (1 - shift) ** 3 * 0.001) / error**3
    up, down = reaches(reach, skew)
    assert (skewed.low, skewed.high) == pytest.approx((bearing - up * error, bearing + down * error))


def test_limits_of_a_guardrail():
    for margin in (-0.01, 1.0):
        with pytest.raises(SpecError):
            non_inferiority(EFFECT, margin)
    sure = replace(EFFECT, error=0.0, base_variance=0.0, base_covariance=0.0, control=10.0, difference=-1.0)
    assert [non_inferiority(sure, m).status for m in (0.05, 0.1, 0.2)] == ["broken", "open", "held"]
    assert [non_inferiority(sure, m).p_value for m in (0.05, 0.2)] == [1.0, 0.0]
    worse = replace(EFFECT, difference=-0.4)
    assert non_inferiority(worse, 0.0).p_value > 0.9


def test_a_belief_by_hand():
    found = posterior((2.0, 0.5), 1.0, 1.0)
    weight = (4.0 * 2 + 1.0 * 1) / 5
    assert (found.mean, found.deviation) == pytest.approx((weight, 5**-0.5))
    assert (found.low, found.high) == pytest.approx(stats.norm(weight, 5**-0.5).interval(0.95))
    assert found.better == pytest.approx(stats.norm(weight, 5**-0.5).sf(0))
    assert (found.loss_if_shipped, found.loss_if_kept) == pytest.approx(expected_losses(weight, 5**-0.5))
    for spread in (0.0, -1.0):
        with pytest.raises(SpecError):
            posterior((2.0, 0.5), spread)
    effect = replace(EFFECT, control=20.0, difference=2.0, error=0.5)
    assert posterior(effect, 0.05, 0.05).mean == pytest.approx(posterior((2.0, 0.5), 1.0, 1.0).mean)
    for control in (0.0, -3.0):
        # Without a mean to be a share of, the prior is as wide as the data's own error.
        assert posterior(replace(effect, control=control), 0.1).mean == pytest.approx(1.0)
    assert expected_losses(-0.5, 0.0) == (0.5, 0.0)
    prior = posterior_counts((10, 2), (10, 4), (2.0, 5.0))
    assert prior.mean == pytest.approx(6 / 17 - 4 / 17)
    assert prior.deviation == pytest.approx(math.sqrt(stats.beta(6, 11).var() + stats.beta(4, 13).var()))


def test_days_of_unlike_traffic_by_hand():
    x = np.array([100.0, 300, 100, 200, 100, 150])
    ya, yb = np.array([10.0, 33, 9, 25, 12, 14]), np.array([12.0, 36, 14, 22, 13, 20])
    z = x * np.array([1.1, 0.9, 1.0, 1.2, 0.8, 1.0])
    effect = daily((ya, x), (yb, z))
    ra, rb = ya.sum() / x.sum(), yb.sum() / z.sum()
    own, other = (ya - ra * x) / x.mean(), (yb - rb * z) / z.mean()
    share = (x / x.sum() + z / z.sum()) / 2
    assert effect.difference == pytest.approx(rb - ra)
    assert effect.error**2 == pytest.approx(((other - own) ** 2 / (1 - share)).sum() / 36)
    assert effect.base_variance == pytest.approx((own**2 / (1 - share)).sum() / 36)
    assert effect.base_covariance == pytest.approx(((other - own) * own / (1 - share)).sum() / 36)
    # Of the estimate sum r'Ar with r = (I - share 1') e and e of variance `share`.
    seen = np.eye(6) - np.outer(share, np.ones(6))
    form = seen.T @ np.diag(1 / (1 - share)) @ seen @ np.diag(share)
    assert effect.df == pytest.approx(np.trace(form) ** 2 / np.trace(form @ form))
    assert effect.p_value == pytest.approx(2 * stats.t.sf(abs(effect.statistic), effect.df))
    assert day_effects((ya, x), (yb, z)) == pytest.approx(rb - ra + other - own)
    assert daily((ya[:FEWEST_DAYS], x[:FEWEST_DAYS]), (yb[:FEWEST_DAYS], z[:FEWEST_DAYS])).n_control == 5


def test_days_that_tell_nothing():
    x = np.full(5, 100.0)
    for sides in (((x[:4], x[:4]), (x[:4], x[:4])), ((x, x), (x[:4], x)), ((x, x), (x, x[:4])), ((x, x[:4]), (x, x))):
        with pytest.raises(DataError, match="days with totals"):
            daily(*sides)
    with pytest.raises(DataError, match="same on every day"):
        daily((np.arange(5.0), x), (np.arange(5.0) + 1, x))
    share = np.full(5, 0.1)  # thousands of visitors
    few = daily((np.array([1.0, 2, 1, 3, 1]) / 100, share), (np.array([2.0, 2, 3, 3, 1]) / 100, share))
    assert few.difference == pytest.approx(0.06)
    alone = np.array([1e9, 1.0, 1, 1, 1])
    assert daily((alone * [0.1, 0, 1, 0, 1], alone), (alone * [0.2, 1, 0, 1, 1], alone)).df == pytest.approx(
        1.0, abs=0.1
    )


def test_holm_by_hand():
    assert holm([0.01, math.nan, 0.04, 0.03]).tolist()[0] == pytest.approx(0.03)
    assert holm([0.5, 0.6]).tolist() == [1.0, 1.0]
    assert holm([0.02]).tolist() == [0.02]
    assert np.isnan(holm([math.nan])).all()
