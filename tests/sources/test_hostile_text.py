"""Texts made to kill or fool a reader: each gets one clear error with its place, none loses a row in silence."""

import codecs

import pytest

from tests.sources.attacks import inspect, refused


def test_a_million_columns(tmp_path):
    line = ",".join(f"c{i}" for i in range(1_000_000))
    refused(tmp_path, f"{line}\n{line}\n".encode())


def test_five_thousand_columns(tmp_path):
    line = ",".join(f"column{i}" for i in range(5_000))
    error = refused(tmp_path, f"{line}\n{line}\n".encode())
    assert error.what.params["columns"].value == 5_000


def test_two_thousand_columns_are_read(tmp_path):
    line = ",".join(f"column{i}" for i in range(2_000))
    (grid,) = inspect(tmp_path, f"{line}\n{line}\n".encode())
    assert (len(grid.columns), grid.rows) == (2_000, 1)


@pytest.mark.slow
def test_fifty_megabyte_header(tmp_path):
    refused(tmp_path, b"sku," + b"x" * 50_000_000 + b"\n1,2\n")


def test_hundred_kilobyte_header(tmp_path):
    assert "header" in refused(tmp_path, b"sku," + b"x" * 100_000 + b"\n1,2\n").what.id


def test_one_line_without_end(tmp_path):
    refused(tmp_path, b"sku,date\n1,2\n" + b"x" * 30_000_000)


@pytest.mark.parametrize(
    ("data", "line"),
    [(b"sku,date\n1,a\0b\n", 2), (b"sku,date\n" + b"1,2\n" * 200_000 + b"3,\0\n", 200_002), (b"\0" * 1_000_000, None)],
)
def test_nul(tmp_path, data, line):
    assert refused(tmp_path, data).where.get("row") in (line, 1)


def test_unclosed_quote_over_a_whole_file(tmp_path):
    lines = [f'{i},"title {i}",{i}' if i % 2 else f"{i},title,{i}" for i in range(300_000)]
    lines[250_000] = '250000,"title,1'
    error = refused(tmp_path, ("sku,title,amount\n" + "\n".join(lines) + "\n").encode())
    assert error.where["row"] == 250_002
    assert "quotation mark" in error.what.id


def test_a_single_unclosed_quote_at_the_beginning(tmp_path):
    error = refused(tmp_path, b'sku,title\n1,"x\n' + b"2,y\n" * 500_000)
    assert error.where["row"] == 2


def test_mixed_encodings(tmp_path):
    head = "订单编号,商品名称,总金额\n"
    good = "1,连衣裙夏季新款,2\n" * 200_000
    bad = "2,羽绒服冬季新款,3\n"
    for first, second in (("utf-8", "gbk"), ("gbk", "utf-8")):
        data = (head + good).encode(first) + bad.encode(second) + good.encode(first)
        error = refused(tmp_path, data)
        assert error.where["row"] == 200_002
        assert "two encodings" in error.what.id


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16"])
def test_cut_in_the_middle_of_a_character(tmp_path, encoding):
    data = ("订单编号,商品名称\n" + "1,连衣裙\n" * 50 + "2,连衣裙").encode(encoding)
    error = refused(tmp_path, data[:-1])
    assert (error.what.id[:28], error.where["row"]) == ("The file stops in the middle", 52)


def test_utf16_and_double_mark_are_read(tmp_path):
    text = "sku,date\n1,2\n"
    for data in (
        codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        codecs.BOM_UTF8 * 2 + text.encode(),
        text.encode("utf-16-le"),
    ):
        (grid,) = inspect(tmp_path, data)
        assert (grid.columns, grid.rows) == (("sku", "date"), 1)


@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\xef\xbb\xbf", b"\xff\xfe", b"sku,date\n", b"sku,date"])
def test_empty(tmp_path, data):
    error = refused(tmp_path, data)
    assert error.what.id in ("The file is empty.", "The file has no rows.")
