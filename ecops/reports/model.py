"""What a report says, before anybody decides how it looks. The writers know nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ecops.messages import Message, Value

Unit = Literal["money", "percent", "count"]


@dataclass(frozen=True, slots=True)
class Series:
    """One line or set of bars.

    Attributes:
        name: what it is.
        values: one number a category, in the chart's unit; NaN leaves a gap.
        benchmark: what the others are compared with: grey and dashed.
    """

    name: Value
    values: tuple[float, ...]
    benchmark: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture that proves something.

    Attributes:
        kind: bar, line (over time), or waterfall (one series of steps; the last is their sum, drawn from zero).
        title: the take-away.
        subtitle: what is plotted, in which unit.
        categories: labels of the horizontal axis.
        series: at most four.
        unit: of the values; a percent value is a share (0.031 for 3.1 %).
        currency: ISO code, for money.
    """

    kind: Literal["bar", "line", "waterfall"]
    title: Message
    subtitle: Message
    categories: tuple[Value, ...]
    series: tuple[Series, ...]
    unit: Unit = "count"
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values; numbers as `Money`, `Percent`, `Count` so that every writer knows their unit."""

    columns: tuple[Value, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, one a line."""

    items: tuple[Message, ...]


Block: TypeAlias = Bullets | Table | Chart

RECEIPTS = Message("Files behind the figures")
"""Heading of the appendix that every writer puts last."""


@dataclass(frozen=True, slots=True)
class Section:
    """One subject: a heading and what stands below it."""

    title: Message
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Attributes:
        title, subtitle: what it is about, and which period.
        verdict: the one sentence to read aloud.
        sections: in reading order.
        receipts: one line for each file the figures rest on; the appendix.
    """

    title: Message
    subtitle: Message
    verdict: Message
    sections: tuple[Section, ...]
    receipts: tuple[Message, ...] = ()
