"""Where buyers live: of an address the province alone, and one spelling of every province of China."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecops.sources.conversion.report import Conversion
from ecops.sources.registry import shared_values

Load = Callable[..., tuple[Conversion, list[dict[str, Any]]]]


def provinces_of(load: Load, addresses: list[str]) -> list[str]:
    """The provinces that an order report with these addresses gives."""
    header = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额"
    lines = [f'{n},1,1,"{text}",2026-05-01,2026-05-01,0' for n, text in enumerate(addresses)]
    _, rows = load("\n".join((header, *lines)), "tmall_order_report")
    return [row["province"] for row in rows]


def test_nothing_of_an_address_is_kept_but_the_province(load: Load) -> None:
    addresses = [
        "浙江省 杭州市 西湖区",
        "广西壮族自治区南宁市",
        "上海 上海市 浦东新区",
        "香港特别行政区九龙",
        "Texas, Main Street 5",
    ]
    assert provinces_of(load, addresses) == ["浙江省", "广西壮族自治区", "上海", "香港特别行政区", "Texas"]


PLACES = {
    "广东省": ("广东", "广东省", "Guangdong", "GUANGDONG", "guangdong province"),
    "上海": ("上海", "上海市", "Shanghai"),
    "内蒙古自治区": ("内蒙古", "内蒙古自治区", "Inner Mongolia"),
    "香港特别行政区": ("香港", "香港特别行政区", "Hong Kong"),
    "陕西省": ("陕西", "Shaanxi"),
    "山西省": ("山西", "Shanxi"),
}


def test_a_province_of_china_has_one_spelling_whoever_writes_it(load: Load) -> None:
    written = [(word, name) for name, words in PLACES.items() for word in words]
    others = ["Texas", "TX", "GD", "SC", "Bayern", "United Kingdom", "广东路", "NA"]
    lines = [f"{n:02},2026-05-01,S,1,5,5,{word}" for n, word in enumerate([*(word for word, _ in written), *others])]
    _, rows = load("\n".join(("Order ID,Created at,SKU,Quantity,Price,Paid amount,Province", *lines)) + "\n")
    assert [row["province"] for row in rows] == [*(name for _, name in written), *others]


def test_the_provinces_of_addresses_have_that_spelling_too(load: Load) -> None:
    addresses = [
        "广东 广州市 天河区",
        "广东省广州市",
        "上海市 上海市 浦东新区",
        "内蒙古 包头市",
        "新疆维吾尔自治区 喀什",
    ]
    assert provinces_of(load, addresses) == ["广东省", "广东省", "上海", "内蒙古自治区", "新疆维吾尔自治区"]


@pytest.mark.parametrize(
    ("country", "code", "province"),
    [
        ("CN", "GD", "广东省"),
        ("CN", "SC", "四川省"),  # South Carolina in the land beside
        ("US", "SC", "SC"),
        ("CN", "YZ", "西藏自治区"),  # Shopify's own code
        ("CN", "XZ", "西藏自治区"),
        ("HK", "KL", "香港特别行政区"),
        ("CN", "ZZ", "ZZ"),
        ("IT", "NA", "NA"),
        ("", "GD", "GD"),
        ("CN", "Zhejiang", "浙江省"),
        ("CN", "", None),
    ],
)
def test_codes_of_provinces_are_read_with_their_country(load: Load, country: str, code: str, province: str) -> None:
    header = (
        "Name,Email,Financial Status,Created at,Currency,Subtotal,Lineitem quantity,Lineitem name,Lineitem price,"
        "Lineitem sku,Shipping Province,Shipping Country"
    )
    lines = [
        f"#1001,a@b.c,paid,2026-05-01 10:00:00 +0800,CNY,10,1,Candle,5,S1,{code},{country}",
        "#1001,a@b.c,,2026-05-01 10:00:00 +0800,,,1,Lamp,5,S2,,",
    ]
    _, rows = load("\n".join((header, *lines)), "shopify_orders")
    assert [row["province"] for row in rows] == [province, province]


def test_the_country_may_stand_first(load: Load) -> None:
    _, rows = load("Country,Province,Order ID,Created at,SKU,Quantity,Price\nCN,GD,1,2026-05-01,S,1,5\n")
    assert [row["province"] for row in rows] == ["广东省"]


def test_all_provinces_are_known() -> None:
    words = shared_values()["province"]
    assert len(set(words.values())) == 34
    # The codes of ISO 3166-2 for China, as its standard lists them.
    codes = "AH BJ CQ FJ GD GS GX GZ HA HB HE HI HK HL HN JL JS JX LN MO NM NX QH SC SD SH SN SX TJ TW XJ XZ YN ZJ"
    assert {words[f"cn-{code.lower()}"] for code in codes.split()} == set(words.values())
