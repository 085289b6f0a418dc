"""Cells by hand: who is tested, what counts as large, certain or watched, and what is told of a hand-made shop."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ecops.funnel.causes.cells import WATCH_LEVEL, Guards, Step2x2, _price, causes, examined, nodes, watched
from ecops.funnel.causes.daily import Spread
from ecops.statistics import two_proportions


def made(x0, n0, x1, n1, rate=None, swing=(1.0, np.inf), by=(), segments=((),)):
    step = Step2x2(*(np.atleast_1d(np.asarray(part, dtype=float)) for part in (x0, n0, x1, n1)), rate)
    places = nodes(by, segments)
    cells, _ = examined(places, [step], [[Spread(*swing)] * len(places)])
    return step, cells


def guards(**changes):
    return Guards(0.05, 0.045, 0.05, 0.0, np.array([2.0, np.nan]))._replace(**changes)


@pytest.mark.parametrize(("n0", "n1", "cells"), [(5, 0, 0), (0, 5, 0), (0, 0, 0), (1, 5, 1), (5, 1, 1)])
def test_who_has_nobody_is_not_tested(n0, n1, cells):
    assert len(made(0, n0, 0, n1)[1]) == cells


@pytest.mark.parametrize(("n1", "cells"), [(0, 0), (1, 1)])
def test_against_a_fixed_rate_only_those_of_now_are_asked(n1, cells):
    assert len(made(0, 0, 0, n1, 0.5)[1]) == cells


def test_a_change_against_the_period_before_by_hand():
    _, (cell,) = made(100, 1_000, 150, 1_000, swing=(2.0, 9.0))
    # 5 points of 1,000; U = 500 x .05, V = 500 x .125 x .875.
    assert (cell.expected, cell.rate, cell.gained) == pytest.approx((0.10, 0.15, 50))
    assert cell.score == pytest.approx(25**2 / (500 * 0.125 * 0.875 * 2))
    assert cell.p_value == pytest.approx(2 * stats.t.sf(np.sqrt(cell.score), 9))
    assert (cell.x0, cell.n0, cell.x1, cell.n1, cell.effect) == pytest.approx((100, 1_000, 150, 1_000, 0.5))


def test_a_gap_to_a_fixed_rate_by_hand():
    step, (cell,) = made(0, 0, 30, 100, 0.4, swing=(1.5, 12.0))
    assert (cell.expected, cell.rate, cell.gained) == pytest.approx((0.4, 0.3, -10))
    assert cell.score == pytest.approx(100 / (100 * 0.24 * 1.5))
    assert cell.p_value == pytest.approx(2 * stats.t.sf(10 / 6, 12))
    assert np.isnan([cell.x0, cell.n0]).all()
    assert step.weight.tolist() == [100]
    assert cell.effect == pytest.approx(-0.25)


def test_segments_are_weighed_as_they_tell():
    step, cells = made([10, 40], [100, 200], [30, 50], [300, 200], by=("c",), segments=(("a",), ("b",)))
    assert step.weight == pytest.approx([75, 100])
    whole = cells[0]
    assert whole.gained == pytest.approx(200 * 0.05)
    assert whole.expected == pytest.approx((300 * 0.1 + 200 * 0.2) / 500)
    assert whole.score == pytest.approx(5**2 / (75 * 0.1 * 0.9 + 100 * 0.225 * 0.775))


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("ends", "small"), [((5, 100, 5, 100), False), ((4, 100, 5, 100), True)])
def test_small_numbers_are_tested_exactly_below_five(ends, small, flip):
    x0, n0, x1, n1 = ends
    _, (cell,) = made(n0 - x0 if flip else x0, n0, n1 - x1 if flip else x1, n1)
    normal = 2 * stats.norm.sf(np.sqrt(cell.score))
    exact = float(two_proportions((x0, n0), (x1, n1)))
    assert cell.p_value == pytest.approx(exact if small else normal)
    assert not small or exact > normal + 0.1


def test_what_appeared_from_nothing_is_an_endless_change():
    _, (cell,) = made(100, 1_000, 150, 1_000)
    assert replace(cell, expected=0.0, rate=0.1).effect == np.inf
    assert replace(cell, expected=0.0, rate=0.0).effect == 0
    assert replace(cell, expected=0.2, rate=0.0).effect == -1


@pytest.mark.parametrize(
    ("change", "least", "passes"),
    [
        # One half more, 30 units of 2 yuan; the second step has no money.
        ({}, {"min_effect": 0.5}, True),
        ({}, {"min_effect": 0.51}, False),
        ({"rate": 0.25}, {"min_effect": 0.5}, True),
        ({}, {"min_loss": 60.0}, True),
        ({}, {"min_loss": 60.5}, False),
        ({"gained": -30.0}, {"min_loss": 60.0}, True),
        ({"gained": -30.0}, {"min_loss": 60.5}, False),
        ({"step": 1}, {"min_loss": 1e9}, True),
    ],
)
def test_large_enough(change, least, passes):
    _, (cell,) = made(100, 1_000, 150, 1_000)
    cell = replace(cell, **{"expected": 0.5, "rate": 0.75, "gained": 30.0, **change})
    assert bool(guards(**least).passes(cell)) is passes


def test_the_least_that_would_have_been_told():
    _, (cell,) = made(100, 1_000, 150, 1_000)
    cells = [replace(cell, q_value=q, step=step, tests=10) for q, step in
             ((0.01, 0), (0.04, 0), (0.045, 0), (0.1, 0), (0.001, 1))]  # fmt: skip
    assert guards().least(cells[0], cells) == pytest.approx((0.045 * 2 / 10, 0.05))
    assert guards().least(cells[0], cells, 0.2) == pytest.approx((0.2 * 4 / 10, 0.05))
    assert guards(false_discovery=1e-9).least(cells[0], cells) == pytest.approx((1e-9 / 10, 0.05))


@pytest.mark.parametrize(
    ("q", "told"), [(0.0449, False), (0.045, True), (0.1999, True), (WATCH_LEVEL, False), (0.9, False)]
)
def test_watched_is_what_is_neither_confirmed_nor_likely_chance(q, told):
    _, (cell,) = made(100, 1_000, 150, 1_000)
    assert bool(watched([replace(cell, q_value=q)], [], guards())) is told
    assert not watched([replace(cell, q_value=q)], [], guards(min_effect=0.6))


def test_watched_keeps_away_from_what_was_told_and_names_the_surest_first():
    _, cells = made([100] * 3, [1_000] * 3, [130, 140, 100], [1_000] * 3, by=("c",), segments=(("a",), ("b",), ("d",)))
    everything, a, b, _ = (replace(cell, q_value=0.1) for cell in cells)
    assert watched([a, b], [], guards()) == [b, a]
    assert watched([a, b], [b], guards()) == [a]
    assert watched([a, b], [everything], guards()) == []
    assert watched([a, b], [replace(everything, step=1)], guards()) == [b, a]
    assert watched([everything, a], [], guards()) == [everything]
    sooner = replace(a, p_value=everything.p_value)
    assert watched([sooner, everything], [], guards()) == [everything]


FOUR = tuple((name,) for name in "abcd")


def told(before, after, entered=1_000.0, segments=FOUR, by=("c",), **changes):
    """Which values are told for a shop whose segments went from one rate to the other."""
    entered = np.broadcast_to(np.asarray(entered, dtype=float), len(segments))
    step, cells = made(
        entered * np.asarray(before), entered, entered * np.asarray(after), entered, by=by, segments=segments
    )
    found = causes(cells, [step], guards(value=np.array([1.0]), **changes))
    return {tuple(value for _, value in cell.node.subject) for cell in found}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([0.2, 0.2, 0.2, 0.2], set()),
        ([0.1, 0.2, 0.2, 0.2], {("a",)}),
        ([0.1, 0.1, 0.2, 0.2], {("a",), ("b",)}),
        # Three of four that moved alike are told as the shop.
        ([0.1, 0.1, 0.1, 0.2], {()}),
        ([0.1, 0.1, 0.1, 0.1], {()}),
        # One fell and one rose: neither is the other's cause.
        ([0.1, 0.3, 0.2, 0.2], {("a",), ("b",)}),
    ],
)
def test_which_of_four_channels_moved(after, expected):
    assert told([0.2] * 4, after) == expected


def test_a_large_channel_that_moved_as_the_rest_did_is_not_the_cause():
    assert told([0.2] * 4, [0.15] * 4, entered=[20_000, 800, 800, 800]) == {()}
    assert told([0.2] * 4, [0.15, 0.2, 0.2, 0.2], entered=[20_000, 800, 800, 800]) == {("a",)}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (0.199, {("a",), ("b",)}),  # no more than chance
        (0.15, {()}),
        (0.25, {("a",), ("b",), ("c",)}),
    ],
)
def test_two_of_three_stand_for_the_whole_where_the_third_stood_still(rest, expected):
    assert told([0.2] * 3, [0.1, 0.1, rest], segments=FOUR[:3]) == expected


def test_a_place_pays_for_having_been_chosen_and_for_every_further_dimension():
    everything, channel, *_, both = nodes(("c", "d"), [(c, d) for c in "abc" for d in "mp"])
    assert [_price(node) for node in (everything, channel, both)] == pytest.approx(
        [0, 2 * np.log(3), 2 * np.log(6) + 6]
    )


def test_what_is_left_of_a_node_without_its_worst_part_is_another_change():
    # The large channel lost two thirds of all, and is told by its own name.
    assert told([0.2] * 2, [0.05, 0.185], entered=[1_000, 20_000], segments=FOUR[:2]) == {("a",), ("b",)}


GRID = tuple((c, d) for c in "abc" for d in ("m", "p"))


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ([("a", "m")], {("a", "m")}),
        ([("a", "m"), ("a", "p")], {("a",)}),
        ([("a", "m"), ("b", "m"), ("c", "m")], {("m",)}),
        ([("a", "m"), ("b", "p")], {("a", "m"), ("b", "p")}),
        ([("a", "m"), ("a", "p"), ("b", "m")], {("a",), ("b", "m")}),
    ],
)
def test_where_two_dimensions_cross(moved, expected):
    after = [0.1 if place in moved else 0.2 for place in GRID]
    assert told([0.2] * 6, after, segments=GRID, by=("c", "d")) == expected
