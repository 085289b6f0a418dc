"""How much will each product sell on each of the next days?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ecops.errors import SpecError
from ecops.inventory.demand.panel import Floats, Panel
from ecops.inventory.forecasting.calendar import events
from ecops.inventory.forecasting.levels import levels, weekday_index
from ecops.inventory.forecasting.plans import Plan, with_plans
from ecops.messages import Message
from ecops.periods import ONE_DAY

_YOUNG = 28
_PRIOR_DAYS = 7.0
"""A new product's own days count against its category's as if that were seven days."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected demand.

    Attributes:
        skus: product codes, length n.
        mean: units expected on each of the next days, shape (n, days).
        level: units of a usual day, shape (n,); a mean over weekdays, without events.
        method: of `ecops.inventory.forecasting.levels`.
        young: products under 28 days old, whose level leans on their category, shape (n,).
        notes: what was assumed.
    """

    skus: tuple[str, ...]
    mean: Floats
    level: Floats
    method: str
    young: np.ndarray
    notes: tuple[Message, ...] = ()

    @property
    def total(self) -> Floats:
        """Units over all days, shape (n,)."""
        return np.asarray(self.mean.sum(axis=1), dtype=np.float64)


def forecast(
    data: Panel,
    days: int = 28,
    *,
    method: str = "ensemble",
    categories: Sequence[str] | None = None,
    uplift: Mapping[str, Floats | float] | None = None,
    known: Floats | None = None,
    plans: Sequence[Plan] = (),
) -> Forecast:
    """Forecast demand day by day.

    Args:
        data: the panel.
        days: how many days from the day after `data.until`.
        method: of `ecops.inventory.forecasting.levels.levels`.
        categories: of each product; young products lean on theirs, on the shop when None.
        uplift: event key (see `ecops.inventory.forecasting.calendar`) -> factor on its days, a number or shape (n,).
        known: of `levels` by this method, when it is at hand.
        plans: promotions that are planned; on their days they take the place of an event's uplift.

    Raises:
        SpecError: the method is not known, or there are no days.
    """
    if days < 1:
        raise SpecError(Message("A forecast of {days} days is not possible.", days=days), Message("Give 1 or more."))
    level = (levels(data, method) if known is None else known)[:, -1].copy()
    young = data.age < _YOUNG
    if young.any():
        level[young] = _launched(data, level, categories)[young]
    weekday = (data.weekday + data.days + np.arange(days)) % 7
    usual = level[:, None] * weekday_index(data)[:, weekday]
    mean = usual.copy()
    notes: list[Message] = []
    ahead = events(data.until + ONE_DAY, data.until + days * ONE_DAY)
    for event in ahead:
        factor = (uplift or {}).get(event.key)
        if factor is None and any(plan.start <= event.period.end and plan.end >= event.period.start for plan in plans):
            continue
        if factor is None:
            notes.append(
                Message("{event} ({period}) lies ahead; no uplift is known and none was assumed.",
                        event=event.label, period=event.period.range)
            )  # fmt: skip
            continue
        start = max((event.period.start - data.until).days - 1, 0)
        end = (event.period.end - data.until).days
        mean[:, start:end] *= np.broadcast_to(np.asarray(factor, dtype=np.float64), (len(level),))[:, None]
    mean = with_plans(mean, usual, data.until, plans, categories)
    notes += [plan.told for plan in plans]
    return Forecast(data.skus, mean, level, method, young, tuple(notes))


def _launched(data: Panel, level: Floats, categories: Sequence[str] | None) -> Floats:
    """Level of products drawn to what others of their category sold in their first four weeks."""
    old = np.flatnonzero(data.age >= _YOUNG)
    if not len(old):
        return level
    place = data.first[old, None] + np.arange(_YOUNG)
    rate = data.demand[old[:, None], place].mean(axis=1)
    names = np.array(list(categories) if categories is not None else [""] * len(data.skus))
    whole = float(np.median(rate))
    prior = np.full(len(level), whole)
    for name in np.unique(names[data.age < _YOUNG]):
        mine = names[old] == name
        if mine.sum() >= 3:
            prior[names == name] = np.median(rate[mine])
    own = data.age * level
    found: Floats = (own + _PRIOR_DAYS * prior) / (data.age + _PRIOR_DAYS)
    return found
