"""Which experiments a file or a workspace holds, and how each one would be judged if nobody said otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecops.errors import FileError, MappingError
from ecops.experiments.measure import quoted
from ecops.experiments.source import Source, open_source
from ecops.experiments.spec import Experiment, Metric, presets
from ecops.messages import Message
from ecops.store.engine import load_sql

if TYPE_CHECKING:
    import datetime as dt

CONTROLS = frozenset(
    {"control", "a", "base", "baseline", "old", "original", "off", "0", "对照", "对照组", "原版", "旧版"}
)
"""Names under which the arm that stays as it was is found in files."""

GOALS = ("conversion", "ctr", "payment_rate", "uv_value", "aov", "repeat_rate", "cart_rate", "cac", "roi")
"""Presets in the order in which one becomes the goal, the first whose figures are there."""

SEGMENTS = ("segment", "device", "channel")
HISTORY = ("pre_value",)
MOST_SEGMENTS = 20
MOST_ARMS = 12

_TABLES = ("experiment_units", "experiment_totals")


@dataclass(frozen=True, slots=True)
class Held:
    """One experiment of the data, and what can be asked of it.

    Attributes:
        name: as the data names it; "" where it names none.
        kind: "units" (one row a person), "totals" (of the whole test) or "daily" (totals of each day).
        users: arm -> rows of people, or people of the totals, as the file has them.
        control: the arm whose name says that it stays as it was, else the first.
        first_day, last_day: None without dates.
        metrics: keys of the presets whose figures are in the data, the proposed goal first.
        segments: columns by which the effect may differ.
        covariates: columns from before the test.
    """

    name: str
    kind: str
    users: Mapping[str, float]
    control: str
    first_day: dt.date | None
    last_day: dt.date | None
    metrics: tuple[str, ...]
    segments: tuple[str, ...]
    covariates: tuple[str, ...]

    @property
    def people(self) -> float:
        """Rows of people, or people of the totals, in all arms."""
        return sum(self.users.values())

    def spec(self) -> Experiment:
        """The experiment as it would be judged: equal traffic, the first metric decides, two more are told.

        Raises:
            EcopsError: there is one arm only, or no figure that could decide.
        """
        if len(self.users) < 2:
            raise FileError(
                Message("The data holds one arm only: {name}.", name=next(iter(self.users), "")),
                Message("Upload all arms, the control included."),
            )
        if not self.metrics:
            raise MappingError(
                Message("The data of this test has no figure that could decide it."),
                Message("Add a column with the conversion (0 or 1), the revenue or the clicks of each user."),
            )
        goal, *others = self.metrics
        return Experiment(
            name=self.name,
            arms=dict.fromkeys((self.control, *(arm for arm in self.users if arm != self.control)), 1.0),
            control=self.control,
            goal=goal,
            secondary=tuple(key for key in others if key in {"conversion", "uv_value", "aov"})[:3],
            covariates=self.covariates,
            segments=self.segments,
            minimum_lift=presets()[goal].suggested_lift,
        )


def experiments_in(data: Any) -> tuple[Held, ...]:
    """The experiments of a workspace or a file, the latest first.

    An experiment that stands in both tables is taken from the rows of people.

    Args:
        data: see `ecops.experiments.source.open_source`.

    Raises:
        EcopsError: a file or frame that holds no experiment. A workspace without any gives an empty tuple.
    """
    stored = hasattr(data, "has") or hasattr(data, "receipts")
    found: dict[str, Held] = {}
    for tables in (_TABLES[:1], _TABLES[1:]) if stored else (_TABLES,):
        try:
            source = open_source(data, tables, "variant")
        except FileError:
            if stored:
                continue
            raise
        for held in _held(source):
            found.setdefault(held.name, held)
    return tuple(sorted(found.values(), key=_latest_first))


def _latest_first(held: Held) -> tuple[int, str]:
    return (-held.last_day.toordinal() if held.last_day else 0, held.name)


def _held(source: Source) -> list[Held]:
    names = source.schema.names
    if "variant" not in names:
        raise MappingError(
            Message("The file does not say who was in which arm."),
            Message("Name the column of the arms variant or 分组, or load the file on the data page, which asks."),
        )
    totals = "unit_id" not in names and "users" in names
    columns = _columns(names, totals)
    facts = [f"count({quoted(name)}) as filled_{at}" for at, name in enumerate(columns)]
    segments = [name for name in SEGMENTS if name in names] if not totals else []
    facts += [f"count(distinct {quoted(name)}) as kinds_{at}" for at, name in enumerate(segments)]
    day = next((name for name in ("exposed_at", "date") if name in names), None)
    parts = {
        "experiment": "coalesce(cast(experiment as varchar), '')" if "experiment" in names else "''",
        "variant": "variant",
        "people": "cast(sum(users) as double)" if totals else "cast(count(*) as double)",
        "day": f"cast({day} as date)" if day else "cast(null as date)",
        "facts": ", ".join(facts) or "0 as nothing",
        "table": source.table,
    }
    sql = load_sql("ecops.experiments.queries", "held")
    for part, text in parts.items():
        sql = sql.replace(f"{{{part}}}", text)
    rows = _asked(source, sql)
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["experiment"], []).append(row)
    return [
        _one(name, arms, columns, segments, totals=totals) for name, arms in by_name.items() if len(arms) <= MOST_ARMS
    ]


def _asked(source: Source, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = source.query(sql).to_pylist()
    return rows


def _columns(names: Sequence[str], totals: bool) -> list[str]:
    wanted = dict.fromkeys(HISTORY if not totals else ())
    for metric in presets().values():
        wanted |= dict.fromkeys(_needed(metric, totals))
    return [name for name in wanted if name in names]


def _needed(metric: Metric, totals: bool) -> tuple[str, ...]:
    """The columns without which a metric cannot be told."""
    if totals:
        return (metric.total or metric.column, metric.total_below)
    return (metric.column, metric.below) if metric.below else (metric.column,)


def _one(
    name: str, arms: Sequence[Mapping[str, Any]], columns: Sequence[str], segments: Sequence[str], *, totals: bool
) -> Held:
    filled = {column for at, column in enumerate(columns) if any(row[f"filled_{at}"] for row in arms)}
    kinds = {column: max(row[f"kinds_{at}"] for row in arms) for at, column in enumerate(segments)}
    users = {row["variant"]: float(row["people"] or 0) for row in arms}
    days = [(row["first_day"], row["last_day"]) for row in arms if row["dated"]]
    return Held(
        name=name,
        kind=("daily" if days else "totals") if totals else "units",
        users=users,
        control=next((arm for arm in users if arm.casefold().strip() in CONTROLS), next(iter(users))),
        first_day=min((first for first, _ in days), default=None),
        last_day=max((last for _, last in days), default=None),
        metrics=tuple(key for key in GOALS if set(_needed(presets()[key], totals)) <= filled | {""}),
        segments=tuple(column for column, count in kinds.items() if 2 <= count <= MOST_SEGMENTS),
        covariates=tuple(column for column in HISTORY if column in filled),
    )
