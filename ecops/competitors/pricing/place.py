"""Does our price stand inside the band around rivals, and what follows from that? The rule of the price anchor.

The handbook's anchor is a band of 20 % around the rival's price. The floor is the price below which the margin that is
wanted cannot be kept: cost / (1 - margin).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecops.errors import SpecError
from ecops.handbook import parameter
from ecops.messages import Message, Money, Percent

Verdict = Literal["unknown", "below", "inside", "parity", "above"]
Step = Literal["", "raise", "hold", "test", "lower", "floor"]

PARITY = 0.05
"""Within 5 % two prices are the same to a buyer."""

MARGIN = 0.30
MOST_STEP = 0.20
"""No price moves by more than this at once."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a price stands.

    Attributes:
        verdict: "below" or "above" the band, "inside" it, "parity" within 5 %, "unknown" without a reference.
        gap: price / reference - 1; NaN when unknown.
        low, high: ends of the band, in money.
        floor: lowest price that keeps the margin; NaN without a cost.
        margin: share of our price that is left after cost; NaN without a cost.
        reachable: whether the band reaches up to the floor.
        step: what to do, see `reason`.
        target: the price to go to with one step; NaN when it stays.
        reason: why, in a sentence.
    """

    verdict: Verdict
    gap: float
    low: float
    high: float
    floor: float
    margin: float
    reachable: bool
    step: Step
    target: float
    reason: Message


def position(
    price: float,
    reference: float,
    *,
    cost: float = math.nan,
    percentile: float = math.nan,
    band: float | None = None,
    margin: float = MARGIN,
    currency: str = "",
) -> Position:
    """Where our price stands against the reference of rivals, and what the rule says.

    Args:
        price: ours, of one unit.
        reference: median price of rivals for the same unit.
        cost: of one unit, NaN when not known.
        percentile: where our conversion stands among peers, 0 to 1; NaN when not known.
        band: half width of the anchor band; the handbook's when None.
        margin: share of the price that has to be left.
        currency: ISO code for the sentences.

    Raises:
        SpecError: band or margin outside 0 to 1.

    >>> position(150, 100).verdict, position(104, 100).verdict, position(70, 100, cost=60).step
    ('above', 'parity', 'raise')
    """
    width = parameter("competitor.price_anchor_band") if band is None else band
    if not 0 < width < 1 or not 0 <= margin < 1:
        raise SpecError(Message("Band and margin are shares between 0 and 1."), Message("Write 20 % as 0.2."))
    floor = cost / (1 - margin)
    left = 1 - cost / price if price > 0 else math.nan
    if not (price > 0 and reference > 0 and math.isfinite(price) and math.isfinite(reference)):
        reason = Message("There is no price of a rival to stand beside.")
        return Position("unknown", math.nan, math.nan, math.nan, floor, left, True, "", math.nan, reason)
    gap = price / reference - 1
    low, high = reference * (1 - width), reference * (1 + width)
    # Rounding must not push a price that stands on the edge out of its band.
    verdict: Verdict = (
        "parity"
        if abs(gap) <= PARITY + 1e-9
        else "above"
        if gap > width + 1e-9
        else "below"
        if gap < -width - 1e-9
        else "inside"
    )
    step, reason = _rule(verdict, left, floor > high, percentile, margin, high, currency)
    return Position(
        verdict, gap, low, high, floor, left, not floor > high, step, _target(step, price, low, high, floor), reason
    )


def _rule(
    verdict: Verdict, left: float, beyond: bool, percentile: float, margin: float, high: float, currency: str
) -> tuple[Step, Message]:
    if beyond:
        return "floor", Message(
            "At a margin of {margin} the price cannot come down to {high}, the upper end of the band: lower the cost, "
            "bundle, or stand above on purpose.",
            margin=Percent(margin),
            high=Money(high, currency),
        )
    if verdict == "below":
        if left < margin:
            return "raise", Message(
                "Cheaper than the band and only {left} is left of the price: raise it.", left=Percent(left)
            )
        return "test", Message("Cheaper than the band: test a higher price.")
    return _above(percentile) if verdict == "above" else ("", Message("Inside the band."))


def _above(percentile: float) -> tuple[Step, Message]:
    if percentile >= 0.5:
        return "hold", Message("Dearer than the band and conversion keeps up with peers: buyers accept it, hold.")
    if percentile < 0.25:
        return "lower", Message(
            "Dearer than the band and conversion is among the lowest quarter: test a lower price, or show better what "
            "it is worth."
        )
    return "test", Message("Dearer than the band: test whether a lower price or better proof sells more.")


def _target(step: Step, price: float, low: float, high: float, floor: float) -> float:
    """One careful step: to the near end of the band, never more than 20 % at once, never below the floor."""
    if step == "raise":
        wanted = max(low, floor) if math.isfinite(floor) else low
        return float(np.clip(wanted, price, price * (1 + MOST_STEP)))
    if step == "lower":
        wanted = max(high, floor) if math.isfinite(floor) else high
        return float(np.clip(wanted, price * (1 - MOST_STEP), price))
    return math.nan
