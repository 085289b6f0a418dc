"""The sentence for the top: what it leads with, and when the total alone would be no news."""

import datetime as dt
import math
from dataclasses import replace

import pytest

from ecops.finding import Amount, Finding
from ecops.growth.verdict import leading, verdict
from ecops.messages import Message
from ecops.periods import Period

DAYS = Period(dt.date(2026, 11, 1), dt.date(2026, 11, 7))


def finding(name, money, confidence="confirmed", kind="rate", horizon="period"):
    amount = None if money is None else Amount(money, math.nan, math.nan, "CNY", horizon)
    return Finding(
        "growth", kind, {"platform": name}, "cart_rate", DAYS, DAYS, 0.1, 0.2, (math.nan, math.nan), 0.01, 1,
        confidence, amount, Message(name), Message(name),
    )  # fmt: skip


def test_what_moved_gmv_the_way_it_went_stands_first():
    gain, loss, watched = finding("gain", 9.0), finding("loss", -5.0), finding("w", -99.0, "watch")
    defect = finding("defect", None, kind="data")
    found = [defect, gain, loss, watched]
    assert leading(found, -1.0) == (defect, loss, gain, watched)
    assert leading(found, 1.0) == (defect, gain, loss, watched)


@pytest.mark.parametrize(
    ("gmv", "usual", "words"),
    [
        ((100.0, 90.0), False, "GMV fell by 10.0% to ¥90. loss"),
        ((100.0, 90.0), True, "GMV fell by 10.0% to ¥90, within its usual swing; but: loss"),
        ((100.0, 110.0), False, "GMV rose by 10.0% to ¥110. gain"),
        ((100.0, 110.0), True, "GMV rose by 10.0% to ¥110, within its usual swing; but: gain"),
        ((100.0, 100.6), True, "GMV hardly moved (¥101), but: gain"),
    ],
)
def test_the_sentence(gmv, usual, words):
    found = leading([finding("gain", 9.0), finding("loss", -5.0)], gmv[1] - gmv[0])
    assert verdict(gmv, "CNY", found, mix_first=False, usual=usual).text("en") == words


def test_a_turned_mix_comes_before_everything():
    found = [finding("loss", -5.0), finding("mix", -1.0, kind="mix")]
    assert verdict((100.0, 90.0), "CNY", found, mix_first=True, usual=False).text("en").endswith("mix")
    assert verdict((100.0, 90.0), "CNY", found, mix_first=False, usual=False).text("en").endswith("loss")


def test_only_what_is_confirmed_is_a_cause():
    found = [finding("w", -99.0, "watch")]
    assert "beyond chance" in verdict((100.0, 90.0), "CNY", found, mix_first=False, usual=False).text("en")


@pytest.mark.parametrize(
    ("after", "money", "words"),
    [
        (40.0, -20.0, "GMV fell by 60% to ¥40. c"),
        (40.0, -19.0, "GMV fell by 60% to ¥40, ¥60 less. A confirmed cause explains about ¥19 of it: c"),
        (160.0, 19.0, "GMV rose by 60% to ¥160, ¥60 more. A confirmed cause explains about ¥19 of it: c"),
        (40.0, 30.0, "GMV fell by 60% to ¥40, ¥60 less. No confirmed cause explains it; what did change: c"),
        (160.0, None, "GMV rose by 60% to ¥160, ¥60 more. No confirmed cause explains it; what did change: c"),
    ],
)
def test_a_small_cause_is_not_told_as_the_cause_of_a_large_change(after, money, words):
    assert verdict((100.0, after), "CNY", [finding("c", money)], mix_first=False, usual=False).text("en") == words


def test_an_amount_of_a_week_is_set_against_the_change_of_the_period():
    day = Period(dt.date(2026, 11, 1), dt.date(2026, 11, 1))
    weekly = replace(finding("c", -70.0, horizon="week"), period=day)
    told = verdict((100.0, 40.0), "CNY", [weekly], mix_first=False, usual=False).text("en")
    assert "explains about ¥10 of it" in told
