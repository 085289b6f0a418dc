"""How many units shall be there? Enough for the paid balances, and as many more as are worth their risk.

The best stock maximises expected profit over whole futures: presale and spot together. The quantile of the one plus
the quantile of the other would be too many, since quantiles do not add.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ecops.presale.campaigns.series import Floats
from ecops.presale.futures.predict import Prediction
from ecops.presale.spec import Economics

_BINS = 20
"""Deposits at the end of the window are told apart in so many equally likely classes when a second order follows."""

_TRIALS = 200
"""So many sizes of the first of two orders are tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stock leads to, over all futures.

    Attributes:
        stock: units.
        cover: share of the futures in which it suffices.
        paid_cover: share of the futures in which it suffices for every paid presale unit.
        short: units missing on average, `late` of them paid presale units.
        late: paid presale units missing on average.
        leftover: units left over on average.
        profit: on average, money; the cost of all units counts, also of those that are there already.
    """

    stock: float
    cover: float
    paid_cover: float
    short: float
    late: float
    leftover: float
    profit: float


@dataclass(frozen=True, slots=True)
class Order:
    """What to commit.

    Attributes:
        total: stock the campaign shall have, units.
        committed: of it, for paid balances, with the promised service.
        speculative: of it, on top: for spot sales, and for balances beyond `committed`.
        quantity: units to order now: `total` less what is available, in packs, at least the smallest order.
        ratio: the newsvendor's critical ratio.
        promise_cost: expected profit that the promise to paid balances costs, over the stock that earns most, money.
        outcome: with the order.
        without: without it, with what is available alone.
        saved_low, saved_high: 95 % interval of the units sold thanks to the order.
        reason: what decided: "profit" (the best expected profit), "service" (the promise to paid balances), "moq" (the
            smallest order), "unworthy" (the smallest order costs more than it brings) or "enough" (nothing is missing).
    """

    total: float
    committed: float
    speculative: float
    quantity: float
    ratio: float
    promise_cost: float
    outcome: Outcome
    without: Outcome
    saved_low: float
    saved_high: float
    reason: str

    @property
    def saved(self) -> float:
        """Units sold on average thanks to the order."""
        return self.without.short - self.outcome.short

    @property
    def gain(self) -> float:
        """Expected profit of the order over none, money."""
        return self.outcome.profit - self.without.profit


@dataclass(frozen=True, slots=True)
class TwoOrders:
    """A first order now and a second one when the window has closed.

    Attributes:
        first: units now.
        second: units later, on average.
        second_high: units later that suffice in 95 of 100 futures.
        profit: expected, money.
        gain: expected profit over one order now, money.
    """

    first: float
    second: float
    second_high: float
    profit: float
    gain: float


def profits(prediction: Prediction, stock: Floats, money: Economics) -> Floats:
    """Expected profit of each stock, money, shape of `stock`."""
    need = np.sort(prediction.need)
    paid = np.sort(np.minimum(prediction.paid, prediction.need))
    short, late = _missing(need, stock), _missing(paid, stock)
    return np.asarray(_profit(float(need.mean()), stock, short, late, money), dtype=np.float64)


def _profit(mean: float, stock: Any, short: Any, late: Any, money: Economics) -> Any:
    """Expected profit, money: on average `mean` units are wanted, `short` missing and `late` of these promised."""
    return (
        money.price * (mean - short)
        + money.salvage * (stock - mean + short)
        - money.cost * stock
        - money.penalty * late
        - money.goodwill * (short - late)
    )


def _missing(rising: Floats, stock: Floats) -> Floats:
    """Units missing on average when `rising` are the units wanted in each future, sorted."""
    tail = np.append(np.cumsum(rising[::-1])[::-1], 0.0)
    place = np.searchsorted(rising, stock, side="right")
    return np.asarray((tail[place] - (len(rising) - place) * stock) / len(rising), dtype=np.float64)


def outcome(prediction: Prediction, stock: float, money: Economics) -> Outcome:
    """What a stock leads to."""
    paid = np.minimum(prediction.paid, prediction.need)
    missing = prediction.need - stock
    short, late = float(np.maximum(missing, 0).mean()), float(np.maximum(paid - stock, 0).mean())
    return Outcome(
        stock=stock,
        cover=prediction.cover(stock),
        paid_cover=float((paid <= stock + 1e-9).mean()),
        short=short,
        late=late,
        leftover=float(np.maximum(-missing, 0).mean()),
        profit=float(_profit(float(prediction.need.mean()), stock, short, late, money)),
    )


def best_stock(prediction: Prediction, money: Economics) -> float:
    """The stock with the best expected profit, units: the optimum over all whole numbers that a future needs."""
    tried = np.unique(np.concatenate([prediction.need, prediction.paid, [0.0]]))
    return float(tried[int(profits(prediction, tried, money).argmax())])


def order(prediction: Prediction, money: Economics) -> Order:
    """The order that this campaign needs.

    Args:
        prediction: of `predict`.
        money: prices, costs, the promise, the supplier's terms, and what is available.
    """
    best = best_stock(prediction, money)
    committed = prediction.quantile(money.service, "paid")
    committed = min(committed, prediction.quantile(money.service))
    total = max(best, committed)
    quantity, reason = _bought(prediction, total, committed, money)
    if quantity > 0 and reason == "profit" and committed > best:
        reason = "service"
    held = money.available + quantity
    worth = profits(prediction, np.array([best, total]), money)
    saved = np.clip(prediction.need - money.available, 0.0, quantity)
    low, high = np.quantile(saved, (0.025, 0.975), method="inverted_cdf")
    return Order(
        total=total,
        committed=committed,
        speculative=total - committed,
        quantity=quantity,
        ratio=money.ratio,
        promise_cost=float(worth[0] - worth[1]),
        outcome=outcome(prediction, held, money),
        without=outcome(prediction, money.available, money),
        saved_low=float(low),
        saved_high=float(high),
        reason=reason,
    )


def _bought(prediction: Prediction, total: float, committed: float, money: Economics) -> tuple[float, str]:
    """Units to order, and why."""
    wanted = total - money.available
    if wanted <= 0:
        return 0.0, "enough"
    sizes = [size for size in sizes_near(wanted, money.moq, money.pack) if money.available + size >= committed]
    sizes = sizes or [sizes_near(wanted, money.moq, money.pack)[-1]]
    worth = profits(prediction, money.available + np.array([0.0, *sizes]), money)
    best = int(worth[1:].argmax())
    if sizes[best] > wanted + max(money.pack, 1.0):
        # The smallest order is more than is needed: it must earn more than no order does.
        return (sizes[best], "moq") if worth[1 + best] > worth[0] else (0.0, "unworthy")
    return sizes[best], "profit"


def sizes_near(wanted: float, moq: float = 0.0, pack: float = 0.0) -> tuple[float, ...]:
    """The order sizes next to `wanted` that a supplier accepts: one or two, rising, whole units.

    >>> sizes_near(304.05, moq=500, pack=24), sizes_near(304.05, pack=24), sizes_near(304.05)
    ((504.0,), (288.0, 312.0), (305.0,))
    """
    least = max(wanted, moq)
    if pack <= 0:
        return (float(math.ceil(least - 1e-9)),)
    above = math.ceil(least / pack - 1e-9) * pack
    below = math.floor(least / pack + 1e-9) * pack
    return tuple(sorted({float(size) for size in (below, above) if size > 0 and size >= moq})) or (float(above),)


def two_orders(prediction: Prediction, money: Economics) -> TwoOrders:
    """A cautious order now and the rest when the window has closed and the deposits are known.

    The second order is dearer by `Economics.late_premium`. In each of twenty equally likely classes of deposits it
    fills up to the best stock of that class; the first order is the one with the best expected profit of both.
    """
    ranks = np.argsort(prediction.deposits, kind="stable")
    groups = np.array_split(ranks, _BINS)
    dear = _dearer(money)
    start = money.available
    upto, parts = [], []
    for group in groups:
        part = _part(prediction, group)
        parts.append(part)
        upto.append(max(best_stock(part, dear), part.quantile(money.service, "paid")))
    target = np.array(upto)
    tried = np.unique(np.rint(np.concatenate([[start], np.linspace(start, max(target.max(), start), _TRIALS)])))
    worth = np.zeros(len(tried))
    for part, fill in zip(parts, target, strict=True):
        held = np.maximum(tried, fill)
        extra = money.late_premium * money.cost * (held - tried)
        worth += (profits(part, held, money) - extra) / _BINS
    best = int(worth.argmax())
    later = np.maximum(target - tried[best], 0.0)
    single = order(prediction, money).outcome.profit
    return TwoOrders(
        first=float(max(tried[best] - start, 0.0)),
        second=float(later.mean()),
        second_high=float(np.quantile(later, 0.95, method="inverted_cdf")),
        profit=float(worth[best]),
        gain=float(worth[best]) - single,
    )


def _part(prediction: Prediction, rows: np.ndarray) -> Prediction:
    """Some of the futures."""
    return replace(
        prediction,
        deposits=prediction.deposits[rows],
        paid=prediction.paid[rows],
        spot=prediction.spot[rows],
        returned=prediction.returned[rows],
        need=prediction.need[rows],
    )


def _dearer(money: Economics) -> Economics:
    cost = min(money.cost * (1 + money.late_premium), money.price + money.goodwill - 1e-6 * money.price)
    return replace(money, cost=max(cost, money.cost))
