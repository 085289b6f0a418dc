"""What a diagnosis tells of hand-made shops: mix or rate, gaps to a benchmark, money of unlike periods, the order."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecops.funnel import diagnose, from_table
from ecops.periods import Period


def shop(visits, rates, value=None, channels=("a", "b")):
    pays = np.asarray(visits, dtype=float) * rates
    data = {"channel": list(channels), "visitors": visits, "pay_buyers": pays}
    return from_table(pd.DataFrame(data if value is None else {**data, "pay_amount": pays * value}), by="channel")


def mixed(grown, **options):
    """Rates of 10 and 20 % that grow alike, while people move from the one to the other."""
    before = shop([100_000, 100_000], [0.1, 0.2], 50.0)
    after = shop([60_000, 140_000], np.array([0.1, 0.2]) * (1 + grown), 50.0)
    found = diagnose(after, before, **options)
    return found, [finding for finding in found.findings if finding.kind == "mix"]


@pytest.mark.parametrize(
    ("grown", "told"),
    [(0.0, True), (0.05, True), (0.06, False), (-0.2, False), (-0.1, False)],
)
def test_a_change_is_one_of_mix_from_seven_tenths_on(grown, told):
    found, mix = mixed(grown)
    # The mix makes .02 (1 + x / 2) of .02 + .17 x.
    assert found.mix.mix == pytest.approx(0.02 * (1 + grown / 2))
    assert found.mix.total == pytest.approx(0.02 + 0.17 * grown)
    assert bool(mix) is told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"min_effect": 0.13}, True), ({"min_effect": 0.14}, False), ({"min_loss": 1e5}, True),
        ({"min_loss": 1e9}, False), ({"alpha": 1e-300}, False),
    ],
)  # fmt: skip
def test_a_change_of_mix_must_be_large_and_sure_too(options, told):
    # 2 points of 15 are 13.3 %; of 200,000 visitors they are 4,000 payments of 50.
    assert bool(mixed(0.0, **options)[1]) is told


def test_without_segments_there_is_no_mix():
    whole = [shop([100_000, 100_000], rates).along(()) for rates in ([0.1, 0.2], [0.1, 0.1])]
    found = diagnose(whole[1], whole[0])
    assert found.mix is None
    assert [dict(finding.subject) for finding in found] == [{"step": "pay"}]


STEPS = {"visitors": [1e5, 1e5], "cart_users": [2e4, 2e4], "pay_buyers": [1e4, 1e4]}


def table(**columns):
    return from_table(pd.DataFrame({"channel": ["a", "b"], **STEPS, **columns}), by="channel", amount="pay_amount")


MONEY = {"pay_amount": [1e6, 2e6]}


def test_gaps_are_those_below_and_stand_at_their_own_step():
    found = diagnose(table(**MONEY), benchmark={"pay": 0.6})
    assert set(found.cells["step"]) == {"pay"}
    assert [dict(finding.subject) for finding in found] == [{"step": "pay"}]
    whole = found.cells[found.cells["depth"] == 0].iloc[0]
    assert (whole["gained"], whole["n"], whole["before"], whole["after"]) == pytest.approx((-4_000, 40_000, 0.6, 0.5))
    # A payment is worth 150.
    assert whole["money"] == pytest.approx(-4_000 * 150)
    assert found.findings[0].money.value == pytest.approx(-4_000 * 150)
    assert diagnose(table(**MONEY), benchmark={"pay": 0.4}).findings == ()
    cart = diagnose(table(**MONEY), benchmark={"cart": 0.25})
    assert set(cart.cells["step"]) == {"cart"}
    # Half of those with a cart pay.
    assert cart.cells.loc[cart.cells["depth"] == 0, "money"].iloc[0] == pytest.approx(-10_000 * 75)
    assert cart.money is None
    assert cart.mix is None


def test_a_step_that_changed_is_held_against_no_benchmark():
    before, after = table(**MONEY), table(pay_buyers=[8e3, 8e3], **MONEY)
    found = diagnose(after, before, benchmark={"pay": 0.6, "cart": 0.25})
    told = [(finding.subject["step"], finding.compare is None and finding.before) for finding in found]
    assert sorted(step for step, _ in told) == ["cart", "pay"]
    assert [finding.before for finding in found if finding.subject["step"] == "pay"] == [pytest.approx(0.5)]
    amounts = [abs(finding.money.value) for finding in found]
    assert amounts == sorted(amounts, reverse=True)


def test_a_funnel_as_benchmark_gives_the_rates_of_the_whole():
    other = table(cart_users=[3e4, 2e4], pay_buyers=[1e4, 5e3], **MONEY)
    found = diagnose(table(**MONEY), benchmark=other)
    assert {finding.subject["step"]: finding.before for finding in found} == {"cart": pytest.approx(0.25)}
    empty = table(visitors=[0, 0], cart_users=[0, 0], pay_buyers=[0, 0], pay_amount=[0, 0])
    assert diagnose(table(**MONEY), benchmark=empty).cells.empty


def test_money_of_a_longer_period_is_brought_to_the_shorter():
    before, after = table(**MONEY), table(**MONEY)
    day = dt.date(2026, 11, 1)
    fortnight, week = Period(day, day + dt.timedelta(13)), Period(day + dt.timedelta(14), day + dt.timedelta(20))
    found = diagnose(after, before, period=week, compare=fortnight)
    assert (found.money.before, found.money.after) == pytest.approx((1.5e6, 3e6))
    assert diagnose(after, before, period=week).money.before == pytest.approx(3e6)
    assert found.money.by_factor["entered"] == pytest.approx(1.5e6)


def test_without_money_the_parts_are_payments():
    plain = [table_.only() for table_ in (table(**MONEY), table(pay_buyers=[8e3, 1e4], **MONEY))]
    before, after = (replace(one, amount=None) for one in plain)
    found = diagnose(after, before)
    assert found.money.total == pytest.approx(-2_000)
    assert set(found.money.by_factor) == {"entered", "mix", "cart", "pay"}
    assert found.money.by_factor["pay"] == pytest.approx(-2_000)


def test_a_segment_above_a_hundred_per_cent_is_no_part_of_a_step():
    before, after = table(**MONEY), table(pay_buyers=[1e4, 2.1e4], **MONEY)
    cells = diagnose(after, before).cells
    pay = cells[cells["step"] == "pay"]
    assert "b" not in set(pay["channel"])
    assert pay["n"].max() == 2e4
    assert diagnose(table(pay_buyers=[1e4, 2e4], **MONEY), before).cells.query("step == 'pay'")["n"].max() == 4e4
