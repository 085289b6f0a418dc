"""What would it bring to raise one step in one part of the shop? Recomputed exactly, with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecops.errors import SpecError, unknown_name
from ecops.funnel.table import Floats, FunnelTable
from ecops.funnel.telling.findings import kind_of, read_alike
from ecops.messages import Count, Message, Money, Value
from ecops.statistics import critical_value


@dataclass(frozen=True, slots=True)
class StepWhatIf:
    """A funnel as it was and as it would be.

    Attributes:
        steps: one row a required step of the whole funnel: `step`, `base`, `scenario`, `difference` (units).
        base, scenario: money of the period, in `currency`; units of the last step when no money is known.
        low, high: 95 % interval of the difference, same unit.
        rate, raised: the rate of the step in the part chosen, before and after, 0 to 1; NaN when nobody got there.
        capped: a rate would have left 0 to 100 % and was held there.
        with_money: whether the unit is money.
        currency: ISO code.
    """

    steps: pd.DataFrame
    base: float
    scenario: float
    low: float
    high: float
    rate: float
    raised: float
    capped: bool
    with_money: bool
    currency: str

    @property
    def difference(self) -> float:
        """Scenario minus base."""
        return self.scenario - self.base


def raise_step(
    table: FunnelTable, step: str, points: float, where: Mapping[str, str] | None = None, *, level: float = 0.95
) -> StepWhatIf:
    """Raise the rate of one step by the same points in every segment of one part of the shop.

    Those who are gained go on as people of their own segment did: later rates and the value of an order stay. So the
    difference is `sum over segments of entered x points x money of one unit at the step`, exactly. The interval says
    how well that money is known from the period: the spread of its days (ratio of sums, linearised, Student's t), or
    without days the binomial of the later rates together with order values that spread as much as their mean.

    Args:
        table: the funnel of the period.
        step: name of a required step after the first.
        points: added to the rate: 0.05 is five points; negative lowers it.
        where: dimension values of the part; the whole shop when None.
        level: of the interval.

    Raises:
        SpecError: an unknown step or dimension, a part without anybody, or `points` that are not a number.
    """
    position = _position(table, step)
    if not np.isfinite(points):
        raise SpecError(Message("The points are not a number."), Message("Write 0.05 for five points."))
    inside = _members(table, where or {})
    base_step = table.base[position]
    entered, reached = table.counts[:, base_step], table.counts[:, position]
    if not entered[inside].sum() > 0:
        raise SpecError(Message("Nobody got to this step there."), Message("Choose another part or another period."))
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.nan_to_num(reached / entered)
    wanted = np.where(inside & (entered > 0), rate + points, rate)
    # A platform that counts more people later than earlier has rates above one; they stay as they are.
    held = np.clip(wanted, 0.0, np.maximum(rate, 1.0))
    added = np.where(inside, entered * (held - rate), 0.0)
    later = [p for p in table.required if p >= position]
    gained = {p: float((added * _share(table, position, p)).sum()) for p in later}
    worth = _share(table, position, table.required[-1]) * _value(table)
    difference = float((added * worth).sum())
    base = _base(table)
    error, critical = _error(table, position, added, worth, level)
    rows = [(table.names[p], float(table.counts[:, p].sum()), gained.get(p, 0.0)) for p in table.required]
    return StepWhatIf(
        steps=pd.DataFrame(
            [(name, count, count + more, more) for name, count, more in rows],
            columns=["step", "base", "scenario", "difference"],
        ),
        base=base,
        scenario=base + difference,
        low=difference - critical * error,
        high=difference + critical * error,
        rate=float(reached[inside].sum() / entered[inside].sum()),
        raised=float((reached + added)[inside].sum() / entered[inside].sum()),
        capped=bool(np.any(np.abs(held - wanted) > 1e-12)),
        with_money=table.amount is not None,
        currency=table.currency,
    )


def standing(table: FunnelTable, case: StepWhatIf) -> Message:
    """What there is before anything is raised."""
    return Message("Move the slider to see what it would bring. Now: {base}.", base=_said(table, case, case.base))


def outcome(table: FunnelTable, case: StepWhatIf) -> Message:
    """What it would bring: money, or without money units of the last step, of which nobody takes in anything."""
    size = _said(table, case, abs(case.difference))
    if case.with_money and case.difference >= 0:
        return Message("It would bring {difference} more in these days.", difference=size)
    if case.with_money:
        return Message("It would cost {difference} in these days.", difference=size)
    if case.difference >= 0:
        return Message("There would be {units} more in these days.", units=size)
    return Message("There would be {units} fewer in these days.", units=size)


def interval(table: FunnelTable, case: StepWhatIf) -> Message:
    """Between which numbers the difference lies; one number where both ends read the same."""
    low, high = (_number(case, end) for end in (case.low, case.high))
    if read_alike(low, high):
        return Message("The difference is about {units}.", units=_said(table, case, case.difference))
    return Message("The difference lies between {low} and {high} (95%).", low=low, high=_said(table, case, case.high))


def _number(case: StepWhatIf, value: float) -> Value:
    # Adding nothing makes a negative zero a plain one.
    return Money(value, case.currency) if case.with_money else Count(round(value) + 0.0)


def _said(table: FunnelTable, case: StepWhatIf, value: float) -> Value:
    """A number with what it counts."""
    number = _number(case, value)
    if case.with_money:
        return number if case.currency else Message("{amount} (currency not given)", amount=number)
    last = table.steps[table.required[-1]]
    if kind_of(last) == "pay":
        return Message("{n} payments", n=number)
    return Message("{n} at {step}", n=number, step=last.term)


def _position(table: FunnelTable, step: str) -> int:
    allowed = [table.names[p] for p in table.required[1:]]
    if step not in allowed:
        raise unknown_name(Message("The step"), step, allowed)
    return table.names.index(step)


def _members(table: FunnelTable, where: Mapping[str, str]) -> np.ndarray:
    for name in where:
        if name not in table.by:
            raise unknown_name(Message("The dimension"), name, table.by)
    return np.array(
        [all(segment[table.by.index(name)] == value for name, value in where.items()) for segment in table.segments],
        dtype=bool,
    )


def _share(table: FunnelTable, start: int, stop: int) -> Floats:
    """Of those at `start`, who got to `stop`, by segment; the whole shop's share where a segment had nobody."""
    begin, end = table.counts[:, start], table.counts[:, stop]
    whole = float(end.sum() / begin.sum()) if begin.sum() else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        own = end / begin
    found: Floats = np.where(begin > 0, own, whole)
    return found


def _value(table: FunnelTable) -> Floats:
    """Money of one unit at the last step, by segment; 1 when no money is known."""
    return np.nan_to_num(table.order_value) if table.amount is not None else np.ones(len(table.segments))


def _base(table: FunnelTable) -> float:
    return float(table.counts[:, -1].sum() if table.amount is None else np.nansum(table.amount))


def _error(table: FunnelTable, position: int, added: Floats, worth: Floats, level: float) -> tuple[float, float]:
    """Standard error of the difference and the critical value that goes with it."""
    reached = table.counts[:, position]
    days = len(table.days)
    daily = table.daily_amount if table.amount is not None else None if table.daily is None else table.daily[:, :, -1]
    if table.daily is not None and daily is not None and days >= 5:
        residual = np.nan_to_num(daily) - worth * table.daily[:, :, position]
        variance = (residual**2).sum(0) * days / (days - 1)
        freedom = float(days - 1)
    else:
        value = _value(table)
        share = np.minimum(_share(table, position, table.required[-1]), 1.0)
        spread = 1.0 if table.amount is not None else 0.0
        variance = reached * share * value**2 * (1 - share + spread)
        freedom = np.inf
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.nan_to_num(added**2 * variance / reached**2, posinf=0.0)
    return float(np.sqrt(each.sum())), float(critical_value(level, freedom))
