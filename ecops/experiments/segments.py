"""Does the effect differ between segments? Only if it does, may a segment be spoken of alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ecops.experiments.effects import Effect
from ecops.experiments.samples import Array


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Whether several effects can be one and the same.

    Attributes:
        p_value: Cochran's Q test (1954); NaN with fewer than two usable effects.
        pooled: mean of the effects, weighted by precision, in the metric's unit.
        df: effects - 1.
    """

    p_value: float
    pooled: float
    df: int


def heterogeneity(effects: Sequence[Effect]) -> Heterogeneity:
    """Cochran's Q over independent effects: the interaction test of a segment with the treatment.

    Q = sum w (d - mean d)^2 with w = 1 / SE^2, chi-square with (effects - 1) degrees of freedom.
    """
    usable = [effect for effect in effects if effect.error > 0]
    if len(usable) < 2:
        return Heterogeneity(math.nan, usable[0].difference if usable else math.nan, 0)
    differences, weights = _precision(usable)
    pooled = float(weights @ differences / weights.sum())
    q = float(weights @ (differences - pooled) ** 2)
    return Heterogeneity(float(special.chdtrc(len(usable) - 1, q)), pooled, len(usable) - 1)


@dataclass(frozen=True, slots=True)
class Trend:
    """Whether the effect grows or fades with time (novelty, habituation).

    Attributes:
        slope: change of the effect a day, in the metric's unit.
        error: its standard error.
        p_value: two-sided; NaN with fewer than five days.
        first, last: the fitted effect on the first and the last day.
    """

    slope: float
    error: float
    p_value: float
    first: float
    last: float


def trend(effects: Sequence[Effect], days: Sequence[float]) -> Trend:
    """Weighted regression of daily effects on the day, weights 1 / SE^2.

    The residual spread is used when it is larger than the effects' own errors, since days vary by more than chance.

    Args:
        effects: one effect a day, of that day's users alone.
        days: the day of each, as a number.
    """
    usable = [(effect, day) for effect, day in zip(effects, days, strict=True) if effect.error > 0]
    if len(usable) < 5:
        return Trend(math.nan, math.nan, math.nan, math.nan, math.nan)
    differences, weights = _precision([effect for effect, _ in usable])
    time = np.array([day for _, day in usable], dtype=np.float64)
    centre = float(weights @ time / weights.sum())
    mean = float(weights @ differences / weights.sum())
    spread = float(weights @ (time - centre) ** 2)
    slope = float(weights @ ((time - centre) * differences)) / spread
    rest = differences - mean - slope * (time - centre)
    df = len(usable) - 2
    scale = max(1.0, float(weights @ rest**2) / df)
    error = math.sqrt(scale / spread)
    p_value = 2 * float(special.stdtr(df, -abs(slope / error)))
    return Trend(slope, error, p_value, mean + slope * (time[0] - centre), mean + slope * (time[-1] - centre))


def _precision(effects: Sequence[Effect]) -> tuple[Array, Array]:
    differences = np.array([effect.difference for effect in effects])
    return differences, np.array([effect.error for effect in effects]) ** -2.0
