"""Two arms on random small inputs: likelihoods, integrals and sums written out; and what is said of bad ones."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from ecops.errors import DataError, EcopsError
from ecops.experiments import compare_means, compare_proportions, cuped, daily, non_inferiority, posterior
from ecops.experiments.statistics.bayes import expected_losses, posterior_counts
from ecops.experiments.statistics.days import day_effects
from ecops.experiments.statistics.effects import relative_lift, stretch
from ecops.experiments.statistics.multiplicity import holm
from ecops.experiments.statistics.proportions import exact_p
from ecops.experiments.statistics.samples import Moments, Sample, as_sample, merge, moments_from_sums, moments_of
from ecops.experiments.statistics.scores import difference_interval, difference_score, ratio_interval, ratio_score
from ecops.experiments.statistics.skewness import mean_thirds, ratio_thirds, straightened, tail

TABLES = [
    ((5, 0), (7, 3)),
    ((9, 9), (4, 1)),
    ((12, 5), (30, 11)),
    ((300, 2), (40, 1)),
    ((8, 3), (8, 8)),
    ((6, 0), (9, 9)),
]


def likeliest(control, treatment, other, low, high):
    """The control's rate p that two binomial laws with the rates p and other(p) make likeliest: a grid, then finer."""
    (n0, x0), (n1, x1) = control, treatment

    def log_likelihood(p):
        q = np.clip(other(p), 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(k > 0, k * np.log(rate), 0.0)
                     for k, rate in ((x0, p), (n0 - x0, 1 - p), (x1, q), (n1 - x1, 1 - q))]  # fmt: skip
        return sum(parts)

    for _ in range(6):
        grid = np.linspace(low, high, 401)
        best = int(np.argmax(log_likelihood(grid)))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 400)]
    return (low + high) / 2


def score(distance, variance):
    return distance / math.sqrt(variance) if variance > 1e-12 else math.copysign(math.inf, distance)


@pytest.mark.parametrize("table", TABLES)
def test_scores_stand_on_the_likeliest_rates(table):
    (n0, x0), (n1, x1) = table
    arms = (n0, x0 / n0), (n1, x1 / n1)
    for delta in (-0.9, -0.3, -0.01, 0.02, 0.4, 0.85):
        p = likeliest(*table, lambda p, d=delta: p + d, max(0.0, -delta), min(1.0, 1 - delta))
        variance = p * (1 - p) / n0 + (p + delta) * (1 - p - delta) / n1
        expected = score(x1 / n1 - x0 / n0 - delta, variance)
        found = difference_score(*arms, delta)
        if math.isinf(expected):
            assert abs(found) > 1e4
        else:
            assert found == pytest.approx(expected, rel=2e-4, abs=1e-4)
    pooled = (x0 + x1) / (n0 + n1)
    alike = score(x1 / n1 - x0 / n0, pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    assert difference_score(*arms, 0.0) == pytest.approx(alike)
    for ratio in (0.2, 0.8, 1.0, 1.7, 6.0):
        p = likeliest(*table, lambda p, r=ratio: r * p, 0.0, min(1.0, 1 / ratio))
        variance = ratio * p * (1 - ratio * p) / n1 + ratio**2 * p * (1 - p) / n0
        expected = score(x1 / n1 - ratio * x0 / n0, variance)
        assert ratio_score(*arms, ratio) == pytest.approx(expected, rel=2e-4, abs=1e-4)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("reach", [0.7, 2.0])
def test_score_intervals_end_where_the_score_reaches_that_far(table, reach):
    (n0, x0), (n1, x1) = table
    arms = (n0, x0 / n0), (n1, x1 / n1)
    low, high = difference_interval(*arms, reach)
    change = x1 / n1 - x0 / n0
    assert -1 <= low <= change <= high <= 1
    for end, sign, limit in ((low, 1, -1.0), (high, -1, 1.0)):
        if abs(end - limit) > 1e-9:
            assert difference_score(*arms, end) == pytest.approx(sign * reach, abs=1e-5)
    if not x0:
        return
    low, high = ratio_interval(*arms, reach)
    assert 0 <= low <= x1 / n1 / (x0 / n0) <= high
    for end, sign in ((low, 1), (high, -1)):
        if 0 < end < math.inf:
            assert ratio_score(*arms, end) == pytest.approx(sign * reach, abs=1e-5)


@pytest.mark.parametrize("table", [(20, 1, 25, 8), (15, 15, 12, 9), (50, 0, 50, 25), (200, 1, 30, 2), (9, 4, 9, 4)])
def test_an_exact_test_adds_up_all_tables_at_the_worst_plausible_rate(table):
    """Berger and Boos: the largest over the 1 - 1e-6 interval of Clopper and Pearson, and those 1e-6."""
    na, xa, nb, xb = table

    def z(a, b):
        pooled = (a + b) / (na + nb)
        return abs(b / nb - a / na) / math.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb)) if 0 < pooled < 1 else 0.0

    extreme = [pair for pair in itertools.product(range(na + 1), range(nb + 1)) if z(*pair) >= z(xa, xb) - 1e-9]
    low, high = (
        stats.beta.ppf(5e-7, xa + xb, na + nb - xa - xb + 1),
        stats.beta.isf(5e-7, xa + xb + 1, na + nb - xa - xb),
    )
    rates = np.linspace(low, high, 3_000)
    mass_a, mass_b = (stats.binom.pmf(np.arange(n + 1)[:, None], n, rates) for n in (na, nb))
    chance = sum(mass_a[a] * mass_b[b] for a, b in extreme).max() + 1e-6
    assert exact_p(*map(float, table)) == pytest.approx(min(chance, 1.0), rel=2e-3)
    assert exact_p(*map(float, table)) <= chance * (1 + 1e-9)
    turned = exact_p(float(nb), float(xb), float(na), float(xa))
    assert turned == pytest.approx(exact_p(*map(float, table)), rel=1e-9)
    # Who did not convert is told apart as well as who did.
    missed = exact_p(float(na), float(na - xa), float(nb), float(nb - xb))
    assert missed == pytest.approx(exact_p(*map(float, table)), rel=1e-9)


def test_an_exact_test_of_nothing_is_sure_of_nothing():
    assert exact_p(10.0, 0.0, 12.0, 0.0) == exact_p(10.0, 10.0, 12.0, 12.0) == 1.0


def test_intervals_are_stretched_as_the_exact_test_asks_and_no_further_than_three_times():
    assert stretch(40.0, 0.0) == 1 / 3
    assert stretch(3.0, 2 * stats.norm.sf(2.0)) == pytest.approx(1.5)
    assert stretch(9.0, 2 * stats.norm.sf(2.0)) == 3.0
    effect = compare_proportions((1_000, 1), (1_000, 6))
    reach = 1.959964 * abs(effect.statistic) / stats.norm.isf(effect.p_value / 2)
    assert effect.critical == pytest.approx(reach)
    assert (effect.low, effect.high) == pytest.approx(difference_interval((1_000, 0.001), (1_000, 0.006), reach))
    ends = ratio_interval((1_000, 0.001), (1_000, 0.006), reach)
    assert (effect.lift.value, effect.lift.low, effect.lift.high) == pytest.approx((5.0, ends[0] - 1, ends[1] - 1))
    endless = compare_proportions((20, 1), (20, 5)).at(1e6).lift
    assert (endless.status, math.isnan(endless.value)) == ("baseline_uncertain", True)


def test_a_percentage_of_figures_without_an_error_is_the_figure_itself():
    random = np.random.default_rng(1)
    for change, mean in zip(random.normal(0, 3, 60), random.uniform(0.1, 9, 60), strict=True):
        sure = relative_lift(change, mean, 0.0, 0.0, 0.0, 2.0)
        assert (sure.low, sure.value, sure.high) == pytest.approx((change / mean,) * 3, rel=1e-6)


def test_percentages_are_the_roots_of_fiellers_equation():
    random = np.random.default_rng(2)
    for _ in range(40):
        own, other = random.uniform(0.01, 0.5, 2)
        mean, change, reach = random.uniform(3, 9), random.normal(0, 2), random.uniform(0.5, 3)
        found = relative_lift(change, mean, own + other, own, -own, reach)
        # (D - L m)^2 = k^2 (vd - 2 L c + L^2 vm), put in order of L
        roots = np.roots([mean**2 - reach**2 * own, -2 * change * mean + 2 * reach**2 * -own,
                          change**2 - reach**2 * (own + other)])  # fmt: skip
        assert (found.low, found.high) == pytest.approx(tuple(sorted(roots.real)), rel=1e-7, abs=1e-9)
        assert found.value == pytest.approx(change / mean)


def test_expected_losses_are_integrals():
    for mean, deviation in ((0.3, 0.5), (-2.0, 0.4), (0.0, 1.0), (5.0, 0.2)):
        law = stats.norm(mean, deviation)
        ends = mean - 12 * deviation, mean + 12 * deviation
        lost, won = (
            integrate.quad(lambda g, law=law, s=s: max(s * g, 0.0) * law.pdf(g), *ends, points=[0.0, mean])[0]
            for s in (-1, 1)
        )
        assert expected_losses(mean, deviation) == pytest.approx((lost, won), rel=1e-7, abs=1e-12)
    assert expected_losses(2.0, 0.0) == (0.0, 2.0)
    assert min(min(expected_losses(z, 1.0)) for z in np.linspace(-40, 40, 801)) >= 0


def test_a_belief_in_counts_is_an_integral_over_both_betas():
    for control, treatment, prior in (((20, 4), (30, 9), (1.0, 1.0)), ((15, 9), (9, 2), (2.0, 6.0))):
        found = posterior_counts(control, treatment, prior)
        first, second = (stats.beta(prior[0] + x, prior[1] + n - x) for n, x in (control, treatment))
        grid = (np.arange(20_000) + 0.5) / 20_000
        weight = first.pdf(grid) / first.pdf(grid).sum()
        assert found.better == pytest.approx(weight @ second.sf(grid), abs=1e-5)
        assert found.mean == pytest.approx(second.mean() - first.mean())
        assert found.deviation == pytest.approx(math.hypot(first.std(), second.std()))
        assert found.loss_if_kept - found.loss_if_shipped == pytest.approx(found.mean)
        below = np.cumsum(second.cdf(grid)) / 20_000  # E (p0 - p1)+ given p0 is the integral of the treatment's law
        assert found.loss_if_shipped == pytest.approx(weight @ below, abs=1e-4)
        for end, share in ((found.low, 0.025), (found.high, 0.975)):
            assert weight @ second.cdf(grid + end) == pytest.approx(share, abs=1e-5)


@pytest.mark.parametrize("less", [False, True])
def test_a_belief_is_the_prior_weighed_with_the_data(less):
    effect = replace(compare_means([1.0, 3.0, 2.5, 4.0], [2.0, 5.0, 4.5, 3.5]), control=8.0, difference=0.6, error=0.5)
    found = posterior(effect, 0.2, -0.1, less_is_better=less)
    # The prior of the change is 8 * -0.1 +- 8 * 0.2; weights 1 / 0.25 and 1 / 2.56.
    mean = (0.6 / 0.25 - 0.8 / 2.56) / (1 / 0.25 + 1 / 2.56)
    deviation = (1 / 0.25 + 1 / 2.56) ** -0.5
    law = stats.norm(mean, deviation)
    assert (found.mean, found.deviation) == pytest.approx((mean, deviation))
    assert found.better == pytest.approx(law.cdf(0) if less else law.sf(0))
    assert (found.low, found.high) == pytest.approx(law.interval(0.95))
    losses = expected_losses(-mean if less else mean, deviation)
    assert (found.loss_if_shipped, found.loss_if_kept) == pytest.approx(losses)
    flat = posterior((0.6, 0.5), math.inf, 3.0)
    assert (flat.mean, flat.deviation) == pytest.approx((0.6, 0.5))
    # Without a positive mean the prior is as wide as the error: half way to its mean of 0.5 errors.
    nothing = posterior(replace(effect, control=0.0), 0.1, 0.05)
    assert nothing.mean == pytest.approx((0.6 + 0.25) / 2)


def test_holm_steps_down_one_by_one():
    random = np.random.default_rng(3)
    for count in (1, 2, 5, 9):
        values = random.choice([0.001, 0.01, 0.02, 0.02, 0.3, math.nan], count)
        known = sorted((value, place) for place, value in enumerate(values) if not math.isnan(value))
        expected, highest = [math.nan] * count, 0.0
        for rank, (value, place) in enumerate(known):
            highest = max(highest, min(1.0, value * (len(known) - rank)))
            expected[place] = highest
        assert holm(values) == pytest.approx(np.array(expected), nan_ok=True)


def test_parts_merge_into_what_their_users_say():
    random = np.random.default_rng(4)
    for sizes in ((1, 1), (2, 5, 1), (4, 3)):
        rows = [random.normal(3, 2, (size, 3)) * (random.random((size, 3)) < 0.7) for size in sizes]
        parts = []
        for values in rows:
            sums, pairs = values.sum(0), values.T @ values
            names = "abc"
            parts.append(moments_from_sums(
                len(values), dict(zip(names, sums - len(values) * 2.0, strict=True)),
                {(names[i], names[j]): pairs[i, j] - 2 * sums[i] - 2 * sums[j] + 4 * len(values)
                 for i in range(3) for j in range(i + 1)},
                dict.fromkeys(names, 2.0), np.count_nonzero(values, axis=0),
            ))  # fmt: skip
        whole, together = merge(parts), np.concatenate(rows)
        assert whole.n == len(together)
        assert whole.mean == pytest.approx(together.mean(0))
        assert whole.covariance == pytest.approx(np.cov(together, rowvar=False), abs=1e-9)
        assert whole.active.tolist() == np.count_nonzero(together, axis=0).tolist()
        assert whole.sample("b") == Sample(whole.n, whole.mean[1], whole.covariance[1, 1], whole.active[1])
        if len(together) > 2:
            direct = moments_of(dict(zip("abc", together.T, strict=True)))
            assert (direct.n, direct.active.tolist()) == (whole.n, whole.active.tolist())
            assert direct.covariance == pytest.approx(whole.covariance, abs=1e-9)
    nobody = np.array([[math.nan]])
    alone = merge([Moments(1, ("a",), np.array([2.0]), nobody), Moments(0, ("a",), np.array([0.0]), nobody)])
    assert (alone.n, alone.mean.tolist()) == (1, [2.0])


def test_third_moments_by_loops():
    random = np.random.default_rng(5)
    for _ in range(30):
        arms = []
        for _ in range(2):
            users = float(random.integers(2, 500))
            active = float(random.integers(1, int(users) + 1))
            arms.append((users, random.uniform(0.5, 4), random.uniform(0, 90), active))
        people, having = arms[0][0] + arms[1][0], arms[0][3] + arms[1][3]
        ratio = square = 0.0
        for users, mean, variance, active in arms:
            second = variance * (users - 1) / users + mean**2  # mean square of all
            ratio += active / having * (second * users / active) / (mean * users / active) ** 2
            square += variance / (mean * users / active) ** 2 * users / having
        share = having / people
        ratio = min(max(ratio, 1.0), 12.0)
        # Of a share p with moments m1, m2, m3 of those who have one: p m3 - 3 p^2 m1 m2 + 2 p^3 m1^3, mean 1.
        unit = share * ratio**3 / share**3 - 3 * share**2 * ratio / share**3 + 2
        assert mean_thirds(arms) == pytest.approx([unit * mean**3 for _, mean, _, _ in arms])
        capped = min(square, 11.0)
        for money, size, skew in (
            (True, capped, (capped + 3) * math.sqrt(capped)),
            (False, square, 2 * math.sqrt(square)),
        ):
            expected = [skew * size**1.5 * mean**3 / share**2 for _, mean, _, _ in arms]
            assert ratio_thirds(arms, money) == pytest.approx(expected)


def test_a_tail_is_that_of_the_test_which_asks_for_more():
    random = np.random.default_rng(6)
    for _ in range(40):
        z, skew, df = random.normal(0, 2), random.uniform(-0.9, 0.9), random.choice([4.0, 30.0, math.inf])
        law = stats.t(df) if math.isfinite(df) else stats.norm()
        plain, corrected = (law.sf(value if z > 0 else -value) for value in (z, straightened(z, skew)))
        assert tail(z, df, skew) == pytest.approx(min(max(plain, corrected), 0.5))


def test_day_effects_have_the_difference_for_their_mean():
    random = np.random.default_rng(7)
    people = random.poisson(300.0, (2, 9)).astype(float)
    money = people * random.normal(2.0, 0.2, (2, 9))
    found = day_effects((money[0], people[0]), (money[1], people[1]))
    ratios = [money[arm].sum() / people[arm].sum() for arm in range(2)]
    for day in range(9):
        own, other = ((money[arm, day] - ratios[arm] * people[arm, day]) / people[arm].mean() for arm in range(2))
        assert found[day] == pytest.approx(ratios[1] - ratios[0] + other - own)
    assert found.mean() == pytest.approx(daily((money[0], people[0]), (money[1], people[1])).difference)


def test_an_adjustment_does_not_ask_in_which_unit_the_past_was_counted():
    """And a figure that never varied takes nothing off, neither does a second that says the same."""
    random = np.random.default_rng(8)
    arms = []
    for _ in range(2):
        past = random.normal(5, 2, 60)
        arms.append({"y": 3 * past + random.normal(0, 1, 60), "x": past, "large": past * 1e7, "none": np.zeros(60)})
    plain, large, both = (cuped(*(moments_of(arm) for arm in arms), "y", names)
                          for names in (["x"], ["large"], ["x", "none"]))  # fmt: skip
    for other in (large, both):
        assert (other.difference, other.error) == pytest.approx((plain.difference, plain.error))
    assert plain.active == (59.5, 59.5)
    assert both.active == (59.0, 59.0)
    assert plain.removed > 0.9


def test_what_a_past_that_says_all_and_a_figure_that_never_varied_have_in_common_is_no_test():
    flat = moments_of({"y": [2.0] * 6, "x": [1.0, 4.0, 2.0, 5.0, 3.0, 9.0]})
    with pytest.raises(DataError, match="All users of both arms have the same value"):
        cuped(flat, flat, "y", ["x"])
    told = moments_of({"y": [2.0, 8.0, 4.0, 10.0, 6.0, 18.0], "x": [1.0, 4.0, 2.0, 5.0, 3.0, 9.0]})
    with pytest.raises(DataError, match="equals the figure of the test"):
        cuped(told, told, "y", ["x"])


@pytest.mark.parametrize("mean", [0.0, 0.3, 1.0])
def test_a_spread_that_no_yes_and_no_makes_is_no_conversion(mean):
    """Of n values of 0 or 1 the variance is n p (1 - p) / (n - 1), but for a millionth of it, or of one user's."""
    spread = 100 * mean * (1 - mean) / 99
    unit = 1e-6 * (spread or 0.01)
    for off in (-0.9, 0.9):
        effect = compare_proportions(Sample(100, mean, spread + off * unit), (100, 40))
        assert (effect.n_control, effect.control) == (100, mean)
    for off in (-1.1, 1.1):
        with pytest.raises(DataError, match="must be 0 or 1"):
            compare_proportions(Sample(100, mean, spread + off * unit), (100, 40))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda: as_sample((1, 2, 3, 4)), "A tuple of 4 numbers is not an arm. Give (users, conversions)"),
        (lambda: as_sample([1.0]), "An arm has 1 user; a comparison needs at least 2."),
        (lambda: as_sample((math.inf, 1.0, 1.0)), "a comparison needs at least 2."),
        (lambda: as_sample((100, 101)), "101 conversions do not fit 100 users."),
        (lambda: as_sample([1, math.nan, 2, math.inf]), "2 values are blank or not finite. Write 0 for users who"),
        (lambda: as_sample((5, math.nan, 1.0)), "A sum is not a finite number."),
        (lambda: compare_proportions((10, 10), (5, 5)), "Every user of both arms converted"),
        (lambda: compare_proportions((10, 0), (5, 0)), "Nobody in either arm converted"),
        (lambda: compare_proportions([0, 2, 1], [1, 0, 0]), "A conversion must be 0 or 1 for each user."),
        (lambda: compare_means([1, 2], [1, 3], 1.5), "alpha is 1.500; it must lie between 0 and 1."),
        (lambda: posterior((1.0, 0.1), -0.1234), "The prior's spread is -0.123; it must be larger than 0."),
        (lambda: non_inferiority(compare_means([1, 2], [1, 3]), 1.25), "A margin of 125% is not possible."),
        (lambda: daily(([1] * 4, [1] * 4), ([1] * 4, [1] * 4)),
         "There are 4 days with totals of both arms; at least 5 are needed."),
        (lambda: compare_means([1, 1], [1, 1]), "All users of both arms have the same value"),
        (lambda: cuped(*[moments_of({"y": [1.0, 2.0, 4.0], "a": [0.0] * 3})] * 2, "y", [("y", "a")]),
         "The denominator a is 0 for every user of an arm."),
        (lambda: cuped(*[moments_from_sums(5, {"y": 1.0, "x": 1.0}, {("y", "y"): 3.0}, {"y": 0.0, "x": 0.0})] * 2,
                       "y", ["x"]), "The totals do not hold the cross products that the adjustment needs."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_numbers(asked, says):
    with pytest.raises(EcopsError) as problem:
        asked()
    assert says in str(problem.value)
