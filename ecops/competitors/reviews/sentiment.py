"""Is a clause praise or complaint? Learned from the shop's own star ratings, by a lexicon before there are enough.

The model is a logistic regression over words and pairs of neighbours, weighted by rarity and by how differently they
stand in good and bad reviews (Wang and Manning 2012, "Baselines and Bigrams"). It is used only where it judges reviews
that it has not seen better than the lexicon does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ecops.competitors.reviews.corpus import Corpus, Places
from ecops.competitors.reviews.lexicon import lexicon

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEATURES = 60_000
LEAST = 100
"""Good and bad reviews, each, from which a model is learned."""

GOOD, BAD = 4.0, 2.0
"""Stars from which a review is good, and up to which it is bad; between them it teaches nothing."""

_FOLDS = 3
_FOLD_ROWS = 12_000
_STRENGTH = 5.0
_STEP = 1.2


@dataclass(frozen=True)
class Sentiment:
    """What tells praise from complaint.

    Attributes:
        source: "stars" where it was learned from ratings, "lexicon" before.
        accuracy: share of unseen good and bad reviews judged rightly, the mean of both kinds; NaN where none are rated.
        lexicon_accuracy: the same of the lexicon.
        rated: rated reviews, good and bad.
    """

    source: str
    accuracy: float
    lexicon_accuracy: float
    rated: int
    model: Any = field(default=None, repr=False)

    def clauses(self, corpus: Corpus) -> Floats:
        """Probability that each clause is praise, shape (clauses,); .5 says neither."""
        return self._score(corpus, corpus.clause, len(corpus.review))

    def reviews(self, corpus: Corpus) -> Floats:
        """Probability that each review is good, shape (reviews,); .5 says neither."""
        return self._score(corpus, corpus.reviews, corpus.size)

    def _score(self, corpus: Corpus, row: Places, rows: int) -> Floats:
        if self.model is None:
            return _by_lexicon(corpus, row, rows)
        return self.model.score(corpus, row, rows)  # type: ignore[no-any-return]


def labels(stars: NDArray[Any], positive: NDArray[Any] | None = None) -> Floats:
    """What ratings teach: 1 good, 0 bad, NaN neither or not rated.

    Args:
        stars: 1 to 5, NaN where missing.
        positive: good or not, for reviews without stars; NaN where missing.
    """
    found = np.where(stars >= GOOD, 1.0, np.where(stars <= BAD, 0.0, np.nan))
    if positive is not None:
        found = np.where(np.isnan(stars), positive, found)
    return np.asarray(found, np.float64)


def learn(corpus: Corpus, good: Floats) -> Sentiment:
    """Learn from rated reviews.

    Args:
        corpus: the reviews.
        good: see `labels`; shape (reviews,).
    """
    rated = np.flatnonzero(np.isfinite(good))
    truth = good[rated] > 0.5
    by_words = _by_lexicon(corpus, corpus.reviews, corpus.size)[rated]
    plain_accuracy = balanced(truth, by_words)
    if min(truth.sum(), (~truth).sum()) < LEAST:
        return Sentiment("lexicon", plain_accuracy, plain_accuracy, len(rated))
    accuracy = _unseen(corpus, rated, truth)
    if not accuracy > plain_accuracy:
        return Sentiment("lexicon", plain_accuracy, plain_accuracy, len(rated))
    return Sentiment("stars", accuracy, plain_accuracy, len(rated), _fit(corpus, rated, truth))


def balanced(truth: Bools, probability: Floats) -> float:
    """Mean of the shares of good and of bad reviews that are judged rightly; .5 counts half."""
    right = np.where(probability == 0.5, 0.5, (probability > 0.5) == truth)
    sides = [right[truth == side] for side in (True, False)]
    return float(np.mean([side.mean() for side in sides])) if all(map(len, sides)) else math.nan


def _unseen(corpus: Corpus, rated: Places, truth: Bools) -> float:
    """Accuracy by cross-validation, on a part of the reviews where there are many."""
    order = np.random.default_rng(0).permutation(len(rated))[:_FOLD_ROWS]
    fold = np.arange(len(order)) % _FOLDS
    found = np.full(len(order), np.nan)
    for number in range(_FOLDS):
        taught = order[fold != number]
        if truth[taught].all() or not truth[taught].any():
            return math.nan
        score = _fit(corpus, rated[taught], truth[taught]).score(corpus, corpus.reviews, corpus.size)
        found[fold == number] = score[rated[order[fold == number]]]
    return balanced(truth[order], found)


@dataclass(frozen=True)
class _Model:
    """Weights of words and of pairs of neighbours.

    Attributes:
        words: number of each known word.
        code: known words and pairs, rising; see `_codes`.
        rarity: weight of each before rows are brought to length 1.
        weight, intercept: of the regression.
    """

    words: dict[str, int]
    code: Places
    rarity: Floats
    weight: Floats
    intercept: float

    def score(self, corpus: Corpus, row: Places, rows: int) -> Floats:
        """Probability of praise for rows of tokens."""
        number = np.array([self.words.get(word, -1) for word in corpus.words], np.int64)
        code, row = _codes(number[corpus.token] if len(number) else corpus.token, row, len(self.words))
        place = np.minimum(np.searchsorted(self.code, code), len(self.code) - 1)
        known = self.code[place] == code
        counts = _counts(row[known], place[known], (rows, len(self.code)))
        made = _weighted(counts, self.rarity)
        found: Floats = special.expit(np.asarray(made @ self.weight, np.float64).ravel() + self.intercept)
        empty = np.diff(made.indptr) == 0
        return np.where(empty, 0.5, found)


def _codes(token: Places, row: Places, words: int) -> tuple[Places, Places]:
    """Every word and every pair of neighbours of a row as one number, and its row."""
    known = token >= 0
    pair = (row[:-1] == row[1:]) & known[:-1] & known[1:] if len(row) else known
    code = np.concatenate([token[known], (token[:-1] * words + token[1:] + words)[pair]]) if len(row) else token
    return code, np.concatenate([row[known], row[:-1][pair]]) if len(row) else row


def _counts(row: Places, column: Places, shape: tuple[int, int]) -> Any:
    from scipy import sparse

    made = sparse.csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=shape)
    made.sum_duplicates()
    return made


def _weighted(counts: Any, rarity: Floats) -> Any:
    """(1 + ln count) times rarity, every row brought to length 1."""
    made = counts.copy()
    made.data = ((1 + np.log(made.data)) * rarity[made.indices]).astype(np.float64)
    length = np.sqrt(np.asarray(made.multiply(made).sum(axis=1)).ravel())
    made.data /= np.repeat(np.where(length > 0, length, 1), np.diff(made.indptr))
    return made


def _fit(corpus: Corpus, rated: Places, truth: Bools) -> _Model:
    from sklearn.linear_model import LogisticRegression

    at = np.full(corpus.size, -1, np.int64)
    at[rated] = np.arange(len(rated))
    row = at[corpus.reviews]
    taught = row >= 0
    code, row = _codes(corpus.token[taught], row[taught], len(corpus.words))
    known, place = np.unique(code, return_inverse=True)
    counts = _counts(row, place, (len(rated), len(known)))
    seen = np.bincount(counts.indices, minlength=len(known))
    kept = np.sort(np.argsort(-seen, kind="stable")[:FEATURES])
    kept = kept[seen[kept] >= 2]
    counts, seen = counts[:, kept], seen[kept]
    rarity = np.log((1 + len(rated)) / (1 + seen)) + 1
    there = counts.copy()
    there.data[:] = 1
    sides = [np.asarray(there[truth == side].sum(axis=0), np.float64).ravel() + 1 for side in (True, False)]
    leaning = np.abs(np.log(sides[0] / sides[0].sum()) - np.log(sides[1] / sides[1].sum()))
    rarity = rarity * np.sqrt(leaning)
    learner = LogisticRegression(C=_STRENGTH, solver="liblinear", class_weight="balanced", tol=1e-3, random_state=0)
    learner.fit(_weighted(counts, rarity), truth)
    words = {word: number for number, word in enumerate(corpus.words)}
    return _Model(words, known[kept], rarity, learner.coef_[0], float(learner.intercept_[0]))


def _by_lexicon(corpus: Corpus, row: Places, rows: int) -> Floats:
    """Probability of praise by the lexicon: each judging word moves the log-odds, a negator before it turns it."""
    known = lexicon()
    value = np.array([_value(word) for word in corpus.words] or [0.0])[corpus.token]
    negator = np.array([word in known.negators for word in corpus.words] or [False])[corpus.token]
    turned = np.zeros(len(value), bool)
    for back in (1, 2):
        turned[back:] |= negator[:-back] & (row[back:] == row[:-back])
    value = np.where(turned, -value, value)
    found: Floats = special.expit(_STEP * np.bincount(row, weights=value, minlength=rows))
    return found


def _value(word: str) -> float:
    known = lexicon()
    return float(word in known.positive) - float(word in known.negative)
