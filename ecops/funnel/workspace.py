"""The funnel of a whole shop from what its workspace holds: which level, which steps, which segments, which days.

Daily counts come from several platforms that do not all report the same steps, on levels that must never be added up;
a log of events has its own. Here both become the tables that `diagnose` compares, with a note for all that is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ecops.engine import load_sql
from ecops.errors import DataError
from ecops.finding import Amount, Finding
from ecops.funnel.causes.diagnosis import Diagnosis, diagnose
from ecops.funnel.causes.products import cart_pay_products
from ecops.funnel.causes.quality import quality
from ecops.funnel.reading import logs
from ecops.funnel.reading.counts import from_table
from ecops.funnel.reading.own import ALL_STEPS, Words, log_spec
from ecops.funnel.spec import FunnelSpec, Step, known_steps, presets
from ecops.funnel.table import FunnelTable, Issue
from ecops.messages import Message, Percent
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Compare, Period
from ecops.words import where

if TYPE_CHECKING:
    import pandas as pd

Basis = Literal["counts", "events"]
"""counts: the platforms' own daily figures. events: people followed through a log."""

PRODUCT_DAYS = 28
"""Products are judged over at least four weeks; a fortnight of one product is too little."""

_OF_COLUMN = {"visitors": "visit", "cart_users": "cart", "order_buyers": "order", "pay_buyers": "pay"}
_COLUMNS = ("impressions", "clicks", *_OF_COLUMN)
_PLACES = ("platform", "shop", "channel", "device", "segment", "title")
_MOST_SEGMENTS = 400


@dataclass(frozen=True)
class ShopFunnel:
    """A funnel with its comparison and everything a page says about it.

    Attributes:
        after: the funnel of the period.
        before: of the days compared with; None when there are none.
        verdict: the sentence for the top.
        findings: confirmed causes, the most money first, places named as people name them.
        watch: to be watched, likewise.
        total: the money of all confirmed causes together over the period; None without money or causes.
        issues: what the data does that a reader must know first, worst first.
        diagnosis: what `diagnose` found; None without a comparison.
        notes: what was left out, and why.
    """

    after: FunnelTable
    before: FunnelTable | None
    verdict: Message
    findings: tuple[Finding, ...]
    watch: tuple[Finding, ...]
    total: Amount | None
    issues: tuple[Issue, ...]
    diagnosis: Diagnosis | None
    notes: tuple[Message, ...] = ()


def bases(data: Any) -> tuple[Basis, ...]:
    """What the data can make a funnel of."""
    ready = opened(data)
    found: list[Basis] = ["counts"] if ready.has("traffic_daily") else []
    return (*found, "events") if ready.has("events") else tuple(found)


def step_choices(
    data: Any, period: Period, compare: Compare = "previous", basis: Basis = "counts", words: Words = ()
) -> tuple[str, ...]:
    """`ALL_STEPS` and the presets whose every step somebody reports in the period."""
    ready = opened(data)
    if basis == "events":
        return logs.step_choices(ready, words)
    rows = daily_rows(ready, period, period.compared(compare))
    return (ALL_STEPS, *(key for key, preset in presets().items() if _shops_with(rows, preset.steps)[1]))


def shop_funnel(
    data: Any,
    period: Period,
    compare: Compare = "previous",
    *,
    steps: str = ALL_STEPS,
    basis: Basis = "counts",
    spec: FunnelSpec | None = None,
    words: Words = (),
    people: bool = False,
) -> ShopFunnel:
    """The funnel of a workspace, compared and diagnosed once for the whole shop.

    Counts: for each platform and shop the level that reports the most steps is taken, sources before the whole shop
    before products. Platforms that do not report the steps are left out and named. Days that one of the two spans lacks
    are left out on both sides.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what they are compared with.
        steps: a preset, or `ALL_STEPS`.
        basis: see `Basis`.
        spec: the funnel asked of events, see `logs.event_spec`; that of `steps` when None.
        words: what the shop's own events mean.
        people: split events by new and returning people, gender and age too.

    Raises:
        DataError: no traffic or no events in the period, or nobody reports the steps.
    """
    ready = opened(data)
    if basis == "events":
        asked = spec or log_spec(sorted(logs.events_in(ready)), steps, words=words)
        return compared(*logs.event_funnel(ready, period, period.compared(compare), asked, words, people=people))
    rows = daily_rows(ready, period, period.compared(compare))
    chosen, shops, notes = chosen_steps(rows, steps)
    if not shops:
        raise DataError(
            Message("No platform reports these steps in these days."),
            Message("Choose other steps or other dates, or load the traffic report of these days."),
        )
    rows = rows[[shop in shops for shop in zip(rows["platform"], rows["shop"], strict=True)]]
    now, then, gaps = _alike(rows, period, period.compared(compare))
    by = _split_by(rows)
    named: Any = {"date": "date", "amount": "pay_amount", "currency": getattr(ready, "currency", "")}
    after = from_table(now, chosen, by, period=period, **named)
    before = from_table(then, chosen, by, period=period.compared(compare), **named) if len(then) else None
    past = _rows_before(ready, rows, period, period.compared(compare))
    if len(past):
        after = replace(after, past=from_table(past, chosen, by, **named))
    # Where one platform of several has the steps, sentences must say which.
    only = next(iter(shops))[0] if notes and len({platform for platform, _ in shops}) == 1 else ""
    return compared(after, before, (*notes, *gaps), only)


def compared(
    after: FunnelTable,
    before: FunnelTable | None,
    notes: Sequence[Message] = (),
    platform: str = "",
) -> ShopFunnel:
    """A funnel and its comparison, diagnosed; without a comparison, or with an empty one, only described.

    Args:
        after: the funnel looked at.
        before: what it is compared with.
        notes: what was left out of both.
        platform: named in every sentence, where the funnel is of this platform alone.
    """
    first = after.required[0]
    if before is None or not before.counts[:, first].sum() > 0:
        return ShopFunnel(after, None, described(after), (), (), None, quality(after), None, tuple(notes))
    result = diagnose(after, before)
    findings = tuple(_named(finding, platform) for finding in result.findings)
    verdict = result.verdict
    for finding, told in zip(result.findings, findings, strict=True):
        verdict = told.headline if verdict is finding.headline else verdict
    return ShopFunnel(
        after,
        before,
        verdict,
        findings,
        tuple(_named(finding, platform) for finding in result.watch),
        _total(findings, after),
        result.issues,
        result,
        tuple(notes),
    )


def described(table: FunnelTable) -> Message:
    """Where a funnel loses most, when there is nothing to compare it with."""
    counts = table.distinct
    rates = [
        (counts[step] / counts[base], step, base)
        for base, step in zip(table.required, table.required[1:], strict=False)
        if counts[base] > 0
    ]
    if not rates:
        return Message("Nobody took the first step in these days.")
    rate, step, base = min(rates)
    return Message(
        "The narrowest step is {base} to {step}: {rate} go on. Without a comparison nobody can say if that is new.",
        base=table.steps[base].term,
        step=table.steps[step].term,
        rate=Percent(float(rate)),
    )


def shop_products(data: Any, period: Period) -> tuple[pd.DataFrame, Period]:
    """Products that many put into the cart and few pay for, and the days they were judged over.

    Returns:
        The rows of `cart_pay_products` for each platform with at least five products, with `platform` and `title`; the
        most money first. Empty when no report has products.
    """
    import pandas as pd

    span = Period(period.end - (max(period.days, PRODUCT_DAYS) - 1) * ONE_DAY, period.end)
    ready = opened(data)
    if not ready.has("traffic_daily"):
        return pd.DataFrame(), span
    rows = ready.query(load_sql("ecops.funnel.queries", "items"), {"start": span.start, "end": span.end}).to_pandas()
    found = []
    for platform, part in rows.groupby("platform", sort=True):
        if len(part) >= 5 and part["cart_users"].sum() > 0:
            titles = dict(zip(part["sku"].astype(str), part["title"].astype(str), strict=True))
            named = cart_pay_products(part.drop(columns=["title", "platform"]), "sku", amount="pay_amount")
            found.append(named.assign(platform=platform, title=named["product"].map(titles)))
    if not found:
        return pd.DataFrame(), span
    whole = pd.concat(found, ignore_index=True)
    return whole.sort_values(["tier", "money_at_stake"], ascending=[True, False], ignore_index=True), span


def _rows_before(data: Any, rows: pd.DataFrame, period: Period, before: Period) -> pd.DataFrame:
    """Rows of the days before both spans, of the same shops on the same levels."""
    import pandas as pd

    past = logs.history_span(period, before)
    if past is None:
        return rows.iloc[:0]
    found = data.query(load_sql("ecops.funnel.queries", "steps"), {"start": past.start, "end": past.end}).to_pandas()
    if found.empty:
        return found
    levels = dict(zip(zip(rows["platform"], rows["shop"], strict=True), rows["level"], strict=True))
    kept = [
        levels.get((platform, shop)) == level
        for platform, shop, level in zip(found["platform"], found["shop"], found["level"], strict=True)
    ]
    found = found[kept]
    found["date"] = pd.to_datetime(found["date"]).dt.date
    numbers = [*_COLUMNS, "pay_amount"]
    return found.assign(**found[numbers].astype(float).fillna(0.0))


_RANK = {"item": 1, "shop": 2, "source": 3}
"""Levels by how much they say; a level that an older release let in says least."""


def daily_rows(data: Any, period: Period, before: Period) -> pd.DataFrame:
    """Daily counts of both spans, one level for each platform and shop."""
    import pandas as pd

    sql = load_sql("ecops.funnel.queries", "steps")
    span = {"start": min(before.start, period.start), "end": max(before.end, period.end)}
    rows = data.query(sql, span).to_pandas()
    if rows.empty:
        raise DataError(
            Message("There is no traffic in these days."), Message("Choose other dates, or load the traffic report.")
        )
    rows["date"] = pd.to_datetime(rows["date"]).dt.date
    rows[list(_COLUMNS)] = rows[list(_COLUMNS)].astype(float)
    kept = []
    for _, part in rows.groupby(["platform", "shop"], sort=True):
        levels = {str(level): len(_reported(side)) for level, side in part.groupby("level")}
        # On a tie sources say more than the whole shop; products count a person once for each product she saw.
        best = max(levels, key=lambda level: (levels[level], _RANK.get(level, 0)))
        if best == "item" and max(levels.get("source", 0), levels.get("shop", 0)) >= 2:
            best = max((level for level in levels if level != "item"), key=lambda level: (levels[level], level))
        kept.append(part[part["level"] == best])
    return pd.concat(kept, ignore_index=True)


def _reported(rows: pd.DataFrame) -> tuple[str, ...]:
    """The columns of steps that have any number."""
    return tuple(name for name in _COLUMNS if rows[name].sum() > 0)


Shops = frozenset[tuple[str, str]]


def chosen_steps(rows: pd.DataFrame, steps: str) -> tuple[tuple[Step, ...], Shops, list[Message]]:
    """The steps, the (platform, shop) pairs that report all of them, and who is left out."""
    everybody = frozenset(zip(rows["platform"], rows["shop"], strict=True))
    if steps != ALL_STEPS:
        chosen, shops = _shops_with(rows, presets()[steps].steps)
    else:
        chosen, shops = _most_told(rows)
    left = sorted({platform for platform, _ in everybody - shops})
    if not shops or not left:
        return chosen, shops, []
    names: Any = where(dict(enumerate(left)))  # type: ignore[arg-type]
    return chosen, shops, [Message("Left out, because the steps are not reported there: {places}.", places=names)]


def _most_told(rows: pd.DataFrame) -> tuple[tuple[Step, ...], Shops]:
    """The steps from visit to payment that say most: transitions times the people they are known of."""
    told = {
        shop: tuple(name for name in _reported(part) if name in _OF_COLUMN)
        for shop, part in rows.groupby(["platform", "shop"], sort=True)
    }
    people = rows.groupby(["platform", "shop"])["visitors"].sum()
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for columns in dict.fromkeys(told.values()):
        covered = [shop for shop, own in told.items() if set(columns) <= set(own)]
        best = max(best, ((len(columns) - 1) * float(people[covered].sum()), columns))
    columns = best[1]
    shops = frozenset(shop for shop, own in told.items() if columns and set(columns) <= set(own))
    return tuple(replace(known_steps()[_OF_COLUMN[name]], columns=(name,)) for name in columns), shops


def _shops_with(rows: pd.DataFrame, steps: Sequence[Step]) -> tuple[tuple[Step, ...], Shops]:
    """The steps, each with the one column used for all, and the shops that report all of them."""
    reported = set(_reported(rows))
    columns = [next((name for name in step.columns if name in reported), None) for step in steps]
    if None in columns or len(set(columns)) < len(columns):
        return tuple(steps), frozenset()
    chosen = tuple(replace(step, columns=(str(name),)) for step, name in zip(steps, columns, strict=True))
    shops = frozenset(
        shop for shop, part in rows.groupby(["platform", "shop"], sort=True) if set(columns) <= set(_reported(part))
    )
    return chosen, shops


def _split_by(rows: pd.DataFrame) -> list[str]:
    """Dimensions with several values; the shop only where a platform has several."""
    found = [name for name in _PLACES if len(rows[name].unique()) > 1]
    shops = rows.groupby("platform")["shop"].nunique()
    return [name for name in found if name != "shop" or (shops > 1).any()]


def _alike(rows: pd.DataFrame, period: Period, before: Period) -> tuple[pd.DataFrame, pd.DataFrame, list[Message]]:
    """The rows of both spans whose counterpart is there too, by platform and shop."""
    shift = (period.start - before.start).days
    place = rows["platform"] + "\n" + rows["shop"]
    there = set(zip(place, rows["date"], strict=True))
    sides = []
    days: list[set[dt.date]] = []
    for span, move in ((period, -shift), (before, shift)):
        inside = (rows["date"] >= span.start) & (rows["date"] <= span.end)
        part, its = rows[inside], place[inside]
        other = [(name, day + move * ONE_DAY) in there for name, day in zip(its, part["date"], strict=True)]
        days.append(set(part["date"]))
        sides.append(part[other].fillna(dict.fromkeys((*_COLUMNS, "pay_amount"), 0.0)))
    now, then = sides
    if then.empty:
        inside = (rows["date"] >= period.start) & (rows["date"] <= period.end)
        return rows[inside].fillna(dict.fromkeys((*_COLUMNS, "pay_amount"), 0.0)), then, [
            Message("There is no traffic in the days compared with.")
        ]  # fmt: skip
    missing = len(days[0]) - now["date"].nunique()
    notes = [Message("{n} days without a counterpart are left out of both spans.", n=missing)] if missing > 0 else []
    return now, then, notes


def _named(finding: Finding, platform: str) -> Finding:
    """The finding with the platform that the whole funnel is of, where it is of one."""
    if not platform:
        return finding
    subject = {"platform": platform, **finding.subject}
    params = finding.headline.params
    if "place" in params:
        place = where({name: value for name, value in subject.items() if name != "step"})
        headline = Message(finding.headline.id, **{**params, "place": place})
        return replace(finding, subject=subject, headline=headline)
    return replace(finding, subject=subject)


def _total(findings: Sequence[Finding], table: FunnelTable) -> Amount | None:
    """All confirmed causes over the period; the ends of independent intervals add up by squares."""
    scale = {"week": (table.period.days if table.period else 7) / 7}
    amounts = [(f.money, scale.get(f.money.horizon, 1.0)) for f in findings if f.money is not None]
    if not amounts:
        return None
    value = sum(money.value * by for money, by in amounts)
    below = sum(((money.value - money.low) * by) ** 2 for money, by in amounts) ** 0.5
    above = sum(((money.high - money.value) * by) ** 2 for money, by in amounts) ** 0.5
    return Amount(value, value - below, value + above, amounts[0][0].currency, "period")
