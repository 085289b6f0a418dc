"""Stock in the weekly deck: the verdict, and what to order."""

from __future__ import annotations

from ecops.inventory.analysis import Stock
from ecops.messages import Count, Message, Money
from ecops.reports.model import Block, Bullets, Section, Table

_MOST = 8


def section(stock: Stock) -> Section:
    """The part of the deck: verdict, notes, and the lines of today's purchase, the dearest to wait for first."""
    said = [stock.verdict]
    if stock.turnover is not None and stock.turnover.yearly == stock.turnover.yearly:
        said.append(
            Message("Stock lasts {days} days on average over the last year.", days=Count(round(stock.turnover.days)))
        )
    blocks: list[Block] = [Bullets((*said, *stock.notes[:3]))]
    if stock.lines:
        rows = tuple(
            (
                line.title,
                Count(line.quantity),
                Money(line.value, stock.currency),
                Money(line.wait, stock.currency),
                line.arrives,
            )
            for line in stock.lines[:_MOST]
        )
        columns = (
            Message("Product"),
            Message("Order"),
            Message("Value"),
            Message("Cost of waiting a week"),
            Message("Expected"),
        )
        blocks.append(Table(columns, rows))
    return Section(Message("What to order, what to clear"), tuple(blocks))
