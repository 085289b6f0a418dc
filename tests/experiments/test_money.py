"""What an arm is worth a month, worked out by hand from effects and totals that are given."""

import datetime as dt
import math
from types import SimpleNamespace

import numpy as np
import pytest

from ecops.experiments import Experiment, Metric, analyse, compare_means, compare_proportions, posterior, preset
from ecops.experiments.reading.tally import Tally, Totals
from ecops.experiments.results.money import stakes
from ecops.experiments.results.readout import MetricResult
from ecops.experiments.statistics.samples import moments_of
from ecops.messages import Money
from tests.experiments.shops import START

HELD = {("A", "conversions"): 100.0, ("B", "conversions"): 150.0}
LOOKS = SimpleNamespace(critical=2.5)
GOAL = Experiment().goal_metric
RATE = compare_proportions((1_000, 100), (1_200, 150))
WORTH = compare_means((1_000, 5_000.0, 90_000.0), (1_200, 6_600.0, 99_000.0))


def tally(values=None, days=10, users=(1_000.0, 1_200.0), currency="CNY"):
    """Totals of two arms, and a third that got no part in the test."""
    sums = {(arm, "users"): np.array([count]) for arm, count in zip("AB", users, strict=True)}
    sums |= {key: np.array([value]) for key, value in (values or {}).items()}
    ends = (START, START + dt.timedelta(days - 1)) if days else (None, None)
    people = {"A": users[0], "B": users[1], "X": 100.0}
    return Tally("totals", people, totals=Totals((), sums), first_day=ends[0], last_day=ends[1], currency=currency)


def goal(effect=RATE, metric=GOAL, arm="B", believed=True):
    belief = posterior(effect, 0.1, less_is_better=metric.less_is_better) if effect is not None and believed else None
    return MetricResult(metric, arm, "goal", effect, posterior=belief)


def other(metric, effect, role="secondary", arm="B"):
    return MetricResult(metric, arm, role, effect)


def said(notes):
    return [note.text("en") for note in notes]


SALES = "Money means sales, not profit; give the gross margin to see profit."


def test_the_worth_that_was_given_comes_before_the_metrics_own():
    spec = Experiment(value=50.0, margin=0.4, horizon=3, monthly_traffic=9_000.0, currency="USD")
    result = goal()
    found, notes = stakes(tally(), spec, (result,), {}, LOOKS)
    month = 50 * 0.4 * 9_000
    stake, belief = found["B"], result.posterior
    assert (stake.gain.value, stake.gain.low, stake.gain.high) == pytest.approx(
        (RATE.difference * month, RATE.low * month, RATE.high * month)
    )
    assert (stake.gain.currency, stake.gain.horizon) == ("USD", "month")
    assert (stake.loss_if_shipped, stake.loss_if_kept) == pytest.approx(
        (belief.loss_if_shipped * month * 3, belief.loss_if_kept * month * 3)
    )
    assert (stake.months, stake.traffic, stake.value, stake.measured) == (3, 9_000, 20, None)
    assert notes == ()
    own = preset("conversion", value=7.0)
    for given, each in ((Experiment(goal=own), 7.0), (Experiment(goal=own, value=0.0), 0.0)):
        assert stakes(tally(), given, (goal(metric=own),), {}, LOOKS)[0]["B"].value == each


def test_fewer_refunds_are_a_gain():
    metric = Metric("refunds", "Refunds", "mean", "refunds", less_is_better=True, value=2.0)
    spec = Experiment(goal=metric, monthly_traffic=100.0)
    gain = stakes(tally(), spec, (goal(WORTH, metric),), {}, LOOKS)[0]["B"].gain
    assert (gain.value, gain.low, gain.high) == pytest.approx(
        (-200 * WORTH.difference, -200 * WORTH.high, -200 * WORTH.low)
    )


def test_the_traffic_of_a_month_is_that_of_the_test():
    spec = Experiment(value=50.0)
    found, notes = stakes(tally(days=4), spec, (goal(),), {}, LOOKS)
    assert found["B"].traffic == pytest.approx(2_300 / 4 * 30)
    assert said(notes) == ["Reckoned with 17,250 users a month, as many as came into the test.", SALES]
    found, notes = stakes(tally(days=0), spec, (goal(),), {}, LOOKS)
    assert found == {}
    assert said(notes) == ["Give the visitors a month to see what this is worth in money."]


UV = preset("uv_value")


def test_revenue_that_was_measured_is_the_money():
    spec = Experiment(secondary=("uv_value",), margin=0.5, monthly_traffic=1_000.0, prior=0.2)
    found, notes = stakes(tally(), spec, (goal(), other(UV, WORTH)), {}, LOOKS)
    stake, wide = found["B"], WORTH.at(2.5)
    assert notes == ()
    assert stake.measured == wide
    assert (stake.gain.value, stake.gain.low, stake.gain.high) == pytest.approx(
        (500 * WORTH.difference, 500 * wide.low, 500 * wide.high)
    )
    belief = posterior(wide, 0.2)
    assert stake.loss_if_kept == pytest.approx(belief.loss_if_kept * 500 * 6)
    assert stake.gain.currency == "CNY"


def test_revenue_is_not_the_money_where_a_worth_is_known_or_it_was_not_measured():
    lost = compare_means([-1.0, -2.0, 0.0], [1.0, 2.0, 4.0])
    cost = preset("conversion", less_is_better=True)
    given = {"monthly_traffic": 1_000.0, "secondary": ("uv_value",)}
    for spec, metric, effect in (
        (Experiment(value=3.0, **given), GOAL, WORTH),
        (Experiment(goal=preset("conversion", value=3.0), **given), preset("conversion", value=3.0), WORTH),
    ):
        stake = stakes(tally(), spec, (goal(metric=metric), other(UV, effect)), {}, LOOKS)[0]["B"]
        assert (stake.measured, stake.value) == (None, 3.0)
    for spec, metric, effect in (
        (Experiment(goal=cost, **given), cost, WORTH),
        (Experiment(**given), GOAL, None),
        (Experiment(**given), GOAL, lost),
        (Experiment(goal="roi", **given), preset("roi"), WORTH),
    ):
        held = tally({("A", "conversions"): 100.0, ("B", "conversions"): 150.0})
        found, notes = stakes(held, spec, (goal(metric=metric), other(UV, effect)), {}, LOOKS)
        assert found == {}
        assert said(notes) == ["Give the worth of one conversion to see what this is worth in money."]
    itself = stakes(tally(), Experiment(goal="uv_value", monthly_traffic=10.0), (goal(WORTH, UV),), {}, LOOKS)[0]["B"]
    assert (itself.measured, itself.value) == (None, 1.0)


def test_an_arm_whose_revenue_is_not_known_has_no_money_beside_one_whose_is():
    spec = Experiment(arms={"A": 1, "B": 1, "C": 1, "D": 1}, secondary=("uv_value",), monthly_traffic=10.0)
    results = (
        goal(None), goal(arm="C"), goal(believed=False, arm="D"),
        other(UV, WORTH), other(UV, None, arm="C"), other(UV, WORTH, arm="D"),
    )  # fmt: skip
    assert stakes(tally(), spec, results, {}, LOOKS)[0] == {}
    found, _ = stakes(tally(), spec, (*results[:4], other(UV, WORTH, arm="C")), {}, LOOKS)
    assert list(found) == ["C"]
    both = (goal(None), goal(arm="C"), goal(believed=False, arm="D"))
    assert list(stakes(tally(), Experiment(arms=spec.arms, value=2.0, monthly_traffic=9.0), both, {}, LOOKS)[0]) == [
        "C"
    ]


def held(first, second, conversions=(100.0, 150.0)):
    return tally({("A", "revenue"): first, ("B", "revenue"): second,
                  ("A", "conversions"): conversions[0], ("B", "conversions"): conversions[1]})  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "money"), [(5_000.0, 5_999.0, False), (5_000.0, 6_000.0, True), (5_000.0, 6_001.0, True)]
)
def test_a_goal_whose_revenue_went_the_other_way_promises_no_money(first, second, money):
    # 5.00 a visitor before; 6,000 among 1,200 is as much.
    spec = Experiment(secondary=("uv_value",), monthly_traffic=1_000.0)
    found, notes = stakes(held(first, second), spec, (goal(None, arm="C"), other(UV, None), goal()), {}, LOOKS)
    assert bool(found) is money
    if money:
        assert found["B"].value == pytest.approx((first + second) / 250)
        assert notes[0].params["value"] == Money((first + second) / 250, "CNY")
        assert said(notes)[1:] == [SALES]
    else:
        assert len(notes) == 1
        assert (notes[0].params["before"], notes[0].params["after"]) == (Money(5.0, "CNY"), Money(5_999 / 1_200, "CNY"))
        worth = Experiment(value=9.0, monthly_traffic=1_000.0)
        assert stakes(held(first, second), worth, (goal(),), {}, LOOKS)[0]["B"].value == 9
        dollars = Experiment(currency="USD", monthly_traffic=1.0)
        assert stakes(held(first, second), dollars, (goal(),), {}, LOOKS)[1][0].params["after"].currency == "USD"


def test_a_conversion_without_revenue_or_of_a_figure_of_the_file_has_no_worth():
    told = ["Give the worth of one conversion to see what this is worth in money."]
    given = {"monthly_traffic": 10.0, "secondary": ("uv_value",)}
    for data in (held(0.0, 0.0), held(900.0, 1_200.0, (0.0, 0.0)), tally(days=10)):
        found, notes = stakes(data, Experiment(**given), (goal(),), {}, LOOKS)
        assert (found, said(notes)) == ({}, told)
    alone = stakes(held(900.0, 1_200.0), Experiment(monthly_traffic=10.0), (goal(),), {}, LOOKS)
    assert (alone[0], said(alone[1])) == ({}, told)  # no figure of money was asked for
    own = Metric("own:joined", "joined", "proportion", "converted", total="conversions", unit="rate")
    mine = stakes(held(900.0, 1_200.0), Experiment(goal=own, **given), (goal(metric=own),), {}, LOOKS)
    assert (mine[0], said(mine[1])) == ({}, told)
    clicks = stakes(held(900.0, 1_200.0), Experiment(goal="ctr", **given), (goal(metric=preset("ctr")),), {}, LOOKS)
    assert (clicks[0], said(clicks[1])) == ({}, told)
    counted = Metric("pages", "Pages", "mean", "pages")
    pages = stakes(held(900.0, 1_200.0), Experiment(goal=counted, **given), (goal(metric=counted),), {}, LOOKS)
    assert (pages[0], said(pages[1])) == ({}, told)


def test_an_order_worth_more_is_worth_as_many_orders_as_users_bring():
    aov = preset("aov")
    spec = Experiment(goal="aov", monthly_traffic=10.0)
    data = tally({("A", "orders"): 110.0, ("B", "orders"): 220.0})
    assert stakes(data, spec, (goal(WORTH, aov),), {}, LOOKS)[0]["B"].value == pytest.approx(330 / 2_200)
    assert stakes(tally(), spec, (goal(WORTH, aov),), {}, LOOKS)[0] == {}


def test_rows_of_people_give_the_worth_of_a_conversion_too():
    def arm(bought, worth, n):
        return moments_of({"converted": np.arange(n) < bought, "revenue": np.where(np.arange(n) < bought, worth, 0.0)})

    cells = {"A": arm(10, 90.0, 100), "B": arm(30, 50.0, 300), "X": arm(5, 999.0, 9)}
    users = {name: float(cell.n) for name, cell in cells.items()}
    columns = dict.fromkeys(("converted", "revenue"))
    data = Tally("units", users, ("converted", "revenue"), {"": {"": cells}}, columns=columns)
    spec = Experiment(arms={"A": 1, "B": 1, "C": 1}, secondary=("uv_value",), monthly_traffic=10.0)
    found, notes = stakes(data, spec, (goal(),), {}, LOOKS)
    assert found["B"].value == pytest.approx((900 + 1_500) / 40)
    assert said(notes) == ["A conversion was counted as 60, as in these data.", SALES]
    blind = Tally("units", users, ("converted", "revenue"), {"": {"": cells}}, columns={"converted": None})
    assert stakes(blind, spec, (goal(),), {}, LOOKS)[0] == {}
    each = stakes(data, Experiment(goal=preset("buyer_value"), monthly_traffic=10.0),
                  (goal(WORTH, preset("buyer_value")),), {}, LOOKS)[0]["B"]  # fmt: skip
    assert each.value == pytest.approx(40 / 400)
    assert math.isfinite(each.gain.low)


def test_the_currency_that_was_given_comes_before_that_of_the_data():
    assert analyse(tally(HELD), Experiment()).currency == "CNY"
    assert analyse(tally(HELD), Experiment(currency="USD")).currency == "USD"


def test_of_few_refunds_fewer_are_better():
    rare = {("A", "conversions"): 1.0, ("B", "conversions"): 6.0}
    more, fewer = (
        analyse(tally(rare), Experiment(goal=preset("conversion", less_is_better=less))).goal("B").posterior
        for less in (False, True)
    )
    assert more.better > 0.8
    assert fewer.better == pytest.approx(1 - more.better)
    assert (fewer.loss_if_shipped, fewer.loss_if_kept) == (more.loss_if_kept, more.loss_if_shipped)
