"""京东 orders and 商智 daily figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from sample_data.demand import CELLS, Cell, Counts
from sample_data.orders import Book, Order
from sample_data.people import jd_number, nickname, product
from sample_data.shop import DAYS, PROVINCES, SHOP_NAMES, date_of
from sample_data.writers import Row, xlsx_bytes

ORDER_HEADER = (
    "订单号", "商品ID", "商品名称", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "结算金额",
    "余额支付", "应付金额", "订单状态", "订单类型", "下单帐号", "客户姓名", "客户地址", "联系电话", "订单备注",
    "发票类型", "发票抬头", "发票内容", "商家备注", "商家备注等级（等级1-5为由高到低）", "运费金额", "付款确认时间",
    "增值税发票", "货号", "订单完成时间", "订单来源", "订单渠道",
)  # fmt: skip
DAILY_HEADER = (
    "日期", "平台", "店铺", "渠道", "终端", "访客数", "浏览量", "加购人数", "下单人数", "成交客户数",
    "成交商品件数", "成交金额", "客单价",
)  # fmt: skip
TERMINALS = {"mobile": "移动端", "desktop": "PC端"}


def _status(order: Order) -> str:
    if order.paid_at is None:
        return "等待付款" if order.age == 0 else "已取消"
    if order.refund >= order.amount:
        return "(删除)等待出库"
    if order.age > 12:
        return "完成"
    return "等待确认收货" if order.age >= 2 else "等待出库"


def _rows(order: Order) -> Iterable[Row]:
    province, city, _ = PROVINCES[order.province]
    for position, line in enumerate(order.lines):
        item = product(line.product)
        values = dict.fromkeys(ORDER_HEADER, "")
        values |= {
            "订单号": jd_number(order),
            "商品ID": item.jd_id,
            "商品名称": item.title,
            "订购数量": str(line.quantity),
            "下单时间": f"{order.ordered_at:%Y-%m-%d %H:%M:%S}",
            "京东价": f"{item.price:.2f}",
            "订单金额": f"{order.listed:.2f}" if position == 0 else "",
            "结算金额": f"{order.amount:.2f}" if position == 0 else "",
            "应付金额": f"{order.amount:.2f}" if position == 0 else "",
            "订单状态": _status(order),
            "下单帐号": "jd_" + nickname(order.buyer)[2:],
            "客户地址": f"{province}{city}***",
            "付款确认时间": f"{order.paid_at:%Y-%m-%d %H:%M:%S}" if order.paid_at else "",
            "货号": item.sku,
            "订单渠道": order.channel,
        }
        yield list(values.values())


def order_report(book: Book) -> dict[str, bytes]:
    """京东 order export, all cells text; one row a product; the amounts of the order stand on its first row."""
    rows = [row for order in book.orders if order.platform == "jd" for row in _rows(order)]
    return {"jd_orders.xlsx": xlsx_bytes({"订单": (ORDER_HEADER, rows)})}


def daily_report(random: np.random.Generator, counts: dict[Cell, Counts], book: Book) -> dict[str, bytes]:
    """商智 trade overview by day and terminal."""
    paid: dict[tuple[str, int], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for order in book.orders:
        if order.platform == "jd" and order.paid_at is not None:
            units, amount = paid[order.device, order.index]
            paid[order.device, order.index] = units + order.units, amount + order.amount
    rows = []
    for index in range(DAYS):
        for cell in (cell for cell in CELLS if cell.platform == "jd"):
            now = counts[cell]
            visitors, carts, orders, pays = (
                int(series[index]) for series in (now.visitors, now.carts, now.orders, now.pays)
            )
            units, amount = paid[cell.device, index]
            views = visitors + int(random.poisson(visitors * 1.8))
            rows.append(
                (
                    f"{date_of(index)}",
                    "京东",
                    SHOP_NAMES["jd"],
                    cell.channel,
                    TERMINALS[cell.device],
                    visitors,
                    views,
                    carts,
                    orders,
                    pays,
                    units,
                    round(amount, 2),
                    round(amount / pays, 2) if pays else "-",
                )
            )
    return {"jd_daily.xlsx": xlsx_bytes({"商智-交易概况": (DAILY_HEADER, rows)})}
