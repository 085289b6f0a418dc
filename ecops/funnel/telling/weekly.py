"""What the funnel says to the review: the steps that changed, and the products that are put into carts and left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ecops.errors import DataError
from ecops.finding import Amount, Finding
from ecops.funnel.reading.own import Own
from ecops.funnel.workspace import bases, shop_funnel, shop_products
from ecops.handbook import advice
from ecops.messages import Count, Message, Percent
from ecops.periods import Compare, Period

if TYPE_CHECKING:
    from ecops.store import Data


def step_findings(data: Data, period: Period, compare: Compare) -> list[Finding]:
    """Steps that changed, as the funnel page tells them; nothing where nobody reports steps in these days."""
    known = bases(data)
    if not known:
        return []
    try:
        words = Own(getattr(data, "state", None)).words()
        result = shop_funnel(data, period, compare, basis=known[0], words=words)
    except DataError:
        return []
    return [*result.findings, *result.watch]


def product_findings(data: Data, period: Period) -> list[Finding]:
    """Products that many put into the cart and few pay for, over the last four weeks."""
    table, span = shop_products(data, period)
    if table.empty:
        return []
    sure = table[table["tier"] == "confirmed"]
    return [_product(row, span, getattr(data, "currency", "")) for row in sure.to_dict("records")]


def _product(row: dict[Any, Any], span: Period, currency: str) -> Finding:
    lost = float(row["money_at_stake"]) * 7 / span.days
    expected = float(row["carts"]) * float(row["expected_pay_rate"]) / float(row["visitors"])
    return Finding(
        area="funnel",
        kind="product",
        subject={"platform": str(row["platform"]), "sku": str(row["product"])},
        metric="pay_conversion",
        period=span,
        compare=None,
        before=expected,
        after=float(row["pays"]) / float(row["visitors"]),
        ci=(math.nan, math.nan),
        q_value=math.nan,
        n=int(row["visitors"]),
        confidence="confirmed",
        money=Amount(-lost, math.nan, math.nan, currency, "week") if math.isfinite(lost) else None,
        headline=Message(
            "{product}: {cart_rate} of its visitors put it into the cart, but only {pay_rate} of these pay; "
            "{expected} is usual.",
            product=str(row["title"]),
            cart_rate=Percent(float(row["cart_rate"])),
            pay_rate=Percent(float(row["pay_rate"])),
            expected=Percent(float(row["expected_pay_rate"])),
        ),
        evidence=Message(
            "{visitors} visitors, {carts} with it in the cart, {pays} paid in {period}.",
            visitors=Count(float(row["visitors"])),
            carts=Count(float(row["carts"])),
            pays=Count(float(row["pays"])),
            period=span.range,
        ),
        action=advice("cart_high_pay_low"),
    )
