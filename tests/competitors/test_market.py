"""Concentration, voice, structure, ranges, titles, claims, search words, markets: cases computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ecops import competitors
from ecops.competitors.market.words import parameters
from ecops.errors import DataError, SpecError


@pytest.mark.row(172, 185)
def test_concentration_by_hand():
    found = competitors.concentration({"a": 50, "b": 30, "c": 15, "d": 5, "none": 0, "gap": None})
    assert (found.cr1, found.cr3, found.cr10, found.n) == (0.5, pytest.approx(0.95), 1.0, 4)
    assert found.hhi == pytest.approx(2500 + 900 + 225 + 25)
    assert found.label == "concentrated"
    assert competitors.concentration(dict.fromkeys(range(20), 1.0)).label == "fragmented"
    with pytest.raises(DataError):
        competitors.concentration({})


def test_share_of_voice():
    ranks = pd.DataFrame({"shop": ["a", "b", "a", "c", "z"], "rank": [1, 2, 3, 99, None]})
    basic = competitors.share_of_voice(ranks, "basic").set_index("shop")["voice"].to_dict()
    assert basic == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}
    loud = competitors.share_of_voice(ranks).set_index("shop")["voice"]
    total = 1 + 1 / math.log2(3) + 1 / 2
    assert loud["a"] == pytest.approx(1.5 / total)
    with pytest.raises(SpecError):
        competitors.share_of_voice(ranks, "loud")


@pytest.mark.row(164)
def test_structure_and_gini():
    found = competitors.structure(
        pd.DataFrame({"shop": ["a"] * 10 + ["b"] * 2, "sales": [91.0] + [1.0] * 9 + [5.0, 5.0]})
    )
    rows = found.set_index("shop")
    assert rows.loc["a", "hot_share"] == pytest.approx(0.91)
    assert rows.loc["a", "tail"] == pytest.approx(0.9)
    values = np.array([91.0] + [1.0] * 9)
    plain = np.abs(values[:, None] - values[None]).sum() / (2 * len(values) ** 2 * values.mean())
    assert rows.loc["a", "gini"] == pytest.approx(plain)
    assert rows.loc["b", "gini"] == pytest.approx(0)


def test_assortment_by_value():
    own = pd.DataFrame({"sku": ["1", "2"], "value": [30.0, 70.0]})
    rival = pd.DataFrame({"sku": ["x", "y"], "value": [40.0, None]})
    found = competitors.assortment(own, rival, pd.DataFrame({"a_id": ["1"], "b_id": ["x"]})).set_index("part")
    assert found["share"].tolist() == pytest.approx([0.3, 0.7, 0.0])
    assert found.loc["only_theirs", "products"] == 1


@pytest.mark.row(178)
def test_titles_keep_add_and_exclusive():
    theirs = pd.DataFrame({"title": ["steel flask vacuum", "steel bottle", "mug <b>steel</b>"], "sales": [70, 20, 10]})
    found = competitors.titles(["steel cup bamboo"], theirs, leave_out={"cup"}).set_index("word")["kind"].to_dict()
    assert found["steel"] == "keep"
    assert found["flask"] == found["vacuum"] == "add"
    assert found["bamboo"] == "exclusive"
    assert "cup" not in found
    assert "mug" not in found  # one title in ten by sales: neither common nor ours
    assert competitors.titles([], theirs).empty


@pytest.mark.row(180)
def test_parameters_side_by_side():
    assert parameters("材质:316不锈钢；容量：500ml\n乱写") == {"材质": "316不锈钢", "容量": "500ml"}
    table = competitors.parameter_table(
        pd.DataFrame({"name": ["ours", "rival"], "parameters": ["材质:316;容量:500ml", "材质:304;容量:500ml;重量:1kg"]})
    )
    assert table.set_index("parameter")["differs"].to_dict() == {"材质": True, "容量": False, "重量": False}


@pytest.mark.row(179)
def test_claims_without_evidence_are_named():
    rows = pd.DataFrame(
        {"subject": ["claim"] * 3 + ["service"], "shop": "r", "practice": ["slip 30 %", "warm 12 h", "x", "y"],
         "figure": [30.0, 12.0, 1.0, None], "our_figure": [5.0, 14.0, None, None],
         "evidence": ["report", " ", None, None]}
    )  # fmt: skip
    assert competitors.claims(rows)["support"].tolist() == ["supported", "no_evidence", "no_figure"]


@pytest.mark.row(173)
def test_search_words_are_placed_not_added():
    words = pd.DataFrame(
        {
            "keyword": list("abcdef"),
            "search_index": [100.0, 90, 80, 20, 10, 5],
            "products": [10.0, 900, 500, 20, 950, 990],
        }
    )
    found = competitors.search_words(words).set_index("keyword")
    assert found.loc["a", "label"] == "open"
    assert found.loc["f", "label"] == "crowded"
    scaled = competitors.search_words(words.assign(search_index=words["search_index"] * 1e6)).set_index("keyword")
    assert scaled.equals(found)  # an index has no unit
    assert set(competitors.search_words(words.head(3))["label"]) == {"unknown"}
    assert competitors.search_words(words.iloc[:0]).empty


@pytest.mark.row(184)
def test_potential_adds_up_and_says_when_weights_decide():
    markets = pd.DataFrame(
        {"market": ["a", "b", "c"], "size": [1.0, 2, 3], "growth": [0.3, 0.2, 0.1], "competition": [1.0, 2, 3]}
    )
    found = competitors.potential(markets)
    parts = found.table[list(found.weights)].sum(axis=1)
    assert parts.tolist() == pytest.approx(found.table["score"].tolist())
    assert found.table["lacking"].tolist() == [1, 1, 1]
    assert sum(found.weights.values()) == pytest.approx(1)
    by_hand = 100 * (0.35 * (1 / 6) + 0.2 * (5 / 6) + 0.3 * (5 / 6) + 0.15 * 0.5)
    assert found.table.set_index("market").loc["a", "score"] == pytest.approx(by_hand)
    clear = competitors.potential(
        pd.DataFrame({"market": ["a", "b"], "size": [9.0, 1], "growth": [0.9, 0.1], "competition": [1.0, 9]})
    )
    assert clear.firm
    assert not competitors.potential(markets, {"size": 1.0, "competition": 0.9}).firm
    for wrong in ({"size": -1.0}, {"size": 0.0}, {"weather": 1.0}):
        with pytest.raises(SpecError):
            competitors.potential(markets, wrong)
    with pytest.raises(DataError):
        competitors.potential(markets.head(1))
