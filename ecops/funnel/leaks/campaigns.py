"""Which campaigns surely bring less than they must?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecops import handbook
from ecops.funnel.leaks.figures import asked, by_day, mean_of_days
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Period
from ecops.statistics import benjamini_hochberg, critical_value, two_sided

if TYPE_CHECKING:
    import pandas as pd

ROI = "finance.sku_roi_min"
"""Parameter with the lowest acceptable return."""

DAYS = 28
"""A campaign is judged over at least four weeks: a week of one campaign swings too much."""


def campaign_returns(data: Any, period: Period) -> tuple[pd.DataFrame, Period]:
    """Return of every campaign beside the lowest acceptable one (`finance.sku_roi_min`).

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at; at least four weeks that end with them are judged.

    Returns:
        One row a campaign, the most money below the bar first: `platform`, `campaign`, `cost`, `paid_amount`, `roi`
        with `low` and `high` (a day is one draw; NaN below three days), `needed`, `short` (money that misses the bar
        over the days judged, negative when above), `q_value` of "below the bar" (one-sided, Benjamini-Hochberg over all
        campaigns), `weak`: q below 5 %. And the days judged. Empty without advertising.
    """
    import pandas as pd

    span = Period(period.end - (max(period.days, DAYS) - 1) * ONE_DAY, period.end)
    ready = opened(data)
    if not ready.has("ad_spend_daily"):
        return pd.DataFrame(), span
    rows = asked(ready, "campaigns_by_day", span.start, span.end)
    needed = handbook.get(ROI, ready)
    found, p_values = [], []
    for (platform, campaign), part in rows.groupby(["platform", "campaign"], sort=True):
        days = by_day(part.rename(columns={"paid_amount": "on", "cost": "of"}))
        roi, error, freedom = mean_of_days(days)
        cost, paid = float(days["of"].sum()), float(days["on"].sum())
        half, p_value = float("nan"), float("nan")
        if freedom > 0:
            half = float(critical_value(df=freedom)) * error
            two = float(two_sided((roi - needed) / error, freedom)) if error > 0 else float(roi == needed)
            p_value = two / 2 if roi < needed else 1 - two / 2
        p_values.append(p_value)
        found.append(
            {
                "platform": platform, "campaign": campaign, "cost": cost, "paid_amount": paid, "roi": roi,
                "low": max(roi - half, 0.0), "high": roi + half, "needed": needed, "short": needed * cost - paid,
            }
        )  # fmt: skip
    if not found:
        return pd.DataFrame(), span
    q_values = benjamini_hochberg(np.array(p_values))
    table = pd.DataFrame(found).assign(q_value=q_values, weak=q_values < 0.05)
    return table.sort_values(["short", "campaign"], ascending=[False, True], ignore_index=True), span
