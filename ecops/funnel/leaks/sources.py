"""How good is the traffic of each source, and does one platform get less of its orders paid than the others?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ecops.funnel.causes.daily import Spread
from ecops.funnel.leaks.figures import HISTORY_DAYS, asked, by_day, day_spread, mean_of_days, used_days
from ecops.messages import Message, Term
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Period
from ecops.statistics import benjamini_hochberg, newcombe, trials_needed, two_proportions, two_sided, wilson

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Sides: TypeAlias = "tuple[pd.DataFrame, pd.DataFrame]"

MEASURES: dict[str, tuple[str, str]] = {
    "dwell": ("dwell_total", "dwell_visitors"),
    "depth": ("page_views", "depth_visitors"),
    "conversion": ("pay_buyers", "pay_visitors"),
}
"""What quality is made of: sums above and below the line of each."""

FLAGS: dict[str, Term] = {
    "dwell": Term(en="short stay", zh="停留短"),
    "depth": Term(en="few pages", zh="浏览浅"),
    "conversion": Term(en="hardly any payments", zh="几乎不付款"),
}
LOW = 0.5
"""A measure is flagged when it is surely below this share of what the other sources have."""

LEAST_VISITORS = 300


def source_quality(data: Any, period: Period) -> pd.DataFrame:
    """Dwell, depth, bounce and conversion of every source beside the rest of its platform.

    The score is 50 x the mean of own / rest over the measures that are reported, each at most 2: 50 is like the rest,
    100 twice as good, 0 nothing. A flag says that a measure is below half of the rest's beyond the swing of the days
    (one-sided t test with a day as one draw, a proportion's swing for conversion; all corrected together,
    Benjamini-Hochberg, 5 %). Flags are questions to ask, never a verdict.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.

    Returns:
        One row a source of each platform with several, the lowest score first: `platform`, `channel`, `visitors`,
        `dwell` (seconds), `depth` (pages), `bounce`, `conversion` (NaN where not reported), `score` (NaN below 300
        visitors), `flags` (comma-separated keys of `FLAGS`). Empty without sources.
    """
    import pandas as pd

    ready = opened(data)
    if not ready.has("traffic_daily"):
        return pd.DataFrame()
    rows = asked(ready, "sources_by_day", period.start, period.end)
    rows["date"] = pd.to_datetime(rows["date"]).dt.date
    found, tests = [], []
    for platform, part in rows.groupby("platform", sort=True):
        source, names = pd.factorize(part["channel"], sort=True)
        if len(names) < 2:
            continue
        measured = {measure: _own_and_rest(part, source, *columns) for measure, columns in MEASURES.items()}
        totals = part[["visitors", "bounces", "bounce_visitors"]].groupby(source).sum().to_numpy(np.float64)
        for place, channel in enumerate(names):
            sides = {measure: pairs[place] for measure, pairs in measured.items()}
            line, p_values = _compared(totals[place], sides, period)
            found.append({"platform": platform, "channel": channel, **line})
            tests.append(p_values)
    if not found:
        return pd.DataFrame()
    low = benjamini_hochberg(np.array(tests)) < 0.05
    flags = [",".join(name for name, flagged in zip(MEASURES, row, strict=True) if flagged) for row in low]
    table = pd.DataFrame(found).assign(flags=flags)
    return table.sort_values(["score", "visitors"], ascending=[True, False], ignore_index=True)


def _own_and_rest(part: pd.DataFrame, source: NDArray[np.int64], above: str, below: str) -> list[Sides]:
    """For each source its sums by day as `by_day` gives them, and those of all others together."""
    on, of = part[above].to_numpy(np.float64), part[below].to_numpy(np.float64)
    known = np.isfinite(on) & np.isfinite(of)
    days, day = np.unique(part["date"].to_numpy()[known].astype("datetime64[D]"), return_inverse=True)
    shape = (source.max() + 1, len(days))
    cell = source[known] * shape[1] + day
    own = [np.bincount(cell, side[known], shape[0] * shape[1]).reshape(shape) for side in (on, of)]
    others = 1 - np.eye(shape[0])
    rest = [others @ side for side in own]
    return [(used_days(days, own[0][n], own[1][n]), used_days(days, rest[0][n], rest[1][n])) for n in range(shape[0])]


def _compared(
    totals: NDArray[np.float64], sides: Mapping[str, Sides], period: Period
) -> tuple[dict[str, float], list[float]]:
    """The figures of one source beside the rest, and p-values of "below half of the rest"."""
    visitors, bounced, seen = (float(total) for total in totals)
    line: dict[str, float] = {"visitors": visitors}
    p_values, shares = [], []
    for name, (mine, theirs) in sides.items():
        (value, error, freedom), (other, other_error, other_freedom) = mean_of_days(mine), mean_of_days(theirs)
        line[name] = value
        p_values.append(float("nan"))
        if not (np.isfinite(value) and other > 0):
            continue
        shares.append(min(value / other, 2.0))
        if visitors < LEAST_VISITORS:
            continue
        if name == "conversion":
            p_values[-1] = _rarely(mine, theirs, period)
        elif freedom > 0 and other_freedom > 0:
            both = np.hypot(error, LOW * other_error)
            two = float(two_sided((value - LOW * other) / both, min(freedom, other_freedom))) if both > 0 else 0.0
            p_values[-1] = two / 2 if value < LOW * other else 1 - two / 2
    line["bounce"] = bounced / seen if seen > 0 else float("nan")
    line["score"] = 50 * float(np.mean(shares)) if shares and visitors >= LEAST_VISITORS else float("nan")
    return line, p_values


def _rarely(mine: pd.DataFrame, theirs: pd.DataFrame, period: Period) -> float:
    """p-value of "fewer than half as many pay as of the rest": the rest's rate is halved, its people stay."""
    spread = day_spread(mine, period, None)
    on, of = float(mine["on"].sum()), float(mine["of"].sum())
    rate = LOW * float(theirs["on"].sum()) / float(theirs["of"].sum())
    size = float(theirs["of"].sum())
    two = float(two_proportions((rate * size, size), (on, of), dispersion=spread.phi, df=spread.df))
    return two / 2 if on / of < rate else 1 - two / 2


@dataclass(frozen=True, slots=True)
class PlatformGap:
    """One platform gets fewer of its orders paid than the others, week after week before the period and in it too.

    Attributes:
        platform: which.
        span: the weeks before the period that the figures are of; what is new in the period is told as a change.
        orders, paid: orders placed on it in these weeks, and those of them that were paid.
        other_orders, other_paid: the same of the other platforms.
        low, high: 95 % interval of its rate minus the others'.
        q_value: p-value corrected for all platforms.
        value: money of one paid order there; NaN when unknown.
        a_side: orders an arm that a test needs to see half of the gap closed (power 80 %, 5 %).
        test_days: how many days that takes at the orders of these weeks.
    """

    platform: str
    span: Period
    orders: float
    paid: float
    other_orders: float
    other_paid: float
    low: float
    high: float
    q_value: float
    value: float
    a_side: float
    test_days: int

    @property
    def rate(self) -> float:
        """Share of its orders that are paid."""
        return self.paid / self.orders

    @property
    def other_rate(self) -> float:
        """The same of the other platforms."""
        return self.other_paid / self.other_orders


GAP_WEEKS, LEAST_WEEKS, LEAST_ORDERS = 8, 4, 20
"""So many weeks before the period are looked at; the gap must show in each with enough orders, in four at least."""

LEAST_GAP = 0.05
"""Smallest gap, relative to the others, that is worth a test."""


def payment_gaps(data: Any, period: Period, alpha: float = 0.05) -> tuple[PlatformGap, ...]:
    """Platforms whose share of orders paid is surely below that of the others, week after week.

    It rests on the order reports, in which an order is the same thing everywhere; platforms whose report has no unpaid
    order are left out.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        alpha: false discovery rate over all platforms.
    """
    import pandas as pd

    ready = opened(data)
    if not (ready.has("order_lines") or ready.has("orders")):
        return ()
    weeks = Period(period.start - 7 * GAP_WEEKS * ONE_DAY, period.start - ONE_DAY)
    rows = asked(ready, "platform_payments", weeks.start, period.end)
    rows["date"] = pd.to_datetime(rows["date"]).dt.date
    rows = rows.rename(columns={"paid": "on", "placed": "of"}).astype({"on": float, "of": float, "amount": float})
    unpaid = rows.groupby("platform")[["on", "of"]].sum()
    names = sorted(unpaid.index[unpaid["on"] < unpaid["of"]])
    rows = rows[rows["platform"].isin(names)]
    before, now = rows[rows["date"] <= weeks.end], rows[rows["date"] >= period.start]
    if len(names) < 2 or before.empty:
        return ()
    p_values = [_below(before, name, weeks) if _stands(before, now, name, weeks) else 1.0 for name in names]
    q_values = benjamini_hochberg(p_values)
    return tuple(_gap(before, name, float(q), weeks) for name, q in zip(names, q_values, strict=True) if q < alpha)


def _sides(rows: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    own = rows["platform"] == name
    return rows[own], rows[~own]


def _rate(rows: pd.DataFrame) -> float:
    return float(rows["on"].sum() / rows["of"].sum()) if rows["of"].sum() > 0 else float("nan")


def _stands(before: pd.DataFrame, now: pd.DataFrame, name: str, weeks: Period) -> bool:
    """Whether the gap shows in the period and in every week before that has enough orders."""
    mine, theirs = _sides(now, name)
    if not _rate(mine) < _rate(theirs):
        return False
    mine, theirs = _sides(before, name)
    seen = 0
    for week in range(GAP_WEEKS):
        first = weeks.start + 7 * week * ONE_DAY
        own, other = (side[(side["date"] >= first) & (side["date"] < first + 7 * ONE_DAY)] for side in (mine, theirs))
        if min(float(own["of"].sum()), float(other["of"].sum())) < LEAST_ORDERS:
            continue
        if not _rate(own) < _rate(other):
            return False
        seen += 1
    return seen >= LEAST_WEEKS and _rate(mine) <= (1 - LEAST_GAP) * _rate(theirs)


def _spread(rows: pd.DataFrame, name: str, weeks: Period) -> Spread:
    """The larger swing of both sides from day to day."""
    return max((day_spread(by_day(side), weeks, None) for side in _sides(rows, name)), key=lambda found: found.phi)


def _totals(rows: pd.DataFrame, name: str) -> tuple[tuple[float, float], tuple[float, float]]:
    mine, theirs = _sides(rows, name)
    return (float(mine["on"].sum()), float(mine["of"].sum())), (float(theirs["on"].sum()), float(theirs["of"].sum()))


def _below(rows: pd.DataFrame, name: str, weeks: Period) -> float:
    """One-sided p-value of "below the others"."""
    mine, theirs = _totals(rows, name)
    spread = _spread(rows, name, weeks)
    two = float(two_proportions(theirs, mine, dispersion=spread.phi, df=spread.df))
    return two / 2 if mine[0] / mine[1] < theirs[0] / theirs[1] else 1 - two / 2


def _gap(rows: pd.DataFrame, name: str, q_value: float, weeks: Period) -> PlatformGap:
    (paid, orders), (other_paid, other_orders) = _totals(rows, name)
    spread = _spread(rows, name, weeks)
    change = newcombe((other_paid, other_orders), (paid, orders), dispersion=spread.phi, df=spread.df)
    rate = paid / orders
    a_side = float(trials_needed(rate, (other_paid / other_orders - rate) / 2 / rate))
    money = float(_sides(rows, name)[0]["amount"].sum())
    days = len(set(rows["date"]))
    return PlatformGap(
        name, weeks, orders, paid, other_orders, other_paid, float(change.low), float(change.high), q_value,
        money / paid if paid > 0 and money > 0 else float("nan"), a_side, int(np.ceil(2 * a_side / (orders / days))),
    )  # fmt: skip


def bounce_standing(rows: pd.DataFrame, period: Period) -> tuple[float, float, float, float]:
    """Bounce of a span with its interval, days differing: value, low, high, visits (0 without any).

    Args:
        rows: `date`, `on` (bounces) and `of` (visits), also of earlier days.
        period: the days looked at.
    """
    days = by_day(rows)
    inside = days[(days["date"] >= period.start) & (days["date"] <= period.end)]
    on, of = float(inside["on"].sum()), float(inside["of"].sum())
    if not of > 0:
        return float("nan"), float("nan"), float("nan"), 0.0
    spread = day_spread(inside, period, None)
    low, high = wilson(on, of, dispersion=spread.phi, df=spread.df)
    return on / of, float(low), float(high), of


def source_bounces(data: Any, period: Period) -> pd.DataFrame:
    """Bounces and visits by day and platform from the report of sources, six weeks before the period too."""
    ready = opened(data)
    start = period.start - HISTORY_DAYS * ONE_DAY
    rows = asked(ready, "sources_by_day", start, period.end)
    return rows.rename(columns={"bounces": "on", "bounce_visitors": "of"})[["date", "platform", "on", "of"]].dropna()


def flags_told(flags: str) -> tuple[Message, ...]:
    """Flags of a source in words."""
    return tuple(Message("{flag}", flag=FLAGS[name]) for name in flags.split(",") if name)
