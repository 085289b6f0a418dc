"""What a capability found out, in the one form in which capabilities speak to the review and to the pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ecops.messages import Message, Money, MoneyRange
from ecops.periods import Period

Confidence = Literal["confirmed", "watch", "insufficient"]
"""confirmed (已确认): holds after correction for all comparisons made. watch (待观察): would hold alone, not after the
correction. insufficient (样本不足): too little data to say; `Finding.notes` say what would be enough."""

Kind = Literal["traffic", "rate", "mix", "value", "retention", "stock", "product", "experiment", "data"]
"""What kind of cause: fewer people came, a rate changed, the mix of segments changed, the value of an order changed,
people came back less, stock, one product, an experiment, or a defect of the data itself."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Money at stake. Negative is a loss.

    Attributes:
        value: best estimate, in `currency`, over `horizon`.
        low, high: 95 % interval in the same unit; NaN when no interval can be given.
        horizon: what span the amount is for.
    """

    value: float
    low: float
    high: float
    currency: str = ""
    horizon: Literal["period", "week", "month", "year"] = "period"

    @property
    def money(self) -> Money:
        """The estimate as a value for a `Message`."""
        return Money(self.value, self.currency)

    @property
    def interval(self) -> MoneyRange:
        """The interval as a value for a `Message`."""
        return MoneyRange(self.low, self.high, self.currency)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a finding.

    Attributes:
        rule: key of the rule in `ecops/handbook/rules.toml`.
        text: the advice as a sentence.
        owner: role that owns it, a key of `ecops/handbook/roles.toml`.
    """

    rule: str
    text: Message
    owner: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A test that would answer a finding, sized and ready to be written down.

    Attributes:
        name: what it is called; the same finding always gives the same name.
        hypothesis: why it should work.
        metric: key of the metric that decides.
        baseline: the metric today, in its unit.
        lift: relative change to be found.
        sample: units in all arms.
    """

    name: str
    hypothesis: Message
    metric: str
    baseline: float
    lift: float
    sample: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, told once.

    Attributes:
        area: the capability that found it ("growth", "funnel", "experiments", ...).
        kind: kind of cause, see `Kind`.
        subject: dimension values that say where, for example {"platform": "douyin", "device": "mobile"};
            a funnel finding adds "step". Empty means the whole shop.
        metric: key of the metric in the registry.
        period, compare: the span looked at and the span it is compared with (None when compared with a benchmark).
        before, after: the metric in the two spans, in its own unit; NaN when it does not exist.
        ci: 95 % interval of after - before, in the metric's unit.
        q_value: p-value corrected for all comparisons made (Benjamini-Hochberg); NaN when nothing was tested.
        n: number of observations behind `after` (the denominator of a rate, the days of a count).
        confidence: see `Confidence`.
        money: what it costs or brings, or None when it cannot be said in money.
        headline: one sentence a person can read aloud.
        evidence: one line with the numbers behind it.
        action: advice, or None.
        notes: caveats.
        parameters: keys of the handbook parameters that decided it, see `ecops.handbook.cited`.
        trial: a test to plan, or None.
    """

    area: str
    kind: Kind
    subject: Mapping[str, str]
    metric: str
    period: Period
    compare: Period | None
    before: float
    after: float
    ci: tuple[float, float]
    q_value: float
    n: int
    confidence: Confidence
    money: Amount | None
    headline: Message
    evidence: Message
    action: Advice | None = None
    notes: tuple[Message, ...] = field(default=())
    parameters: tuple[str, ...] = field(default=())
    trial: Trial | None = None

    @classmethod
    def silent(
        cls, area: str, subject: Mapping[str, str], period: Period, headline: Message, evidence: Message,
        action: Advice | None = None,
    ) -> Finding:  # fmt: skip
        """Word that something cannot be told, as a defect of the data without any figure.

        Args:
            area: the capability that could not speak.
            subject: about what.
            period: the span looked at.
            headline: what is wrong.
            evidence: what to do about it.
            action: advice.
        """
        unknown = math.nan
        return cls(
            area, "data", subject, "data_completeness", period, None, unknown, unknown, (unknown, unknown), unknown, 0,
            "insufficient", None, headline, evidence, action,
        )  # fmt: skip

    @property
    def block(self) -> Literal["traffic", "conversion", "retention", ""]:
        """The handbook's block it belongs to; "" for everything else."""
        if self.kind == "traffic":
            return "traffic"
        if self.kind in {"rate", "mix"}:
            return "conversion"
        return "retention" if self.kind == "retention" else ""

    @property
    def cause(self) -> tuple[str, ...]:
        """What identifies the cause: where and which metric, without the capability that found it."""
        return (self.metric, *(f"{name}={value}" for name, value in sorted(self.subject.items())))
