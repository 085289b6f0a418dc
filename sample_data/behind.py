"""What lies behind the steps in the last four weeks: search words, a payment log, chats and reminders, pages, content.

Nothing is planted here: shares are the same in every week, so that these files add no story to those of the others.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from sample_data.orders import Book, Order
from sample_data.people import nickname, taobao_number
from sample_data.shop import LAST_DAY, PRODUCTS, SHOP_NAMES, date_of, day
from sample_data.writers import csv_bytes, gzip_bytes

WEEKS = 4
FIRST = day(LAST_DAY) - 7 * WEEKS + 1
WORDS = {
    "保温杯": 40, "羽绒被": 26, "香薰": 22, "四件套": 18, "枕头": 15, "毛巾": 12, "夏凉被": 9, "收纳盒": 8,
}  # fmt: skip
"""Word -> searches of a usual day."""
LOST = {"电热毯": 2, "加湿器": 1}
"""Words for what the shop does not sell."""
SEARCH_PAYS = 0.05
REASONS = {
    "Card limit exceeded": 0.45,
    "Verification time-out": 0.35,
    "Insufficient funds": 0.15,
    "Bank declined": 0.05,
}
FAILS, GIVES_UP = 0.12, 0.2
"""Share of the paid orders with a failed try before, and of all tries that are never tried again."""
ASKS, REMINDED, CHAT_BROWSERS = 0.3, 0.6, 60
LOADS = ((0.8, 0.30), (1.6, 0.33), (2.6, 0.37), (5.5, 0.44))
"""Loading seconds of a home page, and the share that leaves at once."""


def reports(random: np.random.Generator, book: Book) -> dict[str, bytes]:
    """The five files of the last four weeks."""
    recent = [order for order in book.orders if order.index >= FIRST and not order.deposit]
    return {
        "search_words.csv.gz": _words(random),
        "payment_attempts.csv.gz": _payments(random, [order for order in recent if order.platform == "shopify"]),
        "service_contacts.csv.gz": _contacts(random, [order for order in recent if order.platform == "taobao"]),
        "page_loads.csv.gz": _pages(random),
        "content.csv.gz": _content(random),
    }


SURFACES = {"首页主推": (0.062, 4), "搜索商品卡": (0.048, 6), "猜你喜欢": (0.031, 6), "购物车推荐": (0.024, 3)}
"""Surface -> click rate of its first slot, and slots; each further slot is clicked a tenth less often."""
PLACED = ("NW-B01", "NW-S01")
TEAMS = (("运营", 4), ("设计", 2), ("客服", 5), ("推广", 2), ("供应链", 2), ("仓储", 3))
SKILLS = (
    ("运营", "数据分析", 3), ("运营", "活动策划", 4), ("设计", "主图", 4), ("设计", "短视频", 2), ("客服", "话术", 4),
    ("推广", "投放", 3), ("供应链", "备货", 3),
)  # fmt: skip


def places(random: np.random.Generator) -> dict[str, bytes]:
    """Clicks by placement of two products, and the people of each team; no story either."""
    rows = []
    for index in range(FIRST, day(LAST_DAY) + 1):
        for product in (product for product in PRODUCTS if product.sku in PLACED):
            for surface, (rate, slots) in SURFACES.items():
                for slot in range(1, slots + 1):
                    shown = int(random.poisson(420 / slot**0.5))
                    clicked = int(random.binomial(shown, rate * 0.9 ** (slot - 1)))
                    rows.append((date_of(index), "淘宝", surface, slot, product.sku, product.title, shown, clicked))
    header = ("日期", "平台", "版位", "坑位", "商家编码", "商品名称", "曝光次数", "点击次数")
    first = date_of(FIRST).replace(day=1)
    people = [(first, team, number, "", "") for team, number in TEAMS]
    known = [(first, team, "", skill, level) for team, skill, level in SKILLS]
    return {
        "placements.csv.gz": gzip_bytes(csv_bytes(header, rows)),
        "team.csv": csv_bytes(("日期", "团队", "人数", "技能", "水平"), [*people, *known]),
    }


def _words(random: np.random.Generator) -> bytes:
    rows = []
    for index in range(FIRST, day(LAST_DAY) + 1):
        for word, usual in {**WORDS, **LOST}.items():
            searches = int(random.poisson(usual))
            people = int(random.binomial(searches, 0.85))
            paid = 0 if word in LOST else int(random.binomial(people, SEARCH_PAYS))
            if searches:
                empty = searches if word in LOST else 0
                rows.append((date_of(index), "淘宝", word, searches, empty, people, paid, paid * 129))
    header = ("日期", "平台", "搜索词", "搜索次数", "无结果次数", "搜索人数", "支付买家数", "支付金额")
    return gzip_bytes(csv_bytes(header, rows))


def _payments(random: np.random.Generator, orders: list[Order]) -> bytes:
    rows = []

    def write(order: str, at: dt.datetime, outcome: str, reason: str, money: float) -> None:
        rows.append((f"ch_{len(rows):05d}", order, f"{at:%Y-%m-%d %H:%M:%S}", outcome, reason, "card", f"{money:.2f}"))

    for place, order in enumerate(orders):
        name, tries = f"#{order.index}{order.number:03d}", order.ordered_at
        failed = random.random() < FAILS
        reason = str(random.choice(list(REASONS), p=list(REASONS.values())))
        if failed:
            write(name, tries, "failed", reason, order.amount)
        if failed and random.random() < GIVES_UP:
            write(f"{name}-{place}", tries + dt.timedelta(minutes=9), "failed", reason, order.amount)
        if order.paid_at is not None:
            write(name, order.paid_at, "succeeded", "", order.amount)
    rows.sort(key=lambda row: row[2])
    header = ("Payment id", "Order id", "Created (UTC)", "Payment status", "Failure reason", "Payment method", "Amount")
    return gzip_bytes(csv_bytes(header, rows))


def _contacts(random: np.random.Generator, orders: list[Order]) -> bytes:
    rows = []
    first = dt.datetime.combine(date_of(FIRST), dt.time())
    for number in range(CHAT_BROWSERS):
        at = first + dt.timedelta(hours=number * 11)
        rows.append(("淘宝", "咨询", f"tb9{number:07d}", "", at, "旺旺"))
    for order in orders:
        if random.random() < ASKS:
            asked = order.ordered_at - dt.timedelta(minutes=int(random.integers(3, 600)))
            rows.append(("淘宝", "咨询", nickname(order.buyer), "", max(asked, first), "旺旺"))
        waits = order.paid_at is None or order.paid_at - order.ordered_at > dt.timedelta(minutes=1)
        if waits and random.random() < REMINDED:
            way = "短信" if random.random() < 0.5 else "旺旺"
            at = order.ordered_at + dt.timedelta(minutes=1 if order.paid_at is not None else 30)
            rows.append(("淘宝", "催付", nickname(order.buyer), taobao_number(order), at, way))
    rows.sort(key=lambda row: (row[4], row[2], row[1]))
    header = ("平台", "接触类型", "买家会员名", "订单编号", "接触时间", "方式")
    return gzip_bytes(csv_bytes(header, [(*row[:4], f"{row[4]:%Y-%m-%d %H:%M:%S}", row[5]) for row in rows]))


def _pages(random: np.random.Generator) -> bytes:
    rows = []
    for index in range(FIRST, day(LAST_DAY) + 1):
        for seconds, leaves in LOADS:
            for page, more in (("/home", 0.0), ("/products", 0.1)):
                visits = int(random.poisson(60))
                bounces = int(random.binomial(visits, leaves + more))
                rows.append(
                    (date_of(index), "shopify", SHOP_NAMES["shopify"], page, "mobile", seconds, visits, bounces)
                )
    header = ("Date", "Platform", "Shop", "Landing page", "Device", "Page load time", "Visits", "Bounces")
    return gzip_bytes(csv_bytes(header, rows))


def _content(random: np.random.Generator) -> bytes:
    rows: list[tuple[object, ...]] = []
    for index in range(FIRST, day(LAST_DAY) + 1):
        plays = int(random.poisson(2_400))
        done, touched = int(random.binomial(plays, 0.61)), int(random.binomial(plays, 0.045))
        rows.append(
            (date_of(index), "抖音", "短视频", "v01", "一分钟看懂保温杯", "", plays, done, touched, "", "", "", "", "")
        )
    online = 180.0
    for minute in range(1, 31):
        online *= 1.05 if minute < 12 else 0.8 if minute == 18 else 0.98
        seen = int(random.poisson(online / 4))
        kept = int(random.binomial(seen, 0.58))
        touched, sold = (int(random.poisson(size)) for size in (online * 0.06, 0.4))
        minutes = round(seen * float(random.normal(2.6, 0.2)), 1)
        live = (seen, minutes, kept, round(online), sold)
        rows.append((LAST_DAY, "抖音", "直播", "l01", "周日家居专场", minute, "", "", touched, *live))
    header = (
        "日期", "平台", "内容类型", "内容ID", "标题", "第几分钟", "播放次数", "完播次数", "互动次数", "观看人数",
        "观看总分钟", "停留满30秒人数", "在线人数", "成交订单",
    )  # fmt: skip
    return gzip_bytes(csv_bytes(header, rows))
