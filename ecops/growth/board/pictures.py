"""The picture of a figure by day, week, month or quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecops import charts
from ecops.charts import Figure, Look
from ecops.growth.board.steps import Step
from ecops.growth.figures import axis
from ecops.messages import DateRange, Message, Percent, Term
from ecops.metrics.registry import metric
from ecops.periods import ONE_DAY
from ecops.words import written

if TYPE_CHECKING:
    import pandas as pd

STEPS: dict[Step, Term] = {
    "day": Term(en="Day", zh="日"),
    "week": Term(en="Week", zh="周"),
    "month": Term(en="Month", zh="月"),
    "quarter": Term(en="Quarter", zh="季度"),
}


def steps(table: pd.DataFrame, key: str, step: Step, currency: str = "", look: Look | None = None) -> Figure:
    """A bar a step, pale where it is not over or lacks days; the take-away compares whole ones beside each other.

    Args:
        table: of `ecops.growth.by_step`.
        key: one of its metrics.
        step: of the table.
        currency: of money.
        look: of the reader.
    """
    look = look or Look()
    figure = look.figure(showlegend=False)
    language, entry = look.language, metric(key)
    colours = [look.ink.accent if whole else look.ink.benchmark for whole in table["whole"]]
    names = [str(start) for start in table["start"]]
    figure.add_bar(
        x=names,
        y=table[key],
        marker={"color": colours},
        text=[charts.caption(written(key, value, currency), language) for value in table[key]],
        textposition="none",
        hoverinfo="x+text",
    )
    figure.update_yaxes(axis(key, list(table[key].dropna()), currency, language)).update_xaxes(type="category")
    below = Message("{metric} by {step}; pale: not over, or days are missing", metric=entry.label, step=STEPS[step])
    return charts.title(figure, _sentence(table, key, currency), below, language)


def _sentence(table: pd.DataFrame, key: str, currency: str) -> Message:
    whole = table[table["whole"] & table[key].notna()]
    if len(whole) < 2:
        return Message("{metric}: there are no two whole steps to compare", metric=metric(key).label)
    before, last = whole.iloc[-2], whole.iloc[-1]
    # A step that lacks days may lie between the two, and nothing is a share of a loss.
    beside = before["end"] + ONE_DAY == last["start"] and before[key] > 0
    change = float(last[key] / before[key] - 1) if beside else float("nan")
    words = {
        "metric": metric(key).label,
        "days": DateRange(last["start"], last["end"]),
        "value": written(key, float(last[key]), currency),
    }
    if not np.isfinite(change):
        return Message("{metric} {days}: {value}", **words)
    return Message(
        "{metric} {days}: {value}, {change} against the one before",
        **words,
        change=Percent(change, signed=True),
    )
