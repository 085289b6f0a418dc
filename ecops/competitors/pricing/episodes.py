"""When do rivals promote, how deep, how long, and do we promote on the same days? Read from the history of prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecops.errors import SpecError
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

_USUAL = 0.8
"""The usual price is what was asked on at least a fifth of the days before: short peaks do not make it, and a price
that has been low for most of the window becomes the usual one."""

_FEWEST = 7
"""Days of a price that are needed before anything is called a promotion."""


def promotions(history: pd.DataFrame, drop: float = 0.05, window: int = 28) -> pd.DataFrame:
    """Episodes of a price below what is usual for the product.

    Args:
        history: one row a day and product: `date`, `shop`, `sku`, `price`; gaps keep the last price for a week.
        drop: share below the usual price from which on a day counts.
        window: days before that make the usual price: their 80 % quantile, higher value.

    Returns:
        One row an episode, newest first: shop, sku, start, end (days, inclusive), days, usual (price before), price
        (lowest in it), depth (share off), running (it lasts to the last day there is, so it may be a new price and no
        promotion), overlap (share of its days on which another shop of the history promotes too).

    Raises:
        SpecError: `drop` is no share, or the window is shorter than a week.
    """
    import pandas as pd

    if not 0 < drop < 1 or window < _FEWEST:
        raise SpecError(
            Message("A promotion is a drop between 0 and 100 %, seen against at least seven days."),
            Message("Write 5 % as 0.05."),
        )
    names = ["shop", "sku", "start", "end", "days", "usual", "price", "depth", "running", "overlap"]
    known = history[history["price"].to_numpy(dtype=np.float64, na_value=np.nan) > 0]
    if known.empty:
        return pd.DataFrame({name: [] for name in names})
    daily = (
        known.assign(date=pd.to_datetime(known["date"]), shop=known["shop"].fillna("").astype(str))
        .pivot_table(index="date", columns=["shop", "sku"], values="price", aggfunc="min")
        .asfreq("D").ffill(limit=_FEWEST)
    )  # fmt: skip
    usual = daily.shift(1).rolling(window, min_periods=_FEWEST).quantile(_USUAL, interpolation="higher")
    low = (daily < usual * (1 - drop)).to_numpy()
    episodes = _runs(daily, usual.to_numpy(), low)
    return episodes.assign(overlap=_overlap(episodes, daily, low))[names]


def _runs(daily: pd.DataFrame, usual: np.ndarray, low: np.ndarray) -> pd.DataFrame:
    """Unbroken runs of low days of each product; the last days of a run may fall out as the usual price follows."""
    import pandas as pd

    edge = np.zeros((1, low.shape[1]), dtype=np.int8)
    steps = np.diff(np.vstack([edge, low.astype(np.int8), edge]), axis=0)
    column, start = np.nonzero((steps == 1).T)
    end = np.nonzero((steps == -1).T)[1] - 1
    price, days = daily.to_numpy(), daily.index
    sums = [price[first : last + 1, place].min() for place, first, last in zip(column, start, end, strict=True)]
    before = usual[start, column]
    found = pd.DataFrame(
        {
            "shop": daily.columns.get_level_values(0)[column],
            "sku": daily.columns.get_level_values(1)[column],
            "start": days[start],
            "end": days[end],
            "days": end - start + 1,
            "usual": before,
            "price": np.array(sums, dtype=np.float64),
            "running": end == len(days) - 1,
        }
    )
    found["depth"] = 1 - found["price"] / found["usual"]
    return found.sort_values(["start", "shop", "sku"], ascending=[False, True, True], ignore_index=True)


def _overlap(episodes: pd.DataFrame, daily: pd.DataFrame, low: np.ndarray) -> np.ndarray:
    """Share of an episode's days on which a product of another shop is low too."""
    import pandas as pd

    shops = daily.columns.get_level_values(0)
    places = pd.Index(daily.index)
    by_shop = {shop: low[:, shops == shop].any(axis=1) for shop in shops.unique()}
    others = {
        shop: np.any([days for name, days in by_shop.items() if name != shop] or [np.zeros(len(daily), bool)], axis=0)
        for shop in by_shop
    }
    start, end = places.get_indexer(episodes["start"]), places.get_indexer(episodes["end"])
    totals = {shop: np.concatenate([[0], np.cumsum(days)]) for shop, days in others.items()}
    shared = [
        totals[shop][last + 1] - totals[shop][first]
        for shop, first, last in zip(episodes["shop"], start, end, strict=True)
    ]
    result: np.ndarray = np.array(shared, dtype=np.float64) / np.maximum(episodes["days"].to_numpy(np.float64), 1)
    return result


RHYTHM_DAYS = 180


def rhythm(launched: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """How often each shop brings out something, over half a year.

    Args:
        launched: see `launches`.
        last: last day looked at.

    Returns:
        shop, launches, a_month (launches in 30 days), price (median of the new products), newest (day); the busiest
        shop first.
    """
    import pandas as pd

    if launched.empty:
        return pd.DataFrame({name: [] for name in ("shop", "launches", "a_month", "price", "newest")})
    rows = launched[(launched["launched"] > last - pd.Timedelta(days=RHYTHM_DAYS)) & (launched["launched"] <= last)]
    table = rows.groupby("shop", as_index=False).agg(
        launches=("sku", "size"), price=("price", "median"), newest=("launched", "max")
    )
    table.insert(2, "a_month", table["launches"] * 30 / RHYTHM_DAYS)
    return table.sort_values(["launches", "shop"], ascending=[False, True], ignore_index=True)


def launches(listings: pd.DataFrame) -> pd.DataFrame:
    """How often each shop brings out new products, and at which prices.

    Args:
        listings: one row a product and day it was seen: `date`, `shop`, `sku`; optional `launched_on`, `price`,
            `title`. Where the day of launch is not given, a product counts from the first day it was seen, and only in
            shops that had been seen before that day: what stood there at the first look is not new.

    Returns:
        One row a launch, newest first: shop, sku, title, launched (day), price (NaN when not known), said (whether the
        page gave the day).
    """
    import pandas as pd

    names = ["shop", "sku", "title", "launched", "price", "said"]
    if listings.empty:
        return pd.DataFrame({name: [] for name in names})
    rows = listings.assign(
        date=pd.to_datetime(listings["date"]),
        launched_on=pd.to_datetime(listings["launched_on"]) if "launched_on" in listings else pd.NaT,
        title=listings.get("title", ""),
        price=listings.get("price", np.nan),
    ).sort_values("date", kind="stable")
    first = rows.groupby(["shop", "sku"], as_index=False).agg(
        seen=("date", "min"), told=("launched_on", "min"), title=("title", "first"), price=("price", "first")
    )
    looked = first["shop"].map(rows.groupby("shop")["date"].min())
    first["said"] = first["told"].notna()
    first["launched"] = first["told"].where(first["said"], first["seen"].where(first["seen"] > looked))
    known = first[first["launched"].notna()]
    return known.sort_values(["launched", "shop", "sku"], ascending=[False, True, True], ignore_index=True)[names]
