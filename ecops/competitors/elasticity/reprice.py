"""Which price would bring more, how sure is that, and is it allowed? A what-if inside guard rails, never a promise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecops.errors import DataError, SpecError
from ecops.messages import Message, Money, MoneyRange, Term

if TYPE_CHECKING:
    import pandas as pd

REASONS: Mapping[str, Term] = {
    "": Term(en="allowed", zh="允许"),
    "step": Term(en="too large a step at once", zh="一次调价幅度过大"),
    "margin": Term(en="below the least margin", zh="低于最低毛利率"),
    "band": Term(en="outside the band around rivals", zh="超出竞品价格区间"),
    "unseen": Term(en="no such price was ever tried", zh="从未卖过这个价格"),
}
"""Why a price is not allowed."""

_WEEK = 7


@dataclass(frozen=True, slots=True)
class Guard:
    """What a new price must keep.

    Attributes:
        max_step: share by which the price may change at once.
        min_margin: share of the price that must be left above the cost.
        hysteresis: share below which a change is not worth making.
        band: share by which the price may differ from the rivals' price, where one is known.
        stretch: share by which it may leave the span of prices that were tried.

    Raises:
        SpecError: a value is impossible.
    """

    max_step: float = 0.20
    min_margin: float = 0.15
    hysteresis: float = 0.02
    band: float = 0.20
    stretch: float = 0.05

    def __post_init__(self) -> None:
        shares = (self.max_step, self.min_margin, self.hysteresis, self.band, self.stretch)
        if not all(0 <= share < 1 for share in shares):
            raise SpecError(
                Message("A guard rail lies outside 0 to 1."), Message("Give shares, for example 0.2 for 20 %.")
            )


@dataclass(frozen=True)
class Scenario:
    """What prices would bring.

    Attributes:
        table: one row a price, rising: price, units (a week), profit (a week), gain (profit less that of today), low
            and high (of the gain, from the 95 % interval of the elasticity), allowed, reason (key of `REASONS`).
        price: today's.
        best: the allowed price with the highest expected profit; today's where no change is advised.
        gain, low, high: of `best` a week, with the 95 % interval; 0 where no change is advised.
        verdict: one sentence.
    """

    table: pd.DataFrame
    price: float
    best: float
    gain: float
    low: float
    high: float
    verdict: Message


def reprice(
    today: Mapping[str, float],
    cost: float,
    *,
    guard: Guard | None = None,
    reference: float = math.nan,
    prices: Sequence[float] | None = None,
    currency: str = "",
) -> Scenario:
    """What prices would bring in a week.

    Units at price p are `units x (p / price) ** elasticity`; profit is `(p - cost) x units`. A change is advised only
    when even the less favourable end of the interval gains.

    Args:
        today: a row of `Elasticities.table`: price, units (a day), elasticity, low, high, lowest, highest.
        cost: of a unit.
        guard: what a new price must keep.
        reference: the rivals' price; NaN where none is known.
        prices: prices to try; 41 from 20 % below to 20 % above today's when None.
        currency: of the sentence.

    Raises:
        DataError: the elasticity is not known, or price, cost or units are missing.
    """
    import pandas as pd

    guard = guard or Guard()
    price, units = float(today["price"]), float(today["units"])
    middle, low, high = (float(today[name]) for name in ("elasticity", "low", "high"))
    if not math.isfinite(middle):
        raise DataError(
            Message("The data cannot tell how sales of this product answer to its price."),
            Message("Change the price for some weeks without a promotion, best as a planned test."),
        )
    if not (price > 0 and cost >= 0 and units >= 0):
        raise DataError(
            Message("A what-if needs a price above 0, the cost of a unit and its sales."),
            Message("Load the product list with costs, and the price history with units."),
        )
    tried = np.array(prices if prices is not None else np.round(price * np.linspace(0.8, 1.2, 41), 4), np.float64)
    tried = np.unique(np.append(tried[np.isfinite(tried) & (tried > 0)], price))
    base = (price - cost) * units * _WEEK
    sold = units * _WEEK * (tried / price) ** middle
    ends = np.stack([(tried - cost) * units * _WEEK * (tried / price) ** end - base for end in (low, high)])
    reason = _reasons(tried, price, cost, guard, reference, (float(today["lowest"]), float(today["highest"])))
    table = pd.DataFrame(
        {
            "price": tried,
            "units": sold,
            "profit": (tried - cost) * sold,
            "gain": (tried - cost) * sold - base,
            "low": ends.min(axis=0),
            "high": ends.max(axis=0),
            "allowed": reason == "",
            "reason": reason,
        }
    )
    return _advised(table, price, guard, currency)


def _reasons(
    tried: np.ndarray, price: float, cost: float, guard: Guard, reference: float, seen: tuple[float, float]
) -> np.ndarray:
    slack = 1e-9
    rails = [
        (np.abs(tried / price - 1) > guard.max_step + slack, "step"),
        ((tried - cost) / tried < guard.min_margin - slack, "margin"),
        (np.abs(tried / reference - 1) > guard.band + slack, "band"),
        ((tried < seen[0] * (1 - guard.stretch) - slack) | (tried > seen[1] * (1 + guard.stretch) + slack), "unseen"),
    ]
    return np.select([mask for mask, _ in rails], [name for _, name in rails], "")


def _advised(table: pd.DataFrame, price: float, guard: Guard, currency: str) -> Scenario:
    moved = (table["price"] / price - 1).abs() >= guard.hysteresis
    allowed = table[table["allowed"] & moved]
    if allowed.empty:
        verdict = Message("No other price keeps the guard rails; the price stays.")
        return Scenario(table, price, price, 0.0, 0.0, 0.0, verdict)
    top = allowed.loc[allowed["gain"].idxmax()]
    if float(top["low"]) <= 0:
        verdict = Message(
            "No change: the data does not exclude that another price brings less (best guess {best}: {gain} a week, "
            "{between}).",
            best=Money(float(top["price"]), currency),
            gain=Money(float(top["gain"]), currency),
            between=MoneyRange(float(top["low"]), float(top["high"]), currency),
        )
        return Scenario(table, price, price, 0.0, 0.0, 0.0, verdict)
    verdict = Message(
        "Worth a planned test: {best} instead of {price}, {gain} more gross profit a week ({between}).",
        best=Money(float(top["price"]), currency),
        price=Money(price, currency),
        gain=Money(float(top["gain"]), currency),
        between=MoneyRange(float(top["low"]), float(top["high"]), currency),
    )
    best, gain, low, high = (float(top[name]) for name in ("price", "gain", "low", "high"))
    return Scenario(table, price, best, gain, low, high, verdict)
