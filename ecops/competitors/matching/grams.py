"""How alike are two product names? Character n-grams within words, weighted by how rare they are.

The weights are those of scikit-learn's `TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=False)`:
raw counts times `ln((1 + documents) / (1 + documents with the n-gram)) + 1`, each row of length 1. The n-grams are made
by arithmetic on arrays of code points instead of loops over text, and told apart by a 64-bit hash.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sparse = Any
"""A `scipy.sparse.csr_matrix`."""

SHORTEST, LONGEST = 2, 4
_LONGEST_TEXT = 600
"""Letters of a text that are read; a title that is longer is stuffed, and its end says nothing of the product."""
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_SPACE = 32


def clean(text: object) -> str:
    """Text as it is compared: full-width forms folded, lower case, everything but letters and digits a space."""
    if not isinstance(text, str):
        return ""
    folded = unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).lower()
    return " ".join("".join(letter if letter.isalnum() or letter in ".-/" else " " for letter in folded).split())


def vectors(*sides: Sequence[str]) -> list[Sparse]:
    """TF-IDF vectors of several lists of clean texts over their common n-grams.

    Args:
        sides: lists of texts as `clean` gives them; what is rare is judged over all of them together.

    Returns:
        One matrix a side, shape (texts, n-grams), rows of length 1; rows of empty texts are 0.
    """
    from scipy import sparse

    texts = [text for side in sides for text in side]
    row, code = _codes(texts)
    known, column = np.unique(code, return_inverse=True)
    shape = (len(texts), max(len(known), 1))
    counts = sparse.csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=shape)
    counts.sum_duplicates()
    seen = np.bincount(counts.indices, minlength=shape[1])
    counts.data *= (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)[counts.indices]
    length = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    counts.data /= np.repeat(np.where(length > 0, length, 1), np.diff(counts.indptr)).astype(np.float32)
    bounds = np.cumsum([0, *(len(side) for side in sides)])
    return [counts[low:high] for low, high in itertools.pairwise(bounds)]


def _codes(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Every n-gram of every text: the number of the text, and the hash of the n-gram."""
    letters = np.frombuffer("".join(f" {text} " for text in texts).encode("utf-32-le"), np.uint32)
    owner = np.repeat(np.arange(len(texts)), [len(text) + 2 for text in texts])
    space = letters == _SPACE
    codes = letters.astype(np.uint64) + np.uint64(1)
    rows, found, rolling = [], [], codes
    inside = np.ones(len(letters), bool)
    for size in range(2, LONGEST + 1):
        rolling = (rolling[:-1] ^ (rolling[:-1] >> _SHIFT)) * _FACTOR + codes[size - 1 :]
        # A word may begin and end with the space around it, but no n-gram runs over a space.
        inside = inside[: len(rolling)]
        if size > 2:
            inside = inside & ~space[size - 2 : size - 2 + len(rolling)]
        keep = inside & (owner[: len(rolling)] == owner[size - 1 :])
        if size == 2:
            keep &= ~(space[:-1] & space[1:])
        rows.append(owner[: len(rolling)][keep])
        found.append(rolling[keep] * np.uint64(2 * size + 1))
    return np.concatenate(rows), np.concatenate(found)
