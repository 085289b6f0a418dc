"""What is left of sales by day and shop, after goods, commission, freight and promotion?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecops.metrics.rows import Floats, Rows, join_rows

if TYPE_CHECKING:
    from ecops.metrics.money.rates import Rate

MEASURES = ("earned", "earning_sales", "commission", "delivery", "promotion")
"""earned: sales less goods, of the lines whose cost is known; earning_sales: these sales; the others: what is taken off
them. All in money."""


def margin_rows(
    sales: Rows,
    ads: Rows | None,
    rates: Mapping[tuple[str, str], Rate],
    by: Sequence[str] = ("platform", "shop"),
) -> Rows | None:
    """The measures of net profit, over the goods whose cost is known.

    Commission and promotion by a rate are shares of these sales; freight is money an order, counted for the part of
    its day's and place's sales whose cost is known. A spend that files tell bears the part of the whole shop's sales of
    its day whose cost is known, so that both sides of the margin cover the same goods.

    Args:
        sales: rows of the source "sales", with `platform` and `shop`.
        ads: rows of the source "ads"; None without any, and where rates spread the spend.
        by: keys of the rows that are wanted.
        rates: by platform and kind, see `ecops.metrics.money.rates.rates`; for every platform of the rows.

    Returns:
        Rows of `MEASURES` by day and keys; None where no cost is known.
    """
    costed = np.nan_to_num(sales.measures["costed_sales"])
    if not costed.any():
        return None
    net = np.nan_to_num(sales.measures["gross_sales"]) - np.nan_to_num(sales.measures["refunds"])
    found = {
        "earned": costed - np.nan_to_num(sales.measures["cost"]),
        "earning_sales": costed,
        "commission": _by_platform(sales, rates, "commission") * costed,
        "delivery": _by_platform(sales, rates, "freight")
        * np.nan_to_num(sales.measures["orders"])
        * _share(costed, net),
        "promotion": _by_platform(sales, rates, "promotion") * costed,
    }
    rows = [Rows(sales.days, {name: sales.keys[name] for name in by}, found)]
    if ads is not None and len(ads):
        rows.append(_spent(ads, rates, sales.days, costed, net))
    return join_rows(rows)


def _share(costed: Floats, net: Floats) -> Floats:
    """The part of sales whose cost is known, between 0 and 1; 0 where nothing was sold."""
    return np.clip(np.divide(costed, net, out=np.zeros_like(net), where=net > 0), 0.0, 1.0)


def _by_platform(rows: Rows, rates: Mapping[tuple[str, str], Rate], kind: str) -> Floats:
    """A rate for each row; 0 where files give the amounts."""
    platforms, place = rows.keys["platform"]
    values = np.array([rates[platform, kind].value for platform in platforms], dtype=np.float64)
    return np.asarray(np.nan_to_num(values)[place])


def _spent(ads: Rows, rates: Mapping[tuple[str, str], Rate], days: np.ndarray, costed: Floats, net: Floats) -> Rows:
    """Promotion as files tell it; not where the shop set a rate instead."""
    known, position = np.unique(days, return_inverse=True)
    sales = np.bincount(position, net).astype(np.float64)
    by_day = _share(np.bincount(position, costed).astype(np.float64), sales)
    whole = float(_share(np.array([costed.sum()]), np.array([net.sum()]))[0])
    place = np.minimum(np.searchsorted(known, ads.days), len(known) - 1)
    sold = (known[place] == ads.days) & (sales[place] > 0)
    share = np.where(sold, by_day[place], whole)
    platforms, row = ads.keys["platform"]
    counts = np.array([rates[name, "promotion"].source == "file" for name in platforms], dtype=bool)
    spent = np.where(counts[row], np.nan_to_num(ads.measures["ad_cost"]) * share, 0.0)
    nothing = np.zeros(len(ads))
    found = dict.fromkeys(MEASURES, nothing) | {"promotion": spent}
    return Rows(ads.days, {name: ads.keys[name] for name in ("platform", "shop")}, found)
