"""What simulated campaigns promise, in a short form; the long one is `python -m tools.calibrate presale.`."""

import pytest

from tools.calibrate.__main__ import SEED
from tools.calibrate.presale import PROMISES

SHORT = ("presale.model.need", "presale.misspecified.need", "presale.misspecified.profit")


@pytest.mark.parametrize("name", SHORT)
def test_promises_hold_in_short(name):
    promise = {promise.name: promise for promise in PROMISES}[name]
    held = promise.scene(60, SEED)
    assert promise.kept(held, errors=3), f"{held.value:.3f} ± {held.error:.3f}"


@pytest.mark.slow
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.name)
def test_every_promise_holds(promise):
    assert promise.kept(promise.scene(150, SEED), errors=3)
