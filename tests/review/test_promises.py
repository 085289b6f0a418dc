"""A short form of the scenes in which the verification of actions must hold; the long one is kept in tools."""

import pytest

from tools.calibrate.verification import SCENES, SEED

CASES = 20
KEPT = {
    "rate: true +30 %, found": 0.7,
    "rate: true +30 %, covered": 0.8,
    "money: true +30 %, covered": 0.8,
    "rate: nothing, covered": 0.8,
    "money: nothing, covered": 0.8,
    "rate: repair after a week at -50 %, reads recovered": 0.7,
    "rate: repair after two weeks at -50 %, the timing fits": 0.7,
    "money: repair after two weeks at -50 %, the timing fits": 0.4,
}
"""Scenes in which most cases must come out well, and how many at least in so few cases."""

TRAPS = [name for name, scene in SCENES.items() if getattr(scene, "promise", "worked <= 5 %").startswith("worked")
         and name not in KEPT and "found" not in name]  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_what_the_action_did_not_do_is_not_called_a_success(name):
    # Four of twenty come about once in sixty at 5 %; the seed is fixed.
    assert SCENES[name](CASES, SEED).value <= 0.15


@pytest.mark.parametrize("name", KEPT)
def test_what_it_did_is_found(name):
    assert SCENES[name](CASES, SEED).value >= KEPT[name]


def test_a_scene_counts_its_cases_and_repeats():
    first = SCENES["rate: useless, no trap"](8, 1)
    assert first == SCENES["rate: useless, no trap"](8, 1)
    assert (first.cases, 0 <= first.value <= 1, first.error >= 0) == (8, True, True)
