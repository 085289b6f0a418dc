"""Which events lie ahead, and on which day does an order arrive when factories keep holidays?

Chinese make-up workdays and the dates of the Chinese New Year come from the `holidays` package.
"""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecops.inventory.demand.panel import Ints
from ecops.messages import Term
from ecops.periods import ONE_DAY, Period

_FILE = Path(__file__).parents[1] / "registry" / "events.toml"


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence of an event.

    Attributes:
        key: of `registry/events.toml`.
        label: what people call it.
        period: its days.
        closed: whether factories and couriers rest.
    """

    key: str
    label: Term
    period: Period
    closed: bool = False


@functools.cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@functools.cache
def _new_years() -> dict[str, dt.date]:
    return tomllib.loads(_FILE.with_name("new_year.toml").read_text("utf-8"))


@functools.cache
def new_year(year: int) -> dt.date:
    """First day of the Chinese New Year that begins in a calendar year."""
    if str(year) in _new_years():
        return _new_years()[str(year)]
    import holidays

    named = holidays.country_holidays("CN", years=year, language="en_US")
    found: dt.date = min(day for day, name in named.items() if "Spring Festival" in name)
    return found


def events(start: dt.date, end: dt.date) -> tuple[Event, ...]:
    """Every event with a day between two days, in the order of their first days.

    >>> [event.key for event in events(dt.date(2026, 11, 1), dt.date(2026, 12, 31))]
    ['double_eleven', 'double_twelve']
    """
    found = []
    for year in range(start.year - 1, end.year + 2):
        for key, entry in _entries().items():
            period = _days(entry, year)
            if period.start <= end and period.end >= start:
                label = Term(en=entry["label"]["en"], zh=entry["label"]["zh"])
                found.append(Event(key, label, period, bool(entry.get("closed", False))))
    return tuple(sorted(found, key=lambda event: (event.period.start, event.key)))


def _days(entry: dict[str, Any], year: int) -> Period:
    if "around_new_year" in entry:
        first, last = entry["around_new_year"]
        return Period(new_year(year) + first * ONE_DAY, new_year(year) + last * ONE_DAY)
    first, last = (tuple(int(part) for part in entry[end].split("-")) for end in ("first", "last"))
    return Period(dt.date(year, *first), dt.date(year, *last))


def event_columns(start: dt.date, days: int, key: str) -> Ints:
    """Columns of a panel that starts on `start` and lie in an event, as positions."""
    end = start + (days - 1) * ONE_DAY
    inside = np.zeros(days, dtype=np.bool_)
    for event in events(start, end):
        if event.key == key:
            first = max((event.period.start - start).days, 0)
            inside[first : (event.period.end - start).days + 1] = True
    return np.flatnonzero(inside)


def work_days_after(day: dt.date, number: int) -> dt.date:
    """The day `number` Chinese workdays after `day`; make-up workdays count, holidays do not.

    >>> work_days_after(dt.date(2025, 1, 24), 5)
    datetime.date(2025, 2, 7)
    """
    import holidays

    found: dt.date = holidays.country_holidays("CN").get_nth_working_day(day, number)
    return found
