"""Where the steps of a funnel would stand if the shop reached a benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecops.funnel.table import FunnelTable
from ecops.messages import Message
from ecops.metrics.beside.benchmarks import Benchmark, chosen

RATES: Mapping[tuple[str, str], str] = {
    ("exposure", "click"): "ctr",
    ("visit", "cart"): "cart_rate",
    ("visit", "order"): "order_rate",
    ("visit", "pay"): "pay_conversion",
    ("cart", "order"): "cart_to_order",
    ("order", "pay"): "payment_rate",
}
"""Step and the one that it is counted from -> the metric that the rate between them is."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A benchmark at a step.

    Attributes:
        step: index of the step in the table.
        units: that the step would have.
        rate: the benchmark, a share of the step it is counted from.
        benchmark: whose it is.
    """

    step: int
    units: float
    rate: float
    benchmark: Benchmark

    @property
    def words(self) -> Message:
        """Whose it is, for hover and the alternative text."""
        return Message("benchmark ({who})", who=self.benchmark.who)


def known(data: Any) -> Mapping[str, Benchmark]:
    """The benchmark of every rate between two steps, by metric, as far as there is one."""
    found = {key: chosen(data, key) for key in RATES.values()}
    return {key: one for key, one in found.items() if one is not None}


def marks(benchmarks: Mapping[str, Benchmark], table: FunnelTable) -> tuple[Mark, ...]:
    """At most one mark a step: the rate from the step before where there is a benchmark of it, else from the first.

    Args:
        benchmarks: of `known`; they are a whole shop's.
        table: the funnel of a whole shop.
    """
    found = []
    for step, name in enumerate(table.names):
        for base in dict.fromkeys((table.base[step], table.required[0])):
            key = RATES.get((table.names[base], name)) if base >= 0 else None
            one = benchmarks.get(key or "")
            if one is not None:
                found.append(Mark(step, float(table.distinct[base]) * one.value, one.value, one))
                break
    return tuple(found)
