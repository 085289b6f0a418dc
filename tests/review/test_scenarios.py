"""Saved scenarios: kept, at most five, compared with the money first, taken along."""

import dataclasses
import datetime as dt
import json

import pytest

from ecops.errors import DataError, SpecError
from ecops.periods import Period
from ecops.review.decisions.scenarios import MOST, STEP_RATE, Scenario, Scenarios, compare, from_json, to_json
from ecops.store.state import State

DAYS = Period(dt.date(2026, 10, 19), dt.date(2026, 11, 15))
MORE = Scenario(
    "多投放",
    "overview",
    DAYS,
    {"visitors": 0.1},
    {"base": 4000.0, "scenario": 4400.0, "low": 200.0, "high": 600.0},
    "CNY",
)
LESS = Scenario(
    "less", "overview", DAYS, {"visitors": -0.1, "pay_conversion": 0.05}, {"base": 4000.0, "scenario": 3780.0}, "CNY"
)
STEP = Scenario(
    "渠道修好", "funnel", Period(DAYS.end - dt.timedelta(days=13), DAYS.end), {STEP_RATE: 0.4},
    {"base": 1000.0, "scenario": 1300.0, "low": 250.0, "high": 350.0}, "CNY",
    {"step": "pay", "platform": "douyin", "channel": "直播间"},
)  # fmt: skip


@pytest.fixture
def kept(tmp_path):
    return Scenarios(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))


def test_kept_replaced_and_given_up(kept):
    changed = dataclasses.replace(LESS, values={"visitors": -0.2}, results={"base": 4000.0, "scenario": 3200.0})
    kept.save("li", LESS)
    kept.save("li", MORE, STEP)
    kept.save("wang", changed)
    assert kept.all() == (changed, MORE, STEP)
    kept.remove("li", "less")
    assert kept.all() == (MORE, STEP)
    with pytest.raises(SpecError, match="scenario"):
        kept.remove("li", "less")


def test_a_sixth_is_refused_and_nothing_is_half_saved(kept):
    kept.save("li", *(dataclasses.replace(MORE, name=str(number)) for number in range(MOST - 1)))
    with pytest.raises(SpecError, match="4 scenarios are saved, and at most 5"):
        kept.save("li", LESS, STEP)
    assert len(kept.all()) == MOST - 1
    kept.save("li", LESS)
    kept.save("li", dataclasses.replace(LESS, values={"visitors": 0.3}))
    assert len(kept.all()) == MOST


def test_side_by_side_the_money_comes_first():
    rows = compare([MORE, LESS, STEP])
    text = [
        [row.label.text("en") if hasattr(row.label, "text") else row.label.en, *map(said, row.cells)] for row in rows
    ]
    assert text == [
        # 400 in 28 days are 100 a week; 300 in 14 days are 150.
        ["Money a week", "¥100 more", "¥55 less", "¥150 more"],
        ["95% interval", "¥50 to ¥150", None, "¥125 to ¥175"],
        ["Visitors", "+10.0%", "-10.0%", None],
        ["Payment conversion", None, "+5.0%", None],
        ["Rate of the step payment", None, None, "40.0 points more"],
        ["Where", "The whole shop", "The whole shop", "Douyin · 直播间"],
        ["Money of the base case, a week", "¥1,000", "¥1,000", "¥500"],
        ["Worked out from", "19 Oct – 15 Nov 2026", "19 Oct – 15 Nov 2026", "2–15 Nov 2026"],
    ]  # fmt: skip
    assert {row.kind for row in rows} == {"result", "lever", "ground"}
    for wrong in ([], [MORE] * 6):
        with pytest.raises(SpecError, match="compared"):
            compare(wrong)


def said(value):
    from ecops.messages import write

    return None if value is None else write(value, "en")


def test_json_there_and_back():
    assert from_json(to_json([MORE, LESS, STEP])) == (MORE, LESS, STEP)
    assert from_json(to_json([MORE]).encode()) == (MORE,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        b"\xff\xfe\x00",
        "[]",
        "{}",
        '{"format": "other", "scenarios": []}',
        '{"format": "ecops scenarios 1", "scenarios": [1]}',
        '{"format": "ecops scenarios 1", "scenarios": [{"name": "a", "page": "b", "values": {}, "results": {}}]}',
        "[" * 9999,
    ],
)
def test_other_texts_are_told_apart(text):
    with pytest.raises(DataError, match="no scenarios"):
        from_json(text)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_bad_names(name):
    with pytest.raises(SpecError, match="name"):
        dataclasses.replace(MORE, name=name)


@pytest.mark.parametrize("value", ["=1", None, True, float("nan")])
def test_only_numbers_come_in(value):
    content = json.loads(to_json([MORE]))
    content["scenarios"][0]["values"]["visitors"] = value
    with pytest.raises(SpecError, match="numbers"):
        from_json(json.dumps(content))


def test_results_need_both_sides():
    with pytest.raises(SpecError, match="numbers"):
        dataclasses.replace(MORE, results={"base": 1.0})


def test_what_cannot_be_compared_is_said():
    for scenario in (MORE, LESS, STEP):
        scenario.check("CNY")
        scenario.check("")
        with pytest.raises(SpecError, match="counts in CNY, this shop in USD"):
            scenario.check("USD")
    with pytest.raises(SpecError, match="rests on gone, which does not exist any more"):
        dataclasses.replace(MORE, values={"gone": 0.1}).check("CNY")
    with pytest.raises(SpecError, match="rests on teleport, which"):
        dataclasses.replace(STEP, subject={"step": "teleport"}).check("CNY")
