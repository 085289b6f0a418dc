"""Which dimension explains a change best: surprise, not size (Adtributor, Bhagwan et al., NSDI 2014)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A dimension and the values of it that explain a change.

    Attributes:
        dimension: its name.
        values: values that together explain it, most surprising first.
        share: part of the whole change they explain; may exceed 1.
        surprise: Jensen-Shannon terms of these values, base-10 logarithm; the larger, the better the explanation.
    """

    dimension: str
    values: tuple[str, ...]
    share: float
    surprise: float


def surprise(expected: ArrayLike, actual: ArrayLike) -> Floats:
    """How much the share of each value moved: `(p log(2p/(p+q)) + q log(2q/(p+q))) / 2`, base 10.

    Args:
        expected: amounts of the values of a dimension, at least 0.
        actual: the same, later.
    """
    before, after = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p, q = before / before.sum(), after / after.sum()
        first = np.where(p > 0, p * np.log10(2 * p / (p + q)), 0.0)
        second = np.where(q > 0, q * np.log10(2 * q / (p + q)), 0.0)
    return np.asarray((first + second) / 2)


def explain(
    dimensions: Mapping[str, Mapping[str, tuple[float, float]]], *, each: float = 0.1, together: float = 0.67
) -> tuple[Explanation, ...]:
    """Rank dimensions by how surprisingly few of their values explain the change.

    Values are taken in the order of their surprise while each explains more than `each` of the change, until together
    they explain more than `together`; a dimension that needs all its values explains nothing and is left out.

    Args:
        dimensions: dimension -> value -> (before, after).
        each: smallest part of the change a value must explain.
        together: part of the change at which the search stops.

    >>> devices = {"PC": (50, 49), "Mobile": (25, 1), "Tablet": (25, 0)}
    >>> found = explain({"device": devices, "centre": {"X": (94, 47), "Y": (6, 3)}})
    >>> found[0].dimension, found[0].values, round(found[0].share, 2), round(found[0].surprise, 5)
    ('device', ('Tablet', 'Mobile'), 0.98, 0.06279)
    """
    found = []
    for dimension, cells in dimensions.items():
        names = list(cells)
        before, after = np.array([cells[name] for name in names], dtype=np.float64).reshape(-1, 2).T
        change = after.sum() - before.sum()
        if not change or not before.sum() or not after.sum():
            continue
        power, moved = (after - before) / change, surprise(before, after)
        taken: list[int] = []
        for index in sorted(range(len(names)), key=lambda i: (-moved[i], names[i])):
            if power[index] > each:
                taken.append(index)
            if power[taken].sum() > together:
                break
        if taken and power[taken].sum() > together and len(taken) < len(names):
            chosen = tuple(names[index] for index in taken)
            found.append(Explanation(dimension, chosen, float(power[taken].sum()), float(moved[taken].sum())))
    return tuple(sorted(found, key=lambda item: (-item.surprise, item.dimension)))
