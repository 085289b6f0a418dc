"""Every verdict and every sentence of it, from readouts that are given: 10 % of 4,000 users against what B did."""

import datetime as dt
import math
from dataclasses import replace

import pytest

from ecops.experiments import Experiment, compare_means, compare_proportions, decide, non_inferiority, posterior, preset
from ecops.experiments.decide import despite
from ecops.experiments.looks.health import Check
from ecops.experiments.results.readout import Looks, MetricResult, Readout, Stake
from ecops.experiments.statistics.effects import Lift
from ecops.finding import Amount
from ecops.messages import Message
from tests.experiments.shops import START

GOAL, UV, AOV = Experiment().goal_metric, preset("uv_value"), preset("aov")
BETTER, WORSE, OPEN = (compare_proportions((4_000, 400), (4_000, count)) for count in (520, 300, 410))
MORE, LESS, EVEN = (compare_means((4_000, 40_000.0, 900_000.0), (4_000, total, 900_000.0)) for total in
                    (44_000.0, 36_000.0, 40_100.0))  # fmt: skip
LOOKS = Looks(8_000.0, 8_000.0, 8_000.0, 1.0, 1, 1.96, final=True, closed=False)
RUNNING = {"target": 16_000.0, "horizon": 16_000.0, "fraction": 0.5, "final": False}


def stake(gain=900.0, shipped=10.0, kept=400.0, measured=None):
    return Stake(Amount(gain, gain - 500, gain + 500, "CNY", "month"), shipped, kept, 6.0, 1_000.0, 5.0, measured)


def goal(effect=BETTER, arm="B", metric=GOAL, **belief):
    known = None if effect is None else posterior(effect, 0.1, less_is_better=metric.less_is_better)
    refusal = Message("Every user of both arms converted.") if effect is None else None
    return MetricResult(metric, arm, "goal", effect, posterior=known and replace(known, **belief), refusal=refusal)


def rail(status, effect=LESS, arm="B", metric=AOV):
    held = None if effect is None else replace(non_inferiority(effect, 0.02), status=status)
    return MetricResult(
        metric, arm, "guardrail", effect, guardrail=held, refusal=Message("Too few.") if held is None else None
    )


def readout(*results, spec=None, stakes=None, days=14, checks=(), conversions=400.0, **looks):
    results = results or (goal(),)
    spec = spec or Experiment(planned_sample=8_000)
    return Readout(
        spec=spec, kind="units", first_day=START if days else None,
        last_day=START + dt.timedelta(days - 1) if days else None, users=dict.fromkeys(spec.arms, 4_000.0),
        checks=checks,
        looks=replace(LOOKS, **looks), conversions=dict.fromkeys(spec.arms, conversions), results=results,
        stakes={} if stakes is None else {"B": stakes}, segments=(), segment_tests=(), path=(), trends={}, weekdays={},
        caps={}, adjustments=(), notes=(), currency="CNY",
    )  # fmt: skip


def en(messages):
    return [message.text("en") for message in messages]


WON = "Conversion rate from 10.0% to 13.0% (+30%)"
LOST = "Conversion rate from 10.0% to 7.5% (-25%)"
SAME = "Conversion rate from 10.0% to 10.2% (+2.5%)"


@pytest.mark.parametrize(
    ("given", "kind", "choose", "headline", "rule"),
    [
        (readout(), "ship", "treatment", f"Ship B: {WON}. Chance of being wrong: 0.1%.", "ship"),
        (readout(goal(WORSE)), "stop", "control", f"Stop B, it is worse: {LOST}. Chance of being wrong: 0.1%.", "stop"),
        (readout(goal(OPEN, better=0.7, loss_if_shipped=1.0, loss_if_kept=2.0)), "flat", "treatment",
         f"No clear difference in the full sample ({SAME}). B is the better bet, wrong with chance 30.0%.", "bet"),
        (readout(goal(OPEN, better=0.3, loss_if_shipped=2.0, loss_if_kept=1.0)), "flat", "control",
         f"No clear difference in the full sample ({SAME}). Keep what you have, wrong with chance 30.0%.", "stop"),
        (readout(goal(OPEN), **RUNNING), "continue", "",
         f"Keep B running, about 14 more days: {SAME} so far, not yet sure.", "continue"),
        (readout(goal(OPEN), days=0, **RUNNING), "continue", "",
         f"Keep B running: {SAME} so far, not yet sure.", "continue"),
        (readout(goal(OPEN), **RUNNING | {"target": 8_000.0}), "continue", "",
         f"Keep B running: {SAME} so far, not yet sure.", "continue"),
        (readout(days=6), "too_early", "", "Too early to say anything about B: keep it running.", "continue"),
        (readout(goal(), rail("broken")), "guardrail", "control",
         "Do not ship B: it harms what was to be protected.", "stop"),
        (readout(checks=(Check("split", "red", Message("Off.")),)), "invalid", "",
         "The result is not valid; do not decide on it. Repair the test and run it again.", "invalid"),
        (readout(goal(None), checks=(Check("split", "red", Message("Off.")),)), "invalid", "",
         "The result is not valid; do not decide on it. Repair the test and run it again.", "invalid"),
        (readout(goal(None)), "refused", "", "These data allow no honest test of Conversion rate.", None),
    ],
)  # fmt: skip
def test_each_verdict_has_its_sentence_its_choice_and_its_advice(given, kind, choose, headline, rule):
    found = decide(given)
    assert (found.kind, found.choose, found.arm) == (kind, choose, "B")
    assert found.headline.text("en") == headline
    assert (found.action.rule if found.action else None) == (rule and f"experiment_{rule}")
    assert found.arms == (("B", kind),)
    better = found.result.posterior.better if found.result.posterior else math.nan
    wrong = {"treatment": 1 - better, "control": better, "": math.nan}[choose]
    assert found.chance_wrong == pytest.approx(wrong, nan_ok=True)
    assert (found.next_look is None) is (kind not in {"continue", "too_early"} or given.last_day is None)
    if kind in {"invalid", "refused"}:
        assert en(found.reasons) == ["Off." if kind == "invalid" else "Every user of both arms converted."]


def test_the_money_stands_in_the_sentence():
    assert decide(readout(stakes=stake())).headline.text("en").startswith(f"Ship B: {WON}, about ¥900 more a month (")
    loss = decide(readout(goal(WORSE), stakes=stake(-900.0, 400.0, 10.0)))
    assert loss.headline.text("en").startswith(f"Stop B, it is worse: {LOST}, about ¥900 less a month (")


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        (readout(days=1), ["Only 1 day so far; a full week is needed so that every weekday counts."]),
        (readout(fraction=0.049), ["Only 4.9% of the planned sample is in."]),
        (readout(conversions=49.0), [
            "Only 49 conversions in arm A so far; at least 50 are needed in each arm.",
            "Only 49 conversions in arm B so far; at least 50 are needed in each arm."]),
        (readout(days=6, conversions=49.0, fraction=0.02), [
            "Only 6 days so far; a full week is needed so that every weekday counts.",
            "Only 49 conversions in arm A so far; at least 50 are needed in each arm.",
            "Only 49 conversions in arm B so far; at least 50 are needed in each arm.",
            "Only 2.0% of the planned sample is in."]),
    ],
)  # fmt: skip
def test_what_is_too_early_says_what_is_missing(given, reasons):
    assert en(decide(given).reasons) == reasons
    assert decide(replace(given, spec=Experiment(arms={"A": 1, "B": 1}))).kind == (
        "ship" if given.looks.fraction == 0.049 else "too_early"
    )


def test_money_that_few_make_up_is_too_early_and_just_enough_is_not():
    metric = preset("uv_value")
    for active, kind in ((30.0, "ship"), (29.0, "too_early")):
        effect = replace(MORE, active=(active, active), thirds=(0.0, 0.0))
        assert effect.lacking == 30 / active
        found = decide(readout(goal(effect, metric=metric), spec=Experiment(goal=metric)))
        assert found.kind == kind
        if kind == "too_early":
            assert en(found.reasons)[0].startswith(
                "Revenue per visitor: only 29 users of arm A have any so far; about 30"
            )


THREE = Experiment(arms={"A": 1, "B": 1, "C": 1}, planned_sample=8_000)


@pytest.mark.parametrize(
    ("first", "second", "kind", "arm"),
    [
        (BETTER, WORSE, "ship", "B"), (WORSE, BETTER, "ship", "C"), (OPEN, WORSE, "flat", "B"),
        (WORSE, OPEN, "flat", "C"),
        (WORSE, WORSE, "stop", "B"), (BETTER, BETTER, "ship", "B"), (None, WORSE, "stop", "C"),
        (None, None, "refused", "B"),
        (OPEN, BETTER, "ship", "C"),
    ],
)  # fmt: skip
def test_of_several_arms_the_best_verdict_counts(first, second, kind, arm):
    found = decide(readout(goal(first), goal(second, "C"), spec=THREE))
    assert (found.kind, found.arm) == (kind, arm)
    kinds = {BETTER: "ship", WORSE: "stop", OPEN: "flat", None: "refused"}
    assert found.arms == (("B", kinds[first]), ("C", kinds[second]))


def test_of_arms_with_one_verdict_the_one_with_the_larger_expected_gain_is_told_of():
    first = goal(BETTER, loss_if_shipped=1.0, loss_if_kept=5.0)
    for shipped, kept, arm in ((1.0, 5.1, "C"), (0.9, 5.0, "C"), (1.1, 5.0, "B"), (3.0, 6.0, "B"), (1.0, 4.9, "B")):
        second = goal(BETTER, "C", loss_if_shipped=shipped, loss_if_kept=kept)
        assert decide(readout(first, second, spec=THREE)).arm == arm
    for results in ((goal(None), goal(OPEN, "C")), (goal(OPEN), goal(None, "C"))):
        red = readout(*results, spec=THREE, checks=(Check("split", "red", Message("Off.")),))
        assert decide(red).arm == ("B" if results[1].effect is None else "C")
    # Where one arm has too few and the other enough, the other is judged.
    few = replace(readout(first, goal(BETTER, "C"), spec=THREE), conversions={"A": 90, "B": 90, "C": 9})
    assert (decide(few).arm, decide(few).arms) == ("B", (("B", "ship"), ("C", "too_early")))


def test_a_broken_guardrail_is_told_before_the_goal_and_an_open_one_after():
    margin = "Average order value from ¥10 to ¥9 (-10.0%)"
    broken = decide(readout(goal(), rail("broken"), rail("open")))
    assert broken.kind == "guardrail"
    assert en(broken.reasons)[0] == f"{margin}: surely worse than the 2.0% agreed on."
    assert broken.chance_wrong == pytest.approx(broken.result.posterior.better)
    unproven = decide(readout(goal(), rail("held"), rail("open")))
    why = f"{margin}: a loss of more than 2.0% cannot be ruled out yet."
    assert (unproven.kind, unproven.choose) == ("flat", "control")
    assert math.isnan(unproven.chance_wrong)
    assert unproven.headline.text("en") == f"Not enough to ship ({WON}). Keep what you have. {why}"
    assert en(unproven.reasons)[0] == why
    assert decide(readout(goal(), rail("held"))).kind == "ship"
    going = decide(readout(goal(), rail("open"), **RUNNING))
    assert (going.kind, en(going.reasons)[0]) == ("continue", why)
    assert decide(readout(goal(WORSE), rail("open"))).kind == "stop"
    untested = decide(readout(goal(), rail("open", None)))
    assert en(untested.reasons)[0] == "Guardrail Average order value: Too few."
    early = decide(readout(goal(OPEN), rail("open"), **RUNNING))
    assert why not in en(early.reasons)  # an open goal before the end asks nothing of the guardrails
    bet = decide(readout(goal(OPEN, better=0.9, loss_if_shipped=1.0, loss_if_kept=2.0), rail("open")))
    assert (bet.kind, bet.choose) == ("flat", "control")
    assert bet.headline.text("en") == f"No clear difference in the full sample ({SAME}). Keep what you have. {why}"
    assert math.isnan(bet.chance_wrong)


def test_a_sure_gain_that_is_too_small_waits_or_is_kept():
    spec = Experiment(planned_sample=8_000, worthwhile=0.31)
    found = decide(readout(spec=spec))
    why = "The gain is sure, but smaller than the 31% that was called worthwhile."
    assert (found.kind, en(found.reasons)[0]) == ("flat", why)
    assert decide(readout(spec=spec, **RUNNING)).kind == "continue"
    assert decide(readout(goal(WORSE), spec=spec)).kind == "stop"
    assert why not in en(decide(readout(goal(OPEN), spec=spec)).reasons)
    vague = replace(BETTER, lift=Lift(0.1, 0.0, 0.2, "baseline_uncertain"))
    assert decide(readout(goal(vague), spec=spec)).kind == "ship"
    both = decide(readout(goal(), rail("open"), spec=spec))
    assert "cannot be ruled out" in en(both.reasons)[0]
    assert en(both.reasons)[1] == why


def test_after_the_last_look_nothing_more_is_concluded():
    assert decide(readout(closed=True)).kind == "flat"
    assert decide(readout(goal(WORSE), closed=True)).kind == "flat"


def measured(effect, shipped=1.0, kept=2.0, first=BETTER, **looks):
    """A goal beside the revenue a user, which is the money."""
    money = MetricResult(UV, "B", "secondary", effect)
    return readout(goal(first), money, stakes=stake(1.0, shipped, kept, effect), **looks)


def test_money_that_was_measured_has_a_say():
    assert decide(measured(MORE)).kind == "ship"
    less = decide(measured(LESS, 2.0, 1.0))
    change = "Revenue per visitor from ¥10 to ¥9 (-10.0%)"
    assert (less.kind, less.choose) == ("guardrail", "control")
    assert en(less.reasons)[0] == f"{change}: surely less money, although Conversion rate rose."
    even = "Revenue per visitor from ¥10 to ¥10.03 (+0.25%)"
    why = f"Conversion rate rose, but not the money: {even}. Shipping would rest on Conversion rate alone."
    for shipped, kind in ((2.0, "flat"), (1.999, "ship")):
        found = decide(measured(EVEN, shipped, 2.0))
        assert found.kind == kind
    found = decide(measured(EVEN, 2.0, 2.0))
    assert en(found.reasons)[0] == why
    assert found.headline.text("en") == f"Not enough to ship ({WON}). Keep what you have. {why}"
    going = decide(measured(EVEN, 2.0, 2.0, **RUNNING))
    assert going.kind == "continue"
    assert going.headline.text("en") == f"Do not ship B yet. {why}"
    assert decide(measured(LESS, 2.0, 1.0, first=WORSE)).kind == "stop"
    # A flat goal is a bet only where the money favours it too.
    for shipped, kept, choose in ((1.0, 2.0, "treatment"), (2.0, 2.0, "control"), (2.0, 1.0, "control")):
        given = measured(EVEN, shipped, kept)
        results = (goal(OPEN, loss_if_shipped=1.0, loss_if_kept=2.0), *given.results[1:])
        assert decide(replace(given, results=results)).choose == choose
    alone = replace(readout(goal(OPEN, loss_if_shipped=1.0, loss_if_kept=2.0)), stakes={"B": stake(1.0, 2.0, 1.0)})
    assert decide(alone).choose == "treatment"


def test_no_look_is_asked_for_where_a_guardrail_speaks_before_the_money():
    given = measured(EVEN, 2.0, 2.0, **RUNNING)
    found = decide(replace(given, results=(*given.results, rail("open"))))
    assert found.headline.text("en").startswith("Do not ship B yet. Conversion rate rose, but not the money")
    only = readout(
        goal(), rail("open"), MetricResult(UV, "B", "secondary", MORE), stakes=stake(1.0, 1.0, 2.0, MORE), **RUNNING
    )
    assert decide(only).headline.text("en").startswith("Keep B running, about 14 more days")


def test_the_interval_and_what_each_choice_risks_are_told():
    text = en(decide(readout(stakes=stake())).reasons)
    lift = BETTER.lift
    assert text[0] == f"Conversion rate: between {lift.low:+.1%} and {lift.high:+.0%}."
    assert text[1] == "Choosing now, over 6 months: shipping risks ¥10 on average, not shipping ¥400."
    assert len(text) == 2
    assert en(decide(readout(days=6, stakes=stake())).reasons)[1:] == []
    red = readout(stakes=stake(), checks=(Check("split", "red", Message("Off.")),))
    assert en(decide(red).reasons) == ["Off."]


@pytest.mark.parametrize(
    ("users", "days", "said"),
    [
        (1_680.0, 14, "Still missing: about 14,320 users, 120 days at this traffic."),
        (1_679.0, 14, "Still missing: about 14,321 users, 120 days at this traffic."),
        (1_666.0, 14, "Still missing: about 14,334 users, 121 days. That is long; test a bolder change."),
        (15_999.5, 14, "Still missing: about 1 user, 1 day at this traffic."),
        (8_000.0, 0, "Still missing: about 8,000 users."),
        (16_000.0, 14, None),
    ],
)
def test_what_is_missing_is_told_while_a_test_goes_on(users, days, said):
    text = en(decide(readout(goal(OPEN), days=days, **RUNNING | {"users": users})).reasons)
    assert text[1:] == ([said] if said else [])
    assert not any("missing" in one for one in en(decide(readout(goal(OPEN), users=7_000.0)).reasons))


KEPT = "Why not ship all the same: "


@pytest.mark.parametrize(
    ("results", "looks", "said"),
    [
        ((goal(OPEN),), RUNNING, "the expected losses are averages over all that is still possible."),
        ((goal(), rail("open")), {}, "the expected losses count Conversion rate alone, on average over all that is "
         "possible. Average order value is not in them, and a loss of more than 2.0% there cannot be ruled out yet."),
        ((goal(), rail("open")), RUNNING, "the expected losses count Conversion rate alone, on average over all "
         "that is possible. Average order value is not in them, and a loss of more than 2.0% there cannot be ruled out "
         "yet."),
        ((goal(), rail("open"), rail("broken")), {}, "the expected losses count Conversion rate alone. The harm to "
         "Average order value is not in them, and it surely goes beyond the 2.0% agreed on."),
        ((goal(), rail("held"), rail("open", None)), {}, "the expected losses count Conversion rate alone, on average "
         "over all that is possible. Average order value is not in them, and these data cannot test it."),
        ((goal(WORSE),), {}, None),
        ((goal(),), {}, None),
    ],
)  # fmt: skip
def test_why_the_larger_risk_is_taken(results, looks, said):
    found = decide(readout(*results, stakes=stake(), **looks))
    assert (found.despite is None) is (said is None)
    if said:
        assert found.despite.text("en").startswith(KEPT + said)
        assert en(found.reasons).count(found.despite.text("en")) == 1
    for kept in (10.0, 9.0):  # the risk of shipping is as large, or larger
        assert decide(readout(*results, stakes=stake(kept=kept), **looks)).despite is None
    assert decide(readout(*results, **looks)).despite is None


def test_why_a_small_gain_is_not_taken_and_which_figure_the_losses_count():
    spec = Experiment(planned_sample=8_000, worthwhile=0.31)
    small = decide(readout(spec=spec, stakes=stake()))
    assert small.despite.text("en").startswith(KEPT + "the gain is below the 31% that was called worthwhile")
    given = measured(MORE, 1.0, 9.0, **RUNNING)
    open_rail = replace(given, results=(*given.results, rail("open")))
    assert "count Revenue per visitor alone" in decide(open_rail).despite.text("en")
    flat = measured(EVEN, 1.0, 2.0)
    doubts = f"{KEPT}the expected losses count Revenue per visitor, and Conversion rate, which was to decide, does not"
    for kept, against in ((1.0, True), (0.9, True), (1.1, False)):
        results = (goal(OPEN, loss_if_shipped=1.0, loss_if_kept=kept), *flat.results[1:])
        found = decide(replace(flat, results=results))
        assert (found.despite is not None and found.despite.text("en").startswith(doubts)) is against
    for kind in ("ship", "stop", "too_early", "invalid", "refused"):
        assert despite(given, kind, given.results[0], given.stakes["B"]) is None
    assert despite(given, "flat", goal(None), given.stakes["B"]) is None
