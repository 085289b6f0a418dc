"""What others reach: reference values of a metric, each with whose it is, its day and its source.

They come from three places: what a shop wrote down itself, its uploaded table of benchmarks, and the reference values
of the handbooks. Those of the handbooks are examples: they are listed, and no picture shows them as a fact.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ecops import handbook
from ecops.charts import Level
from ecops.engine import load_sql
from ecops.errors import SpecError, StoreError, unknown_name
from ecops.messages import Message, Term, Value
from ecops.metrics.beside.peers import METRIC_OF
from ecops.metrics.daily import opened
from ecops.metrics.registry import metric, metrics
from ecops.tables import table

TOPIC = "benchmark"
Scope = Literal["tier", "industry"]
"""tier: shops of the same tier (the fairer comparison). industry: a whole trade."""

STATISTICS: Mapping[str, Term] = {
    "average": Term(en="average", zh="平均"),
    "median": Term(en="median", zh="中位"),
    "top": Term(en="top", zh="优秀"),
}
SCOPES: Mapping[str, Term] = {
    "tier": Term(en="Same tier", zh="同层级"),
    "industry": Term(en="Industry", zh="行业"),
}
_TIER = re.compile(r"层级|同层|tier|level", re.IGNORECASE)
_ORIGINS = ("own", "file", "handbook")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One reference value.

    Attributes:
        metric: key in the registry.
        value: in the metric's unit, a rate as a share.
        scope: see `Scope`.
        population: whose value it is, in words.
        statistic: average, median or top.
        day: the value is of; None when nobody said.
        source: where it comes from.
        origin: "own" (written down by the shop), "file" (uploaded) or "handbook" (an example).
        id: of an own one; key of the parameter of one of the handbooks; "" for a file's.
    """

    metric: str
    value: float
    scope: Scope
    population: Value
    statistic: str
    day: dt.date | None
    source: Value
    origin: str
    id: str = ""

    @property
    def who(self) -> Message:
        """Whose value it is and which statistic, in a few words."""
        return Message(
            "{population}, {statistic}",
            population=self.population or SCOPES[self.scope],
            statistic=STATISTICS.get(self.statistic, self.statistic),
        )


CITES: tuple[str, ...] = tuple(key for key, entry in handbook.parameters().items() if entry.reference is not None)
"""Parameters of the handbooks that are reference values of a metric."""


def benchmarks(data: Any, key: str | None = None) -> tuple[Benchmark, ...]:
    """Every reference value there is (of one metric): the shop's own, then uploaded ones, then the handbooks'.

    Args:
        data: a workspace, opened data or frames.
        key: of one metric.

    Raises:
        SpecError: no such metric. StoreError: the table cannot be read.
    """
    if key is not None:
        metric(key)
    ready: Any = opened(data)
    found = [*_own(ready), *_uploaded(ready), *_of_handbooks(ready)]
    return tuple(one for one in found if key in (None, one.metric))


def _own(ready: Any) -> list[Benchmark]:
    chosen = getattr(ready, "choices", {}).get(TOPIC, {})
    told = [
        Benchmark(
            fields["metric"],
            float(fields["value"]),
            fields["scope"],
            fields["population"],
            fields["statistic"],
            dt.date.fromisoformat(fields["day"]) if fields["day"] else None,
            fields["source"],
            "own",
            name,
        )
        for name, fields in chosen.items()
        if fields["metric"] in metrics()
    ]
    return sorted(told, key=lambda one: one.day or dt.date.min, reverse=True)


def _uploaded(ready: Any) -> list[Benchmark]:
    if not ready.has("benchmarks"):
        return []
    found = []
    for row in ready.query(load_sql("ecops.metrics.queries", "benchmarks"), {}).to_pylist():
        key = named(row["metric"] or "")
        value = row["value"]
        if key is None or value is None or not math.isfinite(value):
            continue
        whose = row["population"] or ""
        scope: Scope = "tier" if _TIER.search(whose) else "industry"
        statistic = row["statistic"] if row["statistic"] in STATISTICS else "average"
        found.append(Benchmark(key, float(value), scope, whose, statistic, row["date"], row["source"] or "", "file"))
    return found


def _of_handbooks(ready: Any) -> list[Benchmark]:
    own = handbook.overrides(ready)
    return [
        Benchmark(
            entry.reference.metric,
            handbook.parameter(entry.key, own),
            "industry",
            entry.reference.population,
            entry.reference.statistic,
            dt.date.fromisoformat(entry.as_of),
            Message("handbook {handbook}, row {row}; an example", handbook=entry.source, row=entry.row),
            "handbook",
            entry.key,
        )
        for entry in handbook.parameters().values()
        if entry.reference is not None
    ]


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", re.sub(r"[(（].*?[)）]", "", text)).casefold()


@functools.cache
def _names() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for key, entry in metrics().items():
        for text in (key, entry.label.zh, entry.label.en):
            found.setdefault(_bare(text), key)
    for column, key in METRIC_OF.items():
        for text in table("peer_kpis")[column].synonyms:
            found.setdefault(_bare(text), key)
    return found


def named(text: str) -> str | None:
    """The key of the metric that a file calls so; None for a name we do not know.

    >>> named("支付转化率"), named("下单-支付转化率"), named("CVR"), named("happiness")
    ('pay_conversion', 'payment_rate', 'pay_conversion', None)
    """
    return _names().get(_bare(text))


def chosen(data: Any, key: str) -> Benchmark | None:
    """The reference value that a picture of a metric shows; None when only the handbooks know one.

    The shop's own before an uploaded one, its tier before its industry, the average before the median and the best, the
    newest first.
    """
    real = [one for one in benchmarks(data, key) if one.origin != "handbook"]
    order = list(STATISTICS)
    return min(
        real,
        key=lambda one: (
            _ORIGINS.index(one.origin),
            get_args(Scope).index(one.scope),
            order.index(one.statistic),
            -(one.day or dt.date.min).toordinal(),
        ),
        default=None,
    )


def levels(data: Any, key: str) -> tuple[Level, ...]:
    """The line of reference for a picture of a metric by day; empty when there is none."""
    found = chosen(data, key)
    if found is None:
        return ()
    return (Level(Message("benchmark ({who})", who=found.who), found.value),)


def write_benchmark(shop: Any, given: Benchmark, *, actor: str = "") -> str:
    """Write a reference value down; returns its id.

    Args:
        shop: a workspace.
        given: what to remember; one with an `id` replaces the one that has it. `origin` is not looked at.
        actor: who says so.

    Raises:
        SpecError: no such metric, scope or statistic, no source, or the value cannot be meant.
        StoreError: the shop cannot remember it.
    """
    from ecops.store.choices import choose

    entry, population, source = metric(given.metric), str(given.population).strip(), str(given.source).strip()
    for kind, told, allowed in (
        (Message("The scope"), given.scope, SCOPES),
        (Message("The statistic"), given.statistic, STATISTICS),
    ):
        if told not in allowed:
            raise unknown_name(kind, told, allowed)
    if not source:
        raise SpecError(Message("A benchmark needs its source."), Message("Say where the value comes from."))
    if not math.isfinite(given.value) or given.value < 0 or (entry.unit == "rate" and given.value > 1):
        raise SpecError(
            Message("{value} is no value for {label}.", value=str(given.value), label=entry.label),
            Message("Write a rate as a share: 0.05 for 5%."),
        )
    fields = {
        "metric": given.metric,
        "value": float(given.value),
        "scope": given.scope,
        "population": population,
        "statistic": given.statistic,
        "day": given.day.isoformat() if given.day else "",
        "source": source,
    }
    name = given.id or uuid.uuid4().hex[:12]
    choose(_state(shop), TOPIC, name, fields, actor)
    return name


def remove_benchmark(shop: Any, id: str, *, actor: str = "") -> None:
    """Take a reference value of one's own back.

    Raises:
        SpecError: there is none of that id. StoreError: the shop cannot remember it.
    """
    from ecops.store.choices import held, take_back

    there = held(_state(shop))[1].get(TOPIC, {})
    if id not in there:
        raise unknown_name(Message("The benchmark"), id, there)
    take_back(shop.state, TOPIC, id, actor)


def _state(shop: Any) -> Any:
    state = getattr(shop, "state", None)
    if state is None:
        raise StoreError(
            Message("Only a workspace remembers benchmarks."),
            Message("Open the shop's workspace and write them there."),
        )
    return state


@dataclass(frozen=True, slots=True)
class Gap:
    """A shop's figure beside a reference value.

    Attributes:
        benchmark: the reference value.
        value: the shop's, in the metric's unit.
        gap: value - reference, in the metric's unit.
        better: whether the shop lies on the good side, or level.
    """

    benchmark: Benchmark
    value: float
    gap: float
    better: bool


def against(data: Any, figures: Mapping[str, float]) -> tuple[Gap, ...]:
    """The figures of a period beside every reference value there is of them; the handbooks' examples last.

    No verdict: a reference value says nothing of its own spread.

    Args:
        data: see `benchmarks`.
        figures: by key of the metric, in its unit, of the whole shop.
    """
    told = []
    for one in benchmarks(data):
        value = figures.get(one.metric, math.nan)
        if math.isfinite(value):
            gap = value - one.value
            better = gap >= 0 if metric(one.metric).direction == "up" else gap <= 0
            told.append(Gap(one, value, gap, better))
    return tuple(told)
