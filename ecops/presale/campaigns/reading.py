"""The rows of deposits made whole: two products in one cell told apart, cancelled deposits off, late ones named."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.messages import Count, Message
from ecops.periods import ONE_DAY
from ecops.presale.campaigns.series import Series

if TYPE_CHECKING:
    import pandas as pd

SETTLED_AFTER = 14
"""Days from the first balance after which a deposit that is not paid counts as forfeited."""

_FRESH = 3
"""A campaign without a closing day runs on while its last deposit is younger than so many days."""

_LONGEST = 366
"""A day of the campaign this far from its deposits is a stand-in for "without end", such as 9999-12-31."""

_SEPARATORS = re.compile(r"[,;/|+&，；、／＋]")


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Every product of every campaign.

    Attributes:
        past: whose window is over and whose balances are known or due.
        running: whose window is open, or whose balances are still being paid.
        notes: what was left out or supposed.
    """

    past: tuple[Series, ...]
    running: tuple[Series, ...]
    notes: tuple[Message, ...]


def campaigns(rows: pd.DataFrame, today: dt.date, known: Collection[str] = ()) -> Campaigns:
    """Every product of every campaign up to a day.

    Args:
        rows: see `queries/deposits.sql`.
        today: the last day known.
        known: product codes of the shop, to tell a cell with two products from a code with a sign in it.
    """
    notes: list[Message] = []
    whole = _apart(_countable(rows, notes), known, notes)
    cancelled = float(-whole["deposits"].clip(upper=0).sum())
    if cancelled > 0:
        notes.append(Message("{n} cancelled deposits were taken off.", n=Count(cancelled)))
    groups = list(whole.groupby(["campaign", "sku"], sort=True))
    usual = _usual_length(groups)
    found: list[Series] = []
    trouble = {"late": 0.0, "paid": 0, "open": 0, "unknown": 0}
    for _names, group in groups:
        series = _series(group, today, usual, trouble)
        if series is not None:
            found.append(series)
    _told(trouble, usual, notes)
    running = [series for series in found if not series.closed or _due(series, today)]
    past = [series for series in found if series.closed and not _due(series, today)]
    order = sorted(running, key=lambda series: (-series.total, series.campaign, series.sku))
    return Campaigns(tuple(sorted(past, key=lambda series: (series.opens, series.sku))), tuple(order), tuple(notes))


def _countable(rows: pd.DataFrame, notes: list[Message]) -> pd.DataFrame:
    """The rows whose deposits are a number that can be added up."""
    endless = ~np.isfinite(rows["deposits"])
    if endless.any():
        notes.append(Message("{n} rows of deposits hold no number and were left out.", n=Count(int(endless.sum()))))
    return rows[~endless]


def _due(series: Series, today: dt.date) -> bool:
    """Whether balances of a closed window are still expected."""
    return not series.settled and today < series.balance_from + SETTLED_AFTER * ONE_DAY


def _apart(rows: pd.DataFrame, known: Collection[str], notes: list[Message]) -> pd.DataFrame:
    """Rows whose cell names several products, once for each: each of them has to be there."""
    import pandas as pd

    codes = set(known) | {sku for sku in rows["sku"] if not _SEPARATORS.search(sku)}
    parts = {sku: [part.strip() for part in _SEPARATORS.split(sku) if part.strip()] for sku in rows["sku"].unique()}
    several = {
        sku: names for sku, names in parts.items() if sku not in known and len(names) > 1 and codes.issuperset(names)
    }
    strange = sorted(sku for sku, names in parts.items() if len(names) > 1 and sku not in {*known, *several})
    if strange:
        notes.append(
            Message("{names} looks like several products, but their codes stand nowhere alone; it counts as one. Load "
                    "the product list to tell them apart.", names=", ".join(strange[:3]))
        )  # fmt: skip
    if not several:
        return rows
    mixed = rows["sku"].isin(list(several))
    notes.append(
        Message("{n} rows name two products in one deposit; each product was counted.", n=Count(int(mixed.sum())))
    )
    split = rows[mixed].assign(sku=rows.loc[mixed, "sku"].map(several)).explode("sku")
    return pd.concat([rows[~mixed], split], ignore_index=True)


def _usual_length(groups: list[tuple[Any, pd.DataFrame]]) -> int | None:
    """Median days between the first and last day of deposits of the windows that say when they close."""
    told = [(_last(group), _first(group)) for _names, group in groups]
    spans = [(last - first).days + 1 for last, first in told if last is not None and last >= first]
    return int(np.median(spans)) if spans else None


def _series(group: pd.DataFrame, today: dt.date, usual: int | None, trouble: dict[str, Any]) -> Series | None:
    """One product of one campaign; None when no deposit lies in its window."""
    opens, closes = _window(group, today, usual, trouble)
    if opens > today or closes < opens:
        return None
    date = group["date"].map(_date)
    inside = (date >= opens) & (date <= closes)
    trouble["late"] += float(group.loc[~inside, "deposits"].sum())
    rows = group[inside]
    if rows.empty:
        return None
    length = (closes - opens).days + 1
    seen = min((today - opens).days + 1, length)
    units = np.zeros(seen)
    places = ((rows["date"].map(_date) - opens).map(lambda span: span.days)).to_numpy(dtype=np.int64)
    np.add.at(units, places, rows["deposits"].to_numpy(dtype=np.float64))
    starts = rows["balance_from"].dropna()
    said = _date(starts.min()) if len(starts) else None
    balance = said if said is not None and _near(said, closes) else closes + ONE_DAY
    total = max(float(units.sum()), 0.0)
    # Some reports write balances down on the day of their payment, when no deposit can come any more.
    settling = group[inside | ((date >= opens) & (group["deposits"] == 0))]
    paid, expired = _settled(settling, total, balance, today, trouble)
    price = float(rows["price"].max())
    title = next((str(name) for name in rows["title"] if isinstance(name, str) and name), "")
    return Series(
        campaign=str(rows["campaign"].iloc[0]), sku=str(rows["sku"].iloc[0]), title=title, opens=opens, days=length,
        deposits=tuple(units), balance_from=max(balance, opens), paid=paid, expired=expired, price=price,
        cancelled=_cancelled(settling, paid),
    )  # fmt: skip


def _window(group: pd.DataFrame, today: dt.date, usual: int | None, trouble: dict[str, Any]) -> tuple[dt.date, dt.date]:
    """First and last day of deposits; a window that does not say when it closes is as long as others."""
    came = group.loc[group["deposits"] != 0, "date"]
    opens, last = _first(group), _date(came.max() if len(came) else group["date"].max())
    told = _last(group)
    if told is not None:
        return opens, told
    if (today - last).days >= _FRESH or (group["paid"] > 0).any():
        return opens, last
    trouble["open"] += 1
    return opens, max(opens + ((usual or 14) - 1) * ONE_DAY, last)


def _first(group: pd.DataFrame) -> dt.date:
    told, first = group["starts_on"].dropna(), _date(group["date"].min())
    return _date(told.min()) if len(told) and _near(_date(told.min()), first) else first


def _last(group: pd.DataFrame) -> dt.date | None:
    """Last day of the window as the campaign says it; None when it does not."""
    told = group["ends_on"].dropna()
    return _date(told.max()) if len(told) and _near(_date(told.max()), _first(group)) else None


def _near(day: dt.date, other: dt.date) -> bool:
    return abs((day - other).days) <= _LONGEST


def _settled(
    rows: pd.DataFrame, total: float, balance: dt.date, today: dt.date, trouble: dict[str, Any]
) -> tuple[float, float]:
    """Units paid and forfeited as known today; NaN for what nobody knows."""
    if balance > today or not rows["paid"].notna().any():
        if balance + SETTLED_AFTER * ONE_DAY <= today and total > 0:
            trouble["unknown"] += 1
        return math.nan, math.nan
    paid = float(rows["paid"].sum())
    if paid > total + 1e-9:
        trouble["paid"] += 1
        paid = total
    expired = float(rows["expired"].sum()) if rows["expired"].notna().any() else math.nan
    if balance + SETTLED_AFTER * ONE_DAY <= today:
        expired = total - paid
    return paid, min(expired, total - paid) if math.isfinite(expired) else math.nan


def _cancelled(rows: pd.DataFrame, paid: float) -> float:
    """Units cancelled before they were shipped, never more than were paid; NaN where nobody counts them."""
    if not (rows["cancelled"].notna().any() and math.isfinite(paid)):
        return math.nan
    return float(min(max(rows["cancelled"].sum(), 0.0), paid))


def _told(trouble: dict[str, Any], usual: int | None, notes: list[Message]) -> None:
    if trouble["late"]:
        notes.append(
            Message("{n} deposits lie outside the window of their campaign and were left out.",
                    n=Count(trouble["late"]))
        )  # fmt: skip
    if trouble["paid"]:
        notes.append(
            Message("In {n} cases more balances are paid than there are deposits; they count as all paid. Check the "
                    "export.", n=Count(trouble["paid"]))
        )  # fmt: skip
    if trouble["open"]:
        notes.append(
            Message("{n} running campaigns do not say when deposits close; {days} days are supposed.",
                    n=Count(trouble["open"]), days=usual or 14)
        )  # fmt: skip
    if trouble["unknown"]:
        notes.append(
            Message("Of {n} past presales nobody says how many balances were paid; they only tell the pace of "
                    "deposits.", n=Count(trouble["unknown"]))
        )  # fmt: skip


def _date(value: Any) -> dt.date:
    found: dt.date = value.date() if hasattr(value, "date") else value
    return found
