"""A counted funnel by hand: what each step is counted from, sums over segments, rows and money."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.funnel import Step, from_table
from ecops.funnel.causes.onset import onset
from ecops.funnel.causes.whatif import interval, outcome, raise_step, standing
from ecops.statistics import critical_value

DATA = pd.DataFrame(
    {
        "channel": ["a", "a", "b"], "device": ["m", "d", "m"], "visitors": [100, 60, 40], "cart_users": [20, 9, 0],
        "pay_buyers": [5, 0, 4], "pay_amount": [500.0, 0.0, 100.0],
    }
)  # fmt: skip
STEPS = ["visitors", Step("cart_users", optional=True), "pay_buyers"]


def made(steps=STEPS, data=DATA):
    return from_table(data, steps, by=["channel", "device"], amount="pay_amount")


def test_an_optional_step_is_not_what_the_next_is_counted_from():
    table = made()
    assert table.base == (-1, 0, 0)
    assert table.required == (0, 2)
    assert made(["visitors", "cart_users", "pay_buyers"]).base == (-1, 0, 1)


def test_rows_of_a_table_by_hand():
    rows = made().rows
    assert rows["position"].tolist() == [1, 2, 3] * 3
    assert rows["step"].tolist() == ["visitors", "cart_users", "pay_buyers"] * 3
    of = {(r.channel, r.device, r.step): r for r in rows.itertuples()}
    assert np.isnan(of["a", "m", "visitors"].rate_prev)
    assert (of["a", "m", "pay_buyers"].rate_prev, of["a", "d", "cart_users"].rate_prev) == (0.05, 0.15)
    assert of["b", "m", "pay_buyers"].rate_first == 0.1
    assert (of["a", "m", "pay_buyers"].amount, of["b", "m", "pay_buyers"].order_value) == (500.0, 25.0)
    assert rows.loc[rows["step"] != "pay_buyers", "amount"].isna().all()
    # Nobody paid on the desktop: what a payment is worth there is that of the whole shop.
    assert of["a", "d", "visitors"].order_value == pytest.approx(600 / 9)


def test_parts_and_sums_by_hand():
    table = made()
    along = table.along("channel")
    assert (along.segments, along.counts.tolist()) == ((("a",), ("b",)), [[160, 29, 5], [40, 0, 4]])
    assert along.amount.tolist() == [500, 100]
    only = table.only(channel="a", device="m")
    assert (only.segments, only.distinct.tolist(), only.amount.tolist()) == ((("a", "m"),), [100, 20, 5], [500])
    assert table.total.counts.tolist() == [[200, 29, 9]]
    assert table.total.by == ()
    assert (table.count("pay_buyers"), table.count("pay_buyers", channel="a")) == (9, 5)
    assert table.only(channel="none").counts.shape == (0, 3)
    with pytest.raises(SpecError, match="chanel"):
        table.only(chanel="a")


def test_days_go_along():
    days = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in range(2)]
    data = pd.concat([DATA.assign(date=day) for day in days])
    table = made(data=data)
    assert table.along("device").daily[1].tolist() == [[60, 9, 0], [140, 20, 9]]
    assert table.only(device="d").daily[0].tolist() == [[60, 9, 0]]
    assert table.along("device").daily_amount.tolist() == [[0, 600], [0, 600]]
    assert table.only(channel="b").daily_amount.tolist() == [[100], [100]]


def test_a_table_without_payments_has_no_order_value():
    assert np.isnan(made(data=DATA.assign(pay_buyers=0, pay_amount=0.0)).order_value).all()
    assert np.isnan(from_table(DATA, ["visitors", "pay_buyers"]).along(()).order_value).tolist() == [False]


HAND = pd.DataFrame({"channel": ["a", "b"], "visitors": [1000, 2000], "cart_users": [100, 100], "pay_buyers": [50, 20]})
MONEY = HAND.assign(pay_amount=[5000.0, 4000.0])


@pytest.mark.parametrize("money", [True, False])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_without_days_is_that_of_the_later_rates(money, level):
    table = from_table(MONEY if money else HAND, ["visit", "cart", "pay"], by="channel")
    case = raise_step(table, "cart", 0.01, level=level)
    # Of 10 and 20 more in the cart 1/2 and 1/5 pay, 100 and 200 each; the spread of an order is as large as its mean.
    if money:
        variance = 10**2 * 0.5 * 100**2 * 1.5 / 100 + 20**2 * 0.2 * 200**2 * 1.8 / 100
    else:
        variance = 10**2 * 0.5 * 0.5 / 100 + 20**2 * 0.2 * 0.8 / 100
    reach = float(critical_value(level)) * np.sqrt(variance)
    assert case.difference == pytest.approx(1_300 if money else 9)
    assert (case.difference - case.low, case.high - case.difference) == pytest.approx((reach, reach))
    assert case.base == (9_000 if money else 70)


@pytest.mark.parametrize("days", [4, 5])
def test_five_days_tell_how_far_it_swings(days):
    carts, pays = np.array([90, 110, 100, 95, 105])[:days], np.array([40, 60, 45, 52, 49])[:days]
    dates = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in range(days)]
    data = pd.DataFrame({"date": dates, "visitors": 1000, "cart_users": carts, "pay_buyers": pays})
    case = raise_step(from_table(data, ["visit", "cart", "pay"]), "cart", 0.01)
    share, added = pays.sum() / carts.sum(), 10 * days
    if days < 5:
        reach = float(critical_value()) * added * np.sqrt(share * (1 - share) / carts.sum())
    else:
        missed = ((pays - share * carts) ** 2).sum() * 5 / 4
        reach = float(critical_value(df=4)) * added / carts.sum() * np.sqrt(missed)
    assert case.high - case.difference == pytest.approx(reach)


def test_more_that_pay_than_have_a_cart_are_no_uncertainty():
    table = from_table(MONEY.assign(pay_buyers=[120, 20]), ["visit", "cart", "pay"], by="channel")
    case = raise_step(table, "cart", 0.01, {"channel": "a"})
    value = 5000 / 120
    assert case.difference == pytest.approx(10 * 1.2 * value)
    assert case.high - case.difference == pytest.approx(float(critical_value()) * 10 * value / np.sqrt(100))
    held = raise_step(table, "pay", 0.5, {"channel": "a"})
    assert (held.raised, held.difference, held.capped) == (1.2, 0, True)


def test_a_segment_without_carts_goes_on_as_the_whole_shop():
    wider = pd.concat([MONEY, pd.DataFrame(
        {"channel": ["c"], "visitors": [500], "cart_users": [0], "pay_buyers": [0], "pay_amount": [0.0]})])  # fmt: skip
    table = from_table(wider, ["visit", "cart", "pay"], by="channel")
    case = raise_step(table, "cart", 0.02, {"channel": "c"})
    assert case.difference == pytest.approx(500 * 0.02 * 70 / 200 * 9_000 / 70)
    assert not case.capped
    assert raise_step(table, "cart", 0.9, {"channel": "a"}).capped is False
    assert raise_step(table, "cart", 0.901, {"channel": "a"}).capped is True


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (0.0, "There would be 0 payments more in these days."),
        (-0.05, "There would be 45 payments fewer in these days."),
        # Of 900 that would pay more or fewer a point, six tenths of one.
        (-0.6 / 900, "There would be 1 payment fewer in these days."),
    ],
)
def test_nothing_is_no_loss(points, sentence):
    table = from_table(HAND, by="channel")
    case = raise_step(table, "cart", points)
    assert outcome(table, case).text("en") == sentence
    priced = from_table(MONEY, by="channel", currency="CNY")
    assert outcome(priced, raise_step(priced, "cart", 0.0)).text("en") == "It would bring ¥0 more in these days."
    assert outcome(priced, raise_step(priced, "cart", -0.05)).text("en") == "It would cost ¥6,500 in these days."
    assert standing(table, case).text("en").endswith("Now: 70 payments.")


def test_less_than_half_a_payment_fewer_is_none():
    from dataclasses import replace

    table = from_table(HAND, by="channel")
    case = replace(raise_step(table, "cart", 0.0), low=-0.3, high=3.0)
    assert "between 0 and 3 payments" in interval(table, case).text("en")


@pytest.mark.parametrize(("after", "day"), [(20.0, 1), (70.0, None)])
def test_two_days_can_tell_where_a_fall_began(after, day):
    found = onset(np.array([80.0, after]), np.array([100.0, 100.0]), 0.8)
    assert (found.day if found else None) == day
