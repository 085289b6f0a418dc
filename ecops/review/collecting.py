"""Everything that every capability found for a week, each cause once, the most money first."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from ecops import funnel, growth
from ecops.finding import Amount, Finding
from ecops.funnel.spec import known_steps
from ecops.growth.daily import Data, opened
from ecops.handbook import advice
from ecops.messages import Count, Message, Percent
from ecops.periods import ONE_DAY, Compare, Period
from ecops.review import causes
from ecops.review.trials import trial_findings
from ecops.store.engine import load_sql

if TYPE_CHECKING:
    import pandas as pd

SPANS = (1, 2, 4)
"""How many times the length of the period is looked at: a trouble that has lasted two weeks is invisible in week
against week."""

PRODUCT_DAYS = 28
WATCHED = 5
"""At most so many findings that are only to be watched."""

_COLUMNS = ("visitors", "cart_users", "order_buyers", "pay_buyers")
_STEPS = {"visitors": "visit", "cart_users": "cart", "order_buyers": "order", "pay_buyers": "pay"}
_PLACES = ("platform", "shop", "channel", "device")
_KEPT = 32
_answers: dict[tuple[Any, ...], tuple[Finding, ...]] = {}
_lock = Lock()


def collect(
    data: Any, period: Period, compare: Compare = "previous", *, spans: Sequence[int] = SPANS
) -> tuple[Finding, ...]:
    """Findings of growth, funnel, products and experiments for a period, each cause once, ranked.

    The period is compared with the one before, and so are spans of two and four times its length that end with it;
    confidence allows for the number of spans looked at. The answer is kept for each version of the data.

    Args:
        data: a workspace, or anything `ecops.growth.kpis` takes.
        period: the days of the review, usually a week.
        compare: "previous" looks at all `spans`; any other comparison at the period alone.
        spans: multiples of the period's length.

    Raises:
        EcopsError: the data cannot be opened.
    """
    ready = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
    key = (getattr(ready, "version", id(ready)), period, compare, tuple(spans))
    with _lock:
        known = _answers.get(key)
    if known is not None:
        return known
    found = _collected(ready, period, compare, tuple(spans) if compare == "previous" else (1,))
    with _lock:
        while len(_answers) >= _KEPT:
            del _answers[next(iter(_answers))]
        _answers[key] = found
    return found


def _collected(data: Data, period: Period, compare: Compare, spans: tuple[int, ...]) -> tuple[Finding, ...]:
    windows = [_window(period, compare, span) for span in spans]
    first = min(other.start for _, other in windows)
    steps = _step_rows(data, Period(first, period.end))
    tasks: list[Callable[[], Sequence[Finding]]] = []
    for place, (days, other) in enumerate(windows):
        tasks.append(functools.partial(_growth, data, days, compare, first=place == 0, last=place == len(windows) - 1))
        tasks.append(functools.partial(_funnel, steps, days, other, getattr(data, "currency", "")))
    tasks += [functools.partial(_products, data, period), functools.partial(trial_findings, data, period)]
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda task: task(), tasks))
    found = [causes.corrected(finding, len(spans)) for part in parts for finding in part]
    ranked = causes.rank(causes.once(found, _leaves(steps)))
    watched = [finding for finding in ranked if finding.confidence == "watch" and finding.area != "experiments"]
    return tuple(causes.told(finding, period) for finding in ranked if finding not in watched[WATCHED:])


def _window(period: Period, compare: Compare, span: int) -> tuple[Period, Period]:
    days = Period(period.end - (span * period.days - 1) * ONE_DAY, period.end)
    return days, days.compared(compare)


def _growth(data: Data, period: Period, compare: Compare, *, first: bool, last: bool) -> list[Finding]:
    """Causes of a span. Defects are told of the period itself; too little data only when the longest span says so."""
    found = growth.diagnose(data, period, compare).findings
    return [
        finding
        for finding in found
        if (first or finding.kind != "data") and (last or finding.confidence != "insufficient")
    ]


def _step_rows(data: Data, days: Period) -> pd.DataFrame:
    import pandas as pd

    if not data.has("traffic_daily"):
        return pd.DataFrame(columns=["date", *_PLACES, *_COLUMNS, "pay_amount"])
    sql = load_sql("ecops.review.queries", "steps")
    rows = data.query(sql, {"start": days.start, "end": days.end}).to_pandas()
    rows["date"] = pd.to_datetime(rows["date"]).dt.date
    return rows


def _leaves(rows: pd.DataFrame) -> causes.Places:
    names = list(_PLACES)
    return causes.Places(tuple(rows[names].drop_duplicates().astype(str).to_dict("records")))


def _funnel(rows: pd.DataFrame, period: Period, compare: Period, currency: str) -> list[Finding]:
    """Steps that changed; platforms that report the same steps are tested together."""
    found: list[Finding] = []
    for columns, part in _by_steps(rows):
        after, before = _alike(part, period, compare)
        if len(columns) < 2 or not len(after) or not len(before):
            continue
        by = [name for name in _PLACES if len(set(part[name])) > 1]
        steps = [replace(known_steps()[_STEPS[column]], columns=(column,)) for column in columns]
        tables = [
            funnel.from_table(side, steps, by, date="date", amount="pay_amount", period=days, currency=currency)
            for side, days in ((after, period), (before, compare))
        ]
        if any(table.counts[:, 0].sum() <= 0 for table in tables):
            continue
        result = funnel.diagnose(*tables)
        found += [*result.findings, *result.watch]
    return found


def _by_steps(rows: pd.DataFrame) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """Rows grouped by which steps their platform and shop report."""
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for place, part in rows.groupby(["platform", "shop"], sort=True):
        columns = tuple(name for name in _COLUMNS if part[name].notna().any() and part[name].sum() > 0)
        groups.setdefault(columns, []).append(place)
    keys = list(zip(rows["platform"], rows["shop"], strict=True))
    return [(columns, rows[[key in places for key in keys]]) for columns, places in groups.items()]


def _alike(rows: pd.DataFrame, period: Period, compare: Period) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The days of both spans whose counterpart is there too, by platform and shop."""
    shift = (period.start - compare.start).days
    place = rows["platform"] + "\n" + rows["shop"]
    there = set(zip(place, rows["date"], strict=True))
    inside = [(rows["date"] >= span.start) & (rows["date"] <= span.end) for span in (period, compare)]
    sides = []
    for mask, move in ((inside[0], -shift), (inside[1], shift)):
        part = rows[mask]
        other = zip(place[mask], part["date"], strict=True)
        sides.append(part[[(name, day + move * ONE_DAY) in there for name, day in other]])
    return sides[0].fillna(0.0), sides[1].fillna(0.0)


def _products(data: Data, period: Period) -> list[Finding]:
    """Products that many put into the cart and few pay for, over the last four weeks."""
    span = Period(period.end - (PRODUCT_DAYS - 1) * ONE_DAY, period.end)
    if not data.has("traffic_daily"):
        return []
    sql = load_sql("ecops.review.queries", "products")
    rows = data.query(sql, {"start": span.start, "end": span.end}).to_pandas()
    currency = getattr(data, "currency", "")
    found: list[Finding] = []
    for platform, part in rows.dropna(subset=["visitors", "cart_users", "pay_buyers"]).groupby("platform", sort=True):
        usable = part[part["sku"].notna()]
        if usable["sku"].nunique() < 5 or not usable["cart_users"].sum() > 0:
            continue
        table = funnel.cart_pay_products(usable.drop(columns="date"), "sku")
        titles = dict(zip(usable["sku"].astype(str), usable["title"].astype(str), strict=True))
        sure = table[table["tier"] == "confirmed"]
        found += [_product(row, str(platform), titles, span, currency) for row in sure.to_dict("records")]
    return found


def _product(row: dict[Any, Any], platform: str, titles: dict[str, str], span: Period, currency: str) -> Finding:
    lost = float(row["money_at_stake"]) * 7 / span.days
    expected = float(row["carts"]) * float(row["expected_pay_rate"]) / float(row["visitors"])
    name = titles.get(row["product"], row["product"])
    return Finding(
        area="funnel",
        kind="product",
        subject={"platform": platform, "sku": str(row["product"])},
        metric="pay_conversion",
        period=span,
        compare=None,
        before=expected,
        after=float(row["pays"]) / float(row["visitors"]),
        ci=(math.nan, math.nan),
        q_value=math.nan,
        n=int(row["visitors"]),
        confidence="confirmed",
        money=Amount(-lost, math.nan, math.nan, currency, "week") if math.isfinite(lost) else None,
        headline=Message(
            "{product}: {cart_rate} of its visitors put it into the cart, but only {pay_rate} of these pay; "
            "{expected} is usual.",
            product=name,
            cart_rate=Percent(float(row["cart_rate"])),
            pay_rate=Percent(float(row["pay_rate"])),
            expected=Percent(float(row["expected_pay_rate"])),
        ),
        evidence=Message(
            "{visitors} visitors, {carts} with it in the cart, {pays} paid in {period}.",
            visitors=Count(float(row["visitors"])),
            carts=Count(float(row["carts"])),
            pays=Count(float(row["pays"])),
            period=span.range,
        ),
        action=advice("cart_high_pay_low"),
    )
