"""Which pages and products are left at once, and does it go with how long a page takes to load?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.funnel.leaks.figures import Figure, asked, lacking, ratio_figure, spans, usual
from ecops.messages import Message, Percent
from ecops.metrics.daily import opened
from ecops.periods import Compare, Period
from ecops.statistics import two_sided, wilson
from ecops.tables import table

if TYPE_CHECKING:
    import pandas as pd

BUCKETS = {0: "0–1", 1: "1–2", 2: "2–3", 3: "3–5", 5: "5+"}
"""Classes of loading time by their lower end, in seconds."""


def load_seconds(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Mean seconds a page takes to load, over visits.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    if not ready.has("page_loads"):
        return lacking("load_seconds", table("page_loads").label)
    rows = asked(ready, "page_loads", since, period.end).rename(columns={"load_total": "on", "loads": "of"})
    return ratio_figure("load_seconds", rows, period, before)


def bounce_by_page(data: Any, period: Period) -> pd.DataFrame:
    """Bounce of every page, the most visited first.

    Returns:
        `page`, `visits`, `bounces`, `rate` with `low` and `high` (Wilson's), `load_seconds` (mean; NaN when unknown),
        `home`: whether it is a home page by its name. Empty without page loads.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("page_loads"):
        return pd.DataFrame()
    rows = asked(ready, "page_loads", period.start, period.end)
    found = _bounce(rows, "page")
    homes = {name.casefold() for name in usual()["home"]["pages"]}
    found = found.assign(home=[str(page).strip().casefold() in homes for page in found["page"]])
    return found.sort_values(["visits", "page"], ascending=[False, True], ignore_index=True)


def bounce_by_loading(data: Any, period: Period) -> pd.DataFrame:
    """Bounce in each class of loading time, the fastest first.

    Returns:
        `seconds` (the class in words), `seconds_from` (its lower end), `visits`, `bounces`, `rate`, `low`, `high`.
        Empty when no loading time is loaded.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("page_loads"):
        return pd.DataFrame()
    rows = asked(ready, "page_loads", period.start, period.end)
    found = _bounce(rows[rows["seconds_from"] >= 0], "seconds_from")
    names = [BUCKETS[int(value)] for value in found["seconds_from"]]
    return found.assign(seconds=names).sort_values("seconds_from", ignore_index=True)


def loading_told(rows: pd.DataFrame) -> Message | None:
    """Whether bounce rises with loading time, in words; None where there are not two classes.

    Cochran and Armitage's test for a trend over the classes in their order; pages differ in more than their speed, so
    even a sure trend is no cause.
    """
    used = rows[rows["visits"] > 0]
    if len(used) < 2:
        return None
    fast, slow = used.iloc[0], used.iloc[-1]
    p_value = trend_test(used["bounces"].to_numpy(float), used["visits"].to_numpy(float))
    numbers: dict[str, Any] = {
        "fast": Percent(float(fast["rate"])), "slow": Percent(float(slow["rate"])),
        "first": str(fast["seconds"]), "last": str(slow["seconds"]),
    }  # fmt: skip
    if p_value < 0.05 and slow["rate"] > fast["rate"]:
        return Message(
            "Bounce rises with loading time: {fast} at {first} s, {slow} at {last} s. Pages differ in more than their "
            "speed; make one faster and look again.",
            **numbers,
        )
    return Message("Bounce does not rise with loading time: {fast} at {first} s, {slow} at {last} s.", **numbers)


def trend_test(successes: np.ndarray, trials: np.ndarray) -> float:
    """Two-sided p-value of the Cochran-Armitage trend test with scores 0, 1, 2, ... (Armitage 1955).

    >>> round(trend_test(np.array([10.0, 15.0, 20.0]), np.array([100.0, 100.0, 100.0])), 4)
    0.0477
    """
    score = np.arange(len(trials), dtype=np.float64)
    total = trials.sum()
    rate = successes.sum() / total
    statistic = (score * (successes - trials * rate)).sum()
    variance = rate * (1 - rate) * ((score**2 * trials).sum() - (score * trials).sum() ** 2 / total)
    return float(two_sided(statistic / np.sqrt(variance))) if variance > 0 else 1.0


def bounce_by_item(data: Any, period: Period) -> pd.DataFrame:
    """Bounce of every product page that a report of products has, the most visited first.

    Returns:
        `platform`, `sku`, `title`, `visits`, `bounces`, `rate`, `low`, `high`. Empty without such a report.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("traffic_daily"):
        return pd.DataFrame()
    rows = asked(ready, "item_bounces", period.start, period.end).rename(columns={"visitors": "visits"})
    return _rated(rows)


def _bounce(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    known = rows[rows["known_visits"].notna()]
    sums = known.groupby(by, sort=True)[["known_visits", "bounces", "load_total", "loads"]].sum().reset_index()
    sums = sums.rename(columns={"known_visits": "visits"})
    mean = sums["load_total"] / sums["loads"].where(sums["loads"] > 0)
    return _rated(sums.assign(load_seconds=mean).drop(columns=["load_total", "loads"]))


def _rated(rows: pd.DataFrame) -> pd.DataFrame:
    on, of = rows["bounces"].astype(float), rows["visits"].astype(float)
    low, high = wilson(on, of)
    return rows.assign(rate=on / of, low=low, high=high)
