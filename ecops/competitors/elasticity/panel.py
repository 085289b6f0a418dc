"""The table that elasticities are read from: one row a product and week, with what else moved sales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("sku", "date", "price", "units")
_AROUND, _FALL, _SHORT = 4, 0.05, 3
_FULL_WEEK = 5
"""Days with a price that a week must have to count where prices come by day."""


def weekly(days: pd.DataFrame) -> pd.DataFrame:
    """Days as weeks that begin on Monday.

    Args:
        days: sku, date, price (> 0), units; optional promo (0/1), peak (0/1), rival_price, in_stock (0/1). A table that
            already has at most one row a product and week comes back as it is.

    Returns:
        sku, date (Monday), units (a day with a price), price (what a unit cost on average; without units the mean),
        promo and peak (share of the days), rival_price (geometric mean), days. Weeks with fewer than five days, or
        with a day without stock, are left out, since what was not there could not be sold; so are weeks of a short fall
        of the price where the table tells no promotions, see `dips`.

    Raises:
        DataError: a column is missing.
    """
    import pandas as pd

    missing = [name for name in NEEDED if name not in days.columns]
    if missing:
        raise DataError(
            Message("The table has no column {column}, which is needed.", column=missing[0]),
            Message("Load the price history with the units sold each day."),
        )
    rows = days.assign(
        sku=days["sku"].astype(str),
        date=pd.to_datetime(days["date"]),
        price=_number(days, "price"),
        units=_number(days, "units"),
        promo=_number(days, "promo", 0.0),
        peak=_number(days, "peak", 0.0),
        log_rival=np.log(_positive(_number(days, "rival_price"))),
        stock=_number(days, "in_stock", 1.0),
    )
    rows = rows[(rows["price"] > 0) & rows["units"].notna() & rows["date"].notna() & (rows["units"] >= 0)]
    rows["week"] = rows["date"] - pd.to_timedelta(rows["date"].dt.weekday, unit="D")
    rows = rows.assign(paid=rows["price"] * rows["units"])
    found = rows.groupby(["sku", "week"], sort=True).agg(
        units=("units", "sum"), paid=("paid", "sum"), mean_price=("price", "mean"), promo=("promo", "mean"),
        peak=("peak", "mean"), log_rival=("log_rival", "mean"), stock=("stock", "min"), days=("date", "nunique"),
    ).reset_index()  # fmt: skip
    least = _FULL_WEEK if (found["days"] > 1).any() else 1
    found = found[(found["days"] >= least) & (found["stock"] > 0)]
    price = np.where(found["units"] > 0, found["paid"] / found["units"].where(found["units"] > 0), found["mean_price"])
    made = found.assign(
        price=price, units=found["units"] / found["days"], rival_price=np.exp(found["log_rival"]), date=found["week"]
    )
    if not told_promotions(days):
        # A week of a hidden promotion says nothing of the price alone: its units are those of the promotion too.
        hidden = made.groupby("sku")["price"].transform(lambda price: dips(price.to_numpy(np.float64)))
        made = made[hidden == 0]
    return made[["sku", "date", "units", "price", "promo", "peak", "rival_price", "days"]].reset_index(drop=True)


def told_promotions(days: pd.DataFrame) -> bool:
    """Whether a table says on which days there was a promotion."""
    return "promo" in days.columns and bool(days["promo"].notna().any())


def dips(price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weeks of a short fall of the price, 1 or 0: what a promotion looks like where nobody wrote any down.

    A fall is short where it lasts at most three weeks, and a fall where the price lies 5 % and more below the median of
    the nine weeks around it.

    >>> dips(np.array([10, 10, 8, 10, 10, 10, 9, 9, 9, 9, 9, 9.0])).tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    size = len(price)
    around = np.array([np.median(price[max(0, week - _AROUND) : week + _AROUND + 1]) for week in range(size)])
    low = price < (1 - _FALL) * around
    edges = np.flatnonzero(np.diff(np.concatenate([[0], low.astype(np.int8), [0]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if last - first > _SHORT:
            low[first:last] = False
    return low.astype(np.float64)


def _number(days: pd.DataFrame, name: str, missing: float = np.nan) -> Any:
    import pandas as pd

    if name not in days.columns:
        return np.full(len(days), missing)
    values = pd.to_numeric(days[name], errors="coerce").astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return values if np.isnan(missing) else np.nan_to_num(values, nan=missing)


def _positive(values: Any) -> Any:
    return np.where(values > 0, values, np.nan)


def rival_prices(pairs: Sequence[tuple[str, str, str]], prices: pd.DataFrame) -> pd.DataFrame:
    """The median price of the rivals' same products by day.

    Args:
        pairs: (our sku, rival's shop, their sku).
        prices: date, shop, sku, price.

    Returns:
        sku (ours), date, rival_price.
    """
    import pandas as pd

    known = pd.DataFrame(list(pairs), columns=["ours", "shop", "sku"])
    joined = prices.merge(known, on=["shop", "sku"], how="inner")
    found = joined.groupby(["ours", "date"], sort=True)["price"].median().reset_index()
    return found.rename(columns={"ours": "sku", "price": "rival_price"})
