"""The pass over the bytes: blocks, halves and random tables give what one look at the whole would."""

import csv
import io
import random

import pytest

from ecops.errors import FileError
from ecops.sources.files.delimited import Bench
from ecops.sources.limits import Limits
from tests.sources.reading import KNOWN, as_csv, cells, expected, read


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
    monkeypatch.setattr("ecops.sources.files.encoding.BLOCK_BYTES", 64)
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
    monkeypatch.setattr("ecops.sources.files.passing._FORK_BYTES", 0)
    (halves,) = read(tmp_path, text.encode(encoding))
    assert halves.path.read_bytes() == whole.path.read_bytes() == text.encode()
    assert (halves.rows, halves.lines, halves.encoding) == (500, 500, whole.encoding)
    assert list((tmp_path / "work").glob("*.second")) == []


def test_two_halves_find_trouble_in_either(tmp_path, monkeypatch):
    monkeypatch.setattr("ecops.sources.files.passing._FORK_BYTES", 0)
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


def test_the_bench_makes_names_of_its_own(tmp_path):
    bench = Bench(tmp_path, Limits(), KNOWN, [])
    assert {bench.new_file().parent, bench.new_file(".bin").parent} == {tmp_path}
