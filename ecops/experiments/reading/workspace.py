"""Which experiments a file or a workspace holds, and how each one would be judged if nobody said otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecops.engine import load_sql
from ecops.errors import FileError, MappingError
from ecops.experiments.design.spec import OWN, Experiment, Metric, preset, presets
from ecops.experiments.reading.measure import quoted
from ecops.experiments.reading.source import Source, open_source
from ecops.experiments.results.money import MEASURED
from ecops.messages import Message
from ecops.sources.recognition.figures import figure_columns
from ecops.tables import table

if TYPE_CHECKING:
    import datetime as dt

CONTROLS = frozenset({"a", "base", "old", "off", "none", "0", "v0", "false", "原版", "旧版", "默认", "现状", "空白"})
_CONTROL_WORDS = re.compile(
    r"control|baseline|original|holdout|placebo|对照|原方案|旧方案|^(no|without|old)[ _-]|^[无不]"
)
"""Names, and parts of names, under which the arm that stays as it was is found in files."""

GOALS = (
    "conversion", "ctr", "payment_rate", "uv_value", "aov", "buyer_value", "repeat_rate", "cart_rate",
    "bounce_rate", "cac", "roi",
)  # fmt: skip
"""Presets in the order in which one becomes the goal, the first whose figures are there."""

TOLD = frozenset({"conversion", "uv_value", "aov", "buyer_value"})
"""Presets that are told beside the goal when nobody chose others."""

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
        guessed: whether no name, or more than one, says so.
        first_day, last_day: None without dates.
        metrics: keys of the presets whose figures are in the data, the proposed goal first, then those of `figures`.
        segments: columns by which the effect may differ.
        covariates: columns from before the test.
        figures: numbers of the file that no preset knows, each as a metric under its header.
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
    figures: tuple[Metric, ...] = ()
    guessed: bool = False

    def metric(self, key: str) -> Metric:
        """One of `metrics`; any other preset by its key."""
        return next((figure for figure in self.figures if figure.key == key), None) or preset(key)

    @property
    def people(self) -> float:
        """Rows of people, or people of the totals, in all arms."""
        return sum(self.users.values())

    def spec(self) -> Experiment:
        """The experiment as it would be judged: equal traffic as a guess, the first metric decides, two more are told.

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
            split_known=False,
            goal=goal,
            secondary=tuple(key for key in others if key in TOLD)[:3],
            figures=self.figures,
            covariates=self.covariates,
            segments=self.segments,
            minimum_lift=self.metric(goal).suggested_lift,
        )

    def with_money(self, spec: Experiment) -> Experiment:
        """`spec` with the revenue a user told, where the data has it: the money of every verdict is measured by it."""
        if MEASURED not in self.metrics or MEASURED in {metric.key for metric in spec.metrics}:
            return spec
        return replace(spec, secondary=(*spec.secondary, MEASURED))


def experiments_in(data: Any) -> tuple[Held, ...]:
    """The experiments of a workspace or a file, the latest first.

    An experiment that stands in both tables is taken from the rows of people.

    Args:
        data: see `ecops.experiments.reading.source.open_source`.

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
            asks="columns",
        )
    totals = "unit_id" not in names and "users" in names
    columns = _columns(names, totals)
    facts = [f"count({quoted(name)}) as filled_{at}" for at, name in enumerate(columns)]
    segments = [name for name in SEGMENTS if name in names] if not totals else []
    facts += [f"count(distinct {quoted(name)}) as kinds_{at}" for at, name in enumerate(segments)]
    facts += [fact for at, name in enumerate(_extras(names, totals)) for fact in _extra_facts(at, name)]
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
        _one(name, arms, columns, segments, _extras(names, totals), totals=totals)
        for name, arms in by_name.items()
        if len(arms) <= MOST_ARMS
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
    name: str,
    arms: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    segments: Sequence[str],
    extras: Sequence[str],
    *,
    totals: bool,
) -> Held:
    filled = {column for at, column in enumerate(columns) if any(row[f"filled_{at}"] for row in arms)}
    kinds = {column: max(row[f"kinds_{at}"] for row in arms) for at, column in enumerate(segments)}
    users = {row["variant"]: float(row["people"] or 0) for row in arms}
    control, guessed = _control(list(users))
    days = [(row["first_day"], row["last_day"]) for row in arms if row["dated"]]
    figures = tuple(filter(None, (_figure(arms, at, column) for at, column in enumerate(extras))))
    known = tuple(key for key in GOALS if set(_needed(presets()[key], totals)) <= filled | {""})
    if "aov" in known:  # with the number of orders known, the value per buyer is no figure of its own
        known = tuple(key for key in known if key != "buyer_value")
    return Held(
        name=name,
        kind=("daily" if days else "totals") if totals else "units",
        users=users,
        control=control,
        guessed=guessed,
        first_day=min((first for first, _ in days), default=None),
        last_day=max((last for _, last in days), default=None),
        metrics=(*known, *(figure.key for figure in figures)),
        segments=tuple(column for column, count in kinds.items() if 2 <= count <= MOST_SEGMENTS),
        covariates=tuple(column for column in HISTORY if column in filled),
        figures=figures,
    )


def _control(arms: Sequence[str]) -> tuple[str, bool]:
    """The arm that stays as it was by its name, and whether that is no more than a guess."""
    plain = {arm: arm.casefold().strip() for arm in arms}
    whole = [arm for arm, name in plain.items() if name in CONTROLS]
    found = whole or [arm for arm, name in plain.items() if _CONTROL_WORDS.search(name)]
    return (found or list(arms))[0], len(found) != 1


def _extras(names: Sequence[str], totals: bool) -> list[str]:
    """The columns that hold whatever number a file has."""
    return [name for name in figure_columns(table("experiment_units")) if name in names] if not totals else []


def _extra_facts(at: int, name: str) -> tuple[str, ...]:
    column, header = quoted(name), quoted(f"{name}_name")
    return (
        f"count({column}) as values_{at}",
        f"sum(case when {column} in (0, 1) then 0 when {column} is null then 0 else 1 end) as wide_{at}",
        f"min({header}) as header_{at}",
        f"max({header}) as other_{at}",
    )


def _figure(arms: Sequence[Mapping[str, Any]], at: int, column: str) -> Metric | None:
    """A further number of the file as a metric; None where it is empty, or holds two things under one name."""
    headers = {row[f"{end}_{at}"] for row in arms for end in ("header", "other") if row[f"values_{at}"]}
    if len(headers) != 1 or None in headers:
        return None
    header = str(next(iter(headers)))
    if any(row[f"wide_{at}"] for row in arms):
        return Metric(f"{OWN}{header}", header, "mean", column, cap=True)
    return Metric(f"{OWN}{header}", header, "proportion", column, unit="rate")
