"""Bounds for repeated looks: known tables, spending adds up, and the simulations in test_simulations."""

import numpy as np
import pytest
from scipy import stats

from ecops.errors import SpecError
from ecops.experiments import always_valid, group_sequential
from ecops.experiments.looks.sequential import NEVER, always_valid_p, crossing_power, spent_error


def test_pocock_type_bounds_are_level():
    # Pocock's constant for five looks is 2.413; the spending function comes close to it.
    bounds = group_sequential([0.2, 0.4, 0.6, 0.8, 1.0], spending="pocock").critical
    assert bounds == pytest.approx([2.4380, 2.4268, 2.4101, 2.3966, 2.3859], abs=2e-3)


def test_one_look_is_the_fixed_test():
    assert group_sequential([1.0]).critical[0] == pytest.approx(stats.norm.isf(0.025), abs=1e-9)


def test_bounds_against_a_multivariate_normal():
    # P(no crossing) by an independent integration.
    looks = np.array([0.3, 0.7, 1.0])
    bounds = np.array(group_sequential(looks).critical)
    correlation = np.sqrt(np.minimum.outer(looks, looks) / np.maximum.outer(looks, looks))
    law = stats.multivariate_normal(np.zeros(3), correlation, abseps=1e-9, releps=1e-9, seed=1)
    inside = law.cdf(bounds, lower_limit=-bounds)
    assert 1 - inside == pytest.approx(0.05, abs=1e-5)


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
def test_the_error_is_spent_exactly_once(spending):
    assert spent_error(1.0, 0.05, spending) == pytest.approx(0.05)
    assert spent_error(1.7, 0.05, spending) == pytest.approx(0.05)
    bounds = group_sequential([0.1, 0.15, 0.8, 1.0], spending=spending)
    assert bounds.spent[-1] == pytest.approx(0.05)
    assert list(bounds.spent) == sorted(bounds.spent)


def test_overrunning_uses_what_is_left_and_then_nothing():
    bounds = group_sequential([0.5, 0.9, 1.2, 1.3])
    assert bounds.critical[2] < 2.2
    assert bounds.critical[3] == NEVER


def test_crossing_power_without_an_effect_is_one_side_of_alpha():
    bounds = group_sequential([0.25, 0.5, 0.75, 1.0])
    assert crossing_power(bounds, 0.0)[-1] == pytest.approx(0.025, abs=1e-5)


def test_always_valid_is_half_as_wide_again_at_the_planned_sample():
    assert always_valid(10_000, 10_000) / stats.norm.isf(0.025) == pytest.approx(1.55, abs=0.01)
    at = always_valid(5_000, 8_000)
    assert always_valid_p(at, 5_000, 8_000) == pytest.approx(0.05)


def test_one_user_has_a_limit_and_nobody_has_none():
    # N = N*: N r^2 = 5.9915 + ln 6.9915 = 7.9362, and k^2 = 2 x 8.9362 / 7.9362 x ln(2.9894 / .05).
    assert always_valid(1, 1) == pytest.approx(3.0352, abs=1e-4)
    for users, planned in ((0, 1), (1, 0), (-1, 1)):
        with pytest.raises(SpecError, match="larger than 0"):
            always_valid(users, planned)


@pytest.mark.parametrize("looks", [[], [0.0, 1.0], [0.5, 0.5], [0.8, 0.4]])
def test_impossible_looks_are_errors(looks):
    with pytest.raises(SpecError):
        group_sequential(looks)
