"""How stock announces itself."""

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


def findings(data: Data, period: Period, compare: Compare) -> Sequence[Finding]:  # noqa: ARG001 - a state has no span before
    """What is missing, what lies dead, who is late, on the last day of the period."""
    from ecops.inventory.telling.findings import findings as told
    from ecops.inventory.view import stock

    return told(stock(data, today=period.end), period)


def measured(data: Data, period: Period) -> Mapping[str, Measured]:
    """Turnover, days of stock, slow movers, stock-outs, late and faulty deliveries."""
    from ecops.inventory.orders.board import measured as made

    return made(data, period)


def section(data: Data, period: Period) -> Section | None:
    """The verdict and today's purchase."""
    from ecops.inventory.telling.section import section as told
    from ecops.inventory.view import stock

    return told(stock(data, today=period.end))


def commands() -> typer.Typer:
    """`inventory`."""
    from ecops.inventory.telling import commands as made

    return made.app


CAPABILITY = Capability(
    key="inventory",
    label=Term(en="Stock", zh="库存与补货"),
    question=Term(
        en="What do I order today, how much, why, and what does my own rule really deliver?",
        zh="今天该补什么、补多少、为什么？我的补货规则到底靠不靠谱？",
    ),
    order=50,
    needs=("inventory_snapshots",),
    page="inventory",
    findings=findings,
    by_span=False,
    measured=measured,
    section=section,
    metrics=Path(__file__).parent / "registry" / "metrics.toml",
    advice=Path(__file__).parent / "registry" / "advice.toml",
    commands=commands,
    modules=("ecops.inventory.view", "ecops.inventory.telling.findings"),
    rows=(
        7, 24, 49, *range(126, 134), *range(136, 143), 144, *range(146, 158), 159, 160, 162, 263, 313, 314,
    ),
    cites=(
        "inventory.alarm_cover_days", "inventory.reorder_cover_days", "inventory.excess_cover_days",
        "inventory.dead_stock_days", "inventory.min_units_dropship", "inventory.turnover_reference_low",
        "inventory.turnover_reference_mid", "inventory.turnover_reference_high", "supplier.delay_max",
        "supplier.defect_max", "supplier.backup_minimum", "supplier.crisis_supply_min",
        "inventory.inbound_sample_min", "supplier.ship48_min", "supplier.chat_minutes_max",
        "supplier.data_delay_minutes_max", "supplier.dead_stock_return_days", "supplier.return_loss_max",
        "finance.gross_margin_min", "finance.sku_roi_min", "finance.credit_days_low", "finance.supplier_rebate",
        "service.return_rate_max", "service.ship_hours", "listing.attribute_missing_max",
    ),
)  # fmt: skip
