"""Which member and community days come, and what did such days bring before?"""

from __future__ import annotations

import datetime as dt
import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.customers.orders.book import OrderBook, as_date
from ecops.messages import Term
from ecops.periods import ONE_DAY

if TYPE_CHECKING:
    import pandas as pd

_LEAST = 4


@dataclass(frozen=True, slots=True)
class Recurring:
    """A kind of day that comes again.

    Attributes:
        key, label: its name.
        weekday: 1 for Monday to 7, 0 for none.
        monthday: day of the month, 0 for none.
        source: of the rule.
    """

    key: str
    label: Term
    weekday: int
    monthday: int
    source: str

    @property
    def daily(self) -> bool:
        """Whether it is on every day."""
        return not self.weekday and not self.monthday

    def on(self, day: dt.date) -> bool:
        """Whether it falls on a day."""
        return self.daily or day.isoweekday() == self.weekday or day.day == self.monthday


@functools.cache
def recurring() -> Mapping[str, Recurring]:
    """Every kind by key."""
    entries = tomllib.loads((Path(__file__).parent / "rhythm.toml").read_text("utf-8"))
    return {
        key: Recurring(key, Term(**entry["label"]), entry.get("weekday", 0), entry.get("monthday", 0), entry["source"])
        for key, entry in entries.items()
    }


def ahead(start: dt.date, days: int = 28) -> pd.DataFrame:
    """The days that come, without what is on every day.

    Returns:
        starts_on, ends_on (the same day), kind ("promotion"), name, name_en: as the table "calendar" takes them, so
        that the charts of every page mark these days once the file is loaded.
    """
    import pandas as pd

    rows = [
        (day, day, "promotion", entry.label.zh, entry.label.en)
        for day in (start + number * ONE_DAY for number in range(days))
        for entry in recurring().values()
        if not entry.daily and entry.on(day)
    ]
    return pd.DataFrame(rows, columns=["starts_on", "ends_on", "kind", "name", "name_en"])


def effect(book: OrderBook, days: int = 182) -> pd.DataFrame:
    """Orders on each kind of day over the usual ones of the same weekday, in the last half year.

    A day of a week is compared with the same weekday only through the months; a kind that is on one weekday in every
    week has no such comparison and stands beside the mean of the other weekdays instead.

    Returns:
        key, label (Term), held (how many), orders (a day), usual (a day without it), ratio with low and high (95 %, on
        the log scale, from how its days differ); NaN where it was held less than four times.
    """
    import pandas as pd

    last = book.last_day.toordinal()
    numbers = np.arange(max(last - days + 1, book.first_day.toordinal()), last + 1)
    epoch = as_date(0).toordinal()
    inside = (book.day >= numbers[0] - epoch) & (book.day <= last - epoch)
    counted = np.bincount(book.day[inside] - (numbers[0] - epoch), minlength=len(numbers)).astype(np.float64)
    dates = [dt.date.fromordinal(int(number)) for number in numbers]
    weekday = np.array([day.isoweekday() for day in dates])
    # Other days of the month are no usual ones either.
    special = np.array([any(entry.monthday == day.day for entry in recurring().values()) for day in dates])
    rows: list[tuple[Any, ...]] = []
    for entry in recurring().values():
        if entry.daily:
            continue
        held = np.array([entry.on(day) for day in dates])
        other = ~held & ~special
        if entry.monthday:
            usual = np.array([counted[other & (weekday == number)].mean() if (other & (weekday == number)).any()
                              else math.nan for number in range(1, 8)])  # fmt: skip
            expected = usual[weekday - 1]
        else:
            expected = np.full(len(counted), counted[other].mean() if other.any() else math.nan)
        rows.append((entry.key, entry.label, int(held.sum()), *_ratio(counted[held], expected[held])))
    return pd.DataFrame(rows, columns=["key", "label", "held", "orders", "usual", "ratio", "low", "high"])


def _ratio(orders: np.ndarray, usual: np.ndarray) -> tuple[float, float, float, float, float]:
    """Orders and usual ones a day, their ratio, and its interval from how the days differ."""
    if len(orders) < _LEAST or not (usual > 0).all() or not orders.sum():
        nan = math.nan
        return (float(orders.mean()) if len(orders) else nan), nan, nan, nan, nan
    ratio = float(orders.sum() / usual.sum())
    left = orders - ratio * usual
    error = float(np.sqrt((left**2).sum() * len(orders) / (len(orders) - 1)) / orders.sum())
    from scipy import special

    reach = float(special.stdtrit(len(orders) - 1, 0.975)) * error
    return float(orders.mean()), float(usual.mean()), ratio, ratio * math.exp(-reach), ratio * math.exp(reach)
