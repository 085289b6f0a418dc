"""Every limit between a test and its verdict: what lies on it, just inside and just outside."""

import datetime as dt
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.errors import SpecError
from ecops.experiments import Experiment, analyse, decide, group_sequential
from ecops.experiments.looks import peeking
from ecops.experiments.looks.health import AMBER, CROSSED_RED, RED, srm
from ecops.experiments.looks.monitoring import earlier_looks, horizon, reach, standing, where, widen
from ecops.experiments.looks.sequential import NEVER, always_valid, always_valid_p, crossing_power, spent_error
from ecops.experiments.reading.tally import Exposure
from ecops.experiments.results.checks import data_checks, result_checks
from ecops.experiments.statistics.capping import Cap
from tests.experiments.shops import shop, summed

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


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("arms", {"A": 1.0, "B": 0.5}, {"A": 1.0, "B": 1.0, "C": -0.5}),
        ("minimum_lift", 1e-6, -0.01),
        ("minimum_lift", 9.9, 10.0),
        ("worthwhile", 0.0, -0.01),
        ("margin", 1.0, -0.5),
        ("horizon", 120.0, -1.0),
    ],
)
def test_a_plan_beyond_its_limits_is_refused(name, inside, outside):
    assert getattr(Experiment(**{name: inside}), name) == inside
    with pytest.raises(SpecError):
        Experiment(**{name: outside})


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
