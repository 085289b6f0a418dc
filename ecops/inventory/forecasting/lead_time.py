"""How much can be asked for until goods ordered today arrive? A distribution of the total, learned from own errors.

The textbook's z times sigma times the root of the lead time assumes days that are independent, normal and without
drift; at a nominal 95 % it covers 61 to 90 % of real lead times. Here the total over the lead time is forecast, its
past errors are divided by the product's own spread of such totals, and the pooled quantile of these is the multiplier
that the shop has earned (split conformal, Vovk; inventory notes 4.3). Totals include the review period when it is
part of `days`: quantiles of days do not add.

An order point needs more care than a risk. Orders are placed after days with a sale, the more likely the larger it was,
when the position has already fallen below the point by a part of it. `calibrate(..., at_orders=True)` therefore learns
from windows that begin after a sale, weighted by its size, with half of it counted as fallen short (the stationary
overshoot of renewal theory, Feller II.XI). Without it, order points at 95 % kept 85 to 92 % of cycles at three days'
lead time on the public sets; with it 91 to 95 %. Where the stock is looked at less often than daily, an order waits
for the next look, and how far the position has fallen below the point by then depends on how the size of an order and
the days between looks fit together. That is played through: from an order to the look that finds its goods sold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import DataError, SpecError
from ecops.inventory.demand.panel import Floats, Ints, Panel, medians
from ecops.inventory.forecasting.levels import by_weekday, levels, over_days, weekday_index
from ecops.messages import Count, Message, Percent

WINDOWS = 12
_SPACING = 9
_ORDER_SPACING = 5
"""Days between two windows: not multiples of seven, so that every weekday starts one."""

_GRID = 1000
"""Points that stand for a weighted sample of errors."""

_HISTORY = 182
_LEAST_HISTORY = 28
_FEW = 20
"""A quantile wants at least so many past errors beyond it."""

_LEAST_SEEN = 5
"""Days with stock that a product must have before its days without take deviations from them."""

_BIN = 100
_MOST_BINS = 5


@dataclass(frozen=True, slots=True)
class LeadTimeDemand:
    """Distribution of the demand of the next days, product by product.

    Attributes:
        skus: product codes, length n.
        days: how many days are added up, shape (n,).
        mean: expected units, shape (n,).
        spread: scale of the error in units, shape (n,), above 0.
        errors: past errors over spread, sorted, one array a class of volume.
        bin: which of `errors` a product belongs to, shape (n,).
        windows: past windows of `days` days that were forecast.
    """

    skus: tuple[str, ...]
    days: Ints
    mean: Floats
    spread: Floats
    errors: tuple[Floats, ...]
    bin: Ints
    windows: int

    def multiplier(self, share: float) -> Floats:
        """Spreads above the mean that cover demand with probability `share`, shape (n,): the shop's own z.

        Raises:
            SpecError: the share is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise SpecError(
                Message("A service level of {share} is not possible.", share=Percent(share)),
                Message("Give a share between 0 and 1, for example 0.95."),
            )
        found = np.array([_conformal(known, share) for known in self.errors])
        return found[self.bin]

    def widened(self, extra: Floats) -> LeadTimeDemand:
        """The same with independent noise of standard deviation `extra` (n,) added, as by uncertain lead times."""
        return replace(self, spread=np.sqrt(self.spread**2 + extra**2))

    def quantile(self, share: float) -> Floats:
        """Units that cover demand with probability `share`, shape (n,), at least 0."""
        return np.maximum(self.mean + self.multiplier(share) * self.spread, 0.0)

    def shortage(self, stock: Floats) -> Floats:
        """Expected units short when `stock` (n,) is all there is."""
        return self._beyond(stock)[0]

    def risk(self, stock: Floats) -> Floats:
        """Probability that demand exceeds `stock` (n,)."""
        return self._beyond(stock)[1]

    def _beyond(self, stock: Floats) -> tuple[Floats, Floats]:
        place = (np.maximum(stock, 0.0) - self.mean) / self.spread
        short, risk = np.empty(len(place)), np.empty(len(place))
        for number, known in enumerate(self.errors):
            mine = np.flatnonzero(self.bin == number)
            above = np.searchsorted(known, place[mine], side="right")
            tail = np.concatenate([np.cumsum(known[::-1])[::-1], [0.0]])
            count = len(known) - above
            risk[mine] = count / len(known)
            short[mine] = self.spread[mine] * (tail[above] - count * place[mine]) / len(known)
        return np.maximum(short, 0.0), risk

    def warnings(self, share: float) -> tuple[Message, ...]:
        """What makes a promise of `share` doubtful: too few past errors beyond it."""
        beyond = min(len(known) for known in self.errors) * (1 - share)
        if beyond >= _FEW:
            return ()
        return (
            Message(
                "{share} rests on {n} past shortages; from {enough} on it can be relied upon.",
                share=Percent(share),
                n=Count(round(beyond)),
                enough=_FEW,
            ),
        )


def _conformal(known: Floats, share: float) -> float:
    """The quantile of split conformal prediction: one rank higher than the sample's own."""
    rank = int(np.ceil((len(known) + 1) * share)) - 1
    return float(known[min(max(rank, 0), len(known) - 1)])


@dataclass(frozen=True, slots=True)
class History:
    """What calibrations of one panel at several mornings share.

    Attributes:
        data: the panel.
        level: expected units a day on every morning, shape (n, days + 1).
        demand: see `_lively`, shape (n, days of the panel).
        total: it cumulated, shape (n, days + 1).
        weekday: see `by_weekday`, shape (n, days).
        days: lead time plus review period.
        totals, squares: demand of the `days` days before each morning (fewer where there are fewer), and its square,
            both cumulated, shape (n, days of the panel + 1).
    """

    data: Panel
    level: Floats
    demand: Floats
    total: Floats
    weekday: Floats
    days: int
    totals: Floats
    squares: Floats

    def factor(self, morning: int) -> Floats:
        """What the level of a morning is multiplied with for the total of the next `days` days, shape (n,)."""
        index = weekday_index(self.data, morning, self.weekday)
        return over_days(index, (self.data.weekday + morning) % 7, self.days)

    def spreads(self, mornings: ArrayLike) -> Floats:
        """Scale of the error of a total over the next `days` days on each of some mornings, shape (n, mornings).

        The standard deviation of the product's own totals of that length over at most the last 182 days; at least what
        independent single buyers would make of the expected total, `sqrt(days * (level + 0.05))`. Products without
        history of their own vary like the others beside their mean.
        """
        morning = np.atleast_1d(np.asarray(mornings, dtype=np.int64))
        window = max(_HISTORY - self.days + 1, 2)
        # A total counts once all of its days lie after the first sale.
        count = np.clip(morning - self.data.first[:, None] - self.days + 1, 0, window)
        row, begin, n = np.arange(len(count))[:, None], morning - count, np.maximum(count, 1)
        mean = (self.totals[:, morning] - self.totals[row, begin]) / n
        square = (self.squares[:, morning] - self.squares[row, begin]) / n
        variance = np.maximum(square - mean**2, 0.0) * n / np.maximum(n - 1, 1)
        least = np.sqrt((np.maximum(self.level[:, morning], 0.0) + 0.05) * self.days)
        known = count >= _LEAST_HISTORY
        ratio = np.sqrt(np.where(known, variance, 0.0)) / least
        np.maximum(ratio, 1.0, out=ratio)
        if not known.all():
            usual = np.maximum(medians(ratio.T, known.T), 1.0)
            ratio = np.where(known, ratio, usual)
        found: Floats = ratio * least
        return found


def history(
    data: Panel, days: int, method: str = "ensemble", level: Floats | None = None, alike: History | None = None
) -> History:
    """What is needed to calibrate a total over `days` days on any morning of the panel.

    Args:
        data: the panel.
        days: length of the total.
        method: of `levels`.
        level: of `levels`, when it is at hand.
        alike: another history of the same panel and level: what both share is not added up again.

    Raises:
        SpecError: `days` is below 1 or the method is not known.
    """
    if days < 1:
        raise SpecError(Message("A lead time of {days} days is not possible.", days=days), Message("Give 1 or more."))
    if alike is not None:
        totals, squares = _added_up(alike.total, days)
        return replace(alike, days=days, totals=totals, squares=squares)
    known = levels(data, method) if level is None else level
    demand, total = _lively(data), np.zeros(known.shape)
    np.cumsum(demand, axis=1, out=total[:, 1:])
    return History(data, known, demand, total, by_weekday(data.demand), days, *_added_up(total, days))


def _added_up(total: Floats, days: int) -> tuple[Floats, Floats]:
    """Demand of the `days` days before each morning, and its square, both cumulated."""
    sums, squares = total.copy(), np.empty(total.shape)
    sums[:, days:] -= total[:, :-days]
    np.cumsum(sums * sums, axis=1, out=squares)
    np.cumsum(sums, axis=1, out=sums)
    return sums, squares


def _lively(data: Panel) -> Floats:
    """Demand whose days without stock go up and down as those with stock do, shape (n, days).

    What a stock-out took is given back as an expectation, which is level: totals over such days would seem safer than
    they are. A day without stock is given the deviation of a day with stock of the same product, drawn anew for each.
    """
    lives = np.arange(data.days) >= data.first[:, None]
    whole = data.exposure > 1 - 1e-9
    seen, gaps = lives & whole, lives & ~whole
    count = seen.sum(axis=1)
    row, column = np.nonzero(gaps & (count >= _LEAST_SEEN)[:, None])
    if not len(row):
        return data.demand
    mean = np.where(seen, data.units, 0.0).sum(axis=1) / np.maximum(count, 1)
    begin = np.cumsum(count) - count
    drawn = begin[row] + (np.random.default_rng(0).random(len(row)) * count[row]).astype(np.int64)
    deviation = data.units[seen][drawn] - mean[row]
    found = data.demand.copy()
    found[row, column] += np.sqrt(1 - data.exposure[row, column]) * deviation
    return found


def calibrate(
    data: Panel,
    days: int = 14,
    *,
    method: str = "ensemble",
    windows: int = WINDOWS,
    at_orders: bool = False,
    order_days: float = 14.0,
    review: int = 1,
    level: Floats | None = None,
) -> LeadTimeDemand:
    """The distribution of the demand of the next `days` days, calibrated on the errors of past windows.

    Args:
        data: the panel; every window ends before its last day.
        days: lead time plus review period, at least 1.
        method: of `levels`.
        windows: how many past windows, nine days apart (twice as many, five apart, for order points).
        at_orders: learn from the moments at which orders are placed, see the head of this module.
        order_days: days of demand of one order; a larger sale triggers no second one.
        review: days between two looks at the stock, a part of `days`; for order points.
        level: of `levels` by this method, when it is at hand.

    Raises:
        SpecError: `days` is below 1 or the method is not known.
        DataError: the panel is shorter than one window and four weeks.
    """
    past = history(data, days, method, level)
    return at(past, data.days, windows, Due(order_days, review) if at_orders else None)


class Due(NamedTuple):
    """Which moments order points are learned from.

    Attributes:
        order_days: see `calibrate`.
        review: see `calibrate`.
    """

    order_days: float
    review: int = 1

    @property
    def looks(self) -> int:
        """Looks at the stock within which an order's goods are sold, as a rule."""
        return int(np.ceil(1.5 * self.order_days / self.review)) + 1


def at(past: History, morning: int, windows: int = WINDOWS, due: Due | None = None) -> LeadTimeDemand:
    """The calibration that was possible on a morning, from windows that had ended by then; see `calibrate`.

    Args:
        past: of `history`.
        morning: column, at most the number of days of the panel.
        windows: see `calibrate`.
        due: for order points; None for windows that begin on any day.
    """
    data, days = past.data, past.days
    last, apart, number = (
        (morning - days, _SPACING, windows)
        if due is None
        else (morning - days + 1, _ORDER_SPACING, 2 * windows)
        if due.review == 1
        else (morning - days - due.looks * due.review, _ORDER_SPACING, 2 * windows)
    )
    starts = [start for start in range(last, last - apart * number, -apart) if start > _LEAST_HISTORY // 2]
    if due is not None and due.review > 1:
        found = [_looked(past, start, due, morning) for start in starts]
    else:
        # At an order the forecast is that of the evening before, which the last sale had not reached yet.
        evenings = np.array(starts, dtype=np.int64) - (due is not None)
        spread = past.spreads(evenings)
        found = [_window(past, start, due, spread[:, place]) for place, start in enumerate(starts)]
    used = [window for window in found if len(window.errors)]
    if not used:
        raise DataError(
            Message("{n} days of sales are too few for a lead time of {days} days.", n=morning, days=days),
            Message("Load at least {n} days.", n=days + _LEAST_HISTORY + 1),
        )
    now = past.level[:, morning]
    mean = now * past.factor(morning)
    errors, weights, volumes = (np.concatenate(part) for part in zip(*used, strict=True))
    bins, edges = _binned(errors, weights, volumes, len(data.skus))
    place = np.searchsorted(edges, now, side="right").astype(np.int64)
    added = np.full(len(data.skus), days, dtype=np.int64)
    return LeadTimeDemand(data.skus, added, mean, past.spreads(morning)[:, 0], bins, place, len(used))


BUCKETS = (1, 2, 3, 4, 6, 8, 11, 15, 22, 29, 45, 60, 90, 120)
"""Totals that are calibrated; those between are taken from the next longer one, by the root of their length."""


class Calibrations:
    """Calibrations of one panel over totals of any length, each worked out once.

    Args:
        data: the panel.
        level: of `levels`, when it is at hand.
    """

    def __init__(self, data: Panel, level: Floats | None = None) -> None:
        self._data = data
        self._level = levels(data) if level is None else level
        self._past: dict[int, History] = {}
        self._known: dict[tuple[int, Due | None], LeadTimeDemand] = {}

    def settle(self) -> None:
        """Forget the histories, which are large; what was learned from them stays."""
        self._past.clear()

    def over(self, days: Ints, daily: Floats, order_days: float | None = None, review: ArrayLike = 1) -> LeadTimeDemand:
        """The distribution of each product's demand over its own number of days from tomorrow on.

        Args:
            days: lead time plus review period of each product, shape (n,), 1 to 120; longer ones count as 120.
            daily: expected units of each coming day, shape (n, at least 1); the mean of the last week goes on
                afterwards.
            order_days: for order points, see `calibrate`; None for the risk of running out.
            review: for order points, days between two looks at the stock, a number or shape (n,).

        Raises:
            DataError: history is too short. Products whose own total is too long for the history take the errors of
                the longest one that fits.
        """
        wanted = np.clip(days, 1, BUCKETS[-1]).astype(np.int64)
        bucket = np.array(BUCKETS)[np.searchsorted(BUCKETS, wanted)]
        every = np.broadcast_to(np.asarray(review, dtype=np.int64), wanted.shape)
        spread = np.ones(len(wanted))
        place, errors, windows = np.zeros(len(wanted), dtype=np.int64), list[Floats](), 0
        kinds = np.unique(np.stack([bucket, every if order_days is not None else np.ones_like(every)]), axis=1)
        for size, apart in kinds.T:
            mine = np.flatnonzero((bucket == size) & ((every == apart) | (order_days is None)))
            one, length = self._one(int(size), None if order_days is None else Due(order_days, int(apart)))
            spread[mine] = one.spread[mine] * np.sqrt(wanted[mine] / length)
            place[mine] = one.bin[mine] + len(errors)
            errors += one.errors
            windows = min(windows, one.windows) if windows else one.windows
        mean = _expected(daily, wanted)
        return LeadTimeDemand(self._data.skus, wanted, mean, spread, tuple(errors), place, windows)

    def _one(self, size: int, due: Due | None) -> tuple[LeadTimeDemand, int]:
        length = size
        while length > 1 and length + _LEAST_HISTORY >= self._data.days:
            length //= 2
        if (length, due) not in self._known:
            if length not in self._past:
                alike = next(iter(self._past.values()), None)
                self._past[length] = history(self._data, length, level=self._level, alike=alike)
            self._known[length, due] = at(self._past[length], self._data.days, due=due)
        return self._known[length, due], length


def _expected(daily: Floats, days: Ints) -> Floats:
    """Expected total of each product over its own number of days, shape (n,)."""
    total = np.cumsum(daily, axis=1)
    known = np.minimum(days, total.shape[1])
    after = daily[:, -7:].mean(axis=1) * (days - known)
    found: Floats = total[np.arange(len(days)), known - 1] + after
    return found


class _Window(NamedTuple):
    """Errors over spread of one past window, their weights and the volumes of their products."""

    errors: Floats
    weights: Floats
    volumes: Floats


def _window(past: History, start: int, due: Due | None, spread: Floats) -> _Window:
    """Forecast and truth of the total from column `start` on; of an order placed that morning when `due` is given.

    `spread` is that of the morning the forecast was made, shape (n,).
    """
    data, days = past.data, past.days
    counted = np.flatnonzero(data.first <= start - _LEAST_HISTORY)
    known = start if due is None else start - 1
    if due is not None:
        sale = data.demand[counted, known]
        counted, sale = counted[sale > 0], sale[sale > 0]
    level = past.level[counted, known]
    factor = past.factor(known)[counted]
    spread = spread[counted]
    if due is None:
        actual = past.total[counted, start + days] - past.total[counted, start]
        return _Window((actual - level * factor) / spread, np.ones(len(counted)), level)
    actual = past.total[counted, start + days - 1] - past.total[counted, start] + 0.5 * sale
    weight = np.minimum(sale / np.maximum(level * due.order_days, 1e-9), 1.0)
    return _Window((actual - level * factor) / spread, weight, level)


def _looked(past: History, start: int, due: Due, morning: int) -> _Window:
    """The same for an order placed on the morning `start`, where the stock is looked at every `review` days after it.

    Of each product whose goods of that order were sold by one of the looks before `morning`: how far it had sold beyond
    them, and what was asked for until goods ordered at that look came.
    """
    counted = np.flatnonzero(past.data.first <= start - _LEAST_HISTORY)
    lead = max(past.days - due.review, 1)
    goods = past.level[counted, start] * due.order_days
    parts, waiting = [], goods > 0
    for look in range(start + due.review, min(start + due.looks * due.review, morning - lead) + 1, due.review):
        beyond = past.total[counted, look] - past.total[counted, start] - goods
        here = np.flatnonzero(waiting & (beyond >= 0))
        waiting[here] = False
        mine, before = counted[here], look - due.review
        level = past.level[mine, before]
        actual = beyond[here] + past.total[mine, look + lead] - past.total[mine, look]
        errors = (actual - level * past.factor(before)[mine]) / past.spreads(before)[mine, 0]
        parts.append(_Window(errors, np.ones(len(mine)), level))
    if not parts:
        return _Window(np.array([]), np.array([]), np.array([]))
    return _Window(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _binned(errors: Floats, weights: Floats, volume: Floats, products: int) -> tuple[tuple[Floats, ...], Floats]:
    """Errors by class of volume, as many classes as the catalogue bears, and the edges between them."""
    number = min(_MOST_BINS, max(products // _BIN, 1))
    edges = np.quantile(volume, np.arange(1, number) / number) if number > 1 else np.array([])
    place = np.searchsorted(edges, volume, side="right")
    if number > 1 and np.bincount(place, minlength=number).min() < _BIN:
        place, edges, number = np.zeros(len(errors), dtype=np.int64), np.array([]), 1
    return tuple(_sample(errors[place == one], weights[place == one]) for one in range(number)), edges


def _sample(errors: Floats, weights: Floats) -> Floats:
    """Sorted errors; where they weigh differently, a grid of their weighted quantiles."""
    order = np.argsort(errors, kind="stable")
    if (weights == weights[:1]).all():
        return errors[order]
    reached = np.cumsum(weights[order])
    grid = (np.arange(min(_GRID, len(errors))) + 0.5) / min(_GRID, len(errors)) * reached[-1]
    return np.asarray(errors[order][np.searchsorted(reached, grid)], dtype=np.float64)
