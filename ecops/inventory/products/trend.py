"""Does a category grow, stand or shrink, and where in its life is it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecops.inventory.demand.panel import Panel
from ecops.statistics import critical_value

if TYPE_CHECKING:
    import pandas as pd

_WEEKS = 8


def category_trends(data: Panel, categories: Sequence[str]) -> pd.DataFrame:
    """The last eight weeks of each category against the eight before, and against the same weeks a year ago.

    Args:
        data: the panel.
        categories: of each product; products without one are left out.

    Returns:
        category, products, units (last eight weeks), change (relative), low, high (95 %, from how much the weeks
        differ), year_change (relative to 52 weeks earlier, NaN without that history), share_new (share of units from
        products on sale less than 16 weeks), stage: "introduction" (most units from new products), "growth",
        "decline" (the interval lies on one side of 0), "saturation" (it does not); "unknown" under 16 weeks.
    """
    import pandas as pd

    names = np.array([str(name) for name in categories])
    rows: list[dict[str, object]] = []
    young = data.age < 2 * _WEEKS * 7
    for name in np.unique(names[names != ""]):
        mine = names == name
        total = data.demand[mine].sum(axis=0)
        units = float(total[-_WEEKS * 7 :].sum())
        row: dict[str, object] = {"category": str(name), "products": int(mine.sum()), "units": units}
        row |= _change(total)
        new = float(data.demand[mine & young][:, -_WEEKS * 7 :].sum())
        row["share_new"] = new / units if units > 0 else np.nan
        row["stage"] = _stage(row)
        rows.append(row)
    columns = ["category", "products", "units", "change", "low", "high", "year_change", "share_new", "stage"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["units", "category"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _change(total: np.ndarray) -> dict[str, object]:
    """Relative change with its interval on the log scale: weeks are the observations, so seasons count as noise."""
    unknown: dict[str, object] = {"change": np.nan, "low": np.nan, "high": np.nan, "year_change": np.nan}
    if len(total) < 2 * _WEEKS * 7:
        return unknown
    weeks = total[len(total) - 2 * _WEEKS * 7 :].reshape(2 * _WEEKS, 7).sum(axis=1)
    before, after = weeks[:_WEEKS], weeks[_WEEKS:]
    if before.mean() <= 0 or after.mean() <= 0:
        return unknown
    log = float(np.log(after.mean() / before.mean()))
    error = float(
        np.sqrt(before.var(ddof=1) / _WEEKS / before.mean() ** 2 + after.var(ddof=1) / _WEEKS / after.mean() ** 2)
    )
    reach = float(critical_value(df=2.0 * (_WEEKS - 1))) * error
    found: dict[str, object] = {
        "change": float(np.expm1(log)), "low": float(np.expm1(log - reach)), "high": float(np.expm1(log + reach)),
        "year_change": np.nan,
    }  # fmt: skip
    if len(total) >= 364 + _WEEKS * 7:
        then = float(total[len(total) - 364 - _WEEKS * 7 : len(total) - 364].sum())
        found["year_change"] = float(after.sum() / then - 1) if then > 0 else np.nan
    return found


def _stage(row: dict[str, object]) -> str:
    low, high, new = (float(row[name]) for name in ("low", "high", "share_new"))  # type: ignore[arg-type]
    if np.isnan(low):
        return "unknown"
    if new > 0.5:
        return "introduction"
    return "growth" if low > 0 else "decline" if high < 0 else "saturation"
