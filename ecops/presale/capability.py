"""How presales announce themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecops.capability import Capability
from ecops.messages import Term

if TYPE_CHECKING:
    import typer

    from ecops.finding import Finding
    from ecops.periods import Compare, Period
    from ecops.reports.model import Section
    from ecops.store import Data


def findings(data: Data, period: Period, compare: Compare) -> Sequence[Finding]:  # noqa: ARG001 - a state has no span before
    """Orders that are due, paths that are left, gates and capacity, on the last day of the period."""
    from ecops.presale.telling.findings import findings as told
    from ecops.presale.view import presale

    return told(presale(data, today=period.end), period)


def section(data: Data, period: Period) -> Section | None:
    """The verdict, the path of deposits and the order."""
    from ecops.presale.telling.section import section as told
    from ecops.presale.view import presale

    return told(presale(data, today=period.end))


def commands() -> typer.Typer:
    """`presale`."""
    from ecops.presale.telling import commands as made

    return made.app


CAPABILITY = Capability(
    key="presale",
    label=Term(en="Presale", zh="预售备货"),
    question=Term(
        en="Deposits come in: how many units do we commit?",
        zh="定金在涨，这次预售该备多少货？",
    ),
    order=55,
    needs=("presale_deposits",),
    page="presale",
    findings=findings,
    by_span=False,
    section=section,
    metrics=Path(__file__).parent / "registry" / "metrics.toml",
    advice=Path(__file__).parent / "registry" / "advice.toml",
    commands=commands,
    modules=("ecops.presale.analysis",),
    rows=(64, 134, 135, 136, 158, 160),
    cites=(
        "inventory.presale_uplift", "inventory.presale_base_days", "inventory.presale_gate_units", "service.ship_hours",
    ),
)  # fmt: skip
