"""What does the handbook's rule imply: deposits x 1.2 plus seven days of sales?

The rule is a special case: everybody pays or the others make up for them, no event, no doubt. It is neither safe nor
lean by itself; that depends on the shop's own conversion and on the uplift of its spot sales.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecops.handbook import parameter
from ecops.presale.campaigns.series import Series
from ecops.presale.decisions.order import outcome
from ecops.presale.futures.predict import Prediction
from ecops.presale.spec import Economics


@dataclass(frozen=True, slots=True)
class Rule:
    """The handbook's quantity and what it would lead to.

    Attributes:
        quantity: units, deposits x factor + days x daily sales.
        deposits: units with a deposit that it was applied to: those expected when the window closes, or as given.
        factor, days: of the rule.
        cover: share of the futures in which it suffices.
        short, leftover: units missing and left over on average.
        profit: expected, money; NaN when no money was given.
        needed: the factor with which the rule would suffice in `sure` of the futures.
        sure: see `needed`.
        learned: the factor that would have been right over past campaigns; NaN without any whose outcome is known.
        campaigns: how many those are.
    """

    quantity: float
    deposits: float
    factor: float
    days: float
    cover: float
    short: float
    leftover: float
    profit: float
    needed: float
    sure: float
    learned: float
    campaigns: int


def handbook_equivalent(
    prediction: Prediction,
    daily_sales: float,
    *,
    deposits: float | None = None,
    money: Economics | None = None,
    past: Sequence[Series] = (),
    sure: float = 0.9,
    overrides: Mapping[str, float] | None = None,
) -> Rule:
    """The handbook's rule beside the futures.

    Args:
        prediction: of `predict`.
        daily_sales: average daily sales without presale, units.
        deposits: units to apply the rule to; the deposits expected at the end when None.
        money: for the expected profit.
        past: campaigns to recalibrate the factor on.
        sure: share of the futures that `Rule.needed` covers.
        overrides: the shop's own thresholds of the handbook.
    """
    factor = parameter("inventory.presale_uplift", overrides)
    days = parameter("inventory.presale_base_days", overrides)
    counted = prediction.mean("deposits") if deposits is None else deposits
    quantity = counted * factor + days * daily_sales
    found = outcome(prediction, quantity, money or Economics(2.0, 1.0))
    learned, campaigns = learned_factor(past, days)
    return Rule(
        quantity=quantity,
        deposits=counted,
        factor=factor,
        days=days,
        cover=found.cover,
        short=found.short,
        leftover=found.leftover,
        profit=found.profit if money is not None else math.nan,
        needed=(prediction.quantile(sure) - days * daily_sales) / counted if counted > 0 else math.nan,
        sure=sure,
        learned=learned,
        campaigns=campaigns,
    )


def learned_factor(past: Sequence[Series], days: float) -> tuple[float, int]:
    """The factor that makes the rule right over past campaigns, sum over sum, and the number of these campaigns.

    What a campaign needed is what was paid plus what was sold besides; the rule gives `days` of usual sales for it.
    Where the sales besides are not known, usual ones are supposed.
    """
    told = [series for series in past if series.settled and series.total > 0]
    deposits = sum(series.total for series in told)
    if deposits <= 0:
        return math.nan, 0
    besides = sum(series.spot - days * series.base for series in told if math.isfinite(series.spot + series.base))
    return (sum(series.paid for series in told) + besides) / deposits, len(told)
