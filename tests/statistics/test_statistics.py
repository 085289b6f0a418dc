"""Intervals and tests against statsmodels, scipy, hand cases and simulation."""

import numpy as np
import pytest
from scipy import stats

from ecops import statistics as st


@pytest.fixture
def cells():
    random = np.random.default_rng(7)
    n0, n1 = (np.exp(random.uniform(0, 8.3, 300)).astype(int) for _ in range(2))
    x0, x1 = random.binomial(n0, random.uniform(0, 0.3, 300)), random.binomial(n1, random.uniform(0, 0.3, 300))
    return (x0, n0), (x1, n1)


def test_wilson_equals_statsmodels(cells):
    from statsmodels.stats.proportion import proportion_confint

    (x, n), _ = cells
    low, high = proportion_confint(x, n, method="wilson")
    np.testing.assert_allclose(st.wilson(x, n).low, np.clip(low, 0, 1), atol=1e-12)
    np.testing.assert_allclose(st.wilson(x, n).high, np.clip(high, 0, 1), atol=1e-12)


def test_wilson_edges_and_dispersion():
    assert st.wilson(0, 10).low == 0
    assert st.wilson(10, 10).high == 1
    assert np.isnan(st.wilson([0, 5, -1], [0, 4, 9]).low).all()
    plain, wide = st.wilson(20, 100), st.wilson(80, 400, dispersion=4)
    np.testing.assert_allclose(plain, wide)


def test_wilson_ends_solve_its_equation():
    """The ends are where the rate stands out by the critical value: (x/n - p)^2 = z^2 p (1 - p) / n, Wilson 1927."""
    for x, n, times, df, level in ((3, 40, 1.0, np.inf, 0.95), (7, 9, 2.5, 6, 0.95), (300, 500, 0.4, 30, 0.8)):
        low, high = map(float, st.wilson(x, n, dispersion=times, df=df, level=level))
        square = stats.t.ppf((1 + level) / 2, df) ** 2 * max(times, 1.0)
        assert 0 < low < x / n < high < 1
        for end in (low, high):
            assert (x / n - end) ** 2 == pytest.approx(square * end * (1 - end) / n)
    low, high = st.wilson([0, 5, 0, 6, -1, 1, 0.5], [5, 5, 0, 5, 5, -2, 1])
    assert (low[0], high[1], np.isnan(low).tolist(), np.isnan(high).tolist()) == (
        0, 1, [False, False, True, True, True, True, False], [False, False, True, True, True, True, False],
    )  # fmt: skip
    assert (high[0], low[1]) == pytest.approx((1.959964**2 / (5 + 1.959964**2), 5 / (5 + 1.959964**2)))


def test_newcombe_by_hand():
    """Method 10 squares and adds the distances of each rate to the end of its own interval that widens the change."""
    (low0, high0), (low1, high1) = (st.wilson(x, n, level=0.9, dispersion=2.0, df=9) for x, n in ((8, 30), (21, 50)))
    found = st.newcombe((8, 30), (21, 50), level=0.9, dispersion=2.0, df=9)
    change = 21 / 50 - 8 / 30
    assert found.low == pytest.approx(change - np.hypot(21 / 50 - low1, high0 - 8 / 30))
    assert found.high == pytest.approx(change + np.hypot(high1 - 21 / 50, 8 / 30 - low0))


def test_newcombe_equals_statsmodels(cells):
    from statsmodels.stats.proportion import confint_proportions_2indep

    (x0, n0), (x1, n1) = cells
    ours = st.newcombe((x0, n0), (x1, n1))
    for i in range(40):
        theirs = confint_proportions_2indep(x1[i], n1[i], x0[i], n0[i], method="newcomb")
        np.testing.assert_allclose((ours.low[i], ours.high[i]), theirs, atol=1e-9)


def test_newcombe_published_case():
    # Newcombe 1998, table II, method 10: 56/70 - 48/80.
    np.testing.assert_allclose(st.newcombe((48, 80), (56, 70)), (0.0524, 0.3339), atol=5e-5)


def test_two_proportions_equals_statsmodels_and_fisher(cells):
    from statsmodels.stats.proportion import proportions_ztest

    (x0, n0), (x1, n1) = cells
    ours = st.two_proportions((x0, n0), (x1, n1))
    seen = {"z": 0, "fisher": 0}
    for i in range(300):
        expected = stats.contingency.expected_freq([[x0[i], n0[i] - x0[i]], [x1[i], n1[i] - x1[i]]])
        if x0[i] + x1[i] in (0, n0[i] + n1[i]):
            assert ours[i] == 1
        elif expected.min() < 5:
            seen["fisher"] += 1
            exact = stats.fisher_exact([[x0[i], n0[i] - x0[i]], [x1[i], n1[i] - x1[i]]])[1]
            assert ours[i] == pytest.approx(exact, rel=1e-6)
        else:
            seen["z"] += 1
            assert ours[i] == pytest.approx(proportions_ztest([x0[i], x1[i]], [n0[i], n1[i]])[1], rel=1e-9)
    assert min(seen.values()) > 20


def test_two_proportions_with_dispersion_is_a_t_test_and_never_smaller():
    z = (45 / 100 - 30 / 100) / np.sqrt(0.375 * 0.625 * 2 / 100 * 2.5)
    assert st.two_proportions((30, 100), (45, 100), dispersion=2.5, df=12) == pytest.approx(2 * stats.t.sf(z, 12))
    small = (1, 12), (6, 12)
    assert st.two_proportions(*small, dispersion=3, df=6) >= st.two_proportions(*small)
    assert np.isnan(st.two_proportions((0, 0), (1, 5)))
    assert np.isnan(st.two_proportions((6, 5), (1, 5)))


def test_critical_values_equal_scipy():
    np.testing.assert_allclose(
        st.critical_value(0.9, [1, 6, np.inf]), [stats.t.ppf(0.95, 1), stats.t.ppf(0.95, 6), stats.norm.ppf(0.95)]
    )
    np.testing.assert_allclose(st.two_sided([2.0, -2.0], [4, np.inf]), [2 * stats.t.sf(2, 4), 2 * stats.norm.sf(2)])


def test_benjamini_hochberg_equals_scipy_and_ignores_untested():
    p = np.random.default_rng(1).uniform(0, 1, 50) ** 3
    np.testing.assert_allclose(st.benjamini_hochberg(p), stats.false_discovery_control(p))
    with_gaps = np.insert(p, [5, 20], np.nan).reshape(4, 13)
    q = st.benjamini_hochberg(with_gaps)
    assert q.shape == (4, 13)
    np.testing.assert_allclose(q[np.isfinite(q)], stats.false_discovery_control(p))
    assert np.isnan(st.benjamini_hochberg([np.nan])).all()


def test_trials_needed_reaches_its_power_in_simulation():
    n = int(st.trials_needed(0.05, 0.2))
    random = np.random.default_rng(6)
    x0, x1 = random.binomial(n, 0.05, 4000), random.binomial(n, 0.06, 4000)
    power = (st.two_proportions((x0, n), (x1, n)) < 0.05).mean()
    assert 0.77 <= power <= 0.83


def test_trials_needed_by_fleiss():
    # p0 = .05, p1 = .06, middle .055; 1.96 and .8416 are the normal points of 2.5 and 20 %; 1.25 times the variance.
    root = 1.959964 * np.sqrt(2 * 0.055 * 0.945) + 0.8416212 * np.sqrt(0.05 * 0.95 + 0.06 * 0.94)
    assert st.trials_needed(0.05, 0.2) == np.ceil((root / 0.01) ** 2)
    assert st.trials_needed(0.05, 0.2, dispersion=1.25) == np.ceil((root / 0.01) ** 2 * 1.25)
    assert st.trials_needed(0.05, 0.2, dispersion=0.5) == st.trials_needed(0.05, 0.2)
    # A rate cannot rise above 1: from .8 by half is from .8 to 1. Nor fall below 0.
    root = 2.5758293 * np.sqrt(2 * 0.9 * 0.1) + 1.2815516 * np.sqrt(0.8 * 0.2)
    assert st.trials_needed(0.8, 0.5, power=0.9, alpha=0.01) == np.ceil((root / 0.2) ** 2)
    root = 1.959964 * np.sqrt(2 * 0.1 * 0.9) + 0.8416212 * np.sqrt(0.2 * 0.8)
    assert st.trials_needed(0.2, -1.5) == np.ceil((root / 0.2) ** 2)
    assert np.isinf(st.trials_needed(0.05, 0.0))


def test_relative_change_hand_case():
    # Katz: 30/100 to 45/100; log se = sqrt(1/30 - 1/100 + 1/45 - 1/100).
    error = np.sqrt(1 / 30 - 0.01 + 1 / 45 - 0.01)
    assert st.rate_log_error((30, 100), (45, 100)) == pytest.approx(error)
    low, high = st.relative_change(0.30, 0.45, error)
    assert (low, high) == pytest.approx((1.5 * np.exp(-1.959964 * error) - 1, 1.5 * np.exp(1.959964 * error) - 1))
    assert np.isnan(st.relative_change(0, 5, 0.1).low)


def test_inputs_are_not_changed():
    x, n = np.array([3.0, 0]), np.array([10.0, 0])
    st.wilson(x, n)
    st.two_proportions((x, n), (x, n))
    assert x.tolist() == [3, 0]
    assert n.tolist() == [10, 0]
