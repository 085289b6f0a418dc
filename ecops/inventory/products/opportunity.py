"""Which searched words grow while few products wait for them, and do we sell what they ask for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecops.inventory.demand.panel import Floats

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5
"""Fewer words cannot be ranked."""

_UPPER = 0.6
"""A place from here on is high, one up to its complement low."""


def opportunities(words: pd.DataFrame, titles: pd.DataFrame) -> pd.DataFrame:
    """Words of growing search and low competition.

    Places among the words of the same platform, never amounts: index values are only good for that.

    Args:
        words: platform, keyword, searches or search_index, growth (share against the span before), products and
            head_click_share (competition); of `queries/market_words.sql`.
        titles: sku, title, category: our own products.

    Returns:
        platform, keyword, growth, volume, competition (places 0 to 1; NaN when not known), score (place of the growth
        times one less the place of the competition), label ("open": grows, and more than most, against little
        competition; "crowded": grows against much; "shrinking"; "moderate"; "unknown" under five words or without
        growth or competition), own (products whose title or category has the word), the best first.
    """
    import pandas as pd

    parts = [_placed(rows) for _platform, rows in words.groupby("platform", sort=True)]
    if not parts:
        return pd.DataFrame(columns=["platform", "keyword", "growth", "volume", "competition", "score", "label", "own"])
    found = pd.concat(parts, ignore_index=True)
    text = (titles["title"].astype(str) + " " + titles["category"].astype(str)).str.casefold()
    own = [int(text.str.contains(word.casefold(), regex=False).sum()) for word in found["keyword"]]
    order = ["score", "platform", "keyword"]
    return found.assign(own=own).sort_values(
        order, ascending=[False, True, True], kind="stable", ignore_index=True, na_position="last"
    )


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    growth = rows["growth"].to_numpy(dtype=np.float64)
    volume = rows["searches"] if rows["searches"].notna().any() else rows["search_index"]
    rivals = np.stack([_place(rows[name].to_numpy(dtype=np.float64)) for name in ("products", "head_click_share")])
    known = np.isfinite(rivals)
    competition = np.where(
        known.any(axis=0), np.where(known, rivals, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan
    )
    place = _place(growth)
    unknown = ~np.isfinite(place + competition) | (len(rows) < FEWEST)
    label = np.select(
        [unknown, growth < 0, (place >= _UPPER) & (competition <= 1 - _UPPER), competition >= _UPPER],
        ["unknown", "shrinking", "open", "crowded"],
        "moderate",
    )
    return rows[["platform", "keyword", "growth"]].assign(
        volume=_place(volume.to_numpy(dtype=np.float64)),
        competition=competition,
        score=np.where(unknown | (growth < 0), np.nan, place * (1 - competition)),
        label=label,
    )


def _place(values: Floats) -> Floats:
    """Place among the known values: the share below, half of the equal ones counted."""
    known = np.isfinite(values)
    found = np.full(len(values), np.nan)
    if known.any():
        told = values[known]
        row = np.sort(told)
        found[known] = (np.searchsorted(row, told, "left") + np.searchsorted(row, told, "right")) / (2 * len(told))
    return found
