"""Short lists that orders, reviews and keywords answer: shipping, delivery, returns, creators, city tiers, keywords."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops import handbook
from ecops.engine import load_sql
from ecops.errors import unknown_name
from ecops.messages import Count, Message, Percent, Term, Value
from ecops.metrics.daily import opened
from ecops.periods import Period
from ecops.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd

CITES = ("service.ship_hours", "supplier.ship48_min")
"""Parameters that decide what in time is, and how much of it is asked for."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list; the fields are those of `lists.toml`."""

    key: str
    label: Term
    table: str
    parts: tuple[str, ...]
    share: Term | None = None


@functools.cache
def listings() -> Mapping[str, Listing]:
    """Every list by key."""
    entries = tomllib.loads(Path(__file__).with_name("lists.toml").read_text("utf-8"))
    return {
        key: Listing(key, Term(**told["label"]), told["table"], tuple(told["parts"]),
                     Term(**told["share"]) if "share" in told else None)
        for key, told in entries.items()
    }  # fmt: skip


def listed(data: Any, period: Period, key: str) -> pd.DataFrame:
    """The rows of a list, the largest first.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days.
        key: of the list.

    Returns:
        The columns of its query; a share adds `rate` with `low` and `high` (Wilson, 95 %: orders as draws), money or
        cases add `part`, their share of all. Empty without its table.

    Raises:
        SpecError: no such list.
    """
    import pandas as pd

    if key not in listings():
        raise unknown_name(Message("The list"), key, listings())
    ready = opened(data)
    if not ready.has(listings()[key].table):
        return pd.DataFrame()
    asked: dict[str, Any] = {"start": period.start, "end": period.end}
    if key == "shipping":
        asked["seconds"] = 3600 * handbook.get(CITES[0], ready)
    rows: pd.DataFrame = ready.query(load_sql("ecops.growth.queries", f"list_{key}"), asked).to_pandas()
    if "of_count" in rows:
        on, of = (rows[name].to_numpy(float) for name in ("on_count", "of_count"))
        low, high = wilson(on, of)
        rows = rows.assign(rate=on / of, low=low, high=high)
    size = "money" if key in {"creators", "tiers"} else "cases" if key == "reasons" else ""
    if size and len(rows):
        whole = rows.groupby("platform")[size].transform("sum") if key == "tiers" else rows[size].sum()
        rows["part"] = rows[size] / whole
    return rows


def told(data: Any, key: str, rows: pd.DataFrame) -> Message | None:
    """What a list says in one sentence; None where it only lists.

    Args:
        data: whose parameters hold.
        key: of the list.
        rows: of `listed`, at least one.
    """
    if key == "shipping":
        return _shipping(data, rows)
    if key == "reasons":
        first = rows.iloc[0]
        reason: Value = str(first["reason"]) or Message("no reason given")
        return Message("{reason} makes {share} of the returns.", reason=reason, share=Percent(float(first["part"])))
    if key == "creators":
        share = rows["part"].to_numpy(float)
        words: dict[str, Value] = {"n": Count(len(rows)), "first": Percent(share[0]), "three": Percent(share[:3].sum())}
        return Message(
            "{n} creators; the first makes {first} of what they sell, three {three}; like {alike} equal ones.",
            alike=Count(round(1 / float(np.square(share).sum()))), **words,
        )  # fmt: skip
    if "rate" in rows:
        on, of = float(rows["on_count"].sum()), float(rows["of_count"].sum())
        share = listings()[key].share or Term("", "")
        return Message("{what}: {rate} of {n}", what=share, rate=Percent(on / of), n=Count(of))
    return None


def _shipping(data: Any, rows: pd.DataFrame) -> Message:
    hours, least = (handbook.get(key, data) for key in CITES)
    on, of = float(rows["on_count"].sum()), float(rows["of_count"].sum())
    low, high = wilson(on, of)
    words: dict[str, Value] = {
        "rate": Percent(on / of), "hours": int(hours), "least": Percent(least), "late": Count(of - on),
        "low": Percent(float(low)), "high": Percent(float(high)),
    }  # fmt: skip
    if high < least:
        return Message(
            "{rate} shipped within {hours} hours ({low} to {high}), surely below {least}; {late} were late.",
            **words,
        )
    if low >= least:
        return Message("{rate} shipped within {hours} hours ({low} to {high}), surely {least} or more.", **words)
    return Message("{rate} shipped within {hours} hours ({low} to {high}); {least} is asked for.", **words)
