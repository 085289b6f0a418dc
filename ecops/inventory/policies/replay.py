"""What would this rule have delivered on our own sales? Stock and service, day by day, for the whole catalogue.

Goods are lost when there is no stock (nobody waits); the stock is looked at every morning or every `review` days; an
order arrives after the lead time, which may vary from order to order, so that orders may overtake each other. One loop
over days, vectorised over products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ecops.errors import DataError, SpecError
from ecops.inventory.demand.panel import Floats, Ints, Panel
from ecops.inventory.policies.rules import ORDER_DAYS, Bounds, Rule, Situation, rule
from ecops.messages import Message, Percent

if TYPE_CHECKING:
    import pandas as pd

REPLAY_DAYS = 112


@dataclass(frozen=True, slots=True)
class Replay:
    """What a rule delivered. Arrays of shape (n,).

    Attributes:
        rule: its key.
        demand: units asked for.
        lost: units asked for and not there.
        cycles: replenishment cycles that ended, or have failed already.
        broken: cycles with a stock-out.
        stock: mean units on hand at the end of a day.
        orders: orders placed.
        ordered: units ordered.
        days: days replayed.
    """

    rule: str
    demand: Floats
    lost: Floats
    cycles: Floats
    broken: Floats
    stock: Floats
    orders: Floats
    ordered: Floats
    days: int

    @property
    def cycle_service(self) -> float:
        """Share of cycles without a stock-out, over all products; NaN without a cycle."""
        total = self.cycles.sum()
        return float(1 - self.broken.sum() / total) if total else float("nan")

    @property
    def fill_rate(self) -> float:
        """Share of units served, over all products; NaN without demand."""
        total = self.demand.sum()
        return float(1 - self.lost.sum() / total) if total else float("nan")

    @property
    def cover_days(self) -> float:
        """Mean stock over mean daily demand, days; NaN without demand."""
        total = self.demand.sum()
        return float(self.stock.sum() * self.days / total) if total else float("nan")

    def money(self, value: Floats) -> tuple[float, float]:
        """Mean stock and lost units in money, at `value` a unit, shape (n,); unknown values count nothing."""
        worth = np.nan_to_num(value)
        return float(self.stock @ worth), float(self.lost @ worth)


def replay(
    data: Panel,
    rule_or_key: Rule | str,
    lead_time: ArrayLike = 7.0,
    *,
    lead_sd: ArrayLike = 0.0,
    days: int = REPLAY_DAYS,
    target: float = 0.95,
    options: Mapping[str, ArrayLike] | None = None,
) -> Replay:
    """Replay one rule on the last days of the panel, from what was known on each of those mornings.

    Args:
        data: the panel; its corrected demand is what customers ask for.
        rule_or_key: a `Rule`, or the key of one.
        lead_time: days from order to sellable goods, a number or shape (n,).
        lead_sd: standard deviation of it, days; 0 for the same every time.
        days: how many days, at most all but the first 56 of the panel.
        target: of the rules that promise a service.
        options: review (days between two looks at the stock, a number or shape (n,), 1), order_days (days of demand
            that an order brings under rules that do not say, 14), seed (of the random lead times, 0), moq and pack (the
            least units of an order and what it is a multiple of, numbers or shape (n,), 0 or NaN for none).

    Raises:
        SpecError: an argument is impossible.
        DataError: the panel is too short.
    """
    given = dict(options or {})
    situation = _situation(data, (lead_time, lead_sd), days, target, given)
    chosen = rule(rule_or_key) if isinstance(rule_or_key, str) else rule_or_key
    return simulate(situation, chosen.bounds(situation), chosen.key, seed=int(np.asarray(given.get("seed", 0))))


def _situation(
    data: Panel, lead: tuple[ArrayLike, ArrayLike], days: int, target: float, options: Mapping[str, ArrayLike]
) -> Situation:
    n = len(data.skus)
    review = np.asarray(options.get("review", 1), dtype=np.int64)
    if review.min(initial=1) < 1:
        raise SpecError(Message("Stock must be looked at every day or less often."), Message("Give 1 or more."))
    time, sd = (np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)) for value in lead)
    if not (np.isfinite(time).all() and time.min(initial=1.0) >= 1 and sd.min(initial=0.0) >= 0):
        raise SpecError(
            Message("A lead time must be at least one day, and its deviation not negative."),
            Message("Check the lead times of the products."),
        )
    if not 0 < target < 1:
        raise SpecError(
            Message("A service level of {share} is not possible.", share=Percent(target)),
            Message("Give a share between 0 and 1, for example 0.95."),
        )
    least = 55 + int(np.ceil(time.max(initial=1.0))) + int(review.max(initial=1))
    if days < 1 or data.days - days < least:
        raise DataError(
            Message("{n} days of sales are too few to replay {days} days.", n=data.days, days=days),
            Message("Load more history or replay at most {n} days.", n=max(data.days - least, 0)),
        )
    order_days = float(np.asarray(options.get("order_days", ORDER_DAYS)))
    lots = {name: np.asarray(options.get(name, 0.0), dtype=np.float64) for name in ("moq", "pack")}
    return Situation(data, time, sd, target, order_days, data.days - days, review, **lots)


def simulate(case: Situation, bounds: Bounds, key: str = "", *, seed: int = 0) -> Replay:
    """Run days from `case.start` to the end of the panel under given bounds. See `replay`.

    A product takes part from the day of its first sale. It starts with the level that its rule orders up to.
    """
    data, start = case.data, case.start
    n, days = len(data.skus), data.days - case.start
    random = np.random.default_rng(seed)
    horizon = days + int(np.ceil(case.lead_time.max() + 6 * case.lead_sd.max())) + 2
    arriving = np.zeros((horizon, n))
    # A cycle ends when goods arrive; each product has one open at the start.
    hand, coming = np.zeros(n), np.zeros(n)
    lost, stock, orders, ordered, cycles, broken = (np.zeros(n) for _ in range(6))
    short = np.zeros(n, dtype=np.bool_)
    asked = np.ascontiguousarray(data.demand[:, start:].T)
    reorder, upto = (np.ascontiguousarray(bound[:, start : start + days].T) for bound in bounds)
    starts = np.maximum(data.first - start, 0)
    steady = not case.lead_sd.any()
    whole = np.maximum(np.rint(case.lead_time), 1).astype(np.int64)
    reviews = case.reviews
    moq, pack = (
        np.broadcast_to(np.nan_to_num(np.asarray(lot, dtype=np.float64)), (n,)) for lot in (case.moq, case.pack)
    )
    in_packs, size = pack > 0, np.where(pack > 0, pack, 1.0)
    for day in range(days):
        begin = starts == day
        hand = np.where(begin, upto[day], hand)
        came = arriving[day]
        closes = came > 0
        cycles += closes
        broken += closes & short
        short &= ~closes
        hand, coming = hand + came, coming - came
        looked = day % reviews == 0
        if looked.any():
            position = hand + coming
            due = looked & (position <= reorder[day]) & (upto[day] > position) & (day >= starts)
            chosen = np.flatnonzero(due)
            if len(chosen):
                wanted = np.maximum(upto[day] - position, moq)
                wanted = np.where(in_packs, np.ceil(wanted / size - 1e-9) * size, wanted)
                quantity = np.where(due, wanted, 0.0)
                delay = whole[chosen] if steady else _delays(random, case, chosen)
                np.add.at(arriving, (np.minimum(day + delay, horizon - 1), chosen), quantity[chosen])
                coming += quantity
                orders += due
                ordered += quantity
        wanted = asked[day]
        missing = np.maximum(wanted - hand, 0.0)
        lost += missing
        short |= missing > 1e-9
        hand = np.maximum(hand - wanted, 0.0)
        stock += hand
    # Of the last, unfinished cycle of a product only a failure is known: success may still turn into one.
    cycles += short
    broken += short
    return Replay(key, asked.sum(axis=0), lost, cycles, broken, stock / days, orders, ordered, days)


def _delays(random: np.random.Generator, case: Situation, chosen: Ints) -> Ints:
    """Whole days until an order arrives: gamma with the given mean and deviation, at least one day."""
    mean, sd = case.lead_time[chosen], np.maximum(case.lead_sd[chosen], 1e-9)
    shape = (mean / sd) ** 2
    drawn = np.where(sd > 1e-6, random.gamma(np.minimum(shape, 1e6), mean / np.minimum(shape, 1e6)), mean)
    return np.maximum(np.rint(drawn), 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Frontier:
    """Stock against service of several rules.

    Attributes:
        points: columns rule, setting (target or factor), chosen (the rule as it stands), cycle_service, fill_rate,
            cover_days, stock_value, lost_value (money; 0 where no value is known), orders a product and month.
        days: days replayed.
        products: how many took part.
        runs: what each rule delivered as it stands, by its key.
        rows: which rows of the panel took part, shape (products,).
    """

    points: pd.DataFrame
    days: int
    products: int
    runs: Mapping[str, Replay]
    rows: Ints


TARGETS = (0.8, 0.9, 0.95, 0.98)
FACTORS = (0.5, 1.0, 1.5, 2.0, 3.0)


def frontier(  # noqa: PLR0913 - the choices of a replay
    data: Panel,
    rules: Sequence[Rule],
    lead_time: ArrayLike = 7.0,
    *,
    lead_sd: ArrayLike = 0.0,
    days: int = REPLAY_DAYS,
    target: float = 0.95,
    value: Floats | None = None,
    level: Floats | None = None,
    options: Mapping[str, ArrayLike] | None = None,
) -> Frontier:
    """Every rule at several settings: promising rules at the targets, rules of thumb at multiples of themselves.

    Args:
        data: the panel.
        rules: of `rules()`.
        lead_time: see `replay`.
        lead_sd: see `replay`.
        days: see `replay`.
        target: see `replay`.
        value: money of a unit, shape (n,).
        level: of `levels`, when it is at hand; the ensemble's when None.
        options: see `replay`.
    """
    import pandas as pd

    given = dict(options or {})
    case = replace(_situation(data, (lead_time, lead_sd), days, target, given), level=level)
    worth = np.zeros(len(data.skus)) if value is None else value
    points: list[dict[str, object]] = []
    runs: dict[str, Replay] = {}
    for one in rules:
        if one.several is not None:
            settings = sorted({*TARGETS, target})
            known = one.several(case, settings)
        else:
            settings = list(FACTORS)
            base = one.bounds(case)
            known = [Bounds(base.reorder * factor, base.upto * factor) for factor in settings]
        for setting, bounds in zip(settings, known, strict=True):
            run = simulate(case, bounds, one.key, seed=int(np.asarray(given.get("seed", 0))))
            stock, lost = run.money(worth)
            chosen = float(setting) == (1.0 if one.several is None else target)
            if chosen:
                runs[one.key] = run
            points.append(
                {
                    "rule": one.key,
                    "setting": float(setting),
                    "chosen": chosen,
                    "cycle_service": run.cycle_service,
                    "fill_rate": run.fill_rate,
                    "cover_days": run.cover_days,
                    "stock_value": stock,
                    "lost_value": lost,
                    "orders": float(run.orders.mean() * 28 / days),
                }
            )
    return Frontier(pd.DataFrame(points), days, len(data.skus), runs, np.arange(len(data.skus)))
