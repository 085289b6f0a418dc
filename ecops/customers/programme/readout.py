"""What did the action bring? Those reached against those who were held back at random."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.customers.orders.book import Floats, OrderBook, day_number
from ecops.customers.programme.audience import HELD, LEAST_HELD, REACHED
from ecops.customers.scoring.migration import mean_difference
from ecops.errors import DataError
from ecops.messages import Count, Message, Money, Percent
from ecops.periods import Period
from ecops.statistics.comparisons import two_proportions
from ecops.statistics.intervals import critical_value, newcombe

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 20
"""Buyers in each group from which on the shares are compared."""


@dataclass(frozen=True, slots=True)
class Readout:
    """What an action brought, against those held back.

    Attributes:
        period: days in which orders count.
        reached, held: customers.
        reached_rate, held_rate: share of each who ordered.
        uplift, low, high: difference of the shares with its 95 % interval (Newcombe).
        p_value: of the pooled test; NaN where nothing can be tested.
        each, each_low, each_high: money a customer more among the reached, with its 95 % interval (the longer one of
            Welch's and Student's).
        money, money_low, money_high: the same for all reached.
        verdict: "worked", "no_effect", "harmed" or "insufficient".
        headline: one sentence.
        missing: customers of the list who are not in the book any more.
    """

    period: Period
    reached: int
    held: int
    reached_rate: float
    held_rate: float
    uplift: float
    low: float
    high: float
    p_value: float
    each: float
    each_low: float
    each_high: float
    money: float
    money_low: float
    money_high: float
    verdict: str
    headline: Message
    missing: int


def readout(book: OrderBook, rows: pd.DataFrame, period: Period, segment: str | None = None) -> Readout:
    """Compare who was reached with who was held back.

    Args:
        book: with the orders since.
        rows: of `audience`, or the file that was downloaded then: customer, segment, group.
        period: days since the action in which orders count.
        segment: only one of the segments.

    Raises:
        DataError: the file is no audience, one group is empty, or the days are not all known.
    """
    needed = {"customer", "group"} | ({"segment"} if segment else set())
    absent = needed - set(rows.columns)
    if absent:
        raise DataError(
            Message("The list has no column {names}.", names=", ".join(sorted(absent))),
            Message("Give the list back as it was downloaded."),
        )
    if period.end > book.last_day:
        raise DataError(
            Message("The orders are known up to {day} only.", day=book.last_day),
            Message("Load newer orders, or choose an earlier last day."),
        )
    chosen = rows if segment is None else rows[rows["segment"] == segment]
    money, bought, missing = _since(book, [str(name) for name in chosen["customer"]], period)
    reached, held = (np.asarray(chosen["group"] == group) for group in (REACHED, HELD))
    if not reached.any() or not held.any():
        raise DataError(
            Message("Both groups are needed: customers who were reached and customers who were held back."),
            Message("Give the list back as it was downloaded."),
        )
    counts = [(int(bought[group].sum()), int(group.sum())) for group in (held, reached)]
    ends = newcombe(counts[0], counts[1])
    test = float(two_proportions(counts[0], counts[1]))
    each, half = _money_difference(money[held], money[reached])
    rate = [yes / many for yes, many in counts]
    enough = min(counts[0][0], counts[1][0]) >= ENOUGH and counts[0][1] >= LEAST_HELD
    low, high = float(ends.low), float(ends.high)
    verdict = "insufficient" if not enough else "worked" if low > 0 else "harmed" if high < 0 else "no_effect"
    many = counts[1][1]
    found = (each * many, (each - half) * many, (each + half) * many)
    return Readout(
        period=period,
        reached=many,
        held=counts[0][1],
        reached_rate=rate[1],
        held_rate=rate[0],
        uplift=rate[1] - rate[0],
        low=low,
        high=high,
        p_value=test,
        each=each,
        each_low=each - half,
        each_high=each + half,
        money=found[0],
        money_low=found[1],
        money_high=found[2],
        verdict=verdict,
        headline=_headline(verdict, rate, found, book.currency, counts[0]),
        missing=missing,
    )


def _money_difference(held: Floats, reached: Floats) -> tuple[float, float]:
    """Money a customer more among the reached, and half of its 95 % interval; NaN half without spread.

    The longer one of Welch's interval and of Student's with the variance of both groups together. A tenth held back is
    too few to know its own variance when a few orders are large: by Welch's alone, lists without any effect missed 0 in
    6 to 16 of 100 draws, nearly all on the side of "worked"; by Student's alone in 11, when the one large order of a
    list fell to those held back.
    """
    change, welch = mean_difference(held, reached)
    many = len(held), len(reached)
    squares = sum(float(((side - side.mean()) ** 2).sum()) for side in (held, reached))
    freedom = sum(many) - 2
    if freedom < 1 or squares <= 0:
        return change, math.nan
    student = math.sqrt(squares / freedom * (1 / many[0] + 1 / many[1])) * float(critical_value(df=freedom))
    return change, max(welch, student) if math.isfinite(welch) else math.nan


def _since(book: OrderBook, names: list[str], period: Period) -> tuple[Any, Any, int]:
    """Money and whether there was an order in the period, of each customer of the list."""
    import pyarrow as pa
    import pyarrow.compute as pc

    place = pc.index_in(pa.array(names, type=pa.string()), value_set=book.customers.cast(pa.string()))
    at = place.fill_null(-1).to_numpy()
    inside = (book.day >= day_number(period.start)) & (book.day <= day_number(period.end))
    many = len(book.customers) + 1
    spent = np.bincount(book.customer[inside], weights=book.amount[inside], minlength=many)
    orders = np.bincount(book.customer[inside], minlength=many)
    # Somebody who is not in the book has no order that stands; the last place holds 0.
    return spent[at], orders[at] > 0, int((at < 0).sum())


def _headline(
    verdict: str, rate: Sequence[float], money: tuple[float, float, float], currency: str, held: tuple[int, int]
) -> Message:
    if verdict == "insufficient":
        return Message(
            "Too few orders to say: {n} of the {held} held back ordered, and {least} are the least.",
            n=held[0],
            held=Count(held[1]),
            least=ENOUGH,
        )
    named = {"reached": Percent(rate[1]), "held": Percent(rate[0])}
    if verdict == "no_effect":
        return Message(
            "{reached} of those reached ordered and {held} of those held back: no difference beyond chance.", **named
        )
    worth = Money(money[0], currency)
    if verdict == "harmed":
        return Message(
            "Those reached ordered less ({reached}) than those held back ({held}): {money}.", money=worth, **named
        )
    if not math.isfinite(money[1]) or money[1] <= 0:
        return Message(
            "It worked: {reached} of those reached ordered, {held} of those held back. In money it is not yet certain.",
            **named,
        )
    return Message(
        "It worked: {reached} of those reached ordered, {held} of those held back; about {money} more.",
        money=worth,
        **named,
    )
