"""Which of the rivals' products is ours, and how sure is that? Pairs with a probability, a verdict and its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecops.competitors.matching import grams
from ecops.competitors.matching.candidates import Candidates, Places, candidates
from ecops.competitors.matching.catalogue import Catalogue, Floats, catalogue
from ecops.competitors.matching.features import NAMES, features
from ecops.competitors.matching.learning import Judge, learn, shipped
from ecops.errors import DataError, SpecError
from ecops.messages import Message, Term

if TYPE_CHECKING:
    import pandas as pd

_SIGN = {name: place for place, name in enumerate(NAMES)}

REASONS: Mapping[str, Term] = {
    "confirmed": Term(en="confirmed by people", zh="人工确认"),
    "denied": Term(en="rejected by people", zh="人工否定"),
    "barcode": Term(en="the same barcode", zh="条码相同"),
    "other_barcode": Term(en="different barcodes", zh="条码不同"),
    "model": Term(en="model numbers contradict", zh="型号互相矛盾"),
    "price": Term(en="prices too far apart", zh="价格相差过大"),
    "unlike": Term(en="names hardly alike", zh="名称不够相似"),
    "other_closer": Term(en="another product is closer", zh="另有更相似的商品"),
    "close_call": Term(en="another is nearly as close", zh="有几乎同样相似的商品"),
    "unsure": Term(en="alike, not sure", zh="相似，把握不足"),
    "alike": Term(en="alike in name, number and price", zh="名称、型号、价格相符"),
}
"""Why a pair has its status."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a pair must keep to be taken without a person.

    Attributes:
        least_score: cosine of the names, at least.
        least_margin: distance from the next best pair, at least.
        price_ratio: how many times dearer one may be than the other; prices that are missing speak for nothing.
        auto: probability from which a pair is taken as it is.
        review: probability from which a person is asked.
        candidates: pairs looked at for each own product.

    Raises:
        SpecError: a value is impossible.
    """

    least_score: float = 0.3
    least_margin: float = 0.03
    price_ratio: float = 3.0
    auto: float = 0.8
    review: float = 0.1
    candidates: int = 3

    def __post_init__(self) -> None:
        if not (0 <= self.review <= self.auto <= 1 and self.price_ratio > 1 and self.candidates >= 1):
            raise SpecError(
                Message("These rules of matching are not possible."),
                Message("Probabilities lie between 0 and 1, the price ratio is above 1, and one pair is looked at."),
            )


@dataclass(frozen=True)
class Matches:
    """Pairs of our products and the rivals'.

    Attributes:
        table: one row a pair, sorted by own product and falling score: ours, theirs (ids), title, rival_title,
            own_price, rival_price (NaN where missing), score (cosine, 0 to 1), margin, mutual, price_ratio (ours over
            theirs, NaN where either is missing), model_conflict, prob, status (auto, review, rejected or
            confirmed), reason (key of `REASONS`).
        signs: what the judge saw of each row, shape (pairs, signs).
        judge: who gave the probabilities.
        products: number of own products that were looked at.
    """

    table: pd.DataFrame
    signs: Floats
    judge: Judge
    products: int

    @property
    def pairs(self) -> pd.DataFrame:
        """The pairs that count as one product: confirmed and automatic ones, at most one a product."""
        kept = self.table[self.table["status"].isin(["auto", "confirmed"])]
        first = kept.sort_values("prob", ascending=False, kind="stable")
        return first.drop_duplicates("ours").drop_duplicates("theirs").sort_index()

    @property
    def coverage(self) -> float:
        """Share of our products that have a pair; NaN without products."""
        return self.pairs["ours"].nunique() / self.products if self.products else math.nan


def match_products(
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    rules: Rules | None = None,
    answers: Mapping[tuple[str, str], bool] | None = None,
) -> Matches:
    """Find our products in a rival's catalogue.

    Args:
        ours: one row a product: sku (or id), title; optional brand, model, gtin, description, price.
        theirs: the same of one rival.
        rules: what a pair must keep.
        answers: what people said: (own id, rival's id) -> the same or not. They hold for their pairs and teach the
            rest.

    Raises:
        DataError: a list has no titles, no rows, or an id twice.
        SpecError: the lists are too large to compare at once.
    """
    rules, told = rules or Rules(), dict(answers or {})
    own, other = catalogue(ours), catalogue(theirs)
    if not len(own) or not len(other):
        raise DataError(
            Message("There are no products to compare."),
            Message("Load the listings of your own shelf and of at least one rival."),
        )
    own_vectors, other_vectors = grams.vectors(own.name, other.name)
    found = _with_answered(candidates(own_vectors, other_vectors, rules.candidates), own, other, told)
    signs = features(own, other, found)
    keys = list(zip(own.ids[found.ours], other.ids[found.theirs], strict=True))
    said = np.array([told.get(key, -1) for key in keys], np.int64)
    judge = learn(signs[said >= 0], said[said >= 0] == 1) if (said >= 0).any() else shipped()
    probability = judge.probability(signs)
    probability = np.where(said >= 0, said, probability)
    status, reason = _verdicts(found, signs, probability, said, rules)
    table = _table(own, other, found, signs)
    table = table.assign(prob=probability, status=status, reason=reason)
    return Matches(table, signs, judge, len(own))


def _with_answered(
    found: Candidates, ours: Catalogue, theirs: Catalogue, told: Mapping[tuple[str, str], bool]
) -> Candidates:
    """The candidates and every answered pair, whether or not it is among them."""
    at = {name: place for place, name in enumerate(ours.ids)}, {name: place for place, name in enumerate(theirs.ids)}
    there = set(zip(found.ours.tolist(), found.theirs.tolist(), strict=True))
    more = [(at[0][a], at[1][b]) for a, b in told if a in at[0] and b in at[1] and (at[0][a], at[1][b]) not in there]
    if not more:
        return found
    left, right = (np.array(side, np.int64) for side in zip(*more, strict=True))
    own, other = grams.vectors([ours.name[i] for i in left], [theirs.name[i] for i in right])
    score = np.asarray(own.multiply(other).sum(axis=1), np.float64).ravel()
    best = dict(zip(found.ours[::-1], found.score[::-1], strict=True))
    margin = score - np.array([best.get(place, 0.0) for place in left])
    return Candidates(
        np.concatenate([found.ours, left]),
        np.concatenate([found.theirs, right]),
        np.concatenate([found.score, score]),
        np.concatenate([found.margin, np.minimum(margin, 0)]),
        np.concatenate([found.mutual, np.zeros(len(left), bool)]),
    )


def _verdicts(
    found: Candidates, signs: Floats, probability: Floats, said: Places, rules: Rules
) -> tuple[np.ndarray, np.ndarray]:
    """Status and reason of every pair; the first condition that holds decides."""
    gap, barcode = signs[:, _SIGN["price_gap"]], signs[:, _SIGN["gtin_same"]] > 0
    conditions = [
        (said == 1, "confirmed", "confirmed"),
        (said == 0, "rejected", "denied"),
        (barcode, "auto", "barcode"),
        (signs[:, _SIGN["gtin_conflict"]] > 0, "rejected", "other_barcode"),
        (~found.mutual, "rejected", "other_closer"),
        (found.score < rules.least_score, "rejected", "unlike"),
        (probability < rules.review, "rejected", "unlike"),
        (gap > math.log(rules.price_ratio), "review", "price"),
        (signs[:, _SIGN["codes_conflict"]] > 0, "review", "model"),
        (found.margin < rules.least_margin, "review", "close_call"),
        (probability < rules.auto, "review", "unsure"),
    ]
    answered = said == 1
    taken = np.isin(found.ours, found.ours[answered]) | np.isin(found.theirs, found.theirs[answered])
    conditions.insert(2, (taken, "rejected", "other_closer"))
    masks = [mask for mask, _, _ in conditions]
    status = np.select(masks, [status for _, status, _ in conditions], "auto")
    return status, np.select(masks, [reason for _, _, reason in conditions], "alike")


def _table(ours: Catalogue, theirs: Catalogue, found: Candidates, signs: Floats) -> pd.DataFrame:
    import pandas as pd

    left, right = found.ours, found.theirs
    return pd.DataFrame(
        {
            "ours": ours.ids[left],
            "theirs": theirs.ids[right],
            "title": ours.shown[left],
            "rival_title": theirs.shown[right],
            "own_price": ours.price[left],
            "rival_price": theirs.price[right],
            "score": found.score,
            "margin": found.margin,
            "mutual": found.mutual,
            "price_ratio": ours.price[left] / theirs.price[right],
            "model_conflict": signs[:, _SIGN["codes_conflict"]] > 0,
        }
    )
