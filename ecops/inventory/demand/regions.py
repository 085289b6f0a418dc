"""Where is more of a category bought than elsewhere, and in which season? So that stock lies near its buyers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecops.statistics import wilson
from ecops.statistics.comparisons import benjamini_hochberg
from ecops.statistics.intervals import two_sided

if TYPE_CHECKING:
    import pandas as pd

SURE = 0.05
LEAST = 30
"""Lines of a region from which on a category's part of them is told."""


def regions(sold: pd.DataFrame) -> pd.DataFrame:
    """The part that each category has of a region's purchases, over its part in the whole shop.

    Args:
        sold: category, region, quarter, lines, units; "" where nothing names a category or a region.

    Returns:
        category, region, units, share (of the category's units), lift (part of the region's lines over part of all
        lines), low, high (95 % interval of it, Wilson on the region's part), sure (beyond chance
        with all cells compared, Benjamini-Hochberg at 5 %); of
        regions with at least `LEAST` lines, the largest lift that is sure first. Empty where only one region is named.
    """
    named = sold[(sold["category"] != "") & (sold["region"] != "")]
    cells = named.groupby(["category", "region"], as_index=False)[["lines", "units"]].sum()
    whole = float(cells["lines"].sum())
    in_region = cells.groupby("region")["lines"].transform("sum")
    of_category = cells.groupby("category")["lines"].transform("sum")
    usual = of_category / whole
    low, high = wilson(cells["lines"].to_numpy(), in_region.to_numpy())
    found = cells.assign(
        share=cells["units"] / cells.groupby("category")["units"].transform("sum"),
        lift=cells["lines"] / in_region / usual,
        low=low / usual,
        high=high / usual,
    )
    kept = found[(in_region >= LEAST) & (len(cells["region"].unique()) > 1)]
    chance = usual * (1 - usual) / in_region
    apart = (cells["lines"] / in_region - usual) / np.sqrt(chance.where(chance > 0))
    kept = kept.assign(sure=benjamini_hochberg(two_sided(apart[kept.index].to_numpy())) < SURE)
    ordered = kept.sort_values(["sure", "lift", "category", "region"], ascending=[False, False, True, True])
    return ordered[["category", "region", "units", "share", "lift", "low", "high", "sure"]].reset_index(drop=True)


def seasons(sold: pd.DataFrame) -> pd.DataFrame:
    """Each category's part of the four quarters, over that of the whole shop.

    Args:
        sold: see `regions`; of one whole year.

    Returns:
        category, units, q1 to q4 (1 is as the shop), peak (number of the quarter in which it stands out most);
        categories of at least `LEAST` lines, the most seasonal first. Empty when a quarter has no sale at all.
    """
    named = sold[sold["category"] != ""]
    grid = named.pivot_table(index="category", columns="quarter", values="lines", aggfunc="sum", fill_value=0)
    grid = grid.reindex(columns=[1, 2, 3, 4], fill_value=0)
    enough = grid[grid.sum(axis=1) >= LEAST]
    quarter = grid.sum(axis=0) / max(float(grid.to_numpy().sum()), 1.0)
    if not (quarter > 0).all():
        enough = enough.iloc[:0]
    index = enough.div(enough.sum(axis=1), axis=0) / np.where(quarter > 0, quarter, np.nan)
    units = named.groupby("category")["units"].sum().reindex(index.index)
    found = index.set_axis(["q1", "q2", "q3", "q4"], axis=1).assign(units=units)
    found = found.assign(peak=index.to_numpy().argmax(axis=1) + 1 if len(index) else [])
    spread = index.max(axis=1).to_numpy() if len(index) else np.zeros(0)
    order = np.argsort(-spread, kind="stable")
    return found.iloc[order].reset_index()[["category", "units", "q1", "q2", "q3", "q4", "peak"]]
