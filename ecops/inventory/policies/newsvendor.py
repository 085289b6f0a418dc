"""One order for one season: how many, when what is left over costs `over` and what is missing costs `under` a unit?

The answer is the quantile of demand at under / (under + over). Works for any distribution of `scipy.stats` and for
simulated futures; a lead time makes it the demand over that lead time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import SpecError
from ecops.inventory.demand.panel import Floats
from ecops.messages import Message, Number


@dataclass(frozen=True, slots=True)
class Order:
    """The best order for one season.

    Attributes:
        quantity: units.
        cost: expected cost of leftovers and shortages, in the currency of the costs.
        ratio: probability that the order suffices, under / (under + over).
    """

    quantity: float
    cost: float
    ratio: float


def newsvendor(demand: Any, under: float, over: float, quantity: float | None = None) -> Order:
    """The best order, or what `quantity` would cost.

    Args:
        demand: a frozen distribution of `scipy.stats`, or futures as an array of units.
        under: cost of one unit too few: price - cost + lost goodwill.
        over: cost of one unit too many: cost - salvage + holding.
        quantity: units; the best ones when None.

    Raises:
        SpecError: a cost is not above 0, or there are no futures.
    """
    if not (under > 0 and over > 0):
        raise SpecError(
            Message("A shortage costs {under} and a leftover {over}; both must be above 0.",
                    under=Number(under, 2), over=Number(over, 2)),
            Message("Price must exceed cost, and cost must exceed what is got for leftovers."),
        )  # fmt: skip
    ratio = under / (under + over)
    if hasattr(demand, "ppf"):
        best = float(demand.ppf(ratio)) if quantity is None else quantity
        short, left = _losses(demand, best)
        return Order(best, under * short + over * left, ratio)
    futures = np.sort(np.asarray(demand, dtype=np.float64).ravel())
    if not len(futures) or not np.isfinite(futures).all():
        raise SpecError(Message("There are no futures to choose from."), Message("Give simulated demand in units."))
    best = float(futures[int(np.ceil(len(futures) * ratio)) - 1]) if quantity is None else quantity
    short, left = float(np.maximum(futures - best, 0).mean()), float(np.maximum(best - futures, 0).mean())
    return Order(best, under * short + over * left, ratio)


def _losses(demand: Any, quantity: float) -> tuple[float, float]:
    """Expected units missing and left over."""
    discrete = hasattr(getattr(demand, "dist", None), "pmf")
    if discrete:
        units = np.arange(0, np.floor(quantity) + 1)
        left = float(((quantity - units) * demand.pmf(units)).sum())
        return left + float(demand.mean()) - quantity, left
    name = getattr(getattr(demand, "dist", None), "name", "")
    if name == "norm":
        from ecops.inventory.policies.safety import normal_loss

        k = (quantity - float(demand.mean())) / float(demand.std())
        short = float(normal_loss(k)) * float(demand.std())
        return short, short + quantity - float(demand.mean())
    # The expected leftover is the area below the distribution function.
    from scipy import integrate

    left = float(integrate.quad(demand.cdf, float(demand.support()[0]), quantity, limit=400, epsabs=1e-11)[0])
    return left + float(demand.mean()) - quantity, left


def poisson_loss(quantity: ArrayLike, mean: float) -> tuple[Floats, Floats]:
    """Expected units of a Poisson demand above and below `quantity` (whole numbers).

    >>> [round(float(part), 6) for part in poisson_loss(18, 15)]
    [0.51761, 3.51761]
    """
    from scipy import special

    r = np.asarray(quantity, dtype=np.float64)
    upto = special.pdtr(r, mean)
    density = np.exp(r * np.log(mean) - mean - special.gammaln(r + 1))
    above = -(r - mean) * (1 - upto) + mean * density
    return above, above + r - mean
