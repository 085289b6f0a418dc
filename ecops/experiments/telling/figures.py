"""An experiment in pictures: intervals of every metric, the way the effect took, and what a sample can see."""

from __future__ import annotations

import math
from typing import Any

from ecops import charts
from ecops.charts import Figure, Look
from ecops.experiments.decide import Decision
from ecops.experiments.design.planning import Design, minimum_effect, power, sample_size
from ecops.experiments.results.readout import MetricResult, Readout
from ecops.experiments.telling.words import arm_name
from ecops.messages import Count, Message, Percent

_CURVE_POINTS = 60
_HEIGHT = 380


def intervals(readout: Readout, decision: Decision, look: Look | None = None) -> Figure:
    """Every metric of every treatment arm as a point with its interval, in per cent of the control.

    Metrics whose percentage does not exist are left out; guardrails carry their margin as a dashed mark.
    """
    look = look or Look()
    rows = [result for result in readout.results if result.effect and result.effect.lift.status == "ok"]
    figure = look.figure()
    labels = [_label(readout, result, look) for result in rows]
    for result, label in zip(rows, labels, strict=True):
        effect = result.effect
        if effect is None:
            continue
        lift, colour = effect.lift, _colour(result, look)
        figure.add_scatter(
            x=[lift.low, lift.high],
            y=[label, label],
            mode="lines",
            line={"color": charts.pale(colour, 0.45), "width": 10},
            hoverinfo="skip",
            showlegend=False,
        )
        text = Message(
            "{lift} ({low} to {high})",
            lift=Percent(lift.value, signed=True),
            low=Percent(lift.low, signed=True),
            high=Percent(lift.high, signed=True),
        )
        figure.add_scatter(
            x=[lift.value],
            y=[label],
            mode="markers+text",
            marker={"color": colour, "size": 11},
            text=[charts.caption(text, look.language)],
            textposition="top center",
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
        )
        if result.guardrail is not None:
            margin = result.guardrail.margin if result.metric.less_is_better else -result.guardrail.margin
            figure.add_scatter(
                x=[margin],
                y=[label],
                mode="markers",
                marker={"symbol": "line-ns-open", "size": 22, "color": look.ink.loss, "line": {"width": 2}},
                hoverinfo="skip",
                showlegend=False,
            )
    ends = [end for result in rows if result.effect for end in (result.effect.lift.low, result.effect.lift.high)]
    ends += [-r.guardrail.margin * (-1 if r.metric.less_is_better else 1) for r in rows if r.guardrail]
    figure.update_xaxes({**_percent_across(ends, look, signed=True), "zeroline": True})
    figure.update_yaxes(
        {"type": "category", "categoryorder": "array", "categoryarray": labels[::-1], "showgrid": False}
    )
    figure.update_yaxes(range=[-0.5, len(rows) - 0.2])
    figure.update_layout(height=110 + 64 * max(1, len(rows)))
    subtitle = Message(
        "Change against {control}, with intervals; short upright marks are guardrail limits",
        control=arm_name(readout.spec, readout.spec.control),
    )
    charts.title(figure, decision.headline, subtitle, look.language)
    return _with_alt(figure, interval_alt(readout, decision), look)


def _percent_across(values: list[float], look: Look, *, signed: bool) -> dict[str, Any]:
    # The template's x axis is made for days; percentages along it need their own labels.
    axis = charts.percent_axis(values)
    places = axis["tickvals"]
    digits = 0 if places[1] - places[0] >= 0.01 else 1
    labels = [
        charts.caption(Percent(place, digits=digits, signed=signed and place != 0), look.language) for place in places
    ]
    return {**axis, "type": "linear", "tickmode": "array", "ticktext": labels}


def _label(readout: Readout, result: MetricResult, look: Look) -> str:
    label = charts.caption(result.metric.label, look.language)
    several = len(readout.spec.treatments) > 1
    return f"{charts.caption(arm_name(readout.spec, result.arm), look.language)} · {label}" if several else label


def _colour(result: MetricResult, look: Look) -> str:
    if result.effect is None or result.effect.verdict == "open":
        return look.ink.benchmark
    good = (result.effect.verdict == "better") != result.metric.less_is_better
    return look.ink.gain if good else look.ink.loss


def interval_alt(readout: Readout, decision: Decision) -> Message:
    """The interval plot in words."""
    result = decision.result
    if result is None or result.effect is None or result.effect.lift.status != "ok":
        return Message(
            "Intervals of {n} metrics. {headline}", n=Count(len(readout.results)), headline=decision.headline
        )
    return Message(
        "Intervals of {n} metrics. The goal, {metric}, lies between {low} and {high}. {headline}",
        n=Count(len(readout.results)),
        metric=result.metric.label,
        low=Percent(result.effect.lift.low, signed=True),
        high=Percent(result.effect.lift.high, signed=True),
        headline=decision.headline,
    )


def cumulative(readout: Readout, decision: Decision, look: Look | None = None) -> Figure:
    """The goal's effect day by day, all users so far, with bounds that hold even if one looked every day."""
    look = look or Look()
    figure = look.figure()
    arm = decision.arm
    points = [point for point in readout.path if point.arm == arm]
    days = [point.day for point in points]
    # Early bounds are very wide; they are cut at the plot's edge so that the later days can be read.
    late = points[len(points) // 3 :]
    ends = [end for point in late for end in (point.low, point.high, point.difference)]
    colour = charts.PALETTE[0]
    for values, fill in (([p.low for p in points], None), ([p.high for p in points], "tonexty")):
        figure.add_scatter(
            x=days,
            y=values,
            mode="lines",
            line={"width": 0, "color": colour},
            fill=fill,
            fillcolor=charts.pale(colour),
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=days,
        y=[point.difference for point in points],
        mode="lines",
        line={"color": colour, "width": 2.5},
        name=charts.caption(arm_name(readout.spec, arm), look.language),
        showlegend=False,
    )
    if points:
        unit = readout.spec.goal_metric.unit
        axis = (
            charts.money_axis(ends, readout.currency, look.language)
            if unit == "money"
            else charts.percent_axis(ends)
            if unit == "rate"
            else {"range": [min(*ends, 0.0), max(*ends, 0.0)]}
        )
        figure.update_yaxes(axis, zeroline=True)
    figure.update_xaxes(charts.date_axis(look.language))
    figure.update_layout(height=_HEIGHT)
    subtitle = Message(
        "{metric}: difference of {arm} and {control}, all users so far; the band holds for looking every day",
        metric=readout.spec.goal_metric.label,
        arm=arm_name(readout.spec, arm),
        control=arm_name(readout.spec, readout.spec.control),
    )
    takeaway = path_takeaway(readout, arm)
    charts.title(figure, takeaway, subtitle, look.language)
    return _with_alt(figure, takeaway, look)


def path_takeaway(readout: Readout, arm: str) -> Message:
    """What the path of the effect says."""
    points = [point for point in readout.path if point.arm == arm]
    if not points:
        return Message("There are no dates, so the way of the effect cannot be drawn.")
    clear = [point.low > 0 or point.high < 0 for point in points]
    if clear[-1]:
        since = next(at for at in range(len(clear)) if all(clear[at:]))
        return Message("The difference has stood out since {day}.", day=points[since].day)
    if any(clear):
        return Message("The difference stood out for a while and does no longer.")
    return Message("The difference has not stood out on any day.")


def power_curve(design: Design, lift: float, users: float | None = None, look: Look | None = None) -> Figure:
    """Chance to find changes of different size with a sample.

    Args:
        design: see `Design`.
        lift: relative change the test is planned for; marked.
        users: users in all arms; the sample needed for `lift` when None.
        look: language and colours.
    """
    look = look or Look()
    sample = float(sample_size(design, lift)) if users is None else users
    sign = -1 if lift < 0 else 1
    most = 0.99 if lift < 0 else 0.99 * (1 / design.mean - 1)
    top = min(3 * abs(lift), most) if design.variance is None else 3 * abs(lift)
    changes = [top * (at + 1) / _CURVE_POINTS for at in range(_CURVE_POINTS)]
    chances = [power(design, sample, sign * change) for change in changes]
    seen = minimum_effect(design, sample, falls=lift < 0)
    colour = charts.PALETTE[0]
    figure = look.figure()
    figure.add_scatter(x=changes, y=chances, mode="lines", line={"color": colour, "width": 2.5}, showlegend=False)
    figure.add_scatter(
        x=[seen], y=[design.power], mode="markers", marker={"color": colour, "size": 11}, showlegend=False
    )
    figure.add_hline(y=design.power, line={"color": look.ink.benchmark, "dash": "dash", "width": 1})
    figure.update_xaxes(_percent_across(changes, look, signed=False))
    figure.update_layout(height=_HEIGHT)
    figure.update_yaxes({**charts.percent_axis([0.0, 1.0]), "range": [0, 1.02]})
    takeaway = Message(
        "With {users} users, changes of {change} and more will be found.",
        users=Count(math.ceil(sample)),
        change=Percent(seen),
    )
    subtitle = Message("Chance to find a true relative change (the dashed line is the chance wanted)")
    charts.title(figure, takeaway, subtitle, look.language)
    return _with_alt(figure, takeaway, look)


def _with_alt(figure: Figure, alt: Message, look: Look) -> Figure:
    return figure.update_layout(meta={"alt": alt.text(look.language)})
