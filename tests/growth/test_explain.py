"""The worked example of the Adtributor paper, and what it cannot see."""

import pytest

from ecops.growth.explain import explain, surprise

PAPER = {
    "centre": {"X": (94, 47), "Y": (6, 3)},
    "advertiser": {"A1": (50, 24), "A2": (20, 21), "A3": (20, 4), "A4": (10, 1)},
    "device": {"PC": (50, 49), "Mobile": (25, 1), "Tablet": (25, 0)},
}


def test_surprise_beats_size():
    found = explain(PAPER)
    assert [item.dimension for item in found] == ["device", "advertiser", "centre"]
    device, advertiser, centre = found
    assert set(device.values) == {"Mobile", "Tablet"}
    assert (device.share, device.surprise) == pytest.approx((0.98, 0.06279), abs=5e-6)
    assert set(advertiser.values) == {"A1", "A3", "A4"}
    assert advertiser.surprise == pytest.approx(0.01213, abs=5e-6)
    assert centre.values == ("X",)
    assert centre.surprise == pytest.approx(0, abs=1e-12)


def test_a_dimension_that_needs_all_its_values_explains_nothing():
    assert explain({"d": {"a": (10, 5), "b": (10, 5)}}) == ()
    assert explain({"d": {"a": (10, 10), "b": (5, 5)}}) == ()


def test_surprise_of_equal_shares_is_nothing():
    assert surprise([1, 2, 0], [10, 20, 0]) == pytest.approx([0, 0, 0])
