"""The presale in the weekly deck: the verdict, what to order, the path of deposits."""

from __future__ import annotations

import math

from ecops.messages import Count, Message, Percent
from ecops.presale.analysis import Item, Presale
from ecops.reports.model import Block, Bullets, Chart, Section, Series, Table

_MOST = 8


def section(found: Presale) -> Section | None:
    """The part of the deck; None when no presale runs."""
    if not found.items:
        return None
    blocks: list[Block] = [Bullets((found.verdict, *found.notes[:3])), path_chart(found.items[0])]
    rows = tuple(
        (
            item.name,
            Count(item.series.total),
            Message("{low} to {high}", low=Count(item.prediction.interval()[0]),
                    high=Count(item.prediction.interval()[1])),
            Count(item.plan.quantity),
            item.arrives if item.late else item.latest,
            Percent(item.rule.cover),
        )
        for item in found.items[:_MOST]
    )  # fmt: skip
    columns = (
        Message("Product"),
        Message("Deposits"),
        Message("Needed (90%)"),
        Message("Order"),
        Message("Order by, or arrives"),
        Message("Cover of the 1.2 rule"),
    )
    blocks.append(Table(columns, rows))
    return Section(Message("How many to commit to the presale"), tuple(blocks))


def path_chart(item: Item) -> Chart:
    """Deposits so far and where they lead, as a chart of the deck."""
    table = item.track.table
    ahead = table["told"] == "today"
    low, high = item.prediction.interval("deposits")
    middle = tuple(float(value) for value in table["middle"].where(ahead, math.nan))
    return Chart(
        kind="line",
        title=Message(
            "{product}: {deposits} deposits so far, {low} to {high} by {closes}.",
            product=item.name,
            deposits=Count(item.series.total),
            low=Count(low),
            high=Count(high),
            closes=item.series.closes,
        ),
        subtitle=Message("Units with a deposit since the first day; band: 90 of 100 futures."),
        categories=tuple(table["date"]),
        series=(
            Series(Message("Deposits"), tuple(float(value) for value in table["deposits"])),
            Series(
                Message("Expected"),
                middle,
                benchmark=True,
                low=tuple(float(value) for value in table["low"].where(ahead, math.nan)),
                high=tuple(float(value) for value in table["high"].where(ahead, math.nan)),
            ),
        ),
        unit="count",
    )
