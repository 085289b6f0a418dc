"""What are customers drawn to, by what they browsed, kept and bought, and where do they live who are?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.statistics.comparisons import benjamini_hochberg
from ecops.statistics.intervals import two_sided, wilson

if TYPE_CHECKING:
    import pandas as pd

DAYS = 180
SURE = 0.05
LEAST = 30
"""People of a region from which on something is told of it."""


def interests(data: Any, end: dt.date, days: int = DAYS) -> pd.DataFrame:
    """Each person's interest: the category in which her looks, favourites, carts and purchases weigh most.

    A look weighs 1, a favourite 3, a cart 4, a purchase 5; these weights are ours and order interests, nothing more.

    Args:
        data: anything `ecops.metrics.daily.opened` takes.
        end: last day.
        days: how far back.

    Returns:
        person (id as the store holds it), category, weight, share (of the person's weight, 0 to 1), bought (whether
        she bought anything of it); one row a person, by person.
    """
    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    asked = {"start": end - dt.timedelta(days=days - 1), "end": end}
    rows = opened(data).query(load_sql("ecops.customers.queries", "interests"), asked).to_pandas()
    whole = rows.groupby("person")["weight"].transform("sum")
    found = rows.assign(share=rows["weight"] / whole, bought=rows["bought"] > 0)
    ordered = found.sort_values(["person", "weight", "category"], ascending=[True, False, True], kind="stable")
    return ordered.drop_duplicates("person").reset_index(drop=True)[["person", "category", "weight", "share", "bought"]]


def interest_table(data: Any, end: dt.date, days: int = DAYS) -> pd.DataFrame:
    """The interests of a shop's people, and the region that has most of each.

    Returns:
        category, people (whose interest it is), bought (of them, share who bought of it), waiting (people who only
        looked), region (whose people have this interest most often over the whole, "" where no order names regions or
        none stands out), lift with low and high (95 %, Wilson over the share in the whole); the most people first.
    """
    import pandas as pd

    from ecops.engine import load_sql
    from ecops.metrics.daily import opened

    tags = interests(data, end, days)
    table = tags.groupby("category").agg(people=("person", "size"), bought=("bought", "mean"), buyers=("bought", "sum"))
    table = table.assign(waiting=table["people"] - table["buyers"]).drop(columns="buyers").reset_index()
    asked = {"start": end - dt.timedelta(days=days - 1), "end": end}
    homes = opened(data).query(load_sql("ecops.customers.queries", "buyer_regions"), asked).to_pandas()
    lived = tags.merge(homes, on="person")
    best = _regions(lived) if len(lived) else pd.DataFrame(columns=["category", "region", "lift", "low", "high"])
    found = table.merge(best, on="category", how="left")
    found["region"] = found["region"].fillna("").astype(str)
    return found.sort_values(["people", "category"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _regions(lived: pd.DataFrame) -> pd.DataFrame:
    """The region in which each interest stands out most, beyond chance with all of them compared."""
    cells = lived.groupby(["category", "province"], as_index=False).size()
    people = cells.groupby("province")["size"].transform("sum")
    usual = cells.groupby("category")["size"].transform("sum") / len(lived)
    low, high = wilson(cells["size"].to_numpy(), people.to_numpy())
    found = cells.assign(region=cells["province"], lift=cells["size"] / people / usual, low=low / usual,
                         high=high / usual)  # fmt: skip
    apart = (cells["size"] / people - usual) / np.sqrt(usual * (1 - usual) / people)
    told = found[(people >= LEAST) & (usual < 1)]
    beyond = benjamini_hochberg(two_sided(apart[told.index].to_numpy())) < SURE
    sure = told[beyond & (told["lift"] > 1)]
    ordered = sure.sort_values(["category", "lift", "region"], ascending=[True, False, True], kind="stable")
    return ordered.drop_duplicates("category")[["category", "region", "lift", "low", "high"]]
