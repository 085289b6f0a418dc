"""One step, or one segment, of a funnel laid out as rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecops.funnel.workspace import ShopFunnel


def step_by_segment(result: ShopFunnel, step: str, dimension: str) -> pd.DataFrame:
    """One step in every value of one dimension, now and before.

    Returns:
        One row a value, the most units lost first: `value`, `entered`, `went_on`, `rate`, `low` and `high` (95 %
        Wilson interval of `rate`), `before` (rate before), `change` (rate minus before), `gained` (units of this step
        more than at the rate before; negative: lost) and `money` (what they were worth; NaN without money).
    """
    now = result.after.along(dimension)
    rows = now.rows
    rows = rows[rows["step"] == step].rename(columns={dimension: "value", "n": "went_on", "rate_prev": "rate"})
    position = now.names.index(step)
    entered = now.counts[:, now.base[position]]
    rows = rows.assign(entered=entered)[["value", "entered", "went_on", "rate", "low", "high"]]
    before = {}
    if result.before is not None:
        then = result.before.along(dimension).rows
        then = then[then["step"] == step]
        before = dict(zip(then[dimension], then["rate_prev"], strict=True))
    rows["before"] = rows["value"].map(before).astype(float)
    rows["change"] = rows["rate"] - rows["before"]
    rows["gained"] = rows["entered"] * rows["change"]
    with np.errstate(invalid="ignore", divide="ignore"):
        worth = now.counts[:, now.required[-1]] / now.counts[:, position] * now.order_value
    rows["money"] = rows["gained"] * worth
    rows = rows[rows["entered"] > 0]
    return rows.sort_values(["gained", "rate"], na_position="last", ignore_index=True)


def segment_rows(result: ShopFunnel, dimension: str, value: str) -> pd.DataFrame:
    """The smallest segments of one value of a dimension: their other dimensions, the units at each step, the money.

    Returns:
        One row a segment, the most units at the first step first: the other columns of `by`, one column a step, `rate`
        (from first to last step) and `amount` (money, when known).
    """
    part = result.after.only(**{dimension: value})
    places = pd.DataFrame(list(part.segments), columns=list(part.by)).drop(columns=dimension)
    steps = pd.DataFrame(part.counts, columns=list(part.names))
    first, last = part.required[0], part.required[-1]
    whole = pd.concat([places, steps], axis=1)
    whole["rate"] = (steps.iloc[:, last] / steps.iloc[:, first]).where(steps.iloc[:, first] > 0)
    if part.amount is not None:
        whole["amount"] = part.amount
    return whole.sort_values(part.names[first], ascending=False, ignore_index=True)
