"""How far do visitors of a new product get beside those of the others, and which way do they take?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.funnel.leaks.figures import asked, usual
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Period
from ecops.statistics import newcombe, two_proportions, wilson

if TYPE_CHECKING:
    import pandas as pd

REVIEW_DAYS = 14
"""Days after which a new product is due for its review; the review of it is over twice as long after."""

LEAST_VISITORS = 100


def new_products(data: Any, period: Period) -> pd.DataFrame:
    """The funnel of every product that was first seen within sixty days (`usual.toml`), beside the others.

    A product counts as new when the report of products goes back further than it does, by sixty days at least.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days whose end is looked back from; the funnel of each is that of the sixty days.

    Returns:
        One row a product, the newest first: `platform`, `sku`, `title`, `first_day`, `days` (with visitors),
        `visitors`, `interest` (favourites and carts a visitor; NaN when not reported), `other_interest`, `cart_rate`,
        `pay_rate` (paying buyers a visitor) with `low`, `high`, `other_pay_rate`, `pay_amount`, `difference_low`,
        `difference_high` (95 % interval of own minus others' pay rate), `p_value` (no difference; people as draws with
        the usual swing of days), `due`: whether its review is due now. Empty without one.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("traffic_daily"):
        return pd.DataFrame()
    window = usual()["windows"]["launch_days"]
    start = period.end - (window - 1) * ONE_DAY
    rows = asked(ready, "launches", start, period.end)
    if rows.empty:
        return rows
    rows["first_day"] = pd.to_datetime(rows["first_day"]).dt.date
    found = []
    for _, part in rows.groupby("platform", sort=True):
        new = part["first_day"] >= start
        if part["first_day"].min() >= start or not new.any():
            continue
        found += [_beside(row, part[~new], period.end) for row in part[new].to_dict("records")]
    if not found:
        return pd.DataFrame()
    table = pd.DataFrame(found)
    return table.sort_values(["first_day", "sku"], ascending=[False, True], ignore_index=True)


def _beside(row: dict[Any, Any], others: pd.DataFrame, end: dt.date) -> dict[str, Any]:
    from ecops.funnel.causes.diagnosis import usual_dispersion

    phi, age = usual_dispersion(), (end - row["first_day"]).days + 1
    visitors, paid = float(row["visitors"]), float(np.nan_to_num(row["pay_buyers"]))
    others = others[others["pay_buyers"].notna()]
    other_visitors, other_paid = (float(others[name].sum()) for name in ("visitors", "pay_buyers"))
    low, high = wilson(paid, visitors, dispersion=phi)
    change = newcombe((other_paid, other_visitors), (paid, visitors), dispersion=phi)
    p_value = two_proportions((other_paid, other_visitors), (paid, visitors), dispersion=phi)
    seen = others[others["interested"].notna()]
    base = float(seen["visitors"].sum())
    return {
        "platform": row["platform"], "sku": row["sku"], "title": row["title"], "first_day": row["first_day"],
        "days": int(row["days"]), "visitors": visitors, "interest": float(row["interested"]) / visitors,
        "other_interest": float(seen["interested"].sum()) / base if base > 0 else float("nan"),
        "cart_rate": float(row["cart_users"]) / visitors, "pay_rate": paid / visitors,
        "low": float(low), "high": float(high),
        "other_pay_rate": other_paid / other_visitors if other_visitors > 0 else float("nan"),
        "difference_low": float(change.low), "difference_high": float(change.high), "p_value": float(p_value),
        "pay_amount": float(np.nan_to_num(row["pay_amount"])),
        "due": REVIEW_DAYS <= age < 2 * REVIEW_DAYS and visitors >= LEAST_VISITORS,
    }  # fmt: skip
