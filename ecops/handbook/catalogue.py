"""The parameters of the handbooks: what each is, where it comes from, in which bounds a shop may change it."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecops.errors import SpecError, unknown_name
from ecops.messages import Message, Number, Percent, Term, Value

_FOLDER = Path(__file__).parent

AREAS: Mapping[str, Term] = {
    "finance": Term(en="Money", zh="财务"),
    "funnel": Term(en="Conversion and traffic", zh="转化与流量"),
    "inventory": Term(en="Stock", zh="库存"),
    "supplier": Term(en="Suppliers", zh="供应商"),
    "service": Term(en="Service", zh="客服与售后"),
    "customer": Term(en="Customers", zh="客户"),
    "listing": Term(en="Listings", zh="商品页"),
    "competitor": Term(en="Competitors", zh="竞店"),
    "promotion": Term(en="Promotions", zh="活动"),
    "data": Term(en="Data", zh="数据"),
}
"""What the areas are called, in the order in which they are shown."""

_UNITS: Mapping[str, Term] = {
    "days": Term(en="days", zh="天"),
    "hours": Term(en="hours", zh="小时"),
    "minutes": Term(en="minutes", zh="分钟"),
    "orders": Term(en="orders", zh="单"),
    "units": Term(en="units", zh="件"),
    "customers": Term(en="customers", zh="人"),
    "suppliers": Term(en="suppliers", zh="家"),
    "shops": Term(en="shops", zh="家"),
    "sources": Term(en="kinds", zh="类"),
    "score": Term(en="points", zh="分"),
    "ratio": Term(en="times", zh="倍"),
    "rate": Term(en="per cent", zh="%"),
}
_WHOLE = frozenset({"days", "orders", "units", "customers", "suppliers", "shops", "sources"})
"""Units of which there are no halves."""

_MOST = 1e6


@dataclass(frozen=True, slots=True)
class Reference:
    """What a parameter is a reference value of.

    Attributes:
        metric: key in the registry of metrics.
        population: whose value it is.
        statistic: "average", "median" or "top".
    """

    metric: str
    population: Term
    statistic: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One editable number.

    Attributes:
        key: "area.name".
        value: the handbook's value, in `unit` (a rate is a share: 0.05 for 5 %).
        unit: days, hours, minutes, orders, units, customers, suppliers, shops, sources, score, ratio or rate.
        source: codes of the handbooks.
        row: of the requirement list.
        as_of: day the handbooks are dated, ISO.
        label: what people call it.
        least, most: bounds of a sensible value, both allowed.
        below: key of a parameter that must stay above this one, "" for none.
        reference: of which metric it is a reference value; None when it is a limit.
    """

    key: str
    value: float
    unit: str
    source: str
    row: int
    as_of: str
    label: Term
    least: float = 0.0
    most: float = _MOST
    below: str = ""
    reference: Reference | None = None

    @property
    def area(self) -> str:
        """First part of the key."""
        return self.key.partition(".")[0]

    @property
    def unit_label(self) -> Term:
        """What its unit is called."""
        return _UNITS[self.unit]

    def figure(self, value: float) -> Value:
        """A value of it without the name of its unit."""
        if self.unit == "rate":
            return Percent(value)
        return Number(value, 0 if value == int(value) else 1 if round(value, 1) == value else 2)

    def written(self, value: float) -> Value:
        """A value of it with its unit."""
        if self.unit == "rate":
            return Percent(value)
        return Message("{value} {unit}", value=self.figure(value), unit=_UNITS[self.unit])

    def check(self, value: float) -> None:
        """Refuse a value that cannot be meant.

        Raises:
            SpecError: it is out of bounds, or a fraction of what has no fractions.
        """
        if not self.least <= value <= self.most:  # not a number is refused too
            raise SpecError(
                Message("{value} is no value for {label}.", value=str(value), label=self.label),
                Message("Give a value from {least} to {most}.", least=self.written(self.least),
                        most=self.written(self.most)),
            )  # fmt: skip
        if self.unit in _WHOLE and value != int(value):
            raise SpecError(
                Message("{value} is no value for {label}.", value=str(value), label=self.label),
                Message("Give a whole number of {unit}.", unit=_UNITS[self.unit]),
            )


@functools.cache
def parameters() -> Mapping[str, Parameter]:
    """Every parameter by key, with the value of the handbooks."""
    entries = read("parameters")
    return {entry["key"]: _parameter(entry, entries["as_of"]) for entry in entries["parameters"]}


def _parameter(entry: Mapping[str, Any], as_of: str) -> Parameter:
    unit, told = entry["unit"], entry.get("benchmark")
    return Parameter(
        key=entry["key"],
        value=float(entry["value"]),
        unit=unit,
        source=entry["source"],
        row=entry["row"],
        as_of=as_of,
        label=Term(en=entry["label"]["en"], zh=entry["label"]["zh"]),
        least=float(entry.get("least", 1.0 if unit in _WHOLE else 0.0)),
        most=float(entry.get("most", 1.0 if unit == "rate" else _MOST)),
        below=entry.get("below", ""),
        reference=told and Reference(told["metric"], Term(en=told["en"], zh=told["zh"]), told["statistic"]),
    )


def matches(entry: Parameter, wanted: str) -> bool:
    """Whether a parameter is meant by a word: a part of its key, names, area, handbook or row.

    >>> [key for key, entry in parameters().items() if matches(entry, "滞销天数")]
    ['inventory.dead_stock_days']
    """
    area = AREAS[entry.area]
    texts = (entry.key, entry.label.zh, entry.label.en, area.zh, area.en, f"{entry.source} row {entry.row}")
    return wanted.strip().casefold() in " ".join(texts).casefold()


def known(key: str) -> Parameter:
    """The parameter of a key.

    Raises:
        SpecError: there is none.
    """
    if key not in parameters():
        raise unknown_name(Message("The parameter"), key, parameters())
    return parameters()[key]


def parameter(key: str, overrides: Mapping[str, float] | None = None) -> float:
    """The value of a parameter, the shop's own where `overrides` has one.

    Raises:
        SpecError: there is no such parameter.

    >>> parameter("inventory.reorder_cover_days")
    7.0
    >>> parameter("inventory.reorder_cover_days", {"inventory.reorder_cover_days": 10})
    10.0
    """
    return float((overrides or {}).get(key, known(key).value))


@dataclass(frozen=True, slots=True)
class Preset:
    """Values that a trade starts from.

    Attributes:
        key, label: its name.
        source: where its values come from.
        numbers: parameter key -> value.
    """

    key: str
    label: Term
    source: Term
    numbers: Mapping[str, float]


@functools.cache
def presets() -> Mapping[str, Preset]:
    """The presets by key."""
    return {
        key: Preset(
            key,
            Term(en=entry["label"]["en"], zh=entry["label"]["zh"]),
            Term(en=entry["source"]["en"], zh=entry["source"]["zh"]),
            {name: float(value) for name, value in entry["values"].items()},
        )
        for key, entry in read("presets").items()
    }


def read(name: str) -> dict[str, Any]:
    """One of the handbook's data files."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))
