"""What the shop knows of the world outside: advertising, peers, rivals, reviews, events, benchmarks. All invented."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sample_data.demand import CELLS, PROMOTIONS, STOCK_OUT, Cell, Counts
from sample_data.orders import Book
from sample_data.shop import BEST_SELLER, DAYS, LAST_DAY, POSITION, PRODUCTS, RIVAL_CUT, SHOP_NAMES, date_of, day
from sample_data.writers import Row, csv_bytes

AD_HEADER = (
    "日期", "主体ID", "主体名称", "展现量", "点击量", "花费", "点击率", "平均点击花费", "千次展现花费",
    "总成交金额", "直接成交金额", "间接成交金额", "点击转化率", "投入产出比", "加购率", "总购物车数", "收藏宝贝数",
    "成交人数", "成交新客数", "自然流量转化金额", "自然流量曝光量",
)  # fmt: skip
ADS_FROM = dt.date(2026, 7, 6)
RIVAL, RIVAL_CUT_FROM, RIVAL_PRICES = "木与棉家居", dt.date(2026, 10, 26), (319.0, 259.0)
PRICES_FROM = dt.date(2026, 9, 7)
RIVALS = (RIVAL, "拾光生活馆", "简屿家居")
DEARER, DEARER_FACTOR = "NW-A02", 0.76
"""Our product that costs more than the band around rivals allows, and what they ask for it as a share of ours."""

LAUNCHED_FROM = dt.date(2026, 6, 1)
"""Rivals brought out some of their products since; ours all came out before the first day."""

WITH_PARAMETERS = "杯壶"
"""The category whose pages tell parameters."""


def ad_report(random: np.random.Generator, counts: dict[Cell, Counts], book: Book) -> dict[str, bytes]:
    """万相台 daily report of two promoted products; visitors and payments are those of the channel."""
    cell = next(cell for cell in CELLS if cell.channel == "万相台")
    amounts = np.zeros(DAYS)
    for order in book.orders:
        if order.platform == "taobao" and order.channel == "万相台" and order.paid_at is not None:
            amounts[order.index] += order.amount
    rows: list[Row] = []
    for index in range(day(ADS_FROM), DAYS):
        left = [int(series[index]) for series in (counts[cell].visitors, counts[cell].carts, counts[cell].pays)]
        money = round(float(amounts[index]), 2)
        for position, sku in enumerate(("NW-B02", "NW-X01")):
            last = position == 1
            visitors, carts, pays = left if last else [int(random.binomial(value, 0.6)) for value in left]
            amount = money if last else round(money * (pays / left[2] if left[2] else 0.6), 2)
            left, money = (
                [whole - part for whole, part in zip(left, (visitors, carts, pays), strict=True)],
                round(money - amount, 2),
            )
            clicks = visitors + int(random.binomial(visitors, 0.06))
            rows.append(_ad_row(random, index, sku, (clicks, carts, pays), amount))
    return {"wanxiangtai_ads.csv": csv_bytes(AD_HEADER, rows, encoding="gbk")}


def _ad_row(random: np.random.Generator, index: int, sku: str, people: tuple[int, int, int], amount: float) -> Row:
    clicks, carts, pays = people
    item = PRODUCTS[POSITION[sku]]
    shown = int(clicks / 0.045 * float(random.uniform(0.95, 1.05)))
    cost = round(clicks * 0.46 * float(random.uniform(0.95, 1.05)), 2)
    direct = round(amount * 0.7, 2)
    return (
        f"{date_of(index)}",
        item.taobao_id,
        item.title,
        shown,
        clicks,
        f"{cost:.2f}",
        f"{clicks / shown:.2%}" if shown else "-",
        f"{cost / clicks:.2f}" if clicks else "-",
        f"{cost / shown * 1000:.2f}" if shown else "-",
        f"{amount:.2f}",
        f"{direct:.2f}",
        f"{amount - direct:.2f}",
        f"{pays / clicks:.2%}" if clicks else "-",
        f"{amount / cost:.2f}" if cost else "-",
        f"{carts / clicks:.2%}" if clicks else "-",
        carts,
        int(random.binomial(clicks, 0.03)),
        pays,
        int(random.binomial(pays, 0.7)),
        f"{amount * 0.3:.2f}",
        int(shown * 0.2),
    )


PEERS = (
    # shop, tier, visitors, conversion, order value, repeat, refund, bounce
    ("同行甲", "第四层级", 52_000, 0.0241, 128, 0.262, 0.061, 0.47),
    ("同行乙", "第四层级", 44_500, 0.0228, 141, 0.241, 0.058, 0.49),
    ("同行丙", "第四层级", 61_000, 0.0263, 119, 0.288, 0.064, 0.45),
    ("同行丁", "第四层级", 38_200, 0.0209, 152, 0.223, 0.071, 0.52),
    ("同行戊", "第四层级", 57_300, 0.0250, 133, 0.275, 0.055, 0.46),
    ("同行己", "第四层级", 47_800, 0.0235, 126, 0.251, 0.062, 0.48),
    ("同行庚", "第五层级", 83_000, 0.0287, 138, 0.312, 0.052, 0.43),
    ("同行辛", "第四层级", 41_100, 0.0219, 145, 0.236, 0.066, 0.50),
)


def peers(random: np.random.Generator) -> bytes:
    """Key figures of eight peers on Taobao for three months."""
    rows: list[Row] = []
    for month in ("2026-08-01", "2026-09-01", "2026-10-01"):
        for shop, tier, visitors, *rates, bounce in PEERS:
            drawn = [value * float(random.uniform(0.98, 1.02)) for value in rates]
            conversion, value, repeat, refund = drawn
            rows.append(
                (
                    month,
                    shop,
                    "淘宝",
                    tier,
                    int(visitors * float(random.uniform(0.97, 1.03))),
                    f"{conversion:.2%}",
                    f"{value:.2f}",
                    f"{repeat:.1%}",
                    f"{refund:.1%}",
                    f"{bounce:.1%}",
                )
            )
    return csv_bytes(
        ("周期", "店铺", "平台", "层级", "访客数", "支付转化率", "客单价", "复购率", "退款率", "跳出率"),
        rows,
        encoding="utf-8-sig",
    )


def _rival_price(shop: str, position: int, date: dt.date) -> float:
    item = PRODUCTS[position]
    if shop == RIVAL and item.sku == RIVAL_CUT:
        return RIVAL_PRICES[date >= RIVAL_CUT_FROM]
    if item.sku == DEARER:
        return float(round(item.price * (DEARER_FACTOR + 0.03 * RIVALS.index(shop))))
    factor = {RIVALS[0]: 0.98, RIVALS[1]: 1.06, RIVALS[2]: 0.93}[shop] + 0.03 * ((position * 7) % 5 - 2)
    return float(round(item.price * factor))


def _carries(shop: str, position: int) -> bool:
    """Whether a rival has the product at a position."""
    has = (position * 5 + RIVALS.index(shop) * 3) % 4 != 0
    return has or PRODUCTS[position].sku == RIVAL_CUT


def rival_prices(sku: str) -> list[float]:
    """What the rivals ask for one of our products on the last day."""
    return [_rival_price(shop, POSITION[sku], LAST_DAY) for shop in RIVALS if _carries(shop, POSITION[sku])]


def _parameters(shop: str, category: str) -> str:
    """What a page says of its product, where it says anything."""
    if category != WITH_PARAMETERS:
        return ""
    return f"质保:{7 if shop not in RIVALS else 10 * RIVALS.index(shop) + 10}天"


def _launched(shop: str, position: int) -> str:
    """When a rival's product came out: some lately, the busiest rival's more often; "" where the page is silent."""
    lately = (position * 11 + RIVALS.index(shop) * 5) % (5 if shop == RIVAL else 9) == 0
    return f"{LAUNCHED_FROM + dt.timedelta(days=position * 4)}" if lately else ""


def listings(random: np.random.Generator) -> bytes:
    """Our listings and the rivals' on the last day."""
    rows: list[Row] = []
    for shop in (SHOP_NAMES["taobao"], *RIVALS):
        for position, item in enumerate(PRODUCTS):
            ours = shop == SHOP_NAMES["taobao"]
            if not ours and not _carries(shop, position):
                continue
            price = item.price if ours else _rival_price(shop, position, LAST_DAY)
            title = item.title if ours else f"{shop[:2]}{item.title.replace('装', '').replace('多功能', '新款')}"
            code = item.sku if ours else f"{'MSJ'[RIVALS.index(shop)]}{position + 101}"
            rows.append(
                (
                    f"{LAST_DAY}",
                    "淘宝",
                    shop,
                    code,
                    title,
                    "暖物集" if ours else shop[:2],
                    item.category,
                    f"¥{price:,.2f}",
                    f"{4.6 + float(random.uniform(0, 0.3)):.1f}",
                    int(random.integers(200, 6000)),
                    int(item.weight * 12 * float(random.uniform(0.6, 1.6))),
                    "" if ours else _launched(shop, position),
                    _parameters(shop, item.category),
                )
            )
    header = (
        "采集日期",
        "平台",
        "店铺",
        "商品ID",
        "商品标题",
        "品牌",
        "类目",
        "到手价",
        "评分",
        "评价数",
        "月销量",
        "上架日期",
        "商品参数",
    )
    return csv_bytes(header, rows, encoding="utf-8-sig")


def price_history() -> bytes:
    """Prices a day of three products, ours and one rival's each, for ten weeks; one rival price falls and stays."""
    rows: list[Row] = []
    watched = (RIVAL_CUT, BEST_SELLER, "NW-X01")
    for index in range(day(PRICES_FROM), DAYS):
        date = date_of(index)
        for sku in watched:
            position = POSITION[sku]
            out = sku == BEST_SELLER and STOCK_OUT[0] <= date <= STOCK_OUT[1]
            rows.append(
                (f"{date}", "淘宝", SHOP_NAMES["taobao"], sku, f"{PRODUCTS[position].price:.2f}", "否" if out else "是")
            )
            rows.append(
                (f"{date}", "淘宝", RIVAL, f"M{position + 101}", f"{_rival_price(RIVAL, position, date):.2f}", "是")
            )
    return csv_bytes(("日期", "平台", "店铺", "商品ID", "到手价", "是否有货"), rows, encoding="utf-8-sig")


GOOD = (
    "保温效果很好，早上灌的水晚上还是热的",
    "做工精细，没有异味，老人孩子都喜欢",
    "物流很快，第二天就到了，包装也结实",
    "颜色和图片一样，摆在家里很好看",
    "尺寸刚好，放抽屉里正合适",
    "用了两周没有任何问题，会回购",
    "送朋友的，朋友说质感不错",
    "客服回复很快，问题当天就解决了",
)
OURS_BAD = (
    "盖子有点漏水，放包里不放心", "杯盖密封圈漏水，换了一个还是漏", "收到时外盒压坏了", "发货太慢，等了五天",
    "味道偏浓，散了三天才好",
)  # fmt: skip
RIVAL_BAD = (
    "面料太薄，洗一次就起球", "洗了起球严重，不值这个价", "颜色发暗，和图片不一样", "客服半天不回",
    "线头很多，做工一般",
)  # fmt: skip


def reviews(random: np.random.Generator) -> bytes:
    """Short reviews of two products, ours and the rival's, over the last ten weeks."""
    rows: list[Row] = []
    for shop, code, category, bad, share in (
        (SHOP_NAMES["taobao"], BEST_SELLER, "杯壶", OURS_BAD, 0.14),
        (SHOP_NAMES["taobao"], RIVAL_CUT, "床品", OURS_BAD[2:], 0.08),
        (RIVAL, f"M{POSITION[RIVAL_CUT] + 101}", "床品", RIVAL_BAD, 0.24),
    ):
        for _ in range(80):
            negative = random.random() < share
            words = bad if negative else GOOD[1:] if category == "床品" else GOOD
            text = "。".join(
                str(words[int(position)]) for position in random.permutation(len(words))[: int(random.integers(1, 3))]
            )
            date = LAST_DAY - dt.timedelta(days=int(random.integers(0, 70)))
            stars = int(random.integers(1, 3)) if negative else int(random.integers(4, 6))
            rows.append((f"{date}", "淘宝", shop, code, category, stars, text))
    rows.sort(key=lambda row: (row[0], row[2], row[3], row[6]))
    numbered = [(f"R{number:05d}", *row) for number, row in enumerate(rows, start=1)]
    return csv_bytes(
        ("评价ID", "评价日期", "平台", "店铺", "商品ID", "类目", "星级", "评价内容"), numbered, encoding="utf-8-sig"
    )


IN_ENGLISH = {
    "2025年618": "618 of 2025",
    "2025年双11": "Double 11 of 2025",
    "2026年618": "618 of 2026",
    "春节": "Chinese New Year",
    "快递停运，流量下降": "Couriers pause, fewer visitors",
    "春季香氛上新": "Spring fragrances launched",
    "夏凉被降价 10 元后恢复": "Summer quilt 10 yuan cheaper, then back",
    "试验一天": "Tried for a day",
    "主图 A/B 测试": "A/B test of the main picture",
    "会员消息推送加量": "More messages to members",
    "老客访问增加": "More visits of customers",
    "2026年双11（本店不参加，年终做新品预售）": "Double 11 of 2026 (not this shop: it prepares a presale)",
    "不打折，不投放": "No discounts, no advertising",
    "316保温杯断货": "316 vacuum flask out of stock",
    "供应商未按时到货": "The supplier delivered late",
}
"""What the calendar says, for people who read the sample shop in English."""


def calendar() -> bytes:
    """Events worth marking on every chart; the payment failure is not one: nobody has noticed it yet."""
    rows: list[Row] = [(f"{event.start}", f"{event.end}", "大促", event.name, "", "", "") for event in PROMOTIONS]
    rows += [
        ("2026-02-13", "2026-02-23", "节假日", "春节", "", "", "快递停运，流量下降"),
        ("2026-03-16", "", "上新", "春季香氛上新", "", "", ""),
        ("2026-07-01", "", "改价", "夏凉被降价 10 元后恢复", "淘宝", "NW-S04", "试验一天"),
        ("2026-09-14", "2026-09-27", "其他", "主图 A/B 测试", "淘宝", "", ""),
        ("2026-10-19", "", "投放", "会员消息推送加量", "淘宝", "", "老客访问增加"),
        ("2026-11-01", "2026-11-11", "其他", "2026年双11（本店不参加，年终做新品预售）", "", "", "不打折，不投放"),
        (f"{STOCK_OUT[0]}", "", "断货", "316保温杯断货", "", BEST_SELLER, "供应商未按时到货"),
    ]
    rows.sort(key=lambda row: row[0])
    told = [(*row, IN_ENGLISH[str(row[3])], IN_ENGLISH.get(str(row[6]), "")) for row in rows]
    header = ("开始日期", "结束日期", "类型", "事件名称", "平台", "商品编码", "备注", "英文名称", "英文备注")
    return csv_bytes(header, told, encoding="utf-8-sig")


def benchmarks() -> bytes:
    """Reference values; the two of the handbook are quoted, the rest are invented for the sample and say so."""
    rows = (
        ("支付转化率", "5.8%", "行业", "平均", "2026-10-31", "运营手册 004（示例值，请换成自己的）"),
        ("跳出率", "38%", "行业", "平均", "2026-10-31", "运营手册 004（示例值，请换成自己的）"),
        ("支付转化率", "2.4%", "家居日用 第四层级", "平均", "2026-10-31", "示例数据，虚构"),
        ("支付转化率", "3.1%", "家居日用 第四层级", "优秀", "2026-10-31", "示例数据，虚构"),
        ("客单价", "132", "家居日用 第四层级", "平均", "2026-10-31", "示例数据，虚构"),
        ("退款率", "6.2%", "家居日用 第四层级", "平均", "2026-10-31", "示例数据，虚构"),
        ("下单-支付转化率", "85%", "家居日用 第四层级", "平均", "2026-10-31", "示例数据，虚构"),
    )
    return csv_bytes(("指标", "数值", "范围", "统计量", "日期", "来源"), rows, encoding="utf-8-sig")


def reports(random: np.random.Generator) -> dict[str, bytes]:
    """Everything of this module but the advertising."""
    return {
        "peer_kpis.csv": peers(random),
        "listings.csv": listings(random),
        "price_history.csv": price_history(),
        "reviews.csv": reviews(random),
        "calendar.csv": calendar(),
        "benchmarks.csv": benchmarks(),
    }
