"""From bytes to `Grid`: encodings, delimiters, header rows, records."""

import random

import pytest

from ecops.engine.duck import Engine
from ecops.errors import FileError
from ecops.sources.text import HIDDEN_CHARACTERS
from tests.sources.reading import HEADER, ROWS, as_csv, cells, expected, read


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
