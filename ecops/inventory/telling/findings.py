"""What is missing, what lies dead and who is late, in sentences a manager reads aloud, with money and advice."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

from ecops.errors import DataError
from ecops.finding import Amount, Finding
from ecops.handbook import advice, parameter
from ecops.inventory.analysis import Stock
from ecops.inventory.forecasting.lead_time import calibrate
from ecops.inventory.policies.rules import rule
from ecops.messages import Count, Message, Money, Number, Percent
from ecops.periods import Period

if TYPE_CHECKING:
    import pandas as pd

_MOST = 5
"""So many products of a kind are told one by one; the page has all."""

_STALE = 7
"""A count older than so many days proves nothing about today."""

_SLOW_COVER = 365.0
"""Stock that lasts longer than a year at the present rate is slow, whatever the thresholds say."""

_NONE = (math.nan, math.nan)


def findings(stock: Stock, period: Period | None = None) -> tuple[Finding, ...]:
    """The conditions of a shop's stock; each product and each supplier once.

    Args:
        stock: of `analyse`.
        period: what the findings are about; the last day when None.
    """
    days = period or Period(stock.today, stock.today)
    found = [
        *_missing(stock, days),
        *_dead(stock, days),
        *_slow(stock, days),
        *_due(stock, days),
        *_late(stock, days),
    ]
    return tuple(found)


def _finding(days: Period, subject: tuple[str, str], metric: str, advised: str, **rest: Any) -> Finding:
    given: dict[str, Any] = {
        "area": "inventory",
        "kind": "stock",
        "subject": dict([subject]),
        "metric": metric,
        "period": days,
        "compare": None,
        "before": math.nan,
        "after": math.nan,
        "ci": _NONE,
        "q_value": math.nan,
        "confidence": "confirmed",
        "action": advice(advised),
    }
    return Finding(**{**given, **rest})


def _top(table: pd.DataFrame, by: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.sort_values([by, "sku"], ascending=[False, True]).head(_MOST).to_dict("records")
    return rows


def _missing(stock: Stock, days: Period) -> list[Finding]:
    """Products that customers want and that are not there; with what their stock-out does to a rule of thumb."""
    table = stock.table
    out = table[(table["alert"] == "out") & (table["out_days"] > 0)]
    if out.empty:
        return []
    try:
        week = calibrate(stock.shop.panel, 7, level=stock.level)
        place = {sku: row for row, sku in enumerate(week.skus)}
        ends = week.quantile(0.025), week.quantile(0.975)
    except DataError:
        place, ends = {}, None
    return [_one_missing(stock, days, row, ends, place) for row in _top(out, "at_risk")]


def _one_missing(stock: Stock, days: Period, row: dict[str, Any], ends: Any, place: dict[str, int]) -> Finding:
    price, rate, usual = (float(row[name]) for name in ("price", "rate", "daily_sales"))
    spot = place.get(row["sku"])
    known = ends is not None and spot is not None
    low, high = (-float(ends[1][spot]) * price, -float(ends[0][spot]) * price) if known else _NONE
    counted = stock.shop.stock.set_index("sku")["date"].get(row["sku"])
    stale = (stock.today - _day(counted)).days > _STALE
    overdue = float(row["overdue"])
    notes = []
    if row["sold_rate"] < 0.9 * usual:
        notes.append(
            Message(
                "The last 28 days show {sold} sold a day because it was missing; a rule that orders what was sold "
                "would buy {share} too little next time.",
                sold=Number(float(row["sold_rate"]), 1),
                share=Percent(1 - float(row["sold_rate"]) / usual),
            )
        )
    evidence = Message(
        "Nothing there on {days} of the last 28 days; {sold} units a day were sold before.",
        days=Count(round(float(row["out_days"]))),
        sold=Number(usual, 1),
    )
    if overdue > 0:
        evidence = Message(
            "Nothing there on {days} of the last 28 days; {units} units ordered are {late} days late.",
            days=Count(round(float(row["out_days"]))),
            units=Count(overdue),
            late=int(row["overdue_days"]),
        )
    money = Amount(-7 * rate * price, low, high, stock.currency, "week") if math.isfinite(price) else None
    return _finding(
        days,
        ("sku", str(row["sku"])),
        "stock_out_rate",
        "stock_out_overdue" if overdue > 0 else "stock_out",
        after=float(row["out_days"]) / 28,
        n=28,
        confidence="watch" if stale else "confirmed",
        money=money,
        headline=Message(
            "{product} is out of stock: {units} units a day are asked for and cannot be sold, {money} a week.",
            product=str(row["title"]),
            units=Number(rate, 1),
            money=Money(7 * rate * price, stock.currency),
        ),
        evidence=evidence,
        notes=tuple(notes),
    )


def _day(value: Any) -> dt.date:
    found: dt.date = value.date() if hasattr(value, "date") else value
    return found


def _holding(stock: Stock, row: dict[str, Any]) -> tuple[Amount | None, Message]:
    """What it costs a week that a product lies there, and what was assumed for it."""
    own = float(row["holding_rate"])
    rate = own if math.isfinite(own) else stock.spec.holding_rate
    note = Message("The amount is the cost of holding it, {rate} of its cost a year.", rate=Percent(rate))
    value = float(row["value"])
    if not math.isfinite(value):
        return None, note
    return Amount(-value * rate * 7 / 365, math.nan, math.nan, stock.currency, "week"), note


def _dead(stock: Stock, days: Period) -> list[Finding]:
    """Products without a sale in 90 days that still lie there."""
    found = []
    limit = int(parameter("inventory.dead_stock_days", stock.spec.thresholds))
    dead = stock.table[stock.table["alert"] == "dead"]
    for row in _top(dead.assign(order=dead["value"].fillna(0.0)), "order"):
        money, note = _holding(stock, row)
        idle = int(row["idle_days"])
        found.append(
            _finding(
                days,
                ("sku", str(row["sku"])),
                "slow_mover_share",
                "stock_dead",
                n=idle,
                parameters=("inventory.dead_stock_days",),
                money=money,
                headline=Message(
                    "{product} is dead stock: {units} units that cost {value} lie there, none was sold in {days} days.",
                    product=str(row["title"]),
                    units=Count(float(row["on_hand"])),
                    value=Money(float(row["value"]), stock.currency),
                    days=idle,
                ),
                evidence=Message(
                    "Last sold on {day}; from {limit} days without a sale on it counts as dead.",
                    day=stock.today - dt.timedelta(days=idle),
                    limit=limit,
                ),
                notes=(note,) if money is not None else (),
            )
        )
    return found


def _slow(stock: Stock, days: Period) -> list[Finding]:
    """Products that sell, but so little that their stock lasts longer than a year."""
    found = []
    table = stock.table
    demand = stock.shop.panel.units[:, -90:].sum(axis=1)
    table = table.assign(units_90=stock.shop.aligned(demand))
    slow = table[table["alert"].isin(["excess", "idle"]) & (table["on_hand"] > _SLOW_COVER / 90 * table["units_90"])]
    old = stock.shop.aligned(stock.shop.panel.age.astype(float)) >= 90
    slow = slow[old[slow.index.to_numpy()]]
    for row in _top(slow.assign(order=slow["value"].fillna(0.0)), "order"):
        money, note = _holding(stock, row)
        found.append(
            _finding(
                days,
                ("sku", str(row["sku"])),
                "slow_mover_share",
                "stock_slow",
                n=90,
                parameters=("inventory.excess_cover_days", "inventory.dead_stock_days"),
                money=money,
                headline=Message(
                    "{product} hardly sells: {units} units that cost {value} lie there, {sold} were sold in 90 days.",
                    product=str(row["title"]),
                    units=Count(float(row["on_hand"])),
                    value=Money(float(row["value"]), stock.currency),
                    sold=Count(float(row["units_90"])),
                ),
                evidence=Message(
                    "At this rate it lasts {years} years.",
                    years=Number(float(row["on_hand"]) / max(float(row["units_90"]), 1.0) * 90 / 365, 1),
                ),
                notes=(note,) if money is not None else (),
            )
        )
    return found


def _due(stock: Stock, days: Period) -> list[Finding]:
    """Products that are still there and have to be ordered today."""
    told = set(stock.table.loc[stock.table["alert"].isin(["out", "promised"]), "sku"])
    lines = [line for line in stock.lines if line.sku not in told]
    if not lines:
        return []
    wait = sum(line.wait for line in lines if line.wait == line.wait)
    costed = [line.value for line in lines if line.value == line.value]
    words = {"n": len(lines), "money": Money(wait, stock.currency)}
    headline = Message("{n} products need an order today; waiting a week loses about {money}.", **words)
    if costed:
        headline = Message(
            "{n} products need an order today, {spend}; waiting a week loses about {money}.",
            spend=Money(sum(costed), stock.currency),
            **words,
        )
    notes = []
    if costed and len(costed) < len(lines):
        notes.append(Message("{n} products without a cost are not in the sum.", n=len(lines) - len(costed)))
    worst = lines[0]
    return [
        _finding(
            days,
            ("order", "today"),
            "stock_days",
            "stock_reorder",
            n=len(lines),
            parameters=rule(stock.spec.rule, stock.spec.thresholds).parameters,
            money=Amount(-wait, math.nan, math.nan, stock.currency, "week") if wait > 0 else None,
            headline=headline,
            evidence=Message("Most urgent: {product}. {why}", product=worst.title, why=worst.why_now),
            notes=tuple(notes),
        )
    ]


def _late(stock: Stock, days: Period) -> list[Finding]:
    """Suppliers whose lateness or defects exceed the limit beyond chance."""
    rows = stock.suppliers
    if not len(rows):
        return []
    failed = rows[((rows["late_verdict"] == "fail") | (rows["defect_verdict"] == "fail")) & (rows["supplier"] != "")]
    return [_one_late(stock, days, row) for row in failed.head(_MOST).to_dict("records")]


_LIMITS = ("supplier.delay_max", "supplier.defect_max")
"""Both decide: whichever is exceeded is told, lateness first, the other as a note."""


def _one_late(stock: Stock, days: Period, row: dict[str, Any]) -> Finding:
    thresholds = stock.spec.thresholds
    late = row["late_verdict"] == "fail"
    metric = "supplier_late_rate" if late else "supplier_defect_rate"
    decided = _LIMITS[0] if late else _LIMITS[1]
    limit = parameter(decided, thresholds)
    low, high = (row["late_low"], row["late_high"]) if late else (row["defect_low"], row["defect_high"])
    headline = (
        Message(
            "{supplier} delivered late {late} of {n} times ({rate}); {limit} is the limit.",
            supplier=str(row["supplier"]),
            late=Count(row["late"]),
            n=Count(row["deliveries"]),
            rate=Percent(float(row["late_rate"])),
            limit=Percent(limit),
        )
        if late
        else Message(
            "{supplier}: {bad} of {n} units were faulty ({rate}); {limit} is the limit.",
            supplier=str(row["supplier"]),
            bad=Count(row["defects"]),
            n=Count(row["units"]),
            rate=Percent(float(row["defect_rate"])),
            limit=Percent(limit),
        )
    )
    notes = []
    if late and row["defect_verdict"] == "fail":
        notes.append(
            Message(
                "Faulty goods exceed their limit too: {rate} of {n} units.",
                rate=Percent(float(row["defect_rate"])),
                n=Count(row["units"]),
            )
        )
    extra = float(row["extra_value"])
    holding = extra * stock.spec.holding_rate * 7 / 365
    if extra > 0:
        notes.append(
            Message(
                "Its delays make {units} more units of stock necessary, {value}; the amount is the cost of holding "
                "them.",
                units=Count(round(float(row["extra_units"]))),
                value=Money(extra, stock.currency),
            )
        )
    return _finding(
        days,
        ("supplier", str(row["supplier"])),
        metric,
        "supplier_late",
        before=limit,
        after=float(row["late_rate"] if late else row["defect_rate"]),
        ci=(float(low) - limit, float(high) - limit),
        n=int(row["deliveries"] if late else row["units"]),
        parameters=_LIMITS,
        money=Amount(-holding, math.nan, math.nan, stock.currency, "week") if holding > 0 else None,
        headline=headline,
        evidence=Message(
            "With 95% certainty between {low} and {high}; a late delivery comes {days} days after the promised day.",
            low=Percent(float(low)),
            high=Percent(float(high)),
            days=Number(float(row["delay_days"]), 1),
        )
        if row["delay_days"] == row["delay_days"]
        else Message(
            "With 95% certainty between {low} and {high}.", low=Percent(float(low)), high=Percent(float(high))
        ),
        notes=tuple(notes),
    )
