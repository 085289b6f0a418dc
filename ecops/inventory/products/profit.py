"""What is left of a unit sold? Price less goods, commission, freight, promotion and what comes back.

Rates that no export tells are assumptions; each is named beside the result and can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ecops.errors import SpecError
from ecops.handbook import parameter
from ecops.messages import Message, Number, Term

if TYPE_CHECKING:
    import pandas as pd

ASSUMED: Mapping[str, float] = {
    "commission": 0.05,
    "freight": 6.0,
    "promotion": 0.0,
    "return_rate": 0.0,
    "return_cost": 6.0,
    "duty": 0.0,
}
"""Stand-ins: commission, promotion and duty as shares of the price, freight and cost of a return in money a unit."""

LABELS: Mapping[str, Term] = {
    "commission": Term(en="Platform commission", zh="平台佣金率"),
    "freight": Term(en="Freight a unit", zh="每件运费"),
    "promotion": Term(en="Promotion, share of price", zh="推广费占售价"),
    "return_rate": Term(en="Return rate", zh="退货率"),
    "return_cost": Term(en="Cost of a return", zh="每笔退货成本"),
    "duty": Term(en="Duty and tax, share of price", zh="关税与税费占售价"),
}


@dataclass(frozen=True, slots=True)
class UnitProfit:
    """Profit of one unit; every amount in the currency of the price.

    Attributes:
        price, cost: of a unit.
        commission, freight, promotion, returns, duty: what they take from a unit.
        gross: price less cost.
        net: what is left after everything.
        gross_margin, net_margin: their shares of the price.
        roi: price over promotion; infinite without promotion.
        assumed: keys of `ASSUMED` that were not given.
    """

    price: float
    cost: float
    commission: float
    freight: float
    promotion: float
    returns: float
    duty: float
    gross: float
    net: float
    gross_margin: float
    net_margin: float
    roi: float
    assumed: tuple[str, ...] = field(default=())


def unit_profit(price: float, cost: float, rates: Mapping[str, float] | None = None) -> UnitProfit:
    """The profit of one unit.

    Args:
        price: what the buyer pays.
        cost: what the unit costs to buy.
        rates: any of `ASSUMED`; what is left out is assumed, and named in the result.

    Raises:
        SpecError: the price is not above 0, a rate is unknown or below 0.

    >>> found = unit_profit(100, 60, {"commission": 0.05, "freight": 5, "promotion": 0.1})
    >>> found.gross, found.net, found.roi, found.assumed
    (40, 20.0, 10.0, ('return_rate', 'return_cost', 'duty'))
    """
    given = dict(rates or {})
    if not price > 0 or set(given) - set(ASSUMED) or min(given.values(), default=0.0) < 0:
        raise SpecError(
            Message("A price of {value} or these rates are not possible.", value=Number(price, 2)),
            Message("Known are: {names}.", names=", ".join(ASSUMED)),
        )
    all_rates = {**ASSUMED, **given}
    promotion, commission = all_rates["promotion"] * price, all_rates["commission"] * price
    returns, duty = all_rates["return_rate"] * all_rates["return_cost"], all_rates["duty"] * price
    gross = price - cost
    net = gross - commission - all_rates["freight"] - promotion - returns - duty
    return UnitProfit(
        price=price, cost=cost, commission=commission, freight=all_rates["freight"], promotion=promotion,
        returns=returns, duty=duty, gross=gross, net=net, gross_margin=gross / price, net_margin=net / price,
        roi=price / promotion if promotion > 0 else float("inf"),
        assumed=tuple(name for name in ASSUMED if name not in given),
    )  # fmt: skip


def profits(table: pd.DataFrame, rates: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Profit a unit of every product with price and cost, the least net margin first.

    Args:
        table: sku, title, price, cost, and, where they are known of the product itself, any of `ASSUMED`.
        rates: for the whole shop.

    Returns:
        sku, title and the numbers of `UnitProfit`.
    """
    usable = table[(table["price"] > 0) & table["cost"].notna()]
    price, cost = usable["price"].to_numpy(), usable["cost"].to_numpy()
    shop = {**ASSUMED, **(rates or {})}

    def rate(name: str) -> Any:
        own = usable[name].to_numpy(dtype=float) if name in usable else np.full(len(usable), np.nan)
        return np.where(np.isfinite(own), own, shop[name])

    found = usable[["sku", "title", "price", "cost"]].assign(
        commission=rate("commission") * price,
        freight=rate("freight"),
        promotion=rate("promotion") * price,
        returns=rate("return_rate") * rate("return_cost"),
        duty=rate("duty") * price,
        gross=price - cost,
    )
    net = found["gross"] - found[["commission", "freight", "promotion", "returns", "duty"]].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        roi = np.where(found["promotion"] > 0, price / found["promotion"], np.inf)
    found = found.assign(net=net, gross_margin=found["gross"] / price, net_margin=net / price, roi=roi)
    return found.sort_values(["net_margin", "sku"], kind="stable").reset_index(drop=True)


def price_roles(table: pd.DataFrame, overrides: Mapping[str, float] | None = None) -> pd.Series[Any]:
    """What each product is for: "traffic" (about break-even), "profit", "image" (the dearest of its kind), "" between.

    Args:
        table: category, price, gross_margin (share), net_margin (share).
        overrides: thresholds of the handbook.

    A traffic item nets at most 5 % of its price; a profit item has at least the handbook's gross margin of 30 %; an
    image item costs at least twice the median of its category, whatever it earns.
    """
    import pandas as pd

    least = parameter("finance.gross_margin_min", overrides)
    usual = table.groupby("category")["price"].transform("median")
    role = np.select(
        [table["price"] >= 2 * usual, table["net_margin"] <= 0.05, table["gross_margin"] >= least],
        ["image", "traffic", "profit"],
        "",
    )
    return pd.Series(role, index=table.index, name="role")
