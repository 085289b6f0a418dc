"""What may be chosen when stock is judged: promises, cycles, stand-ins for what the data does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecops.errors import SpecError
from ecops.handbook import overrides
from ecops.inventory.forecasting.plans import Plan
from ecops.messages import Message, Number, Percent


@dataclass(frozen=True, slots=True)
class Spec:
    """The choices of an analysis of stock.

    Attributes:
        target: share of replenishment cycles that shall end without a stock-out.
        rule: key of the rule that orders, see `ecops.inventory.policies.rules`.
        order_days: days of demand that an order brings.
        review_days: days between two looks at the stock.
        default_lead: lead time of products for which nothing tells one, days.
        holding_rate: cost of holding stock a year, as a share of its cost, where the product list has none.
        recapture: share of units lost to stock-outs that customers come back for.
        plans: promotions that are planned, see `ecops.inventory.forecasting.plans`.
        overrides: the shop's own thresholds of the handbook, (key, value) pairs.
        with_lightgbm: whether boosted trees are averaged into the forecast where they were less wrong.

    Raises:
        SpecError: a value is impossible.
    """

    target: float = 0.95
    rule: str = "learned"
    order_days: float = 14.0
    review_days: int = 1
    default_lead: float = 7.0
    holding_rate: float = 0.25
    recapture: float = 0.0
    overrides: tuple[tuple[str, float], ...] = ()
    plans: tuple[Plan, ...] = ()
    with_lightgbm: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.target < 1:
            raise SpecError(
                Message("A service level of {share} is not possible.", share=Percent(self.target)),
                Message("Give a share between 0 and 1, for example 0.95."),
            )
        for name, value in (("order_days", self.order_days), ("review_days", self.review_days),
                            ("default_lead", self.default_lead)):  # fmt: skip
            if not value >= 1:
                raise SpecError(
                    Message("{name} is {value}, it must be at least 1 day.", name=name, value=Number(value, 1)),
                    Message("Give 1 or more."),
                )

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The overrides as a mapping."""
        return dict(self.overrides)

    def held(self, data: Any) -> Spec:
        """The same with what the shop of `data` has changed for good beneath what is given here."""
        return replace(self, overrides=tuple(sorted({**overrides(data), **self.thresholds}.items())))
