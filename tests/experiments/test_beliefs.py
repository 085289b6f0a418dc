"""What is believed of a difference: by simulation, by symmetry, and without any doubt."""

import numpy as np
import pytest

from ecops.experiments.statistics.bayes import posterior, posterior_counts


@pytest.mark.parametrize("arms", [((104, 42), (1009, 500)), ((1009, 500), (104, 42)), ((50, 5), (60, 6))])
def test_counts_are_believed_as_draws_from_both_betas(arms):
    found, turned = posterior_counts(*arms), posterior_counts(*arms[::-1])
    random = np.random.default_rng(1)
    first, second = (random.beta(1 + x, 1 + n - x, 200_000) for n, x in arms)
    assert found.better == pytest.approx(np.mean(second > first), abs=0.004)
    assert found.better + turned.better == pytest.approx(1.0, abs=1e-5)
    assert found.loss_if_shipped == pytest.approx(np.maximum(first - second, 0).mean(), rel=0.06)
    assert found.loss_if_kept == pytest.approx(turned.loss_if_shipped, rel=1e-3)
    assert (found.low, found.high) == pytest.approx(np.quantile(second - first, [0.025, 0.975]), abs=0.002)


@pytest.mark.parametrize(("gain", "better"), [(0.3, 1.0), (-0.3, 0.0), (0.0, 0.0)])
def test_what_is_known_for_sure_leaves_no_doubt(gain, better):
    found = posterior((gain, 0.0))
    assert (found.better, found.low, found.high) == (better, gain, gain)
    assert (found.loss_if_shipped, found.loss_if_kept) == (max(-gain, 0.0), max(gain, 0.0))
    assert posterior((gain, 0.0), less_is_better=True).better == (gain < 0)
