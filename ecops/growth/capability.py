"""How the explanation of change announces itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecops.capability import Capability
from ecops.messages import Term

if TYPE_CHECKING:
    import typer

    from ecops.finding import Finding
    from ecops.metrics.measured import Measured
    from ecops.periods import Compare, Period
    from ecops.store import Data


def findings(data: Data, period: Period, compare: Compare) -> Sequence[Finding]:
    """Causes of the change of sales, and defects of the data."""
    from ecops.growth.diagnosis import diagnose

    return diagnose(data, period, compare).findings


def measured(data: Data, period: Period) -> Mapping[str, Measured]:
    """The ratio of the teams at the end of a period."""
    from ecops.growth.board.team import team
    from ecops.metrics.measured import Measured

    found = team(data, period.end)
    return {"team_ratio": Measured(found.ratio)} if found is not None else {}


def commands() -> typer.Typer:
    """`kpis`."""
    from ecops.growth import commands as made

    return made.app


CAPABILITY = Capability(
    key="growth",
    label=Term(en="Overview", zh="经营概览"),
    question=Term(en="What changed, why, and what does it cost?", zh="什么变了、为什么、值多少钱？"),
    order=10,
    page="overview",
    findings=findings,
    measured=measured,
    alerts=Path(__file__).parent / "alerts.toml",
    commands=commands,
    modules=("ecops.growth.diagnosis", "ecops.growth.figures"),
    cites=("service.ship_hours", "supplier.ship48_min"),
    rows=(1, 3, 5, 6, 11, 12, 13, 18),
)
