"""Which platform suits which goods: what the handbook says of a category beside where it sells."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecops.engine import load_sql
from ecops.messages import Message, Percent, Term, Value
from ecops.metrics.daily import NAMES, opened
from ecops.periods import Period
from ecops.review.branches.figures import QUERIES


@dataclass(frozen=True, slots=True)
class Goods:
    """A kind of goods; the fields are those of `platforms.toml`."""

    label: Term
    platforms: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """One category.

    Attributes:
        category: its name.
        goods: "standard" or "taste"; "" where its name tells nothing.
        gmv: platform -> sales of the period.
    """

    category: str
    goods: str
    gmv: Mapping[str, float]

    @property
    def share(self) -> float:
        """Share of its sales on the platforms that the handbook puts first; 0 where it tells nothing."""
        whole = sum(self.gmv.values())
        first = goods()[self.goods].platforms if self.goods else ()
        return sum(self.gmv.get(name, 0.0) for name in first) / whole if whole else 0.0

    @property
    def sentence(self) -> Message:
        """What the handbook says of it, and where it sells."""
        if not self.goods:
            return Message("{category}: its name does not tell which goods it is.", category=self.category)
        kind = goods()[self.goods]
        return Message(
            "{category} ({goods}): the handbook puts {platforms} first; {share} of its sales come from there.",
            category=self.category, goods=kind.label, platforms=_named(kind.platforms), share=Percent(self.share),
        )  # fmt: skip


@functools.cache
def goods() -> Mapping[str, Goods]:
    """The kinds of goods by key."""
    entries = tomllib.loads(Path(__file__).with_name("platforms.toml").read_text("utf-8"))
    return {
        key: Goods(Term(**told["label"]), tuple(told["platforms"]), tuple(told["words"]))
        for key, told in entries.items()
    }


def goods_of(category: str) -> str:
    """Which goods a category is by its name; "" when no word or words of both kinds are in it.

    >>> goods_of("女装"), goods_of("3C 数码"), goods_of("其他")
    ('taste', 'standard', '')
    """
    found = [key for key, kind in goods().items() if any(word in category.casefold() for word in kind.words)]
    return found[0] if len(found) == 1 else ""


def platform_fit(data: Any, period: Period) -> tuple[Fit, ...]:
    """Every category with what the handbook says of it, those that sell most first.

    Args:
        data: as for `ecops.metrics.kpis`.
        period: days.
    """
    ready = opened(data)
    if not ready.has("order_lines"):
        return ()
    asked = {"start": period.start, "end": period.end}
    sold: dict[str, dict[str, float]] = {}
    for row in ready.query(load_sql(QUERIES, "category_platforms"), asked).to_pylist():
        sold.setdefault(row["category"], {})[row["platform"]] = float(row["gmv"])
    found = [Fit(category, goods_of(category), gmv) for category, gmv in sold.items()]
    return tuple(sorted(found, key=lambda one: (-sum(one.gmv.values()), one.category)))


def _named(platforms: tuple[str, ...]) -> Value:
    told: Value = NAMES.get(platforms[0], platforms[0])
    for name in platforms[1:]:
        told = Message("{first}, {second}", first=told, second=NAMES.get(name, name))
    return told
