"""The register: nothing is lost, every look counts, and a plan cannot be bent after looking."""

import datetime as dt
import math
import multiprocessing

import pandas as pd
import pytest

from ecops import Workspace
from ecops.errors import FileError, MappingError, SpecError
from ecops.experiments import Experiment, analyse, decide, tally_of
from ecops.experiments.design.drafting import Draft
from ecops.experiments.design.planning import power
from ecops.experiments.looks import peeking
from ecops.experiments.reading.workspace import experiments_in
from ecops.experiments.records.register import Register
from ecops.store.state import State
from tests.experiments.shops import shop, totals


@pytest.fixture
def register(tmp_path):
    return Register(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))


@pytest.mark.row(99)
def test_a_plan_is_written_and_read_back(register):
    register.write(
        "ab_1", "li", hypothesis="场景图", owner="design", goal="conversion", baseline=0.03, minimum_lift=0.12,
        planned_sample=8000.0, guardrails=[["aov", 0.05]],
    )  # fmt: skip
    trial = register.trial("ab_1")
    assert (trial.hypothesis, trial.owner, trial.planned_sample) == ("场景图", "design", 8000.0)
    assert trial.guardrails == (("aov", 0.05),)
    assert trial.stage == "planned"
    register.write("ab_1", "wang", person="小王")
    assert register.trial("ab_1").hypothesis == "场景图"
    assert [entry.actor for entry in register.history("ab_1")] == ["li", "wang"]


def test_what_is_not_said_is_not_a_number(register):
    trial = register.write("ab_1", "li", baseline=math.nan)
    assert math.isnan(trial.baseline)
    assert math.isnan(trial.minimum_lift)
    assert trial.planned_sample is None
    assert register.trial("elsewhere") is None


@pytest.mark.parametrize(
    "fields",
    [{"owner": "nobody"}, {"goal": "conversoin"}, {"planned_sample": 1.0}, {"decision": "maybe"}, {"looks": ()}],
)
def test_impossible_fields_are_refused(register, fields):
    with pytest.raises(SpecError):
        register.write("ab_1", "li", **fields)
    assert register.trials() == []


def test_a_name_is_needed(register):
    with pytest.raises(SpecError, match="needs a name"):
        register.write("  ", "li", hypothesis="x")


def test_every_look_at_more_users_counts_once(register):
    register.write("ab_1", "li", planned_sample=8000.0)
    assert register.look("ab_1", "li", 2000, "too_early", dt.date(2026, 11, 8))
    assert not register.look("ab_1", "wang", 2000, "too_early")
    assert register.look("ab_1", "wang", 4000, "continue")
    assert not register.look("ab_1", "li", 3000, "continue")
    trial = register.trial("ab_1")
    assert [look.users for look in trial.looks] == [2000, 4000]
    assert trial.looks[0].last_day == dt.date(2026, 11, 8)
    assert trial.stage == "running"


def test_a_plan_cannot_change_after_a_look(register):
    register.write("ab_1", "li", planned_sample=8000.0)
    register.write("ab_1", "li", planned_sample=9000.0)
    register.look("ab_1", "li", 2000, "continue")
    with pytest.raises(SpecError, match="already looked at"):
        register.write("ab_1", "li", planned_sample=2500.0)
    register.write("ab_1", "li", hypothesis="words may change")
    assert register.trial("ab_1").planned_sample == 9000.0
    register.restart("ab_1", "li", "tracking repaired")
    assert register.trial("ab_1").looks == ()
    assert register.write("ab_1", "li", planned_sample=2500.0).planned_sample == 2500.0
    assert len(register.history("ab_1")) == 6


def test_a_plan_may_come_late_once(register):
    register.look("ab_1", "li", 2000, "continue")
    assert register.write("ab_1", "li", planned_sample=9000.0).planned_sample == 9000.0


@pytest.mark.row(96, 99)
def test_the_decision_and_its_action(register):
    register.look("ab_1", "li", 8000, "ship")
    trial = register.decide("ab_1", "li", "shipped", "护栏守住", action="abc123")
    assert (trial.stage, trial.decision, trial.action) == ("decided", "shipped", "abc123")
    assert trial.decided_on == dt.datetime.now(dt.UTC).date()
    register.restart("ab_1", "li", "again")
    assert register.trial("ab_1").stage == "planned"
    with pytest.raises(SpecError):
        register.restart("nothing", "li", "")


def _looker(path, users):
    Register(State(f"sqlite:///{path}")).look("ab_1", "somebody", users, "continue")


def test_looks_at_the_same_moment_are_all_kept(tmp_path):
    path = tmp_path / "state.sqlite"
    register = Register(State(f"sqlite:///{path}"))
    register.write("ab_1", "li", planned_sample=8000.0)
    context = multiprocessing.get_context("spawn")
    people = [context.Process(target=_looker, args=(path, 2000)) for _ in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert [person.exitcode for person in people] == [0, 0, 0]
    assert [look.users for look in register.trial("ab_1").looks] == [2000]


def test_looks_make_the_limits_stricter(register):
    users = shop(8_000, lift=0.3, seed=2)
    held = experiments_in(users)[0]
    register.write("ab_1", "li", planned_sample=8000.0, minimum_lift=0.12)
    fresh = analyse(users, register.trial("ab_1").applied_to(held.spec()))
    for seen in (2000, 4000, 6000):
        register.look("ab_1", "li", seen, "continue")
    spec = register.trial("ab_1").applied_to(held.spec())
    assert spec.looks == (2000, 4000, 6000)
    looked = analyse(users, spec)
    assert fresh.looks.number == 1
    assert looked.looks.number == 4
    assert looked.looks.critical > fresh.looks.critical
    assert looked.goal("B").effect.low < fresh.goal("B").effect.low


def test_a_test_said_to_be_over_is_no_plan(register):
    held = experiments_in(shop(6_000, seed=4))[0]
    register.look("ab_1", "li", 3000, "continue", horizon=20_000.0)
    spec = register.write("ab_1", "li", whole=True).applied_to(held.spec())
    assert (spec.planned_sample, spec.assumed_sample, spec.looks, spec.whole) == (None, 20_000, (3000,), True)
    # Neither that word nor a smaller plan afterwards makes the limits looser than they were.
    asked = register.write("ab_1", "li", whole=False).applied_to(held.spec())
    late = register.write("ab_1", "li", planned_sample=6000.0).applied_to(held.spec())
    assert not late.agreed
    users = shop(6_000, seed=4)
    limits = [analyse(users, one).looks for one in (spec, asked, late)]
    assert len({look.critical for look in limits}) == 1
    assert [look.final for look in limits] == [True, False, True]
    assert limits[0].critical > 2.1


def test_a_plan_before_the_first_look_is_a_plan(register):
    held = experiments_in(shop(6_000, seed=4))[0]
    register.write("ab_1", "li", planned_sample=6000.0)
    register.look("ab_1", "li", 3000, "continue", horizon=6000.0)
    spec = register.trial("ab_1").applied_to(held.spec())
    assert spec.agreed
    assert (spec.planned_sample, spec.looks) == (6000, (3000,))


def test_the_planned_split_is_kept(register):
    users = shop(6_000, seed=4, share=0.1)
    held = experiments_in(users)[0]
    assert not held.spec().split_known
    unknown = analyse(users, held.spec())
    assert [check.key for check in unknown.checks if check.level == "red"] == ["split_unknown"]
    told = register.write("ab_1", "li", weights={"A": 90, "B": 10}).applied_to(held.spec())
    assert (told.arms, told.split_known) == ({"A": 90, "B": 10}, True)
    assert all(check.level != "red" for check in analyse(users, told).checks)
    wrong = register.write("ab_1", "li", weights={"A": 80, "B": 20}).applied_to(held.spec())
    assert "split" in [check.key for check in analyse(users, wrong).checks if check.level == "red"]
    before = register.write("ab_2", "li", control_share=0.9).applied_to(held.spec())
    assert before.arms["A"] == pytest.approx(0.9)
    assert before.arms["B"] == pytest.approx(0.1)
    with pytest.raises(SpecError):
        register.write("ab_2", "li", control_share=1.5)


def test_a_guardrail_is_not_told_twice(register):
    held = experiments_in(shop(6_000, seed=4))[0]
    assert "aov" in held.spec().secondary
    spec = register.write("ab_1", "li", guardrails=[["aov", 0.1]]).applied_to(held.spec())
    assert "aov" not in spec.secondary
    assert [metric.key for metric, _ in spec.guardrail_metrics] == ["aov"]


def test_rows_of_people_are_found_and_proposed():
    users = shop(4_000, seed=3).assign(experiment="ab_1")
    (held,) = experiments_in(users)
    counts = users.variant.value_counts().to_dict()
    assert (held.name, held.kind, held.control, dict(held.users)) == ("ab_1", "units", "A", counts)
    assert (held.first_day, held.last_day) == (users.exposed_at.min().date(), users.exposed_at.max().date())
    assert held.metrics[0] == "conversion"
    assert held.segments == ("device",)
    assert held.covariates == ("pre_value",)
    assert "ctr" not in held.metrics  # impressions without clicks are no click rate
    decide(analyse(users, held.spec()))


def test_the_control_is_found_by_its_name():
    users = shop(2_000, seed=3)
    named = users.assign(variant=users.variant.map({"A": "对照组", "B": "B 版"}))
    (held,) = experiments_in(named)
    assert held.control == "对照组"
    assert list(held.spec().arms) == ["对照组", "B 版"]


def test_several_experiments_the_latest_first():
    early = shop(2_000, seed=3).assign(experiment="old")
    late = shop(2_000, seed=4).assign(experiment="new", exposed_at=early.exposed_at + pd.Timedelta(days=30))
    found = experiments_in(pd.concat([early, late]))
    assert [held.name for held in found] == ["new", "old"]
    assert [held.people for held in found] == [2_000, 2_000]


def test_totals_by_day_are_found():
    table = totals(shop(6_000, seed=3), "exposed_at")
    (held,) = experiments_in(table)
    assert (held.kind, held.people) == ("daily", 6_000)
    assert held.metrics[0] == "conversion"
    (whole,) = experiments_in(totals(shop(6_000, seed=3)))
    assert (whole.kind, whole.first_day) == ("totals", None)


def test_a_workspace_without_a_test_is_empty_and_a_wrong_file_is_told(tmp_path):
    assert experiments_in(Workspace.open(tmp_path / "shop")) == ()
    with pytest.raises(MappingError, match="who was in which arm"):
        experiments_in(pd.DataFrame({"a": [1], "b": [2]}))


def test_one_arm_and_no_figures_are_told():
    users = shop(2_000, seed=3)
    (held,) = experiments_in(users[users.variant == "A"])
    with pytest.raises(FileError, match="one arm only"):
        held.spec()
    (held,) = experiments_in(users[["unit_id", "variant"]])
    with pytest.raises(MappingError, match="no figure"):
        held.spec()


def test_weeks_say_who_would_have_been_misled():
    users = shop(12_000, days=28, seed=5)
    spec = Experiment(planned_sample=12_000)
    # The first week is lucky by construction, the rest makes up for it exactly.
    week = users.exposed_at < users.exposed_at.min().normalize() + pd.Timedelta(days=7)
    users["converted"] = False
    for early, arm, buyers in ((True, "A", 60), (True, "B", 110), (False, "A", 300), (False, "B", 240)):
        rows = users.index[(week == early) & (users.variant == arm)][:buyers]
        users.loc[rows, "converted"] = True
    tally = tally_of(users, spec)
    readout = analyse(tally, spec)
    decision = decide(readout)
    found = peeking.weeks(tally, readout, "B")
    assert [week.number for week in found] == [1, 2, 3, 4]
    assert found[0].effect.verdict == "better"
    assert found[-1].users == 12_000
    first = users[week]
    assert found[0].users == len(first)
    rates = first.groupby("variant").converted.mean()
    assert found[0].effect.difference == pytest.approx(rates.B - rates.A)
    assert decision.kind == "flat"
    told = peeking.misled(found, decision, readout.spec)
    assert "After week 1" in told.text("en")
    assert peeking.misled(found[-1:], decision, readout.spec) is None


def test_a_winner_misled_nobody():
    users = shop(12_000, lift=0.5, seed=5)
    spec = Experiment(planned_sample=12_000)
    tally = tally_of(users, spec)
    readout = analyse(tally, spec)
    assert peeking.misled(peeking.weeks(tally, readout, "B"), decide(readout), readout.spec) is None


def test_an_open_guardrail_keeps_a_flat_test_from_shipping():
    users = shop(8_000, lift=0.05, seed=8)
    users.loc[(users.variant == "B") & users.converted, "revenue"] *= 0.9
    spec = Experiment(planned_sample=8_000, guardrails=(("aov", 0.05),))
    decision = decide(analyse(users, spec))
    assert (decision.kind, decision.choose) == ("flat", "control")
    assert math.isnan(decision.chance_wrong)
    assert "Keep what you have" in decision.headline.text("en")
    assert decide(analyse(users, Experiment(planned_sample=8_000))).choose == "treatment"


def test_a_plan_by_money_has_the_variance_of_its_orders():
    draft = Draft("uv_value", 0.04, 120.0, spread=0.5, users_per_day=2000.0, looks=1)
    design = draft.design()
    # By hand: mean 0.04 x 120; E[x^2] = 0.04 x 120^2 x 1.25.
    assert design.mean == pytest.approx(4.8)
    assert design.variance == pytest.approx(0.04 * 14_400 * 1.25 - 4.8**2)
    plan = draft.plan()
    assert power(design, plan.users, 0.12) == pytest.approx(0.8, abs=1e-3)
    assert plan.days == 7 * math.ceil(plan.users / 2000 / 7)


def test_waiting_costs_what_the_old_arm_forgoes():
    draft = Draft("conversion", 0.03, 100.0, lift=0.1, users_per_day=1000.0)
    # 7,000 users a week, half see the old version: 3,500 x 3% x 100 x 10%.
    assert draft.waiting() == pytest.approx(1050.0)
    assert draft.waiting(margin=0.4) == pytest.approx(420.0)
    assert math.isnan(Draft("ctr", 0.05, 100.0).waiting())
    assert Draft("aov", order_value=200.0, lift=0.1, users_per_day=100.0).waiting() == pytest.approx(7_000.0)


def test_a_lower_cost_is_a_higher_conversion():
    assert Draft("cac", 0.03, lift=0.2).change == pytest.approx(0.25)


@pytest.mark.parametrize(
    "fields",
    [
        {"metric": "nps"},
        {"metric": "aov"},
        {"lift": 0.0},
        {"lift": 1.5},
        {"users_per_day": 0.0},
        {"arms": 1},
        {"rate": 0.0},
        {"rate": 0.95, "lift": 0.5},
    ],
)
def test_impossible_plans_are_refused(fields):
    with pytest.raises(SpecError):
        Draft(**fields).plan()
