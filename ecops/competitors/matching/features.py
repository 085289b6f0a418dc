"""How alike two products are, told in numbers that a rule or a learner can read."""

from __future__ import annotations

import numpy as np

from ecops.competitors.matching import grams
from ecops.competitors.matching.candidates import Candidates
from ecops.competitors.matching.catalogue import Catalogue, Floats, bags

NAMES = (
    "name", "title", "details", "margin", "mutual", "words", "ours_in_theirs", "theirs_in_ours", "common_words",
    "codes_common", "codes_share", "codes_conflict", "codes_known", "numbers_share", "numbers_known",
    "price_gap", "price_known", "brand_same", "brand_known", "gtin_same", "gtin_conflict", "length",
)  # fmt: skip
"""What each column of `features` is; see there."""


def features(ours: Catalogue, theirs: Catalogue, pairs: Candidates) -> Floats:
    """What is known of each pair, shape (pairs, len(NAMES)).

    name, title, details: cosines of character n-grams. margin, mutual: see `Candidates`. words: cosine of words by
    rarity; ours_in_theirs, theirs_in_ours: share of the words of one side, by rarity, that the other has; common_words:
    Jaccard index of the words. codes_common: model numbers in common (0 to 3), codes_share of the fewer ones;
    codes_conflict: both have some and share none; codes_known: both have some. numbers_share: Jaccard index of the
    numbers in the titles. price_gap: |ln(price ratio)|, 0 where a price is missing, then price_known is 0. brand_same,
    brand_known; gtin_same, gtin_conflict: 0 or 1. length: |ln(ratio of the lengths of the names)|.
    """
    left, right = pairs.ours, pairs.theirs
    title, details = (_cosine(ours, theirs, part, pairs) for part in ("title", "details"))
    words = _words(ours, theirs, pairs)
    codes = _codes(ours, theirs, pairs)
    (own, other), _rare = bags(ours.numbers, theirs.numbers)
    numbers, sizes = _dot(own[left], other[right]), (_sizes(own)[left], _sizes(other)[right])
    price = np.log(ours.price[left] / theirs.price[right])
    brand = np.array(ours.brand, object)[left], np.array(theirs.brand, object)[right]
    gtin = ours.gtin[left], theirs.gtin[right]
    both = (gtin[0] != "") & (gtin[1] != "")
    branded = (brand[0] != "") & (brand[1] != "")
    lengths = np.array([len(name) for name in ours.name])[left], np.array([len(name) for name in theirs.name])[right]
    return np.column_stack(
        [
            pairs.score, title, details, pairs.margin, pairs.mutual,
            *words, *codes,
            _share(numbers, sizes[0] + sizes[1] - numbers), (sizes[0] > 0) & (sizes[1] > 0),
            np.nan_to_num(np.abs(price)), np.isfinite(price),
            branded & (brand[0] == brand[1]), branded,
            both & (gtin[0] == gtin[1]), both & (gtin[0] != gtin[1]),
            np.abs(np.log((1 + lengths[0]) / (1 + lengths[1]))),
        ]
    ).astype(np.float64)  # fmt: skip


def _words(ours: Catalogue, theirs: Catalogue, pairs: Candidates) -> list[Floats]:
    """Words in common: their cosine, their share of either side, all by rarity, and their Jaccard index."""
    (own, other), rare = bags(ours.words, theirs.words)
    own, other = own[pairs.ours], other[pairs.theirs]
    both = own.multiply(other)
    weights = [np.asarray(side @ rare, np.float64).ravel() for side in (own, other, both)]
    squares = [np.asarray(side @ rare**2, np.float64).ravel() for side in (own, other, both)]
    shared = np.asarray(both.sum(axis=1), np.float64).ravel()
    return [
        _share(squares[2], np.sqrt(squares[0] * squares[1])),
        _share(weights[2], weights[0]),
        _share(weights[2], weights[1]),
        _share(shared, _sizes(own) + _sizes(other) - shared),
    ]


def _codes(ours: Catalogue, theirs: Catalogue, pairs: Candidates) -> list[Floats]:
    """Model numbers in common: one that the other writes with a space or a hyphen between is the same."""
    (own, other, own_words, other_words), _rare = bags(ours.codes, theirs.codes, ours.words, theirs.words)
    own, own_words = own[pairs.ours], own_words[pairs.ours]
    other, other_words = other[pairs.theirs], other_words[pairs.theirs]
    common = np.maximum(_dot(own, other_words), _dot(own_words, other))
    fewer = np.minimum(_sizes(own), _sizes(other))
    known = fewer > 0
    share = np.minimum(_share(common, fewer), 1)
    return [np.minimum(common, 3), share, known & (common == 0), known]


def _cosine(ours: Catalogue, theirs: Catalogue, part: str, pairs: Candidates) -> Floats:
    """Cosine of a part of the two texts; what is rare is judged over the products that stand in a pair."""
    texts = getattr(ours, part), getattr(theirs, part)
    if texts == (ours.name, theirs.name):
        return pairs.score
    left, at_left = np.unique(pairs.ours, return_inverse=True)
    right, at_right = np.unique(pairs.theirs, return_inverse=True)
    own, other = grams.vectors([texts[0][i] for i in left], [texts[1][i] for i in right])
    return _dot(own[at_left], other[at_right])


def _dot(ours: grams.Sparse, theirs: grams.Sparse) -> Floats:
    """Sum of products of each row with the one at the same place."""
    return np.asarray(ours.multiply(theirs).sum(axis=1), np.float64).ravel()


def _sizes(side: grams.Sparse) -> Floats:
    sizes: Floats = np.diff(side.indptr).astype(np.float64)
    return sizes


def _share(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return share
