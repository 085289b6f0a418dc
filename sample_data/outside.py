"""What was looked up outside the shop: searched words, index values of rivals, practices, markets. All invented."""

from __future__ import annotations

import numpy as np

from sample_data.market import RIVALS
from sample_data.shop import LAST_DAY, SHOP_NAMES
from sample_data.writers import Row, csv_bytes

WORDS = (
    # word, category, search index, click rate, conversion, products online, growth, share of clicks on the large shops
    ("保温杯", "杯壶", 128_450, 0.924, 0.0821, 1_204_331, 0.12, 0.412),
    ("316保温杯", "杯壶", 40_120, 0.880, 0.0966, 88_410, 0.31, 0.365),
    ("焖烧壶", "杯壶", 12_430, 0.861, 0.0742, 41_250, 0.05, 0.288),
    ("儿童水杯", "杯壶", 35_870, 0.842, 0.0688, 402_118, -0.04, 0.351),
    ("玻璃凉水壶", "杯壶", 9_320, 0.815, 0.0812, 63_020, -0.22, 0.240),
    ("收纳盒", "收纳", 61_200, 0.790, 0.0915, 986_540, 0.03, 0.302),
    ("真空压缩袋", "收纳", 22_480, 0.832, 0.1043, 52_180, 0.27, 0.267),
    ("首饰收纳盒", "收纳", 7_150, 0.774, 0.0510, 71_330, -0.08, 0.255),
    ("不粘锅", "厨具", 58_900, 0.858, 0.0603, 512_460, 0.02, 0.478),
    ("珐琅锅", "厨具", 11_640, 0.801, 0.0218, 38_900, -0.15, 0.530),
    ("全棉四件套", "床品", 74_310, 0.873, 0.0574, 648_200, 0.18, 0.394),
    ("羽绒被", "床品", 96_540, 0.890, 0.0431, 205_630, 0.86, 0.447),
    ("白鹅绒被", "床品", 18_720, 0.866, 0.0392, 24_310, 0.92, 0.420),
    ("乳胶枕", "床品", 31_060, 0.829, 0.0528, 166_070, 0.01, 0.371),
    ("法兰绒毯", "床品", 26_480, 0.847, 0.0934, 58_740, 0.55, 0.262),
    ("无火香薰", "香氛", 14_900, 0.812, 0.0717, 47_620, 0.09, 0.226),
    ("衣柜香片", "香氛", 5_430, 0.768, 0.1120, 12_840, 0.06, 0.198),
    ("加湿器", "小家电", 67_150, 0.881, 0.0642, 231_900, 0.44, 0.512),
    ("挂烫机", "小家电", 28_330, 0.853, 0.0497, 96_410, -0.03, 0.468),
    ("暖手宝", "小家电", 43_780, 0.869, 0.1017, 74_520, 1.08, 0.305),
)
PRACTICES = (
    ("2026-10-20", RIVALS[0], "卖点", "全棉60支，水洗50次不起球", "50", "30", "南通棉语家纺检测报告 2026-06"),
    ("2026-10-20", RIVALS[0], "服务", "床品破损包换，30天无理由", "30", "7", ""),
    ("2026-10-22", RIVALS[0], "详情页", "首屏放面料特写与尺寸对照，第三屏放检测报告", "", "", ""),
    ("2026-10-24", RIVALS[1], "直播话术", "每小时整点做一次灌水测温，念温度计读数", "", "", ""),
    ("2026-10-24", RIVALS[1], "直播节奏", "每晚8点开播，前20分钟只讲一款保温杯", "", "", ""),
    ("2026-10-27", RIVALS[1], "卖点", "保温12小时仍有55度", "55", "62", "浙江安杯制品厂检测报告 2026-03"),
    ("2026-11-03", RIVALS[2], "私域", "下单即拉群，群内每周三发上新预告", "", "", ""),
    ("2026-11-05", RIVALS[2], "品牌调性", "全店原木色背景，文案只讲一个生活场景", "", "", ""),
    ("2026-11-06", RIVALS[2], "卖点", "收纳箱承重80公斤", "80", "", ""),
)
MARKETS = (
    ("泰国", "2026-06-30", "2900", "11%", "0.55", "0.6"),
    ("新加坡", "2026-06-30", "2100", "9%", "0.50", "0.9"),
    ("马来西亚", "2026-06-30", "3400", "14%", "0.45", "0.7"),
    ("日本", "2026-06-30", "21000", "3%", "0.80", "0.6"),
)
_MONTHS = ("2026-09-30", "2026-10-31")


def _words(random: np.random.Generator) -> bytes:
    rows: list[Row] = []
    order = sorted(WORDS, key=lambda word: -word[2])
    for rank, (word, category, index, click, pay, online, growth, head) in enumerate(order, 1):
        drawn = int(index * float(random.uniform(0.98, 1.02)))
        rows.append(
            (
                _MONTHS[-1],
                rank,
                word,
                category,
                f"{drawn:,}",
                f"{int(drawn * click * 0.8):,}",
                f"{click:.1%}",
                f"{pay:.2%}",
                f"{online:,}",
                f"{head:.1%}",
                f"{growth:+.0%}",
            )
        )
    header = (
        "统计日期", "热搜排名", "搜索词", "类目", "搜索人气", "点击人气", "点击率", "支付转化率", "在线商品数",
        "商城点击占比", "搜索增长幅度",
    )  # fmt: skip
    return csv_bytes(header, rows, encoding="gbk")


def _indices(random: np.random.Generator) -> bytes:
    base = {SHOP_NAMES["taobao"]: 0.82, RIVALS[0]: 1.0, RIVALS[1]: 0.91, RIVALS[2]: 0.74}
    sizes = (412_306, 98_120, 40_551, 61_020, 8_210, 15_604, 612)
    rows: list[Row] = []
    for place, month in enumerate(_MONTHS):
        for shop, size in base.items():
            grown = 1 + 0.08 * place * (shop == RIVALS[0])
            drawn = [int(value * size * grown * float(random.uniform(0.97, 1.03))) for value in sizes]
            rows.append((month, shop, *(f"{value:,}" for value in drawn)))
    header = (
        "统计日期",
        "竞店名称",
        "交易指数",
        "流量指数",
        "客群指数",
        "搜索人气",
        "收藏人气",
        "加购人气",
        "支付转化指数",
    )
    return csv_bytes(header, rows, encoding="gbk")


def reports(random: np.random.Generator) -> dict[str, bytes]:
    """Market words and rival shops as the platform writes them, notes and markets as people fill them in."""
    assert all(date <= f"{LAST_DAY}" for date, *_rest in PRACTICES)
    return {
        "sycm_market_words.csv": _words(random),
        "sycm_rival_shops.csv": _indices(random),
        "rival_practices.csv": csv_bytes(
            ("日期", "店铺", "方面", "做法", "对方数字", "我方数字", "依据"), PRACTICES, encoding="utf-8-sig"
        ),
        "markets.csv": csv_bytes(
            ("市场", "日期", "市场规模", "增速", "竞争强度", "政策友好度", "来源"),
            [(*row, "虚构") for row in MARKETS],
            encoding="utf-8-sig",
        ),
    }
