"""The picture that says whether a forecast can be believed: what was promised against what came."""

from __future__ import annotations

import numpy as np

from ecops.charts import PALETTE, Figure, Look, title
from ecops.customers.value.backtest import Fold
from ecops.messages import Message, Number
from ecops.statistics.intervals import wilson

GOOD_CALIBRATION = 0.05


def calibration(fold: Fold, look: Look | None = None) -> Figure:
    """Ten groups of customers: the probability of an order they were given, and how many ordered."""
    look = look or Look()
    told, came, people = fold.calibration()
    there = people > 0
    told, came, people = told[there], came[there], people[there]
    ends = wilson(np.round(came * people), people)
    figure = look.figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": look.ink.benchmark, "dash": "dash", "width": 1},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=told,
        y=came,
        mode="markers+lines",
        marker={"color": PALETTE[0], "size": 9},
        line={"color": PALETTE[0], "width": 1},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": np.maximum(ends.high - came, 0),
            "arrayminus": np.maximum(came - ends.low, 0),
            "color": look.ink.muted,
        },
        hovertemplate="%{x:.0%} → %{y:.0%}<extra></extra>",
    )
    error = fold.calibration_error
    points = Number(error * 100, 1)
    takeaway = (
        Message("The probabilities were right: off by {points} points on average.", points=points)
        if error <= GOOD_CALIBRATION
        else Message(
            "The probabilities were off by {points} points on average; use them to rank, not as shares.", points=points
        )
    )
    below = Message(
        "Probability of an order given on {day} against the share that ordered, ten groups of customers.", day=fold.end
    )
    title(figure, takeaway, below, look.language)
    top = float(min(1.0, max(told.max(), np.nanmax(ends.high)) * 1.08))
    figure.update_xaxes(tickformat=".0%", range=[0, top])
    figure.update_yaxes(tickformat=".0%", range=[0, top])
    figure.update_layout(height=400)
    return figure
