"""What the page asks: each part of the picture from the data and a few plain choices, so that answers can be kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ecops.customers.orders.baskets import Baskets, By, baskets
from ecops.customers.orders.book import OrderBook, kept_book
from ecops.customers.programme.loyalty import (
    PointsOwed,
    Referral,
    Survey,
    card_effects,
    coupons,
    points,
    referral,
    survey,
)
from ecops.customers.programme.plan import Coupon, Planned, plan
from ecops.customers.programme.rhythm import effect
from ecops.customers.programme.tiers import Tiers, ladders, tiers
from ecops.customers.retention.cohorts import Cohorts, Metric, cohorts
from ecops.customers.retention.cohorts import Period as CohortPeriod
from ecops.customers.retention.goal import Goal, repeat_goal
from ecops.customers.retention.members import By as MemberBy
from ecops.customers.retention.members import Compared, members
from ecops.customers.retention.repeat import Repeat, repeat
from ecops.customers.retention.reviewed import churn_reasons, reviewed_by_segment
from ecops.customers.scoring.interests import interest_table
from ecops.customers.scoring.migration import Migration, Yardstick, migration
from ecops.customers.scoring.persona import Persona, completeness, persona
from ecops.customers.scoring.rfm import rfm
from ecops.customers.scoring.scores import Method, score
from ecops.customers.scoring.segments import Segmented, Split, segment
from ecops.customers.value.acquisition import ltv_cac
from ecops.customers.value.forecast import Value, fit_value
from ecops.errors import DataError
from ecops.finding import Finding
from ecops.handbook import get, overrides
from ecops.messages import Message, Percent
from ecops.periods import ONE_DAY, Period

GOOD = ("champions", "loyal", "important_value", "important_develop")


@dataclass(frozen=True, slots=True)
class Asked:
    """How customers are named.

    Attributes:
        until: last day that counts.
        scheme: key of a scheme.
        split: of the eight types.
        method: of the scores.
        window_days: orders of so many days count; None for all.
    """

    until: dt.date
    scheme: str = "grid11"
    split: str = "median"
    method: str = "auto"
    window_days: int | None = 365


def book(data: Any, until: dt.date) -> OrderBook:
    """The order book up to a day."""
    return kept_book(data, until)


def segments(data: Any, asked: Asked) -> Segmented:
    """Every customer's segment."""
    scores = score(rfm(book(data, asked.until), window_days=asked.window_days), method=cast("Method", asked.method))
    return segment(scores, asked.scheme, split=cast("Split", asked.split))


def moves(data: Any, asked: Asked, days: int, cuts: str) -> Migration:
    """How customers moved in the last `days` days."""
    end = asked.until + ONE_DAY
    return migration(
        book(data, asked.until),
        (end - days * ONE_DAY, end),
        scheme=asked.scheme,
        cuts=cast("Yardstick", cuts),
        method=cast("Method", asked.method),
        split=cast("Split", asked.split),
        window_days=asked.window_days,
    )


def cohort_table(data: Any, until: dt.date, metric: str, period: str, cumulative: bool) -> Cohorts:
    """The cohorts up to a day."""
    return cohorts(
        book(data, until),
        period=cast("CohortPeriod", period),
        metric=cast("Metric", metric),
        cumulative=cumulative,
    )


def coming_back(data: Any, until: dt.date) -> Repeat:
    """Repeat purchases and churn up to a day."""
    return repeat(book(data, until), window_days=int(get("customer.repurchase_window_days", data)))


def forecast(data: Any, until: dt.date, days: int) -> Value:
    """The forecast up to a day, with its backtest."""
    return fit_value(book(data, until), horizon_days=days)


def ranks(data: Any, until: dt.date, ladder: str, thresholds: tuple[float, ...] | None) -> Tiers:
    """Every customer's tier; by the shop's own thresholds where none are given."""
    return tiers(book(data, until), ladder, thresholds=thresholds or earned(data, ladder))


def earned(data: Any, ladder: str) -> tuple[float, ...] | None:
    """Orders that earn each tier of a ladder in this shop; None where scores decide."""
    chosen = ladders()[ladder]
    if chosen.basis != "orders":
        return None
    return tuple(get(tier.parameter, data) if tier.parameter else tier.least[0] for tier in chosen.tiers)


def held(data: Any, key: str) -> float:
    """A parameter of the handbooks as it holds for the shop."""
    return get(key, data)


def together(data: Any, until: dt.date, by: str) -> Baskets | None:
    """What is bought together over a year; None where too few orders hold the same product."""
    try:
        return baskets(data, by=cast("By", by), end=until)
    except DataError:
        return None


def planned(
    data: Any, asked: Asked, threshold: float, off: float, margin: float, response: float | None
) -> tuple[Planned, ...]:
    """The action of every segment."""
    return plan(
        book(data, asked.until), segments(data, asked), coupon=Coupon(threshold, off), margin=margin, response=response
    )


def told(data: Any, period: Period) -> tuple[Finding, ...]:
    """What the review is told, for the page."""
    from ecops.customers.weekly import customer_findings

    return tuple(customer_findings(data, period))


def verdict(found: Segmented, findings: tuple[Finding, ...]) -> Message:
    """The sentence for the top: what changed, else who brings the money."""
    sure = [finding for finding in findings if finding.confidence == "confirmed"]
    if sure:
        return sure[0].headline
    table = found.table().set_index("segment")
    keys = [entry.key for entry in found.scheme.segments if entry.key in GOOD]
    return Message(
        "{share} of the customers bring {money} of the sales; nothing changed beyond chance among them.",
        share=Percent(float(table.loc[keys, "share"].sum())),
        money=Percent(float(table.loc[keys, "money_share"].sum())),
    )


def lists(data: Any) -> tuple[bool, bool, bool]:
    """Whether there is a customer list, a questionnaire, and coupons."""
    return tuple(bool(data.has(name)) for name in ("customers", "surveys", "coupon_redemptions"))  # type: ignore[return-value]


def compared(data: Any, until: dt.date, by: str) -> Compared | None:
    """Members against others; None where one of the groups is empty."""
    try:
        return members(book(data, until), data, cast("MemberBy", by))
    except DataError:
        return None


def known(data: Any, until: dt.date) -> Any:
    """How much of the profile is filled."""
    return completeness(book(data, until), data)


def owed(data: Any) -> PointsOwed:
    """Points outstanding."""
    return points(data)


QUOTED = ("customer.quoted_points_retention", "customer.quoted_crm_value", "customer.quoted_community_cost")
"""What the handbooks say that points, a customer system and a community did elsewhere; no facts about this shop."""


def quoted(data: Any) -> Mapping[str, float]:
    """The values of `QUOTED` by the end of their names, as the owner left or changed them."""
    return {key.removeprefix("customer.quoted_"): float(get(key, data)) for key in QUOTED}


def brought(data: Any) -> Referral | None:
    """The referral factor; None where nobody invited anybody."""
    try:
        return referral(data)
    except DataError:
        return None


def person(data: Any, asked: Asked, key: str) -> Persona:
    """The persona card of a segment."""
    return persona(book(data, asked.until), segments(data, asked), data, [key])


def reviewed(data: Any) -> bool:
    """Whether there are reviews."""
    return bool(data.has("reviews"))


def reasons(data: Any, until: dt.date) -> Any:
    """Whose buyers stayed away more often than others, and what reviews say of it."""
    return churn_reasons(book(data, until), data)


def said_of(data: Any, asked: Asked, key: str) -> Any:
    """What reviews say about the products that a segment buys."""
    return reviewed_by_segment(book(data, asked.until), segments(data, asked), data, [key])


def asked_people(data: Any) -> Survey:
    """What people answered."""
    return survey(data)


def given_out(data: Any) -> Any:
    """Coupons and package cards by campaign."""
    return coupons(data)


def by_channel(data: Any, until: dt.date, months: int) -> Any:
    """Lifetime value and cost by first channel."""
    return ltv_cac(book(data, until), data, months=months)


def goal(data: Any, until: dt.date) -> Goal:
    """Repeat purchases of twelve months against the goal."""
    return repeat_goal(book(data, until), data, overrides(data))


def drawn(data: Any, until: dt.date) -> Any:
    """What customers are drawn to, and where they live who are."""
    return interest_table(data, until)


def member_days(data: Any, until: dt.date) -> Any:
    """What member and community days brought before."""
    return effect(book(data, until))


def after_cards(data: Any, until: dt.date) -> Any:
    """Whether whoever used a coupon or card ordered again more often."""
    return card_effects(data, until)
