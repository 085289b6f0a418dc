"""Orders and daily reports tell the same story, to the cent."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from .shipped import number, table

BY = {
    "taobao": ["date", "device"],
    "douyin": ["date", "channel", "device"],
    "jd": ["date", "channel", "device"],
    "shopify": ["date"],
}


@pytest.mark.parametrize("platform", list(BY))
def test_payments_agree_with_paid_orders(platform: str, paid: pd.DataFrame, traffic: pd.DataFrame) -> None:
    orders = (
        paid[paid["platform"] == platform]
        .groupby(BY[platform])
        .agg(pays=("buyer", "nunique"), orders=("order", "nunique"), amount=("amount", "sum"))
    )
    said = traffic[traffic["platform"] == platform].groupby(BY[platform])[["pays", "amount"]].sum()
    both = said.join(orders, rsuffix="_orders", how="outer").fillna(0)
    assert (both["pays"] == both["pays_orders"]).all()
    assert (both["pays"] == both["orders"]).all()
    assert np.allclose(both["amount"], both["amount_orders"], atol=0.005)


def test_ordering_buyers_agree_with_placed_orders(traffic: pd.DataFrame) -> None:
    placed = {
        "taobao": table("taobao_orders.zip")
        .groupby(table("taobao_orders.zip")["订单创建时间"].str[:10])["订单编号"]
        .nunique(),
        "douyin": table("douyin_orders.zip")
        .groupby(table("douyin_orders.zip")["订单提交时间"].str[:10])["主订单编号"]
        .nunique(),
        "jd": table("jd_orders.xlsx").groupby(table("jd_orders.xlsx")["下单时间"].str[:10])["订单号"].nunique(),
    }
    for platform, counts in placed.items():
        said = traffic[traffic["platform"] == platform].groupby("date")["orders"].sum()
        assert said[said > 0].astype(int).to_dict() == counts.to_dict()


def test_taobao_items_add_up_to_its_orders() -> None:
    orders, items = table("taobao_orders.zip"), table("taobao_items.zip")
    whole = orders.set_index("订单编号")["买家实际支付金额"].astype(float)
    parts = number(items["买家实际支付金额"]).groupby(items["主订单编号"]).sum()
    assert np.allclose(whole.sort_index(), parts.sort_index(), atol=0.005)


def test_every_step_is_a_part_of_the_one_before(traffic: pd.DataFrame) -> None:
    steps = traffic[["visitors", "carts", "orders", "pays"]].to_numpy()
    assert (np.diff(steps, axis=1) <= 0).all()
    assert (traffic["amount"].gt(0) == traffic["pays"].gt(0)).all()


def test_item_report_agrees_with_the_item_export() -> None:
    report = pd.concat([table("sycm_products.zip"), table("sycm_products_newest.xls")])
    items = table("taobao_items.zip")
    items = items[items["订单付款时间"] != ""]
    sold = number(items["买家实际支付金额"]).groupby([items["订单付款时间"].str[:10], items["商家编码"]]).sum()
    said = number(report["支付金额"]).groupby([report["统计日期"], report["货号"]]).sum()
    said = said[said > 0]
    assert np.allclose(said, sold.reindex(said.index), atol=0.005)
    assert said.sum() == pytest.approx(sold[sold.index.get_level_values(0) >= "2026-10-05"].sum())


def test_stock_is_what_came_less_what_was_sold() -> None:
    counts = table("inventory.xlsx")
    stock = counts.assign(units=number(counts["在库数量"])).pivot_table(
        index="盘点日期", columns="商家编码", values="units"
    )
    arrivals = table("purchase_orders.xlsx")
    arrivals = arrivals[arrivals["到货日期"] != ""]
    good = (
        (number(arrivals["到货数量"]) - number(arrivals["次品数量"]))
        .groupby([arrivals["到货日期"], arrivals["商家编码"]])
        .sum()
    )
    sold = units_sold()
    first, last = stock.index[0], stock.index[-1]
    for sku in stock.columns:
        came = sum(value for (date, code), value in good.items() if code == sku and first < date <= last)
        gone = sum(value for (date, code), value in sold.items() if code == sku and first < date <= last)
        assert stock.loc[last, sku] == stock.loc[first, sku] + came - gone, sku
    assert stock.to_numpy().min() >= 0


def units_sold() -> dict[tuple[str, str], float]:
    """Paid units of all platforms by day and code."""
    taobao, douyin, jd, shopify = (
        table(name) for name in ("taobao_items.zip", "douyin_orders.zip", "jd_orders.xlsx", "shopify_orders.zip")
    )
    shopify = shopify.assign(**{"Paid at": shopify["Paid at"].where(shopify["Financial Status"] != "").ffill()})
    parts = [
        frame[[date, code, units]].set_axis(["date", "sku", "units"], axis=1)
        for frame, date, code, units in (
            (taobao, "订单付款时间", "商家编码", "购买数量"),
            (douyin, "支付完成时间", "商家编码", "商品数量"),
            (jd, "付款确认时间", "货号", "订购数量"),
            (shopify, "Paid at", "Lineitem sku", "Lineitem quantity"),
        )
    ]
    lines = pd.concat(parts)
    lines = lines[lines["date"] != ""]
    return dict(number(lines["units"]).groupby([lines["date"].str[:10], lines["sku"]]).sum())


def test_the_span_is_eighteen_months_that_end_on_the_sunday(traffic: pd.DataFrame, truths: dict[str, Any]) -> None:
    first, last = dt.date(2025, 5, 12), dt.date(2026, 11, 15)
    assert (truths["first_day"], truths["last_day"]) == (first, last)
    assert last.weekday() == 6
    days = pd.date_range(first, last).strftime("%Y-%m-%d")
    assert traffic.groupby("platform")["date"].agg(lambda dates: sorted(set(dates)) == list(days)).all()


def test_the_shop_has_the_size_it_says(paid: pd.DataFrame, traffic: pd.DataFrame) -> None:
    orders = paid.groupby("date")["order"].count()
    visitors = traffic.groupby("date")["visitors"].sum()
    assert 45 <= orders.mean() <= 80
    assert 2_500 <= visitors.mean() <= 5_000


def test_refunds_and_repeats_are_those_of_a_shop(paid: pd.DataFrame) -> None:
    items = table("taobao_items.zip")
    refunded = number(items["退款金额"].replace("无退款申请", "0")).sum() / number(items["买家实际支付金额"]).sum()
    assert 0.05 <= refunded <= 0.08
    buyers = paid.groupby(["platform", "buyer"])["order"].count()
    assert 0.2 <= (buyers > 1).mean() <= 0.45
    assert buyers.max() > 8


def test_promotions_lift_their_days(paid: pd.DataFrame) -> None:
    orders = paid.groupby("date")["order"].count()
    orders.index = pd.to_datetime(orders.index)
    for start, end in (("2025-06-16", "2025-06-20"), ("2025-11-09", "2025-11-12"), ("2026-06-16", "2026-06-20")):
        first = pd.Timestamp(start)
        before = orders[first - pd.Timedelta(days=21) : first - pd.Timedelta(days=1)].mean()
        assert orders[start:end].mean() > 1.4 * before
    week, year_before = orders["2026-11-09":"2026-11-15"].sum(), orders["2025-11-10":"2025-11-16"].sum()
    assert year_before > week
