"""Files as a stranger brings them: damaged by spreadsheets, summed up, cut, oddly written. Told, or asked about."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from ecops.errors import DataError, EcopsError, FileError, MappingError
from ecops.sources.conversion.report import Conversion
from ecops.sources.files.grid import Grid
from ecops.store import Workspace
from ecops.store.answers import Answers
from ecops.store.reading import Wishes

Load = Callable[..., tuple[Conversion, list[dict[str, Any]]]]
ORDERS = "订单编号,下单时间,商品编码,件数,实付金额,订单状态\n"


def orders(*rows: str) -> str:
    return ORDERS + "".join(row + "\n" for row in rows)


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]], hidden: str = "") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
            if name == hidden:
                sheet.hide()
    return out.getvalue()


@pytest.mark.parametrize("delimiter", ["|", "\t", ";"])
def test_bars_tabs_and_semicolons_part_columns(load: Load, delimiter: str) -> None:
    text = orders("A1,2026-05-01 10:00:00,S1,1,10.5,交易成功").replace(",", delimiter)
    assert load(text)[0].totals == {"paid_amount": 10.5}


def test_utf_16_without_a_mark_is_read_although_a_few_characters_end_with_a_zero(sheet: Callable[..., Grid]) -> None:
    text = orders(*(f"A{n},2026-05-01 10:00:00,一件T恤,1,10,交易成功" for n in range(5))).replace(",", "\t")
    grid = sheet(text, encoding="utf-16-le")
    assert (grid.encoding, grid.rows) == ("utf-16-le", 5)


@pytest.mark.parametrize("mark", ["`", "'", "\t"])
def test_what_keeps_spreadsheets_from_counting_is_no_part_of_an_order_number(load: Load, mark: str) -> None:
    _, rows = load(orders(f"{mark}328112233445566001,2026-05-01,S1,1,10,交易成功"))
    assert rows[0]["order_id"] == "328112233445566001"


@pytest.mark.parametrize("number", ["1.23457E+17", "1.2345678901e+017", '"1,23457E+17"', "9E17"])
def test_order_numbers_in_powers_of_ten_stop_a_load(load: Load, number: str) -> None:
    rows = [f"32811223344556{n:04d},2026-05-01,S1,1,10,交易成功" for n in range(40)]
    with pytest.raises(DataError, match="cut its digits"):
        load(orders(*rows, f"{number},2026-05-01,S1,1,10,交易成功"))


def test_order_numbers_cut_to_fifteen_digits_stop_a_load(load: Load) -> None:
    cut = [f"{328112233445566000 + 1000 * n},2026-05-01,S1,1,10,交易成功" for n in range(4)]
    with pytest.raises(DataError, match="read like 328112233445566000") as stopped:
        load(orders(*cut))
    assert "Export the file again" in stopped.value.hint.text()
    whole = [f"{328112233445566000 + 1000 * n + n},2026-05-01,S1,1,10,交易成功" for n in range(1, 5)]
    assert load(orders(*whole))[0].rows_kept == 4
    assert load(orders(cut[0]))[0].rows_kept == 1  # one number may well end with three zeros


def test_order_numbers_that_a_workbook_holds_as_numbers_stop_a_load(tmp_path: Path) -> None:
    rows = [
        ORDERS.strip().split(","),
        *([328112233445566001.0 + 1e6 * n, "2026-05-01", "S1", 1, 10, "交易成功"] for n in range(3)),
    ]
    with pytest.raises(DataError, match="cut their digits"):
        Workspace.open(tmp_path).load(workbook(("订单", rows)), name="orders.xlsx")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("26/5/1", "26/5/28"), ["2026-05-01", "2026-05-28"]),
        (("1/5/26", "28/5/26"), ["2026-05-01", "2026-05-28"]),
        (("５/1/2026", "5/28/2026"), ["2026-05-01", "2026-05-28"]),
        (("２０２６－０５－０１", "2026-05-28"), ["2026-05-01", "2026-05-28"]),
    ],
)
def test_dates_with_short_years_or_wide_digits(load: Load, days: tuple[str, str], expected: list[str]) -> None:
    _, rows = load(orders(*(f"A{n},{day},S1,1,10,交易成功" for n, day in enumerate(days))))
    assert [row["ordered_at"].date().isoformat() for row in rows] == expected


def test_a_date_that_may_begin_with_its_year_is_asked_about(tmp_path: Path) -> None:
    text = orders("A1,26/05/01,S1,1,10,交易成功", "A2,26/05/02,S1,1,10,交易成功").encode()
    shop = Workspace.open(tmp_path)
    with pytest.raises(MappingError, match="26/05/01 may begin with its day or with its year") as asked:
        shop.load(text, name="orders.csv")
    assert asked.value.asks == "date_order"
    with shop.inspect(text, "orders.csv") as found:
        receipt = shop.load_inspected(found, Wishes(answers=Answers(date_order="ymd"), currency="CNY"))
    assert str(receipt.sheets[0].last_day) == "2026-05-02"


@pytest.mark.parametrize(
    "text",
    [
        "流量来源,日期,访客数,支付金额\n搜索,2026-05-01,10,100\n推荐,2026-05-01,20,200\n合 计,2026-05-01,30,300\n",
        "日期,渠道,花费,成交金额\n2026-05-01,直通车,10,100\n2026-05-01,万相台,20,200\n2026-05-01,Total,30,300\n",
        orders("A1,2026-05-01,S1,1,30,交易成功", "小计,2026-05-01,,1,30,"),
    ],
)
def test_rows_that_sum_others_never_count_in_silence(tmp_path: Path, text: str) -> None:
    shop = Workspace.open(tmp_path)
    with pytest.raises(MappingError, match="rows that sum others 1") as asked:
        shop.load(text.encode(), name="daily.csv")
    assert asked.value.asks == "left_out"
    with shop.inspect(text.encode(), "daily.csv") as found:
        sheet = shop.load_inspected(found, Wishes(leave_out=True, currency="CNY")).sheets[0]
    assert sheet.dropped == {"subtotal": 1}
    assert {300.0, 30.0} & set(sheet.totals.values())


def test_sums_alone_count(load: Load) -> None:
    found, _ = load("流量来源,日期,访客数,支付金额\n合计,2026-05-01,10,100\n合计,2026-05-02,20,200\n", "generic_funnel")
    assert (found.rows_kept, found.totals["visitors"]) == (2, 30)


def test_an_amount_that_is_empty_in_every_row_is_asked_about(tmp_path: Path) -> None:
    text = orders("A1,2026-05-01,S1,1,,交易成功", "A2,2026-05-02,S1,1,,交易成功").encode()
    shop = Workspace.open(tmp_path)
    with pytest.raises(MappingError, match="Amount paid is empty in every row") as asked:
        shop.load(text, name="orders.csv")
    assert asked.value.asks == "columns"
    with shop.inspect(text, "orders.csv") as found:
        receipt = shop.load_inspected(found, Wishes(answers=Answers(columns={"paid_amount": ""}), currency="CNY"))
    assert receipt.rows == 2


def test_many_amounts_that_cannot_be_read_are_a_question(tmp_path: Path) -> None:
    slips = [f"A{n},2026-05-01,S1,1,约10元,交易成功" for n in range(5)]
    text = orders(*slips, *(f"B{n},2026-05-01,S1,1,10,交易成功" for n in range(20)))
    with pytest.raises(MappingError, match="values that cannot be read 5") as asked:
        Workspace.open(tmp_path).load(text.encode(), name="orders.csv")
    assert "约10元" in asked.value.what.text()


def test_a_file_without_a_usable_row_says_what_cannot_be_read(load: Load) -> None:
    with pytest.raises(FileError, match="########") as stopped:
        load(orders("A1,########,S1,1,10,交易成功"))
    assert "spreadsheet" in stopped.value.hint.text()


def test_two_sheets_of_a_file_that_differ_are_told(tmp_path: Path) -> None:
    head = ORDERS.strip().split(",")
    first = [head, ["A1", "2026-05-01", "S1", "1", "10", "交易成功"], ["A2", "2026-05-01", "S1", "1", "20", "交易成功"]]
    later = [head, ["A1", "2026-05-01", "S1", "1", "12", "交易成功"], ["A2", "2026-05-01", "S1", "1", "20", "交易成功"]]
    receipt = Workspace.open(tmp_path).load(workbook(("甲", first), ("乙", later)), name="orders.xlsx")
    sheet = receipt.sheets[1]
    assert [issue.count for issue in sheet.issues if issue.kind == "sheets_differ"] == [1]


def test_hidden_sheets_are_named(tmp_path: Path) -> None:
    rows = [ORDERS.strip().split(","), ["A1", "2026-05-01", "S1", "1", "10", "交易成功"]]
    data = workbook(("订单", rows), ("旧订单", rows), hidden="旧订单")
    (sheet,) = Workspace.open(tmp_path).load(data, name="orders.xlsx").sheets
    assert any("旧订单" in note.text() for note in sheet.notes)


def test_a_closed_order_is_not_opened_again_by_an_older_export(tmp_path: Path) -> None:
    shop = Workspace.open(tmp_path)
    shop.load(orders("A1,2026-05-01,S1,1,50,交易关闭").encode(), name="new.csv")
    older = shop.load(orders("A1,2026-05-01,S1,1,50,交易成功").encode(), name="old.csv")
    assert any(issue.kind == "older_export" for issue in older.sheets[0].issues)
    rows = shop.data().query("SELECT status FROM order_lines").to_pylist()
    assert [row["status"] for row in rows] == ["closed"]


def test_a_stock_list_without_a_day_asks_for_the_day(tmp_path: Path) -> None:
    with pytest.raises(EcopsError, match="does not say the Date") as asked:
        Workspace.open(tmp_path).load("商品编码,商品名称,库存,成本价\nS1,杯,100,5\n".encode(), name="stock.csv")
    assert asked.value.asks == "columns"


def test_an_event_without_an_end_ends_with_next_year(load: Load) -> None:
    text = "名称,开始日期,结束日期\n会员日,2026-05-01,9999-12-31\n店庆,2026-05-01,2026-05-03\n"
    _, rows = load(text, "generic_calendar")
    assert {str(row["ends_on"]) for row in rows} == {f"{dt.date.today().year + 1}-12-31", "2026-05-03"}


def test_papers_of_suppliers_last_for_years(load: Load) -> None:
    text = "供应商名称,账期,返利比例,响应时效,营业执照有效期,质检报告有效期\n甲厂,30,2%,5,2038-07-01,2026-05-31\n"
    text += "乙厂,60,1%,2,9999-12-31,\n"
    _, rows = load(text, "generic_suppliers")
    found = {row["supplier"]: row for row in rows}
    assert str(found["甲厂"]["licence_until"]) == "2038-07-01"
    assert str(found["甲厂"]["quality_report_until"]) == "2026-05-31"
    assert (found["甲厂"]["credit_days"], found["甲厂"]["rebate_rate"], found["甲厂"]["chat_minutes"]) == (30, 0.02, 5)
    assert str(found["乙厂"]["licence_until"]) == "2100-12-31"


def test_points_that_may_be_thousands_are_asked_about(tmp_path: Path) -> None:
    text = orders(
        "A1,2026-05-01,S1,1,1.234,交易成功", "A2,2026-05-02,S1,1,145.000,交易成功", "A3,2026-05-02,S1,1,90,交易成功"
    )
    shop = Workspace.open(tmp_path)
    with pytest.raises(MappingError, match="may be thousands or decimals") as asked:
        shop.load(text.encode(), name="orders.csv")
    assert asked.value.asks == "decimal"
    for mark, total in ((",", 146324), (".", 236.234)):
        with shop.inspect(text.encode(), "orders.csv") as found:
            checked, _ = shop.check(found, Wishes(answers=Answers(decimal=mark), currency="CNY"))
        assert checked.sheets[0].totals == {"paid_amount": total}
    plain = orders("A1,2026-05-01,S1,1,1.234,交易成功", "A2,2026-05-02,S1,1,145.5,交易成功")
    assert shop.load(plain.encode(), name="plain.csv").sheets[0].totals == {"paid_amount": 146.734}
