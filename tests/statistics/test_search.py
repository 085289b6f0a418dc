"""Cells with several leaves: rates at the same mix, and their noise, worked out by loops."""

import numpy as np
import pytest
from scipy import stats

from ecops.statistics import search
from ecops.statistics.changes import Days, compare_rates, compare_ratios
from ecops.statistics.search import Node, Series, membership

PLACE = np.arange(49)
DAYS = Days(PLACE[35:42], PLACE[42:], np.where(PLACE < 35, 0, -1), PLACE % 7, PLACE)
NODES = [Node({}, frozenset({0, 1, 2})), Node({"channel": "a"}, frozenset({0}))]


def series(kind, seed=1):
    random = np.random.default_rng(seed)
    people = random.poisson([[900.0], [500.0], [300.0]], (3, 49)).astype(float)
    people[1, 42:] *= 2  # Another mix in the last week.
    share = np.array([[0.1], [0.2], [0.05]])
    if kind == "rate":
        return Series("payment_rate", kind, random.binomial(people.astype(int), share).astype(float), people)
    return Series("aov", kind, people * random.normal([[100.0], [150.0], [60.0]], 6.0, (3, 49)), people)


def as_they_are(given):
    """Both cells by their sums alone, together, since short histories listen to each other."""
    compare = compare_rates if given.kind == "rate" else compare_ratios
    return compare(*(np.stack([part.sum(0), part[0]]) for part in (given.numerator, given.denominator)), DAYS)


@pytest.mark.parametrize("kind", ["rate", "ratio"])
def test_a_cell_of_several_leaves_is_compared_at_the_same_mix(kind):
    given = series(kind)
    found = search.test_nodes(given, membership(NODES, 3), DAYS)
    raw = as_they_are(given)
    x, n = (
        [part[:, days].sum(1) for days in (DAYS.before, DAYS.after)] for part in (given.numerator, given.denominator)
    )
    weight = (n[0] + n[1]) / (n[0] + n[1]).sum()
    before, after = (weight @ (top / below) for top, below in zip(x, n, strict=True))
    reach = stats.t.ppf(0.975, raw.df[0])
    if kind == "rate":
        pooled = (x[0] + x[1]) / (n[0] + n[1])
        error = np.sqrt(sum(weight**2 * pooled * (1 - pooled) * (1 / n[0] + 1 / n[1])) * raw.phi[0])
    else:
        width = np.log1p(raw.relative_high[0]) - np.log1p(raw.relative_low[0])
        error = width / (2 * reach) * before
    assert (found.before[0], found.after[0]) == pytest.approx((before, after))
    assert found.p_value[0] == pytest.approx(2 * stats.t.sf(abs(after - before) / error, raw.df[0]))
    assert (found.low[0], found.high[0]) == pytest.approx(
        (after - before - reach * error, after - before + reach * error)
    )
    ends = np.expm1(np.log(after / before) + np.array([-1, 1]) * reach * error / np.sqrt(before * after))
    assert (found.relative_low[0], found.relative_high[0]) == pytest.approx(tuple(ends))


@pytest.mark.parametrize("kind", ["rate", "ratio"])
def test_a_leaf_is_compared_as_it_is(kind):
    given = series(kind)
    found = search.test_nodes(given, membership(NODES, 3), DAYS)
    alone = as_they_are(given)
    assert (found.before[1], found.p_value[1]) == pytest.approx((alone.before[1], alone.p_value[1]))


@pytest.mark.parametrize("sold", ["before", "after", "never"])
def test_a_change_without_sales_on_both_sides_is_worth_nothing(sold):
    people = np.random.default_rng(1).poisson(900.0, (1, 49)).astype(float)
    people[:, 42:] *= 3
    gmv = np.zeros((1, 49))
    if sold != "never":
        gmv[:, getattr(DAYS, sold)] = 100.0
    cells = search.Cells(
        [Series("visitors", "sum", people, np.ones_like(people))], [Node({}, frozenset({0}))], gmv, DAYS
    )
    (cause,) = search.find_causes(cells, search.Guards())
    assert cause.change.relative[0] > 1.5
    assert (cause.money, cause.low, cause.high) == (0, 0, 0)
