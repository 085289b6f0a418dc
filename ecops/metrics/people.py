"""Whose buyers are known: not every platform names them, and figures of people hold only where it does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ecops.messages import Message, Percent, Value
from ecops.metrics.daily import NAMES, UNNAMED
from ecops.metrics.panel import Basis, Panel, days_of
from ecops.metrics.rows import Floats
from ecops.periods import Period

FACTORS: Mapping[Basis, tuple[str, ...]] = {
    "traffic": ("visitors", "pay_conversion", "value_per_buyer"),
    "orders": ("buyers", "orders_per_buyer", "order_value"),
    "": (),
}
"""Factors whose product is GMV, by basis."""

UNNAMED_FACTORS = ("orders", "order_value")
"""The same on the basis of orders where some of them name no buyer.

Buyers and orders per buyer then multiply to a part of the orders only, and the rest has no factors but its orders and
their value. So the whole is split as far as all of it goes: each factor is a figure that is shown, the product exact.
"""


def factors_of(panel: Panel, basis: Basis, places: NDArray[np.int64]) -> tuple[str, ...]:
    """Factors whose product is GMV on the days at `places` of the panel."""
    if basis != "orders":
        return FACTORS[basis]
    orders, named = (_sum(panel, name, places) for name in ("orders", "buyer_orders"))
    return FACTORS[basis] if named.sum() == orders.sum() else UNNAMED_FACTORS


def nameless(panel: Panel) -> NDArray[np.bool_]:
    """Segments that have orders, none of which names its buyer: how many people bought there is not known."""
    every = np.arange(len(panel.days))
    orders, named = (panel.by_segment(_sum(panel, name, every)) for name in ("orders", "buyer_orders"))
    return np.asarray((orders > 0) & (named == 0))


def people_note(panel: Panel, period: Period) -> tuple[Message, ...]:
    """For which platforms figures of people hold, and of what share of the orders; nothing where all name buyers."""
    places = panel.positions(days_of(period))
    orders, named = (_sum(panel, name, places) for name in ("orders", "buyer_orders"))
    if not 0 < named.sum() < orders.sum():
        return ()
    platforms = panel.leaves["platform"].to_numpy()
    found = [name for name in dict.fromkeys(platforms) if named[platforms == name].sum() > 0]
    told: Value = NAMES.get(found[0], found[0]) if found[0] else UNNAMED
    for name in found[1:]:
        told = Message("{first}, {second}", first=told, second=NAMES.get(name, name) if name else UNNAMED)
    return (
        Message(
            "Buyers, new buyers, the share of returning buyers and orders per buyer hold for the orders that name "
            "their buyer: {share} of the orders of these days, from {platforms}.",
            share=Percent(float(named.sum() / orders.sum())),
            platforms=told,
        ),
    )


def _sum(panel: Panel, name: str, places: NDArray[np.int64]) -> Floats:
    """A measure by leaf over some days; nothing where it is not known."""
    if name not in panel.measures:
        return np.zeros(len(panel.leaves))
    total: Floats = np.nan_to_num(panel.measures[name][:, places]).sum(1)
    return total
