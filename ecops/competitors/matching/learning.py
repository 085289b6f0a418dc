"""How likely is it that two products are the same? Weights start from public pairs and learn from people's answers.

A logistic regression whose weights are drawn towards the shipped ones (`weights.toml`) by a normal prior: with no
answers they are the shipped ones, with many they are the shop's own.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ecops.competitors.matching.features import NAMES

Floats = NDArray[np.float64]

_PRIOR_SD = 2.0
"""How far a weight may stray from the shipped one, in units of its sign's deviation, before answers have to insist."""

_PRIOR_SD_INTERCEPT = 3.0


@dataclass(frozen=True)
class Judge:
    """What turns the signs of a pair into a probability.

    Attributes:
        weights: one a sign, in the order of `features.NAMES`; shape (signs,).
        intercept: log-odds of a pair without any sign.
        answers: confirmed and rejected pairs that it has learned from.
    """

    weights: Floats
    intercept: float
    answers: int = 0

    def probability(self, signs: Floats) -> Floats:
        """Probability that each pair is one product; `signs` as `features` gives them, shape (pairs, signs)."""
        found: Floats = special.expit(signs @ self.weights + self.intercept)
        return found


@functools.cache
def shipped() -> Judge:
    """The judge who has no answers of this shop yet."""
    told = _told()
    return Judge(np.array([told["signs"][name]["weight"] for name in NAMES]), float(told["intercept"]))


def _told() -> dict:  # type: ignore[type-arg]
    return tomllib.loads((Path(__file__).parent / "weights.toml").read_text("utf-8"))


def learn(signs: Floats, same: NDArray[np.bool_]) -> Judge:
    """A judge who has learned from answers.

    Args:
        signs: of the answered pairs, shape (answers, signs).
        same: what people said, shape (answers,).
    """
    from scipy import optimize

    start = shipped()
    if not len(same):
        return start
    spread = np.array([_told()["signs"][name]["spread"] for name in NAMES])
    design = np.column_stack([signs / spread, np.ones(len(same))])
    prior = np.append(start.weights * spread, start.intercept)
    precision = np.append(np.full(len(NAMES), _PRIOR_SD**-2), _PRIOR_SD_INTERCEPT**-2)
    sign = np.where(same, 1.0, -1.0)

    def loss(beta: Floats) -> tuple[float, Floats]:
        odds = sign * (design @ beta)
        away = beta - prior
        value = -special.log_expit(odds).sum() + 0.5 * (precision * away**2).sum()
        slope = -design.T @ (sign * special.expit(-odds)) + precision * away
        return float(value), slope

    found = optimize.minimize(loss, prior, jac=True, method="L-BFGS-B").x
    return Judge(found[:-1] / spread, float(found[-1]), len(same))
