"""How long do orders take, those included that nobody has received yet?

The mean of receipts alone flatters a supplier who is late today: the late order is not among them. An open order says
that it takes at least the days it has waited so far, which is what survival analysis calls a censored observation; the
distribution is that of Kaplan and Meier 1958, the longest wait taken as its own end (Efron 1967), a lower bound.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecops.inventory.demand.panel import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

FORGOTTEN = 180
"""An order so many days past its promise was given up; nobody closed it, and it says nothing of the next one."""


class Waits(NamedTuple):
    """Mean and standard deviation of each group's waits, shape (groups,); NaN without a wait, or under two.

    Attributes:
        mean, sd: days.
        receipts: waits that ended.
    """

    mean: Floats
    sd: Floats
    receipts: Ints


def waits(days: ArrayLike, ended: ArrayLike, group: ArrayLike, groups: int) -> Waits:
    """Kaplan and Meier's mean and deviation, group by group.

    Args:
        days: waited, shape (n,).
        ended: whether the wait is over, shape (n,).
        group: number of the group, 0 to groups - 1, shape (n,).
        groups: how many.

    >>> mean, sd, receipts = waits([10, 10, 10, 50], [True, True, True, False], [0, 0, 0, 0], 1)
    >>> mean.tolist(), sd.tolist(), receipts.tolist()
    ([20.0], [20.0], [3])
    """
    time, over = np.asarray(days, dtype=np.float64), np.asarray(ended, dtype=np.bool_)
    code = np.asarray(group, dtype=np.int64)
    order = np.lexsort((~over, time, code))
    time, over, code = time[order], over[order], code[order]
    count = np.bincount(code, minlength=groups)
    begin = np.cumsum(count) - count
    at_risk = count[code] - (np.arange(len(code)) - begin[code])
    last = at_risk == 1
    fell = np.where(over & ~last, np.log1p(-1 / np.maximum(at_risk, 2)), 0.0)
    # Log share still waiting before each moment, counted from the begin of its own group.
    before = np.cumsum(fell) - fell
    share = np.exp(before - before[np.minimum(begin, max(len(before) - 1, 0))][code]) if len(code) else before
    weight = np.where(over | last, share / at_risk, 0.0)
    known = np.bincount(code, weights=over | last, minlength=groups)
    # Rounded: ten days always are ten days, and no whole day is added to them.
    mean = np.where(count > 0, np.round(np.bincount(code, weights=weight * time, minlength=groups), 9), np.nan)
    square = np.bincount(code, weights=weight * (time - mean[code]) ** 2, minlength=groups)
    sd = np.where(known > 1, np.sqrt(square * known / np.maximum(known - 1, 1)), np.nan)
    return Waits(mean, sd, np.bincount(code, weights=over, minlength=groups).astype(np.int64))


def waited(rows: pd.DataFrame, today: dt.date | None) -> pd.DataFrame:
    """Every wait: one row a receipt, and one a product of an order of which nothing has come yet.

    Args:
        rows: purchases of `ecops.inventory.supply.deliveries.dated`.
        today: open orders have waited until then; None leaves them out.

    Returns:
        sku, supplier, days, ended, forgotten (see `FORGOTTEN`; such a wait is told, and counts for nothing).
    """
    import pandas as pd

    day = pd.Timestamp(today) if today is not None else pd.NaT
    came = rows["received_on"].notna()
    found = rows[["sku", "supplier"]].assign(
        days=(rows["received_on"].fillna(day) - rows["ordered_on"]).dt.days,
        ended=came,
        forgotten=~came & ((day - rows["promised_on"].fillna(rows["ordered_on"])).dt.days > FORGOTTEN),
    )
    # What came on a day that nobody wrote down tells of no wait.
    some_came = (
        (came | (rows["received_quantity"] > 0)).groupby([rows["po_id"], rows["sku"]]).transform("max").astype(bool)
    )
    counted: NDArray[np.bool_] = (came | (~some_came & ~rows["status"].isin(["cancelled", "received"]))).to_numpy()
    return found[counted & (found["days"] >= 0).to_numpy()]
