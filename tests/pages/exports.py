"""Small files as the platforms write them: GBK, quoted ids, trailing spaces in headers."""

import datetime as dt
import random

ORDER_HEADER = (  # noqa: SIM905 - as the file has it
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,"
    "订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,"
    "物流单号 ,"
    "物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,"
    "特权订金订单id,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易"
).split(",")
ITEM_HEADER = (  # noqa: SIM905
    "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,支付单号,买家应付货款,"
    "买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间"
).split(",")
LAST_DAY = dt.date(2026, 11, 15)
TITLES = ("四件套 纯棉", "羽绒被 白鹅绒", "枕头 记忆棉")


def _rows(days: int = 70, seed: int = 7, titles=TITLES, status: str = "交易成功"):
    """(order number, buyer, amount, status, ordered, paid, title) for each order."""
    dice = random.Random(seed)
    number = 380_000_000_000_000_000
    for back in range(days, -1, -1):
        day = LAST_DAY - dt.timedelta(days=back)
        for _ in range(dice.randint(4, 9)):
            number += dice.randint(1, 999)
            stamp = dt.datetime.combine(day, dt.time(dice.randint(8, 22), dice.randint(0, 59), dice.randint(0, 59)))
            paid = dice.random() < 0.9
            amount = dice.choice((59, 89, 129, 239)) if paid else 0
            yield (
                str(number),
                f"买家{dice.randint(1, 160)}",
                amount,
                status if paid else "交易关闭",
                stamp,
                stamp + dt.timedelta(minutes=2) if paid else None,
                titles[dice.randrange(len(titles))],
            )


def _line(cells) -> str:
    return ",".join('"' + str(cell).replace('"', '""') + '"' for cell in cells)


def taobao_orders(**options) -> bytes:
    """An ExportOrderList in GBK."""
    lines = [",".join(ORDER_HEADER)]
    for number, buyer, amount, status, ordered, paid, title in _rows(**options):
        known = {
            "订单编号": f'="{number}"',
            "买家会员名": buyer,
            "买家应付货款": f"{amount or 129}.00",
            "买家应付邮费": "0.00",
            "总金额": f"{amount or 129}.00",
            "买家实际支付金额": f"{amount}.00",
            "订单状态": status,
            "收货人姓名": "**",
            "收货地址 ": "浙江省 杭州市 ***",
            "联系手机": "'1**********",
            "订单创建时间": ordered,
            "订单付款时间 ": paid or "",
            "宝贝标题 ": title,
            "宝贝种类 ": "1",
            "宝贝总数量": "1",
            "店铺名称": "测试旗舰店",
            "订单关闭原因": "订单未关闭" if amount else "买家未付款",
            "是否手机订单": "手机订单",
        }
        lines.append(_line(known.get(name, "") for name in ORDER_HEADER))
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def taobao_items(**options) -> bytes:
    """The ExportItemList of the same orders, in GBK."""
    lines = [",".join(ITEM_HEADER)]
    for number, _buyer, amount, status, ordered, paid, title in _rows(**options):
        known = {
            "子订单编号": f'="{number}"',
            "主订单编号": f'="{number}"',
            "标题": title,
            "价格": f"{amount or 129}.00",
            "购买数量": "1",
            "商家编码": f"SKU{sum(map(ord, title)) % 1000:03}",
            "订单状态": status,
            "买家应付货款": f"{amount or 129}.00",
            "买家实际支付金额": f"{amount}.00",
            "退款状态": "没有申请退款",
            "退款金额": "无退款申请",
            "订单创建时间": ordered,
            "订单付款时间": paid or "",
        }
        lines.append(_line(known.get(name, "") for name in ITEM_HEADER))
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")
