"""Who did what in this shop, is the log whole, and was anything changed in bulk?"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.engine import load_sql
from ecops.messages import Count, DateRange, Message, Value
from ecops.metrics.daily import opened
from ecops.periods import Period
from ecops.store import audit
from ecops.words import where

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ecops.store.audit import AuditLine
    from ecops.store.state import State

MANY = 20
"""Changes by one person within `WITHIN` that are told as done in bulk."""

WITHIN = dt.timedelta(minutes=10)
PRICES = 5
SHARE = 0.3
"""Prices of at least so many products, and of this share of those known, changed on one day: a batch price change."""

_QUIET = frozenset({"export", "sign-in", "load"})
"""Actions that change nothing that was there; many files at once are how a shop begins."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Something that was changed in bulk.

    Attributes:
        kind: "records" (of this shop in ecops) or "prices" (of its products).
        day: when.
        n: how many.
        sentence: what to tell the lead.
    """

    kind: str
    day: dt.date
    n: int
    sentence: Message


def lines(state: State, most: int = 500) -> pd.DataFrame:
    """The newest lines of the log: `seq`, `at` (UTC), `actor`, `action`, `detail`, the newest first."""
    import pandas as pd

    told = state.trail()[-most:][::-1]
    return pd.DataFrame(
        {
            "seq": [line.seq for line in told],
            "at": [dt.datetime.fromisoformat(line.at).replace(tzinfo=None) for line in told],
            "actor": [line.actor or "—" for line in told],
            "action": [line.action for line in told],
            "detail": [_short(line) for line in told],
        }
    )


def _short(line: AuditLine) -> str:
    """The detail in one line."""
    told = json.loads(line.detail)
    parts = [f"{name}: {value}" for name, value in told.items() if value not in (None, "", [])]
    return "; ".join(parts)[:200]


def broken(state: State) -> tuple[Message, ...]:
    """What is wrong with the log; empty when it is whole."""
    return tuple(audit.verify(state.trail()))


def bulk_records(trail: Sequence[AuditLine]) -> tuple[Bulk, ...]:
    """Bursts of changes: one person, many lines in ten minutes; the newest first.

    Args:
        trail: the log, oldest first.
    """
    found: list[Bulk] = []
    by_actor: dict[str, list[tuple[dt.datetime, int]]] = {}
    for line in trail:
        if line.action not in _QUIET:
            by_actor.setdefault(line.actor, []).append((dt.datetime.fromisoformat(line.at), line.seq))
    for actor, moments in by_actor.items():
        start = 0
        while start < len(moments):
            end = start
            while end + 1 < len(moments) and moments[end + 1][0] - moments[start][0] <= WITHIN:
                end += 1
            n = end - start + 1
            if n >= MANY:
                words: dict[str, Value] = {"actor": actor or "—", "n": Count(n), "at": moments[start][0]}
                told = Message("{actor} changed {n} records within ten minutes from {at} (UTC).", **words)
                found.append(Bulk("records", moments[start][0].date(), n, told))
                start = end + 1
            else:
                start += 1
    return tuple(sorted(found, key=lambda one: one.day, reverse=True))


def bulk_prices(data: Any, period: Period) -> tuple[Bulk, ...]:
    """Days on which many of the shop's own prices changed at once; the newest first.

    Args:
        data: a history of prices with the shop's own products, and orders that say which shop is one's own.
        period: days.
    """
    ready = opened(data)
    if not (ready.has("price_history") and ready.has("order_lines")):
        return ()
    asked = {"start": period.start, "end": period.end}
    rows = ready.query(load_sql("ecops.review.queries", "price_changes"), asked).to_pylist()
    found = []
    for row in rows:
        if row["changed"] >= PRICES and row["changed"] >= SHARE * row["products"]:
            told = Message(
                "{place}: {n} of {all} prices changed on {day}, {lowered} of them down. Was that meant?",
                place=where({"platform": row["platform"]}), n=Count(row["changed"]), all=Count(row["products"]),
                lowered=Count(row["lowered"]), day=DateRange(row["date"], row["date"]),
            )  # fmt: skip
            found.append(Bulk("prices", row["date"], int(row["changed"]), told))
    return tuple(reversed(found))
