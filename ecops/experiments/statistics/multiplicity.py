"""Several questions asked of the same data: how to keep the chance of a false alarm where it was promised.

The false discovery rate (Benjamini-Hochberg) is in `ecops.statistics`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecops.experiments.statistics.samples import Array


def holm(p_values: Sequence[float]) -> Array:
    """P-values adjusted so that the chance of any false alarm stays below alpha (Holm 1979). NaN stays NaN.

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    given = np.flatnonzero(~np.isnan(values))
    order = given[np.argsort(values[given], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
