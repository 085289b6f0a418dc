"""How much more is sold on days of an event? Per product, drawn to its category the more the less the product tells.

The ratio of a product's units on the days of the event to its own usual days around them is noisy: a product that
sells two a week cannot show an uplift of 1.3. Ratios are therefore combined as studies are in a meta-analysis
(DerSimonian and Laird 1986): between products of a category there is a true variance, within a product a known one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import SpecError
from ecops.inventory.demand.panel import Bools, Floats, Panel, trailing
from ecops.inventory.forecasting.levels import weekday_index
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

_AROUND = 28
_SURE = 1.96


@dataclass(frozen=True, slots=True)
class Uplift:
    """What an event does to demand.

    Attributes:
        ratio: units over usual units, shape (n,), drawn to the category; 1 where nothing is known at all.
        low, high: 95 % interval of the product's true ratio, shape (n,); NaN where nothing is known.
        raw: the product's own ratio, shape (n,); NaN where it had no such day, or sells nothing usually.
        groups: columns group, n (products), ratio, low, high, between (standard deviation between products).
    """

    ratio: Floats
    low: Floats
    high: Floats
    raw: Floats
    groups: pd.DataFrame


def estimate_uplift(data: Panel, mask: ArrayLike, groups: Sequence[str] | None = None) -> Uplift:
    """The uplift of the days marked in `mask`.

    Args:
        data: the panel.
        mask: days of the event, shape (days,) or, where they differ between products, (n, days).
        groups: category of each product; one for all when None.

    Raises:
        SpecError: the mask does not fit the panel, or marks no day.
    """
    marked = np.asarray(mask, dtype=np.bool_)
    if marked.ndim == 1:
        marked = np.broadcast_to(marked, (len(data.skus), len(marked)))
    if marked.shape != data.units.shape or not marked.any():
        raise SpecError(
            Message("The days of the event do not fit the sales, or there are none."),
            Message("Mark days between the first and the last day of sales."),
        )
    sold, usual, variance = _totals(data, marked)
    known = usual > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(known, sold / usual, np.nan)
        within = np.where(known, variance / usual**2, np.nan)
    names = np.array(list(groups) if groups is not None else [""] * len(data.skus))
    ratio, low, high = np.ones(len(raw)), np.full(len(raw), np.nan), np.full(len(raw), np.nan)
    table: list[tuple[object, ...]] = []
    for name in np.unique(names):
        mine = names == name
        told = mine & known
        if not told.any():
            continue
        centre, error, between = _pooled(raw[told], within[told], usual[told])
        table.append((str(name), int(told.sum()), centre, centre - _SURE * error, centre + _SURE * error, between))
        drawn, spread = _drawn(raw, within, centre, between)
        ratio[mine], low[mine], high[mine] = (
            drawn[mine],
            drawn[mine] - _SURE * spread[mine],
            drawn[mine] + _SURE * spread[mine],
        )
    return Uplift(ratio, np.maximum(low, 0), high, raw, _frame(table))


def _frame(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=["group", "n", "ratio", "low", "high", "between"])


def _totals(data: Panel, marked: Bools) -> tuple[Floats, Floats, Floats]:
    """Units on the marked days, what the days around them would have made of these, and its variance."""
    days = np.flatnonzero(marked.any(axis=0))
    # Days further away than the window say nothing.
    near = slice(max(int(days[0]) - _AROUND, 0), int(days[-1]) + _AROUND + 1)
    here = marked[:, near]
    lives = np.arange(data.days)[near] >= data.first[:, None]
    plain, counted = lives & ~here, here & lives
    index = weekday_index(data)[:, (data.weekday + np.arange(data.days)[near]) % 7]
    demand = np.where(plain, data.demand[:, near], 0.0)
    around, usually = _around(demand), _around(np.where(plain, index, 0.0))
    square, count = _around(demand**2), _around(plain.astype(np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(usually > 0, around / usually, 0.0)
        spread = np.where(count > 1, square / count - (around / count) ** 2, 0.0)
    usual = np.where(counted, level * index, 0.0).sum(axis=1)
    marks = counted.sum(axis=1)
    # At least what independent buyers make; and the usual level is itself known from finitely many days.
    variance = np.where(counted, np.maximum(spread, level), 0.0).sum(axis=1) * (
        1 + marks / np.maximum(data.age - marks, 1)
    )
    return np.where(counted, data.demand[:, near], 0.0).sum(axis=1), usual, variance


def _around(values: Floats) -> Floats:
    """Sums over 28 days before and after each day, and the day."""
    forth = trailing(values, _AROUND)[:, :-1]
    back = trailing(values[:, ::-1], _AROUND + 1)[:, 1:][:, ::-1]
    found: Floats = forth + back
    return found


def _pooled(ratio: Floats, within: Floats, usual: Floats) -> tuple[float, float, float]:
    """Mean ratio of a category, its standard error, and the standard deviation between products."""
    weight = 1 / within
    centre = float((weight * ratio).sum() / weight.sum())
    chi = float((weight * (ratio - centre) ** 2).sum())
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    between = max(0.0, (chi - (len(ratio) - 1)) / scale) if scale > 0 else 0.0
    # Products count by what they sell: the category's uplift is that of its units.
    share = usual / usual.sum()
    mean = float((share * ratio).sum())
    error = float(np.sqrt((share**2 * (within + between)).sum()))
    return mean, error, float(np.sqrt(between))


def _drawn(ratio: Floats, within: Floats, centre: float, between: float) -> tuple[Floats, Floats]:
    """Each product's ratio drawn to its category, and its standard error."""
    if between <= 0:
        return np.full(len(ratio), centre), np.zeros(len(ratio))
    own = np.where(np.isfinite(within), 1 / within, 0.0)
    whole = own + 1 / between**2
    return (own * np.nan_to_num(ratio) + centre / between**2) / whole, np.sqrt(1 / whole)
