"""The limits of what days and cells tell: on each, just inside and just outside, and ties."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops import statistics as st
from ecops.errors import DataError, SpecError
from ecops.statistics import changes, search
from ecops.statistics.changes import Days, compare_rates, compare_ratios, compare_sums
from ecops.statistics.days import DENSE, LEAST_DAYS, LONG_ENOUGH, MOST_DAYS, OUTLIER, Span, expected, swing, usual_swing
from ecops.statistics.decomposition import decompose, mix_rate
from ecops.statistics.frames import as_frame
from ecops.statistics.grouping import parts
from ecops.statistics.selection import after_selection


def span_of(count, length=7):
    place = np.arange(count)
    after, before = place >= count - length, (place >= count - 2 * length) & (place < count - length)
    return Span(place, after.astype(np.int64), place % 7, before.astype(float), after.astype(float))


def two_series(count):
    """One with memory and one without."""
    random = np.random.default_rng(5)
    slow = np.repeat(random.normal(0, 0.2, count // 7 + 1), 7)[:count]
    return random.poisson(1_000 * np.exp([slow, random.normal(0, 0.2, count)])).astype(float)


@pytest.mark.parametrize(("count", "listens"), [(LONG_ENOUGH - 1, True), (LONG_ENOUGH, False)])
def test_a_series_of_eight_weeks_listens_to_no_other(count, listens):
    assert LONG_ENOUGH == 8 * 7
    values, span = two_series(count), span_of(count)
    together = usual_swing(values, np.ones_like(values), span)
    alone = usual_swing(values[:1], np.ones((1, count)), span)
    assert bool(abs(together.memory[0] - alone.memory[0]) > 1e-6) is listens


@pytest.mark.parametrize(("count", "weeks"), [(MOST_DAYS, False), (MOST_DAYS + 1, True)])
def test_more_than_half_a_year_is_taken_in_weeks(count, weeks):
    assert MOST_DAYS == 24 * 7
    # A pattern of weekdays that nobody took off: days see it, whole weeks do not.
    span = span_of(count)
    values = np.where(span.weekday == 5, 3_000.0, 500.0)[None]
    found = swing(values, np.full_like(values, values.mean()), span, weekdays=False)
    assert bool(found.error[0] < 0.12) is weeks


def test_a_day_far_out_is_cut_to_four_usual_deviations_unless_it_is_compared():
    span = span_of(49)
    noise = np.random.default_rng(2).normal(0, 0.02, 49)
    usual = np.full((1, 49), 1e6)
    values = usual * (1 + noise)
    deviation = np.sort(np.abs(noise))[24] * 1.4826
    found = {}
    for times in (1.01 * OUTLIER, 50.0):
        out = values.copy()
        out[0, 3] = 1e6 * (1 + times * deviation)
        found[times] = swing(out, usual, span, weekdays=False).error[0]
    assert found[50.0] == pytest.approx(found[1.01 * OUTLIER], rel=0.02)
    less = values.copy()
    less[0, 3] = 1e6 * (1 + 0.9 * OUTLIER * deviation)
    assert swing(less, usual, span, weekdays=False).error[0] < found[50.0] * 0.995
    compared = values.copy()
    compared[0, 40] = 1e6 * (1 + 50 * deviation)
    assert swing(compared, usual, span, weekdays=False).error[0] > 1.5 * found[50.0]


@pytest.mark.parametrize(("least", "relative"), [(DENSE, True), (DENSE - 0.01, False)])
def test_a_day_is_judged_relatively_from_five_expected(least, relative):
    assert DENSE == 5
    span = span_of(42)
    usual = np.full((1, 42), 400.0)
    usual[0, 5] = least
    noise = np.random.default_rng(3).normal(0, 0.1, 42)
    values = usual * (1 + noise)
    plain = swing(values, usual, span, weekdays=False, variance=0.0).error[0]
    moved = values.copy()
    moved[0, 5] = least * (1 + noise[5] + 0.2)
    # Relatively, a fifth more is much; in parts of the usual size of a day it is next to nothing.
    change = abs(swing(moved, usual, span, weekdays=False, variance=0.0).error[0] / plain - 1)
    assert bool(change > 0.01) is relative


@pytest.mark.parametrize("times", [1e-4, 300.0])
def test_days_that_differ_more_swing_as_much_more(times):
    span = span_of(49)
    usual = np.full((1, 49), 1e6)
    noise = np.random.default_rng(2).normal(0, 0.1, 49)
    plain, found = (
        swing(usual * (1 + part * noise), usual, span, weekdays=False, variance=0.0) for part in (1.0, times)
    )
    assert found.error[0] == pytest.approx(times * plain.error[0], rel=1e-4)
    assert found.df[0] == pytest.approx(plain.df[0], rel=1e-3)


@pytest.mark.parametrize("missing", ["before", "after"])
def test_what_has_no_day_on_one_side_is_not_told(missing):
    span = span_of(49)
    usual = np.full((2, 49), 100.0)
    usual[0, getattr(span, missing) > 0] = 0.0
    found = swing(np.random.default_rng(2).poisson(100, (2, 49)), usual, span)
    for unknown in (np.isnan(found.error), np.isnan(found.memory), found.df == 0):
        assert unknown.tolist() == [True, False]


def test_expected_days_without_a_pattern_and_without_people():
    span = span_of(21)
    values = np.arange(21.0)[None]
    base = np.ones((1, 21))
    base[0, 2] = 0
    found = expected(values, base, span, weekdays=False)
    before = (values[0, :14].sum() - 2) / 13
    assert found[0, :14] == pytest.approx(np.where(np.arange(14) == 2, 0, before))
    assert found[0, 14:] == pytest.approx(values[0, 14:].mean())


def test_what_no_day_tells_has_no_freedom():
    days = Days(np.array([0]), np.array([1]), np.full(2, -1), np.array([0, 1]), np.array([0, 1]))
    money, people = np.array([[90.0, 100.0]]), np.array([[9.0, 10.0]])
    for found in (compare_ratios(money, people, days), compare_sums(money, days)):
        assert np.isnan(found.df).all()
        assert np.isnan(found.p_value).all()
    rate = compare_rates(people, money, days)
    assert np.isinf(rate.df).all()
    assert rate.phi.tolist() == [1]
    assert rate.p_value[0] == pytest.approx(float(st.two_proportions((9, 90), (10, 100))))


@pytest.mark.parametrize(("gap", "own"), [(7, False), (8, True)])
def test_days_a_week_from_the_history_have_its_level(gap, own):
    number = np.r_[np.arange(20), 19 + gap + np.arange(3), 60 + np.arange(3)]
    days = Days(np.arange(20, 23), np.arange(23, 26), np.where(np.arange(26) < 20, 0, -1), number % 7, number)
    used, span = days.span
    assert used.tolist() == list(range(26))
    assert span.level.tolist() == [0] * 20 + [1 if own else 0] * 3 + [2 if own else 1] * 3
    assert (span.before.sum(), span.after.sum()) == (3, 3)
    earlier = Days(
        np.arange(20, 23), np.arange(23, 26), days.history, number % 7, np.r_[number[:20] + 100, number[20:]]
    )
    assert earlier.span[1].level.max() == 2


@pytest.mark.parametrize(
    ("history", "length", "tells"),
    [(21, 7, True), (20, 7, False), (19, 9, True), (0, 28, True), (0, 27, False), (2, 30, True), (0, 29, True)],
)
def test_four_weeks_or_as_many_days_as_the_period_tell(history, length, tells):
    place = np.arange(history + 2 * length)
    days = Days(
        place[history : history + length], place[history + length :], np.where(place < history, 0, -1), place % 7
    )
    assert days.tell is tells
    assert days.least == max(LEAST_DAYS, length)


def test_relative_changes_of_nothing():
    nothing = np.zeros(1)
    change = changes.Change(*(np.array([x]) for x in (0.0, 5.0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    assert np.isnan(change.relative).all()
    assert changes.Change(*(np.array([x]) for x in (-2.0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0))).relative.tolist() == [-1.5]
    assert np.isnan(changes.ratio(np.ones(1), nothing)).all()
    assert changes.ratio(np.ones(1), np.full(1, 4.0)).tolist() == [0.25]


def told(p_value, money, relative=0.5):
    change = SimpleNamespace(p_value=np.array(p_value), relative=np.full(len(p_value), relative))
    return change, (np.array(money), None, None)


@pytest.mark.parametrize(
    ("made", "evidence", "expected"),
    [
        ([told([0.01, 0.01], [9.0, 9.0])], [[0.01, 0.01]], (0, 0)),
        ([told([0.01, 0.01], [9.0, -10.0])], [[0.01, 0.01]], (0, 1)),
        ([told([0.01, 0.001], [9.0, 6.0])], [[0.01, 0.01]], (0, 1)),
        ([told([0.01], [9.0]), told([0.01], [9.0])], [[0.01], [0.01]], (0, 0)),
        ([told([0.01], [9.0]), told([0.001], [9.0])], [[0.01], [0.01]], (1, 0)),
        ([told([0.01], [9.0])], [[0.05]], None),
        ([told([0.01], [4.9])], [[0.01]], None),
        ([told([0.01], [5.0])], [[0.01]], (0, 0)),
        ([told([0.01], [np.nan])], [[0.01]], None),
        ([told([0.01], [9.0], 0.05)], [[0.01]], (0, 0)),
        ([told([0.01], [9.0], -0.049)], [[0.01]], None),
    ],
)
def test_the_strongest_cell_is_the_surest_then_the_dearest_then_the_first(made, evidence, expected):
    guards = search.Guards(0.05, 0.05, 5.0)
    assert search._best(made, np.array(evidence), guards) == expected


@pytest.mark.parametrize(
    ("metric", "money", "kept"),
    [("a", 8.0, ["child"]), ("a", 7.9, ["whole"]), ("b", 8.0, ["child", "whole"]), ("a", -8.0, ["child", "whole"])],
)
def test_a_part_stands_for_the_whole_of_the_same_metric_and_direction_from_four_fifths_on(metric, money, kept):
    def cause(name, leaves, money, metric):
        node, series = SimpleNamespace(leaves=frozenset(leaves)), SimpleNamespace(metric=metric)
        return SimpleNamespace(name=name, node=node, series=series, money=money)

    child, whole = cause("child", {1}, money, metric), cause("whole", {1, 2}, 10.0, "a")
    assert [one.name for one in search._with([child], whole, search.Guards())] == kept


def test_what_is_told_whatever_it_is_has_its_usual_interval():
    for least in (0.0, -1.0, 9.0):  # a cell that stands for another passes by that one's size
        found = after_selection(-0.3, 0.1, 8.0, least)
        half = stats.t.ppf(0.975, 8) * 0.1
        assert (float(found.low), float(found.high)) == pytest.approx((-0.3 - half, -0.3 + half), abs=1e-6)
    for wrong in ((0.3, 0.0, 8.0), (0.3, 0.1, 0.0), (np.nan, 0.1, 8.0), (0.3, np.inf, 8.0)):
        assert np.isnan(after_selection(*wrong, 1.0)).all()
    up, down = (after_selection(sign * 0.3, 0.1, 8.0, 2.5) for sign in (1, -1))
    assert (float(up.low), float(up.high)) == pytest.approx((-float(down.high), -float(down.low)))


@pytest.mark.parametrize(("x", "n"), [(5, 100), (4, 100), (95, 100), (96, 100)])
def test_expected_counts_below_five_are_tested_exactly(x, n):
    found = float(st.two_proportions((x, n), (x, n + 0)))
    assert found == 1.0
    # One more success: by z from five expected on, by Fisher below.
    other = x + 1 if x < 50 else x - 1
    exact = stats.fisher_exact([[x, n - x], [other, n - other]])[1]
    pooled = (x + other) / (2 * n)
    z = abs(other - x) / n / np.sqrt(pooled * (1 - pooled) * 2 / n)
    small = min(pooled, 1 - pooled) * n < 5
    assert float(st.two_proportions((x, n), (other, n))) == pytest.approx(exact if small else 2 * stats.norm.sf(z))


def test_parts_have_siblings_and_families_counted_from_one():
    columns = {"c": ["a", "a", "b"], "d": ["m", "p", "m"]}
    found = [(dict(part.subject), part.rows.tolist(), part.siblings, part.family) for part in parts(columns, 3, 2)]
    assert found == [
        ({}, [0, 1, 2], 1, 0),
        ({"c": "a"}, [0, 1], 2, 1),
        ({"c": "b"}, [2], 2, 1),
        ({"d": "m"}, [0, 2], 2, 2),
        ({"d": "p"}, [1], 2, 2),
        ({"c": "a", "d": "m"}, [0], 3, 3),
    ]
    assert len(list(parts(columns, 3, 1))) == 5


def test_tables_of_one_row_and_of_columns():
    assert as_frame({"a": 1, "b": "x"}).to_dict("list") == {"a": [1], "b": ["x"]}
    assert as_frame({"a": [1, 2]}).to_dict("list") == {"a": [1, 2]}
    with pytest.raises(SpecError, match="int"):
        as_frame(5)


def test_parts_of_a_product_that_was_or_became_nothing():
    for method in ("lmdi", "shapley", "chain"):
        found = decompose({"n": 10, "r": 0.5, "v": 4}, {"n": 12, "r": 0.25, "v": 4}, ["n", "r", "v"], method=method)
        assert sum(found.by_factor.values()) == pytest.approx(12 - 20)
        assert found.by_factor["v"] == pytest.approx(0)
    lost = decompose({"n": 10, "r": 0.5, "v": 4}, {"n": 10, "r": 0.0, "v": 5}, ["n", "r", "v"])
    assert lost.by_factor == pytest.approx({"n": 0, "r": -20, "v": 0})
    both = decompose({"n": 10, "r": 0.0, "v": 0.0}, {"n": 10, "r": 0.5, "v": 4}, ["n", "r", "v"])
    assert both.by_factor == pytest.approx({"n": 0, "r": 10, "v": 10})
    tables = [pd.DataFrame({"c": list(names), "n": n, "r": 0.5}) for names, n in (("ab", [10, 0]), ("ac", [20, 8]))]
    parts_ = decompose(*tables, ["n", "r"], by="c")
    assert parts_.by_factor == pytest.approx({"n": 5, "r": 0, "new": 4})
    assert decompose(tables[1], tables[0], ["n", "r"], by="c").by_factor == pytest.approx(
        {"n": -5, "r": 0, "vanished": -4}
    )
    with pytest.raises(DataError, match="negative"):
        decompose({"n": -1, "r": 1}, {"n": 1, "r": 1}, ["n", "r"])
    with pytest.raises(SpecError, match="no factor"):
        decompose({"n": 1}, {"n": 1}, [])
    with pytest.raises(DataError, match="several rows"):
        decompose(pd.DataFrame({"n": [1, 2]}), {"n": 1}, ["n"])


def test_a_shop_is_its_own_mix():
    before = {"s": ["a", "b"], "x": [10, 30], "n": [100, 100]}
    after = {"s": ["a", "c"], "x": [30, 0], "n": [150, 50]}
    found = mix_rate(before, after, ("x", "n"), "s")
    assert found.rate == pytest.approx((0.5 + 0.75) / 2 * (0.2 - 0.1))
    assert found.rate + found.mix == pytest.approx(found.total) == pytest.approx(30 / 200 - 40 / 200)
    assert not found.reversed
    with pytest.raises(DataError, match="negative"):
        mix_rate(before, {**after, "n": [150, -1]}, ("x", "n"), "s")
