"""Figures of stock and suppliers for the board of the whole shop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ecops.inventory.view import stock
from ecops.metrics.measured import Measured
from ecops.periods import Period
from ecops.statistics import wilson


def measured(data: Any, period: Period) -> Mapping[str, Measured]:
    """Turnover of a year, days of stock, slow movers, stock-outs, late and faulty deliveries, on a day.

    Raises:
        EcopsError: see `ecops.inventory.analyse`.
    """
    found = stock(data, today=period.end)
    table = found.table
    daily = float(table["sold_rate"].sum())
    told = {
        "stock_days": Measured(float(table["on_hand"].sum()) / daily if daily > 0 else math.nan),
        "slow_mover_share": Measured(found.shares.slow),
        "stock_out_rate": Measured(found.shares.stock_out, n=found.shares.product_days),
    }
    if found.turnover is not None:
        told["inventory_turnover"] = Measured(found.turnover.yearly, n=found.turnover.points)
    for key, bad, whole in (
        ("supplier_late_rate", "late", "deliveries"),
        ("supplier_defect_rate", "defects", "units"),
    ):
        base = float(found.suppliers[whole].sum()) if len(found.suppliers) else 0.0
        if base > 0:
            count = float(found.suppliers[bad].sum())
            low, high = wilson(count, base)
            told[key] = Measured(count / base, float(low), float(high), base)
    return told
