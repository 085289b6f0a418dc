"""What is a gap to peers worth in money: one figure at a time, or several at once so that the parts add up?

GMV = visitors x conversion x order value. One figure: `visitors x (reference - ours) x order value` for conversion, and
in the same way for the others. Several at once: Shapley values of the product, so that the parts sum to the whole.
A gap in money is an opportunity, never a forecast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from ecops.errors import SpecError, unknown_name
from ecops.messages import Message
from ecops.statistics.decomposition import decompose

if TYPE_CHECKING:
    from ecops.competitors.standing.gaps import Kpi, Own

Method = Literal["single", "shapley"]

FACTORS = ("visitors", "conversion_rate", "order_value")
"""The factors of GMV, by their names in `peer_kpis`."""


@dataclass(frozen=True, slots=True)
class MoneyGap:
    """What reaching a target would bring.

    Attributes:
        base: GMV as it is.
        target: GMV if every named figure reached its target; NaN under "single", where figures move one at a time.
        parts: figure -> money; under "shapley" they add up to target - base.
        method: "single" or "shapley".
    """

    base: float
    target: float
    parts: Mapping[str, float]
    method: Method


def money_gap(base: Mapping[str, float], target: Mapping[str, float], method: Method = "single") -> MoneyGap:
    """What reaching the figures of peers would bring, in the span of the visitors.

    Args:
        base: visitors, conversion_rate and order_value as they are: real figures, never index values.
        target: those of them that change.
        method: see the module.

    Raises:
        SpecError: a factor is missing or not one of the three (such as an index), or a value is negative or no number.

    >>> gap = money_gap({"visitors": 120_000, "conversion_rate": 0.032, "order_value": 210}, {"conversion_rate": 0.058})
    >>> round(gap.base), round(gap.parts["conversion_rate"])
    (806400, 655200)
    """
    if method not in get_args(Method):
        raise unknown_name(Message("The method"), method, get_args(Method))
    for name in (*base, *target):
        if name not in FACTORS:
            raise unknown_name(Message("The factor of GMV"), name, FACTORS)
    missing = [name for name in FACTORS if name not in base]
    if missing:
        raise SpecError(
            Message("Money needs visitors, conversion and order value; {name} is missing.", name=missing[0]),
            Message("Give all three as real figures; index values cannot be turned into money."),
        )
    wrong = [name for values in (base, target) for name, value in values.items() if not 0 <= value < math.inf]
    if wrong:
        raise SpecError(Message("The value of {name} is no figure of a shop.", name=wrong[0]), Message("Check it."))
    now = math.prod(base[name] for name in FACTORS)
    after = {**base, **target}
    if method == "single":
        parts = {name: math.prod({**base, name: target[name]}[one] for one in FACTORS) - now for name in target}
        return MoneyGap(now, math.nan, parts, method)
    found = decompose({name: base[name] for name in FACTORS}, {name: after[name] for name in FACTORS}, FACTORS,
                      by=(), method="shapley")  # fmt: skip
    return MoneyGap(now, math.prod(after.values()), {name: found.by_factor.get(name, 0.0) for name in FACTORS}, method)


def priced(entry: Kpi, row: Mapping[str, Any], mine: Mapping[str, Own], target: str) -> tuple[float, float, float]:
    """The gap of one row in money with its interval; NaN where it has no price or our own factors are not known.

    The interval joins those of our figure and of the peers' median by squares; the other factors stay as they are.
    """
    values = [mine[name].value if name in mine else math.nan for name in FACTORS]
    if not entry.factor or not all(math.isfinite(value) for value in values):
        return math.nan, math.nan, math.nan
    base = dict(zip(FACTORS, values, strict=True))
    whole = math.prod(values)
    # A refund is lost of all that is sold; every other factor scales the product of the rest.
    scale = -whole if entry.factor == "refund" else math.prod(v for name, v in base.items() if name != entry.factor)
    goal = row["top"] if target == "top" else row["median"]
    money = scale * (goal - row["own"])
    known = all(math.isfinite(row[name]) for name in ("own_low", "own_high", "median_low", "median_high"))
    if not known or target == "top":
        return money, math.nan, math.nan
    gap = goal - row["own"]
    low = gap - math.hypot(goal - row["median_low"], row["own_high"] - row["own"])
    high = gap + math.hypot(row["median_high"] - goal, row["own"] - row["own_low"])
    ends = sorted((scale * low, scale * high))
    return money, ends[0], ends[1]
