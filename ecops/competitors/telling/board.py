"""Figures of rivals for the board of the whole shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecops.competitors.view import prices
from ecops.metrics.measured import Measured
from ecops.periods import Period


def measured(data: Any, period: Period) -> Mapping[str, Measured]:
    """The price index of the same products, and the median price that rivals ask for them."""
    found = prices(data, period.end)
    if found is None or "median" not in found.indexes:
        return {}
    index = found.indexes["median"]
    return {
        "price_index": Measured(index.value, index.low, index.high, index.n),
        "rival_price": Measured(float(found.pairs["rival_price"].median()), n=len(found.pairs)),
    }
