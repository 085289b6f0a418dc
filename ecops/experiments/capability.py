"""How A/B tests announce themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecops.capability import Capability
from ecops.messages import Term

if TYPE_CHECKING:
    import datetime as dt

    import typer

    from ecops.finding import Finding, Trial
    from ecops.periods import Compare, Period
    from ecops.store import Data


def findings(data: Data, period: Period, compare: Compare) -> Sequence[Finding]:  # noqa: ARG001 - a test has no span before
    """The verdict of every test that was measured lately."""
    from ecops.experiments.records.trials import trial_findings

    return trial_findings(data, period)


def plan(state: Any, trial: Trial, actor: str, language: str) -> str:
    """Write down a test that somebody proposes, as planned; one of that name stays as it is."""
    from ecops.experiments.records.register import Register

    register = Register(state)
    if register.trial(trial.name) is None:
        register.write(
            trial.name,
            actor,
            hypothesis=trial.hypothesis.text(language),
            goal=trial.metric,
            baseline=trial.baseline,
            minimum_lift=trial.lift,
            planned_sample=trial.sample,
        )
    return trial.name


def waits_for(data: Any) -> Sequence[str]:
    """Names of the tests in the register."""
    from ecops.experiments.records.register import Register

    state = getattr(data, "state", None)
    return [trial.name for trial in Register(state).trials()] if state is not None else []


def settle(data: Data, name: str, end: dt.date) -> Finding | None:
    """The verdict of one test up to a day."""
    from ecops.experiments.records.trials import verdict_of

    return verdict_of(data, name, end)


def commands() -> typer.Typer:
    """`experiment` and `plan`."""
    from ecops.experiments import commands as made

    return made.app


CAPABILITY = Capability(
    key="experiments",
    label=Term(en="A/B test", zh="A/B 测试"),
    question=Term(
        en="Should we ship the new version, stop it, or wait? How long must a test run?",
        zh="新版本该上线、停止还是再等？测试要做多久？",
    ),
    order=30,
    needs=("experiment_units", "experiment_totals"),
    page="ab_test",
    findings=findings,
    by_span=False,
    plan=plan,
    waits_for=waits_for,
    settle=settle,
    advice=Path(__file__).parent / "advice.toml",
    commands=commands,
    rows=(92, 93, 94, 95, 96, 97, 98, 99),
    cites=("funnel.bounce_example", "funnel.bounce_industry"),
)
