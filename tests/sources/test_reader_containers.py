"""From bytes to `Grid`: workbooks, web pages, archives and Parquet become the same text."""

import datetime as dt
import gzip
import io
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt

from ecops.sources.files.workbook import number_text
from tests.sources.reading import HEADER, ROWS, as_csv, cells, expected, read


def make_xlsx(sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_xlsx_values_become_text_without_loss(tmp_path):
    rows = [
        ["订单编号", "商品名称", "总金额", "订单创建时间", "日期", "布尔"],
        ["123456789012345678", "a\nb", 3.0, dt.datetime(2025, 1, 2, 3, 4, 5), dt.date(2025, 1, 2), True],
        ["=1+1", "NA", 0.1 + 0.2, dt.datetime(2025, 1, 2), None, False],
        [None, None, None, None, None, None],
        ["000123", "x", 6920000000000, None, None, None],
    ]
    data = make_xlsx({"订单": [["报表"], *rows], "空": []})
    (grid,) = read(tmp_path, data, "book.xls")
    assert (grid.container, grid.name, grid.header_line) == ("xlsx", "book.xls › 订单", 1)
    assert cells(grid) == [
        ["123456789012345678", "a\nb", "3", "2025-01-02 03:04:05", "2025-01-02", "TRUE"],
        [None, "NA", "0.3", "2025-01-02", None, "FALSE"],
        [None] * 6,
        ["000123", "x", "6920000000000", None, None, None],
    ]
    assert [note.params["n"].value for note in grid.notes] == [1]
    assert "no stored result" in grid.notes[0].id


def test_xlsx_numbers_too_long_for_excel_are_told(tmp_path):
    (grid,) = read(tmp_path, make_xlsx({"A": [["订单编号", "总金额"], [1234567890123456789, 1]]}))
    assert "16 digits" in grid.notes[0].id


def test_biff_xls(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("商品")
    rows = [
        ["生意参谋"],
        [],
        ["统计日期", "商品ID", "商品访客数"],
        ["2025-01-01", "60012345678", "1,234"],
        ["2025-01-02", "7", 5.0],
    ]
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    out = io.BytesIO()
    book.save(out)
    (grid,) = read(tmp_path, out.getvalue(), "a.csv")
    assert (grid.container, grid.header_line, grid.preamble[0]) == ("xls", 2, "生意参谋,,")
    assert cells(grid) == [["2025-01-01", "60012345678", "1,234"], ["2025-01-02", "7", "5"]]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_html_disguised_as_xls(tmp_path, encoding):
    page = (
        f'<html><head><meta charset="{encoding}"></head><body><table><tr><td>'
        "<table><tr><th>订单编号</th><th>总金额</th><th>日期</th></tr>"
        "<tr><td>123456789012345678</td><td> 1,234.50\n</td><td>2025-01-01</td></tr>"
        "<tr><td colspan=2>合计</td><td>1</td></tr></table></td></tr></table></body></html>"
    )
    (grid,) = read(tmp_path, page.encode(encoding), "a.xls")
    assert (grid.container, grid.columns) == ("html", ("订单编号", "总金额", "日期"))
    assert cells(grid) == [["123456789012345678", "1,234.50", "2025-01-01"], ["合计", None, "1"]]


def test_spreadsheet_xml_2003(tmp_path):
    ns = "urn:schemas-microsoft-com:office:spreadsheet"
    cell = '<Cell><Data ss:Type="String">{}</Data></Cell>'
    data = (
        f'<?xml version="1.0"?><Workbook xmlns="{ns}" xmlns:ss="{ns}"><Worksheet ss:Name="S"><Table>'
        f"<Row>{cell.format('sku')}{cell.format('date')}{cell.format('amount')}</Row>"
        f'<Row>{cell.format("A1")}<Cell ss:Index="3"><Data ss:Type="Number">2.5</Data></Cell></Row>'
        "</Table></Worksheet></Workbook>"
    )
    (grid,) = read(tmp_path, data.encode(), "a.xls")
    assert (grid.container, cells(grid)) == ("xml", [["A1", None, "2.5"]])


def test_zip_of_several_kinds_with_gbk_names(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("子目录/", "")
        archive.writestr("NNNN.csv", as_csv([HEADER, *ROWS]).encode("gbk"))
        archive.writestr("../../evil.xlsx", make_xlsx({"A": [["sku", "amount"], ["1", 2]]}))
        archive.writestr("说明.pdf", b"%PDF-1.4 x")
        archive.writestr("__MACOSX/._a.csv", b"\0\0")
    data = out.getvalue().replace(b"NNNN", "订单".encode("gbk"))  # a name in GBK without a word, as Chinese tools write
    grids = read(tmp_path, data, "all.zip")
    assert [grid.name for grid in grids] == ["all.zip › 订单.csv", "all.zip › evil.xlsx"]
    assert [grid.rows for grid in grids] == [3, 1]
    assert grids[0].notes[0].params["names"] == "说明.pdf"


def test_gzip(tmp_path):
    (grid,) = read(tmp_path, gzip.compress(as_csv([HEADER, *ROWS]).encode("gbk")), "a.csv.gz")
    assert (grid.name, grid.encoding, cells(grid)) == ("a.csv", "gb18030", expected())


def test_parquet(tmp_path):
    table = pa.table(
        {
            'sk"u': ["123456789012345678", 'a "b", c', None],
            "amount": [1.0, 2.5, None],
            "paid": [dt.datetime(2025, 1, 1, 2, 3, 4), dt.datetime(2025, 1, 2), None],
            "n": pa.array([1, None, 3], pa.int64()),
            "day": [dt.date(2025, 1, 1)] * 3,
            "flag": [True, False, None],
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
            "tags": [["a"], [], None],
            "price": pa.array([None, "1.50", "2.00"]).cast(pa.decimal128(10, 2)),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out)
    (grid,) = read(tmp_path, out.getvalue(), "a.parquet")
    assert grid.columns == ('sk"u', "amount", "paid", "n", "day", "flag", "kind", "tags", "price")
    assert cells(grid) == [
        ["123456789012345678", "1", "2025-01-01 02:03:04", "1", "2025-01-01", "TRUE", "x", "['a']", None],
        ['a "b", c', "2.5", "2025-01-02", None, "2025-01-01", "FALSE", "y", "[]", "1.50"],
        [None, None, None, "3", "2025-01-01", None, "x", None, "2.00"],
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e20, "1.00000000000000e+20"),  # digits are lost, and it shows
        (-0.0, "0"),
        (1.5e-10, "0.00000000015"),
        (1234567.891, "1234567.891"),
        (-3.0, "-3"),
    ],
)
def test_number_text(value, text):
    assert number_text(value) == text
