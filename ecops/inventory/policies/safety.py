"""How much stock must lie between the order and its arrival, beyond what is expected to sell?

Two promises that are often mixed up: cycle service is the share of replenishment cycles without a stock-out, fill rate
the share of units served from stock. A fill rate of 95 % is easily reached with a cycle service of 60 %.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ecops.errors import SpecError
from ecops.inventory.demand.panel import Floats
from ecops.messages import Message, Percent

Kind = Literal["cycle", "fill"]


def lead_time_spread(
    demand_sd: ArrayLike, lead_time: ArrayLike, demand: ArrayLike = 0.0, lead_sd: ArrayLike = 0.0
) -> Floats:
    """Standard deviation of the demand over the lead time: sqrt(L s_d^2 + d^2 s_L^2).

    Args:
        demand_sd: standard deviation of a day's demand, units.
        lead_time: mean lead time, days.
        demand: mean demand, units a day.
        lead_sd: standard deviation of the lead time, days.
    """
    sd, days, mean, spread = (np.asarray(value, dtype=np.float64) for value in (demand_sd, lead_time, demand, lead_sd))
    return np.asarray(np.sqrt(days * sd**2 + mean**2 * spread**2), dtype=np.float64)


def safety_stock(
    spread: ArrayLike, target: float = 0.95, kind: Kind = "cycle", quantity: ArrayLike | None = None
) -> Floats:
    """Units of safety stock for normal lead-time demand; never below 0.

    Args:
        spread: standard deviation of the demand over the lead time, units, see `lead_time_spread`.
        target: promised share, above 0 and below 1.
        kind: "cycle": share of cycles without stock-out; "fill": share of units served.
        quantity: size of an order, units; needed for "fill".

    Raises:
        SpecError: the target is no share, or the fill rate has no order size.

    A low fill rate with large orders would allow a negative safety stock; it is cut at 0, since a buyer who reads
    "order when 320 units are missing" rightly trusts nothing any more.
    """
    sigma = np.asarray(spread, dtype=np.float64)
    return np.asarray(np.maximum(service_factor(sigma, target, kind, quantity) * sigma, 0.0), dtype=np.float64)


def service_factor(spread: ArrayLike, target: float, kind: Kind = "cycle", quantity: ArrayLike | None = None) -> Floats:
    """The factor k of `k * spread`; may be negative for a fill rate. See `safety_stock`."""
    if not 0 < target < 1:
        raise SpecError(
            Message("A service level of {share} is not possible.", share=Percent(target)),
            Message("Give a share between 0 and 1, for example 0.95."),
        )
    sigma = np.asarray(spread, dtype=np.float64)
    if kind == "cycle":
        return np.full(sigma.shape, float(special.ndtri(target)))
    if quantity is None:
        raise SpecError(
            Message("A fill rate needs the size of an order."), Message("Give the quantity that is usually ordered.")
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = (1 - target) * np.asarray(quantity, dtype=np.float64) / sigma
    return inverse_loss(np.where(sigma > 0, loss, 1e9))


def reorder_point(demand: ArrayLike, lead_time: ArrayLike, safety: ArrayLike) -> Floats:
    """Stock at which to order: expected demand over the lead time plus safety stock, units."""
    expected = np.asarray(demand, dtype=np.float64) * np.asarray(lead_time, dtype=np.float64)
    return np.asarray(expected + np.asarray(safety), dtype=np.float64)


def normal_loss(factor: ArrayLike) -> Floats:
    """Expected excess of a standard normal variable over `factor`, G(k) = phi(k) - k (1 - Phi(k)).

    >>> round(float(normal_loss(0.3)), 6)
    0.266761
    """
    k = np.asarray(factor, dtype=np.float64)
    return np.asarray(np.exp(-0.5 * k**2) / np.sqrt(2 * np.pi) - k * special.ndtr(-k), dtype=np.float64)


def inverse_loss(loss: ArrayLike) -> Floats:
    """The factor k with G(k) = `loss`, by Newton's method; -loss for large losses, where G(k) is -k."""
    wanted = np.maximum(np.asarray(loss, dtype=np.float64), 1e-300)
    k = np.where(wanted > 0.4, -wanted, np.sqrt(np.maximum(-2 * np.log(wanted * 2.5), 0.0)) * 0.8)
    for _step in range(60):
        # G' = -(1 - Phi); Newton on log G converges from everywhere left of the root and far right alike.
        current = np.maximum(normal_loss(k), 1e-300)
        slope = np.maximum(special.ndtr(-k), 1e-300)
        k = k + np.clip(current * np.log(current / wanted) / slope, -1.0, 1.0)
    return np.asarray(np.where(wanted > 8, -wanted, k), dtype=np.float64)
