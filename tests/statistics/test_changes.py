"""Sums, rates and quotients of two spans: by hand, and where there is nothing to divide by."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from ecops.statistics.changes import Days, compare_rates, compare_ratios, compare_sums, ratio
from ecops.statistics.days import DENSE, Span, usual_swing
from ecops.statistics.grouping import distinct, parts

PLACE = np.arange(56)
DAYS = Days(PLACE[42:49], PLACE[49:], np.where(PLACE < 42, 0, -1), PLACE % 7, PLACE + 1000)


def noisy(seed, level, rows=1):
    return np.random.default_rng(seed).poisson(level, (rows, 56)).astype(float)


def test_nothing_over_nothing_is_unknown():
    found = ratio(np.array([3.0, 0.0, 4.0, 4.0]), np.array([0.0, 0.0, -2.0, 2.0]))
    assert np.isnan(found[:3]).all()
    assert found[3] == 2.0


def test_the_interval_of_a_sum_is_that_of_its_logarithm():
    values = noisy(1, 400.0)
    found = compare_sums(values, DAYS)
    before, after = values[0, 42:49].sum(), values[0, 49:].sum()
    assert (found.before[0], found.after[0]) == (before, after)
    half = (np.log1p(found.relative_high[0]) - np.log1p(found.relative_low[0])) / 2
    error = half / stats.t.ppf(0.975, found.df[0])
    assert np.log1p([found.relative_low[0], found.relative_high[0]]) == pytest.approx(
        np.log(after / before) + np.array([-half, half])
    )
    assert found.p_value[0] == pytest.approx(2 * stats.t.sf(abs(np.log(after / before)) / error, found.df[0]))
    assert found.phi[0] == pytest.approx(error**2 / (1 / before + 1 / after))
    assert (found.low[0], found.high[0]) == pytest.approx(
        (before * found.relative_low[0], before * found.relative_high[0])
    )


@pytest.mark.parametrize("share", [0.3, 0.9, 1.2])
def test_rates_swing_as_people_and_their_days_do(share):
    """By the pooled rate of all days; a rate above 1, where sampling explains nothing, is told with its days alone."""
    random = np.random.default_rng(11)
    people = random.poisson(60.0, (1, 56)).astype(float)
    done = np.minimum(random.poisson(people * share), people * 1.3).round()
    found = compare_rates(done, people, DAYS)
    rate = done.sum() / people.sum()
    swing = usual_swing(done, people, DAYS.span[1], variance=max(1 - rate, 0.0))
    (x0, n0), (x1, n1) = ((done[0, days].sum(), people[0, days].sum()) for days in (DAYS.before, DAYS.after))
    times = swing.error[0] ** 2 / ((1 - rate) / rate * (1 / n0 + 1 / n1))
    assert found.phi[0] == pytest.approx(max(times, 1.0))
    assert found.df[0] == swing.df[0]
    assert (found.before[0], found.after[0]) == pytest.approx((x0 / n0, x1 / n1))
    assert (found.base_before[0], found.base_after[0]) == (n0, n1)
    if share < 1:
        error = np.sqrt(found.phi[0] * (1 / x0 - 1 / n0 + 1 / x1 - 1 / n1))
        ends = np.log(x1 / n1 / (x0 / n0)) + np.array([-1, 1]) * stats.t.ppf(0.975, found.df[0]) * error
        assert (found.relative_low[0], found.relative_high[0]) == pytest.approx(tuple(np.expm1(ends)))
        pooled = (x0 + x1) / (n0 + n1)
        z = (x1 / n1 - x0 / n0) / np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1) * found.phi[0])
        assert found.p_value[0] == pytest.approx(2 * stats.t.sf(abs(z), found.df[0]))


def test_a_quotient_is_tested_by_its_logarithm():
    random = np.random.default_rng(12)
    buyers = random.poisson(90.0, (2, 56)).astype(float)
    money = buyers * random.normal(70.0, 8.0, (2, 56))
    money[:, 49:] *= 1.02
    found = compare_ratios(money, buyers, DAYS)
    swing = usual_swing(money, buyers, DAYS.span[1], variance=0.0)
    for row in range(2):
        sides = [(money[row, days].sum(), buyers[row, days].sum()) for days in (DAYS.before, DAYS.after)]
        before, after = (top / below for top, below in sides)
        shift, reach = np.log(after / before), stats.t.ppf(0.975, swing.df[row]) * swing.error[row]
        assert found.p_value[row] == pytest.approx(2 * stats.t.sf(abs(shift) / swing.error[row], swing.df[row]))
        ends = (found.relative_low[row], found.relative_high[row])
        assert ends == pytest.approx((np.expm1(shift - reach), np.expm1(shift + reach)))
        assert (found.base_before[row], found.base_after[row]) == (sides[0][1], sides[1][1])
        assert (found.before[row], found.after[row]) == pytest.approx((before, after))


def test_the_interval_of_a_quotient_is_in_its_own_unit():
    buyers = noisy(2, 90.0)
    found = compare_ratios(buyers * 70.0 * np.exp(np.random.default_rng(3).normal(0, 0.1, (1, 56))), buyers, DAYS)
    assert 60 < found.before[0] < 80
    assert (found.low[0], found.high[0]) == pytest.approx(
        (found.before[0] * found.relative_low[0], found.before[0] * found.relative_high[0])
    )
    assert found.low[0] < found.after[0] - found.before[0] < found.high[0]


def test_a_side_with_nothing_is_tested_and_a_negative_one_is_not():
    values = noisy(4, 30.0, rows=6)
    values[0, 49:] = 0.0
    values[1, 42:49] = 0.0
    values[2, 42:49] = -0.1
    values[3, 49:] = -0.1
    values[4] = 0.0
    values[5, 42:] = 0.0
    found = compare_sums(values, DAYS)
    swing = usual_swing(values, np.ones_like(values), DAYS.span[1])
    # What stopped, or began, is a change of as much as there is: 1 in parts of it.
    assert found.p_value[:2] == pytest.approx(2 * stats.t.sf(1 / swing.error[:2], swing.df[:2]))
    assert (found.p_value[:2] < 0.001).all()
    assert np.isnan(found.p_value[2:]).all()


def test_a_rate_never_varies_less_than_chance():
    people = np.full((1, 56), 500.0)
    even = compare_rates(people * 0.2, people, DAYS)
    assert 1.0 <= even.phi[0] < 1.05
    wild = np.random.default_rng(5).beta(20, 80, (1, 56))
    assert compare_rates((people * wild).round(), people, DAYS).phi[0] > 3


def test_days_with_few_events_are_not_weighed_as_if_each_told_as_much():
    # 40 events on two weekdays and 1 on the others: chance alone moves a day of 1 by its own size.
    usual = np.where(PLACE % 7 < 2, 40.0, DENSE / 5)
    values = np.random.default_rng(6).poisson(usual, (40, 56)).astype(float)
    span = DAYS.span[1]
    found = usual_swing(values, np.ones_like(values), Span(*span))
    by_chance = np.sqrt(1 / values[:, 42:49].sum(1) + 1 / values[:, 49:].sum(1))
    assert np.median(found.error / by_chance) == pytest.approx(1.0, abs=0.25)


def test_rows_without_anything_have_no_group():
    first, place = distinct([np.zeros(0, dtype=np.int64)])
    assert (len(first), len(place)) == (0, 0)


def test_more_combinations_than_a_number_holds_are_still_told_apart():
    # Numbered one after the other, the second row would be 2**64 more than the first, which is the same in 64 bits.
    columns = [np.array([0, 1, 1, 0, 2**20]), np.array([5, 5, 5, 5, 2**32 - 1]), np.array([7, 7, 7, 7, 2**32 - 1])]
    first, place = distinct(columns)
    assert first.tolist() == [0, 1, 4]
    assert place.tolist() == [0, 1, 1, 0, 2]


@pytest.mark.parametrize("unnamed", [True, False])
def test_parts_are_every_combination_once_under_its_shortest_name(unnamed):
    random = np.random.default_rng(8)
    for _ in range(40):
        count, depth = int(random.integers(1, 12)), int(random.integers(1, 4))
        columns = {name: random.choice(["", "a", "b", "搜索"], count).tolist() for name in ("one", "two", "three")}
        expected = {tuple(range(count)): {}}
        for size in range(1, depth + 1):
            for chosen in combinations(columns, size):
                keys = list(zip(*(columns[name] for name in chosen), strict=True))
                for key in sorted(set(keys)):
                    rows = tuple(row for row in range(count) if keys[row] == key)
                    if unnamed or "" not in key:
                        expected.setdefault(rows, dict(zip(chosen, key, strict=True)))
        found = list(parts(columns, count, depth, unnamed=unnamed))
        assert {tuple(part.rows.tolist()): part.subject for part in found} == expected
        for part in found[1:]:
            assert part.siblings == len(set(zip(*(columns[name] for name in part.subject), strict=True)))
        sets = [chosen for size in range(depth + 1) for chosen in combinations(columns, size)]
        assert [part.family for part in found] == [sets.index(tuple(part.subject)) for part in found]


def test_nothing_has_no_parts_but_itself():
    (whole,) = parts({"one": []}, 0, 2)
    assert (whole.subject, whole.rows.tolist(), whole.siblings, whole.family) == ({}, [], 1, 0)


@pytest.mark.parametrize(("compared", "level"), [(compare_ratios, 10.0), (compare_rates, 0.2)])
def test_four_weeks_have_a_pattern_of_weekdays_and_fewer_days_have_none(compared, level):
    random = np.random.default_rng(4)
    place = np.arange(28)
    days = Days(place[14:21], place[21:], np.where(place < 14, 0, -1), place % 7, place + 1000)
    people = np.full((1, 28), 50_000.0)
    value = np.round(people * level * np.where(place % 7 >= 5, 2.0, 1.0) * random.normal(1.0, 0.01, (1, 28)))
    width = []
    for one, two in ((value, people), (value[:, 1:], people[:, 1:])):
        shift = 28 - one.shape[1]
        known = Days(
            days.before - shift, days.after - shift, days.history[shift:], days.weekday[shift:], days.number[shift:]
        )
        found = compared(one, two, known)
        width.append(float(found.relative_high[0] - found.relative_low[0]))
    assert width[0] < 0.1
    assert width[1] > 4 * width[0]


def test_a_quotient_that_fell_to_nothing_or_rose_from_it_has_no_logarithm_to_test():
    people = np.full((3, 56), 100.0)
    money = noisy(9, 50.0, rows=3)
    money[0, DAYS.after] = 0.0
    money[1, DAYS.before] = 0.0
    found = compare_ratios(money, people, DAYS)
    assert np.isnan(found.p_value).tolist() == [True, True, False]
    assert (found.after[0], found.before[1]) == (0.0, 0.0)
