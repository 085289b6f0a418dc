"""Pictures of segments: who they are, where they stand, how they moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecops.charts import PALETTE, Figure, Look, numbered, plain, title
from ecops.customers.scoring.migration import Migration
from ecops.customers.scoring.segments import Segmented
from ecops.messages import Count, Message, Percent, Term, write

_LEFT = Term(en="No order in the window", zh="窗口内无订单")


def segment_bars(found: Segmented, look: Look | None = None) -> Figure:
    """Each segment's share of customers beside its share of money."""
    look = look or Look()
    table = found.table()
    table = table[table["customers"] > 0].iloc[::-1]
    labels = [plain(write(found.scheme[key].label, look.language)) for key in table["segment"]]
    figure = look.figure()
    for name, column, colour in (
        (Message("Customers"), "share", PALETTE[0]),
        (Message("Sales"), "money_share", PALETTE[1]),
    ):
        figure.add_bar(
            y=labels,
            x=table[column],
            orientation="h",
            name=write(name, look.language),
            marker={"color": colour},
            text=[write(Percent(float(value)), look.language) if np.isfinite(value) else "" for value in table[column]],
            textposition="outside",
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    best = table.loc[table["money_share"].idxmax()] if table["money_share"].notna().any() else None
    takeaway = Message("Segments of {n} customers", n=Count(len(found.rfm)))
    if best is not None:
        takeaway = Message(
            "{segment}: {share} of the customers, {money} of the sales.",
            segment=found.scheme[best["segment"]].label,
            share=Percent(float(best["share"])),
            money=Percent(float(best["money_share"])),
        )
    title(figure, takeaway, Message("Share of customers and of net sales, by segment."), look.language)
    top = float(max(table["share"].max(), table["money_share"].fillna(0).max(), 0.01))
    figure.update_layout(height=max(320, 44 * len(labels)), legend={"traceorder": "reversed", "y": -0.08})
    figure.update_xaxes(tickformat=".0%", range=[min(0.0, float(table["money_share"].min() or 0)), top * 1.25])
    return figure


def score_map(found: Segmented, look: Look | None = None) -> Figure:
    """Customers by their scores of recency and frequency."""
    look = look or Look()
    scores = found.scores
    bins = scores.cuts.bins
    count = np.zeros((bins, bins))
    np.add.at(count, (scores.f.astype(int) - 1, scores.r.astype(int) - 1), 1)
    figure = look.figure()
    figure.add_heatmap(
        z=np.where(count > 0, count, np.nan),
        x=[f"R{n}" for n in range(1, bins + 1)],
        y=[f"F{n}" for n in range(1, bins + 1)],
        text=_counts(count, look),
        texttemplate="%{text}",
        **numbered(look),
        showscale=False,
        hovertemplate="%{x} %{y}: %{z:,.0f}<extra></extra>",
    )
    best = float(count[-2:, -2:].sum() / max(count.sum(), 1))
    title(
        figure,
        Message("{share} of the customers bought both lately and often.", share=Percent(best)),
        Message("Customers by recency (R5: last order most recent) and frequency (F5: most orders)."),
        look.language,
    )
    figure.update_yaxes(showgrid=False)
    figure.update_layout(height=400)
    return figure


def migration_map(moves: Migration, look: Look | None = None) -> Figure:
    """From which segment to which: share of each row, with the number of customers."""
    look = look or Look()
    labels = [plain(write(entry.label, look.language)) for entry in moves.scheme.segments]
    base = moves.matrix.sum(1, keepdims=True)
    with np.errstate(invalid="ignore"):
        share = moves.matrix / base
    figure = look.figure()
    figure.add_heatmap(
        z=np.where(moves.matrix > 0, share, np.nan)[::-1],
        x=[*labels, plain(write(_LEFT, look.language))],
        y=labels[::-1],
        text=_counts(moves.matrix[::-1], look),
        texttemplate="%{text}",
        **numbered(look),
        showscale=False,
        zmin=0,
        zmax=1,
        hovertemplate="%{y} → %{x}: %{text} (%{z:.0%})<extra></extra>",
    )
    title(
        figure,
        Message(
            "{stayed} of {n} customers are where they were.", stayed=Percent(moves.stayed), n=Count(len(moves.origin))
        ),
        Message(
            "Rows: segment on {first}. Columns: segment on {second}. The stronger the colour, the larger the share of "
            "the row.",
            first=moves.before.rfm.snapshot,
            second=moves.after.rfm.snapshot,
        ),
        look.language,
    )
    figure.update_xaxes(side="top", tickangle=-45)
    figure.update_yaxes(showgrid=False)
    figure.update_layout(height=480)
    return figure


def _counts(values: Any, look: Look) -> list[list[str]]:
    return [[write(Count(float(value)), look.language) if value else "" for value in row] for row in values]
