"""Limits of what may be asked of a test and of its data: specifications, designs, drafts, segments and money."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ecops.errors import DataError, SpecError
from ecops.experiments import (
    Design,
    Experiment,
    Metric,
    analyse,
    compare_ratios,
    cuped,
    group_sequential,
    minimum_effect,
    plan,
    power,
)
from ecops.experiments.design.drafting import BASES, Draft, bounce_aim
from ecops.experiments.design.planning import sample_size
from ecops.experiments.looks.sequential import crossing_power
from ecops.experiments.reading.tally import Totals
from ecops.experiments.results.comparisons import _buyers, compare_arms, compare_moments, point_estimate
from ecops.experiments.results.segments import heterogeneity, trend
from ecops.experiments.statistics.samples import moments_of
from tests.experiments.shops import shop, summed, totals


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("alpha", (0.001, 0.5), (0.0, 0.51)), ("worthwhile", (0.0, 9.9), (-0.1, 10.0)),
        ("minimum_lift", (0.001, 9.9), (0.0, 10.0)), ("prior", (0.001,), (0.0,)), ("margin", (0.01, 1.0), (0.0, 1.01)),
        ("horizon", (0.1, 120), (0, 121)), ("monthly_traffic", (1.0, None), (0.0,)), ("planned_sample", (4,), (3,)),
        ("assumed_sample", (1, None), (0,)), ("arms", ({"A": 1, "B": 1, "C": 0},), ({"A": 1, "B": -1},)),
        ("arms", ({"A": 1, "B": 1e-9},), ({"A": 0, "B": 1}, {"A": 1, "B": 0}, {"A": 1, "B": math.inf}, {"B": 1})),
        ("guardrails", ((("aov", 0.0),), (("aov", 0.99),)), ((("aov", -0.01),), (("aov", 1.0),), (("conversion", 0),))),
        ("looks", ((), (1, 2)), ((0, 1), (2, 2), (3, 2))),
    ],
)  # fmt: skip
def test_what_an_experiment_may_be(field, good, bad):
    for value in good:
        assert getattr(Experiment(**{field: value}), field) == value
    for value in bad:
        with pytest.raises(SpecError):
            Experiment(**{field: value})


def test_what_does_not_go_together():
    for wrong in (
        {"monitoring": "always_valid"},
        {"monitoring": "single_look", "looks": (5,)},
        {"monitoring": "weekly"},
        {"goal": "nps"},
    ):
        with pytest.raises(SpecError):
            Experiment(**wrong)
    for kind, below in (("ratio", ""), ("mean", "y"), ("median", "")):
        with pytest.raises(SpecError):
            Metric("x", "x", kind, "x", below=below)
    assert Experiment(planned_sample=9).agreed
    assert not Experiment(planned_sample=9, assumed_sample=9).agreed
    assert not Experiment().agreed


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"mean": 0.99}, {"mean": 1.0}), ({"mean": 5.0, "variance": 0.1}, {"mean": 5.0, "variance": 0.0}),
        ({"alpha": 0.5, "power": 0.51}, {"alpha": 0.5, "power": 0.5}), ({"looks": 400}, {"looks": 401}),
        ({"removed": 0.0}, {"removed": -0.1}), ({"weights": (1, 0.1)}, {"weights": (1, 0.0)}),
    ],
)  # fmt: skip
def test_what_a_design_may_be(good, bad):
    Design(**{"mean": 0.1, **good})
    with pytest.raises(SpecError):
        Design(**{"mean": 0.1, **bad})


def test_power_of_unlike_arms_by_hand():
    design = Design(10.0, 64.0, alpha=0.06, weights=(2, 1, 1), removed=0.25, growth=2.0)
    users, lift = 4_000, 0.1
    error = math.sqrt(0.75 * 64 * (1 / 2_000 + 1.21 / 1_000))
    df = 0.75 * users - 2
    reach_ = stats.t.isf(0.03 / 2, df)
    assert power(design, users, lift) == pytest.approx(stats.nct.sf(reach_, df, 1.0 / error), rel=1e-4)
    assert power(design, 3, lift) == 0.0
    assert power(design, 4, lift) > 0.0
    rate = Design(0.1, alpha=0.06, weights=(2, 1, 1))
    pooled = (0.5 * 0.1 + 0.25 * 0.12) / 0.75
    null = math.sqrt(pooled * (1 - pooled) * (1 / 2_000 + 1 / 1_000))
    other = math.sqrt(0.09 / 2_000 + 0.12 * 0.88 / 1_000)
    expected = stats.norm.sf((stats.norm.isf(0.015) * null - 0.02) / other)
    assert power(rate, users, 0.2) == pytest.approx(expected)
    large = Design(10.0, 64.0)
    assert power(large, 200_004, 0.01) == pytest.approx(power(large, 200_000, 0.01), abs=1e-4)
    for lift in (-1.0, 9.0):
        with pytest.raises(SpecError, match="outside 0 to 100%"):
            power(rate, users, lift)


def test_the_smallest_change_that_a_sample_finds():
    rate = Design(0.3)
    for falls in (True, False):
        found = minimum_effect(rate, 2_000, falls=falls)
        assert power(rate, 2_000, -found if falls else found) == pytest.approx(0.8, abs=1e-4)
    assert minimum_effect(rate, 2_000, falls=True) != pytest.approx(minimum_effect(rate, 2_000), rel=1e-3)
    with pytest.raises(SpecError, match="too few"):
        minimum_effect(rate, 8, falls=True)
    mean = Design(10.0, 400.0)
    assert power(mean, 30, minimum_effect(mean, 30)) == pytest.approx(0.8, abs=1e-4)


def test_a_plan_by_hand():
    design = Design(0.2, looks=4, weights=(3, 1))
    found = plan(design, 0.15, 3_000.0, weeks=3)
    assert found.users == sample_size(design, 0.15)
    assert found.users_of == (math.ceil(found.users * 0.75), math.ceil(found.users * 0.25))
    assert found.looks == tuple(math.ceil(found.users * k / 4) for k in (1, 2, 3, 4))
    assert found.inflation == pytest.approx(found.users / sample_size(replace(design, looks=1), 0.15))
    assert found.detectable == pytest.approx([minimum_effect(design, 21_000 * week) for week in (1, 2, 3)])
    assert found.days == 7 * math.ceil(found.users / 21_000)
    # Of a test that surely ends at its first look a quarter is needed, of one that never does all.
    sure = plan(Design(0.2, looks=4, power=0.999999), 0.15, 3_000.0, weeks=1)
    assert 0.25 < sure.expected_share < found.expected_share < 1
    assert plan(Design(0.2), 0.15, 3_000.0, weeks=1).expected_share == 1
    falling = plan(Design(0.5), -0.1, 2.0, weeks=2)
    assert falling.detectable == (math.inf, pytest.approx(minimum_effect(Design(0.5), 28, falls=True)))


@pytest.mark.parametrize("lift", [0.05, 0.3])
def test_the_expected_share_is_that_of_the_looks_still_open(lift):
    design = Design(10.0, 100.0, looks=3)
    found = plan(design, lift, 1_000.0, weeks=1)
    bounds = group_sequential([1 / 3, 2 / 3, 1.0])
    error = math.sqrt(100 * 4)
    gone = crossing_power(bounds, lift * 10 * math.sqrt(found.users) / error)
    assert found.expected_share == pytest.approx((1 + (1 - gone[0]) + (1 - gone[1])) / 3)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"rate": 0.999, "lift": 0.0005}, {"rate": 1.0}), ({"lift": 0.999, "rate": 0.1}, {"lift": 1.0}),
        ({"arms": 12}, {"arms": 13}), ({"arms": 2}, {"arms": 1}), ({"control_share": 0.99}, {"control_share": 1.0}),
        ({"control_share": 0.01}, {"control_share": 0.0}),
        ({"metric": "aov", "order_value": 1.0, "rate": math.nan}, {"metric": "aov", "order_value": 0.0}),
        ({"metric": "uv_value", "order_value": 1.0}, {"metric": "uv_value"}),
        ({"users_per_day": 0.1}, {"users_per_day": 0.0}),
    ],
)  # fmt: skip
def test_what_a_draft_may_be(good, bad):
    Draft(**good)
    with pytest.raises(SpecError):
        Draft(**bad)


def test_what_waiting_costs_by_figure():
    common = {"rate": 0.04, "order_value": 100.0, "lift": 0.2, "users_per_day": 50.0, "arms": 3, "control_share": 0.5}
    week = 50 * 7 * 0.5
    for metric in BASES:
        found = Draft(metric=metric, **common).waiting(0.5)
        if metric in {"ctr", "bounce_rate", "repeat_rate"}:
            assert math.isnan(found)
        else:
            each, change = (100.0 if metric == "aov" else 4.0), (0.25 if metric == "cac" else 0.2)
            assert found == pytest.approx(each * change * week * 0.5)
    assert Draft(metric="bounce_rate", rate=0.4).change == pytest.approx(-0.12)
    alike = {metric for metric in BASES if Draft(metric=metric, order_value=9.0).caveat() is not None}
    assert alike == {"ctr", "bounce_rate", "payment_rate", "aov"}


def test_where_a_bounce_rate_starts_and_aims():
    start, fall = bounce_aim()
    aim = start * (1 - fall)
    assert 0 < aim < start
    assert bounce_aim(None, 0.9) == pytest.approx((0.9, 1 - aim / 0.9))
    assert bounce_aim(None, aim)[1] == bounce_aim(None, aim / 2)[1] == pytest.approx(0.1, abs=0.03)
    for nothing in (0.0, 1.0):
        assert bounce_aim(None, nothing) == (start, fall)


def test_segments_and_days_that_cannot_be_used():
    assert heterogeneity([2.0, 5.0], [1.0, 0.0]).pooled == 2.0
    assert math.isnan(heterogeneity([], []).pooled)
    both = heterogeneity([1.0, 3.0, 9.0], [1.0, 0.5, 0.0], [9, 9, 1])
    assert (both.df, both.pooled) == (1, pytest.approx(2.6))
    assert (
        heterogeneity([1.0, 3.0], [1.0, 0.5], [math.inf] * 2).p_value == heterogeneity([1.0, 3.0], [1.0, 0.5]).p_value
    )
    left = trend([9.0, 1, 2, 3, 4, 5], [0.0, 1, 1, 1, 1, 1], [0, 10, 11, 12, 13, 14])
    assert (left.slope, left.first, left.last) == pytest.approx((1.0, 1.0, 5.0))
    assert left.error == pytest.approx(1 / math.sqrt(10))  # as small as the effects' own errors, not their residuals'
    assert left.p_value == pytest.approx(2 * stats.t.sf(math.sqrt(10), 3))
    assert math.isnan(trend([1.0] * 5, [1.0] * 4 + [0.0], range(5)).slope)


@pytest.mark.parametrize(("few", "adjusted"), [(19, False), (20, True)])
@pytest.mark.parametrize("rare", [True, False])
def test_a_rate_is_adjusted_from_twenty_conversions_in_each_arm(few, adjusted, rare):
    past = np.random.default_rng(1).normal(size=160)
    arms = []
    for count in (few, 60):
        value = np.zeros(160)
        value[np.argsort(past)[:count]] = 1.0
        arms.append(moments_of({"converted": value if rare else 1 - value, "past": past}))
    metric = Experiment().goal_metric
    for pair in (arms, arms[::-1]):
        found = compare_moments(metric, *pair, ("past",), 0.05)
        assert (found.removed > 0) is adjusted
        assert (found.method == "welch") is adjusted
    assert compare_moments(metric, *arms, (), 0.05).method == "score"
    with pytest.raises(DataError, match="fewer than two"):
        compare_moments(metric, replace(arms[0], n=1), arms[1], (), 0.05)


@pytest.mark.parametrize("unit", ["money", "number", "rate"])
def test_what_is_no_rate_may_be_lopsided(unit):
    rng = np.random.default_rng(2)
    arms = []
    for n in (60, 90):
        orders = rng.poisson(2.0, n) + 1.0
        arms.append(
            moments_of({"y": orders * rng.lognormal(1, 1, n), "x": orders, "past": orders + rng.normal(0, 1, n)})
        )
    metric = Metric("worth", "Worth", "ratio", "y", unit=unit, below="x")
    plain = compare_moments(metric, *arms, (), 0.05)
    adjusted = compare_moments(metric, *arms, ("past",), 0.05)
    expected = compare_ratios(*arms, "y", "x", 0.05, money=unit != "rate")
    assert (plain.low, plain.high, plain.p_value) == (expected.low, expected.high, expected.p_value)
    expected = cuped(*arms, ("y", "x"), ("past",), 0.05, money=unit != "rate")
    assert (adjusted.low, adjusted.high, adjusted.p_value) == (expected.low, expected.high, expected.p_value)
    turned = compare_ratios(*arms, "y", "x", 0.05, money=unit == "rate")
    assert plain.low != pytest.approx(turned.low, rel=1e-6)


def test_two_users_an_arm_are_compared_and_totals_say_how_many_days_it_takes():
    mean = Metric("y", "Y", "mean", "y")
    first, second = moments_of({"y": [1.0, 3.0]}), moments_of({"y": [2.0, 5.0]})
    assert compare_moments(mean, first, second, (), 0.05).difference == 1.5
    with pytest.raises(DataError) as refused:
        compare_arms(summed(7), Experiment(), Metric("users", "Users", "mean", "users", total="users"), "B", {})
    assert refused.value.hint.text("en").endswith("the totals of each day for at least 7 days.")


def test_buyers_behind_a_sum_of_money():
    held = Totals((), {("B", "conversions"): np.array([30.0]), ("B", "orders"): np.array([70.0])})
    assert _buyers(held, "B", 100.0, 900.0, 1e4) == 30
    orders = Totals((), {("B", "orders"): np.array([70.0])})
    assert _buyers(orders, "B", 100.0, 900.0, 1e4) == 70
    assert _buyers(orders, "B", 50.0, 900.0, 1e4) == 50
    nothing = Totals((), {})
    assert _buyers(nothing, "B", 1_000.0, 900.0, 81_000.0) == pytest.approx(10 * 1.64)
    assert _buyers(nothing, "B", 1_000.0, 0.0, 0.0) == 1_000
    none = Totals((), {("B", "conversions"): np.array([0.0])})
    assert _buyers(none, "B", 1_000.0, 900.0, 81_000.0) == pytest.approx(10 * 1.64)


@pytest.mark.parametrize(("users", "said"), [(0.0, "no users"), (1.0, "one user only"), (2.0, None)])
def test_an_arm_of_one_is_none(users, said):
    tally = summed(7, conversions=(5.0, min(users, 1.0)), users=(1_000.0, users))
    spec = Experiment()
    if said is None:
        assert compare_arms(tally, spec, spec.goal_metric, "B", {}).n_treatment == 2
    else:
        with pytest.raises(DataError, match=said):
            compare_arms(tally, spec, spec.goal_metric, "B", {})
    with pytest.raises(DataError, match="The arm C has no users"):
        compare_arms(tally, spec, spec.goal_metric, "C", {})
    assert point_estimate(summed(7), spec.goal_metric, "B") == 0.05
    assert math.isnan(point_estimate(replace(summed(7), totals=None), spec.goal_metric, "B"))
    assert math.isnan(point_estimate(summed(7, users=(9.0, 0.0)), spec.goal_metric, "B"))


def test_money_by_hand():
    users = shop(6_000, days=14, lift=0.4, rate=0.1, seed=6)
    plain = analyse(users, Experiment(planned_sample=6_000, value=50.0, margin=0.5, horizon=3))
    effect, stake, belief = plain.goal("B").effect, plain.stakes["B"], plain.goal("B").posterior
    month = 50 * 0.5 * 6_000 / 14 * 30
    assert stake.traffic == pytest.approx(6_000 / 14 * 30)
    assert stake.value == 25
    assert (stake.gain.value, stake.gain.low, stake.gain.high) == pytest.approx(
        (effect.difference * month, effect.low * month, effect.high * month)
    )
    assert (stake.loss_if_shipped, stake.loss_if_kept, stake.months) == pytest.approx(
        (belief.loss_if_shipped * month * 3, belief.loss_if_kept * month * 3, 3)
    )
    assert not any("sales, not profit" in note.text("en") for note in plain.notes)
    assert any("sales, not profit" in note.text("en") for note in analyse(users, Experiment(value=50.0)).notes)
    fewer = Metric("refunds", "refunds", "mean", "revenue", less_is_better=True, value=1.0)
    turned = analyse(users, Experiment(goal=fewer, planned_sample=6_000, monthly_traffic=100.0))
    lost, gain = turned.goal("B").effect, turned.stakes["B"].gain
    assert (gain.value, gain.low, gain.high) == pytest.approx(
        (-lost.difference * 100, -lost.high * 100, -lost.low * 100)
    )
    undated = analyse(users.drop(columns="exposed_at"), Experiment(value=50.0))
    assert undated.stakes == {}
    assert any("visitors a month" in note.text("en") for note in undated.notes)


def test_a_conversion_is_worth_what_it_brought():
    users = shop(6_000, days=14, lift=0.4, rate=0.1, seed=6).assign(converted=lambda rows: rows.orders > 0)
    sums = totals(users).drop(columns="revenue_squares")
    spec = Experiment(monthly_traffic=1_000.0, secondary=("uv_value",))
    found = analyse(sums, spec).stakes["B"]
    assert found.value == pytest.approx(sums.revenue.sum() / sums.conversions.sum())
    goal = Experiment(goal="aov", monthly_traffic=1_000.0)
    rows = analyse(users, goal).stakes["B"]
    assert rows.value == pytest.approx(users.orders.sum() / len(users))
    nothing = analyse(sums.drop(columns="revenue"), Experiment(monthly_traffic=1_000.0))
    assert nothing.stakes == {}
    assert any("worth of one conversion" in note.text("en") for note in nothing.notes)
