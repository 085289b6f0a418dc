"""What do shops like ours have: the median of the peers in a table of peers, metric by metric."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecops.engine import load_sql
from ecops.metrics.daily import QUERIES, opened

METRIC_OF: Mapping[str, str] = {
    "visitors": "visitors",
    "conversion_rate": "pay_conversion",
    "order_value": "value_per_buyer",
    "pay_amount": "gmv",
    "repeat_rate": "repeat_share",
    "refund_rate": "refund_rate",
    "bounce_rate": "bounce_rate",
    "click_rate": "ctr",
    "cart_rate": "cart_rate",
}
"""Column of `peer_kpis` -> the metric that it is."""


@dataclass(frozen=True, slots=True)
class Median:
    """The median of the peers.

    Attributes:
        metric: key in the registry.
        value: in its unit, a rate as a share.
        n: shops behind it.
        day: first day of their span.
        platform: of the peers, "" when not said.
    """

    metric: str
    value: float
    n: int
    day: dt.date
    platform: str


def medians(data: Any, until: dt.date) -> Mapping[str, Median]:
    """The newest median of each metric; empty without a table of peers. Index columns are none.

    Args:
        data: as for `ecops.metrics.kpis`.
        until: nothing later is looked at.
    """
    ready: Any = opened(data)
    if not ready.has("peer_kpis"):
        return {}
    rows = ready.query(load_sql(QUERIES, "peer_medians"), {"until": until}).to_pylist()
    return {
        metric: Median(metric, float(row[column]), int(row["shops"]), _day(row["period"]), row["platform"])
        for row in rows
        for column, metric in METRIC_OF.items()
        if row[column] is not None
    }


def _day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value
