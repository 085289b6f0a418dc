"""Tests without a plan: what stands in for it, and that nothing said later makes a limit looser."""

import datetime as dt
import math
from types import SimpleNamespace

import pytest
from scipy import stats

from ecops.experiments import Experiment, analyse, compare_proportions, group_sequential, tally_of
from ecops.experiments.looks.monitoring import bounds, horizon, reach
from ecops.experiments.looks.peeking import Week, misled
from ecops.experiments.records.judging import judged
from tests.experiments.shops import shop

SPEC = Experiment(minimum_lift=0.12)


def test_no_plan_means_the_horizon_of_the_change_worth_having():
    effect = compare_proportions((5_000, 150), (5_000, 170))
    upto = horizon(SPEC, 10_000, effect)
    z = stats.norm.isf(0.025) + stats.norm.isf(0.2)
    assert upto == pytest.approx(10_000 * (z * effect.error / (0.12 * 0.03)) ** 2)
    expected = group_sequential([10_000 / upto], 0.05, "pocock").critical[0]
    assert reach(SPEC, 10_000, 0.05, upto) == pytest.approx(expected)
    assert expected > 2.1  # not 1.96: the first look pays like the others
    assert horizon(SPEC, 10_000, None) == 20_000
    late = Experiment(minimum_lift=0.12, looks=(4_000,))
    assert horizon(late, 10_000, None) == 8_000


def test_no_plan_later_loosens_a_limit_and_an_early_one_is_a_plan():
    effect = compare_proportions((5_000, 150), (5_000, 170))
    assert horizon(Experiment(planned_sample=12_000), 10_000, effect) == 12_000
    late = Experiment(planned_sample=12_000, assumed_sample=50_000)
    assert horizon(late, 10_000, effect) == 50_000
    longer = Experiment(planned_sample=90_000, assumed_sample=50_000)
    assert horizon(longer, 10_000, effect) == 90_000
    assert bounds(late, [10_000], 0.05, 50_000) == group_sequential([0.2], 0.05, "pocock").critical
    assert bounds(Experiment(planned_sample=50_000), [10_000], 0.05, 50_000) == group_sequential([0.2], 0.05).critical


def test_a_look_on_the_page_and_by_the_engine_are_one():
    users = shop(12_000, days=14, seed=8)
    found = judged(tally_of(users, SPEC), SPEC, (6_000.0,))
    looks = found.readout.looks
    assert not found.planned
    assert (looks.number, looks.target) == (2, looks.horizon)
    fractions = [6_000 / looks.horizon, 12_000 / looks.horizon]
    assert looks.critical == pytest.approx(group_sequential(fractions, 0.05, "pocock").critical[-1])
    over = judged(tally_of(users, SPEC), Experiment(minimum_lift=0.12, whole=True), (6_000.0,))
    assert (over.planned, over.readout.looks.final) == (True, True)
    assert over.readout.looks.critical == looks.critical
    assert "No sample was planned" in over.readout.adjustments[0].text("en")
    single = analyse(users, Experiment(monitoring="single_look"))
    assert single.looks.critical == pytest.approx(stats.norm.isf(0.025))
    assert math.isfinite(single.looks.target)


@pytest.mark.parametrize(
    ("verdicts", "kind", "misled_in"),
    [
        (("open", "better", "open"), "continue", "After week 2"),
        (("better", "open"), "flat", "After week 1"),
        (("better", "better"), "continue", None),
        (("open", "worse", "open"), "continue", None),
        (("better", "open"), "ship", None),
    ],
)
def test_who_had_stopped_early_is_told_when_the_luck_is_gone(verdicts, kind, misled_in):
    weeks = tuple(
        Week(
            at,
            dt.date(2026, 11, 1),
            1_000.0 * at,
            SimpleNamespace(verdict=one, lift=SimpleNamespace(value=0.1)),
            "open",
        )
        for at, one in enumerate(verdicts, 1)
    )
    told = misled(weeks, SimpleNamespace(kind=kind, result=None, arm="B"), Experiment(minimum_lift=0.12))
    assert (told is None) == (misled_in is None)
    assert told is None or told.text("en").startswith(misled_in)
