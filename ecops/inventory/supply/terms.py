"""What the terms of a supplier are worth in cash, whether it serves as the handbooks want, and which papers run out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ecops.handbook import parameter
from ecops.inventory.supply.deliveries import Verdict, verdict

if TYPE_CHECKING:
    import pandas as pd

SOON = 60
"""A paper that expires within so many days is told."""

_PAPERS = ("licence_until", "quality_report_until", "environment_until", "inspection_until")
_SAMPLES = 3


def agreements(
    terms: pd.DataFrame, bought: Mapping[str, float], today: dt.date, overrides: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Every supplier's terms against the handbooks' wishes.

    Args:
        terms: the table `suppliers`.
        bought: supplier -> purchases of the last year, money.
        today: last day of the data.
        overrides: thresholds of the handbook.

    Returns:
        supplier, bought (money a year), cash_freed (credit days times purchases a day, money: what lies in the bank
        instead of in stock), cash_more (what 30 days of credit would free more; 0 where there are as many), rebate
        (money a year), rebate_more (what the handbook's 1 % would bring more; 0 where there is as much),
        ship48_verdict (within 48 hours at least 95 %, from the interval where the number of orders is known),
        chat_verdict, data_verdict, return_verdict, loss_verdict, sample_verdict, duty_verdict ("pass", "fail",
        "unknown"), expired and expiring (papers, names joined by ", "; "expiring" within 60 days), missing (papers
        without a day).
    """

    def limit(key: str) -> float:
        return parameter(key, overrides)

    spent = terms["supplier"].map(dict(bought)).fillna(0.0)
    credit = terms["credit_days"].fillna(0.0)
    least = limit("finance.credit_days_low")
    found = terms.assign(
        bought=spent,
        cash_freed=spent / 365 * credit,
        cash_more=spent / 365 * np.maximum(least - credit, 0.0),
        rebate=spent * terms["rebate_rate"].fillna(0.0),
        rebate_more=spent * np.maximum(limit("finance.supplier_rebate") - terms["rebate_rate"].fillna(0.0), 0.0),
        ship48_verdict=[
            _shipped(rate, orders, limit("supplier.ship48_min"))
            for rate, orders in zip(terms["ship48_rate"], terms["ship48_orders"], strict=True)
        ],
        chat_verdict=_below(terms["chat_minutes"], limit("supplier.chat_minutes_max")),
        data_verdict=_below(terms["data_delay_minutes"], limit("supplier.data_delay_minutes_max")),
        return_verdict=_below(-terms["return_days"], -limit("supplier.dead_stock_return_days")),
        loss_verdict=_below(terms["return_loss_rate"], limit("supplier.return_loss_max")),
        sample_verdict=_below(-terms["samples_passed"], -float(_SAMPLES)),
        duty_verdict=[
            "unknown" if told is None or told != told else "pass" if told else "fail"  # noqa: PLR0124 - NaN
            for told in terms["holiday_duty"]
        ],
    )
    return found.assign(**_papers(terms, today)).reset_index(drop=True)


def _shipped(rate: float, orders: float, least: float) -> Verdict:
    """The verdict on a share that should be high: late orders are what is counted against the limit."""
    if not np.isfinite(rate):
        return "unknown"
    if not (np.isfinite(orders) and orders > 0):
        return "pass_unproven" if rate >= least else "fail_unproven"
    return verdict(round((1 - rate) * orders), orders, 1 - least)


def _below(values: pd.Series, most: float) -> np.ndarray:
    return np.where(values.isna(), "unknown", np.where(values <= most, "pass", "fail"))


def _papers(terms: pd.DataFrame, today: dt.date) -> dict[str, list[str]]:
    """Names of papers that have run out, will soon, or have no day; one text a supplier."""
    import pandas as pd

    day = pd.Timestamp(today)
    left = {name: (pd.to_datetime(terms[name]) - day).dt.days for name in _PAPERS}

    def named(chosen: dict[str, pd.Series]) -> list[str]:
        rows = zip(*[chosen[name] for name in _PAPERS], strict=True)
        return [", ".join(name for name, yes in zip(_PAPERS, row, strict=True) if yes) for row in rows]

    return {
        "expired": named({name: days < 0 for name, days in left.items()}),
        "expiring": named({name: (days >= 0) & (days <= SOON) for name, days in left.items()}),
        "missing": named({name: days.isna() for name, days in left.items()}),
    }
