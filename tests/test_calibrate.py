"""The table of promises in a short form, and the shops that it is held to account on."""

import numpy as np
import pytest

from tools.calibrate.__main__ import SEED, promises
from tools.calibrate.promises import Held, Promise
from tools.calibrate.shops import Effect, Shape, memory_noise, simulate

SHORT = {
    "growth.silent.7.memory6": 20,
    "growth.silent.one_platform": 20,
    "growth.swing.28.memory6": 150,
    "growth.power.rate": 12,
    "funnel.silent.common8": 20,
    "funnel.silent.undated.dispersion4": 10,
    "funnel.companions.common8": 10,
    "presale.model.need": 60,
    "presale.misspecified.need": 60,
    "presale.misspecified.profit": 60,
}


def by_name():
    return {promise.name: promise for promise in promises()}


@pytest.mark.parametrize("name", SHORT)
def test_promises_hold_in_short(name):
    promise = by_name()[name]
    held = promise.scene(SHORT[name], SEED)
    assert promise.kept(held, errors=3), f"{held.value:.3f} ± {held.error:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(name for name in by_name() if name.startswith(("growth.", "funnel."))))
def test_every_promise_holds(name):
    promise = by_name()[name]
    assert promise.kept(promise.scene(60, SEED), errors=3)


def test_names_are_told_once():
    names = [promise.name for promise in promises()]
    assert len(names) == len(set(names)) >= 40


def test_a_promise_knows_when_it_is_broken():
    promise = Promise("x", "at most 5 %", 0.0, 0.05, lambda cases, _: Held(cases // 5, cases))
    assert promise.scene(400, 1).value == 0.2
    assert not promise.kept(promise.scene(400, 1))
    assert promise.kept(Held(24, 400))
    assert Held(10, 100).error == pytest.approx(0.03)
    assert Held(10, 100, 4.0).error == pytest.approx(0.2)


def test_noise_remembers():
    noise = memory_noise(np.random.default_rng(1), 400, 60, 0.6)
    assert np.mean(noise[:, 1:] * noise[:, :-1]) == pytest.approx(0.6, abs=0.03)
    assert noise[:, 0].std() == pytest.approx(1, abs=0.1)
    assert noise.std() == pytest.approx(1, abs=0.03)


def test_the_same_seed_is_the_same_shop_until_something_happens():
    shape = Shape(channels=2, days=30)
    one, other = simulate(shape, 5), simulate(shape, 5)
    for name, values in one.measures.items():
        np.testing.assert_array_equal(values, other.measures[name])
    assert one.lost.sum() == 0
    hit = simulate(shape, 5, Effect("visitors", 0.5, 7, platform=1))
    touched = [name[0] == "douyin" for name in hit.names]
    assert (hit.lost > 0).tolist() == touched
    before = one.measures["visitors"][:, :-7]
    np.testing.assert_array_equal(before, hit.measures["visitors"][:, :-7])
    ratio = hit.measures["visitors"][touched, -7:].sum() / one.measures["visitors"][touched, -7:].sum()
    assert ratio == pytest.approx(0.5, abs=0.03)


def test_shops_are_of_the_size_and_shape_that_is_asked_for():
    shape = Shape(platforms=4, channels=3, devices=2, days=70, visitors=200.0, turnover=0.5, promotions=((20, 2, 5.0),))
    shop = simulate(shape, 1)
    assert len(shop.names) == 24
    assert shop.measures["visitors"].sum() / 10 == pytest.approx(230, rel=0.5)
    gone = (shop.measures["visitors"][:, -14:].sum(1) == 0) | (shop.measures["visitors"][:, :14].sum(1) == 0)
    assert 3 <= gone.sum() <= 24
    assert len(shop.frame) == 24 * 70
    assert set(shop.frame.level) == {"source"}
