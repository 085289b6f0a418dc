"""The presale on the command line: what will be needed, what to order, what the rule of thumb implies."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from ecops import door, terminal
from ecops.errors import SpecError
from ecops.messages import Count, Message, Number, Percent
from ecops.terminal import JsonOption, LanguageOption, StateOption, WorkspaceOption

app = typer.Typer()
ACTOR = "command line"

UpliftOption = Annotated[float | None, typer.Option("--uplift", help="Factor on spot sales; past presales tell it.")]
SalvageOption = Annotated[
    float | None, typer.Option("--salvage", help="What a left-over unit brings, share of its cost; 0.5.")
]
PenaltyOption = Annotated[
    float | None, typer.Option("--penalty", help="Cost of shipping late, share of the price; 0.3.")
]
ServiceOption = Annotated[
    float | None, typer.Option("--service", help="Certainty that paid balances can be shipped; 0.95.")
]
CancelOption = Annotated[
    float | None, typer.Option("--cancel", help="Share of paid units cancelled before shipping; the data tell it.")
]
GateOption = Annotated[float | None, typer.Option("--gate", help="Deposits that open production; 500.")]
BreakEvenOption = Annotated[float | None, typer.Option("--break-even", help="Paid units from which it pays.")]


@app.command(name="presale")
@terminal.reported
def presale_command(  # noqa: PLR0913, PLR0917 - the options of a command
    uplift: UpliftOption = None,
    cover_days: Annotated[int, typer.Option("--cover-days", help="Days from the first balance to cover.")] = 7,
    margin: Annotated[float | None, typer.Option("--margin", help="Of the price; the product list tells it.")] = None,
    salvage: SalvageOption = None,
    penalty: PenaltyOption = None,
    service: ServiceOption = None,
    halo: Annotated[float, typer.Option("--halo", help="Spot units that a paid presale unit brings.")] = 0.0,
    cannibal: Annotated[float, typer.Option("--cannibal", help="Share of presales bought as spot otherwise.")] = 0.0,
    cancel: CancelOption = None,
    gate: GateOption = None,
    break_even: BreakEvenOption = None,
    lead_days: Annotated[float | None, typer.Option("--lead-days", help="Days until an order arrives.")] = None,
    today: Annotated[str | None, typer.Option("--today", help="Last day to look at, as 2026-11-15.")] = None,
    orders: Annotated[Path | None, typer.Option("--orders", help="Write the order to .xlsx or .csv.")] = None,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """Say how many units a running presale needs, what to order by when, and what the rule of thumb implies."""
    from ecops.presale import view
    from ecops.presale.spec import Spec

    spec = Spec(
        cover_days=cover_days, uplift=uplift, margin=margin, salvage=salvage, penalty=penalty, service=service,
        halo=halo, cannibal=cannibal, cancel=cancel, gate=gate, break_even=break_even, lead_days=lead_days,
    )  # fmt: skip
    data = terminal.open_workspace(workspace or terminal.existing(), state).data()
    day = _day(today)
    found = view.presale(data, spec, day)
    told = view.told(data, spec, day)
    if orders is not None:
        table = view.order_table(found)
        wide = orders.suffix.casefold() == ".xlsx"
        orders.write_bytes(door.to_xlsx({"presale": table}, "owner") if wide else door.to_csv(table, "owner"))
    if as_json:
        terminal.say_json(_json(found, told, data, language))
        return
    terminal.say(found.verdict, language)
    for finding in told:
        terminal.say(finding.headline, language)
    for item in found.items:
        for sentence in _sentences(item):
            terminal.say(sentence, language)
    for note in found.notes:
        terminal.say(note, language)


@app.command(name="presale-setup")
@terminal.reported
def setup_command(  # noqa: PLR0913, PLR0917 - the options of a command
    campaign: Annotated[str, typer.Argument(help="Name as in the table of deposits; all when not given.")] = "",
    opens: Annotated[str | None, typer.Option("--opens", help="First day of deposits, as 2026-10-20.")] = None,
    closes: Annotated[str | None, typer.Option("--closes", help="Last day of deposits.")] = None,
    balance_from: Annotated[str | None, typer.Option("--balance-from", help="First day of balances.")] = None,
    product: Annotated[
        list[str] | None,
        typer.Option("--product", help="SKU,price=199,moq=500,pack=12,lead_days=14; once for each product."),
    ] = None,
    uplift: UpliftOption = None,
    salvage: SalvageOption = None,
    penalty: PenaltyOption = None,
    service: ServiceOption = None,
    cancel: CancelOption = None,
    gate: GateOption = None,
    break_even: BreakEvenOption = None,
    forget: Annotated[bool, typer.Option("--forget", help="Take the set-up of the campaign back.")] = False,
    workspace: WorkspaceOption = None,
    state: StateOption = None,
    language: LanguageOption = "en",
    as_json: JsonOption = False,
) -> None:
    """List what was set up for presales, set one up (what is not given stays), or take a set-up back."""
    from ecops.presale.campaigns import setup

    shop = terminal.open_workspace(workspace or terminal.existing(), state)
    given: dict[str, Any] = {
        "opens": _day(opens), "closes": _day(closes), "balance_from": _day(balance_from), "uplift": uplift,
        "salvage": salvage, "penalty": penalty, "service": service, "cancel": cancel, "gate": gate,
        "break_even": break_even, "products": tuple(_product(text) for text in product or ()) or None,
    }  # fmt: skip
    told = {name: value for name, value in given.items() if value is not None}
    if forget:
        setup.forget(shop, campaign, actor=ACTOR)
    elif told:
        before = setup.setups(shop).get(campaign) or setup.SetUp(campaign)
        setup.keep(shop, dataclasses.replace(before, **told), actor=ACTOR)
    found = [one for name, one in setup.setups(shop).items() if not campaign or name == campaign]
    if as_json:
        terminal.say_json({"setups": [dataclasses.asdict(one) for one in found]})
        return
    for one in found:
        terminal.say(setup.told(one), language)


def _product(text: str) -> Any:
    """A product as the command line writes it."""
    from ecops.presale.campaigns.setup import Product

    sku, *terms = (part.strip() for part in text.split(","))
    names = {field.name for field in dataclasses.fields(Product)} - {"sku"}
    try:
        found = {name.strip(): float(value) for name, value in (term.split("=", 1) for term in terms)}
    except ValueError:
        found = {"": 0.0}
    if not found.keys() <= names:
        raise SpecError(
            Message("{text} is not a product with its terms.", text=text),
            Message("Write it as {example}.", example="NW-S06,price=199,moq=500,pack=12,lead_days=14"),
        )
    return Product(sku, **found)


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise SpecError(Message("{text} is not a day.", text=text), Message("Write it as 2026-11-15.")) from None


def _sentences(item: Any) -> tuple[Message, ...]:
    low, high = item.prediction.interval()
    rule, plan = item.rule, item.plan
    return (
        Message(
            "{product}: stock {total} units, {committed} for paid balances and {extra} on top for spot sales and "
            "further balances; it suffices in {cover} of the futures.",
            product=item.name, total=Count(plan.total), committed=Count(plan.committed),
            extra=Count(plan.speculative), cover=Percent(item.prediction.cover(plan.total)),
        ),
        Message(
            "The rule {factor} x {deposits} + {days} x {sales} gives {quantity}; it suffices in {cover} of the "
            "futures, {left} left over and {short} short on average. {low} to {high} will be needed (90%).",
            factor=Number(rule.factor, 1), deposits=Count(round(rule.deposits)), days=int(rule.days),
            sales=Number(item.demand.rate, 1), quantity=Count(round(rule.quantity)), cover=Percent(rule.cover),
            left=Count(round(rule.leftover)), short=Count(round(rule.short)), low=Count(low), high=Count(high),
        ),
        *item.notes,
    )  # fmt: skip


def _json(found: Any, told: Any, data: Any, language: str) -> dict[str, Any]:
    return {
        "today": found.today,
        "verdict": found.verdict.text(language),
        "currency": found.currency,
        "items": [_item(item, language) for item in found.items],
        "capacity": {name: dataclasses.asdict(need) for name, need in found.capacities.items()},
        "funnel": found.funnel.to_dict("records"),
        "findings": [terminal.finding_json(finding, language, data) for finding in told],
        "notes": [note.text(language) for note in found.notes],
    }


def _item(item: Any, language: str) -> dict[str, Any]:
    """One product; nothing that is worked out from what goods cost, for the answer may be sent on."""
    series, prediction, plan = item.series, item.prediction, item.plan
    return {
        "campaign": series.campaign,
        "sku": series.sku,
        "title": item.name,
        "opens": series.opens,
        "closes": series.closes,
        "balance_from": series.balance_from,
        "deposits_so_far": series.total,
        "past_campaigns": prediction.campaigns,
        "conversion": {"mean": prediction.conversion.mean, "a": prediction.conversion.a, "b": prediction.conversion.b},
        "daily_sales": item.demand.rate,
        "predicted": {
            what: {"mean": prediction.mean(what), "low": prediction.interval(what)[0],
                   "high": prediction.interval(what)[1]}
            for what in ("deposits", "paid", "spot", "returned", "need")
        },
        "order": {
            "total": plan.total, "committed": plan.committed, "speculative": plan.speculative,
            "quantity": item.quantity, "available": item.money.available, "cover": plan.outcome.cover,
            "cover_without": plan.without.cover, "reason": plan.reason, "latest": item.latest,
            "arrives": item.arrives,
        },
        "terms": {
            "price": item.money.price, "moq": item.money.moq, "pack": item.money.pack, "lead_days": item.lead_days,
            "service": item.money.service, "cancel": item.spec.cancel,
        },
        "two_orders": item.two and {"first": item.two.first, "second": item.two.second,
                                    "second_high": item.two.second_high},
        "handbook": {
            name: getattr(item.rule, name)
            for name in ("quantity", "deposits", "factor", "days", "cover", "short", "leftover", "needed", "learned",
                         "campaigns")
        },
        "gate": item.gate and dataclasses.asdict(item.gate),
        "track": {
            "state": item.track.state, "p": item.track.p, "expected": item.track.expected,
            "origin": item.track.origin, "days": item.track.table.to_dict("records"),
        },
        "notes": [note.text(language) for note in item.notes],
    }  # fmt: skip
