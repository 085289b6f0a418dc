"""What do reviews say about the products of those who stayed away, and of those who make up a segment?

A review names a product and no buyer. So it can say what is wrong with what people bought, not why one of them left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.customers.orders.book import OrderBook
from ecops.customers.retention.members import places
from ecops.customers.scoring.segments import Segmented
from ecops.errors import DataError
from ecops.messages import Message
from ecops.statistics.comparisons import benjamini_hochberg, two_proportions
from ecops.statistics.intervals import newcombe, wilson

if TYPE_CHECKING:
    import pandas as pd

LEAST = 30
"""Buyers of a product, and others, from which on the two are held against each other."""

SURE = 0.05
YEAR = 365


def churn_reasons(book: OrderBook, data: Any, days: int = 90) -> pd.DataFrame:
    """Products whose buyers stayed away more often than others, with what reviews say about them.

    Args:
        book: of `order_book`; its last day ends both spans.
        data: with the reviews.
        days: who ordered in the span before the last `days` and not in them stayed away, as in `repeat`.

    Returns:
        One row a product with reviews and enough buyers: product, title, buyers, gone (share of them who stayed away),
        others (the same of all who did not buy it), difference with low and high (95 %, Newcombe), q_value
        (Benjamini-Hochberg over the products), lost (buyers beyond what is usual for others; below 0 where fewer stayed
        away), reviews, bad (share of them) with bad_low and bad_high (95 %, Wilson), complaint (the newest bad review
        in its own words, "" without any). The most lost first. No proof of a cause: who buys a product may differ in
        other ways, too.

    Raises:
        DataError: there are no reviews.
    """
    import pandas as pd

    end = _midnight(book.last_day + dt.timedelta(days=1))
    spans = {"begin": end - dt.timedelta(days=2 * days), "middle": end - dt.timedelta(days=days), "after": end}
    rows = _asked(data, "product_churn", spans)
    buyers, gone = rows["buyers"].to_numpy(), rows["gone"].to_numpy()
    rest, rest_gone = rows["everybody"].to_numpy() - buyers, rows["everybody_gone"].to_numpy() - gone
    enough = (buyers >= LEAST) & (rest >= LEAST)
    rows, buyers, gone, rest, rest_gone = rows[enough], buyers[enough], gone[enough], rest[enough], rest_gone[enough]
    share, other = gone / buyers, rest_gone / rest
    ends, bad = newcombe((rest_gone, rest), (gone, buyers)), wilson(rows["bad"], rows["reviews"])
    p_values = np.atleast_1d(two_proportions((rest_gone, rest), (gone, buyers)))
    found = pd.DataFrame(
        {
            "product": rows["sku"].to_numpy(),
            "title": _titles(data, rows["sku"]),
            "buyers": buyers,
            "gone": share,
            "others": other,
            "difference": share - other,
            "low": np.asarray(ends.low),
            "high": np.asarray(ends.high),
            "q_value": benjamini_hochberg(p_values) if len(p_values) else p_values,
            "lost": gone - buyers * other,
            "reviews": rows["reviews"].to_numpy(),
            "bad": (rows["bad"] / rows["reviews"]).to_numpy(),
            "bad_low": np.asarray(bad.low),
            "bad_high": np.asarray(bad.high),
            "complaint": rows["complaint"].to_numpy(),
        }
    )
    return found.sort_values(["lost", "product"], ascending=[False, True], ignore_index=True)


def reviewed_by_segment(
    book: OrderBook, segmented: Segmented, data: Any, keys: Sequence[str], most: int = 5
) -> pd.DataFrame:
    """The reviewed products that most customers of some segments bought in a year: what buyers of these say.

    Returns:
        product, title, buyers (customers of the segments), share (of all of them), reviews, bad (share of the reviews)
        with bad_low and bad_high (95 %, Wilson), complaint and praise (the newest bad and good review, "" without
        any); at most `most` rows, the most buyers first.

    Raises:
        DataError: there are no reviews.
    """
    import pandas as pd
    import pyarrow as pa

    end = _midnight(book.last_day + dt.timedelta(days=1))
    rows = _asked(data, "reviewed_buyers", {"begin": end - dt.timedelta(days=YEAR), "after": end})
    chosen = segmented.members(*keys)
    inside = np.isin(places(book, pa.chunked_array([pa.array(rows["buyer_id"], pa.string())])), chosen)
    table = rows[inside].groupby("sku", as_index=False).agg(
        buyers=("buyer_id", "size"),
        **{name: (name, "first") for name in ("reviews", "bad", "complaint", "praise")},
    )  # fmt: skip
    table = table.sort_values(["buyers", "sku"], ascending=[False, True], kind="stable").head(most)
    ends = wilson(table["bad"], table["reviews"])
    return pd.DataFrame(
        {
            "product": table["sku"].to_numpy(),
            "title": _titles(data, table["sku"]),
            "buyers": table["buyers"].to_numpy(),
            "share": table["buyers"].to_numpy() / max(len(chosen), 1),
            "reviews": table["reviews"].to_numpy(),
            "bad": (table["bad"] / table["reviews"]).to_numpy(),
            "bad_low": np.asarray(ends.low),
            "bad_high": np.asarray(ends.high),
            "complaint": table["complaint"].to_numpy(),
            "praise": table["praise"].to_numpy(),
        }
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _asked(data: Any, name: str, params: dict[str, Any]) -> pd.DataFrame:
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    ready = opened(data)
    if not ready.has("reviews"):
        raise DataError(Message("There are no reviews."), Message("Load the reviews of the shop's products first."))
    frame: pd.DataFrame = ready.query(load_sql("ecops.customers.queries", name), params).to_pandas()
    return frame


def _titles(data: Any, products: Any) -> list[str]:
    """What products are called; their code where nothing says it."""
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    named = opened(data).query(load_sql("ecops.customers.queries", "basket_titles")).to_pydict()
    known = dict(zip(named["sku"], named["title"], strict=True))
    return [known.get(product, product) for product in products]
