"""An action for each segment, and what a threshold coupon would cost and must bring.

The uplift of a coupon is never invented: the plan says what it gives away for nothing, who could reach the threshold,
and how many more must buy for it to pay.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import Codes, Floats, OrderBook, day_number
from ecops.customers.scoring.segments import Segmented
from ecops.errors import DataError, SpecError
from ecops.messages import Message, Term

REACH = 0.7
"""Orders from this share of the threshold on are taken for reachable: [139, 199) of 199."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Play:
    """One action of the handbooks.

    Attributes:
        key, label, text: its name and what to do.
        owner: role, a key of the handbook's roles.
        source: handbook and row.
        coupon: kind of coupon; "none" where nothing is given.
        segments: scheme -> keys of the segments it is for.
    """

    key: str
    label: Term
    text: Term
    owner: str
    source: str
    coupon: str
    segments: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Coupon:
    """A threshold coupon.

    Attributes:
        threshold: least order that may use it.
        off: what it takes off.
    """

    threshold: float = 199.0
    off: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.off < self.threshold:
            raise SpecError(
                Message("A coupon takes off less than its threshold, and more than nothing."),
                Message("For example 30 off from 199."),
            )


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a threshold coupon means for a group, from its own orders.

    Attributes:
        customers: who would get it.
        orders: their orders in the window.
        basket: mean order, in the shop's currency.
        leak: share of orders that reach the threshold anyway; the coupon is given away on them.
        reachable: share of orders a little below the threshold.
        base: share of the customers who ordered in the last `days`, without coupon.
        days: see `base`.
        break_even: share who must buy in as many days for the coupon to pay, when nobody adds anything to the basket
            and when everybody within reach does; NaN or above 1 where it cannot pay.
        profit: gross profit with `response` less gross profit without the coupon, in the same two cases; NaN without a
            response.
        cost: coupons used at the base rate, in money: what is given away if nothing changes.
    """

    customers: int
    orders: int
    basket: float
    leak: float
    reachable: float
    base: float
    days: int
    break_even: tuple[float, float]
    profit: tuple[float, float]
    cost: float


@dataclass(frozen=True, slots=True)
class Planned:
    """An action with those it is for.

    Attributes:
        play: the action.
        segments: their keys.
        customers: (n,) indices into the book, rising.
        money: what they spent in the window.
        what_if: of the threshold coupon; None for other actions.
    """

    play: Play
    segments: tuple[str, ...]
    customers: Codes
    money: float
    what_if: WhatIf | None


@functools.cache
def plays() -> tuple[Play, ...]:
    """The actions, in the order of the handbook's priorities."""
    entries = tomllib.loads((_FOLDER / "playbook.toml").read_text("utf-8"))["plays"]
    return tuple(
        Play(
            entry["key"],
            Term(**entry["label"]),
            Term(**entry["text"]),
            entry["owner"],
            entry["source"],
            entry["coupon"],
            {scheme: tuple(entry[scheme]) for scheme in ("grid11", "cn8")},
        )
        for entry in entries
    )


def plan(
    book: OrderBook,
    segmented: Segmented,
    *,
    coupon: Coupon | None = None,
    margin: float = 0.35,
    response: float | None = None,
    days: int = 30,
) -> tuple[Planned, ...]:
    """The handbooks' action for every segment that has customers.

    Args:
        book: of `order_book`.
        segmented: of `segment`, by "grid11" or "cn8".
        coupon: the threshold coupon to work out; 30 off from 199 when None.
        margin: gross margin of the goods, before the coupon.
        response: share expected to buy with it; nothing is assumed when None.
        days: how long it is valid.

    Raises:
        SpecError: a scheme without actions, or a margin or response that is no share.
    """
    if segmented.scheme.key not in ("grid11", "cn8"):
        raise SpecError(Message("The handbooks have actions for the eleven segments and the eight types only."))
    found = []
    for play in plays():
        keys = play.segments[segmented.scheme.key]
        if not keys:
            continue
        chosen = segmented.inside(*keys)
        if not chosen.any():
            continue
        members = segmented.rfm.customer[chosen]
        worked = None
        if play.coupon == "threshold":
            worked = what_if(book, members, coupon or Coupon(), margin=margin, response=response, days=days)
        found.append(Planned(play, keys, members, float(segmented.rfm.money[chosen].sum()), worked))
    return tuple(found)


def what_if(
    book: OrderBook,
    customers: Codes,
    coupon: Coupon,
    *,
    margin: float = 0.35,
    response: float | None = None,
    days: int = 30,
    window_days: int = 365,
) -> WhatIf:
    """What a threshold coupon costs a group and must bring.

    Profit is customers * (p1 * (margin * basket1 - off * used) - p0 * margin * basket0). Everybody within reach adding
    up to the threshold makes basket1 larger and the coupon used more often; nobody adding anything is the other end.

    Args:
        book: of `order_book`.
        customers: indices into it.
        coupon: the coupon.
        margin: gross margin before the coupon.
        response: p1; the profit is NaN when None.
        days: time for p0 and p1.
        window_days: orders of so many days make up the baskets.

    Raises:
        SpecError: a margin or response outside 0 to 1.
        DataError: the group has no order in the window.
    """
    if not 0 < margin <= 1 or (response is not None and not 0 <= response <= 1):
        raise SpecError(Message("Margin and response are shares between 0 and 1."), Message("0.35 is 35%."))
    end = day_number(book.last_day) + 1
    theirs = np.zeros(len(book.customers), dtype=bool)
    theirs[customers] = True
    recent = book.day >= end - window_days
    amount = book.amount[recent][theirs[book.customer[recent]]]
    if not len(amount):
        raise DataError(
            Message("This group has no order in the last {n} days to work a coupon out from.", n=window_days),
            Message("Choose another segment."),
        )
    leak, reachable, basket, lifted = _baskets(amount, coupon)
    lately = np.zeros(len(book.customers), dtype=bool)
    lately[book.customer[book.day >= end - days]] = True
    base = float((lately & theirs).sum() / len(customers))
    each = [margin * basket - coupon.off * leak, margin * lifted - coupon.off * (leak + reachable)]
    before = base * margin * basket
    profit = (
        (math.nan, math.nan)
        if response is None
        else (len(customers) * (response * each[0] - before), len(customers) * (response * each[1] - before))
    )
    even = tuple(before / gain if gain > 0 else math.nan for gain in each)
    return WhatIf(
        customers=len(customers),
        orders=len(amount),
        basket=basket,
        leak=leak,
        reachable=reachable,
        base=base,
        days=days,
        break_even=(even[0], even[1]),
        profit=profit,
        cost=len(customers) * base * coupon.off * leak,
    )


def _baskets(amount: Floats, coupon: Coupon) -> tuple[float, float, float, float]:
    """Shares at and a little below the threshold, the mean basket, and the mean when all within reach add up to it."""
    above: NDArray[np.bool_] = amount >= coupon.threshold
    near: NDArray[np.bool_] = ~above & (amount >= REACH * coupon.threshold)
    lifted = np.where(near, coupon.threshold, amount)
    return float(above.mean()), float(near.mean()), float(amount.mean()), float(lifted.mean())
