"""What a promotion that is planned will sell, as whoever plans it expects: a factor on the usual days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecops.errors import SpecError, unknown_name
from ecops.inventory.demand.panel import Floats
from ecops.messages import DateRange, Message, Number, Value
from ecops.periods import parse_period

MOST = 50.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One planned promotion.

    Attributes:
        start, end: its days, both inclusive.
        factor: sales of such a day over those of a usual one; 1.8 for 80 % more.
        category: whose products; "" for all.

    Raises:
        SpecError: the days or the factor cannot be.
    """

    start: dt.date
    end: dt.date
    factor: float
    category: str = ""

    def __post_init__(self) -> None:
        if self.end < self.start or not 0 < self.factor <= MOST:
            raise SpecError(
                Message("A promotion of {factor} times the usual sales from {start} to {end} is not possible.",
                        factor=Number(self.factor, 2), start=self.start, end=self.end),
                Message("Give a first and a last day, and a factor above 0 and up to {most}.", most=int(MOST)),
            )  # fmt: skip

    @property
    def told(self) -> Message:
        """The plan in words."""
        words: dict[str, Value] = {"days": DateRange(self.start, self.end), "factor": Number(self.factor, 2)}
        if self.category:
            return Message(
                "Planned by you: {days}, {factor} times the usual sales of {category}.", category=self.category, **words
            )
        return Message("Planned by you: {days}, {factor} times the usual sales.", **words)


def parse_plan(text: str) -> Plan:
    """A plan as the command line takes it: "2026-12-01..2026-12-05=1.8", with "@category" behind it for one category.

    Raises:
        SpecError: it cannot be read.

    >>> parse_plan("2026-12-01..2026-12-05=1.8@cups").category
    'cups'
    """
    days, _sign, rest = text.partition("=")
    factor, _at, category = rest.partition("@")
    period = parse_period(days)
    try:
        value = float(factor)
    except ValueError:
        raise SpecError(
            Message("{text} is no planned promotion.", text=text),
            Message("Write for example {example}.", example="2026-12-01..2026-12-05=1.8"),
        ) from None
    return Plan(period.start, period.end, value, category.strip())


def with_plans(
    mean: Floats, usual: Floats, until: dt.date, plans: Sequence[Plan], categories: Sequence[str] | None
) -> Floats:
    """Expected demand with what was planned: on its days a plan takes the place of any event's past uplift.

    Args:
        mean: units expected with events, shape (n, days), from the day after `until`; not changed.
        usual: the same without events.
        until: last day of the data.
        plans: later ones win where they overlap.
        categories: of each product.

    Raises:
        SpecError: no product is in the category of a plan.
    """
    found = mean.copy()
    names = np.array(list(categories) if categories is not None else [""] * len(mean), dtype=object)
    for plan in plans:
        first, last = max((plan.start - until).days - 1, 0), (plan.end - until).days
        rows = np.ones(len(mean), dtype=bool) if not plan.category else names == plan.category
        if not rows.any():
            raise unknown_name(Message("The category"), plan.category, [str(name) for name in dict.fromkeys(names)])
        if last > first:
            found[rows, first:last] = usual[rows, first:last] * plan.factor
    return found
