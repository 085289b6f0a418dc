"""Are videos seen to the end, do live rooms hold their viewers, and at which minute do they leave?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ecops.funnel.leaks.figures import Figure, asked, lacking, too_few
from ecops.messages import Message, Percent
from ecops.metrics.daily import opened
from ecops.metrics.registry import metric
from ecops.periods import Compare, Period
from ecops.statistics import wilson
from ecops.tables import table

if TYPE_CHECKING:
    import pandas as pd

_OF: dict[str, tuple[str, str, str]] = {
    "video_completion": ("video", "complete_plays", "complete_base"),
    "content_interaction": ("video", "interactions", "interaction_base"),
    "live_dwell": ("live", "watch_minutes", "minute_base"),
    "live_first_half_minute": ("live", "kept_30s", "kept_base"),
}
"""Metric -> kind of content, what stands above the line and what below."""


def content_figures(data: Any, period: Period, compare: Compare = "previous") -> tuple[Figure, ...]:
    """Completion and reactions of videos, time watched and the first half minute of live rooms.

    Pieces differ far more than chance, so shares have no interval: they describe the pieces there were.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
    """
    ready = opened(data)
    if not ready.has("content_daily"):
        return tuple(lacking(key, table("content_daily").label) for key in _OF)
    sides = [asked(ready, "content", span.start, span.end) for span in (period, period.compared(compare))]
    return tuple(_figure(key, *sides) for key in _OF)


def _figure(key: str, now: pd.DataFrame, then: pd.DataFrame) -> Figure:
    kind, above, below = _OF[key]
    entry = metric(key)
    (on, of), (old, old_of) = (
        tuple(float(side.loc[side["kind"] == kind, name].sum()) for name in (above, below)) for side in (now, then)
    )
    if not of > 0:
        return Figure(entry, reason=Message("No figures for these days."))
    if of < entry.min_denominator:
        return Figure(entry, n=of, on=on, reason=too_few(of, entry))
    return Figure(entry, on / of, before=old / old_of if old_of > 0 else math.nan, n=of, on=on)


def content_pieces(data: Any, period: Period) -> pd.DataFrame:
    """Every video and live room.

    Returns:
        `platform`, `kind`, `title`, `plays`, `completion`, `interaction`, `viewers`, `minutes` (a viewer), `kept`
        (share that stayed thirty seconds) with `kept_low`, `kept_high` (Wilson's), `orders`; NaN where not reported.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("content_daily"):
        return pd.DataFrame()
    rows = asked(ready, "content", period.start, period.end)

    def share(above: str, below: str) -> pd.Series[Any]:
        return rows[above].astype(float) / rows[below].where(rows[below] > 0).astype(float)

    low, high = wilson(rows["kept_30s"].astype(float).fillna(0), rows["kept_base"].astype(float).fillna(0))
    return pd.DataFrame(
        {
            "platform": rows["platform"], "kind": rows["kind"], "title": rows["title"], "plays": rows["plays"],
            "completion": share("complete_plays", "complete_base"),
            "interaction": share("interactions", "interaction_base"), "viewers": rows["viewers"],
            "minutes": share("watch_minutes", "minute_base"), "kept": share("kept_30s", "kept_base"),
            "kept_low": low, "kept_high": high, "orders": rows["orders"],
        }
    )  # fmt: skip


def live_minutes(data: Any, period: Period) -> pd.DataFrame:
    """The live rooms minute by minute: `minute`, `online`, `interactions`, `rate` (reactions a viewer), `orders`."""
    import pandas as pd

    ready = opened(data)
    if not ready.has("content_daily"):
        return pd.DataFrame()
    rows = asked(ready, "live_minutes", period.start, period.end)
    return rows.assign(rate=rows["interactions"] / rows["online"].where(rows["online"] > 0))


def live_told(rows: pd.DataFrame) -> Message | None:
    """Where a live room loses its viewers, in words; None below five minutes."""
    if len(rows) < 5 or not rows["online"].max() > 0:
        return None
    online = rows["online"].astype(float)
    best = int(online.idxmax())
    after = rows.iloc[best:]
    lost = after["online"].astype(float).diff()
    if not (lost < 0).any():
        return None
    worst = int(lost.idxmin())
    return Message(
        "Most were online at minute {peak}; the largest loss follows at minute {minute} ({share} fewer): move the "
        "benefit or the change of pace there.",
        peak=int(rows.loc[best, "minute"]),
        minute=int(rows.loc[worst, "minute"]),
        share=Percent(float(-lost[worst] / online[worst - 1])),
    )
