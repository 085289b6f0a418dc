"""What do buyers complain about, and what do they praise? Words that stand in bad reviews more than in good ones.

Method: for each category the log-odds of a word in bad against good reviews (reviews that name it, not times it is
named) with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words", equations 16 to 22). A
word that is bad in every category ("disappointed", "rubbish") names nothing and is left out; so are the words of the
lexicon. What is left must also stand in a larger share of bad reviews than of good ones beyond chance (two proportions,
exact where few, corrected for all words). How many complain is counted by clause: a review that says "fine quality, but
the colour fades" complains of the colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.competitors.reviews.corpus import Corpus, Places, joined_negations
from ecops.competitors.reviews.lexicon import lexicon
from ecops.competitors.reviews.sentiment import Sentiment
from ecops.statistics.comparisons import benjamini_hochberg, two_proportions
from ecops.statistics.intervals import wilson

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

GENERIC_Z, GENERIC_SHARE, GENERIC_LEAST = 2.5, 0.4, 4
"""A word is generic when its z passes the first in this share of the categories, of which there must be so many."""

TOPIC_Z = 2.5
"""Log-odds, in errors, from which a word is tried as a topic."""

_PRIOR = 500.0
_MINIMUM = 5
_LEAST_TOLD = 3
_SMALL_CATEGORY = 100
_Q = 0.05
_QUOTES = 3
_SAME = 0.8
"""Overlap of the reviews that name two words from which they are one topic."""

_QUOTE_LETTERS = (6, 60)
_WORDLESS = re.compile(r"[\d\W_]+|.|[一二两三四五六七八九十百千几半]+[天个次年月周号件元块分只瓶盒条双本]+")


@dataclass(frozen=True)
class Said:
    """Reviews with what their words and clauses say, read once for all questions.

    Attributes:
        corpus: words and clauses, negations joined.
        praise: probability that each clause is praise, shape (clauses,).
        good: whether each review is good: by its rating, by its words where it is not rated; shape (reviews,).
        category: of each review, None for one that does not count here; shape (reviews,).
        sentiment: who judged.
    """

    corpus: Corpus
    praise: Floats
    good: NDArray[np.bool_]
    category: NDArray[np.object_]
    sentiment: Sentiment

    def among(self, chosen: NDArray[np.bool_]) -> Said:
        """The same with only some reviews in categories; the others belong to none and count nowhere."""
        category = self.category.copy()
        category[~chosen] = None
        return replace(self, category=category)

    def pooled(self) -> Said:
        """The same as one category where none has enough reviews of its own."""
        there = np.array([name is not None for name in self.category], bool)
        sizes = np.unique(self.category[there].astype(str), return_counts=True)[1]
        if (sizes >= _SMALL_CATEGORY).any():
            return self
        category = np.full(len(there), "", object)
        category[~there] = None
        return replace(self, category=category)

    def categories(self) -> list[str]:
        """The categories with enough reviews to have topics of their own; all of them where none has."""
        known = self.category[np.array([name is not None for name in self.category], bool)]
        names, size = np.unique(known.astype(str), return_counts=True)
        large = [str(name) for name in names[size >= _SMALL_CATEGORY]]
        return large or [str(name) for name in names]

    def naming(self, words: Sequence[str], tone: str = "complaint") -> Any:
        """Which reviews complain of (or praise) which words: a 0/1 matrix, shape (reviews, words).

        Args:
            words: as in `corpus.words`; one that nobody used gives an empty column.
            tone: "complaint", "praise", or "any" for every mention.
        """
        place = {word: number for number, word in enumerate(words)}
        column = np.array([place.get(word, -1) for word in self.corpus.words] or [-1])[self.corpus.token]
        meant = column >= 0
        if tone != "any":
            wanted = self.praise < 0.5 if tone == "complaint" else self.praise > 0.5
            meant &= wanted[self.corpus.clause] if len(wanted) else meant
        return _incidence(self.corpus.reviews[meant], column[meant], (self.corpus.size, max(len(words), 1)))


def hear(corpus: Corpus, sentiment: Sentiment, good: Floats, category: Sequence[object] | None = None) -> Said:
    """Judge every clause and every review.

    Args:
        corpus: see `corpus.read`.
        sentiment: see `sentiment.learn`.
        good: 1 or 0 by rating, NaN where not rated; shape (reviews,).
        category: of each review; one for all when None.
    """
    by_words = sentiment.reviews(corpus)
    cells = [""] * corpus.size if category is None else category
    known = np.array(["" if cell is None else str(cell) for cell in cells], object)
    told = np.where(np.isfinite(good), good > 0.5, by_words >= 0.5)
    praise = sentiment.clauses(corpus)
    # A clause of which no word is known takes the side of its review.
    praise = np.where(praise == 0.5, np.where(told[corpus.review], 0.6, 0.4), praise)
    return Said(joined_negations(corpus), praise, told, known, sentiment)


def topics(
    said: Said, tone: str = "complaint", limit: int = 20, among: NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """The topics of every category, those that most name first.

    Args:
        said: see `hear`.
        tone: "complaint" or "praise".
        limit: topics a category at most.
        among: the reviews to look at, shape (reviews,); all when None.

    Returns:
        category, topic, reviews (that complain of it, or praise it, in a clause), share (of the category's reviews),
        low, high (95 % Wilson interval of the share), in_reviews (share of the bad reviews, or good ones, that name
        it), z, q (Benjamini-Hochberg over all words of the category), quotes (tuple of clauses as people wrote them).
    """
    import pandas as pd

    sides = -1 if tone == "complaint" else 1
    said = (said if among is None else said.among(among)).pooled()
    counts = _counted(said)
    scores = {name: _log_odds(good, bad) for name, (good, bad, _, _) in counts.items()}
    generic = generic_words(said, scores, sides)
    nameless = np.array([names_nothing(word, generic) for word in said.corpus.words] or [True])
    rows = []
    for name, (good, bad, good_size, bad_size) in counts.items():
        named, size = (bad, bad_size) if sides < 0 else (good, good_size)
        z = scores[name] * sides
        usable = (good + bad >= _MINIMUM) & ~nameless
        q = np.full(len(z), np.nan)
        tested = np.flatnonzero(usable & (z > TOPIC_Z))
        p = np.ones(len(z))
        p[tested] = two_proportions((good[tested], max(good_size, 1)), (bad[tested], max(bad_size, 1)))
        q[usable] = benjamini_hochberg(p[usable])
        kept = np.flatnonzero(usable & (q < _Q))
        rows += [(name, said.corpus.words[place], z[place], q[place], named[place] / max(size, 1)) for place in kept]
    table = pd.DataFrame(rows, columns=["category", "topic", "z", "q", "in_reviews"])
    return _with_complaints(table, said, tone, limit)


def generic_words(said: Said, scores: dict[str, Floats] | None = None, sides: int = -1) -> frozenset[str]:
    """Words that are bad (`sides` -1) or good (1) whatever is sold: those of the lexicon, and those found here."""
    counts = _counted(said) if scores is None else {}
    scores = scores or {name: _log_odds(good, bad) for name, (good, bad, _, _) in counts.items()}
    if len(scores) < GENERIC_LEAST:
        return lexicon().generic
    often = sum((score * sides > GENERIC_Z).astype(int) for score in scores.values())
    found = np.flatnonzero(np.asarray(often) >= max(GENERIC_LEAST, GENERIC_SHARE * len(scores)))
    return lexicon().generic | {said.corpus.words[place] for place in found}


def names_nothing(word: str, generic: frozenset[str]) -> bool:
    """Whether a word names nothing: generic, a number, one letter, or a negated word that judges without naming."""
    return word in generic or bool(_WORDLESS.fullmatch(word)) or _bare(word) in generic


def _bare(word: str) -> str:
    """A word without the negator before it."""
    for negator in lexicon().negators:
        joined = f"{negator} " if negator.isascii() else negator
        if word.startswith(joined) and len(word) > len(joined):
            return word[len(joined) :]
    return word


def _counted(said: Said) -> dict[str, tuple[Floats, Floats, int, int]]:
    """Per category: good and bad reviews that name each word, and how many good and bad ones there are."""
    corpus = said.corpus
    named = _incidence(corpus.reviews, corpus.token, (corpus.size, max(len(corpus.words), 1)))
    found = {}
    for name in said.categories():
        rows = said.category == name
        sides = [np.flatnonzero(rows & (said.good == side)) for side in (True, False)]
        sums = [np.asarray(named[side].sum(axis=0), np.float64).ravel() for side in sides]
        found[name] = (sums[0], sums[1], len(sides[0]), len(sides[1]))
    return found


def _log_odds(good: Floats, bad: Floats) -> Floats:
    """Score of the log-odds ratio of every word, good against bad, with a prior that both have the same words."""
    both = good + bad
    if not good.sum() or not bad.sum():
        return np.zeros(len(both))
    prior = _PRIOR * both / both.sum()
    odds = []
    for named in (good, bad):
        upper = named + prior
        odds.append(np.log(np.where(both > 0, upper, 1)) - np.log(named.sum() + _PRIOR - np.where(both > 0, upper, 0)))
    variance = sum(1 / np.where(both > 0, named + prior, np.inf) for named in (good, bad))
    score = np.divide(odds[0] - odds[1], np.sqrt(variance), out=np.zeros(len(both)), where=variance > 0)
    return np.where(both > 0, score, 0.0)


def _with_complaints(table: pd.DataFrame, said: Said, tone: str, limit: int) -> pd.DataFrame:
    """Count the reviews that name each topic in a clause of the tone, and add what they wrote."""
    words = sorted(set(table["topic"]))
    place = {word: number for number, word in enumerate(words)}
    naming = said.naming(words, tone)
    size: dict[str, int] = {}
    count = np.zeros(len(table))
    for name in set(table["category"]):
        rows = said.category == name
        size[name] = int(rows.sum())
        sums = np.asarray(naming[np.flatnonzero(rows)].sum(axis=0), np.float64).ravel()
        here = (table["category"] == name).to_numpy()
        count[here] = sums[[place[word] for word in table.loc[here, "topic"]]]
    trials = np.array([size[name] for name in table["category"]], np.float64)
    ends = wilson(count, trials) if len(table) else None
    told = table.assign(
        reviews=count.astype(int),
        share=count / trials if len(table) else count,
        low=ends.low if ends else count,
        high=ends.high if ends else count,
    )
    told = told[told["reviews"] >= _LEAST_TOLD].sort_values(
        ["category", "reviews", "z", "topic"], ascending=[True, False, False, True], kind="stable"
    )
    kept = [
        index
        for name, rows in told.groupby("category", sort=False)
        for index in _different(rows, naming[np.flatnonzero(said.category == name)], place)
    ]
    told = told.loc[kept].groupby("category", sort=False).head(limit).reset_index(drop=True)
    quotes = [quotes_of(said, row.topic, tone, row.category) for row in told.itertuples()]
    order = ["category", "topic", "reviews", "share", "low", "high", "in_reviews", "z", "q"]
    return told[order].assign(quotes=quotes)


def _different(rows: pd.DataFrame, naming: Any, place: dict[str, int]) -> list[int]:
    """The rows whose word is not named in the very reviews that name a word before it."""
    columns = naming[:, [place[word] for word in rows["topic"]]].tocsc()
    both = (columns.T @ columns).toarray().astype(np.float64)
    alone = np.diag(both)
    alike = both / np.maximum(alone[:, None] + alone[None, :] - both, 1) > _SAME
    kept: list[int] = []
    for number in range(len(rows)):
        if not alike[number, kept].any():
            kept.append(number)
    return [rows.index[number] for number in kept]


def quotes_of(said: Said, topic: str, tone: str = "complaint", category: str | None = None) -> tuple[str, ...]:
    """Up to three clauses that name a topic in this tone, the clearest first, as people wrote them; never twice."""
    corpus = said.corpus
    if topic not in corpus.words:
        return ()
    named: Places = np.unique(corpus.clause[corpus.token == corpus.words.index(topic)])
    if category is not None:
        named = named[said.category[corpus.review[named]] == category]
    clear = said.praise[named] if tone == "praise" else 1 - said.praise[named]
    least, most = _QUOTE_LETTERS
    lengths = np.array([len(corpus.clauses[place]) for place in named], np.int64)
    readable = (lengths >= least) & (lengths <= most)
    order = np.lexsort((named, -clear.round(2), ~readable))
    chosen = [corpus.clauses[named[place]][: 3 * most] for place in order if clear[place] > 0.5]
    return tuple(dict.fromkeys(chosen))[:_QUOTES]


def _incidence(row: Places, column: Places, shape: tuple[int, int]) -> Any:
    """A 0/1 matrix."""
    from scipy import sparse

    made = sparse.csr_matrix((np.ones(len(row), np.int32), (row, column)), shape=shape)
    made.sum_duplicates()
    made.data[:] = 1
    return made
