"""How many at once: fixed cost of an order against cost of holding, with minimum, packs, discounts and backorders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecops.errors import SpecError
from ecops.messages import Message, Number


@dataclass(frozen=True, slots=True)
class Lot:
    """An order size.

    Attributes:
        quantity: units, a multiple of the pack and not below the minimum.
        cost: a year, in the currency of the costs; with goods where there are discounts.
        unconstrained: the order size without minimum and packs.
        region: position of the price break that applies, 0 without discounts.
        backordered: share of demand that waits, 0 where waiting is not allowed.
    """

    quantity: float
    cost: float
    unconstrained: float
    region: int = 0
    backordered: float = 0.0


def eoq(
    order_cost: float,
    holding_cost: float,
    demand: float,
    *,
    backorder_cost: float | None = None,
    moq: float = 0.0,
    pack: float = 0.0,
) -> Lot:
    """Economic order quantity, sqrt(2 K D / h) (Harris 1913; Snyder and Shen, section 3.2).

    Args:
        order_cost: fixed cost of one order, money.
        holding_cost: of one unit a year, money.
        demand: units a year.
        backorder_cost: of one unit that waits a year, money; None when nobody waits.
        moq: smallest order, units.
        pack: orders are multiples of it, units; 0 for any number. Of the two neighbours the cheaper one is taken.

    Raises:
        SpecError: a cost or the demand is not above 0.

    >>> lot = eoq(8, 0.225, 1300)
    >>> round(lot.quantity, 4), round(lot.cost, 4)
    (304.0468, 68.4105)
    """
    _positive(order_cost=order_cost, holding_cost=holding_cost, demand=demand)
    share = 1.0
    if backorder_cost is not None:
        _positive(backorder_cost=backorder_cost)
        share = backorder_cost / (backorder_cost + holding_cost)
    best = math.sqrt(2 * order_cost * demand / (holding_cost * share))

    def cost(quantity: float) -> float:
        return order_cost * demand / quantity + holding_cost * share * quantity / 2

    quantity = min(feasible(best, moq, pack), key=cost)
    return Lot(quantity, cost(quantity), best, 0, 1 - share)


def feasible(quantity: float, moq: float = 0.0, pack: float = 0.0) -> tuple[float, ...]:
    """The order sizes next to `quantity` that a supplier accepts: one or two.

    >>> feasible(304.05, moq=500, pack=24), feasible(304.05, pack=24)
    ((504.0,), (288.0, 312.0))
    """
    wanted = max(quantity, moq)
    if pack <= 0:
        return (wanted,)
    least = math.ceil(moq / pack - 1e-9) * pack
    below, above = math.floor(wanted / pack + 1e-9) * pack, math.ceil(wanted / pack - 1e-9) * pack
    return tuple(sorted({float(size) for size in (below, above) if size > 0 and size >= least})) or (float(above),)


def discount_lot(
    order_cost: float,
    holding_rate: float,
    demand: float,
    breaks: Sequence[float],
    prices: Sequence[float],
    kind: Literal["all_units", "incremental"] = "all_units",
) -> Lot:
    """Order size under quantity discounts; the cost includes the goods (Snyder and Shen, section 3.4).

    Args:
        order_cost: fixed cost of one order, money.
        holding_rate: cost of holding a year, as a share of the price.
        demand: units a year.
        breaks: units from which each price holds, rising, the first 0.
        prices: of a unit, falling.
        kind: "all_units": the lower price holds for all units of the order; "incremental": for those above the break.

    Raises:
        SpecError: breaks and prices do not fit.
    """
    _positive(order_cost=order_cost, holding_rate=holding_rate, demand=demand)
    steps = list(breaks)
    if len(steps) != len(prices) or not steps or steps[0] != 0 or sorted(set(steps)) != steps or min(prices) <= 0:
        raise SpecError(
            Message("The price breaks do not fit."),
            Message("Give rising quantities that start with 0, and one price for each."),
        )
    candidates: list[Lot] = []
    paid = 0.0
    for region, (start, price) in enumerate(zip(steps, prices, strict=True)):
        end = steps[region + 1] if region + 1 < len(steps) else math.inf
        if region:
            paid += prices[region - 1] * (start - steps[region - 1])
        extra = paid - price * start if kind == "incremental" else 0.0
        best = math.sqrt(2 * (order_cost + extra) * demand / (holding_rate * price))
        quantity = min(max(best, start), end) if kind == "all_units" else best
        if not start <= quantity < end:
            continue
        cost = price * demand + (order_cost + extra) * demand / quantity + holding_rate * (extra + price * quantity) / 2
        candidates.append(Lot(quantity, cost, best, region))
    return min(candidates, key=lambda lot: lot.cost)


def wagner_whitin(order_cost: float, holding_cost: float, demand: Sequence[float]) -> tuple[tuple[float, ...], float]:
    """When to order how much for demand that is known period by period (Wagner and Whitin 1958).

    Args:
        order_cost: fixed cost of one order, money.
        holding_cost: of one unit from one period to the next, money.
        demand: units of each period.

    Returns:
        Units to order in each period, and the cost of orders and holding.

    >>> wagner_whitin(500, 2, [90, 120, 80, 70])
    ((210.0, 0.0, 150.0, 0.0), 1380.0)
    """
    wanted = np.asarray(demand, dtype=np.float64)
    periods = len(wanted)
    best = np.zeros(periods + 1)
    until = np.zeros(periods, dtype=np.int64)
    for start in range(periods - 1, -1, -1):
        held = np.cumsum(wanted[start:] * np.arange(periods - start)) * holding_cost
        cost = order_cost + held + best[start + 1 :]
        until[start] = start + 1 + int(cost.argmin())
        best[start] = cost.min()
    orders = np.zeros(periods)
    start = 0
    while start < periods:
        orders[start] = wanted[start : until[start]].sum()
        start = int(until[start])
    return tuple(float(order) for order in orders), float(best[0])


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise SpecError(
                Message("{name} is {value}, it must be above 0.", name=name, value=Number(value, 2)),
                Message("Check the costs and the demand."),
            )
