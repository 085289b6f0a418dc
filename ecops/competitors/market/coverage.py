"""Do our titles hold the words that people search for in our own shop?"""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.competitors import source
from ecops.competitors.reviews.segmentation import segment
from ecops.metrics.daily import once, opened
from ecops.periods import ONE_DAY, Period

if TYPE_CHECKING:
    import pandas as pd

DAYS = 28
_LONGEST = 200
_ALIKE = 2
"""Letters (words, where they are spelled) that a title must share with a searched word to be proposed for it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Searched words against our titles.

    Attributes:
        table: one row a word, most searched first: word, searches, empty (searches that found nothing), titles (how
            many of ours hold it), covered, sku and title of the product whose title comes nearest to a word that none
            holds ("" where none comes near, so that a product may be missing and not a word).
        share: searches of words that a title holds / all searches; NaN without any.
        period: whose days.
    """

    table: pd.DataFrame
    share: float
    period: Period

    @property
    def lacking(self) -> pd.DataFrame:
        """Words that no title holds although a product comes near, most searched first."""
        return self.table[~self.table["covered"] & (self.table["sku"] != "")]


def title_coverage(words: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Which searched words stand in a title of ours; the columns are those of `Coverage.table`.

    A title holds a word that stands in it as written, or all of whose parts do ("保温杯 大容量", "steel flask").

    Args:
        words: `word` and `searches`; optional `empty_searches`.
        products: `sku` and `title` of ours.

    >>> import pandas as pd
    >>> words = pd.DataFrame({"word": ["羽绒被", "毛巾"], "searches": [9, 5]})
    >>> ours = pd.DataFrame({"sku": ["1", "2"], "title": ["95白鹅绒冬被", "全棉毛巾三条装"]})
    >>> title_coverage(words, ours)[["word", "titles", "sku"]].values.tolist()
    [['羽绒被', 0, '1'], ['毛巾', 1, '']]
    """
    import pandas as pd

    titles = [_plain(title) for title in products["title"]]
    parts = [set(_parts(title)) for title in titles]
    skus, shown = list(products["sku"].astype(str)), list(products["title"].astype(str))
    rows = []
    for row in words.itertuples():
        word = _plain(row.word)
        wanted = set(segment(word)) or {word}
        holding = [word in title or all(part in title for part in wanted) for title in titles]
        place = -1 if any(holding) else _nearest(set(_parts(word)), parts)
        rows.append(
            (str(row.word), float(row.searches), float(getattr(row, "empty_searches", np.nan)), sum(holding),
             any(holding), skus[place] if place >= 0 else "", shown[place] if place >= 0 else "")
        )  # fmt: skip
    names = ["word", "searches", "empty", "titles", "covered", "sku", "title"]
    table = pd.DataFrame(rows, columns=names).astype({"covered": bool})
    return table.sort_values(["searches", "word"], ascending=[False, True], ignore_index=True)


def _plain(text: object) -> str:
    return unicodedata.normalize("NFKC", str(text or ""))[:_LONGEST].casefold().strip()


def _parts(text: str) -> list[str]:
    """Letters of Chinese, whole words of what is spelled."""
    return [part for word in segment(text) for part in ([word] if word.isascii() else word)]


def _nearest(word: set[str], titles: list[set[str]]) -> int:
    shared = [len(word & title) for title in titles]
    best = max(shared, default=0)
    return shared.index(best) if best >= min(_ALIKE, len(word)) and best > len(word) / 2 else -1


def coverage(data: Any, until: dt.date | None = None) -> Coverage | None:
    """The same from a workspace: the searches of four weeks; None without searches inside the shop or without titles.

    Args:
        data: the tables.
        until: last day; the newest with searches when None.
    """
    ready: Any = opened(data)
    found: Coverage | None = once(ready, ("rivals", "coverage", until), lambda: _coverage(ready, until))
    return found


def _coverage(data: Any, until: dt.date | None) -> Coverage | None:
    if not data.has("search_words"):
        return None
    words = source.ask(data, "searched", until=until or dt.date.max, days=DAYS)
    if words.empty:
        return None
    end = words["last_day"].iloc[0]
    end = end.date() if hasattr(end, "date") else end
    span = Period(end - (DAYS - 1) * ONE_DAY, end)
    products = source.own_products(data, span)
    products = products[products["title"].fillna("") != ""]
    if products.empty:
        return None
    table = title_coverage(words, products)
    return Coverage(table, float(table.loc[table["covered"], "searches"].sum() / table["searches"].sum()), span)
