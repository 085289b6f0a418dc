"""Each spend counts once, is set against what it can have brought, and a sale bears the cost of its day."""

from __future__ import annotations

import pandas as pd
import pytest

from ecops.metrics import kpis
from ecops.periods import parse_period
from ecops.store.workspace import Workspace

WEEK = parse_period("2026-11-02..2026-11-08")
HEAD = "日期,场景名字,计划ID,计划名字,{more},展现量,点击量,花费,总成交金额,总成交笔数\n"


def value(data: object, key: str) -> float:
    return kpis(data, WEEK).kpis[key].value


def spending(**more: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"date": pd.date_range("2026-11-02", periods=7), "platform": "taobao", "tool": "a", "campaign": "x",
         "cost": 100.0, "paid_amount": 250.0, **more}
    )  # fmt: skip


def test_the_return_leaves_out_promotion_that_does_not_say_what_it_sold():
    silent = spending(tool="b", paid_amount=None, cost=900.0)
    both = {"ad_spend_daily": pd.concat([spending(), silent])}
    assert value(both, "roi") == pytest.approx(2.5)
    assert value(both, "ad_cost") == 7 * 1_000


def test_an_empty_cell_of_a_tool_that_tells_its_sales_is_a_day_without_any():
    told = spending(paid_amount=[250.0, None, 250, 250, 250, 250, 250])
    assert value({"ad_spend_daily": told}, "roi") == pytest.approx(6 * 250 / 700)


def test_a_spend_told_for_several_windows_counts_once_by_the_longest(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    rows = "".join(
        f"2026-11-0{day},关键词推广,7,秋上新,{window}天,1000,50,100,{sales},3\n"
        for day in (3, 4)
        for window, sales in ((3, 300), (15, 420))
    )
    receipt = shop.load((HEAD.format(more="转化周期") + rows).encode(), name="windows.csv")
    (told,) = (issue for issue in receipt.sheets[0].issues if issue.kind == "windows")
    assert (told.count, receipt.sheets[0].totals["cost"]) == (2, 200)
    assert (value(shop, "ad_cost"), value(shop, "roi")) == (200, pytest.approx(4.2))
    # The report by promoted product tells the same spend once more, in parts.
    parts = "".join(
        f"2026-11-0{day},关键词推广,7,秋上新,55{item},杯{item},500,25,50,210,1\n" for day in (3, 4) for item in (1, 2)
    )
    shop.load((HEAD.format(more="主体ID,主体名称") + parts).encode(), name="parts.csv")
    assert value(shop, "ad_cost") == 200
    assert shop.query("select count(*) as n from ad_spend_daily")["n"].to_pylist() == [8]


def test_a_sale_bears_the_cost_of_its_day(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    shop.set_setting("currency", "CNY")
    orders = "订单号,下单时间,商品编码,数量,实付金额\n" + "".join(
        f"{number},2026-11-0{day},{sku},2,50\n"
        for number, day, sku in ((1, 3, "A"), (2, 4, "A"), (3, 5, "A"), (4, 5, "B"), (5, 2, "A"))
    )
    shop.load(orders.encode(), name="orders.csv")
    shop.load("商品编码,商品名称,成本价,售价\nA,杯,9,25\nB,碗,4,25\n".encode(), name="products.csv")
    shop.load("商品编码,生效日期,成本价\nA,2026-11-03,10\nA,2026-11-05,14\n".encode(), name="costs.csv")
    costs = shop.query("select order_id, cost from sales_lines order by order_id")["cost"].to_pylist()
    assert costs == [20, 20, 28, 8, 18], "before its first known day the product table tells"
    assert value(shop, "gross_margin") == pytest.approx((250 - 94) / 250)
    receipt = shop.load("商品编码,生效日期,成本价\nA,2026-11-05,11\n".encode(), name="mended.csv")
    assert value(shop, "gross_margin") == pytest.approx((250 - 88) / 250)
    shop.undo(receipt)
    assert value(shop, "gross_margin") == pytest.approx((250 - 94) / 250)
