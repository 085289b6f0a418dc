"""What an order of each customer is worth: the gamma-gamma model of Fader and Hardie (2013)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ecops.customers.orders.book import Floats
from ecops.customers.value.history import History
from ecops.customers.value.likelihoods import Gradient, gamma_gamma
from ecops.errors import DataError
from ecops.messages import Message, Number

CLOSE = 0.3
"""Correlation of frequency and spend above which the model's assumption does not hold; said, not hidden."""

_LEAST = 30


@dataclass(frozen=True, eq=False)
class Spending:
    """A fitted gamma-gamma model.

    Attributes:
        parameters: p, q and v; v in money of one order.
        log_likelihood: at the estimates.
        customers: with a repeat day of positive spend; what it was fitted on.
        correlation: of repeat days and mean spend; the model takes it for 0.
        notes: where that does not hold.
    """

    parameters: Mapping[str, float]
    log_likelihood: float
    customers: int
    correlation: float
    notes: tuple[Message, ...]

    def expected(self, past: History) -> Floats:
        """(n,) expected spend of an order: own mean and the shop's, weighted by how much is known of her."""
        p, q, v = (self.parameters[name] for name in ("p", "q", "v"))
        usable = (past.repeats > 0) & (past.spend > 0)
        x = np.where(usable, past.repeats, 0)
        spend = np.where(usable, past.spend, 0.0)
        return np.asarray(p * (v + x * spend) / (p * x + q - 1))


def fit_spending(past: History) -> Spending:
    """Fit the model on the mean spend of customers with repeat days.

    Raises:
        DataError: fewer than 30 customers have a repeat day with positive spend, or their spend has no finite mean.
    """
    from scipy import optimize

    usable = (past.repeats > 0) & (past.spend > 0)
    if usable.sum() < _LEAST:
        raise DataError(
            Message(
                "Fewer than {n} customers ordered a second time, so the worth of an order is not estimated.", n=_LEAST
            ),
            Message("Load a longer time of orders."),
        )
    x, spend = past.repeats[usable].astype(np.float64), past.spend[usable]
    unit = float(np.median(spend))
    rows, counts = np.unique(np.column_stack([x, spend / unit]), axis=0, return_counts=True)
    weight = counts.astype(np.float64)

    def loss(logs: Floats) -> tuple[float, Gradient]:
        values = np.exp(np.clip(logs, -20, 20))
        value, slope = gamma_gamma(values, rows[:, 0], rows[:, 1], weight)
        return -value / weight.sum(), -slope * values / weight.sum()

    start = np.log([6.0, 4.0, 0.5])
    options = {"maxiter": 500, "ftol": 1e-14, "gtol": 1e-8}
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    p, q, v = np.exp(found.x)
    if q <= 1:
        raise DataError(
            Message("What customers spend differs so much that the model knows no mean ({q}).", q=Number(q, 2)),
            Message("Leave out single orders far above the others, or use the plain mean of each customer."),
        )
    correlation = float(np.corrcoef(x, spend)[0, 1]) if np.ptp(x) > 0 and np.ptp(spend) > 0 else 0.0
    notes: tuple[Message, ...] = ()
    if abs(correlation) > CLOSE:
        notes = (
            Message(
                "Customers who order more often also spend differently (correlation {r}), which the model of spending "
                "does not know; read values of single customers with care.",
                r=Number(correlation, 2),
            ),
        )
    log_likelihood = -float(found.fun) * weight.sum() - len(x) * np.log(unit)
    return Spending({"p": float(p), "q": float(q), "v": float(v * unit)}, log_likelihood, len(x), correlation, notes)
