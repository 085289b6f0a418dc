"""生意参谋 traffic-source and item reports: BIFF workbooks with lines above the header and every figure as text."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sample_data.demand import CELLS, STOCK_OUT, Cell, Counts
from sample_data.orders import Book
from sample_data.shop import BEST_SELLER, CART_TRAP, DAYS, FIRST_DAY, LAST_DAY, POSITION, PRODUCTS, date_of, day
from sample_data.writers import Row, xls_bytes, zip_bytes

SOURCE_HEADER = (
    "统计日期", "终端", "流量来源", "来源明细", "访客数", "浏览量", "支付金额", "浏览量占比", "店内跳转人数",
    "跳出本店人数", "收藏人数", "加购人数", "下单买家数", "下单转化率", "支付件数", "支付买家数", "支付转化率",
    "直接支付买家数", "收藏商品-支付买家数", "粉丝支付买家数", "加购商品-支付买家数",
)  # fmt: skip
PRODUCT_HEADER = (
    "统计日期", "商品ID", "商品名称", "货号", "商品状态", "商品标签", "商品访客数", "商品浏览量", "平均停留时长",
    "商品详情页跳出率", "商品收藏人数", "商品加购件数", "商品加购人数", "下单买家数", "下单件数", "下单金额",
    "下单转化率", "支付买家数", "支付件数", "支付金额", "商品支付转化率", "支付新买家数", "支付老买家数",
    "老买家支付金额", "聚划算支付金额", "访客平均价值", "成功退款金额", "竞争力评分", "年累计支付金额",
    "月累计支付金额", "月累计支付件数", "搜索引导支付转化率", "搜索引导访客数", "搜索引导支付买家数",
)  # fmt: skip
PRODUCT_REPORT_START = dt.date(2026, 10, 5)
NEWEST_DAY = dt.date(2026, 11, 15)
TRAP_VISITORS, TRAP_CART_RATE = 2.4, 0.17
"""The product with many carts has this many times the usual visitors, and this share of them carts it."""
TERMINALS = {"mobile": "无线端", "desktop": "PC端"}
NOTHING: Mapping[str, float] = defaultdict(float)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.2%}" if whole else "-"


def _paid_by_cell(book: Book) -> dict[tuple[str, str, int], tuple[int, float]]:
    """Units and amount paid a channel, device and day."""
    totals: dict[tuple[str, str, int], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for order in book.orders:
        if order.platform == "taobao" and order.paid_at is not None:
            units, amount = totals[order.channel, order.device, order.index]
            totals[order.channel, order.device, order.index] = units + order.units, amount + order.amount
    return totals


def source_report(random: np.random.Generator, counts: dict[Cell, Counts], book: Book) -> dict[str, bytes]:
    """流量来源 by day, terminal and source for the whole span: a BIFF workbook in a zip."""
    paid = _paid_by_cell(book)
    cells = [cell for cell in CELLS if cell.platform == "taobao"]
    rows = []
    for index in range(DAYS):
        for cell in cells:
            now = counts[cell]
            visitors, carts, orders, pays = (
                int(series[index]) for series in (now.visitors, now.carts, now.orders, now.pays)
            )
            left = int(random.binomial(visitors, 0.48))
            units, amount = paid[cell.channel, cell.device, index]
            rows.append(
                (
                    f"{date_of(index)}",
                    TERMINALS[cell.device],
                    cell.channel,
                    "-",
                    f"{visitors:,}",
                    f"{visitors + int(random.poisson(visitors * 1.6)):,}",
                    f"{amount:,.2f}",
                    "-",
                    "-",
                    f"{left:,}",
                    f"{int(random.binomial(visitors, 0.04)):,}",
                    f"{carts:,}",
                    f"{orders:,}",
                    _share(orders, visitors),
                    f"{units:,}",
                    f"{pays:,}",
                    _share(pays, visitors),
                    "-",
                    "-",
                    "-",
                    "-",
                )
            )
    preamble = ("生意参谋-流量-店铺来源", f"统计周期：{FIRST_DAY}至{LAST_DAY}，按天", "终端：无线端、PC端")
    book_bytes = xls_bytes("流量来源", preamble, SOURCE_HEADER, rows)
    return {"sycm_sources.zip": zip_bytes({f"【生意参谋平台】无线店铺流量来源{FIRST_DAY}_{LAST_DAY}.xls": book_bytes})}


def _item_sales(book: Book) -> dict[tuple[int, int], dict[str, float]]:
    """What was ordered, paid and given back a product and day, in the product report's terms."""
    sales: dict[tuple[int, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    seen: set[int] = set()
    for order in (order for order in book.orders if order.platform == "taobao"):
        for line in order.lines:
            entry = sales[line.product, order.index]
            entry["ordered"] += 1
            entry["ordered_units"] += line.quantity
            entry["ordered_amount"] += line.paid
            if order.paid_at is None:
                continue
            entry["paid"] += 1
            entry["units"] += line.quantity
            entry["amount"] += line.paid
            entry["refund"] += line.refund
            if order.buyer in seen:
                entry["old"] += 1
                entry["old_amount"] += line.paid
        if order.paid_at is not None:
            seen.add(order.buyer)
    return sales


@dataclass(frozen=True, slots=True)
class ItemDay:
    """One product on one day: visitors, people with a cart, what was sold, and the month's amount and units so far."""

    product: int
    date: dt.date
    people: int
    basket: int
    sold: Mapping[str, float]
    month: tuple[float, float]


def item_days(random: np.random.Generator, counts: Mapping[Cell, Counts], book: Book) -> list[ItemDay]:
    """Every product on every day of the report."""
    sales = _item_sales(book)
    visitors = sum(series.visitors for cell, series in counts.items() if cell.platform == "taobao")
    weights = np.array([item.weight for item in PRODUCTS])
    usual = 1.25 * weights / weights.sum() * np.round(random.gamma(1 / 0.1**2, 0.1**2, len(PRODUCTS)), 6)
    rates = 0.053 * np.round(random.gamma(1 / 0.08**2, 0.08**2, len(PRODUCTS)), 6)
    usual[POSITION[CART_TRAP]] *= TRAP_VISITORS
    rates[POSITION[CART_TRAP]] = TRAP_CART_RATE
    month = np.zeros((len(PRODUCTS), 2))
    rows = []
    for index in range(day(PRODUCT_REPORT_START.replace(day=1)), DAYS):
        date = date_of(index)
        if date.day == 1:
            month[:] = 0
        for position, item in enumerate(PRODUCTS):
            sold = sales.get((position, index), NOTHING)
            month[position] += sold["amount"], sold["units"]
            if date < PRODUCT_REPORT_START:
                continue
            ordered = int(sold["ordered"])
            people = max(int(random.poisson(round(visitors[index] * usual[position], 6))), ordered)
            gone = item.sku == BEST_SELLER and STOCK_OUT[0] <= date <= STOCK_OUT[1]
            basket = ordered + int(random.binomial(people - ordered, 0.0 if gone else round(rates[position], 9)))
            rows.append(
                ItemDay(position, date, people, basket, sold, (float(month[position, 0]), float(month[position, 1])))
            )
    return rows


def product_report(random: np.random.Generator, days: list[ItemDay]) -> dict[str, bytes]:
    """商品 report by day: six weeks, all but the newest day in a zip, that day as a bare .xls."""
    rows = [_product_row(random, now) for now in days]
    reports = {}
    for start, end in ((PRODUCT_REPORT_START, NEWEST_DAY - dt.timedelta(days=1)), (NEWEST_DAY, LAST_DAY)):
        preamble = ("生意参谋-品类-商品排行", f"统计周期：{start}至{end}，按天", "终端：所有终端")
        chosen = [row for row in rows if f"{start}" <= row[0] <= f"{end}"]
        reports[f"【生意参谋平台】商品_全部_{start}_{end}.xls"] = xls_bytes("商品", preamble, PRODUCT_HEADER, chosen)
    (early, early_bytes), (_, newest) = reports.items()
    return {"sycm_products.zip": zip_bytes({early: early_bytes}), "sycm_products_newest.xls": newest}


def _product_row(random: np.random.Generator, now: ItemDay) -> Row:
    item, people, basket, sold = PRODUCTS[now.product], now.people, now.basket, now.sold
    search = int(random.binomial(people, 0.4))
    search_paid = int(random.binomial(int(sold["paid"]), 0.4)) if search else 0
    return (
        f"{now.date}",
        item.taobao_id,
        item.title,
        item.sku,
        "当前在线",
        "-",
        f"{people:,}",
        f"{people + int(random.poisson(people * 0.7)):,}",
        f"{20 + 15 * float(random.random()):.0f}",
        _share(int(random.binomial(people, 0.55)), people),
        f"{int(random.binomial(people, 0.03)):,}",
        f"{basket + int(random.binomial(basket, 0.15)):,}",
        f"{basket:,}",
        f"{sold['ordered']:,.0f}",
        f"{sold['ordered_units']:,.0f}",
        f"{sold['ordered_amount']:,.2f}",
        _share(sold["ordered"], people),
        f"{sold['paid']:,.0f}",
        f"{sold['units']:,.0f}",
        f"{sold['amount']:,.2f}",
        _share(sold["paid"], people),
        f"{sold['paid'] - sold['old']:,.0f}",
        f"{sold['old']:,.0f}",
        f"{sold['old_amount']:,.2f}",
        "0.00",
        f"{sold['amount'] / people if people else 0:.2f}",
        f"{sold['refund']:,.2f}",
        "-",
        "-",
        f"{now.month[0]:,.2f}",
        f"{now.month[1]:,.0f}",
        _share(search_paid, search),
        f"{search:,}",
        f"{search_paid:,}",
    )
