"""One product in one campaign: its deposits day by day, and what became of them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecops.errors import SpecError
from ecops.messages import Message

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """Deposits of one product in one campaign.

    Attributes:
        campaign, sku, title: what they are called.
        opens: first day of deposits.
        days: length of the deposit window, days.
        deposits: units a day, cancelled ones taken off, from `opens`; shorter than `days` while the window is open.
        balance_from: first day on which balances may be paid.
        paid: units whose balance was paid, NaN when nobody knows yet.
        expired: units whose balance was never paid, NaN when nobody knows yet.
        spot: units sold without presale on the days that the stock has to cover, NaN when unknown.
        base: units sold without presale a day before the campaign opened, NaN when unknown.
        price: of the presale, money; NaN when unknown.
        cancelled: units paid and cancelled before they were shipped, NaN when unknown.
        peak_share: share of the covered days' units that the busiest day had, NaN when unknown.
    """

    campaign: str
    sku: str
    opens: dt.date
    days: int
    deposits: tuple[float, ...]
    balance_from: dt.date
    title: str = ""
    paid: float = math.nan
    expired: float = math.nan
    spot: float = math.nan
    base: float = math.nan
    price: float = math.nan
    cancelled: float = math.nan
    peak_share: float = math.nan

    def __post_init__(self) -> None:
        if self.days < 1:
            raise SpecError(
                Message("The deposit window of {campaign} has no day.", campaign=self.campaign),
                Message("Give a first and a last day of deposits, the first one not later."),
            )

    @property
    def total(self) -> float:
        """Units with a deposit so far; never below 0."""
        return max(float(sum(self.deposits)), 0.0)

    @property
    def seen(self) -> int:
        """Days of the window that are over."""
        return min(len(self.deposits), self.days)

    @property
    def elapsed(self) -> float:
        """Share of the window that is over, 0 to 1."""
        return self.seen / self.days

    @property
    def closes(self) -> dt.date:
        """Last day of deposits."""
        return self.opens + dt.timedelta(days=self.days - 1)

    @property
    def closed(self) -> bool:
        """Whether the window is over."""
        return self.seen >= self.days

    @property
    def open_units(self) -> float:
        """Units whose balance is neither paid nor forfeited."""
        done = sum(value for value in (self.paid, self.expired) if math.isfinite(value))
        return max(self.total - done, 0.0)

    @property
    def settled(self) -> bool:
        """Whether it is known of every deposit what became of it."""
        return self.closed and math.isfinite(self.paid) and self.open_units < 0.5

    @property
    def rate(self) -> float:
        """Share of deposits whose balance was paid; NaN before it is known of all."""
        return self.paid / self.total if self.settled and self.total > 0 else math.nan

    @property
    def cumulative(self) -> Floats:
        """Units with a deposit by the end of each day seen; cancellations never take it below 0."""
        return np.asarray(np.maximum(np.cumsum(self.deposits[: self.seen]), 0.0), dtype=np.float64)

    def by(self, share: float) -> float:
        """Units with a deposit by a share of the window, between days in a straight line."""
        place = min(max(share, 0.0) * self.days, float(self.seen))
        day = int(place)
        before = max(float(sum(self.deposits[:day])), 0.0)
        after = max(float(sum(self.deposits[: day + 1])), 0.0) if day < self.seen else before
        return before + (place - day) * (after - before)

    def until(self, day: int) -> Series:
        """What was known after `day` days of the window: nothing of payments."""
        return replace(self, deposits=self.deposits[:day], paid=math.nan, expired=math.nan, spot=math.nan,
                       cancelled=math.nan)  # fmt: skip


def usable(past: Sequence[Series], sku: str, least: int = 3) -> tuple[Series, ...]:
    """The past campaigns to learn from: the product's own when there are at least `least`, else all of the shop.

    Products that nobody wanted tell nothing and are left out.
    """
    told = [series for series in past if series.closed and series.total > 0]
    own = [series for series in told if series.sku == sku]
    return tuple(own if len(own) >= least else told)
