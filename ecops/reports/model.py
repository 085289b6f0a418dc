"""What a report says, before anybody decides how it looks. The writers know nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ecops.messages import Message, Value

Unit = Literal["money", "percent", "count"]

Tone = Literal["good", "bad", ""]
"""Whether something is good or bad news; neither when "". The words say it too: the tone only colours them."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line or set of bars.

    Attributes:
        name: what it is.
        values: one number a category, in the chart's unit; NaN leaves a gap.
        benchmark: what the others are compared with: grey and dashed.
        pale: thin and pale, the single days behind an average.
        low, high: ends of the interval around each value, in the chart's unit; empty or NaN where there is none.
    """

    name: Value
    values: tuple[float, ...]
    benchmark: bool = False
    pale: bool = False
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


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
        ceiling: higher values do not stretch the axis and leave the picture at its top; they stay in its data.
    """

    kind: Literal["bar", "line", "waterfall"]
    title: Message
    subtitle: Message
    categories: tuple[Value, ...]
    series: tuple[Series, ...]
    unit: Unit = "count"
    currency: str = ""
    ceiling: float = math.inf


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values; numbers as `Money`, `Percent`, `Count` so that every writer knows their unit."""

    columns: tuple[Value, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, one a line.

    Attributes:
        items: the sentences.
        warning: they must be known before anything else.
    """

    items: tuple[Message, ...]
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One figure to look at.

    Attributes:
        label: what it is.
        value: how much.
        change: against what it is compared with, with an arrow.
        note: how the change is to be taken.
        tone: of the change.
    """

    label: Value
    value: Value
    change: Value
    note: Value
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Figures side by side, at most five."""

    items: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause on a page of its own.

    Attributes:
        headline: the sentence to read aloud.
        money: what it costs or brings in one unit of time; `unit` says which.
        unit: words for the money, for example "a week".
        interval: 95 % interval of the money; None when it is unknown.
        certainty: how sure it is.
        tone: loss or gain.
        picture: what proves it; None when there is nothing to draw.
        facts: what stands beside the picture, each with its name: evidence, advice, owner.
        notes: caveats.
    """

    headline: Message
    money: Value
    unit: Message
    interval: Value | None
    certainty: Message
    tone: Tone
    picture: Chart | None
    facts: tuple[tuple[Message, Value], ...]
    notes: tuple[Message, ...] = ()


Block: TypeAlias = Bullets | Table | Chart | Cards | Cause

RECEIPTS = Message("Files behind the figures")
"""Heading of the appendix that every writer puts last."""

WARNING = Message("To be known first")
"""Heading of warnings."""

MARK = "ecops"
"""The product's mark on every page."""


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
        opening: what stands below the verdict on the first page.
    """

    title: Message
    subtitle: Message
    verdict: Message
    sections: tuple[Section, ...]
    receipts: tuple[Message, ...] = ()
    opening: tuple[Block, ...] = ()
