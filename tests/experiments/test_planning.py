"""Sample sizes against the exact binomial law, the noncentral t and the simulations in test_simulations."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from ecops.errors import SpecError
from ecops.experiments import Design, Experiment, days_needed, minimum_effect, plan, power, sample_size
from ecops.experiments.design.drafting import Draft


def test_rates_by_hand_and_what_evan_millers_form_misses():
    p, d = 0.2, 0.05
    za, zb = stats.norm.isf(0.025), stats.norm.isf(0.2)
    other = p * (1 - p) + (p + d) * (1 - p - d)
    middle = p + d / 2
    by_hand = ((za * math.sqrt(2 * middle * (1 - middle)) + zb * math.sqrt(other)) / d) ** 2
    assert sample_size(Design(p), d / p) == 2 * math.ceil(by_hand) == 2 * 1094
    millers = ((za * math.sqrt(2 * p * (1 - p)) + zb * math.sqrt(other)) / d) ** 2
    assert math.floor(millers) == 1030
    # The pooled test with 1,030 users an arm, by the binomial law itself: not 80 %.
    n = 1030
    a, b = np.arange(n + 1)[:, None], np.arange(n + 1)[None, :]
    pooled = (a + b) / (2 * n)
    error = np.sqrt(pooled * (1 - pooled) * 2 / n)
    found = (b - a) / n > za * error
    exact = stats.binom.pmf(np.arange(n + 1), n, p) @ found @ stats.binom.pmf(np.arange(n + 1), n, p + d)
    assert exact == pytest.approx(power(Design(p), 2 * n, d / p), abs=0.005)
    assert exact < 0.785


@pytest.mark.parametrize("lift", [0.3, 0.05])
def test_means_follow_the_noncentral_t(lift):
    design = Design(10.0, 144.0)
    users = sample_size(design, lift)
    needed = TTestIndPower().solve_power(effect_size=lift * 10 / 12, alpha=0.05, power=0.8)
    assert users / 2 == pytest.approx(needed, abs=1.5)


def test_the_three_questions_fit_together():
    design = Design(0.04, looks=5, alpha=0.04, power=0.9, weights=(2, 1, 1))
    users = sample_size(design, 0.12)
    assert power(design, users, 0.12) == pytest.approx(0.9, abs=1e-3)
    assert minimum_effect(design, users) == pytest.approx(0.12, abs=1e-4)


def test_covariates_and_looks_change_the_sample_as_they_should():
    plain = sample_size(Design(5.0, 400.0), 0.1)
    assert sample_size(Design(5.0, 400.0, removed=0.3), 0.1) == pytest.approx(0.7 * plain, rel=1e-3)
    assert 1.005 < sample_size(Design(5.0, 400.0, looks=4), 0.1) / plain < 1.03


def test_days_are_whole_weeks():
    assert days_needed(7_000, 1_000) == 7
    assert days_needed(7_001, 1_000) == 14
    assert days_needed(3, 1_000) == 7
    assert days_needed(10, 0.5) == 21


def test_a_plan_says_it_all():
    found = plan(Design(0.45, looks=3), (0.38 - 0.45) / 0.45, users_per_day=150)
    assert found.users == sum(found.users_of)
    assert found.looks[-1] == found.users
    assert found.days % 7 == 0
    assert found.days * 150 >= found.users
    assert 0.6 < found.expected_share < 0.95
    assert list(found.detectable) == sorted(found.detectable, reverse=True)


@pytest.mark.parametrize(
    "given",
    [
        {"mean": 0.0},
        {"mean": 1.2},
        {"mean": 0.1, "alpha": 0.0},
        {"mean": 0.1, "power": 1.0},
        {"mean": 0.1, "looks": 0},
        {"mean": 0.1, "weights": (1.0,)},
        {"mean": 1.0, "variance": -1.0},
        {"mean": 0.1, "removed": 1.0},
    ],
)
def test_impossible_designs_are_errors(given):
    with pytest.raises(SpecError):
        Design(**given)


def test_impossible_questions_are_errors():
    with pytest.raises(SpecError):
        sample_size(Design(0.6), 0.9)
    with pytest.raises(SpecError):
        sample_size(Design(0.6), 0.0)
    with pytest.raises(SpecError):
        minimum_effect(Design(0.5), 6)
    with pytest.raises(SpecError):
        days_needed(10, 0)


@pytest.mark.parametrize("name", ["monthly_traffic", "planned_sample", "assumed_sample"])
def test_a_count_that_cannot_be_is_told_with_its_value(name):
    with pytest.raises(SpecError, match=rf"{name} is -5"):
        Experiment(minimum_lift=0.12, **{name: -5})


def test_the_rest_of_the_traffic_is_shared_evenly_by_the_new_versions():
    assert Draft(arms=4, control_share=0.4).weights == pytest.approx((0.4, 0.2, 0.2, 0.2))
    assert Draft(arms=3).weights == (1.0, 1.0, 1.0)


def test_money_is_planned_with_the_spread_of_order_values():
    value, spread, rate = 120.0, 0.5, 0.04
    order = Draft(metric="aov", order_value=value, spread=spread).design()
    assert (order.mean, order.variance, order.growth) == (value, 60.0**2, 2.0)
    visitor = Draft(metric="uv_value", rate=rate, order_value=value, spread=spread).design()
    # Of a value that is 60 or 180 with equal chance for one visitor in 25.
    values, chances = np.array([0.0, 60.0, 180.0]), np.array([1 - rate, rate / 2, rate / 2])
    assert visitor.mean == pytest.approx(values @ chances)
    assert visitor.variance == pytest.approx(values**2 @ chances - (values @ chances) ** 2)
