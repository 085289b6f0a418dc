"""Does the effect differ between segments? Only if it does, may a segment be spoken of alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from ecops.experiments.statistics.samples import Array


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


def heterogeneity(
    differences: Sequence[float], errors: Sequence[float], freedoms: Sequence[float] | None = None
) -> Heterogeneity:
    """Cochran's Q over independent effects: the interaction test of a segment with the treatment.

    Q = sum w (d - mean d)^2 with w = 1 / SE^2, chi-square with (effects - 1) degrees of freedom. Errors that are
    themselves estimated make Q too large; with their degrees of freedom it is Welch's F (1951).

    Args:
        differences: effect in each segment.
        errors: its standard error; segments whose error is 0 are left out.
        freedoms: degrees of freedom of each error; None, or inf, for errors that are known.
    """
    values, spread = _usable(differences, errors)
    if len(values) < 2:
        return Heterogeneity(math.nan, float(values[0]) if len(values) else math.nan, 0)
    weights = spread**-2.0
    pooled = float(weights @ values / weights.sum())
    q = float(weights @ (values - pooled) ** 2)
    between = len(values) - 1
    known = np.full(len(values), np.inf) if freedoms is None else np.asarray(freedoms, dtype=np.float64)[_good(errors)]
    unsure = float(((1 - weights / weights.sum()) ** 2 / known).sum())
    if unsure == 0:
        return Heterogeneity(float(special.chdtrc(between, q)), pooled, between)
    kinds = between + 1
    statistic = q / between / (1 + 2 * (kinds - 2) / (kinds**2 - 1) * unsure)
    return Heterogeneity(float(special.fdtrc(between, (kinds**2 - 1) / (3 * unsure), statistic)), pooled, between)


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


def trend(differences: Sequence[float], errors: Sequence[float], days: Sequence[float]) -> Trend:
    """Weighted regression of daily effects on the day, weights 1 / SE^2.

    The residual spread is used when it is larger than the effects' own errors, since days vary by more than chance.

    Args:
        differences: one effect a day, of that day's users alone.
        errors: its standard error; days whose error is 0 are left out.
        days: the day of each, as a number.
    """
    time = np.asarray(days, dtype=np.float64)[_good(errors)]
    values, spread = _usable(differences, errors)
    if len(values) < 5:
        return Trend(math.nan, math.nan, math.nan, math.nan, math.nan)
    weights = spread**-2.0
    centre = float(weights @ time / weights.sum())
    mean = float(weights @ values / weights.sum())
    reach = float(weights @ (time - centre) ** 2)
    slope = float(weights @ ((time - centre) * values)) / reach
    rest = values - mean - slope * (time - centre)
    df = len(values) - 2
    scale = max(1.0, float(weights @ rest**2) / df)
    error = math.sqrt(scale / reach)
    p_value = 2 * float(special.stdtr(df, -abs(slope / error)))
    return Trend(slope, error, p_value, mean + slope * (time[0] - centre), mean + slope * (time[-1] - centre))


def _good(errors: Sequence[float]) -> Any:
    return np.asarray(errors, dtype=np.float64) > 0


def _usable(differences: Sequence[float], errors: Sequence[float]) -> tuple[Array, Array]:
    good = _good(errors)
    return np.asarray(differences, dtype=np.float64)[good], np.asarray(errors, dtype=np.float64)[good]
