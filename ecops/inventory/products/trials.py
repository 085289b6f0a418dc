"""Has the first batch of a new product sold well enough to order more?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecops.inventory.products.selection import trial_gate

if TYPE_CHECKING:
    import pandas as pd

YOUNG_DAYS = 60
"""A product counts as on trial for so many days from its first sale; an assumption of ours."""


def trials(table: pd.DataFrame, goal: float = 0.6) -> pd.DataFrame:
    """The products on trial with their gate, see `trial_gate`.

    Args:
        table: sku, title, age (days since the first sale, NaN for never sold), units (sold since), on_hand (NaN where
            nobody counted), received (units that came in, NaN where no purchase tells).
        goal: share of the batch that has to be sold.

    Returns:
        sku, title, age, sold, batch (units that came in, at least what was sold and what is there), rate, low, high
        (95 % interval of the share sold), verdict ("go", "stop", "wait"), more (units until it is decided, infinite
        when the rate is the goal), sentence; the youngest first.
    """
    import pandas as pd

    seen = table["units"]
    there = seen + table["on_hand"].fillna(0.0).clip(lower=0.0)
    batch = np.fmax(there, table["received"].fillna(0.0))
    known = table["on_hand"].notna() | table["received"].notna()
    chosen = table.assign(sold=seen, batch=batch)[(table["age"] <= YOUNG_DAYS) & known & (batch > 0)]
    gates = [trial_gate(float(row.sold), float(row.batch), goal) for row in chosen.itertuples()]
    found = pd.DataFrame(
        {
            "sku": chosen["sku"].to_numpy(),
            "title": chosen["title"].to_numpy(),
            "age": chosen["age"].to_numpy(),
            **{name: [getattr(gate, name) for gate in gates]
               for name in ("sold", "batch", "rate", "low", "high", "verdict", "more", "sentence")},
        }
    )  # fmt: skip
    return found.sort_values(["age", "sku"], kind="stable").reset_index(drop=True)
