"""The goal by segment, by day and along the way, against loops over the rows themselves."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from ecops.experiments import Experiment, Metric, compare_means, cuped, daily
from ecops.experiments.looks.monitoring import bounds
from ecops.experiments.reading.tally import Tally, Totals
from ecops.experiments.results.segments import heterogeneity, trend
from ecops.experiments.results.slices import path, segment_effects, trends, weekdays
from ecops.experiments.statistics.days import day_effects
from ecops.experiments.statistics.samples import moments_of
from tests.experiments.shops import START, summed

SPEND = Metric("spend", "Spend", "mean", "spend")
SPEC = Experiment(arms={"A": 1, "B": 1, "C": 1}, goal=SPEND, segments=("device", "city"))


def rows(n, days, seed, cities=5, arms="ABC"):
    """One row a user; arm C spends more in one city, B as time goes on."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "arm": rng.choice(list(arms), n),
            "day": rng.integers(0, days, n),
            "device": rng.choice(["mobile", "desktop"], n, p=[0.8, 0.2]),
            "city": rng.integers(0, cities, n).astype(str),
            "past": rng.normal(0, 1, n),
        }
    )
    better = (frame.arm == "C") & (frame.city == "1")
    frame["spend"] = 5 + frame.past + rng.normal(0, 1, n) + better + 0.05 * frame.day * (frame.arm == "B")
    frame["day"] = [START + dt.timedelta(int(day)) for day in frame.day]
    return frame


def moments(part):
    return moments_of({"spend": part.spend, "past": part.past})


def tally_of_rows(frame):
    def cells(name):
        return {
            value: {arm: moments(part) for arm, part in found.groupby("arm") if len(part) > 1}
            for value, found in frame.groupby(name)
        }

    splits = {name: cells(name) for name in ("device", "city", "day")}
    whole = {"": {arm: moments(part) for arm, part in frame.groupby("arm")}}
    users = {arm: float(len(part)) for arm, part in frame.groupby("arm")}
    return Tally("units", users, ("spend", "past"), {"": whole, **splits})


def effect(part, arm, past=False):
    """The naive comparison of some rows: None with fewer than two users in an arm."""
    sides = [part[part.arm == name] for name in ("A", arm)]
    if min(map(len, sides)) < 2:
        return None
    if past:
        return cuped(*map(moments, sides), "spend", ["past"])
    return compare_means(*(moments(side).sample("spend") for side in sides))


def same(found, expected):
    assert (found.difference, found.error, found.low, found.high) == pytest.approx(
        (expected.difference, expected.error, expected.low, expected.high), rel=1e-9
    )


def test_effects_of_segments_are_those_of_their_rows_and_differ_by_their_q_value():
    frame = rows(3_000, 14, 1)
    effects, tests = segment_effects(tally_of_rows(frame), SPEC, {})
    assert {(one.column, one.value, one.arm) for one in effects} == {
        (column, value, arm) for column in ("device", "city") for value in set(frame[column]) for arm in "BC"
    }
    for one in effects:
        part = frame[frame[one.column] == one.value]
        assert one.users == len(part)
        same(one.effect, effect(part, one.arm))
    p_values = []
    for column, arm in [(column, arm) for column in ("device", "city") for arm in "BC"]:
        found = [effect(part, arm) for _, part in frame.groupby(column)]
        p_values.append(
            heterogeneity([e.difference for e in found], [e.error for e in found], [e.df for e in found]).p_value
        )
    assert [test.test.p_value for test in tests] == pytest.approx(p_values, rel=1e-9)
    q_values = multipletests(p_values, method="fdr_bh")[1]
    assert [test.q_value for test in tests] == pytest.approx(list(q_values))
    assert [test.differs for test in tests] == [q < 0.05 for q in q_values] == [False, False, False, True]


def test_a_q_value_on_the_level_does_not_differ():
    tally = tally_of_rows(rows(900, 7, 2, arms="AC"))
    spec = Experiment(arms={"A": 1, "C": 1}, goal=SPEND, segments=("city",))
    (test,) = segment_effects(tally, spec, {})[1]
    for alpha, differs in ((test.q_value, False), (test.q_value * (1 + 1e-12), True)):
        (other,) = segment_effects(tally, replace(spec, alpha=alpha), {})[1]
        assert other.differs is differs


def test_the_twenty_largest_segments_are_shown_and_of_equal_ones_the_first():
    frame = rows(6_000, 7, 3, cities=24, arms="AB")
    sizes = {str(at): 60 if at < 3 else 90 if at < 21 else 120 for at in range(24)}
    frame = pd.concat([frame[frame.city == city].head(size) for city, size in sizes.items()])
    tally = tally_of_rows(frame)
    effects, _ = segment_effects(tally, Experiment(goal=SPEND, segments=("city",)), {})
    expected = [str(at) for at in (21, 22, 23)] + sorted(str(at) for at in range(3, 21))[:17]
    assert [one.value for one in effects] == expected
    assert [one.users for one in effects] == [120] * 3 + [90] * 17
    assert segment_effects(summed(7), Experiment(segments=("city",)), {}) == ((), ())


def test_segments_of_few_who_spend_are_not_tested():
    # 30 users with a value in the smaller arm are enough for a test of the segment, and for a place in the comparison.
    def cell(active):
        return moments_of({"spend": (np.arange(80) < active) * (9.0 + np.arange(80) % 3)})

    cells = {
        value: {"A": cell(60), "B": cell(active)} for value, active in {"x": 30, "y": 29, "z": 60, "w": 31}.items()
    }
    tally = Tally("units", {"A": 320.0, "B": 320.0}, ("spend",), {"city": cells})
    effects, (test,) = segment_effects(tally, Experiment(goal=SPEND, segments=("city",)), {})
    assert {one.value: one.effect is None for one in effects} == {"x": False, "y": True, "z": False, "w": False}
    kept = [one.effect for one in effects if one.effect is not None]
    expected = heterogeneity([e.difference for e in kept], [e.error for e in kept], [e.df for e in kept])
    assert (test.test.p_value, test.test.df) == (pytest.approx(expected.p_value), 2)


def test_rates_of_segments_with_few_conversions_are_shown_and_not_compared():
    metric = Experiment().goal_metric

    def cell(n, count):
        return moments_of({"converted": np.arange(n) < count})

    cells = {"x": {"A": cell(200, 90), "B": cell(200, 80)}, "y": {"A": cell(200, 30), "B": cell(200, 50)},
             "z": {"A": cell(200, 29), "B": cell(200, 90)}}  # fmt: skip
    tally = Tally("units", {"A": 600.0, "B": 600.0}, ("converted",), {"city": cells})
    effects, (test,) = segment_effects(tally, Experiment(goal=metric, segments=("city",)), {})
    assert [one.effect is None for one in effects] == [False] * 3
    assert test.test.df == 1


@pytest.mark.parametrize("past", [False, True])
def test_trends_and_weekdays_are_those_of_the_users_of_each_day(past):
    frame = rows(2_500, 17, 4)
    frame = frame[(frame.day != START + dt.timedelta(3)) | (frame.arm != "B")]
    spec = replace(SPEC, covariates=("past",) if past else ())
    tally = tally_of_rows(frame)
    slopes, week = trends(tally, spec, {}), weekdays(tally, spec, {})
    assert set(slopes) == set(week) == {"B", "C"}
    for arm in "BC":
        days = [(day, effect(part, arm, past)) for day, part in frame.groupby("day")]
        used = [(day.toordinal(), one) for day, one in days if one is not None]
        assert len(used) == (16 if arm == "B" else 17)
        expected = trend([one.difference for _, one in used], [one.error for _, one in used], [day for day, _ in used])
        assert (slopes[arm].slope, slopes[arm].first, slopes[arm].last, slopes[arm].p_value) == pytest.approx(
            (expected.slope, expected.first, expected.last, expected.p_value), rel=1e-8
        )
        parts = [effect(part, arm, past) for _, part in frame.groupby([day.weekday() for day in frame.day])]
        expected = heterogeneity([e.difference for e in parts], [e.error for e in parts], [e.df for e in parts])
        assert (week[arm].p_value, week[arm].pooled, week[arm].df) == pytest.approx(
            (expected.p_value, expected.pooled, 6), rel=1e-8
        )
    assert slopes["B"].slope == pytest.approx(0.05, abs=0.03)
    undated = replace(tally, cells={"": tally.cells[""]})
    assert trends(undated, spec, {}) == weekdays(undated, spec, {}) == {}
    assert path(undated, spec, {}, 9_000.0) == ()


@pytest.mark.parametrize("past", [False, True])
def test_the_path_is_the_comparison_of_all_users_so_far_with_limits_for_every_day(past):
    frame = rows(1_500, 9, 5)
    frame = frame[(frame.day > START) | (frame.arm != "C")]
    spec = replace(SPEC, covariates=("past",) if past else (), planned_sample=2_000.0)
    found = path(tally_of_rows(frame), spec, {}, 2_000.0)
    days = sorted(set(frame.day))
    so_far = [frame[frame.day <= day] for day in days]
    limits = bounds(spec, [len(part) for part in so_far], 0.025, 2_000.0)
    expected = {}
    for day, part, limit in zip(days, so_far, limits, strict=True):
        for arm in "BC":
            one = effect(part, arm, past)
            if one is not None:
                wide = one.at(limit)
                expected[(day, arm)] = (len(part), wide.difference, wide.low, wide.high)
    assert len(expected) == 17  # of C there is nothing yet on the first day
    assert [(point.day, point.arm) for point in found] == list(expected)
    for point in found:
        assert (point.users, point.difference, point.low, point.high) == pytest.approx(
            expected[(point.day, point.arm)], rel=1e-8
        )


def test_a_long_path_shows_the_last_hundred_and_twenty_days_with_all_users_so_far():
    frame = rows(40, 1, 6, arms="AB")
    cell = {arm: moments(part) for arm, part in frame.groupby("arm")}
    days = [START + dt.timedelta(at) for at in range(125)]
    tally = Tally("units", {"A": 2_500.0, "B": 2_500.0}, ("spend", "past"), {"day": dict.fromkeys(days, cell)})
    found = path(tally, Experiment(goal=SPEND), {}, 5_000.0)
    assert [point.day for point in found] == days[5:]
    assert [point.users for point in found] == [40 * at for at in range(6, 126)]


def test_a_path_needs_users_from_its_first_day_and_more_on_each():
    frame = rows(400, 3, 7, arms="AB")
    tally = tally_of_rows(frame)
    spec = Experiment(goal=SPEND)
    assert len(path(tally, spec, {}, 900.0)) == 3
    days = tally.cells["day"]
    for day, arms in ((START - dt.timedelta(1), {}), (START + dt.timedelta(5), {})):
        odd = replace(tally, cells={**tally.cells, "day": {**days, day: arms}})
        assert path(odd, spec, {}, 900.0) == ()
    assert path(replace(tally, cells={**tally.cells, "day": {}}), spec, {}, 900.0) == ()


def by_day(days, seed, holes=()):
    """Money and visitors by day of three arms; `holes` are (arm, day) without a row."""
    rng = np.random.default_rng(seed)
    values = {}
    for arm in "ABC":
        users = rng.integers(80, 120, days).astype(float)
        money = users * (5 + 0.1 * np.arange(days) * (arm == "B")) + rng.normal(0, 20, days)
        for hole in (at for name, at in holes if name == arm):
            users[hole] = money[hole] = math.nan
        values |= {(arm, "users"): users, (arm, "spend"): money}
    dates = tuple(START + dt.timedelta(at) for at in range(days))
    users = {arm: float(np.nansum(values[(arm, "users")])) for arm in "ABC"}
    return Tally("daily", users, totals=Totals(dates, values))


def sides(tally, arm, days):
    return [tuple(tally.totals.values[(name, column)][days] for column in ("spend", "users")) for name in ("A", arm)]


def test_trends_of_daily_totals_are_those_of_the_differences_of_each_day():
    tally = by_day(
        12, 8, holes=[("B", 2), ("C", 4), ("C", 5), ("C", 6), ("C", 7), ("C", 8), ("C", 9), ("C", 10), ("C", 11)]
    )
    found = trends(tally, SPEC, {})
    assert set(found) == {"B"}  # four days of C are too few
    days = [at for at in range(12) if at != 2]
    differences = day_effects(*sides(tally, "B", days))
    expected = trend(differences, [np.std(differences, ddof=1)] * 11, days)
    assert (found["B"].slope, found["B"].error, found["B"].p_value, found["B"].first) == pytest.approx(
        (expected.slope, expected.error, expected.p_value, expected.first), rel=1e-9
    )
    assert trends(summed(7), Experiment(), {}) == {}
    assert set(trends(by_day(5, 9), SPEC, {})) == {"B", "C"}


@pytest.mark.parametrize(("days", "first"), [(8, 4), (4, 4), (124, 4), (126, 6)])
def test_the_path_of_days_begins_with_five_and_shows_the_last_hundred_and_twenty(days, first):
    tally = by_day(days, 10)
    spec = replace(SPEC, planned_sample=1e5)
    found = path(tally, spec, {}, 1e5)
    assert [point.day for point in found if point.arm == "B"] == [START + dt.timedelta(at) for at in range(first, days)]
    users = sum(np.cumsum(tally.totals.values[(arm, "users")]) for arm in "ABC")[first:]
    assert [point.users for point in found if point.arm == "C"] == list(users)
    if days == 8:
        limits = bounds(spec, users, 0.025, 1e5)
        for at, limit in zip(range(first, days), limits, strict=True):
            for arm in "BC":
                wide = daily(*sides(tally, arm, range(at + 1))).at(limit)
                (point,) = [one for one in found if (one.day, one.arm) == (START + dt.timedelta(at), arm)]
                assert (point.difference, point.low, point.high) == pytest.approx(
                    (wide.difference, wide.low, wide.high), rel=1e-9
                )


def test_a_day_that_one_arm_lacks_is_a_day_of_the_others():
    tally = by_day(9, 11, holes=[("C", 1), ("B", 7)])
    found = path(tally, replace(SPEC, planned_sample=1e5), {}, 1e5)
    assert [point.day for point in found if point.arm == "B"] == [START + dt.timedelta(at) for at in (5, 6, 8)]
    for at in (5, 6, 8):
        for arm, hole in (("B", 7), ("C", 1)):
            (point,) = [one for one in found if (one.day, one.arm) == (START + dt.timedelta(at), arm)]
            days = [day for day in range(at + 1) if day != hole]
            assert point.difference == pytest.approx(daily(*sides(tally, arm, days)).difference, rel=1e-9)


def test_days_that_do_not_vary_have_no_point():
    tally = by_day(8, 12)
    values = dict(tally.totals.values) | {("B", name): tally.totals.values[("A", name)] for name in ("users", "spend")}
    found = path(replace(tally, totals=Totals(tally.totals.days, values)), replace(SPEC, planned_sample=1e5), {}, 1e5)
    assert {point.arm for point in found} == {"C"}
    assert len(found) == 4
