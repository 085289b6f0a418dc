"""How customers announce themselves."""

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


def findings(data: Data, period: Period, compare: Compare) -> Sequence[Finding]:  # noqa: ARG001 - held against months
    """Good customers who fall away and new ones who do not come back, more than in the months before."""
    from ecops.customers.weekly import customer_findings

    return customer_findings(data, period)


def measured(data: Data, period: Period) -> Mapping[str, Measured]:
    """Repeat purchase, retention, churn, lifetime value, net promoter score."""
    from ecops.customers.value.board import measured as made

    return made(data, period)


def section(data: Data, period: Period) -> Section | None:
    """Segments with their action, and who is one order below the next tier."""
    from ecops.customers.weekly import customer_section

    return customer_section(data, period)


def commands() -> typer.Typer:
    """`customers`."""
    from ecops.customers import commands as made

    return made.app


CAPABILITY = Capability(
    key="customers",
    label=Term(en="Customers", zh="客户"),
    question=Term(
        en="Who are our customers, what are they worth, and who gets which coupon?",
        zh="客户是谁、值多少钱、给谁发什么券？",
    ),
    order=40,
    needs=("order_lines", "orders"),
    page="customers",
    findings=findings,
    by_span=False,
    measured=measured,
    section=section,
    advice=Path(__file__).parent / "advice.toml",
    commands=commands,
    modules=("ecops.customers.weekly",),
    rows=(8, 23, *range(100, 126)),
    cites=(
        "customer.tier_silver", "customer.tier_gold", "customer.tier_black", "customer.repurchase_window_days",
        "customer.high_value_share", "customer.quoted_points_retention", "customer.quoted_crm_value",
        "customer.quoted_community_cost",
    ),
)  # fmt: skip
