"""Files made to kill or fool a reader go through the worker: what they get, and that nothing else happened."""

import io
import zipfile

import openpyxl
import pytest

from ecops.errors import EcopsError, FileError
from ecops.sources.files.grid import Grid
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
