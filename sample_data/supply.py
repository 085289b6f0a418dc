"""Products, stock and purchase orders: what was bought so that exactly what was sold could be sold."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.demand import STOCK_OUT
from sample_data.orders import Book
from sample_data.shop import BEST_SELLER, DAYS, DEAD_STOCK, LATE_SUPPLIER, PRODUCTS, SLOW_MOVER, Product, date_of, day
from sample_data.writers import Row, xlsx_bytes

WAREHOUSE = "杭州仓"
LATE_SHARE = {LATE_SUPPLIER: 0.36}
ON_TIME_LATE_SHARE = 0.015
DEFECTS = {LATE_SUPPLIER: 0.014}
USUAL_DEFECTS = 0.004
IDLE_STOCK = {DEAD_STOCK: 286, SLOW_MOVER: 175}
"""Units at the end of the files of the two products that nobody wants."""
DAILY_FROM, WEEKLY_FROM = dt.date(2026, 10, 26), dt.date(2026, 8, 31)
"""Stock is counted every day from the first of these, on Sundays from the second, and every fourth Sunday before."""
PENDING = (dt.date(2026, 10, 20), dt.date(2026, 11, 1), 300)
"""The best seller's purchase order that did not come: ordered, promised, units."""


@dataclass(slots=True)
class Purchase:
    """One purchase order of one product; days are positions, `received` is None while it is on the way."""

    product: Product
    ordered: int
    promised: int
    received: int | None
    quantity: int
    defects: int = 0


def units_sold(book: Book) -> NDArray[np.int64]:
    """Paid units a product and day, shape (products, DAYS)."""
    sold = np.zeros((len(PRODUCTS), DAYS), dtype=np.int64)
    for order in book.orders:
        if order.paid_at is not None:
            for line in order.lines:
                sold[line.product, order.index] += line.quantity
    return sold


def _purchases(random: np.random.Generator, item: Product, sold: NDArray[np.int64], opening: int) -> list[Purchase]:
    """Weekly orders that keep two weeks of stock; they see the sales to come, so that nothing runs out by chance."""
    usual = float(sold[-28:].mean())
    future = np.concatenate([sold, np.full(120, usual)])
    stock, orders = float(opening), list[Purchase]()
    for today in range(DAYS - 3):
        stock += sum(order.quantity - order.defects for order in orders if order.received == today)
        if today % 7 == 0:
            position = stock + sum(
                order.quantity for order in orders if order.received is None or order.received > today
            )
            safety = 14 * future[today : today + 28].mean() + 6
            if position - future[today : today + item.lead_days + 16].sum() < safety:
                wanted = future[today : today + item.lead_days + 50].sum() + safety - position
                quantity = max(item.minimum, math.ceil(wanted / item.pack) * item.pack)
                late = random.random() < LATE_SHARE.get(item.supplier, ON_TIME_LATE_SHARE)
                delay = int(random.integers(3, 10)) if late and item.supplier == LATE_SUPPLIER else int(late) * 2
                arrival = today + item.lead_days + delay - (0 if late else int(random.integers(0, 2)))
                defects = int(random.binomial(quantity, DEFECTS.get(item.supplier, USUAL_DEFECTS)))
                orders.append(Purchase(item, today, today + item.lead_days, arrival, quantity, defects))
        stock -= float(sold[today])
    return orders


def _empty_best_seller(orders: list[Purchase], sold: NDArray[np.int64], opening: int) -> list[Purchase]:
    """Shrinks the last deliveries so that nothing is left before the stock-out, and leaves one order pending."""
    first = day(STOCK_OUT[0])
    kept = [order for order in orders if order.received is not None and order.received < first]
    surplus = opening + sum(order.quantity - order.defects for order in kept) - int(sold[:first].sum())
    for order in sorted(kept, key=lambda order: -(order.received or 0)):
        less = min(surplus, order.quantity - order.defects)
        order.quantity -= less
        surplus -= less
    kept = [order for order in kept if order.quantity > order.defects]
    ordered, promised, quantity = PENDING
    return [*kept, Purchase(orders[0].product, day(ordered), day(promised), None, quantity)]


@dataclass(frozen=True, slots=True)
class Supply:
    """Purchases of all products and the stock of every evening, shape (products, DAYS)."""

    purchases: list[Purchase]
    stock: NDArray[np.int64]


def plan(random: np.random.Generator, sold: NDArray[np.int64]) -> Supply:
    """Purchases and stock for what was sold.

    Raises:
        ValueError: A product would have been sold that was not there: the generator is wrong.
    """
    purchases: list[Purchase] = []
    stock = np.zeros_like(sold)
    for position, item in enumerate(PRODUCTS):
        idle = IDLE_STOCK.get(item.sku)
        opening = int(sold[position].sum()) + idle if idle else int(sold[position, :45].sum()) + 40
        orders = [] if idle else _purchases(random, item, sold[position], opening)
        if item.sku == BEST_SELLER:
            orders = _empty_best_seller(orders, sold[position], opening)
        incoming = np.zeros(DAYS, dtype=np.int64)
        for order in orders:
            if order.received is not None and order.received < DAYS:
                incoming[order.received] += order.quantity - order.defects
        stock[position] = opening + np.cumsum(incoming - sold[position])
        if stock[position].min() < 0:
            raise ValueError(f"{item.sku} sold {-stock[position].min()} units that were not there")
        purchases += orders
    return Supply(sorted(purchases, key=lambda order: (order.ordered, order.product.sku)), stock)


def _purchase_rows(purchases: list[Purchase]) -> list[Row]:
    rows = []
    for number, order in enumerate(purchases, start=1):
        arrived = order.received is not None and order.received < DAYS
        rows.append(
            (
                f"PO{date_of(order.ordered):%y%m%d}{number:04d}",
                order.product.sku,
                order.product.title,
                order.product.supplier,
                f"{date_of(order.ordered)}",
                f"{date_of(order.promised)}",
                f"{date_of(order.received)}" if arrived and order.received is not None else "",
                order.quantity,
                order.quantity if arrived else "",
                order.defects if arrived else "",
                order.product.cost,
                WAREHOUSE,
                "已入库" if arrived else "在途",
            )
        )
    return rows


def reports(supply: Supply) -> dict[str, bytes]:
    """Product master, stock counts and purchase orders as workbooks."""
    products = [
        (
            item.sku,
            item.taobao_id,
            item.title,
            item.category,
            "暖物集",
            item.price,
            item.cost,
            item.supplier,
            item.minimum,
            item.pack,
            item.lead_days,
            "2025-03-01" if item.sku != DEAD_STOCK else "2024-11-01",
        )
        for item in PRODUCTS
    ]
    counts = []
    for index in range(DAYS):
        date = date_of(index)
        if date < DAILY_FROM and index % (7 if date >= WEEKLY_FROM else 28) != 6:
            continue
        for position, item in enumerate(PRODUCTS):
            coming = sum(
                order.quantity
                for order in supply.purchases
                if order.product is item
                and order.ordered <= index
                and (order.received is None or order.received > index)
            )
            out = STOCK_OUT[0] <= date <= STOCK_OUT[1] and item.sku == BEST_SELLER
            counts.append(
                (f"{date}", item.sku, WAREHOUSE, int(supply.stock[position, index]), coming, 24 if out else 0)
            )
    return {
        "products.xlsx": xlsx_bytes(
            {
                "商品": (
                    (
                        "商家编码",
                        "商品ID",
                        "商品名称",
                        "类目",
                        "品牌",
                        "售价",
                        "成本价",
                        "供应商",
                        "起订量",
                        "装箱数",
                        "交期",
                        "上架日期",
                    ),
                    products,
                )
            }
        ),
        "inventory.xlsx": xlsx_bytes(
            {"库存": (("盘点日期", "商家编码", "仓库", "在库数量", "在途数量", "缺货小时数"), counts)}
        ),
        "purchase_orders.xlsx": xlsx_bytes(
            {
                "采购单": (
                    (
                        "采购单号",
                        "商家编码",
                        "商品名称",
                        "供应商",
                        "下单日期",
                        "承诺到货日",
                        "到货日期",
                        "采购数量",
                        "到货数量",
                        "次品数量",
                        "采购单价",
                        "收货仓库",
                        "状态",
                    ),
                    _purchase_rows(supply.purchases),
                )
            }
        ),
    }
