"""Workbooks made to kill or fool a reader: each gets one clear error, and this process goes on.

The list is that of the attacks that end or deceive other readers (far cells, bombs, entities, silent losses).
"""

import random

import pytest

from ecops.sources.limits import Limits
from tests.sources.attacks import SHEET, inspect, refused, row, text_cell, xlsx


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
