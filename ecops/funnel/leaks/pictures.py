"""The pictures of what lies behind the steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ecops.charts import (
    PALETTE,
    Figure,
    Level,
    Look,
    count_axis,
    date_axis,
    level_lines,
    pale,
    percent_axis,
    plain,
    title,
)
from ecops.messages import Message, Percent, Value, write

if TYPE_CHECKING:
    import pandas as pd


def rate_line(
    rows: pd.DataFrame,
    name: Value,
    look: Look | None = None,
    levels: Sequence[Level] = (),
) -> Figure | None:
    """One rate from week to week with its interval; what others reach and the goal as lines across.

    Args:
        rows: `week`, `rate`, `low`, `high` in the order of the weeks.
        name: what the rate is called.
        look: language and colours of the reader.
        levels: what it is held against, such as a goal and a benchmark.
    """
    if rows.empty:
        return None
    look = look or Look()
    figure = look.figure()
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=rows["week"], y=rows["high"], **edge)
    figure.add_scatter(x=rows["week"], y=rows["low"], fill="tonexty", fillcolor=pale(PALETTE[0]), **edge)
    figure.add_scatter(
        x=rows["week"], y=rows["rate"], mode="lines+markers", name=plain(write(name, look.language)),
        line={"color": PALETTE[0], "width": 2}, hovertemplate="%{x|%Y-%m-%d}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    level_lines(figure, levels, Percent, look)
    first, last = rows.iloc[0], rows.iloc[-1]
    takeaway = Message(
        "{name}: {last} in the last week, {first} in the first of these {n} weeks.",
        name=name, last=Percent(float(last["rate"])), first=Percent(float(first["rate"])), n=len(rows),
    )  # fmt: skip
    title(figure, takeaway, Message("By week, with the 95% interval."), look.language)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(date_axis(look.language))
    figure.update_yaxes(percent_axis([0.0, *rows["high"], *(level.value for level in levels)]))
    return figure


def reason_bars(rows: pd.DataFrame, look: Look | None = None) -> Figure | None:
    """Reasons by how many payments failed for them, with the share that they make together."""
    if rows.empty:
        return None
    look = look or Look()
    shown = rows.head(8)
    names = [plain(str(reason) or write(Message("no reason given"), look.language)) for reason in shown["reason"]]
    figure = look.figure()
    figure.add_bar(
        y=names, x=shown["failures"], orientation="h", marker={"color": PALETTE[0]}, textposition="outside",
        text=[write(Percent(float(share)), look.language) for share in shown["cumulative"]],
        hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
    )  # fmt: skip
    first = shown.iloc[0]
    takeaway = Message("{reason} makes {share} of the failures.", reason=names[0], share=Percent(float(first["share"])))
    below = Message("Failed payments by reason; per cent: all reasons down to this one.")
    title(figure, takeaway, below, look.language)
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes({**count_axis(shown["failures"], look.language), "range": [0, shown["failures"].max() * 1.25]})
    figure.update_layout(showlegend=False)
    return figure


def length_bars(rows: pd.DataFrame, takeaway: Message, look: Look | None = None) -> Figure | None:
    """Purchases by how many events they took."""
    if rows.empty:
        return None
    look = look or Look()
    figure = look.figure()
    figure.add_bar(
        x=rows["steps"], y=rows["purchases"], marker={"color": PALETTE[0]},
        hovertemplate="%{x}: %{y:,.0f}<extra></extra>",
    )  # fmt: skip
    title(figure, takeaway, Message("Purchases by the number of events before them."), look.language)
    figure.update_yaxes(count_axis(rows["purchases"], look.language))
    figure.update_layout(showlegend=False)
    return figure


def loading_bars(rows: pd.DataFrame, takeaway: Message, look: Look | None = None) -> Figure | None:
    """Bounce by loading time, with intervals."""
    if rows.empty:
        return None
    look = look or Look()
    figure = look.figure()
    figure.add_bar(
        x=rows["seconds"], y=rows["rate"], marker={"color": PALETTE[0]}, hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        error_y={
            "type": "data", "symmetric": False, "array": rows["high"] - rows["rate"],
            "arrayminus": rows["rate"] - rows["low"], "color": look.ink.muted,
        },
    )  # fmt: skip
    title(figure, takeaway, Message("Share of visits that left at once, by seconds of loading."), look.language)
    figure.update_xaxes(type="category")
    figure.update_yaxes(percent_axis([0.0, *rows["high"]]))
    figure.update_layout(showlegend=False)
    return figure


def click_map(rows: pd.DataFrame, look: Look | None = None) -> Figure:
    """A heat map of click rates: surfaces down, slots across.

    Args:
        rows: of `clicks_by_place`, at least one.
        look: language and colours of the reader.
    """
    from ecops.funnel.leaks.placements import places_told

    look = look or Look()
    figure = look.figure()
    slots = list(dict.fromkeys(rows.sort_values("slot", key=_slot_order, kind="stable")["slot"]))
    sums = rows.groupby(["surface", "slot"])[["impressions", "clicks"]].sum()
    sums["rate"] = sums["clicks"] / sums["impressions"]
    rates = sums.reset_index().pivot_table(index="surface", columns="slot", values="rate").reindex(columns=slots)
    surfaces = rates.mean(axis=1).sort_values().index
    rates = rates.loc[surfaces]
    figure.add_heatmap(
        z=rates.to_numpy(), x=[slot or "—" for slot in slots], y=[plain(str(name)) for name in surfaces],
        colorscale=[[0.0, pale(PALETTE[0], 0.15)], [1.0, PALETTE[0]]], xgap=2, ygap=2, showscale=False,
        texttemplate="%{z:.1%}", hovertemplate="%{y} · %{x}: %{z:.2%}<extra></extra>", hoverongaps=False,
    )  # fmt: skip
    title(figure, places_told(rows), Message("Clicks over impressions: surfaces down, slots across."), look.language)
    figure.update_xaxes({"type": "category", "side": "bottom", "showgrid": False})
    figure.update_yaxes(showgrid=False)
    figure.update_layout(height=max(220, 110 + 44 * len(surfaces)))
    return figure


def _slot_order(slots: Any) -> Any:
    import pandas as pd

    return pd.to_numeric(slots, errors="coerce").fillna(float("inf"))
