"""Figures of presales for the board of the whole shop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ecops.metrics.measured import Measured
from ecops.periods import Period
from ecops.presale.view import presale


def measured(data: Any, period: Period) -> Mapping[str, Measured]:
    """Deposits of the running presales, how sure the stock of today is, the busiest day, paid balances.

    The share of balances that were paid is that of the last campaign that is settled.

    Raises:
        EcopsError: see `ecops.presale.analysis.analyse`.
    """
    found = presale(data, today=period.end)
    told = {}
    if found.items:
        told["presale_deposits"] = Measured(sum(item.series.total for item in found.items))
        told["presale_cover"] = Measured(min(item.plan.without.cover for item in found.items), n=len(found.items))
    times = [one.times for one in found.capacities.values() if math.isfinite(one.times)]
    if times:
        told["presale_peak"] = Measured(max(times))
    settled = found.funnel[~found.funnel["open"] & found.funnel["balance_rate"].notna()]
    if len(settled):
        last = settled.iloc[-1]
        told["deposit_payment_rate"] = Measured(
            float(last["balance_rate"]),
            float(last["balance_low"]),
            float(last["balance_high"]),
            float(last["deposits"]),
        )
    return told
