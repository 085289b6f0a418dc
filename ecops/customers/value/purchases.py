"""How often will they order: models of purchases, fitted by maximum likelihood, and what they expect of a history.

A model that cannot be told from "nobody ever leaves" says so: a probability of being alive of 100 % would only look
like knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import special

from ecops.customers.orders.book import Floats
from ecops.customers.value.history import History, compressed
from ecops.customers.value.likelihoods import MODELS, Gradient, LogLikelihood, Sample
from ecops.errors import DataError, unknown_name
from ecops.messages import Message

Model = Literal["bg_nbd", "mbg_nbd", "nbd"]

_SCALE = 10.0
"""Times are scaled to this longest age while fitting, which conditions the search."""

_LEAST_LEAVING = 0.001
_MOST_B = 1000.0
_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Purchases:
    """A fitted model of purchases. Times are in days.

    Attributes:
        model: its name.
        parameters: name -> estimate; alpha in days.
        errors: name -> standard error from the curvature of the log-likelihood; NaN where it cannot be had.
        log_likelihood: at the estimates, times in days.
        customers: how many it was fitted on.
        degenerate: why the estimates must not be read as churn; None for a sound fit.
    """

    model: Model
    parameters: Mapping[str, float]
    errors: Mapping[str, float]
    log_likelihood: float
    customers: int
    degenerate: Message | None

    def in_unit(self, days: float) -> dict[str, float]:
        """The parameters with times in units of so many days (7 for weeks)."""
        return {name: value / days if name == "alpha" else value for name, value in self.parameters.items()}

    def alive(self, past: History) -> Floats:
        """(n,) probability that a customer has not left for good. It is not the probability that she orders."""
        return np.exp(-np.logaddexp(0.0, self._gone_odds(past)))

    def _gone_odds(self, past: History) -> Floats:
        """(n,) log odds of having left."""
        r, alpha = self.parameters["r"], self.parameters["alpha"]
        if self.model == "nbd":
            return np.full(len(past), -np.inf)
        a, b = self.parameters["a"], self.parameters["b"]
        waited = (r + past.repeats) * (np.log(alpha + past.age) - np.log(alpha + past.last))
        if self.model == "mbg_nbd":
            return np.asarray(np.log(a) - np.log(b + past.repeats) + waited)
        odds = np.log(a) - np.log(np.maximum(b + past.repeats - 1, 1e-300)) + waited
        return np.where(past.repeats > 0, odds, -np.inf)

    def expected(self, past: History, days: float) -> Floats:
        """(n,) orders (days with an order) expected in the next `days` days."""
        rows, _, inverse = compressed(past)
        found: Floats = self._expected(rows, days)[inverse]
        return found

    def _expected(self, past: History, days: float) -> Floats:
        r, alpha = self.parameters["r"], self.parameters["alpha"]
        x = past.repeats
        if self.model == "nbd":
            return np.asarray((r + x) / (alpha + past.age) * days)
        a, b = self.parameters["a"], self.parameters["b"]
        a = a if abs(a - 1) > 1e-8 else 1 + 1e-8  # a removable gap of the formula
        ahead = alpha + past.age + days
        modified = 1 if self.model == "mbg_nbd" else 0
        top = a + b + x - 1 + modified
        series = special.hyp2f1(r + x, b + x + modified, top, days / ahead)
        kept = np.exp((r + x) * np.log((alpha + past.age) / ahead))
        return np.asarray(top / (a - 1) * (1 - kept * series) * self.alive(past))

    def buys(self, past: History, days: float) -> Floats:
        """(n,) probability of at least one order in the next `days` days.

        P(alive) * (1 - ((alpha + T) / (alpha + T + t)) ** (r + x)): a customer who has not left orders again after a
        time whose rate has a gamma posterior.
        """
        r, alpha = self.parameters["r"], self.parameters["alpha"]
        known = alpha + past.age
        return np.asarray(self.alive(past) * -np.expm1((r + past.repeats) * np.log(known / (known + days))))

    def next_order(self, past: History, quantile: float = 0.5) -> Floats:
        """(n,) days until the next order with this probability; NaN where even ever is less probable."""
        r, alpha = self.parameters["r"], self.parameters["alpha"]
        alive = self.alive(past)
        known = alpha + past.age
        with np.errstate(invalid="ignore", divide="ignore"):
            wait = known * np.expm1(-np.log1p(-quantile / alive) / (r + past.repeats))
        return np.where(alive > quantile, wait, np.nan)

    def newcomer(self, days: Floats | float) -> Floats:
        """Orders after the first that a new customer is expected to place in so many days."""
        r, alpha = self.parameters["r"], self.parameters["alpha"]
        time = np.asarray(days, dtype=np.float64)
        if self.model == "nbd":
            return np.asarray(r * time / alpha)
        a, b = self.parameters["a"], self.parameters["b"]
        a = a if abs(a - 1) > 1e-8 else 1 + 1e-8
        modified = 1 if self.model == "mbg_nbd" else 0
        # The modified model: the share b / (a + b) that stays after the first purchase, then as below with b + 1.
        series = special.hyp2f1(r, b + modified, a + b - 1 + modified, time / (alpha + time))
        top = (a + b - 1) if not modified else b
        return np.asarray(top / (a - 1) * (1 - (alpha / (alpha + time)) ** r * series))


def fit_purchases(past: History, model: Model = "mbg_nbd") -> Purchases:
    """Fit a model by maximum likelihood with analytic gradients, on unique histories.

    Raises:
        SpecError: no such model.
        DataError: nobody ever came back, or the data is one day long, so that no rate can be told.
    """
    if model not in MODELS:
        raise unknown_name(Message("The model"), model, MODELS)
    if not len(past) or not past.repeats.any() or not past.age.any():
        raise DataError(
            Message("Nobody has ordered on a second day, so no rate of coming back can be estimated."),
            Message("Load a longer time of orders."),
        )
    rows, weight, _ = compressed(past)
    scale = _SCALE / float(past.age.max())
    sample = Sample.of(rows.repeats, rows.last.astype(np.float64) * scale, rows.age.astype(np.float64) * scale, weight)
    function, names = MODELS[model]
    found = _maximum(function, sample, len(names))
    # The unit of time multiplies the density of every repeat purchase.
    log_likelihood, _ = function(found, sample)
    log_likelihood += float(weight @ rows.repeats) * np.log(scale)
    errors = _errors(function, found, sample)
    parameters = dict(zip(names, found.tolist(), strict=True))
    spread = dict(zip(names, errors.tolist(), strict=True))
    parameters["alpha"] /= scale
    spread["alpha"] /= scale
    return Purchases(
        model, parameters, spread, float(log_likelihood), len(past), _degenerate(parameters, spread, model)
    )


def _maximum(function: LogLikelihood, sample: Sample, many: int) -> Floats:
    """The estimates, searched on the log scale from two starts; the better one is kept."""
    from scipy import optimize

    people = sample.weight.sum()

    def loss(logs: Floats) -> tuple[float, Gradient]:
        values = np.exp(np.clip(logs, -25, 25))
        value, slope = function(values, sample)
        return -value / people, -slope * values / people

    starts = [np.zeros(many), np.array([-1.0, 0.0, 0.0, 1.0][:many])]
    results: list[Any] = [
        optimize.minimize(
            loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-7}
        )
        for start in starts[:1]
    ]
    if not results[0].success:
        results.append(optimize.minimize(loss, starts[1], jac=True, method="BFGS", options={"gtol": 1e-6}))
    best = min(results, key=lambda result: float(result.fun))
    return np.asarray(np.exp(np.clip(best.x, -25, 25)))


def _errors(function: LogLikelihood, found: Floats, sample: Sample) -> Floats:
    """Standard errors from the curvature, by differences of the gradient on the log scale; NaN where it is no peak."""

    def slope(logs: Floats) -> Floats:
        values = np.exp(logs)
        return function(values, sample)[1] * values

    logs = np.log(found)
    steps = np.eye(len(found)) * _STEP
    curve = np.array([(slope(logs + step) - slope(logs - step)) / (2 * _STEP) for step in steps])
    curve = -(curve + curve.T) / 2
    try:
        np.linalg.cholesky(curve)
        spread = np.sqrt(np.diag(np.linalg.inv(curve)))
    except np.linalg.LinAlgError:
        return np.full(len(found), np.nan)
    return np.asarray(spread * found)


def _degenerate(parameters: Mapping[str, float], errors: Mapping[str, float], model: Model) -> Message | None:
    if model == "nbd":
        return None
    a, b = parameters["a"], parameters["b"]
    if a / (a + b) < _LEAST_LEAVING or b > _MOST_B:
        return Message(
            "In this history nobody can be seen to leave for good, so churn cannot be estimated from it; the model "
            "without leaving is used."
        )
    if not all(np.isfinite(error) for error in errors.values()):
        return Message(
            "The history does not settle how fast customers leave; the model without leaving is used instead."
        )
    return None
