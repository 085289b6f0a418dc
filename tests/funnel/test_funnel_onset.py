import numpy as np
import pytest

from ecops.funnel.causes.onset import onset


def naive(on, entered, usual):
    """Log-likelihood of the usual rate up to a day and of the best rate from it on, for every day."""

    def likelihood(x, n, rate):
        return float(np.sum(x * np.log(rate) + (n - x) * np.log(1 - rate)))

    found = []
    for day in range(len(on)):
        rate = on[day:].sum() / entered[day:].sum()
        found.append(likelihood(on[:day], entered[:day], usual) + likelihood(on[day:], entered[day:], rate))
    return found


def test_a_hand_case():
    # 80 of 100 for three days, then 40 of 100.
    on, entered = np.array([80.0, 80, 80, 40, 40]), np.full(5, 100.0)
    found = onset(on, entered, 0.8)
    assert (found.day, found.until, found.since, found.entered) == (3, 0.8, 0.4, 200.0)
    assert int(np.argmax(naive(on, entered, 0.8))) == 3


def test_a_day_must_explain_six_and_twice_the_logarithm_of_the_days_better():
    on, entered = np.array([80.0, 80, 80, 40, 40]), np.full(5, 100.0)
    better = 2 * np.ptp(np.take(naive(on, entered, 0.8), [0, 3]))
    limit = 6 + 2 * np.log(5)
    assert onset(on, entered, 0.8, better / limit / 1.01).day == 3
    assert onset(on, entered, 0.8, better / limit / 0.99) is None


def test_what_began_before_the_period_has_no_day():
    assert onset(np.full(5, 40.0), np.full(5, 100.0), 0.8) is None


@pytest.mark.parametrize(
    ("on", "entered", "usual"),
    [([3.0], [5.0], 0.5), ([0.0, 0.0], [0.0, 0.0], 0.5), ([1.0, 2.0], [5.0, 5.0], 0.0), ([5.0, 0.0], [5.0, 0.0], 1.0)],
)
def test_days_that_do_not_tell(on, entered, usual):
    assert onset(np.array(on), np.array(entered), usual) is None


def test_days_without_anybody_do_no_harm():
    on, entered = np.array([80.0, 0, 80, 0, 0, 0]), np.array([100.0, 0, 100, 100, 100, 0])
    assert onset(on, entered, 0.8).day == 3


def test_the_day_is_right_and_seldom_invented():
    random = np.random.default_rng(11)
    near, invented = 0, 0
    for _ in range(400):
        entered = random.poisson(60, 28).astype(float)
        rates = np.where(np.arange(28) < 14, 0.78, 0.4)
        found = onset(random.binomial(entered.astype(int), rates).astype(float), entered, 0.78)
        near += found is not None and abs(found.day - 14) <= 1
        calm = onset(random.binomial(entered.astype(int), 0.4).astype(float), entered, 0.78)
        invented += calm is not None
    assert near / 400 >= 0.95
    assert invented / 400 <= 0.02


def test_best_day_equals_the_naive_search():
    random = np.random.default_rng(12)
    for _ in range(50):
        entered = random.poisson(80, 20).astype(float) + 1
        day = int(random.integers(2, 18))
        on = random.binomial(entered.astype(int), np.where(np.arange(20) < day, 0.6, 0.3)).astype(float)
        assert onset(on, entered, 0.6).day == int(np.argmax(naive(on, entered, 0.6)))
