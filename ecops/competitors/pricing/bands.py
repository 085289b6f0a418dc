"""In which price bands does the market sell, which of them do we leave empty, and where does nobody stand?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.errors import SpecError, unknown_name
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Method = Literal["quantile", "natural"]

_MOST = 7
_POINTS = 256
"""Prices are drawn together to so many places before natural breaks are looked for; the search is quadratic."""


def price_bands(
    listings: pd.DataFrame,
    bands: int | Literal["auto"] = "auto",
    method: Method = "natural",
) -> pd.DataFrame:
    """The market by price band.

    Args:
        listings: one row a product: `price`, `own` (whether it is ours); optional `sales` (units; without it every
            product counts once).
        bands: how many; "auto" takes 3 to 6 by the number of different prices.
        method: "natural" cuts where prices lie far apart (Jenks: least squared distance within bands), "quantile" makes
            bands of equally many products.

    Returns:
        One row a band, cheapest first: low, high (ends of what is in it, money), products, own_products, sales_share
        and own_share (shares of all and of our sales), per_product (sales of a product over the mean of all),
        empty (the market sells there and we have nothing). No rows without a price.

    Raises:
        SpecError: no such method, or fewer than one band.
    """
    import pandas as pd

    if method not in get_args(Method):
        raise unknown_name(Message("The method"), method, get_args(Method))
    price = listings["price"].to_numpy(dtype=np.float64, na_value=np.nan)
    own = listings["own"].to_numpy(dtype=bool)
    sales = (
        np.nan_to_num(listings["sales"].to_numpy(dtype=np.float64, na_value=np.nan))
        if "sales" in listings
        else np.ones(len(price))
    )
    there = np.isfinite(price) & (price > 0)
    price, own, sales = price[there], own[there], np.maximum(sales[there], 0.0)
    different = np.unique(price)
    count = int(np.clip(round(len(different) ** 0.5), 3, 6)) if bands == "auto" else int(bands)
    if count < 1:
        raise SpecError(Message("There is at least one price band."), Message("Take a number from 1 to 7."))
    count = min(count, len(different), _MOST)
    if not count:
        names = ("low", "high", "products", "own_products", "sales_share", "own_share", "per_product", "empty")
        return pd.DataFrame({name: [] for name in names})
    cuts = _natural(price, count) if method == "natural" else np.quantile(different, np.arange(1, count) / count)
    place = np.searchsorted(cuts, price, side="left")
    _, place = np.unique(place, return_inverse=True)
    return _table(price, own, sales, place)


def _table(price: Floats, own: NDArray[np.bool_], sales: Floats, place: NDArray[np.int64]) -> pd.DataFrame:
    import pandas as pd

    size = int(place.max()) + 1
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, place, price)
    np.maximum.at(high, place, price)
    products, own_products = np.bincount(place, minlength=size), np.bincount(place, own, size).astype(int)
    total, ours = np.bincount(place, sales, size), np.bincount(place, sales * own, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(
            {
                "low": low,
                "high": high,
                "products": products,
                "own_products": own_products,
                "sales_share": total / total.sum(),
                "own_share": ours / ours.sum(),
                "per_product": (total / products) / (total.sum() / products.sum()),
                "empty": (own_products == 0) & (total > 0),
            }
        )


def _natural(price: Floats, count: int) -> Floats:
    """Upper ends of all bands but the last, by Fisher's exact search for the least squares within bands."""
    ordered = np.sort(np.log(price))
    if len(ordered) > _POINTS:
        ordered = np.quantile(ordered, np.linspace(0, 1, _POINTS), method="nearest")
    values, times = np.unique(ordered, return_counts=True)
    size, count = len(values), min(count, len(values))
    weight, first, second = (np.concatenate([[0.0], np.cumsum(times * values**power)]) for power in (0, 1, 2))

    def inside(end: int) -> Floats:
        """Squares within a band from each start to `end`, inclusive."""
        n, s, q = (sums[end + 1] - sums[: end + 1] for sums in (weight, first, second))
        result: Floats = q - s * s / n
        return result

    best = np.array([inside(end)[0] for end in range(size)])
    starts = []
    for band in range(1, count):
        start, after = np.zeros(size, dtype=int), np.full(size, np.inf)
        for end in range(band, size):
            whole = best[band - 1 : end] + inside(end)[band : end + 1]
            at = int(np.argmin(whole))
            start[end], after[end] = at + band, whole[at]
        starts.append(start)
        best = after
    cuts, end = [], size - 1
    for start in reversed(starts):
        begin = int(start[end])
        cuts.append(values[begin - 1])
        end = begin - 1
    # A hair above, so that rounding of the logarithm leaves the price on its own side.
    result: Floats = np.exp(np.array(cuts[::-1])) * (1 + 1e-9)
    return result
