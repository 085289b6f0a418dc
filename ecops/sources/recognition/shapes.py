"""Tables that do not begin with one row of names: no header at all, two rows of it, a row of units, dates across."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ecops.sources.text import clean_cell, normalise_header

_NUMBER = re.compile(r"[-+(]?\s*[¥￥$€£]?\s*[-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?\s*[%万元)]?", re.IGNORECASE)
_DAY = re.compile(
    r"(?:(?:19|20)\d{2}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?|\d{1,2}月\d{1,2}日|(?:19|20)\d{6})(?:[ T].*)?"
)
_UNIT = re.compile(
    r"[(（\[]?(元|万元|千元|亿元|rmb|cny|usd|¥|￥|\$|€|人|万人|人次|人民币|个|件|万件|次|万次|单|笔|条|天|日|秒|分钟|小时|%|％|占比|"
    r"yuan|units?|pcs|people|persons?|times?|days?|seconds?|orders?|percent|date|text|-|—|/)[)）\]]?",
    re.IGNORECASE,
)
_SCALE = re.compile(r"[(（\[]\s*(?:单位[:：])?\s*([万千亿])\s*[元人件次单个]?\s*[)）\]]|^([万千亿])[元人件次单个]$")
_ACROSS = 3  # columns of days that make a table one with the dates across
_ALIKE = 0.8
_FEW_ROWS = 20


def kind(cell: str) -> str:
    """What a cell looks like: "day", "number", "text", or "" when it is empty."""
    plain = clean_cell(cell)
    if not plain:
        return ""
    if _DAY.fullmatch(plain):
        return "day"
    return "number" if _NUMBER.fullmatch(plain) else "text"


def is_headless(first: Sequence[str], below: Sequence[Sequence[str]], known: int) -> bool:
    """Whether what stands where a header should be is a row like those below it.

    Args:
        first: the cells of the row.
        below: the cells of the rows under it.
        known: how many of its cells are headers that any report has.
    """
    kinds = [kind(cell) for cell in first]
    values = [place for place, found in enumerate(kinds) if found in ("number", "day")]
    filled = sum(bool(found) for found in kinds)
    if known > 1 or not below or len(values) * 2 < filled or not values:
        return False
    if len({clean_cell(cell) for cell in first if cell}) < 2:
        return False
    same = [
        sum(kind(row[place]) == kinds[place] for row in below[:_FEW_ROWS] if place < len(row)) / len(below[:_FEW_ROWS])
        for place in values
    ]
    return sum(share >= _ALIKE for share in same) >= max(1, _ALIKE * len(values))


def joined_header(header: Sequence[str], above: Sequence[str]) -> tuple[str, ...]:
    """A header of two rows as one: gaps filled from the row above, and names that repeat told apart by their group.

    Args:
        header: the lower row, cleaned.
        above: the row before it, in which merged cells leave gaps; () when there is none.
    """
    upper = [clean_cell(cell) for cell in above]
    if len(upper) != len(header) or sum(bool(cell) for cell in upper) < 2:
        return tuple(header)
    groups, group = [], ""
    for cell in upper:
        group = cell or group
        groups.append(group)
    names = [normalise_header(cell) for cell in header]
    return tuple(
        (upper[place] if not cell else f"{groups[place]} {cell}" if names.count(names[place]) > 1 else cell)
        for place, cell in enumerate(header)
    )


def is_units(cells: Sequence[str]) -> bool:
    """Whether a row under the header says in what its columns are counted, and nothing else."""
    said = [clean_cell(cell) for cell in cells if clean_cell(cell)]
    return len(said) >= 2 and all(_UNIT.fullmatch(cell) for cell in said) and any(cell not in "-—/" for cell in said)


def scales_of(header: Sequence[str], units: Sequence[str] = ()) -> tuple[tuple[int, str], ...]:
    """Columns whose numbers are in thousands or more, by the header or the row of units: position and 千, 万 or 亿.

    >>> scales_of(["日期", "支付金额(万元)"]), scales_of(["日期", "金额"], ["", "千元"])
    (((1, '万'),), ((1, '千'),))
    """
    found = []
    for place, name in enumerate(header):
        unit = clean_cell(units[place]) if place < len(units) else ""
        match = _SCALE.search(unit) or _SCALE.search(name)
        if match:
            found.append((place, match.group(1) or match.group(2)))
    return tuple(found)


def without_unit(header: str) -> str:
    """A normalised header without the unit in brackets at its end.

    >>> without_unit("支付金额(元)"), without_unit("访客数(人)"), without_unit("cost (usd)"), without_unit("价格(含税)")
    ('支付金额', '访客数', 'cost', '价格(含税)')
    """
    match = re.fullmatch(r"(.+?)\s*[(\[](.+?)[)\]]", header)
    if match and (_UNIT.fullmatch(match.group(2)) or _SCALE.search(f"({match.group(2)})")):
        return match.group(1)
    return header


def turned(header: Sequence[str], rows: Sequence[Sequence[str]], known: Sequence[str]) -> list[list[str]] | None:
    """A table with the dates across as one with a row a day; None when it is none.

    Where the rows are figures (visitors, sales, ...) each becomes a column. Where they are products or places, each
    cell becomes a row of its own, whose figure nobody has named.

    Args:
        header: its cells, cleaned.
        rows: the cells of its rows.
        known: headers that any report has, normalised.
    """
    days = [place for place, cell in enumerate(header) if kind(cell) == "day"]
    labels = [place for place, cell in enumerate(header) if place not in days and cell]
    if len(days) < _ACROSS or not 1 <= len(labels) <= 3 or min(days) < max(labels):
        return None
    body = [list(row) + [""] * (len(header) - len(row)) for row in rows if any(cell.strip() for cell in row)]
    if not body or any(kind(row[place]) == "text" for row in body for place in days):
        return None
    names = [clean_cell(row[labels[0]]) for row in body]
    figures = sum(without_unit(normalise_header(name)) in known for name in names)
    if len(labels) == 1 and 2 * figures > len(names) and len(set(names)) == len(names):
        return [["日期", *names], *([header[day], *(row[day] for row in body)] for day in days)]
    long = [[*(row[place] for place in labels), header[day], row[day]] for row in body for day in days if row[day]]
    return [[*(header[place] for place in labels), "日期", "数值"], *long]
