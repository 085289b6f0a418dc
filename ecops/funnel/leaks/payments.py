"""Which payments are interrupted, why, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecops.funnel.leaks.figures import Figure, asked, lacking, rate_figure, spans
from ecops.metrics.daily import opened
from ecops.periods import Compare, Period
from ecops.tables import table

if TYPE_CHECKING:
    import pandas as pd


def payment_interruption(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Failed payments over payments started.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    if not ready.has("payment_attempts"):
        return lacking("payment_interruption", table("payment_attempts").label)
    rows = asked(ready, "payments_by_day", since, period.end)
    return rate_figure("payment_interruption", rows.rename(columns={"failed": "on", "started": "of"}), period, before)


def payment_reasons(data: Any, period: Period) -> pd.DataFrame:
    """Why payments failed, the most frequent reason first (a Pareto table).

    Returns:
        `reason` ("" when the log gives none), `failures`, `share` of all failures, `cumulative` share, `orders` (each
        counted once, under its last failure), `paid_later` of them, `never_paid` (money of those that were not),
        `method`: the method with most failures of the reason. Empty without a log or a failure.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("payment_attempts"):
        return pd.DataFrame()
    rows = asked(ready, "payment_reasons", period.start, period.end)
    if rows.empty:
        return rows
    numbers = ["failures", "orders", "paid_later", "never_paid"]
    found = rows.groupby("reason", sort=True)[numbers].sum(min_count=1).reset_index()
    first = rows.sort_values(["failures", "method"], ascending=[False, True]).drop_duplicates("reason")
    found = found.merge(first[["reason", "method"]], on="reason")
    found = found.sort_values(["failures", "reason"], ascending=[False, True], ignore_index=True)
    share = found["failures"] / found["failures"].sum()
    return found.assign(share=share, cumulative=share.cumsum())
