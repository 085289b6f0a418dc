"""The shape of a promise: what is said, within which bounds, and the simulated scene that holds it to account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """What a scene measured.

    Attributes:
        total: how often it happened, or the sum of a number a case.
        cases: how many cases were simulated.
        spread: variance of one case; of a share when None.
        asked: share of the cases in which there was a verdict at all; the others were refused.
        promise: what was held to account, in words, where the scene itself says so.
    """

    total: float
    cases: int
    spread: float | None = None
    asked: float = 1.0
    promise: str = ""

    @property
    def value(self) -> float:
        """Share or mean a case; NaN without cases."""
        return self.total / self.cases if self.cases else float("nan")

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of `value`."""
        if not self.cases:
            return float("nan")
        # What never or always happened in few cases is not known to the last case.
        variance = max(self.value * (1 - self.value), 1 / self.cases) if self.spread is None else self.spread
        return float((max(variance, 0.0) / self.cases) ** 0.5)


@dataclass(frozen=True, slots=True)
class Promise:
    """One row of the table.

    Attributes:
        name: how it is asked for, for example "growth.silent.28.memory6".
        promised: what is said, in words.
        low: smallest value that keeps it.
        high: largest value that keeps it.
        scene: simulates so many cases from a seed and counts.
        cases: how many cases are enough for the margin.
    """

    name: str
    promised: str
    low: float
    high: float
    scene: Callable[[int, int], Held]
    cases: int = 400

    def kept(self, held: Held, errors: float = 2.0) -> bool:
        """Whether the measured value lies within the bounds, give or take so many of its errors."""
        slack = errors * held.error
        return bool(self.low - slack <= held.value <= self.high + slack)
