"""Order points and order sizes that are exactly optimal under their assumptions, as yardsticks of simpler rules.

(r, Q): order Q when the position falls to r, normal demand. (s, S): look once a period, order up to S when the
position is at s or below, Poisson demand (Zheng and Federgruen 1991). Scarf 1960: the same over few periods whose
demand differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ecops.inventory.demand.panel import Floats, Ints
from ecops.inventory.policies.lots import eoq
from ecops.inventory.policies.newsvendor import poisson_loss
from ecops.inventory.policies.safety import normal_loss


@dataclass(frozen=True, slots=True)
class Policy:
    """When to order and how much.

    Attributes:
        reorder: units of the position at or below which is ordered.
        quantity: order size of (r, Q); order-up-to level S of (s, S).
        cost: expected cost a period, in the currency of the costs.
    """

    reorder: float
    quantity: float
    cost: float


def rq_cost(
    reorder: float, quantity: float, costs: tuple[float, float, float], demand: tuple[float, float, float]
) -> float:
    """Exact expected cost a year of ordering `quantity` at `reorder` under normal demand and backorders.

    Args:
        reorder: units.
        quantity: units.
        costs: of holding a unit a year, of a unit backordered a year, of an order.
        demand: mean and standard deviation a year, and the lead time in years.
    """
    holding, penalty, order = costs
    mean, sd, lead = demand
    centre, sigma = mean * lead, sd * math.sqrt(lead)

    def second(k: float) -> float:
        """Integral of the loss function from k on."""
        from scipy import special

        density = math.exp(-0.5 * k * k) / math.sqrt(2 * math.pi)
        return 0.5 * ((k * k + 1) * float(special.ndtr(-k)) - k * density)

    low, high = (reorder - centre) / sigma, (reorder + quantity - centre) / sigma
    backorders = sigma**2 / quantity * (second(low) - second(high))
    onhand = reorder + quantity / 2 - centre + backorders
    return order * mean / quantity + holding * onhand + penalty * backorders


def best_reorder(quantity: float, costs: tuple[float, float, float], demand: tuple[float, float, float]) -> float:
    """The order point of least exact cost for a given order size: cost(r) = cost(r + Q)."""
    from scipy import optimize

    holding, penalty, _order = costs
    mean, sd, lead = demand
    centre, sigma = mean * lead, sd * math.sqrt(lead)

    def rate(level: float) -> float:
        k = (level - centre) / sigma
        short = float(normal_loss(k)) * sigma
        return holding * (level - centre + short) + penalty * short

    def gap(reorder: float) -> float:
        return rate(reorder) - rate(reorder + quantity)

    return float(optimize.brentq(gap, centre - quantity - 12 * sigma, centre + 12 * sigma, xtol=1e-12))


def rq_by_backorders(costs: tuple[float, float, float], demand: tuple[float, float, float]) -> Policy:
    """Order size of the EOQ with backorders, and the best order point for it (Snyder and Shen, section 5.2.3)."""
    holding, penalty, order = costs
    quantity = eoq(order, holding, demand[0], backorder_cost=penalty).quantity
    reorder = best_reorder(quantity, costs, demand)
    return Policy(reorder, quantity, rq_cost(reorder, quantity, costs, demand))


def rq_by_expected_inventory(costs: tuple[float, float, float], demand: tuple[float, float, float]) -> Policy:
    """Order point and size by Hadley and Whitin's approximation of the expected inventory (section 5.2.1).

    The penalty counts a unit short, whatever it waits.
    """
    from scipy import special

    holding, penalty, order = costs
    mean, sd, lead = demand
    centre, sigma = mean * lead, sd * math.sqrt(lead)
    quantity = eoq(order, holding, mean).quantity
    reorder = centre
    for _step in range(500):
        k = float(special.ndtri(1 - quantity * holding / (penalty * mean)))
        reorder, before = centre + k * sigma, reorder
        short = float(normal_loss(k)) * sigma
        new = math.sqrt(2 * mean * (order + penalty * short) / holding)
        if abs(new - quantity) < 1e-12 and abs(reorder - before) < 1e-12:
            break
        quantity = new
    short = float(normal_loss((reorder - centre) / sigma)) * sigma
    cost = holding * (reorder - centre + quantity / 2) + order * mean / quantity + penalty * mean * short / quantity
    return Policy(reorder, quantity, cost)


def ss_poisson(holding: float, penalty: float, order: float, mean: float) -> Policy:
    """The best (s, S) of a product looked at once a period, Poisson demand, backorders (Zheng and Federgruen 1991).

    Args:
        holding: cost of a unit on hand at the end of a period.
        penalty: cost of a unit that waits at the end of a period.
        order: fixed cost of an order.
        mean: units a period.

    >>> policy = ss_poisson(1, 4, 5, 6)
    >>> policy.reorder, policy.quantity, round(policy.cost, 6)
    (4.0, 10.0, 8.034112)
    """
    limit = int(mean * 10 + 20 * math.sqrt(mean) + 50)
    units = np.arange(limit + 1)
    from scipy import special

    density = np.exp(units * math.log(mean) - mean - special.gammaln(units + 1))
    renewal = np.zeros(limit + 1)
    renewal[0] = 1 / (1 - density[0])
    for j in range(1, limit + 1):
        renewal[j] = renewal[0] * float(density[1 : j + 1] @ renewal[j - 1 :: -1][:j])

    def one(level: int) -> float:
        if level < 0:
            return penalty * (mean - level)
        above, left = poisson_loss(level, mean)
        return float(holding * left + penalty * above)

    def cost(s: int, top: int) -> float:
        span = top - s
        rates = np.array([one(top - j) for j in range(span)])
        return (order + float(renewal[:span] @ rates)) / float(renewal[:span].sum())

    start = min(range(int(mean * 4) + 20), key=one)
    s = start - 1
    while cost(s, start) > one(s):
        s -= 1
    best, top, level = cost(s, start), start, start + 1
    while one(level) <= best:
        if cost(s, level) < best:
            top = level
            while cost(s, top) <= one(s + 1):
                s += 1
            best = cost(s, top)
        level += 1
    return Policy(float(s), float(top), best)


def scarf(
    holding: float, penalty: float, order: float, means: list[float]
) -> tuple[tuple[tuple[int, int], ...], float]:
    """The best (s, S) of each of few periods with Poisson demand, and the cost from an empty shelf (Scarf 1960).

    Args:
        holding: cost of a unit on hand at the end of a period.
        penalty: cost of a unit that waits at the end of a period.
        order: fixed cost of an order.
        means: units of each period.
    """
    from scipy import special

    reach = int(sum(means) + 12 * math.sqrt(sum(means)) + 40)
    levels = np.arange(-reach, reach + 1)
    future = np.zeros(len(levels))
    found: list[tuple[int, int]] = []
    for mean in reversed(means):
        most = int(mean + 12 * math.sqrt(mean) + 20)
        units = np.arange(most + 1)
        density = np.exp(units * math.log(mean) - mean - special.gammaln(units + 1))
        kept = _after_demand(levels, density, future, holding, penalty)
        top = int(kept.argmin())
        at_once = order + kept[top]
        s = int(np.flatnonzero(kept[: top + 1] > at_once)[-1])
        future = np.where(np.arange(len(levels)) <= s, at_once, kept)
        found.append((int(levels[s]), int(levels[top])))
    return tuple(reversed(found)), float(future[reach])


def _after_demand(levels: Ints, density: Floats, future: Floats, holding: float, penalty: float) -> Floats:
    """Expected cost of holding `levels` units through a period and going on from what is left."""
    end = levels[:, None] - np.arange(len(density))[None, :]
    cost = holding * np.maximum(end, 0) + penalty * np.maximum(-end, 0)
    place = np.clip(end - levels[0], 0, len(levels) - 1)
    # Below the lowest level an order is due anyway, so that its value is that of the lowest one.
    found: Floats = (cost + future[place]) @ density
    return found
