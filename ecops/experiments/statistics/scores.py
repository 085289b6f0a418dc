"""Score intervals of two proportions: they ask for each candidate difference (or ratio) whether the data contradict it.

Difference: Mee (1984); ratio: Koopman (1984). Both reduce to the pooled z test at "no difference", so the p-value, the
interval of the difference and the interval of the ratio always agree. Good coverage down to small counts, which the
plain normal interval lacks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Arm = tuple[float, float]
"""(users, share of conversions)."""

_STEPS = 100


def difference_score(control: Arm, treatment: Arm, delta: float) -> float:
    """Standard score of treatment - control = `delta`, with the variance at the most likely rates that fulfil it."""
    (n0, p0), (n1, p1) = control, treatment
    base = _restricted(n0, p0, n1, p1, delta)
    variance = base * (1 - base) / n0 + (base + delta) * (1 - base - delta) / n1
    return _z(p1 - p0 - delta, variance)


def ratio_score(control: Arm, treatment: Arm, ratio: float) -> float:
    """Standard score of treatment / control = `ratio`, with the variance at the most likely rates that fulfil it."""
    (n0, p0), (n1, p1) = control, treatment
    # Most likely control rate under p1 = ratio * p0: root of a quadratic (Koopman 1984).
    a = (n0 + n1) * ratio
    b = n1 * p1 + n0 + ratio * (n0 * p0 + n1)
    c = n0 * p0 + n1 * p1
    base = 2 * c / (b + math.sqrt(max(0.0, b * b - 4 * a * c)))
    variance = ratio * base * (1 - ratio * base) / n1 + ratio**2 * base * (1 - base) / n0
    return _z(p1 - ratio * p0, variance)


def difference_interval(control: Arm, treatment: Arm, critical: float) -> tuple[float, float]:
    """All differences whose score stays within `critical`."""
    estimate = treatment[1] - control[1]

    def score(delta: float) -> float:
        return difference_score(control, treatment, delta)

    return _cross(score, critical, -1.0, estimate), _cross(score, -critical, estimate, 1.0)


def ratio_interval(control: Arm, treatment: Arm, critical: float) -> tuple[float, float]:
    """All ratios treatment / control whose score stays within `critical`; the upper end is inf where none exists."""
    estimate = treatment[1] / control[1]

    def score(ratio: float) -> float:
        return ratio_score(control, treatment, ratio)

    low = _cross(score, critical, 0.0, estimate) if estimate > 0 else 0.0
    top = max(2.0, 2 * estimate)
    while score(top) > -critical:
        top *= 4
        if top > 1e9:
            return low, math.inf
    return low, _cross(score, -critical, estimate, top)


def _restricted(n0: float, p0: float, n1: float, p1: float, delta: float) -> float:
    # Most likely control rate given p1 = p0 + delta: a root of a cubic (Miettinen & Nurminen 1985, appendix).
    n, x0, x1 = n0 + n1, n0 * p0, n1 * p1
    if delta == 0:
        return (x0 + x1) / n
    a = n
    b = (n1 + 2 * n0) * delta - n - x0 - x1
    c = (n0 * delta - n - 2 * x0) * delta + x0 + x1
    d = x0 * delta * (1 - delta)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    u = math.copysign(math.sqrt(max(0.0, b * b / (9 * a * a) - c / (3 * a))), v)
    w = (math.pi + math.acos(max(-1.0, min(1.0, v / u**3 if u != 0 else 0.0)))) / 3
    root = 2 * u * math.cos(w) - b / (3 * a)
    return min(max(root, 0.0, -delta), 1.0, 1 - delta)


def _z(distance: float, variance: float) -> float:
    if variance > 0:
        return distance / math.sqrt(variance)
    return 0.0 if distance == 0 else math.copysign(math.inf, distance)


def _cross(score: Callable[[float], float], level: float, low: float, high: float) -> float:
    # The score falls from +inf to -inf as the candidate grows; halving finds where it passes `level`.
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if score(middle) > level:
            low = middle
        else:
            high = middle
    return (low + high) / 2
