"""Where does the next unit of money bring most? Channels and campaigns by what they return, the strongest first.

The average return is sales over spend. The return of one unit more (marginal) is the slope of a day's sales on its
spend, weekdays taken out: what the shop's own ups and downs of spend went along with. Nobody varied it on purpose, so
it shows an order to try, not an effect.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops import handbook
from ecops.funnel.leaks.campaigns import ROI
from ecops.funnel.leaks.figures import asked, by_day, mean_of_days
from ecops.messages import Message, Number, Value
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Period
from ecops.statistics import critical_value
from ecops.words import where

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

DAYS = 56
"""Days that are looked back at least."""

LEAST_DAYS = 28
"""Days with spend below which no marginal return is given."""

LAGS = 7
"""Days over which the errors of neighbouring days may be alike (Newey and West 1987)."""


def resources(data: Any, period: Period) -> tuple[pd.DataFrame, Period]:
    """Channels, or campaigns where no channel is named, by what they return.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at; at least eight weeks that end with them are judged.

    Returns:
        One row a link, in the order in which money should go there: `platform`, `link`, `cost`, `paid_amount`, `roi`
        with `low` and `high` (a day is one draw), `marginal` with `marginal_low` and `marginal_high` (NaN below four
        weeks with spend, or where spend hardly varied), `share` of the spend, `first`: whether even the low end of its
        return is above the lowest acceptable one, `last`: whether even the high end is below. And the days judged.
        Empty without advertising.
    """
    import pandas as pd

    span = Period(period.end - (max(period.days, DAYS) - 1) * ONE_DAY, period.end)
    ready = opened(data)
    if not ready.has("ad_spend_daily"):
        return pd.DataFrame(), span
    rows = asked(ready, "spending_by_day", span.start, span.end)
    needed, found = handbook.get(ROI, ready), []
    for (platform, link), part in rows.groupby(["platform", "link"], sort=True):
        days = by_day(part.rename(columns={"paid_amount": "on", "cost": "of"}))
        roi, error, freedom = mean_of_days(days)
        half = float(critical_value(df=freedom)) * error if freedom > 0 else math.nan
        more, low, high = marginal(days["date"].to_numpy(), days["of"].to_numpy(float), days["on"].to_numpy(float))
        found.append(
            {
                "platform": platform, "link": link, "cost": float(days["of"].sum()),
                "paid_amount": float(days["on"].sum()), "roi": roi, "low": max(roi - half, 0.0), "high": roi + half,
                "marginal": more, "marginal_low": low, "marginal_high": high, "first": roi - half > needed,
                "last": roi + half < needed,
            }
        )  # fmt: skip
    if not found:
        return pd.DataFrame(), span
    table = pd.DataFrame(found)
    table["share"] = table["cost"] / table["cost"].sum()
    return table.sort_values(["roi", "link"], ascending=[False, True], ignore_index=True), span


def marginal(days: Any, spent: NDArray[np.float64], brought: NDArray[np.float64]) -> tuple[float, float, float]:
    """Slope of a day's sales on its spend with weekdays taken out, and its 95 % interval.

    Args:
        days: dates, one a day with spend.
        spent: money of each day.
        brought: sales of each day.
    """
    nothing = (math.nan, math.nan, math.nan)
    number = np.asarray(days, dtype="datetime64[D]").astype(np.int64)
    if len(number) < LEAST_DAYS:
        return nothing
    weekday = (number + 3) % 7
    base = (weekday[:, None] == np.unique(weekday)[None, :]).astype(np.float64)
    x, y = (values - base @ np.linalg.lstsq(base, values, rcond=None)[0] for values in (spent, brought))
    spread = float(x @ x)
    if not spread > 1e-9 * float(spent @ spent):
        return nothing
    slope = float(x @ y) / spread
    score = x * (y - slope * x)
    variance = float(score @ score)
    gap = np.abs(number[:, None] - number[None, :])
    weight = np.where((gap > 0) & (gap <= LAGS), 1 - gap / (LAGS + 1), 0.0)
    variance = max(variance + float(score @ weight @ score), variance / len(score))
    freedom = len(number) - base.shape[1] - 1
    half = float(critical_value(df=freedom)) * math.sqrt(variance * len(number) / freedom) / spread
    return slope, slope - half, slope + half


def resources_told(rows: pd.DataFrame) -> Message:
    """Who is to be guaranteed first, and who to be asked first, in words.

    Args:
        rows: of `resources`, at least one.
    """
    top, end = rows.iloc[0], rows.iloc[-1]
    words: dict[str, Value] = {
        "top": _link(top), "roi": Number(float(top["roi"]), 2), "end": _link(end), "low": Number(float(end["roi"]), 2),
    }  # fmt: skip
    if len(rows) == 1:
        return Message("Only {top} is advertised: {roi} for each unit of money.", **words)
    if bool(top["low"] > end["high"]):
        return Message(
            "Guarantee {top} first ({roi} for each unit of money); {end} brings least ({low}), surely less.", **words
        )
    return Message("{top} returned most ({roi}), {end} least ({low}); the difference may be chance.", **words)


def _link(row: Any) -> Message:
    return Message("{place}, {link}", place=where({"platform": str(row["platform"])}), link=str(row["link"]) or "—")
