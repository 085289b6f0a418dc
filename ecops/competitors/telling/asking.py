"""The questions of `view`, `reviews` and `market` asked together: what the review, the page and the command tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from ecops.competitors.market.coverage import coverage
from ecops.competitors.reviews.opinions import Opinions
from ecops.competitors.reviews.view import opinions
from ecops.competitors.standing.products import ProductFigures, product_figures
from ecops.competitors.telling.findings import findings
from ecops.competitors.telling.ideas import Idea, ideas
from ecops.competitors.view import Standing, prices, standing
from ecops.finding import Finding
from ecops.metrics.daily import opened
from ecops.periods import Period


def told(data: Any, period: Period | None = None, until: dt.date | None = None, tier: str = "") -> Sequence[Finding]:
    """Everything worth an action.

    Args:
        data: the tables.
        period: for which it is told; the newest day that anything tells of when None.
        until: nothing later is looked at; the end of `period` when None.
        tier: see `view.standing`.
    """
    ready: Any = opened(data)
    end = until or (period.end if period is not None else None)
    around, said = standing(ready, end, tier), opinions(ready, end)
    if period is None:
        day = end or _newest(around, said)
        period = Period(day, day)
    return findings(around, prices(ready, end), period, said, coverage(ready, end), to_try(ready, end, tier))


def _newest(around: Standing | None, said: Opinions | None) -> dt.date:
    days = [around.spans.newest.end] if around is not None else []
    if said is not None and said.rows["date"].notna().any():
        days.append(said.rows["date"].max().date())
    return max(days, default=dt.date(2000, 1, 1))


def to_try(data: Any, until: dt.date | None = None, tier: str = "") -> tuple[Idea, ...]:
    """Prices and titles worth a test, see `ideas`."""
    ready: Any = opened(data)
    return ideas(standing(ready, until, tier), prices(ready, until), coverage(ready, until), single(ready, until, tier))


def single(data: Any, until: dt.date | None = None, tier: str = "") -> ProductFigures | None:
    """Our products one by one in the span of the peers; None without peers or a report that tells products apart."""
    ready: Any = opened(data)
    found = standing(ready, until, tier)
    if found is None:
        return None
    span = found.spans.newest
    rows = found.spans.of(span.start)
    return product_figures(ready, found.spans.platform, span, rows[rows["tier"] == tier] if tier else rows)
