"""The running presale of a shop: what will be needed, what to order, whether it follows its path.

>>> import pandas as pd
>>> days = pd.date_range("2026-11-01", periods=10)
>>> rows = pd.DataFrame({"campaign": "D11", "sku": "A", "date": days, "deposits": 10, "presale_price": 100.0,
...                      "starts_on": days[0], "ends_on": days[9], "balance_from": "2026-11-11"})
>>> found = analyse({"presale_deposits": rows})
>>> found.items[0].series.total, found.items[0].prediction.campaigns
(100.0, 0)
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ecops.errors import DataError
from ecops.handbook import parameter
from ecops.messages import Count, Message, Percent
from ecops.metrics.daily import opened
from ecops.periods import ONE_DAY
from ecops.presale.campaigns import source
from ecops.presale.campaigns.series import Series, usable
from ecops.presale.campaigns.source import Shop
from ecops.presale.decisions.capacity import Capacity, capacity
from ecops.presale.decisions.gate import Gate, gate
from ecops.presale.decisions.handbook import Rule, handbook_equivalent
from ecops.presale.decisions.order import Order, TwoOrders, order, two_orders
from ecops.presale.funnel import funnel
from ecops.presale.futures.conversion import kept_of
from ecops.presale.futures.predict import Demand, Prediction, predict
from ecops.presale.spec import Economics, Spec
from ecops.presale.tracking import Track, track

if TYPE_CHECKING:
    import pandas as pd

_LEAD = 7.0
_MARGIN = 0.5
_FEW = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One product of a running presale.

    Attributes:
        series: its deposits.
        prediction: its futures.
        demand: its usual spot demand.
        money: prices, costs and terms; `available` is what is there and surely comes, less what usual sales take until
            balances may be paid.
        plan: the order.
        two: a first and a second order, None when a second one would come too late.
        rule: the handbook's quantity.
        gate: the gate of a new product; None for one that was in a presale before or is sold already.
        track: deposits against their band.
        lead_days: days until an order arrives.
        arrives: day on which an order of today arrives.
        latest: last day on which an order arrives before balances may be paid.
        spec: the choices it was judged with: the reader's, those set up for its campaign, and what the data say.
        notes: what was supposed for this product.
    """

    series: Series
    prediction: Prediction
    demand: Demand
    money: Economics
    plan: Order
    two: TwoOrders | None
    rule: Rule
    gate: Gate | None
    track: Track
    lead_days: float
    arrives: dt.date
    latest: dt.date
    spec: Spec
    notes: tuple[Message, ...]

    @property
    def name(self) -> str:
        """Its title, its code where it has none: data."""
        return self.series.title or self.series.sku

    @property
    def late(self) -> bool:
        """Whether an order of today arrives after balances may be paid."""
        return self.arrives > self.series.balance_from

    @property
    def waits(self) -> bool:
        """Whether it is a new product whose production is not yet sure to pay."""
        return self.gate is not None and self.gate.verdict != "go"

    @property
    def quantity(self) -> float:
        """Units to order today; none of a new product before its production is sure to pay."""
        return 0.0 if self.waits else self.plan.quantity


@dataclass(frozen=True, slots=True)
class Presale:
    """The answer.

    Attributes:
        today: the last day known.
        items: products of running presales, the most deposits first; empty when none runs.
        past: campaigns that are over.
        capacities: what each running campaign needs of warehouse and courier.
        funnel: see `ecops.presale.funnel.funnel`.
        spec: what was chosen, with the thresholds that the shop changed for good.
        currency: ISO code, "" when nothing says it.
        verdict: the sentence to read aloud.
        notes: what was left out or supposed.
    """

    today: dt.date
    items: tuple[Item, ...]
    past: tuple[Series, ...]
    capacities: Mapping[str, Capacity]
    funnel: pd.DataFrame
    spec: Spec
    currency: str
    verdict: Message
    notes: tuple[Message, ...]


def analyse(data: Any, spec: Spec | None = None, today: dt.date | None = None) -> Presale:
    """Judge the running presale of a shop.

    Args:
        data: a workspace, opened data, or a mapping of canonical table names to frames.
        spec: the choices.
        today: last day to look at; the last day with a deposit or a payment when None.

    Raises:
        DataError: there is no presale.
        SpecError: the choices are impossible for a product, such as a cost above its price.
    """
    ready = opened(data.data() if hasattr(data, "data") and hasattr(data, "tables") else data)
    chosen = (spec or Spec()).held(ready)
    shop = source.read(ready, chosen, today)
    items, lacking = _items(ready, shop, chosen)
    names = dict.fromkeys(item.series.campaign for item in items)
    notes = [*shop.notes, *lacking, *_doubts(shop)]
    return Presale(
        today=shop.today,
        items=items,
        past=shop.past,
        capacities={name: _capacity(shop, [item for item in items if item.series.campaign == name]) for name in names},
        funnel=funnel((*shop.past, *shop.running), shop.visits),
        spec=chosen,
        currency=shop.currency,
        verdict=_verdict(shop, items),
        notes=tuple(notes),
    )


def _items(data: Any, shop: Shop, spec: Spec) -> tuple[tuple[Item, ...], list[Message]]:
    """The products that can be judged, and what the others lack; where all lack something the first error is raised."""
    items: list[Item] = []
    lacking: list[DataError] = []
    for series in shop.running:
        try:
            items.append(_item(data, shop, series, spec))
        except DataError as error:
            lacking.append(error)
    if lacking and not items:
        raise lacking[0]
    return tuple(items), [error.what for error in lacking]


def _doubts(shop: Shop) -> list[Message]:
    """What few or no past campaigns mean."""
    told = [series for series in shop.past if series.total > 0]
    settled = [series for series in told if series.settled]
    if not shop.running:
        return []
    if not told:
        return [
            Message(
                "There is no past presale to learn from: pace, payment and uplift are guesses and every interval is "
                "very wide. Load past presales with their balances, or enter what you expect."
            )
        ]
    if len(settled) < _FEW:
        return [
            Message(
                "Only {n} past presales tell how many deposits are paid; the intervals allow for that and are wide.",
                n=Count(len(settled)),
            )
        ]
    return []


def _item(data: Any, shop: Shop, series: Series, spec: Spec) -> Item:
    notes: list[Message] = []
    demand = shop.demand.get(series.sku, Demand(0.0))
    own = _own(shop, series, spec, notes)
    if not series.deposits and not any(other.sku == series.sku and other.total > 0 for other in shop.past):
        raise DataError(
            Message("{product} has no deposit yet and was in no presale before: nothing can be said before {day}.",
                    product=series.title or series.sku, day=series.opens),
            Message("Come back after the first day of deposits."),
        )  # fmt: skip
    found = predict(series, shop.past, demand, own)
    if found.uplift.n == 0 and own.uplift is None and demand.rate > 0:
        notes.append(
            Message("No past presale of this product tells the uplift of its spot sales; none is supposed, with doubt.")
        )
    if demand.rate <= 0:
        notes.append(
            Message("No sale of this product is known of the last four weeks, so spot sales count as none. Load its "
                    "orders to have them in the quantity.")
        )  # fmt: skip
    lead = _lead(shop, series, spec, notes)
    available = _available(data, shop, series, demand)
    money = _money(shop, series, replace(own, service=own.certainty(found.campaigns)), available, notes)
    if own.service is None and money.service != own.supposed("service"):
        notes.append(
            Message(
                "Fewer than two past presales tell anything, so the order has the best expected profit and keeps no "
                "certainty for paid balances. Choose one where you must keep it."
            )
        )  # fmt: skip
    arrives = shop.today + math.ceil(lead) * ONE_DAY
    # An order placed the day after the window must arrive within the hours in which paid orders must be shipped.
    grace = int(parameter("service.ship_hours", spec.thresholds) // 24)
    second = series.closes + (1 + math.ceil(lead)) * ONE_DAY <= series.balance_from + grace * ONE_DAY
    before = demand.rate > 0 or any(other.sku == series.sku for other in shop.past)
    return Item(
        series=series,
        prediction=found,
        demand=demand,
        money=money,
        plan=order(found, money),
        two=two_orders(found, money) if second and not series.closed else None,
        rule=handbook_equivalent(
            found, demand.rate, money=money, past=[other for other in shop.past if other.sku == series.sku],
            overrides=spec.thresholds,
        ),
        gate=None if before else _gate(shop, series, own),
        track=track(series, shop.past, spec=own),
        lead_days=lead,
        arrives=arrives,
        latest=series.balance_from - math.ceil(lead) * ONE_DAY,
        spec=own,
        notes=tuple(notes),
    )  # fmt: skip


def _own(shop: Shop, series: Series, spec: Spec, notes: list[Message]) -> Spec:
    """The choices for one product: the reader's, then those set up for its campaign, then what the shop's data say."""
    setup = shop.setups.get(series.campaign)
    own = setup.over(spec) if setup is not None else spec
    if own.returns is None:
        own = replace(own, returns=min(shop.returns.get(series.sku, 0.0), 0.9))
    if own.cancel is None and not kept_of(usable(shop.past, series.sku)).campaigns:
        if series.sku in shop.cancelled:
            return replace(own, cancel=min(shop.cancelled[series.sku], 0.9))
        notes.append(
            Message("Nothing tells how many paid units are cancelled before shipping; none is assumed. Set it up where "
                    "you know better.")
        )  # fmt: skip
    return own


def _term(shop: Shop, series: Series, name: str) -> float:
    """A term of a product: as set up for its campaign, else as the product list says."""
    setup = shop.setups.get(series.campaign)
    told = getattr(setup.product(series.sku), name, None) if setup is not None else None
    if told is not None:
        return float(told)
    return float(shop.terms.loc[series.sku, name]) if series.sku in shop.terms.index else math.nan


def _lead(shop: Shop, series: Series, spec: Spec, notes: list[Message]) -> float:
    if spec.lead_days is not None:
        return spec.lead_days
    listed = _term(shop, series, "lead_days")
    if math.isfinite(listed):
        return listed
    notes.append(Message("The product list has no lead time; {days} days are supposed.", days=int(_LEAD)))
    return _LEAD


def _available(data: Any, shop: Shop, series: Series, demand: Demand) -> float:
    """Units that will be there when balances may be paid, without any new order."""
    held = _term(shop, series, "available")
    there = held if math.isfinite(held) else 0.0
    due = source.coming(data, shop.today, series.balance_from).get(series.sku, 0.0)
    days = max((series.balance_from - shop.today).days - 1, 0)
    return float(math.floor(max(there + due - demand.rate * days, 0.0)))


def _money(shop: Shop, series: Series, spec: Spec, available: float, notes: list[Message]) -> Economics:
    listed, cost = _term(shop, series, "price"), _term(shop, series, "cost")
    price = series.price if series.price > 0 else listed
    if not (math.isfinite(price) and price > 0):
        raise DataError(
            Message("{product} has no price, neither in its presale nor in the product list.",
                    product=series.title or series.sku),
            Message("Enter it in the set-up of the campaign, or load it with the deposits or the product list."),
        )  # fmt: skip
    if spec.margin is not None:
        cost = price * (1 - spec.margin)
    elif not (math.isfinite(cost) and cost > 0):
        cost = price * (1 - _MARGIN)
        notes.append(Message("The product list has no cost; a margin of {share} is supposed.", share=Percent(_MARGIN)))
    elif cost >= price:
        notes.append(Message("The product costs more than its presale price; it is ordered for the promise alone."))
        cost = price * 0.99
    moq, pack = (_term(shop, series, name) for name in ("moq", "pack"))
    return Economics(
        price=price, cost=cost, salvage=cost * spec.supposed("salvage"), goodwill=price * spec.goodwill,
        penalty=price * spec.supposed("penalty"), service=spec.supposed("service"), moq=moq if moq > 0 else 0.0,
        pack=pack if pack > 0 else 0.0, available=available,
    )  # fmt: skip


def _gate(shop: Shop, series: Series, spec: Spec) -> Gate:
    moq = _term(shop, series, "moq")
    pays = spec.break_even if spec.break_even is not None else moq if moq > 0 else None
    return gate(series, shop.past, target=spec.gate, break_even=pays, spec=spec)


def _capacity(shop: Shop, items: list[Item]) -> Capacity:
    day = min(item.series.balance_from for item in items)
    return capacity([item.prediction for item in items], shop.past, day, shop.shipped)


def _verdict(shop: Shop, items: tuple[Item, ...]) -> Message:
    """The sentence to read aloud: of the product with the most deposits."""
    if not items:
        last = max(shop.past, key=lambda series: series.closes)
        return Message(
            "No presale is running. The last one, {campaign}, closed on {day}.", campaign=last.campaign, day=last.closes
        )
    item = items[0]
    low, high = item.prediction.interval("need")
    parts = {
        "product": item.name,
        "deposits": Count(item.series.total),
        "low": Count(low),
        "high": Count(high),
        "order": Count(item.plan.quantity),
    }
    if item.gate is not None and item.waits:
        return Message(
            "{product}: {deposits} of {target} deposits; reached by {closes} with {chance} chance.",
            product=item.name, deposits=Count(item.gate.deposits), target=Count(item.gate.target),
            closes=item.series.closes, chance=Percent(item.gate.probability),
        )  # fmt: skip
    if item.plan.reason == "unworthy":
        return Message(
            "{product}: {deposits} deposits so far; {low} to {high} units will be needed, but the supplier's smallest "
            "order costs more than it would bring.", **parts,
        )  # fmt: skip
    if item.plan.quantity <= 0:
        return Message(
            "{product}: {deposits} deposits so far; {low} to {high} units will be needed, and what is there suffices.",
            **parts,
        )
    if item.late:
        return Message(
            "{product}: {deposits} deposits so far; {low} to {high} units will be needed. Order {order} today: they "
            "arrive on {arrives}, {days} days after balances open.",
            **parts, arrives=item.arrives, days=(item.arrives - item.series.balance_from).days,
        )  # fmt: skip
    return Message(
        "{product}: {deposits} deposits so far; {low} to {high} units will be needed. Order {order} by {latest}.",
        **parts, latest=item.latest,
    )  # fmt: skip
