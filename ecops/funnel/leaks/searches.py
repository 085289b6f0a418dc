"""What did people search for inside the shop, did they find it, and did it sell?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecops.funnel.leaks.figures import Figure, asked, empty, lacking, rate_figure, spans, usual
from ecops.messages import Message
from ecops.metrics.daily import opened
from ecops.periods import Compare, Period
from ecops.statistics import wilson
from ecops.tables import table

if TYPE_CHECKING:
    import pandas as pd


def search_conversion(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Paying buyers over people who searched: from the list of search words, else from the visits that search brought.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    if ready.has("search_words"):
        rows = asked(ready, "searches_by_day", since, period.end)
        rows = rows.rename(columns={"pay_buyers": "on", "searchers": "of"})
        if rows["of"].notna().any():
            return rate_figure("search_conversion", rows, period, before)
    if ready.has("traffic_daily"):
        rows = asked(ready, "search_visits_by_day", since, period.end)
        if len(rows):
            rows = rows.rename(columns={"pay_buyers": "on", "searchers": "of"})
            note = Message("From the visitors whom search brought: the list of search words is not loaded.")
            return rate_figure("search_conversion", rows, period, before, note)
    return empty("search_conversion") if ready.has("search_words") else lacking(
        "search_conversion", table("search_words").label
    )  # fmt: skip


def searches_without_result(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Searches that found no product over all searches whose result is known.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    if not ready.has("search_words"):
        return lacking("search_no_result", table("search_words").label)
    rows = asked(ready, "searches_by_day", since, period.end)
    rows = rows.rename(columns={"empty_searches": "on", "known_searches": "of"})
    return rate_figure("search_no_result", rows, period, before)


def search_words(data: Any, period: Period) -> pd.DataFrame:
    """The words searched for, the most frequent first.

    Returns:
        `word`, `searches`, `empty_searches` (NaN when not reported), `empty_share`, `searchers`, `pay_buyers`,
        `pay_amount`, `conversion` with `low` and `high` (Wilson's; NaN without people), `wanted`: whether most of the
        searches found nothing and there were enough of them to act on (`word_searches` of `usual.toml`).
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("search_words"):
        return pd.DataFrame()
    rows = asked(ready, "search_words", period.start, period.end)
    known = rows["searchers"].where(rows["searchers"] > 0)
    paid = rows["pay_buyers"].clip(upper=known)
    low, high = wilson(paid.astype(float).fillna(0), known.astype(float).fillna(0))
    share = rows["empty_searches"] / rows["searches"]
    enough = rows["empty_searches"] >= usual()["windows"]["word_searches"]
    return rows.assign(
        empty_share=share, conversion=paid / known, low=low, high=high, wanted=(share > 0.5) & enough
    ).reset_index(drop=True)
