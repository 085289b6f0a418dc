"""The daily sheet for the warehouse: what is paid and not shipped, by product, what is due first on top."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.engine import load_sql
from ecops.messages import Message
from ecops.metrics.daily import opened

if TYPE_CHECKING:
    import pandas as pd

SHIP_HOURS = 48
"""Hours after payment by which an order leaves the house where the platform names no day (handbook row 55)."""

LOOK_BACK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Handover:
    """What has to leave the warehouse.

    Attributes:
        asked: moment that the sheet is about; the earliest there is where no order was ever paid, see `known`.
        table: one row a product and platform, the one due first on top: platform, sku, title, quantity, orders,
            due_first (moment by which the first has to leave), late (units past it).
        orders: different orders that wait.
        late: of them past their moment.
    """

    asked: dt.datetime
    table: pd.DataFrame
    orders: int
    late: int

    @property
    def known(self) -> bool:
        """Whether there is a moment to ask about."""
        return self.asked != dt.datetime.min

    @property
    def sentence(self) -> Message:
        """The sheet in one sentence."""
        if not self.orders:
            return Message("No paid order waits to be shipped.")
        return Message(
            "{n} paid orders wait to be shipped, {late} of them past their time", n=self.orders, late=self.late
        )


def handover(data: Any, asked: dt.datetime | None = None) -> Handover:
    """Paid lines of the last 30 days that are neither shipped nor closed.

    Args:
        data: order lines.
        asked: the moment; midnight after the last day of orders when None.
    """
    ready = opened(data)
    last = None
    if ready.has("order_lines"):
        last = ready.query(load_sql("ecops.review.queries", "last_payment"))["last"][0].as_py()
    if last is None:
        import pandas as pd

        return Handover(asked or dt.datetime.min, pd.DataFrame(), 0, 0)
    moment = asked or dt.datetime.combine(last.date(), dt.time()) + dt.timedelta(days=1)
    since = moment - dt.timedelta(days=LOOK_BACK_DAYS)
    parameters = {"now": moment, "since": since, "hours": SHIP_HOURS}
    rows = ready.query(load_sql("ecops.review.queries", "handover"), parameters).to_pandas()
    counts = [int(rows[name].iloc[0]) if len(rows) else 0 for name in ("all_orders", "all_late")]
    return Handover(moment, rows.drop(columns=["all_orders", "all_late"]), *counts)
