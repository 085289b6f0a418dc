"""What kind of product is it: what it brings, how evenly it sells, where it stands in its life?

ABC by revenue decides where attention goes, XYZ and the pattern which promise of service can be kept, the life cycle
which advice fits: nobody reorders what is dying.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecops.inventory.demand.panel import Floats, Panel
from ecops.statistics import critical_value

if TYPE_CHECKING:
    import pandas as pd

_WEEKS = 26
_LEAST_WEEKS = 8
_MONTH = 28
STAGES = ("new", "growth", "mature", "decline", "slow", "dead")
"""new: on sale less than 28 days. growth, decline: the last four weeks sold more or less than the four before, beyond
the ups and downs of the product's own weeks. slow: no sale in 28 days; dead: none in `dead_days`."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of every product of a panel; arrays of shape (n,).

    Attributes:
        abc: "A" for the products that bring the first 80 % of revenue, "B" to 95 %, "C"; the product that crosses a
            line still belongs to the better class. By units where the panel has no money.
        xyz: "X" where weekly demand varies by less than half its mean, "Y" up to the mean, "Z"; "" under eight weeks.
        pattern: smooth, erratic, intermittent or lumpy (Syntetos, Boylan and Croston 2005); "" before a second sale.
        stage: see `STAGES`.
        revenue: of the last `revenue_days`, in the currency of the data (units where there is no money).
        interval: days a sale (ADI); NaN without a sale.
        squared_variation: squared coefficient of variation of the units of days with sales; NaN under two of them.
        weekly_variation: standard deviation over mean of the last 26 weeks; NaN under eight.
        idle_days: days since the last sale, 0 when it sold on the last day.
        bulk_share: share of the units of those days that were bulk orders, 0 to 1.
    """

    abc: NDArray[np.str_]
    xyz: NDArray[np.str_]
    pattern: NDArray[np.str_]
    stage: NDArray[np.str_]
    revenue: Floats
    interval: Floats
    squared_variation: Floats
    weekly_variation: Floats
    idle_days: Floats
    bulk_share: Floats

    def table(self, skus: tuple[str, ...]) -> pd.DataFrame:
        """One row a product, for people."""
        import pandas as pd

        return pd.DataFrame({"sku": skus, **{name: getattr(self, name) for name in self.__slots__}})


def classify(
    data: Panel,
    *,
    a_share: float = 0.8,
    b_share: float = 0.95,
    new_days: int = _MONTH,
    dead_days: int = 90,
    revenue_days: int = 365,
) -> Classes:
    """Classes of every product.

    Args:
        data: the panel.
        a_share: share of revenue at which class A ends.
        b_share: share of revenue at which class B ends.
        new_days: a product is new for so many days after its first sale.
        dead_days: days without a sale that make dead stock (handbook: 90).
        revenue_days: the last so many days decide about ABC.
    """
    year = data.units[:, -revenue_days:]
    money = data.sales[:, -revenue_days:].sum(axis=1)
    revenue = money if money.sum() > 0 else year.sum(axis=1)
    happened = (data.units > 0).sum(axis=1)
    last = data.units.shape[1] - 1 - (data.units[:, ::-1] > 0).argmax(axis=1)
    sold = np.where(data.units > 0, data.units, np.nan)
    mean = data.units.sum(axis=1) / happened
    variance = np.where(happened > 1, np.nansum((sold - mean[:, None]) ** 2, axis=1) / np.maximum(happened - 1, 1), 0)
    interval = data.age / happened
    squared = np.where(happened > 1, variance / mean**2, np.nan)
    weekly = _weekly_variation(data)
    idle = (data.days - 1 - last).astype(np.float64)
    return Classes(
        abc=_abc(revenue, a_share, b_share),
        xyz=np.where(np.isnan(weekly), "", np.where(weekly < 0.5, "X", np.where(weekly < 1.0, "Y", "Z"))),
        pattern=_pattern(interval, squared),
        stage=_stage(data, idle, new_days, dead_days),
        revenue=revenue,
        interval=interval,
        squared_variation=squared,
        weekly_variation=weekly,
        idle_days=idle,
        bulk_share=np.where(data.bulk[:, -revenue_days:], year, 0).sum(axis=1) / np.maximum(year.sum(axis=1), 1e-9),
    )


def _abc(revenue: Floats, a_share: float, b_share: float) -> NDArray[np.str_]:
    order = np.argsort(-revenue, kind="stable")
    total = revenue.sum()
    ahead = np.cumsum(revenue[order]) - revenue[order]
    share = ahead / total if total > 0 else np.zeros(len(revenue))
    found = np.empty(len(revenue), dtype="<U1")
    found[order] = np.where(share < a_share, "A", np.where(share < b_share, "B", "C"))
    # What brought nothing is C, however little there is before it.
    found[revenue <= 0] = "C"
    return found


def _pattern(interval: Floats, squared: Floats) -> NDArray[np.str_]:
    often, even = interval < 1.32, squared < 0.49
    kinds = np.where(often, np.where(even, "smooth", "erratic"), np.where(even, "intermittent", "lumpy"))
    return np.where(np.isnan(squared), "", kinds)


def _weekly_variation(data: Panel) -> Floats:
    """Standard deviation over mean of the whole weeks since the first sale, the last 26 of them."""
    weeks = min(_WEEKS, data.days // 7)
    totals = data.demand[:, data.days - 7 * weeks :].reshape(len(data.skus), weeks, 7).sum(axis=2)
    lived = np.minimum(data.age // 7, weeks)
    counted = np.arange(weeks) >= (weeks - lived)[:, None]
    n = np.maximum(lived, 1)
    mean = np.where(counted, totals, 0).sum(axis=1) / n
    square = np.where(counted, (totals - mean[:, None]) ** 2, 0).sum(axis=1) / np.maximum(n - 1, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((lived >= _LEAST_WEEKS) & (mean > 0), np.sqrt(square) / mean, np.nan)


def _stage(data: Panel, idle: Floats, new_days: int, dead_days: int) -> NDArray[np.str_]:
    """Four weeks against the four before; how much a product's weeks differ says what is beyond chance."""
    stage = np.full(len(data.skus), "mature", dtype="<U7")
    if data.days >= 2 * _MONTH:
        weeks = data.demand[:, -2 * _MONTH :].reshape(len(data.skus), 8, 7).sum(axis=2)
        before, after = weeks[:, :4].mean(axis=1), weeks[:, 4:].mean(axis=1)
        spread = (weeks[:, :4].var(axis=1, ddof=1) + weeks[:, 4:].var(axis=1, ddof=1)) / 2
        # At least what independent buyers would make.
        error = np.sqrt(np.maximum(spread, (before + after) / 2) * (2 / 4))
        with np.errstate(invalid="ignore", divide="ignore"):
            moved = np.where(error > 0, (after - before) / error, 0.0)
        beyond = float(critical_value(df=6.0))
        lived = data.age >= 2 * _MONTH
        stage[lived & (moved > beyond)] = "growth"
        stage[lived & (moved < -beyond)] = "decline"
    stage[data.age < new_days] = "new"
    stage[idle >= _MONTH] = "slow"
    stage[idle >= dead_days] = "dead"
    return stage
