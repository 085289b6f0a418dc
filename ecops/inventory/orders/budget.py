"""Money for only a part of the list: which packs earn the most for each yuan?

Each further pack of a product is worth less than the one before, since it is needed less often. Taking packs by
expected profit for each unit of money is therefore the best choice for a given budget, but for minimum orders, which
cannot be taken in part; the bound says how much they can have cost at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecops.errors import SpecError
from ecops.inventory.demand.panel import Floats
from ecops.inventory.forecasting.lead_time import LeadTimeDemand
from ecops.inventory.orders.recommend import Line
from ecops.messages import Message, Number

_MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Allocation:
    """How a budget is spent.

    Attributes:
        quantities: units to buy of each line, in the order of the lines; 0 for what must wait.
        spent: money.
        gain: expected profit of it.
        bound: expected profit that no allocation can exceed: that of parts of packs and minimum orders.
        wanted: money that all lines would take.
    """

    quantities: tuple[float, ...]
    spent: float
    gain: float
    bound: float
    wanted: float


def allocate_budget(
    lines: Sequence[Line],
    budget: float,
    demand: LeadTimeDemand,
    price: Floats,
    pack: Floats,
    *,
    holding: float = 0.0,
) -> Allocation:
    """Spend a budget on the packs that earn most for each unit of money.

    Args:
        lines: of `recommend`, in any order; lines without a known cost are bought in full only if nothing else can
            tell, so they are left out and keep 0.
        budget: money, at least 0.
        demand: demand until the order after this one arrives, rows as `demand.skus`.
        price: of a unit, rows as `demand.skus`.
        pack: units that are ordered together, rows as `demand.skus`; NaN or 0 for single units.
        holding: cost of a unit left over, as a share of its cost.

    Raises:
        SpecError: the budget is below 0.
    """
    if not budget >= 0:
        raise SpecError(
            Message("A budget of {value} is not possible.", value=Number(budget, 0)), Message("Give 0 or more.")
        )
    place = {sku: row for row, sku in enumerate(demand.skus)}
    chunks: list[tuple[float, float, float, float, int]] = []
    for number, line in enumerate(lines):
        if not (np.isfinite(line.cost) and line.cost > 0 and np.isfinite(price[place[line.sku]])):
            continue
        for units, gain in _chunks(line, place[line.sku], demand, price, pack, holding):
            cost = units * line.cost
            chunks.append((gain / cost, cost, gain, units, number))
    chunks.sort(key=lambda chunk: (-chunk[0], chunk[4]))
    quantities = [0.0] * len(lines)
    left, gained, bound, room = budget, 0.0, 0.0, budget
    stopped: set[int] = set()
    for ratio, cost, gain, units, number in chunks:
        if ratio <= 0:
            break
        part = min(room, cost)
        bound += gain * part / cost
        room -= part
        if number in stopped or cost > left + 1e-9:
            # A later pack of a product makes no sense without the earlier one.
            stopped.add(number)
            continue
        quantities[number] += units
        left -= cost
        gained += gain
    wanted = float(np.nansum([line.value for line in lines]))
    return Allocation(tuple(quantities), budget - left, gained, max(bound, gained), wanted)


def _chunks(
    line: Line, row: int, demand: LeadTimeDemand, price: Floats, pack: Floats, holding: float
) -> list[tuple[float, float]]:
    """Units and expected profit of the packs of a line, the best first; a minimum order is one chunk."""
    size = float(np.nan_to_num(pack[row])) or 1.0
    count = max(round(line.quantity / size), 1)
    step = size * max(int(np.ceil(count / _MOST_STEPS)), 1)
    edges = np.unique(np.append(np.arange(0.0, line.quantity, step), line.quantity))
    one = _row(demand, row)
    stock = np.maximum(line.position, 0.0) + edges
    short = np.array([float(one.shortage(np.array([level]))[0]) for level in stock])
    sold = short[0] - short
    left = edges - sold
    value = (float(price[row]) - line.cost) * sold - holding * line.cost * left
    return _concave(edges, value)


def _row(demand: LeadTimeDemand, row: int) -> LeadTimeDemand:
    mine = slice(row, row + 1)
    return LeadTimeDemand(
        demand.skus[mine], demand.days[mine], demand.mean[mine], demand.spread[mine], demand.errors, demand.bin[mine],
        demand.windows,
    )  # fmt: skip


def _concave(edges: Floats, value: Floats) -> list[tuple[float, float]]:
    """Steps whose profit a unit never rises: neighbours that would are taken together."""
    hull: list[tuple[float, float]] = []
    for units, gain in zip(np.diff(edges), np.diff(value), strict=True):
        hull.append((float(units), float(gain)))
        while len(hull) > 1 and hull[-1][1] / hull[-1][0] > hull[-2][1] / hull[-2][0] + 1e-12:
            more, gained = hull.pop()
            before, earlier = hull.pop()
            hull.append((before + more, earlier + gained))
    return hull
