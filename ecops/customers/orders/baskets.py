"""What is bought together: pairs and sets with support, confidence and lift, and what the dearest orders hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ecops.customers.orders.book import Floats
from ecops.errors import DataError, SpecError, unknown_name
from ecops.messages import Count, Message
from ecops.periods import ONE_DAY
from ecops.statistics.comparisons import benjamini_hochberg
from ecops.statistics.intervals import critical_value, two_sided

if TYPE_CHECKING:
    import pandas as pd

By = Literal["sku", "category"]

_LEAST = 20
_MOST_PRODUCTS = 4000
_SETS_FROM = 60
DEAR = 0.1


@dataclass(frozen=True, eq=False)
class Baskets:
    """What is bought together.

    Attributes:
        orders: orders with any product.
        pairs: one row a pair: product, other, orders (with both), support (share of all orders), confidence (share of
            the orders with the rarer of the two that hold the other, too), lift with low and high (95 %), q_value
            (Benjamini-Hochberg over all pairs counted). The most orders beyond chance first.
        sets: one row a set of three: products (joined by " + "), orders, support, lift (against independence of all
            three); the most orders first.
        dear: one row a pair, how much more often it stands in the dearest tenth of orders: product, other, orders
            (dearest), dear_share, other_share, ratio with low and high (95 %); the largest ratio first.
        threshold: money of an order from which it is among the dearest tenth.
        titles: product -> what it is called.
    """

    orders: int
    pairs: pd.DataFrame
    sets: pd.DataFrame
    dear: pd.DataFrame
    threshold: float
    titles: dict[str, str]


def baskets(
    data: Any,
    *,
    by: By = "sku",
    start: dt.date | None = None,
    end: dt.date | None = None,
    least: int = _LEAST,
    drop_codes: Sequence[str] = (),
) -> Baskets:
    """Pairs and sets of products that are bought together more often than by chance.

    Args:
        data: a workspace, or anything `order_book` takes.
        by: products or categories.
        start: first day; a year before `end` when None.
        end: last day; today when None.
        least: orders that a product and a pair must have.
        drop_codes: product codes that are no goods, see `order_book`.

    Raises:
        DataError: no product is in enough orders.
        SpecError: no such kind, or a least number below 2.
    """
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    if by not in get_args(By):
        raise unknown_name(Message("The kind of product"), by, get_args(By))
    if least < 2:
        raise SpecError(Message("A pair must be in at least two orders to be counted."))
    ready = opened(data)
    last = end or dt.date.today()
    params = {
        "by": by,
        "start": start or last - 365 * ONE_DAY,
        "end": last,
        "least": least,
        "dropped": [code.casefold() for code in drop_codes],
    }
    rows = ready.query(load_sql("ecops.customers.queries", "baskets"), params)
    if not rows.num_rows:
        raise DataError(
            Message("No product is in {n} orders or more, so nothing can be said about baskets.", n=Count(least)),
            Message("Choose a longer time, or look at categories."),
        )
    titles = {}
    if by == "sku":
        named = ready.query(load_sql("ecops.customers.queries", "basket_titles")).to_pydict()
        titles = dict(zip(named["sku"], named["title"], strict=True))
    return _mined(rows, least, titles)


def _mined(rows: Any, least: int, titles: dict[str, str]) -> Baskets:
    from scipy import sparse

    products = rows["product"].combine_chunks().dictionary_encode()
    item = products.indices.to_numpy().astype(np.int64)
    names = np.array(products.dictionary.to_pylist(), dtype=object)
    # Names in order, so that results do not depend on which came first.
    order = np.argsort(names)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    item, names = place[item], names[order]
    basket = rows["basket"].to_numpy()
    many = int(rows["baskets"][0].as_py())
    counts = np.bincount(item, minlength=len(names))
    if len(names) > _MOST_PRODUCTS:
        top = np.sort(np.argsort(-counts, kind="stable")[:_MOST_PRODUCTS])
        keep = np.isin(item, top)
        item, basket, names = np.searchsorted(top, item[keep]), basket[keep], names[top]
        counts = counts[top]
        money = rows["money"].to_numpy()[keep]
    else:
        money = rows["money"].to_numpy()
    held = sparse.csr_matrix((np.ones(len(item), np.int32), (basket, item)), shape=(many, len(names)))
    worth = np.zeros(many)
    worth[basket] = money
    pairs = _pairs(held, counts, many, least, names)
    threshold = float(np.quantile(worth[worth > 0], 1 - DEAR, method="higher"))
    return Baskets(
        many,
        pairs.drop(columns=["a", "b"]),
        _sets(held, counts, many, least, names, pairs),
        _dear(held, worth >= threshold, pairs, least),
        threshold,
        titles,
    )


def _pairs(held: Any, counts: Any, many: int, least: int, names: Any) -> pd.DataFrame:
    import pandas as pd
    from scipy import sparse

    both = sparse.triu(held.T @ held, k=1).tocoo()
    often = both.data >= least
    a, b, n = both.row[often], both.col[often], both.data[often].astype(np.float64)
    na, nb = counts[a].astype(np.float64), counts[b].astype(np.float64)
    lift = n * many / (na * nb)
    error = lift_error(n, na, nb, many)
    width = float(critical_value()) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = two_sided(np.where(error > 0, np.log(lift) / error, 0.0))
    rarer = na <= nb
    frame = pd.DataFrame(
        {
            "a": a,
            "b": b,
            "product": np.where(rarer, names[a], names[b]),
            "other": np.where(rarer, names[b], names[a]),
            "orders": n.astype(np.int64),
            "support": n / many,
            "confidence": n / np.minimum(na, nb),
            "lift": lift,
            "low": lift * np.exp(-width),
            "high": lift * np.exp(width),
            "q_value": benjamini_hochberg(p_value) if len(n) else p_value,
            "beyond": n - na * nb / many,
        }
    )
    return frame.sort_values(["beyond", "product", "other"], ascending=[False, True, True], ignore_index=True).drop(
        columns="beyond"
    )


def lift_error(both: Floats, first: Floats, second: Floats, orders: float) -> Floats:
    """Standard error of the logarithm of a lift (delta method on multinomial counts).

    var(log lift) = 1/n_ab - 1/n_a - 1/n_b + (2 lift - 1)/N.
    """
    lift = both * orders / (first * second)
    variance = 1 / both - 1 / first - 1 / second + (2 * lift - 1) / orders
    return np.sqrt(np.maximum(variance, 0.0))


def _sets(held: Any, counts: Any, many: int, least: int, names: Any, pairs: pd.DataFrame) -> pd.DataFrame:
    """Sets of three that grow from the strongest pairs."""
    import pandas as pd

    columns = held.tocsc()
    found: dict[tuple[int, ...], int] = {}
    strong = pairs[pairs["low"] > 1].head(_SETS_FROM)
    for a, b in zip(strong["a"], strong["b"], strict=True):
        together = columns[:, a].multiply(columns[:, b])
        third = np.asarray((held.T @ together).todense()).ravel()
        third[[a, b]] = 0
        for c in np.flatnonzero(third >= least):
            found[tuple(sorted((int(a), int(b), int(c))))] = int(third[c])
    keys = sorted(found, key=lambda key: (-found[key], key))
    n = np.array([found[key] for key in keys], dtype=np.float64)
    chance = np.array([np.prod([counts[place] / many for place in key]) * many for key in keys])
    return pd.DataFrame(
        {
            "products": [" + ".join(names[list(key)]) for key in keys],
            "orders": n.astype(np.int64),
            "support": n / many,
            "lift": n / chance if len(n) else n,
        }
    )


def _dear(held: Any, dear: Any, pairs: pd.DataFrame, least: int) -> pd.DataFrame:
    """How much more often each pair stands in the dearest orders than in the others."""
    import pandas as pd

    columns = held[dear].tocsc()
    chosen = pairs.head(500)
    n = np.array(
        [columns[:, a].multiply(columns[:, b]).nnz for a, b in zip(chosen["a"], chosen["b"], strict=True)],
        dtype=np.float64,
    )
    # Numbers of numpy: where all orders are worth the same, none is an other, and no ratio is finite.
    all_dear, others = np.float64(dear.sum()), np.float64((~dear).sum())
    rest = chosen["orders"].to_numpy() - n
    with np.errstate(divide="ignore", invalid="ignore"):
        share, other = n / all_dear, rest / others
        ratio = share / other
        width = float(critical_value()) * np.sqrt(1 / n - 1 / all_dear + 1 / rest - 1 / others)
        low, high = ratio * np.exp(-width), ratio * np.exp(width)
    frame = pd.DataFrame(
        {
            "product": chosen["product"].to_numpy(),
            "other": chosen["other"].to_numpy(),
            "orders": n.astype(np.int64),
            "dear_share": share,
            "other_share": other,
            "ratio": ratio,
            "low": low,
            "high": high,
        }
    )
    frame = frame[(n >= least) & np.isfinite(ratio)]
    return frame.sort_values(["ratio", "product", "other"], ascending=[False, True, True], ignore_index=True)
