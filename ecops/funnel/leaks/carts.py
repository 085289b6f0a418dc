"""Who left a cart, how many of them come back by themselves, and whom to remind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.funnel.leaks.figures import asked
from ecops.funnel.leaks.journeys import events_of
from ecops.funnel.leaks.service import reminder_conversion
from ecops.messages import Count, Message, Percent
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Period
from ecops.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd

WEEK = 7
LEAST = 30
"""Carts left from which on a share of them is told."""


@dataclass(frozen=True)
class UnpaidCarts:
    """Carts of a period that were not paid.

    Attributes:
        people: how many left one; of a log people, without a log sums of days (`counted`).
        counted: whether `people` are different people, listed in `rows`.
        rows: one row a person, the latest cart first: `user_id` (hashed), `platform`, `last_cart`, `products`, `value`
            (NaN when not reported). Empty without a log.
        back: share of the carts left for a day that are paid by themselves within the week; NaN when not known.
        back_low, back_high: its 95 % interval.
        reminded: share of reminded orders that were paid; NaN without a log of reminders.
        reminded_low, reminded_high: its 95 % interval.
    """

    people: int
    counted: bool
    rows: pd.DataFrame
    back: float = math.nan
    back_low: float = math.nan
    back_high: float = math.nan
    reminded: float = math.nan
    reminded_low: float = math.nan
    reminded_high: float = math.nan

    @property
    def told(self) -> tuple[Message, ...]:
        """The size of the segment, who comes back anyhow, and what a reminder may bring, in words."""
        found = [Message("{n} carts were left unpaid.", n=Count(self.people))]
        if self.counted:
            found = [Message("{n} people left a cart unpaid.", n=Count(self.people))]
        if math.isfinite(self.back):
            found.append(
                Message(
                    "Of carts left for a day {share} are paid within the week without a reminder ({low} to {high}).",
                    share=Percent(self.back),
                    low=Percent(self.back_low),
                    high=Percent(self.back_high),
                )
            )
        if math.isfinite(self.reminded):
            found.append(
                Message(
                    "Of reminded orders {share} are paid: reminding all of these may bring {low} to {high} payments, "
                    "those who would have come back anyhow among them.",
                    share=Percent(self.reminded),
                    low=Count(math.floor(self.people * self.reminded_low)),
                    high=Count(math.ceil(self.people * self.reminded_high)),
                )
            )
        else:
            found.append(
                Message(
                    "What a reminder brings is not known here: load the log of reminders, or remind one half and leave "
                    "the other alone."
                )
            )
        return tuple(found)


def unpaid_carts(data: Any, period: Period) -> UnpaidCarts | None:
    """The segment of unpaid carts: its size, who comes back, and the list by hashed id.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days in which the carts were filled.

    Returns:
        None when nothing that is loaded knows of carts.
    """
    import pandas as pd

    ready = opened(data)
    reminded = reminder_conversion(ready, Period(period.end - 89 * ONE_DAY, period.end))
    known: dict[str, float] = {}
    if reminded.reason is None:
        known = {"reminded": reminded.value, "reminded_low": reminded.low, "reminded_high": reminded.high}
    if ready.has("events"):
        words = {"carts": events_of(ready, "cart"), "pays": events_of(ready, "pay")}
        rows = asked(ready, "unpaid_carts", period.start, period.end, **words)
        return UnpaidCarts(len(rows), True, rows, **_back(ready, period, words), **known)
    if not ready.has("traffic_daily"):
        return None
    from ecops.funnel.workspace import daily_rows

    rows = daily_rows(ready, period, period.compared("previous"))
    inside = rows[(rows["date"] >= period.start) & (rows["date"] <= period.end)]
    left = inside["cart_users"].fillna(0) - inside["pay_buyers"].fillna(0)
    people = int(left[inside["cart_users"].notna()].clip(lower=0).sum())
    return UnpaidCarts(people, False, pd.DataFrame(), **known) if people else None


def _back(data: Any, period: Period, words: dict[str, list[str]]) -> dict[str, float]:
    """How many carts are paid late by themselves, from the four weeks whose week after has ended."""
    end = period.end - WEEK * ONE_DAY
    row = asked(data, "carts_paid_late", end - 27 * ONE_DAY, end, **words).iloc[0]
    left, paid = float(row["left_after_a_day"]), float(row["paid_later"])
    if left < LEAST:
        return {}
    low, high = wilson(paid, left)
    return {"back": paid / left, "back_low": float(low), "back_high": float(high)}
