"""From visit to deposit to balance: where does each presale lose its buyers, against those before?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ecops.presale.campaigns.series import Series
from ecops.statistics.intervals import wilson

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "campaign", "opens", "open", "visitors", "deposits", "deposit_rate", "deposit_low", "deposit_high", "paid",
    "balance_rate", "balance_low", "balance_high",
]  # fmt: skip


def funnel(series: Sequence[Series], visits: pd.DataFrame) -> pd.DataFrame:
    """One row a campaign, all its products together, the oldest first.

    Args:
        series: past and running.
        visits: sku, date, visitors: of the products' own pages.

    Returns:
        `COLUMNS`: opens, open (whether deposits or balances still come), visitors in the window (NaN where nobody
        counted them, or where they are fewer than the deposits, so that they cannot be all), deposits, paid (NaN before
        it is known of all), the two rates and their 95 % intervals (Wilson; NaN as their parts).
    """
    import pandas as pd

    rows = [_row(name, [one for one in series if one.campaign == name], visits)
            for name in dict.fromkeys(one.campaign for one in series)]  # fmt: skip
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.sort_values(["opens", "campaign"], kind="stable", ignore_index=True)


def _row(name: str, series: Sequence[Series], visits: pd.DataFrame) -> dict[str, Any]:
    visitors = sum(_visitors(one, visits) for one in series)
    deposits = sum(one.total for one in series)
    paid = sum(one.paid if one.settled else math.nan for one in series)
    visitors = visitors if visitors >= deposits and visitors > 0 else math.nan
    reached, came = _interval(deposits, visitors), _interval(paid, deposits)
    return {
        "campaign": name,
        "opens": min(one.opens for one in series),
        "open": not all(one.settled for one in series),
        "visitors": visitors,
        "deposits": deposits,
        "deposit_rate": deposits / visitors,
        "deposit_low": reached[0],
        "deposit_high": reached[1],
        "paid": paid,
        "balance_rate": paid / deposits if deposits > 0 else math.nan,
        "balance_low": came[0],
        "balance_high": came[1],
    }


def _visitors(series: Series, visits: pd.DataFrame) -> float:
    if visits.empty:
        return math.nan
    day = visits["date"].map(lambda value: value.date() if hasattr(value, "date") else value)
    mine = (visits["sku"] == series.sku) & (day >= series.opens) & (day <= series.closes)
    return float(visits.loc[mine, "visitors"].sum()) if mine.any() else math.nan


def _interval(hits: float, cases: float) -> tuple[float, float]:
    if not (hits >= 0 and cases > 0):
        return math.nan, math.nan
    low, high = wilson(hits, cases)
    return float(low), float(high)
