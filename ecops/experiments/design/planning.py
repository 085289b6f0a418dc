"""Before the test: how many users, how many days, and how small a change can be seen at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from scipy import special

from ecops.errors import SpecError
from ecops.experiments.looks.sequential import Bounds, Spending, crossing_power, group_sequential
from ecops.messages import Count, Message, Number, Percent

NORMAL_FROM = 100_000.0
"""Degrees of freedom from which the normal law replaces the noncentral t (which fails numerically for large ones)."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is known before the test.

    Attributes:
        mean: the metric's mean today, in its unit, > 0; a rate for conversions.
        variance: its variance over users; None for a conversion rate, whose variance follows from `mean`.
        alpha: two-sided error rate over all arms and looks.
        power: chance to find the effect when it exists.
        weights: traffic of each arm, the control first, in any unit.
        looks: number of evenly spaced looks, the last at the full sample.
        spending: how the error is spread over the looks.
        removed: share of the variance that covariates remove (rho squared).
        growth: the treatment's variance is (1 + lift)^growth times the control's; for means only. 0 for an effect that
            is the same for everybody, 1 for more buyers, 2 for larger orders.
    """

    mean: float
    variance: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    weights: tuple[float, ...] = (1.0, 1.0)
    looks: int = 1
    spending: Spending = "obrien_fleming"
    removed: float = 0.0
    growth: float = 0.0

    def __post_init__(self) -> None:
        for name, value, good in (
            ("mean", self.mean, self.mean > 0 and (self.variance is not None or self.mean < 1)),
            ("variance", self.variance or 0.0, self.variance is None or self.variance > 0),
            ("alpha", self.alpha, 0 < self.alpha < 1),
            ("power", self.power, self.alpha < self.power < 1),
            ("looks", self.looks, 1 <= self.looks <= 400),
            ("removed", self.removed, 0 <= self.removed < 1),
        ):
            if not good:
                raise SpecError(
                    Message("{name} is {value}, which is not possible.", name=name, value=Number(value, 4)),
                    Message("Give the mean of the metric today, shares between 0 and 1, and at least one look."),
                )
        if len(self.weights) < 2 or min(self.weights) <= 0:
            raise SpecError(Message("A test needs at least two arms with traffic."))

    @property
    def share(self) -> tuple[float, float]:
        """Traffic share of the control and of the smallest treatment."""
        total = sum(self.weights)
        return self.weights[0] / total, min(self.weights[1:]) / total

    @property
    def alpha_each(self) -> float:
        """Error rate of each comparison with the control (Bonferroni)."""
        return self.alpha / (len(self.weights) - 1)


def _spreads(design: Design, lift: float) -> tuple[float, float]:
    # Standard error times sqrt(users), under "no difference" and with the effect. For rates the first is that of the
    # pooled rate, as the score test uses it (Fleiss, Levin, Paik 2003). Calculators that put the control's rate there
    # (Evan Miller's) ask for fewer users and miss the power they promise by one to three points.
    control, treatment = design.share
    keep = 1 - design.removed
    if design.variance is not None:
        grown = max(0.0, 1 + lift) ** design.growth
        spread = math.sqrt(keep * design.variance * (1 / control + grown / treatment))
        return spread, spread
    before, after = design.mean, design.mean * (1 + lift)
    if not 0 < after < 1:
        raise SpecError(
            Message("A change of {lift} takes the rate outside 0 to 100%.", lift=Percent(lift, signed=True)),
            Message("Choose a smaller change."),
        )
    pooled = (control * before + treatment * after) / (control + treatment)
    null = pooled * (1 - pooled) * (1 / control + 1 / treatment)
    other = before * (1 - before) / control + after * (1 - after) / treatment
    return math.sqrt(keep * null), math.sqrt(keep * other)


def _bounds(design: Design) -> Bounds:
    return group_sequential(
        [look / design.looks for look in range(1, design.looks + 1)], design.alpha_each, design.spending
    )


def power(design: Design, users: float, lift: float) -> float:
    """Chance to find a true relative change with `users` in all arms together, by the last look.

    Noncentral t for small samples of means, normal beyond; with several looks the recursion of `group_sequential`.

    >>> round(power(Design(0.2), 2 * 1094, 0.25), 3)
    0.8
    """
    null, other = _spreads(design, lift)
    drift = abs(lift) * design.mean * math.sqrt(users) / other
    if design.looks > 1:
        bounds = _bounds(design)
        scaled = replace(bounds, critical=tuple(bound * null / other for bound in bounds.critical))
        return crossing_power(scaled, drift)[-1]
    df = sum(design.share) * users - 2
    if design.variance is not None and df <= NORMAL_FROM:
        if df < 1:
            return 0.0
        reach = -float(special.stdtrit(df, design.alpha_each / 2))
        return 1 - float(special.nctdtr(df, drift, reach))
    reach = -float(special.ndtri(design.alpha_each / 2)) * null / other
    return float(special.ndtr(drift - reach))


def sample_size(design: Design, lift: float) -> int:
    """Users in all arms together that are needed to find a true relative change `lift` with the design's power.

    >>> sample_size(Design(0.2), 0.25)
    2188
    """
    if lift == 0:
        raise SpecError(Message("A change of 0 cannot be found with any sample."), Message("Say what would matter."))
    null, other = _spreads(design, lift)
    reach = -float(special.ndtri(design.alpha_each / 2))
    start = ((reach * null + float(special.ndtri(design.power)) * other) / (lift * design.mean)) ** 2

    def missing(log_users: float) -> float:
        return power(design, math.exp(log_users), lift) - design.power

    users = math.exp(_solve(missing, math.log(max(4.0, start))))
    # Rounded up to a whole user in each arm of the smaller share.
    smallest = min(design.share)
    return math.ceil(math.ceil(users * smallest - 1e-6) / smallest - 1e-6)


def minimum_effect(design: Design, users: float, *, falls: bool = False) -> float:
    """Smallest true relative change that `users` in all arms together find with the design's power; above 0.

    Args:
        design: see `Design`.
        users: in all arms together.
        falls: whether the change looked for is a fall, such as that of a bounce rate.

    Raises:
        SpecError: even a change to 100 % could not be found.
    """
    from scipy import optimize  # slow to import, and seldom needed

    sign = -1 if falls else 1
    top = 0.999 if falls else 0.999 * (1 / design.mean - 1) if design.variance is None else 1e6
    if power(design, users, sign * top) < design.power:
        raise SpecError(
            Message("{users} users are too few to find any change.", users=Count(users)), Message("Plan more days.")
        )

    def missing(log_lift: float) -> float:
        return power(design, users, sign * math.exp(log_lift)) - design.power

    return math.exp(float(optimize.brentq(missing, math.log(1e-9), math.log(top), xtol=1e-10)))


def _solve(function: Callable[[float], float], start: float) -> float:
    from scipy import optimize

    low, high = start - 0.5, start + 0.5
    while function(low) > 0 and low > start - 40:
        low -= 1.0
    while function(high) < 0:
        high += 1.0
    return float(optimize.brentq(function, low, high, xtol=1e-10))


def days_needed(users: float, users_per_day: float) -> int:
    """Days until `users` have come, rounded up to whole weeks so that every weekday counts equally.

    >>> days_needed(10_000, 900)
    14
    """
    if not users_per_day > 0:
        raise SpecError(Message("The traffic of a day must be larger than 0."))
    return max(1, math.ceil(users / users_per_day / 7 - 1e-9)) * 7


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan to be agreed on before the test starts.

    Attributes:
        users: users in all arms together.
        users_of: users of each arm, the control first.
        days: whole weeks, in days.
        looks: users in all arms at each look.
        expected_share: mean share of `users` after which the test ends when the lift is as planned.
        inflation: users needed because of the looks / users needed with one look.
        detectable: smallest relative change found with the design's power after 1, 2, ... weeks; inf where none.
    """

    users: int
    users_of: tuple[int, ...]
    days: int
    looks: tuple[int, ...]
    expected_share: float
    inflation: float
    detectable: tuple[float, ...]


def plan(design: Design, lift: float, users_per_day: float, weeks: int = 8) -> Plan:
    """Sample, days and looks for a true relative change `lift`, given the traffic that enters the test a day."""
    users = sample_size(design, lift)
    total = sum(design.weights)
    null, other = _spreads(design, lift)
    bounds = _bounds(design)
    scaled = replace(bounds, critical=tuple(bound * null / other for bound in bounds.critical))
    crossed = crossing_power(scaled, abs(lift) * design.mean * math.sqrt(users) / other)
    expected = sum(1 - gone for gone in (0.0, *crossed[:-1])) / design.looks
    detectable = []
    for week in range(1, weeks + 1):
        try:
            detectable.append(minimum_effect(design, users_per_day * 7 * week, falls=lift < 0))
        except SpecError:
            detectable.append(math.inf)
    return Plan(
        users=users,
        users_of=tuple(math.ceil(users * weight / total - 1e-6) for weight in design.weights),
        days=days_needed(users, users_per_day),
        looks=tuple(math.ceil(users * look / design.looks) for look in range(1, design.looks + 1)),
        expected_share=expected,
        inflation=users / sample_size(replace(design, looks=1), lift),
        detectable=tuple(detectable),
    )
