"""The metrics of the operations handbooks as data: what each is, how it is calculated, who owns it, what it needs."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ecops import capability
from ecops.errors import unknown_name
from ecops.messages import Message, Term
from ecops.statistics.changes import Unit

Direction = Literal["up", "down"]
Block = Literal["sales", "traffic", "conversion", "retention", "supply"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; the fields are those of the TOML.

    Attributes:
        key: stable name.
        block: part of the business it belongs to, see `Block`.
        label: what people call it.
        formula: how it is calculated, in words.
        meaning: what it tells.
        unit: see `Unit`; money is in the workspace's currency.
        direction: which way is good.
        owner: role, a key of `ecops/handbook/roles.toml`.
        percent: whether its values are shares, written as per cent: every rate, and the ratios that say so.
        numerator: signed measures that are added up ("-refunds" is taken away).
        denominator: the same; empty for a plain sum.
        min_denominator: below it the value is shown as too little data, in units of the denominator.
        needs: "table.column" that must be loaded.
        gap: what must be brought in where no table of ours carries it; None otherwise.
        page: page that works it out in full; "" when `kpis` does.
        contains: metrics of which it is the product, so that a change of one of them is a change of it.
        rows: rows of the handbook requirement list.
    """

    key: str
    block: Block
    label: Term
    formula: Term
    meaning: Term
    unit: Unit
    direction: Direction
    owner: str
    percent: bool
    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    min_denominator: float = 0.0
    needs: tuple[str, ...] = ()
    gap: Term | None = None
    page: str = ""
    contains: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures it is made of, each once."""
        return tuple(dict.fromkeys(name.removeprefix("-") for name in (*self.numerator, *self.denominator)))

    @property
    def computed(self) -> bool:
        """Whether `kpis` calculates it from loaded tables; the others are worked out on their page."""
        return not self.page and self.gap is None


def _term(entry: Mapping[str, str] | None) -> Term | None:
    return None if entry is None else Term(en=entry["en"], zh=entry["zh"])


def _metric(key: str, block: str, entry: Mapping[str, Any]) -> Metric:
    return Metric(
        key=key,
        block=cast("Block", block),
        label=cast("Term", _term(entry["label"])),
        formula=cast("Term", _term(entry["formula"])),
        meaning=cast("Term", _term(entry["meaning"])),
        unit=entry["unit"],
        direction=entry["direction"],
        owner=entry["owner"],
        percent=bool(entry.get("percent", entry["unit"] == "rate")),
        numerator=tuple(entry["numerator"]),
        denominator=tuple(entry.get("denominator", ())),
        min_denominator=float(entry.get("min_denominator", 0)),
        needs=tuple(entry.get("needs", ())),
        gap=_term(entry.get("gap")),
        page=entry.get("page", ""),
        contains=tuple(entry.get("contains", ())),
        rows=tuple(entry["rows"]),
    )


@functools.cache
def metrics() -> Mapping[str, Metric]:
    """Every metric by key, those of the guests too, in the order of the blocks."""
    own = [Path(__file__).parent / "catalogue" / f"{name}.toml" for name in get_args(Block)]
    found: dict[str, Metric] = {}
    for path in (*own, *capability.files("metrics")):
        entries = tomllib.loads(path.read_text("utf-8"))
        block = entries.pop("block")
        found.update({key: _metric(key, block, entry) for key, entry in entries.items()})
    order = get_args(Block)
    return dict(sorted(found.items(), key=lambda item: order.index(item[1].block)))


def metric(key: str) -> Metric:
    """The metric called `key`.

    >>> metric("pay_conversion").label.en
    'Payment conversion'
    """
    if key not in metrics():
        raise unknown_name(Message("The metric"), key, metrics())
    return metrics()[key]
