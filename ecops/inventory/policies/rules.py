"""Rules that say when to order and up to how much: the handbooks' own, the textbook's, and the one learned here.

Every rule answers for every morning of the panel at once, from what was known then, so that it can be replayed on the
shop's own history. The handbooks' thresholds are parameters of `ecops.handbook`; a shop may change each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ecops.errors import unknown_name
from ecops.handbook import parameter
from ecops.inventory.demand.panel import Floats, Ints, Panel
from ecops.inventory.forecasting.lead_time import BUCKETS, Due, History, at, history
from ecops.inventory.forecasting.levels import levels, moving_mean, over_own_days, weekday_index
from ecops.messages import Message, Term

ORDER_DAYS = 14.0
"""Days of demand that one order brings under a rule that does not say."""

_RELEARN = 28


class Bounds(NamedTuple):
    """What a rule says on every morning.

    Attributes:
        reorder: position at or below which is ordered, units, shape (n, days + 1).
        upto: position that an order restores, units, same shape.
    """

    reorder: Floats
    upto: Floats


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule may use.

    Attributes:
        data: the panel.
        lead_time: days from order to sellable goods, shape (n,).
        lead_sd: their standard deviation, shape (n,).
        target: promised cycle service of the rules that promise one.
        order_days: days of demand that one order brings, see `ORDER_DAYS`.
        start: first morning that will be asked for; learned rules learn nothing after it in advance.
        review: days between two looks at the stock, a number or shape (n,).
        level: of `levels`, when it is at hand.
        moq, pack: units that an order has at least, and of which it is a multiple; shape (n,), 0 or NaN for none.
    """

    data: Panel
    lead_time: Floats
    lead_sd: Floats
    target: float = 0.95
    order_days: float = ORDER_DAYS
    start: int = 0
    review: ArrayLike = 1
    level: Floats | None = None
    moq: ArrayLike = 0.0
    pack: ArrayLike = 0.0

    @property
    def reviews(self) -> Ints:
        """Days between two looks at each product's stock, shape (n,)."""
        return np.broadcast_to(np.asarray(self.review, dtype=np.int64), self.lead_time.shape)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to decide.

    Attributes:
        key: its name in code and addresses.
        label: what people call it.
        meaning: the rule in a sentence.
        bounds: what it says, see `Bounds`.
        source: handbook and row, "" for the others.
        parameters: keys of the handbook's parameters that it goes by.
        several: what it says for several targets at once; only of rules that promise.
    """

    key: str
    label: Term
    meaning: Message
    bounds: Callable[[Situation], Bounds]
    source: str = ""
    parameters: tuple[str, ...] = ()
    several: Callable[[Situation, Sequence[float]], list[Bounds]] | None = None


def handbook_rules(overrides: Mapping[str, float] | None = None) -> dict[str, Rule]:
    """The handbooks' rules of thumb, word for word, with the shop's own thresholds where it has any.

    Args:
        overrides: parameter key -> value, see `ecops.handbook.parameter`.

    >>> sorted(handbook_rules())
    ['alarm_days', 'cover_days', 'cycle_stock', 'least_units']
    """

    def number(key: str) -> float:
        return parameter(f"inventory.{key}", overrides)

    low, high, alarm = number("reorder_cover_days"), number("excess_cover_days"), number("alarm_cover_days")
    least = number("min_units_dropship")
    return {
        "cover_days": Rule(
            "cover_days",
            Term(en=f"{low:g}/{high:g}-day rule", zh=f"{low:g}/{high:g} 天规则"),
            Message("Order when stock is below {low} days of sales, up to {high} days.", low=int(low), high=int(high)),
            lambda case: _days(case, low, high),
            source="001 row 129, 130",
            parameters=("inventory.reorder_cover_days", "inventory.excess_cover_days"),
        ),
        "cycle_stock": Rule(
            "cycle_stock",
            Term(en="Daily sales × cycle", zh="日均销量×补货周期"),
            Message("Safety stock is average daily sales times the replenishment cycle."),
            _cycle,
            source="001 row 128",
        ),
        "alarm_days": Rule(
            "alarm_days",
            Term(en=f"{alarm:g}-day alarm", zh=f"{alarm:g} 天预警"),
            Message(
                "Order when stock is below {low} days of sales, up to {high} days.", low=int(alarm), high=int(high)
            ),
            lambda case: _days(case, alarm, high),
            source="000 row 131",
            parameters=("inventory.alarm_cover_days", "inventory.excess_cover_days"),
        ),
        "least_units": Rule(
            "least_units",
            Term(en=f"At least {least:g} units", zh=f"不低于 {least:g} 件"),
            Message(
                "Order when stock is below {n} units, up to {high} days of sales more.", n=int(least), high=int(high)
            ),
            lambda case: _units(case, least, high),
            source="003 row 133",
            parameters=("inventory.min_units_dropship", "inventory.excess_cover_days"),
        ),
    }


def statistical_rules() -> dict[str, Rule]:
    """The textbook's formula and the one whose multiplier is learned from the shop's own errors.

    >>> sorted(statistical_rules())
    ['learned', 'textbook']
    """
    return {
        "textbook": Rule(
            "textbook",
            Term(en="Textbook z·σ·√L", zh="教科书 z·σ·√L"),
            Message("Safety stock is z times the deviation of a day times the root of the lead time."),
            _textbook,
            several=lambda case, targets: [_textbook(replace(case, target=target)) for target in targets],
        ),
        "learned": Rule(
            "learned",
            Term(en="Learned from your errors", zh="按自家误差校准"),
            Message("Safety stock is the deviation of the lead-time total times a factor learned from past errors."),
            lambda case: _learned(case)[0],
            several=_learned,
        ),
    }


def rules(overrides: Mapping[str, float] | None = None) -> dict[str, Rule]:
    """Every rule by key: the handbooks', then the statistical ones."""
    return {**handbook_rules(overrides), **statistical_rules()}


def rule(key: str, overrides: Mapping[str, float] | None = None) -> Rule:
    """One rule.

    Raises:
        SpecError: no such rule.
    """
    known = rules(overrides)
    if key not in known:
        raise unknown_name(Message("The rule"), key, known)
    return known[key]


def _sales(case: Situation) -> Floats:
    """Average daily sales of the last 28 days."""
    return moving_mean(case.data.demand, case.data.first, 28)


def _days(case: Situation, low: float, high: float) -> Bounds:
    sales = _sales(case)
    return Bounds(sales * low, sales * high)


def _units(case: Situation, least: float, high: float) -> Bounds:
    sales = _sales(case)
    return Bounds(np.full_like(sales, least), least + sales * high)


def _cycle(case: Situation) -> Bounds:
    """Safety stock = daily sales x cycle, on top of what sells until the goods arrive."""
    sales = _sales(case)
    point = sales * 2 * case.lead_time[:, None]
    return Bounds(point, point + sales * case.order_days)


def _textbook(case: Situation) -> Bounds:
    sales = _sales(case)
    square = moving_mean(case.data.demand**2, case.data.first, 28)
    sd = np.sqrt(np.maximum(square - sales**2, 0.0) * 28 / 27)
    days = (case.lead_time + case.reviews - 1)[:, None]
    sigma = np.sqrt(days * sd**2 + (sales * case.lead_sd[:, None]) ** 2)
    point = sales * days + float(special.ndtri(case.target)) * sigma
    return Bounds(point, point + sales * case.order_days)


def protected_days(lead_time: Floats, review: ArrayLike = 1) -> Ints:
    """Whole days an order has to cover: the lead time, and those until the stock is next looked at."""
    return np.asarray(np.ceil(lead_time).astype(np.int64) + np.asarray(review, dtype=np.int64), dtype=np.int64)


def _learned(case: Situation, targets: Sequence[float] = ()) -> list[Bounds]:
    """One multiplier for each lead time of the catalogue, learned anew every four weeks from what was past then.

    The bounds of several targets at once: all but the multiplier is the same.
    """
    data = case.data
    level = levels(data) if case.level is None else case.level
    wanted = targets or (case.target,)
    found = [Bounds(np.zeros_like(level), np.zeros_like(level)) for _target in wanted]
    protected = protected_days(case.lead_time, case.reviews)
    bucket = np.array(BUCKETS)[np.searchsorted(BUCKETS, np.minimum(protected, BUCKETS[-1]))]
    past: History | None = None
    for days, review in np.unique(np.stack([bucket, case.reviews]), axis=1).T:
        mine = np.flatnonzero((bucket == days) & (case.reviews == review))
        past = history(data, int(days), level=level, alike=past)
        scale = protected[mine, None] / days
        for morning in range(case.start, data.days + 1, _RELEARN):
            now = slice(morning, min(morning + _RELEARN, data.days + 1))
            known = at(past, morning, due=Due(case.order_days, int(review)))
            spread = past.spreads(np.arange(now.start, now.stop))[mine]
            # A late delivery adds to the spread what is sold meanwhile.
            total = np.sqrt(spread**2 * scale + (level[mine, now] * case.lead_sd[mine, None]) ** 2)
            index = weekday_index(data, morning, past.weekday)[mine]
            weekday = (data.weekday + np.arange(now.start, now.stop)) % 7
            factor = np.stack([over_own_days(index, day, protected[mine]) for day in range(7)], axis=1)
            mean = level[mine, now] * factor[:, weekday]
            for target, bounds in zip(wanted, found, strict=True):
                point = np.maximum(mean + known.multiplier(target)[mine][:, None] * total, 0.0)
                bounds.reorder[mine, now] = point
                bounds.upto[mine, now] = point + level[mine, now] * case.order_days
    return found
