"""Units a day that each method expects, for every product and every morning of the panel at once.

A forecast here is a level times a weekday index. All levels are known for all mornings in one pass over the days,
vectorised over products, so a backtest, a calibration and a replay cost no more than one forecast. Column t is what
was known on the morning of day t: it uses columns before t only.

Choose among the methods by the error of totals and never by daily error: on lumpy products the best daily error
belongs to a forecast of nothing (inventory notes 0.4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ecops.errors import unknown_name
from ecops.inventory.demand.panel import Floats, Ints, Panel, trailing
from ecops.messages import Message

SES_GRID = (0.02, 0.05, 0.1, 0.2)


def moving_mean(demand: Floats, first: Ints, window: int = 28) -> Floats:
    """Mean of the last `window` days, of all days since the first sale while there are fewer.

    Args:
        demand: shape (n, days).
        first: column of the first sale, shape (n,).
        window: days.

    Returns:
        Shape (n, days + 1); 0 until the first sale has been seen.
    """
    lived = np.arange(demand.shape[1] + 1) - first[:, None]
    known: Floats = trailing(demand, window) / np.clip(lived, 1, window)
    return known


def _by_day(demand: Floats) -> tuple[Floats, Floats]:
    """Demand with a row a day, and room for a level on every morning: a pass over days reads and writes whole rows."""
    n, days = demand.shape
    return np.ascontiguousarray(demand.T), np.zeros((days + 1, n))


def ses(demand: Floats, first: Ints, alpha: float = 0.05, *, warm_up: bool = True) -> Floats:
    """Simple exponential smoothing.

    Args:
        demand: see `moving_mean`.
        first: see `moving_mean`.
        alpha: weight of the newest day.
        warm_up: the first days count alike until 1 / alpha of them are known; else the first day is the first level.

    Returns:
        See `moving_mean`.
    """
    asked, found = _by_day(demand)
    n = len(demand)
    level, seen = np.zeros(n), np.zeros(n)
    for day in range(len(asked)):
        lives = day >= first
        seen += lives
        weight = _weight(alpha, seen, warm_up) * lives
        level += weight * (asked[day] - level)
        found[day + 1] = level
    return np.ascontiguousarray(found.T)


def ses_grid(demand: Floats, first: Ints) -> Floats:
    """Exponential smoothing with, every morning, the weight whose past errors of weekly totals were smallest."""
    candidates = np.stack([ses(demand, first, alpha) for alpha in SES_GRID])
    weekly = trailing(demand, 7)
    error = np.zeros_like(candidates)
    # What was expected a week ago for the week that has ended.
    error[:, :, 7:] = (candidates[:, :, :-7] * 7 - weekly[None, :, 7:]) ** 2
    best = np.cumsum(error, axis=2).argmin(axis=0)
    found: Floats = np.take_along_axis(candidates, best[None], axis=0)[0]
    return found


def _weight(alpha: float, seen: Floats, warm_up: bool) -> Floats:
    """Weight of the newest of `seen` observations: 1 of the first; 1 / seen while that is more, when warming up."""
    least = 1 / np.maximum(seen, 1) if warm_up else (seen <= 1).astype(np.float64)
    found: Floats = np.maximum(alpha, least)
    return found


def tsb(demand: Floats, first: Ints, alpha: float = 0.05, beta: float = 0.05, *, warm_up: bool = True) -> Floats:
    """Teunter, Syntetos and Babai 2011: size of a sale times the chance of one, both smoothed; sinks while none comes.

    Args:
        demand: see `moving_mean`.
        first: see `moving_mean`.
        alpha: weight of the size of a sale.
        beta: weight of the chance of a sale.
        warm_up: see `ses`.

    Returns:
        See `moving_mean`.
    """
    asked, found = _by_day(demand)
    n = len(demand)
    size, chance, seen, sales = (np.zeros(n) for _ in range(4))
    for day in range(len(asked)):
        lives = day >= first
        sold = lives & (asked[day] > 0)
        seen += lives
        sales += sold
        chance += _weight(beta, seen, warm_up) * lives * (sold - chance)
        size += _weight(alpha, sales, warm_up) * sold * (asked[day] - size)
        found[day + 1] = size * chance
    return np.ascontiguousarray(found.T)


def sba(demand: Floats, first: Ints, alpha: float = 0.1, *, warm_up: bool = True) -> Floats:
    """Croston's method with the correction of Syntetos and Boylan 2005: size over interval, times 1 - alpha / 2.

    Args:
        demand: see `moving_mean`.
        first: see `moving_mean`.
        alpha: weight of size and interval of the newest sale.
        warm_up: see `ses`.

    Returns:
        See `moving_mean`.
    """
    asked, found = _by_day(demand)
    n = len(demand)
    size, interval, waited, sales = np.zeros(n), np.ones(n), np.ones(n), np.zeros(n)
    for day in range(len(asked)):
        lives = day >= first
        sold = lives & (asked[day] > 0)
        sales += sold
        weight = _weight(alpha, sales, warm_up) * sold
        size += weight * (asked[day] - size)
        interval += weight * (waited - interval)
        waited = np.where(sold, 1.0, waited + lives)
        found[day + 1] = (1 - alpha / 2) * size / interval
    return np.ascontiguousarray(found.T)


def ensemble(demand: Floats, first: Ints) -> Floats:
    """Median of four weeks' and eight weeks' mean, TSB, SBA and SES: no single one is far off when the others agree."""
    parts = (
        moving_mean(demand, first, 28),
        moving_mean(demand, first, 56),
        tsb(demand, first),
        sba(demand, first),
        ses(demand, first),
    )
    return _middle(parts)


def _middle(parts: tuple[Floats, ...]) -> Floats:
    """The third of five, element by element, without sorting: many times faster than `numpy.median`."""
    one, two, three, four, five = parts
    low, high = np.minimum(one, two), np.maximum(one, two)
    under, over = np.minimum(three, four), np.maximum(three, four)
    # The smallest and the largest of the four cannot be the middle of the five.
    bottom, top = np.maximum(low, under), np.minimum(high, over)
    found: Floats = np.maximum(np.minimum(bottom, top), np.minimum(np.maximum(bottom, top), five))
    return found


METHODS: Mapping[str, Callable[[Floats, Ints], Floats]] = {
    "ensemble": ensemble,
    "mean_28": lambda demand, first: moving_mean(demand, first, 28),
    "mean_56": lambda demand, first: moving_mean(demand, first, 56),
    "tsb": tsb,
    "sba": sba,
    "ses": ses_grid,
}
"""Levels by name that need no training. "mean_56" with the weekday index is the seasonal window average."""

BOOSTED = "lightgbm"


def levels(data: Panel, method: str = "ensemble") -> Floats:
    """Units a day expected on every morning, shape (n, days + 1); the last column is the forecast of tomorrow on.

    Args:
        data: the panel.
        method: of `METHODS`, or "lightgbm": boosted trees averaged with the ensemble, see `boosted`.

    Raises:
        SpecError: no such method, or LightGBM is not installed.
    """
    if method == BOOSTED:
        from ecops.inventory.forecasting.boosted import averaged

        return averaged(data, levels(data))
    if method not in METHODS:
        raise unknown_name(Message("The method"), method, [*METHODS, BOOSTED])
    return METHODS[method](data.demand, data.first)


_INDEX_DAYS = 182
_SHRINK = 50.0
"""Units of the shop's own weekday profile that every product is given before its own count."""


def by_weekday(demand: Floats) -> Floats:
    """Demand cumulated over the same weekday, shape (n, days): this day, a week ago, two weeks ago and so on."""
    n, days = demand.shape
    weeks = -(-days // 7)
    padded = np.zeros((n, 7 * weeks))
    padded[:, :days] = demand
    found: Floats = np.cumsum(padded.reshape(n, weeks, 7), axis=1).reshape(n, 7 * weeks)[:, :days]
    return found


def weekday_index(data: Panel, morning: int | None = None, cumulated: Floats | None = None) -> Floats:
    """Demand of a weekday over the mean day, shape (n, 7), Monday first, from at most 26 whole weeks before `morning`.

    Each product's own profile is drawn to the shop's, the more the less it sold.

    Args:
        data: the panel.
        morning: column before which history ends; the end of the panel when None.
        cumulated: of `by_weekday`, when it is at hand.
    """
    end = data.days if morning is None else morning
    weeks = min(_INDEX_DAYS // 7, end // 7)
    if weeks == 0:
        return np.ones((len(data.skus), 7))
    known = by_weekday(data.demand[:, :end]) if cumulated is None else cumulated
    sold = known[:, end - 7 : end].copy()
    if end - 7 * weeks >= 7:
        sold -= known[:, end - 7 * weeks - 7 : end - 7 * weeks]
    sold = np.roll(sold, (data.weekday + end - 7) % 7, axis=1)
    shop = sold.sum(axis=0)
    total = shop.sum()
    shop = shop / total if total > 0 else np.full(7, 1 / 7)
    share = (sold + _SHRINK * shop) / (sold.sum(axis=1, keepdims=True) + _SHRINK)
    return np.asarray(7 * share, dtype=np.float64)


def over_days(index: Floats, weekday: int, days: int) -> Floats:
    """Sum of the index over the next `days` days, shape (n,): what a daily level is multiplied with for a total.

    Args:
        index: of `weekday_index`.
        weekday: of the first of these days, 0 for Monday.
        days: how many, whole.
    """
    whole, rest = divmod(days, 7)
    spare = [(weekday + day) % 7 for day in range(rest)]
    found: Floats = whole * index.sum(axis=1) + index[:, spare].sum(axis=1)
    return found


def over_own_days(index: Floats, weekday: int, days: Ints) -> Floats:
    """The same for each product's own number of days, shape (n,).

    Args:
        index: of `weekday_index`.
        weekday: of the first of these days, 0 for Monday.
        days: whole, shape (n,).
    """
    reached = np.zeros((len(index), 8))
    np.cumsum(np.roll(index, -weekday, axis=1), axis=1, out=reached[:, 1:])
    found: Floats = days // 7 * reached[:, 7] + reached[np.arange(len(index)), days % 7]
    return found
