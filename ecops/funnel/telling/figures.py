"""The pictures of a funnel: bars with the rates between them, what changed the money, and how long people take."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecops.charts import PALETTE, Figure, Look, count_axis, money_axis, pale, plain, title
from ecops.funnel.causes.diagnosis import Diagnosis
from ecops.funnel.paths.behaviour import TimeToConvert
from ecops.funnel.table import FunnelTable
from ecops.funnel.telling.findings import told_apart
from ecops.funnel.telling.reference import Mark
from ecops.messages import Count, Message, Money, Number, Percent, Term, Value, write
from ecops.statistics.decomposition import MIX, NEW, VANISHED

_FACTORS = {
    "entered": Message("traffic"),
    MIX: Message("traffic mix"),
    NEW: Message("new segments"),
    VANISHED: Message("vanished segments"),
}


def funnel_bars(
    table: FunnelTable,
    before: FunnelTable | None = None,
    takeaway: Message | None = None,
    look: Look | None = None,
    marks: Sequence[Mark] = (),
) -> Figure:
    """The steps as horizontal bars with the rate from step to step; the comparison as a thin outline.

    The alternative text is in `figure.layout["meta"]["alt"]`.

    Args:
        table: the funnel now.
        before: what it is compared with; scaled to the same number at the first step when the periods differ in length.
        takeaway: the title; the overall rate when None.
        look: language and colours of the reader.
        marks: where steps would stand at a benchmark, see `ecops.funnel.telling.reference.marks`.
    """
    look = look or Look()
    whole = table.distinct
    labels = [_step_label(table, i, look) for i in range(len(table.steps))]
    figure = look.figure()
    figure.add_bar(
        y=labels,
        x=whole,
        orientation="h",
        marker={"color": PALETTE[0], "pattern": {"shape": ["" if not s.optional else "/" for s in table.steps]}},
        text=[_bar_text(table, i, look, before) for i in range(len(table.steps))],
        textposition="outside",
        cliponaxis=False,
        name=write(Message("now"), look.language),
        hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
    )
    if before is not None:
        figure.add_bar(
            y=labels,
            x=before.distinct * _scale(table, before),
            orientation="h",
            marker={"color": "rgba(0,0,0,0)", "line": {"color": look.ink.benchmark, "width": 1.5}},
            name=write(Message("before"), look.language),
            hoverinfo="skip",
        )
    if marks:
        figure.add_scatter(
            y=[labels[mark.step] for mark in marks],
            x=[mark.units for mark in marks],
            mode="markers",
            marker={"symbol": "line-ns", "size": 24, "line": {"width": 3, "color": look.ink.watch}},
            text=[plain(_mark_text(mark, look)) for mark in marks],
            name=write(Message("benchmark"), look.language),
            hovertemplate="%{text}<extra></extra>",
        )
    shown = takeaway or _overall(table)
    subtitle = Message("Units at each step; per cent of the step before. Outline: the comparison.")
    if marks:
        told = "; ".join(f"{labels[mark.step]} {_mark_text(mark, look)}" for mark in marks)
        subtitle = Message("{plotted} Upright mark: {benchmarks}.", plotted=subtitle, benchmarks=told)
    title(figure, shown, subtitle, look.language)
    top = [
        *whole,
        *(mark.units for mark in marks),
        *(before.distinct * _scale(table, before) if before is not None else ()),
    ]
    figure.update_layout(barmode="overlay", showlegend=False, bargap=0.35)
    figure.update_yaxes(autorange="reversed")
    # Plotly leaves no room for words behind the longest bar.
    figure.update_xaxes({**count_axis(top, look.language), "range": [0, max([1.0, *top]) * 1.3]})
    return _with_alt(figure, _funnel_alt(table, shown, look))


def _scale(table: FunnelTable, before: FunnelTable) -> float:
    if table.period and before.period:
        return table.period.days / before.period.days
    return 1.0


def _step_label(table: FunnelTable, step: int, look: Look) -> str:
    return plain(write(table.steps[step].term, look.language))


def _rate(table: FunnelTable, step: int) -> float:
    base = table.base[step]
    return float(table.distinct[step] / table.distinct[base]) if base >= 0 and table.distinct[base] else float("nan")


def _bar_text(table: FunnelTable, step: int, look: Look, before: FunnelTable | None = None) -> str:
    """The number and the rate from the step before, beside the rate it is compared with."""
    count = write(Count(float(table.distinct[step])), look.language)
    rate = _rate(table, step)
    if not np.isfinite(rate):
        return count
    then = float("nan") if before is None else _rate(before, step)
    if not np.isfinite(then):
        return f"{count} · {write(Percent(rate), look.language)}"
    now, earlier = told_apart(rate, then)
    return f"{count} · {write(now, look.language)} ({write(Message('before {rate}', rate=earlier), look.language)})"


def _mark_text(mark: Mark, look: Look) -> str:
    """The benchmark as people say it."""
    return f"{write(mark.words, look.language)} {write(Percent(mark.rate), look.language)}"


def _overall(table: FunnelTable) -> Message:
    first, last = table.required[0], table.required[-1]
    rate = table.distinct[last] / table.distinct[first] if table.distinct[first] else float("nan")
    return Message(
        "{rate} of {first} reach {last}.",
        rate=Percent(float(rate)),
        first=table.steps[first].term,
        last=table.steps[last].term,
    )


def _funnel_alt(table: FunnelTable, takeaway: Message, look: Look) -> str:
    steps = "; ".join(f"{_step_label(table, i, look)} {_bar_text(table, i, look)}" for i in range(len(table.steps)))
    return f"{takeaway.text(look.language)} {steps}"


def money_waterfall(diagnosis: Diagnosis, look: Look | None = None) -> Figure | None:
    """What changed the money, factor by factor; the bars add up exactly. None without a comparison.

    Without money the unit is units of the last step.
    """
    parts = diagnosis.money
    if parts is None:
        return None
    look = look or Look()
    table = diagnosis.after
    with_money = "order_value" in parts.factors
    factors = parts.by_factor

    def said(value: float) -> str:
        number: Value = Money(value, table.currency) if with_money else Number(value, 0)
        return write(number, look.language)

    labels = [write(Message("before"), look.language), *(_factor(table, name, look) for name in factors)]
    labels.append(write(Message("now"), look.language))
    lines = [_in_lines(label) for label in labels]
    values = [parts.before, *factors.values(), parts.after]
    figure = look.figure()
    figure.add_waterfall(
        x=labels,
        y=values,
        measure=["absolute", *["relative"] * len(factors), "total"],
        text=[said(value) for value in values],
        textposition="outside",
        increasing={"marker": {"color": look.ink.gain}},
        decreasing={"marker": {"color": look.ink.loss}},
        totals={"marker": {"color": look.ink.accent}},
        connector={"line": {"color": look.ink.grid}},
    )
    worst = min(factors, key=lambda name: factors[name] * np.sign(parts.total or 1) * -1)
    takeaway = Message(
        "{factor} made {part} of the change of {total}.",
        factor=_at_the_start(table, worst),
        part=Money(factors[worst], table.currency) if with_money else Number(factors[worst], 0),
        total=Money(parts.total, table.currency) if with_money else Number(parts.total, 0),
    )
    unit = Message("Money of the last step, by funnel step and segment; the parts add up exactly.")
    if not with_money:
        unit = Message("Units of the last step, by funnel step and segment; the parts add up exactly.")
    title(figure, takeaway, unit, look.language)
    reached = [*np.cumsum(values[:-1]), parts.after]
    axis = money_axis(reached, table.currency, look.language) if with_money else count_axis(reached, look.language)
    figure.update_yaxes(axis)
    # Left alone Plotly turns all names aslant as soon as one is too long for its bar.
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(len(lines))), ticktext=lines, tickangle=0, tickfont={"size": 11}
    )
    figure.update_layout(showlegend=False)
    told = "; ".join(f"{label} {said(value)}" for label, value in zip(labels, values, strict=True))
    return _with_alt(figure, f"{takeaway.text(look.language)} {told}")


def _in_lines(label: str) -> str:
    """A name on lines as wide as a bar: seven Latin letters, or three Chinese characters, a step without brackets."""
    if label.isascii():
        return "<br>".join(textwrap.wrap(label, 7, break_long_words=False))
    parts = [part for part in label.replace("「", "").split("」") if part]
    rows = [(part, -(-len(part) // -(-len(part) // 3))) for part in parts]
    return "<br>".join(part[start : start + width] for part, width in rows for start in range(0, len(part), width))


def _at_the_start(table: FunnelTable, name: str) -> Term:
    """The factor as the first word of a sentence."""
    english = _factor(table, name, Look("en"))
    return Term(en=english[:1].upper() + english[1:], zh=_factor(table, name, Look("zh")))


def _factor(table: FunnelTable, name: str, look: Look) -> str:
    if name in _FACTORS:
        return write(_FACTORS[name], look.language)
    if name == "order_value":
        alike = Message("order value by source") if table.by else Message("value of an order")
        return write(alike, look.language)
    step = table.names.index(name)
    words = Message("rate to {step}", step=table.steps[step].term)
    return plain(words.text(look.language))


def time_histogram(times: TimeToConvert, look: Look | None = None) -> Figure | None:
    """How long people took from the first step to the chosen one. None when nobody got there."""
    if not len(times.counts):
        return None
    look = look or Look()
    size, unit = _time_unit(float(times.edges[-1]))
    edges = times.edges / size
    median = float(times.steps.loc[times.steps["step"] == times.to_step, "median_total"].iloc[0]) / size
    figure = look.figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=times.counts,
        width=np.diff(edges),
        marker={"color": PALETTE[0], "line": {"width": 1, "color": look.ink.paper}},
        hovertemplate="%{x:.1f}: %{y:,.0f}<extra></extra>",
    )
    figure.add_vline(x=median, line={"color": look.ink.benchmark, "dash": "dash", "width": 1.5})
    takeaway = Message("Half of them took less than {time} {unit}.", time=Number(median, 1), unit=unit)
    subtitle = Message("Units by the time from the first step to {step}, in {unit}.", step=times.to_step, unit=unit)
    title(figure, takeaway, subtitle, look.language)
    figure.update_yaxes(count_axis(times.counts, look.language))
    figure.update_layout(showlegend=False, bargap=0)
    total = Message("{n} in all.", n=Count(float(times.counts.sum())))
    return _with_alt(figure, f"{takeaway.text(look.language)} {total.text(look.language)}")


def _time_unit(longest: float) -> tuple[float, Term]:
    for size, term in (
        (86_400.0, Term(en="days", zh="天")),
        (3_600.0, Term(en="hours", zh="小时")),
        (60.0, Term(en="minutes", zh="分钟")),
    ):
        if longest >= 2 * size:
            return size, term
    return 1.0, Term(en="seconds", zh="秒")


def segment_rates(table: FunnelTable, step: str, dimension: str, look: Look | None = None) -> Figure:
    """The rate to a step in every segment, with its interval, lowest first; small bases are pale."""
    look = look or Look()
    rows = table.along(dimension).rows
    rows = rows[(rows["step"] == step) & rows["rate_prev"].notna()].sort_values("rate_prev", kind="stable")
    base = (rows["n"] / rows["rate_prev"].where(rows["rate_prev"] > 0)).fillna(0.0)
    colours: list[str] = [PALETTE[0] if n >= 100 else pale(PALETTE[0], 0.4) for n in base]
    errors: dict[str, Any] = {
        "type": "data",
        "symmetric": False,
        "array": rows["high"] - rows["rate_prev"],
        "arrayminus": rows["rate_prev"] - rows["low"],
        "color": look.ink.muted,
    }
    figure = look.figure()
    figure.add_scatter(
        x=rows["rate_prev"],
        y=[plain(value or "?") for value in rows[dimension]],
        mode="markers",
        marker={"color": colours, "size": 10},
        error_x=errors,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    label = table.steps[table.names.index(step)].term
    worst = str(rows[dimension].iloc[0]) if len(rows) else "?"
    takeaway = Message("{segment} is the lowest on the way to {step}.", segment=worst or "?", step=label)
    title(figure, takeaway, Message("Rate from the step before, with its 95% interval."), look.language)
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    said = "; ".join(
        f"{value or '?'} {write(Percent(float(rate)), look.language)}"
        for value, rate in zip(rows[dimension], rows["rate_prev"], strict=True)
    )
    return _with_alt(figure, f"{takeaway.text(look.language)} {said}")


def _with_alt(figure: Figure, alt: str) -> Figure:
    return figure.update_layout(meta={"alt": alt})
