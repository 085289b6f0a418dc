"""How a column writes its dates, decided from all of its cells: their shapes, and what can only be a day.

A shape is a cell with every digit written 9 ("2026-05-01 10:00" -> "9999-99-99 99:99"), so a column of a million
dates has a handful of shapes. Each shape is either a `strptime` format, a number that stands for a date, or no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]

_DAY_PARTS: tuple[tuple[str, str], ...] = (
    (r"9999-9{1,2}-9{1,2}", "%Y-%m-%d"),
    (r"9999/9{1,2}/9{1,2}", "%Y/%m/%d"),
    (r"9999\.9{1,2}\.9{1,2}", "%Y.%m.%d"),
    (r"9999年9{1,2}月9{1,2}日", "%Y年%m月%d日"),
    (r"9999年9{1,2}月9{1,2}号", "%Y年%m月%d号"),
    (r"9999年9{1,2}月9{1,2}", "%Y年%m月%d"),
    (r"99999999", "%Y%m%d"),
    (r"[A-Za-z]{3} 9{1,2}, ?9999", "%b %d, %Y"),
    (r"[A-Za-z]{4,9} 9{1,2}, ?9999", "%B %d, %Y"),
    (r"9{1,2} [A-Za-z]{3} 9999", "%d %b %Y"),
    (r"9{1,2} [A-Za-z]{4,9} 9999", "%d %B %Y"),
    (r"9{1,2}-[A-Za-z]{3}-9999", "%d-%b-%Y"),
    (r"9{1,2}-[A-Za-z]{3}-99", "%d-%b-%y"),
)
_MONTHS = ((r"9999-9{1,2}", "%Y-%m"), (r"9999/9{1,2}", "%Y/%m"), (r"9999年9{1,2}月", "%Y年%m月"), (r"9999", "%Y"))
_TIMES: tuple[tuple[str, str], ...] = (
    (r"9{1,2}:99:99", "%H:%M:%S"),
    (r"9{1,2}:99:99\.9{1,6}", "%H:%M:%S.%f"),
    (r"9{1,2}:99", "%H:%M"),
    (r"9{1,2}时9{1,2}分9{1,2}秒", "%H时%M分%S秒"),
    (r"9{1,2}时9{1,2}分", "%H时%M分"),
    (r"9{1,2}:99:99 ?[AP]M", "%I:%M:%S %p"),
    (r"9{1,2}:99 ?[AP]M", "%I:%M %p"),
)
_NUMERIC_DAY = re.compile(r"9{1,2}([/.-])9{1,2}\1(9999|99|9(?!9))")
_FIRST_SHORT_YEAR = 10  # 10/5/1 is May 2010; nobody asks about shops before
_OFFSET = re.compile(r"( ?)([+-]99:?99|[+-]99)$")
_SERIAL = re.compile(r"9{5}(\.9+)?")

ZONES = {
    "UTC": "+0000",
    "GMT": "+0000",
    "Z": "+0000",
    "PST": "-0800",
    "PDT": "-0700",
    "MST": "-0700",
    "MDT": "-0600",
    "CDT": "-0500",
    "EST": "-0500",
    "EDT": "-0400",
    "BST": "+0100",
    "CET": "+0100",
    "CEST": "+0200",
    "JST": "+0900",
}
"""Zone names that mean one offset. CST is left out: it is China's and Chicago's."""


@dataclass(frozen=True, slots=True)
class DateRule:
    """How to read the dates of one column.

    Attributes:
        naive: `strptime` formats of local times.
        offset: `strptime` formats of times with an offset.
        serial: some cells are Excel day numbers.
        epoch: some cells are seconds (10 digits) or milliseconds (13 digits) since 1970 in UTC.
        span: some cells are "day ~ day".
        noon: some cells write 上午 and 下午.
        unread: shapes that are no date.
    """

    naive: tuple[str, ...] = ()
    offset: tuple[str, ...] = ()
    serial: bool = False
    epoch: bool = False
    span: bool = False
    noon: bool = False
    unread: frozenset[str] = frozenset()


def is_numeric_day(shape: str) -> bool:
    """Whether a cell of this shape could be day/month/year, month/day/year or year/month/day.

    Full stops always mean day first.
    """
    match = _NUMERIC_DAY.match(shape)
    return match is not None and match.group(1) != "."


def possible_orders(first: tuple[int, int], second: int, third: int, this_year: int) -> list[Order]:
    """The orders in which all dates of a column can be read; where several can, those without years to come.

    Args:
        first: the smallest and the largest first number of its dates.
        second: the largest second number.
        third: the largest third number; below 100 all years, or days, are written short.
        this_year: years up to the next one count.

    >>> possible_orders((1, 31), 12, 2026, 2026), possible_orders((26, 26), 5, 28, 2026)
    (['dmy'], ['ymd'])
    >>> possible_orders((26, 26), 5, 2, 2026), possible_orders((1, 9), 9, 2026, 2026)
    (['dmy', 'ymd'], ['dmy', 'mdy'])
    """
    short = third < 100
    last = this_year + 1 - (2000 if short else 0)
    fits: dict[Order, bool] = {
        "dmy": first[1] <= 31 and second <= 12,
        "mdy": first[1] <= 12 and second <= 31,
        "ymd": short and first[0] >= _FIRST_SHORT_YEAR and first[1] <= last and second <= 12 and third <= 31,
    }
    found = [order for order, holds in fits.items() if holds]
    past = [order for order in found if order == "ymd" or third <= last]
    return past or found


def decide(shapes: Iterable[str], order: Order | None, months: bool) -> DateRule:
    """The rule for a column.

    Args:
        shapes: the shapes of its cells.
        order: what 9/9/9999 means in this column.
        months: whether a bare month or year is a date (its first day).
    """
    naive: dict[str, None] = {}
    offset: dict[str, None] = {}
    flags: set[str] = set()
    unread = set()
    for original in shapes:
        shape = original
        if "~" in shape or "至" in shape:
            flags.add("span")
            shape = re.split(r"[~至]", shape)[0].strip()
        if "上午" in shape or "下午" in shape:
            flags.add("noon")
        shape = re.sub(r" ?(上午|下午) ?(9{1,2}:99(?::99)?)", r" \2 AM", shape)
        if _SERIAL.fullmatch(shape):
            flags.add("serial")
        elif shape in ("9" * 10, "9" * 13):
            flags.add("epoch")
        else:
            found = _format(shape, order, months)
            if found is None:
                unread.add(original)
            else:
                (offset if "%z" in found else naive)[found] = None
    return DateRule(tuple(naive), tuple(offset), **dict.fromkeys(flags, True), unread=frozenset(unread))


def _format(shape: str, order: Order | None, months: bool) -> str | None:
    """The `strptime` format of a shape; None when it is no date."""
    if shape == "9" * 14:
        return "%Y%m%d%H%M%S"
    head, zone = _without_zone(shape)
    for pattern, day in (*_DAY_PARTS, *_numeric(head, order), *(_MONTHS if months else ())):
        match = re.match(pattern, head)
        if match is None:
            continue
        rest = _time(head[match.end() :])
        if rest is not None:
            return f"{day}{rest}{zone}"
    return None


def _without_zone(shape: str) -> tuple[str, str]:
    match = _OFFSET.search(shape)
    if match and ":" in shape[: match.start()]:
        return shape[: match.start()], f"{match.group(1)}%z"
    for name in sorted(ZONES, key=len, reverse=True):
        if shape.endswith(name) and ":" in shape:
            return shape[: -len(name)].rstrip(), " %z"
    return shape, ""


def _numeric(head: str, order: Order | None) -> tuple[tuple[str, str], ...]:
    match = _NUMERIC_DAY.match(head)
    if match is None:
        return ()
    mark, year = match.group(1), "%Y" if match.group(2) == "9999" else "%y"
    if (mark != "." and order is None) or (len(match.group(2)) == 1 and order != "ymd"):
        return ()
    parts = ("%m", "%d", year) if order == "mdy" and mark != "." else ("%d", "%m", year)
    if order == "ymd":
        parts = ("%y", "%m", "%d")
    return ((_NUMERIC_DAY.pattern, mark.join(parts)),)


def _time(rest: str) -> str | None:
    """The format of what stands behind the day: "" for nothing, None when it is no time."""
    if not rest:
        return ""
    for lead in ("T", ", ", "  ", " "):
        if rest.startswith(lead):
            break
    else:
        return None
    for pattern, clock in _TIMES:
        if re.fullmatch(pattern, rest[len(lead) :]):
            tight = clock.endswith("%p") and not rest.endswith((" AM", " PM"))
            return lead + (clock.replace(" %p", "%p") if tight else clock)
    return None
