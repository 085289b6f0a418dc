"""Measures as arrays (segment x day), which days may be compared, and which basis GMV stands on."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ecops.messages import Message
from ecops.metrics.daily import COLUMN_MAY_BE_MISSING, HISTORY_DAYS, PLACES, Daily, Span
from ecops.metrics.registry import Metric
from ecops.metrics.rows import Floats, Places, join_text
from ecops.periods import ONE_DAY, Period
from ecops.statistics.grouping import distinct

if TYPE_CHECKING:
    import pandas as pd

Basis = Literal["traffic", "orders", ""]
"""traffic: GMV = visitors x conversion x value per buyer, from the platforms' daily reports. orders: GMV = buyers x
orders per buyer x value per order, from order exports. "": neither is loaded."""

LONGEST_HISTORY = 182
"""Days before a period that are read at most, to know how days differ; older days tell of another shop."""

NEW_SHOP = 35
"""A shop that opened fewer days before the period has no history to be waited for."""

USUAL_ORDERS = 10
"""A day without sales is taken for missing only where the same weekday usually has at least so many orders."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Measures by leaf (platform x shop x segment) and day.

    Attributes:
        leaves: one row a leaf: platform, shop and the columns of `by`.
        segments: one row a segment: the columns of `by` (one row without columns when there are none).
        segment: segment of each leaf, shape (leaves,).
        days: every day in order.
        measures: measure -> shape (leaves, days); NaN where it is not known.
        by: segment columns.
    """

    leaves: pd.DataFrame
    segments: pd.DataFrame
    segment: NDArray[np.int64]
    days: tuple[dt.date, ...]
    measures: Mapping[str, Floats]
    by: tuple[str, ...]

    def split(self, by: Sequence[str]) -> Panel:
        """The same leaves in segments by some of their columns."""
        import pandas as pd

        if not by:
            return replace(self, segments=pd.DataFrame(index=range(1)), segment=np.zeros_like(self.segment), by=())
        columns = [self.leaves[name].to_numpy() for name in by]
        first, segment = distinct([np.unique(column, return_inverse=True)[1] for column in columns])
        segments = pd.DataFrame({name: column[first] for name, column in zip(by, columns, strict=True)}, dtype=object)
        return replace(self, segments=segments, segment=segment, by=tuple(by))

    def positions(self, days: Sequence[dt.date]) -> NDArray[np.int64]:
        """Where `days` stand in the day axis; days outside it are left out."""
        place = {day: number for number, day in enumerate(self.days)}
        return np.array([place[day] for day in days if day in place], dtype=np.int64)

    def parts(self, metric: Metric, aliases: Mapping[str, str]) -> tuple[Floats, Floats] | None:
        """Numerator and denominator by segment and day; the denominator is 1 a day for plain sums.

        A leaf and day counts only when it has every measure of the metric, so that no rate is diluted by shops that
        do not report its numerator.

        Args:
            metric: what to make.
            aliases: measures that stand for others, such as gmv for pay_amount.

        Returns:
            Two arrays of shape (segments, days); None when a measure is not there at all.
        """
        names = [aliases.get(name, name) for name in metric.measures]
        if not all(name in self.measures for name in names):
            return None
        valid = np.logical_and.reduce([np.isfinite(self.measures[name]) for name in names])
        if not valid.any():
            return None
        numerator = self._total(metric.numerator, aliases, valid)
        if not metric.denominator:
            return numerator, np.ones_like(numerator)
        return numerator, self._total(metric.denominator, aliases, valid)

    def _total(self, terms: Sequence[str], aliases: Mapping[str, str], valid: NDArray[np.bool_]) -> Floats:
        leaf = np.zeros(valid.shape)
        for term in terms:
            name = term.removeprefix("-")
            sign = -1.0 if term.startswith("-") else 1.0
            leaf += sign * np.where(valid, self.measures[aliases.get(name, name)], 0.0)
        return self.by_segment(leaf)

    def by_segment(self, leaf: Floats) -> Floats:
        """Leaves added up to segments; `leaf` has the leaves first."""
        total = np.zeros((len(self.segments), *leaf.shape[1:]))
        np.add.at(total, self.segment, leaf)
        return total


def make_panel(daily: Daily) -> Panel:
    """The arrays of `daily` on the days of its spans, in one segment; see `Panel.split`."""
    import pandas as pd

    days = tuple(sorted({day for span in daily.spans for day in days_of(span)}))
    number = np.array([day.toordinal() for day in days])
    names = list(dict.fromkeys([*PLACES, *daily.by]))
    columns = [join_text([rows.keys[name] for rows in daily.rows.values()]) for name in names]
    first, leaf = distinct([place for _, place in columns])
    shop = distinct([place[first] for _, place in columns[: len(PLACES)]])[1]
    measures, start = {}, 0
    for source, rows in daily.rows.items():
        cell = leaf[start : start + len(rows)] * len(days) + np.searchsorted(number, rows.days)
        start += len(rows)
        for name in daily.measures & rows.measures.keys():
            dense = _added_up(cell, rows.measures[name], (len(first), len(days)))
            # No row means nothing sold; traffic that is not reported stays unknown.
            measures[name] = dense if source == "traffic" else _zero_where_nothing_was_sold(name, dense, shop)
    texts = {
        name: np.array(values, dtype=object)[place[first]] for name, (values, place) in zip(names, columns, strict=True)
    }
    whole = np.zeros(len(first), dtype=np.int64)
    leaves, one = pd.DataFrame(texts, dtype=object), pd.DataFrame(index=range(1))
    return Panel(leaves, one, whole, days, dict(sorted(measures.items())), ())


def _added_up(cell: Places, values: Floats, shape: tuple[int, int]) -> Floats:
    """Values by cell of a table of this shape, NaN where none is known."""
    known, size = ~np.isnan(values), math.prod(shape)
    rows = np.bincount(cell[known], minlength=size)
    total = np.bincount(cell[known], values[known], minlength=size)
    return np.where(rows > 0, total, np.nan).reshape(shape)


def _zero_where_nothing_was_sold(name: str, dense: Floats, shop: Places) -> Floats:
    """A shop that has any such figure sold nothing where it has none; `shop` is that of each leaf."""
    filled = np.nan_to_num(dense)
    amount = (np.abs(filled) if name in COLUMN_MAY_BE_MISSING else np.isfinite(dense)).sum(1)
    return np.where((np.bincount(shop, amount) > 0)[shop][:, None], filled, np.nan)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days without figures of one shop.

    Attributes:
        source: "sales", "traffic", or "payments" where visitors are reported and their payments are not.
        platform: whose.
        shop: whose.
        days: the days, in order; of either period.
        whole: None, or which period ("period", "compare") has nothing at all of this shop.
    """

    source: str
    platform: str
    shop: str
    days: tuple[dt.date, ...]
    whole: Literal["period", "compare"] | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which days may be compared.

    Attributes:
        period_days: days of the period that stand against a day of the comparison, both with figures.
        compare_days: their counterparts, same order.
        gaps: what is missing.
        history: every day on which all shops that are compared have figures; a shop that opened in the last weeks does
            not take them away.
    """

    period_days: tuple[dt.date, ...]
    compare_days: tuple[dt.date, ...]
    gaps: tuple[Gap, ...]
    history: frozenset[dt.date] = frozenset()


def days_of(period: Period) -> list[dt.date]:
    """Every day of a period."""
    return [period.start + number * ONE_DAY for number in range(period.days)]


def needed_days(period: Period, compare: Period) -> tuple[Period, Period]:
    """The two spans to read: the comparison, and the period with the history before it."""
    return Period(period.start - history_days(period) * ONE_DAY, period.end), compare


def history_days(period: Period) -> int:
    """How many days before a period tell how its days differ: three times its length, whole weeks, at most a half-year.

    >>> [history_days(Period(dt.date(2026, 3, 1), dt.date(2026, 3, day))) for day in (7, 14, 28)]
    [42, 42, 84]
    """
    return max(HISTORY_DAYS, min(LONGEST_HISTORY, 21 * math.ceil(period.days / 7)))


def coverage(panel: Panel, known: Sequence[Span], period: Period, compare: Period) -> Coverage:
    """Pairs of days that can be compared like with like.

    A day is missing where a shop's figures begin later or end earlier, where a day of traffic is not there or lacks the
    payments that other days have (visitors x conversion x value would not be GMV), or where nothing was sold on a
    weekday that usually has orders. A shop that has nothing at all in one of the periods is told as such and does not
    take its days away from the others.
    """
    now, then = days_of(period), days_of(compare)
    gaps: list[Gap] = []
    missing: set[dt.date] = set()
    comparable = False
    known_days: list[tuple[bool, set[dt.date]]] = []
    shops = list(zip(panel.leaves["platform"], panel.leaves["shop"], strict=True))
    for span in known:
        rows = np.array([shop == (span.platform, span.shop) for shop in shops], dtype=bool)
        present = _present_days(panel, span, rows)
        if present is None:
            continue
        empty_now, empty_then = not present & set(now), not present & set(then)
        if empty_now and empty_then:
            continue
        if empty_now or empty_then:
            gaps.append(Gap(span.source, span.platform, span.shop, (), "period" if empty_now else "compare"))
            continue
        comparable = True
        known_days.append((period.start - span.first_day >= NEW_SHOP * ONE_DAY, present))
        absent = sorted({day for day in (*then, *now) if day not in present})
        bare = sorted(_days_without_payments(panel, rows) & {*then, *now}) if span.source == "traffic" else []
        for source, days in ((span.source, absent), ("payments", bare)):
            if days:
                gaps.append(Gap(source, span.platform, span.shop, tuple(days)))
                missing.update(days)
    pairs = [(a, b) for a, b in zip(now, then, strict=True) if comparable and a not in missing and b not in missing]
    old = [days for is_old, days in known_days if is_old] or [days for _, days in known_days]
    common = frozenset(set.intersection(*old)) if old else frozenset()
    return Coverage(tuple(a for a, _ in pairs), tuple(b for _, b in pairs), tuple(gaps), common)


def _present_days(panel: Panel, span: Span, rows: NDArray[np.bool_]) -> set[dt.date] | None:
    """Days on which the figures of a shop (`rows`) are there, by the rules of `coverage`; None when it has none."""
    measure = "visitors" if span.source == "traffic" else "orders"
    if measure not in panel.measures or not rows.any():
        return None
    values = panel.measures[measure][rows]
    if span.source == "traffic":
        reported: NDArray[np.bool_] = np.asarray(np.isfinite(values).any(0))
        return {day for day, there in zip(panel.days, reported, strict=True) if there}
    orders = np.nansum(values, axis=0)
    number = np.array([day.toordinal() for day in panel.days])
    inside = (number >= span.first_day.toordinal()) & (number <= span.last_day.toordinal())
    weekday = number % 7
    usual = np.zeros(len(number))
    for same in (weekday == which for which in range(7)):
        if (same & inside).any():
            usual[same] = np.median(orders[same & inside])
    sold: NDArray[np.bool_] = inside & ((orders > 0) | (usual < USUAL_ORDERS))
    return {day for day, there in zip(panel.days, sold, strict=True) if there}


def _days_without_payments(panel: Panel, rows: NDArray[np.bool_]) -> set[dt.date]:
    """Days with visitors on which a shop does not say who paid or how much, though it does on others."""
    told = {
        name: np.isfinite(panel.measures[name][rows]).any(0)
        for name in ("visitors", "pay_buyers", "pay_amount")
        if name in panel.measures
    }
    known = [days for name, days in told.items() if name != "visitors" and days.any()]
    if not known or "visitors" not in told:
        return set()
    bare = told["visitors"] & ~np.logical_and.reduce(known)
    return {day for day, alone in zip(panel.days, bare, strict=True) if alone}


def find_basis(panel: Panel, period: Period, compare: Period) -> Basis:
    """What GMV stands on; see `Basis`. Traffic needs visitors, paying buyers and payments of every shop in scope."""
    have_sales = "gross_sales" in panel.measures
    traffic = [panel.measures.get(name) for name in ("visitors", "pay_buyers", "pay_amount")]
    if any(array is None for array in traffic):
        return "orders" if have_sales else ""
    for span in (period, compare):
        place = panel.positions(days_of(span))
        sums = [np.nansum(np.asarray(array)[:, place], axis=1) for array in traffic]
        covered = np.logical_and.reduce([total > 0 for total in sums])
        if have_sales:
            sold = np.nansum(panel.measures["gross_sales"][:, place], axis=1) > 0
            shops = _traffic_owners(panel)
            if {shops[row] for row in np.flatnonzero(sold)} - {shops[row] for row in np.flatnonzero(covered)}:
                return "orders"
    now = panel.positions(days_of(period))
    return "traffic" if np.nansum(np.asarray(traffic[0])[:, now]) > 0 else "orders" if have_sales else ""


OWN_SITES = frozenset({"web", "shopify", "woocommerce"})
"""The shop's own site: its orders come from the shop system, its visitors from web analytics, under other names."""


def _traffic_owners(panel: Panel) -> list[tuple[str, str]]:
    """Whose traffic could cover each leaf: the shop's, or the platform's where one export does not name the shop."""
    platforms = ["web" if name in OWN_SITES else name for name in panel.leaves["platform"]]
    shops = list(panel.leaves["shop"])
    unnamed = {"web", *(platform for platform, shop in zip(platforms, shops, strict=True) if not shop)}
    return [(name, "" if name in unnamed else shop) for name, shop in zip(platforms, shops, strict=True)]


def aliases_of(basis: Basis) -> dict[str, str]:
    """Which measures GMV is made of on a basis."""
    if basis == "traffic":
        return {"gmv": "pay_amount", "gmv_buyers": "pay_buyers", "buyer_gmv": "pay_amount"}
    return {"gmv": "gross_sales", "gmv_buyers": "buyers", "buyer_gmv": "buyer_sales"}


BASIS_TOLERANCE = 0.02


def basis_difference(panel: Panel, period: Period) -> float | None:
    """Payments of the traffic reports over sales of the order export, minus 1; None when one is not there."""
    if "pay_amount" not in panel.measures or "gross_sales" not in panel.measures:
        return None
    place = panel.positions(days_of(period))
    paid, sold = (float(np.nansum(panel.measures[name][:, place])) for name in ("pay_amount", "gross_sales"))
    return paid / sold - 1 if paid > 0 and sold > 0 else None


def basis_note(difference: float | None) -> tuple[Message, ...]:
    """The note that the two sources of GMV disagree, when they do by more than `BASIS_TOLERANCE`."""
    from ecops.messages import Percent

    if difference is None or abs(difference) <= BASIS_TOLERANCE:
        return ()
    return (
        Message(
            "Payments in the traffic reports differ from the order export by {difference}. Check that both cover the "
            "same shops and days.",
            difference=Percent(difference, signed=True),
        ),
    )
