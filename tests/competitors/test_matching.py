"""Which of the rivals' products is ours: hand cases, a naive reference, and the public benchmarks."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecops import Workspace
from ecops.competitors.matching import answers, grams, shelves
from ecops.competitors.matching.candidates import Candidates, candidates
from ecops.competitors.matching.catalogue import catalogue
from ecops.competitors.matching.features import NAMES, features
from ecops.competitors.matching.learning import learn, shipped
from ecops.competitors.matching.pairs import Rules, match_products
from ecops.competitors.source import Shelf
from ecops.competitors.view import prices
from ecops.errors import DataError, SpecError, StoreError

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "competitors"


def products(*rows):
    return pd.DataFrame(rows, columns=["sku", "title", "price"])


OURS = products(
    ("A1", "Sony Turntable PSLX350H black", 99.0),
    ("A2", "膳魔师 保温杯 500ml JNL-502 白色", 189.0),
    ("A3", "Wool throw blanket grey 130x170", 49.0),
)
THEIRS = products(
    ("B1", "膳魔师保温杯JNL-502 不锈钢 500ml", 179.0),
    ("B2", "Sony PS-LX350H Belt Drive Turntable", 105.0),
    ("B3", "膳魔师保温杯JNL-602 不锈钢 600ml", 199.0),
    ("B4", "Cotton towel set of 6", 25.0),
)


def test_vectors_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer

    left = [grams.clean(text) for text in [*OURS["title"], "a", "", "x 9 é"]]
    right = [grams.clean(text) for text in THEIRS["title"]]
    ours, theirs = grams.vectors(left, right)
    model = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)).fit(left + right)
    expected = (model.transform(left) @ model.transform(right).T).toarray()
    assert (ours @ theirs.T).toarray() == pytest.approx(expected, abs=1e-6)


def test_candidates_are_those_of_the_full_table(monkeypatch):
    random = np.random.default_rng(0)
    words = np.array(["wool", "cup", "red", "blue", "x500", "pan", "tea", "rug", "sofa", "lamp"])
    texts = [[" ".join(random.choice(words, 3)) for _ in range(size)] for size in (40, 55)]
    ours, theirs = grams.vectors(*texts)
    monkeypatch.setattr("ecops.competitors.matching.candidates._BLOCK", 55 * 7)  # several blocks
    found = candidates(ours, theirs, keep=2)
    full = (ours @ theirs.T).toarray()
    for i in range(40):
        rows = found.ours == i
        assert found.score[rows] == pytest.approx(np.sort(full[i])[::-1][:2], abs=1e-6)
    for i, j, score, margin, mutual in zip(
        found.ours, found.theirs, found.score, found.margin, found.mutual, strict=True
    ):
        others = np.concatenate([np.delete(full[i], j), np.delete(full[:, j], i)])
        assert margin == pytest.approx(score - others.max(), abs=1e-6)
        assert mutual == (full[i].max() <= full[i, j] and np.argmax(full[:, j]) == i)


def test_the_same_product_is_found_in_two_languages_and_spellings():
    found = match_products(OURS, THEIRS)
    pairs = dict(zip(found.pairs["ours"], found.pairs["theirs"], strict=True))
    assert pairs == {"A1": "B2", "A2": "B1"}
    assert found.coverage == pytest.approx(2 / 3)
    table = found.table.set_index(["ours", "theirs"])
    assert table.loc[("A1", "B2"), "price_ratio"] == pytest.approx(99 / 105)


def test_contradicting_model_numbers_and_prices_are_asked_about():
    ours = products(("A1", "Canon toner cartridge CRG-719H black", 80.0), ("A2", "Kettle steel KX200", 30.0))
    theirs = products(("B1", "Canon toner cartridge CRG-055H black", 85.0), ("B2", "Kettle steel KX200", 130.0))
    table = match_products(ours, theirs).table.set_index(["ours", "theirs"])
    assert table.loc[("A1", "B1"), ["status", "reason"]].tolist() == ["review", "model"]
    assert table.loc[("A2", "B2"), ["status", "reason"]].tolist() == ["review", "price"]


def test_barcodes_decide():
    ours = OURS.assign(gtin=["0012345678905", "", ""])
    theirs = THEIRS.assign(gtin=["", "99999", "", "12345678905"])
    table = match_products(ours, theirs, Rules(candidates=4)).table.set_index(["ours", "theirs"])
    assert table.loc[("A1", "B2"), ["status", "reason"]].tolist() == ["rejected", "other_barcode"]


def test_people_decide_and_are_remembered(tmp_path):
    state = Workspace.open(tmp_path / "shop").state
    answers.remember(state, "竞店甲", ("A1", "B2"), False, "ann")
    answers.remember(state, "竞店甲", ("A3", "B4"), True, "ann")
    answers.remember(state, "竞店乙", ("A1", "B2"), True, "ann")
    answers.remember(state, "竞店乙", ("A1", "B2"), None, "ann")
    told = answers.remembered(state)
    assert told == {"竞店甲": {("A1", "B2"): False, ("A3", "B4"): True}}
    table = match_products(OURS, THEIRS, answers=told["竞店甲"]).table.set_index(["ours", "theirs"])
    assert table.loc[("A1", "B2"), ["status", "prob"]].tolist() == ["rejected", 0.0]
    assert table.loc[("A3", "B4"), ["status", "prob"]].tolist() == ["confirmed", 1.0]
    moved = match_products(OURS, THEIRS, answers={("A1", "B3"): True}).table.set_index(["ours", "theirs"])
    assert moved.loc[("A1", "B3"), "status"] == "confirmed"
    assert moved.loc[("A1", "B2"), ["status", "reason"]].tolist() == ["rejected", "other_closer"]
    with pytest.raises(StoreError, match="shop of your own"):
        answers.remember(None, "竞店甲", ("A1", "B2"), True, "ann")


def test_an_answer_counts_at_once_for_the_same_tables(sample, tmp_path):
    shutil.copytree(sample.folder, tmp_path / "shop")
    own = Workspace.open(tmp_path / "shop")
    tables = own.data()
    first = prices(tables).matched
    pair = first.pairs.iloc[0]
    answers.remember(own.state, pair["shop"], (pair["ours"], pair["theirs"]), False, "ann")
    then = prices(tables).matched
    assert (first.answers, then.answers) == (0, 1)
    refused = then.table[(then.table["ours"] == pair["ours"]) & (then.table["theirs"] == pair["theirs"])]
    assert refused["status"].tolist() == ["rejected"]
    assert prices(tables).matched is then


def test_answers_move_the_judge_and_none_leave_it_alone():
    signs = np.zeros((40, len(NAMES)))
    brand = NAMES.index("brand_same")
    signs[:20, brand] = 1
    assert learn(signs[:0], np.zeros(0, bool)) is shipped()
    judge = learn(signs, np.arange(40) < 20)
    assert judge.weights[brand] > 2
    assert judge.probability(signs)[:20].min() > 0.7 > judge.probability(signs)[20:].max()


def test_the_queue_is_sorted_by_money_and_the_pairs_by_shop():
    rows = pd.concat([OURS.assign(shop="", own=True), THEIRS.assign(shop="竞店甲", own=False)], ignore_index=True)
    more = products(("A4", "Kettle steel KX200", 30.0), ("A5", "Pan iron PX100 28cm", 60.0))
    other = products(("B5", "Kettle steel KX200", 130.0), ("B6", "Pan iron PX900 28cm", 62.0))
    rows = pd.concat([rows, more.assign(shop="", own=True), other.assign(shop="竞店甲", own=False)], ignore_index=True)
    rows = rows.assign(currency="CNY", sales=[10.0, 5, 1, *[np.nan] * 4, 100, 1, np.nan, np.nan])
    found = shelves.match_shelf(Shelf(rows, rows, ("",), ()), {})
    assert list(found.queue["ours"]) == ["A4", "A5"]
    assert found.coverage == pytest.approx((10 * 99 + 5 * 189) / (10 * 99 + 5 * 189 + 49 + 3000 + 60))
    foreign = rows.assign(currency=np.where(rows["own"], "CNY", "USD"))
    mixed = shelves.match_shelf(Shelf(foreign, foreign, ("",), ()), {})
    assert "another currency" in mixed.notes[0].id
    assert shelves.match_shelf(Shelf(rows[rows["own"]], rows, ("",), ()), {}) is None


def test_bad_input_says_what_and_what_next():
    with pytest.raises(DataError, match="more than once"):
        match_products(pd.concat([OURS, OURS]), THEIRS)
    with pytest.raises(DataError, match="no column title"):
        match_products(OURS.drop(columns="title"), THEIRS)
    with pytest.raises(DataError, match="no products to compare"):
        match_products(OURS[:0], THEIRS)
    with pytest.raises(SpecError, match="not possible"):
        Rules(price_ratio=0.5)
    hostile = products(("X", "<script>alert(1)</script> =cmd|' /C calc'!A0 %s", 1.0), ("Y", None, np.nan))
    assert len(match_products(hostile, THEIRS).table) >= 0
    from ecops.competitors.matching import candidates as module

    small = grams.vectors(["abc"], ["abc"])
    module_limit = module.LARGEST
    try:
        module.LARGEST = 0
        with pytest.raises(SpecError, match="too many"):
            candidates(*small)
    finally:
        module.LARGEST = module_limit


def read(folder, name):
    path = SHARED / folder / f"{name}clean.csv"
    if not path.exists():
        pytest.skip("the benchmarks of product matching are not at hand")
    return pd.read_csv(path, sep="|", dtype={"id": str, "D1": str, "D2": str}).rename(
        columns={"name": "title", "modelno": "model"}
    )


def f1(found, truth):
    found = set(map(tuple, found[["ours", "theirs"]].to_numpy()))
    return 2 * len(found & truth) / (len(found) + len(truth))


@pytest.mark.data
def test_abt_buy_without_labels():
    truth = set(map(tuple, read("abt_buy", "gt").to_numpy()))
    table = match_products(read("abt_buy", "abt"), read("abt_buy", "buy")).table
    assert f1(table[table["mutual"]], truth) >= 0.88


@pytest.mark.data
def test_walmart_amazon_with_rules():
    truth = set(map(tuple, read("walmart_amazon", "gt").to_numpy()))
    theirs = read("walmart_amazon", "amazon")
    # A sixth of the other products, and all true ones: the whole takes nine seconds and is in the benchmark.
    real = theirs["id"].isin({b for _, b in truth})
    theirs = theirs[real | (np.arange(len(theirs)) % 6 == 0)]
    found = match_products(read("walmart_amazon", "walmart"), theirs)
    assert f1(found.pairs, truth) >= 0.69
    assert f1(found.pairs, truth) > f1(found.table[found.table["mutual"]], truth)


def labelled(name):
    path = SHARED / "abt_buy" / f"er_magellan_{name}.txt"
    if not path.exists():
        pytest.skip("the benchmarks of product matching are not at hand")
    for line in path.read_text("utf-8").splitlines():
        left, right, same = line.split("\t")
        yield left, right, int(same)


def record(text):
    parts = re.split(r"COL (\w+) VAL", text)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))


@pytest.mark.data
def test_abt_buy_learned_from_answers():
    splits = {name: list(labelled(name)) for name in ("train", "test")}
    sides = [{}, {}]
    at = {
        name: [
            tuple(side.setdefault(text, len(side)) for side, text in zip(sides, row[:2], strict=True)) for row in rows
        ]
        for name, rows in splits.items()
    }
    ours, theirs = (catalogue(pd.DataFrame([record(text) for text in side]).rename(columns={"name": "title"}))
                    for side in sides)  # fmt: skip
    left, right = grams.vectors(ours.name, theirs.name)
    score = (left @ right.T).toarray()
    rows, columns = np.sort(score, axis=1), np.sort(score, axis=0)

    def signs(name):
        i, j = np.array(at[name]).T
        here = score[i, j]
        rival = np.maximum(
            np.where(here >= rows[i, -1], rows[i, -2], rows[i, -1]),
            np.where(here >= columns[-1, j], columns[-2, j], columns[-1, j]),
        )
        mutual = (here >= rows[i, -1]) & (here >= columns[-1, j])
        same = np.array([row[2] for row in splits[name]]) == 1
        return features(ours, theirs, Candidates(i, j, here, here - rival, mutual)), same

    taught, same = signs("train")
    judge = learn(taught, same)
    seen, truth = signs("test")
    found = judge.probability(seen) > 0.5
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) >= 0.85
    assert judge.probability(seen).mean() == pytest.approx(truth.mean(), abs=0.02)
