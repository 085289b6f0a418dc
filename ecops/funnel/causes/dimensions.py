"""Which dimension tells most about a change: Adtributor's surprise, not the largest share.

Bhagwan et al., "Adtributor: Revenue Debugging in Advertising Systems", NSDI 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
EACH, TOGETHER = 0.10, 0.67
"""An element must explain more than 10 % of the change; elements are added until they explain 67 %."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """What one dimension says about a change.

    Attributes:
        dimension: its name.
        surprise: Jensen-Shannon divergence (base 10) summed over the elements named.
        explained: share of the change they explain; NaN when nothing changed.
        elements: their values, the most surprising first; empty when no set of elements explains enough.
    """

    dimension: str
    surprise: float
    explained: float
    elements: tuple[str, ...]


def adtributor(dimension: str, values: tuple[str, ...], expected: ArrayLike, actual: ArrayLike) -> Surprise:
    """The surprise of one dimension.

    Args:
        dimension: its name.
        values: its elements.
        expected: what each element would have without the change, same unit as `actual`.
        actual: what each element has.

    >>> found = adtributor("device", ("PC", "Mobile", "Tablet"), [50, 25, 25], [49, 1, 0])
    >>> found.elements, round(found.explained, 2), round(found.surprise, 5)
    (('Tablet', 'Mobile'), 0.98, 0.06279)
    """
    before, after = np.asarray(expected, dtype=np.float64), np.asarray(actual, dtype=np.float64)
    total = after.sum() - before.sum()
    if total == 0 or before.sum() == 0 or after.sum() == 0:
        return Surprise(dimension, 0.0, float("nan"), ())
    power = (after - before) / total
    p, q = before / before.sum(), after / after.sum()
    divergence = 0.5 * (_term(p, q) + _term(q, p))
    order = np.lexsort((np.array(values), -divergence))
    chosen: list[int] = []
    explained = 0.0
    for element in order.tolist():
        if power[element] > EACH:
            chosen.append(element)
            explained += float(power[element])
        if explained > TOGETHER:
            return Surprise(dimension, float(divergence[chosen].sum()), explained, tuple(values[i] for i in chosen))
    return Surprise(dimension, 0.0, explained, ())


def _term(p: Floats, q: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        value: Floats = np.nan_to_num(p * np.log10(2 * p / (p + q)))
    return value
