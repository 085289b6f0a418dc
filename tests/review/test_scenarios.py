"""Saved scenarios: kept, compared, taken along."""

import json
import math

import pytest

from ecops.errors import DataError, SpecError
from ecops.review.scenarios import Scenario, Scenarios, compare, from_json, to_json
from ecops.store.state import State

MORE = Scenario("多投放", "overview", {"visitors": 0.1}, {"gmv": 110.0})
LESS = Scenario("less", "overview", {"visitors": -0.1, "conversion": 0.05}, {"gmv": 94.5})


def test_kept_replaced_and_given_up(tmp_path):
    kept = Scenarios(State(f"sqlite:///{tmp_path / 'state.sqlite'}"))
    kept.save("li", LESS)
    kept.save("li", MORE)
    kept.save("wang", Scenario("less", "overview", {"visitors": -0.2}, {"gmv": 80.0}))
    assert kept.all() == (Scenario("less", "overview", {"visitors": -0.2}, {"gmv": 80.0}), MORE)
    kept.remove("li", "less")
    assert kept.all() == (MORE,)
    with pytest.raises(SpecError, match="scenario"):
        kept.remove("li", "less")


def test_side_by_side():
    table = compare([MORE, LESS]).set_index(["kind", "name"])
    assert table.loc[("result", "gmv")].to_list() == [110.0, 94.5]
    assert math.isnan(table.loc[("lever", "conversion"), "多投放"])
    for wrong in ([], [MORE] * 6):
        with pytest.raises(SpecError, match="compared"):
            compare(wrong)


def test_json_there_and_back():
    assert from_json(to_json([MORE, LESS])) == (MORE, LESS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "other", "scenarios": []}',
        '{"format": "ecops scenarios 1", "scenarios": [1]}',
        "[" * 9999,
    ],
)
def test_other_texts_are_told_apart(text):
    with pytest.raises(DataError, match="scenarios"):
        from_json(text)


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_bad_names(name):
    with pytest.raises(SpecError, match="name"):
        Scenario(name, "overview", {}, {})


def test_only_numbers_come_in():
    text = json.dumps(
        {"format": "ecops scenarios 1", "scenarios": [{"name": "a", "page": "b", "values": {"x": "=1"}, "results": {}}]}
    )
    with pytest.raises(SpecError, match="numbers"):
        from_json(text)
