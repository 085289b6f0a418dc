"""How many steps does a purchase take, who recommends the shop, and who was sent by a friend?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.funnel.leaks.figures import Figure, asked, empty, lacking, ratio_figure, spans, too_few, usual
from ecops.funnel.reading.own import Own, steps_with
from ecops.messages import Message, Percent
from ecops.metrics.daily import opened
from ecops.metrics.registry import metric
from ecops.periods import ONE_DAY, Compare, Period
from ecops.statistics import newcombe, two_proportions, wilson
from ecops.tables import table

if TYPE_CHECKING:
    import pandas as pd


def events_of(data: Any, step: str) -> list[str]:
    """Names under which the log has a step, in small letters, those that the shop itself explained among them."""
    words = Own(getattr(data, "state", None)).words()
    return sorted({event.lower() for event in steps_with(words)[step].events})


def path_length(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Events before a purchase since the purchase before, at most a week back (`usual.toml`); a mean over purchases.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days of the purchases.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    if not ready.has("events"):
        return lacking("path_length", table("events").label)
    rows = _lengths(ready, Period(since, period.end))
    sums = rows.assign(on=rows["steps"] * rows["purchases"], of=rows["purchases"])
    return ratio_figure("path_length", sums, period, before)


def path_lengths(data: Any, period: Period) -> pd.DataFrame:
    """How many purchases took how many events.

    Returns:
        `steps` (events before the purchase), `purchases`, `share`, `cumulative` share; the shortest first. Empty
        without a log or a purchase.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("events"):
        return pd.DataFrame()
    found = _lengths(ready, period).groupby("steps", sort=True)["purchases"].sum().reset_index()
    share = found["purchases"] / found["purchases"].sum()
    return found.assign(share=share, cumulative=share.cumsum())


def _lengths(data: Any, span: Period) -> pd.DataFrame:
    days = usual()["windows"]["path_days"]
    return asked(
        data, "path_lengths", span.start, span.end, since=span.start - days * ONE_DAY,
        window_seconds=days * 86_400, pays=events_of(data, "pay"),
    )  # fmt: skip


def conversion_paths(data: Any, period: Period, most: int = 10) -> pd.DataFrame:
    """By which way did purchases come: the channel of the first event and the steps in the order first taken.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days of the purchases; each is walked back to the purchase before, at most a week.
        most: ways that are told; the others are added up in a last row with an empty path.

    Returns:
        `entry` (channel, "" when the log names none), `path` (names of steps with arrows), `purchases`, `share` with
        `low` and `high` (95 %); the most frequent first. Empty without a log or a purchase.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("events"):
        return pd.DataFrame()
    days = usual()["windows"]["path_days"]
    rows = asked(
        ready, "conversion_paths", period.start, period.end, since=period.start - days * ONE_DAY,
        window_seconds=days * 86_400, pays=events_of(ready, "pay"),
    )  # fmt: skip
    if rows.empty:
        return rows
    words: dict[str, str] = {}
    for step in steps_with(Own(getattr(ready, "state", None)).words()).values():
        for event in step.events:
            words.setdefault(event.lower(), step.name)
    rows["path"] = [
        " → ".join(dict.fromkeys(words.get(event, event) for event in path.split(_BETWEEN))) for path in rows["path"]
    ]
    rows = rows.groupby(["entry", "path"], sort=False, as_index=False)["purchases"].sum()
    rows = rows.sort_values(["purchases", "entry", "path"], ascending=[False, True, True], ignore_index=True)
    whole = float(rows["purchases"].sum())
    if len(rows) > most:
        rest = pd.DataFrame({"entry": [""], "path": [""], "purchases": [rows["purchases"].iloc[most:].sum()]})
        rows = pd.concat([rows.iloc[:most], rest], ignore_index=True)
    low, high = wilson(rows["purchases"].to_numpy(float), np.full(len(rows), whole))
    return rows.assign(share=rows["purchases"] / whole, low=low, high=high)


_BETWEEN = "\x1f"
"""Between two steps of a path as the query writes it; no name of an event holds it."""


def recommendation(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Buyers who recommended or shared after paying, over buyers; each person once.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days in which they paid; recommendations count until its end.
        compare: what it is compared with.
    """
    ready, before = opened(data), period.compared(compare)
    if not ready.has("events"):
        return lacking("recommendation_rate", table("events").label)
    now, then = _people(ready, period), _people(ready, before)
    if not now["recommendations"]:
        return Figure(
            metric("recommendation_rate"),
            reason=Message("The log has no event of a recommendation, such as share or review."),
        )
    return _of_people("recommendation_rate", (now, then), "recommenders")


def referral(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Buyers whom a friend had sent before they paid, over buyers; by the channel of their events (`usual.toml`).

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days in which they paid.
        compare: what it is compared with.
    """
    ready, before = opened(data), period.compared(compare)
    if not ready.has("events"):
        return lacking("referral_rate", table("events").label)
    now, then = _people(ready, period), _people(ready, before)
    if not now["referrals"]:
        return Figure(
            metric("referral_rate"), reason=Message("No channel of the log says that a friend sent somebody.")
        )
    return _of_people("referral_rate", (now, then), "referred")


def _people(data: Any, period: Period) -> dict[str, float]:
    row = asked(
        data, "recommenders", period.start, period.end, pays=events_of(data, "pay"),
        recommends=events_of(data, "recommend"), referrals=list(usual()["referrals"]["channels"]),
    ).fillna(0)  # fmt: skip
    return {str(name): float(value) for name, value in row.iloc[0].items()}


def _of_people(key: str, sides: tuple[dict[str, float], dict[str, float]], counted: str) -> Figure:
    """A share of different people: each is one draw, so chance alone makes the interval."""
    entry = metric(key)
    (on, of), (on_then, of_then) = ((side[counted], side["buyers"]) for side in sides)
    if not of > 0:
        return empty(key)
    low, high = (float(end) for end in wilson(on, of))
    if of < entry.min_denominator:
        return Figure(entry, n=of, on=on, reason=too_few(of, entry))
    if not of_then > 0:
        return Figure(entry, on / of, low, high, n=of, on=on)
    change = newcombe((on_then, of_then), (on, of))
    p_value = float(np.asarray(two_proportions((on_then, of_then), (on, of))))
    return Figure(
        entry, on / of, low, high, on_then / of_then, float(change.low), float(change.high), p_value, of, on
    )  # fmt: skip


def lengths_told(rows: pd.DataFrame) -> Message:
    """How long paths are, in words: half of the purchases, and how many take more than twice as many events.

    Args:
        rows: of `path_lengths`, at least one.
    """
    half = int(rows.loc[rows["cumulative"] >= 0.5, "steps"].iloc[0])
    long = float(rows.loc[rows["steps"] > 2 * max(half, 1), "share"].sum())
    return Message(
        "Half of the purchases take at most {half} events; {share} take more than twice as many.",
        half=half,
        share=Percent(long),
    )
