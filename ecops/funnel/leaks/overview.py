"""Every figure that the steps of a funnel do not show, in one list, and what to check at a step."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from ecops.errors import unknown_name
from ecops.funnel.leaks.content import content_figures
from ecops.funnel.leaks.figures import Figure, asked, lacking, rate_figure, spans
from ecops.funnel.leaks.journeys import path_length, recommendation, referral
from ecops.funnel.leaks.pages import load_seconds
from ecops.funnel.leaks.payments import payment_interruption
from ecops.funnel.leaks.searches import search_conversion, searches_without_result
from ecops.funnel.leaks.service import reminder_conversion, silent_orders
from ecops.messages import Message, Term
from ecops.metrics.daily import opened
from ecops.periods import Compare, Period
from ecops.tables import table


def further_figures(data: Any, period: Period, compare: Compare = "previous") -> tuple[Figure, ...]:
    """Search, payment, service, path, recommendation, deposits, loading time and content, in the order of the way.

    Every metric whose page is the funnel's stands here with its value, or with the reason why there is none.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
    """
    ready = opened(data)
    ask = (
        search_conversion, searches_without_result, load_seconds, silent_orders, payment_interruption,
        reminder_conversion, deposit_payment, path_length, recommendation, referral,
    )  # fmt: skip
    return (*(figure(ready, period, compare) for figure in ask), *content_figures(ready, period, compare))


def deposit_payment(data: Any, period: Period, compare: Compare = "previous") -> Figure:
    """Units whose balance was paid over units with a deposit, by the day of the deposit; balances not yet due are out.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days of the deposits.
        compare: what they are compared with.
    """
    ready, (before, since) = opened(data), spans(period, compare)
    if not ready.has("presale_deposits"):
        return lacking("deposit_payment_rate", table("presale_deposits").label)
    rows = asked(ready, "deposits_by_day", since, period.end)
    return rate_figure(
        "deposit_payment_rate", rows.rename(columns={"paid_units": "on", "deposits": "of"}), period, before
    )


@cache
def _checklists() -> dict[str, list[Term]]:
    entries = tomllib.loads((Path(__file__).parent / "checklist.toml").read_text("utf-8"))
    return {step: [Term(en=cause["en"], zh=cause["zh"]) for cause in told["causes"]] for step, told in entries.items()}


def checklist(step: str) -> tuple[Term, ...]:
    """What to look at on the page before a step, one cause after the other, as the handbooks list them.

    Args:
        step: name of the step that people do not take.

    Raises:
        SpecError: nothing is listed for the step.
    """
    if step not in _checklists():
        raise unknown_name(Message("The step"), step, _checklists())
    return tuple(_checklists()[step])


def listed_steps() -> tuple[str, ...]:
    """Steps with a checklist."""
    return tuple(_checklists())
