"""Bad input is answered by a clear error or a refusal, never by a number."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError, EcopsError, FileError, SpecError
from ecops.experiments import Experiment, Metric, analyse, decide, posterior, preset, tally_of
from ecops.messages import Term
from tests.experiments.shops import shop, totals

USERS = shop(20_000, lift=0.2)


def test_users_with_several_rows_are_added_up():
    again = pd.concat([USERS, USERS[USERS.converted].head(300)])
    readout = analyse(again, Experiment(goal="uv_value"))
    assert sum(readout.users.values()) == 20_000
    assert "duplicates" in [check.key for check in readout.checks]
    expected = again.groupby(["variant", "unit_id"]).revenue.sum().clip(upper=readout.caps["revenue"].high)
    assert readout.goal("B").effect.control == pytest.approx(expected["A"].mean())
    assert analyse(again, Experiment()).goal("B").effect.treatment <= 1  # twice converted is still one conversion


def test_users_in_two_arms_are_left_out_and_many_make_it_invalid():
    few, many = USERS.copy(), USERS.copy()
    few = pd.concat([few, few.head(50).assign(variant=lambda f: np.where(f.variant == "A", "B", "A"))])
    many = pd.concat([many, many.head(500).assign(variant=lambda f: np.where(f.variant == "A", "B", "A"))])
    mild = analyse(few, Experiment())
    assert sum(mild.users.values()) == 19_950
    assert {check.key: check.level for check in mild.checks}["crossed"] == "amber"
    assert decide(analyse(many, Experiment())).kind == "invalid"


def test_orders_uploaded_as_users_are_recognised():
    orders = USERS[USERS.orders > 0]
    orders = orders.loc[orders.index.repeat(orders.orders)].assign(revenue=lambda f: f.revenue / f.orders, orders=1)
    decision = decide(analyse(orders, Experiment(goal="uv_value")))
    assert decision.kind == "invalid"
    assert any("orders, not visitors" in str(reason) for reason in decision.reasons)


def test_only_buyers_cannot_show_a_conversion_rate():
    users = shop(20_000)
    readout = analyse(users[users.converted], Experiment())
    assert readout.goal("B").effect is None
    assert "Every user" in str(readout.goal("B").refusal)
    assert decide(readout).kind == "refused"


@pytest.mark.parametrize(
    ("change", "spec", "error", "words"),
    [
        (lambda f: f[f.variant == "A"], {}, DataError, "one arm only"),
        (lambda f: f, {"arms": {"old": 1, "new": 1}, "control": "old"}, SpecError, "A, B"),
        (lambda f: f.drop(columns="variant"), {}, EcopsError, "variant"),
        (lambda f: f, {"segments": ("devise",)}, SpecError, "device"),
        (lambda f: f, {"segments": ("unit_id",)}, SpecError, "too many"),
        (lambda f: f.assign(revenue="¥12"), {"goal": "uv_value"}, DataError, "text"),
        (lambda f: f.assign(variant=None), {}, EcopsError, ""),
        (lambda f: f.assign(unit_id=[None, *f.unit_id[1:]]), {}, DataError, "no user id"),
        (lambda f: f.assign(pre_value=np.nan), {"covariates": ("pre_value",)}, DataError, "empty"),
        (lambda f: f.head(0), {}, EcopsError, ""),
        (lambda f: f.assign(experiment=np.where(f.index % 2, "x", "y")), {}, SpecError, "several experiments"),
        (lambda f: f, {"looks": (30_000,), "planned_sample": 40_000}, SpecError, "earlier look"),
    ],
)
def test_unusable_data_is_an_error_with_a_way_out(change, spec, error, words):
    with pytest.raises(error) as caught:
        analyse(change(USERS), Experiment(**spec))
    assert words in str(caught.value)
    assert caught.value.text("zh") != caught.value.text("en")
    assert caught.value.hint is not None


def test_one_of_several_experiments_is_picked():
    both = pd.concat([USERS.assign(experiment="x"), shop(9_000, seed=3).assign(experiment="y")])
    assert sum(analyse(both, Experiment(name="y")).users.values()) == 9_000
    with pytest.raises(SpecError, match="does not exist"):
        analyse(both, Experiment(name="z"))


@pytest.mark.parametrize(
    "spec",
    [
        {"control": "C"},
        {"arms": {"A": 1}},
        {"arms": {"A": 1, "B": 0}},
        {"arms": {"A": 1, "B": -1}},
        {"goal": "conversions"},
        {"alpha": 0},
        {"margin": 0},
        {"horizon": 0},
        {"prior": -1},
        {"planned_sample": 1},
        {"looks": (200, 100), "planned_sample": 1000},
        {"looks": (100,), "planned_sample": 1000, "monitoring": "single_look"},
        {"monitoring": "hope"},
        {"monitoring": "always_valid"},
        {"guardrails": (("aov", 1.0),)},
        {"secondary": ("conversion",)},
    ],
)
def test_impossible_specs_are_errors(spec):
    with pytest.raises(SpecError):
        Experiment(**spec)


def test_a_ratio_needs_a_denominator():
    with pytest.raises(SpecError):
        Metric("x", Term(en="X", zh="X"), "ratio", "a")
    with pytest.raises(SpecError):
        preset("nothing")


def test_zero_variance_and_zero_baseline():
    flat = USERS.assign(revenue=5.0)
    refused = analyse(flat, Experiment(goal=preset("uv_value", cap=False)))
    assert "same value" in str(refused.goal("B").refusal)
    zero = USERS.assign(revenue=np.where(USERS.variant == "A", 0.0, USERS.revenue))
    effect = analyse(zero, Experiment(goal="uv_value")).goal("B").effect
    assert effect.lift.status == "baseline_not_positive"
    assert effect.low > 0


def test_blank_values_are_counted_as_zero_and_told():
    blank = USERS.assign(revenue=USERS.revenue.where(USERS.revenue > 0))
    ours = analyse(blank, Experiment(goal="uv_value"))
    assert "blanks" in [check.key for check in ours.checks]
    plain = analyse(USERS, Experiment(goal="uv_value"))
    assert ours.goal("B").effect.low == pytest.approx(plain.goal("B").effect.low, rel=1e-9)


def test_rows_without_arm_are_left_out_and_told():
    holes = USERS.copy()
    holes.loc[:99, "variant"] = None
    readout = analyse(holes, Experiment())
    assert sum(readout.users.values()) == 19_900
    assert "armless" in [check.key for check in readout.checks]


def test_values_that_are_not_numbers():
    odd = USERS.copy()
    odd.loc[0, "revenue"] = np.inf
    readout = analyse(odd, Experiment(goal="uv_value"))
    assert "blanks" in [check.key for check in readout.checks]
    assert np.isfinite(readout.goal("B").effect.high)


def test_totals_that_cannot_be():
    good = totals(USERS)
    with pytest.raises(EcopsError):
        analyse(good.assign(users=-5), Experiment())
    with pytest.raises(EcopsError):
        analyse(good.assign(users=np.inf), Experiment())
    more = analyse(good.assign(conversions=good.users + 1), Experiment())
    assert "do not fit" in str(more.goal("B").refusal)
    dated = totals(USERS, "exposed_at")
    dated.loc[0, "date"] = None
    with pytest.raises(DataError, match="Some totals"):
        analyse(dated, Experiment(date="date"))
    with pytest.raises(DataError, match="not a date"):
        analyse(totals(USERS, "exposed_at").assign(date="soon"), Experiment(date="date"))
    with pytest.raises(EcopsError):
        analyse(good[good.variant == "A"], Experiment())


def test_totals_that_stand_there_twice_are_refused_and_segments_added_up():
    dated, spec = totals(USERS, "exposed_at"), Experiment(goal="uv_value", date="date")
    plain = analyse(dated, spec)
    with pytest.raises(DataError, match="The totals of A on 2 Nov stand there more than once; 42 rows") as refused:
        analyse(pd.concat([dated, dated]), spec)
    assert "stand there" in refused.value.what.text("en")
    with pytest.raises(DataError, match="stand there more than once"):
        analyse(pd.concat([totals(USERS), totals(USERS)]), Experiment())
    parts = totals(USERS, "exposed_at", "device").rename(columns={"device": "segment"})
    summed = analyse(parts, spec)
    assert (summed.goal("B").effect.low, summed.users) == (pytest.approx(plain.goal("B").effect.low), plain.users)
    assert [check.key for check in summed.checks].count("parts") == 1
    both = analyse(pd.concat([parts, dated.assign(segment="全部")]), spec)
    assert (both.goal("B").effect.low, both.users) == (pytest.approx(plain.goal("B").effect.low), plain.users)


def test_few_days_of_totals_are_not_a_sample():
    days = totals(USERS[USERS.exposed_at < pd.Timestamp("2026-11-06")], "exposed_at").drop(columns="revenue_squares")
    readout = analyse(days, Experiment(goal="uv_value", date="date"))
    assert readout.goal("B").effect is None
    assert readout.goal("B").refusal is not None


def test_files_that_are_not_there_or_not_tables(tmp_path):
    with pytest.raises(FileError):
        analyse(tmp_path / "none.csv", Experiment())
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00a,b\n1")
    with pytest.raises(EcopsError):
        analyse(tmp_path / "bad.csv", Experiment())
    with pytest.raises(EcopsError):
        analyse(42, Experiment())


def test_small_tools_refuse_too():
    with pytest.raises(SpecError):
        posterior((0.1, 0.1), 0.0)


def levels(readout):
    return {check.key: check.level for check in readout.checks}


def test_rows_without_users_count_as_users_and_say_so():
    plain = USERS.drop(columns="unit_id")
    readout = analyse(plain, Experiment())
    assert readout.users == analyse(USERS, Experiment()).users
    assert levels(readout)["identity"] == "amber"
    told = next(check.text for check in readout.checks if check.key == "identity")
    assert "orders or visits" in str(told)
    assert "add the user ids" in str(told)
    # Orders without ids cannot be told from users, but a file in which everybody bought can.
    orders = plain[plain.orders > 0].drop(columns=["converted"])
    assert levels(analyse(orders, Experiment(goal="uv_value")))["buyers_only"] == "amber"


def test_one_user_in_an_arm_is_told_as_one():
    one = pd.concat([USERS[USERS.variant == "A"].head(1), USERS[USERS.variant == "B"]])
    readout = analyse(one, Experiment(arms={"A": 1, "B": 9_999}))
    assert "has one user only" in str(readout.goal("B").refusal)


def test_a_first_look_at_a_few_users_is_not_called_late():
    readout = analyse(shop(200, rate=0.3), Experiment(planned_sample=1_000_000))
    assert not readout.looks.closed
    assert "late_look" not in levels(readout)


def test_an_arm_in_which_nobody_buys_is_no_result():
    dead = USERS.assign(
        converted=USERS.converted & (USERS.variant == "A"), revenue=np.where(USERS.variant == "A", USERS.revenue, 0)
    )
    for goal in ("conversion", "uv_value"):
        decision = decide(analyse(dead, Experiment(goal=goal)))
        assert decision.kind == "invalid"
        assert "Nobody in arm B" in str(decision.reasons[0])
        assert decide(analyse(totals(dead), Experiment(goal=goal))).kind == "invalid"
    few = shop(300, rate=0.02)
    few["converted"] = few.converted & (few.variant == "A")
    assert "dead_arm" not in levels(analyse(few, Experiment()))


def test_a_covariate_measured_during_the_test_is_found():
    leaked = USERS.assign(pre_value=USERS.revenue)
    decision = decide(analyse(leaked, Experiment(goal="uv_value", covariates=("pre_value",))))
    assert decision.kind == "invalid"
    assert "same figure" in str(decision.reasons[0])
    exact = analyse(leaked, Experiment(goal=preset("uv_value", cap=False), covariates=("pre_value",)))
    assert "equals the figure of the test" in str(exact.goal("B").refusal)


def test_one_typing_error_below_zero_does_not_decide():
    typed = USERS.copy()
    typed.loc[typed.index[5], "revenue"] = -1e15
    plain, readout = (analyse(frame, Experiment(goal="uv_value")) for frame in (USERS, typed))
    assert readout.caps["revenue"].low == -readout.caps["revenue"].high
    assert levels(readout)["outlier"] == "amber"
    spread = plain.goal("B").effect.error
    assert readout.goal("B").effect.difference == pytest.approx(plain.goal("B").effect.difference, abs=spread)


def test_a_few_wrong_dates_do_not_stretch_the_test():
    dated = USERS.copy()
    dated.loc[dated.index[0], "exposed_at"] = pd.Timestamp("1901-01-01")
    dated.loc[dated.index[1], "exposed_at"] = pd.Timestamp("2099-12-31")
    spec = Experiment(goal="uv_value")
    plain, readout = analyse(USERS, spec), analyse(dated, spec)
    assert (readout.first_day, readout.last_day) == (plain.first_day, plain.last_day)
    assert levels(readout)["stray_days"] == "amber"
    assert readout.stakes["B"].traffic == pytest.approx(plain.stakes["B"].traffic)
    assert {point.day for point in readout.path} <= {point.day for point in plain.path}
    assert sum(readout.users.values()) == 20_000  # they still count


def test_what_if_costs_at_most_fifty_milliseconds_of_processor_time():
    users = shop(30_000, days=28, lift=0.1)
    spec = Experiment(
        goal="uv_value", secondary=("conversion", "aov"), segments=("device",), covariates=("pre_value",),
        planned_sample=40_000, looks=(10_000, 20_000),
    )  # fmt: skip
    tally = tally_of(users, spec)
    first = decide(analyse(tally, spec))
    for changes in ({"margin": 0.3}, {"monthly_traffic": 1e6}, {"horizon": 12.0}, {"prior": 0.3}, {"alpha": 0.01}):
        decide(analyse(tally, replace(spec, **changes)))
    fresh = tally_of(users, replace(spec, alpha=0.01))
    kept = decide(analyse(tally, replace(spec, alpha=0.01)))
    assert kept.headline.text("en") == decide(analyse(fresh, replace(spec, alpha=0.01))).headline.text("en")
    assert decide(analyse(tally, spec)).headline.text("en") == first.headline.text("en")
