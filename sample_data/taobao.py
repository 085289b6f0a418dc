"""千牛 order and item reports and 生意参谋 traffic and item reports, as Taobao exports them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from sample_data.demand import CELLS, STOCK_OUT, Cell, Counts
from sample_data.orders import Book, Order
from sample_data.people import MASKED_PHONE, nickname, product, taobao_number
from sample_data.shop import (
    BEST_SELLER,
    CART_TRAP,
    DAYS,
    FIRST_DAY,
    LAST_DAY,
    PRODUCTS,
    PROVINCES,
    SHOP_NAMES,
    date_of,
    day,
)
from sample_data.writers import Row, csv_bytes, xls_bytes, zip_bytes

ORDER_HEADER = (
    "订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分",
    "买家实际支付金额", "买家实际支付积分", "订单状态", "买家留言", "收货人姓名", "收货地址 ", "运送方式", "联系电话 ",
    "联系手机", "订单创建时间", "订单付款时间 ", "宝贝标题 ", "宝贝种类 ", "物流单号 ", "物流公司", "订单备注",
    "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "卖家服务费", "买家服务费", "发票抬头", "是否手机订单",
    "分阶段订单信息", "特权订金订单id", "定金排名", "修改后的sku", "修改后的收货地址", "异常信息", "天猫卡券抵扣",
    "集分宝抵扣", "是否是O2O交易",
)  # fmt: skip
ITEM_HEADER = (
    "子订单编号", "主订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注", "订单状态",
    "商家编码", "支付单号", "买家应付货款", "买家实际支付金额", "退款状态", "退款金额", "订单创建时间", "订单付款时间",
)  # fmt: skip
SOURCE_HEADER = (
    "统计日期", "终端", "流量来源", "来源明细", "访客数", "浏览量", "支付金额", "浏览量占比", "店内跳转人数", "跳出本店人数",
    "收藏人数", "加购人数", "下单买家数", "下单转化率", "支付件数", "支付买家数", "支付转化率", "直接支付买家数",
    "收藏商品-支付买家数", "粉丝支付买家数", "加购商品-支付买家数",
)  # fmt: skip
PRODUCT_HEADER = (
    "统计日期", "商品ID", "商品名称", "货号", "商品状态", "商品标签", "商品访客数", "商品浏览量", "平均停留时长",
    "商品详情页跳出率", "商品收藏人数", "商品加购件数", "商品加购人数", "下单买家数", "下单件数", "下单金额", "下单转化率",
    "支付买家数", "支付件数", "支付金额", "商品支付转化率", "支付新买家数", "支付老买家数", "老买家支付金额",
    "聚划算支付金额", "访客平均价值", "成功退款金额", "竞争力评分", "年累计支付金额", "月累计支付金额", "月累计支付件数",
    "搜索引导支付转化率", "搜索引导访客数", "搜索引导支付买家数",
)  # fmt: skip
PRODUCT_REPORT_START = dt.date(2026, 10, 5)
NEWEST_DAY = dt.date(2026, 11, 15)
TRAP_VISITORS, TRAP_CART_RATE = 2.4, 0.17
"""The product with many carts: this many times the visitors its sales would have, and this share of them puts it into the cart."""
TERMINALS = {"mobile": "无线端", "desktop": "PC端"}


def _status(order: Order) -> tuple[str, str]:
    """Status and reason for closing."""
    if order.paid_at is None:
        return ("等待买家付款", "订单未关闭") if order.age == 0 else ("交易关闭", "买家未付款")
    if order.refund >= order.amount:
        return "交易关闭", "退款"
    if order.age > 12:
        return "交易成功", "订单未关闭"
    return ("卖家已发货，等待买家确认" if order.age >= 2 else "买家已付款，等待卖家发货"), "订单未关闭"


def _order_row(order: Order) -> Row:
    status, reason = _status(order)
    province, city, _ = PROVINCES[order.province]
    paid = order.paid_at is not None
    values = dict.fromkeys(ORDER_HEADER, "")
    values |= {
        "订单编号": f'="{taobao_number(order)}"',
        "买家会员名": nickname(order.buyer),
        "买家应付货款": f"{order.listed:.2f}",
        "买家应付邮费": "0.00",
        "买家支付积分": "0",
        "总金额": f"{order.amount:.2f}",
        "返点积分": "0",
        "买家实际支付金额": f"{order.amount if paid else 0:.2f}",
        "买家实际支付积分": "0",
        "订单状态": status,
        "收货人姓名": "***",
        "收货地址 ": f"{province} {city} ***",
        "运送方式": "快递",
        "联系手机": "'" + MASKED_PHONE,
        "订单创建时间": f"{order.ordered_at:%Y-%m-%d %H:%M:%S}",
        "订单付款时间 ": f"{order.paid_at:%Y-%m-%d %H:%M:%S}" if order.paid_at else "",
        "宝贝标题 ": "，".join(product(line.product).title for line in order.lines),
        "宝贝种类 ": str(len(order.lines)),
        "物流公司": "中通快递" if paid and order.age >= 2 else "",
        "宝贝总数量": str(order.units),
        "店铺Id": "0",
        "店铺名称": SHOP_NAMES["taobao"],
        "订单关闭原因": reason,
        "卖家服务费": "0",
        "买家服务费": "0元",
        "是否手机订单": "手机订单" if order.device == "mobile" else "",
        "分阶段订单信息": "阶段1：已付款，阶段2：已付款" if order.deposit else "",
    }
    return list(values.values())


def _item_rows(order: Order) -> Iterable[Row]:
    status, _ = _status(order)
    number = taobao_number(order)
    created = f"{order.ordered_at:%Y-%m-%d %H:%M:%S}"
    paid = f"{order.paid_at:%Y-%m-%d %H:%M:%S}" if order.paid_at else ""
    for position, line in enumerate(order.lines):
        child = number if len(order.lines) == 1 else f"{int(number) + position + 1}"
        refund = ("退款成功", f"{line.refund:.2f}") if line.refund else ("没有申请退款", "无退款申请")
        item = product(line.product)
        yield (
            f'="{child}"', f'="{number}"', item.title, f"{item.price:.2f}", str(line.quantity), item.sku, "", "", "",
            "交易关闭" if line.refund else status, item.sku, "", f"{line.listed:.2f}", f"{line.paid if paid else 0:.2f}",
            *refund, created, paid,
        )  # fmt: skip


def order_reports(book: Book) -> dict[str, bytes]:
    """ExportOrderList and ExportItemList, each a GBK CSV in a zip."""
    orders = [order for order in book.orders if order.platform == "taobao"]
    lists = csv_bytes(ORDER_HEADER, map(_order_row, orders), encoding="gbk", quote=True)
    items = csv_bytes(ITEM_HEADER, (row for order in orders for row in _item_rows(order)), encoding="gbk", quote=True)
    return {
        "taobao_orders.zip": zip_bytes({"ExportOrderList202611160900.csv": lists}),
        "taobao_items.zip": zip_bytes({"ExportItemList202611160901.csv": items}),
    }


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
            rows.append((
                f"{date_of(index)}", TERMINALS[cell.device], cell.channel, "-", f"{visitors:,}", f"{visitors + int(random.poisson(visitors * 1.6)):,}",
                f"{amount:,.2f}", "-", "-", f"{left:,}",
                f"{int(random.binomial(visitors, 0.04)):,}", f"{carts:,}", f"{orders:,}", _share(orders, visitors),
                f"{units:,}", f"{pays:,}", _share(pays, visitors), "-", "-", "-", "-",
            ))  # fmt: skip
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


def product_report(random: np.random.Generator, counts: dict[Cell, Counts], book: Book) -> dict[str, bytes]:
    """商品 report by day: six weeks, all but the newest day in a zip, that day as a bare .xls."""
    sales = _item_sales(book)
    visitors = sum(series.visitors for cell, series in counts.items() if cell.platform == "taobao")
    weights = np.array([item.weight for item in PRODUCTS])
    appeal = np.round(random.gamma(1 / 0.1**2, 0.1**2, len(PRODUCTS)), 6)
    carts = np.round(0.066 * random.gamma(1 / 0.08**2, 0.08**2, len(PRODUCTS)), 6)
    month: dict[int, tuple[int, float, float]] = {}
    rows: list[Row] = []
    for index in range(day(dt.date(2026, 9, 1)), DAYS):
        date = date_of(index)
        for position, item in enumerate(PRODUCTS):
            sold = sales.get((position, index), defaultdict(float))
            started, amount, units = month.get(position, (0, 0.0, 0.0))
            same = started == date.month
            month[position] = date.month, sold["amount"] + amount * same, sold["units"] + units * same
            if date >= PRODUCT_REPORT_START:
                trap = item.sku == CART_TRAP
                expected = visitors[index] * 1.25 * weights[position] / weights.sum() * appeal[position]
                people = max(
                    int(random.poisson(round(expected * (TRAP_VISITORS if trap else 1), 6))), int(sold["ordered"])
                )
                rate = TRAP_CART_RATE if trap else carts[position]
                gone = item.sku == BEST_SELLER and STOCK_OUT[0] <= date <= STOCK_OUT[1]
                basket = int(
                    sold["ordered"] + random.binomial(people - int(sold["ordered"]), 0.0 if gone else rate * 0.8)
                )
                rows.append(_product_row(random, f"{date}", position, people, basket, sold, month[position][1:]))
    reports = {}
    for start, end in ((PRODUCT_REPORT_START, NEWEST_DAY - dt.timedelta(days=1)), (NEWEST_DAY, LAST_DAY)):
        preamble = ("生意参谋-品类-商品排行", f"统计周期：{start}至{end}，按天", "终端：所有终端")
        reports[f"【生意参谋平台】商品_全部_{start}_{end}.xls"] = xls_bytes(
            "商品", preamble, PRODUCT_HEADER, [row for row in rows if f"{start}" <= row[0] <= f"{end}"]
        )
    (early, early_bytes), (_, newest) = reports.items()
    return {"sycm_products.zip": zip_bytes({early: early_bytes}), "sycm_products_newest.xls": newest}


def _product_row(
    random: np.random.Generator,
    date: str,
    position: int,
    people: int,
    basket: int,
    sold: dict[str, float],
    totals: tuple[float, float],
) -> Row:
    item = PRODUCTS[position]
    search = int(random.binomial(people, 0.4))
    search_paid = int(random.binomial(int(sold["paid"]), 0.4)) if search else 0
    return (
        date, item.taobao_id, item.title, item.sku, "当前在线", "-", f"{people:,}",
        f"{people + int(random.poisson(people * 0.7)):,}", f"{20 + 15 * float(random.random()):.0f}",
        _share(int(random.binomial(people, 0.55)), people), f"{int(random.binomial(people, 0.03)):,}",
        f"{basket + int(random.binomial(basket, 0.15)):,}", f"{basket:,}", f"{sold['ordered']:,.0f}",
        f"{sold['ordered_units']:,.0f}", f"{sold['ordered_amount']:,.2f}", _share(sold["ordered"], people),
        f"{sold['paid']:,.0f}", f"{sold['units']:,.0f}", f"{sold['amount']:,.2f}", _share(sold["paid"], people),
        f"{sold['paid'] - sold['old']:,.0f}", f"{sold['old']:,.0f}", f"{sold['old_amount']:,.2f}", "0.00",
        f"{sold['amount'] / people if people else 0:.2f}", f"{sold['refund']:,.2f}", "-", "-",
        f"{totals[0]:,.2f}", f"{totals[1]:,.0f}", _share(search_paid, search), f"{search:,}", f"{search_paid:,}",
    )  # fmt: skip
