"""The short form of each scene of `tools.calibrate.experiments`: no promise is broken by more than chance explains.

The long form, whose numbers stand in docs/methods-experiments.md, repeats them with thousands of cases.
"""

import pytest

from tools.calibrate import experiments as scenes

LIMITS = {
    scenes.split_at_every_look: 0.005,
    scenes.daily_split_at_every_look: 0.005,
}


@pytest.mark.parametrize("scene", scenes.SCENES, ids=lambda scene: scene.__name__)
def test_no_promise_is_broken(scene):
    cases = 120
    found = scene(cases, 7)
    assert found.cases == cases
    limit = LIMITS.get(scene, 0.055)
    assert found.value <= limit + 3 * (limit * (1 - limit) / cases) ** 0.5


@pytest.mark.parametrize("scene", scenes.POWER, ids=lambda scene: scene.__name__)
def test_what_was_planned_is_found(scene):
    found = scene(400, 7)
    assert found.value == pytest.approx(0.8, abs=0.08)


def test_a_file_with_twelve_buyers_in_an_arm_is_refused_and_sixty_are_not():
    assert scenes.small_90_10(100, 3).asked == 0
    assert scenes.medium_90_10(100, 3).asked > 0.8
