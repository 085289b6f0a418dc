"""The shop as the files tell it, in two tables: paid orders and daily traffic."""

from __future__ import annotations

import tomllib
from typing import Any

import pandas as pd
import pytest

import sample_data

from .shipped import day, number, table


@pytest.fixture(scope="session")
def truths() -> dict[str, Any]:
    return tomllib.loads((sample_data.FOLDER.parent / "truths.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def paid() -> pd.DataFrame:
    """Paid orders of all platforms: platform, order, date, buyer, channel, device, amount."""
    taobao = table("taobao_orders.zip")
    douyin = table("douyin_orders.zip")
    jd = table("jd_orders.xlsx")
    shopify = table("shopify_orders.zip")
    parts = [
        pd.DataFrame(
            {
                "platform": "taobao",
                "order": taobao["订单编号"],
                "date": day(taobao["订单付款时间 "]),
                "buyer": taobao["买家会员名"],
                "device": taobao["是否手机订单"].map({"手机订单": "mobile", "": "desktop"}),
                "amount": number(taobao["买家实际支付金额"]),
            }
        ),
        pd.DataFrame(
            {
                "platform": "douyin",
                "order": douyin["主订单编号"],
                "date": day(douyin["支付完成时间"]),
                "buyer": douyin["收件人"],
                "channel": douyin["流量来源"],
                "device": douyin["APP渠道"].map({"抖音": "mobile", "PC端": "desktop"}),
                "amount": number(douyin["订单应付金额"]),
            }
        ),
        pd.DataFrame(
            {
                "platform": "jd",
                "order": jd["订单号"],
                "date": day(jd["付款确认时间"]),
                "buyer": jd["下单帐号"],
                "channel": jd["订单渠道"],
                "device": jd["订单渠道"].map({"京东APP": "mobile", "京东PC": "desktop"}),
                "amount": number(jd["结算金额"]),
            }
        ),
        pd.DataFrame(
            {
                "platform": "shopify",
                "order": shopify["Name"],
                "date": day(shopify["Paid at"].where(shopify["Financial Status"] != "").ffill()),
                "buyer": shopify["Email"],
                "amount": number(shopify["Total"]),
            }
        ),
    ]
    lines = pd.concat(parts, ignore_index=True).fillna({"channel": "", "device": ""})
    lines = lines[lines["date"] != ""]
    keys = ["platform", "order", "date", "buyer", "channel", "device"]
    return lines.groupby(keys, as_index=False)["amount"].sum()


@pytest.fixture(scope="session")
def traffic() -> pd.DataFrame:
    """The daily reports in one table: visitors, carts, orders, pays, amount by date, platform, channel, device."""
    names = ["date", "channel", "device", "visitors", "carts", "orders", "pays", "amount"]
    columns = {
        "taobao": ("sycm_sources.zip", "统计日期 流量来源 终端 访客数 加购人数 下单买家数 支付买家数 支付金额"),
        "douyin": ("douyin_funnel.xlsx", "日期 渠道 终端 访客数 加购人数 下单人数 支付人数 支付金额"),
        "jd": ("jd_daily.xlsx", "日期 渠道 终端 访客数 加购人数 下单人数 成交客户数 成交金额"),
    }
    parts = []
    for platform, (name, headers) in columns.items():
        parts.append(table(name)[headers.split()].set_axis(names, axis=1).assign(platform=platform))
    ga4 = table("ga4_traffic.csv.gz")
    channel = "Session primary channel group (Default Channel Group)"
    headers = ["Date", channel, "Device category", "Active users", "Items added to cart", "Items checked out"]
    part = ga4[[*headers, "Total purchasers", "Item revenue"]].set_axis(names, axis=1).assign(platform="shopify")
    part["date"] = part["date"].str.replace(r"(\d{4})(\d\d)(\d\d)", r"\1-\2-\3", regex=True)
    frame = pd.concat([*parts, part], ignore_index=True)
    frame["device"] = frame["device"].map(
        {"无线端": "mobile", "移动端": "mobile", "PC端": "desktop", "mobile": "mobile", "desktop": "desktop"}
    )
    for name in names[3:]:
        frame[name] = number(frame[name])
    return frame
