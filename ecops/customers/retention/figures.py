"""The picture of cohorts: a heat map whose future stays empty."""

from __future__ import annotations

import numpy as np

from ecops.charts import Figure, Look, numbered, plain, title
from ecops.customers.retention.cohorts import LEFT_CENSORED, PARTIAL, Cohorts
from ecops.messages import Count, Message, Money, Number, Percent, Value, write

_MOST = 13
_UNSURE = "*"


def cohort_map(found: Cohorts, look: Look | None = None) -> Figure:
    """The newest cohorts, at most thirteen, with up to twelve periods after the first.

    A star marks cells of periods that are not over and cohorts that may hold old customers.
    """
    look = look or Look()
    rows = slice(-_MOST, None)
    columns = slice(1, _MOST)
    rate, state = found.rate[rows, columns], found.state[rows, columns]
    first, size = found.first[rows], found.size[rows]
    labels = [
        f"{day:%Y-%m} · {write(Count(float(people)), look.language)}" for day, people in zip(first, size, strict=True)
    ]
    unsure = (state == PARTIAL) | (state == LEFT_CENSORED)
    text = [
        [
            (plain(write(_value(found, float(value)), look.language)) + (_UNSURE if star else ""))
            if np.isfinite(value)
            else ""
            for value, star in zip(line, stars, strict=True)
        ]
        for line, stars in zip(rate, unsure, strict=True)
    ]
    figure = look.figure()
    figure.add_heatmap(
        z=rate[::-1],
        x=[str(age) for age in range(1, 1 + rate.shape[1])],
        y=labels[::-1],
        text=text[::-1],
        texttemplate="%{text}",
        **numbered(look),
        showscale=False,
        hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
    )
    mature = found.mature
    takeaway = Message("No cohort has lived through a whole period yet.")
    if len(mature) > 1 and np.isfinite(mature[1]):
        takeaway = _takeaway(found, float(mature[1]))
    below = Message(
        "Rows: month of the first order and its customers. Columns: months after it. * the month is not over, or the "
        "cohort may hold older customers."
    )
    if found.period == "rolling":
        below = Message(
            "Rows: month of the first order and its customers. Columns: spans of 30 days after it. * not everybody has "
            "lived through the span, or the cohort may hold older customers."
        )
    title(figure, takeaway, below, look.language)
    figure.update_layout(height=max(320, 34 * len(labels) + 60))
    figure.update_xaxes(side="top", type="category")
    figure.update_yaxes(type="category", showgrid=False)
    return figure


def _takeaway(found: Cohorts, value: float) -> Message:
    if found.metric == "customers":
        return Message("{share} of new customers order again in the period after their first.", share=Percent(value))
    if found.metric == "orders":
        return Message("A new customer places {n} orders in the period after her first.", n=Number(value, 2))
    return Message("A new customer brings {money} in the period after her first.", money=Money(value, found.currency))


def _value(found: Cohorts, value: float) -> Value:
    if found.metric == "customers":
        return Percent(value, 0)
    return Number(value, 2) if found.metric == "orders" else Money(value, found.currency)
