"""What do others have: reference values of a metric, with whose they are, from which day and from where.

Four kinds, told apart wherever they are shown: what the shop's people brought in or wrote down, the median of the peers
in a table of peers, and the two averages of the operations handbooks, which stand in until somebody brings better ones.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ecops.engine import load_sql
from ecops.errors import SpecError, StoreError, unknown_name
from ecops.handbook import parameters
from ecops.messages import Message, Term
from ecops.metrics.daily import QUERIES
from ecops.metrics.registry import metrics
from ecops.sources.text import normalise_header
from ecops.store import journal
from ecops.tables import table

STREAM = "benchmarks"
"""Stream of the journal that holds what was written down by hand."""

METRIC_OF: Mapping[str, str] = {
    "visitors": "visitors",
    "conversion_rate": "pay_conversion",
    "order_value": "value_per_buyer",
    "pay_amount": "gmv",
    "repeat_rate": "repeat_share",
    "refund_rate": "refund_rate",
    "bounce_rate": "bounce_rate",
    "click_rate": "ctr",
    "cart_rate": "cart_rate",
}
"""Column of `peer_kpis` -> the metric that it is."""

PEER_MEDIAN = Term(en="median of peers", zh="同行中位")
_HANDBOOK = {"funnel.cvr_industry": "pay_conversion", "funnel.bounce_industry": "bounce_rate"}
_INDUSTRY = Term(en="industry", zh="行业")
_BY_HAND = Term(en="written down by hand", zh="手工填写")

Kind = Literal["loaded", "written", "peers", "handbook"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference value.

    Attributes:
        metric: key of the metric; "" where its name is none of ours, then `name` says what it is.
        name: the name as it was given.
        value: in the unit of the metric, a rate as a share.
        population: whose value it is: an industry, a tier, the peers.
        statistic: average, median, top, or "" when not said.
        date: the day it is of; None when not said.
        source: where it comes from.
        kind: see the module.
        n: shops behind it; 0 when not known.
        platform: of the peers, "" when not said.
    """

    metric: str
    name: str
    value: float
    population: str | Term
    statistic: str
    date: dt.date | None
    source: str | Term
    kind: Kind
    n: int = 0
    platform: str = ""

    @property
    def subject(self) -> str:
        """What identifies it in the journal."""
        return "|".join((self.metric or self.name, str(self.population), self.statistic))


@functools.cache
def _names() -> Mapping[str, str]:
    """Every name under which a metric may be written -> its key."""
    found = {_plain(column): key for column, key in METRIC_OF.items()}
    for column, key in METRIC_OF.items():
        found |= {_plain(word): key for word in table("peer_kpis")[column].synonyms}
    for key, metric in metrics().items():
        found |= {_plain(word): key for word in (key, metric.label.en, metric.label.zh)}
    return found


def _plain(name: str) -> str:
    """A name without spaces, arrows and joints, which people write in different ways."""
    return re.sub(r"[\W_]", "", normalise_header(name))


def metric_named(name: str) -> str:
    """The key of the metric that people call `name`, "" for none of ours.

    >>> metric_named("下单-支付转化率"), metric_named("CVR"), metric_named("weather")
    ('payment_rate', 'pay_conversion', '')
    """
    return _names().get(_plain(name), "")


def references(data: Any, until: dt.date) -> tuple[Reference, ...]:
    """Every reference value known on a day, the newest of each.

    Args:
        data: the tables; what people wrote down is read from its journal where it has one.
        until: nothing dated later is shown.
    """
    found: dict[str, Reference] = {}
    for reference in (*_loaded(data, until), *_of_peers(data, until)):
        found[reference.subject] = reference
    found = _with_journal(data, found, until)
    told = {reference.metric for reference in found.values() if str(reference.population) == _INDUSTRY.zh}
    handbook = [reference for reference in _of_handbook() if reference.metric not in told]
    removed = {subject for subject, fields in _written(data).items() if fields.get("removed")}
    return (*found.values(), *(reference for reference in handbook if reference.subject not in removed))


def by_metric(found: tuple[Reference, ...]) -> dict[str, tuple[Reference, ...]]:
    """The references of each metric."""
    keys = dict.fromkeys(reference.metric for reference in found if reference.metric)
    return {key: tuple(reference for reference in found if reference.metric == key) for key in keys}


def _loaded(data: Any, until: dt.date) -> list[Reference]:
    if not data.has("benchmarks"):
        return []
    rows = data.query(load_sql(QUERIES, "references"), {"until": until}).to_pylist()
    return [
        Reference(metric_named(row["metric"]), row["metric"], float(row["value"]), row["population"], row["statistic"],
                  row["date"], row["source"] or "", "loaded")
        for row in rows
    ]  # fmt: skip


def _of_peers(data: Any, until: dt.date) -> list[Reference]:
    if not data.has("peer_kpis"):
        return []
    rows = data.query(load_sql(QUERIES, "peer_medians"), {"until": until}).to_pylist()
    return [
        Reference(metric, str(table("peer_kpis")[column].label.en), float(row[column]), PEER_MEDIAN, "median",
                  _day(row["period"]), table("peer_kpis").label, "peers", int(row["shops"]), row["platform"])
        for row in rows
        for column, metric in METRIC_OF.items()
        if row[column] is not None
    ]  # fmt: skip


def _day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _of_handbook() -> list[Reference]:
    found = []
    for key, metric in _HANDBOOK.items():
        entry = parameters()[key]
        source = Term(en=f"Operations handbook {entry.source}", zh=f"运营手册 {entry.source}")
        day = dt.date.fromisoformat(entry.as_of)
        found.append(Reference(metric, entry.label.en, entry.value, _INDUSTRY, "average", day, source, "handbook"))
    return found


def _written(data: Any) -> dict[str, dict[str, Any]]:
    state = getattr(data, "state", None)
    return journal.fold(journal.read(state, STREAM)) if state is not None else {}


def _with_journal(data: Any, found: dict[str, Reference], until: dt.date) -> dict[str, Reference]:
    """What was written down by hand over what was loaded; what was removed is gone."""
    kept = dict(found)
    for subject, fields in _written(data).items():
        if fields.get("removed"):
            kept.pop(subject, None)
            continue
        day = dt.date.fromisoformat(fields["date"])
        if day <= until:
            kept[subject] = Reference(
                fields["metric"], fields["metric"], float(fields["value"]), fields["population"], fields["statistic"],
                day, fields["source"] or _BY_HAND, "written",
            )  # fmt: skip
    return kept


def write_down(state: Any, reference: Reference, actor: str) -> None:
    """Remember a reference value; one of the same metric, population and statistic is replaced.

    Raises:
        SpecError: the metric is none of ours, the value is no value of it, or whose it is, the day or the source is
            missing.
        StoreError: the shop cannot be written to.
    """
    if reference.metric not in metrics():
        raise unknown_name(Message("The metric"), reference.metric, metrics())
    entry = metrics()[reference.metric]
    if not 0 <= reference.value < math.inf or (entry.unit == "rate" and reference.value > 1):
        raise SpecError(
            Message("{value} is no value of {metric}.", value=str(reference.value), metric=entry.label),
            Message("Write a rate as a share between 0 and 1, 0.058 for 5.8 %."),
        )
    if not str(reference.population).strip() or not str(reference.source).strip() or reference.date is None:
        raise SpecError(
            Message("A reference value needs whose it is, its day and its source."),
            Message("Fill in all three; a number without a source cannot be checked later."),
        )
    _append(state, reference.subject, {
        "metric": reference.metric, "value": float(reference.value), "population": str(reference.population).strip(),
        "statistic": reference.statistic, "date": reference.date.isoformat(), "source": str(reference.source).strip(),
        "removed": False,
    }, actor)  # fmt: skip


def remove(state: Any, subject: str, actor: str) -> None:
    """Take a reference value away, whoever brought it; the history keeps it."""
    _append(state, subject, {"removed": True}, actor)


def _append(state: Any, subject: str, fields: Mapping[str, Any], actor: str) -> None:
    if state is None:
        raise StoreError(Message("Nothing can be written here."), Message("Open a shop of your own."))
    journal.append(state, STREAM, subject, fields, actor)
