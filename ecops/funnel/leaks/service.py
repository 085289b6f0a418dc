"""Do people order without asking, and does a payment reminder bring orders back?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ecops.funnel.leaks.figures import Figure, asked, lacking, rate_figure, spans, usual
from ecops.messages import Message
from ecops.metrics.daily import opened
from ecops.periods import Compare, Period
from ecops.statistics import wilson
from ecops.tables import table

if TYPE_CHECKING:
    import pandas as pd

_DAY = 86_400


def silent_orders(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Orders placed without a question to service in the days before, over orders of which it can be told.

    A question counts for an order that it names, and for every order of its customer within a week (`usual.toml`).
    Platforms without chats are left out: silence there is no silence.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    for name in ("service_contacts", "order_lines"):
        if not ready.has(name) and not (name == "order_lines" and ready.has("orders")):
            return lacking("silent_order_rate", table(name).label)
    window = usual()["windows"]["consulted_days"]
    rows = asked(ready, "orders_consulted", since, period.end, window_seconds=window * _DAY)
    note = Message("Only platforms whose chats are loaded count; a question counts for {days} days.", days=window)
    rows = rows.rename(columns={"silent_orders": "on", "orders": "of"})
    return rate_figure("silent_order_rate", rows, period, before, note)


def reminder_conversion(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Orders paid within three days after their first reminder, over orders reminded.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days of the reminders; those whose three days have not ended are left out.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    if not ready.has("service_contacts"):
        return lacking("reminder_conversion", table("service_contacts").label)
    rows = _reminders(ready, since, period.end)
    note = Message("Some would have paid without a reminder: only a test against no reminder shows what it brings.")
    return rate_figure(
        "reminder_conversion", rows.rename(columns={"reminded_paid": "on", "reminded": "of"}), period, before, note
    )


def reminder_ways(data: Any, period: Period) -> pd.DataFrame:
    """Reminders by the way they went out.

    Returns:
        `way` ("" when not given), `reminded`, `reminded_paid`, `rate` with `low` and `high` (Wilson's), `amount` paid
        after a reminder; the most reminders first. Empty without a log.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("service_contacts"):
        return pd.DataFrame()
    rows = _reminders(ready, period.start, period.end)
    found = rows.groupby("way", sort=True)[["reminded", "reminded_paid", "amount"]].sum().reset_index()
    low, high = wilson(found["reminded_paid"].astype(float), found["reminded"].astype(float))
    found = found.assign(rate=found["reminded_paid"] / found["reminded"].where(found["reminded"] > 0, math.nan))
    found = found.assign(low=low, high=high)
    return found.sort_values(["reminded", "way"], ascending=[False, True], ignore_index=True)


def _reminders(data: Any, start: Any, end: Any) -> pd.DataFrame:
    return asked(data, "reminders_by_day", start, end, window_seconds=usual()["windows"]["reminded_hours"] * 3600)
