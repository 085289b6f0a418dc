"""What came out of an experiment, every number documented, before anything is decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ecops.experiments.design.spec import Experiment, Metric
from ecops.experiments.looks.health import Check, Level
from ecops.experiments.results.segments import Heterogeneity, Trend
from ecops.experiments.statistics.bayes import Posterior
from ecops.experiments.statistics.capping import Cap
from ecops.experiments.statistics.effects import Effect
from ecops.experiments.statistics.margins import Guardrail
from ecops.finding import Amount
from ecops.messages import Message

Role = Literal["goal", "guardrail", "secondary"]


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric of one treatment arm.

    Attributes:
        metric, arm, role: what was compared.
        effect: treatment minus control, capped and adjusted as `Readout.adjustments` says. Its interval holds over all
            looks and arms for the goal; for other metrics it is that of a single look. None when refused.
        uncapped: the same without capping; None when nothing was capped.
        unadjusted: the same without covariates; None when there are none.
        guardrail: against its margin; guardrails only.
        posterior: belief after prior and data; goal only.
        q_value: p-value corrected for all secondary metrics (Benjamini-Hochberg); NaN for the others.
        refusal: why there is no honest test; None when there is one.
    """

    metric: Metric
    arm: str
    role: Role
    effect: Effect | None
    uncapped: Effect | None = None
    unadjusted: Effect | None = None
    guardrail: Guardrail | None = None
    posterior: Posterior | None = None
    q_value: float = float("nan")
    refusal: Message | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """Where the test stands between start and planned sample.

    Attributes:
        users: users in all planned arms now.
        target: users planned; without a plan, those of `horizon`.
        horizon: users up to which the error of all looks is spent, see `monitoring.horizon`.
        fraction: users / target.
        number: how many looks, this one included.
        critical: two-sided bound of this look for one comparison at full alpha, in standard errors.
        final: whether the target is reached, or the test was said to be over.
        closed: whether an earlier look had already reached the horizon, so that no more may be concluded.
    """

    users: float
    target: float
    horizon: float
    fraction: float
    number: int
    critical: float
    final: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class SegmentEffect:
    """The goal in one value of one segment column, with the interval of a single look.

    Attributes:
        column, value, arm: where.
        users: people of both arms there.
        effect: None when it cannot be tested there.
    """

    column: str
    value: str
    arm: str
    users: float
    effect: Effect | None


@dataclass(frozen=True, slots=True)
class SegmentTest:
    """Whether the effect differs between the values of a segment column.

    Attributes:
        column, arm: what was tested.
        test: Cochran's Q.
        q_value: corrected for all columns and arms (Benjamini-Hochberg).
        differs: whether `q_value` is below alpha; only then may a segment be spoken of alone.
    """

    column: str
    arm: str
    test: Heterogeneity
    q_value: float
    differs: bool


@dataclass(frozen=True, slots=True)
class PathPoint:
    """The goal after each day, all users so far.

    Attributes:
        day, arm: when and which.
        users: users of all planned arms so far.
        difference: effect so far; `low` and `high` are bounds that hold even if one looked every day.
    """

    day: dt.date
    arm: str
    users: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Stake:
    """What a treatment arm is worth.

    Attributes:
        gain: money a month from shipping it; negative is a loss. With the interval of the revenue a user where that
            was measured, else with that of the goal.
        loss_if_shipped: expected loss over the horizon from shipping it, >= 0.
        loss_if_kept: expected loss over the horizon from keeping the control, >= 0.
        months: the horizon.
        traffic: users a month it was reckoned with.
        value: money a unit of what it was reckoned from a user, margin included.
        measured: the revenue a user it was reckoned from, with the limits of this look; None where it rests on the goal
            alone.
    """

    gain: Amount
    loss_if_shipped: float
    loss_if_kept: float
    months: float
    traffic: float
    value: float
    measured: Effect | None = None


@dataclass(frozen=True, slots=True)
class Readout:
    """Everything computed about an experiment; `decide` turns it into a verdict.

    Attributes:
        spec: the experiment as it was asked for.
        kind: shape of the data: "units" (one row a person), "totals", "daily".
        first_day, last_day: span of the data; None without dates.
        users: arm -> people, every arm found in the data.
        checks: what was looked at before any verdict; any red one makes the result invalid.
        looks: where the test stands.
        conversions: arm -> people behind the goal: buyers, payers, or those with any denominator; of totals the sum.
        results: goal first, then guardrails, then secondary metrics; each for every treatment arm.
        stakes: treatment arm -> money; empty when the goal's worth or the traffic is unknown.
        segments, segment_tests: by `spec.segments`.
        path: the goal day by day; empty without dates.
        trends: treatment arm -> how the daily effect changes with time.
        weekdays: treatment arm -> whether the effect differs between days of the week.
        caps: column -> limits used.
        adjustments: what was adjusted and why, one sentence each.
        notes: caveats.
        currency: ISO code.
    """

    spec: Experiment
    kind: Literal["units", "totals", "daily"]
    first_day: dt.date | None
    last_day: dt.date | None
    users: Mapping[str, float]
    checks: tuple[Check, ...]
    looks: Looks
    conversions: Mapping[str, float]
    results: tuple[MetricResult, ...]
    stakes: Mapping[str, Stake]
    segments: tuple[SegmentEffect, ...]
    segment_tests: tuple[SegmentTest, ...]
    path: tuple[PathPoint, ...]
    trends: Mapping[str, Trend]
    weekdays: Mapping[str, Heterogeneity]
    caps: Mapping[str, Cap]
    adjustments: tuple[Message, ...]
    notes: tuple[Message, ...]
    currency: str

    @property
    def level(self) -> Level:
        """The worst of the checks."""
        found = {check.level for check in self.checks}
        return "red" if "red" in found else "amber" if "amber" in found else "green"

    @property
    def days(self) -> int:
        """Calendar days covered; 0 without dates."""
        if self.first_day is None or self.last_day is None:
            return 0
        return (self.last_day - self.first_day).days + 1

    def goal(self, arm: str) -> MetricResult:
        """The goal's result in a treatment arm."""
        return next(result for result in self.results if result.role == "goal" and result.arm == arm)

    def guardrails(self, arm: str) -> tuple[MetricResult, ...]:
        """The guardrails of a treatment arm."""
        return tuple(result for result in self.results if result.role == "guardrail" and result.arm == arm)
