"""抖店 orders and the daily funnel of 抖音罗盘 as a plain table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from sample_data.demand import CELLS, Cell, Counts
from sample_data.orders import Book, Order
from sample_data.people import douyin_number, full_name, product
from sample_data.shop import DAYS, PROVINCES, SHOP_NAMES, date_of
from sample_data.writers import Row, csv_bytes, xlsx_bytes, zip_bytes

ORDER_HEADER = (
    "主订单编号", "子订单编号", "支付方式", "选购商品", "货号", "商品ID", "商家编码", "商品数量", "商品金额",
    "订单提交时间", "支付完成时间", "订单完成时间", "承诺发货时间", "预约发货时间", "买家留言", "旗帜颜色",
    "商家备注", "APP渠道", "订单状态", "取消原因", "售后状态", "订单类型", "发货时间", "订单应付金额", "运费",
    "优惠总金额", "平台优惠", "商家优惠", "达人优惠", "商家改价", "支付优惠", "手续费", "红包抵扣", "降价类优惠",
    "平台实际承担优惠金额", "商家实际承担优惠金额", "达人实际承担优惠金额", "收件人", "省", "市", "区", "街道",
    "达人ID", "达人昵称", "流量来源", "广告渠道", "流量类型", "流量体裁", "流量渠道",
)  # fmt: skip
FUNNEL_HEADER = (
    "日期", "平台", "店铺", "渠道", "终端", "曝光人数", "点击人数", "加购人数", "下单人数", "支付人数", "支付金额",
    "访客数",
)  # fmt: skip
FORMS = {"直播间": "直播", "短视频": "短视频", "商品卡": "商品卡", "抖音搜索": "商品卡"}
TERMINALS = {"mobile": "移动端", "desktop": "PC端"}


def _status(order: Order, refunded: bool) -> tuple[str, str, str]:
    """Order status, reason for cancelling and after-sales status."""
    if order.paid_at is None:
        return ("待支付", "-", "-") if order.age == 0 else ("已关闭", "超时未支付", "-")
    if refunded:
        return "已关闭", "-", "退款成功"
    if order.age > 12:
        return "已完成", "-", "-"
    return ("已发货" if order.age >= 2 else "待发货"), "-", "-"


def _rows(order: Order) -> Iterable[Row]:
    number = douyin_number(order)
    province, city, _ = PROVINCES[order.province]
    for position, line in enumerate(order.lines):
        status, reason, after_sales = _status(order, line.refund > 0)
        item = product(line.product)
        values = dict.fromkeys(ORDER_HEADER, "")
        values |= dict.fromkeys(
            ("运费", "平台优惠", "达人优惠", "商家改价", "支付优惠", "手续费", "红包抵扣", "降价类优惠"), "0.00"
        )
        discount = f"{line.listed - line.paid:,.2f}"
        values |= {
            "主订单编号": number + "\t",
            "子订单编号": (number if position == 0 else f"{int(number) + position}") + "\t",
            "支付方式": "支付宝" if order.paid_at else "-",
            "选购商品": item.title,
            "商品ID": item.douyin_id + "\t",
            "商家编码": item.sku,
            "商品数量": str(line.quantity),
            "商品金额": f"{line.listed:,.2f}",
            "订单提交时间": f"{order.ordered_at:%Y-%m-%d %H:%M:%S}",
            "支付完成时间": f"{order.paid_at:%Y-%m-%d %H:%M:%S}" if order.paid_at else "",
            "APP渠道": "抖音" if order.device == "mobile" else "PC端",
            "订单状态": status,
            "取消原因": reason,
            "售后状态": after_sales,
            "订单类型": "普通订单",
            "订单应付金额": f"{line.paid:,.2f}",
            "优惠总金额": discount,
            "商家优惠": discount,
            "收件人": full_name(order.buyer),
            "省": province,
            "市": city,
            "流量来源": order.channel,
            "流量体裁": FORMS[order.channel] if order.age else "数据将于第二天更新",
            "流量渠道": "自然流量",
        }
        yield list(values.values())


def order_report(book: Book) -> dict[str, bytes]:
    """抖店 order export: UTF-8 CSV with tab-tailed numbers, in a zip."""
    rows = (row for order in book.orders if order.platform == "douyin" for row in _rows(order))
    return {
        "douyin_orders.zip": zip_bytes({"抖店订单_20261116.csv": csv_bytes(ORDER_HEADER, rows, encoding="utf-8-sig")})
    }


def funnel_report(random: np.random.Generator, counts: dict[Cell, Counts], book: Book) -> dict[str, bytes]:
    """Impressions to payments by day, channel and device."""
    amounts: dict[tuple[str, str, int], float] = defaultdict(float)
    for order in book.orders:
        if order.platform == "douyin" and order.paid_at is not None:
            amounts[order.channel, order.device, order.index] += order.amount
    rows = []
    for index in range(DAYS):
        for cell in (cell for cell in CELLS if cell.platform == "douyin"):
            now = counts[cell]
            shown, visitors, carts, orders, pays = (
                int(series[index]) for series in (now.shown, now.visitors, now.carts, now.orders, now.pays)
            )
            clicks = carts + int(random.binomial(visitors - carts, 0.94))
            amount = round(amounts[cell.channel, cell.device, index], 2)
            rows.append(
                (
                    f"{date_of(index)}",
                    "抖音",
                    SHOP_NAMES["douyin"],
                    cell.channel,
                    TERMINALS[cell.device],
                    shown,
                    clicks,
                    carts,
                    orders,
                    pays,
                    amount,
                    visitors,
                )
            )
    return {"douyin_funnel.xlsx": xlsx_bytes({"漏斗": (FUNNEL_HEADER, rows)})}
