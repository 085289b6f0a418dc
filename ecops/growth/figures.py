"""Pictures of growth: the GMV tree, the waterfall that sums, segments, hours and the trend.

Every title is the take-away, every subtitle says what is plotted in which unit; `alt_text` says both in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops import charts
from ecops.charts import Figure, Look
from ecops.messages import Message, Money, Percent, Term, Value
from ecops.metrics.registry import metric, metrics
from ecops.periods import Period
from ecops.words import where, written

if TYPE_CHECKING:
    import pandas as pd

    from ecops.growth.diagnosis import Diagnosis
    from ecops.metrics.analysis import Kpis
    from ecops.statistics.decomposition import Decomposition

_LABELS = {
    "mix": Term(en="Mix", zh="结构"),
    "new": Term(en="New", zh="新增"),
    "vanished": Term(en="Gone", zh="消失"),
}
MOST_SEGMENTS = 12
"""Segments drawn; the rest stand in the table."""


def _label(factor: str) -> Value:
    return metrics()[factor].label if factor in metrics() else _LABELS.get(factor, factor)


def _figure(look: Look) -> Figure:
    return look.figure(showlegend=False)


def alt_text(figure: Figure) -> str:
    """The take-away and what is plotted, for readers who do not see the picture."""
    meta = figure.layout.get("meta", {})
    return " ".join(part for part in (meta.get("title", ""), meta.get("subtitle", "")) if part)


def _moved(before: float, after: float, currency: str) -> Message:
    change = after - before
    values: dict[str, Value] = {"money": Money(abs(change), currency), "after": Money(after, currency)}
    if change < 0:
        return Message("GMV fell by {money} to {after}", **values)
    if change > 0:
        return Message("GMV rose by {money} to {after}", **values)
    return Message("GMV stayed at {after}", **values)


def _strongest(tree: Decomposition, currency: str) -> Message:
    """The take-away of a decomposition: how GMV moved and which factor moved it most."""
    parts = tree.by_factor
    same = {key: part for key, part in parts.items() if part * tree.total > 0} or parts
    main = max(same, key=lambda key: abs(same[key]))
    return Message(
        "{moved}, mostly through {factor} ({part})",
        moved=_moved(tree.before, tree.after, currency),
        factor=_label(main),
        part=Money(parts[main], currency),
    )


def waterfall(diagnosis: Diagnosis, look: Look | None = None) -> Figure:
    """GMV before, what each factor added or took, GMV after; the bars sum. Empty where there is no decomposition."""
    look = look or Look()
    figure = _figure(look)
    tree, currency, language = diagnosis.tree, diagnosis.currency, look.language
    if tree is None:
        return charts.title(figure, Message("The factors of GMV are not known for these days"), "", language)
    parts = tree.by_factor
    names = [
        Message("Before"),
        *(_label(factor) for factor in parts),
        Message("After"),
    ]
    values = [tree.before, *parts.values(), tree.after]
    figure.add_waterfall(
        x=[charts.caption(name, language) for name in names],
        y=values,
        measure=["absolute", *["relative"] * len(parts), "total"],
        text=[charts.caption(Money(value, currency), language) for value in values],
        customdata=["gmv", *parts, "gmv"],
        textposition="outside",
        hoverinfo="x+text",
    )
    running = np.cumsum([tree.before, *parts.values()])
    figure.update_yaxes(charts.money_axis([*running, tree.after], currency, language))
    below = Message("Payments in {currency}: what each factor changed", currency=charts.currency_name(currency))
    return charts.title(figure, _strongest(tree, currency), below, language)


def gmv_tree(diagnosis: Diagnosis, look: Look | None = None) -> Figure:
    """GMV and its factors as a tree: value before and after, and what each factor is worth in money."""
    look = look or Look()
    figure = _figure(look)
    tree, currency, language = diagnosis.tree, diagnosis.currency, look.language
    if tree is None:
        return charts.title(figure, Message("The factors of GMV are not known for these days"), "", language)
    blocks = {block.metric: block for block in diagnosis.blocks}
    parts = tree.by_factor
    heights = np.linspace(0.85, 0.15, len(parts))
    # The boxes are opaque and lie above: lines from middle to middle meet every box, however wide its words are.
    for height in heights:
        line = {"color": look.ink.benchmark, "width": 1}
        figure.add_shape(type="line", x0=0.18, y0=0.5, x1=0.74, y1=float(height), line=line, layer="below")
    _box(figure, look, 0.18, 0.5, metric("gmv").label, (tree.before, tree.after, "gmv"), tree.total, currency)
    for (factor, part), height in zip(parts.items(), heights, strict=True):
        block = blocks.get(factor)
        ends = (float("nan"), float("nan"), factor) if block is None else (block.before, block.after, factor)
        _box(figure, look, 0.74, float(height), _label(factor), ends, part, currency)
    # Words take no clicks; marks nobody sees, as large as a box, do.
    figure.add_scatter(
        x=[0.18, *[0.74] * len(parts)],
        y=[0.5, *heights],
        customdata=["gmv", *parts],
        mode="markers",
        marker={"size": 64, "symbol": "square", "opacity": 0},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hoverinfo="none",
    )
    figure.update_xaxes(visible=False, range=[0, 1]).update_yaxes(visible=False, range=[0, 1])
    below = Message("Each factor with what it changed, in {currency}", currency=charts.currency_name(currency))
    return charts.title(figure, _strongest(tree, currency), below, language)


def _box(
    figure: Figure, look: Look, x: float, y: float, label: Value, ends: tuple[float, float, str], part: float,
    currency: str,
) -> None:  # fmt: skip
    """One node of the tree: label, before and after, and the contribution with an arrow."""
    before, after, key = ends
    lines = [f"<b>{charts.caption(label, look.language)}</b>"]
    if np.isfinite(before) and np.isfinite(after):
        shown = [charts.caption(written(key, value, currency), look.language) for value in (before, after)]
        lines.append(f"{shown[0]} → {shown[1]}")
    arrow = "▲" if part > 0 else "▼" if part < 0 else ""
    colour = look.ink.gain if part > 0 else look.ink.loss
    lines.append(f'<span style="color:{colour}">{arrow} {charts.caption(Money(part, currency), look.language)}</span>')
    figure.add_annotation(
        x=x, y=y, text="<br>".join(lines), showarrow=False, align="left", bordercolor=look.ink.grid, borderwidth=1,
        borderpad=8, bgcolor=look.ink.paper,
    )  # fmt: skip


def segments(figures: Kpis, key: str, by: Sequence[str], look: Look | None = None) -> Figure:
    """A metric by segment, before and after as a dumbbell, largest change on top.

    Args:
        figures: of `ecops.growth.kpis` with `by`.
        key: metric.
        by: the same segment columns.
        look: of the reader.
    """
    look = look or Look()
    figure = _figure(look)
    entry, language = metric(key), look.language
    table = figures.table
    rows = table[table["metric"] == key] if len(table) else table
    if not len(rows):
        return charts.title(figure, Message("{metric} is not known by segment", metric=entry.label), "", language)
    order = (rows["like"].fillna(0) - rows["previous"].fillna(0)).abs().sort_values(ascending=False).index
    rows = rows.loc[order[:MOST_SEGMENTS]].iloc[::-1]
    names = [charts.caption(where({name: str(row[name]) for name in by}), language) for _, row in rows.iterrows()]
    for name, old, new in zip(names, rows["previous"], rows["like"], strict=True):
        figure.add_scatter(
            x=[old, new], y=[name, name], mode="lines", line={"color": look.ink.benchmark}, hoverinfo="skip"
        )
    for column, colour, label in (
        ("previous", look.ink.benchmark, Message("Before")),
        ("like", look.ink.accent, Message("After")),
    ):
        figure.add_scatter(
            x=rows[column],
            y=names,
            mode="markers",
            name=charts.caption(label, language),
            marker={"color": colour, "size": 11},
            customdata=rows[by[0]] if len(by) == 1 else None,
            text=[charts.caption(written(key, value, figures.currency), language) for value in rows[column]],
            hoverinfo="y+text+name",
        )
    figure.update_xaxes(axis(key, [*rows["previous"], *rows["like"]], figures.currency, language))
    figure.update_layout(showlegend=True)
    top = rows.iloc[-1]
    takeaway = Message(
        "{where} changed most: {before} to {after}",
        where=where({name: str(top[name]) for name in by}),
        before=written(key, float(top["previous"]), figures.currency),
        after=written(key, float(top["like"]), figures.currency),
    )
    return charts.title(figure, takeaway, Message("{metric}, before and after", metric=entry.label), language)


def axis(key: str, values: Sequence[float], currency: str, language: str) -> dict[str, Any]:
    """The axis that fits the unit of a metric."""
    entry = metric(key)
    if entry.unit == "money":
        return charts.money_axis(values, currency, language)
    if entry.percent:
        return charts.percent_axis(values)
    return charts.count_axis(values, language)


_WEEKDAYS = (
    Term(en="Mon", zh="周一"),
    Term(en="Tue", zh="周二"),
    Term(en="Wed", zh="周三"),
    Term(en="Thu", zh="周四"),
    Term(en="Fri", zh="周五"),
    Term(en="Sat", zh="周六"),
    Term(en="Sun", zh="周日"),
)


def heat_map(table: pd.DataFrame, currency: str = "", look: Look | None = None) -> Figure:
    """Sales by hour and weekday; `table` as `ecops.growth.views.hours` gives it."""
    look = look or Look()
    figure = _figure(look)
    grid = table["gross_sales"].to_numpy().reshape(len(_WEEKDAYS), 24)
    if not grid.sum() > 0:
        return charts.title(figure, Message("No sales with an hour in these days"), "", look.language)
    text = [[charts.caption(Money(value, currency), look.language) for value in row] for row in grid]
    figure.add_heatmap(
        z=grid,
        x=list(range(24)),
        y=[charts.caption(day, look.language) for day in _WEEKDAYS],
        text=text,
        hovertemplate="%{y} %{x}:00<br>%{text}<extra></extra>",
        showscale=False,
    )
    figure.update_yaxes(autorange="reversed").update_xaxes(dtick=3)
    day, hour = np.unravel_index(int(np.argmax(grid)), grid.shape)
    takeaway = Message(
        "Most is sold on {day} from {hour}:00, {share} of the week",
        day=_WEEKDAYS[int(day)],
        hour=int(hour),
        share=Percent(float(grid[day, hour] / grid.sum())),
    )
    below = Message("Sales by hour and weekday, in {currency}", currency=charts.currency_name(currency))
    return charts.title(figure, takeaway, below, look.language)


def trend(
    table: pd.DataFrame,
    key: str,
    period: Period,
    currency: str = "",
    look: Look | None = None,
    levels: Sequence[charts.Level] = (),
) -> Figure:
    """Six weeks and the period by day, with the same weekday a year before; `table` as `ecops.growth.views.trend`.

    `levels` are a goal and a benchmark of a day, in the metric's unit.
    """
    look = look or Look()
    figure = _figure(look)
    language, entry = look.language, metric(key)
    lines = (("year_before", look.ink.benchmark, ("dash", 1), Message("A year before")),
             ("value", look.ink.accent, ("solid", 2), Message("This year")))  # fmt: skip
    for column, colour, (dash, width), label in lines:
        if not table[column].notna().any():
            continue
        figure.add_scatter(
            x=table["date"],
            y=table[column],
            mode="lines",
            name=charts.caption(label, language),
            line={"color": colour, "dash": dash, "width": width},
            text=[charts.caption(written(key, value, currency), language) for value in table[column]],
            hoverinfo="x+text+name",
        )
    figure.add_shape(
        type="rect", x0=period.start, x1=period.end, y0=0, y1=1, xref="x", yref="y domain", line={"width": 0},
        fillcolor=charts.pale(look.ink.accent, 0.08),
    )  # fmt: skip
    values = _told(table)
    charts.level_lines(figure, levels, lambda value: written(key, value, currency), look)
    _name_peaks(figure, table, max(values, default=0.0), lambda value: written(key, value, currency), look)
    reached = [*values, *(level.value for level in levels)]
    figure.update_yaxes(axis(key, reached, currency, language)).update_xaxes(charts.date_axis(language))
    figure.update_layout(showlegend=bool(table["year_before"].notna().any()))
    below = Message("{metric} by day, with the same weekday a year before", metric=entry.label)
    return charts.title(figure, _trend_sentence(table, key, period), below, language)


def _told(table: pd.DataFrame) -> list[float]:
    """The values that the axis of the trend has to hold: a peak a year ago must not flatten this year.

    This year's values, and those of a year before up to half above the highest of them.
    """
    own, year_before = ([float(value) for value in table[name].dropna()] for name in ("value", "year_before"))
    if not own:
        return year_before
    return own + [value for value in year_before if value <= 1.5 * max(own)]


def _name_peaks(figure: Figure, table: pd.DataFrame, top: float, as_text: Callable[[float], Value], look: Look) -> None:
    """A mark and words at the upper edge wherever the line of a year before leaves the picture."""
    beyond = (table["year_before"] > 1.5 * top) if table["value"].notna().any() else table["year_before"] < 0
    for _, peak in table[beyond].groupby((~beyond).cumsum()[beyond]):
        high = peak.loc[peak["year_before"].idxmax()]
        words = Message("a year before: {value}", value=as_text(float(high["year_before"])))
        figure.add_annotation(
            x=high["date"], y=1, yref="paper", yanchor="top", xanchor="right", showarrow=False,
            text=f"{charts.caption(words, look.language)} ▲", font={"color": look.ink.muted, "size": 12},
            bgcolor=look.ink.paper, opacity=0.9,
        )  # fmt: skip


def _trend_sentence(table: pd.DataFrame, key: str, period: Period) -> Message:
    """The mean day of the period against the mean day known before it: of six weeks, or of as much as there is."""
    inside = (table["date"] >= period.start) & (table["date"] <= period.end)
    now, then = float(table.loc[inside, "value"].mean()), float(table.loc[~inside, "value"].mean())
    if not (np.isfinite(now) and np.isfinite(then) and then):
        return Message("{metric} by day", metric=metric(key).label)
    change = now / then - 1
    before = table.loc[(table["date"] < period.start) & table["value"].notna(), "date"]
    days = (period.start - before.min()).days
    weeks, rest = divmod(days, 7)
    span = Message("{n} weeks", n=weeks) if rest == 0 and weeks > 1 else Message("{n} days", n=days)
    values: dict[str, Value] = {"metric": metric(key).label, "change": Percent(abs(change)), "span": span}
    if change < 0:
        return Message("{metric}: an average day is {change} below the {span} before", **values)
    return Message("{metric}: an average day is {change} above the {span} before", **values)
