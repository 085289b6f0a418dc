"""From rows to moments: what is in the file, is everybody in it once, and one grouped query over all columns."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ecops.engine import load_sql
from ecops.errors import DataError, SpecError, near, unknown_name
from ecops.experiments.reading.source import Source, open_source
from ecops.experiments.reading.tally import Column, Exposure, Tail, Tally
from ecops.experiments.statistics.capping import TAIL, tail_size
from ecops.experiments.statistics.samples import Moments, moments_from_sums
from ecops.messages import Count, Message

MOST_VALUES = 200
"""A segment column with more values than this is not a segment."""

FAR = 31
"""Days without anybody after which those that follow may be wrong dates, when they are `FEW` of all users."""

FEW = 0.01

_BIG = "1e300"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure, by the data's own column names.

    Attributes:
        unit, arm, date: columns; "" where there is none.
        values: metric columns and covariates, in order, without doubles.
        pairs: pairs of `values` whose products are needed, besides each with itself.
        flags: values that are yes/no (of several rows of a person, any counts).
        history: covariates (of several rows of a person, the largest counts; blanks get an indicator).
        capped: values whose tail is kept.
        segments: columns to split by.
        experiment: name to pick, "" for the only one.
    """

    unit: str
    arm: str
    date: str
    values: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    flags: frozenset[str] = frozenset()
    history: frozenset[str] = frozenset()
    capped: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    experiment: str = ""


def quoted(name: str) -> str:
    """A column's name as an SQL identifier; any character is allowed in it."""
    return '"' + name.replace('"', '""') + '"'


class _Query:
    """Writes the queries of one measurement. Knows which checks may be left out because the data passed them."""

    def __init__(self, source: Source, wanted: Wanted) -> None:
        self.source, self.wanted = source, wanted
        self.blank: set[str] = set(wanted.values)  # values that may be NULL or not finite
        self.grouped = False
        self.params: dict[str, Any] = {}
        self.filter = self._experiment()

    def _experiment(self) -> str:
        if "experiment" not in self.source.schema.names or "experiment" in self.wanted.segments:
            return ""
        found = self.source.query(
            f"select distinct experiment from {self.source.table} limit 100"  # noqa: S608 - our own name
        )
        names = sorted(str(name) for name in found.column(0).to_pylist() if name is not None)
        if self.wanted.experiment and names:
            if self.wanted.experiment not in names:
                raise unknown_name(Message("The experiment"), self.wanted.experiment, names)
            self.params["experiment"] = self.wanted.experiment
            return " where experiment = $experiment"
        if len(names) > 1:
            raise SpecError(
                Message("The file holds several experiments."),
                Message("Choose one of: {names}.", names=", ".join(names[:10])),
            )
        return ""

    def ask(self, name: str, params: Mapping[str, Any] | None = None, **parts: str) -> pa.Table:
        """The answer to a query file over `rows_given` and `people`."""
        body = load_sql("ecops.experiments.queries", name)
        for part, text in parts.items():
            body = body.replace(f"{{{part}}}", text)
        head = f"with rows_given as ({self._rows()}), people as ({self._people()}) "
        return self.source.query(head + body, {**self.params, **(params or {})})

    def _rows(self) -> str:
        wanted = self.wanted
        parts = [f"cast({quoted(wanted.unit)} as varchar) as unit"] if wanted.unit else []
        parts.append(f"nullif(cast({quoted(wanted.arm)} as varchar), '') as arm")
        parts.append(f"cast({quoted(wanted.date)} as date) as day" if wanted.date else "cast(null as date) as day")
        parts += [
            f"coalesce(cast({quoted(column)} as varchar), '') as segment_{at}"
            for at, column in enumerate(wanted.segments)
        ]
        for at, column in enumerate(wanted.values):
            value = f"cast({quoted(column)} as double)"
            if column in self.blank:
                value = f"case when abs({value}) < {_BIG} then {value} end"
            parts.append(f"{value} as value_{at}")
        return f"select {', '.join(parts)} from {self.source.table}{self.filter}"  # noqa: S608 - quoted names

    def _people(self) -> str:
        if not self.grouped:
            return "select * from rows_given where arm is not null"
        picked = [f"min(segment_{at}) as segment_{at}" for at in range(len(self.wanted.segments))]
        for at, column in enumerate(self.wanted.values):
            whole = column in self.wanted.flags or column in self.wanted.history
            picked.append(f"{'max' if whole else 'sum'}(value_{at}) as value_{at}")
        return load_sql("ecops.experiments.queries", "people").replace("{picked}", ", ".join(picked))

    def value(self, name: str) -> str:
        """A value without blanks."""
        at = self.wanted.values.index(name)
        return f"coalesce(value_{at}, 0)" if name in self.blank else f"value_{at}"

    def missing(self, name: str) -> str:
        """1 where a covariate is blank."""
        return f"case when value_{self.wanted.values.index(name)} is null then 1e0 else 0e0 end"

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns to group by: arm, day when there is one, segments."""
        day = ("day",) if self.wanted.date else ()
        return ("arm", *day, *(f"segment_{at}" for at in range(len(self.wanted.segments))))

    @property
    def splits(self) -> tuple[str, ...]:
        """What the keys after the arm are called in the tally."""
        return (*(("day",) if self.wanted.date else ()), *self.wanted.segments)


def measure(data: Any, wanted: Wanted) -> Tally:
    """Boil per-person rows down to a tally.

    Args:
        data: an opened `Source`, or what `ecops.experiments.reading.source.open_source` takes.
        wanted: columns to look at.

    Raises:
        SpecError: a column does not exist, or a segment column has too many values.
        DataError: a column holds text, or there are no rows.
    """
    source = data if isinstance(data, Source) else open_source(data, ("experiment_units",))
    _check_columns(source, wanted)
    query = _Query(source, wanted)
    exposure = _exposure(query)
    query.grouped = bool(exposure.crossed or exposure.repeated)
    facts = _facts(query)
    columns = {name: _column(query, name, facts) for name in wanted.values}
    query.blank = {name for name in wanted.values if columns[name].blanks}
    return _moment_table(query, exposure, columns, facts)


def _check_columns(source: Source, wanted: Wanted) -> None:
    known = set(source.schema.names)
    for name in (wanted.unit, wanted.arm, wanted.date, *wanted.segments, *wanted.values):
        if name and name not in known:
            close = near(name, known)
            raise SpecError(
                Message("The data has no column {name}.", name=name),
                Message("Did you mean {names}?", names=", ".join(close))
                if close
                else Message("It has: {names}.", names=", ".join(sorted(known)[:20])),
                {"column": name},
            )
    for name in wanted.values:
        kind = source.schema.field(name).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            if pa.types.is_decimal(kind) or pa.types.is_null(kind):
                continue
            raise DataError(
                Message("The column {name} holds text where numbers are needed.", name=name),
                Message("Remove currency signs and words, or load the file into a workspace, which cleans it."),
                {"column": name},
            )


def _exposure(query: _Query) -> Exposure:
    unit = query.wanted.unit
    entries = query.ask("entries", identified="count(unit)" if unit else "0").to_pylist()[0]
    rows, armed = entries["entries"], entries["armed"]
    if not armed:
        raise DataError(Message("No row says which arm it belongs to."), Message("Choose another arm column."))
    if not entries["identified"]:
        return Exposure(rows, armed, 0, 0, rows - armed, False)
    if entries["identified"] < rows:
        raise DataError(
            Message("{n} rows have no user id.", n=Count(rows - entries["identified"])),
            Message("Remove them, or choose no id column when each row is one user."),
            {"column": unit},
        )
    seen = query.ask("exposure").to_pylist()[0]
    return Exposure(rows, seen["people"], seen["crossed"], seen["repeated"], rows - armed, True)


def _facts(query: _Query) -> dict[str, Any]:
    parts = []
    for at, name in enumerate(query.wanted.values):
        value = f"value_{at}"
        parts += [
            f"count({value}) as filled_{at}",
            f"sum(case when {value} > 0 then 1 else 0 end) as payers_{at}",
            f"sum(case when {value} < 0 then 1 else 0 end) as debtors_{at}",
            f"min({value}) as lowest_{at}",
            f"max({value}) as largest_{at}",
            f"sum(case when {value} > 0 then {value} end) as total_{at}",
        ]
        if name in query.wanted.capped:
            middle = f"percentile_cont(0.5) within group (order by case when {value} > 0 then {value} end)"
            parts.append(f"{middle} as median_{at}")
    parts += [f"count(distinct segment_{at}) as kinds_{at}" for at in range(len(query.wanted.segments))]
    facts: dict[str, Any] = query.ask("scan", facts=", ".join(parts)).to_pylist()[0]
    for at, name in enumerate(query.wanted.values):
        if not facts[f"filled_{at}"]:
            raise DataError(
                Message("The column {name} is empty.", name=name),
                Message("Choose a metric whose figures are in the file."),
                {"column": name},
            )
    for at, name in enumerate(query.wanted.segments):
        if facts[f"kinds_{at}"] > MOST_VALUES:
            raise SpecError(
                Message(
                    "The column {name} has {n} values, too many for a segment.",
                    name=name,
                    n=Count(facts[f"kinds_{at}"]),
                ),
                Message("Choose a column such as device, channel or new and returning."),
                {"column": name},
            )
    return facts


def _column(query: _Query, name: str, facts: Mapping[str, Any]) -> Column:
    at = query.wanted.values.index(name)
    payers, debtors = int(facts[f"payers_{at}"] or 0), int(facts[f"debtors_{at}"] or 0)
    top = bottom = np.empty(0)
    if name in query.wanted.capped:
        top = _largest(query, at, payers, ">", "desc")
        bottom = _largest(query, at, debtors, "<", "asc") if debtors else bottom
    return Column(
        blanks=int(facts["people"] - facts[f"filled_{at}"]),
        payers=payers,
        debtors=debtors,
        lowest=_number(facts[f"lowest_{at}"]),
        largest=_number(facts[f"largest_{at}"]),
        median_payer=_number(facts.get(f"median_{at}")),
        total=_number(facts[f"total_{at}"]),
        top=top,
        bottom=bottom,
    )


def _largest(query: _Query, at: int, count: int, side: str, direction: str) -> Any:
    answer = query.ask("largest", value=f"value_{at}", side=side, direction=direction, size=str(tail_size(count) + 1))
    return answer.column(0).to_numpy().astype(np.float64)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _moment_table(query: _Query, exposure: Exposure, columns: Mapping[str, Column], facts: Mapping[str, Any]) -> Tally:
    wanted = query.wanted
    expressions = {name: query.value(name) for name in wanted.values}
    indicators = {name: f"{name} (missing)" for name in wanted.history if columns[name].blanks}
    expressions |= {label: query.missing(name) for name, label in indicators.items()}
    names = tuple(expressions)
    # The last of the kept largest values is where the tail begins: everything above it comes one by one.
    limits: dict[str, float] = {}
    tests = []
    for name in wanted.capped:
        at, column = wanted.values.index(name), columns[name]
        for sign, values, key in (("<=", column.top, f"high_{at}"), (">=", column.bottom, f"low_{at}")):
            if len(values):
                # Fewer than a whole tail of them: all come one by one.
                limits[key] = float(values[-1]) if len(values) > TAIL else 0.0
                tests.append(f"{query.value(name)} {sign} ${key}")
    inside = " and ".join(tests) or "true"
    shift = _centres(query, names, expressions)
    cells = _cells(query, names, expressions, indicators, (inside, limits), shift)
    tail = _tail(query, names, expressions, (inside, limits)) if tests else None
    first, last, strays = _span(cells.get("day", {}), tail, facts)
    cells = {split: {v: a for v, a in found.items() if v not in strays} for split, found in cells.items()}
    users: dict[str, float] = {arm: moments.n for arm, moments in cells[""].get("", {}).items()}
    for arm in tail.arms if tail else ():
        users[arm] = users.get(arm, 0) + 1
    return Tally(
        kind="units",
        users=dict(sorted(users.items())),
        names=names,
        cells=cells,
        tail=tail,
        columns=columns,
        exposure=exposure,
        first_day=first,
        last_day=last,
        strays=strays,
        indicators=indicators,
        currency=query.source.currency,
    )


def _span(
    cells: Mapping[Any, Mapping[str, Moments]], tail: Tail | None, facts: Mapping[str, Any]
) -> tuple[dt.date | None, dt.date | None, frozenset[dt.date]]:
    """First and last day, without days that a few wrong dates put far away from all others, and those days."""
    people: Counter[dt.date] = Counter({day: sum(part.n for part in arms.values()) for day, arms in cells.items()})
    if tail is not None and "day" in tail.splits:
        people.update(day for day in tail.splits["day"] if day is not None)
    days = sorted(people)
    groups: list[list[dt.date]] = []
    for day in days:
        if not groups or (day - groups[-1][-1]).days > FAR:
            groups.append([])
        groups[-1].append(day)
    whole = sum(people.values())
    far = [group for group in groups if sum(people[day] for day in group) <= FEW * whole]
    strays = frozenset(day for group in far for day in group)
    if not strays or len(strays) == len(days):
        return facts["first_day"], facts["last_day"], frozenset()
    kept = [day for day in days if day not in strays]
    return kept[0], kept[-1], strays


def _centres(query: _Query, names: Sequence[str], expressions: Mapping[str, str]) -> dict[str, float]:
    # Any number near the values will do; the median of some rows is not led astray by a typing error.
    listed = ", ".join(f"{expressions[name]} as column_{at}" for at, name in enumerate(names))
    some = query.ask("sample", values=listed)
    return {
        name: float(np.median(some.column(at).to_numpy())) if some.num_rows else 0.0 for at, name in enumerate(names)
    }


def _cells(
    query: _Query,
    names: Sequence[str],
    expressions: Mapping[str, str],
    indicators: Mapping[str, str],
    inside: tuple[str, Mapping[str, float]],
    shift: Mapping[str, float],
) -> dict[str, dict[Any, dict[str, Moments]]]:
    params: dict[str, float] = dict(inside[1])
    centred = []
    for at, name in enumerate(names):
        off = shift[name] != 0
        centred.append(f"{expressions[name]}{f' - $shift_{at}' if off else ''} as column_{at}")
        if off:
            params[f"shift_{at}"] = shift[name]
    pairs = _pairs(query.wanted, names, indicators)
    sums = [f"sum(column_{at}) as sum_{at}" for at in range(len(names))]
    sums += [f"sum(column_{a} * column_{b}) as product_{a}_{b}" for a, b in pairs]
    for at, name in enumerate(names):
        nothing = f"-$shift_{at}" if shift[name] != 0 else "0"
        sums.append(f"sum(case when column_{at} <> {nothing} then 1e0 else 0e0 end) as active_{at}")
    keys = query.keys
    answer = query.ask(
        "moments",
        params,
        keys=", ".join(keys),
        levels=", ".join(f"grouping({key}) as level_{key}" for key in keys),
        sums=", ".join(sums),
        centred=", ".join(centred),
        inside=inside[0],
        sets=", ".join(["(arm)", *(f"(arm, {key})" for key in keys[1:])]),
    )
    cells: dict[str, dict[Any, dict[str, Moments]]] = {split: {} for split in ("", *query.splits)}
    for row in answer.to_pylist():
        split, value = "", ""
        for key, name in zip(keys[1:], query.splits, strict=True):
            if row[f"level_{key}"] == 0:
                split, value = name, row[key]
        if value is None:
            continue
        cells[split].setdefault(value, {})[row["arm"]] = moments_from_sums(
            row["people"],
            {name: row[f"sum_{at}"] for at, name in enumerate(names)},
            {(names[a], names[b]): row[f"product_{a}_{b}"] for a, b in pairs},
            shift,
            [row[f"active_{at}"] for at in range(len(names))],
        )
    return cells


def _pairs(wanted: Wanted, names: Sequence[str], indicators: Mapping[str, str]) -> list[tuple[int, int]]:
    chosen = {(at, at) for at in range(len(names))}
    for first, second in wanted.pairs:
        chosen.add((names.index(first), names.index(second)))
        for one, other in ((first, second), (second, first)):
            if one in indicators:  # the indicator goes wherever its covariate goes
                chosen.add((names.index(indicators[one]), names.index(other)))
                if other in indicators:
                    chosen.add((names.index(indicators[one]), names.index(indicators[other])))
    for name, label in indicators.items():
        chosen.add((names.index(name), names.index(label)))
    return sorted({(min(pair), max(pair)) for pair in chosen})


def _tail(
    query: _Query, names: Sequence[str], expressions: Mapping[str, str], inside: tuple[str, Mapping[str, float]]
) -> Tail:
    listed = ", ".join(f"{expressions[name]} as column_{at}" for at, name in enumerate(names))
    answer = query.ask("tail", inside[1], keys=", ".join(query.keys), values=listed, inside=inside[0])
    arms, *splits = (np.array(answer.column(key).to_pylist(), dtype=object) for key in query.keys)
    values = np.column_stack([answer.column(f"column_{at}").to_numpy() for at in range(len(names))])
    return Tail(arms, dict(zip(query.splits, splits, strict=True)), values)


def moments(data: Any, columns: Sequence[str], arm: str = "variant", unit: str = "unit_id") -> dict[str, Moments]:
    """Count, means and covariances of columns in each arm, by one grouped query.

    Args:
        data: see `ecops.experiments.reading.source.open_source`; one row a user.
        columns: metrics and covariates; blanks count as 0.
        arm: column of the arm.
        unit: column of the users' ids; when it is not in the data each row is a user.

    Returns:
        Arm -> joint moments, covariances of all pairs.
    """
    source = data if isinstance(data, Source) else open_source(data, ("experiment_units",), arm)
    pairs = tuple(itertools.combinations(columns, 2))
    known = unit if unit in source.schema.names else ""
    tally = measure(source, Wanted(known, arm, "", tuple(columns), pairs))
    return dict(tally.moments()[""])
