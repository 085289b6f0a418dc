"""Totals by arm, as platforms export them: of the whole test, or of each day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecops.errors import DataError, SpecError, near
from ecops.experiments.design.spec import Experiment
from ecops.experiments.reading.source import Source
from ecops.experiments.reading.tally import Tally, Totals
from ecops.messages import Message

ARMS = ("variant", "arm", "group")
DATES = ("date", "day")
WHOLE = frozenset({"", "all", "total", "overall", "everyone", "全部", "合计", "总计", "整体", "汇总", "全量"})
"""Segments that are no part but the whole."""


def is_totals(source: Source, spec: Experiment) -> bool:
    """Whether the data are totals: a column of users and no column of user ids."""
    names = source.schema.names
    return spec.unit not in names and "users" in names


def read_totals(source: Source, spec: Experiment) -> Tally:
    """Totals by arm (and day) of the columns that the experiment's metrics need."""
    names = source.schema.names
    arm = _choose((spec.arm, *ARMS), names)
    if arm is None:
        raise SpecError(
            Message("The data has no column {name}.", name=spec.arm),
            Message("It has: {names}.", names=", ".join(near(spec.arm, names) or names[:20])),
        )
    date = _choose((spec.date, *DATES), names)
    wanted = {"users", "conversions", "orders", "revenue"}
    for metric in spec.metrics:
        wanted |= {metric.total or metric.column, metric.total_below, metric.squares}
    columns = tuple(sorted(column for column in wanted if column in names))
    splits = [name for name in ("experiment", "segment") if name in names]
    rows = source.query(f"select * from {source.table}").select(  # noqa: S608 - our own name
        [arm, *([date] if date else []), *columns, *splits]
    )
    if "experiment" in names:
        rows = _one_experiment(rows, spec)
    if rows.num_rows == 0:
        raise DataError(Message("There are no totals of this experiment."), Message("Check its name."))
    listed, parts = _wholes(rows.to_pylist())
    _refuse_twins(listed, arm, date)
    return _tally(listed, arm, date, columns, source.currency, parts)


def _choose(candidates: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in candidates if name in names), None)


def _one_experiment(rows: Any, spec: Experiment) -> Any:
    import pyarrow.compute as pc

    found = sorted({name for name in rows.column("experiment").to_pylist() if name is not None})
    if spec.name and spec.name in found:
        return rows.filter(pc.equal(rows.column("experiment"), spec.name))
    if len(found) > 1:
        raise SpecError(
            Message("The file holds several experiments."),
            Message("Choose one of: {names}.", names=", ".join(found[:10])),
        )
    return rows


def _wholes(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The rows to be added up, and of how many segments they are.

    Where a file has sums over all segments beside the segments, the sums are taken and the parts left out.
    """
    whole = [row for row in rows if _is_whole(row.get("segment"))]
    parts = len({row.get("segment") for row in rows} - {row.get("segment") for row in whole})
    return (whole, 1) if whole and parts else (rows, max(1, parts))


def _is_whole(segment: Any) -> bool:
    return segment is None or str(segment).strip().casefold() in WHOLE


def _refuse_twins(rows: Sequence[dict[str, Any]], arm: str, date: str | None) -> None:
    """Two rows about the same arm, day and segment would count everybody twice.

    Raises:
        DataError: there are some.
    """
    keys = (
        (row[arm], _day(row[date]) if date and row[date] is not None else None, row.get("segment"))
        for row in rows
        if row[arm] is not None
    )
    seen = Counter(keys)
    twins = [key for key, count in seen.items() if count > 1]
    if not twins:
        return
    name, day, _ = min(twins, key=lambda key: (str(key[0]), str(key[1])))
    what = (
        Message("The totals of {arm} stand there more than once; {n} rows would count twice.", arm=name, n=len(twins))
        if day is None
        else Message(
            "The totals of {arm} on {day} stand there more than once; {n} rows would count twice.",
            arm=name,
            day=day,
            n=len(twins),
        )
    )
    raise DataError(
        what, Message("Keep one row for each arm and day, or name the segments of which the rows are parts.")
    )


def _tally(
    rows: list[dict[str, Any]], arm: str, date: str | None, columns: Sequence[str], currency: str, parts: int
) -> Tally:
    days = sorted({_day(row[date]) for row in rows if date and row[date] is not None})
    dated = bool(days)
    places: dict[dt.date | None, int] = dict.fromkeys(days, 0) if dated else {None: 0}
    places.update({day: at for at, day in enumerate(days)})
    values: dict[tuple[str, str], Any] = {}
    for row in rows:
        if row[arm] is None:
            continue
        day = _day(row[date]) if dated and date and row[date] is not None else None
        if day not in places:
            raise DataError(
                Message("Some totals have a date and some have none."),
                Message("Upload the totals of each day, or those of the whole test, not both."),
            )
        for column in columns:
            if row[column] is None:
                continue
            amount = float(row[column])
            if not np.isfinite(amount) or (column == "users" and amount < 0):
                raise DataError(
                    Message("A total is not a possible number."),
                    Message("Export the totals again."),
                    {"column": column},
                )
            series = values.setdefault((str(row[arm]), column), np.full(len(places), np.nan))
            at = places[day]
            series[at] = amount if np.isnan(series[at]) else series[at] + amount
    totals = Totals(tuple(days), values, parts)
    arms = sorted({name for name, _ in values})
    return Tally(
        kind="daily" if dated else "totals",
        users={name: totals.sum(name, "users") for name in arms},
        totals=totals,
        first_day=days[0] if dated else None,
        last_day=days[-1] if dated else None,
        currency=currency,
    )


def _day(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise DataError(
            Message("{text} is not a date.", text=str(value)), Message("Write dates as 2026-11-09.")
        ) from None
