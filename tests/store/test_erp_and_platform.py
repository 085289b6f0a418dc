"""An order that an ERP and its platform both export counts once; what goods cost comes from whoever knows it."""

from __future__ import annotations

import math

import pytest

from ecops.metrics import kpis
from ecops.periods import parse_period
from ecops.store.workspace import Workspace

ERP = (
    "内部订单号,线上订单号,店铺,商店站点,订单状态,订单日期,付款日期,商品编码,商品名称,销售数量,买家实付,总成本\n"
    "1,3612345678900000001,抖音店,头条放心购,已发货,2026-05-04 10:00:00,2026-05-04 10:01:00,A,杯,2,60,24\n"
    "2,3612345678900000002,抖音店,头条放心购,已发货,2026-05-05 10:00:00,2026-05-05 10:01:00,B,碗,1,20,8\n"
)
PLATFORM = (
    "主订单编号,子订单编号,选购商品,商家编码,商品数量,商品单价,订单应付金额,订单提交时间,支付完成时间,订单状态\n"
    "3612345678900000001,3612345678900000011,杯,A,2,30,58,2026-05-04 10:00:00,2026-05-04 10:01:00,已发货\n"
)
WEEK = parse_period("2026-05-04..2026-05-10")


def sold(shop: Workspace) -> list[tuple[str, float, float | None]]:
    rows = shop.query("select order_id, paid_amount, cost from sales_lines order by order_id").to_pylist()
    return [(row["order_id"][-1], row["paid_amount"], row["cost"]) for row in rows]


@pytest.mark.parametrize("erp_first", [True, False])
def test_the_platform_leads_and_the_erp_gives_the_cost(tmp_path, erp_first):
    shop = Workspace.open(tmp_path / "shop")
    files = [(ERP.encode(), "erp.csv"), (PLATFORM.encode(), "platform.csv")]
    receipts = [shop.load(file, name=name) for file, name in (files if erp_first else files[::-1])]
    assert sold(shop) == [("1", 58, 24), ("2", 20, 8)]
    (told,) = (issue for issue in receipts[1].sheets[0].issues if issue.kind == "led")
    assert told.count == 1
    assert [issue for issue in receipts[0].sheets[0].issues if issue.kind == "led"] == []
    assert shop.query("select sum(gross_sales) as s from daily_sales")["s"].to_pylist() == [78]
    shop.undo(receipts[0 if erp_first else 1])
    assert sold(shop) == [("1", 58, None)]


def test_the_margin_covers_the_goods_whose_cost_is_known(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    orders = "订单号,下单时间,商品编码,数量,实付金额\n1,2026-05-04,A,2,60\n2,2026-05-05,B,1,40\n"
    shop.set_setting("currency", "CNY")
    shop.load(orders.encode(), name="orders.csv")
    assert math.isnan(kpis(shop, WEEK).kpis["gross_margin"].value)
    shop.load("商品编码,商品名称,成本价,售价\nA,杯,12,30\n".encode(), name="products.csv")
    assert sold(shop) == [("1", 60, 24), ("2", 40, None)]
    margin = kpis(shop, WEEK).kpis["gross_margin"].value
    assert margin == pytest.approx((60 - 24) / 60), "the bowl, whose cost nobody knows, is on neither side"


def test_stock_and_customers_count_the_order_of_both_once(tmp_path):
    from ecops.customers import order_book
    from ecops.inventory import source

    shop = Workspace.open(tmp_path / "shop")
    erp = ERP.replace(",销售数量", ",买家账号,销售数量").replace(",杯,2,", ",杯,ann,2,").replace(",碗,1,", ",碗,bob,1,")
    for file, name in ((erp, "erp.csv"), (PLATFORM, "platform.csv")):
        shop.load(file.encode(), name=name)
    sales = source.ask(shop.data(), "sales", until=WEEK.end).set_index("sku")["units"]
    assert sales.to_dict() == {"A": 2, "B": 1}
    ledger = order_book(shop).ledger
    assert (ledger.lines, ledger.nameless_lines, ledger.orders) == (2, 1, 1), "the platform names no buyer of its order"


@pytest.mark.parametrize(("status", "waiting"), [("paid", 2), ("shipped", 0)])
def test_what_waits_to_be_sent_counts_once_and_not_when_the_erp_has_sent_it(status, waiting):
    import datetime as dt

    import pandas as pd

    from ecops.engine import load_sql
    from ecops.review.meetings.handover import handover
    from ecops.store.inputs import open_data

    paid = pd.Timestamp("2026-05-04 10:00")
    lines = pd.DataFrame(
        {"platform": "douyin", "order_id": ["1", "1", "9"], "sku": ["A", "A", "B"], "quantity": [2, 2, 1],
         "paid_amount": [58, 60, 10], "ordered_at": paid, "paid_at": paid,
         "status": ["paid", status, "shipped"],
         "shipped_at": [None, paid if status == "shipped" else None, paid], "recorded_by": [None, "erp", None]}
    )  # fmt: skip
    asked = {"since": dt.datetime(2026, 4, 1), "now": dt.datetime(2026, 5, 5), "hours": 48}
    data = open_data({"order_lines": lines})
    rows = data.query(load_sql("ecops.review.queries", "handover"), asked).to_pylist()
    assert sum(row["quantity"] for row in rows) == waiting
    assert handover(data, asked["now"]).orders == waiting / 2
