"""From bytes to `Grid`: containers, encodings, delimiters, header rows, records."""

import csv
import datetime as dt
import gzip
import io
import json
import random
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt

from ecops.errors import EcopsError, FileError
from ecops.messages import Count, Message, Money
from ecops.sources import wire
from ecops.sources.containers import read_grids
from ecops.sources.delimited import Bench
from ecops.sources.grid import Grid
from ecops.sources.limits import Limits
from ecops.sources.text import HIDDEN_CHARACTERS, normalise_header
from ecops.sources.workbook import number_text
from ecops.store.engine import Engine

KNOWN = frozenset(
    normalise_header(header)
    for header in (
        *("订单编号", "买家会员名", "总金额", "订单创建时间", "订单付款时间", "统计日期", "商品ID", "商品名称"),
        *("商品访客数", "支付金额", "日期", "date", "sku", "sessions", "units ordered", "order-id", "title", "amount"),
        *("訂單編號", "會員名稱", "注文番号", "商品名", "金額", "Numéro", "Prix", "Quantité"),
    )
)
HEADER = ["订单编号", "买家会员名", "总金额", "订单创建时间"]
ROWS = [
    ["123456789012345678", "张三", "12.50", "2025-01-01 10:00:00"],
    ["123456789012345679", "NA", "1.2万", "2025-01-02 11:00:00"],
    ["123456789012345680", "李四, 女", "", "2025-01-03 12:00:00"],
]


def read(tmp_path, data, name="a.csv", known=KNOWN, limits=None):
    path = tmp_path / "in" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    return read_grids(path, work, limits or Limits(), name, known)


def cells(grid):
    """What DuckDB makes of a grid."""
    engine = Engine([grid.path.parent])
    table = engine.query(f"SELECT * FROM {grid.scan_sql()}", grid.scan_parameters())
    return [list(row.values()) for row in table.to_pylist()]


def as_csv(rows, delimiter=",", line_end="\r\n"):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def expected(rows=ROWS):
    return [[cell or None for cell in row] for row in rows]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_same_rows_in_every_encoding_delimiter_and_line_end(tmp_path, encoding, told, delimiter, line_end):
    text = as_csv([HEADER, *ROWS], delimiter, line_end)
    (grid,) = read(tmp_path, text.encode(encoding))
    assert (grid.encoding, grid.delimiter, grid.columns) == (told, delimiter, tuple(HEADER))
    assert (grid.rows, grid.lines, grid.header_line) == (3, 3, 0)
    assert cells(grid) == expected()


def test_a_clean_utf8_file_is_not_copied(tmp_path):
    (grid,) = read(tmp_path, as_csv([HEADER, *ROWS]).encode())
    assert grid.path == tmp_path / "in" / "a.csv"
    assert list((tmp_path / "work").glob("*.csv")) == []


def test_two_byte_order_marks_do_not_reach_the_first_header(tmp_path):
    (grid,) = read(tmp_path, b"\xef\xbb\xbf\xef\xbb\xbf" + as_csv([HEADER, *ROWS]).encode())
    assert grid.columns[0] == "订单编号"
    assert cells(grid)[0][0] == "123456789012345678"


@pytest.mark.parametrize(
    ("header", "row", "encoding", "told"),
    [
        ("订单编号,买家会员名,总金额", "1,王五,2", "gbk", "gb18030"),
        ("訂單編號,會員名稱,金額", "1,陳大文,2", "big5", "big5"),
        ("注文番号,商品名,金額", "1,ハンカチ,2", "cp932", "cp932"),
        ("Numéro,Prix,Quantité", "1,2 €,3", "cp1252", "cp1252"),
        ("date,title,amount", "2025-01-01,Café crème,3", "cp1252", "cp1252"),
        ("全新的表头,没有人认识,第三列", "1,王五,2", "gbk", "gb18030"),
        ("date,title,amount", "2025-01-01,连衣裙,3", "gbk", "gb18030"),
    ],
)
def test_the_header_decides_the_encoding(tmp_path, header, row, encoding, told):
    (grid,) = read(tmp_path, f"{header}\n{row}\n{row}\n".encode(encoding))
    assert grid.encoding == told
    assert grid.columns == tuple(header.split(","))
    assert cells(grid)[0] == row.split(",")


def test_gbk_never_passes_as_big5(tmp_path):
    # Every one of these decodes as Big5 without an error; the header says which is right.
    shuffle = random.Random(5)
    pool = [chr(code) for code in range(0x4E00, 0x9000) if decodes(chr(code).encode("gbk", "ignore"), "big5")]
    for _ in range(40):
        title = "".join(shuffle.choices(pool, k=8))
        data = f"订单编号,商品名称,总金额\n1,{title},2\n".encode("gbk")
        (grid,) = read(tmp_path, data)
        assert grid.encoding == "gb18030"
        assert cells(grid)[0][1] == title


def decodes(data, encoding):
    try:
        return bool(data) and bool(data.decode(encoding))
    except UnicodeDecodeError:
        return False


def test_preamble_is_kept_and_skipped(tmp_path):
    text = '生意参谋 "商品" 报表\n统计日期: 2025-01-01\n\n' + as_csv(
        [["统计日期", "商品ID", "商品访客数", "支付金额"], ["2025-01-01", "77", "1,234", "-"]], line_end="\n"
    )
    (grid,) = read(tmp_path, text.encode("gbk"))
    assert grid.header_line == 3
    assert grid.preamble == ('生意参谋 "商品" 报表', "统计日期: 2025-01-01", "")
    assert cells(grid) == [["2025-01-01", "77", "1,234", "-"]]
    assert grid.samples[2] == ("1,234",)


def test_a_known_word_in_the_preamble_is_no_header(tmp_path):
    text = "日期,2025-01-01,2025-01-31\n\n渠道名称,点位曝光,点位点击,落地停留\nA,1,2,3\nB,4,5,6\n"
    (grid,) = read(tmp_path, text.encode())
    assert grid.header_line == 2
    assert grid.columns == ("渠道名称", "点位曝光", "点位点击", "落地停留")


def test_without_any_known_header_the_first_row_of_names_wins(tmp_path):
    (grid,) = read(tmp_path, b"Report;2025\nfoo;bar;baz\n1,5;x;y\n2,5;x;z\n", known=frozenset())
    assert (grid.delimiter, grid.columns, grid.rows) == (";", ("foo", "bar", "baz"), 2)


def test_header_with_quoted_line_break(tmp_path):
    (grid,) = read(tmp_path, 'sku,"总金额\n(元)",date\n1,2,3\n'.encode())
    assert grid.columns == ("sku", "总金额\n(元)", "date")
    assert (grid.header_line, grid.rows) == (1, 1)
    assert cells(grid) == [["1", "2", "3"]]


def test_duplicate_headers_keep_their_place(tmp_path):
    (grid,) = read(tmp_path, b'sku,sku,SKU,"sku "\n1,2,3,4\n')
    assert grid.columns == ("sku", "sku", "SKU", "sku")
    assert cells(grid) == [["1", "2", "3", "4"]]


def test_hidden_characters_leave_headers_and_samples(tmp_path):
    (grid,) = read(tmp_path, "\u202esku\u200b,date\n\u202eabc\u200b,1\n".encode())
    assert grid.columns == ("sku", "date")
    assert grid.samples[0] == ("abc",)
    engine = Engine([grid.path.parent])
    sql = f"SELECT translate(c0, $hidden, '') AS c FROM {grid.scan_sql()}"
    assert engine.query(sql, {"hidden": HIDDEN_CHARACTERS, **grid.scan_parameters()})["c"].to_pylist() == ["abc"]


def test_short_rows_are_padded_and_long_rows_keep_their_cells(tmp_path):
    (grid,) = read(tmp_path, b'sku,date,amount\n1,2,3\nTotal\n4,"5\n6",7\n')
    assert (grid.rows, grid.lines) == (3, 3)
    assert cells(grid) == [["1", "2", "3"], ["Total", None, None], ["4", "5\n6", "7"]]
    (grid,) = read(tmp_path, b"sku,date\n1,2,3,\n4,5\n")
    assert grid.columns == ("sku", "date", "", "")
    assert cells(grid) == [["1", "2", "3", None], ["4", "5", None, None]]


def test_quotes_that_are_not_doubled_are_kept_and_told(tmp_path):
    data = b'sku,title,amount\n1,"he said "hi" there",2\n3,12" screen,4\n5,"a ""b"" c",6\n7,"8" x,9\n'
    (grid,) = read(tmp_path, data)
    assert cells(grid) == [
        ["1", 'he said "hi" there', "2"],
        ["3", '12" screen', "4"],
        ["5", 'a "b" c', "6"],
        ["7", '"8" x', "9"],
    ]
    assert [note.id for note in grid.notes] == ["{n} rows have quotation marks that are not doubled; they were kept."]


def test_mixed_line_ends_lose_no_row(tmp_path):
    (grid,) = read(tmp_path, b"sku,date\n1,2\r\n3,4\n5,6\r\n")
    assert cells(grid) == [["1", "2"], ["3", "4"], ["5", "6"]]


@pytest.mark.parametrize("tail", [b"", b"\n", b"\n\n\n", b"\r\n\r\n"])
def test_blank_lines_are_no_rows(tmp_path, tail):
    (grid,) = read(tmp_path, b"sku,date\n\n1,2\n\n\n3,4" + tail)
    assert (grid.rows, cells(grid)) == (2, [["1", "2"], ["3", "4"]])


def test_single_column_file(tmp_path):
    (grid,) = read(tmp_path, b"sku\nA1\nB2\n")
    assert (grid.columns, grid.rows) == (("sku",), 2)


def test_unclosed_quote_is_refused_with_its_line(tmp_path):
    rows = [f"{i},x{i},{i}" for i in range(1000)]
    rows[499] = '499,"x499,499'
    with pytest.raises(FileError) as caught:
        read(tmp_path, ("sku,title,amount\n" + "\n".join(rows) + "\n").encode())
    assert caught.value.where == {"file": "a.csv", "row": 501}


def test_two_unclosed_quotes_do_not_swallow_the_rows_between(tmp_path):
    rows = [f'{i},"x{i}",{i}' for i in range(1000)]
    rows[499] = '499,"x499,499'
    rows[799] = '799,"x799,799'
    with pytest.raises(FileError) as caught:
        read(tmp_path, ("sku,title,amount\n" + "\n".join(rows) + "\n").encode())
    assert caught.value.where["row"] == 501


def test_mixed_encodings_are_refused_with_the_line(tmp_path):
    utf8, gbk = (as_csv([[*row[:1], "连衣裙夏季新款", *row[2:]] for row in ROWS], line_end="\n") for _ in range(2))
    head = ",".join(HEADER) + "\n"
    for data, line in (
        (head.encode() + utf8.encode() + gbk.encode("gbk"), 5),
        (head.encode("gbk") + gbk.encode("gbk") + utf8.encode(), 5),
        (b"sku,title,amount,date\n" + utf8.encode() + gbk.encode("gbk"), 5),
    ):
        with pytest.raises(FileError) as caught:
            read(tmp_path, data)
        assert "two encodings are mixed" in caught.value.what.id
        assert caught.value.where["row"] == line


def test_the_famous_gbk_word_that_is_utf8_too_is_still_gbk(tmp_path):
    (grid,) = read(tmp_path, "订单编号,总金额\n1,联通\n2,移动\n".encode("gbk"))
    assert cells(grid)[0][1] == "联通"


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


def test_random_tables_come_back_cell_by_cell(tmp_path):
    """Python's own CSV writer and a random table are the witness: every cell comes back, whatever is in it."""
    shuffle = random.Random(7)
    alphabet = [
        "a",
        "1",
        " ",
        ",",
        ";",
        "\t",
        '"',
        '""',
        "\n",
        "'",
        "=",
        "é",
        "中",
        "文",
        "\u3000",
        "NULL",
        "NA",
        "#",
        "\\",
    ]
    for trial in range(60):
        width, height = shuffle.randint(2, 6), shuffle.randint(1, 12)
        rows = [
            ["".join(shuffle.choices(alphabet, k=shuffle.randint(0, 5))) for _ in range(width)] for _ in range(height)
        ]
        for row in rows:
            row[0] = row[0] or "x"
        header = ["订单编号", "总金额", "日期", "sku", "title", "amount"][:width]
        delimiter = shuffle.choice([",", "\t", ";"])
        out = io.StringIO()
        writer = csv.writer(
            out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=shuffle.choice(["\n", "\r\n"])
        )
        writer.writerows([header, *rows])
        encoding = shuffle.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030"])
        (grid,) = read(tmp_path, out.getvalue().encode(encoding), f"{trial}.csv")
        assert grid.columns == tuple(header)
        assert grid.rows == grid.lines == height
        assert cells(grid) == expected(rows)


def test_records_are_counted_across_block_borders(tmp_path, monkeypatch):
    monkeypatch.setattr("ecops.sources.encoding.BLOCK_BYTES", 64)
    rows = [[str(i), 'a "quoted"\nline' if i % 3 == 0 else "连衣裙", str(i)] for i in range(200)]
    for encoding in ("utf-8", "gbk", "utf-16"):
        (grid,) = read(tmp_path, as_csv([["sku", "title", "amount"], *rows]).encode(encoding))
        assert grid.rows == grid.lines == 200
        assert cells(grid) == rows


@pytest.mark.parametrize("encoding", ["gbk", "big5", "cp932"])
def test_two_halves_give_the_same_as_one_pass(tmp_path, monkeypatch, encoding):
    header = {"gbk": "订单编号,商品名称,总金额", "big5": "訂單編號,會員名稱,金額", "cp932": "注文番号,商品名,金額"}[
        encoding
    ]
    text = header + "\r\n" + "".join(f'{i},"a, 文{i}",{i * 3}\r\n' for i in range(500))
    (whole,) = read(tmp_path, text.encode(encoding))
    monkeypatch.setattr("ecops.sources.passing._FORK_BYTES", 0)
    (halves,) = read(tmp_path, text.encode(encoding))
    assert halves.path.read_bytes() == whole.path.read_bytes() == text.encode()
    assert (halves.rows, halves.lines, halves.encoding) == (500, 500, whole.encoding)
    assert list((tmp_path / "work").glob("*.second")) == []


def test_two_halves_find_trouble_in_either(tmp_path, monkeypatch):
    monkeypatch.setattr("ecops.sources.passing._FORK_BYTES", 0)
    lines = ["订单编号,商品名称,总金额", *(f"{i},连衣裙,{i}" for i in range(1_000))]
    for at in (200, 900):
        broken = [*lines]
        broken[at] = f'{at},"连衣裙,{at}'
        with pytest.raises(FileError) as caught:
            read(tmp_path, "\n".join(broken).encode("gbk"))
        assert caught.value.where["row"] == at + 1
        data = [line.encode("utf-8" if i == at else "gbk") for i, line in enumerate(lines)]
        data[at] = f"{at},羽绒服冬季新款,{at}".encode()
        with pytest.raises(FileError) as caught:
            read(tmp_path, b"\n".join(data))
        assert caught.value.where["row"] == at + 1
    one_cell = "订单编号,商品名称,总金额\n1,连衣裙,2\n" + '2,"' + "行\n" * 500 + '",3\n'
    (grid,) = read(tmp_path, one_cell.encode("gbk"))
    assert grid.rows == 2
    assert cells(grid)[1][1] == "行\n" * 500


@pytest.mark.parametrize("reading", ["strict", "padded"])
def test_a_grid_survives_the_pipe(tmp_path, reading):
    data = b'sku,title\n1,"a "b" c"\n' + (b"2\n" if reading == "padded" else b"")
    (grid,) = read(tmp_path, data)
    assert grid.notes
    assert Grid.from_dict(json.loads(json.dumps(grid.to_dict()))) == grid


def test_errors_survive_the_pipe():
    error = FileError(
        Message("{n} rows of {what}", n=Count(3), what=Message("x {m}", m=Money(1.5, "USD"))),
        None,
        {"row": 3, "file": "甲"},
    )
    back = wire.unpack_error(json.loads(json.dumps(wire.pack_error(error))))
    assert type(back) is FileError
    assert back.text("zh") == error.text("zh")
    assert (back.what, back.hint, back.where) == (error.what, None, error.where)


def test_every_error_class_survives_the_pipe():
    class SpecialError(FileError):
        pass

    for kind in (EcopsError, *EcopsError.__subclasses__(), SpecialError):
        packed = wire.pack_error(kind(Message("x")))
        assert isinstance(wire.unpack_error(packed), EcopsError)
    assert type(wire.unpack_error(wire.pack_error(SpecialError(Message("x"))))) is FileError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e20, "100000000000000000000"),
        (-0.0, "0"),
        (1.5e-10, "0.00000000015"),
        (1234567.891, "1234567.891"),
        (-3.0, "-3"),
    ],
)
def test_number_text(value, text):
    assert number_text(value) == text


def test_the_bench_makes_names_of_its_own(tmp_path):
    bench = Bench(tmp_path, Limits(), KNOWN, [])
    assert {bench.new_file().parent, bench.new_file(".bin").parent} == {tmp_path}
