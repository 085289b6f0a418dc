"""What may be chosen when a presale is judged: money, promises, and what nobody can read from the data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecops.errors import SpecError
from ecops.handbook import overrides
from ecops.messages import Message, Number


@dataclass(frozen=True, slots=True)
class Economics:
    """Money of one unit, and how it can be bought.

    Attributes:
        price, cost: of a unit, money.
        salvage: what a left-over unit still brings, money.
        goodwill: what a spot customer costs who finds nothing, beyond the lost margin, money.
        penalty: what a paid presale unit costs that cannot be shipped in time, beyond the lost margin, money.
        service: probability with which every paid presale unit shall be there.
        moq: smallest order, units.
        pack: orders are multiples of it, units; 0 for any number.
        available: units that are there or surely come in time, for this campaign.
        late_premium: by how much a second, later order is dearer, as a share of the cost.

    Raises:
        SpecError: a value is impossible.
    """

    price: float
    cost: float
    salvage: float = 0.0
    goodwill: float = 0.0
    penalty: float = 0.0
    service: float = 0.95
    moq: float = 0.0
    pack: float = 0.0
    available: float = 0.0
    late_premium: float = 0.05

    def __post_init__(self) -> None:
        if not (self.under > 0 and self.over > 0):
            raise SpecError(
                Message("A unit missing costs {under}, one left over {over}; both must be above 0.",
                        under=Number(self.under, 2), over=Number(self.over, 2)),
                Message("The price must exceed the cost, and the cost what left-overs bring."),
            )  # fmt: skip
        if not 0 < self.service < 1:
            raise SpecError(
                Message("A service of {share} is not possible.", share=Number(self.service, 2)),
                Message("Give a share between 0 and 1, for example 0.95."),
            )
        names = ("salvage", "goodwill", "penalty", "moq", "pack", "late_premium")
        for name, value in ((name, getattr(self, name)) for name in names):
            if not (math.isfinite(value) and value >= 0):
                raise SpecError(
                    Message("{name} is {value}, it must not be below 0.", name=name, value=Number(value, 2)),
                    Message("Give 0 or more."),
                )

    @property
    def under(self) -> float:
        """What one spot unit too few costs, money."""
        return self.price - self.cost + self.goodwill

    @property
    def over(self) -> float:
        """What one unit too many costs, money."""
        return self.cost - self.salvage

    @property
    def ratio(self) -> float:
        """The newsvendor's critical ratio.

        >>> [round(Economics(*money).ratio, 3) for money in ((100, 40, 20, 10), (100, 70, 10, 0), (100, 40, 5, 30))]
        [0.778, 0.333, 0.72]
        """
        return self.under / (self.under + self.over)


SUPPOSED = {"salvage": 0.5, "penalty": 0.3, "service": 0.95, "cancel": 0.0}
"""What is supposed of choices that nothing tells: neither the reader nor the set-up of the campaign nor the data."""


_ENOUGH = 2
_EVEN = 0.5
"""A certainty that never decides: the stock with the best expected profit is above it."""


@dataclass(frozen=True, slots=True)
class Spec:
    """The choices of an analysis of presales. None means: as the campaign was set up, else as the data say.

    Attributes:
        cover_days: days from the first balance that the stock has to cover.
        uplift: factor on spot demand on these days; None for what past campaigns did.
        uplift_spread: doubt about a chosen uplift, standard deviation of its log.
        halo: spot units that a paid presale unit brings along.
        cannibal: share of paid presale units that would have been bought as spot anyway.
        margin: of the price, as a share; None for price and cost of the product list.
        salvage: what a left-over unit brings, as a share of its cost; 0.5 where nothing tells.
        goodwill, penalty: as shares of the price, see `Economics`; a penalty of 0.3 where nothing tells.
        service: see `Economics`; 0.95 where nothing tells, see `certainty`.
        cancel: share of paid units cancelled before they are shipped; None for what past presales or orders say, 0
            where nothing tells.
        returns: share of units that come back; None for what the orders say.
        return_days: days until what comes back can be sold again.
        gate: units of a new product's deposits that open its production; None for the handbook's.
        break_even: units of paid presale from which production pays; None for the smallest order of the product list.
        lead_days: days until an order arrives; None for the product list.
        draws: simulated futures.
        seed: of them.
        overrides: the shop's own thresholds of the handbook, (key, value) pairs.

    Raises:
        SpecError: a value is impossible.
    """

    cover_days: int = 7
    uplift: float | None = None
    uplift_spread: float = 0.15
    halo: float = 0.0
    cannibal: float = 0.0
    margin: float | None = None
    salvage: float | None = None
    goodwill: float = 0.0
    penalty: float | None = None
    service: float | None = None
    cancel: float | None = None
    returns: float | None = None
    return_days: int = 7
    gate: float | None = None
    break_even: float | None = None
    lead_days: float | None = None
    draws: int = 10_000
    seed: int = 0
    overrides: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        shares = ("uplift_spread", "halo", "cannibal", "goodwill", "penalty", "margin", "salvage", "cancel", "returns")
        for name, value in ((name, getattr(self, name)) for name in shares):
            top = 10.0 if name in {"halo", "goodwill", "penalty"} else 1.0
            strict = name in {"margin", "salvage", "cancel", "returns"}
            if value is not None and not (0 <= value < top if strict else 0 <= value <= top):
                raise _impossible(name, value, Message("Give a share, for example 0.3."))
        if self.margin == 0:
            raise _impossible("margin", 0.0, Message("Give a share above 0, for example 0.3."))
        positive = ("cover_days", "uplift", "gate", "break_even", "return_days")
        for name, value in ((name, getattr(self, name)) for name in positive):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise _impossible(name, value, Message("Give a number above 0."))
        if self.service is not None and not 0 < self.service < 1:
            raise _impossible("service", self.service, Message("Give a share between 0 and 1, for example 0.95."))
        if not 100 <= self.draws <= 1_000_000:
            raise _impossible("draws", self.draws, Message("Give between 100 and 1,000,000 simulated futures."))
        if self.cover_days > 90:
            raise _impossible("cover_days", self.cover_days, Message("Give at most 90 days."))

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The overrides as a mapping."""
        return dict(self.overrides)

    def supposed(self, name: str) -> float:
        """A choice of `SUPPOSED`, with what is supposed where it is open."""
        value: float | None = getattr(self, name)
        return SUPPOSED[name] if value is None else value

    def certainty(self, campaigns: int) -> float:
        """The service that an order has to keep: as chosen, else what so many past campaigns let afford.

        Where one past campaign or none tells, nearly all that a certainty of 95 % buys is stock against our own doubt:
        in simulated shops such orders earn less than the rule of thumb, those with the best expected profit more.
        """
        if self.service is None and campaigns < _ENOUGH:
            return _EVEN
        return self.supposed("service")

    def held(self, data: Any) -> Spec:
        """The same with what the shop of `data` has changed for good beneath what is given here."""
        return replace(self, overrides=tuple(sorted({**overrides(data), **self.thresholds}.items())))


def _impossible(name: str, value: float, hint: Message) -> SpecError:
    return SpecError(Message("{name} cannot be {value}.", name=name, value=Number(float(value), 2)), hint)
