"""Where on the pages is a product clicked? Click rate of every surface and slot, of the shop or of one product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.funnel.leaks.figures import asked
from ecops.messages import Count, Message, Percent
from ecops.metrics.daily import opened
from ecops.periods import Period
from ecops.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd

LEAST_SHOWN = 100
"""Impressions below which a place is not judged."""


def clicks_by_place(data: Any, period: Period, product: str = "") -> pd.DataFrame:
    """Click rate of every surface and slot.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: days.
        product: one product's code, as `placed_products` names it; all products when "".

    Returns:
        One row a place, by surface and slot: `platform`, `surface`, `slot`, `impressions`, `clicks`, `rate` with `low`
        and `high` (95 %, days vary as usual). Empty without such a report. No verdict: a later slot is clicked less
        everywhere.
    """
    import pandas as pd

    from ecops.funnel.causes.diagnosis import usual_dispersion

    ready = opened(data)
    if not ready.has("placements_daily"):
        return pd.DataFrame()
    rows = asked(ready, "placements", period.start, period.end, product=product)
    if rows.empty:
        return rows
    shown, clicked = (rows[name].to_numpy(float) for name in ("impressions", "clicks"))
    clicked = np.minimum(clicked, shown)
    phi = usual_dispersion()
    low, high = wilson(clicked, shown, dispersion=phi)
    rows = rows.assign(rate=clicked / shown, low=low, high=high)
    order = pd.to_numeric(rows["slot"], errors="coerce").fillna(np.inf)
    return rows.assign(order=order).sort_values(
        ["platform", "surface", "order", "slot"], ignore_index=True
    ).drop(columns="order")  # fmt: skip


def placed_products(data: Any, period: Period) -> pd.DataFrame:
    """Products that the report tells apart: `product`, `title`, `impressions`, those shown most first."""
    import pandas as pd

    ready = opened(data)
    if not ready.has("placements_daily"):
        return pd.DataFrame()
    return asked(ready, "placed_products", period.start, period.end)


def places_told(rows: pd.DataFrame) -> Message:
    """The place clicked most and the one clicked least, in words.

    Args:
        rows: of `clicks_by_place`, at least one.
    """
    known = rows[rows["impressions"] >= LEAST_SHOWN]
    if known.empty:
        return Message("No place was shown {n} times.", n=Count(LEAST_SHOWN))
    best, worst = known.loc[known["rate"].idxmax()], known.loc[known["rate"].idxmin()]
    return Message(
        "{best} is clicked most ({high}), {worst} least ({low}).",
        best=place(best), high=Percent(float(best["rate"])), worst=place(worst), low=Percent(float(worst["rate"])),
    )  # fmt: skip


def place(row: Any) -> Message | str:
    """A place by name."""
    if not row["slot"]:
        return str(row["surface"])
    return Message("{surface}, slot {slot}", surface=str(row["surface"]), slot=str(row["slot"]))
