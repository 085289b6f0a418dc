"""What an unknown sheet is taken for, and how sure we say we are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecops.sources.files.grid import Grid
from ecops.sources.recognition.detect import detect, propose
from ecops.sources.recognition.figures import figure_columns
from ecops.sources.recognition.mapping import Mapping, fingerprint
from ecops.sources.registry import source, sources
from ecops.tables import table

Sheet = Callable[..., Grid]


def test_a_signature_is_surer_than_synonyms(sheet: Sheet) -> None:
    text = "Name,Financial Status,Created at,Lineitem quantity,Lineitem name,Lineitem price\n#1,paid,2026-05-01,1,a,5\n"
    matches = detect(sheet(text))
    assert matches[0].source == "shopify_orders"
    assert matches[0].confidence >= 0.8
    assert all(match.confidence <= 0.75 for match in matches if source(match.source).generic)


@pytest.mark.parametrize(
    ("header", "row", "wanted"),
    [
        (
            "日期,商品编码,商品名称,主仓实际库存数,订单占有数,可用数,采购在途数",
            "2026-11-15,A1,杯子,30,2,28,10",
            {"on_hand": 3, "reserved": 4, "available": 5, "on_order": 6},
        ),
        (
            "日期,商家编码,货品名称,仓库,库存量,可发库存,待发货量,采购在途量",
            "2026-11-15,A1,杯子,主仓,30,28,2,10",
            {"on_hand": 4, "available": 5, "reserved": 6, "on_order": 7},
        ),
        (
            "日期,商品代码,商品名称,仓库名称,库存数量,可销售数,在途数",
            "2026-11-15,A1,杯子,主仓,30,28,10",
            {"sku": 1, "on_hand": 4, "available": 5, "on_order": 6},
        ),
        (
            "日期,仓库名称,商品代码,商品名称,库存数,可销售数,占用数,在途数",
            "2026-11-15,主仓,A1,杯子,30,28,2,10",
            {"on_hand": 4, "available": 5, "reserved": 6, "on_order": 7},
        ),
        (
            "采购单号,状态,供应商,仓库,制单时间,预计到货时间,商家编码,货品名称,采购量,已到货量,采购价",
            "P1,已完成,甲厂,主仓,2026-10-01,2026-10-15,A1,杯子,100,60,8.5",
            {"ordered_on": 4, "promised_on": 5, "quantity": 8, "received_quantity": 9, "unit_cost": 10},
        ),
        (
            "采购订单号,单据日期,供应商,仓库名称,商品代码,数量,到货数量,单价,预计到货日期,单据状态",
            "P1,2026-10-01,甲厂,主仓,A1,100,60,8.5,2026-10-15,已完成",
            {"ordered_on": 1, "sku": 4, "received_quantity": 6, "promised_on": 8, "status": 9},
        ),
        (
            "采购单号,供应商,商品编码,采购数量,下单日期,预计交货日期,已入库数,入库日期,单价",
            "P1,甲厂,A1,100,2026-10-01,2026-10-15,0,,8.5",
            {"promised_on": 5, "received_quantity": 6, "received_on": 7},
        ),
    ],
)
def test_stock_and_purchases_of_an_erp_are_read_without_a_question(
    sheet: Sheet, header: str, row: str, wanted: dict[str, int]
) -> None:
    best = detect(sheet(f"{header}\n{row}\n"))[0]
    assert best.certain
    assert wanted.items() <= propose(source(best.source), sheet(f"{header}\n{row}\n")).columns.items()


def test_missing_and_ignored_are_told(sheet: Sheet) -> None:
    matches = detect(sheet("订单号,商品编码,实付金额,仓位\n1,A,5,x\n"))
    best = next(match for match in matches if match.source == "generic_orders")
    assert best.missing == ("ordered_at",)
    assert best.ignored == ("仓位",)
    assert not best.certain


def test_a_file_about_something_else_is_nothing(sheet: Sheet) -> None:
    matches = detect(sheet("骑手,里程,油耗\n张三,12,3\n"))
    assert not [match for match in matches if match.certain]


def test_a_report_with_a_few_headers_renamed_is_still_proposed(sheet: Sheet) -> None:
    header = "日期,成交花费(元),交易额(元),实际投产比,总花费(元),曝光量,点击数"
    matches = detect(sheet(f"{header}\n2026-05-01,1,2,3,4,5,6\n"))
    (found,) = [match for match in matches if match.source == "pdd_ads"]
    assert 0.2 < found.confidence < 0.8


def test_one_header_serves_one_column_of_a_table(sheet: Sheet) -> None:
    for entry in sources().values():
        if entry.generic:
            grid = sheet("a,b\n1,2\n")
            assert set(propose(entry, grid).columns) <= set(figure_columns(table(entry.table)))
    grid = sheet("订单号,下单时间,金额,金额,实付金额\n1,2026-05-01,1,2,3\n")
    columns = propose(source("generic_orders"), grid).columns
    assert len(set(columns.values())) == len(columns)


def test_joints_between_words_do_not_matter(sheet: Sheet) -> None:
    for header in ("order_id,order_date,unit_price", "OrderID,OrderDate,UnitPrice", "Order-ID,Order date,Unit.Price"):
        assert propose(source("generic_orders"), sheet(header + "\n1,2026-05-01,5\n")).columns == {
            "order_id": 0,
            "ordered_at": 1,
            "unit_price": 2,
        }


def test_pdd_has_one_time_for_two_columns(sheet: Sheet) -> None:
    header = "商品,订单号,订单状态,商品总价(元),用户实付金额(元),商家实收金额(元),商品数量(件),订单成交时间"
    columns = propose(source("pdd_orders"), sheet(header + "\na,1,已收货,1,1,1,1,2026-05-01\n")).columns
    assert columns["ordered_at"] == columns["paid_at"] == 7


def test_an_event_log_whose_platform_is_a_device(sheet: Sheet) -> None:
    mapping = detect(sheet("user_id,event,timestamp,platform\nu,view,2026-05-01,mobile\n"))[0].mapping
    assert mapping.columns["device"] == 3
    assert mapping.constants["platform"] == "other"
    mapping = detect(sheet("user_id,event,timestamp,platform\nu,view,2026-05-01,淘宝\n"))[0].mapping
    assert mapping.columns["platform"] == 3


def test_fingerprint_sees_order_and_names_only() -> None:
    assert fingerprint(["a", "b"]) != fingerprint(["b", "a"])
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])
    assert fingerprint(["金额（元）", "SKU "]) == fingerprint(["金额(元)", "sku"])


def test_mapping_survives_json() -> None:
    import json

    mapping = Mapping(
        "pdd_ads", "ad_spend_daily", {"date": 0}, {"status": {"a": "paid"}}, {"platform": "x"}, {"decimal": ","}
    )
    assert Mapping.from_dict(json.loads(json.dumps(mapping.to_dict()))) == mapping
