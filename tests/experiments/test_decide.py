"""The order of verdicts, what each one says, and that a plausible week one is not a winner."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from ecops import handbook
from ecops.experiments import Experiment, Metric, analyse, decide, findings, preset
from ecops.experiments.telling.words import arm_name
from ecops.messages import Message, Term
from tests.experiments.shops import shop, totals


def verdict(users, **spec):
    return decide(analyse(users, Experiment(**{"planned_sample": len(users), **spec})))


def test_a_winner_is_shipped_with_money():
    users = shop(lift=0.25, seed=2)
    decision = verdict(users, secondary=("uv_value",), margin=0.4, monthly_traffic=100_000)
    assert decision.kind == "ship"
    assert decision.choose == "treatment"
    effect = decision.result.effect
    assert effect.low > 0
    # The money is that of the revenue a visitor, as measured, with its own interval.
    revenue = decision.stake.measured
    assert decision.stake.value == pytest.approx(0.4)
    assert decision.stake.gain.value == pytest.approx(revenue.difference * 100_000 * 0.4)
    assert decision.stake.gain.low == pytest.approx(revenue.low * 100_000 * 0.4)
    each = users.groupby("variant").revenue.mean()
    assert revenue.difference == pytest.approx(each["B"] - each["A"], rel=0.05)
    alone = verdict(users, margin=0.4, monthly_traffic=100_000, value=120.0)
    assert alone.stake.measured is None
    assert alone.stake.gain.value == pytest.approx(effect.difference * 100_000 * 0.4 * 120)
    assert 0 < decision.chance_wrong < 0.05
    assert decision.next_look is None
    assert decision.action == handbook.advice("experiment_ship")
    said = decision.headline.text("zh")
    assert said.startswith("上线实验组（B）：支付转化率由")
    assert "每月约多收" in said
    assert "p<" not in str(decision.headline)


def test_a_loser_is_stopped():
    decision = verdict(shop(lift=-0.25, seed=3))
    assert (decision.kind, decision.choose) == ("stop", "control")
    assert decision.result.effect.p_value < 0.05  # two-sided: a loser is as clear as a winner
    assert decision.action.rule == "experiment_stop"


def test_a_flat_test_chooses_by_expected_loss():
    decision = verdict(shop(seed=4))
    assert decision.kind == "flat"
    belief = decision.result.posterior
    assert (decision.choose == "treatment") == (belief.loss_if_shipped < belief.loss_if_kept)
    assert decision.chance_wrong == pytest.approx(min(belief.better, 1 - belief.better))


def test_a_test_without_its_sample_goes_on():
    users = shop(20_000, days=14, lift=0.04, seed=4)
    decision = verdict(users, planned_sample=60_000)
    assert decision.kind == "continue"
    assert decision.more_users == 40_000
    assert decision.more_days == 28
    assert decision.next_look == dt.date(2026, 11, 22)
    assert any("40,000" in str(reason) for reason in decision.reasons)


def test_week_one_looks_good_and_is_not():
    # No effect at all, and a first week (of this seed) in which a test with a single look would ship B.
    users = shop(20_000, days=28, seed=1038)
    week = users[users.exposed_at < pd.Timestamp("2026-11-09")]
    assert analyse(week, Experiment(monitoring="single_look")).goal("B").effect.verdict == "better"
    assert analyse(week, Experiment()).goal("B").effect.verdict == "open"  # nobody said it was the only look
    early = decide(analyse(week, Experiment(planned_sample=20_000)))
    assert early.kind in {"continue", "too_early"}
    final = decide(analyse(users, Experiment(planned_sample=20_000, looks=(len(week),))))
    assert final.kind == "flat"
    assert early.next_look is not None


def test_earlier_looks_raise_the_bar():
    users = shop(lift=0.1, seed=5)
    once = analyse(users, Experiment(planned_sample=40_000))
    often = analyse(users, Experiment(planned_sample=40_000, looks=(10_000, 20_000, 30_000), spending="pocock"))
    assert often.looks.number == 4
    assert often.goal("B").effect.critical > 1.1 * once.goal("B").effect.critical
    assert often.goal("B").effect.low < once.goal("B").effect.low
    late = analyse(users, Experiment(planned_sample=30_000, looks=(30_500,)))
    assert late.looks.closed
    assert "late_look" in [check.key for check in late.checks]
    assert decide(late).kind == "flat"


def test_too_early():
    short = decide(analyse(shop(9_000, days=5, lift=0.5), Experiment(planned_sample=40_000)))
    assert short.kind == "too_early"
    assert short.next_look == dt.date(2026, 11, 8)
    rare = decide(analyse(shop(4_000, rate=0.01, seed=2), Experiment()))
    assert rare.kind == "too_early"
    assert any("conversions" in str(reason) for reason in rare.reasons)
    tiny = decide(analyse(shop(10_000), Experiment(planned_sample=1_000_000)))
    assert tiny.kind == "too_early"


def test_a_skewed_split_is_not_valid_whatever_the_effect():
    users = shop(lift=0.5, share=0.53, seed=6)
    decision = verdict(users)
    assert decision.kind == "invalid"
    assert decision.action.rule == "experiment_invalid"
    assert decision.result.effect is not None
    assert "+50%" not in str(decision.headline)
    assert verdict(users, arms={"A": 0.47, "B": 0.53}).kind == "ship"


def test_a_leak_is_not_valid():
    users = shop(lift=0.3, seed=7)
    users.loc[:49, "variant"] = "C"
    decision = decide(analyse(users, Experiment(arms={"A": 1, "B": 1, "C": 0}, planned_sample=40_000)))
    assert decision.kind == "invalid"
    assert "50 users" in str(decision.reasons[0])


def test_a_day_on_which_only_one_arm_got_traffic():
    users = shop(40_000, seed=8, lift=0.3)
    lost = (users.exposed_at == pd.Timestamp("2026-11-05")) & (users.variant == "B")
    extra = users[(users.exposed_at == pd.Timestamp("2026-11-06")) & (users.variant == "B")].head(int(lost.sum()))
    repaired = pd.concat([users[~lost], extra.assign(unit_id=extra.unit_id + "x")])
    decision = verdict(repaired)
    assert decision.kind == "invalid"
    assert any("5 Nov" in str(reason) for reason in decision.reasons)


def test_arms_that_differed_before_are_not_valid():
    users = shop(seed=9)
    users.loc[users.variant == "B", "pre_value"] *= 1.2
    assert verdict(users, goal="uv_value", covariates=("pre_value",)).kind == "invalid"


def test_a_broken_guardrail_comes_before_the_gain():
    users = shop(lift=0.4, seed=10)
    cheaper = (users.variant == "B") & users.converted
    users.loc[cheaper, "revenue"] *= 0.6
    decision = verdict(users, guardrails=(("aov", 0.05),))
    assert decision.result.effect.low > 0
    assert decision.kind == "guardrail"
    assert "笔单价" in decision.reasons[0].text("zh")


def test_a_gain_with_an_unproven_guardrail_waits():
    users = shop(lift=0.3, seed=11)
    decision = decide(
        analyse(users, Experiment(goal="conversion", guardrails=(("aov", 0.001),), planned_sample=40_000))
    )
    assert decision.kind == "flat"
    assert decision.choose == "control"
    assert any("ruled out" in str(reason) for reason in decision.reasons)


def test_a_sure_but_small_gain_is_not_shipped():
    users = shop(lift=0.25, seed=2)
    assert verdict(users, worthwhile=0.1).kind == "ship"
    assert verdict(users, worthwhile=0.9).kind == "flat"


def test_of_several_arms_the_best_is_shipped():
    users = shop(60_000, lift=0.2, share=2 / 3, seed=12)
    rng = np.random.default_rng(1)
    users.loc[(users.variant == "B") & (rng.random(len(users)) < 0.5), "variant"] = "C"
    more = (users.variant == "C") & (rng.random(len(users)) < 0.02)
    users.loc[more, "converted"] = True
    decision = verdict(users, arms={"A": 1, "B": 1, "C": 1})
    assert (decision.kind, decision.arm) == ("ship", "C")
    assert dict(decision.arms)["C"] == "ship"
    assert any("Holm" in str(text) for text in decision.adjusted)


@pytest.mark.row(94)
def test_costs_are_better_when_lower():
    users = shop(60_000, seed=13, rate=0.1)
    users["ad_cost"] = np.where(users.variant == "B", 0.8, 1.0) * np.random.default_rng(2).gamma(4.0, 1.0, len(users))
    decision = verdict(users, goal="cac")
    assert decision.kind == "ship"
    assert decision.result.effect.difference < 0
    assert decision.stake.gain.value > 0
    assert decision.result.posterior.better > 0.99


def test_profit_with_a_negative_baseline_is_told_without_percentages():
    rng = np.random.default_rng(3)
    users = shop(20_000, seed=14)
    users["profit"] = rng.normal(-2.0, 10, len(users)) + np.where(users.variant == "B", 3.0, 0.0)
    metric = Metric("profit", Term(en="Profit", zh="利润"), "mean", "profit", unit="money", value=1.0, cap=True)
    decision = verdict(users, goal=metric)
    assert decision.kind == "ship"
    assert decision.result.effect.lift.status == "baseline_not_positive"
    assert "%" not in str(decision.headline).split("Chance")[0]


def test_one_typing_error_does_not_decide():
    users = shop(lift=0.3, seed=15)
    users.loc[users.index[users.variant == "A"][0], "revenue"] = 2.46e14
    readout = analyse(users, Experiment(goal="uv_value", planned_sample=40_000))
    assert "outlier" in [check.key for check in readout.checks]
    assert readout.goal("B").effect.control < 10
    assert readout.goal("B").uncapped.control > 1e9
    assert readout.goal("B").effect.verdict == "better"
    assert readout.goal("B").uncapped.verdict == "open"


def test_daily_totals_reach_a_verdict():
    users = shop(80_000, days=28, lift=0.3, seed=16)
    frame = totals(users, "exposed_at").drop(columns="revenue_squares")
    decision = verdict(users=frame, goal="uv_value", date="date", planned_sample=80_000)
    assert decision.kind == "ship"
    assert any("28 days" in str(text) for text in decision.adjusted)


def test_nothing_is_shipped_on_money_that_the_goal_alone_promises():
    users = shop(40_000, lift=0.3, seed=2)
    spec = Experiment(secondary=("uv_value",), planned_sample=40_000)
    assert decide(analyse(users, spec)).kind == "ship"

    def poorer(share):
        return users.assign(revenue=users.revenue.where(users.variant == "A", users.revenue * share))

    less = decide(analyse(poorer(0.6), spec))
    assert (less.kind, less.choose) == ("guardrail", "control")
    assert less.stake.gain.value < 0
    assert "surely less money, although Conversion rate rose" in less.reasons[0].text("en")
    # Not surely less, but no more either: conversion alone is no reason.
    even = analyse(poorer(0.79), spec)
    assert even.goal("B").effect.verdict == "better"
    assert even.stakes["B"].measured.verdict == "open"
    decision = decide(even)
    assert (decision.kind, decision.choose) == ("flat", "control")
    assert decision.stake.gain.value < 0
    assert "Shipping would rest on Conversion rate alone" in decision.reasons[0].text("en")
    whole = decide(analyse(poorer(0.6), Experiment(goal="uv_value", planned_sample=40_000)))
    assert whole.kind == "stop"


def test_totals_that_contradict_the_goal_promise_no_money():
    frame = totals(shop(40_000, lift=0.3, seed=2)).drop(columns="revenue_squares")
    spec = Experiment(secondary=("uv_value",), planned_sample=40_000, monthly_traffic=1e5)
    assert decide(analyse(frame, spec)).stake.gain.value > 0
    frame.loc[frame.variant == "B", "revenue"] *= 0.6
    readout = analyse(frame, spec)
    assert readout.stakes == {}
    assert any("went the other way" in note.text("en") for note in readout.notes)


def test_the_smaller_arm_decides_whether_it_is_too_early():
    users = shop(40_000, share=0.02, rate=0.02, seed=3)
    spec = Experiment(arms={"A": 98, "B": 2}, planned_sample=40_000, secondary=("uv_value",))
    readout = analyse(users, spec)
    assert sum(readout.conversions.values()) > 700
    decision = decide(readout)
    assert decision.kind == "too_early"
    assert "in arm B so far; at least 50 are needed in each arm" in decision.reasons[0].text("en")
    revenue = next(one for one in readout.results if one.metric.key == "uv_value")
    assert revenue.effect is None
    assert "about" in revenue.refusal.text("en")
    three = shop(40_000, lift=0.5, seed=3)
    three.loc[:99, "variant"] = "C"
    both = decide(analyse(three, Experiment(arms={"A": 199, "B": 200, "C": 1}, planned_sample=40_000)))
    assert (both.kind, dict(both.arms)["C"]) == ("ship", "too_early")


@pytest.mark.parametrize(
    ("control", "other", "zh"),
    [
        ("control", "treatment", ("对照组", "实验组")),
        ("Control", "Treatment", ("对照组", "实验组")),
        ("A", "B", ("对照组（A）", "实验组（B）")),
        ("原版", "treatment", ("对照组（原版）", "实验组")),
        ("treatment", "control", ("对照组（treatment）", "实验组（control）")),  # the register may turn them round
        ("对照组", "实验组1", ("对照组", "实验组1")),
    ],
)
def test_arms_are_called_by_their_part_in_chinese(control, other, zh):
    spec = Experiment(arms={control: 1, other: 1, "stray": 0}, control=control)
    names = [arm_name(spec, arm) for arm in (control, other, "stray")]
    assert [Message("{arm}", arm=name).text("zh") for name in names] == [*zh, "stray"]
    assert [Message("{arm}", arm=name).text("en").casefold() for name in names] == [
        control.casefold(), other.casefold(), "stray",
    ]  # fmt: skip


def test_names_of_arms_stay_data():
    spec = Experiment(arms={"A": 1, "**B**": 1}, control="A")
    said = Message("{arm}", arm=arm_name(spec, "**B**"))
    assert said.text("zh", lambda data: data.replace("*", "")) == "实验组（B）"


def test_groups_are_called_as_people_call_them():
    users = shop(share=0.5, seed=1)
    lost = users.index[(users.device == "mobile") & (users.variant == "B")][:1_000]
    decision = verdict(users.drop(lost), segments=("device",), planned_sample=40_000)
    said = [reason.text("zh") for reason in decision.reasons]
    assert any(text.startswith("移动端的分流比例与计划不符（偏离 +") for text in said)
    renamed = users.drop(lost).rename(columns={"device": "channel"})
    said = [reason.text("zh") for reason in verdict(renamed, segments=("channel",), planned_sample=40_000).reasons]
    assert any(text.startswith("渠道为「mobile」的人群，分流比例与计划不符") for text in said)


def larger_risk_of_keeping(decision):
    assert decision.choose != "treatment"
    assert decision.stake.loss_if_kept > decision.stake.loss_if_shipped
    assert decision.despite in decision.reasons
    return str(decision.despite), decision.despite.text("zh")


def test_why_to_keep_what_seems_the_larger_risk():
    gain, money = shop(lift=0.3, seed=11), {"value": 90.0, "monthly_traffic": 50_000}
    unproven = verdict(gain, guardrails=(("aov", 0.001),), **money)
    en, zh = larger_risk_of_keeping(unproven)
    assert "Average order value is not in them, and a loss of more than 0.10% there cannot be ruled out" in en
    assert "笔单价没有算在内，还不能排除它变差超过 0.10%" in zh

    cheaper = gain.assign(revenue=gain.revenue.where(gain.variant == "A", gain.revenue * 0.6))
    harmed = verdict(cheaper, guardrails=(("aov", 0.05),), **money)
    assert harmed.kind == "guardrail"
    en, zh = larger_risk_of_keeping(harmed)
    assert "harm to Average order value" in en
    assert "surely goes beyond the 5.0%" in en
    assert "没有算进笔单价变差的损失" in zh

    small = verdict(gain, worthwhile=0.9, **money)
    en, zh = larger_risk_of_keeping(small)
    assert "below the 90% that was called worthwhile" in en
    assert "改版本身的成本" in zh

    sums = totals(gain).drop(columns="revenue_squares")
    untested = verdict(sums, guardrails=(("uv_value", 0.05),), planned_sample=len(gain), **money)
    en, zh = larger_risk_of_keeping(untested)
    assert "these data cannot test it" in en
    assert "无法检验" in zh

    early = verdict(shop(20_000, lift=0.1, seed=5), planned_sample=60_000, **money)
    assert early.kind == "continue"
    en, zh = larger_risk_of_keeping(early)
    assert "before its sample is complete" in en
    assert "还没跑满样本" in zh


def test_nothing_is_explained_where_verdict_and_risk_agree():
    for users in (shop(lift=0.25, seed=2), shop(lift=-0.25, seed=3), shop(seed=4), shop(share=0.53, seed=6)):
        decision = verdict(users, value=90.0)
        stake = decision.stake
        assert decision.despite is None
        if decision.choose:
            assert (stake.loss_if_shipped < stake.loss_if_kept) == (decision.choose == "treatment")


@pytest.mark.parametrize(
    ("kind", "users", "spec"),
    [
        ("stop", shop(lift=-0.25, seed=3), {}),
        ("flat", shop(seed=4), {}),
        ("flat", shop(lift=0.3, seed=11), {"guardrails": (("aov", 0.001),)}),
        ("continue", shop(20_000, lift=0.1, seed=5), {"planned_sample": 60_000}),
        ("too_early", shop(9_000, days=5, lift=0.5), {"planned_sample": 40_000}),
        ("invalid", shop(share=0.53, seed=6), {}),
    ],
)
def test_only_a_winner_brings_money_into_the_review(kind, users, spec):
    readout = analyse(users, Experiment(**{"planned_sample": len(users), "value": 90.0, **spec}))
    assert decide(readout).kind == kind
    assert readout.stakes["B"].gain.value != 0
    (finding,) = findings(readout)
    assert finding.money is None


def test_the_finding_carries_the_verdict():
    readout = analyse(shop(lift=0.25, seed=2), Experiment(name="页头", goal="uv_value", planned_sample=40_000))
    (finding,) = findings(readout)
    assert finding.area == "experiments"
    assert finding.confidence == "confirmed"
    assert finding.subject == {"experiment": "页头", "arm": "B"}
    assert finding.money.low < finding.money.value < finding.money.high
    assert finding.before == readout.goal("B").effect.control
    assert finding.n == 40_000
    assert finding.action.rule == "experiment_ship"
    (broken,) = findings(analyse(shop(share=0.53, seed=6), Experiment()))
    assert broken.kind == "data"
    assert math.isnan(broken.before)
    assert broken.money is None


@pytest.mark.parametrize("monitoring", ["always_valid", "single_look"])
def test_other_ways_of_looking(monitoring):
    users = shop(lift=0.25, seed=2)
    readout = analyse(users, Experiment(planned_sample=40_000, monitoring=monitoring))
    expected = {"always_valid": 3.035, "single_look": 1.96}[monitoring]
    assert readout.looks.critical == pytest.approx(expected, abs=1e-3)


@pytest.mark.row(97, 98)
def test_every_preset_names_its_metric_in_both_languages():
    for key in ("ctr", "conversion", "payment_rate", "uv_value", "aov", "cac", "roi", "repeat_rate"):
        metric = preset(key)
        assert metric.label.en
        assert metric.label.zh
        assert 0.1 <= metric.suggested_lift <= 0.12
