"""How rivals announce themselves."""

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
    from ecops.reports.model import Section
    from ecops.store import Data


def findings(data: Data, period: Period, compare: Compare) -> Sequence[Finding]:  # noqa: ARG001 - peers have no span before
    """Where peers are ahead, what rivals did, prices out of the band, new complaints, searched words no title holds."""
    from ecops.competitors.telling.asking import told

    return told(data, period)


def measured(data: Data, period: Period) -> Mapping[str, Measured]:
    """Price index, rivals' prices and cuts, the gap of ratings, new complaints, ranks that were lost."""
    from ecops.competitors.telling.board import measured as made

    return made(data, period)


def section(data: Data, period: Period) -> Section | None:
    """The verdict, the gaps in money, what rivals did."""
    from ecops.competitors.telling.section import section as told
    from ecops.competitors.view import prices, standing

    return told(standing(data, period.end), prices(data, period.end))


def commands() -> typer.Typer:
    """`competitors`."""
    from ecops.competitors.telling import commands as made

    return made.app


CAPABILITY = Capability(
    key="competitors",
    label=Term(en="Competitors", zh="竞品对标"),
    question=Term(
        en="Against whom are we behind, on which figure, what is it worth, and is our price right?",
        zh="我们和谁比、差在哪、值多少钱、价格定得对不对？",
    ),
    order=60,
    needs=("peer_kpis", "listings", "price_history", "rival_indices", "search_terms", "reviews"),
    page="competitors",
    findings=findings,
    by_span=False,
    measured=measured,
    section=section,
    metrics=Path(__file__).parent / "registry" / "metrics.toml",
    alerts=Path(__file__).parent / "registry" / "alerts.toml",
    advice=Path(__file__).parent / "registry" / "advice.toml",
    commands=commands,
    modules=("ecops.competitors.view",),
    rows=(
        15, 18, 163, 164, 165, 166, 167, 168, 169, 171, 172, 173, 174, 175, 176, 177, 178, 179, 180, 181, 182, 183,
        184, 185, 186, 309,
    ),
    cites=("competitor.peers_high", "competitor.price_anchor_band"),
)  # fmt: skip
