"""What to order today, line by line: why now, why this much, and what it costs to wait a week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from ecops.inventory.demand.panel import Floats
from ecops.inventory.forecasting.lead_time import LeadTimeDemand
from ecops.messages import Count, Message, Money, Number, Percent


@dataclass(frozen=True, slots=True)
class Need:
    """What decides about a product's order; arrays of shape (n,), rows as in the panel.

    Attributes:
        position: units there and surely coming.
        reorder: position at or below which is ordered.
        upto: position that the order restores.
        moq, pack: units; NaN or 0 for none.
        price, cost: of a unit; NaN where not known.
        lead: days until an order arrives.
        rate: units a day expected.
        due: demand from today until an order placed today has arrived.
        later: the same for an order placed in a week.
    """

    position: Floats
    reorder: Floats
    upto: Floats
    moq: Floats
    pack: Floats
    price: Floats
    cost: Floats
    lead: Floats
    rate: Floats
    due: LeadTimeDemand
    later: LeadTimeDemand


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a purchase order.

    Attributes:
        sku, title, supplier: what and from whom.
        quantity: units, a multiple of the pack and not below the minimum.
        cost: of a unit; NaN when not known.
        value: of the line; NaN when the cost is not known.
        position, reorder, upto: see `Need`.
        arrives: day an order placed today is expected.
        risk: probability that the product runs out before that day, 0 to 1.
        wait: expected profit lost by ordering a week later (sales where the cost is not known), money; NaN without a
            price.
        wait_units: units of it.
        why_now, why_much, why_wait: the reasons, a sentence each.
    """

    sku: str
    title: str
    supplier: str
    quantity: float
    cost: float
    value: float
    position: float
    reorder: float
    upto: float
    arrives: dt.date
    risk: float
    wait: float
    wait_units: float
    why_now: Message
    why_much: Message
    why_wait: Message


def rounded(wanted: Floats, moq: Floats, pack: Floats) -> Floats:
    """Units to order: at least the minimum, up to whole packs, never down: a pack too few would be below the point.

    >>> rounded(np.array([20.0, 5.0]), np.array([0.0, 12.0]), np.array([3.0, np.nan]))
    array([21., 12.])
    """
    least = np.maximum(np.ceil(wanted - 1e-9), np.nan_to_num(moq))
    size = np.where(np.nan_to_num(pack) > 0, np.nan_to_num(pack), 1.0)
    return np.asarray(np.ceil(least / size - 1e-9) * size, dtype=np.float64)


def recommend(
    need: Need,
    skus: tuple[str, ...],
    titles: tuple[str, ...],
    suppliers: tuple[str, ...],
    today: dt.date,
    *,
    target: float = 0.95,
    order_days: float = 14.0,
    currency: str = "",
) -> tuple[Line, ...]:
    """The lines of today's purchase, the dearest to wait for first.

    Args:
        need: what decides.
        skus: of its rows.
        titles: of its rows.
        suppliers: of its rows.
        today: day the orders are placed.
        target: promised cycle service, for the sentences.
        order_days: days of demand that an order brings, for the sentences.
        currency: of price and cost.
    """
    due = np.flatnonzero((need.position <= need.reorder) & (need.upto > need.position) & (need.rate > 0))
    quantity = rounded(need.upto - need.position, need.moq, need.pack)
    short = need.later.shortage(need.position) - need.due.shortage(need.position)
    risk = need.due.risk(need.position)
    margin = np.where(np.isfinite(need.cost), need.price - need.cost, need.price)
    wait = np.maximum(short, 0.0) * np.maximum(margin, 0.0)
    least, size = np.nan_to_num(need.moq), np.nan_to_num(need.pack)
    lines = []
    for row in due:
        lost = Money(float(wait[row]), currency)
        known = bool(np.isfinite(wait[row]))
        lines.append(
            Line(
                sku=skus[row],
                title=titles[row],
                supplier=suppliers[row],
                quantity=float(quantity[row]),
                cost=float(need.cost[row]),
                value=float(quantity[row] * need.cost[row]),
                position=float(need.position[row]),
                reorder=float(need.reorder[row]),
                upto=float(need.upto[row]),
                arrives=today + dt.timedelta(days=int(np.ceil(need.lead[row]))),
                risk=float(risk[row]),
                wait=float(wait[row]),
                wait_units=float(max(short[row], 0.0)),
                why_now=_why_now(need, int(row)),
                why_much=_why_much(
                    need, int(row), (float(quantity[row]), float(least[row]), float(size[row])), target, order_days
                ),
                why_wait=Message(
                    "Waiting a week loses about {units} sales, {money}.",
                    units=Number(float(max(short[row], 0.0)), 0 if short[row] >= 3 else 1),
                    money=lost,
                )
                if known
                else Message(
                    "Waiting a week loses about {units} sales.",
                    units=Number(float(max(short[row], 0.0)), 0 if short[row] >= 3 else 1),
                ),
            )
        )
    return tuple(sorted(lines, key=lambda line: (-line.wait if line.wait == line.wait else 0.0, line.sku)))


def _why_now(need: Need, row: int) -> Message:
    """What is there against what may be asked for; more promised than there is comes first."""
    words = {"point": Count(round(float(need.reorder[row]))), "days": int(np.ceil(need.lead[row]))}
    there = round(float(need.position[row]))
    if there < 0:
        return Message(
            "{missing} units more are promised than are there or surely coming; goods ordered today are here in {days} "
            "days.",
            missing=Count(-there),
            days=words["days"],
        )
    return Message(
        "{position} units there or surely coming; up to {point} may sell before goods ordered today are here in {days} "
        "days.",
        position=Count(there),
        **words,
    )


def _why_much(need: Need, row: int, ordered: tuple[float, float, float], target: float, order_days: float) -> Message:
    """Why this quantity, of (quantity, minimum, pack)."""
    quantity, moq, pack = ordered
    words = {
        "quantity": Count(quantity),
        "rate": Number(float(need.rate[row]), 1),
        "days": int(order_days),
        "target": Percent(target),
    }
    wanted = float(need.upto[row] - need.position[row])
    if quantity - wanted >= 1.0:
        if moq > wanted:
            return Message(
                "{quantity} units, the supplier's minimum; {wanted} would restore {target} service and {days} days of "
                "sales at {rate} a day.",
                wanted=Count(round(wanted)), **words,
            )  # fmt: skip
        if pack > 1:
            return Message(
                "{quantity} units in packs of {pack}: restores {target} service and {days} days of sales at {rate} a "
                "day.",
                pack=Count(pack), **words,
            )  # fmt: skip
    return Message("{quantity} units: restores {target} service and {days} days of sales at {rate} a day.", **words)
