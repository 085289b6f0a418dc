"""Who moved from which segment to which, and was it the customer or only the yardstick?

The customers of the first day keep its cut-offs ("frozen"): who changes segment then has changed herself. Cut-offs read
off anew ("refit") move customers who did nothing; their number is told beside.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecops.customers.orders.book import Codes, Floats, OrderBook, day_number, sums
from ecops.customers.scoring.rfm import rfm
from ecops.customers.scoring.scores import Cuts, Method, score
from ecops.customers.scoring.segments import Scheme, Segmented, Split, segment
from ecops.errors import DataError, SpecError, unknown_name
from ecops.finding import Amount
from ecops.messages import Message
from ecops.statistics.intervals import critical_value

if TYPE_CHECKING:
    import pandas as pd

Yardstick = Literal["frozen", "refit"]
"""frozen: cut-offs of the first day on both days. refit: each day its own."""

LEAST = 30
"""Customers of each kind needed before an earlier move may say what a move costs."""


@dataclass(frozen=True, eq=False)
class Migration:
    """Every customer of the first day, where she was and where she is.

    Attributes:
        before, after: the segments on the two days.
        cuts: which yardstick `after` uses.
        origin: (n,) segment on the first day of each of its customers, index into the scheme.
        target: (n,) segment on the second day; the number of segments where she has no order in the window any more.
        matrix: (segments, segments + 1) customers by origin and target; every row sums to its segment.
        newcomers: (segments,) customers of the second day who are not among those of the first.
        moved: customers whose segment changed by what they did (cut-offs frozen).
        shifted: customers whose segment on the second day differs only because cut-offs were read off anew.
    """

    before: Segmented
    after: Segmented
    cuts: Yardstick
    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    matrix: NDArray[np.int64]
    newcomers: NDArray[np.int64]
    moved: int
    shifted: int

    @property
    def scheme(self) -> Scheme:
        """The segments."""
        return self.before.scheme

    @property
    def stayed(self) -> float:
        """Share of the customers who are in the same segment."""
        return float(np.mean(self.origin == self.target))

    def movers(self, origin: str, *targets: str) -> Codes:
        """Indices into `OrderBook.customers` of those who went from one segment to any of the others."""
        places = [self.scheme.place(key) for key in targets]
        chosen = (self.origin == self.scheme.place(origin)) & np.isin(self.target, places)
        found: Codes = self.before.rfm.customer[chosen]
        return found

    def table(self) -> pd.DataFrame:
        """One row a move that happened: origin, target ("" when out of the window), customers, money.

        `money` is what these customers spent in the window before the first day.
        """
        import pandas as pd

        many = len(self.scheme.segments) + 1
        code = self.origin * many + self.target
        count = np.bincount(code, minlength=many * (many - 1))
        money = np.bincount(code, weights=self.before.rfm.money, minlength=many * (many - 1))
        there = np.flatnonzero(count)
        keys = [*(entry.key for entry in self.scheme.segments), ""]
        return pd.DataFrame(
            {
                "origin": [keys[place // many] for place in there],
                "target": [keys[place % many] for place in there],
                "customers": count[there],
                "money": money[there],
            }
        )


def migration(
    book: OrderBook,
    days: tuple[dt.date, dt.date],
    *,
    scheme: str | Scheme = "grid11",
    cuts: Yardstick = "frozen",
    method: Method = "auto",
    given: Cuts | None = None,
    split: Split = "median",
    window_days: int | None = None,
) -> Migration:
    """How customers moved between two days.

    Args:
        book: of `order_book`.
        days: the two snapshots; orders before each count.
        scheme: see `segment`.
        cuts: see `Yardstick`.
        method: of the scores.
        given: cut-offs of one's own for both days.
        split: of the eight types.
        window_days: see `rfm`.

    Raises:
        SpecError: the days are not in order, or an option does not exist.
        DataError: nobody had bought before the first day.
    """
    if cuts not in get_args(Yardstick):
        raise unknown_name(Message("The yardstick"), cuts, get_args(Yardstick))
    first, second = days
    if first >= second:
        raise SpecError(Message("The first day must lie before the second."), Message("Swap the two days."))
    if day_number(first) <= day_number(book.first_day):
        raise DataError(
            Message("There are no orders before {day} to start from.", day=first),
            Message("Choose a later first day, or load older orders."),
        )
    before = segment(score(rfm(book, first, window_days=window_days), method=method, cuts=given), scheme, split=split)
    table = rfm(book, second, window_days=window_days)
    kept = segment(score(table, cuts=before.scores.cuts), before.scheme, at=_at(before))
    anew = segment(score(table, method=method, cuts=given), before.scheme, split=split)
    after = kept if cuts == "frozen" else anew
    many = len(before.scheme.segments)
    people = len(book.customers)
    origin, target = before.place.astype(np.int64), _target(before, after, people)
    by_kept, by_anew = (target if found is after else _target(before, found, people) for found in (kept, anew))
    known = np.zeros(people, dtype=bool)
    known[before.rfm.customer] = True
    fresh = ~known[after.rfm.customer]
    return Migration(
        before=before,
        after=after,
        cuts=cuts,
        origin=origin,
        target=target,
        matrix=np.bincount(origin * (many + 1) + target, minlength=many * (many + 1)).reshape(many, many + 1),
        newcomers=np.bincount(after.place[fresh], minlength=many),
        moved=int((by_kept != origin).sum()),
        shifted=int((by_kept != by_anew).sum()),
    )


def _at(before: Segmented) -> tuple[float, float, float] | None:
    return before.split if before.scheme.kind == "split" else None


def _target(before: Segmented, after: Segmented, people: int) -> NDArray[np.int64]:
    """(n,) segment on the second day of each customer of the first; one behind the last when she has none."""
    place = np.full(people, len(after.scheme.segments), dtype=np.int64)
    place[after.rfm.customer] = after.place
    found: NDArray[np.int64] = place[before.rfm.customer]
    return found


def spent(book: OrderBook, customer: Codes, start: dt.date, end: dt.date) -> Floats:
    """(n,) net money of these customers on the days from `start` to before `end`."""
    inside = (book.day >= day_number(start)) & (book.day < day_number(end))
    money = sums(book.customer[inside], book.amount[inside], len(book.customers))
    back = book.credits
    late = (back.day >= day_number(start)) & (back.day < day_number(end))
    money -= sums(back.customer[late], back.amount[late], len(book.customers))
    found: Floats = money[customer]
    return found


def at_stake(book: OrderBook, moves: Migration, origin: str, targets: tuple[str, ...]) -> Amount | None:
    """What a move costs over as many days again, by what the same move cost the time before.

    Those who made the move one step earlier are compared with those who stayed in their segment then: the difference of
    what they spent in the days since, times the number who moved now (Welch's interval). It is an observation, no
    experiment: those who fall may differ from those who stay.

    Returns:
        Money over a span as long as the step, negative for a loss; None when fewer than `LEAST` moved or stayed the
        time before, or the data does not reach back so far.
    """
    first, second = moves.before.rfm.snapshot, moves.after.rfm.snapshot
    earlier = first - (second - first)
    if day_number(earlier) <= day_number(book.first_day):
        return None
    past = migration(
        book,
        (earlier, first),
        scheme=moves.scheme,
        given=moves.before.scores.cuts,
        window_days=moves.before.rfm.window_days,
    )
    fell, stayed = past.movers(origin, *targets), past.movers(origin, origin)
    if min(len(fell), len(stayed)) < LEAST:
        return None
    now = len(moves.movers(origin, *targets))
    each, half = mean_difference(spent(book, stayed, first, second), spent(book, fell, first, second))
    return Amount(now * each, now * (each - half), now * (each + half), book.currency)


def mean_difference(before: Floats, after: Floats) -> tuple[float, float]:
    """Difference of two means (after less before) and half of its 95 % interval; NaN half without spread.

    Welch (1947) with the degrees of freedom of Satterthwaite (1946).
    """
    change = float(after.mean() - before.mean())
    if min(len(before), len(after)) < 2:
        return change, np.nan
    e0, e1 = (float(side.var(ddof=1) / len(side)) for side in (before, after))
    if e0 + e1 <= 0:
        return change, np.nan
    freedom = (e0 + e1) ** 2 / (e0**2 / (len(before) - 1) + e1**2 / (len(after) - 1))
    return change, float(np.sqrt(e0 + e1) * critical_value(df=freedom))
