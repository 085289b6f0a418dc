"""Files made to kill or fool a reader, through the worker: each gets one clear error, and this process goes on.

The list is that of the attacks that end or deceive other readers (far cells, bombs, lying headers, silent losses).
"""

import codecs
import gzip
import io
import os
import pickle
import random
import struct
import time
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecops.errors import EcopsError, FileError
from ecops.sources import sandbox
from ecops.sources.grid import Grid
from ecops.sources.limits import Limits
from ecops.sources.sandbox import run_worker

SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?>{doctype}'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1:B2"/><sheetData>{rows}</sheetData></worksheet>'
)


def inspect(tmp_path, data, name="a.csv", limits=None):
    """Read through the worker, and check that nothing was written beside the work folder."""
    inbox, work = tmp_path / "in", tmp_path / "work"
    inbox.mkdir(exist_ok=True)
    work.mkdir(exist_ok=True)
    path = inbox / name
    path.write_bytes(data)
    try:
        answer = run_worker({"do": "inspect", "path": str(path), "work": str(work), "name": name}, limits)
        return [Grid.from_dict(grid) for grid in answer["grids"]]
    finally:
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in", "work"]
        assert [entry.name for entry in inbox.iterdir()] == [name]
        assert path.read_bytes() == data
        path.unlink()


def refused(tmp_path, data, name="a.csv", limits=None):
    """The error that a file gets: what it says in English, with its place."""
    with pytest.raises(EcopsError) as caught:
        inspect(tmp_path, data, name, limits)
    error = caught.value
    assert type(error) is FileError
    assert error.where["file"].startswith(name)
    assert error.hint is not None
    assert any("一" <= character <= "鿿" for character in error.what.text("zh")), error.what.id
    assert any("一" <= character <= "鿿" for character in error.hint.text("zh")), error.hint.id
    return error


def xlsx(rows, doctype="", extra=(), shared=None):
    """An xlsx file around the XML of its rows."""
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.save(out)
    with zipfile.ZipFile(out) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["xl/worksheets/sheet1.xml"] = SHEET.format(doctype=doctype, rows=rows).encode()
    if shared is not None:
        parts["xl/sharedStrings.xml"] = shared
    parts.update(extra)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


def text_cell(reference, text):
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number, *cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


# Workbooks


def test_far_cell(tmp_path):
    data = xlsx(row(1, text_cell("A1", "sku")) + row(1048576, text_cell("XFD1048576", "x")))
    assert len(data) < 20_000
    error = refused(tmp_path, data, "a.xlsx")
    assert "reaches to row" in error.what.id
    assert error.what.params["row"].value == 1048576


def test_far_cell_whose_row_lies(tmp_path):
    data = xlsx(row(1, text_cell("A1", "sku"), '<c\n r = "XFD1048576" t="n"><v>1</v></c>'))
    refused(tmp_path, data, "a.xlsx")


def test_a_million_inline_rows(tmp_path):
    rows = "".join(row(i, text_cell(f"A{i}", "sku"), text_cell(f"B{i}", "x" * 170)) for i in range(1, 1000))
    bomb = rows + '<row><c t="inlineStr"><is><t>x</t></is></c></row>' * 1_000_000
    data = xlsx(bomb)
    assert len(data) < 1_000_000
    assert "unpacks to far more" in refused(tmp_path, data, "a.xlsx").what.id


def test_one_giant_string(tmp_path):
    data = xlsx(row(1, text_cell("A1", "x" * 100_000_000)))
    assert "unpacks to far more" in refused(tmp_path, data, "a.xlsx").what.id


@pytest.mark.slow
def test_shared_string_repeated_until_memory_ends(tmp_path):
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>'
        + "".join(random.Random(1).choices("abcdefghij", k=32_000))
        + "</t></si></sst>"
    ).encode()
    rows = "".join(
        row(i, *(f'<c r="{letter}{i}" t="s"><v>0</v></c>' for letter in "ABCDEFGH")) for i in range(1, 30_000)
    )
    refused(tmp_path, xlsx(rows, shared=shared), "a.xlsx", Limits(memory_bytes=1_000_000_000))


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_entities(tmp_path, part):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{i} "{"&a;" * 10}">' for i in range(9)) + "]>"
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    for doctype, entity in ((laughs, "&a8;"), (outside, "&e;")):
        content = SHEET.format(doctype=doctype, rows=row(1, text_cell("A1", entity))).encode()
        error = refused(tmp_path, xlsx("", extra={part: content}), "a.xlsx")
        assert "root:" not in str(error)
        assert "entities" in error.what.id


def test_formula_without_cached_value_is_told(tmp_path):
    rows = row(1, text_cell("A1", "sku"), text_cell("B1", "amount"))
    rows += row(2, text_cell("A2", "x"), '<c r="B2"><f>1+1</f></c>')
    rows += row(3, text_cell("A3", "y"), '<c r="B3"><f>1+1</f><v>2</v></c>')
    rows += row(4, text_cell("A4", "z"), '<c r="B4" t="n"><f t="shared" si="0"/><v></v></c>')
    (grid,) = inspect(tmp_path, xlsx(rows), "a.xlsx")
    assert grid.rows == 3
    assert [note.params["n"].value for note in grid.notes] == [2]


def test_dimension_that_lies_loses_no_row(tmp_path):
    rows = row(1, text_cell("A1", "sku"), text_cell("B1", "amount"))
    rows += "".join(row(i, text_cell(f"A{i}", f"s{i}"), f'<c r="B{i}"><v>{i}</v></c>') for i in range(2, 3_002))
    (grid,) = inspect(tmp_path, xlsx(rows), "a.xlsx")  # <dimension> says A1:B2
    assert grid.rows == 3_000


def test_macros_passwords_and_other_office_files(tmp_path):
    book = xlsx(row(1, text_cell("A1", "sku")) + row(2, text_cell("A2", "x")), extra={"xl/vbaProject.bin": b"x"})
    assert "macros" in refused(tmp_path, book, "a.xlsm").what.id
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert "password" in refused(tmp_path, ole + "EncryptedPackage".encode("utf-16-le"), "a.xlsx").what.id
    assert "macros" in refused(tmp_path, ole + "_VBA_PROJECT".encode("utf-16-le"), "a.xls").what.id
    assert "damaged" in refused(tmp_path, ole + "WordDocument".encode("utf-16-le"), "a.xls").what.id
    for part, kind in (
        ("xl/workbook.bin", "xlsb"),
        ("word/document.xml", "Word"),
        ("META-INF/manifest.xml", "OpenDocument (ods)"),
    ):
        error = refused(tmp_path, xlsx("", extra={part: b"x"}), "a.xlsx")
        assert error.what.params["kind"] == kind


# Text


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


# Archives


def archive(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            target.writestr(name, content)
    return out.getvalue()


GOOD = b"sku,date\n1,2\n"


def test_names_that_climb_out_are_only_shown(tmp_path):
    names = [
        "../../evil.csv",
        "/etc/evil.csv",
        "a\\..\\..\\b.csv",
        "..",
        "C:\\c.csv",
        "\u202egnp.csv",
        "x" * 5_000 + ".csv",
    ]
    grids = inspect(tmp_path, archive([(name, GOOD) for name in names]), "a.zip")
    assert [grid.name for grid in grids][:5] == [
        "a.zip › evil.csv",
        "a.zip › evil.csv",
        "a.zip › b.csv",
        "a.zip › ..",
        "a.zip › c.csv",
    ]
    assert grids[5].name == "a.zip › gnp.csv"
    assert all(len(grid.name) < 220 and grid.path.parent == tmp_path / "work" for grid in grids)


@pytest.mark.slow
def test_zip_header_that_lies_about_the_size(tmp_path):
    data = bytearray(archive([("a.csv", b"sku,date\n" + b"1,2\n" * 30_000_000)]))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 1_000)
    refused(tmp_path, bytes(data), "a.zip")


@pytest.mark.parametrize("name", ["a.zip", "a.csv.gz"])
def test_bombs(tmp_path, name):
    bomb = b"sku,date\n" + b"1,2\n" * 50_000_000
    data = archive([("a.csv", bomb)]) if name == "a.zip" else gzip.compress(bomb, 9)
    assert len(data) < 300_000
    began = time.monotonic()
    assert "unpacks to far more" in refused(tmp_path, data, name).what.id
    assert time.monotonic() - began < 10


@pytest.mark.slow
def test_many_members_share_one_count(tmp_path):
    part = b"sku,date\n" + b"1,2\n" * 1_500_000
    data = archive([(f"{i}.csv", part) for i in range(30)])
    assert "unpacks" in refused(tmp_path, data, "a.zip").what.id


def test_too_many_members(tmp_path):
    assert (
        refused(tmp_path, archive([(f"{i}.csv", GOOD) for i in range(201)]), "a.zip").what.params["members"].value
        == 201
    )


def test_archives_inside_archives(tmp_path):
    inner = archive([("a.csv", GOOD)])
    for data, name in (
        (archive([("b.zip", inner)]), "a.zip"),
        (archive([("b.gz", gzip.compress(GOOD))]), "a.zip"),
        (gzip.compress(gzip.compress(GOOD)), "a.gz"),
        (gzip.compress(inner), "a.gz"),
    ):
        assert "inside an archive" in refused(tmp_path, data, name).what.id


def test_password_and_damage_of_archives(tmp_path):
    good = archive([("a.csv", GOOD)])
    locked = bytearray(good)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + offset] |= 1
    assert "password" in refused(tmp_path, bytes(locked), "a.zip").what.id
    assert "damaged" in refused(tmp_path, good[:-30], "a.zip").what.id
    assert "no report" in refused(tmp_path, archive([]), "a.zip").what.id
    assert "no report" in refused(tmp_path, archive([("a.pdf", b"%PDF-1.4")]), "a.zip").what.id
    packed = gzip.compress(GOOD * 1_000)
    assert "damaged" in refused(tmp_path, packed[:-20], "a.gz").what.id
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 0xFF
    assert "damaged" in refused(tmp_path, bytes(flipped), "a.gz").what.id


# Parquet and other kinds


def parquet(rows=1_000):
    out = io.BytesIO()
    pq.write_table(
        pa.table({"sku": [f"s{i}" for i in range(rows)], "amount": list(range(rows))}), out, write_page_checksum=True
    )
    return out.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-50],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        lambda data: data[:-40] + os.urandom(32) + data[-8:],
        lambda data: data[:100] + bytes([data[100] ^ 4]) + data[101:],
    ],
)
def test_damaged_parquet(tmp_path, damage):
    assert "damaged" in refused(tmp_path, damage(parquet()), "a.parquet").what.id


def test_parquet_with_a_giant_dictionary(tmp_path):
    out = io.BytesIO()
    text = "x" * 1_000_000
    pq.write_table(pa.table({"sku": pa.DictionaryArray.from_arrays(pa.array([0] * 20_000), pa.array([text]))}), out)
    assert len(out.getvalue()) < 3_000_000
    refused(tmp_path, out.getvalue(), "a.parquet")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pickle.dumps({"a": 1}), "pickle"),
        (b"\0" * 8 + b"DUCK" + b"\0" * 100, "DuckDB"),
        (b"MZ\x90\0" + b"\0" * 200, "Windows program"),
        (b"\x7fELF\x02" + b"\0" * 200, "program"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"SQLite format 3\0" + b"\0" * 100, "SQLite"),
        (b'[{"sku": "a"}]', "JSON"),
        (b"Rar!\x1a\x07\0", "RAR"),
    ],
)
def test_other_kinds_are_named(tmp_path, data, kind):
    assert refused(tmp_path, data, "orders.csv").what.params["kind"] == kind


def test_sign_in_page_instead_of_a_report(tmp_path):
    error = refused(tmp_path, b"<!DOCTYPE html><html><body><form>login</form></body></html>", "orders.xls")
    assert "sign-in page" in error.hint.id


def test_wrong_extension_does_not_matter(tmp_path):
    (grid,) = inspect(tmp_path, gzip.compress(GOOD), "a.xlsx")
    assert grid.rows == 1
    (grid,) = inspect(tmp_path, parquet(10), "a.csv")
    assert (grid.container, grid.rows) == ("parquet", 10)


def test_noise_is_not_a_table(tmp_path):
    noise = random.Random(3).randbytes(50_000)
    refused(tmp_path, noise)
    refused(tmp_path, zlib.compress(noise))


# The worker itself


def fake_worker(tmp_path, monkeypatch, code):
    script = tmp_path / "worker.py"
    script.write_text("import sys, os, json\nsys.stdin.buffer.read()\n" + code)
    monkeypatch.setattr(sandbox, "_WORKER", script)
    return {"do": "inspect", "path": "x/a.csv", "work": str(tmp_path), "name": "a.csv"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("os.abort()", "memory"),
        ("os.kill(os.getpid(), 9)", "memory"),
        ("import signal; os.kill(os.getpid(), signal.SIGXCPU)", "seconds"),
        ("os.kill(os.getpid(), 11)", "stopped in the middle"),
        ("raise MemoryError", "memory"),
        ("sys.exit(3)", "stopped in the middle"),
        ("print('{')", "stopped in the middle"),
        ("import time; time.sleep(60)", "seconds"),
    ],
)
def test_every_death_of_the_worker_is_one_clear_error(tmp_path, monkeypatch, code, words):
    task = fake_worker(tmp_path, monkeypatch, code)
    began = time.monotonic()
    with pytest.raises(FileError, match=words) as caught:
        run_worker(task, Limits(wall_seconds=1 if "sleep" in code else 30))
    assert caught.value.where == {"file": "a.csv"}
    assert time.monotonic() - began < 10


def test_the_worker_may_not_connect_start_programs_or_write_elsewhere(tmp_path):
    program = Path(sandbox.__file__).with_name("worker.py").read_text()
    attempts = """
import socket, subprocess
sys.path.insert(0, sys.argv[2])
guard_process((sys.argv[1] + "/",))
open(sys.argv[1] + "/fine", "w").close()
held = 0
for attempt in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: open(sys.argv[1] + "/../outside", "w"),
    lambda: open(sys.argv[1] + "-sibling", "w"),
):
    try:
        attempt()
    except PermissionError:
        held += 1
print(held)
"""
    script = tmp_path / "attempts.py"
    script.write_text(program.replace('if __name__ == "__main__":\n    main()', attempts))
    work = tmp_path / "work"
    work.mkdir()
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-I", script, work, Path.cwd()], capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["attempts.py", "work"]


@pytest.mark.slow
def test_limits_are_hard(tmp_path):
    broken_lines = b"sku,title,amount\n" + b'1,"a\nb",2\n' * 2_000_000
    assert "seconds" in refused(tmp_path, broken_lines, limits=Limits(cpu_seconds=1)).what.id
    data = ("sku,title,amount\n" + "1,连衣裙,2\n" * 9_000_000).encode("gbk")
    assert "room on the disk" in refused(tmp_path, data, limits=Limits(written_bytes=1_000_000)).what.id
    assert "larger than" in refused(tmp_path, data, limits=Limits(file_bytes=1_000_000)).what.id
