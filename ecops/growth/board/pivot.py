"""A figure by two dimensions at once, and places sorted into tiers by it: what one would build in a spreadsheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.errors import SpecError
from ecops.messages import Message, Value
from ecops.metrics.analysis import kpis
from ecops.metrics.daily import DIMENSIONS, opened
from ecops.metrics.registry import metric
from ecops.periods import Period

if TYPE_CHECKING:
    import pandas as pd

WHOLE = "\x00"
"""Stands for all values of a dimension; no cell of data is called so."""

MOST = 50
"""Values of a dimension that stand in a table; the others are added up nowhere, the totals hold them all."""


def split_by(data: Any, period: Period, key: str) -> tuple[str, ...]:
    """Dimensions along which a figure has more than one value in a period.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days.
        key: of the metric.
    """
    found = []
    for name in DIMENSIONS:
        rows = _values(data, period, key, (name,))
        if len(rows) > 1:
            found.append(name)
    return tuple(found)


def pivot(data: Any, period: Period, key: str, rows: str, columns: str) -> pd.DataFrame:
    """A figure by two dimensions, with the totals of both; every cell is sum over sum of its own rows.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days.
        key: of the metric.
        rows: a dimension, see `ecops.metrics.daily.DIMENSIONS`.
        columns: another one.

    Returns:
        The index are the values of `rows`, the columns those of `columns`, both with the largest figure first, then
        `WHOLE`; NaN where there is nothing. A total is the figure of all that, never the sum or mean of its cells.

    Raises:
        SpecError: no such metric or dimension, or the same dimension twice.
    """
    metric(key)
    if rows == columns:
        raise SpecError(Message("Rows and columns are the same."), Message("Choose two different dimensions."))
    cells = _values(data, period, key, (rows, columns))
    down, across = _values(data, period, key, (rows,)), _values(data, period, key, (columns,))
    table = cells.pivot_table(index=rows, columns=columns, values="value", aggfunc="first", dropna=False)
    table = table.reindex(index=_ordered(down, rows), columns=_ordered(across, columns))
    table[WHOLE] = down.set_index(rows)["value"].reindex(table.index)
    last = across.set_index(columns)["value"].reindex(table.columns)
    last[WHOLE] = kpis(data, period).kpis[key].value
    table.loc[WHOLE] = last
    return table


def tiers(data: Any, period: Period, key: str, by: str, limits: Sequence[float]) -> pd.DataFrame:
    """Places sorted into tiers by a figure, as nested IFs of a spreadsheet do.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days.
        key: of the metric.
        by: dimension whose values are sorted.
        limits: from which value on each tier begins, any order; below the lowest is tier 0.

    Returns:
        One row a place, the highest value first: the dimension, `value`, `tier` (0, 1, ... from below), `gmv` (NaN
        where unknown).

    Raises:
        SpecError: no such metric or dimension, or no limit that is a number.
    """
    import pandas as pd

    cuts = sorted({float(limit) for limit in limits if math.isfinite(limit)})
    if not cuts:
        raise SpecError(Message("Tiers need at least one limit."), Message("Write the values at which a tier begins."))
    found = _values(data, period, key, (by,))
    money = _values(data, period, "gmv", (by,)).set_index(by)["value"] if key != "gmv" else None
    gmv = found["value"] if money is None else found[by].map(money)
    tier = np.searchsorted(cuts, found["value"].to_numpy(float), side="right")
    table = pd.DataFrame({by: found[by], "value": found["value"], "tier": tier, "gmv": gmv})
    return table.sort_values(["value", by], ascending=[False, True], ignore_index=True)


def tier_told(tier: int, places: Value, money: Value) -> Message:
    """How many places a tier holds, and what they sell."""
    if tier == 0:
        return Message("Below the lowest limit: {n} places, {money}", n=places, money=money)
    return Message("Tier {tier}: {n} places, {money}", tier=tier, n=places, money=money)


def _values(data: Any, period: Period, key: str, by: tuple[str, ...]) -> pd.DataFrame:
    """The values of a figure by place, without places that have none."""
    table = kpis(opened(data), period, by=by).table
    found: pd.DataFrame = table.loc[(table["metric"] == key) & table["value"].notna(), [*by, "value"]]
    if not metric(key).denominator:
        found = found[found["value"] != 0]
    return found.reset_index(drop=True)


def _ordered(rows: pd.DataFrame, name: str) -> list[str]:
    """Values of a dimension, the one with the largest figure first."""
    found = rows.sort_values(["value", name], ascending=[False, True], kind="stable")
    return [str(value) for value in found[name].head(MOST)]
