"""An experiment's verdict in the form the weekly review understands."""

from __future__ import annotations

import math

from ecops.experiments.decide import Decision, decide
from ecops.experiments.results.readout import Readout
from ecops.experiments.statistics.effects import Effect
from ecops.finding import Confidence, Finding
from ecops.periods import Period

AREA = "experiments"


def findings(readout: Readout, decision: Decision | None = None) -> tuple[Finding, ...]:
    """One finding an experiment; none without dates, since the review is about a span of days.

    Args:
        readout: from `analyse`.
        decision: from `decide`; computed when None.
    """
    if readout.first_day is None or readout.last_day is None:
        return ()
    verdict = decision or decide(readout)
    result = verdict.result
    effect: Effect | None = result.effect if result else None
    decided = verdict.kind in {"ship", "stop", "guardrail"}
    confidence: Confidence = "confirmed" if decided else "watch" if verdict.kind == "flat" else "insufficient"
    if verdict.kind == "invalid":
        confidence = "confirmed"
    known = effect is not None and verdict.kind != "invalid"
    subject = {"experiment": readout.spec.name, "arm": verdict.arm}
    return (
        Finding(
            area=AREA,
            kind="data" if verdict.kind == "invalid" else "experiment",
            subject={name: value for name, value in subject.items() if value},
            metric=readout.spec.goal_metric.key,
            period=Period(readout.first_day, readout.last_day),
            compare=None,
            before=effect.control if known and effect else math.nan,
            after=effect.treatment if known and effect else math.nan,
            ci=(effect.low, effect.high) if known and effect else (math.nan, math.nan),
            q_value=effect.p_value if known and effect else math.nan,
            n=int(readout.looks.users),
            confidence=confidence,
            # Only what is shipped brings anything; of the others the gain is not proven, or will not be had.
            money=verdict.stake.gain if verdict.stake is not None and verdict.kind == "ship" else None,
            headline=verdict.headline,
            evidence=verdict.reasons[0] if verdict.reasons else verdict.headline,
            action=verdict.action,
            notes=(*verdict.reasons[1:], *verdict.adjusted, *readout.notes),
        ),
    )
