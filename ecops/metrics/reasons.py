"""Why a figure is missing and what to bring in, in words."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence

from ecops.capability import capabilities
from ecops.messages import Count, DateRange, Message, Term, Value
from ecops.metrics.daily import DIMENSIONS, NAMES, PLACES, UNNAMED
from ecops.metrics.money.rates import WORDS, Rate, kinds
from ecops.metrics.panel import Coverage, Gap, Panel
from ecops.metrics.registry import Metric
from ecops.periods import Period
from ecops.tables import table

_SOURCE_OF = {"traffic_daily": "traffic", "order_lines": "sales", "ad_spend_daily": "ads"}
_KIND = {
    "sales": Term(en="orders", zh="订单"),
    "traffic": Term(en="traffic", zh="流量"),
    "payments": Term(en="payments beside its visitors", zh="与访客对应的支付数据"),
}


def missing_reason(entry: Metric, panel: Panel, sources: frozenset[str], has: Callable[[str], bool]) -> Message:
    """Which table, column or export a metric lacks; `has` tells whether a table is loaded."""
    if entry.gap is not None:
        return Message("Needs {what}.", what=entry.gap)
    if entry.page:
        return _told_elsewhere(entry, has)
    for need in entry.needs:
        name, _, column = need.partition(".")
        place = table(name)
        source = _SOURCE_OF.get(name)
        if source is not None and source not in sources and not _sales_by_orders(source, sources):
            if panel.by:
                return Message("Cannot be split this way, or not loaded: {table}.", table=place.label)
            return Message("Not loaded for these days: {table}.", table=place.label)
        if source is not None and column not in _filled(panel):
            label = place[column].label
            return Message("The column “{column}” is missing in “{table}”.", column=label, table=place.label)
    return Message("No figures for these days.")


def _told_elsewhere(entry: Metric, has: Callable[[str], bool]) -> Message:
    lacking = next((name for need in entry.needs if not has(name := need.partition(".")[0])), None)
    if lacking is not None:
        return Message("Not loaded: {table}.", table=table(lacking).label)
    page = _page(entry.page)
    return Message("Worked out on the page {page}.", page=page) if page else Message("No page works this out yet.")


def _page(stem: str) -> Term | None:
    """What a page is called in the menu; a metric may wait for a page that is not there."""
    if stem == "data":
        return Term(en="Data", zh="数据")
    return next((guest.label for guest in capabilities().values() if guest.page == stem), None)


_COLUMN_OF = {
    "bounces": "bounce_rate",
    "dwell_total": "dwell_seconds",
    "gross_sales": "paid_amount",
    "refunds": "refund_amount",
    "units": "quantity",
    "orders": "order_id",
    "buyers": "buyer_id",
    "placed_orders": "ordered_at",
    "paid_orders": "paid_at",
    "ad_cost": "cost",
    "ad_paid_amount": "paid_amount",
    "ad_clicks": "clicks",
    "ad_new_buyers": "new_buyers",
}


def _filled(panel: Panel) -> set[str]:
    return {_COLUMN_OF.get(name, name) for name in panel.measures}


def _sales_by_orders(source: str, sources: frozenset[str]) -> bool:
    return source == "sales" and bool({"items", "orders"} & sources)


def place_of(platform: str, shop: str) -> Value:
    """A shop as people name it; the whole business where neither is known."""
    return " ".join(part for part in (platform, shop) if part) or Term(en="the shop", zh="店铺")


def day_list(days: Sequence[dt.date]) -> Value:
    """Days as a value of a message: one day, a span without holes, or the first and how many."""
    first, last = min(days), max(days)
    if first == last:
        return first
    if (last - first).days + 1 == len(days):
        return DateRange(first, last)
    return Message("{count} days from {first} to {last}", count=Count(len(days)), first=first, last=last)


def gap_message(gap: Gap) -> Message:
    """One gap as a sentence."""
    kind, place = _KIND[gap.source], place_of(gap.platform, gap.shop)
    if gap.whole == "compare":
        return Message(
            "{place} has no {kind} at all in the comparison period: a new shop, or an export not loaded yet.",
            place=place,
            kind=kind,
        )
    if gap.whole == "period":
        return Message(
            "{place} has no {kind} at all in this period: closed, or an export not loaded yet.", place=place, kind=kind
        )
    return Message("{place} has no {kind} on {days}.", place=place, kind=kind, days=day_list(gap.days))


def data_notes(data: object) -> tuple[Message, ...]:
    """What was left out or doubtful when the tables were taken over."""
    return tuple(getattr(data, "notes", ()))


def coverage_notes(covered: Coverage, period: Period) -> tuple[Message, ...]:
    """What is missing, and on how many days the comparison stands."""
    notes = [gap_message(gap) for gap in covered.gaps]
    if covered.period_days and len(covered.period_days) < period.days:
        notes.append(
            Message(
                "Compared on {count} of {total} days, those that both periods have.",
                count=Count(len(covered.period_days)),
                total=Count(period.days),
            )
        )
    return tuple(notes)


def rates_told(found: Mapping[tuple[str, str], Rate], currency: str) -> tuple[Message, ...]:
    """What net profit takes off, one sentence a kind of cost: each rate with its platforms and where it comes from."""
    told = []
    for key, kind in kinds().items():
        groups: dict[tuple[Term, Value], list[str]] = {}
        for (platform, name), rate in found.items():
            if name == key:
                itself = Term(en="the spend itself", zh="实际花费")
                value = itself if math.isnan(rate.value) else kind.written(rate.value, currency)
                groups.setdefault((WORDS[rate.source], value), []).append(platform)
        parts = [
            Message("{places}: {rate} ({origin})", places=_listed(platforms), rate=value, origin=word)
            for (word, value), platforms in groups.items()
        ]
        if parts:
            told.append(Message("{label}: {rates}.", label=kind.label, rates=_joined(parts, "{first}; {second}")))
    return tuple(told)


def spread_note(panel: Panel, columns: Sequence[str]) -> tuple[Message, ...]:
    """A note where the margin of a channel or device bears costs that no file tells by channel or device."""
    finer = next((column for column in columns if column not in PLACES), None)
    if finer is None or "earned" not in panel.measures:
        return ()
    return (
        Message(
            "No file tells commission, freight and promotion by {name}: in its net margin each part bears the average "
            "of its platform.",
            name=DIMENSIONS[finer],
        ),
    )


def _listed(platforms: Sequence[str]) -> Value:
    return _joined([NAMES.get(name, name) if name else UNNAMED for name in platforms], "{first}, {second}")


def _joined(parts: Sequence[Value], pattern: str) -> Value:
    found = parts[0]
    for part in parts[1:]:
        found = Message(pattern, first=found, second=part)
    return found
