"""Reviews as numbers: every word of every clause of every review, once read and then used by all questions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecops.competitors.reviews.lexicon import lexicon
from ecops.competitors.reviews.segmentation import plain, words_of

Places = NDArray[np.int64]

_CLAUSE = re.compile(
    r"[，。！？；、,;!?~…\n\r]+|\.(?=\s|$)|(?=但是|但|不过|可是|就是|只是)|\b(?=(?:but|however|although)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Corpus:
    """Reviews, cut into clauses and words.

    Attributes:
        words: the different words, shape (vocabulary,).
        token: every word in the order of the text, as place in `words`; shape (tokens,).
        clause: clause of each token; shape (tokens,).
        review: review of each clause; shape (clauses,).
        clauses: the clauses as people wrote them, without markup.
        size: number of reviews, empty ones too.
    """

    words: list[str]
    token: Places
    clause: Places
    review: Places
    clauses: list[str]
    size: int

    @property
    def reviews(self) -> Places:
        """Review of each token; shape (tokens,)."""
        return self.review[self.clause] if len(self.clause) else self.clause


def read(texts: Iterable[object]) -> Corpus:
    """Cut reviews into clauses and words.

    Args:
        texts: one a review; what is no text counts as an empty review. Markup is left out.
    """
    known: dict[str, int] = {}
    token: list[int] = []
    lengths: list[int] = []
    review: list[int] = []
    clauses: list[str] = []
    size = 0
    for number, text in enumerate(texts):
        size = number + 1
        for part in _CLAUSE.split(plain(text, lower=False)):
            found = words_of(part.lower()) if part else []
            if not found:
                continue
            token.extend([known.setdefault(word, len(known)) for word in found])
            lengths.append(len(found))
            review.append(number)
            clauses.append(part.strip())
    clause = np.repeat(np.arange(len(lengths)), lengths)
    return Corpus(list(known), np.array(token, np.int64), clause, np.array(review, np.int64), clauses, size)


def joined_negations(corpus: Corpus) -> Corpus:
    """The same with every negator and the word behind it as one word, so that "not sweet" is a topic of its own."""
    negators = lexicon().negators
    is_negator = np.array([word in negators for word in corpus.words] or [False])[corpus.token]
    if not is_negator.any():
        return corpus
    same = np.append(corpus.clause[:-1] == corpus.clause[1:], False)
    starts = is_negator & same
    starts[1:] &= ~starts[:-1]
    first, second = corpus.token[starts], corpus.token[np.flatnonzero(starts) + 1]
    pairs, place = np.unique(np.column_stack([first, second]), axis=0, return_inverse=True)
    words = list(corpus.words)
    known = {word: number for number, word in enumerate(words)}
    number = np.array(
        [known.setdefault(_together(words[a], words[b]), len(known)) for a, b in pairs.tolist()], np.int64
    )
    token = corpus.token.copy()
    token[starts] = number[place.ravel()]
    keep = np.ones(len(token), bool)
    keep[np.flatnonzero(starts) + 1] = False
    return Corpus(list(known), token[keep], corpus.clause[keep], corpus.review, corpus.clauses, corpus.size)


def _together(first: str, second: str) -> str:
    return f"{first} {second}" if first.isascii() or second.isascii() else f"{first}{second}"
