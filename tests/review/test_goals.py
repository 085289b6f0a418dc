"""Targets: the line, the slope, the tree; kept in the journal."""

import datetime as dt
import math

import pytest

from ecops.errors import SpecError
from ecops.metrics.registry import metrics
from ecops.review.goals import Target, Targets, goal_tree, progress, stages, suggested
from ecops.store.state import State

START = dt.date(2026, 11, 15)


def target(key="gmv", value=140_000.0, weeks=10, start_value=100_000.0):
    return Target(key, value, START + dt.timedelta(weeks=weeks), START, start_value)


@pytest.mark.parametrize(
    ("value", "weeks", "state", "slope"),
    [
        (121_000, 5, "on_track", 3_800),  # the line is at 120,000; 19,000 in 5 weeks are missing
        (119_000, 5, "behind", 4_200),
        (140_000, 5, "reached", 0),
        (139_000, 11, "missed", math.nan),
        (math.nan, 5, "unknown", math.nan),
    ],
)
def test_hand_case_of_the_line(value, weeks, state, slope):
    found = progress(target(), value, START + dt.timedelta(weeks=weeks))
    assert found.state == state
    assert found.slope == pytest.approx(slope, nan_ok=True)
    if weeks == 5:
        assert found.expected == pytest.approx(120_000)


def test_what_should_fall_is_on_track_below_the_line():
    falling = target("refund_rate", 0.04, 10, 0.06)
    assert progress(falling, 0.049, START + dt.timedelta(weeks=5)).state == "on_track"
    assert progress(falling, 0.051, START + dt.timedelta(weeks=5)).state == "behind"
    assert progress(falling, 0.039, START + dt.timedelta(weeks=5)).state == "reached"


def test_the_tree_multiplies_and_spreads_what_is_missing():
    now = {"gmv": 30_000.0, "visitors": 10_000.0, "pay_conversion": 0.03, "value_per_buyer": 100.0}
    tree = goal_tree(now, [target("gmv", 36_300.0), target("value_per_buyer", 100.0, start_value=100.0)], START)
    goals = {branch.metric: branch.goal for branch in tree}
    # 21 % more with the same value per buyer: 10 % more visitors and 10 % more conversion.
    assert goals["visitors"] == pytest.approx(11_000)
    assert goals["pay_conversion"] == pytest.approx(0.033)
    assert goals["visitors"] * goals["pay_conversion"] * goals["value_per_buyer"] == pytest.approx(goals["gmv"])
    assert [branch.implied for branch in tree] == [False, True, True, False]
    assert goal_tree(now, [], START) == ()


def test_targets_of_factors_make_the_goal_of_gmv():
    now = {"gmv": 30_000.0, "visitors": 10_000.0, "pay_conversion": 0.03, "value_per_buyer": 100.0}
    tree = goal_tree(now, [target("pay_conversion", 0.05)], START)
    assert tree[0].goal == pytest.approx(50_000)


def test_kept_changed_and_given_up(tmp_path):
    kept = Targets(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))
    kept.set("li", target(value=1.0))
    kept.set("wang", target())
    kept.set("li", target("repeat_share", 0.4, start_value=math.nan))
    assert kept.all()[0] == target()
    assert math.isnan(kept.all()[1].start_value)
    kept.remove("li", "gmv")
    assert [entry.metric for entry in kept.all()] == ["repeat_share"]
    with pytest.raises(SpecError, match="target"):
        kept.remove("li", "gmv")


@pytest.mark.parametrize("changes", [{"key": "gvm"}, {"value": 0.0}, {"value": math.inf}, {"weeks": 0}])
def test_bad_targets_are_said(changes):
    with pytest.raises(SpecError):
        target(**changes)


def test_stages_name_known_metrics():
    assert list(stages()) == ["cold_start", "growth", "maturity"]
    assert all({*stage.kpis, *stage.goals} <= metrics().keys() for stage in stages().values())


@pytest.mark.row(39)
def test_goals_of_company_department_and_person_stand_apart(tmp_path):
    kept = Targets(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))
    due = START + dt.timedelta(weeks=10)
    for who, value in (("", 0.05), ("operations", 0.06), ("小王", 0.07), ("operations", 0.08)):
        kept.set("li", Target("pay_conversion", value, due, START, 0.03, who=who))
    assert [(one.value, one.level) for one in kept.all()] == [(0.05, "company")]
    assert [(one.who, one.value, one.level) for one in kept.parts()] == [
        ("operations", 0.08, "department"), ("小王", 0.07, "person"),
    ]  # fmt: skip
    kept.remove("li", "pay_conversion")
    assert kept.all() == ()
    assert len(kept.parts()) == 2
    kept.remove("li", "pay_conversion", "小王")
    assert [one.who for one in kept.parts()] == ["operations"]
    with pytest.raises(SpecError, match="小王"):
        kept.remove("li", "pay_conversion", "小王")


@pytest.mark.row(43)
def test_the_stages_of_a_shop_hold_customers_and_profit():
    cold, ripe = stages()["cold_start"], stages()["maturity"]
    assert "customer_base" in cold.kpis
    assert suggested(cold)["customer_base"] == 10_000
    assert suggested(cold, {"customer.base_goal": 500})["customer_base"] == 500
    assert {"net_profit", "repeat_share"} <= set(ripe.kpis)
