"""The sentences of findings: intervals around nothing, rates that read alike, devices, and which advice."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.finding import Amount
from ecops.funnel import diagnose, from_table
from ecops.funnel.telling.findings import _as_a_whole, _money_words, interval_words, told_apart
from ecops.funnel.workspace import shop_funnel
from ecops.messages import Percent, write
from ecops.periods import Period


def said(value):
    return write(value, "zh"), write(value, "en")


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        (
            Amount(-195.0, -391.0, 0.25, "CNY", "week"),
            "，每周少收约 ¥195（95% 区间：少收 ¥391 至多收 ¥0.25）",
            ", about ¥195 a week lost (95% interval: ¥391 lost to ¥0.25 more)",
        ),
        (
            Amount(-195.0, -391.0, -25.0, "CNY"),
            "，少收约 ¥195（¥25 至 ¥391）",
            ", about ¥195 lost (¥25 to ¥391)",
        ),
        # Both ends read the same: one number is enough.
        (Amount(-195.2, -195.4, -195.0, "CNY"), "，少收约 ¥195", ", about ¥195 lost"),
    ],
)
def test_an_interval_says_which_way_its_ends_go(amount, zh, en):
    assert said(_money_words(amount, "loss")) == (zh, en)


def test_a_gain_that_may_be_a_loss():
    amount = Amount(120.0, -30.0, 270.0, "CNY")
    assert said(interval_words(amount)) == (
        "（95% 区间：少收 ¥30 至多收 ¥270）",
        " (95% interval: ¥30 lost to ¥270 more)",
    )


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [(0.98, 0.76, ("98%", "76%")), (0.274, 0.268, ("27.4%", "26.8%")), (0.2712, 0.2708, ("27.12%", "27.08%"))],
)
def test_two_rates_never_read_alike(one, other, told):
    assert tuple(write(rate, "en") for rate in told_apart(one, other)) == told


def test_rates_that_are_the_same_stay_short():
    assert told_apart(0.27, 0.27) == (Percent(0.27), Percent(0.27))


@pytest.mark.parametrize(
    ("then", "now", "gap", "told"),
    [
        (0.272, 0.268, 0.05, "unchanged at 27%"),
        (0.29, 0.27, 0.05, "from 29% to 27%: the mix of segments hides a part"),
        (0.34, 0.27, 0.05, "from 34% to 27%: a part of that is the mix"),
    ],
)
def test_what_the_counts_alone_say(then, now, gap, told):
    assert told in _as_a_whole(then, now, gap).text("en")


def test_a_device_begins_a_sentence_as_people_say_it():
    tables = []
    for paid in (2_400, 1_200):
        rows = [("a", "desktop", 900, 700), ("a", "mobile", 3_000, paid)]
        rows += [("b", "desktop", 900, 700), ("b", "mobile", 3_000, paid)]
        frame = pd.DataFrame(rows, columns=["platform", "device", "order_buyers", "pay_buyers"])
        tables.append(from_table(frame, by=["platform", "device"]))
    (finding,) = diagnose(tables[1], tables[0]).findings
    assert finding.headline.text("en") == "On mobile, order to payment fell from 80% to 40%, to be watched."
    assert finding.headline.text("zh") == "移动端「下单→支付」转化率由 80% 降到 40%，待观察。"


def payments(rates, days):
    """One platform, 200 orders a day, of which a share is paid that day."""
    random = np.random.default_rng(3)
    start = dt.date(2026, 11, 15) - dt.timedelta(2 * days - 1)
    every = [start + dt.timedelta(n) for n in range(2 * days)]
    paid = random.binomial(200, [rates(day) for day in every])
    rows = {"date": every, "platform": "taobao", "shop": "s", "level": "shop", "order_buyers": 200, "pay_buyers": paid}
    return shop_funnel(
        pd.DataFrame(rows).assign(visitors=1_000, cart_users=300, channel="", device="", pay_amount=paid * 100.0),
        Period(every[days], every[-1]),
    )


@pytest.mark.parametrize("days", [7, 14, 28])
def test_a_channel_that_broke_gets_the_same_advice_in_every_window(days):
    broken = payments(lambda day: 0.36 if day >= dt.date(2026, 11, 9) else 0.79, days)
    (finding,) = broken.findings
    assert finding.subject["step"] == "pay"
    assert finding.action.rule == "payment_interrupted"
    assert "检查支付通道" in finding.action.text.text("zh")


def test_a_checkout_that_is_a_little_weaker_is_to_be_simplified():
    weaker = payments(lambda day: 0.60 if day >= dt.date(2026, 11, 2) else 0.79, 14)
    (finding,) = weaker.findings
    # 24 % down since the first day of the period: no sudden stop inside it.
    assert finding.action.rule == "payment_low"
    assert "简化结算页" in finding.action.text.text("zh")
