"""The pictures of stock: how long each product lasts, and what each rule delivers for how much stock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ecops.charts import PALETTE, Figure, Look, count_axis, percent_axis, plain, title
from ecops.inventory.analysis import Stock
from ecops.inventory.policies.replay import Frontier
from ecops.inventory.policies.rules import Rule
from ecops.messages import Count, Message, Number, Percent, Term, write

if TYPE_CHECKING:
    import pandas as pd

MOST = 15
"""Bars of one picture."""

_LONGEST = 90.0
"""Bars end here: beyond, the number stands beside the bar."""

ALERTS: dict[str, Term] = {
    "out": Term(en="out of stock", zh="已断货"),
    "promised": Term(en="all promised", zh="已全部预售出"),
    "alarm": Term(en="alarm", zh="即将断货"),
    "reorder": Term(en="reorder", zh="该补货"),
    "dead": Term(en="dead", zh="死库存"),
    "excess": Term(en="excess", zh="超储"),
    "idle": Term(en="idle", zh="近期无动销"),
    "ok": Term(en="fine", zh="正常"),
    "unknown": Term(en="not counted", zh="未盘点"),
}
"""What an alert is called."""


def urgent(table: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """The counted products to look at first: what is missing by the sales in danger, then what lasts shortest."""
    rank = {name: place for place, name in enumerate(("out", "promised", "alarm", "reorder"))}
    first = table[(table["daily_sales"] > 0) & (table["alert"] != "unknown")]
    order = first.assign(rank=first["alert"].map(rank).fillna(len(rank)))
    return order.sort_values(["rank", "cover_days", "sku"], kind="stable").head(most)


def cover_bars(stock: Stock, look: Look | None = None) -> Figure | None:
    """Days that each of the most urgent products lasts, beside its lead time; None without any."""
    look = look or Look()
    rows = urgent(stock.table)
    if rows.empty:
        return None
    ink = look.ink
    colours = {"out": ink.loss, "promised": ink.loss, "alarm": ink.loss, "reorder": ink.watch}
    labels = [plain(name) for name in rows["title"]]
    days = np.minimum(rows["cover_days"].to_numpy(dtype=float), _LONGEST)
    words = [_days(value, alert, look) for value, alert in zip(rows["cover_days"], rows["alert"], strict=True)]
    short = (rows["cover_days"] < rows["lead_days"]).to_numpy()
    figure = look.figure()
    figure.add_bar(
        y=labels,
        x=days,
        orientation="h",
        marker={"color": [colours.get(alert, ink.accent) for alert in rows["alert"]]},
        text=["" if under else word for under, word in zip(short, words, strict=True)],
        customdata=words,
        textposition="outside",
        cliponaxis=False,
        name=write(Message("Days of cover"), look.language),
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    # What ends before the mark is labelled behind it, so that the mark crosses no word.
    figure.add_scatter(
        y=labels,
        x=np.minimum(rows["lead_days"].to_numpy(dtype=float), _LONGEST),
        mode="markers+text",
        text=[word if under else "" for under, word in zip(short, words, strict=True)],
        textposition="middle right",
        cliponaxis=False,
        marker={"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": ink.text}},
        name=write(Message("Days until an order arrives"), look.language),
        hovertemplate="%{y}: %{x:.0f}<extra></extra>",
    )
    takeaway = (
        Message("{n} products run out before an order placed today can arrive.", n=int(short.sum()))
        if short.any()
        else Message("Every product lasts until an order placed today can arrive.")
    )
    title(figure, takeaway, Message("Days of cover of the most urgent products; the mark: lead time."), look.language)
    figure.update_layout(showlegend=False, bargap=0.35, height=max(220, 60 + 26 * len(rows)))
    figure.update_yaxes(autorange="reversed")
    top = float(max(days.max(), rows["lead_days"].max(), 1.0))
    figure.update_xaxes({**count_axis([0, top], look.language), "range": [0, top * 1.6]})
    return figure


def _days(value: float, alert: str, look: Look) -> str:
    word = write(ALERTS[alert], look.language)
    if not math.isfinite(value):
        return word
    return f"{write(Message('{n} days', n=Number(value, 0)), look.language)} · {word}"


def frontier_lines(found: Frontier, rules: dict[str, Rule], look: Look | None = None) -> Figure:
    """Stock against service, one line a rule; the ring is the rule as it stands."""
    look = look or Look()
    points = found.points
    figure = look.figure()
    for place, key in enumerate(dict.fromkeys(points["rule"])):
        mine = points[points["rule"] == key].sort_values("cover_days", kind="stable")
        label = write(rules[key].label, look.language)
        colour = PALETTE[place % len(PALETTE)]
        figure.add_scatter(
            x=mine["cover_days"],
            y=mine["cycle_service"],
            mode="lines+markers",
            name=label,
            line={"color": colour, "width": 2},
            marker={
                "size": [13 if chosen else 6 for chosen in mine["chosen"]],
                "symbol": ["circle-open" if chosen else "circle" for chosen in mine["chosen"]],
                "line": {"width": 2, "color": colour},
                "color": colour,
            },
            hovertemplate=f"{plain(label)}: %{{x:.0f}} · %{{y:.1%}}<extra></extra>",
        )
    title(figure, takeaway(found, rules), Message(
        "Cycles without a stock-out against days of stock held; {n} products, the last {days} days replayed. "
        "Ring: the rule as it stands.", n=Count(found.products), days=found.days,
    ), look.language)  # fmt: skip
    figure.update_yaxes(percent_axis([0, *points["cycle_service"].dropna(), 1.0]))
    figure.update_xaxes(count_axis([0, *points["cover_days"].dropna()], look.language))
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.18})
    return figure


def takeaway(found: Frontier, rules: dict[str, Rule]) -> Message:
    """What the comparison says: the rule of thumb as it stands, and the learned one at about the same stock."""
    points = found.points
    now = points[points["chosen"]]
    learned, thumb = now[now["rule"] == "learned"], now[now["rule"] == "cover_days"]
    if learned.empty or thumb.empty:
        best = now.sort_values("cycle_service").iloc[-1]
        return Message(
            "{rule} keeps {service} of cycles with {days} days of stock.",
            rule=rules[str(best["rule"])].label,
            service=Percent(float(best["cycle_service"])),
            days=Number(float(best["cover_days"]), 0),
        )
    return Message(
        "Your {rule} would have kept {thumb} of cycles without a stock-out, the learned rule {learned}, with {more} "
        "and {less} days of stock.",
        rule=rules["cover_days"].label,
        thumb=Percent(float(thumb["cycle_service"].iloc[0])),
        learned=Percent(float(learned["cycle_service"].iloc[0])),
        more=Number(float(thumb["cover_days"].iloc[0]), 0),
        less=Number(float(learned["cover_days"].iloc[0]), 0),
    )
