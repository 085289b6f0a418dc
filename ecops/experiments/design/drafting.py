"""A plan from what a manager knows: today's figure, a day's traffic and the smallest change that would be worth it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ecops.errors import SpecError, unknown_name
from ecops.experiments.design.planning import Design, Plan, plan
from ecops.experiments.design.spec import preset
from ecops.messages import Message, Term

Basis = Literal["rate", "revenue", "order"]

BASES: Mapping[str, Basis] = {
    "conversion": "rate",
    "ctr": "rate",
    "bounce_rate": "rate",
    "payment_rate": "rate",
    "repeat_rate": "rate",
    "cac": "rate",
    "uv_value": "revenue",
    "roi": "revenue",
    "aov": "order",
}
"""Preset -> what its plan rests on: a rate; revenue a visitor (conversion and order value); the value of an order.

The cost per customer and the return on ad spend move with conversion and revenue a visitor as long as a click costs the
same, so they are planned by those.
"""

UNITS: Mapping[str, Term] = {
    "conversion": Term(en="visitors", zh="访客"),
    "ctr": Term(en="impressions", zh="曝光"),
    "bounce_rate": Term(en="visits", zh="访问"),
    "payment_rate": Term(en="placed orders", zh="下单"),
    "repeat_rate": Term(en="buyers", zh="买家"),
    "cac": Term(en="visitors from ads", zh="广告访客"),
    "uv_value": Term(en="visitors", zh="访客"),
    "roi": Term(en="visitors from ads", zh="广告访客"),
    "aov": Term(en="orders", zh="订单"),
}
"""What is counted in each plan."""

SPREAD = 0.8
"""Standard deviation of order values over their mean where the shop's own is not known; a suggestion."""

BOUNCE = ("funnel.bounce_example", "funnel.bounce_industry")
"""Parameters of the handbooks: the bounce rate that a plan starts from where the shop's own is not known, and the one
it aims at where no benchmark of the shop's says otherwise."""

ALPHA = 0.05
"""Error rate over all looks and arms where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known before a test, in a manager's words. Checks itself when made.

    Attributes:
        metric: a key of `BASES`.
        rate: today's rate as a share (for revenue a visitor: the conversion rate); not used for `aov`.
        order_value: today's value of an order; NaN when unknown, which plans by revenue cannot do without.
        spread: standard deviation of order values / their mean.
        lift: smallest relative change worth having, > 0.
        users_per_day: units (see `UNITS`) that enter the test a day, all arms together.
        arms: number of arms, the control included.
        looks: number of evenly spaced looks.
        alpha, power: error rate over all looks and arms; chance to find the lift when it exists.
        control_share: share of the users who keep the old version; NaN for equal shares of all arms.
    """

    metric: str = "conversion"
    rate: float = 0.03
    order_value: float = math.nan
    spread: float = SPREAD
    lift: float = 0.12
    users_per_day: float = 1000.0
    arms: int = 2
    looks: int = 4
    alpha: float = ALPHA
    power: float = 0.8
    control_share: float = math.nan

    def __post_init__(self) -> None:
        if self.metric not in BASES:
            raise unknown_name(Message("The metric"), self.metric, BASES)
        if self.basis != "order" and not 0 < self.rate < 1:
            raise SpecError(
                Message("Today's rate must lie between 0 and 100%."),
                Message("Write 0.03 for 3%."),
            )
        if not 0 < self.lift < 1:
            raise SpecError(
                Message("The smallest change worth having must lie between 0 and 100%."),
                Message("Write 0.12 for 12%."),
            )
        if not self.users_per_day > 0:
            raise SpecError(Message("The traffic of a day must be larger than 0."))
        if self.basis != "rate" and not self.order_value > 0:
            raise SpecError(
                Message("A plan by money needs the value of an order."),
                Message("Take the average order value of the last month."),
            )
        if math.isfinite(self.control_share) and not 0 < self.control_share < 1:
            raise SpecError(
                Message("The share of the old version must lie between 0 and 100%."), Message("Write 0.9 for 90%.")
            )
        if not 2 <= self.arms <= 12:
            raise SpecError(Message("A test needs at least two arms with traffic."))

    @property
    def basis(self) -> Basis:
        """What the plan rests on."""
        return BASES[self.metric]

    @property
    def change(self) -> float:
        """The relative change of the planned figure: a cost 10 % lower is a conversion 11 % higher, a bounce falls."""
        if self.metric == "bounce_rate":
            return -self.lift
        return 1 / (1 - self.lift) - 1 if self.metric == "cac" else self.lift

    def design(self) -> Design:
        """The figure with its variance a user.

        Revenue a visitor is an order value V with chance p, else 0: mean p V, variance p V^2 (1 + spread^2) - (p V)^2.
        More revenue varies more: with (1 + lift) where more people buy, with (1 + lift)^2 where they buy for more. What
        it will be nobody knows before, so the plan takes half of each; order values vary with their square.
        """
        mean, variance, growth = self.rate, None, 0.0
        if self.basis == "revenue":
            mean = self.rate * self.order_value
            variance, growth = self.rate * self.order_value**2 * (1 + self.spread**2) - mean**2, 1.5
        elif self.basis == "order":
            mean, variance, growth = self.order_value, (self.spread * self.order_value) ** 2, 2.0
        return Design(mean, variance, self.alpha, self.power, self.weights, self.looks, growth=growth)

    @property
    def weights(self) -> tuple[float, ...]:
        """Planned traffic of each arm, the control first."""
        if not self.control_share > 0:
            return (1.0,) * self.arms
        return (self.control_share, *((1 - self.control_share) / (self.arms - 1),) * (self.arms - 1))

    def plan(self, weeks: int = 8) -> Plan:
        """Sample, days and looks; `Plan.detectable` up to so many weeks."""
        return plan(self.design(), self.change, self.users_per_day, weeks)

    def caveat(self) -> Message | None:
        """Why the real test needs more than planned; None where each unit is a user of its own."""
        if self.metric not in {"ctr", "bounce_rate", "payment_rate", "aov"}:
            return None
        return Message(
            "Counted in {unit}, as if each came from another user. One user brings several that are alike, so the test "
            "needs more: about 1 + (n - 1) x r times as many, with n {unit} a user that resemble each other by r.",
            unit=UNITS[self.metric],
        )

    def waiting(self, margin: float = 1.0) -> float:
        """Money that a week of testing costs if the change is real: the control arm goes without it for a week.

        Value a unit x relative change x units a week x share of the control x margin. NaN when the worth of a unit is
        unknown (no order value, or a figure such as the click rate that is no money).
        """
        if self.metric in {"ctr", "bounce_rate", "repeat_rate"}:
            return math.nan
        each = self.order_value if self.basis == "order" else self.rate * self.order_value
        return each * self.change * self.users_per_day * 7 * self.weights[0] / sum(self.weights) * margin


def bounce_aim(data: Any = None, today: float = math.nan) -> tuple[float, float]:
    """The bounce rate that a test starts from, and the smallest relative fall worth having: down to what others reach.

    Args:
        data: of the shop, whose benchmarks and parameters hold; the handbooks' when None.
        today: the shop's own bounce rate; the handbooks' example where NaN.
    """
    from ecops import handbook
    from ecops.metrics.beside.benchmarks import chosen

    start, aim = (handbook.get(key, data) for key in BOUNCE)
    rate = today if 0 < today < 1 else start
    known = chosen(data, "bounce_rate") if data is not None else None
    aim = aim if known is None else known.value
    return rate, (1 - aim / rate if aim < rate else preset("bounce_rate").suggested_lift)
