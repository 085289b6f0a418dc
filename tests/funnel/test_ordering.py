"""Keys sorted in parts come out as numpy sorts them in one."""

import numpy as np
import pytest

from ecops.funnel.reading import ordering


@pytest.mark.parametrize("cores", [1, 2, 3, 7])
@pytest.mark.parametrize("kind", ["random", "equal", "few", "sorted", "negative"])
def test_parts_are_the_whole(monkeypatch, cores, kind):
    monkeypatch.setattr(ordering, "_LEAST", 100)
    draw = np.random.default_rng(3)
    keys = {
        "random": draw.integers(0, 2**62, 5_000),
        "equal": np.full(5_000, 7),
        "few": draw.integers(0, 3, 5_000),
        "sorted": np.arange(5_000),
        "negative": draw.integers(-(2**62), 2**62, 5_000),
    }[kind]
    chunks = np.array_split(keys, [0, 10, 2_000, 2_000, 4_900])
    assert (ordering.merged(chunks, cores) == np.sort(keys)).all()


def test_nothing_and_little():
    assert len(ordering.merged([], 4)) == 0
    assert list(ordering.merged([np.array([3, 1]), np.array([2])], 4)) == [1, 2, 3]
