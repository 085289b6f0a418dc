"""The pictures of a presale: the path of deposits in its band, and how sure each stock is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecops.charts import Figure, Look, count_axis, date_axis, pale, percent_axis, plain, title
from ecops.messages import Count, Message, Percent, write
from ecops.presale.analysis import Item

_STEPS = 100


def path_lines(item: Item, look: Look | None = None) -> Figure:
    """Deposits so far, the band they were expected in a week ago, and where they lead."""
    look = look or Look()
    ink, table = look.ink, item.track.table
    figure = look.figure()
    bands = (
        ("origin", Message("Expected a week before (90%)"), ink.benchmark),
        ("today", Message("What may come (90%)"), ink.accent),
    )
    for told, name, colour in bands:
        rows = _joined(table, told)
        if not len(rows):
            continue
        figure.add_scatter(
            x=[*rows["date"], *rows["date"][::-1]],
            y=[*rows["high"], *rows["low"][::-1]],
            mode="lines",
            fill="toself",
            fillcolor=pale(colour),
            line={"width": 0},
            hoverinfo="skip",
            name=write(name, look.language),
        )
        figure.add_scatter(
            x=rows["date"],
            y=rows["middle"],
            mode="lines",
            line={"color": colour, "width": 2, "dash": "dash"},
            showlegend=False,
            name=write(name, look.language),
            customdata=np.column_stack([rows["low"], rows["high"]]),
            hovertemplate="%{x}: %{y:,.0f} (%{customdata[0]:,.0f}–%{customdata[1]:,.0f})<extra></extra>",
        )
    known = table[table["deposits"].notna()]
    figure.add_scatter(
        x=known["date"],
        y=known["deposits"],
        mode="lines+markers",
        line={"color": ink.text, "width": 2},
        marker={"size": 4},
        name=write(Message("Deposits"), look.language),
        hovertemplate="%{x}: %{y:,.0f}<extra></extra>",
    )
    title(figure, path_takeaway(item), Message(
        "Units with a deposit since {opens}; deposits close on {closes}.", opens=item.series.opens,
        closes=item.series.closes,
    ), look.language)  # fmt: skip
    figure.update_xaxes(date_axis(look.language))
    figure.update_yaxes(count_axis([0, *table["high"].dropna(), *known["deposits"]], look.language))
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.18})
    return figure


def _joined(table: pd.DataFrame, told: str) -> pd.DataFrame:
    """A band with the last known day before it, so that it starts where the deposits stand."""
    rows = table[table["told"] == told]
    if not len(rows) or rows.index[0] == 0:
        return rows
    start = table.loc[[rows.index[0] - 1]]
    units = start["deposits"]
    return pd.concat([start.assign(low=units, middle=units, high=units), rows])


def path_takeaway(item: Item) -> Message:
    """What the path says."""
    low, high = item.prediction.interval("deposits")
    words = {"low": Count(low), "high": Count(high), "total": Count(item.series.total)}
    if item.series.closed:
        return Message("Deposits closed at {total} units.", **words)
    return {
        "above": Message("Deposits run above their path and lead to {low} to {high} units.", **words),
        "below": Message("Deposits run below their path and lead to {low} to {high} units.", **words),
        "inside": Message("Deposits follow their path and lead to {low} to {high} units.", **words),
        "early": Message("Too early to judge the path; deposits lead to {low} to {high} units.", **words),
    }[item.track.state]


def cover_curve(item: Item, look: Look | None = None) -> Figure:
    """In how many futures each stock suffices, with what is there, the rule of thumb and our order on the curve."""
    look = look or Look()
    ink = look.ink
    shares = (np.arange(_STEPS) + 0.5) / _STEPS
    units = np.quantile(item.prediction.need, shares, method="inverted_cdf")
    figure = look.figure()
    figure.add_scatter(
        x=units, y=shares, mode="lines", line={"color": ink.accent, "width": 2}, fill="tozeroy",
        fillcolor=pale(ink.accent), showlegend=False,
        name=write(Message("Futures in which it suffices"), look.language),
        hovertemplate="%{x:,.0f}: %{y:.0%}<extra></extra>",
    )  # fmt: skip
    ours, thumb = item.plan.outcome.stock, item.rule.quantity
    # The labels of two stocks beside each other stand on either side.
    marks = (
        (Message("There now"), item.money.available, ink.muted, "top center"),
        (Message("Rule of thumb"), thumb, ink.watch, "middle right" if thumb >= ours else "middle left"),
        (Message("With our order"), ours, ink.text, "middle left" if thumb >= ours else "middle right"),
    )
    for name, stock, colour, place in marks:
        label = plain(write(name, look.language))
        figure.add_scatter(
            x=[stock],
            y=[item.prediction.cover(stock)],
            mode="markers+text",
            text=[f"{label}<br>{write(Count(round(stock)), look.language)}"],
            textposition=place,
            textfont={"color": colour},
            marker={"size": 11, "color": colour},
            cliponaxis=False,
            showlegend=False,
            name=label,
            hovertemplate=f"{label}: %{{x:,.0f}} · %{{y:.0%}}<extra></extra>",
        )
    title(figure, cover_takeaway(item), Message(
        "Share of the simulated futures in which a stock suffices for balances and spot sales, by units.",
    ), look.language)  # fmt: skip
    top = max(float(units[-1]), item.money.available, thumb, ours, 1.0)
    figure.update_yaxes({**percent_axis([0, 1]), "range": [0, 1.06]})
    figure.update_xaxes({**count_axis([0, 1.2 * top], look.language), "range": [0, 1.3 * top]})
    figure.update_layout(showlegend=False)
    return figure


def cover_takeaway(item: Item) -> Message:
    """What the curve says."""
    ours = item.plan.outcome
    return Message(
        "{stock} units suffice in {cover} of the futures, the rule's {rule} in {other}.",
        stock=Count(round(ours.stock)),
        cover=Percent(ours.cover),
        rule=Count(round(item.rule.quantity)),
        other=Percent(item.rule.cover),
    )
