"""Looking at a running test without fooling oneself: how far an effect must stand out at each look.

`group_sequential` is for review meetings: a planned sample and a few looks. `always_valid` allows any number of looks
at the price of wider intervals.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from ecops.errors import SpecError
from ecops.experiments.statistics.samples import Array
from ecops.messages import Message, Number

Spending = Literal["obrien_fleming", "pocock"]
"""obrien_fleming: strict early, almost the full test at the end (default). pocock: the same strictness at each look."""

NEVER = 38.0
"""A bound no statistic of finite data passes; stands for looks at which no error may be spent."""

_NODES = 24
_TINY = 1e-13


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many standard errors an effect must stand out at each look.

    Attributes:
        fractions: share of the planned sample at each look.
        critical: two-sided bound at each look, normal law; `NEVER` where nothing may be concluded.
        spent: share of all tests without effect that were stopped wrongly up to and including each look.
    """

    fractions: tuple[float, ...]
    critical: tuple[float, ...]
    spent: tuple[float, ...]


def spent_error(fraction: float, alpha: float, spending: Spending = "obrien_fleming") -> float:
    """Error that may be used up to a share of the planned sample (Lan & DeMets 1983), two-sided.

    O'Brien-Fleming type: 4 (1 - Phi(z(alpha/4) / sqrt t)). Pocock type: alpha ln(1 + (e - 1) t).
    """
    share = min(1.0, fraction)
    if share <= 0:
        return 0.0
    if spending == "pocock":
        return alpha * math.log1p((math.e - 1) * share)
    return 4 * float(special.ndtr(special.ndtri(alpha / 4) / math.sqrt(share)))


def group_sequential(fractions: Sequence[float], alpha: float = 0.05, spending: Spending = "obrien_fleming") -> Bounds:
    """Bounds for looks at `fractions` of the planned sample, in any spacing, not fixed beforehand.

    Recursion of Armitage, McPherson & Rowe (1969) on the density of the cumulated effect. A look beyond the planned
    sample (fraction > 1) uses what is left of the error; looks after that get `NEVER`.

    Args:
        fractions: users at each look / planned users, increasing, all looks so far.
        alpha: two-sided error rate over all looks.
        spending: see `Spending`.

    >>> [round(bound, 2) for bound in group_sequential([0.2, 0.4, 0.6, 0.8, 1.0]).critical]
    [4.88, 3.36, 2.68, 2.29, 2.03]
    """
    looks = tuple(float(fraction) for fraction in fractions)
    if not looks or looks[0] <= 0 or any(b <= a for a, b in itertools.pairwise(looks)):
        raise SpecError(
            Message("The looks must be shares of the planned sample, larger than 0 and increasing."),
            Message("Give the number of users at each look in the order of time."),
        )
    if not 0 < alpha < 1:
        raise SpecError(Message("alpha is {alpha}; it must lie between 0 and 1.", alpha=Number(alpha, 3)))
    if spending not in {"obrien_fleming", "pocock"}:
        raise SpecError(Message("Unknown way of spending error: {name}.", name=spending))
    return _bounds(looks, alpha, spending)


@functools.lru_cache(maxsize=256)
def _bounds(looks: tuple[float, ...], alpha: float, spending: Spending) -> Bounds:
    nodes = weights = density = np.empty(0)
    critical: list[float] = []
    spent: list[float] = []
    before, used = 0.0, 0.0
    for look in looks:
        may = spent_error(look, alpha, spending)
        allowed = may - used
        step = math.sqrt(look - before)
        if allowed <= _TINY:
            bound = NEVER
        elif not len(nodes):
            bound = -float(special.ndtri(allowed / 2))
        else:
            bound = _solve(nodes, weights * density, step, look, allowed)
        edge = min(bound, 9.0) * math.sqrt(look)
        fresh_nodes, fresh_weights = _grid(edge, step)
        density = _carry(nodes, weights * density, fresh_nodes, step, look)
        nodes, weights = fresh_nodes, fresh_weights
        critical.append(bound)
        used = may if allowed > _TINY else used
        spent.append(used)
        before = look
    return Bounds(looks, tuple(critical), tuple(spent))


def _solve(nodes: Array, mass: Array, step: float, look: float, allowed: float) -> float:
    from scipy import optimize  # as heavy as all the rest; most pages plan no looks

    # Probability of leaving at this look, as a function of the bound, must be what may be spent.
    scale = math.sqrt(look)

    def excess(bound: float) -> float:
        out = special.ndtr((nodes - bound * scale) / step) + special.ndtr((-nodes - bound * scale) / step)
        return math.log(max(float(mass @ out), 1e-300)) - math.log(allowed)

    return float(optimize.brentq(excess, 0.0, NEVER, xtol=1e-9))


def _grid(edge: float, step: float) -> tuple[Array, Array]:
    # Gauss-Legendre nodes, dense enough for a normal kernel of width `step`.
    count = int(min(600, max(_NODES * 2, math.ceil(5 * edge / step))))
    nodes, weights = _legendre(count)
    return nodes * edge, weights * edge


@functools.lru_cache(maxsize=64)
def _legendre(count: int) -> tuple[Array, Array]:
    nodes, weights = special.roots_legendre(count)
    return nodes, weights


def _carry(nodes: Array, mass: Array, fresh: Array, step: float, look: float) -> Array:
    if not len(nodes):
        first: Array = np.exp(-(fresh**2) / (2 * look)) / math.sqrt(2 * math.pi * look)
        return first
    kernel = np.exp(-((fresh[:, None] - nodes[None, :]) ** 2) / (2 * step * step))
    moved: Array = kernel @ mass / (step * math.sqrt(2 * math.pi))
    return moved


def crossing_power(bounds: Bounds, drift: float) -> tuple[float, ...]:
    """Probability of having crossed the upper bound by each look, when z at the full sample has mean `drift`.

    Used for planning: the price of looking early, and the expected time to a decision.
    """
    nodes = mass = np.empty(0)
    before, gone = 0.0, 0.0
    out: list[float] = []
    for look, bound in zip(bounds.fractions, bounds.critical, strict=True):
        step, scale = math.sqrt(look - before), math.sqrt(look)
        move = drift * (look - before)
        edge = min(bound, 9.0) * scale
        if not len(nodes):
            gone += float(special.ndtr((move - edge) / step))
        else:
            gone += float(mass @ special.ndtr((nodes + move - edge) / step))
        fresh, weights = _grid(edge, step)
        if not len(nodes):
            density = np.exp(-((fresh - move) ** 2) / (2 * look)) / math.sqrt(2 * math.pi * look)
        else:
            kernel = np.exp(-((fresh[:, None] - nodes[None, :] - move) ** 2) / (2 * step * step))
            density = kernel @ mass / (step * math.sqrt(2 * math.pi))
        nodes, mass = fresh, weights * density
        before = look
        out.append(gone)
    return tuple(out)


def always_valid(users: float, planned: float, alpha: float = 0.05) -> float:
    """Two-sided critical value that holds at every look, however many there are.

    Asymptotic confidence sequence with the normal mixture tuned to be tightest at `planned` users in all
    (Waudby-Smith et al., arXiv 2103.06476, eq. 9):
    k = sqrt(2 (N r^2 + 1) / (N r^2) * ln(sqrt(N r^2 + 1) / alpha)), r^2 = (-2 ln alpha + ln(-2 ln alpha + 1)) / N*.

    Args:
        users: users so far in both arms.
        planned: users planned, fixed before the test.
        alpha: two-sided error rate over all looks.

    >>> round(always_valid(10_000, 10_000), 2)
    3.04
    """
    if not (users > 0 and planned > 0):
        raise SpecError(Message("The number of users and the planned number must be larger than 0."))
    inner = -2 * math.log(alpha)
    mixed = users * (inner + math.log(inner + 1)) / planned
    return math.sqrt(2 * (mixed + 1) / mixed * math.log(math.sqrt(mixed + 1) / alpha))


def always_valid_p(statistic: float, users: float, planned: float, alpha: float = 0.05) -> float:
    """The p-value that belongs to `always_valid`: smallest error rate at which the interval leaves out 0, at most 1.

    `alpha` only tunes the mixture, as in `always_valid`.
    """
    inner = -2 * math.log(alpha)
    mixed = users * (inner + math.log(inner + 1)) / planned
    return min(1.0, math.sqrt(mixed + 1) * math.exp(-mixed * statistic**2 / (2 * (mixed + 1))))
