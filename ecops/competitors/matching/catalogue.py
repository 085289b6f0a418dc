"""What of a list of products is compared: names, words, model numbers, prices, barcodes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecops.competitors.matching import grams
from ecops.competitors.reviews.segmentation import segment
from ecops.errors import DataError
from ecops.messages import Count, Message

Floats = NDArray[np.float64]

_PUNCTUATION = re.compile(r"[^\w]|_")
_MEASURE = re.compile(
    r"\d+(x\d+)*(gb|mb|tb|kb|w|watts?|v|volts?|ml|l|g|kg|oz|lb|lbs|mm|cm|m|ft|in|inch|hz|mhz|ghz|mah|ma|mp|dpi|fps|rpm|"
    r"p|i|x|pc|pcs|pack|packs|pk|ct|count|st|nd|rd|th|ch|bit|hours?|hrs?|hd|d|k|s)?"
)
"""Sizes and quantities look like model numbers and are none."""


@dataclass(frozen=True)
class Catalogue:
    """A list of products in the form in which it is compared.

    Attributes:
        ids: of the products, unique; shape (products,).
        shown: title as it was written.
        name: clean title, brand and model together.
        title: clean title.
        details: clean name with description.
        words: words of the name without punctuation, and every two neighbours joined.
        codes: what looks like a model number, and the model itself.
        numbers: numbers of the title.
        brand: clean brand, "" where none is given.
        gtin: barcode as digits without leading zeros, "" where none is given.
        price: NaN where none is given.
    """

    ids: NDArray[np.object_]
    shown: NDArray[np.object_]
    name: list[str]
    title: list[str]
    details: list[str]
    words: list[list[str]]
    codes: list[list[str]]
    numbers: list[list[str]]
    brand: list[str]
    gtin: NDArray[np.object_]
    price: Floats

    def __len__(self) -> int:
        return len(self.name)


def catalogue(products: pd.DataFrame) -> Catalogue:
    """Read a table of products.

    Args:
        products: one row a product: title; optional are sku (or id), brand, model, gtin, description, price. HTML and
            script in a title are letters like any other.

    Raises:
        DataError: there is no title, or two rows have one id.
    """
    if "title" not in products.columns:
        raise DataError(
            Message("The table has no column {column}, which is needed.", column="title"),
            Message("Name the column that holds the names of the products."),
        )
    known = next((name for name in ("sku", "id") if name in products.columns), None)
    ids = (
        np.arange(len(products)).astype(str).astype(object)
        if known is None
        else products[known].astype(str).to_numpy(object)
    )
    twice = pd.Index(ids).duplicated()
    if twice.any():
        raise DataError(
            Message("{n} products stand in the list more than once.", n=Count(int(twice.sum()))),
            Message("Keep one row a product, for example the newest day."),
            {"column": known or "title", "value": str(ids[twice][0])},
        )
    title, brand, model, description = (_column(products, name) for name in ("title", "brand", "model", "description"))
    name = [" ".join(filter(None, parts)) for parts in zip(title, brand, model, strict=True)]
    tokens = [[word for word in (_bare(part) for part in segment(text)) if word] for text in name]
    return Catalogue(
        ids,
        products["title"].fillna("").astype(str).to_numpy(object),
        name,
        title,
        [f"{short} {long}".strip() for short, long in zip(name, description, strict=True)],
        [[*row, *(f"{a}{b}" for a, b in itertools.pairwise(row))] for row in tokens],
        [_codes(row, _bare(own)) for row, own in zip(tokens, model, strict=True)],
        [re.findall(r"\d+(?:\.\d+)?", text) for text in title],
        brand,
        np.array([re.sub(r"\D", "", code).lstrip("0") for code in _column(products, "gtin")], object),
        _price(products),
    )


def _column(products: pd.DataFrame, name: str) -> list[str]:
    return [grams.clean(cell) for cell in products[name]] if name in products.columns else [""] * len(products)


def _price(products: pd.DataFrame) -> Floats:
    if "price" not in products.columns:
        return np.full(len(products), np.nan)
    price = pd.to_numeric(products["price"], errors="coerce").to_numpy(np.float64)
    return np.where(np.isfinite(price) & (price > 0), price, np.nan)


def _bare(word: str) -> str:
    return _PUNCTUATION.sub("", word)


def _codes(words: Sequence[str], model: str) -> list[str]:
    found = [word for word in words if _is_code(word)]
    return list(dict.fromkeys([*found, *([model] if len(model) >= 3 else [])]))


def _is_code(word: str) -> bool:
    if len(word) < 4 or not word.isascii() or not any(letter.isdigit() for letter in word):
        return False
    return len(word) >= 5 if word.isdigit() else not _MEASURE.fullmatch(word)


def bags(*sides: Sequence[Sequence[str]]) -> tuple[list[grams.Sparse], Floats]:
    """Which words each product has, over the common words of several lists.

    Returns:
        One 0/1 matrix a list, shape (products, words), and how rare each word is, `ln((1 + n) / (1 + with it)) + 1`.
    """
    from scipy import sparse

    known: dict[str, int] = {}
    column = [known.setdefault(word, len(known)) for side in sides for words in side for word in words]
    row = np.repeat(np.arange(sum(map(len, sides))), [len(words) for side in sides for words in side])
    shape = (sum(map(len, sides)), max(len(known), 1))
    made = sparse.csr_matrix((np.ones(len(row), np.float32), (row, np.array(column, np.int64))), shape=shape)
    made.sum_duplicates()
    made.data[:] = 1
    rare = np.log((1 + shape[0]) / (1 + np.bincount(made.indices, minlength=shape[1]))) + 1
    bounds = np.cumsum([0, *map(len, sides)])
    return [made[low:high] for low, high in itertools.pairwise(bounds)], rare
