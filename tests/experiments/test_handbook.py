"""Rows of the handbooks about tests: cost and return as goals, and the sample that a bounce rate needs."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from ecops.commands.app import app
from ecops.experiments import Design, Experiment, analyse, minimum_effect, plan, power, sample_size
from ecops.experiments.design.drafting import Draft, bounce_aim
from tests.experiments.shops import shop
from tests.handbook import small


def ratio_by_hand(top, below):
    """A ratio of sums and the variance of it by the delta method."""
    ratio = top.sum() / below.sum()
    return ratio, (top - ratio * below).var(ddof=1) / len(top) / below.mean() ** 2


@pytest.mark.row(94)
@pytest.mark.parametrize(("goal", "top", "below"), [("cac", "ad_cost", "converted"), ("roi", "revenue", "ad_cost")])
def test_cost_and_return_are_ratios_of_sums(goal, top, below):
    users = shop(8_000, seed=5, rate=0.1)
    users["revenue"] = users["converted"] * 100.0  # alike, so that nothing is capped
    users["ad_cost"] = np.random.default_rng(6).gamma(4.0, 0.25, len(users))
    effect = analyse(users, Experiment(goal=goal, planned_sample=8_000)).goal("B").effect
    sides = [users[users["variant"] == arm] for arm in "AB"]
    (old, spread), (new, other) = (ratio_by_hand(side[top], side[below].astype(float)) for side in sides)
    assert (effect.control, effect.treatment) == pytest.approx((old, new))
    assert effect.difference == pytest.approx(new - old)
    assert effect.error == pytest.approx(math.sqrt(spread + other), rel=1e-3)


@pytest.mark.row(95)
def test_the_sample_for_a_bounce_rate_of_the_handbook():
    # Fleiss, Levin, Paik (2003): n = (1.96 sqrt(2 p q) + 0.8416 sqrt(p1 q1 + p2 q2))^2 / d^2 for each arm.
    first, second = 0.45, 0.38
    middle = (first + second) / 2
    reach = 1.959964 * math.sqrt(2 * middle * (1 - middle))
    reach += 0.841621 * math.sqrt(first * (1 - first) + second * (1 - second))
    each = reach**2 / 0.07**2
    assert sample_size(Design(first), second / first - 1) == pytest.approx(2 * each, abs=2)
    assert round(each) == 777


@pytest.mark.row(95)
def test_the_planner_takes_today_and_aim_of_a_bounce_rate_from_parameters_and_benchmarks():
    rate, lift = bounce_aim()
    assert (rate, rate * (1 - lift)) == pytest.approx((0.45, 0.38))
    draft = Draft("bounce_rate", rate, lift=lift, users_per_day=500.0, looks=1)
    assert draft.plan().users == sample_size(Design(0.45), 0.38 / 0.45 - 1) == 2 * 777
    own = {"funnel.bounce_example": 0.5, "funnel.bounce_industry": 0.4}
    data = small.with_own(own)
    assert bounce_aim(data) == pytest.approx((0.5, 0.2))
    assert bounce_aim(data, today=0.8) == pytest.approx((0.8, 0.5))
    assert bounce_aim(data, today=0.3)[1] == 0.1  # below what others reach: the usual suggestion
    assert bounce_aim(today=0.0) == bounce_aim(today=1.0) == bounce_aim()  # nobody bounces, or everybody: no figure
    told = json.loads(CliRunner().invoke(app, ["plan", "--metric", "bounce_rate", "--looks", "1", "--json"]).output)
    assert told["users"] == 2 * 777


def test_the_smallest_fall_that_is_found_is_the_one_that_the_sample_was_planned_for():
    found = minimum_effect(Design(0.45), 2 * 777, falls=True)
    assert found == pytest.approx(0.07 / 0.45, rel=1e-3)
    assert power(Design(0.45), 2 * 777, -found) == pytest.approx(0.8, abs=1e-6)
    assert plan(Design(0.45), -0.07 / 0.45, 111.0).detectable[1] == pytest.approx(found, rel=1e-3)
