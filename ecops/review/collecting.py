"""Everything that every capability found for a week, each cause once, the most money first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from ecops import growth
from ecops.engine import load_sql
from ecops.errors import DataError
from ecops.finding import Amount, Finding
from ecops.funnel.workspace import bases, shop_funnel, shop_products
from ecops.handbook import advice
from ecops.messages import Count, Message, Percent
from ecops.metrics.daily import Data, opened
from ecops.periods import ONE_DAY, Compare, Period
from ecops.review import causes
from ecops.review.trials import registered, trial_findings

if TYPE_CHECKING:
    from ecops.experiments.register import Trial

SPANS = (1, 2, 4)
"""How many times the length of the period is looked at: a trouble that has lasted two weeks is invisible in week
against week."""

WATCHED = 5
"""At most so many findings that are only to be watched."""

_KEPT = 32
_answers: dict[tuple[Any, ...], tuple[Finding, ...]] = {}
_lock = Lock()


def collect(
    data: Any,
    period: Period,
    compare: Compare = "previous",
    *,
    spans: Sequence[int] = SPANS,
    trials: Mapping[str, Trial] | None = None,
) -> tuple[Finding, ...]:
    """Findings of growth, funnel, products and experiments for a period, each cause once, ranked.

    The period is compared with the one before, and so are spans of two and four times its length that end with it;
    confidence allows for the number of spans looked at. The answer is kept for each version of the data.

    Args:
        data: a workspace, or anything `ecops.growth.kpis` takes.
        period: the days of the review, usually a week.
        compare: "previous" looks at all `spans`; any other comparison at the period alone.
        spans: multiples of the period's length.
        trials: what the register knows of the experiments, by name; that of the workspace when None.

    Raises:
        EcopsError: the data cannot be opened.
    """
    known_trials = registered(data) if trials is None else trials
    ready = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
    key = (getattr(ready, "version", id(ready)), period, compare, tuple(spans), repr(known_trials))
    with _lock:
        known = _answers.get(key)
    if known is not None:
        return known
    found = _collected(ready, period, compare, tuple(spans) if compare == "previous" else (1,), known_trials)
    with _lock:
        while len(_answers) >= _KEPT:
            del _answers[next(iter(_answers))]
        _answers[key] = found
    return found


def changes(data: Any, period: Period, compare: Compare = "previous") -> tuple[Finding, ...]:
    """Why one span changed: findings of growth and the funnel, each cause once, ranked.

    They carry the same figures as in the weekly review; longer spans, products and tests are left out.

    Args:
        data: a workspace, or anything `ecops.growth.kpis` takes.
        period: the days to explain.
        compare: what they are compared with.

    Raises:
        EcopsError: the data cannot be opened, or the comparison does not exist.
    """
    ready = opened(data)
    found = _growth(ready, period, compare, first=True, last=True)
    if "counts" in bases(ready):
        found += _funnel(ready, period, compare)
    return causes.rank(causes.once(found, _leaves(ready, Period(period.compared(compare).start, period.end))))


def _collected(
    data: Data, period: Period, compare: Compare, spans: tuple[int, ...], trials: Mapping[str, Trial]
) -> tuple[Finding, ...]:
    windows = [Period(period.end - (span * period.days - 1) * ONE_DAY, period.end) for span in spans]
    parts: list[Sequence[Finding]] = []
    for place, days in enumerate(windows):
        parts.append(_growth(data, days, compare, first=place == 0, last=place == len(windows) - 1))
        parts.append(_funnel(data, days, compare))
    parts += [_products(data, period), trial_findings(data, period, trials)]
    found = [causes.corrected(finding, len(spans)) for part in parts for finding in part]
    first = min(days.compared(compare).start for days in windows)
    ranked = causes.rank(causes.once(found, _leaves(data, Period(first, period.end))))
    watched = [finding for finding in ranked if finding.confidence == "watch" and finding.area != "experiments"]
    return tuple(causes.told(finding, period) for finding in ranked if finding not in watched[WATCHED:])


def _growth(data: Data, period: Period, compare: Compare, *, first: bool, last: bool) -> list[Finding]:
    """Causes of a span. Defects are told of the period itself; too little data only when the longest span says so."""
    found = growth.diagnose(data, period, compare).findings
    return [
        finding
        for finding in found
        if (first or finding.kind != "data") and (last or finding.confidence != "insufficient")
    ]


def _leaves(data: Data, days: Period) -> causes.Places:
    """The smallest parts of the shop that have traffic in these days."""
    if not data.has("traffic_daily"):
        return causes.Places()
    sql = load_sql("ecops.review.queries", "places")
    return causes.Places(tuple(data.query(sql, {"start": days.start, "end": days.end}).to_pylist()))


def _funnel(data: Data, period: Period, compare: Compare) -> list[Finding]:
    """Steps that changed, as the funnel page tells them; nothing where nobody reports steps in these days."""
    known = bases(data)
    if not known:
        return []
    try:
        result = shop_funnel(data, period, compare, basis=known[0])
    except DataError:
        return []
    return [*result.findings, *result.watch]


def _products(data: Data, period: Period) -> list[Finding]:
    """Products that many put into the cart and few pay for, over the last four weeks."""
    table, span = shop_products(data, period)
    if table.empty:
        return []
    sure = table[table["tier"] == "confirmed"]
    return [_product(row, span, getattr(data, "currency", "")) for row in sure.to_dict("records")]


def _product(row: dict[Any, Any], span: Period, currency: str) -> Finding:
    lost = float(row["money_at_stake"]) * 7 / span.days
    expected = float(row["carts"]) * float(row["expected_pay_rate"]) / float(row["visitors"])
    return Finding(
        area="funnel",
        kind="product",
        subject={"platform": str(row["platform"]), "sku": str(row["product"])},
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
            product=str(row["title"]),
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
