"""Every limit between a test and its verdict: what lies on it, just inside and just outside."""

import datetime as dt
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.errors import DataError, SpecError
from ecops.experiments import Design, Experiment, Metric, analyse, decide, group_sequential, minimum_effect, plan, power
from ecops.experiments.design.drafting import BASES, Draft, bounce_aim
from ecops.experiments.design.planning import sample_size
from ecops.experiments.looks import peeking
from ecops.experiments.looks.health import AMBER, CROSSED_RED, RED, srm
from ecops.experiments.looks.monitoring import earlier_looks, horizon, reach, standing, where, widen
from ecops.experiments.looks.sequential import NEVER, always_valid, always_valid_p, crossing_power, spent_error
from ecops.experiments.reading.tally import Exposure, Tally, Totals
from ecops.experiments.results.checks import data_checks, result_checks
from ecops.experiments.results.comparisons import _buyers, compare_arms, compare_moments, point_estimate
from ecops.experiments.results.segments import heterogeneity, trend
from ecops.experiments.statistics.capping import Cap
from ecops.experiments.statistics.samples import moments_of
from tests.experiments.shops import shop, totals

START = dt.date(2026, 11, 2)


@pytest.fixture(scope="module")
def readout():
    """A clear winner over two weeks with its whole sample."""
    return analyse(shop(8_000, days=14, lift=0.5, rate=0.1, seed=2), Experiment(planned_sample=8_000, value=90.0))


def open_one(readout, **looks):
    """The same with an interval that covers 0."""
    (goal, *others) = readout.results
    effect = replace(goal.effect, low=-abs(goal.effect.difference))
    results = (replace(goal, effect=effect), *others)
    return replace(readout, results=results, looks=replace(readout.looks, **looks))


@pytest.mark.parametrize(("least", "kind"), [(49, "too_early"), (50, "ship")])
@pytest.mark.parametrize("arm", ["A", "B"])
def test_fifty_conversions_in_each_arm(readout, least, kind, arm):
    assert decide(replace(readout, conversions={"A": 900, "B": 900} | {arm: least})).kind == kind


@pytest.mark.parametrize(("days", "kind", "wait"), [(1, "too_early", 6), (6, "too_early", 1), (7, "ship", None)])
def test_a_week_at_least(readout, days, kind, wait):
    last = START + dt.timedelta(days - 1)
    found = decide(replace(readout, first_day=START, last_day=last))
    assert found.kind == kind
    assert found.next_look == (None if wait is None else last + dt.timedelta(wait))
    assert decide(replace(readout, first_day=None, last_day=None)).kind == "ship"


@pytest.mark.parametrize(("fraction", "kind"), [(0.0499, "too_early"), (0.05, "ship")])
def test_nothing_is_said_before_a_twentieth_of_the_sample(readout, fraction, kind):
    found = replace(readout, looks=replace(readout.looks, fraction=fraction))
    assert decide(found).kind == kind
    assert decide(replace(found, spec=Experiment(value=90.0))).kind == "ship"


@pytest.mark.parametrize(
    ("target", "users", "more", "days", "wait", "said"),
    [
        # 8,000 users in 14 days.
        (8_001, 8_000, 1, 1, 1, "1 day"),
        (10_000, 8_000, 2_000, 4, 4, "4 days"),
        (11_428, 8_000, 3_428, 6, 6, "6 days"),
        (11_429, 8_000, 3_429, 7, 7, "7 days"),
        (16_000, 8_000, 8_000, 14, 7, "14 days"),
        (76_571, 8_000, 68_571, 120, 7, "120 days at this traffic"),
        (76_572, 8_000, 68_572, 121, 7, "That is long"),
        (8_000, 9_000, 0, 0, 7, None),
    ],
)
def test_what_is_still_missing(readout, target, users, more, days, wait, said):
    found = decide(open_one(readout, target=target, users=users, final=False))
    assert (found.kind, found.more_users, found.more_days) == ("continue", more, days)
    assert found.next_look == readout.last_day + dt.timedelta(wait)
    missing = [text.text("en") for text in found.reasons if "Still missing" in text.text("en")]
    assert missing == [] if said is None else said in missing[0]
    undated = decide(replace(open_one(readout, target=target, users=users, final=False), first_day=None, last_day=None))
    assert undated.next_look is None
    assert math.isnan(undated.more_days)
    assert math.isnan(decide(open_one(readout, target=math.nan, users=users, final=False)).more_users)


def test_an_open_test_with_its_sample_is_flat_and_its_odds_are_held_between_ends(readout):
    found = decide(open_one(readout, final=True))
    assert (found.kind, found.choose) == ("flat", "treatment")
    assert found.chance_wrong == pytest.approx(1 - found.result.posterior.better)
    assert found.action.rule == "experiment_bet"
    assert "0.1%" in found.headline.text("en")
    even = open_one(readout, final=True)
    (goal, *others) = even.results
    for loss, choose in ((0.0, "control"), (-1e-9, "treatment")):
        belief = replace(goal.posterior, loss_if_shipped=1.0 + loss, loss_if_kept=1.0)
        assert decide(replace(even, results=(replace(goal, posterior=belief), *others))).choose == choose
    kept = replace(goal, posterior=replace(goal.posterior, loss_if_shipped=2.0, loss_if_kept=1.0, better=0.3))
    assert decide(replace(even, results=(kept, *others))).chance_wrong == 0.3


@pytest.mark.parametrize(("low", "high", "kind"), [(0.01, 0.02, "stop"), (-0.02, -0.01, "ship"), (-0.01, 0.01, "flat")])
def test_less_may_be_better(readout, low, high, kind):
    (goal, *others) = readout.results
    cost = replace(goal.metric, less_is_better=True)
    results = (replace(goal, metric=cost, effect=replace(goal.effect, low=low, high=high)), *others)
    assert decide(replace(readout, results=results)).kind == kind


@pytest.mark.parametrize(("worthwhile", "kind"), [(0.5, "ship"), (0.5001, "flat")])
def test_worthwhile_is_the_least_that_is(readout, worthwhile, kind):
    (goal, *others) = readout.results
    for sign in (1, -1):
        lift = replace(goal.effect.lift, value=0.5 * sign)
        results = (replace(goal, effect=replace(goal.effect, lift=lift)), *others)
        spec = replace(readout.spec, worthwhile=worthwhile)
        assert decide(replace(readout, spec=spec, results=results)).kind == kind


def told(tally, spec=None):
    return {check.key: check for check in data_checks(tally, spec or Experiment())}


def summed(days=(), conversions=(50.0, 50.0), users=(1_000.0, 1_000.0), **changes):
    values = {}
    for at, arm in enumerate("AB"):
        values |= {(arm, "users"): np.array([users[at]]), (arm, "conversions"): np.array([conversions[at]])}
    ends = {} if not days else {"first_day": START, "last_day": START + dt.timedelta(days - 1)}
    return Tally("totals", dict(zip("AB", users, strict=True)), totals=Totals((), values), **ends, **changes)


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (0, "amber", "no dates"), (1, "amber", "less than a week"), (6, "amber", "less than a week"),
        (7, "green", "equally"), (8, "amber", "no whole number"), (14, "green", "equally"),
        (20, "amber", "no whole number"), (21, "green", "equally"), (22, "green", "equally"),
    ],
)  # fmt: skip
def test_weekdays_covered(days, level, said):
    check = told(summed(days))["weekdays"]
    assert check.level == level
    assert said in check.text.text("en")


@pytest.mark.parametrize(
    ("conversions", "users", "dead"),
    [
        ((20.0, 0.0), (1_000.0, 1_000.0), True), ((19.0, 0.0), (1_000.0, 1_000.0), False),
        ((0.0, 20.0), (1_000.0, 1_000.0), True), ((20.0, 1.0), (1_000.0, 1_000.0), False),
        ((40.0, 0.0), (2_000.0, 1_000.0), True), ((39.0, 0.0), (2_000.0, 1_000.0), False),
        ((0.0, 0.0), (1_000.0, 1_000.0), False),
    ],
)  # fmt: skip
def test_an_arm_is_dead_where_twenty_were_to_be_expected(conversions, users, dead):
    check = told(summed(7, conversions, users), Experiment(arms={"A": users[0], "B": users[1]})).get("dead_arm")
    assert (check is not None) is dead
    assert check is None or f"arm {'B' if conversions[1] == 0 else 'A'} has" in check.text.text("en")


@pytest.mark.parametrize(("crossed", "level"), [(0, None), (9, "amber"), (10, "red")])
def test_one_in_a_hundred_in_two_arms_is_too_many(crossed, level):
    exposure = Exposure(1_000, 1_000, crossed, 0, 0, identified=True)
    check = told(summed(7, exposure=exposure)).get("crossed")
    assert (check.level if check else None) == level
    assert CROSSED_RED == 0.01


def test_what_else_a_file_may_hold():
    odd = Exposure(1_000, 1_000, 0, 0, 3, identified=False)
    assert {"identity", "armless"} <= set(told(summed(7, exposure=odd)))
    fine = told(summed(7, exposure=replace(odd, armless=0, identified=True)))
    assert set(fine) == {"split", "weekdays"}
    assert "stray_days" in told(summed(7, strays=frozenset({START})))
    parts = replace(summed(7), totals=replace(summed(7).totals, parts=2))
    assert "parts" in told(parts)
    assert "2 segments" in told(parts)["parts"].text.text("en")


def test_a_split_that_nobody_planned_is_asked_about():
    spec = Experiment(split_known=False)
    check = told(summed(7, users=(1_800.0, 200.0)), spec)["split_unknown"]
    assert "90.0% / 10.0%" in check.text.text("en")
    assert told(summed(7), spec)["split"].level == "green"


def after(effect, closed=False, caps=None, time=({}, {}), **result):
    looks = SimpleNamespace(closed=closed)
    goal = SimpleNamespace(role="goal", effect=effect, unadjusted=None, metric=SimpleNamespace(label="Goal"))
    goal.__dict__.update(result)
    return {check.key: check for check in result_checks(Experiment(), (goal,), caps or {}, time, looks)}


def outcome(lift=0.1, verdict="better", removed=0.0, difference=1.0, status="ok"):
    return SimpleNamespace(
        lift=SimpleNamespace(value=lift, status=status), verdict=verdict, removed=removed, difference=difference
    )


@pytest.mark.parametrize(
    ("effect", "keys"),
    [
        (outcome(0.5), set()),
        (outcome(0.501), {"surprise"}),
        (outcome(-0.501), {"surprise"}),
        (outcome(0.501, "open"), set()),
        (outcome(0.501, status="baseline_uncertain"), set()),
        (outcome(removed=0.95), set()),
        (outcome(removed=0.951), {"covariate_leak"}),
        (None, set()),
    ],
)
def test_too_good_to_be_true(effect, keys):
    assert set(after(effect)) == keys
    assert after(effect, role="secondary") == {}


@pytest.mark.parametrize(
    ("plain", "verdict", "flip"),
    [(-1.0, "better", True), (0.0, "better", False), (1.0, "better", False), (-1.0, "open", False)],
)
def test_an_adjustment_that_turns_the_sign(plain, verdict, flip):
    found = after(outcome(verdict=verdict), unadjusted=SimpleNamespace(difference=plain))
    assert ("adjustment_flip" in found) is flip


@pytest.mark.parametrize(("p_value", "told_of"), [(0.01, False), (0.0099, True), (math.nan, False)])
def test_fading_and_weekdays_are_told_below_one_per_cent(p_value, told_of):
    trends = {"B": SimpleNamespace(p_value=p_value, first=3.0, last=-2.0)}
    found = after(outcome(), time=(trends, {"B": SimpleNamespace(p_value=p_value)}))
    assert {"novelty", "weekday_effect"} & set(found) == ({"novelty", "weekday_effect"} if told_of else set())
    if told_of:
        assert "fades" in found["novelty"].text.text("en")
        for first, last in ((2.0, -3.0), (2.0, 2.0)):
            grown = after(outcome(), time=({"B": replace_in(trends["B"], first, last)}, {}))
            assert "grows" in grown["novelty"].text.text("en")


def replace_in(trend, first, last):
    return SimpleNamespace(p_value=trend.p_value, first=first, last=last)


@pytest.mark.parametrize(
    ("share", "typo", "said"), [(0.05, False, None), (0.051, False, "makes 5.1%"), (0.01, True, "typing error")]
)
def test_outliers(share, typo, said):
    found = after(outcome(), caps={"revenue": Cap(-math.inf, 9.0, 1, 50, 99.0, share, typo=typo)})
    assert ("outlier" in found) is (said is not None)
    assert said is None or said in found["outlier"].text.text("en")
    assert "late_look" in after(outcome(), closed=True)


def test_levels_of_a_split_are_those_of_its_evidence():
    plan = {"a": 1, "b": 1}
    by_evidence = {srm({"a": 5_000 + n, "b": 5_000}, plan).evidence: n for n in range(0, 600, 4)}
    for evidence, n in by_evidence.items():
        expected = "red" if evidence >= 1 / RED else "amber" if evidence >= 1 / AMBER else "green"
        assert srm({"a": 5_000 + n, "b": 5_000}, plan).level == expected
        assert srm({"a": 5_000 + n, "b": 5_000}, plan, tests=5).level == (
            "red" if evidence >= 5 / RED else "amber" if evidence >= 5 / AMBER else "green"
        )
    assert {srm({"a": 5_000 + n, "b": 5_000}, plan).level for n in by_evidence.values()} == {"red", "amber", "green"}
    for weights in ({"a": -1, "b": 2}, {"a": 0, "b": 0}):
        with pytest.raises(SpecError):
            srm({"a": 1}, weights)
    assert math.isnan(srm({"a": 9}, {"a": 1}).p_value)
    assert srm({"a": 0, "b": 4}, {"a": 3, "b": 1}).drift == -0.75


def test_spending_by_hand():
    for share in (0.1, 0.5, 1.0):
        expected = 4 * stats.norm.sf(stats.norm.isf(0.0125) / math.sqrt(share))
        assert spent_error(share, 0.05) == pytest.approx(expected)
        assert spent_error(share, 0.05, "pocock") == pytest.approx(0.05 * math.log(1 + (math.e - 1) * share))
    assert spent_error(0.0, 0.05) == spent_error(-1.0, 0.05, "pocock") == 0
    assert spent_error(2.0, 0.05) == pytest.approx(spent_error(1.0, 0.05))
    for alpha in (0.0, 1.0):
        with pytest.raises(SpecError, match="alpha"):
            group_sequential([1.0], alpha)
    with pytest.raises(SpecError, match="spending"):
        group_sequential([1.0], 0.05, "linear")
    first = group_sequential([0.3], 0.05)
    assert first.critical[0] == pytest.approx(stats.norm.isf(spent_error(0.3, 0.05) / 2))
    assert group_sequential([0.001, 1.0]).critical[0] == NEVER
    assert group_sequential([0.001, 1.0]).spent[0] == 0
    assert group_sequential([0.001, 1.0]).critical[1] == pytest.approx(stats.norm.isf(0.025), abs=1e-6)


def test_the_chance_to_cross_is_that_of_a_normal_walk():
    looks, drift = np.array([0.25, 0.6, 1.0]), 2.5
    bounds = group_sequential(looks, 0.1, "pocock")
    found = crossing_power(bounds, drift)
    random = np.random.default_rng(1)
    steps = np.diff(looks, prepend=0)
    walk = np.cumsum(drift * steps + random.normal(size=(200_000, 3)) * np.sqrt(steps), axis=1)
    over = np.cumsum(walk > np.array(bounds.critical) * np.sqrt(looks), axis=1) > 0
    assert found == pytest.approx(over.mean(0), abs=0.004)
    assert crossing_power(group_sequential([1.0]), drift)[0] == pytest.approx(stats.norm.sf(1.96 - drift), abs=1e-4)


def test_limits_for_any_number_of_looks_by_hand():
    inner = -2 * math.log(0.1)
    mixed = 3_000 * (inner + math.log(inner + 1)) / 8_000
    expected = math.sqrt(2 * (mixed + 1) / mixed * math.log(math.sqrt(mixed + 1) / 0.1))
    assert always_valid(3_000, 8_000, 0.1) == pytest.approx(expected)
    assert always_valid_p(expected, 3_000, 8_000, 0.1) == pytest.approx(0.1)
    assert always_valid_p(0.0, 3_000, 8_000, 0.1) == 1.0
    for users, planned in ((0, 5), (5, 0)):
        with pytest.raises(SpecError):
            always_valid(users, planned)


def test_where_a_test_stands():
    spec = Experiment(planned_sample=1_000, looks=(250, 500))
    assert earlier_looks(spec, 500) == (250,)
    assert earlier_looks(spec, 501) == (250, 500)
    with pytest.raises(SpecError, match="only 499"):
        earlier_looks(spec, 499)
    found = where(spec, 800, None)
    assert (found.users, found.target, found.fraction, found.number) == (800, 1_000, 0.8, 3)
    assert (found.final, found.closed) == (False, False)
    assert found.critical == pytest.approx(group_sequential([0.25, 0.5, 0.8]).critical[-1])
    assert where(spec, 1_000, None).final
    assert not where(spec, 999, None).final
    assert where(replace(spec, whole=True), 999, None).final
    assert where(replace(spec, looks=(999,)), 1_200, None).closed is False
    assert where(replace(spec, looks=(1_000,)), 1_200, None).closed is True
    assert where(replace(spec, looks=(1_000,), monitoring="always_valid"), 1_200, None).closed is False
    assert where(Experiment(), 500, None).horizon == 1_000
    assert reach(replace(spec, looks=(), monitoring="single_look"), 9, 0.1, 1) == pytest.approx(stats.norm.isf(0.05))
    later = Experiment(planned_sample=900, assumed_sample=600)
    assert (where(later, 300, None).target, where(later, 300, None).horizon) == (900, 900)


def test_what_stands_in_for_a_plan_by_hand():
    effect = SimpleNamespace(control=0.04, error=0.004)
    spec = Experiment(minimum_lift=0.2, arms={"A": 1, "B": 1, "C": 1})
    z = stats.norm.isf(0.0125) + stats.norm.isf(0.2)
    assert horizon(spec, 900, effect) == pytest.approx(900 * (z * 0.004 / (0.2 * 0.04)) ** 2)
    for nothing in (SimpleNamespace(control=0.0, error=0.1), SimpleNamespace(control=0.1, error=0.0)):
        assert horizon(spec, 900, nothing) == 1_800


def test_arms_are_held_to_holm_in_the_order_in_which_they_stand_out():
    spec = Experiment(arms={"A": 1, "B": 1, "C": 1, "D": 1}, planned_sample=100, monitoring="single_look")

    class One:
        def __init__(self, p_value, z):
            self.p_value, self.z, self.critical = p_value, z, None

        def at(self, critical):
            found = One(self.p_value, self.z)
            found.critical, found.verdict = critical, "better" if self.z > critical else "open"
            return found

    def criticals(*sizes):
        effects = {arm: One(2 * stats.norm.sf(z), z) for arm, z in zip("BCD", sizes, strict=True)}
        return [widen(spec, 100, effects, 100)[arm].critical for arm in "BCD"]

    third, half, whole = (stats.norm.isf(0.05 / 2 / k) for k in (3, 2, 1))
    assert criticals(5.0, 4.0, 3.0) == pytest.approx([third, half, whole])
    assert criticals(3.0, 4.0, 5.0) == pytest.approx([whole, half, third])
    assert criticals(5.0, 2.1, 2.0) == pytest.approx([third, half, half])
    assert criticals(2.0, 1.0, 0.5) == pytest.approx([third, third, third])
    assert standing(One(2 * stats.norm.sf(2.5), 2.5)) == pytest.approx(2.5)
    assert standing(One(0.0, 40)) > 37


def test_a_week_without_limits_of_its_own_is_left_out_and_the_next_is_not():
    users = shop(6_000, days=21, rate=0.1, seed=3)
    # In the second week nobody came to A before its last day was over: the first and the third week still count.
    found = analyse(users, Experiment(planned_sample=6_000))
    tally = _tally(users)
    ends = [week.day for week in peeking.weeks(tally, found, "B")]
    assert ends == [START + dt.timedelta(days) for days in (6, 13, 20)]
    fewer = replace(found, path=tuple(point for point in found.path if point.day != ends[1]))
    weeks = peeking.weeks(tally, fewer, "B")
    assert [week.number for week in weeks] == [1, 3]
    assert weeks[-1].users == 6_000
    point = next(point for point in found.path if point.day == ends[0])
    for low, high, safe in ((0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (0.0, 0.2, "open"), (-0.2, 0.0, "open")):
        assert peeking.weeks(tally, replace(found, path=(replace(point, low=low, high=high),)), "B")[0].safe == safe
    assert peeking.weeks(tally, replace(found, path=()), "B") == ()
    assert peeking.weeks(summed(7), found, "B") == ()


def _tally(users):
    from ecops.experiments import tally_of

    return tally_of(users, Experiment(planned_sample=len(users)))


def test_who_first_came_to_one_arm_only_has_no_comparison_yet():
    users = shop(4_000, days=21, rate=0.1, seed=4)
    late = users[(users.variant == "B") | (users.exposed_at >= pd.Timestamp(START) + pd.Timedelta(days=7))]
    found = analyse(late, Experiment(planned_sample=4_000))
    full = tuple(replace(found.path[-1], day=START + dt.timedelta(at), low=-1.0, high=1.0) for at in range(21))
    assert [week.number for week in peeking.weeks(_tally(late), replace(found, path=full), "B")] == [2, 3]


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
