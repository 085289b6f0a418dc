"""How long do orders take, those included that nobody has received yet?

The mean of receipts alone flatters a supplier who is late today: the late order is not among them. An open order says
that it takes at least the days it has waited so far, which is what survival analysis calls a censored observation; the
distribution is that of Kaplan and Meier 1958, the longest wait taken as its own end (Efron 1967), a lower bound.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

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


def waits(days: ArrayLike, ended: ArrayLike, group: ArrayLike, groups: int, weight: ArrayLike = 1.0) -> Waits:
    """Kaplan and Meier's mean and deviation, group by group.

    Args:
        days: waited, shape (n,).
        ended: whether the wait is over, shape (n,).
        group: number of the group, 0 to groups - 1, shape (n,).
        groups: how many.
        weight: how much each wait counts, above 0, a number or shape (n,).

    >>> mean, sd, receipts = waits([10, 10, 10, 50], [True, True, True, False], [0, 0, 0, 0], 1)
    >>> mean.tolist(), sd.tolist(), receipts.tolist()
    ([20.0], [20.0], [3])
    """
    time, over = np.asarray(days, dtype=np.float64), np.asarray(ended, dtype=np.bool_)
    code = np.asarray(group, dtype=np.int64)
    mass = np.broadcast_to(np.asarray(weight, dtype=np.float64), time.shape)
    order = np.lexsort((~over, time, code))
    time, over, code, mass = time[order], over[order], code[order], mass[order]
    count = np.bincount(code, minlength=groups)
    end = np.cumsum(count)
    last = np.arange(len(code)) == end[code] - 1
    passed = np.append(0.0, np.cumsum(mass))
    at_risk = np.where(last, mass, passed[end[code]] - passed[:-1])
    fell = np.where(over & ~last, np.log1p(-mass / np.where(last, 2 * mass, at_risk)), 0.0)
    # Log share still waiting before each moment, counted from the begin of its own group.
    before = np.append(0.0, np.cumsum(fell))
    share = np.exp(before[:-1] - before[(end - count)[code]])
    part = np.where(over | last, share * mass / at_risk, 0.0)
    known = np.bincount(code, weights=over | last, minlength=groups)
    # Rounded: ten days always are ten days, and no whole day is added to them.
    mean = np.where(count > 0, np.round(np.bincount(code, weights=part * time, minlength=groups), 9), np.nan)
    square = np.bincount(code, weights=part * (time - mean[code]) ** 2, minlength=groups)
    sd = np.where(known > 1, np.sqrt(square * known / np.maximum(known - 1, 1)), np.nan)
    return Waits(mean, sd, np.bincount(code, weights=over, minlength=groups).astype(np.int64))


def outstanding(rows: pd.DataFrame) -> pd.DataFrame:
    """Orders that nobody closed, what has come of them and what is still to come.

    Args:
        rows: purchases of `ecops.inventory.supply.deliveries.dated`.

    Returns:
        One row an order and product: po_id, sku, supplier, ordered_on, promised_on, quantity, came, missing (units).
    """
    still = rows[~rows["status"].isin(["cancelled", "received"])]
    # What came counts though no day is told with it.
    came = still["received_quantity"].fillna(still["quantity"].where(still["received_on"].notna(), 0.0))
    # A receipt in parts repeats the ordered quantity on every row.
    found = (
        still.assign(came=came)
        .groupby(["po_id", "sku"], as_index=False)
        .agg({"supplier": "first", "ordered_on": "min", "promised_on": "max", "quantity": "max", "came": "sum"})
    )
    return found.assign(missing=(found["quantity"] - found["came"]).clip(lower=0.0))


def waited(rows: pd.DataFrame, today: dt.date | None) -> pd.DataFrame:
    """Every wait: one row a receipt, and one an order and product of which something has not come yet.

    Each counts as the part of its order that it is about: an order that came in halves is no two orders, and the last
    carton that is missing no late order.

    Args:
        rows: purchases of `ecops.inventory.supply.deliveries.dated`.
        today: open orders have waited until then; None leaves them out.

    Returns:
        sku, supplier, days, ended, part (above 0, at most 1), forgotten (see `FORGOTTEN`; such a wait is told, and
        counts for nothing).
    """
    import pandas as pd

    came = rows[rows["received_on"].notna()]
    units = came["received_quantity"].fillna(came["quantity"])
    found = came[["sku", "supplier"]].assign(
        days=(came["received_on"] - came["ordered_on"]).dt.days,
        ended=True,
        part=_part(units, came["quantity"]),
        forgotten=False,
    )
    if today is not None:
        day, still = pd.Timestamp(today), outstanding(rows)
        still = still[(still["missing"] > 0) | (still["came"] == 0)]
        late = (day - still["promised_on"].fillna(still["ordered_on"])).dt.days
        waiting = still[["sku", "supplier"]].assign(
            days=(day - still["ordered_on"]).dt.days,
            ended=False,
            part=_part(still["missing"], still["quantity"]),
            forgotten=late > FORGOTTEN,
        )
        found = pd.concat([found, waiting], ignore_index=True)
    return found[((found["days"] >= 0) & (found["part"] > 0)).to_numpy()]


def _part(units: pd.Series[float], ordered: pd.Series[float]) -> Floats:
    """The part of an order that some units are; the whole where nothing says how much was ordered."""
    whole = ordered.to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0, np.minimum(units.to_numpy() / whole, 1.0), 1.0), dtype=np.float64)
