"""What the figures behind the steps say to the review: each finding is one rule of the handbooks that fired.

Standing conditions have no comparison (`Finding.compare` is None); a rise of bounce or of failed payments has one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ecops import handbook
from ecops.finding import Amount, Finding, Trial
from ecops.funnel.leaks import campaigns, launches, pages, payments, searches, sources
from ecops.funnel.leaks.figures import HISTORY_DAYS, Figure, asked, rate_figure
from ecops.handbook import advice
from ecops.messages import Count, Message, Money, Number, Percent, Value
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY, Compare, Period
from ecops.statistics import benjamini_hochberg
from ecops.words import where

SURE, LIKELY = 0.01, 0.05
"""A change is confirmed below the first and to be watched below the second, after the correction for all platforms."""

BOUNCE = "funnel.bounce_industry"
"""Parameter with the industry's bounce of a home page."""

LEAST_BOUNCE = 0.05
"""Smallest relative rise or gap of a bounce rate worth telling."""


def rule_findings(data: Any, period: Period, compare: Compare = "previous") -> tuple[Finding, ...]:
    """Every rule about what lies behind the steps that fires in the period.

    Args:
        data: a workspace, or anything `ecops.metrics.kpis` takes.
        period: the days looked at.
        compare: what a change is compared with.
    """
    ready = opened(data)
    return (
        *bounce_findings(ready, period, compare),
        *interruption_findings(ready, period, compare),
        *_search(ready, period),
        *_platforms(ready, period),
        *_quality(ready, period),
        *_campaigns(ready, period),
        *_launched(ready, period),
    )


def _standing(rule: str, metric: str, subject: dict[str, str], period: Period, **told: Any) -> Finding:
    """A finding without a comparison; what is not told is unknown."""
    unknown = math.nan
    values: dict[str, Any] = {
        "before": unknown, "after": unknown, "ci": (unknown, unknown), "q_value": unknown, "n": 0,
        "confidence": "confirmed", "money": None, "compare": None,
    }  # fmt: skip
    return Finding(
        area="funnel", subject=subject, metric=metric, period=period, action=advice(rule), **{**values, **told}
    )


def bounce_findings(data: Any, period: Period, compare: Compare = "previous") -> Iterator[Finding]:
    """Bounce that rose on a platform, and home pages whose bounce stands above the industry's."""
    ready, before = opened(data), period.compared(compare)
    if ready.has("traffic_daily"):
        found: list[tuple[str, Figure]] = []
        for level in ("source", "item"):
            rows = _bounces(ready, level, min(before.start, period.start) - HISTORY_DAYS * ONE_DAY, period)
            known = {platform for platform, _ in found}
            for platform, part in rows.groupby("platform", sort=True):
                if platform not in known:
                    found.append((str(platform), rate_figure("bounce_rate", part, period, before)))
        q_values = benjamini_hochberg([figure.p_value for _, figure in found])
        for (platform, figure), q_value in zip(found, q_values, strict=True):
            rise = figure.value - figure.before
            if q_value < LIKELY and rise > LEAST_BOUNCE * figure.before:
                yield _risen("bounce_high", {"platform": platform}, (period, before), figure, float(q_value))
    yield from _homes(ready, period)


def _bounces(data: Any, level: str, start: Any, period: Period) -> pd.DataFrame:
    question = {"source": "sources_by_day", "item": "item_bounces_by_day"}[level]
    rows = asked(data, question, start, period.end)
    rows = rows.rename(columns={"bounces": "on", "bounce_visitors": "of"})
    return rows[["date", "platform", "on", "of"]].dropna()


def _risen(
    rule: str, subject: dict[str, str], spans: tuple[Period, Period], figure: Figure, q_value: float, **told: Any
) -> Finding:
    """A share that rose, with its interval."""
    entry = figure.metric
    evidence = Message(
        "{on} of {n}; {low} to {high} points more.",
        on=Count(figure.on),
        n=Count(figure.n),
        low=Number(figure.change_low * 100, 1),
        high=Number(figure.change_high * 100, 1),
    )
    return _standing(
        rule, entry.key, subject, spans[0], kind="rate", compare=spans[1], before=figure.before, after=figure.value,
        ci=(figure.change_low, figure.change_high), q_value=q_value, n=int(figure.n),
        confidence="confirmed" if q_value < SURE else "watch",
        **{
            "headline": Message(
                "{place}: {label} rose from {before} to {after}.", place=where(subject), label=entry.label,
                before=Percent(figure.before), after=Percent(figure.value),
            ),
            "evidence": evidence,
            **told,
        },
    )  # fmt: skip


def _homes(data: Any, period: Period) -> Iterator[Finding]:
    """Home pages, whose bounce the handbooks compare with the industry's."""
    if not data.has("page_loads"):
        return
    industry = handbook.get(BOUNCE, data)
    named = pages.bounce_by_page(data, period)
    homes = [str(page) for page in named.loc[named["home"], "page"]] if len(named) else []
    rows = asked(data, "page_loads", period.start, period.end)
    for page in homes:
        part = rows[rows["page"] == page].rename(columns={"bounces": "on", "known_visits": "of"})
        value, low, high, visits = sources.bounce_standing(part, period)
        if visits >= 100 and low > industry and value > (1 + LEAST_BOUNCE) * industry:
            yield _standing(
                "bounce_high", "bounce_rate", {"page": page}, period, kind="rate", before=industry, after=value,
                ci=(low - industry, high - industry), n=int(visits), parameters=(BOUNCE,),
                headline=Message(
                    "{page}: {rate} leave after this page; {industry} is the industry's figure of the handbooks.",
                    page=page, rate=Percent(value), industry=Percent(industry),
                ),
                evidence=Message(
                    "{low} to {high}, {visits} visits in {period}.", low=Percent(low), high=Percent(high),
                    visits=Count(visits), period=period.range,
                ),
            )  # fmt: skip


def interruption_findings(data: Any, period: Period, compare: Compare = "previous") -> Iterator[Finding]:
    """Payments that fail more often than before, with the first reason."""
    ready, before = opened(data), period.compared(compare)
    if not ready.has("payment_attempts"):
        return
    figure = payments.payment_interruption(ready, period, compare)
    if not (figure.p_value < LIKELY and figure.value > (1 + LEAST_BOUNCE) * figure.before):
        return
    reasons = payments.payment_reasons(ready, period)
    first = reasons.iloc[0]
    lost = float(reasons["never_paid"].sum())
    evidence = Message(
        "{failed} of {started} payments failed; {share} of them: {reason}.",
        failed=Count(figure.on),
        started=Count(figure.n),
        share=Percent(float(first["share"])),
        reason=str(first["reason"]) or Message("no reason given"),
    )
    currency = getattr(ready, "currency", "")
    week = lost * 7 / period.days
    money = Amount(-week, math.nan, math.nan, currency, "week") if lost > 0 else None
    yield _risen(
        "payment_interrupted", {}, (period, before), figure, figure.p_value, evidence=evidence, money=money
    )  # fmt: skip


def _search(data: Any, period: Period) -> Iterator[Finding]:
    """Words that were searched for often and found nothing; every search is known, so this is a count, not a test."""
    words = searches.search_words(data, period)
    if words.empty or not words["wanted"].any():
        return
    empty = words[words["wanted"]]
    lost, whole = float(empty["empty_searches"].sum()), float(words["searches"].sum())
    answered = words[words["empty_share"] < 0.5]
    on, of = float(answered["pay_buyers"].sum()), float(answered["searchers"].sum())
    notes: tuple[Message, ...] = ()
    people = float(empty["searchers"].sum())
    if of >= 100 and people > 0:
        notes = (
            Message(
                "Of those who searched for a word with results {rate} paid. If these words sold as well, it would be "
                "about {n} buyers more; nobody can promise that they do.",
                rate=Percent(on / of),
                n=Count(people * on / of),
            ),
        )
    yield _standing(
        "search_no_result", "search_no_result", {}, period, kind="rate", after=lost / whole, n=int(whole), notes=notes,
        headline=Message(
            "{n} words found nothing, searched for {searches} times: {words}.", n=len(empty), searches=Count(lost),
            words=", ".join(str(word) for word in empty["word"].head(3)),
        ),
        evidence=Message(
            "{share} of {all} searches in {period}.", share=Percent(lost / whole), all=Count(whole),
            period=period.range,
        ),
    )  # fmt: skip


def _platforms(data: Any, period: Period) -> Iterator[Finding]:
    """Platforms that get fewer of their orders paid than the others, week after week: a test to plan, with its size."""
    for gap in sources.payment_gaps(data, period):
        difference, week = gap.rate - gap.other_rate, gap.orders * 7 / gap.span.days
        money = None
        if math.isfinite(gap.value):
            ends = [end * week * gap.value for end in (difference, gap.low, gap.high)]
            money = Amount(ends[0], ends[1], ends[2], getattr(data, "currency", ""), "week")
        yield _standing(
            "platform_payment_gap", "order_payment_rate", {"platform": gap.platform}, gap.span, kind="rate",
            before=gap.other_rate, after=gap.rate, ci=(gap.low, gap.high), q_value=gap.q_value, n=int(gap.orders),
            money=money,
            headline=Message(
                "{place}: {rate} of orders are paid, {other} elsewhere, week after week.",
                place=where({"platform": gap.platform}), rate=Percent(gap.rate), other=Percent(gap.other_rate),
            ),
            evidence=Message(
                "{paid} of {orders} orders in {period}.", paid=Count(gap.paid), orders=Count(gap.orders),
                period=gap.span.range,
            ),
            notes=(
                Message(
                    "Test to plan: instant discount or reminder against nothing, {n} orders each, about {days} days at "
                    "today's orders, to see half of the gap close (power 80%).",
                    n=Count(gap.a_side), days=gap.test_days,
                ),
            ),
            trial=Trial(
                f"payment_reminder_{gap.platform}",
                Message(
                    "An instant discount or a payment reminder lets more of the orders of {place} be paid.",
                    place=where({"platform": gap.platform}),
                ),
                "payment_rate", gap.rate, (gap.other_rate - gap.rate) / 2 / gap.rate, 2 * gap.a_side,
            ),
        )  # fmt: skip


def _quality(data: Any, period: Period) -> Iterator[Finding]:
    """Sources with two flags or more; to be looked at, whatever the numbers."""
    table = sources.source_quality(data, period)
    if table.empty:
        return
    for row in table[table["flags"].str.count(",") >= 1].to_dict("records"):
        subject = {"platform": str(row["platform"]), "channel": str(row["channel"])}
        flags: Value = ""
        for flag in sources.flags_told(str(row["flags"])):
            flags = Message("{first} · {second}", first=flags, second=flag) if flags else flag
        yield _standing(
            "channel_quality", "pay_conversion", subject, period, kind="traffic", after=float(row["conversion"]),
            n=int(row["visitors"]), confidence="watch",
            headline=Message(
                "{place}: traffic unlike that of the other sources ({flags}).", place=where(subject), flags=flags
            ),
            evidence=Message(
                "Quality score {score} of 100 (50 is like the rest), {n} visitors. A question to ask, not a verdict.",
                score=Number(float(row["score"]), 0), n=Count(float(row["visitors"])),
            ),
        )  # fmt: skip


def _campaigns(data: Any, period: Period) -> Iterator[Finding]:
    """Campaigns whose return is surely below the lowest acceptable one."""
    table, span = campaigns.campaign_returns(data, period)
    if table.empty:
        return
    currency = getattr(data, "currency", "")
    for row in table[table["weak"]].to_dict("records"):
        subject = {"platform": str(row["platform"]), "campaign": str(row["campaign"])}
        short = [row["needed"] * row["cost"] - row["cost"] * row[end] for end in ("roi", "high", "low")]
        week = [-float(value) * 7 / span.days for value in short]
        yield _standing(
            "ad_roi_low", "roi", subject, span, kind="traffic", before=float(row["needed"]), after=float(row["roi"]),
            ci=(float(row["low"] - row["needed"]), float(row["high"] - row["needed"])),
            q_value=float(row["q_value"]), n=span.days, parameters=(campaigns.ROI,),
            money=Amount(week[0], min(week[1:]), max(week[1:]), currency, "week"),
            headline=Message(
                "{place}: each unit of money spent brought {roi}; {needed} is the lowest acceptable.",
                place=where(subject), roi=Number(float(row["roi"]), 2), needed=Number(float(row["needed"]), 2),
            ),
            evidence=Message(
                "{low} to {high}; {cost} spent in {period}.", low=Number(float(row["low"]), 2),
                high=Number(float(row["high"]), 2), cost=Money(float(row["cost"]), currency), period=span.range,
            ),
        )  # fmt: skip


def _launched(data: Any, period: Period) -> Iterator[Finding]:
    """New products that have been seen long enough: reviewed once their visitors can say something."""
    table = launches.new_products(data, period)
    if table.empty:
        return
    due = table[table["due"]]
    q_values = benjamini_hochberg(due["p_value"].to_numpy(float)) if len(due) else np.array([])
    for row, q_value in zip(due.to_dict("records"), q_values, strict=True):
        sure = float(q_value) < LIKELY
        yield _standing(
            "launch_review", "pay_conversion", {"platform": str(row["platform"]), "sku": str(row["sku"])}, period,
            kind="product", before=float(row["other_pay_rate"]), after=float(row["pay_rate"]),
            ci=(float(row["difference_low"]), float(row["difference_high"])), q_value=float(q_value),
            n=int(row["visitors"]), confidence="watch" if sure else "insufficient",
            headline=Message(
                "{product}, new since {day}: {rate} of its visitors pay, {other} of those of the other products.",
                product=str(row["title"]), day=row["first_day"], rate=Percent(float(row["pay_rate"])),
                other=Percent(float(row["other_pay_rate"])),
            ),
            evidence=Message(
                "{visitors} visitors on {days} days; favourites and carts {interest} a visitor, {usual} elsewhere.",
                visitors=Count(float(row["visitors"])), days=int(row["days"]), interest=Percent(float(row["interest"])),
                usual=Percent(float(row["other_interest"])),
            ),
        )  # fmt: skip
