"""What is to be done about the running presale, in sentences a manager reads aloud, with money and advice."""

from __future__ import annotations

import math
from typing import Any

from ecops.finding import Amount, Confidence, Finding
from ecops.handbook import advice
from ecops.messages import Count, Message, Money, Number, Percent
from ecops.periods import ONE_DAY, Period
from ecops.presale.analysis import Item, Presale
from ecops.presale.campaigns.series import Series
from ecops.presale.decisions.capacity import Capacity
from ecops.presale.decisions.gate import Gate
from ecops.presale.futures.conversion import conversion_of

_SOON = 7
"""An order is told of from so many days before its last day on."""

_SURE, _VERY_SURE = 0.05, 0.01
_CAMPAIGNS = 3
"""With fewer past campaigns nothing about a presale is confirmed."""

_BUSY = 1.5
"""A day is worth a word from so many usual days on."""

_LATELY = 30
_NONE = (math.nan, math.nan)

RULE = ("inventory.presale_uplift", "inventory.presale_base_days")
"""Parameters of the handbook's rule."""


def findings(found: Presale, period: Period | None = None) -> tuple[Finding, ...]:
    """The findings of a day: orders that are due, paths that are left, gates, capacity, balances that stay away.

    Args:
        found: of `analyse`.
        period: what the findings are about; the last day when None.
    """
    days = period or Period(found.today, found.today)
    told: list[Finding] = []
    for item in found.items:
        told += _path(found, item, days)
        told += _gate(found, item, days) if item.gate is not None else _order(found, item, days)
    for name, need in found.capacities.items():
        told += _capacity(found, name, need, days)
    told += _balances(found, days)
    return tuple(told)


def _finding(days: Period, subject: dict[str, str], metric: str, rule: str, **rest: Any) -> Finding:
    given: dict[str, Any] = {
        "area": "presale", "kind": "stock", "subject": subject, "metric": metric, "period": days, "compare": None,
        "before": math.nan, "after": math.nan, "ci": _NONE, "q_value": math.nan, "money": None,
        "action": advice(rule),
    }  # fmt: skip
    return Finding(**{**given, **rest})


def _subject(series: Series) -> dict[str, str]:
    return {"campaign": series.campaign, "sku": series.sku}


def _confidence(campaigns: int, sure: bool) -> Confidence:
    if campaigns == 0:
        return "insufficient"
    return "confirmed" if sure and campaigns >= _CAMPAIGNS else "watch"


def _path(found: Presale, item: Item, days: Period) -> list[Finding]:
    """Deposits that have left the band that was predicted a week before."""
    path, series = item.track, item.series
    if path.state not in {"above", "below"} or series.closed:
        return []
    missing = series.total - path.expected
    value = missing * item.prediction.conversion.mean * item.money.price
    words = {
        "product": item.name,
        "deposits": Count(series.total),
        "day": found.today,
        "expected": Count(path.expected),
        "origin": path.origin,
    }
    below = path.state == "below"
    headline = (
        Message("{product}: {deposits} deposits by {day}, fewer than the {expected} expected on {origin}.", **words)
        if below
        else Message("{product}: {deposits} deposits by {day}, more than the {expected} expected on {origin}.", **words)
    )
    low, high = item.prediction.interval("deposits")
    return [
        _finding(
            days, _subject(series), "presale_deposits", "presale_below" if below else "presale_above",
            before=path.expected, after=series.total, q_value=path.p, n=int(series.total),
            confidence=_confidence(item.prediction.campaigns, path.p < _VERY_SURE),
            money=Amount(value, math.nan, math.nan, found.currency),
            headline=headline,
            evidence=Message(
                "The presale now leads to {low} to {high} deposits by {closes} (90%).",
                low=Count(low), high=Count(high), closes=series.closes,
            ),
        )
    ]  # fmt: skip


def _order(found: Presale, item: Item, days: Period) -> list[Finding]:
    """An order that is due soon, or late already."""
    plan, series = item.plan, item.series
    if plan.quantity <= 0 or found.today < item.latest - _SOON * ONE_DAY:
        return []
    price = item.money.price
    words = {"product": item.name, "order": Count(plan.quantity), "latest": item.latest, "arrives": item.arrives}
    headline = (
        Message(
            "{product}: order {order} units for the presale now; they arrive on {arrives}, {days} days after balances "
            "open.", **words, days=(item.arrives - series.balance_from).days,
        )
        if item.late
        else Message("{product}: order {order} units for the presale by {latest}.", **words)
    )  # fmt: skip
    low, high = item.prediction.interval("need")
    notes = [_rule_note(item)]
    if plan.promise_cost > 0.005 * abs(plan.outcome.profit):
        notes.append(
            Message("The promise to ship every paid balance with {service} certainty decides the quantity.",
                    service=Percent(item.money.service))
        )  # fmt: skip
    return [
        _finding(
            days, _subject(series), "presale_cover", "presale_order",
            after=plan.without.cover, n=int(series.total),
            confidence=_confidence(item.prediction.campaigns, plan.without.cover < _SURE),
            money=Amount(-plan.saved * price, -plan.saved_high * price, -plan.saved_low * price, found.currency),
            headline=headline,
            evidence=Message(
                "{low} to {high} units will be needed (90%), {there} are there or surely come; without an order {late} "
                "paid balances could not be shipped.",
                low=Count(low), high=Count(high), there=Count(item.money.available), late=Count(plan.without.late),
            ),
            notes=tuple(notes),
            parameters=RULE,
        )
    ]  # fmt: skip


def _rule_note(item: Item) -> Message:
    rule = item.rule
    return Message(
        "The rule {factor} x deposits + {days} days of sales gives {quantity}; it suffices in {cover} of the futures, "
        "with {left} units left over on average.",
        factor=Number(rule.factor, 1), days=int(rule.days), quantity=Count(round(rule.quantity)),
        cover=Percent(rule.cover), left=Count(round(rule.leftover)),
    )  # fmt: skip


def _gate(found: Presale, item: Item, days: Period) -> list[Finding]:
    """Whether a new product may be produced."""
    gate: Gate = item.gate  # type: ignore[assignment]
    words = {
        "product": item.name,
        "deposits": Count(gate.deposits),
        "target": Count(gate.target),
        "chance": Percent(gate.probability),
        "closes": item.series.closes,
    }
    headline = (
        Message("{product}: {deposits} deposits, the gate of {target} is reached.", **words)
        if gate.deposits >= gate.target
        else Message("{product}: {deposits} of {target} deposits; reached by {closes} with {chance} chance.", **words)
    )
    verdicts = {
        "go": Message("Production pays: at least {n} balances are paid with {chance} certainty.",
                      n=Count(gate.break_even), chance=Percent(gate.paid_probability)),
        "no_go": Message("Production does not pay: {n} paid balances are reached with {chance} chance only.",
                         n=Count(gate.break_even), chance=Percent(gate.paid_probability)),
        "open": Message("Whether production pays is open: {n} paid balances are reached with {chance} chance.",
                        n=Count(gate.break_even), chance=Percent(gate.paid_probability)),
    }  # fmt: skip
    rule = "presale_order" if gate.verdict == "go" else "presale_gate"
    return [
        _finding(
            days, _subject(item.series), "presale_deposits", rule,
            kind="product", before=gate.target, after=gate.deposits, n=int(gate.deposits),
            confidence=_confidence(item.prediction.campaigns, gate.verdict != "open"),
            headline=headline, evidence=verdicts[gate.verdict],
            parameters=("inventory.presale_gate_units",) if found.spec.gate is None else (),
        )
    ]  # fmt: skip


def _capacity(found: Presale, campaign: str, need: Capacity, days: Period) -> list[Finding]:
    """A busiest day far above a usual one, soon."""
    if not (need.times >= _BUSY and found.today <= need.day <= found.today + _LATELY * ONE_DAY):
        return []
    campaigns = min((item.prediction.campaigns for item in found.items if item.series.campaign == campaign), default=0)
    notes = (
        (Message("No past presale tells the busiest day; {share} of the units is a guess.",
                 share=Percent(need.share)),)
        if need.guessed
        else ()
    )  # fmt: skip
    return [
        _finding(
            days, {"campaign": campaign}, "presale_peak", "presale_capacity",
            after=need.times, n=round(need.total), confidence=_confidence(campaigns, not need.guessed),
            headline=Message(
                "{campaign}: keep room for {units} parcels on the busiest day from {day} on, {times} usual days.",
                campaign=campaign, units=Count(round(need.peak + need.usual)), day=need.day,
                times=Number(need.times, 1),
            ),
            evidence=Message(
                "Upper bound of {total} units in 95 of 100 futures, {share} of them on one day, beside {usual} usual "
                "units a day.",
                total=Count(round(need.total)), share=Percent(need.share), usual=Count(round(need.usual)),
            ),
            notes=notes,
        )
    ]  # fmt: skip


def _balances(found: Presale, days: Period) -> list[Finding]:
    """The share of balances paid of the last campaign, when it is below what those before it let expect."""
    settled = [series for series in found.past if series.settled and series.total > 0]
    if len(settled) <= _CAMPAIGNS:
        return []
    last = max(settled, key=lambda series: (series.balance_from, series.sku))
    before = [series for series in settled if series.balance_from < last.balance_from]
    if last.balance_from < found.today - _LATELY * ONE_DAY or len(before) < _CAMPAIGNS:
        return []
    prior = conversion_of(before)
    p = 2 * float((prior.draws(10_000) <= last.rate).mean())
    if last.rate >= prior.mean or p >= _SURE:
        return []
    lost = (prior.mean - last.rate) * last.total
    return [
        _finding(
            days, _subject(last), "deposit_payment_rate", "presale_balance",
            kind="rate", before=prior.mean, after=last.rate, q_value=p, n=int(last.total),
            confidence="confirmed" if p < _VERY_SURE else "watch",
            money=Amount(-lost * last.price, math.nan, math.nan, found.currency) if last.price > 0 else None,
            headline=Message(
                "{campaign}: {rate} of the deposits were paid, {before} before; {money} less taken in.",
                campaign=last.campaign, rate=Percent(last.rate), before=Percent(prior.mean),
                money=Money(lost * last.price if last.price > 0 else math.nan, found.currency),
            ),
            evidence=Message(
                "{paid} of {deposits} deposits, against {n} presales before.",
                paid=Count(last.paid), deposits=Count(last.total), n=Count(len(before)),
            ),
        )
    ]  # fmt: skip
