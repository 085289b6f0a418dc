"""Totals by day: days of unlike traffic, and the split of the traffic held against limits for every look."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.errors import DataError
from ecops.experiments import Experiment, analyse, daily, srm
from ecops.experiments.reading.tally import Tally, Totals
from ecops.experiments.results.comparisons import compare_arms
from tests.experiments.shops import shop, totals


def test_days_alike_are_a_paired_t_test():
    rng = np.random.default_rng(1)
    visitors = np.full(12, 700.0)
    first, second = rng.gamma(30, 50, (2, 12))
    effect = daily((first, visitors), (second, visitors))
    expected = stats.ttest_rel(second / 700, first / 700)
    assert effect.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert effect.df == pytest.approx(11)
    low, high = expected.confidence_interval()
    assert (effect.low, effect.high) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("times", [5.0, 10.0])
def test_one_busy_day_leaves_fewer_degrees_of_freedom(times):
    # The variance estimate itself, over many weeks in which a day's variance grows with its traffic.
    rng = np.random.default_rng(2)
    visitors = np.full(10, 400.0)
    visitors[3] *= times
    noise = rng.normal(0, np.sqrt(visitors), (4_000, 10))
    errors = []
    for own in noise:
        effect = daily((2.0 * visitors, visitors), (2.0 * visitors + own, visitors))
        errors.append(effect.error**2)
    assert np.mean(errors) == pytest.approx(1 / visitors.sum(), rel=0.03)  # right on average
    assert effect.df == pytest.approx(2 * np.mean(errors) ** 2 / np.var(errors), rel=0.08)
    assert effect.df < 7


def test_a_ratio_that_is_steadier_than_its_days_keeps_its_percentages():
    frame = totals(shop(40_000, days=14, seed=5), "exposed_at").rename(columns={"exposed_at": "date"})
    spec = Experiment(goal="uv_value", date="date", planned_sample=40_000)
    effect = analyse(frame.drop(columns="revenue_squares"), spec).goal("B").effect
    assert effect.method == "daily"
    assert (effect.lift.low > 0, effect.lift.high < 0) == (effect.low > 0, effect.high < 0)
    assert effect.lift.low < effect.lift.value < effect.lift.high


def test_five_days_are_enough_for_totals_without_squares_and_four_are_not():
    frame = totals(shop(6_000, days=6, seed=5), "exposed_at").rename(columns={"exposed_at": "date"})
    frame = frame.drop(columns="revenue_squares")
    days = sorted(frame["date"].unique())
    spec = Experiment(goal="uv_value", date="date")
    effect, refused = (analyse(frame[frame["date"].isin(days[:count])], spec).goal("B").effect for count in (5, 4))
    assert (effect.method, effect.n_control) == ("daily", 5)
    assert refused is None


def split_of(first, second):
    days = tuple(dt.date(2026, 11, 2) + dt.timedelta(days=at) for at in range(len(first)))
    values = {(arm, name): counts for arm, counts in (("A", first), ("B", second)) for name in ("users", "conversions")}
    users = {"A": float(first.sum()), "B": float(second.sum())}
    tally = Tally("daily", users, totals=Totals(days, values), first_day=days[0], last_day=days[-1])
    spec = Experiment(planned_sample=1e6)
    return next(check.level for check in analyse(tally, spec).checks if check.key == "split")


def test_the_split_of_daily_totals_is_judged_for_every_look():
    rng = np.random.default_rng(3)
    base = 1_000 + rng.normal(0, 60, 14)
    noise = rng.normal(0, 1, 14)
    noise = (noise - noise.mean()) / noise.std(ddof=1)

    def told(t):
        drift = 40 * (noise + t / math.sqrt(14))
        assert stats.ttest_1samp(drift, 0).statistic == pytest.approx(t)
        return split_of(base + drift, base - drift)

    assert told(0.5) == "green"
    assert told(-stats.t.ppf(0.0004, 13)) == "amber"  # one look would have called it broken
    assert told(9.0) == "red"
    year = np.full(400, 1e6)  # so sure that the p-value is 0
    assert split_of(year + np.arange(400) % 2, year / 1_000) == "red"


def test_each_day_has_its_own_share_of_the_error():
    # So uneven that the first day is allowed to call it broken, and the tenth, with nine before it, is not.
    many = next(n for n in range(1_000, 1_400) if srm({"A": n, "B": 2_000 - n}, {"A": 1, "B": 1}).evidence > 5_000)

    def told(odd):
        rows = []
        for day in range(10):
            size = many if day == odd else 1_000
            for arm, count in (("A", size), ("B", 2_000 - size)):
                rows.append(pd.DataFrame({"variant": arm, "day": day, "converted": np.arange(count) % 20 == 0}))
        frame = pd.concat(rows, ignore_index=True)
        frame["exposed_at"] = pd.Timestamp("2026-11-02") + pd.to_timedelta(frame.pop("day"), unit="D")
        frame["unit_id"] = frame.index.astype(str)
        return {check.key for check in analyse(frame, Experiment(planned_sample=2e4)).checks if check.level == "red"}

    assert told(0) == {"split_day"}
    assert told(9) == set()


@pytest.mark.parametrize("counted", [True, False])
def test_totals_with_squares_know_how_many_bought(counted):
    users = shop(20_000, share=0.1, seed=6)
    frame = totals(users).drop(columns=[] if counted else ["conversions", "orders"])
    spec = Experiment(goal="uv_value", arms={"A": 9, "B": 1}, planned_sample=20_000)
    tally = Tally(
        "totals",
        dict(zip(frame.variant, frame.users, strict=True)),
        totals=Totals((), {(row["variant"], name): np.array([float(row[name])])
                           for row in frame.to_dict("records") for name in frame.columns if name != "variant"}),
    )  # fmt: skip
    effect = compare_arms(tally, spec, spec.goal_metric, "B", {})
    buyers = users.groupby("variant").converted.sum()
    assert effect.active == pytest.approx((buyers["A"], buyers["B"]), rel=1e-9 if counted else 0.25)
    assert effect.skewness > 0.1


@pytest.mark.parametrize("visitors", [0.0, -100.0])
@pytest.mark.parametrize("arm", [0, 1])
def test_an_arm_without_visitors_has_no_ratio(visitors, arm):
    sides = [([10.0, 13.0, 9.0, 11.0, 9.0], [100.0, 120.0, 90.0, 110.0, 100.0]) for _ in range(2)]
    sides[arm] = (sides[arm][0], [visitors] * 5)
    with pytest.raises(DataError, match="no visitors in 5 days"):
        daily(*sides)
