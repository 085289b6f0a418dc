"""What was given back, and which sale it belongs to: the ledger of refunds and cancellations.

The rules (design page on customers, section 5): a refund that names its order, or equals an earlier line of the same
buyer in product, price and quantity, is matched; an order whose whole value came back is dropped from recency and
frequency. Any other refund of a buyer who bought before lowers the money only. A refund of a buyer without an earlier
sale is an orphan: its sale lies before the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecops.engine.duck import Engine

if TYPE_CHECKING:
    import pyarrow as pa

_REFUNDS = """
WITH lines AS (
    SELECT platform, coalesce(shop, '') AS shop, order_id, coalesce(line_id, '') AS line_id, buyer_id, sku,
        coalesce(paid_at, ordered_at) AS happened_at, quantity, unit_price,
        CASE WHEN paid_at IS NULL AND paid_amount > 0 THEN 0 ELSE coalesce(paid_amount, 0) END AS amount,
        coalesce(refund_amount, 0) AS refund
    FROM order_lines
),
backs AS (
    SELECT *, -amount AS back, abs(quantity) AS units FROM lines WHERE amount < 0
),
-- Orders that have both: the refund names its order.
own AS (
    SELECT DISTINCT lines.platform, lines.shop, lines.order_id
    FROM lines JOIN backs USING (platform, shop, order_id) WHERE lines.amount > 0
),
-- Walk through the equal lines of each buyer: a refund takes the oldest sale that is still open; with `more` the
-- refunds without one so far, the n-th matched refund belongs to the n-th sale.
twins AS (
    SELECT lines.platform, lines.shop, lines.order_id, lines.line_id, lines.happened_at, lines.amount,
        lines.buyer_id, lines.sku, lines.unit_price, abs(lines.quantity) AS units
    FROM lines
    WHERE amount <> 0 AND buyer_id IS NOT NULL AND sku IS NOT NULL AND quantity IS NOT NULL AND unit_price IS NOT NULL
        AND (amount > 0 OR NOT EXISTS (
            FROM own WHERE own.platform = lines.platform AND own.shop = lines.shop AND own.order_id = lines.order_id))
        AND EXISTS (
            FROM backs WHERE backs.buyer_id = lines.buyer_id AND backs.sku = lines.sku
                AND backs.unit_price = lines.unit_price AND backs.units = abs(lines.quantity)
                AND backs.platform = lines.platform AND backs.shop = lines.shop)
),
counted AS (
    SELECT *, count(*) FILTER (amount > 0) OVER walk AS sales, count(*) FILTER (amount < 0) OVER walk AS returns
    FROM twins
    WINDOW walk AS (PARTITION BY platform, shop, buyer_id, sku, unit_price, units
        ORDER BY happened_at, amount DESC, order_id, line_id ROWS UNBOUNDED PRECEDING)
),
walked AS (
    SELECT *, greatest(0, max(returns - sales) OVER (PARTITION BY platform, shop, buyer_id, sku, unit_price, units
        ORDER BY happened_at, amount DESC, order_id, line_id ROWS UNBOUNDED PRECEDING)) AS more
    FROM counted
),
closed AS (
    SELECT *, more > coalesce(lag(more) OVER (PARTITION BY platform, shop, buyer_id, sku, unit_price, units
        ORDER BY happened_at, amount DESC, order_id, line_id), 0) AS unmatched
    FROM walked
),
pairs AS (
    SELECT refund.platform, refund.shop, refund.order_id, refund.line_id,
        sale.order_id AS original_order_id, sale.line_id AS original_line_id
    FROM closed AS refund JOIN closed AS sale
        ON refund.platform = sale.platform AND refund.shop = sale.shop AND refund.buyer_id = sale.buyer_id
        AND refund.sku = sale.sku AND refund.unit_price = sale.unit_price AND refund.units = sale.units
        AND refund.amount < 0 AND NOT refund.unmatched AND sale.amount > 0
        AND sale.sales = refund.returns - refund.more
),
first_sale AS (
    SELECT platform, shop, buyer_id, min(happened_at) AS since
    FROM lines WHERE amount > 0 AND buyer_id IS NOT NULL GROUP BY ALL
)
SELECT backs.platform, backs.shop, backs.order_id, backs.line_id, backs.buyer_id, backs.sku, backs.happened_at,
    backs.back AS amount,
    CASE WHEN own.order_id IS NOT NULL OR pairs.original_order_id IS NOT NULL THEN 'matched'
        WHEN backs.buyer_id IS NULL OR first_sale.since <= backs.happened_at THEN 'netted'
        ELSE 'orphan' END AS kind,
    coalesce(own.order_id, pairs.original_order_id) AS original_order_id, pairs.original_line_id
FROM backs
LEFT JOIN own USING (platform, shop, order_id)
LEFT JOIN pairs USING (platform, shop, order_id, line_id)
LEFT JOIN first_sale USING (platform, shop, buyer_id)
UNION ALL
SELECT platform, shop, order_id, line_id, buyer_id, sku, happened_at, refund, 'matched', order_id, line_id
FROM lines WHERE refund > 0 AND amount >= 0
ORDER BY happened_at, order_id, line_id
"""

_ORDERS = """
WITH sales AS (
    SELECT platform, coalesce(shop, '') AS shop, order_id, any_value(buyer_id) AS buyer_id,
        min(coalesce(paid_at, ordered_at)) AS happened_at, sum(paid_amount) AS gross
    FROM order_lines WHERE paid_amount > 0 AND paid_at IS NOT NULL GROUP BY ALL
),
backs AS (
    SELECT platform, shop, original_order_id AS order_id, sum(amount) AS refunded
    FROM refunds WHERE kind = 'matched' GROUP BY ALL
)
SELECT sales.*, coalesce(refunded, 0) AS refunded, gross - coalesce(refunded, 0) AS net,
    coalesce(refunded, 0) >= gross - 0.005 AS given_back
FROM sales LEFT JOIN backs USING (platform, shop, order_id)
ORDER BY happened_at, order_id
"""


@dataclass(frozen=True, slots=True)
class Netting:
    """The ledger of one set of order lines.

    Attributes:
        refunds: one row a refund: platform, shop, order_id, line_id, buyer_id, sku, happened_at, amount (positive),
            kind ("matched", "netted", "orphan"), original_order_id and original_line_id (null unless matched).
        orders: one row an order with sales: platform, shop, order_id, buyer_id, happened_at, gross, refunded (matched
            refunds only), net, given_back (true when the whole order came back: it counts for nothing).
        summary: rows and money: gross, net (gross less matched and netted refunds; orphans stay out), and for each kind
            `<kind>_rows` and `<kind>_amount`; `orders_given_back`.
    """

    refunds: pa.Table
    orders: pa.Table
    summary: dict[str, float]


def net_refunds(order_lines: pa.Table | Sequence[Path], engine: Engine | None = None) -> Netting:
    """Settle every refund of `order_lines` by the rules above.

    A line that nobody paid (no `paid_at`) is no sale, whatever amount stands in it.

    Args:
        order_lines: canonical lines, as an Arrow table or Parquet files; needs platform, shop, order_id, line_id,
            buyer_id, sku, ordered_at, paid_at, quantity, unit_price, paid_amount, refund_amount. A line below zero is a
            refund of its own; `refund_amount` is a refund of its line.
        engine: who answers; must be able to read the files. A private one when None.
    """
    if engine is None:
        files = order_lines if isinstance(order_lines, Sequence) else ()
        folders = {Path(path).resolve().parent for path in files}
        engine = Engine(tuple(folders))
    refunds = engine.query(_REFUNDS, tables={"order_lines": order_lines}, timeout=None)
    orders = engine.query(_ORDERS, tables={"order_lines": order_lines, "refunds": refunds}, timeout=None)
    return Netting(refunds, orders, _summary(engine, refunds, orders))


def _summary(engine: Engine, refunds: pa.Table, orders: pa.Table) -> dict[str, float]:
    kinds = ("matched", "netted", "orphan")
    parts = ", ".join(
        f"count(*) FILTER (kind = '{kind}') AS {kind}_rows, "
        f"coalesce(sum(amount) FILTER (kind = '{kind}'), 0) AS {kind}_amount"
        for kind in kinds
    )
    (found,) = engine.query(f"SELECT {parts} FROM refunds", tables={"refunds": refunds}).to_pylist()  # noqa: S608
    (sold,) = engine.query(
        "SELECT coalesce(sum(gross), 0) AS gross, count(*) FILTER (given_back) AS back FROM orders",
        tables={"orders": orders},
    ).to_pylist()
    net = sold["gross"] - found["matched_amount"] - found["netted_amount"]
    return {"gross": sold["gross"], "net": net, **found, "orders_given_back": sold["back"]}
