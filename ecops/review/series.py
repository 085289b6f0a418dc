"""A metric by day in one place and in the places beside it: the ground of verification, alerts and charts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecops.engine import load_sql
from ecops.metrics.analysis import read_scope
from ecops.metrics.daily import DIMENSIONS, Data
from ecops.metrics.panel import Panel, aliases_of, days_of
from ecops.metrics.registry import Metric, metric, metrics
from ecops.periods import Period

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
USUAL = 10.0
"""A day of nothing in a place where this many a day are usual is a day without data, not a day without people."""


@dataclass(frozen=True, slots=True)
class Daily:
    """A metric by place and day.

    Attributes:
        metric: what.
        places: dimension values of each place.
        days: every day, in order.
        numerator, denominator: shape (places, days); the denominator is 1 for plain sums.
        money: GMV, same shape; zeros when it is unknown.
        reported: days on which every shop of a place has figures of the metric somewhere, same shape: nothing in the
            place is then nothing, and not a file that was not loaded.
    """

    metric: Metric
    places: tuple[Mapping[str, str], ...]
    days: tuple[dt.date, ...]
    numerator: Floats
    denominator: Floats
    money: Floats
    reported: NDArray[np.bool_]

    def known(self, place: int) -> NDArray[np.bool_]:
        """Days on which a place has figures, shape (days,)."""
        if self.metric.denominator:
            return np.asarray(self.denominator[place] > 0)
        values = self.numerator[place]
        present = np.asarray(values != 0)
        if not present.any() or np.median(values[present]) < USUAL:
            # Nothing on a day between the first and the last file is nothing; before and after them nobody knows.
            there = self.reported[place]
            return np.asarray(np.maximum.accumulate(there) & np.maximum.accumulate(there[::-1])[::-1])
        return np.asarray(present | self.reported[place])

    def frame(self, place: int) -> pd.DataFrame:
        """`date`, `numerator`, `denominator` of a place on the days it has figures."""
        import pandas as pd

        there = self.known(place)
        return pd.DataFrame(
            {
                "date": [day for day, known in zip(self.days, there, strict=True) if known],
                "numerator": self.numerator[place, there],
                "denominator": self.denominator[place, there],
            }
        )

    def find(self, subject: Mapping[str, str]) -> int | None:
        """Number of the place with these values."""
        return next((number for number, place in enumerate(self.places) if dict(place) == dict(subject)), None)

    def value(self, place: int, period: Period) -> tuple[float, float, int]:
        """Value over the days of a period that have figures, its base, and how many days these are."""
        mask = np.array([period.start <= day <= period.end for day in self.days]) & self.known(place)
        top, base = float(self.numerator[place, mask].sum()), float(self.denominator[place, mask].sum())
        if not self.metric.denominator:
            return (top if mask.any() else float("nan")), top, int(mask.sum())
        return (top / base if base > 0 else float("nan")), base, int(mask.sum())


def readable(key: str) -> bool:
    """Whether a metric exists and can be computed from loaded tables."""
    return key in metrics() and metrics()[key].computed


def read(data: Data, key: str, by: Sequence[str], span: Period) -> Daily | None:
    """A metric by day, split by dimensions; None when the data does not have it.

    Args:
        data: tables.
        key: of the metric.
        by: dimensions; with "sku" the platforms' reports of products are read.
        span: the days.

    Raises:
        SpecError: there is no such metric.
    """
    entry = metric(key)
    if "sku" in by:
        return _products(data, entry, by, span)
    if not set(by) <= DIMENSIONS.keys():
        return None
    scope = read_scope(data, span, "previous", tuple(by))
    parts = scope.panel.parts(entry, aliases_of(scope.basis))
    if parts is None or not len(scope.panel.segments):
        return None
    inside = scope.panel.positions(days_of(span))
    money = scope.panel.parts(metric("gmv"), aliases_of(scope.basis))
    return Daily(
        entry,
        _places(scope.panel),
        tuple(scope.panel.days[place] for place in inside),
        parts[0][:, inside],
        parts[1][:, inside],
        np.zeros_like(parts[0][:, inside]) if money is None else money[0][:, inside],
        _reported(scope.panel, [aliases_of(scope.basis).get(name, name) for name in entry.measures])[:, inside],
    )


def _reported(panel: Panel, measures: Sequence[str]) -> NDArray[np.bool_]:
    """Whether every shop of a segment has any figure of the measures on a day, shape (segments, days)."""
    there = np.logical_or.reduce([np.nan_to_num(panel.measures[name]) != 0 for name in measures])
    shop = panel.leaves.groupby(["platform", "shop"], sort=False).ngroup().to_numpy()
    shops = np.zeros((shop.max() + 1, there.shape[1]), dtype=bool)
    np.logical_or.at(shops, shop, there)
    return np.asarray(panel.by_segment(np.where(shops[shop], 0.0, 1.0)) == 0)


def _places(panel: Panel) -> tuple[Mapping[str, str], ...]:
    if not panel.by:
        return ({},)
    return tuple({name: str(value) for name, value in row.items()} for row in panel.segments.to_dict("records"))


def _products(data: Data, entry: Metric, by: Sequence[str], span: Period) -> Daily | None:
    if not data.has("traffic_daily") or not set(by) <= {"platform", "sku"}:
        return None
    import pandas as pd

    rows = data.query(load_sql("ecops.review.queries", "products"), {"start": span.start, "end": span.end}).to_pandas()
    columns = {"gmv": "pay_amount"}
    if not len(rows) or not all(columns.get(name, name) in rows for name in entry.measures):
        return None
    rows["date"] = pd.to_datetime(rows["date"]).dt.date
    names = [name for name in ("platform", "sku") if name in by]
    days = days_of(span)

    def wide(terms: Sequence[str]) -> Floats:
        total = sum(
            (-1.0 if term.startswith("-") else 1.0)
            * rows[columns.get(term.removeprefix("-"), term.removeprefix("-"))].fillna(0.0).astype(float)
            for term in terms
        )
        table = rows.assign(total=total).pivot_table(index=names, columns="date", values="total", aggfunc="sum")
        values: Floats = table.reindex(columns=days).fillna(0.0).to_numpy(dtype=np.float64)
        return values

    keys = rows.groupby(names, sort=True).size().index
    places = [dict(zip(names, key if isinstance(key, tuple) else (key,), strict=True)) for key in keys]
    numerator = wide(entry.numerator)
    below = wide(entry.denominator) if entry.denominator else np.ones_like(numerator)
    told = tuple({name: str(value) for name, value in place.items()} for place in places)
    named = np.array([place.get("platform", "") for place in told])
    same = named[:, None] == named[None, :]
    return Daily(
        entry, told, tuple(days), numerator, below, wide(("pay_amount",)), np.asarray(same @ (numerator != 0) > 0)
    )
