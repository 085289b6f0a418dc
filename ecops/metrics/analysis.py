"""What are the figures of a period, against another period, and can each be trusted?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecops import statistics as st
from ecops.messages import Message
from ecops.metrics.daily import (
    HISTORY_DAYS,
    MINIMUM_LOOK_BACK,
    PLACES,
    SOURCES,
    Data,
    history,
    once,
    opened,
    read_buyer_base,
    read_daily,
    read_people,
    spans,
)
from ecops.metrics.money.rates import rates
from ecops.metrics.panel import (
    Basis,
    Coverage,
    Panel,
    aliases_of,
    basis_difference,
    basis_note,
    coverage,
    days_of,
    find_basis,
    history_days,
    make_panel,
    needed_days,
)
from ecops.metrics.people import factors_of, nameless, people_note
from ecops.metrics.reasons import coverage_notes, data_notes, missing_reason, rates_told, spread_note
from ecops.metrics.registry import Metric, metric, metrics
from ecops.periods import Compare, Period
from ecops.statistics import changes
from ecops.statistics.changes import Change, Days
from ecops.statistics.frames import named

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
PEOPLE = frozenset({"buyers", "returning_buyers", "known_buyers", "first_buyers"})
"""Measures that count different people of a whole period and therefore never add up over days."""

_Found = tuple[Floats, Change | None, Floats]
_BASE = (("known", "known_buyers"), ("first", "first_buyers"))


@dataclass(frozen=True, slots=True)
class Kpi:
    """One metric of the whole scope.

    Attributes:
        metric: what it is.
        value: figure of the period from every loaded day; NaN when it cannot be computed.
        like: figure of the period on the days that can be compared; equals `value` when none is missing.
        previous: figure of the comparison on the same days; NaN when it does not exist.
        low: lower end of the 95 % interval of like - previous, unit of the metric; NaN when none can be given.
        high: upper end.
        p_value: that there is no change, two-sided, not corrected for other comparisons; NaN when not tested.
        n: denominator of a rate or ratio, the number itself of a count, days of an amount.
        series: (day, value) for six weeks before the period and the period; NaN where a day has no figure.
        reason: why there is no value or no change; None when there is.
        basis: the rates it rests on and where each comes from; () for figures that rest on none.
    """

    metric: Metric
    value: float
    like: float
    previous: float
    low: float
    high: float
    p_value: float
    n: float
    series: tuple[tuple[dt.date, float], ...]
    reason: Message | None = None
    basis: tuple[Message, ...] = ()

    @property
    def change(self) -> float:
        """Difference like - previous, unit of the metric."""
        return self.like - self.previous

    @property
    def relative(self) -> float:
        """Relative change like / previous - 1; NaN where previous is 0 or unknown."""
        return self.like / self.previous - 1 if self.previous else float("nan")

    @property
    def good(self) -> bool | None:
        """Whether it moved the good way; None when it did not move or is unknown."""
        if not self.change or np.isnan(self.change):
            return None
        return (self.change > 0) == (self.metric.direction == "up")


@dataclass(frozen=True, slots=True)
class Kpis:
    """Every metric of a period.

    Attributes:
        period: what was asked for.
        compare: what it is compared with.
        basis: what GMV stands on, see `ecops.metrics.panel.Basis`.
        kpis: metric key -> figure of the whole scope.
        table: tidy, one row a segment and metric that can be computed: the columns of `by`, `metric`, `value`,
            `like`, `previous`, `change`, `relative`, `low`, `high`, `p_value`, `n`.
        coverage: which days were compared.
        notes: what a reader must know: missing days, sources that disagree.
        currency: ISO code of the money.
        factors: keys of the metrics whose product is GMV; empty where it is not known.
    """

    period: Period
    compare: Period
    basis: Basis
    kpis: Mapping[str, Kpi]
    table: pd.DataFrame
    coverage: Coverage
    notes: tuple[Message, ...]
    currency: str
    factors: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> Kpi:
        metric(key)
        return self.kpis[key]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one comparison stands on, read once and used by `kpis` and `diagnose`.

    Attributes:
        data: where it came from.
        period: what was asked for.
        compare: what it is compared with.
        panel: measures by segment and day.
        coverage: which days may be compared.
        days: where they stand in the panel.
        basis: what GMV stands on.
        currency: ISO code.
        sources: queries that gave rows.
    """

    data: Data
    period: Period
    compare: Period
    panel: Panel
    coverage: Coverage
    days: Days
    basis: Basis
    currency: str
    sources: frozenset[str]


def read_scope(
    data: Any, period: Period, compare: Compare | Period, by: Sequence[str] = (), only: Sequence[str] = SOURCES
) -> Scope:
    """Read the days of a comparison, split by `by`, and find out what may be compared; see `read_daily` for `only`."""
    ready = opened(data)
    other = compare if isinstance(compare, Period) else period.compared(compare)
    # Every figure is by platform and shop, so a split by them is the same panel in other segments.
    extra = tuple(name for name in by if name not in PLACES)

    def read() -> tuple[Panel, Coverage, Days, Basis, frozenset[str]]:
        daily = read_daily(ready, needed_days(period, other), extra, only)
        panel = make_panel(daily)
        covered = coverage(panel, spans(ready), period, other)
        return panel, covered, _days(panel, covered, period), find_basis(panel, period, other), frozenset(daily.rows)

    panel, covered, days, basis, sources = once(ready, ("scope", period, other, extra, tuple(only)), read)
    currency = getattr(ready, "currency", "")
    return Scope(ready, period, other, panel.split(by), covered, days, basis, currency, sources)


def _days(panel: Panel, covered: Coverage, period: Period) -> Days:
    """Positions of the compared days; the whole weeks before the period that are not compared tell the noise."""
    group = np.full(len(panel.days), -1)
    compared = {*covered.compare_days, *covered.period_days}
    start, weeks = period.start.toordinal(), history_days(period) // 7
    for place, day in enumerate(panel.days):
        distance = start - day.toordinal()
        if 0 < distance <= 7 * weeks and day in covered.history and day not in compared:
            group[place] = weeks - 1 - (distance - 1) // 7
    kept = np.unique(group[group >= 0])
    group[group >= 0] = np.searchsorted(kept, group[group >= 0])
    weekday = np.array([day.weekday() for day in panel.days], dtype=np.int64)
    number = np.array([day.toordinal() for day in panel.days], dtype=np.int64)
    return Days(panel.positions(covered.compare_days), panel.positions(covered.period_days), group, weekday, number)


def kpis(data: Any, period: Period, compare: Compare = "previous", by: str | Sequence[str] | None = None) -> Kpis:
    """Every metric of the registry for a period: value, change, interval, daily series, or why there is none.

    Args:
        data: a workspace, a table of order lines or daily traffic (pandas, Polars, Arrow, CSV or Parquet path).
        period: the days asked for.
        compare: "previous" (环比), "last_week" (上周同期) or "last_year" (去年同期).
        by: split by these dimensions as well, see `ecops.metrics.daily.DIMENSIONS`; fills `Kpis.table`.

    Raises:
        EcopsError: the data cannot be opened, or a dimension does not exist.
    """
    import pandas as pd

    columns = named(by)
    scope = read_scope(data, period, compare)

    def whole() -> dict[str, Kpi]:
        figures, rested = _Figures(scope), _rates(scope)
        found = {key: figures.kpi(entry) for key, entry in metrics().items()}
        return {
            key: replace(kpi, basis=rested) if set(kpi.metric.measures) & _RATED else kpi for key, kpi in found.items()
        }

    found = once(scope.data, ("kpis", period, scope.compare), whole)
    split = _Figures(read_scope(scope.data, period, scope.compare, columns), scope)
    tables = [split.rows(entry) for entry in metrics().values() if entry.computed]
    parts = [rows for rows in tables if rows is not None]
    names = list(parts[0]) if parts else [*columns, "metric", "value"]
    table = pd.DataFrame({name: np.concatenate([rows[name] for rows in parts]) if parts else [] for name in names})
    notes = (
        *data_notes(scope.data),
        *coverage_notes(scope.coverage, period),
        *basis_note(basis_difference(scope.panel, period)),
        *people_note(scope.panel, period),
        *spread_note(scope.panel, columns),
    )
    factors = _Figures(scope).factors
    return Kpis(period, scope.compare, scope.basis, found, table, scope.coverage, notes, scope.currency, factors)


_RATED = frozenset({"commission", "delivery", "promotion"})


def _rates(scope: Scope) -> tuple[Message, ...]:
    """The rates that net profit rests on, in words."""
    if "earned" not in scope.panel.measures:
        return ()
    platforms = sorted(set(scope.panel.leaves["platform"]))
    return rates_told(rates(scope.data, platforms), scope.currency)


class _Figures:
    """Metrics of one scope; reads the different buyers once.

    Args:
        scope: what to work on.
        total: scope without segments, whose basis and days hold; `scope` itself when None.
    """

    def __init__(self, scope: Scope, total: Scope | None = None) -> None:
        self.scope = scope
        base = total or scope
        self.basis, self.covered = base.basis, base.coverage
        self.aliases = aliases_of(self.basis)
        self.days = _days(scope.panel, self.covered, scope.period)
        self.now = scope.panel.positions(days_of(scope.period))
        key = "figures", scope.period, scope.compare, self.covered, scope.panel.by
        kept: tuple[dict[str, dict[str, Floats]], dict[str, _Found | None]] = once(scope.data, key, self._start)
        self._people, self._whole = kept

    @property
    def factors(self) -> tuple[str, ...]:
        """Metrics whose product is GMV, in the period and on the days it is compared on."""
        used = np.unique(np.concatenate([self.now, self.days.before, self.days.after]))
        return factors_of(self.scope.panel, self.basis, used)

    def _start(self) -> tuple[dict[str, dict[str, Floats]], dict[str, _Found | None]]:
        """People by segment, and the place where figures of the whole scope are kept; those of segments are large."""
        return self._read_people(), {}

    def _read_people(self) -> dict[str, dict[str, Floats]]:
        """Different people by segment on: "full" (every day of the period), "after", "before" (the compared days)."""
        scope = self.scope
        first = min([*self.covered.compare_days, scope.period.start])
        look_back = history(scope.data, first)
        wanted = {"full": days_of(scope.period)}
        if self.covered.period_days:
            wanted["before"] = list(self.covered.compare_days)
            if len(self.covered.period_days) < scope.period.days:
                wanted["after"] = list(self.covered.period_days)
        found = {}
        for name, days in wanted.items():
            people = read_people(scope.data, days, look_back, scope.panel.by)
            if people is not None:
                found[name] = {key: self._aligned(people, key) for key in ("buyers", "returning_buyers")}
                found[name] |= self._base(name, look_back)
        if "full" in found and self.covered.period_days and "after" not in found:
            found["after"] = found["full"]
        return found

    def _base(self, name: str, look_back: int) -> dict[str, Floats]:
        """People known before a period and first-time buyers in it; only for the whole scope and whole periods."""
        unknown = np.full(len(self.scope.panel.segments), np.nan)
        whole = len(self.covered.period_days) == self.scope.period.days or name == "full"
        if self.scope.panel.by or look_back < MINIMUM_LOOK_BACK or not whole:
            return {"known_buyers": unknown, "first_buyers": unknown}
        known = read_buyer_base(self.scope.data, self.scope.period, self.scope.compare)
        side = "before" if name == "before" else "after"
        return {key: np.array([known[f"{word}_{side}"]]) for word, key in _BASE}

    def _aligned(self, frame: pd.DataFrame, column: str) -> Floats:
        panel = self.scope.panel
        values: Floats = frame[column].to_numpy(dtype=np.float64)
        if not panel.by:
            return values
        found = dict(zip(zip(*(frame[name] for name in panel.by), strict=True), values, strict=True))
        segments = zip(*(panel.segments[name] for name in panel.by), strict=True)
        aligned = np.array([found.get(segment, np.nan) for segment in segments])
        if column != "returning_buyers" or not np.isnan(aligned).all():
            aligned = np.where(nameless(panel), np.nan, np.nan_to_num(aligned))
        return aligned

    def figures(self, entry: Metric) -> _Found | None:
        """Value of the period, change on the compared days, and daily values (segments, days) of a metric."""
        if self.scope.panel.by:
            return self._made(entry)
        if entry.key not in self._whole:
            self._whole[entry.key] = self._made(entry)
        return self._whole[entry.key]

    def _made(self, entry: Metric) -> _Found | None:
        names = {self.aliases.get(name, name) for name in entry.measures}
        if names & PEOPLE:
            return self._of_people(entry)
        parts = self.scope.panel.parts(entry, self.aliases)
        if parts is None:
            return None
        numerator, denominator = parts
        is_sum = not entry.denominator
        value = numerator[:, self.now].sum(1)
        if not is_sum:
            value = changes.ratio(value, denominator[:, self.now].sum(1))
        daily = numerator if is_sum else changes.ratio(numerator, denominator)
        change = None
        if len(self.days.after):
            change = changes.compare(entry.unit, numerator, denominator, self.days, is_sum=is_sum)
        return value, change, daily

    def _of_people(self, entry: Metric) -> _Found | None:
        """Metrics with different people in them: sums over days for the rest, no sums over days for the people."""
        sides = {name: self._side(entry, name) for name in ("full", "before", "after")}
        full = sides["full"]
        if full is None:
            return None
        is_sum = not entry.denominator
        value = full[0] if is_sum else changes.ratio(*full)
        daily = np.full((len(value), len(self.scope.panel.days)), np.nan)
        parts = self.scope.panel.parts(entry, self.aliases)
        if parts is not None:
            daily = parts[0] if is_sum else changes.ratio(*parts)
        before, after = sides["before"], sides["after"]
        if before is None or after is None:
            return value, None, daily
        if entry.unit == "rate":
            return value, _rate_change(before, after), daily
        change = None
        if parts is not None:
            change = changes.compare(entry.unit, *parts, self.days, is_sum=is_sum)
        return value, _scaled(change, before, after, is_sum=is_sum), daily

    def _side(self, entry: Metric, name: str) -> tuple[Floats, Floats] | None:
        people = self._people.get(name)
        place = {"full": self.now, "before": self.days.before, "after": self.days.after}[name]
        sums = []
        for terms in (entry.numerator, entry.denominator):
            total = np.zeros(len(self.scope.panel.segments))
            for term in terms:
                measure = self.aliases.get(term.removeprefix("-"), term.removeprefix("-"))
                if measure in PEOPLE:
                    if people is None:
                        return None
                    amount = people[measure]
                elif measure in self.scope.panel.measures:
                    leaf = np.nan_to_num(self.scope.panel.measures[measure][:, place]).sum(1)
                    amount = self.scope.panel.by_segment(leaf)
                else:
                    return None
                total = total + (-amount if term.startswith("-") else amount)
            sums.append(total)
        if np.isnan(sums[0]).all():
            return None
        return sums[0], sums[1] if entry.denominator else np.ones_like(sums[0])

    def kpi(self, entry: Metric) -> Kpi:
        """A metric of the whole scope."""
        nan = float("nan")
        found = self.figures(entry) if entry.computed else None
        reason: Message | None = None
        if found is None:
            reason = missing_reason(entry, self.scope.panel, self.scope.sources, self.scope.data.has)
            return Kpi(entry, nan, nan, nan, nan, nan, nan, 0, (), reason)
        value, change, daily = found
        shown = [
            place
            for place, day in enumerate(self.scope.panel.days)
            if (self.scope.period.start - day).days <= HISTORY_DAYS
        ]
        series = tuple((self.scope.panel.days[place], float(daily[0, place])) for place in shown)
        if change is None:
            reason = Message("There is no data for the comparison period.")
            return Kpi(entry, float(value[0]), nan, nan, nan, nan, nan, 0, series, reason)
        size = float(self._size(entry, change)[0])
        if entry.denominator and size < entry.min_denominator:
            reason = Message("Too little data: the base is {n}.", n=size)
        return Kpi(
            entry, float(value[0]), float(change.after[0]), float(change.before[0]), float(change.low[0]),
            float(change.high[0]), float(change.p_value[0]), size, series, reason,
        )  # fmt: skip

    def _size(self, entry: Metric, change: Change) -> Floats:
        """How much a figure rests on: the base of a quotient, a count itself, for an amount of money its days."""
        if entry.unit == "money" and not entry.denominator:
            return np.full(change.base_after.shape, float(len(self.days.after)))
        return change.base_after

    def rows(self, entry: Metric) -> dict[str, NDArray[Any]] | None:
        """A metric by segment as columns of `Kpis.table`; None when it cannot be computed."""
        found = self.figures(entry)
        if found is None:
            return None
        value, change, _ = found
        unknown = np.full(value.shape, np.nan)
        columns = {
            "like": unknown if change is None else change.after,
            "previous": unknown if change is None else change.before,
            "change": unknown if change is None else change.after - change.before,
            "relative": unknown if change is None else change.relative,
            "low": unknown if change is None else change.low,
            "high": unknown if change is None else change.high,
            "p_value": unknown if change is None else change.p_value,
            "n": unknown if change is None else self._size(entry, change),
        }
        shown = ~(np.isnan(value) & np.isnan(columns["previous"]))
        segments = self.scope.panel.segments
        named_columns = {name: segments[name].to_numpy()[shown] for name in segments.columns}
        figures = {"value": value, **columns}
        return {**named_columns, "metric": np.full(int(shown.sum()), entry.key, dtype=object)} | {
            name: array[shown] for name, array in figures.items()
        }


def _rate_change(before: tuple[Floats, Floats], after: tuple[Floats, Floats]) -> Change:
    """Change of a share of different people, who are independent of each other: no dispersion."""
    low, high = st.newcombe(before, after)
    old, new = changes.ratio(*before), changes.ratio(*after)
    relative = st.relative_change(old, new, st.rate_log_error(before, after))
    p_value = st.two_proportions(before, after)
    return Change(
        old, new, low, high, relative.low, relative.high, p_value, before[1], after[1], np.ones(len(old)),
        np.full(len(old), np.inf),
    )  # fmt: skip


def _scaled(
    change: Change | None, before: tuple[Floats, Floats], after: tuple[Floats, Floats], *, is_sum: bool
) -> Change:
    """Exact figures of different people, with noise from their daily counts, on the log scale.

    A number of people varies like a count with the dispersion of the days. A ratio a person varies like the ratio a
    person and day, and with the days on which a person buys: d on average, geometric beyond the first, which adds
    `(d - 1) / (d people)` to the squared relative error of a period.
    """
    old, new = (before[0], after[0]) if is_sum else (changes.ratio(*before), changes.ratio(*after))
    bases = (old, new) if is_sum else (before[1], after[1])
    unknown = np.full(old.shape, np.nan)
    if change is None:
        return Change(old, new, unknown, unknown, unknown, unknown, unknown, *bases, unknown, unknown)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        reach = st.critical_value(df=change.df)
        error = (np.log1p(change.relative_high) - np.log1p(change.relative_low)) / 2 / reach
        people, person_days = 1 / bases[0] + 1 / bases[1], 1 / change.base_before + 1 / change.base_after
        if is_sum:
            error = error * np.sqrt(people / person_days)
        else:
            error = np.sqrt(error**2 + np.maximum(people - person_days, 0.0))
        middle = np.log(new / old)
        low, high = np.expm1(middle - reach * error), np.expm1(middle + reach * error)
        p_value = st.two_sided(middle / error, change.df)
    return Change(old, new, old * low, old * high, low, high, p_value, *bases, change.phi, change.df)
