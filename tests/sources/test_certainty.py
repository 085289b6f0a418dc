"""What may be loaded without a question, and what may not: money, unknown columns, other reports, rows left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ecops.errors import MappingError
from ecops.messages import Message
from ecops.sources.conversion.report import much_left_out
from ecops.sources.files.grid import Grid
from ecops.sources.recognition import questions
from ecops.sources.recognition.detect import Match, detect
from ecops.store import Answers, Wishes
from ecops.store.workspace import Workspace

Sheet = Callable[..., Grid]
Load = Callable[..., Any]

KUAISHOU = "订单号,下单时间,商品名称,数量,单价,实付款X\n1,2026-05-01,杯,2,30,55\n2,2026-05-02,碗,1,20,20\n"
XIAOHONGSHU = "订单号,下单时间,商品名称,商品数量,商品总价,用户实付X\n1,2026-05-01 10:00:00,杯,2,60,55\n"
DAILY = "订单号,下单时间,商品编码,数量,实付金额\n1,2026-05-01,A,1,5\n2,2026-05-02,B,1,7\n"


def best(grid: Grid) -> Match:
    return detect(grid)[0]


def reasons(match: Match) -> list[str]:
    return [reason.text("en") for reason in questions.why(match)]


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (KUAISHOU, "doubtful"),
        (XIAOHONGSHU, "doubtful"),
        ("order id,created at,sku,quantity\n1,2026-05-01,A,2\n", "lacking"),
        ("日期,计划名称,花费,展现量,点击量\n2026-05-01,计划一,12.5,1000,30\n", "lacking"),
        ("date,campaign,cost,impressions,clicks,Total sales value\n2026-05-01,a,12.5,1000,30,99\n", "doubtful"),
        ("采购单号,商品编码,采购数量,下单日期,要求到货时间\nP1,A,10,2026-05-01,2026-05-20\n", "doubtful"),
        ("采购单号,商品编码,采购数量,下单日期\nP1,A,10,2026-05-01\n", "lacking"),
        ("商品编码,商品名称\nA,杯\n", "lacking"),
    ],
)
def test_a_file_without_what_its_table_is_for_is_a_question(sheet: Sheet, text: str, doubt: str) -> None:
    match = best(sheet(text))
    assert match.missing == ()
    assert not match.certain
    assert doubt in match.doubts
    assert len(questions.why(match)) == len(match.doubts)


def test_an_order_file_with_its_money_is_none(sheet: Sheet) -> None:
    assert best(sheet(DAILY)).certain
    assert best(sheet("订单号,下单时间,商品编码,数量,单价\n1,2026-05-01,A,1,5\n")).certain, "price x quantity"


def test_a_share_of_unknown_columns_is_a_question_that_names_them(sheet: Sheet) -> None:
    known, unknown = DAILY.splitlines()[:2], [f"甲{n}" for n in range(6)]
    text = f"{known[0]},{','.join(unknown)}\n{known[1]},{','.join('x' * 6)}\n"
    match = best(sheet(text))
    assert match.doubts == ("unknown",)
    assert match.unknown == tuple(unknown)
    assert "甲0, 甲1" in reasons(match)[0]
    fewer = f"{known[0]},{','.join(unknown[:3])}\n{known[1]},x,x,x\n"
    assert best(sheet(fewer)).certain


def test_notes_and_addresses_are_no_unknown_columns(sheet: Sheet) -> None:
    more = ["卖家备注", "收货人手机", "快递单号", "详细地址", "发票抬头", "买家留言"]
    text = DAILY.splitlines()
    match = best(sheet(f"{text[0]},{','.join(more)}\n{text[1]},a,b,c,d,e,f\n"))
    assert match.certain
    assert match.unknown == ()


def test_a_renamed_column_of_a_known_report_is_a_question(sheet: Sheet) -> None:
    header = "商品,订单号,订单状态,商品总价(元),用户实付金额(元),商家实收金额(元),商品数量(件),订单成交时间"
    row = "杯,1,已收货,10,9,9,1,2026-05-01 10:00:00"
    assert best(sheet(f"{header}\n{row}\n")).certain
    for old, new in (("用户实付金额(元)", "顾客付了(元)"), ("订单状态", "进展"), ("商品数量(件)", "几件")):
        match = best(sheet(f"{header.replace(old, new)}\n{row}\n"))
        assert not match.certain, new
        assert set(match.doubts) & {"absent", "lacking", "unknown"} or match.missing


def test_two_reports_that_fit_alike_are_both_named(sheet: Sheet) -> None:
    matches = detect(sheet("日期,商品编码,商品名称,库存,价格\n2026-05-01,A,杯,5,9\n"))
    assert not matches[0].certain
    assert len(questions.likely(matches)) > 1
    assert len({match.table for match in questions.likely(matches)}) == len(questions.likely(matches))


@pytest.mark.parametrize(
    ("rows", "dropped", "asked"),
    [
        (100, {"duplicate": 6}, {"duplicate": 6}),
        (100, {"duplicate": 5}, {}),
        (10, {"duplicate": 1}, {"duplicate": 1}),
        (3, {"footer": 2}, {}),
        (9_046, {"header": 9_045}, {"header": 9_045}),
        (100, {"filtered": 90, "invalid": 6}, {"invalid": 6}),
        (100, {"empty": 4, "header": 4, "footer": 5}, {}),
    ],
)
def test_many_rows_left_out_are_a_question(rows: int, dropped: dict[str, int], asked: dict[str, int]) -> None:
    assert much_left_out(rows, dropped) == asked


def test_nothing_is_loaded_until_the_question_is_answered(tmp_path: Any) -> None:
    shop = Workspace.open(tmp_path / "shop")
    with pytest.raises(MappingError, match="It is a guess that the column 实付款X"):
        shop.load(KUAISHOU.encode(), name="a.csv")
    assert shop.tables() == {}
    with shop.inspect(KUAISHOU.encode(), "a.csv") as inspection:
        receipt = shop.load_inspected(inspection, Wishes(answers=Answers(columns={"paid_amount": "实付款X"})))
    assert receipt.sheets[0].totals["paid_amount"] == 75
    again = shop.load(KUAISHOU.replace("\n1,", "\n7,").encode(), name="b.csv")
    assert again.sheets[0].totals["paid_amount"] == 75, "said once, remembered for the same header"


def test_a_measure_that_a_file_has_not_is_waived_by_people_only(tmp_path: Any) -> None:
    shop = Workspace.open(tmp_path / "shop")
    ads = "日期,计划名称,花费,展现量,点击量\n2026-05-01,计划一,12.5,1000,30\n".encode()
    with pytest.raises(MappingError, match="No column of the file is known to hold") as refused:
        shop.load(ads, name="a.csv")
    assert refused.value.asks == "columns"
    with pytest.raises(MappingError, match="No column of the file is known to hold"):
        shop.load(ads, "generic_ads", name="a.csv")
    with shop.inspect(ads, "a.csv") as inspection:
        receipt = shop.load_inspected(inspection, Wishes(answers=Answers(columns={"paid_amount": ""})))
    assert receipt.sheets[0].totals == {"cost": 12.5}


def test_rows_left_out_wait_for_a_word(tmp_path: Any) -> None:
    shop = Workspace.open(tmp_path / "shop")
    text = "商品编码,售价\n" + "A,5\n" * 3 + "B,6\n"
    with pytest.raises(MappingError, match="2 of 4 rows would be left out: the same row again 2") as refused:
        shop.load(text.encode(), name="a.csv")
    assert refused.value.asks == "left_out"
    with shop.inspect(text.encode(), "a.csv") as inspection:
        checked, _ = shop.check(inspection)
        assert checked.much_left_out == {"a.csv": {"duplicate": 2}}
        assert shop.load_inspected(inspection, Wishes(leave_out=True)).rows == 2


@pytest.mark.parametrize("cell", ["1e308", "1e30", "9999999999999", "inf", "-Infinity", "1.5e13元"])
def test_a_value_beyond_reason_is_told_and_its_row_left_out(load: Load, cell: str) -> None:
    lines = "".join(f"{n},2026-05-{n:02d},S,1,5.10\n" for n in range(1, 4))
    found, rows = load(f"订单号,下单时间,商品编码,数量,实付金额\n{lines}9,2026-05-09,S,1,{cell}\n")
    assert [row["order_id"] for row in rows] == ["1", "2", "3"]
    (told,) = (issue for issue in found.issues if issue.kind == "unreasonable")
    assert (told.count, told.rows, told.examples) == (1, (5,), (cell,))
    assert isinstance(told.message, Message)
    assert found.dropped == {"unreasonable": 1}
    assert found.totals["paid_amount"] == 15.3


@pytest.mark.parametrize("day", ["1998-05-01", "2099-05-01", "0026-05-01"])
def test_a_year_beyond_reason_is_told_and_its_row_left_out(load: Load, day: str) -> None:
    lines = "".join(f"{n},2026-05-{n:02d},S,1,5\n" for n in range(1, 4))
    found, rows = load(f"订单号,下单时间,商品编码,数量,实付金额\n{lines}9,{day},S,1,5\n")
    assert len(rows) == 3
    assert found.dropped == {"invalid": 1}
    (told,) = (issue for issue in found.issues if issue.kind == "no_usable_day")
    assert told.examples == (day,)
    assert "before 2000 or after next year" in told.message.text("en")


@pytest.mark.parametrize(
    ("word", "level"), [("channel", "source"), ("全店", "shop"), ("sku", "item"), ("shop", "shop")]
)
def test_a_level_in_other_words_is_one_of_ours(load: Load, word: str, level: str) -> None:
    text = f"date,level,channel,visitors,pay_buyers\n2026-05-01,{word},search,100,5\n"
    _, rows = load(text, "generic_funnel")
    assert rows[0]["level"] == level


def test_a_level_nobody_knows_waits_for_a_word(load: Load) -> None:
    found, _ = load("date,level,channel,visitors,pay_buyers\n2026-05-01,galaxy,search,100,5\n", "generic_funnel")
    assert found.refused
    assert found.unknown_values == {"level": {"galaxy": 1}}


def test_decimals_of_parquet_keep_every_digit() -> None:
    import decimal

    import pyarrow as pa

    from ecops.sources.files.columnar import _text

    cells = ["12.50", "0.000000", "0.0000001", "1200", "99999999999.123456789"]
    for kind in (pa.decimal128(38, 18), pa.decimal256(60, 20)):
        told = _text(pa.array([decimal.Decimal(cell) for cell in cells], kind)).to_pylist()
        assert [decimal.Decimal(text) for text in told] == [decimal.Decimal(cell) for cell in cells]
        assert not [text for text in told if "E" in text]
    assert _text(pa.array([decimal.Decimal(1200)], pa.decimal128(10, -2))).to_pylist() == ["1200"]


def test_a_report_known_by_description_is_confirmed_once(tmp_path: Any) -> None:
    path = Path(__file__).resolve().parents[1] / "fixtures" / "sources" / "qianchuan_ads.csv"
    shop = Workspace.open(tmp_path / "shop")
    with pytest.raises(MappingError, match="known from descriptions only") as refused:
        shop.load(path)
    assert refused.value.asks == "source"
    assert shop.load(path, "qianchuan_ads").rows == 1
    later = path.read_text("utf-8").replace("2026-05-01", "2026-05-02")
    assert shop.load(later.encode(), name="next.csv").rows == 1
