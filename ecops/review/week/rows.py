"""The figures of a week, each beside the week before and the same week a year before, both on its own footing."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecops import door
from ecops.engine import load_sql
from ecops.messages import Message
from ecops.metrics import Kpis
from ecops.metrics.daily import MEASURES, Data, spans
from ecops.metrics.panel import aliases_of
from ecops.metrics.registry import Metric, metric, metrics
from ecops.periods import Period
from ecops.review import goals

SAME = 1e-9
"""Relative difference below which two figures of one week are the same figure."""

_SOURCES = {name: "sales" if source not in {"traffic", "ads"} else source
            for source, names in MEASURES.items() for name in names}  # fmt: skip
"""Measure -> whose days it has; people are counted from sales."""

Reach = Mapping[str, tuple[dt.date, dt.date]]
"""Source -> its first and last day."""


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One metric of the week.

    Attributes:
        metric: what it is.
        value: this week, from every loaded day.
        like: this week on the days that can be compared with the week before.
        before: the week before on the same days; NaN where there is no data of this kind.
        change: relative change like / before - 1.
        sure: whether that change is more than the usual up and down (p below .05).
        year_before: the same week a year before, weekday by weekday; NaN where there is no data of this kind, or where
            this week on the footing of that comparison (fewer days, less history of buyers) is another figure than
            `value`.
        progress: of its target; None without one.
        reason: why there is no value or no comparison; None when there is.
    """

    metric: Metric
    value: float
    like: float
    before: float
    change: float
    sure: bool
    year_before: float
    progress: goals.Progress | None
    reason: Message | None

    @property
    def year_change(self) -> float:
        """Relative change value / year_before - 1; NaN where the year before is 0 or unknown."""
        return self.value / self.year_before - 1 if self.year_before else math.nan


def rows(data: Data, now: Kpis, year: Kpis, keys: Sequence[str], targets: Sequence[goals.Target]) -> tuple[KpiRow, ...]:
    """The metrics `keys` that have a figure which whoever reads may see: page, deck and targets are made of these.

    Args:
        data: the tables.
        now: the week against the week before.
        year: the week against the same week a year before.
        keys: of metrics, in the order of the table.
        targets: of any metrics.
    """
    reach, aliases = _reach(data), aliases_of(now.basis)
    found = []
    told = _measured(data, now, year, keys)
    for key in keys:
        if key in told and door.may_see(metric(key).needs, door.reader()):
            found.append(_told(key, told[key], targets, now.period))
        if key not in metrics() or not math.isfinite(now[key].value):
            continue
        if not door.may_see(metric(key).needs, door.reader()):
            continue
        sources = {_SOURCES.get(aliases.get(name, name), "sales") for name in metric(key).measures}
        before, then = (all(_there(reach, source, side.compare) for source in sources) for side in (now, year))
        kpi, earlier = now[key], year[key]
        same = then and math.isclose(kpi.value, earlier.like, rel_tol=SAME)
        target = next((target for target in targets if target.metric == key), None)
        found.append(
            KpiRow(
                metric=kpi.metric,
                value=kpi.value,
                like=kpi.like,
                before=kpi.previous if before else math.nan,
                change=kpi.relative if before else math.nan,
                sure=before and math.isfinite(kpi.p_value) and kpi.p_value < 0.05,
                year_before=earlier.previous if same else math.nan,
                progress=None if target is None else goals.progress(target, kpi.value, now.period.end),
                reason=kpi.reason,
            )
        )
    return tuple(found)


def _measured(data: Data, now: Kpis, year: Kpis, keys: Sequence[str]) -> Mapping[str, tuple[float, float, float]]:
    """Figures at the end of the week, of the one before and of a year before, that capabilities work out in full."""
    from ecops.metrics.measured import measured

    wanted = [key for key in keys if key in metrics() and metric(key).page and not math.isfinite(now[key].value)]
    if not wanted:
        return {}
    this, *others = (measured(data, days) for days in (now.period, now.compare, year.compare))
    return {
        key: (this[key].value, *(side[key].value if key in side else math.nan for side in others))  # type: ignore[misc]
        for key in wanted
        if key in this
    }


def _told(key: str, values: tuple[float, float, float], targets: Sequence[goals.Target], period: Period) -> KpiRow:
    """A figure at the end of the week; nobody says by how much it swings, so no change of it is sure."""
    value, before, year_before = values
    target = next((target for target in targets if target.metric == key), None)
    return KpiRow(
        metric=metric(key), value=value, like=value, before=before,
        change=value / before - 1 if before else math.nan, sure=False, year_before=year_before,
        progress=None if target is None else goals.progress(target, value, period.end), reason=None,
    )  # fmt: skip


def _reach(data: Data) -> Reach:
    """From when to when there are sales, traffic and paid promotion."""
    found: dict[str, tuple[dt.date, dt.date]] = {}
    for span in spans(data):
        first, last = found.get(span.source, (span.first_day, span.last_day))
        found[span.source] = min(first, span.first_day), max(last, span.last_day)
    if data.has("ad_spend_daily"):
        (row,) = data.query(load_sql("ecops.review.queries", "span_ads")).to_pylist()
        if row["first_day"] is not None:
            found["ads"] = row["first_day"], row["last_day"]
    return found


def _there(reach: Reach, source: str, days: Period) -> bool:
    """Whether a source has data of these days; days without a row of it are otherwise read as zero.

    Missing days of sales and traffic are left out of a comparison anyway, those of paid promotion are not.
    """
    if source not in reach:
        return False
    first, last = reach[source]
    return first <= (days.start if source == "ads" else days.end) and last >= days.start
