"""千牛 order and item reports, as Taobao exports them."""

from __future__ import annotations

from collections.abc import Iterable

from sample_data.orders import Book, Order
from sample_data.people import MASKED_PHONE, nickname, product, taobao_number
from sample_data.shop import (
    PROVINCES,
    SHOP_NAMES,
)
from sample_data.writers import Row, csv_bytes, zip_bytes

ORDER_HEADER = (
    "订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额",
    "返点积分", "买家实际支付金额", "买家实际支付积分", "订单状态", "买家留言", "收货人姓名", "收货地址 ",
    "运送方式", "联系电话 ", "联系手机", "订单创建时间", "订单付款时间 ", "宝贝标题 ", "宝贝种类 ", "物流单号 ",
    "物流公司", "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "卖家服务费", "买家服务费",
    "发票抬头", "是否手机订单", "分阶段订单信息", "特权订金订单id", "定金排名", "修改后的sku", "修改后的收货地址",
    "异常信息", "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易",
)  # fmt: skip
ITEM_HEADER = (
    "子订单编号", "主订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注",
    "订单状态", "商家编码", "支付单号", "买家应付货款", "买家实际支付金额", "退款状态", "退款金额", "订单创建时间",
    "订单付款时间",
)  # fmt: skip


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
            f'="{child}"',
            f'="{number}"',
            item.title,
            f"{item.price:.2f}",
            str(line.quantity),
            item.sku,
            "",
            "",
            "",
            "交易关闭" if line.refund else status,
            item.sku,
            "",
            f"{line.listed:.2f}",
            f"{line.paid if paid else 0:.2f}",
            *refund,
            created,
            paid,
        )


def order_reports(book: Book) -> dict[str, bytes]:
    """ExportOrderList and ExportItemList, each a GBK CSV in a zip."""
    orders = [order for order in book.orders if order.platform == "taobao"]
    lists = csv_bytes(ORDER_HEADER, map(_order_row, orders), encoding="gbk", quote=True)
    items = csv_bytes(ITEM_HEADER, (row for order in orders for row in _item_rows(order)), encoding="gbk", quote=True)
    return {
        "taobao_orders.zip": zip_bytes({"ExportOrderList202611160900.csv": lists}),
        "taobao_items.zip": zip_bytes({"ExportItemList202611160901.csv": items}),
    }
