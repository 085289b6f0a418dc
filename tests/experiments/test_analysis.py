"""Three upload shapes, one answer; and the same from shuffled rows, any library's table, and a changed mind."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ecops.errors import DataError, SpecError
from ecops.experiments import (
    Experiment,
    analyse,
    compare_means,
    compare_proportions,
    compare_ratios,
    cuped,
    decide,
    group_sequential,
    moments,
    non_inferiority,
    preset,
    tally_of,
)
from ecops.experiments.design.drafting import SPREAD
from ecops.experiments.results.checks import Check
from ecops.experiments.statistics.samples import as_sample, moments_of
from ecops.messages import Message
from tests.experiments.shops import shop, totals

USERS = shop(lift=0.15, past=0.8)
SPEC = Experiment(
    goal="uv_value",
    guardrails=(("aov", 0.1),),
    secondary=("conversion",),
    segments=("device",),
    planned_sample=40_000,
)


def arm(frame, name, column):
    return frame.loc[frame.variant == name, column].to_numpy(dtype=float)


def test_moments_equal_numpy():
    found = moments(USERS, ["revenue", "orders", "pre_value"])
    assert set(found) == {"A", "B"}
    for name, ours in found.items():
        columns = np.vstack([arm(USERS, name, column) for column in ours.names])
        assert ours.n == columns.shape[1]
        np.testing.assert_allclose(ours.mean, columns.mean(axis=1), rtol=1e-12)
        np.testing.assert_allclose(ours.covariance, np.cov(columns), rtol=1e-9)


def test_each_metric_gets_its_test_and_the_cap_is_the_same_in_both_arms():
    readout = analyse(USERS, SPEC)
    cap = readout.caps["revenue"]
    payers = np.sort(USERS.revenue[USERS.revenue > 0])
    beyond = len(payers) // 1000
    assert cap.high == payers[len(payers) - 1 - beyond]
    assert cap.capped == beyond == (cap.high < USERS.revenue).sum()
    capped = USERS.assign(revenue=USERS.revenue.clip(upper=cap.high))
    a, b = (arm(capped, name, "revenue") for name in "AB")
    goal = readout.goal("B")
    expected = compare_means(*(moments_of({"revenue": values}).sample("revenue") for values in (a, b)))
    assert goal.effect.difference == pytest.approx(expected.difference, rel=1e-9)
    assert goal.effect.low == pytest.approx(expected.low, rel=1e-9)
    plain = compare_means(*(arm(USERS, name, "revenue") for name in "AB"))
    assert goal.uncapped.difference == pytest.approx(plain.difference, rel=1e-9)
    ratio = compare_ratios(*((arm(capped, name, "revenue"), arm(USERS, name, "orders")) for name in "AB"))
    assert readout.guardrails("B")[0].effect.low == pytest.approx(ratio.low, rel=1e-9)
    rate = compare_proportions(*((len(x), x.sum()) for x in (arm(USERS, name, "converted") for name in "AB")))
    assert readout.results[-1].effect.p_value == pytest.approx(rate.p_value, rel=1e-9)
    assert readout.results[-1].q_value == pytest.approx(rate.p_value, rel=1e-9)


def test_covariates_remove_noise():
    spec = Experiment(goal="uv_value", covariates=("pre_value",), planned_sample=40_000)
    readout = analyse(USERS, spec)
    capped = USERS.assign(revenue=USERS.revenue.clip(upper=readout.caps["revenue"].high))
    arms = [moments_of({column: arm(capped, name, column) for column in ("revenue", "pre_value")}) for name in "AB"]
    expected = cuped(*arms, "revenue", ["pre_value"])
    assert readout.goal("B").effect.low == pytest.approx(expected.low, rel=1e-7)
    assert readout.goal("B").effect.removed > 0.01
    assert readout.goal("B").unadjusted.error > readout.goal("B").effect.error


def test_missing_history_is_filled_and_flagged():
    holes = USERS.copy()
    holes.loc[::5, "pre_value"] = np.nan
    readout = analyse(holes, Experiment(goal="uv_value", covariates=("pre_value",), planned_sample=40_000))
    filled = holes.assign(gone=holes.pre_value.isna().astype(float), pre_value=holes.pre_value.fillna(0.0))
    filled["revenue"] = filled.revenue.clip(upper=readout.caps["revenue"].high)
    arms = [
        moments_of({column: arm(filled, name, column) for column in ("revenue", "pre_value", "gone")}) for name in "AB"
    ]
    expected = cuped(*arms, "revenue", ["pre_value", "gone"])
    assert readout.goal("B").effect.low == pytest.approx(expected.low, rel=1e-7)


def test_totals_give_what_rows_give():
    spec = Experiment(goal="conversion", secondary=(preset("uv_value", cap=False),))
    rows = analyse(USERS, spec)
    sums = analyse(totals(USERS), spec)
    assert sums.kind == "totals"
    assert sums.conversions == rows.conversions
    assert min(sums.conversions.values()) > 0
    for ours, theirs in zip(sums.results, rows.results, strict=True):
        assert ours.effect.low == pytest.approx(theirs.effect.low, rel=1e-8)
        assert ours.effect.p_value == pytest.approx(theirs.effect.p_value, rel=1e-6)


def test_buyers_stand_behind_money_of_totals_and_orders_only_where_nobody_counted_them():
    sums, spec = totals(USERS), Experiment(goal=preset("uv_value", cap=False))
    buyers, orders = (
        {row.variant: getattr(row, name) for row in sums.itertuples()} for name in ("conversions", "orders")
    )
    assert buyers != orders
    assert analyse(sums, spec).conversions == buyers
    assert analyse(sums.drop(columns="conversions"), spec).conversions == orders


def test_money_totals_without_squares_are_refused_and_by_day_they_are_not():
    spec = Experiment(goal="uv_value", date="date")
    bare = totals(USERS).drop(columns="revenue_squares")
    readout = analyse(bare, spec)
    assert readout.goal("B").effect is None
    verdict = decide(readout)
    assert verdict.kind == "refused"
    assert verdict.action is None
    assert "varies between users" in str(verdict.reasons[0])
    days = analyse(totals(USERS, "exposed_at").drop(columns="revenue_squares"), spec)
    assert days.kind == "daily"
    effect = days.goal("B").effect
    assert effect.method == "daily"
    assert effect.n_control == 21
    plain = compare_means(*(arm(USERS, name, "revenue") for name in "AB"))
    assert effect.difference == pytest.approx(plain.difference, rel=1e-9)
    assert 0.6 < effect.error / plain.error < 1.5


def test_totals_that_count_no_buyers_have_as_many_as_orders_of_usual_spread_suggest():
    users, buyers, worth = np.array([4_000, 4_000]), np.array([160, 190]), 90.0
    squares = buyers * worth**2 * (1 + SPREAD**2)
    frame = pd.DataFrame({"variant": ["A", "B"], "users": users, "revenue": buyers * worth, "revenue_squares": squares})
    spec = Experiment(goal=preset("uv_value", cap=False))
    guessed, counted = (analyse(one, spec).goal("B").effect for one in (frame, frame.assign(conversions=buyers)))
    assert guessed.df == pytest.approx(counted.df)
    assert (guessed.low, guessed.high) == pytest.approx((counted.low, counted.high))
    fewer = analyse(frame.assign(conversions=buyers // 4), spec)
    assert fewer.goal("B").effect.df < 0.5 * counted.df
    assert fewer.days == 0


def test_two_users_are_an_arm_and_one_is_none():
    assert (as_sample([1.0, 3.0]).n, as_sample([1.0, 3.0]).variance) == (2, 2.0)
    assert as_sample((2, 1)).mean == 0.5
    with pytest.raises(DataError, match="at least 2"):
        as_sample([1.0])


def test_orders_per_order_ratio_of_totals_is_refused():
    readout = analyse(totals(USERS), Experiment(goal="conversion", secondary=("aov",)))
    assert readout.results[-1].effect is None
    assert readout.results[-1].refusal is not None


def test_row_order_and_table_library_do_not_matter(tmp_path):
    import polars

    first = analyse(USERS, SPEC)
    USERS.to_parquet(tmp_path / "users.parquet")
    USERS.to_csv(tmp_path / "users.csv", index=False)
    before = USERS.copy()
    for data in (
        USERS.sample(frac=1, random_state=3),
        pa.Table.from_pandas(USERS),
        polars.from_pandas(USERS),
        tmp_path / "users.parquet",
        str(tmp_path / "users.csv"),
    ):
        other = analyse(data, SPEC)
        assert other.users == first.users
        for ours, theirs in zip(other.results, first.results, strict=True):
            assert ours.effect.low == pytest.approx(theirs.effect.low, rel=1e-9)
        assert [check.key for check in other.checks] == [check.key for check in first.checks]
    pd.testing.assert_frame_equal(USERS, before)


def test_chinese_headers_are_understood():
    chinese = USERS.rename(
        columns={
            "unit_id": "用户ID",
            "variant": "分组",
            "exposed_at": "进组时间",
            "converted": "是否转化",
            "revenue": "金额",
            "orders": "订单数",
        }
    )
    ours = analyse(chinese, Experiment(goal="conversion", secondary=("uv_value",))).goal("B").effect
    assert ours.low == pytest.approx(analyse(USERS, Experiment()).goal("B").effect.low)


def test_any_column_names_will_do():
    odd = USERS.rename(columns={"revenue": 'spend "net"; drop', "variant": "my arm", "unit_id": "id"})
    spec = Experiment(goal=preset("uv_value", column='spend "net"; drop'), arm="my arm", unit="id")
    assert analyse(odd, spec).goal("B").effect.low == pytest.approx(
        analyse(USERS, Experiment(goal="uv_value")).goal("B").effect.low
    )


def test_a_changed_mind_reads_no_user_again():
    tally = tally_of(USERS, SPEC)
    analyse(tally, SPEC)
    other = Experiment(
        goal=SPEC.goal,
        guardrails=SPEC.guardrails,
        secondary=SPEC.secondary,
        segments=SPEC.segments,
        planned_sample=60_000,
        looks=(20_000,),
        alpha=0.1,
        prior=0.2,
        margin=0.3,
        horizon=3,
    )
    changed = analyse(tally, other)
    assert changed.goal("B").effect.low == pytest.approx(analyse(USERS, other).goal("B").effect.low, rel=1e-9)


def test_a_lower_cap_needs_no_second_reading():
    from ecops.experiments.statistics.capping import Cap

    tally = tally_of(USERS, Experiment(goal="uv_value"))
    at = float(np.sort(USERS.revenue)[-15])
    cells = tally.moments("", {"revenue": Cap(-np.inf, at, 14, 0, 0.0, 0.0, typo=False)})[""]
    for name in "AB":
        expected = arm(USERS, name, "revenue").clip(max=at)
        assert cells[name].sample("revenue").mean == pytest.approx(expected.mean(), rel=1e-12)
        assert cells[name].sample("revenue").variance == pytest.approx(expected.var(ddof=1), rel=1e-9)


def test_segments_speak_only_when_they_differ():
    same = analyse(USERS, SPEC)
    assert not any(test.differs for test in same.segment_tests)
    assert {effect.value for effect in same.segments} == {"mobile", "desktop"}
    split = USERS.copy()
    touched = (split.variant == "B") & (split.device == "desktop")
    split.loc[touched, "revenue"] *= 2.5
    assert analyse(split, SPEC).segment_tests[0].differs


def test_the_path_ends_at_the_total():
    readout = analyse(USERS, SPEC)
    assert len(readout.path) == 21
    assert readout.path[-1].users == 40_000
    assert readout.path[-1].difference == pytest.approx(readout.goal("B").effect.difference)
    widths = [point.high - point.low for point in readout.path]
    assert widths[0] > 3 * widths[-1]


def test_the_path_of_one_day_is_one_point():
    readout = analyse(shop(2_000, days=1), Experiment())
    assert [point.users for point in readout.path] == [2_000]


def test_a_fading_effect_is_noticed():
    rng = np.random.default_rng(9)
    users = shop(60_000, seed=5)
    day = (users.exposed_at - users.exposed_at.min()).dt.days
    fresh = (users.variant == "B") & (rng.random(len(users)) < 0.08 * (1 - day / 20))
    users.loc[fresh, "converted"] = True
    readout = analyse(users, Experiment())
    assert "novelty" in [check.key for check in readout.checks]
    assert readout.trends["B"].first > readout.trends["B"].last
    assert "novelty" not in [check.key for check in analyse(shop(60_000, lift=0.1, seed=5), Experiment()).checks]


def test_three_arms_are_held_to_a_higher_standard():
    users = shop(45_000, lift=0.2, share=2 / 3, seed=6)
    rng = np.random.default_rng(0)
    c = (users.variant == "B") & (rng.random(len(users)) < 0.5)
    users.loc[c, "variant"] = "C"
    spec = Experiment(arms={"A": 1, "B": 1, "C": 1}, planned_sample=45_000)
    readout = analyse(users, spec)
    wide, single = readout.goal("B").effect, analyse(users[users.variant != "C"], Experiment()).goal("B").effect
    strongest = max(readout.goal(name).effect.critical for name in "BC")
    assert strongest == pytest.approx(2.2414, abs=1e-3)
    assert wide.difference == pytest.approx(single.difference)


def test_a_guardrail_is_held_one_sided_at_alpha_over_all_looks():
    spec = Experiment(guardrails=(("uv_value", 0.05),), planned_sample=80_000, looks=(20_000,), alpha=0.05)
    users = USERS
    readout = analyse(users, spec)
    rail = readout.guardrails("B")[0]
    fractions = [20_000 / 80_000, len(users) / 80_000]
    critical = group_sequential(fractions, 0.10).critical[-1]
    expected = non_inferiority(rail.effect, 0.05, critical=critical)
    assert rail.guardrail.low == pytest.approx(expected.low, rel=1e-9)
    timid = non_inferiority(rail.effect, 0.05, critical=group_sequential(fractions, 0.05).critical[-1])
    assert rail.guardrail.low > timid.low


def test_users_in_two_arms_are_left_out_of_every_figure():
    rows = pd.DataFrame(
        [("u1", "A", 1, 10.0), ("u1", "B", 1, 990.0), ("u2", "A", 1, 20.0), ("u2", "A", 0, 5.0), ("u3", "A", 0, 0.0)]
        + [(f"b{at}", "B", at % 2, 7.0 * (at % 2)) for at in range(6)],
        columns=["unit_id", "variant", "converted", "revenue"],
    )
    found = moments(rows, ["converted", "revenue"])
    assert (found["A"].n, found["B"].n) == (2, 6)  # u1 is in neither
    assert found["A"].mean * 2 == pytest.approx([1, 25])
    assert found["B"].mean * 6 == pytest.approx([3, 21])
    assert found["B"].active.tolist() == [3, 3]


@pytest.mark.parametrize("held", ["AX", "BC"])
def test_the_control_and_another_arm_must_both_be_in_the_data(held):
    users = shop(200, days=7)
    users["variant"] = users.variant.map(dict(zip("AB", held, strict=True)))
    with pytest.raises(SpecError, match="not those of the data"):
        analyse(users, Experiment(arms={"A": 1, "B": 1, "C": 1}))


@pytest.mark.parametrize(
    ("levels", "worst"),
    [("", "green"), ("green", "green"), ("green amber", "amber"), ("amber red green", "red"), ("red", "red")],
)
def test_a_readout_is_as_good_as_the_worst_of_its_checks(levels, worst):
    readout = analyse(shop(400, days=7, rate=0.2), Experiment())
    checks = tuple(Check("split", level, Message("Goal")) for level in levels.split())
    assert replace(readout, checks=checks).level == worst


def test_arms_that_differed_beyond_any_number_before_the_test_are_red():
    users = shop(2_000, days=7, rate=0.2).drop(columns="pre_value")
    far = np.where(users.variant == "B", 1_000.0, 0.0) + np.arange(len(users)) % 2
    readout = analyse(users.assign(pre_value=far), Experiment(goal="uv_value", covariates=("pre_value",)))
    assert {check.level for check in readout.checks if check.key == "balance"} == {"red"}
    near = analyse(users.assign(pre_value=far % 1_000), Experiment(goal="uv_value", covariates=("pre_value",)))
    assert "balance" not in {check.key for check in near.checks}


@pytest.mark.parametrize(("times", "typo"), [(1_000, False), (1_000.5, True)])
def test_more_than_a_thousand_times_the_median_payer_is_a_typing_error(times, typo):
    users = shop(400, days=7, rate=0.2)
    users["revenue"] = np.where(users.converted, 64.0, 0.0)
    users.loc[users.index[users.converted][0], "revenue"] = 64.0 * times
    assert analyse(users, Experiment(goal="uv_value")).caps["revenue"].typo is typo


def test_what_a_conversion_was_counted_as_is_said():
    users = shop(2_000, days=7, rate=0.2, seed=3)
    spec = Experiment(secondary=(preset("aov", cap=False),))
    worth = users.revenue.sum() / users.converted.sum()

    def notes(rows):
        return [note.text("en") for note in analyse(rows, spec).notes if "conversion" in note.text("en")]

    assert notes(users) == [f"A conversion was counted as {worth:.0f}, as in these data."]
    assert notes(users.assign(revenue=0.0)) == ["Give the worth of one conversion to see what this is worth in money."]


def test_the_path_of_daily_totals_begins_with_the_fifth_day_and_ends_at_the_total():
    users = shop(3_000, days=7, rate=0.2, seed=3)
    sums = totals(users, "exposed_at").rename(columns={"exposed_at": "date"}).drop(columns="revenue_squares")
    readout = analyse(sums, Experiment(goal="uv_value", date="date"))
    days = sorted(sums["date"].unique())
    assert [(point.day, point.arm) for point in readout.path] == [(day.date(), "B") for day in days[4:]]
    assert [point.users for point in readout.path] == [sums.users[sums["date"] <= day].sum() for day in days[4:]]
    assert readout.path[-1].difference == pytest.approx(readout.goal("B").effect.difference)
    assert all(math.isfinite(point.low) and point.low < point.difference < point.high for point in readout.path)
