"""Who the people of a segment are, how much is known of them, and how they buy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.customers.orders.book import OrderBook
from ecops.customers.retention.members import customer_list, places
from ecops.customers.scoring.segments import Segmented
from ecops.errors import DataError
from ecops.messages import Message

if TYPE_CHECKING:
    import pandas as pd

PROFILE = (
    "gender",
    "age_band",
    "birthday_month",
    "region",
    "city_tier",
    "level",
    "registered_at",
    "channel",
    "tags",
    "motive",
    "decision_factor",
    "points",
)
"""Twelve dimensions of the customer list; with recency, frequency and money from the orders they are fifteen."""

_SHOWN = ("gender", "age_band", "city_tier", "region", "motive", "decision_factor", "channel")
_LEAST = 30

DISCOUNTED = 0.5
"""Share of orders with a discount from which on a customer of two orders or more is price-sensitive."""

QUALITY_DISCOUNTED = 0.2
QUALITY_PRICE = 0.75
"""Quality-seeking: price of a unit in the dearest quarter, a discount on a fifth of the orders at most."""


def completeness(book: OrderBook, data: Any) -> pd.DataFrame:
    """How much is known of the customers who bought: share filled of each of fifteen dimensions.

    Returns:
        One row a dimension: dimension, filled (share). The mean of the column is the completeness of the profile.

    Raises:
        DataError: there is no customer list.
    """
    import pandas as pd

    rows = _profiles(data)
    at = places(book, rows["customer_id"])
    bought = at >= 0
    many = len(book.customers)
    filled = [(name, _filled(rows[name].filter(_mask(bought))) / many) for name in PROFILE]
    # Whoever bought has a recency, a frequency and an amount.
    return pd.DataFrame(
        [*filled, *((name, 1.0) for name in ("recency", "frequency", "money"))], columns=["dimension", "filled"]
    )


def _profiles(data: Any) -> Any:
    """The customer list, with the city tier of her orders where the list names none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    rows = customer_list(data)
    ordered = opened(data).query(load_sql("ecops.customers.queries", "buyer_tiers"))
    at = pc.index_in(rows["customer_id"], value_set=ordered["buyer_id"])
    tier = pc.if_else(pc.equal(rows["city_tier"], ""), pa.scalar(None, rows["city_tier"].type), rows["city_tier"])
    return rows.set_column(
        rows.schema.get_field_index("city_tier"), "city_tier", pc.coalesce(tier, ordered["city_tier"].take(at))
    )


def _filled(column: Any) -> int:
    """Cells that say something."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type):
        return int(pc.sum(pc.not_equal(column, "")).as_py() or 0)
    return len(column) - int(column.null_count)


def _mask(flags: Any) -> Any:
    import pyarrow as pa

    return pa.array(flags)


@dataclass(frozen=True, eq=False)
class Persona:
    """A segment as one person.

    Attributes:
        customers: in the segment. listed: of them, on the customer list.
        traits: one row a trait: trait, value (the most frequent), share (of those for whom it is known), known.
        days_since_last, frequency, money: medians of the segment.
    """

    customers: int
    listed: int
    traits: pd.DataFrame
    days_since_last: float
    frequency: float
    money: float


def persona(book: OrderBook, segmented: Segmented, data: Any, keys: Sequence[str]) -> Persona:
    """The persona card of some segments, from their own numbers.

    Raises:
        DataError: nobody is in them.
    """
    import pandas as pd

    chosen = segmented.members(*keys)
    if not len(chosen):
        raise DataError(Message("No customer is in these segments."), Message("Choose other segments."))
    inside = np.isin(segmented.rfm.customer, chosen)
    traits: list[dict[str, Any]] = []
    listed = 0
    try:
        rows = _profiles(data)
    except DataError:
        rows = None
    if rows is not None:
        theirs = np.isin(places(book, rows["customer_id"]), chosen)
        listed = int(theirs.sum())
        for name in _SHOWN:
            values = pd.Series(rows[name].filter(_mask(theirs)).to_pylist(), dtype=object)
            known = values[values.notna() & (values != "")]
            if len(known) >= _LEAST:
                counts = known.value_counts()
                top = sorted(counts[counts == counts.iloc[0]].index)[0]
                traits.append({"trait": name, "value": top, "share": counts.iloc[0] / len(known), "known": len(known)})
    return Persona(
        len(chosen),
        listed,
        pd.DataFrame(traits, columns=["trait", "value", "share", "known"]),
        float(np.median(segmented.rfm.days_since_last[inside])),
        float(np.median(segmented.rfm.frequency[inside])),
        float(np.median(segmented.rfm.money[inside])),
    )


def habits(book: OrderBook, segmented: Segmented, data: Any) -> pd.DataFrame:
    """Tags by stated rules: price-sensitive, quality-seeking, high-value.

    Price-sensitive: two orders or more, half of them with a discount. Quality-seeking: the price of a unit is in the
    dearest quarter and at most a fifth of the orders had a discount. High-value: money score 5.

    Returns:
        One row a customer of `segmented`: customer, discounted (share of orders with a discount), unit_price,
        price_sensitive, quality_seeking, high_value.
    """
    import pandas as pd

    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    after = dt.datetime.combine(book.last_day + dt.timedelta(days=1), dt.time())
    rows = opened(data).query(load_sql("ecops.customers.queries", "buyer_habits"), {"after": after}).to_pandas()
    frame = pd.DataFrame({"customer": book.names(segmented.rfm.customer)})
    frame = frame.merge(rows, left_on="customer", right_on="buyer_id", how="left", validate="one_to_one")
    share = frame["discounted"] / frame["orders"]
    price = frame["money"] / frame["units"].where(frame["units"] > 0)
    dear = price >= price.quantile(QUALITY_PRICE)
    return pd.DataFrame(
        {
            "customer": frame["customer"],
            "discounted": share,
            "unit_price": price,
            "price_sensitive": (frame["orders"] >= 2) & (share >= DISCOUNTED),
            "quality_seeking": dear & (share <= QUALITY_DISCOUNTED),
            "high_value": segmented.scores.m == segmented.scores.cuts.bins,
        }
    )
