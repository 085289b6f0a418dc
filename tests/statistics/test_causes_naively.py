"""The choice of causes, step by step in plain loops; and on each limit of a part that stands for a whole."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.statistics import search
from ecops.statistics.changes import Days
from ecops.statistics.search import Cells, Guards, Node, Series, find_causes, make_nodes, membership
from ecops.statistics.selection import after_selection

PLACE = np.arange(49)
DAYS = Days(PLACE[35:42], PLACE[42:], np.where(PLACE < 35, 0, -1), PLACE % 7, PLACE)
LEAVES = pd.DataFrame({"platform": ["a", "a", "b", "b"], "channel": ["s", "t", "s", "t"]})
NODES = make_nodes(LEAVES, ["platform", "channel"])


def shop(seed, changes, money=1.0):
    """Visitors, buyers of them, money a buyer and refunds of four leaves; `changes` multiply the last week."""
    random = np.random.default_rng(seed)
    factor = {name: np.ones((4, 49)) for name in ("visitors", "rate", "value", "refund")}
    for name, leaf, times in changes:
        factor[name][leaf, 42:] *= times
    visitors = random.poisson(np.array([[3000.0], [1200.0], [2000.0], [700.0]]) * factor["visitors"]).astype(float)
    buyers = random.binomial(visitors.astype(int), 0.1 * factor["rate"]).astype(float)
    value = buyers * random.normal(50.0, 2.0, (4, 49)) * factor["value"] * money
    refund = value * random.normal(0.1, 0.004, (4, 49)) * factor["refund"]
    ones = np.ones_like(visitors)
    return [
        Series("visitors", "sum", visitors, ones), Series("payment_rate", "rate", buyers, visitors),
        Series("aov", "ratio", value, buyers), Series("refunds", "ratio", refund, value, cost=True),
    ], value  # fmt: skip


def worth(series, gmv, leaves, change):
    """Money of a change with its interval: a factor by the logarithmic mean, a cost by its points of the sales."""
    before, after, relative_low, relative_high, low, high = change
    old, new = (sum(gmv[leaf, day] for leaf in leaves for day in part) for part in (DAYS.before, DAYS.after))
    if series.cost:
        return -new * (after - before), -new * high, -new * low
    mean = 0.0 if min(old, new) <= 0 else old if old == new else (new - old) / math.log(new / old)
    value = -old if after == 0 else mean * math.log(after / before)
    return value, mean * math.log1p(relative_low), mean * math.log1p(relative_high)


def parts_of(change, place):
    return [float(getattr(change, name)[place])
            for name in ("before", "after", "relative_low", "relative_high", "low", "high")]  # fmt: skip


def naive(tested, gmv, guards):
    removed, found = {series.metric: frozenset() for series in tested}, []
    steps = set()

    def tried(series, nodes, without):
        change = search.test_nodes(series, membership(nodes, 4, without), DAYS)
        return [(float(change.p_value[place]), worth(series, gmv, node.leaves - without, parts_of(change, place))[0],
                 *parts_of(change, place)[:2]) if node.leaves - without else (math.nan, 0.0, math.nan, math.nan)
                for place, node in enumerate(nodes)]  # fmt: skip

    def cause_of(series, node, q_value, cutoff):
        change = search.test_nodes(series, membership([node], 4), DAYS)
        before, after, *ends, _, _ = parts_of(change, 0)
        log, reach = math.log(after / before), stats.t.ppf(0.975, change.df[0])
        error = (math.log1p(ends[1]) - math.log1p(ends[0])) / 2 / reach
        least = max(stats.t.isf(cutoff / 2, change.df[0]), math.log1p(guards.effect) / error)
        low, high = (math.expm1(float(end)) for end in after_selection(log, error, change.df[0], least))
        money = worth(series, gmv, node.leaves, (before, after, low, high, before * low, before * high))
        return SimpleNamespace(
            series=series, node=node, money=money, q_value=q_value, cutoff=cutoff, relative=after / before - 1,
            ends=(low, high, before * low, before * high),
        )  # fmt: skip

    for _ in range(12):
        rows = [(series, node, one) for series in tested
                for node, one in zip(NODES, tried(series, NODES, removed[series.metric]), strict=True)]  # fmt: skip
        known = [row for row in rows if math.isfinite(row[2][0])]
        q_values = dict(zip(map(id, known), stats.false_discovery_control([row[2][0] for row in known]), strict=True))
        good = [row for row in known if q_values[id(row)] < guards.alpha
                and abs(row[2][3] / row[2][2] - 1) >= guards.effect and abs(row[2][1]) >= guards.money]  # fmt: skip
        if not good:
            break
        best = min(good, key=lambda row: (row[2][0], -abs(row[2][1])))
        series, node, _ = best
        gone = removed[series.metric]
        chosen = node
        for child in NODES:
            if child.leaves < chosen.leaves and child.leaves - gone:
                rest = Node({}, node.leaves - child.leaves - gone)
                whole, part, left = tried(series, [node, child, rest], gone)
                moved = [0.0 if math.isnan(one[3]) else math.log(one[3] / one[2]) for one in (part, left)]
                explains = part[1] / whole[1] >= guards.explains and part[0] < guards.alpha
                if explains and abs(moved[1]) < abs(moved[0]) / 2:
                    chosen = child
                    steps.add("narrowed")
        cutoff = guards.alpha * sum(q < guards.alpha for q in q_values.values()) / len(known)
        cause = cause_of(series, chosen, q_values[id(best)], cutoff)
        inside = [one for one in found if one.series is series and one.node.leaves < chosen.leaves
                  and one.money[0] * cause.money[0] > 0]  # fmt: skip
        if not any(abs(one.money[0]) >= guards.explains * abs(cause.money[0]) for one in inside):
            found = [one for one in found if not any(one is other for other in inside)] + [cause]
        removed[series.metric] |= chosen.leaves
    for node in sorted(NODES, key=lambda one: -len(one.leaves)):
        for series in tested:
            inside = [one for one in found if one.series is series and one.node.leaves <= node.leaves]
            covered = {leaf for one in inside for leaf in one.node.leaves}
            moves = [abs(one.relative) for one in inside]
            alike = len({one.money[0] > 0 for one in inside}) == 1 and min(moves) >= max(moves) / 2
            if len(inside) > 1 and covered == node.leaves and alike:
                weakest = max(inside, key=lambda one: one.q_value)
                whole = cause_of(series, node, weakest.q_value, weakest.cutoff)
                found = [one for one in found if not any(one is other for other in inside)] + [whole]
                steps.add("joined")
    return found, steps


SHOPS = {
    "one leaf pays less": (1, [("rate", 0, 0.6)], Guards(), set()),
    "a platform pays less": (2, [("rate", 0, 0.6), ("rate", 1, 0.6)], Guards(), set()),
    "both platforms, not alike": (
        4, [("value", 0, 0.75), ("value", 1, 0.75), ("value", 2, 0.9), ("value", 3, 0.9)], Guards(),
        {"narrowed", "joined"},
    ),
    "visitors and refunds": (5, [("visitors", 2, 1.5), ("refund", 1, 1.4)], Guards(), {"narrowed"}),
    "one up, one down": (6, [("value", 0, 1.3), ("value", 1, 0.7)], Guards(), {"narrowed"}),
    "too little money": (7, [("rate", 0, 0.6), ("rate", 3, 0.5)], Guards(money=20_000.0), set()),
    "too small": (8, [("rate", 0, 0.85), ("value", 2, 1.3)], Guards(alpha=0.001, effect=0.2), {"narrowed"}),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOPS)
def test_causes_are_chosen_step_by_step(name):
    seed, changes, guards, steps = SHOPS[name]
    tested, gmv = shop(seed, changes)
    found = find_causes(Cells(tested, NODES, gmv, DAYS), guards)
    expected, taken = naive(tested, gmv, guards)
    assert taken == steps
    assert [(one.series.metric, one.node) for one in found] == [(one.series.metric, one.node) for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert (one.money, one.low, one.high) == pytest.approx(other.money, rel=1e-6)
        assert (one.q_value, one.cutoff) == pytest.approx((other.q_value, other.cutoff), rel=1e-6)
        change = one.change
        ends = (change.relative_low, change.relative_high, change.low, change.high)
        assert tuple(float(end[0]) for end in ends) == pytest.approx(other.ends, rel=1e-6)
    assert found


def change_of(p_value, after):
    return SimpleNamespace(p_value=np.array(p_value), before=np.ones(len(after)), after=np.array(after))


@pytest.mark.parametrize(
    ("money", "p_value", "rest", "narrowed"),
    [
        ([-10.0, -8.0], 0.049, 0.95, True),
        ([-10.0, -7.9], 0.049, 0.95, False),  # a child must explain four fifths
        ([0.0, -8.0], 0.049, 0.95, False),
        ([-10.0, -8.0], 0.05, 0.95, False),  # and be sure by itself
        ([-10.0, -8.0], 0.049, 0.81**0.5, False),  # while the rest moved less than half as much
        ([-10.0, -8.0], 0.049, 0.81**-0.49, True),
        ([-10.0, -8.0], 0.049, math.nan, True),  # or is nothing
    ],
)
def test_a_part_stands_for_its_whole_when_it_explains_it_and_the_rest_hardly_moved(money, p_value, rest, narrowed):
    whole, part, other = (Node({}, frozenset(leaves)) for leaves in ({0, 1, 2}, {0}, {1}))
    asked = []

    def test(_, nodes, removed):
        asked.append((nodes[1], set(nodes[2].leaves), removed))
        told = [*money, 0.0] if nodes[1] is part else [1.0, 0.0, 0.0]
        return change_of([0.0, p_value, 1.0], [0.9, 0.81, rest]), (np.array(told), None, None)

    cells = SimpleNamespace(nodes=[whole, part, other], test=test)
    found = search._narrowed(None, whole, cells, frozenset({1}), Guards())
    assert found is (part if narrowed else whole)
    assert asked == [(part, {2}, frozenset({1}))]  # what was removed is no part and no rest


@pytest.mark.parametrize(
    ("second", "leaves", "joined"),
    [
        ((0.5, -5.0), {0, 1}, True),
        ((0.49, -5.0), {0, 1}, False),  # not alike
        ((0.5, 5.0), {0, 1}, False),
        ((0.5, -5.0), {0, 1, 2}, False),  # the third sells as well
        ((0.5, -5.0), {0, 1, 3}, True),  # the fourth never sold anything
    ],
)
def test_parts_that_are_all_of_a_whole_and_move_alike_are_told_as_the_whole(monkeypatch, second, leaves, joined):
    series = SimpleNamespace(metric="m", denominator=np.array([[1.0], [1.0], [1.0], [0.0]]))

    def cause(leaf, relative, money, q_value):
        change = SimpleNamespace(relative=np.array([-relative]))
        return SimpleNamespace(series=series, node=Node({}, frozenset({leaf})), change=change, money=money,
                               q_value=q_value, cutoff=q_value / 2)  # fmt: skip

    told = [cause(0, 1.0, -9.0, 0.01), cause(1, *second, 0.03)]
    apart = cause(5, 1.0, 1.0, 0.0)
    whole = cause(9, 1.0, -14.0, 0.03)
    asked = []
    monkeypatch.setattr(search, "_cause", lambda *given: asked.append(given) or whole)
    cells = SimpleNamespace(nodes=[Node({}, frozenset({0})), Node({}, frozenset(leaves))])
    found = search._joined([told[0], apart, told[1]], cells, Guards())
    # The whole is as sure as the least sure of its parts.
    assert found == ([apart, whole] if joined else [told[0], apart, told[1]])
    assert asked == ([(series, cells.nodes[1], cells, 0.03, 0.015, Guards())] if joined else [])


def test_small_and_large_shops_are_looked_at_to_their_depth():
    """All dimensions up to 400 leaves, pairs above; or as deep as asked for."""
    for count, depth, deepest in ((400, None, 3), (401, None, 2), (400, 1, 1), (401, 3, 3)):
        place = np.arange(count)
        leaves = pd.DataFrame({"a": place // 100, "b": place // 10 % 10, "c": place % 10}).astype(str)
        found = make_nodes(leaves, ["a", "b", "c"], depth)
        assert max(len(node.subject) for node in found) == deepest
    assert membership([Node({}, frozenset({0, 2})), Node({}, frozenset({1}))], 4, frozenset({2})).tolist() == [
        [1, 0, 0, 0], [0, 1, 0, 0],
    ]  # fmt: skip
    assert (Guards().alpha, Guards().effect, Guards().money, Guards().explains) == (0.05, 0.05, 0.0, 0.8)
