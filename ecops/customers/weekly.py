"""What customers say to the review: good ones who fall away, new ones who do not come back, and a page of the deck."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import OrderBook, day_number, kept_book
from ecops.customers.programme.plan import plays
from ecops.customers.programme.tiers import tiers
from ecops.customers.scoring.migration import Migration, at_stake, migration, spent
from ecops.customers.scoring.rfm import rfm
from ecops.customers.scoring.scores import score
from ecops.customers.scoring.segments import schemes, segment
from ecops.errors import DataError
from ecops.finding import Amount, Confidence, Finding
from ecops.handbook import advice, get
from ecops.messages import Count, Message, Money, Number, Percent, Term
from ecops.periods import ONE_DAY, Period
from ecops.reports.model import Bullets, Section, Table
from ecops.statistics.comparisons import benjamini_hochberg, two_proportions
from ecops.statistics.intervals import critical_value, newcombe

STEP = 28
"""Days of a step; whole weeks, so that weekdays stand against the same weekdays."""

STEPS = 6
LEAST_STEPS = 3
"""Earlier steps that the newest one is held against: how much they differ is how much chance may do."""

YEAR = 365
LEAST = 30
SURE = 0.05

_GOOD = ("champions", "loyal")
_GONE = ("about_to_sleep", "at_risk", "cannot_lose", "hibernating", "lost", "")

Counts = NDArray[np.float64]


def customer_findings(data: Any, period: Period) -> list[Finding]:
    """Good customers who order less or fall away, and missing second orders, worse than in the months before.

    Each is held against three to six earlier steps of 28 days, and what differs between those (campaigns, holidays)
    widens the interval. Nothing where the history is shorter.
    """
    try:
        book = kept_book(data, period.end)
    except DataError:
        return []
    return [
        *_good_customers(book, period),
        *_second_orders(book, period, int(get("customer.repurchase_window_days", data))),
    ]


def _good_customers(book: OrderBook, period: Period) -> list[Finding]:
    """Champions and loyal customers: fewer than usual ordered, or more than usual fell away.

    Orders tell at once; a fall to another segment comes later, since it takes as long as the cut-offs of recency say.
    """
    moves = _steps(book, period)
    if len(moves) <= LEAST_STEPS:
        return []
    judged = []
    for key in _GOOD:
        base = np.array([(move.origin == move.scheme.place(key)).sum() for move in moves], dtype=np.float64)
        if base.min() < LEAST:
            continue
        for make, count in ((_silent, _active), (_fall, _fallen)):
            counted = np.array([count(book, move, key) for move in moves], dtype=np.float64)
            judged.append((make, key, counted, base, _chance(counted, base)))
    if not judged:
        return []
    q_values = benjamini_hochberg([p_value for *_, p_value in judged])
    found = [
        make(book, moves, period, key, counted, base, (p_value, float(q_value)))
        for (make, key, counted, base, p_value), q_value in zip(judged, q_values, strict=True)
    ]
    return [finding for finding in found if finding is not None]


def _steps(book: OrderBook, period: Period) -> list[Migration]:
    """The newest step and those before it, newest first; each starts with cut-offs of its own day, over a year."""
    found: list[Migration] = []
    end = period.end + ONE_DAY
    for place in range(STEPS + 1):
        days = (end - (place + 1) * STEP * ONE_DAY, end - place * STEP * ONE_DAY)
        # The first step must know at least three months, or nobody has had time to fall.
        if day_number(days[0]) - day_number(book.first_day) < 90:
            break
        found.append(migration(book, days, window_days=YEAR))
    return found


def _fallen(book: OrderBook, move: Migration, key: str) -> int:
    """Customers of a segment who are in one of those who stay away at the end of the step."""
    del book
    many = len(move.scheme.segments)
    gone = [many if not name else move.scheme.place(name) for name in _GONE]
    return int(((move.origin == move.scheme.place(key)) & np.isin(move.target, gone)).sum())


def _active(book: OrderBook, move: Migration, key: str) -> int:
    """Customers of a segment who ordered within the step."""
    return int(_ordered(book, move)[_members(move, key)].sum())


def _members(move: Migration, key: str) -> NDArray[np.int64]:
    found: NDArray[np.int64] = move.before.rfm.customer[move.origin == move.scheme.place(key)]
    return found


def _ordered(book: OrderBook, move: Migration) -> NDArray[np.bool_]:
    """(customers,) who ordered within the step."""
    first, last = day_number(move.before.rfm.snapshot), day_number(move.after.rfm.snapshot)
    found = np.zeros(len(book.customers), dtype=bool)
    found[book.customer[(book.day >= first) & (book.day < last)]] = True
    return found


def _chance(counted: Counts, base: Counts) -> float:
    """Two-sided p-value of the newest share against all earlier ones, with their dispersion."""
    rate = counted[1:].sum() / base[1:].sum()
    steps = len(counted) - 1
    # Pearson's chi-square over its degrees of freedom; the steps never prove less than chance.
    spread = 1.0
    if 0 < rate < 1:
        squares = (counted[1:] - base[1:] * rate) ** 2 / (base[1:] * rate * (1 - rate))
        spread = max(1.0, float(squares.sum() / (steps - 1)))
    test = two_proportions((counted[1:].sum(), base[1:].sum()), (counted[0], base[0]), dispersion=spread, df=steps - 1)
    return float(np.asarray(test).ravel()[0])


def _silent(
    book: OrderBook,
    moves: list[Migration],
    period: Period,
    key: str,
    counted: Counts,
    base: Counts,
    chance: tuple[float, float],
) -> Finding | None:
    before, after = float(counted[1:].sum() / base[1:].sum()), float(counted[0] / base[0])
    confidence = _confidence(*chance)
    if after >= before or confidence is None:
        return None
    ends = newcombe((counted[1:].sum(), base[1:].sum()), (counted[0], base[0]))
    return Finding(
        area="customers",
        kind="retention",
        subject={"segment": key},
        metric="retention_rate",
        period=period,
        compare=None,
        before=before,
        after=after,
        ci=(float(ends.low), float(ends.high)),
        q_value=chance[1],
        n=int(base[0]),
        confidence=confidence,
        money=_unspent(book, moves, key, base),
        headline=Message(
            "Only {after} of {base} {segment} customers ordered in four weeks; {before} is usual.",
            after=Percent(after),
            base=Count(base[0]),
            segment=moves[0].scheme[key].label,
            before=Percent(before),
        ),
        evidence=Message(
            "{missing} of them fewer than usual, against the {n} times four weeks before.",
            missing=Count(round((before - after) * base[0])),
            n=len(counted) - 1,
        ),
        action=advice("wake_high_value"),
    )


def _unspent(book: OrderBook, moves: list[Migration], key: str, base: Counts) -> Amount | None:
    """What the segment spent less than in the steps before, a month; None where it did not.

    Each step is one observation (money of a member), since days have much in common for all customers.
    """
    each = np.array(
        [spent(book, _members(move, key), move.before.rfm.snapshot, move.after.rfm.snapshot).mean() for move in moves]
    )
    many = len(each) - 1
    change = float(each[0] - each[1:].mean())
    half = float(critical_value(df=many - 1) * each[1:].std(ddof=1) * np.sqrt(1 + 1 / many))
    month = base[0] * 30.4375 / STEP
    if change >= 0:
        return None
    return Amount(change * month, (change - half) * month, (change + half) * month, book.currency, "month")


def _fall(
    book: OrderBook,
    moves: list[Migration],
    period: Period,
    key: str,
    gone: Counts,
    base: Counts,
    chance: tuple[float, float],
) -> Finding | None:
    move = moves[0]
    before, after = float(gone[1:].sum() / base[1:].sum()), float(gone[0] / base[0])
    confidence = _confidence(*chance)
    if after <= before or confidence is None:
        return None
    label = move.scheme[key].label
    usual = before * base[0]
    ends = newcombe((gone[1:].sum(), base[1:].sum()), (gone[0], base[0]))
    stake = at_stake(book, move, key, tuple(name for name in _GONE if name))
    money = None
    if stake is not None and stake.value < 0:
        # Only what is beyond the usual ebb, and for a month instead of four weeks.
        part = (1 - usual / gone[0]) * 30.4375 / STEP
        money = Amount(stake.value * part, stake.low * part, stake.high * part, book.currency, "month")
    return Finding(
        area="customers",
        kind="retention",
        subject={"segment": key},
        metric="churn_rate",
        period=period,
        compare=None,
        before=before,
        after=after,
        ci=(float(ends.low), float(ends.high)),
        q_value=chance[1],
        n=int(base[0]),
        confidence=confidence,
        money=money,
        headline=Message(
            "{n} of {base} {segment} customers fell away in four weeks; {usual} would have been usual.",
            n=Count(gone[0]),
            base=Count(base[0]),
            segment=label,
            usual=Count(round(usual)),
        ),
        evidence=Message(
            "{after} against {before} in the {n} times four weeks before, with the same cut-offs on both days.",
            after=Percent(after),
            before=Percent(before),
            n=len(gone) - 1,
        ),
        action=advice("wake_high_value"),
        notes=(
            Message(
                "What it costs is what the same fall cost the time before: those who fell then spent less since than "
                "those who stayed."
            ),
        )
        if money is not None
        else (),
    )


def _confidence(p_value: float, q_value: float) -> Confidence | None:
    if q_value < SURE:
        return "confirmed"
    return "watch" if p_value < SURE else None


def _second_orders(book: OrderBook, period: Period, window: int) -> list[Finding]:
    """New customers whose window for a second order is over: did as many order again as in the months before?"""
    last = day_number(period.end) - window
    blocks = (last - day_number(book.first_day) - 90) // STEP
    steps = min(STEPS + 1, blocks)
    if steps <= LEAST_STEPS:
        return []
    orders = np.diff(book.start)
    again = orders >= 2
    gap = np.full(len(orders), window + 1, dtype=np.int64)
    gap[again] = book.day[book.start[:-1][again] + 1] - book.first[again]
    block = (last - book.first) // STEP
    counted = (block >= 0) & (block < steps) & (book.first <= last)
    base = np.bincount(block[counted], minlength=steps).astype(np.float64)
    came = np.bincount(block[counted & (gap <= window)], minlength=steps).astype(np.float64)
    if base.min() < LEAST:
        return []
    p_value = _chance(came, base)
    before, after = float(came[1:].sum() / base[1:].sum()), float(came[0] / base[0])
    confidence = _confidence(p_value, p_value)
    if after >= before or confidence is None:
        return []
    ends = newcombe((came[1:].sum(), base[1:].sum()), (came[0], base[0]))
    return [
        Finding(
            area="customers",
            kind="retention",
            subject={"segment": "new"},
            metric="repeat_rate",
            period=period,
            compare=None,
            before=before,
            after=after,
            ci=(float(ends.low), float(ends.high)),
            q_value=p_value,
            n=int(base[0]),
            confidence=confidence,
            money=None,
            headline=Message(
                "Of {n} new customers only {after} ordered again within {days} days; {before} was usual.",
                days=window,
                n=Count(base[0]),
                after=Percent(after),
                before=Percent(before),
            ),
            evidence=Message(
                "First orders of the four weeks up to {day}; {missing} second orders fewer than usual.",
                day=period.end - window * ONE_DAY,
                missing=Number((before - after) * base[0], 0),
            ),
            action=advice("second_order_gift"),
            parameters=("customer.repurchase_window_days",),
        )
    ]


def customer_section(data: Any, period: Period) -> Section | None:
    """The part of the weekly deck: who the customers are and what is planned for them; None without a history."""
    from ecops.customers.answers import earned

    try:
        book = kept_book(data, period.end)
    except DataError:
        return None
    scheme = schemes()["grid11"]
    found = segment(score(rfm(book, window_days=YEAR)), scheme)
    action = {key: play.label for play in plays() for key in play.segments["grid11"]}
    rows = tuple(
        (
            scheme[row["segment"]].label,
            Count(row["customers"]),
            Percent(row["share"]),
            Money(row["money"], book.currency),
            Percent(row["money_share"]) if math.isfinite(row["money_share"]) else "",
            action[row["segment"]],
        )
        for row in found.table().to_dict("records")
        if row["customers"]
    )
    columns = (
        Term(en="Segment", zh="人群"),
        Term(en="Customers", zh="客户数"),
        Term(en="Share", zh="占比"),
        Term(en="Net sales of a year", zh="近一年净销售额"),
        Term(en="Share of sales", zh="销售额占比"),
        Term(en="What to do", zh="动作"),
    )
    ranks = tiers(book, thresholds=earned(data, "orders"))
    near = ranks.table()
    said = [
        Message(
            "{n} customers are one order below the next tier ({tier}).",
            n=Count(row["near"]),
            tier=ranks.ladder.tiers[place + 1].label,
        )
        for place, row in enumerate(near.to_dict("records"))
        if row["near"] == row["near"] and row["near"] > 0
    ]
    title = Message("Customers: {n} who bought in the last year", n=Count(len(found.rfm)))
    return Section(title, (Table(columns, rows), Bullets(tuple(said))) if said else (Table(columns, rows),))
