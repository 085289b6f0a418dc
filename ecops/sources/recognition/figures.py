"""Further figures of an experiment's file: numbers that are no known column and nobody's number."""

from __future__ import annotations

import functools
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from ecops.sources.text import normalise_header
from ecops.tables import Table, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecops.sources.files.grid import Grid

_NUMBER = re.compile(r"[-+(]?\s*[¥￥$€£]?\s*[-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?\s*[%元)]?", re.IGNORECASE)
_FLAGS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f", "是", "否"})
_NUMBERED = re.compile(r"0\d+|\d{8,}")
"""Numbers that name something: with a leading zero (post codes), or as long as a telephone or order number."""
_NAMING = re.compile(
    r"(^|[ _.-])(id|code|zip|zipcode|postcode|phone|mobile|tel|telephone|imei|ip|passport|birthday|birth|age|index)"
    r"($|[ _.-])|(id|[ _.-](no|nr|number))\.?$|^unnamed"
    "|编号|单号|序号|号码|手机|电话|邮编|身份证|账号|卡号|生日|年龄|邮箱"
)
_TAIL = re.compile(r"\s*(?:\(\d+\)|[-_ ]?(?:copy|副本)|[-_ .]*\d{4}[-_.]?\d{2}[-_.]?\d{2})$", re.IGNORECASE)


def figure_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table that hold whatever number a file has."""
    return tuple(column.name for column in table.columns if column.unit == "figure")


def add_figures(table: Table, grid: Grid, columns: dict[str, int]) -> None:
    """Give the free columns of `table` to the numbers of `grid` that have no column yet, in the order of the file.

    Numbers that name a person, an order or a place are left alone: they are no figure, and they stay out of the shop's
    tables.
    """
    free = [name for name in figure_columns(table) if name not in columns]
    taken = set(columns.values())
    for position, header in enumerate(grid.columns):
        if free and position not in taken and is_figure(header, grid.samples[position]):
            columns[free.pop(0)] = position


def is_figure(header: str, samples: tuple[str, ...]) -> bool:
    """Whether a column may be a figure of a test, by its header and its first cells.

    >>> is_figure("time on page", ("3.5", "12")), is_figure("phone", ("138",)), is_figure("ref", ("13800138000",))
    (True, False, False)
    """
    if not normalise_header(header) or not samples or names_somebody(header):
        return False
    return all(_is_number(cell.strip()) for cell in samples)


def names_somebody(header: str) -> bool:
    """Whether the numbers of a column name people, orders or places, by its header.

    >>> names_somebody("Customer Phone"), names_somebody("number of visits")
    (True, False)
    """
    plain = normalise_header(header)
    return plain in _names_of_people() or _NAMING.search(plain) is not None


def _is_number(cell: str) -> bool:
    if cell.casefold() in _FLAGS:
        return True
    return bool(_NUMBER.fullmatch(cell)) and not _NUMBERED.fullmatch(cell)


@functools.cache
def _names_of_people() -> frozenset[str]:
    """Headers under which any table knows people, orders and other things that have a number."""
    columns = [column for entry in tables().values() for column in entry.columns if column.type in ("id", "person")]
    return frozenset(normalise_header(header) for column in columns for header in (column.name, *column.synonyms))


def named_by_file(grid: Grid) -> Mapping[str, str]:
    """The name of the test of a file that names none: that of the file, without its day and its number as a copy."""
    name = PurePath(grid.name.split(" › ")[0] if not grid.name.lower().endswith(".csv") else grid.name.split(" › ")[-1])
    stem = name.stem if name.suffix else name.name
    short = stem
    while _TAIL.search(short):
        short = _TAIL.sub("", short)
    return {"experiment": (short.strip(" -_.") or stem)[:80]} if stem else {}
