"""The verdict of every experiment that was measured lately, as findings."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from ecops import experiments
from ecops.errors import EcopsError
from ecops.experiments.reading.workspace import Held, experiments_in
from ecops.experiments.records.judging import asked, judge
from ecops.experiments.records.register import UNNAMED, Register, Trial
from ecops.finding import Finding
from ecops.handbook import advice
from ecops.messages import Message
from ecops.metrics.daily import Data
from ecops.periods import ONE_DAY, Period

LOOK_BACK = 91
"""An experiment is told for a quarter after its last day."""

RUNNING = 7
"""Days without a new person after which a test seems to be over."""


def trial_findings(data: Data, period: Period) -> tuple[Finding, ...]:
    """One finding an experiment whose people came in the quarter up to the end of `period`.

    Each is judged by what the register of the workspace knows of it: plan, arms, goal and the looks taken.

    Args:
        data: tables.
        period: the days of the review.
    """
    state = getattr(data, "state", None)
    trials = {trial.name: trial for trial in Register(state).trials()} if state is not None else {}
    found: list[Finding] = []
    for held in experiments_in(data):
        last = held.last_day
        if last is not None and period.end - LOOK_BACK * ONE_DAY < last <= period.end:
            trial = trials.get(held.name or UNNAMED)
            found += _verdict(data, held, trial, Period(last, last), silent=(period.end - last).days > RUNNING)
    return tuple(found)


def _verdict(data: Data, held: Held, trial: Trial | None, day: Period, *, silent: bool) -> list[Finding]:
    name = held.name or UNNAMED
    try:
        tally = experiments.tally_of(data, asked(held, trial))
        found = judge(tally, held, trial)
    except EcopsError as error:
        return [_unreadable(name, error, day)]
    decision = experiments.decide(found.readout)
    ended = silent and decision.kind in {"too_early", "continue"}
    evidence = _ended(day.end, found.planned) if ended else None
    return [
        replace(
            finding,
            subject={**finding.subject, "experiment": name},
            headline=Message("{name}: {what}", name=name, what=finding.headline),
            evidence=evidence or finding.evidence,
            notes=finding.notes[:1],
        )
        for finding in experiments.findings(found.readout, decision)
    ]


def _ended(last: dt.date, planned: bool) -> Message:
    """What to do about a test that waits for people who no longer come."""
    if planned:
        return Message("Nobody has come to this test since {day}, and its planned sample is not reached.", day=last)
    return Message("Nobody has come to this test since {day}. If it is over, say so on the A/B page.", day=last)


def _unreadable(name: str, error: EcopsError, day: Period) -> Finding:
    headline = Message("The experiment {name} cannot be read: {why}", name=name, why=error.what)
    evidence = error.hint or error.what
    return Finding.silent("experiments", {"experiment": name}, day, headline, evidence, advice("data_quality"))


def verdict_of(data: Data, name: str, end: dt.date) -> Finding | None:
    """The finding about one experiment; None when there is none up to `end`."""
    found = trial_findings(data, Period(end, end))
    return next((finding for finding in found if finding.subject.get("experiment") == name), None)
