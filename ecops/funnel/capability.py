"""How the funnel announces itself."""

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
    """Steps that changed, products in many carts that few pay for, and the rules about what lies behind the steps."""
    from ecops.funnel.leaks.rules import rule_findings
    from ecops.funnel.telling.weekly import product_findings, step_findings

    return [
        *step_findings(data, period, compare),
        *product_findings(data, period),
        *rule_findings(data, period, compare),
    ]


def measured(data: Data, period: Period) -> Mapping[str, Measured]:
    """The figures behind the steps, for whoever shows all figures."""
    from ecops.funnel.leaks.overview import further_figures
    from ecops.metrics.measured import Measured

    return {
        figure.metric.key: Measured(figure.value, figure.low, figure.high, figure.n)
        for figure in further_figures(data, period)
    }


def levers() -> Mapping[str, Term]:
    """Every step by name: a saved what-if may change its rate."""
    from ecops.funnel.spec import known_steps

    return {name: step.label for name, step in known_steps().items() if step.label is not None}


def commands() -> typer.Typer:
    """`funnel`."""
    from ecops.funnel import commands as made

    return made.app


CAPABILITY = Capability(
    key="funnel",
    label=Term(en="Funnel", zh="转化漏斗"),
    question=Term(
        en="Where do we lose orders, and what would it bring to mend it?", zh="订单丢在哪一步，修好值多少钱？"
    ),
    order=20,
    needs=("traffic_daily", "events", "search_words", "payment_attempts", "page_loads", "ad_spend_daily"),
    page="funnel",
    findings=findings,
    advice=Path(__file__).parent / "advice.toml",
    measured=measured,
    levers=levers,
    commands=commands,
    modules=("ecops.funnel.telling.weekly", "ecops.funnel.leaks.rules"),
    rows=(61, 62, 64, 77),
    cites=(
        "funnel.cvr_industry", "funnel.bounce_industry", "funnel.video_completion", "funnel.content_interaction",
        "funnel.live_dwell_minutes", "funnel.cvr_goal_6m", "finance.sku_roi_min",
    ),
)  # fmt: skip
