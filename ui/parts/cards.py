"""The verdict and at most five figures: value, change with arrow and words, sparkline, its own explanation on hover."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from ecops import door
from ecops.messages import Count, Message, Money, MoneyRange, Number, Percent, Points, Value
from ecops.metrics import Kpi, Kpis, Metric
from ui.parts.text import _, plain, red_up, say

_NARROWEST = 148
"""Pixels of a card: five stand in one row beside the menu in a window of 1280."""

SURE = 0.05
"""From this p-value on a change is told as part of the usual up and down."""


def verdict(sentence: Message) -> None:
    """The sentence a person can read aloud."""
    st.header(say(sentence), anchor=False)


def kpis(result: Kpis, keys: Sequence[str], comparison: str) -> None:
    """Up to five cards in one row; they wrap on a telephone.

    Args:
        result: of `ecops.growth.kpis`.
        keys: of the metrics, at most five.
        comparison: what is compared with, in a word or two.
    """
    keys = [key for key in keys if may_see(result[key].metric)]
    with st.grid(min(len(keys), 5), min_column_width=_NARROWEST, gap="xsmall", key="figure_cards"):
        for key in keys[:5]:
            card(result[key], result.currency, comparison)


def may_see(metric: Metric) -> bool:
    """Whether whoever looks may see a figure: what is worked out from a secret is as secret."""
    return door.may_see(metric.needs, door.reader())


def card(kpi: Kpi, currency: str, comparison: str) -> None:
    """One figure."""
    metric = kpi.metric
    known = math.isfinite(kpi.value)
    delta, colour, words = _delta(kpi, comparison)
    series = [value for _day, value in kpi.series]
    drawn = sum(math.isfinite(value) for value in series) >= 2
    st.metric(
        say(metric.label),
        say(value(metric, kpi.value, currency)) if known else "—",
        delta,
        delta_color=colour,
        delta_description=words,
        help=explanation(kpi, currency),
        border=True,
        height="stretch",
        # NaN stays a gap: a day without a figure is not a day of nothing.
        chart_data=series if drawn else None,
        chart_type="area",
    )


def value(metric: Metric, number: float, currency: str) -> Value:
    """A figure in the unit of its metric, ready for a sentence."""
    if metric.percent:
        return Percent(number)
    match metric.unit:
        case "money":
            return Money(number, currency)
        case "ratio":
            return Number(number, 2)
        case "days":
            return Number(number, 1)
        case _:
            return Count(number)


def change(kpi: Kpi) -> Value | None:
    """The change as people say it: points for a share, per cent for the rest; None when unknown."""
    shown = value(kpi.metric, 0.0, "")
    if isinstance(shown, Percent):
        return Points(kpi.change) if math.isfinite(kpi.change) else None
    return Percent(kpi.relative, signed=True) if math.isfinite(kpi.relative) else None


def _delta(kpi: Kpi, comparison: str) -> tuple[str | int | None, str, str | None]:
    """The arrow's text, its colour and the words beside it."""
    moved = change(kpi)
    if moved is None or not math.isfinite(kpi.value):
        return None, "off", say(kpi.reason) if kpi.reason is not None else None
    # A card is narrow: "points" are shortened here and said in full on hover.
    text = f"{moved.value * 100:+.1f} pp" if isinstance(moved, Points) else plain(moved)
    if not any(letter in "123456789" for letter in text):
        return 0, "off", comparison
    if kpi.reason is not None:
        return text, "off", say(kpi.reason)
    if math.isfinite(kpi.p_value) and kpi.p_value >= SURE:
        return text, "off", _("usual swing")
    # Streamlit paints a rise green; a rise that is bad, or red habits, turn it round, both together turn it back.
    turned = (kpi.metric.direction == "down") != red_up()
    return text, "inverse" if turned else "normal", comparison


def explanation(kpi: Kpi, currency: str) -> str:
    """What the figure means, how it is computed, and the numbers behind the change."""
    metric = kpi.metric
    lines = [say(metric.meaning), _("Formula: {formula}", formula=metric.formula)]
    if math.isfinite(kpi.previous):
        lines.append(
            _(
                "Now {now}, before {before}",
                now=value(metric, kpi.like, currency),
                before=value(metric, kpi.previous, currency),
            )
        )
    if math.isfinite(kpi.low) and math.isfinite(kpi.high):
        lines.append(_interval(kpi, currency))
    if metric.denominator and kpi.n:
        lines.append(_("Base: {n}", n=Count(kpi.n)))
    if kpi.reason is not None:
        lines.append(say(kpi.reason))
    lines += [say(told) for told in kpi.basis]
    return "\n\n".join(lines)


def _interval(kpi: Kpi, currency: str) -> str:
    shown = value(kpi.metric, 0.0, currency)
    if isinstance(shown, Money):
        return _("95% interval of the change: {interval}", interval=MoneyRange(kpi.low, kpi.high, currency))
    low, high = (
        (Points(kpi.low), Points(kpi.high))
        if isinstance(shown, Percent)
        else (
            Number(kpi.low, 2 if isinstance(shown, Number) else 0),
            Number(kpi.high, 2 if isinstance(shown, Number) else 0),
        )
    )
    return _("95% interval of the change: {low} to {high}", low=low, high=high)
