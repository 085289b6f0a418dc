"""What a shop set up for a campaign: dates, products, prices, terms and promises, kept beside its tables.

A set-up is a choice of the workspace (see `ecops.store.choices`), so page, command, findings and deck answer from the
same one, and answers are worked out anew when it changes. What it says goes before the tables; what it leaves open is
read from them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ecops.errors import SpecError, StoreError, unknown_name
from ecops.messages import Message, Number
from ecops.periods import ONE_DAY
from ecops.presale.campaigns.series import Series
from ecops.presale.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

TOPIC = "presale"
CHOICES = ("salvage", "penalty", "service", "cancel", "uplift", "gate", "break_even")
"""What a set-up says in the words of `Spec`."""

_DAYS = {"opens": "starts_on", "closes": "ends_on", "balance_from": "balance_from"}
_LONGEST = 366
_MOST = 500


@dataclass(frozen=True, slots=True)
class Product:
    """Terms of one product in a campaign; None for what the table of deposits or the product list says.

    Attributes:
        sku: its code.
        price: of the presale, money.
        moq: smallest order, units.
        pack: orders are multiples of it, units.
        lead_days: days until an order arrives.
    """

    sku: str
    price: float | None = None
    moq: float | None = None
    pack: float | None = None
    lead_days: float | None = None


@dataclass(frozen=True, slots=True)
class SetUp:
    """One campaign as the shop set it up; None for what the tables say.

    Attributes:
        campaign: its name, as in the table of deposits.
        opens, closes: first and last day of deposits.
        balance_from: first day on which balances may be paid.
        products: their terms; one of which no deposit has come is planned from its past campaigns.
        salvage, penalty, service, cancel, uplift, gate, break_even: see `Spec`.

    Raises:
        SpecError: a value is impossible.
    """

    campaign: str
    opens: dt.date | None = None
    closes: dt.date | None = None
    balance_from: dt.date | None = None
    products: tuple[Product, ...] = ()
    salvage: float | None = None
    penalty: float | None = None
    service: float | None = None
    cancel: float | None = None
    uplift: float | None = None
    gate: float | None = None
    break_even: float | None = None

    def __post_init__(self) -> None:
        if not self.campaign.strip() or len(self.campaign) > 100:
            raise SpecError(
                Message("A campaign needs a name."), Message("Write it as in the table of deposits, at most 100 signs.")
            )
        days = [day for day in (self.opens, self.closes, self.balance_from) if day is not None]
        if days != sorted(days) or (days and days[-1] - days[0] > _LONGEST * ONE_DAY):
            raise SpecError(
                Message("The days of {campaign} do not follow each other.", campaign=self.campaign),
                Message("Deposits open, then they close, then balances may be paid; all within a year."),
            )
        self.over(Spec())
        self._check_products()

    def _check_products(self) -> None:
        names = [product.sku for product in self.products]
        doubled = (
            sorted({sku for sku in names if names.count(sku) > 1 or not sku.strip()}) if len(names) <= _MOST else []
        )
        if doubled or len(names) > _MOST:
            raise SpecError(
                Message("Each product of a campaign is named once, at most {n} of them.", n=_MOST),
                Message("Look at: {names}.", names=", ".join(doubled) or str(len(names))),
            )
        for product in self.products:
            for name in ("price", "moq", "pack", "lead_days"):
                value = getattr(product, name)
                if value is not None and not (
                    math.isfinite(value) and 0 <= value <= 1e9 and (value or name != "price")
                ):
                    raise SpecError(
                        Message("{sku}: {name} cannot be {value}.", sku=product.sku, name=name,
                                value=Number(float(value), 2)),
                        Message("Give a number above 0, or leave it empty."),
                    )  # fmt: skip

    def over(self, spec: Spec) -> Spec:
        """`spec` with what it leaves open taken from here.

        Raises:
            SpecError: a value is impossible.
        """
        told = {name: getattr(self, name) for name in CHOICES if getattr(spec, name) is None}
        return replace(spec, **{name: value for name, value in told.items() if value is not None})

    def product(self, sku: str) -> Product:
        """The terms of a product; all open where it is not named."""
        return next((product for product in self.products if product.sku == sku), Product(sku))


def setups(data: Any) -> Mapping[str, SetUp]:
    """Every campaign that was set up, by name.

    Args:
        data: a workspace, or opened data; frames have none.
    """
    ready = data.data() if hasattr(data, "data") and hasattr(data, "tables") else data
    told = (_made(entry) for entry in getattr(ready, "choices", {}).get(TOPIC, {}).values())
    return {setup.campaign: setup for setup in sorted(told, key=lambda setup: setup.campaign)}


def _made(entry: Mapping[str, Any]) -> SetUp:
    known = {field.name for field in fields(SetUp)}
    told: dict[str, Any] = {name: value for name, value in entry.items() if name in known}
    told.update({name: dt.date.fromisoformat(told[name]) for name in _DAYS if told.get(name)})
    return SetUp(**{**told, "products": tuple(Product(**one) for one in told.get("products", ()))})


def keep(shop: Any, setup: SetUp, *, actor: str = "") -> None:
    """Keep the set-up of a campaign in place of an earlier one; everything about it is worked out anew.

    Args:
        shop: a workspace.
        setup: all of it.
        actor: who says so.

    Raises:
        StoreError: the shop cannot remember anything.
    """
    from ecops.store.choices import choose

    told = asdict(setup)
    told.update({name: day.isoformat() for name in _DAYS if (day := getattr(setup, name)) is not None})
    choose(_state(shop), TOPIC, _key(setup.campaign), {**told, "products": list(told["products"])}, actor)


def told(setup: SetUp) -> Message:
    """A set-up in one line."""
    known = {field.name: getattr(setup, field.name) for field in fields(SetUp)}
    parts = [
        f"{name}={value}" for name, value in known.items() if name not in {"campaign", "products"} and value is not None
    ]
    for product in setup.products:
        terms = {name: value for name, value in asdict(product).items() if name != "sku" and value is not None}
        parts.append(" ".join([product.sku, *(f"{name}={value:g}" for name, value in terms.items())]))
    return Message("{campaign}: {terms}", campaign=setup.campaign, terms=", ".join(parts) or "—")


def forget(shop: Any, campaign: str, *, actor: str = "") -> None:
    """Take the set-up of a campaign back, so that the tables alone say again.

    Raises:
        SpecError: none was set up by that name. StoreError: the shop cannot remember anything.
    """
    from ecops.store.choices import take_back

    if campaign not in setups(shop):
        raise unknown_name(Message("The set-up of the campaign"), campaign, setups(shop))
    take_back(_state(shop), TOPIC, _key(campaign), actor)


def _key(campaign: str) -> str:
    """Names of choices are short."""
    return hashlib.sha256(campaign.encode()).hexdigest()[:24]


def _state(shop: Any) -> Any:
    if getattr(shop, "state", None) is None:
        raise StoreError(
            Message("Only a workspace remembers set-ups."), Message("Open the shop's workspace and set it up there.")
        )
    if getattr(shop, "read_only", False):
        raise StoreError(
            Message("The sample shop cannot be changed."), Message("Set campaigns up in a shop of your own.")
        )
    return shop.state


def dated(rows: pd.DataFrame, known: Mapping[str, SetUp]) -> pd.DataFrame:
    """The rows of deposits with the days and prices that were set up; see `queries/deposits.sql`."""
    found = rows
    for setup in known.values():
        mine = found["campaign"] == setup.campaign
        if not mine.any():
            continue
        for name, column in _DAYS.items():
            day = getattr(setup, name)
            if day is not None:
                found = found.assign(**{column: found[column].astype(object).where(~mine, day)})
        for product in setup.products:
            if product.price is not None:
                found = found.assign(price=found["price"].where(~(mine & (found["sku"] == product.sku)), product.price))
    return found


def planned(known: Mapping[str, SetUp], running: tuple[Series, ...], today: dt.date) -> tuple[Series, ...]:
    """Products that were set up and have no deposit yet: before their window opens, or while it is open."""
    there = {(series.campaign, series.sku) for series in running}
    found = []
    for setup in known.values():
        others = [series for series in running if series.campaign == setup.campaign]
        opens = setup.opens or min((series.opens for series in others), default=None)
        closes = setup.closes or max((series.closes for series in others), default=None)
        if opens is None or closes is None or not today < closes:
            continue
        seen = max((today - opens).days + 1, 0)
        balance = setup.balance_from or max((series.balance_from for series in others), default=closes + ONE_DAY)
        found += [
            Series(setup.campaign, product.sku, opens, (closes - opens).days + 1, (0.0,) * seen, balance,
                   price=product.price if product.price is not None else math.nan)
            for product in setup.products
            if (setup.campaign, product.sku) not in there
        ]  # fmt: skip
    return tuple(found)
