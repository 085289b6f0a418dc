"""Until which day must each supplier have an order, so that goods come before factories and couriers rest?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecops.inventory.forecasting.calendar import Event
from ecops.periods import ONE_DAY

if TYPE_CHECKING:
    import pandas as pd

_SURE = 1.645
"""Standard deviations of the lead time that are kept in hand: 95 % of a normal one."""


def order_by(table: pd.DataFrame, ahead: Sequence[Event], today: dt.date) -> pd.DataFrame:
    """The last day to order from each supplier before each rest.

    Args:
        table: one row a product: supplier, lead_days, lead_sd, rate (units a day).
        ahead: events; only those on which factories rest count.
        today: the last day of the data.

    Returns:
        event (Term), first, last (days of rest), supplier ("" where none is known), products (that sell), lead_days
        (the longest of its products), order_by (day), days_left (below 0: too late for the longest), the most pressing
        first.
    """
    import pandas as pd

    sells = table[table["rate"] > 0]
    needed = sells["lead_days"] + _SURE * sells["lead_sd"].fillna(0.0)
    sums = (
        sells.assign(needed=np.ceil(needed))
        .groupby("supplier", sort=True)
        .agg(products=("needed", "size"), lead_days=("needed", "max"))
        .reset_index()
    )
    parts = []
    for event in ahead:
        if event.closed and event.period.start > today:
            last_day = [event.period.start - (int(lead) + 1) * ONE_DAY for lead in sums["lead_days"]]
            parts.append(
                sums.assign(
                    event=event.label,
                    first=event.period.start,
                    last=event.period.end,
                    order_by=last_day,
                    days_left=[(day - today).days for day in last_day],
                )
            )
    columns = ["event", "first", "last", "supplier", "products", "lead_days", "order_by", "days_left"]
    if not parts:
        return pd.DataFrame(columns=columns)
    found = pd.concat(parts, ignore_index=True).sort_values(["days_left", "supplier"], kind="stable")
    return found[columns].reset_index(drop=True)
