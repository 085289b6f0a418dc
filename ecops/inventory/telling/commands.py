"""Stock on the command line: what to order, what to clear, who is late, what a rule would have delivered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecops import door, terminal
from ecops.messages import Count, Message, Money, Number, Percent, write
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption

if TYPE_CHECKING:
    import pandas as pd

    from ecops.finding import Finding
    from ecops.inventory.analysis import Stock
    from ecops.inventory.orders.budget import Allocation
    from ecops.inventory.policies.replay import Frontier
    from ecops.store import Data

app = typer.Typer()

TargetOption = Annotated[float, typer.Option("--target", help="Share of cycles without a stock-out, for example 0.95.")]
RuleOption = Annotated[
    str, typer.Option("--rule", help="learned, textbook, cover_days, cycle_stock, alarm_days or least_units.")
]


@app.command(name="inventory")
@terminal.reported
def inventory_command(  # noqa: PLR0913, PLR0917 - the options of a command
    target: TargetOption = 0.95,
    rule: RuleOption = "learned",
    order_days: Annotated[float, typer.Option("--order-days", help="Days of demand that an order brings.")] = 14.0,
    budget: Annotated[float | None, typer.Option("--budget", help="Money for today's orders.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Replay every rule on the shop's own sales.")] = False,
    promotion: Annotated[
        list[str] | None,
        typer.Option("--promotion", help="A planned promotion: 2026-12-01..2026-12-05=1.8, with @category for one."),
    ] = None,
    with_lightgbm: Annotated[
        bool, typer.Option("--with-lightgbm", help="Average boosted trees into the forecast if they were less wrong.")
    ] = False,
    orders: Annotated[Path | None, typer.Option("--orders", help="Write the purchase list to .xlsx or .csv.")] = None,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say what to order today and why, what to clear, and which suppliers are late."""
    from ecops.inventory import view
    from ecops.inventory.forecasting.plans import parse_plan
    from ecops.inventory.spec import Spec

    data = terminal.open_workspace(workspace or terminal.existing(), state).data()
    plans = tuple(parse_plan(text) for text in promotion or ())
    spec = Spec(target=target, rule=rule, order_days=order_days, plans=plans, with_lightgbm=with_lightgbm)
    found = view.stock(data, spec)
    told = view.told(data, spec)
    allocation = view.spent(data, budget, spec) if budget is not None else None
    frontier = view.compared(data, spec) if compare else None
    if orders is not None:
        sheets = view.purchase_sheets(data, Message("Purchase list").text(language), spec, budget=budget)
        labels = {name: write(term, language) for name, term in view.PURCHASED.items()}
        whole = next(iter(sheets.values()))
        as_book = orders.suffix.casefold() == ".xlsx"
        orders.write_bytes(door.to_xlsx(sheets, "owner", labels) if as_book else door.to_csv(whole, "owner", labels))
    money = view.rules_in_money(data, spec) if compare else None
    if as_json:
        asked = _Asked(data, found, told, allocation, frontier, money, view.backups(data, spec)[0])
        terminal.say_json(_as_json(asked, language))
        return
    terminal.say(found.verdict, language)
    for finding in told:
        terminal.say(finding.headline, language)
    for position, line in enumerate(found.lines):
        taken = allocation.quantities[position] if allocation is not None else line.quantity
        terminal.say(
            Message("{product}: order {quantity}, {value}. {why} {wait}", product=line.title, quantity=Count(taken),
                    value=Money(taken * line.cost, found.currency), why=line.why_now, wait=line.why_wait),
            language,
        )  # fmt: skip
    if frontier is not None and money is not None:
        for message in rules_told(frontier, money, found):
            terminal.say(message, language)
    for note in found.notes:
        terminal.say(note, language)


def rules_told(frontier: Frontier, money: pd.DataFrame, found: Stock) -> list[Message]:
    """What each rule delivered and cost, a sentence each."""
    from ecops.inventory.policies.rules import rules

    known, costs = rules(found.spec.thresholds), money.set_index("rule")
    told = []
    for row in frontier.points[frontier.points["chosen"]].to_dict("records"):
        cost = costs.loc[row["rule"]]
        words: dict[str, Any] = {
            "rule": known[str(row["rule"])].label,
            "service": Percent(float(row["cycle_service"])),
            "days": Number(float(row["cover_days"]), 0),
            **{name: Money(float(cost[name]), found.currency) for name in ("cost", "more", "low", "high")},
        }
        if cost["verdict"] == "base" or not math.isfinite(float(cost["low"])):
            text = "{rule}: {service} of cycles without a stock-out, {days} days of stock, {cost} in four weeks"
        else:
            text = (
                "{rule}: {service} of cycles without a stock-out, {days} days of stock, {cost} in four weeks, {more} "
                "beside the learned rule ({low} to {high})"
            )
        told.append(Message(text, **words))
    return told


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command was asked of and all that it worked out."""

    data: Data
    found: Stock
    told: tuple[Finding, ...]
    allocation: Allocation | None
    frontier: Frontier | None
    money: pd.DataFrame | None
    short: pd.DataFrame


def _as_json(asked: _Asked, language: str) -> dict[str, Any]:
    return {
        "today": asked.found.today,
        "verdict": asked.found.verdict.text(language),
        "currency": asked.found.currency,
        "findings": [terminal.finding_json(finding, language, asked.data) for finding in asked.told],
        "lines": [_line(line, language) for line in asked.found.lines],
        "budget": asked.allocation
        and {
            "quantities": dict(zip([line.sku for line in asked.found.lines], asked.allocation.quantities, strict=True)),
            "spent": asked.allocation.spent,
            "gain": asked.allocation.gain,
            "bound": asked.allocation.bound,
        },
        "products": asked.found.table[_COLUMNS].to_dict("records"),
        "clearance": asked.found.clearance[_CLEARANCE].to_dict("records"),
        "suppliers": asked.found.suppliers.to_dict("records"),
        "oversold": asked.found.oversold.to_dict("records"),
        "turnover": asked.found.turnover
        and {name: getattr(asked.found.turnover, name) for name in ("ratio", "yearly", "days", "points", "span")},
        "stock_out_rate": asked.found.shares.stock_out,
        "slow_mover_share": asked.found.shares.slow,
        "rules": asked.frontier and asked.frontier.points.to_dict("records"),
        "notes": [note.text(language) for note in asked.found.notes],
        "rules_in_money": None if asked.money is None else asked.money.to_dict("records"),
        "too_few_suppliers": asked.short.to_dict("records"),
    }


_COLUMNS = [
    "sku", "title", "abc", "xyz", "pattern", "stage", "daily_sales", "rate", "on_hand", "available", "on_order",
    "overdue", "position", "cover_days", "lead_days", "lead_sd", "lead_source", "reorder", "upto", "risk", "alert",
    "at_risk",
]  # fmt: skip
_CLEARANCE = ["sku", "title", "on_hand", "surplus", "tied_up", "days_to_clear", "planned", "alert"]


def _line(line: Any, language: str) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "title": line.title,
        "supplier": line.supplier,
        "quantity": line.quantity,
        "value": line.value,
        "arrives": line.arrives,
        "risk": line.risk,
        "wait": line.wait,
        "why_now": line.why_now.text(language),
        "why_much": line.why_much.text(language),
        "why_wait": line.why_wait.text(language),
    }
