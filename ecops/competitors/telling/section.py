"""Rivals in the weekly deck: the verdict, the gaps in money, what rivals did."""

from __future__ import annotations

import math

from ecops.competitors.standing.gaps import kpis
from ecops.competitors.telling import words
from ecops.competitors.telling.findings import verdict
from ecops.competitors.view import Prices, Standing
from ecops.messages import Count, Message, Money, Value
from ecops.reports.model import Block, Bullets, Section, Table

_MOST = 6


def section(found: Standing | None, prices: Prices | None) -> Section | None:
    """The part of the deck; None when nothing is known of peers or rivals."""
    said: list[Message] = []
    blocks: list[Block] = []
    if found is not None and len(found.gaps.table):
        said.append(verdict(found))
        rows = tuple(
            (
                kpis()[str(row["kpi"])].label,
                words.figure(str(row["kpi"]), float(row["own"]), found.currency),
                words.figure(str(row["kpi"]), float(row["median"]), found.currency),
                Count(int(row["n_peers"])),
                words.VERDICTS[str(row["verdict"])],
                _money(float(row["money"]), found.currency),
            )
            for row in found.gaps.table.head(_MOST).to_dict("records")
        )
        columns = (
            Message("Figure"), Message("Ours"), Message("Median peer"), Message("Peer shops"), Message("Verdict"),
            Message("Worth"),
        )  # fmt: skip
        blocks.append(Table(columns, rows))
    if prices is not None:
        said += [
            Message(
                "{shop} {change}: {product} ({day})",
                shop=str(row["shop"]),
                change=words.CHANGES[str(row["change"])],
                product=str(row["title"] or row["sku"]),
                day=row["date"].date(),
            )
            for row in prices.changes.head(3).to_dict("records")
        ]
    if not said:
        return None
    return Section(Message("Beside peers and rivals"), (Bullets(tuple(said)), *blocks))


def _money(value: float, currency: str) -> Value:
    return Money(value, currency) if math.isfinite(value) else "—"
