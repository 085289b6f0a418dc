"""What would it bring: exact by hand, additive, and an interval that covers."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from ecops.errors import EcopsError
from ecops.funnel import from_table
from ecops.funnel.causes.whatif import interval, outcome, raise_step, standing

HAND = pd.DataFrame(
    {
        "channel": ["a", "b"],
        "visitors": [1000, 2000],
        "cart_users": [100, 100],
        "pay_buyers": [50, 20],
        "pay_amount": [5000.0, 4000.0],
    }
)


def table(by="channel"):
    return from_table(HAND, ["visit", "cart", "pay"], by=by)


def test_by_hand():
    case = raise_step(table(), "cart", 0.05, {"channel": "a"})
    # 1,000 x 5 points = 50 more in the cart, half of them pay, 100 yuan each.
    assert case.base == 9000
    assert case.difference == pytest.approx(2500)
    assert case.steps["difference"].tolist() == pytest.approx([0, 50, 25])
    assert (case.rate, case.raised) == (pytest.approx(0.10), pytest.approx(0.15))
    assert case.low < 2500 < case.high


def test_parts_add_up_to_the_whole_shop():
    parts = [raise_step(table(), "cart", 0.01, {"channel": c}).difference for c in "ab"]
    assert raise_step(table(), "cart", 0.01).difference == pytest.approx(sum(parts))


def test_the_last_step_and_lowering():
    up, down = (raise_step(table(), "pay", x, {"channel": "b"}) for x in (0.1, -0.1))
    assert up.difference == pytest.approx(100 * 0.1 * 200)
    assert down.difference == pytest.approx(-up.difference)
    assert down.high < 0


def test_a_rate_stays_between_0_and_1():
    case = raise_step(table(), "pay", 5.0, {"channel": "a"})
    assert case.capped
    assert case.raised == 1.0
    assert case.difference == pytest.approx(50 * 100)
    assert raise_step(table(), "pay", -5.0).scenario == pytest.approx(0)


def test_a_part_that_nobody_came_to_holds_no_rate_back():
    nobody = pd.DataFrame({name: [0] for name in HAND.columns}).assign(channel="c")
    wider = from_table(pd.concat([HAND, nobody]), ["visit", "cart", "pay"], by="channel")
    case, without = raise_step(wider, "pay", -0.1), raise_step(table(), "pay", -0.1)
    assert not case.capped
    assert case.difference == pytest.approx(without.difference)


def test_nothing_changes_nothing():
    case = raise_step(table(), "cart", 0.0)
    assert (case.difference, case.low, case.high) == (0.0, 0.0, 0.0)


def test_without_money_the_unit_is_the_last_step():
    case = raise_step(from_table(HAND.drop(columns="pay_amount"), ["visit", "cart", "pay"]), "cart", 0.01)
    assert not case.with_money
    assert case.difference == pytest.approx(3000 * 0.01 * 70 / 200)


def test_days_without_money_tell_how_far_it_swings():
    carts, pays = np.array([90, 110, 100, 95, 105, 100]), np.array([40, 60, 45, 52, 49, 54])
    days = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in range(6)]
    frame = pd.DataFrame({"date": days, "visitors": 1000, "cart_users": carts, "pay_buyers": pays})
    case = raise_step(from_table(frame, ["visit", "cart", "pay"]), "cart", 0.01)
    missed = pays - pays.sum() / carts.sum() * carts
    error = 60 / carts.sum() * np.sqrt((missed**2).sum() * 6 / 5)
    assert case.difference == pytest.approx(60 * 300 / 600)
    assert case.high - case.difference == pytest.approx(special.stdtrit(5, 0.975) * error)


@pytest.mark.parametrize(
    ("step", "points", "where"),
    [
        ("visit", 0.1, {}),
        ("nope", 0.1, {}),
        ("pay", float("nan"), {}),
        ("pay", 0.1, {"city": "x"}),
        ("pay", 0.1, {"channel": "z"}),
    ],
)
def test_nonsense_is_refused(step, points, where):
    with pytest.raises(EcopsError):
        raise_step(table(), step, points, where)


@pytest.mark.parametrize("daily", [True, False])
def test_the_interval_covers_the_truth(daily):
    """Carts that pay with probability .4, exponential order values of mean 100: one cart is worth 40."""
    dice = np.random.default_rng(7)
    days = [dt.date(2026, 11, 1) + dt.timedelta(n) for n in range(14)]
    covered = 0
    for _ in range(400):
        carts = dice.poisson(60, 14)
        pays = dice.binomial(carts, 0.4)
        money = [dice.exponential(100, n).sum() for n in pays]
        frame = pd.DataFrame(
            {"date": days, "visitors": 1000, "cart_users": carts, "pay_buyers": pays, "pay_amount": money}
        )
        found = from_table(frame if daily else frame.drop(columns="date"), ["visit", "cart", "pay"])
        case = raise_step(found, "cart", 0.02)
        covered += case.low <= 14 * 1000 * 0.02 * 40 <= case.high
    # Four standard errors below .95.
    assert covered / 400 >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / 400)


def words(case, table):
    return [(message.text("zh"), message.text("en")) for message in (outcome(table, case), interval(table, case))]


def test_without_money_the_sentence_speaks_of_payments():
    plain = from_table(HAND.drop(columns="pay_amount"), by="channel")
    (zh, en), (zh_range, en_range) = words(raise_step(plain, "cart", 0.05), plain)
    # 1,000 x 5 points x 50 % and 2,000 x 5 points x 20 % would pay.
    assert (zh, en) == ("这段时间多 45 笔支付。", "There would be 45 payments more in these days.")
    assert zh_range.endswith("笔支付。")
    assert "多收" not in zh + zh_range
    assert en_range.endswith("payments (95%).")
    assert outcome(plain, raise_step(plain, "cart", -0.05)).text("zh") == "这段时间少 45 笔支付。"


def test_money_of_which_nobody_said_the_currency():
    case = raise_step(table(), "cart", 0.05, {"channel": "a"})
    assert outcome(table(), case).text("zh") == "这段时间可多收 2,500（未注明币种）。"
    assert "9,000（未注明币种）" in standing(table(), case).text("zh")


def test_one_number_where_both_ends_read_the_same():
    plain = from_table(HAND.drop(columns="pay_amount"), by="channel")
    case = replace(raise_step(plain, "cart", 0.05), low=44.6, high=45.4)
    assert words(case, plain)[1] == ("差异约为 45 笔支付。", "The difference is about 45 payments.")
