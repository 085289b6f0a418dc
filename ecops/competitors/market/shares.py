"""How is a market divided, and is it open? Concentration, share of voice, hot and slow products, overlap of ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.errors import DataError, unknown_name
from ecops.messages import Message, Term

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Weight = Literal["basic", "log"]

CONCENTRATED, MODERATE = 1_800.0, 1_000.0
"""Limits of the Herfindahl-Hirschman index in the merger guidelines of 2023 (US Department of Justice and FTC)."""

LABELS: Mapping[str, Term] = {
    "open": Term(en="open", zh="蓝海"),
    "moderate": Term(en="moderate competition", zh="竞争适中"),
    "crowded": Term(en="red sea", zh="红海"),
    "unknown": Term(en="not known", zh="数据不足"),
}
"""What an opportunity is called."""


@dataclass(frozen=True, slots=True)
class Concentration:
    """How much of a market its leaders hold.

    Attributes:
        cr1, cr3, cr10: share of the first one, three and ten, 0 to 1.
        hhi: sum of squared shares times 10,000.
        n: sellers with sales.
        label: "fragmented" (under 1,000), "moderate" or "concentrated" (over 1,800).
        leaders: the ten largest with their share.
    """

    cr1: float
    cr3: float
    cr10: float
    hhi: float
    n: int
    label: str
    leaders: tuple[tuple[str, float], ...]


def concentration(sales: Mapping[str, float] | pd.Series[Any]) -> Concentration:
    """How much of a market its leaders hold; what is not in the table is not known, so shares are those of the table.

    Args:
        sales: seller or brand -> sales, money or units; what is missing or not positive is left out.

    Raises:
        DataError: nobody has sales.

    >>> concentration({"a": 50, "b": 30, "c": 20}).hhi
    3800.0
    """
    pairs = [(str(name), float(value)) for name, value in dict(sales).items() if value is not None and value > 0]
    if not pairs:
        raise DataError(Message("There are no sales to share out."), Message("Load listings with their sales."))
    pairs.sort(key=lambda pair: (-pair[1], pair[0]))
    total = math.fsum(value for _name, value in pairs)
    shares = [value / total for _name, value in pairs]
    hhi = round(math.fsum(share * share for share in shares) * 10_000, 6)
    label = "concentrated" if hhi > CONCENTRATED else "moderate" if hhi >= MODERATE else "fragmented"
    first, three, ten = (math.fsum(shares[:count]) for count in (1, 3, 10))
    leaders = tuple((name, share) for (name, _value), share in zip(pairs[:10], shares, strict=False))
    return Concentration(first, three, ten, hhi, len(pairs), label, leaders)


def share_of_voice(ranks: pd.DataFrame, weight: Weight = "log", places: int = 48) -> pd.DataFrame:
    """Who is seen on the first pages of a search or a ranking.

    Args:
        ranks: one row a place: `shop`, `rank` (1 is first); optional `keyword`.
        weight: "basic" counts places; "log" counts a place 1 / log2(rank + 1), as discounted gain does.
        places: further back nobody looks.

    Returns:
        shop, places, voice (share of all weight), best (best rank), the loudest first.

    Raises:
        SpecError: no such weight.
    """
    import pandas as pd

    if weight not in get_args(Weight):
        raise unknown_name(Message("The weight"), weight, get_args(Weight))
    rank = ranks["rank"].to_numpy(dtype=np.float64, na_value=np.nan)
    seen = ranks[(rank >= 1) & (rank <= places)]
    if seen.empty:
        return pd.DataFrame({"shop": [], "places": [], "voice": [], "best": []})
    place = seen["rank"].to_numpy(dtype=np.float64)
    loud = np.ones(len(seen)) if weight == "basic" else 1 / np.log2(place + 1)
    table = seen.assign(loud=loud).groupby("shop", as_index=False).agg(
        places=("rank", "size"), voice=("loud", "sum"), best=("rank", "min")
    )  # fmt: skip
    table["voice"] /= table["voice"].sum()
    return table.sort_values(["voice", "shop"], ascending=[False, True], ignore_index=True)


def structure(products: pd.DataFrame) -> pd.DataFrame:
    """Hot and slow products of each shop.

    Args:
        products: `shop`, `sales` (units or money) of each product.

    Returns:
        shop, products, selling (products with sales), hot_share (sales of the best tenth, at least one product), tail
        (share of products that together make the last fifth of sales), gini (0 all alike, 1 one sells all). Shops
        without sales are left out.
    """
    import pandas as pd

    rows = []
    for shop, group in products.groupby("shop", sort=True):
        sold = np.nan_to_num(group["sales"].to_numpy(dtype=np.float64, na_value=np.nan))
        if sold.sum() <= 0:
            continue
        down = np.sort(np.maximum(sold, 0))[::-1]
        size, total = len(down), down.sum()
        share = np.cumsum(down) / total
        up = np.arange(1, size + 1)
        gini = (2 * (up * down[::-1]).sum() / (size * total)) - (size + 1) / size
        rows.append((shop, size, int((down > 0).sum()), float(share[max(1, round(size / 10)) - 1]),
                     float((share > 0.8 + 1e-12).sum() - (share[0] > 0.8)) / size, float(gini)))  # fmt: skip
    return pd.DataFrame(rows, columns=["shop", "products", "selling", "hot_share", "tail", "gini"])


def assortment(own: pd.DataFrame, rival: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """What both sell, what only we sell, what only they sell, by number and by value.

    Args:
        own: our products: `sku`, `value` (sales, money; NaN counts nothing).
        rival: theirs, the same.
        matches: pairs `a_id` (ours) and `b_id` (theirs).

    Returns:
        Three rows: part ("both", "only_ours", "only_theirs"), products (ours for the first two), value, share (of the
        own side's value; "only_theirs" of the rival's).
    """
    import pandas as pd

    ours = own["sku"].isin(matches["a_id"]).to_numpy()
    theirs = rival["sku"].isin(matches["b_id"]).to_numpy()
    worth, worth_theirs = (
        np.nan_to_num(side["value"].to_numpy(dtype=np.float64, na_value=np.nan)) for side in (own, rival)
    )
    rows = [
        ("both", int(ours.sum()), worth[ours].sum(), _share(worth[ours].sum(), worth.sum())),
        ("only_ours", int((~ours).sum()), worth[~ours].sum(), _share(worth[~ours].sum(), worth.sum())),
        ("only_theirs", int((~theirs).sum()), worth_theirs[~theirs].sum(),
         _share(worth_theirs[~theirs].sum(), worth_theirs.sum())),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["part", "products", "value", "share"])


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else math.nan
