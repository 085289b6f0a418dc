"""The picture that proves a finding: its metric by day, or what else shows best what it says."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ecops.finding import Finding
from ecops.messages import DateRange, Message, Money, Number, Percent, Term, Value
from ecops.metrics.daily import DIMENSIONS, Data, opened
from ecops.metrics.registry import Metric, metric
from ecops.periods import ONE_DAY, Period
from ecops.reports import Chart, Series
from ecops.reports.model import Unit
from ecops.review import series
from ecops.review.causes import place
from ecops.review.series import Daily
from ecops.statistics import wilson
from ecops.words import where, written

SIX_WEEKS = 42
LONGEST = 91
"""Days that a picture by day can show; a comparison that lies further back is shown as two bars."""

PARTS = 6
"""Parts of a place that are drawn."""

SAME = 0.02
"""Relative difference from which on the plain rates of a place are not the ones of the finding: that was worked out at
the same mix, and only its parts prove it."""

_SPLITS = ("channel", "device", "platform", "shop")
_NONE = math.nan


def picture(finding: Finding, data: Any = None) -> Chart | None:
    """What proves `finding`; None when it has no figures.

    Args:
        finding: of any capability.
        data: tables, or a workspace; without them only what the finding itself holds is drawn.

    Raises:
        EcopsError: the data cannot be opened.
    """
    found = None
    if data is not None and finding.compare is not None and series.readable(finding.metric):
        ready = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
        found = _shares(ready, finding) if finding.kind == "mix" else _rates(ready, finding)
    return found or _two_bars(finding)


def unit(entry: Metric) -> Unit:
    """In which unit a metric is drawn."""
    return "money" if entry.unit == "money" else "percent" if entry.percent else "count"


def _currency(finding: Finding) -> str:
    return finding.money.currency if finding.money is not None else ""


def _rates(data: Data, finding: Finding) -> Chart | None:
    """By day where the days show what the finding says; else by the parts that were compared at the same mix."""
    compare = finding.compare
    if compare is None or (finding.period.end - compare.start).days >= LONGEST:
        return None
    first = min(compare.start, finding.period.end - (SIX_WEEKS - 1) * ONE_DAY)
    daily = series.read(data, finding.metric, tuple(place(finding)), Period(first, finding.period.end))
    number = None if daily is None else daily.find(place(finding))
    if daily is None or number is None:
        return None
    before, after = (_level(daily, number, days) for days in (compare, finding.period))
    if daily.metric.denominator and not (_same(before, finding.before) and _same(after, finding.after)):
        return _parts(data, finding, compare) or _by_day(daily, number, finding, compare)
    return _by_day(daily, number, finding, compare)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=SAME)


def _level(daily: Daily, number: int, days: Period) -> float:
    """The value over days, a sum as its mean a day."""
    value, _, count = daily.value(number, days)
    return value if daily.metric.denominator or not count else value / count


def _by_day(daily: Daily, number: int, finding: Finding, compare: Period) -> Chart:
    """The metric by day, with the level of both periods as lines over their days."""
    known = daily.known(number)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(known, daily.numerator[number] / daily.denominator[number], _NONE)
    entry, currency = daily.metric, _currency(finding)
    levels = [(compare, finding.before), (finding.period, finding.after)]
    plain = [_level(daily, number, days) for days, _ in levels]
    # The finding's own figures, worked out at the same mix, where they say the same; a sum is told as its mean a day.
    if not (entry.denominator and all(_same(one, level) for one, (_, level) in zip(plain, levels, strict=True))):
        levels = [(days, one) for one, (days, _) in zip(plain, levels, strict=True)]
    before, after = (written(entry.key, level, currency) for _, level in levels)
    told: dict[str, Value] = {"metric": entry.label, "before": before, "after": after}
    return Chart(
        kind="line",
        title=Message("{metric}: {before} before, {after} now", **told)
        if entry.denominator
        else Message("{metric} a day: {before} before, {after} now", **told),
        subtitle=Message(
            "{place}: {metric} by day; the level lines span the days that are compared",
            place=where(place(finding)),
            metric=entry.label,
        ),
        categories=tuple(daily.days),
        series=(
            Series(Message("By day"), tuple(float(value) for value in values), pale=True),
            *(
                Series(
                    Message("{days}: {value}", days=days.range, value=written(entry.key, level, currency)),
                    tuple(_over(daily.days, days, level)),
                    benchmark=days is compare,
                )
                for days, level in levels
            ),
        ),
        unit=unit(entry),
        currency=currency,
    )


def _over(days: Sequence[dt.date], span: Period, level: float) -> Iterator[float]:
    """A level on the days of a span, nothing on the others."""
    return (level if span.start <= day <= span.end else _NONE for day in days)


def _split(data: Data, finding: Finding, wanted: Sequence[str]) -> tuple[Daily, str] | None:
    """The metric of the finding's place split by the first of `wanted` in which it has several parts."""
    here, compare = place(finding), finding.compare
    if compare is None:
        return None
    for name in wanted:
        if name in here:
            continue
        daily = series.read(data, finding.metric, (*here, name), Period(compare.start, finding.period.end))
        if daily is not None and len(_inside(daily, here)) > 1:
            return daily, name
    return None


def _inside(daily: Daily, here: Mapping[str, str]) -> list[int]:
    """Numbers of the places that lie in `here`."""
    return [number for number, one in enumerate(daily.places) if all(one[key] == here[key] for key in here)]


def _parts(data: Data, finding: Finding, compare: Period) -> Chart | None:
    """The rate of the largest parts before and after, each with its interval."""
    found = _split(data, finding, _SPLITS)
    if found is None:
        return None
    daily, name = found
    rows = []
    for number in _inside(daily, place(finding)):
        sides = [daily.value(number, days)[:2] for days in (compare, finding.period)]
        if all(base > 0 for _, base in sides):
            rows.append((daily.places[number][name], sides))
    rows = sorted(rows, key=lambda row: -row[1][1][1])[:PARTS]
    if len(rows) < 2:
        return None
    entry, currency = daily.metric, _currency(finding)
    return Chart(
        kind="bar",
        title=Message(
            "{metric} at today's mix: {before} would be expected, {after} is reached",
            metric=entry.label,
            before=written(entry.key, finding.before, currency),
            after=written(entry.key, finding.after, currency),
        ),
        subtitle=Message(
            "{place}: {metric} by {dimension}, the parts with the most traffic, with the 95% intervals of their counts",
            place=where(place(finding)),
            metric=entry.label,
            dimension=DIMENSIONS[name],
        ),
        categories=tuple(
            _from_to(part, *(written(entry.key, side[0], currency) for side in sides)) for part, sides in rows
        ),
        series=tuple(
            _bars(entry, days.range, [sides[side] for _, sides in rows], benchmark=side == 0)
            for side, days in enumerate((compare, finding.period))
        ),
        unit=unit(entry),
        currency=currency,
    )


def _from_to(part: str, before: Value, after: Value) -> Message:
    return Message("{part} {before} → {after}", part=where({"part": part}), before=before, after=after)


def _bars(entry: Metric, name: Value, values: Sequence[tuple[float, float]], *, benchmark: bool) -> Series:
    """Rates as bars, those of people with their interval."""
    rates, bases = (np.array(column, dtype=float) for column in zip(*values, strict=True))
    low = high = np.full(len(rates), _NONE)
    if entry.unit == "rate":
        low, high = wilson(rates * bases, bases)
    return Series(name, tuple(rates.tolist()), benchmark, low=tuple(low.tolist()), high=tuple(high.tolist()))


def _shares(data: Data, finding: Finding) -> Chart | None:
    """Which parts have more of the traffic than before, and which less."""
    compare, spoken = finding.compare, finding.headline.params.get("dimension")
    named = [name for name, label in DIMENSIONS.items() if label == spoken]
    found = _split(data, finding, named or _SPLITS)
    if found is None or compare is None or not found[0].metric.denominator:
        return None
    daily, name = found
    inside = _inside(daily, place(finding))
    bases = np.array([[daily.value(number, days)[1] for number in inside] for days in (compare, finding.period)])
    if not (bases.sum(1) > 0).all():
        return None
    shares = bases / bases.sum(1, keepdims=True)
    order = np.argsort(-np.abs(shares[1] - shares[0]), kind="stable")[:PARTS]
    names = [daily.places[inside[number]][name] for number in order]
    said = [tuple(Percent(float(share)) for share in shares[:, number]) for number in order]
    return Chart(
        kind="bar",
        title=Message(
            "{part} went from {before} to {after} of the traffic",
            part=where({"part": names[0]}),
            before=said[0][0],
            after=said[0][1],
        ),
        subtitle=Message(
            "{place}: share of the traffic by {dimension}, the parts that moved most",
            place=where(place(finding)),
            dimension=DIMENSIONS[name],
        ),
        categories=tuple(_from_to(part, *both) for part, both in zip(names, said, strict=True)),
        series=tuple(
            Series(days.range, tuple(float(shares[side, number]) for number in order), benchmark=side == 0)
            for side, days in enumerate((compare, finding.period))
        ),
        unit="percent",
    )


def _two_bars(finding: Finding) -> Chart | None:
    """What the finding itself holds: its value beside what it is compared with, with the interval of the difference."""
    before, after = finding.before, finding.after
    if not (math.isfinite(before) and math.isfinite(after)):
        return None
    known = series.readable(finding.metric)
    currency = _currency(finding)
    values = [
        written(finding.metric, value, currency) if known else _like(_spoken(finding.headline, "before"), value)
        for value in (before, after)
    ]
    label = metric(finding.metric).label if known else _spoken(finding.headline, "metric") or finding.metric
    drawn: Unit = "money" if isinstance(values[0], Money) else "percent" if isinstance(values[0], Percent) else "count"
    low, high = _interval(finding)
    title, subtitle, names = _words(finding, {"metric": label, "before": values[0], "after": values[1]})
    return Chart(
        kind="bar",
        title=title,
        subtitle=subtitle,
        categories=(label,),
        series=(
            Series(Message("{days}: {value}", days=names[0], value=values[0]), (before,), benchmark=True),
            Series(Message("{days}: {value}", days=names[1], value=values[1]), (after,), low=(low,), high=(high,)),
        ),
        unit=drawn,
        currency=currency,
    )


def _like(spoken: Value | None, value: float) -> Value:
    """A value in the unit in which the finding speaks."""
    if isinstance(spoken, Money):
        return Money(value, spoken.currency)
    return Percent(value) if isinstance(spoken, Percent) else Number(value, 2)


def _spoken(message: Value, name: str) -> Value | None:
    """A value that a sentence, or one inside it, names."""
    if not isinstance(message, Message):
        return None
    if name in message.params:
        return message.params[name]
    return next((found for inner in message.params.values() if (found := _spoken(inner, name)) is not None), None)


def _interval(finding: Finding) -> tuple[float, float]:
    """Around `after`: what it is compared with plus the interval of the difference; that of a rate without one."""
    if math.isfinite(finding.ci[0]) and math.isfinite(finding.ci[1]):
        return finding.before + finding.ci[0], finding.before + finding.ci[1]
    if series.readable(finding.metric) and metric(finding.metric).unit == "rate" and finding.n > 0:
        low, high = wilson(finding.after * finding.n, finding.n)
        return float(low), float(high)
    return _NONE, _NONE


def _words(finding: Finding, told: Mapping[str, Value]) -> tuple[Message, Message, tuple[Value, Value]]:
    """Take-away, what is plotted, and the names of the two bars."""
    if finding.kind == "experiment":
        return (
            Message("{metric}: {before} in the control group, {after} with the change", **told),
            Message("{metric} of both groups; the interval is the 95% one of their difference", **told),
            (Term(en="Control group", zh="对照组"), Term(en="Treatment", zh="实验组")),
        )
    if finding.compare is None:
        return (
            Message("{metric}: {before} would be usual, {after} is reached", **told),
            Message("{metric} in {period}, with its 95% interval", period=finding.period.range, **told),
            (Term(en="Usual", zh="一般水平"), Term(en="This one", zh="实际")),
        )
    return (
        Message("{metric}: {before} before, {after} now", **told),
        Message("{metric}; the interval is the 95% one of the change", **told),
        (_named(finding.compare), _named(finding.period)),
    )


def _named(days: Period) -> DateRange:
    return days.range
