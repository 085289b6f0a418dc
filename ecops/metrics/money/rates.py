"""What does a sale cost beside its goods? Commission, freight, promotion by platform: own, from files or assumed."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ecops.engine import load_sql
from ecops.errors import SpecError, StoreError, unknown_name
from ecops.messages import Message, Money, Percent, Term, Value

if TYPE_CHECKING:
    from ecops.metrics.daily import Data

_QUERIES = "ecops.metrics.queries"
TOPIC = "rate"
EVERYWHERE = "all"
"""The name under which a rate holds for every platform that has none of its own."""

Source = Literal["own", "file", "spread", "assumed"]

WORDS: Mapping[Source, Term] = {
    "own": Term(en="your own", zh="自己填写"),
    "file": Term(en="from your files", zh="来自文件"),
    "spread": Term(en="from your files, the platform's average", zh="来自文件，按平台平均分摊"),
    "assumed": Term(en="assumed", zh="假设值"),
}
"""Where a rate comes from, in words."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of cost; the fields are those of the TOML.

    Attributes:
        key: "commission", "freight" or "promotion".
        label, meaning: what people call it, and what it is.
        unit: "share" of net sales, or "money" an order in the currency of the shop.
        assumed: what stands in where nobody said anything else.
    """

    key: str
    label: Term
    meaning: Term
    unit: Literal["share", "money"]
    assumed: float

    def written(self, value: float, currency: str) -> Value:
        """A rate as it stands in a sentence."""
        return Percent(value) if self.unit == "share" else Money(value, currency)


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate as it is used.

    Attributes:
        platform: whose.
        kind: which cost.
        value: in the unit of the kind; NaN where a file gives the amounts themselves, day by day.
        source: where it comes from.
    """

    platform: str
    kind: Kind
    value: float
    source: Source


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of cost by key."""
    entries = tomllib.loads((Path(__file__).parent / "rates.toml").read_text("utf-8"))
    return {
        key: Kind(key, Term(**entry["label"]), Term(**entry["meaning"]), entry["unit"], float(entry["assumed"]))
        for key, entry in entries.items()
    }


def rates(data: Data, platforms: Iterable[str], *, spread: bool = False) -> dict[tuple[str, str], Rate]:
    """The rate of each platform and kind: the shop's own, else what its files tell, else the assumed one.

    A commission from files is what settlements kept over what buyers paid in them. Where a file tells the spend on
    promotion there is no rate: its amounts are taken. Of a part of a platform of which files tell neither, as they name
    no channels, the platform's own averages hold.

    Args:
        data: all tables, or those of a part of the shop.
        platforms: whose rates.
        spread: whether sales are told apart by what no spend is: then it is the platform's average everywhere.
    """
    own = _own(data)
    told = _told(data, spread=spread)
    found = {}
    for platform in platforms:
        for key, kind in kinds().items():
            value = kind.assumed
            source: Source = "assumed"
            if key in own.get(EVERYWHERE, {}):
                value, source = own[EVERYWHERE][key], "own"
            if (platform, key) in told:
                value, source = told[platform, key]
            if key in own.get(platform, {}):
                value, source = own[platform][key], "own"
            found[platform, key] = Rate(platform, kind, value, source)
    return found


def shop_rates(data: Any) -> tuple[Rate, ...]:
    """The rates of every platform that sells, by platform and kind; () where nothing was sold."""
    ready = _ready(data)
    sold = [row["platform"] for row in ready.query(load_sql(_QUERIES, "weights")).to_pylist()]
    return tuple(rates(ready, sold).values())


@dataclass(frozen=True, slots=True)
class Average:
    """A rate of the whole shop, as a single unit bears it.

    Attributes:
        kind: which cost.
        value: a share of the price, or money a unit.
        sources: where the rates of its platforms come from.
    """

    kind: Kind
    value: float
    sources: tuple[Source, ...]


def unit_rates(data: Any) -> dict[str, Average]:
    """What a unit bears on average, by kind: shares weighted by sales, freight spread over the units of an order.

    Promotion that files tell is what was spent over what was sold meanwhile.
    """
    ready = _ready(data)
    sold = ready.query(load_sql(_QUERIES, "weights")).to_pylist()
    found = rates(ready, [row["platform"] for row in sold])
    sales, units = (sum(max(row[name] or 0.0, 0.0) for row in sold) for name in ("sales", "units"))
    averages = {}
    for key, kind in kinds().items():
        mine = [(found[row["platform"], key], row) for row in sold]
        weight = "sales" if kind.unit == "share" else "orders"
        known = sum(rate.value * max(row[weight] or 0.0, 0.0) for rate, row in mine if not math.isnan(rate.value))
        whole = sales if kind.unit == "share" else units
        value = known / whole if whole > 0 else kind.assumed
        sources = {rate.source for rate, _row in mine} or {"assumed"}
        if key == "promotion" and ready.has("ad_spend_daily"):
            (spent,) = ready.query(load_sql(_QUERIES, "spent_share")).to_pylist()
            value += spent["spent"] / spent["sales"] if spent["spent"] and (spent["sales"] or 0) > 0 else 0.0
            sources = {"file", *(sources - {"assumed"})}
        averages[key] = Average(kind, value, tuple(sorted(sources)))
    return averages


def _ready(data: Any) -> Data:
    return data.data() if hasattr(data, "data") and hasattr(data, "tables") else data  # type: ignore[no-any-return]


def _own(data: Any) -> dict[str, dict[str, float]]:
    """Platform -> kind -> the rate that the shop set."""
    chosen = getattr(data, "choices", {}).get(TOPIC, {})
    return {
        platform: {key: float(value) for key, value in fields.items() if key in kinds() and value is not None}
        for platform, fields in chosen.items()
    }


def _told(data: Data, *, spread: bool) -> dict[tuple[str, str], tuple[float, Source]]:
    """What files tell, and how. The part of a shop that is looked at stands in a `whole`, see `rates`."""
    whole = getattr(data, "whole", data)
    found: dict[tuple[str, str], tuple[float, Source]] = {}
    if whole.has("settlements"):
        mine = data if data.has("settlements") else whole
        for row in mine.query(load_sql(_QUERIES, "settled")).to_pylist():
            if row["base"] and row["base"] > 0:
                share = row["kept"] / row["base"]
                found[row["platform"], "commission"] = share, "file" if mine is data else "spread"
    if not whole.has("ad_spend_daily"):
        return found
    if whole is not data or spread:
        for row in whole.query(load_sql(_QUERIES, "promoted")).to_pylist():
            if row["sales"] and row["sales"] > 0:
                found[row["platform"], "promotion"] = row["spent"] / row["sales"], "spread"
    if data.has("ad_spend_daily") and not spread:
        for row in data.query(load_sql(_QUERIES, "advertised")).to_pylist():
            found[row["platform"], "promotion"] = math.nan, "file"
    return found


def set_rate(workspace: Any, platform: str, kind: str, value: float | None, actor: str) -> None:
    """Set a rate for good; None takes it back, so that files or the assumption tell again.

    Args:
        workspace: whose.
        platform: as orders call it, or `EVERYWHERE`.
        kind: key of `kinds`.
        value: a share of 0 to 1, or money an order.
        actor: who says so.

    Raises:
        SpecError: no such kind, or a value that cannot be.
        StoreError: the workspace cannot be written.
    """
    from ecops.store import choices

    if kind not in kinds():
        raise unknown_name(Message("The rate"), kind, kinds())
    most = 1.0 if kinds()[kind].unit == "share" else math.inf
    if value is not None and not (math.isfinite(value) and 0 <= value <= most):
        raise SpecError(
            Message("{label} cannot be {value}.", label=kinds()[kind].label, value=str(value)),
            Message("A share lies between 0 and 1 (5% is 0.05), money is 0 or more."),
        )
    if workspace.read_only:
        raise StoreError(Message("The sample shop cannot be changed."), Message("Set rates in a shop of your own."))
    choices.choose(workspace.state, TOPIC, platform, {kind: value}, actor)
