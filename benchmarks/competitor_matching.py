"""How well and how fast products are matched and reviews are read, against their peers, in one run.

    python benchmarks/competitor_matching.py DATA [--json] [--snownlp 1500]

DATA is the folder with abt_buy, walmart_amazon and zh_reviews. rapidfuzz, jieba and snownlp are compared when they are
installed (`pip install rapidfuzz jieba snownlp`, in an environment of their own); none is a dependency. Seconds are CPU
seconds of this process, since walls of a busy machine say nothing.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd

SPLITS = 3


def cpu(work, *arguments):
    begin = time.process_time()
    answer = work(*arguments)
    return answer, time.process_time() - begin


def load(folder: Path, names: tuple[str, str]) -> tuple[pd.DataFrame, pd.DataFrame, set[tuple[str, str]]]:
    ids = {"id": str, "D1": str, "D2": str}
    ours, theirs, truth = (pd.read_csv(folder / f"{name}clean.csv", sep="|", dtype=ids) for name in (*names, "gt"))
    shaped = [side.rename(columns={"name": "title", "modelno": "model"}) for side in (ours, theirs)]
    return shaped[0], shaped[1], set(map(tuple, truth[["D1", "D2"]].to_numpy()))


def scores(found: pd.DataFrame, truth: set[tuple[str, str]]) -> dict[str, float]:
    pairs = set(map(tuple, found[["ours", "theirs"]].to_numpy()))
    right = len(pairs & truth)
    return {
        "precision": right / max(len(pairs), 1),
        "recall": right / len(truth),
        "f1": 2 * right / (len(pairs) + len(truth)),
    }


def matching(folder: Path, names: tuple[str, str]) -> dict[str, object]:
    from ecops.competitors import match_products

    ours, theirs, truth = load(folder, names)
    found, seconds = cpu(match_products, ours, theirs)
    table = found.table
    answer: dict[str, object] = {
        "products": [len(ours), len(theirs)],
        "seconds": seconds,
        "mutual best": scores(table[table["mutual"]], truth),
        "with rules": scores(found.pairs, truth),
        "sure or to be asked": scores(table[table["status"].isin(["auto", "review"])], truth),
        "probability against truth": [
            [round(float(rows["prob"].mean()), 2), round(float(rows["true"].mean()), 2), len(rows)]
            for _, rows in table.assign(
                true=[pair in truth for pair in zip(table["ours"], table["theirs"], strict=True)]
            ).groupby(pd.cut(table["prob"], [0, 0.2, 0.4, 0.6, 0.8, 1], include_lowest=True), observed=True)
        ],
    }
    return answer | {"rapidfuzz token_set_ratio, mutual best": fuzzy(ours, theirs, truth)}


def fuzzy(ours: pd.DataFrame, theirs: pd.DataFrame, truth: set[tuple[str, str]]) -> dict[str, float]:
    """The usual tool: the best token_set_ratio of either side; a tenth of the rows where the table is large."""
    try:
        from rapidfuzz import fuzz, process, utils
    except ImportError:
        return {}
    step = 1 if len(ours) * len(theirs) < 5e6 else 10
    some = ours.iloc[::step]
    left, right = ([utils.default_process(str(text)) for text in side["title"]] for side in (some, theirs))

    def work() -> np.ndarray:
        return process.cdist(left, right, scorer=fuzz.token_set_ratio, workers=1, dtype=np.uint8)

    table, seconds = cpu(work)
    best = table.argmax(axis=1)
    mutual = table.argmax(axis=0)[best] == np.arange(len(left))
    found = pd.DataFrame({"ours": some["id"].to_numpy()[mutual], "theirs": theirs["id"].to_numpy()[best[mutual]]})
    known = {pair for pair in truth if pair[0] in set(some["id"])}
    return scores(found, known) | {"seconds of the whole": seconds * step, "rows compared": len(some)}


def reviews(path: Path, snownlp: int) -> dict[str, object]:
    from ecops.competitors.reviews.corpus import read
    from ecops.competitors.reviews.sentiment import balanced, learn
    from ecops.competitors.reviews.topics import generic_words, hear, topics

    rows = pd.read_csv(path).dropna(subset=["review"]).drop_duplicates("review").reset_index(drop=True)
    truth = rows["label"].to_numpy(float)
    corpus, reading = cpu(read, rows["review"])
    accuracy, learning, promised = [], 0.0, 0.0
    for seed in range(SPLITS):
        test = np.zeros(len(rows), bool)
        test[np.random.default_rng(seed).permutation(len(rows))[: len(rows) // 5]] = True
        judge, seconds = cpu(learn, corpus, np.where(test, np.nan, truth))
        learning += seconds / SPLITS
        promised += judge.accuracy / SPLITS
        accuracy.append(float(((judge.reviews(corpus) > 0.5) == (truth > 0.5))[test].mean()))
    _, scoring = cpu(lambda: (judge.reviews(corpus), judge.clauses(corpus)))
    said = hear(corpus, judge, truth, list(rows["cat"]))
    table, finding = cpu(topics, said)
    rated = balanced(truth > 0.5, type(judge)("lexicon", 0, 0, 0).reviews(corpus))
    return {
        "reviews": len(rows),
        "segmented and scored, seconds": reading + scoring,
        "learned, seconds": learning,
        "topics, seconds": finding,
        "accuracy by split": accuracy,
        "accuracy promised by cross-validation": promised,
        "accuracy of the lexicon alone": rated,
        "topics": len(table),
        "generic words among the topics": len(set(table["topic"]) & generic_words(said)),
        "peers": peers(rows, truth, snownlp),
    }


def peers(rows: pd.DataFrame, truth: np.ndarray, most: int) -> dict[str, object]:
    """jieba's words and snownlp's sentiment on a part of the reviews."""
    answer: dict[str, object] = {}
    some = np.random.default_rng(0).permutation(len(rows))
    texts = rows["review"].to_numpy()
    try:
        import jieba
        import rjieba
    except ImportError:
        pass
    else:
        jieba.initialize()
        part = texts[some[:5000]]
        slow, seconds = cpu(lambda: [list(jieba.cut(text)) for text in part])
        fast, quick = cpu(lambda: [list(rjieba.cut(text)) for text in part])
        same = sum(a == list(b) for a, b in zip(slow, fast, strict=True)) / len(part)
        answer["words of 5,000 reviews"] = {"jieba, seconds": seconds, "rjieba, seconds": quick, "the same": same}
    try:
        from snownlp import SnowNLP
    except ImportError:
        return answer
    part = some[:most]
    found, seconds = cpu(lambda: np.array([SnowNLP(text).sentiments for text in texts[part]]))
    answer["snownlp"] = {
        "accuracy": float(((found > 0.5) == (truth[part] > 0.5)).mean()),
        "seconds of all": seconds * len(rows) / most,
        "reviews": most,
    }
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--snownlp", type=int, default=1500, help="reviews that snownlp judges")
    options = parser.parse_args()
    answer = {
        "Abt-Buy": matching(options.data / "abt_buy", ("abt", "buy")),
        "Walmart-Amazon": matching(options.data / "walmart_amazon", ("walmart", "amazon")),
        "reviews": reviews(options.data / "zh_reviews" / "online_shopping_10_cats.csv", options.snownlp),
    }
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    for name, part in answer.items():
        print(name)
        for key, value in part.items():
            print(f"  {key}: {value}")


if __name__ == "__main__":
    main()
