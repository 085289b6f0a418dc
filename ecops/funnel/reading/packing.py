"""A log packed once, asked many times: DuckDB writes one 64-bit key an event, numpy sorts them, kernels read them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ecops.engine import load_sql
from ecops.errors import DataError, SpecError
from ecops.funnel.reading.log import Ints, Layout, Log
from ecops.funnel.reading.ordering import merged
from ecops.funnel.reading.source import (
    MISSING_IDS,
    EventSource,
    named_list,
    open_events,
    quoted,
    raw_text,
    text_sql,
    time_sql,
)
from ecops.funnel.spec import Unit
from ecops.messages import Count, Message

MAX_VALUES = 1000
MAX_EVENTS = 4000
_MAX_PARTS_FOR_FRACTIONS = 16
_CHUNK = 250_000
"""Events a part: small enough for the processor's cache, large enough that Python does not matter."""
_LOOKED_AT = 10_000
"""Events whose times tell whether a log has fractions of seconds; where later ones do, it is packed a second time."""
_EPOCH = dt.datetime(1970, 1, 1)
_US = 1_000_000


@dataclass(frozen=True, slots=True)
class PackedEvents:
    """A log ready for any number of questions about the same units and dimensions.

    Attributes:
        keys: sorted keys, several arrays when one key could not hold the whole range; 8 bytes an event.
        layout: meaning of their bits.
        unit: what is counted.
        names: event names; code i + 1 is names[i].
        by: dimensions.
        values: names of each dimension's values, ascending; digit i + 1 is values[i], digit 0 is empty.
        origin: time of tick 0.
        ticks_per_second: 1, or 1000 when the log has fractions of seconds (and a key has room for them).
        last: last tick.
        rows: events in the log; `without_id` and `without_time` of them are left out.
        order_values: frame of event, dimensions, value (money) and valued (events with a value).
        event_counts: events by name.
        currency: ISO code.
    """

    keys: tuple[Ints, ...]
    layout: Layout
    unit: Unit
    names: tuple[str, ...]
    by: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    origin: dt.datetime
    ticks_per_second: int
    last: int
    rows: int
    without_id: int
    without_time: int
    order_values: pd.DataFrame
    event_counts: dict[str, int]
    currency: str

    @property
    def radices(self) -> tuple[int, ...]:
        """Values of each dimension, the empty one included."""
        return tuple(len(values) + 1 for values in self.values)

    @property
    def span(self) -> tuple[dt.date, dt.date]:
        """First and last day of the log."""
        return self.origin.date(), (self.origin + dt.timedelta(seconds=self.last / self.ticks_per_second)).date()

    def tick(self, moment: dt.datetime) -> int:
        """Tick of a time, may lie outside the log."""
        return round((moment - self.origin).total_seconds() * self.ticks_per_second)

    def logs(self, chunk: int = _CHUNK) -> Iterator[Log]:
        """The log in parts of about `chunk` events, cut between units, so that temporary arrays stay small."""
        shift = self.layout.time_bits + self.layout.low_bits
        for keys in self.keys:
            begin = 0
            while begin < len(keys):
                end = begin + chunk
                if end < len(keys):
                    unit_end = ((keys[end] >> shift) + 1) << shift
                    end = int(np.searchsorted(keys, unit_end))
                yield Log(keys[begin:end], self.layout)
                begin = end


def pack(data: Any, unit: Unit = "user", by: str | Sequence[str] | None = None, currency: str = "") -> PackedEvents:
    """Pack a log.

    Args:
        data: see `open_events`. It needs a person, an event and a time; sessions or products when they are the unit.
        unit: what is counted.
        by: dimensions, canonical names or headers of the log.
        currency: ISO code of the money of a log that does not say it.

    Raises:
        DataError: no row has an id and a time, or the names are not names.
        SpecError: an unknown column, or a dimension with more than 1,000 values.
        MappingError: the log has no person, event or time.
    """
    source = open_events(data, currency)
    dimensions = named_list(by)
    span = _span(source, unit)
    prepared = _prepared(source, unit, dimensions, raw_text, span)
    columns = tuple(f"segment_{i + 1}" for i in range(len(dimensions)))
    scan = load_sql("ecops.funnel.queries", "scan_events", by=columns, allowed=columns)
    ids = {"missing_ids": list(MISSING_IDS)} if "$missing_ids" in prepared else {}
    profile = source.query(f"WITH prepared AS ({prepared}) {scan}", ids).to_pandas()
    texts = profile[["event", *columns]].astype(object)
    clean = texts.apply(lambda column: column.str.strip()).replace("", None)
    if not clean.fillna("").equals(texts.fillna("")):
        # Only texts that need it are trimmed in every row.
        prepared = _prepared(source, unit, dimensions, text_sql, span)
    profile = profile.assign(**{name: clean[name] for name in clean.columns})
    names = tuple(sorted(str(name) for name in profile["event"].dropna().unique()))
    values = tuple(tuple(sorted(str(v) for v in profile[column].dropna().unique())) for column in columns)
    _check_sizes(names, values, dimensions)
    rows = int(profile["rows"].sum())
    holes = tuple(bool(profile[name].isna().any()) for name in ("event", *columns))
    plan = _Packing(source, prepared, names, values, holes, rows, span, _US, whole=True)
    if span["fraction"]:
        plan = plan.finer()
    keys, layout = plan.run()
    if plan.whole and any(len(part) and part[0] < 0 for part in keys):
        del keys  # before as many come again
        plan = plan.finer()
        keys, layout = plan.run()
    left_out = _left_out(source, prepared) if sum(len(part) for part in keys) < rows else (0, 0)
    if not any(len(part) for part in keys):
        raise _nobody()
    money = profile.rename(columns=dict(zip(columns, dimensions, strict=True)))
    return PackedEvents(
        keys=keys,
        layout=layout,
        unit=unit,
        names=names,
        by=dimensions,
        values=values,
        origin=_EPOCH + dt.timedelta(microseconds=span["first_us"]),
        ticks_per_second=_US // plan.tick_us,
        last=(span["last_us"] - span["first_us"]) // plan.tick_us,
        rows=rows,
        without_id=left_out[0],
        without_time=left_out[1],
        order_values=money[["event", *dimensions, "value", "valued"]],
        event_counts={str(k): int(v) for k, v in profile.groupby("event")["rows"].sum().items()},
        currency=source.currency,
    )


def _nobody() -> DataError:
    return DataError(
        Message("No event has both an id and a time."), Message("Check which columns hold the person and the time.")
    )


def _whole_numbers(source: EventSource, unit: Unit) -> bool:
    """Whether the ids are whole numbers that may go into the keys as they are."""
    return unit == "user" and pa.types.is_integer(source.columns[str(source.column("user_id"))])


def _span(source: EventSource, unit: Unit) -> dict[str, int]:
    """The ends of time and of whole-number ids (None for others), and whether early events have fractions of seconds.

    Ends are asked of the bare columns, so that Parquet answers from its statistics.
    """
    when, user = str(source.column("happened_at")), quoted(str(source.column("user_id")))
    moment = time_sql(source, when)
    if pa.types.is_timestamp(source.columns[when]):
        ends = f"epoch_us(min({quoted(when)})) AS first_us, epoch_us(max({quoted(when)})) AS last_us"
    else:
        ends = f"min({moment}) AS first_us, max({moment}) AS last_us"
    numbers = f"min({user}), max({user})" if _whole_numbers(source, unit) else "NULL, NULL"
    first, last, lowest, highest = (
        source.query(f"WITH ends AS (SELECT {ends}, {numbers} FROM log) SELECT * FROM ends", {})  # noqa: S608
        .to_pandas()
        .iloc[0]
    )
    if pd.isna(first):
        raise _nobody()
    begin = f"SELECT {moment} AS happened_us FROM log LIMIT {_LOOKED_AT}"  # noqa: S608
    fractions = f"WITH begin AS ({begin}) SELECT 1 FROM begin WHERE happened_us % 1000000 <> 0 LIMIT 1"  # noqa: S608
    found = {"first_us": int(first), "last_us": int(last), "fraction": source.query(fractions, {}).num_rows}
    return found if pd.isna(lowest) else {**found, "lowest": int(lowest), "highest": int(highest)}


def _left_out(source: EventSource, prepared: str) -> tuple[int, int]:
    """Events without an id and events without a time."""
    ids = {"missing_ids": list(MISSING_IDS)} if "$missing_ids" in prepared else {}
    sql = "SELECT count(*) - count(unit) AS ids, count(*) - count(happened_us) AS times FROM prepared"
    found = source.query(f"WITH prepared AS ({prepared}) {sql}", ids)
    return int(found["ids"][0].as_py()), int(found["times"][0].as_py())


def _prepared(
    source: EventSource, unit: Unit, dimensions: Sequence[str], text: Callable[[str], str], span: dict[str, int]
) -> str:
    """The SELECT that gives the log canonical columns: id, number, event, happened_us, value, segment_1, ..."""
    user, when, event = (str(source.column(name)) for name in ("user_id", "happened_at", "event"))
    if not _whole_numbers(source, unit):
        person = _known(text_sql(user))
    else:
        person = quoted(user) if span.get("lowest", 0) > 0 else f"nullif({quoted(user)}, 0)"
    if unit == "user":
        identity = person
    elif unit == "session":
        session = _known(text_sql(str(source.column("session_id"))))
        identity = f"{session} || chr(31) || coalesce({person}, '')"
    else:
        item = source.column("sku", needed=False) or str(source.column("item_id"))
        identity = f"{person} || chr(31) || {_known(text_sql(item))}"
    money = source.column("value", needed=False)
    amount = f"TRY_CAST({quoted(money)} AS DOUBLE)" if money else "CAST(NULL AS DOUBLE)"
    splits = "".join(f", {text(str(source.column(name)))} AS segment_{i + 1}" for i, name in enumerate(dimensions))
    return (
        f"SELECT {identity} AS unit, {text(event)} AS event, "  # noqa: S608 - quoted headers
        f"{time_sql(source, when)} AS happened_us, {amount} AS value{splits} FROM log"
    )


def _known(text: str) -> str:
    return f"(CASE WHEN list_contains($missing_ids, coalesce(lower({text}), '')) THEN NULL ELSE {text} END)"


def _check_sizes(names: tuple[str, ...], values: tuple[tuple[str, ...], ...], dimensions: tuple[str, ...]) -> None:
    if len(names) > MAX_EVENTS:
        raise DataError(
            Message("The log has {n} different event names.", n=Count(len(names))),
            Message("Check that the column of events holds names, not texts or addresses."),
        )
    for name, found in zip(dimensions, values, strict=True):
        if len(found) > MAX_VALUES:
            raise SpecError(
                Message("{name} has {n} values, too many to split by.", name=name, n=Count(len(found))),
                Message("Choose a dimension with at most {most} values.", most=Count(MAX_VALUES)),
            )
    if len(set(dimensions)) < len(dimensions):
        raise SpecError(Message("A dimension is named twice."), Message("Name every dimension once."))


@dataclass(frozen=True, slots=True)
class _Packing:
    """How a log is packed: which numbers the ids become and how many bits everything takes.

    Attributes:
        holes: whether the event, and each dimension, is missing somewhere.
        whole: whether every time is taken for a whole second; a key of -1 says that one is not.
    """

    source: EventSource
    prepared: str
    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    holes: tuple[bool, ...]
    rows: int
    span: dict[str, int]
    tick_us: int
    whole: bool

    def finer(self) -> _Packing:
        """For a log with fractions of seconds: in milliseconds, as far as a key has room for them."""
        fine = replace(self, tick_us=1000, whole=False)
        return replace(fine, tick_us=_US) if fine.layout(self.rows)[1] > _MAX_PARTS_FOR_FRACTIONS else fine

    def run(self) -> tuple[tuple[Ints, ...], Layout]:
        dense = "lowest" in self.span and self.span["highest"] - self.span["lowest"] < 4 * self.rows + 1000
        units = self.span["highest"] - self.span["lowest"] + 1 if dense else self.rows
        layout, parts = self.layout(units)
        numbered = self._dense() if dense else self._listed(parts)
        dealt = f", units AS ({_PART if parts > 1 else _ALL})"
        packed = load_sql("ecops.funnel.queries", "pack_events")
        query = f"WITH prepared AS ({self.prepared}){numbered}{dealt} {packed}"
        params = {
            "names": list(self.names),
            "origin_us": self.span["first_us"],
            "tick_us": self.tick_us,
            "whole": self.whole,
            "unit_step": 1 << (layout.time_bits + layout.low_bits),
            "tick_step": 1 << layout.low_bits,
            "segment_step": 1 << layout.code_bits,
        }
        params |= {f"values_{i + 1}": list(found) for i, found in enumerate(self.values)}
        params |= {"lowest": self.span["lowest"]} if dense else {}
        params |= {"missing_ids": list(MISSING_IDS)} if "$missing_ids" in query else {}
        if parts == 1:
            return (self._sorted(query, params),), layout
        params |= {"part_bits": parts.bit_length() - 1, "part_mask": parts - 1}
        return tuple(self._sorted(query, {**params, "part": part}) for part in range(parts)), layout

    def layout(self, units: int) -> tuple[Layout, int]:
        """The bits of a key, and into how many parts the units must be dealt so that 63 bits are enough."""
        segments = int(np.prod([len(values) + 1 for values in self.values], dtype=np.int64))
        layout = Layout(
            time_bits=max(1, ((self.span["last_us"] - self.span["first_us"]) // self.tick_us).bit_length()),
            segment_bits=(segments - 1).bit_length(),
            code_bits=len(self.names).bit_length(),
        )
        spare = 63 - layout.time_bits - layout.low_bits
        return layout, 1 << max(0, (units - 1).bit_length() - spare)

    def _segment(self) -> str:
        code = "0"
        for i, found in enumerate(self.values):
            digit = _place(f"values_{i + 1}", f"segment_{i + 1}", self.holes[i + 1])
            code = f"({code}) * {len(found) + 1} + {digit}" if i else digit
        return code

    def _columns(self) -> str:
        code = _place("names", "event", self.holes[0])
        return f"happened_us, {self._segment()} AS segment, {code} AS code"

    def _dense(self) -> str:
        return f", numbered AS (SELECT unit - $lowest AS unit, {self._columns()} FROM prepared)"  # noqa: S608

    def _listed(self, parts: int) -> str:
        # Any numbering will do, but every part must see the same one.
        order = "ORDER BY id" if parts > 1 else ""
        return (
            f", ids AS (SELECT id, row_number() OVER ({order}) - 1 AS unit "  # noqa: S608
            "FROM (SELECT DISTINCT unit AS id FROM prepared) AS known "
            "WHERE id IS NOT NULL), numbered AS (SELECT ids.unit AS unit, "
            f"{self._columns()} FROM prepared JOIN ids ON prepared.unit = ids.id)"
        )

    def _sorted(self, query: str, params: dict[str, Any]) -> Ints:
        found = self.source.query(query, params).column("key").chunks
        chunks = [found.pop().to_numpy(zero_copy_only=False) for _chunk in range(len(found))]
        return merged(chunks, cores())


_ALL = "SELECT * FROM numbered"
_PART = "SELECT unit >> $part_bits AS unit, happened_us, segment, code FROM numbered WHERE (unit & $part_mask) = $part"


def _place(listed: str, column: str, holes: bool) -> str:
    """The place of a text in a list that has all of them, 0 where it is missing."""
    place = f"list_position(${listed}, {column})"
    return f"coalesce({place}, 0)" if holes else place


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))
