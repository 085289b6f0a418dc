"""What an experiment is: arms, metrics, the plan, and the looks already taken at it."""

from __future__ import annotations

import functools
import itertools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ecops.errors import SpecError, unknown_name
from ecops.experiments.looks.sequential import Spending
from ecops.messages import Message, Number, Percent, Term

MetricKind = Literal["proportion", "mean", "ratio"]
Unit = Literal["rate", "money", "number"]
Monitoring = Literal["group_sequential", "always_valid", "single_look"]
"""group_sequential: a planned sample, a few looks (default). always_valid: any number of looks, wider intervals.
single_look: one look at the end and never before."""


OWN = "own:"
"""Begins the key of a metric that is a figure of a file; its header follows."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure by which the arms are compared.

    Attributes:
        key: snake case, unique in an experiment.
        label: what people call it; the header of the file, as text, for a figure of a file.
        kind: "proportion": `column` is 0 or 1 for each user; "mean": `column` per user; "ratio": sum of `column` /
            sum of `below`.
        unit: how values are written.
        column, below: columns of per-user rows; `below` for ratios only.
        total, total_below, squares: columns of totals by arm: the sum, what it is divided by, and the sum of squares.
        less_is_better: for costs and refunds.
        cap: whether each user's value is capped, see `capping`.
        value: money that one more unit of the metric a user is worth, before `Experiment.margin`; None when unknown.
            1 for revenue per visitor; the order value for a conversion.
        covariates: columns from before the test that explain this metric.
        suggested_lift: a usual relative change for planning; a suggestion only.
    """

    key: str
    label: Term | str
    kind: MetricKind
    column: str
    unit: Unit = "number"
    below: str = ""
    total: str = ""
    total_below: str = "users"
    squares: str = ""
    less_is_better: bool = False
    cap: bool = False
    value: float | None = None
    covariates: tuple[str, ...] = ()
    suggested_lift: float = 0.1

    def __post_init__(self) -> None:
        if self.kind not in {"proportion", "mean", "ratio"}:
            raise unknown_name(Message("The kind of metric"), self.kind, ("proportion", "mean", "ratio"))
        if (self.kind == "ratio") != bool(self.below):
            raise SpecError(
                Message("The metric {name} needs a denominator column exactly when it is a ratio.", name=self.key)
            )

    @property
    def quantity(self) -> str | tuple[str, str]:
        """The column, or for a ratio both columns."""
        return (self.column, self.below) if self.kind == "ratio" else self.column


@functools.cache
def presets() -> Mapping[str, Metric]:
    """The metrics of the handbooks by key, for the canonical columns of experiment tables."""
    entries = tomllib.loads((Path(__file__).parent / "presets.toml").read_text("utf-8"))["metrics"]
    return {
        entry["key"]: Metric(**{**entry, "label": Term(en=entry["label"]["en"], zh=entry["label"]["zh"])})
        for entry in entries
    }


def preset(key: str, /, **changes: Any) -> Metric:
    """A preset metric, with some fields changed (for example `column="spend"`).

    >>> preset("uv_value", column="spend").label.en
    'Revenue per visitor'
    """
    if key not in presets():
        raise unknown_name(Message("The metric"), key, presets())
    return replace(presets()[key], **changes)


@dataclass(frozen=True, slots=True)
class Experiment:
    """An A/B test and how it shall be judged. Checks itself when made.

    Attributes:
        name: of the experiment; picks its rows where a table holds several.
        arms: arm -> planned traffic, in any unit; 0 for an arm that is switched off.
        control: the arm the others are compared with.
        goal: the one metric that decides; a preset's key or a `Metric`.
        guardrails: metric -> largest acceptable relative loss; pairs (metric, margin).
        secondary: metrics to be told about, which decide nothing.
        figures: metrics of the data besides the presets; goal, guardrails and secondary may name them by their key.
        unit, arm, date: columns of per-user rows; `date` may be missing from the data.
        covariates: columns from before the test, used for every mean and ratio, and for rates with enough conversions
            in each arm (`comparisons.FEW_CONVERSIONS`).
        segments: columns by which the effect may differ.
        split_known: whether somebody said how `arms` were to be split; otherwise equal shares are a guess.
        planned_sample: users in all arms together, agreed on before the start; None when nothing was planned. Then the
            sample that `minimum_lift` needs stands in for a plan, and every look, the first included, spends its part
            of the error (`monitoring.horizon`).
        assumed_sample: the sample that stood in for a plan at the first look; `planned_sample` then is a later wish. A
            plan made after a look ends the test, but its limits cannot be loosened by it.
        whole: whether a test without a plan was said to be over, so that nobody waits for more.
        looks: users in all arms at each earlier look, increasing. The look at this data is added by itself.
        monitoring, spending: how repeated looks are paid for.
        alpha: error rate over all looks and arms.
        worthwhile: smallest relative gain that is worth a roll-out; 0 takes any.
        minimum_lift: relative change the test was planned to find; suggestions 0.10 to 0.12.
        prior: standard deviation of the belief about relative changes before the test.
        margin: gross margin on sales, as a share; 1 counts sales.
        monthly_traffic: users a month that the decision will affect; from the data's dates when None.
        horizon: months over which a wrong choice is paid for.
        value: money of one more unit of the goal a user; overrides the metric's.
        currency: ISO code; the data's own when "".
    """

    name: str = ""
    arms: Mapping[str, float] = field(default_factory=lambda: {"A": 1.0, "B": 1.0})
    control: str = "A"
    goal: str | Metric = "conversion"
    guardrails: tuple[tuple[str | Metric, float], ...] = ()
    secondary: tuple[str | Metric, ...] = ()
    figures: tuple[Metric, ...] = ()
    unit: str = "unit_id"
    arm: str = "variant"
    date: str = "exposed_at"
    covariates: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    split_known: bool = True
    planned_sample: float | None = None
    assumed_sample: float | None = None
    whole: bool = False
    looks: tuple[float, ...] = ()
    monitoring: Monitoring = "group_sequential"
    spending: Spending = "obrien_fleming"
    alpha: float = 0.05
    worthwhile: float = 0.0
    minimum_lift: float = 0.1
    prior: float = 0.1
    margin: float = 1.0
    monthly_traffic: float | None = None
    horizon: float = 6.0
    value: float | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        self._check_arms()
        self._check_numbers()
        self._check_looks()
        keys = [metric.key for metric in self.metrics]
        for key in keys:
            if keys.count(key) > 1:
                raise SpecError(
                    Message("The metric {name} is used twice.", name=key),
                    Message("A metric is the goal, a guardrail or secondary, not two of them."),
                )

    def _check_arms(self) -> None:
        if self.control not in self.arms:
            raise unknown_name(Message("The control arm"), self.control, self.arms)
        if any(not (weight >= 0 and math.isfinite(weight)) for weight in self.arms.values()):
            raise SpecError(Message("The traffic of an arm must be 0 or more."))
        if self.arms[self.control] <= 0 or len(self.treatments) < 1:
            raise SpecError(
                Message("There is nothing to compare: traffic is needed in the control and in one more arm."),
                Message("Name the arms as they are written in the data, with their share of the traffic."),
            )

    def _check_numbers(self) -> None:
        limits: tuple[tuple[str, float, bool], ...] = (
            ("alpha", self.alpha, 0 < self.alpha <= 0.5),
            ("worthwhile", self.worthwhile, 0 <= self.worthwhile < 10),
            ("minimum_lift", self.minimum_lift, 0 < self.minimum_lift < 10),
            ("prior", self.prior, self.prior > 0),
            ("margin", self.margin, 0 < self.margin <= 1),
            ("horizon", self.horizon, 0 < self.horizon <= 120),
            ("monthly_traffic", self.monthly_traffic or 0, self.monthly_traffic is None or self.monthly_traffic > 0),
            ("planned_sample", self.planned_sample or 0, self.planned_sample is None or self.planned_sample >= 4),
            ("assumed_sample", self.assumed_sample or 0, self.assumed_sample is None or self.assumed_sample > 0),
        )
        for name, value, good in limits:
            if not good:
                raise SpecError(
                    Message("{name} is {value}, which is not possible.", name=name, value=Number(value, 3)),
                    Message("Shares are written as 0.05 for 5%; counts must be larger than 0."),
                )
        for metric, margin in self.guardrails:
            if not 0 <= margin < 1:
                raise SpecError(
                    Message(
                        "A margin of {margin} for {name} is not possible.",
                        margin=Percent(margin),
                        name=metric if isinstance(metric, str) else metric.key,
                    ),
                    Message("Write the largest acceptable loss as a share, 0.02 for 2%."),
                )

    def _check_looks(self) -> None:
        if self.monitoring not in {"group_sequential", "always_valid", "single_look"}:
            raise unknown_name(
                Message("The way of looking"), self.monitoring, ("group_sequential", "always_valid", "single_look")
            )
        if any(look <= 0 for look in self.looks) or any(b <= a for a, b in itertools.pairwise(self.looks)):
            raise SpecError(Message("The earlier looks must be numbers of users, increasing."))
        if self.monitoring == "always_valid" and self.planned_sample is None:
            raise SpecError(
                Message("Limits for any number of looks need a planned sample."),
                Message("Give the sample that was planned before the start; the planner computes one."),
            )
        if self.looks and self.monitoring == "single_look":
            raise SpecError(
                Message("This test was looked at before, so it is no longer a test with a single look."),
                Message("Use group-sequential monitoring."),
            )

    @property
    def agreed(self) -> bool:
        """Whether the sample was planned before anybody looked."""
        return self.planned_sample is not None and self.assumed_sample is None

    @property
    def treatments(self) -> tuple[str, ...]:
        """The arms with traffic other than the control."""
        return tuple(arm for arm, weight in self.arms.items() if weight > 0 and arm != self.control)

    def called(self, column: str) -> str:
        """What to call a column of the data: the header of the file where it holds a figure of the file."""
        found = (figure.label for figure in self.figures if figure.column == column)
        return str(next(found, column))

    @property
    def goal_metric(self) -> Metric:
        """The goal as a `Metric`."""
        return self._metric(self.goal)

    @property
    def guardrail_metrics(self) -> tuple[tuple[Metric, float], ...]:
        """Guardrails as (metric, margin)."""
        return tuple((self._metric(metric), margin) for metric, margin in self.guardrails)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Goal, guardrails and secondary metrics, in this order."""
        return (
            self.goal_metric,
            *(metric for metric, _ in self.guardrail_metrics),
            *(self._metric(metric) for metric in self.secondary),
        )

    def covariates_of(self, metric: Metric) -> tuple[str, ...]:
        """Covariates used for a metric."""
        return tuple(dict.fromkeys((*metric.covariates, *self.covariates)))

    def _metric(self, metric: str | Metric) -> Metric:
        if isinstance(metric, Metric):
            return metric
        return next((figure for figure in self.figures if figure.key == metric), None) or preset(metric)
