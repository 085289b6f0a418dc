"""The review judges an experiment by what the register knows: its plan, its control, its goal and the looks taken."""

import datetime as dt

import pytest

from ecops import Workspace
from ecops.experiments import Experiment, analyse, decide
from ecops.experiments.records.register import Register
from ecops.experiments.records.trials import trial_findings
from ecops.periods import Period
from ecops.review import collect
from sample_data import loading
from tests.experiments.shops import shop

WEEK = Period(dt.date(2026, 11, 16), dt.date(2026, 11, 22))
USERS = shop(9_000, days=21, lift=0.14, rate=0.1, seed=4)


@pytest.fixture
def workspace(tmp_path):
    opened = Workspace.open(tmp_path / "shop")
    opened.load(USERS.drop(columns="pre_value").to_csv(index=False).encode(), name="hero.csv")
    return opened


def verdict(workspace, name="hero"):
    found = trial_findings(workspace.data(), WEEK)
    return next(finding for finding in found if finding.subject["experiment"] == name)


def test_the_plan_and_the_looks_of_the_register_count(workspace):
    register = Register(workspace.state)
    register.write("hero", "li", planned_sample=18_000.0)
    for users in (3_000.0, 6_000.0):
        register.look("hero", "li", users, "continue")
    spec = Experiment(secondary=("uv_value", "aov"), segments=("device",), planned_sample=18_000, looks=(3_000, 6_000))
    effect = analyse(USERS, spec).goal("B").effect
    assert verdict(workspace).ci == pytest.approx((effect.low, effect.high))
    alone = analyse(USERS, Experiment()).goal("B").effect
    assert effect.low < alone.low


def test_the_sample_shop_comes_with_its_register(tmp_path):
    workspace = Workspace.open(tmp_path / "sample")
    files = loading.renew(workspace)
    written = {trial.name: trial for trial in Register(workspace.state).trials()}
    assert set(written) == set(loading.experiments())
    assert {name: len(trial.looks) for name, trial in written.items()} == {
        name: len(told["looks"]) for name, told in loading.experiments().items()
    }
    assert loading.renew(workspace) == files
    assert {trial.name: trial for trial in Register(workspace.state).trials()} == written


def test_the_control_and_the_goal_of_the_register_count(workspace):
    assert verdict(workspace).metric == "conversion"
    before = verdict(workspace).before
    Register(workspace.state).write("hero", "li", control="B", goal="uv_value")
    found = verdict(workspace)
    assert (found.metric, found.subject["arm"]) == ("uv_value", "A")
    Register(workspace.state).write("hero", "li", goal="conversion")
    assert verdict(workspace).after == pytest.approx(before)


def test_a_test_to_which_nobody_comes_any_more_asks_whether_it_is_over(tmp_path):
    users = shop(6_000, days=21, lift=0.04, rate=0.1, seed=4).drop(columns="pre_value")
    workspace = Workspace.open(tmp_path / "shop")
    workspace.load(users.to_csv(index=False).encode(), name="hero.csv")
    later = Period(dt.date(2026, 12, 7), dt.date(2026, 12, 13))
    (found,) = trial_findings(workspace.data(), later)
    told = decide(analyse(users, Experiment(secondary=("uv_value", "aov"), minimum_lift=0.12)))
    assert told.kind == "continue"
    assert found.headline.text("en") == f"hero: {told.headline.text('en')}"
    assert "since 22 Nov. If it is over, say so" in found.evidence.text("en")
    assert "11月22日" in found.evidence.text("zh")
    Register(workspace.state).write("hero", "li", planned_sample=90_000.0)
    (planned,) = trial_findings(workspace.data(), later)
    assert "its planned sample is not reached" in planned.evidence.text("en")
    (during,) = trial_findings(workspace.data(), WEEK)
    assert "Nobody" not in during.evidence.text("en")


def test_collect_takes_the_register_of_the_workspace_and_notices_its_changes(workspace):
    (first,) = [found for found in collect(workspace, WEEK) if found.area == "experiments"]
    Register(workspace.state).write("hero", "li", planned_sample=90_000.0)
    (second,) = [found for found in collect(workspace, WEEK) if found.area == "experiments"]
    assert second.ci[0] < first.ci[0]


def test_rows_without_users_and_figures_of_the_file_reach_the_review(tmp_path):
    opened = Workspace.open(tmp_path / "shop")
    strange = USERS.rename(columns={"exposed_at": "date", "converted": "bought", "variant": "group"})
    strange["bought"] = strange.bought.astype(int)
    opened.load(
        strange[["date", "group", "bought"]].to_csv(index=False).encode(), "generic_experiment_units", name="x.csv"
    )
    found = verdict(opened, "x")
    assert found.metric == "own:bought"
    assert found.headline.text("en").startswith("x: ")
    assert "bought from" in found.headline.text("en")
