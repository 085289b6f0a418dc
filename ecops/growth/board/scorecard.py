"""Who answers for which figure, and did it get better? Cards of roles, of families, of the whole chain."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np

from ecops import statistics as st
from ecops.engine import load_sql
from ecops.errors import unknown_name
from ecops.messages import Message, Term
from ecops.metrics.analysis import Kpi, kpis
from ecops.metrics.daily import opened
from ecops.metrics.measured import Measured, measured
from ecops.metrics.registry import Metric, metric
from ecops.periods import Compare, Period
from ecops.words import written

By = Literal["role", "family", "chain"]
Season = Literal["peak", "quiet"]
Standing = Literal["better", "worse", "unclear", "unknown"]
CONFIDENCE = 0.05


@dataclass(frozen=True, slots=True)
class Card:
    """What a role or a family looks at; the fields are those of `scorecards.toml`."""

    key: str
    label: Term
    kpis: tuple[str, ...]
    peak: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a card.

    Attributes:
        metric: which.
        value: in the period, or at its end; NaN when unknown.
        previous: in the comparison; NaN when unknown.
        state: better or worse than the comparison beyond chance, unclear, or unknown.
        seasonal: whether the season put it on the card.
        reason: why there is no figure; None when there is one.
    """

    metric: Metric
    value: float
    previous: float
    state: Standing
    seasonal: bool = False
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A card with its figures.

    Attributes:
        card: which.
        season: peak or quiet.
        lines: its figures, the most important first, those of the season last.
    """

    card: Card
    season: Season
    lines: tuple[Line, ...]

    @property
    def sentence(self) -> Message:
        """How the card stands, in one sentence."""
        count = {state: sum(line.state == state for line in self.lines) for state in ("better", "worse", "unknown")}
        return Message(
            "{who}: {better} of {n} figures better than before, {worse} worse, {unknown} not known",
            who=self.card.label,
            n=len(self.lines),
            **count,
        )


@functools.cache
def cards(by: By) -> Mapping[str, Card]:
    """The cards of one kind by key: roles, the families finance, operations, customers and team, or the chain.

    Raises:
        SpecError: no such kind.
    """
    kinds = tomllib.loads(Path(__file__).with_name("scorecards.toml").read_text("utf-8"))
    found = {}
    for key, told in kinds[known_kind(by)].items():
        lists = {name: tuple(told.get(name, ())) for name in ("kpis", "peak", "quiet")}
        found[key] = Card(key, Term(**told["label"]), **lists)
    return found


def known_kind(by: str) -> By:
    """`by` as a kind of card.

    Raises:
        SpecError: no such kind.
    """
    if by not in get_args(By):
        raise unknown_name(Message("The kind of card"), by, get_args(By))
    return cast("By", by)


def known_season(season: str) -> Season:
    """`season` as a season.

    Raises:
        SpecError: no such season.
    """
    if season not in get_args(Season):
        raise unknown_name(Message("The season"), season, get_args(Season))
    return cast("Season", season)


def season_of(data: Any, period: Period) -> Season:
    """Peak while a promotion of the calendar touches the period, quiet otherwise."""
    ready = opened(data)
    if not ready.has("calendar"):
        return "quiet"
    rows = ready.query(load_sql("ecops.growth.queries", "events"), {"start": period.start, "end": period.end})
    return "peak" if "promotion" in rows["kind"].to_pylist() else "quiet"


def scorecard(
    data: Any, period: Period, compare: Compare = "previous", by: By = "role", season: Season | None = None
) -> tuple[Scorecard, ...]:
    """Every card of one kind.

    A figure of the period is better or worse than before when its change holds after correction for all figures of its
    card (Benjamini and Hochberg 1995); one that a capability measures at a day, when the intervals of the two days do
    not meet.

    Args:
        data: as for `ecops.growth.kpis`.
        period: days.
        compare: what they are compared with.
        by: kind of card.
        season: peak or quiet; from the calendar when None.

    Raises:
        SpecError: no such kind or comparison.
    """
    ready = opened(data)
    figures = kpis(ready, period, compare).kpis
    now, before = measured(ready, period), measured(ready, period.compared(compare))
    chosen = season or season_of(ready, period)
    found = []
    for card in cards(by).values():
        own = card.peak if chosen == "peak" else card.quiet
        names = [*card.kpis, *(key for key in own if key not in card.kpis)]
        lines = [_line(key, figures[key], now.get(key), before.get(key), seasonal=key in own) for key in names]
        found.append(Scorecard(card, chosen, _judged(lines, [figures[line.metric.key] for line in lines])))
    return tuple(found)


STATES = {
    "better": Term(en="better than before", zh="比之前好"),
    "worse": Term(en="worse than before", zh="比之前差"),
    "unclear": Term(en="no change beyond chance", zh="变化在正常波动内"),
    "unknown": Term(en="not known", zh="暂无数据"),
}


def told(line: Line, currency: str) -> Message:
    """A figure of a card in one line."""
    if line.state == "unknown" and line.reason is not None:
        return Message("{metric}: {reason}", metric=line.metric.label, reason=line.reason)
    values = {
        "metric": line.metric.label,
        "value": written(line.metric.key, line.value, currency),
        "state": STATES[line.state],
    }
    if not math.isfinite(line.previous):
        return Message("{metric}: {value}", **values)
    before = written(line.metric.key, line.previous, currency)
    return Message("{metric}: {value}, before {before}: {state}", before=before, **values)


def _line(key: str, figure: Kpi, now: Measured | None, before: Measured | None, *, seasonal: bool) -> Line:
    entry = metric(key)
    if math.isfinite(figure.value):
        return Line(entry, figure.value, figure.previous, "unclear", seasonal)
    if now is None:
        reason = figure.reason or Message("It is worked out on its own page.")
        return Line(entry, math.nan, math.nan, "unknown", seasonal, reason)
    if before is None:
        return Line(entry, now.value, math.nan, "unclear", seasonal)
    apart = now.low > before.high or now.high < before.low
    better = (now.value > before.value) == (entry.direction == "up")
    return Line(entry, now.value, before.value, ("better" if better else "worse") if apart else "unclear", seasonal)


def _judged(lines: Sequence[Line], figures: Sequence[Kpi]) -> tuple[Line, ...]:
    """The lines with the verdict of those whose change was tested."""
    tested = [place for place, kpi in enumerate(figures) if math.isfinite(kpi.p_value) and kpi.good is not None]
    told = list(lines)
    if tested:
        corrected = st.benjamini_hochberg(np.array([figures[place].p_value for place in tested]))
        for place, p_value in zip(tested, corrected, strict=True):
            if p_value <= CONFIDENCE:
                told[place] = replace(told[place], state="better" if figures[place].good else "worse")
    return tuple(told)
