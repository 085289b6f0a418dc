"""How much can be asked for until goods ordered today arrive? A distribution of the total, learned from own errors.

The textbook's z times sigma times the root of the lead time assumes days that are independent, normal and without
drift; at a nominal 95 % it covers 61 to 90 % of real lead times. Here the total over the lead time is forecast, its
past errors are divided by the product's own spread of such totals, and the pooled quantile of these is the multiplier
that the shop has earned (split conformal, Vovk; inventory notes 4.3). Totals include the review period when it is
part of `days`: quantiles of days do not add.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecops.errors import DataError, SpecError
from ecops.inventory.demand.panel import Floats, Ints, Panel, trailing
from ecops.inventory.forecasting.levels import levels, over_days, weekday_index
from ecops.messages import Count, Message, Percent

WINDOWS = 12
_SPACING = 9
"""Days between two windows: not a multiple of seven, so that every weekday starts one."""

_HISTORY = 182
_LEAST_HISTORY = 28
_FEW = 20
"""A quantile wants at least so many past errors beyond it."""

_BIN = 100
_MOST_BINS = 5


@dataclass(frozen=True, slots=True)
class LeadTimeDemand:
    """Distribution of the demand of the next `days` days, product by product.

    Attributes:
        skus: product codes, length n.
        days: how many days are added up.
        mean: expected units, shape (n,).
        spread: scale of the error in units, shape (n,), above 0.
        errors: past errors over spread, sorted, one array a class of volume.
        bin: which of `errors` a product belongs to, shape (n,).
        windows: past windows of `days` days that were forecast.
    """

    skus: tuple[str, ...]
    days: int
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


def spreads(demand: Floats, first: Ints, level: Floats, days: int) -> Floats:
    """Scale of the error of a total over `days` days, on every morning, shape (n, days of the panel + 1).

    The standard deviation of the product's own totals of that length over at most the last 182 days; at least what
    independent single buyers would make of the expected total, `sqrt(days * (level + 0.05))`.

    Args:
        demand: shape (n, T).
        first: column of the first sale, shape (n,).
        level: expected units a day on every morning, shape (n, T + 1).
        days: length of the total.
    """
    total = trailing(demand, days)
    lived = np.arange(demand.shape[1] + 1) - first[:, None]
    # A total counts once all of its days lie after the first sale.
    total = np.where(lived >= days, total, 0.0)
    window = max(_HISTORY - days + 1, 2)
    count = np.clip(lived - days + 1, 0, window)
    summed, squared = _ending(total, window), _ending(total * total, window)
    n = np.maximum(count, 1)
    variance = np.maximum(squared / n - (summed / n) ** 2, 0.0) * n / np.maximum(n - 1, 1)
    least = np.sqrt(np.maximum(level, 0.0) * days + 0.05 * days)
    known = count >= _LEAST_HISTORY
    spread = np.maximum(np.sqrt(np.where(known, variance, 0.0)), least)
    if not known[:, -1].all():
        # Products without history of their own vary like the others beside their mean.
        ratio = np.median((spread / least)[known]) if known.any() else 1.0
        spread = np.where(known, spread, np.maximum(spread, ratio * least))
    found: Floats = spread
    return found


def _ending(values: Floats, window: int) -> Floats:
    """Sums of the `window` columns that end with each column, same shape."""
    total = np.cumsum(values, axis=1)
    found: Floats = total.copy()
    found[:, window:] -= total[:, :-window]
    return found


def calibrate(
    data: Panel,
    days: int = 14,
    *,
    method: str = "ensemble",
    windows: int = WINDOWS,
    known_levels: Floats | None = None,
) -> LeadTimeDemand:
    """The distribution of the demand of the next `days` days, calibrated on the errors of past windows.

    Args:
        data: the panel; every window ends before its last day.
        days: lead time plus review period, at least 1.
        method: of `levels`.
        windows: how many past windows, nine days apart.
        known_levels: what `levels` said, when it is at hand.

    Raises:
        SpecError: `days` is below 1 or the method is not known.
        DataError: the panel is shorter than one window and four weeks.
    """
    if days < 1:
        raise SpecError(Message("A lead time of {days} days is not possible.", days=days), Message("Give 1 or more."))
    level = levels(data, method) if known_levels is None else known_levels
    spread = spreads(data.demand, data.first, level, days)
    errors, volumes, used = [], [], 0
    total = np.concatenate([np.zeros((len(data.skus), 1)), np.cumsum(data.demand, axis=1)], axis=1)
    for number in range(windows):
        morning = data.days - days - _SPACING * number
        counted = np.flatnonzero(data.first <= morning - _LEAST_HISTORY) if morning > 0 else np.array([], dtype=int)
        if not len(counted):
            break
        factor = over_days(weekday_index(data, morning), (data.weekday + morning) % 7, days)
        expected = (level[:, morning] * factor)[counted]
        actual = (total[:, morning + days] - total[:, morning])[counted]
        errors.append((actual - expected) / spread[counted, morning])
        volumes.append(level[counted, morning])
        used += 1
    if not used:
        raise DataError(
            Message("{n} days of sales are too few for a lead time of {days} days.", n=data.days, days=days),
            Message("Load at least {n} days.", n=days + _LEAST_HISTORY + 1),
        )
    now = level[:, -1]
    mean = now * over_days(weekday_index(data), (data.weekday + data.days) % 7, days)
    bins, edges = _binned(np.concatenate(errors), np.concatenate(volumes), len(data.skus))
    place = np.searchsorted(edges, now, side="right").astype(np.int64)
    return LeadTimeDemand(data.skus, days, mean, spread[:, -1], bins, place, used)


def _binned(errors: Floats, volume: Floats, products: int) -> tuple[tuple[Floats, ...], Floats]:
    """Errors by class of volume, as many classes as the catalogue bears, and the edges between them."""
    number = min(_MOST_BINS, max(products // _BIN, 1))
    edges = np.quantile(volume, np.arange(1, number) / number) if number > 1 else np.array([])
    place = np.searchsorted(edges, volume, side="right")
    groups = [np.sort(errors[place == one]) for one in range(number)]
    if min(len(group) for group in groups) < _BIN:
        return (np.sort(errors),), np.array([])
    return tuple(groups), edges
